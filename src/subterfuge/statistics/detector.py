"""Change over releases: evidence is carried from one release to the next, so that a slow creep adds up.

A test of each release alone forgets, and a comparison with the release before is blind to a creep. The
e-detector keeps, for each alternative of the mixture, the Shiryaev–Roberts sum of likelihood ratios over all
releases at which a change may have begun: S_t = (S_{t−1} + 1) · LR_t. The statistic is the weighted mean of
these sums, taken *after* the products: averaging the ratios of each release first would lose the memory of
which alternative has been doing well. Source: Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric
framework for sequential change detection", New England Journal of Statistics in Data Science 2 (2024),
229–260, sections 2 and 3.

While the rate is at most the threshold, the mean number of releases before the statistic first reaches R is
at least R, and the chance that it does so within T releases is at most T / R. Both hold whatever the numbers
of episodes, also where a release stopped at a verdict. For m hypotheses watched together the mean is at least
R / m and the chance at most m · T / R, under any dependence between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp

from subterfuge.statistics.intervals import Floats, Ints, counts
from subterfuge.statistics.mixture import Mixture, alarm, clear

PAGE = 200.0
"""Mean run length, in releases, before a false page: someone is called."""

WATCH = 20.0
"""Mean run length, in releases, before a false entry on the watch list."""


@dataclass(frozen=True)
class Detection:
    """The detector's state after each release, for one hypothesis or an array of them."""

    statistic: Floats
    """Log of the mean sum after each release, shape (..., releases); −inf before the first with episodes."""

    threshold: Floats
    """The rate that the releases are held against, shape (...)."""

    page: float
    """Mean run length before a false page, in releases."""

    watch: float
    """Mean run length before a false watch, in releases."""

    @property
    def pages(self) -> NDArray[np.bool_]:
        """Where the statistic is at or above the page tier, shape (..., releases)."""
        return self.statistic >= log(self.page)

    @property
    def watches(self) -> NDArray[np.bool_]:
        """Where it is at or above the watch tier."""
        return self.statistic >= log(self.watch)

    @property
    def first_page(self) -> Ints:
        """Number of releases after which it first paged, counted from 1; 0 if it never did; shape (...)."""
        return _first(self.pages)

    @property
    def first_watch(self) -> Ints:
        """The same for the watch tier."""
        return _first(self.watches)


def detect(
    events: ArrayLike,
    n: ArrayLike,
    threshold: ArrayLike,
    page: float = PAGE,
    watch: float = WATCH,
    mixture: Mixture | None = None,
) -> Detection:
    """Run the detector over a history of releases.

    A release without episodes leaves the statistic as it is: it is no evidence, and does not count towards
    the run length. After a page the caller acts, and starts again by passing only the releases since.

    Args:
        events: events in each release, shape (..., releases); missing outcomes already filled in.
        n: episodes in each release, broadcast against `events`.
        threshold: rate above which a change is to be seen, in (0, 1): one, or one for each hypothesis,
            broadcast to shape (...). It is fixed before the first release.
        page: mean run length of the page tier, in releases.
        watch: mean run length of the watch tier.
        mixture: alternatives and weights for "above"; moved to each threshold with its ratios kept. By
            default `alarm` of each threshold.

    Raises:
        ValueError: for counts that are not whole or outside 0..n, no axis of releases, a threshold outside
            (0, 1), run lengths that do not satisfy 1 < watch ≤ page, or a mixture for "below".
    """
    k, m = counts(events, n)
    if k.ndim == 0:
        raise ValueError("the last axis is that of the releases")
    if not 1 < watch <= page:
        raise ValueError(f"run lengths satisfy 1 < watch ≤ page, not {watch} and {page}")
    if mixture is not None and mixture.claim != "above":
        raise ValueError("a detector looks for rates above its threshold")
    limits = np.array(np.broadcast_to(np.asarray(threshold, dtype=np.float64), k.shape[:-1]))
    if not np.all((limits > 0) & (limits < 1)):
        raise ValueError("a threshold lies between 0 and 1")
    statistic = np.empty(k.shape)
    for limit in np.unique(limits):
        same = limits == limit
        used = alarm(float(limit)) if mixture is None else mixture.at(float(limit))
        statistic[same] = _sums(k[same], m[same], used)
    return Detection(statistic, limits, float(page), float(watch))


def anchor_threshold(events: int, n: int, alpha: float = 0.05) -> float:
    """Upper limit of the anchor's rate, to be the threshold of everything that is compared with it.

    The anchor is one release, measured once and frozen: a baseline that moves with the releases hides what
    creeps. Half of `alpha` is spent here: the rate of the anchor is above the limit with probability at most
    α/2, and the other half is for a test against the limit. It is the greatest r that `clear` at r has not
    refused, hence anytime-valid: the anchor may have stopped at a verdict of its own.

    Args:
        events: events of the anchor, its missing outcomes counted among them: were they left out, the
            releases would be blamed for what the anchor lost.
        n: episodes of the anchor.
        alpha: error rate of anchor and test together.

    Returns:
        The limit, in (0, 1]; 1 if so few episodes were without the event that no rate is excluded.

    Raises:
        ValueError: for an anchor without episodes, events outside 0..n, or an alpha outside (0, 1).
    """
    counts(events, n)
    if n == 0:
        raise ValueError("an anchor needs episodes")
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not {alpha}")
    base, limit = clear(0.5), log(2 / alpha)

    def excess(rate: float) -> float:
        return float(base.at(rate).log_e(events, n)) - limit

    # The evidence grows with the rate, from at most 0 at the observed one.
    low, high = max(events / n, 1e-12), 1 - 1e-12
    if low >= high or excess(high) < 0:
        return 1.0
    return float(brentq(excess, low, high, xtol=1e-15, rtol=1e-12))


def drift_from_anchor(
    anchor_events: int,
    anchor_n: int,
    events: ArrayLike,
    n: ArrayLike,
    alpha: float = 0.05,
    page: float = PAGE,
    watch: float = WATCH,
) -> Detection:
    """The detector against a frozen anchor: has the rate of the releases gone above the anchor's?

    But for probability α/2 over the anchor's own episodes the run lengths hold. The anchor must be large: no
    drift below its upper limit can be seen, and that limit is 3.9/n after no event at α = 0.05.

    Args:
        anchor_events: as for `anchor_threshold`.
        anchor_n: as for `anchor_threshold`.
        events: as for `detect`, the releases since the anchor.
        n: as for `detect`.
        alpha: as for `anchor_threshold`.
        page: as for `detect`.
        watch: as for `detect`.

    Raises:
        ValueError: as `anchor_threshold` and `detect`.
    """
    return detect(events, n, anchor_threshold(anchor_events, anchor_n, alpha), page, watch)


def _sums(k: Ints, n: Ints, mixture: Mixture) -> Floats:
    """Log of the mean of the sums after each release; k and n have shape (hypotheses, releases)."""
    ratios = mixture.components(k, n)
    weights = np.log(mixture.weights).reshape(-1, *[1] * (k.ndim - 1))
    sums = np.full(ratios.shape[:-1], -np.inf)
    statistic = np.empty(k.shape)
    for release in range(k.shape[-1]):
        moved = np.logaddexp(sums, 0.0) + ratios[..., release]
        sums = np.where(n[..., release] > 0, moved, sums)
        statistic[..., release] = logsumexp(sums + weights, axis=0)
    return statistic


def _first(reached: NDArray[np.bool_]) -> Ints:
    if reached.shape[-1] == 0:
        return np.zeros(reached.shape[:-1], dtype=np.int64)
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1, 0).astype(np.int64)
