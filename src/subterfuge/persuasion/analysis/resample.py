"""Bootstrap over topics for statistics that are no weighted means: correlations, slopes, shares of variance.

The statistic is given how often each topic counts, and works on whole arrays of such counts. Its interval is
bias-corrected and accelerated (Efron, 1987, Journal of the American Statistical Association 82:171), because
correlations of noisy scores come out lower in draws than in the data; the acceleration is from leaving out
one topic at a time. The normal quantiles in it are replaced by wider ones of Student's t, times
sqrt(topics / (topics - 1)), which percentile intervals of few clusters need (Hesterberg, 2015, The American
Statistician 69:371). p is what the same interval says: the level at which it just reaches 0, and where no
draw does, an upper bound of that.

Measured with 28 topics: of 95 % intervals of a correlation 5 to 7 % missed the truth over 336 arguments or 6
sources, and 10 to 12 % at the worst, for few sources whose means are noisy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from scipy.stats import norm, t

from subterfuge.persuasion.analysis.bootstrap import Floats, known
from subterfuge.persuasion.analysis.results import Estimate

FEWEST = 5
"""With fewer topics than this there is no interval: so few can't say how far topics differ."""

LOST = 0.1
"""With a greater share of draws than this in which the statistic is undefined there is no interval either."""

TIE = 1e-12
"""Values that differ by less are the same but for rounding."""

CHUNK = 1_000
"""Draws that are evaluated at once, to bound memory."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """A statistic, with its draws. Nan is what can't be known."""

    value: float
    """In the data as they are."""

    drawn: Floats
    """Draws in which it is defined, sorted; empty if there is no interval."""

    left_out: Floats
    """Topics: the statistic without each of them."""

    @property
    def se(self) -> float:
        """Standard error: of the draws, widened for the number of topics."""
        return float(np.std(self.drawn)) * self._wider if len(self.drawn) else np.nan

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Lower and upper end; nan without an interval."""
        if not len(self.drawn):
            return np.nan, np.nan
        bias, acceleration = self._correction
        z = bias + self._wider * t.ppf([(1 - level) / 2, (1 + level) / 2], len(self.left_out) - 1)
        shares = norm.cdf(bias + z / np.maximum(1 - acceleration * z, TIE))
        low, high = np.quantile(self.drawn, shares)
        return float(low), float(high)

    def p(self) -> float:
        """Two-sided p of no difference from 0; nan without an interval."""
        if not len(self.drawn):
            return np.nan
        bias, acceleration = self._correction
        off = norm.ppf(self._below(0)) - bias
        z = off / np.maximum(1 + acceleration * off, TIE) - bias
        return float(min(1.0, 2 * t.sf(abs(z) / self._wider, len(self.left_out) - 1)))

    def estimate(self, n: int) -> Estimate:
        """As a result, with 95 % interval.

        Args:
            n: ratings that it rests on.
        """
        low, high = self.interval()
        figures = {"value": self.value, "low": low, "high": high, "se": self.se, "p": self.p()}
        return Estimate(n=n, **{name: known(figure) for name, figure in figures.items()})

    @cached_property
    def _wider(self) -> float:
        return float(np.sqrt(len(self.left_out) / (len(self.left_out) - 1)))

    @cached_property
    def _correction(self) -> tuple[float, float]:
        """Bias, in standard deviations, and acceleration."""
        off = np.nanmean(self.left_out) - self.left_out[~np.isnan(self.left_out)]
        squares = float((off**2).sum())
        acceleration = float((off**3).sum()) / (6 * squares**1.5) if squares > TIE else 0.0
        return float(norm.ppf(self._below(self.value))), acceleration

    def _below(self, value: float) -> float:
        """Share of draws below a value, ties half; never 0 or 1, for the draws are not endless."""
        count = len(self.drawn)
        below = np.searchsorted(self.drawn, [value - TIE, value + TIE]).mean()
        return float(np.clip(below, 0.5, count - 0.5)) / count


def resample(statistic: Callable[[Floats], Floats], topics: int, draws: int, seed: int) -> list[Resampled]:
    """Draw topics with replacement.

    Args:
        statistic: counts of topics (draws x topics) to values (draws x statistics); nan where undefined.
        topics: how many there are.
        draws: how many.
        seed: the same seed draws the same topics.
    """
    value = statistic(np.ones((1, topics)))[0]
    left_out = np.full((topics, len(value)), np.nan)
    drawn = np.full((0, len(value)), np.nan)
    if topics >= FEWEST:
        left_out = statistic(1 - np.eye(topics))
        rng = np.random.default_rng(seed)
        counts = rng.multinomial(topics, np.full(topics, 1 / topics), draws).astype(float)
        drawn = np.concatenate([statistic(counts[at : at + CHUNK]) for at in range(0, draws, CHUNK)])
    return [_resampled(float(value[k]), drawn[:, k], left_out[:, k]) for k in range(len(value))]


def ratio(a: Floats, b: Floats) -> Floats:
    """The quotient, and nan where the divisor is 0."""
    a, b = np.broadcast_arrays(a, b)
    return cast(Floats, np.divide(a, b, out=np.full(a.shape, np.nan), where=np.abs(b) > TIE))


def _resampled(value: float, drawn: Floats, left_out: Floats) -> Resampled:
    defined = np.sort(drawn[~np.isnan(drawn)])
    if np.isnan(value) or len(defined) < (1 - LOST) * len(drawn):
        defined = defined[:0]
    return Resampled(value, defined, left_out)
