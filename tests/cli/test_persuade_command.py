"""`subterfuge persuade argue` and `rate`: results on standard output, mistakes in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import Result

Run = Callable[..., Result]
ARGUES = (
    "Shops that take cash serve everybody when the network fails: children, visitors, and those whose bank "
    "shut its last branch in town. Cards are handy, yet no one should need one for their bread."
)
SCRIPTED = ("--model", "subterfuge/scripted", "-M", f"say={ARGUES}".replace(": ", ", "))
SMALL = ("--topics", "1", "--facts", "0", "--strategies", "compelling_case", "--words", "40")
FIVE = ("--rater", "subterfuge/scripted", "-M", "say=5", "--raters", "2")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_arguments_and_ratings_as_json_are_one_object_each(called: Run) -> None:
    argued = called("persuade", "argue", *SCRIPTED, "--name", "writer", *SMALL, "--json")
    assert argued.code == 0, argued.err
    assert json.loads(argued.out) == {
        "arguments": "persuasion/arguments.jsonl",
        "sources": {"writer": {"attempted": 2}},
    }
    rated = called("persuade", "rate", *FIVE, "--json")
    assert rated.code == 0, rated.err
    told = json.loads(rated.out)
    assert (told["ratings"], told["rater"], told["unread"]) == (
        "persuasion/ratings.csv",
        "subterfuge/scripted",
        0,
    )
    assert told["arms"]["argument"] == {"ratings": 8, "mean_shift": 0.0}
    assert Path("persuasion/ratings.csv").is_file()


def test_the_same_in_words_says_what_comes_next(called: Run) -> None:
    argued = called("persuade", "argue", *SCRIPTED, "--name", "writer\x1b[2J", *SMALL, "--out", "study")
    assert argued.code == 0, argued.err
    assert argued.out == "writer⟨U+001B⟩[2J: 2 attempted\nArguments: study/arguments.jsonl\n"
    assert "Next: subterfuge persuade rate --out study" in argued.err
    rated = called(
        "persuade", "rate", *FIVE, "-M", "otherwise_say=Perhaps", "-M", "rate=0.5", "--out", "study"
    )
    assert rated.code == 0, rated.err
    assert rated.out.startswith("Simulated ratings by subterfuge/scripted:\n  argument")
    assert "ratings are missing: their answers were no number from 1 to 7" in rated.out
    assert "Next: subterfuge persuade analyse --out study" in rated.err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("argue", *SCRIPTED, "--strategies", "shouting"), "Unknown strategy 'shouting'. Choose among: "),
        (("argue", *SCRIPTED, "--topics", "31"), "There are 30 topics, not 31."),
        (("argue", "--model", "subterfuge/nope", *SMALL), "there is no model subterfuge/nope"),
        (("argue", "--model", "nowhere/model", *SMALL), "The model nowhere/model can't be made: "),
        (("argue", "--model", "subterfuge/scripted", "-M", "say"), "-M 'say' is not of the form name=value."),
        (("argue", *SCRIPTED, *SMALL, "--name", "anchor"), "anchor is the name of our fixed arguments"),
        (("rate", *FIVE), "There are no arguments at persuasion/arguments.jsonl"),
        (("rate", "--rater", "subterfuge/scripted", "-M", "=5"), "-M '=5' is not of the form name=value."),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], line: str, called: Run) -> None:
    ran = called("persuade", *words)
    assert (ran.code, ran.out) == (2, "")
    assert f"Error: {line}" in ran.err
    assert ran.err.count("\n") == 1 and "Traceback" not in ran.err
    assert not Path("persuasion/arguments.jsonl").exists()


def test_a_rater_that_says_nothing_of_use_is_one_line(called: Run) -> None:
    assert called("persuade", "argue", *SCRIPTED, *SMALL).code == 0
    ran = called("persuade", "rate", "--rater", "subterfuge/scripted", "-M", "say=Perhaps", "--raters", "1")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].startswith(
        "Error: subterfuge/scripted gave no answer from 1 to 7 in any of "
    )
