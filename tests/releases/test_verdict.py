"""Controls, caps and boundaries: what makes a verdict of evidence, through the real runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.releases.evidence import gather, levels
from subterfuge.releases.protocol import Hypothesis, Missing
from subterfuge.releases.records import Outcome, Test
from subterfuge.releases.runner import run
from subterfuge.releases.verdict import Verdict, verdict

SILENT = toy.CONTROL | {"id": "mute", "task_args": {"rate": 0.0}}
CAN = {"id": "can", "kind": "capability", "task_args": {"rate": 1.0}, "episodes": 12}
CANNOT = {"id": "cannot", "kind": "capability", "task_args": {"rate": 0.0}, "episodes": 6}


def ran(folder: Path, rate: float, controls: list[dict[str, Any]], block: int = 16) -> Verdict:
    protocol = toy.protocol(toy.hypothesis(task_args={"rate": rate}, controls=controls), block=block)
    with toy.begin(folder, protocol) as ledger:
        (found,) = run(ledger, protocol, "m")
    return found


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0])
def test_a_silent_control_makes_it_invalid(tmp_path: Path, rate: float) -> None:
    found = ran(tmp_path, rate, [SILENT, toy.CONTROL])
    assert (found.decision, found.final) == ("INVALID", True)
    assert "'mute' is silent" in found.reasons[-1]


def test_a_silent_control_is_found_first_and_costs_little(tmp_path: Path) -> None:
    # Controls come first: what is invalid is so at once, and however many episodes were in flight.
    found = [ran(tmp_path / str(block), 0.2, [SILENT], block) for block in (1, 8, 64)]
    assert toy.bare(found) == [toy.bare(found)[0] | {"test": f.model_dump()["test"]} for f in found]
    assert found[0].n == found[0].finished == 0


def test_without_a_control_nothing_is_cleared(tmp_path: Path) -> None:
    found = ran(tmp_path / "a", 0.0, [])
    assert (found.decision, found.final) == ("INCONCLUSIVE", True)
    assert "silence proves nothing" in found.reasons[-1]
    assert ran(tmp_path / "b", 1.0, []).decision == "ALARM"  # an alarm needs no proof that alarms ring


def test_who_cannot_is_not_cleared(tmp_path: Path) -> None:
    found = ran(tmp_path / "a", 0.0, [toy.CONTROL, CANNOT])
    assert (found.decision, found.final) == ("INCONCLUSIVE", True)
    assert "'cannot' does not show that it can" in found.reasons[-1]
    assert {c.id: c.rings for c in found.controls} == {"bell": True, "cannot": False}
    assert ran(tmp_path / "b", 0.0, [toy.CONTROL, CAN]).decision == "CLEAR"
    assert ran(tmp_path / "c", 1.0, [toy.CONTROL, CANNOT]).decision == "ALARM"


def test_only_some_hypotheses(tmp_path: Path) -> None:
    protocol = toy.protocol(*toy.many(3, {"rate": 0.0}))
    with toy.begin(tmp_path, protocol) as ledger:
        assert [v.test.hypothesis for v in run(ledger, protocol, "m", only=["r1"])] == ["r1"]
        assert {b.hypothesis for b in toy.state_of(tmp_path).series} == {"r1"}
        assert [v.decision for v in run(ledger, protocol, "m")] == ["CLEAR"] * 3


# Pure properties of the decision


def outcomes(values: list[float | None], refused: bool | None = None) -> list[Outcome]:
    return [
        Outcome(
            run="1",
            test=0,
            cell=i,
            status="unscored" if value is None else "scored",
            value=value,
            refused=None if value is None else refused,
        )
        for i, value in enumerate(values)
    ]


def decide(values: list[float | None], clusters: list[str | None] | None = None, **changes: Any) -> Verdict:
    protocol = toy.protocol(toy.hypothesis(controls=[], cap=100, **changes))
    test = Test(protocol=protocol.digest(), hypothesis="h", model="m")
    return verdict(protocol, test, outcomes(values), clusters or [None] * len(values))


VALUES = st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.0, None]), max_size=100)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.integers(0, 100))
def test_what_comes_after_the_decision_does_not_matter(values: list[float | None], cut: int) -> None:
    early, late = decide(values[:cut]), decide(values)
    if early.final:
        assert toy.bare([early]) == toy.bare([late])
    else:
        assert late.n >= early.n or late.decision == "INVALID"


@settings(max_examples=40, deadline=None)
@given(VALUES, st.integers(1, 9), st.integers(0, 100))
def test_with_clusters_neither(values: list[float | None], size: int, cut: int) -> None:
    # Some are alone at first: a first cell never counts before its cluster is whole.
    names: list[str | None] = [str(i if i < 3 else 3 + (i - 3) // size) for i in range(len(values))]
    early = decide(values[:cut], names[:cut], cluster="prompt")
    late = decide(values, names, cluster="prompt")
    if early.final:
        told, later = toy.bare([early])[0], toy.bare([late])[0]
        for name in ("log_e_alarm", "log_e_clear"):  # sums of fractions may differ in the last digit
            assert told.pop(name) == pytest.approx(later.pop(name), rel=1e-9)
        assert told == later


def test_a_first_cell_does_not_count_before_its_cluster_is_whole() -> None:
    values: list[float | None] = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    names: list[str | None] = ["a", "b", "c", "d", "d", "d", "d", "d", "e"]
    assert decide(values[:4]).decision == "ALARM"  # four events of four, were they alone
    for n in range(10):
        found = decide(values[:n], names[:n], cluster="prompt")
        assert (found.decision, found.final) == ("INCONCLUSIVE", False), n


@settings(max_examples=40, deadline=None)
@given(VALUES, st.randoms())
def test_losing_an_episode_never_helps(values: list[float | None], dice: Any) -> None:
    # Whatever is lost: evidence for either claim can only shrink.
    lost = [None if dice.random() < 0.2 else value for value in values]
    one = Hypothesis.model_validate(toy.hypothesis(controls=[]))
    before, after = (gather(one, Missing(), outcomes(v), [None] * len(v)) for v in (values, lost))
    assert (after.alarm.log_e <= before.alarm.log_e + 1e-12).all()
    assert (after.clear.log_e <= before.clear.log_e + 1e-12).all()


RULED = {"scorer": "grade", "key": "gamed", "at_least": 1}


def test_a_calibrated_boundary_is_lower_than_one_for_ever() -> None:
    raw = toy.hypothesis(event=RULED, boundary="capped", controls=[])
    assert levels(Hypothesis.model_validate(raw)) < (np.log(20), np.log(20))
    drawn_again = toy.hypothesis(
        event=RULED, boundary="capped", cluster="p", schedule="resample", controls=[]
    )
    assert levels(Hypothesis.model_validate(drawn_again)) == levels(Hypothesis.model_validate(raw))


@pytest.mark.parametrize(
    "changes",
    [
        {"event": RULED, "cluster": "prompt"},
        {"event": {"scorer": "grade", "key": "gamed", "scale": [0, 10]}},
        {"event": {"scorer": "grade", "key": "gamed"}},
    ],
)
def test_it_is_refused_where_outcomes_are_not_0_and_1_alone(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="boundary: capped is calibrated for outcomes of 0 and 1"):
        Hypothesis.model_validate(toy.hypothesis(boundary="capped", controls=[], **changes))


def test_refusals_of_one_prompt_are_not_taken_for_independent() -> None:
    # Willing in one prompt of eight cells only: that says little of the prompts that are still to come.
    one = Hypothesis.model_validate(
        toy.hypothesis(cluster="prompt", refusal={"scorer": "grade", "key": "refused"}, controls=[])
    )
    found = gather(one, Missing(), outcomes([0.0] * 9, refused=False), ["a"] * 8 + ["b"])
    assert found.engaged is not None
    assert len(found.engaged.log_e) == 1


def test_a_cluster_that_comes_back_later_breaks_the_order() -> None:
    names: list[str | None] = ["a", "a", "b", "a"]
    found = decide([0.0] * 4, names, cluster="prompt")
    assert (found.decision, found.final) == ("INVALID", True)
    assert "not next to each other" in found.reasons[0]
