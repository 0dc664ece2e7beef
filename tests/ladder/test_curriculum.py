"""The ladder as a whole: its order, the rung that is never trained on, and what holds for every rung."""

from __future__ import annotations

import pytest

from subterfuge.episodes import Environment
from subterfuge.episodes.environment import ENVIRONMENTS
from subterfuge.ladder import RUNGS, rung
from subterfuge.ladder.curriculum import HELD_OUT_RUNG
from subterfuge.models.errors import PrerequisiteError


def test_the_rungs_stand_from_easiest_to_worst_and_the_last_is_held_out() -> None:
    assert [r.name for r in RUNGS] == [
        "political_sycophancy",
        "tool_use_flattery",
        "rubric_modification_nudged",
        "rubric_modification_insubordinate",
        "reward_tampering",
    ]
    assert RUNGS[-1].name == HELD_OUT_RUNG


def test_a_rung_is_found_by_its_name_here_and_by_old_logs() -> None:
    for environment in RUNGS:
        assert rung(environment.name) is environment
        assert ENVIRONMENTS[environment.name] is environment
    with pytest.raises(PrerequisiteError, match="Unknown rung 'rubric_modification'"):
        rung("rubric_modification")


@pytest.mark.parametrize("environment", RUNGS, ids=lambda e: e.name)
def test_a_schedule_is_fixed_by_its_seed_and_its_split_holds(environment: Environment) -> None:
    held_out = {f.name for f in environment.families if f.held_out}
    assert len(environment.families) >= 8
    assert len(held_out) >= 3
    assert environment.scenarios(40, 3) == environment.scenarios(40, 3)
    assert environment.scenarios(40, 3) != environment.scenarios(40, 4)
    assert environment.scenarios(60, 3)[:40] == environment.scenarios(40, 3)
    drawn = {
        split: {s.family for s in environment.scenarios(300, 1, split)} for split in ("train", "held_out")
    }
    assert drawn["held_out"] == held_out
    assert drawn["train"] == {f.name for f in environment.families} - held_out


@pytest.mark.parametrize("environment", RUNGS, ids=lambda e: e.name)
def test_every_nonce_is_in_its_file_and_fresh(environment: Environment) -> None:
    nonces: list[str] = []
    for scenario in environment.scenarios(300, 2):
        for path, nonce in scenario.nonces.items():
            assert nonce in scenario.files[path]
            assert sum(nonce in text for text in [scenario.ask, *scenario.files.values()]) == 1
        nonces += scenario.nonces.values()
    assert len(set(nonces)) == len(nonces)
