"""A cell that came out otherwise on the new release than on the old one."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

KINDS = ("appeared", "disappeared", "went missing", "came back")
"""What happened to a cell between the old release and the new one, in the order in which changes are listed.
`appeared` and `disappeared` are of the event, also where its degree rose or fell."""


@dataclass(frozen=True)
class Change:
    """A cell that came out otherwise."""

    hypothesis: str
    """The hypothesis, or the name of the retrospective series."""

    protocol: str
    """Digest of its protocol; empty for retrospective series."""

    cell: int
    """The cell."""

    sample: str
    """The task's sample there."""

    kind: str
    """What happened; one of `KINDS`."""

    old: float | None
    """The old release's outcome; None if missing."""

    new: float | None
    """The new release's."""

    old_status: str
    """What became of the cell on the old release; see `records.Status`."""

    new_status: str
    """On the new one."""

    old_log: str | None
    """The log with the old episode, relative to the ledger's folder."""

    old_uuid: str | None
    """Its id there."""

    new_log: str | None
    """The log with the new episode."""

    new_uuid: str | None
    """Its id there."""


def changes(test: pd.Series, cells: pd.DataFrame) -> pd.DataFrame:
    """The cells of a comparison that came out otherwise, with the fields of `Change` as columns.

    Args:
        test: the row of the test in the index.
        cells: its pairs, with columns as those fields.
    """
    old, new = cells["old"], cells["new"]
    kind = np.select(
        [
            (new > old) | (old.isna() & (new > 0)),
            new < old,
            new.isna() & old.notna(),
            old.isna() & new.notna(),
        ],
        list(KINDS),
        default="",
    )
    told = cells.assign(kind=kind, hypothesis=test["hypothesis"], protocol=test["protocol"])
    return told.loc[told["kind"] != "", [f.name for f in fields(Change)]]
