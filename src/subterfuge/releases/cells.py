"""The cells of every test in columns, read from the ledger's lines without making a record of each.

A million outcomes as objects take minutes and gigabytes; here each becomes a place in a few lists. The rules
are those of `subterfuge.releases.state`: planned first, and the first outcome for ever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from subterfuge.releases.chain import FILE, START, Damage, Link, Position, follow, read_body, take_apart
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.records import Outcome, Test
from subterfuge.releases.state import Series, State

CELL_KINDS = ("block", "outcome", "retry")
"""Records of cells: nearly all of a ledger."""

COLUMNS: dict[str, pa.DataType] = {
    "sample": pa.string(),
    "epoch": pa.int32(),
    "cluster": pa.string(),
    "status": pa.string(),
    "value": pa.float64(),
    "reason": pa.string(),
    "refused": pa.bool_(),
    "aware": pa.bool_(),
    "attempt": pa.int32(),
    "failed": pa.int32(),
    "uuid": pa.string(),
    "run": pa.string(),
    "log": pa.string(),
    "seconds": pa.float64(),
}
"""What is kept of each cell. `epoch` is of retrospective cells; a planned one's log follows from its run."""

Row = dict[str, Any]


class Cells:
    """The cells of one test: a list for each column, a place for each cell."""

    def __init__(self) -> None:
        """No cells."""
        self.columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        self.problems: list[str] = []

    def __len__(self) -> int:
        return len(self.columns["sample"])

    @property
    def finished(self) -> int:
        """How many cells are finished from the first on without a gap."""
        status = self.columns["status"]
        return status.index(None) if None in status else len(status)

    @property
    def clustered(self) -> bool:
        """Whether cells share clusters."""
        named = [cluster for cluster in self.columns["cluster"] if cluster is not None]
        return len(set(named)) < len(named)

    def plan(self, samples: Sequence[str], clusters: Sequence[str] | None, start: int | None = None) -> None:
        """Take in planned cells; `start` is where they claim to begin."""
        if start is not None and start != len(self):
            self.problems.append(f"Cells from {start} on were planned twice, or some before them never.")
            return
        given: dict[str, Sequence[Any]] = {"sample": samples, "failed": [0] * len(samples)}
        if clusters is not None:
            given["cluster"] = clusters
        for name, column in self.columns.items():
            column.extend(given.get(name) or [None] * len(samples))

    def settle(self, cell: int, row: Row) -> None:
        """Take in what became of a cell; a second outcome is a problem, and does not count."""
        status = self.columns["status"]
        if not 0 <= cell < len(status):
            self.problems.append(f"Cell {cell} has an outcome, and was never planned.")
        elif status[cell] is not None:
            self.problems.append(f"Cell {cell} has a second outcome.")
        else:
            columns = self.columns
            for name, value in row.items():
                if name in columns:
                    columns[name][cell] = value
            columns["reason"][cell] = row.get("reason", "")
            columns["attempt"][cell] = row.get("attempt", 1)

    def retry(self, cell: int) -> None:
        """Take in an attempt that does not count."""
        if 0 <= cell < len(self):
            self.columns["failed"][cell] += 1
        else:
            self.problems.append(f"Cell {cell} has an outcome, and was never planned.")

    def table(self) -> pa.Table:
        """The columns as a table."""
        arrays = [pa.array(self.columns[name], kind) for name, kind in COLUMNS.items()]
        return pa.Table.from_arrays(arrays, names=list(COLUMNS))

    @classmethod
    def of(cls, table: pa.Table, problems: Sequence[str] = ()) -> Cells:
        """The cells that a table holds, in schedule order."""
        found = cls()
        found.columns = {name: table.column(name).to_pylist() for name in COLUMNS}
        found.problems = list(problems)
        return found

    def series(self, test: Test) -> Series:
        """The same as `state.Series`: slow, for a test whose verdict is not told yet."""
        kept = ("status", "value", "reason", "refused", "aware", "attempt", "uuid", "seconds")
        found = Series(test, list(self.columns["sample"]), list(self.columns["cluster"]))
        for cell, values in enumerate(zip(*(self.columns[name] for name in kept), strict=True)):
            if values[0] is not None:
                row = dict(zip(kept, values, strict=True))
                found.outcomes[cell] = Outcome(run=self.columns["run"][cell], test=0, cell=cell, **row)
        found.problems = list(self.problems)
        return found


@dataclass
class Reading:
    """What was read of a ledger."""

    state: State = field(default_factory=State)
    """What the records other than those of cells add up to."""

    small: list[tuple[str, Any]] = field(default_factory=list)
    """These records: kind and body as plain data."""

    cells: dict[Test, Cells] = field(default_factory=dict)
    """Cells of the tests of which something was read."""

    touched: set[Test] = field(default_factory=set)
    """Tests of which any record was read, such as a log or a verdict."""

    at: Position = START
    """The last record read."""

    size: int = 0
    """Bytes read."""

    def told(self) -> Row:
        """All of it but the cells, as plain data."""
        time = self.at.time.isoformat()
        return {"n": self.at.n, "head": self.at.head, "time": time, "size": self.size, "small": self.small}

    def resume(self, told: Row) -> None:
        """Go on from plain data that `told` gave.

        Raises:
            Damage: a body is not one of its kind.
        """
        self.at = Position(told["n"], told["head"], datetime.fromisoformat(told["time"]))
        self.size, self.small = told["size"], [(kind, body) for kind, body in told["small"]]
        for kind, body in self.small:
            raw = json.dumps(body).encode("ascii")
            self.state.add(read_body(Link(0, "", self.at.time, kind, "", raw)))

    def whole(self, before: Callable[[Test], Cells]) -> list[Test]:
        """The tests of which anything was read, or of whose controls; with all their cells."""
        parents = {t.model_copy(update={"control": None}) for t in self.touched if t.control is not None}
        found = [test for test in self.state.series if test in self.touched or test in parents]
        for test in found:
            if test not in self.cells:
                self.cells[test] = before(test)
        return found


def read_on(folder: Path, reading: Reading, before: Callable[[Test], Cells]) -> None:
    """Read the ledger on from where a reading stands, checking every line.

    Args:
        folder: the ledger's folder.
        reading: is brought up to date. A half-written last line is left for the next time.
        before: gives the cells of a test that the reading does not have yet, as they were known before it.

    Raises:
        ReleaseError: there is no ledger, or it was edited or damaged.
    """
    tests: dict[str, tuple[Test, ...]] = {name: run.tests for name, run in reading.state.runs.items()}
    known: dict[tuple[str, int], Cells] = {}
    decode = json.JSONDecoder().decode
    for link in _links(folder, reading):
        try:
            if link.kind not in CELL_KINDS:
                _small(reading, link)
                if link.kind == "run":
                    tests = {name: run.tests for name, run in reading.state.runs.items()}
                continue
            body = decode(link.raw.decode("ascii"))
            place = (body["run"], body["test"])
            cells = known.get(place)
            if cells is None:
                if not 0 <= place[1] < len(tests[place[0]]):
                    raise KeyError(place[0])
                test = tests[place[0]][place[1]]
                if test not in reading.cells:
                    reading.cells[test] = before(test)
                cells = known[place] = reading.cells[test]
                reading.touched.add(test)
            if link.kind == "outcome":
                cells.settle(body["cell"], body)
            elif link.kind == "block":
                cells.plan(body["samples"], body.get("clusters"), body["start"])
            else:
                cells.retry(body["cell"])
        except (Damage, KeyError, TypeError, ValueError) as error:
            raise ReleaseError(
                f"{folder / FILE}, line {link.n}: the record can't be read ({error}). Run subterfuge release "
                "verify."
            ) from error


def _small(reading: Reading, link: Link) -> None:
    body = json.loads(link.raw)
    reading.state.add(read_body(link))
    reading.small.append((link.kind, body))
    if link.kind == "run":
        reading.touched.update(reading.state.runs[body["run"]].tests)
    elif link.kind in ("log", "verdict"):
        reading.touched.add(reading.state.runs[body["run"]].tests[body["test"]])


def _links(folder: Path, reading: Reading) -> Iterator[Link]:
    path = folder / FILE
    try:
        with path.open("rb") as file:
            file.seek(reading.size)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                try:
                    link = take_apart(line)
                    reading.at = follow(reading.at, link)
                except Damage as error:
                    raise ReleaseError(
                        f"{path}, line {reading.at.n + 1}: {error}. The ledger was edited or damaged: put a "
                        "copy of it in its place."
                    ) from error
                reading.size += len(line)
                yield link
    except FileNotFoundError as error:
        raise ReleaseError(f"There is no ledger in {folder}. Look for {FILE}, or start one there.") from error
    except OSError as error:
        raise ReleaseError(f"{path} can't be read: {error.strerror or error}.") from error
