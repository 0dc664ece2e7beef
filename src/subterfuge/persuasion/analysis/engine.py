"""The estimator of the analysis: weighted least squares on cells, and a bootstrap clustered on topics.

    shift = cell + covariates + error        cell: a source with one of its strategies

Within a cell every claim counts the same, however many ratings it has; a source's mean counts its strategies
the same: "averaged equally over claims and strategies". With stance before as covariate this is analysis of
covariance: regressing the shift on it gives what regressing the stance after on it gives, but for a slope
that is less by one (Vickers and Altman, 2001, BMJ 323:1123).

Topics are what results generalise over, so whole topics are drawn. Each draw's estimate is studentised by a
cluster-robust standard error of that same draw, which makes intervals honest with few clusters (Cameron,
Gelbach and Miller, 2008, Review of Economics and Statistics 90:414, "pairs cluster bootstrap-t"). All sums
that an estimate needs are taken once for each topic; a draw only adds them up, so that its cost does not
depend on the number of ratings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from subterfuge.persuasion.analysis.bootstrap import Bootstrapped, bootstrap
from subterfuge.persuasion.analysis.cells import Cells

Floats = npt.NDArray[np.float64]

FLAT = 1e-10
"""A covariate that varies less than this within cells, as a share of its variance, is taken as constant."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model. Sums are by topic, so that any weights of topics can be tried."""

    cells: list[tuple[str, ...]]
    """Values of the cell columns, sorted."""

    topics: list[str]
    """Sorted."""

    ratings: npt.NDArray[np.int64]
    """Rows of each cell."""

    weight: Floats
    """Topics x cells: sums of weights; a cell has one for each of its claims."""

    outcome: Floats
    """Topics x cells: weighted sums of the outcome."""

    covariate: Floats
    """Topics x cells x covariates: weighted sums of the covariates, less their mean and in SDs."""

    square: Floats
    """Topics x covariates x covariates: weighted sums of their products."""

    product: Floats
    """Topics x covariates: weighted sums of their products with the outcome."""

    scale: Floats
    """Standard deviations of the covariates."""

    @cached_property
    def coefficients(self) -> Floats:
        """Cells: the mean outcome of each at the mean of the covariates, weighted as the cells are."""
        return self.contrast(np.eye(len(self.cells)))

    @cached_property
    def slopes(self) -> Floats:
        """Covariates: how much the outcome rises with each, in its own unit; 0 for one without variance."""
        found: Floats = self._solve(np.ones((1, len(self.topics))))[1][0] / self.scale
        return found

    def contrast(self, K: Floats) -> Floats:
        """Contrasts: weighted sums of cells; nan where one has a weight for a cell that is missing.

        Args:
            K: contrasts x cells; see `source_mean` and `difference`.
        """
        value: Floats = self.evaluate(np.ones((1, len(self.topics))), np.asarray(K, float))[0][0]
        return value

    def bootstrap(self, K: Floats, draws: int = 10_000, seed: int = 0) -> Bootstrapped:
        """Draw topics with replacement and estimate contrasts in each draw.

        Args:
            K: contrasts x cells.
            draws: how many.
            seed: the same seed draws the same topics, for all fits with the same number of topics.
        """
        K = np.atleast_2d(np.asarray(K, float))
        ratings = (np.nan_to_num(K) != 0) @ self.ratings
        # In a topic of its own a cell has no residuals: the standard error would leave out what it can't see.
        alone = (K != 0) @ ((self.weight > 0).sum(axis=0) < 2)
        size = len(self.cells) + len(K)
        found = bootstrap(lambda counts: self.evaluate(counts, K), len(self.topics), size, draws, seed)
        return replace(found, se=np.where(alone, np.nan, found.se), n=ratings)

    def leave_one_out(self, K: Floats) -> Floats:
        """Topics x contrasts: the contrasts without each topic."""
        return self.evaluate(1 - np.eye(len(self.topics)), np.atleast_2d(np.asarray(K, float)))[0]

    def evaluate(self, counts: Floats, K: Floats) -> tuple[Floats, Floats]:
        """Draws x contrasts: values and cluster-robust standard errors (CR1, Cameron and Miller, 2015).

        Args:
            counts: draws x topics: how often each topic counts.
            K: contrasts x cells.
        """
        if not self.cells:
            return (np.full((len(counts), len(K)), np.nan),) * 2
        level, slope, means, inverse, total = self._solve(counts)
        whole = counts @ self.weight.sum(axis=1)
        share = self.covariate.sum(axis=1)
        mean = _divide(counts @ share, whole[:, None])
        sums = K.sum(axis=1)
        value = level @ K.T + (mean * slope).sum(axis=1)[:, None] * sums
        # What each topic's residuals add to the normal equations, by cell and by covariate.
        by_cell = (
            self.outcome - self.weight * level[:, None] - np.einsum("gcq,dq->dgc", self.covariate, slope)
        )
        by_covariate = (
            self.product
            - np.einsum("gcq,dc->dgq", self.covariate, level)
            - np.einsum("gqr,dr->dgq", self.square, slope)
        )
        # The inverse of the normal matrix times a contrast, by blocks.
        of_slope = (sums[:, None] * mean[:, None] - K @ means) @ inverse
        of_cell = K * _divide(1.0, total)[:, None] - of_slope @ means.transpose(0, 2, 1)
        influence = by_cell @ of_cell.transpose(0, 2, 1) + by_covariate @ of_slope.transpose(0, 2, 1)
        # The mean of the covariates, at which a source's mean is taken, is an estimate as well.
        off = share - self.weight.sum(axis=1)[:, None] * mean[:, None]
        influence += _divide((off * slope[:, None]).sum(axis=2), whole[:, None])[..., None] * sums
        variance = np.einsum("dg,dgk->dk", counts, influence**2)
        missing = ((total <= 0).astype(float) @ (K != 0).T > 0) | ~(K != 0).any(axis=1)
        value[missing] = np.nan
        return value, np.where(missing, np.nan, np.sqrt(self._correction * variance))

    def _solve(self, counts: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Draws: cells' levels, slopes, cells' means of covariates, the slopes' inverse, cells' weights.

        A slope that can't be told from others, or from cells, gets the least value that fits.
        """
        total = counts @ self.weight
        mean = _divide(counts @ self.outcome, total)
        sums = np.einsum("dg,gcq->dcq", counts, self.covariate)
        means = _divide(sums, total[..., None])
        within = np.einsum("dg,gqr->dqr", counts, self.square) - np.einsum("dcq,dcr->dqr", sums, means)
        jointly = counts @ self.product - np.einsum("dcq,dc->dq", sums, mean)
        values, vectors = np.linalg.eigh(within)
        kept = values > FLAT * total.sum(axis=1)[:, None]
        reciprocal = np.where(kept, 1 / np.where(kept, values, 1), 0)
        inverse = np.einsum("dqs,ds,drs->dqr", vectors, reciprocal, vectors)
        slope = np.einsum("dqr,dr->dq", inverse, jointly)
        return mean - np.einsum("dcq,dq->dc", means, slope), slope, means, inverse, total

    @cached_property
    def _correction(self) -> float:
        """CR1: topics / (topics - 1) x (rows - 1) / (rows - coefficients)."""
        topics, rows = len(self.topics), int(self.ratings.sum())
        inverse = self._solve(np.ones((1, topics)))[3][0]
        free = rows - len(self.cells) - int(np.linalg.matrix_rank(inverse, hermitian=True))
        return topics / (topics - 1) * (rows - 1) / free if topics > 1 and free > 0 else np.nan


def fit(
    frame: pd.DataFrame,
    outcome: str = "shift",
    covariates: Sequence[str] = ("before",),
    *,
    cells: Sequence[str] = ("source", "strategy"),
    counts: str | None = None,
) -> Fit:
    """Fit the model to ratings. Rows without the outcome or a covariate are left out.

    Args:
        frame: ratings, with the columns named here and `topic` and `claim`.
        outcome: the column to explain. With `shift` and the covariate `before` a cell's coefficient is its
            mean stance after at the mean stance before, less that mean.
        covariates: columns of numbers. Without any, coefficients are weighted means.
        cells: columns that make up a cell.
        counts: column with how many ratings a row stands for; without it, one each.
    """
    frame = frame.dropna(subset=[outcome, *covariates])
    found = Cells.of(frame, cells, frame[counts].to_numpy(float) if counts else None)
    y = frame[outcome].to_numpy(float)
    z = frame[list(covariates)].to_numpy(float)
    w = found.weights
    z = z - (w @ z / w.sum() if len(z) else 0)
    scale = np.sqrt(w @ z**2 / w.sum()) if len(z) else np.ones(z.shape[1])
    scale = np.where(scale > 1e-12, scale, 1)
    z = z / scale
    each, (g, c, q) = range(z.shape[1]), (len(found.topics), len(found.names), z.shape[1])
    square = [found.by_topic(w * z[:, i] * z[:, j]) for i in each for j in each]
    return Fit(
        cells=found.names,
        topics=found.topics,
        ratings=found.sizes,
        weight=found.sums(w),
        outcome=found.sums(w * y),
        covariate=np.array([found.sums(w * z[:, i]) for i in each]).reshape(q, g, c).transpose(1, 2, 0),
        square=np.array(square).reshape(q, q, g).transpose(2, 0, 1),
        product=np.array([found.by_topic(w * z[:, i] * y) for i in each]).reshape(q, g).T,
        scale=scale,
    )


def source_mean(fit: Fit, source: str) -> Floats:
    """A row of K: the mean of a source, its strategies counting the same; of nan if it has no cell."""
    own = np.array([cell[0] == source for cell in fit.cells], float)
    return own / own.sum() if own.any() else np.full(len(own), np.nan)


def difference(fit: Fit, a: str, b: str) -> Floats:
    """A row of K: the mean of source a minus the mean of source b."""
    return source_mean(fit, a) - source_mean(fit, b)


def _divide(a: Floats | float, b: Floats) -> Floats:
    """The quotient, and 0 where the divisor is."""
    a, b = np.broadcast_arrays(a, b)
    return np.divide(a, b, out=np.zeros(a.shape), where=b > 0)
