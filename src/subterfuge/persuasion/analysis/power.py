"""What a study of persuasion can show, before anybody is asked: by simulating it many times over.

Each simulated study is analysed as a real one is: the estimator of `engine` and its standard error, clustered
on topics, for many studies at once. In place of the bootstrap there is t with topics - 1 degrees of freedom
(Cameron and Miller, 2015, Journal of Human Resources 50:317), which is much faster and ends alike.
`closed_form` is the textbook's approximation beside it, which knows neither topics nor arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

from subterfuge.persuasion.analysis.simulate import (
    STRATEGIES,
    Design,
    Floats,
    Ints,
    Layout,
    lay_out,
    published_sd,
)
from subterfuge.persuasion.errors import PersuasionError

ALPHA = 0.05
MARGIN = 0.15
"""Smallest effect of interest, in scale points: 0.17 standard deviations of a shift."""
BATCH = 50_000
"""Ratings that are simulated at once: they stay within a processor's cache."""
MOST = 50_000
"""Ratings for each source above which a study is out of the question."""

Goal = Literal["significant", "equivalent"]
Over = Literal["ratings", "topics", "per_argument"]


@dataclass(frozen=True)
class Power:
    """How often a study of one source and a reference ends in which way."""

    difference: float
    """True difference, in scale points."""
    ratings: int
    reference_ratings: int
    topics: int
    per_argument: int
    superior: float
    """Shares of simulated studies, by verdict."""
    equivalent: float
    inferior: float
    inconclusive: float
    significant: float
    """Share with a corrected p of at most 0.05, two-sided, whatever the verdict."""
    mean: float
    """Mean estimated difference."""
    se: float
    """Standard deviation of the estimated differences."""
    replicates: int

    @property
    def error(self) -> float:
        """Largest Monte Carlo standard error of the shares."""
        shares = np.array(
            [self.superior, self.equivalent, self.inferior, self.inconclusive, self.significant]
        )
        return float(np.sqrt(shares * (1 - shares) / self.replicates).max())


def power(
    design: Design,
    difference: float,
    margin: float = MARGIN,
    *,
    sources: int = 1,
    replicates: int = 2000,
    seed: int = 0,
) -> Power:
    """How a study of one source and the reference will end.

    Args:
        design: the study; of its sources only their number of ratings counts.
        difference: true difference between source and reference, in scale points.
        margin: smallest effect of interest, in scale points.
        sources: how many are compared with the reference at once. Of several this is the least power that
            Holm's correction leaves: as if no other differed.
        replicates: simulated studies.
        seed: the same seed gives the same figures.

    Raises:
        PersuasionError: the margin is not positive, there is no source, or none can differ that much.
    """
    if sources < 1:
        raise PersuasionError("At least one source is compared with the reference.")
    if margin <= 0:
        raise PersuasionError("The margin is a number of scale points above 0.")
    design = replace(design, differences={"source": difference})
    found = [*_estimates(design, replicates, np.random.default_rng(seed))]
    estimate, se = (np.concatenate(each) for each in zip(*found, strict=True))
    degrees = design.topics - 1
    equivalent = np.abs(estimate) + stats.t.isf(ALPHA, degrees) * se < margin
    significant = np.abs(estimate) >= stats.t.isf(ALPHA / 2 / sources, degrees) * se
    other = significant & ~equivalent
    return Power(
        difference=difference,
        ratings=design.ratings,
        reference_ratings=design.reference_ratings,
        topics=design.topics,
        per_argument=design.per_argument,
        superior=float((other & (estimate > 0)).mean()),
        equivalent=float(equivalent.mean()),
        inferior=float((other & (estimate < 0)).mean()),
        inconclusive=float((~significant & ~equivalent).mean()),
        significant=float(significant.mean()),
        mean=float(estimate.mean()),
        se=float(estimate.std()),
        replicates=replicates,
    )


def curve(
    design: Design,
    difference: float,
    margin: float = MARGIN,
    *,
    over: Over = "ratings",
    values: Sequence[int],
    sources: int = 1,
    replicates: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """`power` at several values of one property of the design: a row for each, a column for each figure.

    Over `ratings`, both sources have that many.
    """
    found = []
    for value in values:
        changes: dict[str, Any] = {over: value}
        changed = with_ratings(design, value) if over == "ratings" else replace(design, **changes)
        found.append(power(changed, difference, margin, sources=sources, replicates=replicates, seed=seed))
    return pd.DataFrame([{**asdict(one), "error": one.error} for one in found])


def n_for(
    design: Design,
    difference: float,
    margin: float = MARGIN,
    *,
    goal: Goal,
    wanted: float = 0.8,
    sources: int = 1,
    replicates: int = 4000,
    seed: int = 0,
) -> int | None:
    """Ratings that each of the two sources needs to reach a goal with a wanted probability, to about 2 %.

    Args:
        design: the study; its numbers of ratings don't count.
        difference: true difference, in scale points.
        margin: smallest effect of interest, in scale points.
        goal: `significant` in a two-sided test, or `equivalent` within the margin.
        wanted: the probability.
        sources: how many are compared with the reference at once: see `power`.
        replicates: simulated studies for each number tried.
        seed: the same seed gives the same number.

    Returns:
        The number; None if more than `MOST` wouldn't do: then only more topics can help, if anything.
    """

    def enough(ratings: int) -> bool:
        tried = with_ratings(design, ratings)
        found = power(tried, difference, margin, sources=sources, replicates=replicates, seed=seed)
        return bool(getattr(found, goal) >= wanted)

    low = design.per_argument
    high = closed_form_n(difference, margin, goal=goal, wanted=wanted) or MOST
    while not enough(high):
        if high >= MOST:
            return None
        low, high = high, min(2 * high, MOST)
    while high > 1.01 * low + 1:
        middle = round(np.sqrt(low * high)) if low > 1 else high // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def with_ratings(design: Design, ratings: int) -> Design:
    """The design with this many ratings of each source."""
    return replace(design, ratings=ratings, reference_ratings=ratings)


def closed_form(
    ratings: int, reference_ratings: int, difference: float, margin: float = MARGIN
) -> dict[str, float]:
    """The textbook's power of two means of independent ratings, with normal quantiles.

    Returns:
        `significant` and `equivalent`: probabilities (for two one-sided tests Schuirmann, 1987);
        `detectable`: the difference that is found with a probability of 0.8.
    """
    se = published_sd() * np.sqrt(1 / ratings + 1 / reference_ratings)
    two, one = stats.norm.isf(ALPHA / 2), stats.norm.isf(ALPHA)
    found = stats.norm.sf(two - difference / se) + stats.norm.cdf(-two - difference / se)
    within = stats.norm.cdf((margin - difference) / se - one) - stats.norm.cdf(
        (-margin - difference) / se + one
    )
    return {
        "significant": float(found),
        "equivalent": float(max(0.0, within)),
        "detectable": float((two + stats.norm.ppf(0.8)) * se),
    }


def closed_form_n(
    difference: float, margin: float = MARGIN, *, goal: Goal, wanted: float = 0.8
) -> int | None:
    """The textbook's number of ratings for each source; None if none below `MOST` is enough."""

    def missing(ratings: float) -> float:
        return closed_form(ratings, ratings, difference, margin)[goal] - wanted  # type: ignore[arg-type]

    if missing(MOST) < 0:
        return None
    return int(np.ceil(brentq(missing, 1, MOST)))


def _estimates(design: Design, replicates: int, rng: np.random.Generator) -> Iterator[tuple[Floats, Floats]]:
    """Estimated differences of simulated studies, and their standard errors, a batch at a time.

    The layout of each batch is drawn anew.
    """
    size = max(1, BATCH // (design.ratings + design.reference_ratings))
    for start in range(0, replicates, size):
        layout = lay_out(design, rng)
        yield fit(layout, *layout.answers(design, rng, min(size, replicates - start)))


def fit(layout: Layout, before: Ints, shift: Ints) -> tuple[Floats, Floats]:
    """What `engine.fit` finds, of many studies of one source and the reference at once.

    Args:
        layout: of these studies.
        before: stances before, studies x ratings.
        shift: shifts, in the same shape.

    Returns:
        Differences of the source and the reference, and their cluster-robust standard errors.
    """
    cells, cell = np.unique(layout.source * len(STRATEGIES) + layout.strategy, return_inverse=True)
    _, claim, size = np.unique(
        cell * (layout.claim.max() + 1) + layout.claim, return_inverse=True, return_counts=True
    )
    weight = 1 / size[claim]
    share = weight / np.bincount(cell, weight)[cell]
    in_cell = share[:, None] * (cell[:, None] == np.arange(len(cells)))
    in_topic = (layout.topic[:, None] == np.unique(layout.topic)) * 1.0
    own = cells < len(STRATEGIES)
    sign = np.where(own, 1 / own.sum(), -1.0)

    means = before @ in_cell
    stance, moved = before - means[:, cell], shift - (shift @ in_cell)[:, cell]
    spread = (weight * stance**2).sum(axis=1, keepdims=True)
    slope = (weight * stance * moved).sum(axis=1, keepdims=True) / spread
    # What each rating adds to the difference, once the stance before is taken out.
    lever = share * sign[cell] - (means @ sign)[:, None] / spread * weight * stance
    scores = (lever * (moved - slope * stance)) @ in_topic
    topics, ratings = in_topic.shape[1], len(cell)
    free = topics / (topics - 1) * (ratings - 1) / (ratings - len(cells) - 1)
    return (lever * shift).sum(axis=1), np.sqrt(free * (scores**2).sum(axis=1))
