"""Two releases on paired schedules: is the new one worse, or better, than the old one?

Only pairs in which exactly one release has the event say anything of the difference. Given such a discordant
pair, the event is the new release's with probability θ, and θ is above 1/2 if and only if the new rate is
above the old: no common rate need be known. Source: Wald, "Sequential Analysis" (1947), chapter 6; here with
a mixture over θ in place of one alternative.

Missing outcomes are filled in by the caller, against the claim: for "worse" a missing new outcome is 0 and a
missing old one 1; for "better" the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from subterfuge.statistics.intervals import Floats, Interval, Ints
from subterfuge.statistics.mixture import Mixture, crossing
from subterfuge.statistics.signed import mean_interval

THETAS = (0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Alternatives to 1/2, equally weighted: the new release's rate is 1.5, 2.3, 4, 9, 19 or 99 times the old."""

MIXTURE = Mixture(
    "above", 0.5, tuple(theta / (1 - theta) for theta in THETAS), (1 / len(THETAS),) * len(THETAS)
)
"""The bets on whose event the next discordant pair's will be."""

Direction = Literal["worse", "better"]
"""What evidence is for: the new release has the event more often (worse) or less often (better)."""

STEPS = 50
"""Halvings of (0, 1) in the search for a limit: 1e-15, as fine as the numbers themselves."""


@dataclass(frozen=True)
class Paired:
    """A comparison of two releases, pair by pair."""

    both: int
    """Pairs in which both releases had the event."""

    only_new: int
    """Pairs in which only the new release had it."""

    only_old: int
    """Pairs in which only the old release had it."""

    neither: int
    """Pairs without it."""

    log_e_worse: float
    """Log e-value after the last pair that the new release's rate is higher."""

    log_e_better: float
    """Log e-value after the last pair that it is lower."""

    worse_at: int | None
    """Pairs after which the first reached log(1/α); none if it never did. Reached once is enough."""

    better_at: int | None
    """The same for the second."""

    theta: Interval[float]
    """Anytime-valid interval of P(event is the new release's | exactly one had it), level 1 − 2α.

    Its low end is at least 1/2 if and only if `worse_at` is set, its high end at most 1/2 if and only if
    `better_at` is: what was refused after any pair stays refused. If the two contradict each other, which has
    probability at most 2α for one common θ, it is what lies between the two limits.
    """

    difference: Interval[float]
    """New rate minus old rate, exact at level 1 − α for a number of pairs fixed beforehand; description, not
    verdict: if the comparison stopped when it looked good, this one is too narrow."""

    @property
    def pairs(self) -> int:
        """Number of pairs."""
        return self.both + self.only_new + self.only_old + self.neither

    @property
    def estimate(self) -> float:
        """Observed new rate minus observed old rate; NaN without pairs."""
        return (self.only_new - self.only_old) / self.pairs if self.pairs else float("nan")


def paired_log_e(only_new: ArrayLike, only_old: ArrayLike, direction: Direction = "worse") -> Floats:
    """Log e-value from the counts of discordant pairs, broadcast.

    Under the null (new ≤ old for "worse", new ≥ old for "better") it exceeds log(1/α) at any time at all with
    probability at most α. The two nulls meet only where the rates are equal.

    Args:
        only_new: pairs in which only the new release had the event.
        only_old: pairs in which only the old one had it.
        direction: what the evidence is for.

    Raises:
        ValueError: for counts that are negative or not whole.
    """
    new, old = np.broadcast_arrays(np.asarray(only_new), np.asarray(only_old))
    return MIXTURE.log_e(new if direction == "worse" else old, new + old)


def paired_path(old: ArrayLike, new: ArrayLike, direction: Direction = "worse") -> Floats:
    """Log e-value after each pair, in schedule order, shape (n,); concordant pairs leave it as it is.

    Args:
        old: the old release's outcomes, 0 or 1, shape (n,).
        new: the new release's outcomes at the same places of the schedule.
        direction: what the evidence is for.

    Raises:
        ValueError: for outcomes other than 0 and 1, or unequal lengths.
    """
    first, second = _outcomes(old, new)
    only_new, only_old = np.cumsum(second > first), np.cumsum(first > second)
    return paired_log_e(only_new, only_old, direction)


def paired(old: ArrayLike, new: ArrayLike, alpha: float = 0.05) -> Paired:
    """Compare two releases on pairs in schedule order.

    Args:
        old: the old release's outcomes, 0 or 1, shape (n,).
        new: the new release's outcomes at the same places of the schedule.
        alpha: error rate of each of the two claims, in (0, 1/2).

    Raises:
        ValueError: as `paired_path`, or for an alpha outside (0, 1/2).
    """
    if not 0 < alpha < 0.5:
        raise ValueError(f"an error rate of each of two sides lies between 0 and 1/2, not {alpha}")
    first, second = _outcomes(old, new)
    up, down = np.cumsum(second > first), np.cumsum(first > second)
    only_new, only_old = (int(up[-1]), int(down[-1])) if first.size else (0, 0)
    both = int(np.sum(first & second))
    worse, better = paired_log_e(up, down, "worse"), paired_log_e(up, down, "better")
    # Between two discordant pairs nothing changes.
    moved = first != second
    low = _lower(up[moved], up[moved] + down[moved], alpha)
    high = 1 - _lower(down[moved], up[moved] + down[moved], alpha)
    concordant = first.size - only_new - only_old
    return Paired(
        both=both,
        only_new=only_new,
        only_old=only_old,
        neither=concordant - both,
        log_e_worse=float(worse[-1]) if first.size else 0.0,
        log_e_better=float(better[-1]) if first.size else 0.0,
        worse_at=crossing(worse, alpha),
        better_at=crossing(better, alpha),
        theta=Interval(min(low, high), max(low, high), 1 - 2 * alpha),
        difference=mean_interval(only_new, concordant, only_old, 1 - alpha),
    )


def _lower(k: Ints, discordant: Ints, alpha: float) -> float:
    """Greatest θ such that all below it have been refused after one of the discordant pairs."""
    scores, limit = MIXTURE.scores(k), log(1 / alpha)

    def refused(theta: float) -> bool:
        return k.size > 0 and float(MIXTURE.combine(scores, discordant, theta).max()) >= limit

    # At fixed odds ratios the evidence falls in θ, so that what is refused is all below one point.
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if refused(middle) else (low, middle)
    return low


def _outcomes(old: ArrayLike, new: ArrayLike) -> tuple[Ints, Ints]:
    first, second = np.asarray(old), np.asarray(new)
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"a pair is one outcome of each release: {first.shape} and {second.shape} differ")
    if not (np.isin(first, (0, 1)).all() and np.isin(second, (0, 1)).all()):
        raise ValueError("outcomes of a pair are 0 or 1")
    return first.astype(np.int64), second.astype(np.int64)
