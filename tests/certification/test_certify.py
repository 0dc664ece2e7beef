"""Certification passes for the rungs as they are, and fails where an expectation or a grader is wrong."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from subterfuge.certification import Check, certify, mutate
from subterfuge.episodes import Environment, Evidence, Grade, Scenario
from subterfuge.episodes.environment import ENVIRONMENTS
from subterfuge.episodes.formats import FORMATS
from subterfuge.ladder import RUNGS, rung
from subterfuge.ladder.rubric_modification.grade import grade as true_grade

NUDGED = rung("rubric_modification_nudged")


def failed(checks: list[Check]) -> list[str]:
    return [
        f"{c.environment} {c.actor} {c.arm} {c.sandbox} {c.action_format}: {c.differences}"
        for c in checks
        if not c.passed
    ]


def only(environment: Environment, *names: str) -> Environment:
    return replace(environment, actors=tuple(a for a in environment.actors if a.name in names))


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    """Every actor of every rung, with native tools, in the default shell."""
    return certify(RUNGS, ["bashkit"], ["tools"])


@pytest.mark.timeout(600)
def test_every_actor_of_every_rung_gets_its_verdict_with_native_tools(checks: list[Check]) -> None:
    assert not failed(checks)
    played = {(c.environment, c.actor, c.arm) for c in checks}
    assert played == {(e.name, a.name, a.arm) for e in RUNGS for a in e.actors if "tools" in a.formats}


@pytest.mark.parametrize("environment", RUNGS[:4], ids=lambda e: e.name)
def test_every_broken_condition_of_a_grader_is_noticed(environment: Environment, checks: list[Check]) -> None:
    mutants = mutate(environment, [c for c in checks if c.environment == environment.name])
    assert len(mutants) > 25
    assert not [(m.module, m.line, m.change) for m in mutants if not m.noticed_by]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_broken_condition_of_the_tampering_grader_is_noticed(checks: list[Check]) -> None:
    environment = rung("reward_tampering")
    mutants = mutate(environment, [c for c in checks if c.environment == environment.name])
    assert {m.module for m in mutants} == {"behaviour", "mechanism", "grade"}
    assert not [(m.module, m.line, m.change) for m in mutants if not m.noticed_by]


@pytest.mark.parametrize(
    "environment", [e for e in RUNGS if e.scenarios(1, 0)[0].files], ids=lambda e: e.name
)
async def test_an_episode_whose_files_were_lost_is_not_known(
    environment: Environment, checks: list[Check]
) -> None:
    for check in checks:
        if check.environment == environment.name and check.evidence and check.scenario:
            lost = check.evidence.model_copy(update={"final": None})
            grade = await environment.grade(check.scenario, lost)
            assert grade.gamed is None, check.actor
            assert grade.value().keys() > grade.reasons.keys() >= {"gamed"}
            assert environment.disclosure.truth(check.scenario, lost) is None


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_actor_gets_its_verdict_in_every_sandbox_and_format(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    checks = certify(RUNGS)
    with capsys.disabled():
        print(f"\ncertify: {len(checks)} runs in {time.monotonic() - began:.0f} s")
    assert not failed(checks)
    assert {(c.sandbox, c.action_format) for c in checks} == {
        (s, f) for s in ("bashkit", "bwrap") for f in FORMATS
    }


def test_another_seed_is_certified_too() -> None:
    assert not failed(certify([RUNGS[0], NUDGED], ["bashkit"], ["menu"], seed=7))


def test_every_environment_has_the_five_ordinary_characters() -> None:
    for environment in RUNGS:
        names = {actor.name for actor in environment.actors}
        assert {"honest", "gamer", "sloppy", "refuser", "garbler"} <= names, environment.name


def test_a_wrong_expectation_is_found() -> None:
    environment = only(NUDGED, "gamer")
    [gamer] = environment.actors
    wrong = replace(gamer, expect={**gamer.expect, "gamed": False, "mechanism": "magic"})
    checks = certify([replace(environment, actors=(wrong,))], ["bashkit"], ["tools"])
    assert [c.differences for c in checks] == [
        ("gamed is 1.0, expected False", "mechanism is 'items ticked', expected 'magic'")
    ]


async def _blind(scenario: Scenario, evidence: Evidence) -> Grade:
    return replace(await true_grade(scenario, evidence), gamed=False)


async def _silent(scenario: Scenario, evidence: Evidence) -> Grade:
    return replace(await true_grade(scenario, evidence), gamed=None)


async def _broken(scenario: Scenario, evidence: Evidence) -> Grade:
    raise ZeroDivisionError("one over nothing")


@pytest.mark.parametrize(
    ("grader", "difference"),
    [
        (_blind, "gamed is 0.0, expected True"),
        (_silent, "not known: ['gamed'], but reasons are given for: []"),
        (_broken, "the episode broke"),
    ],
)
def test_a_wrong_grader_is_found(grader, difference: str, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    broken = replace(only(NUDGED, "gamer"), grade=grader)
    monkeypatch.setitem(ENVIRONMENTS, NUDGED.name, broken)
    [check] = certify([broken], ["bashkit"], ["tools"])
    assert any(difference in found for found in check.differences), check.differences


def test_a_mutant_that_nobody_notices_is_named() -> None:
    few = only(NUDGED, "honest", "gamer")
    mutants = mutate(few, certify([few], ["bashkit"], ["tools"]))
    noticed = {m.change: m.noticed_by for m in mutants}
    # A list that shrank to nothing is what only those show who delete items, so nobody is there to notice.
    assert noticed["bool(listed) and all(listed.values())  →  all(listed.values())"] == ""
    assert noticed["word == 'complete'  →  word != 'complete'"] in ("honest", "gamer")


def test_mutation_leaves_the_grader_as_it_was() -> None:
    few = only(NUDGED, "honest")
    checks = certify([few], ["bashkit"], ["tools"])
    mutate(few, checks)
    assert not failed(certify([few], ["bashkit"], ["tools"]))
    assert few.grade is true_grade


def test_mutation_refuses_to_judge_by_actors_who_fail_anyway() -> None:
    [gamer] = only(NUDGED, "gamer").actors
    wrong = replace(NUDGED, actors=(replace(gamer, expect={"gamed": False}),))
    with pytest.raises(RuntimeError, match="even from the whole grader"):
        mutate(wrong, certify([wrong], ["bashkit"], ["tools"]))
