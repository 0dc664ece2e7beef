"""Remarks: what a reader must know before believing a figure. Their texts are in `remarks.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from subterfuge.persuasion.analysis.fits import CEILING
from subterfuge.persuasion.analysis.results import Analysis
from subterfuge.persuasion.anchor import ANCHOR
from subterfuge.persuasion.ratings import HUMAN, SIMULATED

TEXTS = Path(__file__).with_name("remarks.yaml")

FEW = 10
"""Topics: with fewer, cluster-robust inference is rough (Cameron and Miller, 2015, section VI)."""

CROWDED = 0.25
"""Share of ratings at the scale's end above which too many can't rise."""

LONGER = 1.2
"""Ratio of mean lengths above which length may explain a difference."""

REPEATED = 1.5
"""Ratings of each person above which they can't be taken as independent."""


def remarks(analysis: Analysis, frame: pd.DataFrame) -> tuple[str, ...]:
    """Plain sentences.

    Args:
        analysis: all other figures.
        frame: ratings of arguments that they are of.
    """
    return tuple(
        _texts()[name].format(**values)
        for about in (_raters, _topics, _sources, _scale, _length, _controls)
        for name, values in about(analysis, frame)
    )


def _raters(a: Analysis, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, object]]]:
    times = len(frame) / frame["rater"].nunique()
    if a.kind == SIMULATED:
        yield "simulated", {"model": a.rater_model}
    elif times > REPEATED:
        yield "repeated", {"times": times}


def _topics(a: Analysis, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, object]]]:
    if a.topics < 2:
        yield "one_topic", {}
    elif a.topics < FEW:
        yield "few_topics", {"topics": a.topics, "few": FEW}
    for source in a.sources:
        if source.topics < a.topics:
            yield "some_topics", {"source": source.name, "own": source.topics, "topics": a.topics}


def _sources(a: Analysis, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, object]]]:
    if not a.reference:
        yield "no_reference", {}
    elif a.reference == ANCHOR:
        yield "anchor", {}
    every = sorted({name for source in a.sources for name in source.strategies})
    for source in a.sources:
        lacks = [name for name in every if name not in source.strategies]
        if source.strategies and lacks:
            yield "strategies", {"source": source.name, "lacks": ", ".join(lacks)}
    for one in a.attempts:
        if one.attempted < one.written:
            yield "some_attempted" if one.attempted else "none_attempted", one.model_dump()
    told = {mean.source for mean in a.paper}
    if single := [source.name for source in a.sources if source.name not in told]:
        yield "one_argument", {"sources": ", ".join(single)}


def _scale(a: Analysis, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, object]]]:
    share = (frame["before"] >= CEILING).mean()
    if share > CROWDED:
        yield "ceiling", {"share": share}
    if frame["shift"].nunique() == 1:
        yield "constant", {}


def _length(a: Analysis, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, object]]]:
    if frame["words"].isna().any():
        yield "no_words", {"share": frame["words"].isna().mean()}
    lengths = {source.name: source.words for source in a.sources if source.words is not None}
    if lengths and max(lengths.values()) > LONGER * min(lengths.values()):
        shortest, longest = (end(lengths, key=lengths.__getitem__) for end in (min, max))
        ends = {"most": lengths[longest], "least": lengths[shortest]}
        yield "lengths", {"longest": longest, "shortest": shortest, **ends}


def _controls(a: Analysis, frame: pd.DataFrame) -> Iterator[tuple[str, dict[str, object]]]:
    for control in a.controls:
        if control.passed is False:
            yield "failed", {"title": control.title, "expected": control.expected}
    if a.kind == HUMAN and not a.controls:
        yield "no_controls", {}


@cache
def _texts() -> dict[str, str]:
    loaded: dict[str, str] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    return loaded
