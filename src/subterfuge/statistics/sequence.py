"""The interval that goes with a verdict: it holds at every time at once, and agrees with the verdict.

A rate r is left out if the evidence against it, from the same odds ratios and weights as the verdict's, is
at least 1/α now. So the lower limit is above the threshold exactly when the evidence for an alarm is enough,
and the upper limit below it exactly when that for a clearance is. Inverting tests of every rate gives a
confidence sequence: Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic
confidence sequences", Annals of Statistics 49 (2021), 1055–1080, section 2.
"""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from subterfuge.statistics.intervals import Floats, Interval, Ints, counts
from subterfuge.statistics.mixture import Mixture, alarm, clear, level, unit

BELOW_1 = 1 - 2.0**-53
"""The greatest number below 1: a threshold of 1 has no odds."""

HALVINGS = 60
"""Steps of the search for a limit: it ends within 1e-18, or two neighbouring numbers."""


@overload
def anytime_interval(events: int, n: int, threshold: float, alpha: float) -> Interval[float]: ...
@overload
def anytime_interval(events: ArrayLike, n: ArrayLike, threshold: float, alpha: float) -> Interval[Floats]: ...
def anytime_interval(
    events: ArrayLike, n: ArrayLike, threshold: float, alpha: float
) -> Interval[float] | Interval[Floats]:
    """Rates that neither alarm nor clearance has refused, after so many episodes with outcomes 0 and 1.

    Args:
        events: how many episodes had the event; an integer or an array.
        n: how many episodes there were; broadcast against `events`. With none: [0, 1].
        threshold: the rate the verdict is about; it sets the odds ratios, and the interval is for any rate.
        alpha: error rate of each side, for all times together. The interval's level is 1 − 2α.

    Raises:
        ValueError: for counts that are not whole, or events outside 0..n, or a threshold or an error rate
            outside (0, 1).
    """
    k, m = counts(events, n)
    above, below = alarm(threshold), clear(threshold)
    low = _limit(above, above.scores(k), m, alpha)
    high = _limit(below, below.scores(k), m, alpha)
    if low.ndim == 0:
        return Interval(float(low), float(high), 1 - 2 * alpha)
    return Interval(low, high, 1 - 2 * alpha)


def anytime_interval_of(outcomes: ArrayLike, threshold: float, alpha: float) -> Interval[float]:
    """The same for outcomes between 0 and 1, one sequence of them: an interval for their mean.

    Agrees with the last value of `Mixture.path`, to the last digits. Args as above.

    Raises:
        ValueError: if an outcome is outside [0, 1], or they are not one sequence, or a threshold or an error
            rate is outside (0, 1).
    """
    x = unit(outcomes)
    if x.ndim != 1:
        raise ValueError(f"outcomes are one sequence, not an array of shape {x.shape}")
    # Many outcomes have few values: each is scored once.
    values, times = np.unique(x, return_counts=True)
    low, high = (
        float(_limit(mixture, _total(mixture, values, times), np.asarray(len(x)), alpha))
        for mixture in (alarm(threshold), clear(threshold))
    )
    return Interval(low, high, 1 - 2 * alpha)


def _total(mixture: Mixture, values: Floats, times: Ints) -> Floats:
    return np.asarray(mixture.steps(values) @ times)


def _limit(mixture: Mixture, sums: Floats, n: Ints, alpha: float) -> Floats:
    """The least (for "above") or greatest rate that is not refused; evidence is monotone in the rate."""
    needed = level(alpha)
    refused_at_threshold = mixture.combine(sums, n) >= needed
    # The two ends of the search: one rate that is refused and one that is not. 0 and 1 stand for "none".
    # The threshold itself is the first to be asked, so that the limit lies on the verdict's side of it.
    outer, inner = (0.0, 1.0) if mixture.claim == "above" else (1.0, 0.0)
    refused = np.where(refused_at_threshold, mixture.threshold, outer)
    kept = np.where(refused_at_threshold, inner, mixture.threshold)
    for _ in range(HALVINGS):
        middle = np.minimum((refused + kept) / 2, BELOW_1)
        now = mixture.combine(sums, n, middle) >= needed
        refused, kept = np.where(now, middle, refused), np.where(now, kept, middle)
    # The refused end is the wider choice, unless that is the threshold: a verdict puts the limit beyond it.
    beyond = np.nextafter(mixture.threshold, inner)
    if mixture.claim == "above":
        return np.where(refused_at_threshold, np.maximum(refused, beyond), refused)
    return np.where(refused_at_threshold, np.minimum(refused, beyond), refused)
