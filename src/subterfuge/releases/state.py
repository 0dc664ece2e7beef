"""What the records of a ledger add up to: models, locked protocols, and the cells of each test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.protocol import Protocol
from subterfuge.releases.records import (
    Block,
    Body,
    Decision,
    Ingest,
    Lock,
    Log,
    Model,
    Outcome,
    Retry,
    Run,
    Test,
)


@dataclass
class Series:
    """The cells of one test in schedule order."""

    test: Test
    """Which test."""

    samples: list[str] = field(default_factory=list)
    """The planned sample of each cell: the denominator."""

    clusters: list[str | None] = field(default_factory=list)
    """The cluster of each cell; None where it stands alone."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)
    """Cell to what became of it; the first one for ever."""

    failed: dict[int, int] = field(default_factory=dict)
    """Cell to the number of attempts at it that did not count."""

    problems: list[str] = field(default_factory=list)
    """What is wrong with the record of this test."""

    @property
    def finished(self) -> int:
        """How many cells are finished from the first on without a gap."""
        n = len(self.outcomes)
        return n if n == len(self.samples) else next(i for i in range(n + 1) if i not in self.outcomes)

    @property
    def open(self) -> list[int]:
        """Cells that are planned and not finished."""
        if len(self.outcomes) == len(self.samples):
            return []
        return [i for i in range(len(self.samples)) if i not in self.outcomes]

    def prefix(self) -> tuple[list[Outcome], list[str | None]]:
        """The finished cells from the first on without a gap, and their clusters."""
        n = self.finished
        return [self.outcomes[i] for i in range(n)], self.clusters[:n]


class State:
    """The sum of a ledger's records; `add` keeps it up to date."""

    def __init__(self, bodies: Iterable[Body] = ()) -> None:
        """Add up."""
        self.models: dict[str, Model] = {}
        self.locks: dict[str, Lock] = {}
        self.runs: dict[str, Run] = {}
        self.logs: dict[str, Log] = {}
        self.ingests: list[Ingest] = []
        self.decisions: dict[Test, Decision] = {}
        self.series: dict[Test, Series] = {}
        self.problems: list[str] = []
        for body in bodies:
            self.add(body)

    def add(self, body: Body) -> None:
        """Take one more record into account."""
        match body:
            case Model():
                self.models[body.id] = body
            case Lock():
                self._lock(body)
            case Run():
                self._run(body)
            case Log():
                self.logs[body.file] = body
            case Ingest():
                self.ingests.append(body)
            case Decision():
                self.decisions[self._test(body.run, body.test)] = body
            case Block() | Outcome() | Retry():
                self._cell(body)
            case _:
                pass

    def protocol(self, name: str) -> Protocol:
        """A locked protocol by its digest, the start of it, or its name (the one locked last).

        Raises:
            ReleaseError: none is locked under that name.
        """
        for digest, lock in reversed(self.locks.items()):
            if lock.protocol.name == name or (len(name) >= 8 and digest.startswith(name)):
                return lock.protocol
        known = ", ".join(dict.fromkeys(lock.protocol.name for lock in self.locks.values())) or "none"
        raise ReleaseError(f"No protocol {name!r} is locked in this ledger (locked: {known}). Lock it first.")

    def model(self, name: str) -> Model:
        """A registered model.

        Raises:
            ReleaseError: there is none of that id.
        """
        if name not in self.models:
            known = ", ".join(self.models) or "none"
            raise ReleaseError(
                f"No model {name!r} is registered in this ledger (registered: {known}). Register it first."
            )
        return self.models[name]

    def of(self, test: Test) -> Series:
        """The cells of a test, none if it has not begun."""
        return self.series.setdefault(test, Series(test))

    def _lock(self, lock: Lock) -> None:
        if lock.digest != lock.protocol.digest():
            self.problems.append(f"The digest of protocol {lock.protocol.name} is not that of its content.")
        self.locks[lock.digest] = lock

    def _run(self, run: Run) -> None:
        self.runs[run.run] = run
        for test in run.tests:
            series = self.of(test)
            if test.protocol not in self.locks:
                series.problems.append(f"{test.key} began before its protocol was locked.")
            if test.model not in self.models:
                series.problems.append(f"{test.key} began before its model was registered.")

    def _test(self, run: str, index: int) -> Test:
        if run not in self.runs or not 0 <= index < len(self.runs[run].tests):
            raise ReleaseError(f"The ledger is damaged: run {run!r} has no test {index}.")
        return self.runs[run].tests[index]

    def _cell(self, body: Block | Outcome | Retry) -> None:
        series = self.of(self._test(body.run, body.test))
        if isinstance(body, Block):
            if body.start != len(series.samples):
                series.problems.append(
                    f"Cells from {body.start} on were planned twice, or some before them never."
                )
                return
            series.samples.extend(body.samples)
            series.clusters.extend(body.clusters or [None] * len(body.samples))
        elif not 0 <= body.cell < len(series.samples):
            series.problems.append(f"Cell {body.cell} has an outcome, and was never planned.")
        elif isinstance(body, Retry):
            series.failed[body.cell] = series.failed.get(body.cell, 0) + 1
        elif body.cell in series.outcomes:
            series.problems.append(f"Cell {body.cell} has a second outcome.")
        else:
            series.outcomes[body.cell] = body
