"""The report of a ledger: its newest release's verdicts with the evidence, and the trend over all releases.

Everything is computed from the records, as `verify` does it; what the ledger announced is only held against it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from subterfuge.releases.cells import Cells, Reading, read_on
from subterfuge.releases.chain import NO_HASH
from subterfuge.releases.desk import verdict_of
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.evidence import Process, gather
from subterfuge.releases.records import Model, Test
from subterfuge.releases.state import State
from subterfuge.releases.verdict import ControlResult, Verdict
from subterfuge.reporting.curve import thin
from subterfuge.reporting.release import Control, Curve, Finding, LockedProtocol, Release
from subterfuge.reporting.remarks import outcome

SCOPES = {
    "generator": "what the task’s generator makes, a fresh sample for each episode",
    "resample": "the task’s own list of samples, drawn with replacement: for that list alone",
}
"""What a rate is over, by schedule."""

KINDS = {
    "weights": "hash of the weights",
    "provider": "as the provider says",
    "declared": "declared by the user alone",
    "scripted": "scripted",
}
"""What a fingerprint is worth."""


def slug(text: str) -> str:
    """A name that any file system and any address takes, told apart by its digest."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60]
    return f"{plain}-{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"


def name_of(test: Test) -> str:
    """What a test's anchor and file are called."""
    return slug(f"{test.key} {test.protocol[:12]}")


def read_all(folder: Path | str) -> Reading:
    """Read a ledger, the cells of all its tests in columns.

    Raises:
        ReleaseError: there is no ledger, or it was edited or damaged.
    """
    reading = Reading()
    read_on(Path(folder), reading, lambda _: Cells())
    return reading


def subjects(state: State, models: Sequence[str] | None = None) -> list[str]:
    """The releases that a report is about: those asked for, or the one of the last registered that was measured.

    Raises:
        ReleaseError: one that was asked for is not registered.
    """
    if models is not None:
        return [state.model(name).id for name in models]
    measured = {test.model for run in state.runs.values() for test in run.tests}
    measured |= {ingest.model for ingest in state.ingests}
    return [name for name in state.models if name in measured][-1:]


def tests_on(state: State, models: Iterable[str]) -> list[Test]:
    """The hypotheses that were begun on these releases, in the order of release, protocol and hypothesis."""
    begun = {test for run in state.runs.values() for test in run.tests if test.control is None}
    found = []
    for model in models:
        for digest, lock in state.locks.items():
            for hypothesis in lock.protocol.hypotheses:
                test = Test(protocol=digest, hypothesis=hypothesis.id, model=model)
                if test in begun:
                    found.append(test)
    return found


def sections(
    state: State, tests: Sequence[Test], links: Mapping[Test, str] | None = None
) -> tuple[Finding, ...]:
    """What each of these tests came to, to be rendered by `subterfuge.reporting.render_findings`.

    Args:
        state: what the ledger's records add up to, with the cells of these tests and of their controls.
        tests: hypotheses on models.
        links: transcripts of tests and controls, relative to the page.
    """
    return tuple(finding(state, test, links or {}) for test in tests)


def finding(state: State, test: Test, links: Mapping[Test, str]) -> Finding:
    """What one test came to, as the report shows it."""
    protocol = state.locks[test.protocol].protocol
    hypothesis = protocol.hypothesis(test.hypothesis)
    found = verdict_of(state, protocol, test)
    outcomes, clusters = state.of(test).prefix()
    evidence = gather(hypothesis, protocol.missing, outcomes, clusters)
    own = {control.id: test.model_copy(update={"control": control.id}) for control in hypothesis.controls}
    shown = {result.id: result for result in found.controls}
    return Finding(
        id=f"t-{name_of(test)}",
        title=hypothesis.name,
        release=test.model,
        verdict=found.decision,
        final=found.final,
        reasons=found.reasons,
        task=_with_arguments(hypothesis.task, hypothesis.task_args),
        event=hypothesis.event.name,
        elicitation=hypothesis.elicitation,
        scope=SCOPES[hypothesis.schedule],
        protocol=protocol.name,
        threshold=hypothesis.threshold,
        level=found.level,
        n=found.n,
        cap=hypothesis.cap,
        finished=found.finished,
        events=found.events,
        missing=found.missing,
        missing_reasons=found.missing_reasons,
        rate=found.rate,
        low=found.low,
        high=found.high,
        refused=found.refused,
        aware=found.aware,
        curves=tuple(
            _curve(claim, process, found.n)
            for claim, process in (("ALARM", evidence.alarm), ("CLEAR", evidence.clear))
        ),
        clusters=len(set(clusters[: found.n])) if evidence.clustered else None,
        naive=found.naive,
        controls=tuple(
            _control(shown.get(control.id), control.id, control.kind, control.model, control.episodes, links.get(own[control.id]))
            for control in hypothesis.controls
        ),
        warnings=_warnings(state, test, found),
        href=links.get(test),
    )


def head_of(reading: Reading, models: Sequence[str], findings: Sequence[Finding]) -> Release:
    """The report without its trends."""
    state = reading.state
    named = [state.models[name] for name in models]
    digests = dict.fromkeys(test.protocol for test in tests_on(state, models))
    head = reading.at.head or NO_HASH
    one = named[0] if len(named) == 1 else None
    return Release(
        title=" and ".join(names) if len(names := [m.id for m in named]) <= 3 and names else f"{len(named)} releases",
        outcome=outcome(findings),
        date=reading.at.time.strftime("%-d %B %Y, %H:%M UTC"),
        model=f"{one.model} ({KINDS[one.fingerprint.kind]})" if one else "",
        facts=_facts(one) if one else {},
        protocols=tuple(
            LockedProtocol(name=p.name, digest=digest, description=p.description)
            for digest in digests
            if (p := state.locks[digest].protocol)
        ),
        head=head,
        records=reading.at.n,
        versions=_versions(state, models),
        findings=tuple(findings),
        releases=len(state.models),
        command=f"subterfuge release verify --head {head}",
        warnings=tuple(state.problems),
    )


def _curve(claim: str, process: Process, n: int) -> Curve:
    steps = int((process.cells <= n).sum())
    points = thin(process.cells[:steps].tolist(), process.log_e[:steps].tolist())
    crossed = process.crossed
    return Curve.model_validate(
        {
            "claim": claim,
            "points": points,
            "level": process.level,
            "crossed": crossed if crossed is not None and crossed <= n else None,
        }
    )


def _control(
    result: ControlResult | None, name: str, kind: str, model: str, episodes: int, href: str | None
) -> Control:
    told = {"n": 0, "planned": episodes, "events": 0} if result is None else {
        "n": result.n, "planned": result.planned, "events": result.events, "missing": result.missing,
        "rings": result.rings,
    }
    model = "the release itself" if model == "target" else model
    return Control.model_validate({**told, "name": name, "kind": kind, "model": model, "href": href})


def _warnings(state: State, test: Test, found: Verdict) -> tuple[str, ...]:
    warnings = []
    announced = state.decisions.get(test)
    said = announced.verdict.get("decision") if announced else None
    if said is not None and found.final and said != found.decision:
        warnings.append(f"The ledger announced {said}, and its records come to {found.decision}: verify it.")
    protocol = state.locks[test.protocol].protocol
    if protocol.hypothesis(test.hypothesis).boundary == "capped":
        warnings.append("Its boundary is calibrated to the cap: this test can never be continued past it.")
    return tuple(warnings)


def _with_arguments(task: str, arguments: Mapping[str, object]) -> str:
    return task + (f" ({', '.join(f'{k}={v}' for k, v in arguments.items())})" if arguments else "")


def _facts(model: Model) -> dict[str, str]:
    value = model.fingerprint.value
    facts = {
        "Released": model.date or "",
        "Comes from": model.parent or "",
        "Fingerprint": value if len(value) <= 24 else f"{value[:20]}…",
        "Anchor": "yes, all others are compared with it" if model.anchor else "",
    }
    return {name: text for name, text in facts.items() if text}


def _versions(state: State, models: Sequence[str]) -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for run in state.runs.values():
        if any(test.model in models for test in run.tests):
            for package, version in run.versions.items():
                found.setdefault(package, {})[version] = None
    return {package: ", ".join(versions) for package, versions in sorted(found.items())}
