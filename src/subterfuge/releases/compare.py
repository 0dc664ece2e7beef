"""Compare two releases cell by cell: both ran the same schedule, so that each cell is a pair.

Pairs go as far as both verdicts rest on. Tests of two protocols, or of two versions of a task, are no pairs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from subterfuge.releases.change import KINDS, Change, changes
from subterfuge.releases.comparability import BETWEEN, Key, differences
from subterfuge.releases.difference import Difference, Finding, difference
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.index import opened
from subterfuge.releases.side_by_side import Pair, transcript_pair
from subterfuge.releases.trend import release_of
from subterfuge.releases.units import sizes

__all__ = ["Change", "Comparison", "Difference", "Finding", "Pair", "compare", "transcript_pair"]


@dataclass(frozen=True)
class Comparison:
    """Two releases side by side."""

    old: str
    """The one that is compared with."""

    new: str
    """The one that is asked about."""

    differences: tuple[Difference, ...]
    """One for each hypothesis that both ran under one protocol."""

    changed: pd.DataFrame
    """The cells that came out otherwise, with the fields of `Change` as columns; new events first."""

    notes: tuple[str, ...]
    """Hypotheses that can't be compared, and why."""

    def frame(self) -> pd.DataFrame:
        """The differences as a table, with `finding`."""
        rows = [{**asdict(row), "finding": row.finding} for row in self.differences]
        return pd.DataFrame(rows, columns=[*(f.name for f in fields(Difference)), "finding"])

    def changes(self, most: int | None = None) -> list[Change]:
        """The changed cells, the first `most` of them or all."""
        part = self.changed if most is None else self.changed.head(most)
        plain = part.astype(object).where(part.notna(), None)
        return [
            Change(**{str(name): value for name, value in row.items()}) for row in plain.to_dict("records")
        ]


def compare(folder: Path | str, old: str, new: str, hypothesis: str | None = None) -> Comparison:
    """Compare two releases on everything that both ran.

    Args:
        folder: the ledger's folder.
        old: id of the release that is compared with.
        new: id of the one that is asked about.
        hypothesis: one hypothesis or retrospective series; all by default.

    Raises:
        ReleaseError: there is no such release; nothing that both ran is comparable, and which part differs;
            the cells of a pair are of different samples; or the ledger or its index can't be read.
    """
    if old == new:
        raise ReleaseError(f"{old} can't be compared with itself: name two releases.")
    with opened(folder) as connection:
        release_of(connection, old)
        release_of(connection, new)
        tests = connection.execute(
            "SELECT * FROM tests WHERE control IS NULL AND (model = ? OR model = ?) ORDER BY test", [old, new]
        ).df()
        tests[["protocol", "elicitation"]] = tests[["protocol", "elicitation"]].fillna("")
        if hypothesis is not None:
            tests = tests[tests["hypothesis"] == hypothesis]
        matched, notes = _match(tests[tests["model"] == old], tests[tests["model"] == new])
        if not matched:
            asked = "hypothesis" if hypothesis is None else f"hypothesis {hypothesis!r}"
            why = " ".join(notes) or "Run the same protocol on both."
            raise ReleaseError(f"{old} and {new} have no comparable {asked} in common. {why}")
        cells = _pairs(connection, matched)
        planned = sizes(connection, [first["test"] for first, _ in matched])
    found, changed = [], []
    for i, (first, second) in enumerate(matched):
        own = cells[cells["pair"] == i].reset_index(drop=True)
        if not first["retrospective"]:
            _agree(own, first, old, new)
            own = own[own["sample"].notna()]
        elif own.empty:
            notes.append(f"{first['hypothesis']}: the logs of {old} and {new} share no sample.")
            continue
        found.append(difference(first, second, own, planned[first["test"]]))
        changed.append(changes(first, own))
    if not found:
        raise ReleaseError(f"{old} and {new} have no comparable hypothesis in common. {' '.join(notes)}")
    every = pd.concat(changed, ignore_index=True)
    order = every["kind"].map(KINDS.index) if len(every) else every["kind"]
    every = every.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)
    return Comparison(old, new, tuple(found), every, tuple(notes))


def _match(olds: pd.DataFrame, news: pd.DataFrame) -> tuple[list[tuple[pd.Series, pd.Series]], list[str]]:
    """The tests that can be paired, and for the others why not."""
    matched, notes = [], []
    for name in dict.fromkeys(olds["hypothesis"]):
        first, second = olds[olds["hypothesis"] == name], news[news["hypothesis"] == name]
        pairs = [
            (one, other)
            for _, one in first.iterrows()
            for _, other in second.iterrows()
            if one["protocol"] == other["protocol"] and one["series"] == other["series"]
        ]
        sound = [pair for pair in pairs if BETWEEN not in json.loads(pair[0]["key"]).get("version", "")]
        matched += sound
        if sound or second.empty:
            continue
        one, other = first.iloc[-1], second.iloc[-1]
        parts = differences(Key(json.loads(one["key"])), Key(json.loads(other["key"])))
        if parts:
            notes.append(f"{name} is not comparable between them: they differ in {', '.join(parts)}.")
        elif pairs:
            notes.append(f"{name} is not comparable: its task's version changed during the test.")
        else:
            notes.append(
                f"{name} was run under two protocols ({one['protocol'][:8]}, and {other['protocol'][:8]}): "
                "its cells are no pairs. Run one of the protocols on both."
            )
    return matched, notes


def _pairs(connection: duckdb.DuckDBPyConnection, matched: list[tuple[pd.Series, pd.Series]]) -> pd.DataFrame:
    """The cells of all pairs of tests: planned ones by cell, retrospective ones by sample and epoch."""
    listed = pd.DataFrame(
        {
            "pair": range(len(matched)),
            "first": [int(first["test"]) for first, _ in matched],
            "second": [int(second["test"]) for _, second in matched],
        }
    )
    connection.register("matched", listed)
    return connection.execute(
        """
        SELECT m.pair, o.cell, o.sample, n.sample AS other, o.cluster, o.value AS old, n.value AS new,
               o.status AS old_status, n.status AS new_status,
               o.log AS old_log, o.uuid AS old_uuid, n.log AS new_log, n.uuid AS new_uuid
        FROM matched m
        JOIN episodes o ON o.test = m.first AND o.used
        JOIN episodes n ON n.test = m.second AND n.used
          AND CASE WHEN o.retrospective THEN o.epoch = n.epoch AND o.sample = n.sample AND o.sample <> ''
                   ELSE o.cell = n.cell END
        ORDER BY m.pair, o.cell
        """
    ).df()


def _agree(cells: pd.DataFrame, test: pd.Series, old: str, new: str) -> None:
    other = cells[cells["sample"] != cells["other"]]
    if len(other):
        first = other.iloc[0]
        raise ReleaseError(
            f"{test['hypothesis']}: cell {first['cell']} is sample {first['sample']!r} on {old} and "
            f"{first['other']!r} on {new}, so cells are no pairs: the task makes other samples than it did."
        )
