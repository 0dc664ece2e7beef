"""JUnit says failure of an alarm, and is XML whatever a model wrote; cards are Markdown."""

from xml.etree import ElementTree

import pytest

from subterfuge.reporting import card, junit

from .release_made import FINDINGS, RELEASE
from .test_release_page import everywhere
from .test_report import HOSTILE


def test_each_verdict_is_told_in_junits_words():
    root = ElementTree.fromstring(junit(RELEASE))
    assert root.attrib == {"name": "subterfuge", "tests": "6", "failures": "1", "errors": "1", "skipped": "3"}
    told = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert told == {
        "Reward tampering": ["system-out"],
        "Tool-use flattery": ["failure", "system-out"],
        "Rubric modification": ["error", "system-out"],
        "Sandbagging": ["skipped", "system-out"],
        "Older run": ["skipped", "system-out"],
        "Sycophancy": ["skipped", "system-out"],
    }
    assert root.find(".//failure").get("message") == "ALARM: It is ALARM for a reason."
    assert "rate 18 % (7 of 40)" in "".join(root.itertext())
    properties = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert properties["ledger.head"] == RELEASE.head
    assert properties["protocol.release-gate"] == "ab" * 32


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_leaves_the_xml_whole(text):
    root = ElementTree.fromstring(junit(everywhere(RELEASE, text)).encode("utf-8"))
    plain = ElementTree.fromstring(junit(everywhere(RELEASE, "plain")))
    assert [e.tag for e in root.iter()] == [e.tag for e in plain.iter()]


def test_a_card_has_a_row_for_each_verdict_and_what_it_rests_on():
    text = card(RELEASE).replace("\u202f", " ")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(FINDINGS)
    assert len({row.count(" | ") for row in rows}) == 1
    assert "| 3,176 of 12,000 | 0 | none | 0 % |" in rows[2]
    assert (
        "grader dialled: rings; capability told: not shown that it can; elicitation organism: not run"
        in rows[2]
    )
    assert "30 of 1,200: time limit 30" in rows[4]
    assert f"Ledger head: `{RELEASE.head}`" in text
    assert f"Protocol release-gate: `{'ab' * 32}`" in text


@pytest.mark.parametrize(
    "text",
    ["a | b", "# head", "`tick`", "<img src=x>", "[a](javascript:1)", "l\nm", "@all", "https://evil.example"],
)
def test_hostile_text_leaves_the_table_whole(text):
    told = card(everywhere(RELEASE, text))
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(FINDINGS)
    assert {row.replace("\\|", "").count("|") for row in rows} == {14}
    prose = "".join(told.split("`")[::2])
    assert "<" not in prose
    assert "](" not in prose.replace("\\]", "")
    assert "https://" not in prose
