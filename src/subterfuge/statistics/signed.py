"""The mean of outcomes that are −1, 0 or +1: the signed flip of mirror pairs, a difference within pairs."""

from __future__ import annotations

from subterfuge.statistics.intervals import Interval, clopper_pearson


def mean_interval(plus: int, zero: int, minus: int, level: float = 0.95) -> Interval[float]:
    """An interval for P(+1) − P(−1) with guaranteed coverage at every size and every true value.

    The mean is δ(2θ − 1): δ is the chance that an outcome is not zero, θ that a non-zero one is +1. Given how
    many are not zero, the number of +1 is binomial, so both have a Clopper–Pearson interval. Each is taken at
    (1 + level)/2, so that both hold together with probability at least `level` (Bonferroni); the interval is
    what the two allow. The split into δ and θ is that of Fay and Lumbard, "Confidence intervals for
    difference in proportions for matched pairs compatible with exact McNemar's or sign tests", Statistics in
    Medicine 40 (2021), 1147–1159; their melded limits are narrower, on computed rather than proven coverage.

    Why this one: it leaves out 0 only where the exact sign test finds a direction, and zeros make it
    narrower. The guarantee costs width: at 64 pairs some 25 to 50 % more than the normal interval near a mean
    of 0, and some 70 % more near ±1.

    Args:
        plus: how many outcomes were +1.
        zero: how many were 0.
        minus: how many were −1.
        level: coverage, between 0 and 1.

    Raises:
        ValueError: for a negative count or a level outside (0, 1).
    """
    if min(plus, zero, minus) < 0:
        raise ValueError(f"counts cannot be negative: {plus}, {zero}, {minus}")
    moved = plus + minus
    part = (1 + level) / 2
    share = clopper_pearson(moved, moved + zero, part)
    up = clopper_pearson(plus, moved, part)
    # A mean is smallest at the lowest direction; how far it then moves depends on the direction's own sign.
    low, high = 2 * up.low - 1, 2 * up.high - 1
    return Interval(
        low * (share.high if low < 0 else share.low),
        high * (share.high if high > 0 else share.low),
        level,
    )
