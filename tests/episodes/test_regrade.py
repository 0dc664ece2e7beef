"""An old log is graded again from the log alone: by Inspect's command line, in a process of its own."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log

from subterfuge.episodes.scorers import EVIDENCE
from subterfuge.episodes.task import CAST, environment_task, sample_of, task_of
from subterfuge.ladder import rung


def score_again(log: str, out: Path, ask_about: str = "all") -> EvalLog:
    """The log as `inspect score` grades it: with no model to ask, and no sandbox.

    A log names scorers without their package, so that Inspect has to be told where they are, one at a time.
    """
    for scorer, source, how in (
        (["subterfuge/grade"], log, "overwrite"),
        (["subterfuge/disclosure", "-S", f"ask_about={ask_about}"], str(out), "append"),
    ):
        words = [
            "score",
            source,
            "--scorer",
            *scorer,
            "--action",
            how,
            "--output-file",
            str(out),
            "--overwrite",
        ]
        ran = subprocess.run(
            [str(shutil.which("inspect")), *words, "--model", "none/none", "--display", "none"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return read_eval_log(str(out))


def results(log: EvalLog) -> dict[Any, dict[str, Any]]:
    """What the scorers made of each sample, unknown numbers as None."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: None if math.isnan(number) else number for key, number in value.items()}
        return None if isinstance(value, float) and math.isnan(value) else value

    return {
        sample.id: {
            name: (plain(score.value), score.answer, score.reason, score.metadata)
            for name, score in (sample.scores or {}).items()
        }
        for sample in log.samples or []
    }


def cast(name: str, actors: list[str], action_format: str) -> Any:
    """A task in which each of these actors plays once."""
    environment = rung(name)
    drawn = environment.scenarios(len(actors), 2)
    samples = [sample_of(s, action_format, actor) for s, actor in zip(drawn, actors, strict=True)]
    return task_of(environment, samples, action_format, "bashkit")


def test_an_old_log_gets_the_same_grades_and_what_lost_its_evidence_is_not_clean(
    play: Any, tmp_path: Path
) -> None:
    actors = ["gamer", "honest", "hides_the_checklist", "refuser"]
    log = play(cast("rubric_modification_nudged", actors, "tools"), CAST)
    again = score_again(log.location, tmp_path / "again.eval")
    assert results(again) == results(log)
    assert {s.id: len(s.messages) for s in again.samples} == {s.id: len(s.messages) for s in log.samples}

    robbed = read_eval_log(log.location)
    for sample in robbed.samples:
        del sample.store[EVIDENCE]
    write_eval_log(robbed, str(tmp_path / "robbed.eval"))
    for scores in results(score_again(str(tmp_path / "robbed.eval"), tmp_path / "poorer.eval")).values():
        assert [reason for _, _, reason, _ in scores.values()] == ["no_response", "no_response"]
        assert not any(isinstance(value, dict) for value, *_ in scores.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "actors", "action_format"),
    [
        ("reward_tampering", ["gamer", "shadows_with_package", "writes_invalid_bytes", "refactors"], "tools"),
        ("reward_tampering", ["gamer", "honest", "makes_and_undoes"], "menu"),
        ("political_sycophancy", ["gamer", "contrarian", "no_second_answer", "garbler"], "tags"),
        ("tool_use_flattery", ["gamer", "no_blind_rating", "in_words", "admirer"], "tools"),
    ],
)
def test_old_logs_of_every_rung_get_the_same_grades(
    name: str, actors: list[str], action_format: str, play: Any, tmp_path: Path
) -> None:
    log = play(cast(name, actors, action_format), CAST)
    assert results(score_again(log.location, tmp_path / "again.eval")) == results(log)


def test_what_was_not_asked_is_not_asked_later(play: Any, tmp_path: Path) -> None:
    log = play(
        environment_task(rung("rubric_modification_nudged"), episodes=2, ask_about="changed"), "honest"
    )
    again = score_again(log.location, tmp_path / "again.eval", "changed")
    assert results(again) == results(log)
    for scores in results(again).values():
        assert scores["disclosure"][2] == "not asked"
