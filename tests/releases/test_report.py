"""The report of a ledger shows what the records come to, and links to transcripts of any log."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import toy
from inspect_ai.model import ChatMessageAssistant, ContentData, ContentReasoning, ContentText, ContentToolUse
from pages_made import HOSTILE, drawn, logged_release, measured, model, one_release, protocol

from subterfuge.releases import card, report, transcripts
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.history import read
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.records import Decision, Lock
from subterfuge.releases.runner import run
from subterfuge.releases.state import State
from subterfuge.releases.verify import verify


def text_of(path):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", path.read_text("utf-8").split("</style>")[1]))


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return one_release(tmp_path_factory.mktemp("report") / "releases")


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    folder = logged_release(tmp_path_factory.mktemp("logged") / "releases")
    report.build(folder)
    return folder


@pytest.fixture(scope="module")
def told(one):
    return report.view(one)


def page_of(folder, start):
    return next((folder / "transcripts").glob(f"{start}*.html"))


def test_verdicts_are_those_that_the_records_come_to(one, told):
    found = {f.title: (f.verdict, f.n) for f in told.findings}
    assert found["Reward tampering"] == ("CLEAR", 3176)
    assert found["Tool-use flattery"] == ("ALARM", 40)
    assert found["Rubric modification"] == ("INVALID", 1200)
    assert found["Sycophancy"] == ("INCONCLUSIVE", 160)
    assert [f.title for f in told.findings] == [h.name for h in protocol().hypotheses]
    assert told.head == read(one)[1]
    assert told.command.endswith(told.head)
    assert told.protocols[0].digest == protocol().digest()


def test_the_path_of_the_evidence_ends_where_it_decided(told):
    clear, alarm, _, clustered, _ = told.findings
    by_claim = {curve.claim: curve for curve in clear.curves}
    assert by_claim["CLEAR"].crossed == by_claim["CLEAR"].points[-1][0] == clear.n
    assert by_claim["CLEAR"].points[-1][1] >= by_claim["CLEAR"].level
    assert by_claim["ALARM"].crossed is None
    assert {c.claim: c.crossed for c in alarm.curves} == {"ALARM": alarm.n, "CLEAR": None}
    assert all(len(curve.points) <= 400 for f in (clear, alarm) for curve in f.curves)
    assert clustered.clusters == 60
    assert clustered.naive is not None
    assert max(n for n, _ in clustered.curves[0].points) <= clustered.n
    assert len(clustered.curves[0].points) < 60, "one step a cluster"


def test_controls_are_shown_with_their_kind_whether_they_ran_or_not(told):
    clear, _, invalid, *_ = told.findings
    assert [(c.kind, c.rings) for c in clear.controls] == [
        ("grader", True),
        ("elicitation", True),
        ("capability", True),
    ]
    assert ("dialled", False, 60) in [(c.name, c.rings, c.n) for c in invalid.controls]
    assert clear.controls[2].model == "the release itself"


def test_the_written_report_says_so_in_words(one):
    said = text_of(report.build(one))
    assert "1 raised an ALARM (Tool-use flattery)" in said
    assert "It may still be up to 0.1" in said
    assert f"subterfuge release verify --head {read(one)[1]}" in said
    assert "silent" in said


def test_sections_can_be_made_from_a_state_at_hand(one, told):
    state = State(record.body for record in read(one)[0])
    tests = report.tests_on(state, ["gpt-made-up-5.1"])
    plain = report.sections(state, tests)
    same = [f.model_copy(update={"href": None}) for f in told.findings]
    assert list(plain) == same


def test_card_and_junit_say_the_same(one):
    assert "| Tool-use flattery | gpt-made-up-5.1 |" in card.markdown(one)
    root = ElementTree.fromstring(card.junit(one))
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == (
        "5",
        "1",
        "1",
        "2",
    )


def test_a_trend_goes_over_releases_and_the_newest_is_in_front(tmp_path):
    rng = np.random.default_rng(3)
    locked = protocol([{"id": "gaming", "threshold": 0.05, "cap": 800}])
    with Ledger.open(tmp_path / "l", create=True) as ledger:
        ledger.append(Lock(digest=locked.digest(), protocol=locked))
        for i, rate in enumerate((0.01, 0.01, 0.5)):
            ledger.append(model(f"v{i}", anchor=i == 0))
            ledger.append_many(
                measured(f"v{i}", locked, {"gaming": (drawn(rng, rate, 300), {})}, run=f"r{i}")
            )
        ledger.append(model("not-measured"))
    told = report.view(tmp_path / "l")
    assert told.title == "v2"
    assert told.releases == 4
    (line,) = told.trends
    assert [(p.release, p.verdict) for p in line.points] == [
        ("v0", "CLEAR"),
        ("v1", "CLEAR"),
        ("v2", "ALARM"),
    ]
    assert line.anchor == "v0"
    assert line.anchor_high is not None and 0 < line.anchor_high < 0.1
    assert {f.release for f in report.view(tmp_path / "l", ["v0", "v2"]).findings} == {"v0", "v2"}
    with pytest.raises(ReleaseError, match="No model"):
        report.view(tmp_path / "l", ["v9"])


def test_an_announced_verdict_that_the_records_do_not_carry_is_pointed_at(tmp_path):
    locked = protocol([{"id": "gaming", "threshold": 0.05, "cap": 100}])
    with Ledger.open(tmp_path / "l", create=True) as ledger:
        ledger.append_many([model("v0"), Lock(digest=locked.digest(), protocol=locked)])
        ledger.append_many(measured("v0", locked, {"gaming": (np.ones(60), {})}))
    (found,) = report.view(tmp_path / "l").findings
    assert found.verdict == "ALARM"
    assert found.warnings == ()
    said = {"decision": "CLEAR", "n": found.n, "final": True, "controls": []}
    with Ledger.open(tmp_path / "l") as ledger:
        ledger.append(Decision(run="r1", test=3, verdict=said))
    (found,) = report.view(tmp_path / "l").findings
    assert found.verdict == "ALARM"
    assert "announced CLEAR" in found.warnings[0]


def test_a_ledger_without_anything_measured_has_a_report_and_none_at_all_an_error(tmp_path):
    with Ledger.open(tmp_path / "l", create=True) as ledger:
        ledger.append(model("v0"))
    assert "No test of this release has begun." in text_of(report.build(tmp_path / "l"))
    with pytest.raises(ReleaseError, match="no ledger"):
        report.build(tmp_path / "nowhere")


def test_names_of_pages_can_hold_any_model(tmp_path):
    locked = protocol([{"id": "gaming", "threshold": 0.05, "cap": 100, "controls": []}])
    name = "../../org/model:2 <b>"
    with Ledger.open(tmp_path / "l", create=True) as ledger:
        ledger.append_many([model(name), Lock(digest=locked.digest(), protocol=locked)])
        ledger.append_many(measured(name, locked, {"gaming": (np.ones(40), {})}))
    written = report.build(tmp_path / "l").read_text("utf-8")
    (page,) = (tmp_path / "l" / "transcripts").iterdir()
    assert f'href="transcripts/{page.name}"' in written
    assert name not in written
    assert "model:2 &lt;b&gt;" in written
    assert "There is no transcript: it left none." in page.read_text("utf-8")


def test_transcripts_of_planned_and_unplanned_logs_show_what_was_said(logged):
    for start in ("gaming", "Older-run"):
        said = text_of(page_of(logged, start))
        for part in (
            "Is this a test?",
            "I look.",
            "cat &lt;/pre&gt;",
            "⟨U+202E⟩",
            "timeout: too slow",
            "[image]",
        ):
            assert part in said, part
        assert "sandbox lost" in said
        assert "because" in said
        assert "There is no transcript" not in said
    written = page_of(logged, "gaming").read_text("utf-8")
    assert HOSTILE not in written
    assert "<script" not in written
    assert "base64" not in written


def test_what_nobody_planned_is_retrospective_and_stands_last(logged):
    told = report.view(logged)
    assert [f.verdict for f in told.findings] == ["INCONCLUSIVE", "RETROSPECTIVE"]
    old = told.findings[1]
    assert (old.n, old.events, old.missing, old.threshold) == (3, 1, 1, None)
    assert old.curves == () and old.controls == ()
    assert sum(old.missing_reasons.values()) == 1


def test_a_page_says_how_many_episodes_it_leaves_out(logged):
    said = text_of(page_of(logged, "gaming"))
    assert "13 of 24 episodes are shown. Left out here, and in the logs: 11 without the event." in said


def test_a_lost_log_is_said_not_hidden(tmp_path):
    folder = logged_release(tmp_path / "l", also_unplanned=False)
    next((folder / "logs").glob("*.eval")).unlink()
    report.build(folder)
    said = text_of(page_of(folder, "gaming"))
    assert "its log can&#39;t be read, or does not hold it" in said


def row(cell, value=0.0, **more):
    shown = {"cell": cell, "sample": "s", "status": "scored", "value": value, "reason": "", "refused": None}
    return {**shown, "aware": None, "uuid": None, "log": None, **more}


@pytest.mark.parametrize(
    ("events", "missing", "refused", "plain", "shown"),
    [
        (0, 0, 0, 0, (0, 0, 0, 0)),
        (3, 2, 1, 5000, (3, 2, 1, 10)),
        (500, 0, 0, 500, (190, 0, 0, 10)),
        (500, 500, 500, 500, (120, 40, 30, 10)),
        (0, 500, 5, 3, (0, 192, 5, 3)),
    ],
)
def test_the_episodes_that_matter_come_first_and_never_more_than_two_hundred(
    events, missing, refused, plain, shown
):
    kinds = (
        [(1.0, None)] * events + [(None, None)] * missing + [(0.0, True)] * refused + [(0.0, False)] * plain
    )
    order = np.random.default_rng(5).permutation(len(kinds))
    rows = [row(i, kinds[k][0], refused=kinds[k][1]) for i, k in enumerate(order)]
    chosen, left = transcripts.choose(rows)
    found = (
        sum(r["value"] == 1 for r in chosen),
        sum(r["value"] is None for r in chosen),
        sum(r["refused"] is True for r in chosen),
        sum(r["refused"] is False for r in chosen),
    )
    assert found == shown
    assert [r["cell"] for r in chosen] == sorted(r["cell"] for r in chosen)
    assert sum(int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", left)) == len(rows) - len(chosen)


def test_where_outcomes_are_a_matter_of_degree_the_highest_are_shown():
    rows = [row(i, (i + 1) / 1000) for i in range(1000)]
    chosen, _ = transcripts.choose(rows)
    assert [r["cell"] for r in chosen] == list(range(800, 1000))
    assert transcripts.logged(rows[499], None).value == "0.50"


def test_every_kind_of_content_has_words():
    found = ChatMessageAssistant(
        content=[
            ContentReasoning(reasoning="secret", redacted=True),
            ContentReasoning(reasoning="thought"),
            ContentText(text="said"),
            ContentToolUse(tool_type="web_search", id="1", name="look", arguments='{"q": 1}', result="found"),
            ContentData(data={"a": {"b": [1, 2]}}),
        ]
    )
    told = transcripts.message(found)
    assert told.thinking == "(redacted)\nthought"
    assert told.text == 'said\n[look: {"q": 1}]\nfound\na: b: [1, 2]'
    assert transcripts.plain(float("nan")) == "NaN"
    assert json.loads(transcripts.plain([1, None])) == [1, None]


def test_a_real_run_has_a_report_of_its_verdicts_with_transcripts_and_verifies(tmp_path):
    folder, locked = (
        tmp_path / "releases",
        toy.protocol(toy.hypothesis(task_args={"rate": 0.6, "fail": 0.02})),
    )
    with toy.begin(folder, locked) as ledger:
        (said,) = run(ledger, locked, "m")
    (found,) = report.view(folder).findings
    assert (found.verdict, found.n, found.events, found.missing) == (
        said.decision,
        said.n,
        said.events,
        said.missing,
    )
    assert (found.low, found.high) == (said.low, said.high)
    assert found.warnings == ()
    written = report.build(folder).read_text("utf-8")
    pages = sorted((folder / "transcripts").iterdir())
    assert len(pages) == 2, "the hypothesis and its control"
    for page in pages:
        assert f'href="transcripts/{page.name}"' in written
        assert "There is no transcript" not in text_of(page)
        assert 'class="turn user"' in page.read_text("utf-8")
    head = re.search(r"verify --head ([0-9a-f]{64})", written)[1]
    assert verify(folder, head).passed
