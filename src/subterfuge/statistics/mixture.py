"""Mixtures of likelihood ratios: the evidence that a rate is above or below a threshold, after any episode.

The evidence is an e-process. If the claim is false its mean is at most 1 whenever one chooses to look, so
the chance that it ever reaches 1/α is at most α (Ville, "Étude critique de la notion de collectif", 1939).
That holds for every rule of stopping and however often one looks.

For an alternative with odds ratio ρ against the threshold r, one outcome x multiplies the evidence by
(1 + (ρ − 1)x) / (1 + (ρ − 1)r). For x of 0 or 1 that is the likelihood ratio; for x in [0, 1] it is the
affine bet 1 + λ(x − r), of mean at most 1 whatever the distribution of x, if only its mean is on the null's
side (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86 (2024),
section 4). The mixture is the weighted mean of the products (Wald, "Sequential Analysis", 1947, section 6.5;
Robbins, "Statistical methods related to the law of the iterated logarithm", Ann. Math. Stat. 41 (1970)).

Alternatives are placed by odds ratios because each one's evidence is then monotone in the threshold, for
any outcomes: that is what an interval that agrees with the verdict needs. At small rates it is the ratio of
the rates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isclose, log
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from subterfuge.statistics.intervals import Floats, counts

Claim = Literal["above", "below"]

ROWS = 1 << 14
"""Outcomes taken at once by a path: what fits a processor's cache is several times as fast."""


@dataclass(frozen=True)
class Mixture:
    """A weighted mean of likelihood ratios against one threshold."""

    claim: Claim
    """What the evidence is for: that the rate is above, or below, the threshold."""

    threshold: float
    """The rate r0 between the two claims, in (0, 1)."""

    ratios: tuple[float, ...]
    """Odds of each alternative over the odds of the threshold: above 1 for "above", in [0, 1) for "below"."""

    weights: tuple[float, ...]
    """Weight of each alternative; positive, sum 1."""

    def __post_init__(self) -> None:
        if self.claim not in ("above", "below"):
            raise ValueError(f"a claim is 'above' or 'below', not {self.claim!r}")
        _between(self.threshold)
        if not self.ratios or len(self.ratios) != len(self.weights):
            raise ValueError("a mixture needs one weight for each of its alternatives")
        if not all(1 < ratio < np.inf if self.claim == "above" else 0 <= ratio < 1 for ratio in self.ratios):
            raise ValueError(f"not alternatives {self.claim} the threshold: odds ratios {self.ratios}")
        if not all(weight > 0 for weight in self.weights) or not isclose(sum(self.weights), 1, abs_tol=1e-9):
            raise ValueError(f"weights are positive and sum to 1, not {self.weights}")

    @property
    def rates(self) -> tuple[float, ...]:
        """The rate of each alternative."""
        r = self.threshold
        return tuple(ratio * r / (1 + (ratio - 1) * r) for ratio in self.ratios)

    def at(self, threshold: float) -> Mixture:
        """The same odds ratios and weights against another threshold."""
        return replace(self, threshold=threshold)

    def log_e(self, events: ArrayLike, n: ArrayLike) -> Floats:
        """Natural logarithm of the evidence after `events` of `n` episodes; broadcast, −inf for none at all.

        Raises:
            ValueError: for counts that are not whole, or events outside 0..n.
        """
        k, m = counts(events, n)
        return self.combine(self.scores(k), m)

    def components(self, events: ArrayLike, n: ArrayLike) -> Floats:
        """Unweighted log likelihood ratios, of shape (alternatives, …); errors as `log_e`."""
        k, m = counts(events, n)
        return self.scores(k) - _outer(np.log1p(self._steps * self.threshold), m.astype(np.float64))

    def path(self, outcomes: ArrayLike) -> Floats:
        """Log evidence after each outcome, in the order given.

        Args:
            outcomes: shape (n,); each 0 or 1, or anything between.

        Raises:
            ValueError: if an outcome is outside [0, 1] or the shape is another.
        """
        x = unit(outcomes)
        if x.ndim != 1:
            raise ValueError(f"outcomes are one sequence, not an array of shape {x.shape}")
        binary = bool(np.all((x == 0) | (x == 1)))
        found = np.empty(len(x))
        before = np.zeros(len(self.ratios))
        events = np.cumsum(x) if binary else x
        for start in range(0, len(x), ROWS):
            part = slice(start, start + ROWS)
            if binary:
                sums = self.scores(events[part])
            else:
                steps = self.steps(x[part])
                # The running sums go in as the first term, so that the order of the additions, and with it
                # the last digit, is that of one long sum wherever the parts begin.
                steps[:, 0] += before
                sums = np.cumsum(steps, axis=1)
                before = sums[:, -1]
            found[part] = self.combine(sums, np.arange(start + 1, start + 1 + sums.shape[1]))
        return found

    def scores(self, events: ArrayLike) -> Floats:
        """Log numerators of so many events, of shape (alternatives, …), whatever the threshold."""
        k = np.asarray(events, np.float64)
        ratios = np.asarray(self.ratios)
        # 0 · log 0 is 0 here: without events even rate 0 has lost nothing.
        found = _outer(np.log(np.where(ratios > 0, ratios, 1.0)), k)
        for row in np.flatnonzero(ratios == 0):
            found[row] = np.where(k > 0, -np.inf, 0.0)
        return found

    def steps(self, outcomes: ArrayLike) -> Floats:
        """Log numerator of each outcome in [0, 1], of shape (alternatives, …)."""
        with np.errstate(divide="ignore"):
            return np.log1p(_outer(self._steps, np.asarray(outcomes, np.float64)))

    def combine(self, sums: Floats, n: ArrayLike, threshold: ArrayLike | None = None) -> Floats:
        """Log evidence from summed log numerators (as `scores` gives) of `n` episodes.

        Args:
            sums: shape (alternatives, …).
            n: episodes; broadcast against the rest of `sums`.
            threshold: thresholds in (0, 1) other than the mixture's own, broadcast likewise.
        """
        r = np.asarray(self.threshold if threshold is None else threshold, np.float64)
        m = np.asarray(n, np.float64)
        rest = max(sums.ndim - 1, m.ndim, r.ndim)
        terms = _lift(sums, rest) - m * _lift(np.log1p(_outer(self._steps, r)), rest)
        terms += _lift(np.log(np.asarray(self.weights)), rest)
        return _log_sum(terms)

    @property
    def _steps(self) -> Floats:
        return np.asarray(self.ratios) - 1


def alarm(threshold: float) -> Mixture:
    """Evidence that the rate is above the threshold.

    Weight 0.35 on twice the odds, where evidence is dearest, and 0.04 on 1.5 times, without which a rate that
    near takes almost twice as long. The rest on 2.5, 3.75, 5.625, … times the odds, as far as even odds (and
    at least three of them), each weight 2 % below the one before. Found by a search with exact operating
    characteristics; `benchmarks/monitor.py` shows what it gained.
    """
    _between(threshold)
    ratios = [2.5, 3.75, 5.625]
    while ratios[-1] * 1.5 * threshold <= 1 - threshold:
        ratios.append(ratios[-1] * 1.5)
    shares = 0.98 ** np.arange(len(ratios))
    shares *= 0.61 / shares.sum()
    return Mixture("above", threshold, (1.5, 2.0, *ratios), (0.04, 0.35, *shares.tolist()))


def clear(threshold: float) -> Mixture:
    """Evidence that the rate is below the threshold.

    Weight 0.5 on rate 0, what a clean model has; the rest equally on 1/2, 1/4, … 1/64 of the odds. No other
    weights were found that are cheaper at one rate and not dearer at another.
    """
    ratios = tuple(0.5**power for power in range(1, 7))
    share = 0.5 / len(ratios)
    return Mixture("below", threshold, (0.0, *ratios), (0.5, *[share] * len(ratios)))


def level(alpha: float) -> float:
    """Log evidence that decides at an error rate: log(1/α).

    Raises:
        ValueError: if `alpha` is outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not {alpha}")
    return -log(alpha)


def crossing(log_e: ArrayLike, alpha: float) -> int | None:
    """After how many outcomes a path first reached 1/α; None if it never did.

    Raises:
        ValueError: if `alpha` is outside (0, 1).
    """
    reached = np.asarray(log_e) >= level(alpha)
    return int(np.argmax(reached)) + 1 if reached.any() else None


def unit(outcomes: ArrayLike) -> Floats:
    """Read outcomes as numbers.

    Raises:
        ValueError: if one is outside [0, 1], or not a number.
    """
    x = np.asarray(outcomes, np.float64)
    if not np.all((x >= 0) & (x <= 1)):
        raise ValueError("outcomes lie between 0 and 1")
    return x


def _between(threshold: float) -> None:
    if not 0 < threshold < 1:
        raise ValueError(f"a threshold lies between 0 and 1, not {threshold}")


def _outer(first: Floats, second: Floats) -> Floats:
    return cast(Floats, np.multiply.outer(first, second))


def _lift(values: Floats, rest: int) -> Floats:
    """The same array with `rest` axes behind its first, so that what lies behind it broadcasts."""
    return values.reshape(values.shape[:1] + (1,) * (rest + 1 - values.ndim) + values.shape[1:])


def _log_sum(terms: Floats) -> Floats:
    """Log of the sum of exponentials over the first axis, −inf if all terms are; overwrites its argument."""
    top = np.max(terms, axis=0)
    safe = np.where(np.isfinite(top), top, 0.0)
    terms -= safe
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.sum(np.exp(terms, out=terms), axis=0)) + safe)
