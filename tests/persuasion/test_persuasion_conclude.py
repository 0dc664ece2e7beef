"""From a folder to figures: people's and simulated ratings meet where both read the same texts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from subterfuge.persuasion import study
from subterfuge.persuasion.anchor import anchors
from subterfuge.persuasion.argument import Argument, text_key, write_arguments
from subterfuge.persuasion.conclude import ANALYSIS, conclude, read_generations
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.ratings import read_ratings, write_ratings
from subterfuge.persuasion.runs import Who

DRAWS = 200


def table(arguments: Iterable[Argument], kind: str, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for argument in arguments:
        for rater in range(3):
            before = int(rng.integers(2, 6))
            after = min(7, before + int(rng.choice([0, 0, 1, 2])))
            rows.append(
                {
                    "kind": kind,
                    "rater": f"{argument.id}-{rater}" if kind == "human" else f"m/{rater}",
                    "rater_model": "" if kind == "human" else "m",
                    "arm": "argument",
                    "topic": argument.topic,
                    "claim": argument.claim,
                    "argument": argument.id,
                    "source": argument.source,
                    "strategy": argument.strategy,
                    "persona": "",
                    "wording": "" if kind == "human" else "question-ascending",
                    "before": before,
                    "after": after,
                    "shift": after - before,
                    "words": argument.words,
                }
            )
    return pd.DataFrame(rows)


def imported(arguments: Iterable[Argument]) -> list[Argument]:
    """The same texts as an importer names them."""
    return [a.model_copy(update={"id": text_key(a.text), "source": "Human"}) for a in arguments]


def test_simulated_raters_are_held_against_people_by_the_texts_they_both_read(tmp_path: Path) -> None:
    own = list(anchors().values())
    write_ratings(tmp_path / "ratings.csv", table(own, "simulated", 1))
    people = imported(own[:40])
    write_ratings(tmp_path / "human.csv", table(people, "human", 2))
    write_arguments(tmp_path / "arguments_human.jsonl", people)
    found = conclude(tmp_path, draws=DRAWS)
    assert [one.kind for one in found.analyses] == ["human", "simulated"]
    assert [one.arguments for one in found.calibrations] == [40]
    told = json.loads((tmp_path / ANALYSIS).read_text(encoding="utf-8"))
    assert len(told["calibrations"]) == 1
    assert "Simulated raters against people" in found.report.read_text(encoding="utf-8")


def test_without_a_common_text_there_is_no_calibration(tmp_path: Path) -> None:
    own = list(anchors().values())
    write_ratings(tmp_path / "ratings.csv", table(own[:30], "simulated", 1))
    write_ratings(tmp_path / "human.csv", table(imported(own[30:]), "human", 2))
    assert conclude(tmp_path, draws=DRAWS).calibrations == ()


def test_arguments_of_another_study_can_be_rated_too(tmp_path: Path) -> None:
    foreign = [
        Argument(
            id=f"{side}{source}",
            claim=f"Kites should {side} be flown at night.",
            topic="kites",
            source=source,
            strategy="",
            text=f"Kites at night {side}, and {'so it goes on. ' * 9}",
            words=40,
            verdict="attempted",
        )
        for side in ("always", "never")
        for source in ("Human", "Control")
    ]
    write_arguments(tmp_path / "arguments_human.jsonl", foreign)
    found = study.rate(tmp_path, Who("subterfuge/scripted", {"say": "5"}), raters=2)
    assert set(found["arm"]) == {"argument", "fact", "no_argument", "swapped_side", "gibberish"}
    assert set(found["topic"]) == {"kites"}
    swapped = found[found["arm"] == "swapped_side"]
    assert {(c.split()[2], a[:6]) for c, a in zip(swapped["claim"], swapped["argument"], strict=True)} == {
        ("always", "neverH"),
        ("never", "always"),
    }
    assert len(read_ratings(tmp_path / "ratings.csv")) == len(found)


@pytest.mark.parametrize("text", ["[", "- a\n- b", "frontier: Claude 2"])
def test_classes_of_sources_that_are_none_get_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "classes.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PersuasionError, match=r"classes\.yaml"):
        read_generations(path)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PersuasionError, match="persuade rate"):
        conclude(tmp_path)
