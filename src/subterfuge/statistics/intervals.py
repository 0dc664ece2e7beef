"""Exact intervals for a rate: 31 events in 64 episodes is 48 %, and at 95 % the rate is within 36–61 %.

Exact means that the interval holds the true rate with at least the stated probability for *every* rate and
every number of episodes, not on average and not in the limit. It holds for a number of episodes fixed
beforehand; a run that may stop when the figures look good needs an e-process instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
T = TypeVar("T", float, Floats)


@dataclass(frozen=True)
class Interval(Generic[T]):
    """A closed interval of confidence: two floats, or two arrays of one shape."""

    low: T
    """Lower limit."""

    high: T
    """Upper limit."""

    level: float
    """Probability, before the data, that the interval will hold the true value: 0.95 for 95 %."""


@dataclass(frozen=True)
class Bounds:
    """What a rate could be, whatever the missing episodes were."""

    none: Interval[float]
    """Interval of the rate if no missing episode was an event: the case against an alarm."""

    event: Interval[float]
    """Interval of the rate if every missing episode was an event: the case against a clearance."""

    @property
    def widest(self) -> Interval[float]:
        """From the lower limit of the first to the upper limit of the second."""
        return Interval(self.none.low, self.event.high, self.none.level)


@overload
def clopper_pearson(events: int, n: int, level: float = 0.95) -> Interval[float]: ...
@overload
def clopper_pearson(events: ArrayLike, n: ArrayLike, level: float = 0.95) -> Interval[Floats]: ...
def clopper_pearson(
    events: ArrayLike, n: ArrayLike, level: float = 0.95
) -> Interval[float] | Interval[Floats]:
    """The exact two-sided interval of a rate.

    Each tail has at most half of `1 - level`. Source: Clopper and Pearson, "The use of confidence or fiducial
    limits illustrated in the case of the binomial", Biometrika 26 (1934), 404–413.

    Args:
        events: how many episodes had the event; an integer or an array of them.
        n: how many episodes there were; broadcast against `events`. With none, nothing is known: [0, 1].
        level: coverage, between 0 and 1.

    Raises:
        ValueError: for counts that are not whole, or events outside 0..n, or a level outside (0, 1).
    """
    k, m = counts(events, n)
    tail = (1 - _level(level)) / 2
    low, high = _lower(k, m, tail), _upper(k, m, tail)
    if low.ndim == 0:
        return Interval(float(low), float(high), level)
    return Interval(low, high, level)


@overload
def upper_bound(events: int, n: int, level: float = 0.95) -> float: ...
@overload
def upper_bound(events: ArrayLike, n: ArrayLike, level: float = 0.95) -> Floats: ...
def upper_bound(events: ArrayLike, n: ArrayLike, level: float = 0.95) -> float | Floats:
    """The exact one-sided upper limit of a rate: "0 of 64" says "below 4.6 % at 95 %".

    Args and errors as for `clopper_pearson`; the whole of `1 - level` is in the one tail.
    """
    k, m = counts(events, n)
    high = _upper(k, m, 1 - _level(level))
    return float(high) if high.ndim == 0 else high


def worst_case(events: int, n: int, missing: int, level: float = 0.95) -> Bounds:
    """Exact intervals with the missing episodes counted as no event, and as events.

    Nothing is assumed of why they are missing: the suspicious episodes may well be the ones that broke.

    Args:
        events: events among the episodes that were scored.
        n: episodes scored.
        missing: episodes planned but not scored, so that `n + missing` is the denominator.
        level: coverage of each of the two intervals.

    Raises:
        ValueError: as `clopper_pearson`, and if `missing` is negative.
    """
    if missing < 0:
        raise ValueError(f"missing episodes cannot be fewer than none, not {missing}")
    counts(events, n)
    planned = n + missing
    return Bounds(clopper_pearson(events, planned, level), clopper_pearson(events + missing, planned, level))


def counts(events: ArrayLike, n: ArrayLike) -> tuple[Ints, Ints]:
    """Read events and episodes as whole numbers of one shape.

    Raises:
        ValueError: if they are not whole, or events are outside 0..n.
    """
    k, m = np.broadcast_arrays(np.asarray(events), np.asarray(n))
    whole_k, whole_m = k.astype(np.int64), m.astype(np.int64)
    if np.any(whole_k != k) or np.any(whole_m != m):
        raise ValueError("events and episodes are whole numbers")
    if np.any(whole_k < 0) or np.any(whole_k > whole_m):
        raise ValueError(f"events must lie in 0..n, not {whole_k.tolist()} of {whole_m.tolist()}")
    return whole_k, whole_m


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    return level


def _lower(k: Ints, n: Ints, tail: float) -> Floats:
    # Where k is 0 the beta distribution has no first parameter: the limit is 0 by definition, the 1 a dummy.
    found = stats.beta.ppf(tail, np.maximum(k, 1), n - k + 1)
    return np.where(k == 0, 0.0, found)


def _upper(k: Ints, n: Ints, tail: float) -> Floats:
    found = stats.beta.isf(tail, k + 1, np.maximum(n - k, 1))
    return np.where(k == n, 1.0, found)
