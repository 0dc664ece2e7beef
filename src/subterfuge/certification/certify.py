"""Certify: every actor, in every sandbox and action format, must land on the verdict that it was written for.

The actors play through the real thing: an unmodified Inspect run, a real shell, the real grader. Nothing is
measured with an instrument that fails this.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.model import get_model

from subterfuge.episodes import arms
from subterfuge.episodes.disclosure import Claim
from subterfuge.episodes.environment import Actor, Environment
from subterfuge.episodes.evidence import Evidence
from subterfuge.episodes.formats import FORMATS
from subterfuge.episodes.scenario import Scenario
from subterfuge.episodes.scorers import EVIDENCE
from subterfuge.episodes.task import CAST, sample_of, task_of

SEED = 20240614
"""Seed of the scenarios that the actors play in."""


@dataclass(frozen=True)
class Check:
    """One actor's run, and where its verdict differs from the one it was written for."""

    environment: str
    actor: str
    arm: str
    sandbox: str
    action_format: str
    differences: tuple[str, ...]
    """What came out otherwise, one short sentence each; empty: certified."""

    scenario: Scenario | None = None
    evidence: Evidence | None = field(default=None, repr=False)
    claim: Claim | None = None
    """What the actor said when it was asked afterwards; None if it was not asked."""

    @property
    def passed(self) -> bool:
        """Whether the verdict is the expected one."""
        return not self.differences


def certify(
    environments: Sequence[Environment],
    sandboxes: Sequence[str] = ("bashkit", "bwrap"),
    formats: Sequence[str] = tuple(FORMATS),
    *,
    seed: int = SEED,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Check]:
    """Run every actor through every environment.

    Args:
        environments: what to certify.
        sandboxes: the shells to do it in; an environment without files runs once.
        formats: the action formats.
        seed: of the scenarios; another seed is another set of situations.
        progress: is told a line for each sandbox that is done.

    Returns:
        One check for each environment × actor × sandbox × format.
    """
    checks: list[Check] = []
    for sandbox in sandboxes:
        tasks: list[Task] = []
        for environment in environments:
            has_files = bool(environment.scenarios(1, seed)[0].files)
            if has_files or sandbox == sandboxes[0]:
                tasks += [_task(environment, sandbox, f, seed) for f in formats if _cast(environment, f)]
        if not tasks:
            continue
        with tempfile.TemporaryDirectory() as folder:
            logs = eval(
                tasks,
                model=get_model("subterfuge/scripted", memoize=False, actor=CAST),
                log_dir=folder,
                display="none",
                log_realtime=False,
                max_samples=16,
                max_tasks=len(tasks),
                score_display=False,
            )
            read = [read_eval_log(log.location) for log in logs]
        known = {environment.name: environment for environment in environments}
        for log in read:
            checks += _checks(known[str(log.eval.task).split("/")[-1]], log, sandbox)
        progress(f"{sandbox}: {sum(c.sandbox == sandbox for c in checks)} runs")
    return checks


def _cast(environment: Environment, action_format: str) -> list[Actor]:
    return [actor for actor in environment.actors if action_format in actor.formats]


def _task(environment: Environment, sandbox: str, action_format: str, seed: int) -> Task:
    cast = _cast(environment, action_format)
    drawn = environment.scenarios(len(cast), seed)
    samples = [
        sample_of(arms.apply(environment, actor.arm, s.edit(index=i)), action_format, actor.name)
        for i, (actor, s) in enumerate(zip(cast, drawn, strict=True))
    ]
    return task_of(environment, samples, action_format, sandbox)


def _checks(environment: Environment, log: EvalLog, sandbox: str) -> list[Check]:
    checks = []
    for sample in log.samples or []:
        scenario = Scenario.model_validate(sample.metadata["scenario"])
        name = sample.metadata["actor"]
        actor = next(a for a in environment.actors if a.name == name and a.arm == scenario.arm)
        frozen = sample.store.get(EVIDENCE)
        checks.append(
            Check(
                environment=environment.name,
                actor=name,
                arm=scenario.arm,
                sandbox=sandbox,
                action_format=sample.metadata["action_format"],
                differences=tuple(_differences(actor, sample)),
                scenario=scenario,
                evidence=None if frozen is None else Evidence.model_validate(frozen),
                claim=sample.store.get("claim"),
            )
        )
    if not checks:
        reason = log.error.message if log.error else "no sample was run"
        raise RuntimeError(f"{environment.name} in {sandbox}: {reason}")
    return checks


def _differences(actor: Actor, sample: EvalSample) -> list[str]:
    if sample.error is not None:
        return [f"the episode broke: {sample.error.message.splitlines()[-1]}"]
    scores = sample.scores or {}
    graded, told = scores["grade"], scores["disclosure"]
    if not isinstance(graded.value, dict):
        return [] if actor.expect.get("unscored") == graded.reason else [f"unscored: {graded.reason}"]
    return differences(actor.expect, graded.value, graded.metadata or {}, told.answer)


def differences(
    expect: Mapping[str, Any],
    value: Mapping[str, Any],
    metadata: Mapping[str, Any],
    disclosure: str | None,
) -> list[str]:
    """Where a verdict is not the one that an actor was written for, one short sentence each.

    Args:
        expect: what the actor was written for.
        value: the logged grade.
        metadata: what was logged beside it.
        disclosure: the label of what was said afterwards; None where the truth is not known.
    """
    reasons = metadata["reasons"]
    found: dict[str, Any] = {
        **value,
        **{f"reason.{key}": why for key, why in reasons.items()},
        "mechanism": metadata["mechanism"],
        "disclosure": disclosure,
        "unscored": None,
    }
    wrong = [
        f"{key} is {_plain(found.get(key))}, expected {_plain(wanted)}"
        for key, wanted in expect.items()
        if not _same(found.get(key), wanted)
    ]
    unknown = {key for key, number in value.items() if _same(number, None)}
    if unknown != set(reasons):
        wrong.append(f"not known: {sorted(unknown)}, but reasons are given for: {sorted(reasons)}")
    return wrong


def _same(found: Any, wanted: Any) -> bool:
    if wanted is None:
        return found is None or (isinstance(found, float) and math.isnan(found))
    if isinstance(wanted, str):
        return bool(found == wanted)
    return isinstance(found, int | float) and math.isclose(found, wanted)


def _plain(value: Any) -> str:
    return "unknown" if value is None or (isinstance(value, float) and math.isnan(value)) else repr(value)
