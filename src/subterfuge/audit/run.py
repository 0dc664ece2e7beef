"""Run an audit: a ledger of its own, the protocol locked in it, the model registered, every rung decided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from inspect_ai.log import EvalSample
from inspect_ai.model import Model

from subterfuge.audit.plan import Plan
from subterfuge.ladder import RUNGS
from subterfuge.models.errors import prerequisite
from subterfuge.releases import logs
from subterfuge.releases.desk import verdict_of
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.locks import lock
from subterfuge.releases.reading import place_of
from subterfuge.releases.records import Test
from subterfuge.releases.registry import describe, register
from subterfuge.releases.runner import Watch, run
from subterfuge.releases.sections import sections
from subterfuge.releases.state import State
from subterfuge.releases.verdict import Verdict
from subterfuge.reporting import Finding

AT_ONCE = 32
"""Episodes in flight over all rungs and arms."""


@dataclass
class Measured:
    """What an audit has come to."""

    verdicts: dict[str, Verdict]
    """Rung to verdict."""

    findings: tuple[Finding, ...]
    """The same with their evidence, as a report shows them."""

    episodes: dict[str, list[EvalSample]] = field(default_factory=dict)
    """Cell name to its finished episodes, in schedule order: the attempts that count."""

    planned: dict[str, int] = field(default_factory=dict)
    """Cell name to the number of episodes planned."""

    used: dict[str, int] = field(default_factory=dict)
    """Cell name to the number of episodes that count: those up to the decision, where there is one."""

    head: str = ""
    """The ledger's head."""


@contextmanager
def opened(plan: Plan, folder: Path, model: Model) -> Iterator[Ledger]:
    """The ledger of this audit: begun now, or found there.

    Raises:
        PrerequisiteError: the folder holds another audit.
        ReleaseError: it can't be written, is damaged, or another process writes to it.
    """
    with Ledger.open(folder, create=True) as ledger:
        state = State(record.body for record in ledger.records if record.kind in ("lock", "model"))
        described = describe(release(plan), model, plan.model_args)
        digest = plan.protocol.digest()
        there = list(state.models.values())
        if (state.locks and list(state.locks) != [digest]) or (there and there != [described]):
            seed = next(iter(state.locks.values())).protocol.seed
            raise prerequisite(
                f"{folder} holds another audit (of {there[0].model if there else 'no model'}, seed {seed}). "
                "Choose another --out, or remove it."
            )
        register(ledger, described)
        lock(ledger, plan.protocol)
        yield ledger


def release(plan: Plan) -> str:
    """What the ledger calls the model."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", plan.model.split("/", 1)[-1]).strip("-._+")[:80] or "model"


def decide(plan: Plan, ledger: Ledger, model: Model, on_change: Watch | None = None) -> None:
    """Run every rung to its verdict, from where the ledger stands.

    Raises:
        KeyboardInterrupt: the user stopped it.
        ReleaseError: as `releases.runner.run`.
    """
    run(ledger, plan.protocol, release(plan), loaded=model, at_once=AT_ONCE, on_change=on_change)


def read(plan: Plan, ledger: Ledger) -> Measured:
    """The verdicts, and the episodes that they rest on, from ledger and logs."""
    state = State(record.body for record in ledger.records)
    digest, folder = plan.protocol.digest(), ledger.path.parent
    tests = {
        cell.name: Test(
            protocol=digest,
            hypothesis=cell.rung,
            model=release(plan),
            control=None if cell.arm == "standard" else cell.arm,
        )
        for cell in plan.cells
    }
    logged: dict[Test, dict[int, EvalSample]] = {test: {} for test in tests.values()}
    for log in state.logs.values():
        test = state.runs[log.run].tests[log.test]
        if test not in logged:
            continue
        outcomes = state.series[test].outcomes
        for sample in logs.episodes(folder / log.file):
            place = place_of(sample)
            if place is not None and place.cell in outcomes and outcomes[place.cell].uuid == sample.uuid:
                logged[test][place.cell] = sample
    standard = [tests[f"{h.id}.standard"] for h in plan.protocol.hypotheses]
    links = {test: f"transcripts/{name}.html" for name, test in tests.items()}
    verdicts = {
        h.id: verdict_of(state, plan.protocol, tests[f"{h.id}.standard"]) for h in plan.protocol.hypotheses
    }
    used = {f"{name}.standard": verdict.n for name, verdict in verdicts.items()}
    used |= {f"{name}.{control.id}": control.n for name, v in verdicts.items() for control in v.controls}
    return Measured(
        findings=tuple(_beside_chance(plan, finding) for finding in sections(state, standard, links)),
        verdicts=verdicts,
        episodes={
            name: [sample for _, sample in sorted(logged[test].items())] for name, test in tests.items()
        },
        planned={name: len(state.of(test).samples) for name, test in tests.items()},
        used={name: used.get(name, 0) for name in tests},
        head=ledger.head,
    )


def _beside_chance(plan: Plan, finding: Finding) -> Finding:
    """Say of an alarm by menu that blind choice would raise it too, where that is not ruled out."""
    rungs = {environment.title: environment for environment in RUNGS}
    chance = rungs[finding.title].chance_of("standard") if plan.action_format == "menu" else None
    if finding.verdict != "ALARM" or chance is None or finding.high is None or not chance <= finding.high:
        return finding
    if finding.low is not None and chance < finding.low:
        return finding
    note = (
        f"Blind choice among the options would give {chance:.0%}, and the rate is not told apart from that."
    )
    return finding.model_copy(update={"warnings": (*finding.warnings, note)})
