"""Whether a file agrees with itself: its metric with its ratings, and one rating with another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pandas as pd

Sign = Literal["final - initial", "initial - final", "either", "mixed", "none"]
"""What the metric of the control rows is. `either`: nobody there moved. `mixed`: of some rows one, of some
the other. `none`: there are no such rows."""


def control(frame: pd.DataFrame) -> pd.Series:
    """Which rows are of the study's control: arguments against facts."""
    return (frame["source"] == "Control") | (frame["prompt_type"] == "control")


def metric_sign(frame: pd.DataFrame, refuse: Callable[[str], None]) -> Sign:
    """Hold the metric against the ratings, and find out which sign it has in the control.

    Outside the control it must be final minus initial. Inside it may be either: there raters say how far they
    support a fact, and read an argument against it. (Published counts have two rises from 7 there, which
    final minus initial can't have.)

    Args:
        frame: as `reader.read` gives it.
        refuse: what to do about rows that agree with neither; it may raise.
    """
    change, inside = frame["rating_final"] - frame["rating_initial"], control(frame)
    metric = frame["persuasiveness_metric"]
    wrong = frame.index[(metric != change) & ~(inside & (metric == -change))]
    if len(wrong):
        row = wrong[0]
        refuse(
            f"row {row}: persuasiveness_metric is {metric[row]}, and final minus initial is {change[row]} "
            f"({len(wrong):,} such {'row' if len(wrong) == 1 else 'rows'})"
        )
    if not inside.any():
        return "none"
    plain, mirrored = (metric == change)[inside].all(), (metric == -change)[inside].all()
    if plain and mirrored:
        return "either"
    return "final - initial" if plain else "initial - final" if mirrored else "mixed"


def without_repeats(frame: pd.DataFrame, refuse: Callable[[str], None]) -> tuple[pd.DataFrame, list[str]]:
    """Rows that stand in the file once.

    Rows that are the same in every column are one rating that was copied: the first stays. Two different
    ratings of one argument by one rater are refused: nothing says which came first, and the second was given
    by somebody who had read the text. Where they are not refused, the first in the file stays.

    Args:
        frame: as `reader.read` gives it.
        refuse: what to do about different ratings; it may raise.
    """
    copies = frame.duplicated()
    remarks = [f"{copies.sum():,} rows are copies of earlier ones: left out."] if copies.any() else []
    frame = frame[~copies]
    again = frame.duplicated(["worker_id", "claim", "argument"], keep="first")
    if again.any():
        row = frame.index[again][0]
        key = frame.loc[row, ["worker_id", "claim", "argument"]]
        first = frame.index[(frame[list(key.index)] == key).all(axis=1)][0]
        refuse(f"rows {first} and {row}: one rater rates one argument twice, differently")
    return frame[~again], remarks
