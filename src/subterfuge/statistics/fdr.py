"""Many hypotheses, one budget: the false discovery rate held with e-values, whatever their dependence.

The hypotheses about one model are tested on the same weights and often on the same prompts, so no rule that
needs independent tests will do. All e-values are given as natural logarithms, and each is the value of its
e-process where its run *stopped*, by its own boundary or at its cap. The running maximum of an e-process is
not an e-value, and e-BH on running maxima does not hold its rate: Tavyrikov, Goeman and de Heide, "Carefree
multiple testing with e-processes", arXiv:2501.19360. Nor may a run be stopped for what another one saw unless
the episodes of the two are independent: Wang, Dandapanthula and Ramdas, "Anytime-valid FDR control with the
stopped e-BH procedure", arXiv:2502.08539.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from subterfuge.statistics.intervals import Floats

Bools = NDArray[np.bool_]

SCALE = 0.07720838
"""Makes the unlimited shares of `share` sum to less than one (0.976)."""


def share(position: int, planned: int | None = None) -> float:
    """The part of the whole error rate that the test in this position may use; the parts sum to at most one.

    Args:
        position: which test it is, counted from 1.
        planned: how many tests the budget is for, fixed beforehand: each gets the same part. With none the
            tests may go on for ever, and the parts fall as log(t) / (t exp(√log t)), the sequence of
            Javanmard and Montanari, "Online rules for control of false discovery rate and false discovery
            exceedance", Annals of Statistics 46 (2018), 526–554. Two fifths of that budget lie beyond the ten
            millionth test, so a year whose number of tests is known is better planned.

    Raises:
        ValueError: for a position below 1 or beyond the plan.
    """
    if position < 1:
        raise ValueError(f"tests are counted from 1, not {position}")
    if planned is not None:
        if position > planned:
            raise ValueError(f"test {position} is beyond the {planned} that the budget was planned for")
        return 1 / planned
    return SCALE * log(max(position, 2)) / (position * exp(sqrt(log(position))))


def e_lond(log_e: ArrayLike, alpha: float, planned: int | None = None) -> Bools:
    """Which hypotheses are rejected, in the order in which they were tested; no decision is ever revised.

    Test t is rejected where its e-value reaches 1 / (α · share(t) · (1 + rejections before t)). Holds the
    false discovery rate at every time under any dependence of the e-values. Source: Xu and Ramdas, "Online
    multiple testing with e-values", AISTATS 2024, section 3.

    Args:
        log_e: log e-value of each hypothesis at its stopping time, in order of testing.
        alpha: false discovery rate, in (0, 1).
        planned: as for `share`.

    Raises:
        ValueError: for NaN, an array that is not a list, an alpha outside (0, 1), or more tests than planned.
    """
    values, rate = _values(log_e), _alpha(alpha)
    rejected = np.zeros(values.size, dtype=np.bool_)
    found = 0
    for position, value in enumerate(values):
        level = rate * share(position + 1, planned) * (found + 1)
        rejected[position] = value >= -log(level)
        found += int(rejected[position])
    return rejected


def e_bh(log_e: ArrayLike, alpha: float) -> Bools:
    """Which of a fixed set of hypotheses are rejected when all are judged at once.

    Rejects the k largest e-values, k being the largest number with e₍ₖ₎ ≥ m / (α k). Holds the false
    discovery rate under any dependence. Source: Wang and Ramdas, "False discovery rate control with
    e-values", Journal of the Royal Statistical Society B 84 (2022), 822–852, section 4.

    Args:
        log_e: log e-value of each hypothesis at its stopping time.
        alpha: false discovery rate, in (0, 1).

    Raises:
        ValueError: for NaN, an array that is not a list, or an alpha outside (0, 1).
    """
    values = _values(log_e)
    rejected = np.zeros(values.size, dtype=np.bool_)
    order = np.argsort(-values, kind="stable")
    rank = np.arange(1, values.size + 1)
    passing = np.flatnonzero(values[order] >= np.log(values.size / (_alpha(alpha) * rank)))
    if passing.size:
        rejected[order[: passing[-1] + 1]] = True
    return rejected


def mean_e(log_e: ArrayLike, axis: int = -1, weights: ArrayLike | None = None) -> Floats:
    """Log of the mean of e-values: one e-value for "any of these", under any dependence.

    For one behaviour made of several it asks whether any of them exceeds its threshold. It may be taken of
    whole paths at common times, and of detectors' statistics. Source: Vovk and Wang, "E-values: calibration,
    combination and applications", Annals of Statistics 49 (2021), 1736–1754, proposition 3.1.

    Args:
        log_e: log e-values, of any shape.
        axis: the axis that is averaged over.
        weights: one weight for each along the axis, fixed before the data, summing to one; equal by default.

    Raises:
        ValueError: for NaN, nothing to average, or weights that are negative or do not sum to one.
    """
    values = np.asarray(log_e, dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError("an e-value cannot be NaN")
    values = np.moveaxis(values, axis, -1)
    size = values.shape[-1]
    if size == 0:
        raise ValueError("there is no e-value to average")
    parts = np.full(size, 1 / size) if weights is None else np.asarray(weights, dtype=np.float64)
    if parts.shape != (size,) or np.any(parts < 0) or not np.isclose(parts.sum(), 1):
        raise ValueError(f"weights are {size} numbers of at least 0 that sum to 1, not {parts.tolist()}")
    # What has no weight is left out: its e-value may be infinite, and 0 · ∞ is not a number.
    used = parts > 0
    return np.asarray(logsumexp(values[..., used] + np.log(parts[used]), axis=-1), dtype=np.float64)


def _values(log_e: ArrayLike) -> Floats:
    values = np.asarray(log_e, dtype=np.float64)
    if values.ndim != 1 or np.isnan(values).any():
        raise ValueError("log e-values are a list of numbers, none of them NaN")
    return values


def _alpha(alpha: float) -> float:
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not {alpha}")
    return alpha
