"""The difference of two rates measured on independent episodes: two arms, an organism and its twin."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy import stats

from subterfuge.statistics.intervals import Interval, counts


@dataclass(frozen=True)
class Difference:
    """The first rate minus the second."""

    estimate: float
    """Observed difference, in −1..1."""

    interval: Interval[float]
    """Newcombe's score interval: close to its level on average over the rates, but not guaranteed at each."""

    p_value: float
    """Fisher's exact two-sided p-value that the rates are equal: guaranteed, and conservative."""


def difference(events: int, n: int, others: int, m: int, level: float = 0.95) -> Difference:
    """Compare `events` of `n` with `others` of `m`, two independent groups.

    The interval is method 10 of Newcombe, "Interval estimation for the difference between independent
    proportions: comparison of eleven methods", Statistics in Medicine 17 (1998), 873–890: Wilson's limits of
    the two rates, combined. Fisher's test is exact at any size and needs no search over the unknown common
    rate, as the more powerful tests of Barnard and Boschloo do. The two may disagree at the margin; where a
    claim hangs on it, the p-value is the one with a guarantee.

    Raises:
        ValueError: if a group is empty, events are outside 0..n, or the level is outside (0, 1).
    """
    counts(events, n)
    counts(others, m)
    if n == 0 or m == 0:
        raise ValueError("a difference needs at least one episode in each group")
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not {level}")
    z = float(stats.norm.ppf((1 + level) / 2))
    first, second = events / n, others / m
    low_1, high_1 = _wilson(events, n, z)
    low_2, high_2 = _wilson(others, m, z)
    gap = first - second
    below = sqrt((first - low_1) ** 2 + (high_2 - second) ** 2)
    above = sqrt((high_1 - first) ** 2 + (second - low_2) ** 2)
    p_value = stats.fisher_exact([[events, n - events], [others, m - others]]).pvalue
    return Difference(gap, Interval(max(-1.0, gap - below), min(1.0, gap + above), level), float(p_value))


def _wilson(events: int, n: int, z: float) -> tuple[float, float]:
    """Wilson's score limits of one rate."""
    rate = events / n
    centre = rate + z * z / (2 * n)
    half = z * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At 0 and n the limit is the rate itself; rounding must not put it a hair inside.
    low = 0.0 if events == 0 else (centre - half) / scale
    high = 1.0 if events == n else (centre + half) / scale
    return low, high
