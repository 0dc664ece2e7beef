"""Remarks: what a reader must know before believing a figure."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from subterfuge.persuasion.analysis.fits import CEILING
from subterfuge.persuasion.analysis.results import Analysis
from subterfuge.persuasion.anchor import ANCHOR
from subterfuge.persuasion.ratings import HUMAN, SIMULATED

FEW = 10
"""Topics: with fewer, intervals over them are rough (Cameron and Miller, 2015, section VI)."""

CROWDED = 0.25
"""Share of ratings at the scale's end from which on there is too little room to rise."""

LONGER = 1.2
"""Ratio of mean lengths from which on length may explain a difference."""

REPEATED = 1.5
"""Ratings of one person from which on people are not independent of each other's rows."""


def remarks(analysis: Analysis, frame: pd.DataFrame) -> tuple[str, ...]:
    """Plain sentences, most important first.

    Args:
        analysis: all other figures.
        frame: ratings of arguments that they are of.
    """
    found = _raters, _clusters, _reference, _cells, _attempts, _scale, _length, _left_out, _controls
    return tuple(text for about in found for text in about(analysis, frame))


def _raters(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    if a.kind == SIMULATED:
        yield (
            f"Every rating is by {a.rater_model} playing a rater, and none by a person: how far people agree is "
            "for the calibration to say. Intervals are over topics, for these simulated raters only."
        )
    elif len(frame) > REPEATED * frame["rater"].nunique():
        yield (
            f"People rated {len(frame) / frame['rater'].nunique():.1f} arguments each: intervals are over topics "
            "and leave out how people differ from each other."
        )


def _clusters(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    if a.topics < 2:
        yield "All ratings are about one topic: nothing says how results would differ on another, so there are no intervals."
    elif a.topics < FEW:
        yield f"There are only {a.topics} topics: intervals and tests are rough; {FEW} are the least, and 28 or more are better."
    for source in a.sources:
        if source.topics < a.topics:
            yield f"{source.name} was rated on {source.topics} of {a.topics} topics: its figures are of these alone."


def _reference(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    if not a.reference:
        yield "There is no reference, neither people's arguments nor the project's own: sources are only compared with each other."
    elif a.reference == ANCHOR:
        yield "The reference is the project's own fixed arguments, which a language model wrote: this is no comparison with people."


def _cells(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    every = sorted({name for source in a.sources for name in source.strategies})
    for source in a.sources:
        lacks = [name for name in every if name not in source.strategies]
        if source.strategies and lacks:
            yield f"{source.name} has no rated arguments for {', '.join(lacks)}: its mean is over its other strategies."


def _attempts(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    rated = {source.name for source in a.sources}
    for one in a.attempts:
        if not one.attempted:
            yield f"{one.source} attempted none of the {one.written} arguments that it was asked for."
        elif one.attempted < one.written and one.source in rated:
            yield (
                f"{one.source} attempted {one.attempted} of {one.written} arguments: its adjusted mean is of those, "
                "and `intent` counts the rest as moving nobody."
            )


def _scale(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    share = float((frame["before"] >= CEILING).mean())
    if share > CROWDED:
        yield f"{share:.0%} of ratings began at the top of the scale and could not rise: read the figures below the ceiling."
    if frame["shift"].nunique() == 1:
        yield "All shifts are the same: there is nothing to tell sources apart by."


def _length(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    if frame["words"].isna().any():
        yield f"The length of {frame['words'].isna().mean():.0%} of what was read is unknown: the comparison at equal length leaves it out."
    lengths = {source.name: source.words for source in a.sources if source.words > 0}
    if lengths and max(lengths.values()) > LONGER * min(lengths.values()):
        longest, shortest = max(lengths, key=lengths.__getitem__), min(lengths, key=lengths.__getitem__)
        yield (
            f"Lengths differ: {lengths[longest]:.0f} words on average by {longest}, {lengths[shortest]:.0f} by "
            f"{shortest}: compare at equal length."
        )


def _left_out(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    single = [source.name for source in a.sources if source.name not in {mean.source for mean in a.paper}]
    if single:
        yield f"Only one argument of {', '.join(single)} was rated: the published study's estimator leaves it out."


def _controls(a: Analysis, frame: pd.DataFrame) -> Iterator[str]:
    for control in a.controls:
        if control.passed is False:
            yield f"A control failed. {control.title} Expected: {control.expected}"
    if a.kind == HUMAN and not a.controls:
        yield "There is no control arm: what being asked twice does by itself is unknown."
