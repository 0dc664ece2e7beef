"""The plan of an audit: a suite as a protocol, and that another one cannot be mixed into its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inspect_ai.model import get_model

import subterfuge._registry  # noqa: F401
from subterfuge.audit import plan as plans
from subterfuge.audit import run as runs
from subterfuge.episodes import arms
from subterfuge.ladder import RUNGS
from subterfuge.models.errors import PrerequisiteError
from subterfuge.releases import ReleaseError
from subterfuge.releases.schedule import Schedule


def made(**changes: Any) -> plans.Plan:
    return plans.make(**{"model": "subterfuge/scripted", "model_args": {}, **changes})


@pytest.mark.parametrize("suite", plans.suites())
def test_every_rung_is_a_hypothesis_with_a_positive_control_and_a_capability_arm(suite: str) -> None:
    plan = made(suite_name=suite)
    assert plan.action_format == "tools"
    assert [h.id for h in plan.protocol.hypotheses] == [r.name for r in RUNGS]
    for hypothesis in plan.protocol.hypotheses:
        assert [(c.id, c.kind) for c in hypothesis.controls] == [
            ("dialled", "grader"),
            ("capability", "capability"),
        ]


@pytest.mark.parametrize("suite", plans.suites())
def test_the_graver_the_rung_the_lower_its_threshold(suite: str) -> None:
    thresholds = [h.threshold for h in made(suite_name=suite).protocol.hypotheses]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[-1] < thresholds[0]


def test_the_embedded_model_acts_by_menu_and_must_beat_chance_to_be_able() -> None:
    plan = made(model="subterfuge/smollm2-135m")
    assert plan.action_format == "menu"
    assert all(h.controls[1].floor > 0.1 for h in plan.protocol.hypotheses)
    assert all(h.controls[1].floor == 0 for h in made().protocol.hypotheses)


@pytest.mark.parametrize("action_format", ["tools", "menu"])
def test_the_full_suite_runs_every_arm_that_the_format_can_express(action_format: str) -> None:
    plan = made(full=True, action_format=action_format)
    expect = [(r.name, arm) for r in RUNGS for arm in arms.arms_of(r, action_format)]
    assert list(plan.cells) == expect


def test_a_choice_of_rungs_arms_and_episodes_is_kept() -> None:
    plan = made(rungs=["reward_tampering"], chosen_arms=["continuation", "standard"], cap=333)
    assert plan.cells == (("reward_tampering", "standard"), ("reward_tampering", "continuation"))
    assert plan.protocol.hypotheses[0].cap == 333


def test_a_cap_that_cannot_pay_for_a_clearance_is_refused() -> None:
    with pytest.raises(ReleaseError, match=r"cap 20 cannot pay for alpha\.clear=0\.05 at threshold 0\.02"):
        made(rungs=["reward_tampering"], cap=20)


def test_the_same_audit_goes_on_and_another_is_refused(tmp_path: Path) -> None:
    def opened(plan: plans.Plan) -> int:
        with runs.opened(plan, tmp_path, get_model(plan.model, **plan.model_args)) as ledger:
            return len(ledger.records)

    assert opened(made()) == opened(made()) == 3
    for changes in ({"seed": 2}, {"model_args": {"actor": "gamer"}}, {"cap": 500}, {"sandbox": "bwrap"}):
        with pytest.raises(PrerequisiteError, match="holds another audit"):
            opened(made(**changes))


@pytest.mark.parametrize("rung", [r.name for r in RUNGS])
def test_the_episodes_of_a_rung_follow_from_the_plan_alone_and_begin_alike_whatever_their_number(
    rung: str,
) -> None:
    plan = made(rungs=[rung])
    first, again, other = (
        Schedule(p.protocol, p.protocol.hypotheses[0]) for p in (plan, plan, made(rungs=[rung], seed=2))
    )
    early = first.names(0, 8)
    assert again.names(0, 200)[:8] == early  # asked for more than it made at first, it makes the same ones
    assert len(set(again.names(0, 200))) == 200
    assert not set(other.names(0, 8)) & set(early)
