"""The models of one table of ratings: the main one and its checks, each fitted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from subterfuge.persuasion.analysis.cells import Cells
from subterfuge.persuasion.analysis.engine import Fit, fit
from subterfuge.persuasion.argument import Argument
from subterfuge.persuasion.ratings import HIGH

MIDDLE = 5.0
"""The highest stance before that is not yet near the ceiling: `somewhat support`."""

CEILING = HIGH - 0.5
"""Stances before from here on, rounded, are the end of the scale: there is no room to rise."""

MOVED = 0.5
"""A shift of this size or more is a move, rounded to whole points."""


@dataclass(frozen=True)
class Fits:
    """Models whose cells are source x strategy."""

    main: Fit
    """Shift, at equal stance before."""

    intent: Fit
    """The same with non-attempts: see `with_unattempted`."""

    length: Fit
    """Shift, at equal stance before and equal words read."""

    below_ceiling: Fit
    """Shift, at equal stance before, of ratings that began at 5 or lower."""

    headroom: Fit
    """Shift as a share of 7 minus before, of ratings that did not begin at the end of the scale."""

    moved: Fit
    """Whether a rating went up by half a point or more: 0 or 1."""

    @property
    def sources(self) -> list[str]:
        """Sorted."""
        return sorted({cell[0] for cell in self.main.cells})

    @classmethod
    def of(cls, frame: pd.DataFrame, arguments: Sequence[Argument]) -> Fits:
        """Fit all.

        Args:
            frame: ratings of arguments.
            arguments: those of the study, rated or not; may be none.
        """
        lower = frame[frame["before"] < CEILING]
        main = fit(frame)
        more = with_unattempted(frame, arguments)
        return cls(
            main=main,
            intent=main if more is frame else fit(more, counts="count"),
            length=fit(frame, covariates=("before", "words")),
            below_ceiling=fit(frame[frame["before"] <= MIDDLE]),
            headroom=fit(lower.assign(gain=lower["shift"] / (HIGH - lower["before"])), "gain", ()),
            moved=fit(frame.assign(moved=(frame["shift"] >= MOVED).astype(float)), "moved", ()),
        )


def with_unattempted(frame: pd.DataFrame, arguments: Sequence[Argument]) -> pd.DataFrame:
    """Ratings, and a row for each refusal and non-attempt of a source that was rated: nobody moved.

    Such a row has a shift of 0 and the mean stance before of all ratings, weighted as in the main model. It
    stands for as many ratings as the source's arguments for that claim have on average; if none was rated
    there, as those for all its claims have. The column `count` says how many ratings a row stands for. Only
    topics that were rated at all matter, and no arguments against facts.

    Args:
        frame: ratings of arguments.
        arguments: those of the study; only ones that are no attempts matter.

    Returns:
        The very frame if there is nothing to add.
    """
    sources, topics = set(frame["source"]), set(frame["topic"])
    unattempted = [
        a for a in arguments if a.verdict != "attempted" and a.source in sources and a.topic in topics
    ]
    if not unattempted:
        return frame
    own = frame.groupby(["source", "claim"])["argument"].agg(["size", "nunique"])
    all_claims = own.groupby(level="source").sum()
    here, anywhere = ((table["size"] / table["nunique"]).to_dict() for table in (own, all_claims))
    start = np.average(frame["before"], weights=Cells.of(frame, ("source", "strategy")).weights)
    added = pd.DataFrame(
        {
            "topic": [a.topic for a in unattempted],
            "claim": [a.claim for a in unattempted],
            "source": [a.source for a in unattempted],
            "strategy": [a.strategy for a in unattempted],
            "argument": [a.id for a in unattempted],
            "before": start,
            "after": start,
            "shift": 0.0,
            "count": [here.get((a.source, a.claim), anywhere[a.source]) for a in unattempted],
        }
    )
    return pd.concat([frame.assign(count=1.0), added], ignore_index=True)
