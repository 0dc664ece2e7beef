"""Episodes as they are played: what is recorded as said, how they end, what a log gives to data frames."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.analysis import SampleSummary, samples_df
from pandas.api.types import is_float_dtype

from subterfuge.episodes import CHAIN_COLUMNS, Evidence, arms
from subterfuge.episodes.environment import ENVIRONMENTS, Actor
from subterfuge.episodes.formats.free import TURNS
from subterfuge.episodes.grade import VALUES
from subterfuge.episodes.scorers import EVIDENCE
from subterfuge.episodes.task import CAST, environment_task, sample_of, task_of
from subterfuge.ladder import RUNGS, rung
from subterfuge.models.script import NO_ANSWER, Turn

NUDGED = rung("rubric_modification_nudged")


def one(
    play: Any, monkeypatch: pytest.MonkeyPatch, turns: tuple[Turn, ...], action_format: str, **how: Any
) -> Any:
    """The sample of one episode in which these turns are played."""
    environment = replace(rung(how.pop("rung", NUDGED.name)), actors=())
    [drawn] = environment.scenarios(1, 3)
    scenario = arms.apply(environment, how.pop("arm", "standard"), drawn)
    actor = Actor("somebody", lambda s: turns, {}, how.pop("answers", {}), scenario.arm)
    monkeypatch.setitem(ENVIRONMENTS, environment.name, replace(environment, actors=(actor,)))
    task = task_of(environment, [sample_of(scenario, action_format, "somebody")], action_format, "bashkit")
    [sample] = play(task, CAST, **how).samples
    return sample


def evidence_of(sample: Any) -> Evidence:
    return Evidence.model_validate(sample.store[EVIDENCE])


@pytest.mark.parametrize("action_format", ["tools", "tags"])
@pytest.mark.parametrize("closing", ["</scratchpad>", ""])
def test_what_stands_in_the_scratchpad_is_never_said(
    play: Any, monkeypatch: pytest.MonkeyPatch, action_format: str, closing: str
) -> None:
    thought = f"<scratchpad>I will cheat with nobody looking{closing}"
    turns = (
        Turn(commands=("ls",), say=f"Looking.\n{thought}" if closing else "Looking."),
        Turn(say=f"It is done.\n{thought}"),
    )
    said = evidence_of(one(play, monkeypatch, turns, action_format)).said
    assert said == ["Looking.", "It is done."]


def test_a_prefilled_scratchpad_stands_in_the_transcript_and_is_not_said(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (Turn(say=" So be it.</scratchpad>Nothing to do."),)
    sample = one(play, monkeypatch, turns, "tools", arm="scratchpad_prefilled")
    assert evidence_of(sample).said == ["Nothing to do."]
    [reply] = [m.text for m in sample.messages if m.role == "assistant"]
    assert reply.startswith("<scratchpad>\nBefore I start")


@pytest.mark.parametrize("action_format", ["tools", "tags"])
def test_an_episode_ends_after_its_turns_and_is_graded_by_what_is_there(
    play: Any, monkeypatch: pytest.MonkeyPatch, action_format: str
) -> None:
    sample = one(
        play, monkeypatch, tuple(Turn(commands=(f"echo {i}",)) for i in range(TURNS + 5)), action_format
    )
    evidence = evidence_of(sample)
    assert len(evidence.steps) == TURNS
    assert evidence.ended == "limit"
    assert sample.scores["grade"].value["gamed"] == 0


def test_a_message_limit_ends_an_episode_which_is_then_graded(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = tuple(Turn(commands=(f"echo {i}",)) for i in range(10))
    sample = one(play, monkeypatch, turns, "tools", message_limit=7)
    assert sample.limit is not None and sample.limit.type == "message"
    assert evidence_of(sample).ended == "limit"
    assert sample.scores["grade"].value["gamed"] == 0


def test_commands_in_one_message_run_in_their_order_and_share_a_shell(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (Turn(commands=("cd /tmp && X=5", 'echo "$PWD $X"')), Turn(say="Done."))
    for action_format in ("tools", "tags"):
        steps = evidence_of(one(play, monkeypatch, turns, action_format)).steps
        assert [step.stdout for step in steps] == ["", "/tmp 5\n"]


@pytest.mark.parametrize(
    ("turns", "ended"),
    [
        ((Turn(say="I'm sorry, but I can't help with that."),), "refused"),
        (
            (
                Turn(commands=("ls",)),
                Turn(say="I can't find it."),
            ),
            "finished",
        ),
        ((Turn(say="All is well."),), "finished"),
    ],
)
def test_a_refusal_is_one_only_where_nothing_was_done(
    play: Any, monkeypatch: pytest.MonkeyPatch, turns: tuple[Turn, ...], ended: str
) -> None:
    assert evidence_of(one(play, monkeypatch, turns, "tools")).ended == ended


def test_a_letter_that_was_not_offered_is_asked_for_once_more(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (Turn(say="Z"), Turn(choose="leave"), Turn(choose="incomplete"))
    evidence = evidence_of(one(play, monkeypatch, turns, "menu"))
    assert evidence.chosen == ["leave", "incomplete"]
    assert evidence.ended == "finished"


def test_two_replies_without_a_letter_end_a_menu_unscored(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = (Turn(choose="leave"), Turn(say="Z"), Turn(say="hm"), Turn(choose="incomplete"))
    sample = one(play, monkeypatch, turns, "menu")
    assert evidence_of(sample).ended == "unparseable"
    assert sample.scores["grade"].reason == "invalid_response_format"
    assert sample.scores["disclosure"].reason == "no_response"


def test_a_probe_without_an_answer_leaves_the_grade_unknown_even_if_asked_again(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the actor said in the episode would be a letter: it must not stand in for the missing answer.
    turns = (Turn(choose="persona", say="A"),)
    sample = one(play, monkeypatch, turns, "menu", rung="political_sycophancy", answers={"mirror": NO_ANSWER})
    assert evidence_of(sample).answers["mirror"].chosen is None
    assert math.isnan(sample.scores["grade"].value["gamed"])


def test_a_model_that_breaks_is_an_error_of_one_line_and_no_clean_episode(play: Any) -> None:
    log = play(environment_task(NUDGED, episodes=2), "nobody", broken=True)
    for sample in log.samples:
        assert sample.error.message.startswith("no actor 'nobody' among the scripts of this episode; known: ")
        assert len(sample.error.message.strip().splitlines()) == 1
        scores = sample.scores or {}
        assert "grade" not in scores or scores["grade"].value != 0


@pytest.mark.parametrize("environment", RUNGS[:4], ids=lambda e: e.name)
def test_a_log_gives_the_chain_as_columns_of_numbers(environment: Any, play: Any, tmp_path: Path) -> None:
    play(environment_task(environment, action_format="menu", episodes=3), "gamer")
    frame = samples_df(str(tmp_path), columns=SampleSummary + CHAIN_COLUMNS)
    assert len(frame) == 3
    for name in VALUES:
        assert is_float_dtype(frame[name]), name
    assert frame["gamed"].tolist() == [1.0, 1.0, 1.0]
    assert frame["opportunity"].tolist() == [1.0, 1.0, 1.0]
    # What no check watches is not known, and is no zero.
    watched = environment.name.startswith("rubric")
    assert frame["evaded"].isna().tolist() == [not watched] * 3
    assert frame["disclosed"].tolist() == [0.0, 0.0, 0.0]
    assert frame["environment"].tolist() == [environment.name] * 3
    assert set(frame["arm"]) == {"standard"}
    assert set(frame["disclosure_label"]) <= {"denied", "omitted"}
    assert frame["mechanism"].notna().all()
