"""Cells: ratings sorted into source x strategy, with the weights that make every claim count the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Cells:
    """Where each row belongs, and what it weighs."""

    names: list[tuple[str, ...]]
    """Of the cells, sorted."""

    topics: list[str]
    """Sorted."""

    cell: Ints
    """Rows: position of its cell."""

    topic: Ints
    """Rows: position of its topic."""

    weights: Floats
    """Rows: those of a cell and claim share a weight of 1."""

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str], counts: Floats | None = None) -> Cells:
        """Sort ratings into cells.

        Args:
            frame: ratings with `topic`, `claim` and the columns.
            columns: what makes up a cell.
            counts: how many ratings each row stands for; without it, one.
        """
        keys = [_codes(frame[column]) for column in columns]
        codes = np.zeros(len(frame), np.int64)
        for code, names in keys:
            codes = codes * max(len(names), 1) + code
        cell, first = _dense(codes)
        topic, topics = _codes(frame["topic"])
        claim = _codes(frame["claim"])[0]
        group, _ = _dense(
            (cell * (int(topic.max(initial=0)) + 1) + topic) * (int(claim.max(initial=0)) + 1) + claim
        )
        counts = np.ones(len(frame)) if counts is None else counts
        return cls(
            names=[tuple(names[code[row]] for code, names in keys) for row in first],
            topics=topics,
            cell=cell,
            topic=topic,
            weights=counts / np.bincount(group, counts)[group] if len(frame) else counts,
        )

    @property
    def sizes(self) -> Ints:
        """Rows of each cell."""
        return np.bincount(self.cell, minlength=len(self.names)).astype(np.int64)

    def sums(self, values: Floats) -> Floats:
        """Topics x cells: sums of a figure of each row."""
        width = len(self.names)
        at = self.topic * width + self.cell
        return (
            np.bincount(at, values, len(self.topics) * width).reshape(len(self.topics), width).astype(float)
        )

    def by_topic(self, values: Floats) -> Floats:
        """Topics: sums of a figure of each row."""
        return np.bincount(self.topic, values, len(self.topics)).astype(float)


def _codes(column: pd.Series[str]) -> tuple[Ints, list[str]]:
    """Position of each value among the sorted ones, and these."""
    codes, names = pd.factorize(column, sort=True)
    return codes.astype(np.int64), [str(name) for name in names]


def _dense(codes: Ints) -> tuple[Ints, Ints]:
    """Codes without gaps in the same order, and the first row of each."""
    _, first, dense = np.unique(codes, return_index=True, return_inverse=True)
    return dense.astype(np.int64), first.astype(np.int64)
