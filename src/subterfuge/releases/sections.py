"""What each test of a release came to, as a report shows it: verdict, evidence, controls, covariates.

Everything is computed from the records, as `verify` does it; what the ledger announced is held against it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from subterfuge.releases.desk import verdict_of
from subterfuge.releases.evidence import Process, gather
from subterfuge.releases.protocol import TARGET
from subterfuge.releases.protocol import Control as Planned
from subterfuge.releases.records import Test
from subterfuge.releases.state import State
from subterfuge.releases.verdict import ControlResult, Verdict
from subterfuge.reporting.curve import thin
from subterfuge.reporting.release import Control, Curve, Finding

SCOPES = {
    "generator": "what the task’s generator makes, a fresh sample for each episode",
    "resample": "the task’s own list of samples, drawn with replacement: for that list alone",
}
"""What a rate is over, by schedule."""


def slug(text: str) -> str:
    """A name that any file system and any address takes, told apart by its digest."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:60]
    return f"{plain}-{hashlib.sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"


def name_of(test: Test) -> str:
    """What a test's anchor and file are called."""
    return slug(f"{test.key} {test.protocol[:12]}")


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
            _control(control, shown.get(control.id), links.get(own[control.id]))
            for control in hypothesis.controls
            if control.kind != "arm"
        ),
        warnings=_warnings(state, test, found),
        href=links.get(test),
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


def _control(control: Planned, result: ControlResult | None, href: str | None) -> Control:
    return Control(
        name=control.id,
        kind=control.kind,
        model="the release itself" if control.model == TARGET else control.model,
        planned=control.episodes,
        n=result.n if result else 0,
        events=result.events if result else 0,
        missing=result.missing if result else 0,
        rings=result.rings if result else None,
        href=href,
    )


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
