"""Units of evidence: single cells where each stands alone, whole clusters where cells share them.

Cells of a cluster resemble each other, so that a process or an interval that takes them for independent
claims too much. The mean of a whole cluster is one outcome in [0, 1], and independent of the next cluster's.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from subterfuge.statistics.clusters import cluster_means

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Units:
    """The outcomes of one test, unit by unit in schedule order, shape (units,)."""

    low: Floats
    """With missing outcomes counted as no event."""

    high: Floats
    """With missing outcomes counted as events."""


def units_of(connection: duckdb.DuckDBPyConnection, tests: Iterable[int]) -> dict[int, Units]:
    """Read the units of tests whose cells share clusters or have outcomes between 0 and 1.

    Args:
        connection: the opened index.
        tests: their numbers.
    """
    cells = connection.execute(
        "SELECT test, cell, cluster, value FROM episodes WHERE used AND list_contains(?, test) "
        "ORDER BY test, cell",
        [list(tests)],
    ).df()
    planned = sizes(connection, tests)
    found = {}
    for test, part in cells.groupby("test", sort=False):
        number = int(str(test))
        value = part["value"].to_numpy(np.float64)
        low, high = (means(np.nan_to_num(value, nan=fill), part, planned[number]) for fill in (0.0, 1.0))
        found[number] = Units(low, high)
    return found


def means(values: Floats, cells: pd.DataFrame, planned: dict[str, int]) -> Floats:
    """Mean of each whole cluster, in the order in which they are completed.

    Args:
        values: of cells in schedule order, none missing.
        cells: their `cell` and `cluster`, null where one stands alone.
        planned: cluster to its planned size, as `sizes` gives it.
    """
    names = [
        cluster if isinstance(cluster, str) else cell
        for cell, cluster in zip(cells["cell"], cells["cluster"], strict=True)
    ]
    codes, known = pd.factorize(pd.Series(names, dtype=object))
    due: dict[Hashable, int] = {
        i: planned.get(name, 1) if isinstance(name, str) else 1 for i, name in enumerate(known)
    }
    return cluster_means(values, codes, due)[0]


def sizes(connection: duckdb.DuckDBPyConnection, tests: Iterable[int]) -> dict[int, dict[str, int]]:
    """How many cells each cluster of these tests is planned with; one more where it may go on."""
    listed = connection.execute(
        """
        SELECT e.test, e.cluster, count(*) AS cells,
               max(e.cell) + 1 = any_value(t.planned) AND any_value(t.planned) < any_value(t.cap) AS goes_on
        FROM episodes e JOIN tests t USING (test)
        WHERE e.cluster IS NOT NULL AND list_contains(?, e.test) GROUP BY e.test, e.cluster
        """,
        [list(tests)],
    ).fetchall()
    found: dict[int, dict[str, int]] = {test: {} for test in tests}
    for test, cluster, cells, goes_on in listed:
        found[test][cluster] = cells + bool(goes_on)
    return found
