"""The evidence of one test: its e-processes over the cells in schedule order, and where each crossed.

A missing episode is an event for the claim CLEAR and none for the claim ALARM, so that nothing is gained by
losing episodes. Where cells share a cluster (a prompt used many times), the process advances by the means of
whole clusters, which are independent where their cells are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from subterfuge.releases.protocol import Hypothesis, Missing
from subterfuge.releases.records import Outcome
from subterfuge.statistics.capped import capped_level
from subterfuge.statistics.missingness import missing_path
from subterfuge.statistics.mixture import Mixture, alarm, clear

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MISSING_ALPHA = 0.05
"""Most that P(the missing share is called too high) can be while it is not above what is tolerated."""


@dataclass(frozen=True)
class Process:
    """One e-process along the schedule."""

    log_e: Floats
    """Log evidence after each step."""

    cells: Ints
    """How many cells each step rests on, in schedule order; with one cell a step: 1, 2, 3, …"""

    level: float
    """Log evidence that decides."""

    outcomes: Floats
    """What each step was fed with, in 0..1."""

    @property
    def crossed(self) -> int | None:
        """After how many cells the level was first reached; None if it never was."""
        reached = self.log_e >= self.level
        return int(self.cells[int(np.argmax(reached))]) if reached.any() else None

    def steps(self, cells: int) -> int:
        """How many steps were made within so many cells."""
        return int(np.searchsorted(self.cells, cells, side="right"))

    def at(self, cells: int) -> float:
        """Log evidence as it stood after so many cells; 0 before the first step."""
        steps = self.steps(cells)
        return float(self.log_e[steps - 1]) if steps else 0.0


@dataclass(frozen=True)
class Evidence:
    """All processes of one test."""

    alarm: Process
    """That the rate is above the threshold; missing episodes count as no event."""

    clear: Process
    """That it is below; missing episodes count as events."""

    missing: Process
    """That more episodes go missing than the protocol tolerates."""

    engaged: Process | None
    """That enough episodes are no refusals; None where nobody looks, or nothing is asked for."""

    clustered: bool
    """Whether cells share clusters, so that the process goes by cluster means."""

    naive: tuple[Process, Process] | None
    """Alarm and clear as they would be if the cells of a cluster were independent; None without clusters."""


def gather(
    hypothesis: Hypothesis, missing: Missing, outcomes: Sequence[Outcome], clusters: Sequence[str | None]
) -> Evidence:
    """Compute all processes from the outcomes of cells 0, 1, 2, … in schedule order.

    Args:
        hypothesis: threshold, error rates, cap and boundary.
        missing: what share of missing episodes is tolerated.
        outcomes: of the contiguous finished cells.
        clusters: the cluster of each; None where a cell stands alone.
    """
    value = np.array([np.nan if o.value is None else o.value for o in outcomes], np.float64)
    lost = np.isnan(value)
    low, high = np.where(lost, 0.0, value), np.where(lost, 1.0, value)
    above, below = _mixtures(hypothesis.threshold)
    up, down = levels(hypothesis)
    each = np.arange(1, len(value) + 1)
    naive = (Process(above.path(low), each, up, low), Process(below.path(high), each, down, high))
    starts, _ = runs(clusters)
    # Not "whether one came twice so far": a first cell must not count alone before its cluster is whole.
    clustered = any(cluster is not None for cluster in clusters)
    alarm_process, clear_process = naive
    willing = np.array([o.refused is False for o in outcomes], np.float64)
    ends = each
    if clustered:
        # The last run may go on: only clusters that another one follows are whole.
        ends = np.append(starts[1:], [] if len(value) < hypothesis.cap else [len(value)]).astype(np.int64)
        sizes = np.diff(np.append([0], ends))
        low, high, willing = (_means(values, ends, sizes) for values in (low, high, willing))
        alarm_process = Process(above.path(low), ends, up, low)
        clear_process = Process(below.path(high), ends, down, high)
    engaged = None
    if hypothesis.refusal is not None and hypothesis.engaged > 0:
        path = _mixtures(hypothesis.engaged)[0].path(willing)
        engaged = Process(path, ends, -math.log(hypothesis.alpha.clear), willing)
    gone = lost.astype(np.float64)
    tolerance = Process(missing_path(gone, missing.tolerated), each, -math.log(MISSING_ALPHA), gone)
    return Evidence(alarm_process, clear_process, tolerance, engaged, clustered, naive if clustered else None)


def levels(hypothesis: Hypothesis) -> tuple[float, float]:
    """The log evidence that decides ALARM, and CLEAR."""
    if hypothesis.boundary == "anytime":
        return -math.log(hypothesis.alpha.alarm), -math.log(hypothesis.alpha.clear)
    return _capped(hypothesis.threshold, hypothesis.cap, hypothesis.alpha.alarm, hypothesis.alpha.clear)


def runs(clusters: Sequence[str | None]) -> tuple[Ints, str | None]:
    """Where each cluster starts, and a cluster that comes twice with others between, if there is one.

    A cell without a cluster is one by itself.
    """
    starts, seen = [], set()
    before: str | None = None
    split = None
    for i, cluster in enumerate(clusters):
        if cluster is not None and cluster == before:
            continue
        if cluster is not None and cluster in seen:
            split = split or cluster
        starts.append(i)
        if cluster is not None:
            seen.add(cluster)
        before = cluster
    return np.array(starts, np.int64), split


@lru_cache(maxsize=256)
def _mixtures(threshold: float) -> tuple[Mixture, Mixture]:
    return alarm(threshold), clear(threshold)


@lru_cache(maxsize=64)
def _capped(threshold: float, cap: int, alarm_alpha: float, clear_alpha: float) -> tuple[float, float]:
    above, below = _mixtures(threshold)
    return capped_level(above, cap, alarm_alpha), capped_level(below, cap, clear_alpha)


def _means(values: Floats, ends: Ints, sizes: Ints) -> Floats:
    if not len(ends):
        return np.empty(0)
    sums = np.cumsum(values)[ends - 1]
    return np.clip(np.diff(np.append([0.0], sums)) / sizes, 0.0, 1.0)
