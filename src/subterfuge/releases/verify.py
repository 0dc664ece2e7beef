"""Verify a ledger: the chain, every log's bytes, every outcome read again from the logs, every verdict anew.

It needs no model and no network, and trusts nothing that the ledger says of an episode: outcomes are computed
again from what Inspect logged, by the locked protocol's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from subterfuge.releases import chain, logs
from subterfuge.releases.desk import parts, settle, verdict_of
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.history import read
from subterfuge.releases.reading import place_of
from subterfuge.releases.records import Log, Outcome, Retry, Test
from subterfuge.releases.schedule import cluster_of
from subterfuge.releases.state import State
from subterfuge.releases.verdict import Verdict

MOST = 50
"""Problems that are told one by one."""


@dataclass
class Verification:
    """What was found."""

    head: str = ""
    """The ledger's head as it is now."""

    records: int = 0
    """Records read."""

    logs: int = 0
    """Logs read again."""

    outcomes: int = 0
    """Outcomes that a log confirms."""

    problems: list[str] = field(default_factory=list)
    """Whatever is not as it should be; empty: all is well."""

    remarks: list[str] = field(default_factory=list)
    """What one should know, and is no fault."""

    verdicts: list[Verdict] = field(default_factory=list)
    """The verdicts, computed again."""

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(folder: Path | str, head: str | None = None) -> Verification:
    """Check a ledger and everything under it.

    Args:
        folder: the ledger's folder.
        head: a hash that was published earlier, in a report for instance: the ledger must still contain it,
            so that a cut tail is noticed.
    """
    folder, found = Path(folder), Verification()
    found.problems += chain.check(folder, head)
    if found.problems:
        # What a damaged ledger says of its logs is worth nothing; mend that first.
        return found
    try:
        records, found.head = read(folder)
        state = State(record.body for record in records)
    except ReleaseError as error:
        found.problems.append(str(error))
        return found
    found.records = len(records)
    found.problems += state.problems
    for series in state.series.values():
        found.problems += [f"{series.test.key}: {problem}" for problem in series.problems]
    _logs(folder, records[0].hash, state, found)
    _ingested(folder, state, found)
    _verdicts(state, found)
    return found


def _logs(folder: Path, ledger: str, state: State, found: Verification) -> None:
    """Hold every log against its digest, and every outcome against its log."""
    confirmed: dict[Test, set[int]] = {test: set() for test in state.series}
    damaged: set[tuple[str, int]] = set()
    partial: set[tuple[str, int]] = set()
    for path, run, index, known in _owned(folder, ledger, state, found):
        try:
            if known is not None and (wrong := _digest(path, known.sha256)):
                found.problems += wrong
                damaged.add((run, index))
                continue
            if logs.broke_off(path):
                partial.add((run, index))
            test = state.runs[run].tests[index]
            for cell, problem in _compare(path, run, index, state, known is not None):
                confirmed[test].add(cell)
                found.problems += [problem] if problem else []
        except ReleaseError as error:
            found.problems.append(str(error))
            damaged.add((run, index))
        found.logs += 1
    for test, series in state.series.items():
        found.outcomes += len(confirmed[test] & series.outcomes.keys())
        alone = []
        for cell, outcome in series.outcomes.items():
            place = outcome.run, outcome.test
            if outcome.uuid is None or cell in confirmed[test] or place in damaged:
                continue
            if place in partial:
                alone.append(cell)
            else:
                found.problems.append(f"{test.key}, cell {cell}: no log holds its episode")
        if alone:
            found.remarks.append(
                f"{test.key}: {len(alone)} outcomes rest on no transcript, since the run broke off: cells "
                + ", ".join(map(str, sorted(alone)[:MOST]))
                + (" and more" if len(alone) > MOST else "")
            )


def _owned(
    folder: Path, ledger: str, state: State, found: Verification
) -> Iterator[tuple[Path, str, int, Log | None]]:
    """Each log of the ledger's runs: path, run, number of the test, and the record if there is one yet."""
    for log in state.logs.values():
        yield folder / log.file, log.run, log.test, log
    known = {(folder / log.file).resolve() for log in state.logs.values()}
    for path in logs.found(folder / logs.LOGS):
        if path.resolve() in known:
            continue
        try:
            run, index = logs.owner(path, ledger)
        except ReleaseError as error:
            found.remarks.append(f"{error} It is not in the ledger.")
            continue
        if run is not None and run in state.runs and 0 <= index < len(state.runs[run].tests):
            found.remarks.append(f"{path.name} is not in the ledger: of a run that goes on, or was killed")
            yield path, run, index, None
        else:
            found.remarks.append(f"{path.name} is of no run in the ledger")


def _compare(path: Path, run: str, index: int, state: State, whole: bool) -> Iterator[tuple[int, str]]:
    """For each cell that this log decides: the cell, and what is wrong with it.

    `whole`: all that the log holds should be in the ledger.
    """
    test = state.runs[run].tests[index]
    protocol = state.locks[test.protocol].protocol
    hypothesis, _ = parts(protocol, test)
    series = state.series[test]
    for sample in logs.samples(path):
        place = place_of(sample)
        if place is None:
            continue
        where = f"{test.key}, cell {place.cell}"
        if not place.cell < len(series.samples) or series.samples[place.cell] != place.sample:
            yield place.cell, f"{where}: the log holds sample {place.sample!r}, which was not planned there"
            continue
        cluster = cluster_of(hypothesis, sample.metadata, place.cell)
        if series.clusters[place.cell] != cluster:
            yield place.cell, f"{where}: planned in another cluster than {cluster!r}, which the log says"
            continue
        told = series.outcomes.get(place.cell)
        if told is not None and told.attempt == place.attempt:
            again = settle(hypothesis, protocol, told.run, told.test, place, sample)
            same = again == told and told.run == run
            yield (
                place.cell,
                "" if same else f"{where}: the ledger says {_said(told)}, the log {_said(again)}",
            )
        elif place.attempt > series.failed.get(place.cell, 0):
            if told is not None or whole:
                yield place.cell, f"{where}: the ledger knows nothing of attempt {place.attempt} in the log"
        elif not isinstance(again := settle(hypothesis, protocol, run, index, place, sample), Retry):
            yield (
                place.cell,
                f"{where}: the ledger says that attempt {place.attempt} broke, the log {_said(again)}",
            )


def _said(outcome: Outcome | Retry) -> str:
    if isinstance(outcome, Retry):
        return "that it is to be tried again"
    return f"{outcome.status} {'' if outcome.value is None else f'{outcome.value:g} '}({outcome.uuid})"


def _ingested(folder: Path, state: State, found: Verification) -> None:
    for ingest in state.ingests:
        found.problems += _digest(folder / ingest.file, ingest.sha256)
        found.logs += 1


def _digest(path: Path, told: str) -> list[str]:
    try:
        same = logs.sha256(path) == told
    except OSError as error:
        return [f"{path}: {error.strerror or error}"]
    return [] if same else [f"{path}: its bytes are not those that the ledger knows"]


def _verdicts(state: State, found: Verification) -> None:
    """Compute every verdict again, and hold it against the one that was announced."""
    for test, series in state.series.items():
        if test.control is not None or test.protocol not in state.locks:
            continue
        verdict = verdict_of(state, state.locks[test.protocol].protocol, test)
        found.verdicts.append(verdict)
        told = state.decisions.get(test)
        if told is not None and not verdict.agrees(told.verdict):
            announced = told.verdict.get("decision")
            other = " with other figures" if announced == verdict.decision else ""
            found.problems.append(
                f"{test.key}: announced as {announced}, and the cells say {verdict.decision}{other}"
            )
        elif told is None and verdict.final:
            found.remarks.append(f"{test.key}: {verdict.decision}, not announced yet")
        if series.open:
            found.remarks.append(f"{test.key}: {len(series.open)} planned cells are open")
