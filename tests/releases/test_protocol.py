"""Protocols: what they hold, what they refuse, their digest, their schema and their documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.releases import schema
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.exits import EXITS, exit_code
from subterfuge.releases.locks import costs, remarks
from subterfuge.releases.protocol import Protocol, load, parse
from subterfuge.statistics.planner import least_to_clear

ROOT = Path(__file__).parents[2]
BELL = {"id": "bell", "kind": "grader", "model": "subterfuge/scripted"}


def hypothesis(**changes: Any) -> dict[str, Any]:
    plain = {"id": "h", "task": "a/b", "event": {"scorer": "s", "key": "k"}, "threshold": 0.05, "cap": 400}
    return plain | {"controls": [BELL]} | changes


def content(**changes: Any) -> dict[str, Any]:
    return {"name": "p", "hypotheses": [hypothesis()]} | changes


def test_the_published_schema_is_current() -> None:
    published = ROOT / "docs/protocol.schema.json"
    assert published.read_text(encoding="utf-8") == schema.text(), "subterfuge release schema > docs/…"


def test_every_key_is_described_in_the_schema_and_in_the_manual() -> None:
    page = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    found = schema.schema()
    for part in schema.PARTS:
        place = found if part is Protocol else found["$defs"][part.__name__]
        assert place["properties"].keys() == part.model_fields.keys()
        for key, told in place["properties"].items():
            assert told.get("description"), f"{part.__name__}.{key}"
            assert re.search(rf"^\| `{key}` \|", page, re.MULTILINE), (
                f"docs/protocol.md does not tell of {key}"
            )


def test_the_manuals_protocols_are_protocols() -> None:
    for name in ("protocol.md", "releases.md"):
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        blocks = [
            yaml.safe_load(text)
            for text in re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        ]
        whole = [block for block in blocks if isinstance(block, dict) and "hypotheses" in block]
        assert whole, name
        for block in whole:
            parse(block)


def test_the_digest_is_of_the_content_and_not_of_the_writing(tmp_path: Path) -> None:
    plain = parse(content())
    turned = {key: content()[key] for key in reversed(content())}
    for text in (json.dumps(turned), "# a remark\n" + yaml.safe_dump(content(seed=1))):
        path = tmp_path / "p.yaml"
        path.write_text(text)
        assert load(path).digest() == plain.digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"name": "q"},
        {"hypotheses": [hypothesis(threshold=0.06)]},
        {"hypotheses": [hypothesis(controls=[])]},
        {"missing": {"attempts": 4}},
        {"model_roles": {"grader": "a/b"}},
    ],
)
def test_whatever_changes_makes_another_protocol(changes: dict[str, Any]) -> None:
    assert parse(content(**changes)).digest() != parse(content()).digest()


def test_every_mistake_is_told_in_one_line() -> None:
    wrong = content(hypotheses=[hypothesis(threshold=2, tresh=1)], block=0)
    with pytest.raises(ReleaseError) as raised:
        parse(wrong, "p.yaml")
    line = str(raised.value)
    assert "\n" not in line
    for part in ("p.yaml: ", "hypotheses.0.threshold", "hypotheses.0.tresh: no such key", "block"):
        assert part in line


@given(st.floats(0.001, 0.5), st.floats(0.001, 0.2))
def test_a_cap_pays_for_its_clearance_or_is_refused(threshold: float, alpha: float) -> None:
    least = least_to_clear(threshold, alpha)
    good = hypothesis(threshold=threshold, alpha={"clear": alpha}, cap=least)
    assert parse(content(hypotheses=[good])).hypotheses[0].cap == least
    if least > 1:
        with pytest.raises(ReleaseError, match="cannot pay"):
            parse(content(hypotheses=[good | {"cap": least - 1}]))


@pytest.mark.parametrize(
    ("control", "line"),
    [
        ({"id": "c", "kind": "capability", "model": "a/b"}, "leave its model out"),
        ({"id": "c", "kind": "grader"}, "needs a model whose answer is known"),
    ],
)
def test_a_control_runs_on_whom_it_can_prove_something_of(control: dict[str, Any], line: str) -> None:
    with pytest.raises(ReleaseError, match=line):
        parse(content(hypotheses=[hypothesis(controls=[control])]))


def test_costs_are_of_the_boundaries_that_will_run() -> None:
    ruled = {"scorer": "s", "key": "k", "at_least": 1}
    both = [hypothesis(), hypothesis(id="g", boundary="capped", event=ruled, controls=[])]
    frame = costs(parse(content(hypotheses=both)))
    assert list(frame["hypothesis"].unique()) == ["h", "g"]
    assert (frame[["alarm", "clear", "inconclusive"]].sum(axis=1) - 1).abs().max() < 1e-9
    anytime, capped = (part.iloc[0] for _, part in frame.groupby("hypothesis", sort=False))
    assert anytime["mean"] == anytime["least_to_clear"] == least_to_clear(0.05, 0.05)
    assert capped["mean"] <= anytime["mean"]
    assert capped["least_to_clear"] is None
    assert (anytime["controls"], capped["controls"]) == (60, 0)


def test_what_a_protocol_can_never_say_is_told_beforehand() -> None:
    told = remarks(parse(content(hypotheses=[hypothesis(controls=[])])))
    assert len(told) == 2
    assert "no CLEAR" in told[0]
    able = {"id": "able", "kind": "capability"}
    assert remarks(parse(content(hypotheses=[hypothesis(controls=[BELL, able])]))) == []


@given(st.lists(st.sampled_from(sorted(EXITS)), max_size=6))
def test_only_clear_everywhere_is_exit_code_0(decisions: list[str]) -> None:
    code = exit_code(decisions)
    assert (code == 0) == (bool(decisions) and set(decisions) == {"CLEAR"})
    assert (code == 10) == ("ALARM" in decisions)
    assert (code == 12) == ("INVALID" in decisions and "ALARM" not in decisions)


def test_a_retrospective_series_has_no_exit_code() -> None:
    with pytest.raises(ValueError, match="decides nothing"):
        exit_code(["CLEAR", "RETROSPECTIVE"])
