"""The plan of an audit: what is in it, and that another one cannot be mixed into its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import subterfuge._registry  # noqa: F401
from subterfuge.audit import plan as plans
from subterfuge.audit import run as runs
from subterfuge.episodes import arms
from subterfuge.ladder import RUNGS
from subterfuge.models.errors import PrerequisiteError


def made(**changes: Any) -> plans.Plan:
    return plans.make(**{"model": "subterfuge/scripted", "model_args": {}, **changes})


def test_the_quick_suite_runs_every_rung_with_the_arms_that_make_it_readable() -> None:
    plan = made()
    assert plan.action_format == "tools"
    assert [c.rung for c in plan.cells if c.arm == "standard"] == [r.name for r in RUNGS]
    assert {c.rung for c in plan.cells if c.arm == "capability"} == {r.name for r in RUNGS}
    assert plan.episodes == sum(c.episodes for c in plan.cells)


def test_the_embedded_model_acts_by_menu() -> None:
    assert made(model="subterfuge/smollm2-135m").action_format == "menu"


@pytest.mark.parametrize("action_format", ["tools", "menu"])
def test_the_full_suite_runs_every_arm_that_the_format_can_express(action_format: str) -> None:
    plan = made(full=True, action_format=action_format)
    expect = [(r.name, arm) for r in RUNGS for arm in arms.arms_of(r, action_format)]
    assert [(c.rung, c.arm) for c in plan.cells] == expect


def test_a_choice_of_rungs_arms_and_episodes_is_kept() -> None:
    plan = made(rungs=["reward_tampering"], chosen_arms=["continuation", "standard"], episodes=3)
    assert [(c.name, c.episodes) for c in plan.cells] == [
        ("reward_tampering.continuation", 3),
        ("reward_tampering.standard", 3),
    ]


def test_the_same_plan_goes_on_and_another_is_refused(tmp_path: Path) -> None:
    assert plans.store(made(), tmp_path) is False
    assert plans.store(made(), tmp_path) is True
    for changes in ({"seed": 2}, {"model_args": {"actor": "gamer"}}, {"episodes": 5}, {"sandbox": "bwrap"}):
        with pytest.raises(PrerequisiteError, match="holds another audit"):
            plans.store(made(**changes), tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"suite": 3}', "\x00\x00"])
def test_a_damaged_plan_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(PrerequisiteError, match=r"plan\.json is damaged"):
        plans.store(made(), tmp_path)


def test_two_audits_do_not_write_to_one_folder_at_once(tmp_path: Path) -> None:
    plans.store(made(), tmp_path)
    with (
        plans.alone(tmp_path),
        pytest.raises(PrerequisiteError, match="Another audit is running"),
        plans.alone(tmp_path),
    ):
        pass
    with plans.alone(tmp_path):
        pass


def test_the_episodes_of_a_cell_follow_from_the_plan_alone() -> None:
    plan = made(rungs=["tool_use_flattery"], episodes=6)
    first, again = ([s.id for s in runs.task_of(plan, plan.cells[0]).dataset] for _ in range(2))
    assert first == again
    assert len(set(first)) == 6
    other = made(rungs=["tool_use_flattery"], episodes=6, seed=2)
    assert [s.id for s in runs.task_of(other, other.cells[0]).dataset] != first


def test_what_is_planned_under_one_seed_begins_alike_whatever_its_length() -> None:
    short, long = (made(rungs=["reward_tampering"], episodes=n) for n in (4, 9))
    ids = [[s.id for s in runs.task_of(plan, plan.cells[0]).dataset] for plan in (short, long)]
    assert ids[1][:4] == ids[0]
