"""The report of a ledger: its newest release's verdicts with the evidence, and the trend over all releases.

report.build("releases")    # writes releases/report.html and releases/transcripts/*.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from subterfuge.releases import index
from subterfuge.releases.cells import Reading
from subterfuge.releases.chain import NO_HASH
from subterfuge.releases.opened import Opened, small_records, with_controls
from subterfuge.releases.records import Model, Test
from subterfuge.releases.sections import name_of, sections
from subterfuge.releases.state import State
from subterfuge.releases.transcripts import write_page
from subterfuge.releases.trend import trend
from subterfuge.releases.trend_lines import drawn
from subterfuge.releases.unplanned import retrospective
from subterfuge.reporting.release import Finding, LockedProtocol, Release, Trend
from subterfuge.reporting.remarks import outcome
from subterfuge.reporting.verdicts import render_release
from subterfuge.reporting.write import write

FILE = "report.html"
"""The report's place in the ledger's folder."""

KINDS = {
    "weights": "known by the hash of its weights",
    "provider": "known by what its provider says",
    "declared": "known by what the user declares alone",
    "scripted": "scripted",
}
"""What a fingerprint is worth."""

__all__ = ["FILE", "build", "sections", "view"]


def build(folder: Path | str, models: Sequence[str] | None = None) -> Path:
    """Write the report of a ledger, and the transcripts that it links to.

    Args:
        folder: the ledger's folder.
        models: the releases whose verdicts are shown; by default the one that was registered last among those
            that were measured. The trend always shows all.

    Returns:
        The report's path.

    Raises:
        ReleaseError: there is no ledger, it was edited or damaged, nothing was measured, or a release is not
            registered.
        Unwritable: a file can't be written.
    """
    return write(Path(folder) / FILE, render_release(view(folder, models, transcripts=True)))


def view(folder: Path | str, models: Sequence[str] | None = None, transcripts: bool = False) -> Release:
    """What the report shows.

    Args:
        folder: as for `build`.
        models: as for `build`.
        transcripts: write the transcripts too, and link to them.

    Raises:
        ReleaseError: as `build`.
    """
    folder = Path(folder)
    index.build(folder)
    begun = small_records(folder).state
    lines = trend(folder) if begun.series or begun.ingests else None
    with index.opened(folder) as connection:
        ledger = Opened(folder, small_records(folder), connection)
        shown = subjects(ledger.state, models)
        tests = tests_on(ledger.state, shown)
        ledger.fill(with_controls(ledger.state, tests))
        if transcripts:
            _transcripts(ledger, tests)
        findings = [*sections(ledger.state, tests, ledger.links)]
        if lines is not None:
            findings += retrospective(ledger, lines.rows, shown, transcripts)
    return _head(ledger.reading, shown, findings, () if lines is None else drawn(lines))


def subjects(state: State, models: Sequence[str] | None = None) -> list[str]:
    """The releases that a report is about: those asked for, or the last registered one that was measured.

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
    every = (
        Test(protocol=digest, hypothesis=hypothesis.id, model=model)
        for model in models
        for digest, lock in state.locks.items()
        for hypothesis in lock.protocol.hypotheses
    )
    return [test for test in every if test in begun]


def _head(
    reading: Reading, models: Sequence[str], findings: Sequence[Finding], trends: tuple[Trend, ...]
) -> Release:
    state = reading.state
    named = [state.models[name] for name in models]
    digests = dict.fromkeys(test.protocol for test in tests_on(state, models))
    head = reading.at.head or NO_HASH
    one = named[0] if len(named) == 1 else None
    names = " and ".join(model.id for model in named)
    # What has no protocol has no verdict either; it must not go unseen.
    unlocked = [
        problem
        for t, found in state.series.items()
        if t.protocol not in state.locks
        for problem in found.problems
    ]
    return Release(
        title=names if 0 < len(named) <= 3 else f"{len(named)} releases" if named else "No release yet",
        outcome=outcome(findings),
        date=f"{reading.at.time.day} {reading.at.time:%B %Y, %H:%M} UTC",
        model=f"{one.model}, {KINDS[one.fingerprint.kind]}" if one else "",
        facts=_facts(one) if one else {},
        protocols=tuple(
            LockedProtocol(name=lock.protocol.name, digest=digest, description=lock.protocol.description)
            for digest, lock in state.locks.items()
            if digest in digests
        ),
        head=head,
        records=reading.at.n,
        versions=_versions(state, models),
        findings=tuple(findings),
        trends=trends,
        releases=len(state.models),
        command=f"subterfuge release verify --head {head}",
        warnings=(*state.problems, *unlocked),
    )


def _facts(model: Model) -> dict[str, str]:
    value = model.fingerprint.value
    facts = {
        "Released": model.date or "",
        "Comes from": model.parent or "",
        "Fingerprint": value if len(value) <= 24 else f"{value[:20]}…",
        "Anchor": "yes: all others are compared with it" if model.anchor else "",
    }
    return {name: text for name, text in facts.items() if text}


def _versions(state: State, models: Sequence[str]) -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for run in state.runs.values():
        if any(test.model in models for test in run.tests):
            for package, version in run.versions.items():
                found.setdefault(package, {})[version] = None
    return {package: ", ".join(versions) for package, versions in sorted(found.items())}


def _transcripts(ledger: Opened, tests: Iterable[Test]) -> None:
    """Write the transcripts of these tests and their controls."""
    for test in with_controls(ledger.state, tests):
        hypothesis = ledger.state.locks[test.protocol].protocol.hypothesis(test.hypothesis)
        control = next((c for c in hypothesis.controls if c.id == test.control), None)
        rows = ledger.rows(ledger.number(test))
        if rows:
            about = (
                f"Positive control: {control.kind}." if control else "The episodes that the verdict rests on."
            )
            title = hypothesis.name + (f", control {control.id}" if control else "")
            ledger.links[test] = write_page(ledger.folder, name_of(test), rows, title, test.model, about)
