"""The trend as a report draws it: one line for each series at each threshold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from subterfuge.releases.sections import slug
from subterfuge.releases.trend import Trend
from subterfuge.reporting.release import Point
from subterfuge.reporting.release import Trend as Drawn
from subterfuge.statistics.detector import PAGE, WATCH


def drawn(trend: Trend) -> tuple[Drawn, ...]:
    """The lines of more than one release."""
    found = []
    for line in trend.lines():
        told = line.astype(object).replace({np.nan: None})
        rows = [dict(zip(told.columns, row, strict=True)) for row in told.to_numpy().tolist()]
        if len({row["model"] for row in rows}) < 2:
            continue
        first = rows[0]
        limit = "" if first["threshold"] is None else f" at {first['threshold']:g}"
        found.append(
            Drawn(
                id=f"trend-{slug(first['series'] + limit)}",
                title=first["title"] + (" (not planned)" if first["retrospective"] else ""),
                points=tuple(point(row) for row in rows),
                anchor=first["anchor_model"] or None,
                anchor_rate=first["anchor_rate"],
                anchor_high=first["anchor_high"],
                watch_level=math.log(WATCH),
                page_level=math.log(PAGE),
                notes=tuple(note for note in trend.notes if note.startswith(f"{first['hypothesis']}:")),
            )
        )
    return tuple(found)


def point(row: dict[str, Any]) -> Point:
    """One release."""
    return Point(
        release=row["model"],
        verdict=row["verdict"],
        n=row["n"],
        events=row["events"],
        missing=row["missing"],
        rate=row["rate"],
        low=row["low"],
        high=row["high"],
        threshold=row["threshold"],
        detector=row["detector"],
        drift=row["drift"],
        watch=bool(row["watch"] or row["drift_watch"]),
        page=bool(row["page"] or row["drift_page"]),
        refused=None if row["refused"] is None else int(row["refused"]),
        aware=None if row["aware"] is None else int(row["aware"]),
    )
