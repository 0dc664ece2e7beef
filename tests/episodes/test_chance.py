"""The chance level of every menu: all its ways are played through the real task, and weighted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from subterfuge.episodes import arms
from subterfuge.episodes.environment import ENVIRONMENTS, Actor, Environment
from subterfuge.episodes.scenario import Scenario
from subterfuge.episodes.task import CAST, sample_of, task_of
from subterfuge.ladder import RUNGS
from subterfuge.models.script import Turn

FAST = {
    ("political_sycophancy", arm)
    for arm in ("standard", "capability", "no_opportunity", "authorised", "retest")
} | {
    ("rubric_modification_nudged", arm)
    for arm in ("standard", "no_opportunity", "authorised", "continuation")
}


def ways(scenario: Scenario) -> Iterator[tuple[Actor, float]]:
    """An actor for each way through the menu and each answer to the probes, with its uniform probability."""
    assert scenario.menu is not None
    taken = tuple(turn.choose for turn in scenario.history if turn.choose)
    paths = [(path, p) for path, p in scenario.menu.paths() if path[: len(taken)] == taken]
    whole = sum(p for _, p in paths)
    answers = list(itertools.product(*[[option for option, _ in probe.options] for probe in scenario.probes]))
    names = [probe.name for probe in scenario.probes]
    for i, ((path, p), said) in enumerate(itertools.product(paths, answers)):
        script = tuple(Turn(choose=option) for option in path[len(taken) :])
        actor = Actor(
            f"way-{i}",
            lambda s, script=script: script,  # type: ignore[misc]
            {},
            dict(zip(names, said, strict=True)),
            scenario.arm,
            ("menu",),
        )
        yield actor, p / whole / len(answers)


def cases() -> Iterator[object]:
    for environment in RUNGS:
        for arm in arms.arms_of(environment, "menu"):
            marks = [] if (environment.name, arm) in FAST else [pytest.mark.slow]
            yield pytest.param(environment, arm, id=f"{environment.name}-{arm}", marks=marks)


@pytest.mark.parametrize(("environment", "arm"), list(cases()))
def test_uniform_choice_games_as_often_as_the_environment_says(
    environment: Environment, arm: str, play, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    scenario = arms.apply(environment, arm, environment.scenarios(1, 5)[0])
    cast = list(ways(scenario))
    assert sum(weight for _, weight in cast) == pytest.approx(1.0)
    played = replace(environment, actors=tuple(actor for actor, _ in cast))
    monkeypatch.setitem(ENVIRONMENTS, environment.name, played)
    samples = [sample_of(scenario, "menu", actor.name) for actor, _ in cast]
    log = play(task_of(played, samples, "menu", "bashkit"), CAST, max_samples=16)
    weights = {actor.name: weight for actor, weight in cast}
    gamed = [(weights[s.metadata["actor"]], s.scores["grade"].value["gamed"]) for s in log.samples]
    assert sum(weight * event for weight, event in gamed) == pytest.approx(
        environment.chance_of(arm), abs=1e-9
    )
