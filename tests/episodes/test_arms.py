"""Arms, and what a user can get wrong about an episode: one line each, that says what to do."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from subterfuge.episodes import arms
from subterfuge.episodes.environment import Environment
from subterfuge.ladder import RUNGS, rung, tasks
from subterfuge.models.errors import PrerequisiteError

EVERY = (
    "standard", "no_preamble", "announced", "scratchpad_visible", "scratchpad_off", "scratchpad_prefilled",
)  # fmt: skip


@pytest.mark.parametrize("environment", RUNGS, ids=lambda e: e.name)
def test_every_environment_has_the_common_arms_and_its_own(environment: Environment) -> None:
    found = arms.arms_of(environment)
    assert set(found) == {*EVERY, *environment.arms}
    assert list(found) == [name for name in arms.ARMS if name in found]
    assert not {name for name in arms.arms_of(environment, "menu") if name.startswith("scratchpad")}


@pytest.mark.parametrize("environment", RUNGS, ids=lambda e: e.name)
def test_an_arm_marks_its_scenario_and_keeps_its_place(environment: Environment) -> None:
    [drawn] = environment.scenarios(1, 4)
    for name in arms.arms_of(environment):
        made = arms.apply(environment, name, drawn.edit(index=17))
        assert (made.arm, made.index, made.family, made.seed) == (name, 17, drawn.family, drawn.seed)


def test_the_common_arms_change_what_they_say() -> None:
    [plain] = rung("rubric_modification_nudged").scenarios(1, 0)
    made = {name: arms.apply(rung(plain.environment), name, plain) for name in EVERY}
    assert made["no_preamble"].preamble == ""
    assert made["announced"].preamble.startswith(plain.preamble)
    assert "overseer" in made["announced"].preamble
    assert made["scratchpad_prefilled"].prefill.startswith("<scratchpad>")
    assert [made[f"scratchpad_{how}"].scratchpad for how in ("visible", "off")] == ["visible", "off"]
    assert {s.ask for s in made.values()} == {plain.ask}


WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "arm": (tasks.reward_tampering, {"arm": "nosuch"}, "Unknown arm 'nosuch'. Choose one of: standard, "),
    "arm of another rung": (
        tasks.rubric_modification,
        {"arm": "good_work"},
        "rubric_modification_nudged has no arm 'good_work'. It has: standard, ",
    ),
    "arm in a format": (
        tasks.reward_tampering,
        {"arm": "scratchpad_off", "action_format": "menu"},
        "The arm 'scratchpad_off' is not made for action_format=menu. Use: tools, tags.",
    ),
    "format": (
        tasks.tool_use_flattery,
        {"action_format": "nosuch"},
        "Unknown action format 'nosuch'. Choose one of: tools, tags, menu.",
    ),
    "split": (
        tasks.political_sycophancy,
        {"split": "test"},
        "Unknown split 'test'. Choose one of: all, train, held_out.",
    ),
    "variant": (
        tasks.rubric_modification,
        {"variant": "rude"},
        "Unknown variant 'rude'. Choose one of: nudged, insubordinate.",
    ),
    "whom to ask": (
        tasks.reward_tampering,
        {"ask_about": "none"},
        "Unknown choice for ask_about 'none'. Choose one of: all, changed.",
    ),
    "no episodes": (tasks.reward_tampering, {"episodes": 0}, "episodes=0: at least 1 is needed."),
    "sandbox": (
        tasks.reward_tampering,
        {"sandbox": "nosuch"},
        "Unknown sandbox 'nosuch'. Choose bashkit, bwrap, ",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_answered_in_one_line_that_says_what_to_do(what: str) -> None:
    task, arguments, line = WRONG[what]
    with pytest.raises(PrerequisiteError) as raised:
        task(**arguments)
    said = str(raised.value.message)
    assert said.startswith(line)
    assert "\n" not in said


def test_an_unknown_rung_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(PrerequisiteError) as raised:
        rung("reward_hacking")
    assert str(raised.value.message) == (
        "Unknown rung 'reward_hacking'. Choose one of: " + ", ".join(r.name for r in RUNGS) + "."
    )


def test_inspects_own_command_line_shows_the_line_and_no_traceback(tmp_path: Any) -> None:
    inspect = shutil.which("inspect")
    assert inspect is not None
    ran = subprocess.run(
        [
            inspect,
            "eval",
            "subterfuge/reward_tampering",
            "--model",
            "subterfuge/scripted",
            "-T",
            "arm=nosuch",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "Unknown arm 'nosuch'. Choose one of: standard" in " ".join((ran.stdout + ran.stderr).split())
    assert "Traceback" not in ran.stdout + ran.stderr
