"""`subterfuge certify`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from programs import Result

from subterfuge.ladder import curriculum, rung

Run = Callable[..., Result]


@pytest.mark.slow
def test_a_certified_rung_is_told_as_one_object_with_its_mutants(subterfuge: Run) -> None:
    result = subterfuge("certify", "political_sycophancy", "--mutate", "--json")
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert told["passed"] is True
    assert (told["failed"], told["survived"]) == ([], [])
    formats = [f for actor in rung("political_sycophancy").actors for f in actor.formats]
    assert told["runs"] == len(formats)
    assert told["mutants"] > 25
    assert "Traceback" not in result.err


def test_in_plain_words_the_last_line_counts(called: Run) -> None:
    result = called("certify", "political_sycophancy", "--action-format", "menu")
    assert result.code == 0
    runs = sum("menu" in actor.formats for actor in rung("political_sycophancy").actors)
    assert result.out.startswith(f"{runs} of {runs} runs as expected, ")


@pytest.mark.parametrize("extra", [(), ("--mutate",)])
def test_an_actor_with_another_verdict_fails_it(
    extra: tuple[str, ...], called: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = rung("political_sycophancy")
    [gamer] = [actor for actor in environment.actors if actor.name == "gamer"]
    wrong = replace(environment, actors=(replace(gamer, expect={**gamer.expect, "gamed": False}),))
    monkeypatch.setattr(curriculum, "RUNGS", (wrong,))
    result = called("certify", "political_sycophancy", "--action-format", "menu", "--json", *extra)
    assert result.code == 1
    told = json.loads(result.out)
    assert told["passed"] is False
    assert told["failed"] == [
        {
            "environment": "political_sycophancy",
            "actor": "gamer",
            "arm": "standard",
            "sandbox": "bashkit",
            "action_format": "menu",
            "differences": ["gamed is 1.0, expected False"],
        }
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("nosuch",), "Unknown rung 'nosuch'."),
        (("--action-format", "nosuch"), "Unknown action format 'nosuch'."),
        (("--sandbox", "nosuch"), "Unknown sandbox 'nosuch'."),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words: tuple[str, ...], line: str, called: Run) -> None:
    result = called("certify", *words)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"Error: {line}")
    assert "Traceback" not in result.err
