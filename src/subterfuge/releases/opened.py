"""A ledger opened through its index: small records at once, the cells of a test when asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from subterfuge.releases import index
from subterfuge.releases.cells import COLUMNS, Cells, Reading, Row
from subterfuge.releases.chain import Damage
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.records import Test
from subterfuge.releases.state import State

SHOWN = ("cell", "sample", "status", "value", "reason", "refused", "aware", "uuid", "log")
"""Columns of an episode that a transcript needs."""


@dataclass
class Opened:
    """A ledger as far as a report needs it."""

    folder: Path
    """Its folder."""

    reading: Reading
    """Its records but those of cells."""

    connection: duckdb.DuckDBPyConnection
    """Its index."""

    links: dict[Test, str] = field(default_factory=dict)
    """Transcripts that are written, relative to the folder."""

    @property
    def state(self) -> State:
        """What the records add up to; cells are there after `fill`."""
        return self.reading.state

    def number(self, test: Test) -> int:
        """What the index calls a planned test."""
        return list(self.state.series).index(test)

    def rows(self, number: int) -> list[Row]:
        """The episodes that a verdict rests on, in schedule order.

        Args:
            number: what the index calls the test, or the retrospective series.
        """
        query = f"SELECT {', '.join(SHOWN)} FROM episodes WHERE test = ? AND used ORDER BY cell"  # noqa: S608
        found: list[Row] = self.connection.sql(query, params=[number]).to_arrow_table().to_pylist()
        return found

    def fill(self, tests: Iterable[Test]) -> None:
        """Give the state the cells of these tests."""
        for test in tests:
            query = "SELECT * FROM episodes WHERE test = ? ORDER BY cell"
            table = self.connection.sql(query, params=[self.number(test)]).to_arrow_table()
            problems = self.state.series[test].problems
            self.state.series[test] = Cells.of(table.select(list(COLUMNS)), problems).series(test)


def small_records(folder: Path) -> Reading:
    """All records but those of cells, as the index keeps them.

    Raises:
        ReleaseError: the index is damaged.
    """
    reading = Reading()
    try:
        reading.resume(json.loads((folder / index.FOLDER / index.MADE_FROM).read_text("utf-8")))
    except (OSError, ValueError, KeyError, Damage) as error:
        raise ReleaseError(f"{folder / index.FOLDER} can't be read. Delete it: it is made anew.") from error
    return reading


def with_controls(state: State, tests: Iterable[Test]) -> list[Test]:
    """These tests, each with its controls as far as they were begun."""
    found = []
    for test in tests:
        controls = state.locks[test.protocol].protocol.hypothesis(test.hypothesis).controls
        own = (test.model_copy(update={"control": control.id}) for control in controls)
        found += [test, *(one for one in own if one in state.series)]
    return found
