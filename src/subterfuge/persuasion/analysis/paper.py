"""The published study's estimator, for comparison with its figures (Durmus et al., 2024, methods, table 2).

An argument's score is the mean shift of its ratings, a source's is the mean of its arguments' scores, and
sources are compared two by two with t-tests, corrected after Benjamini and Hochberg (1995). It takes
arguments as independent, which arguments about the same topic are not. The study does not say which t-test:
Student's, two-sided, with pooled variance, is assumed.
"""

from __future__ import annotations

from itertools import combinations
from typing import cast

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind, ttest_ind_from_stats
from statsmodels.stats.multitest import multipletests

from subterfuge.persuasion.analysis.cells import Floats
from subterfuge.persuasion.analysis.results import PaperMean, PaperPair

SAME = 9
"""Decimals of an argument's score; scores that agree in them don't vary."""


def scores(frame: pd.DataFrame) -> dict[str, Floats]:
    """Each source's arguments' mean shifts, of ratings of arguments; sources sorted."""
    means = frame.groupby(["source", "claim", "argument"], sort=True)["shift"].mean().round(SAME)
    return {str(name): own.to_numpy(float) for name, own in means.groupby(level="source", sort=True)}


def paper_means(frame: pd.DataFrame) -> tuple[PaperMean, ...]:
    """Each source of which at least two arguments were rated; fewer have no standard error."""
    ratings = frame["source"].value_counts()
    return tuple(
        PaperMean(
            source=name,
            mean=float(own.mean()),
            sem=float(own.std(ddof=1) / np.sqrt(len(own))),
            arguments=len(own),
            ratings=int(ratings[name]),
        )
        for name, own in scores(frame).items()
        if len(own) > 1
    )


def paper_pairs(frame: pd.DataFrame) -> tuple[PaperPair, ...]:
    """A t-test for each pair of sources; pairs without any variance are left out."""
    found = []
    for (a, x), (b, y) in combinations(scores(frame).items(), 2):
        if min(len(x), len(y)) > 1 and (np.ptp(x) > 0 or np.ptp(y) > 0):
            x_told, y_told = ((s.mean(), s.std(ddof=1), len(s)) for s in (x, y))
            test = ttest_ind_from_stats(*x_told, *y_told)
            found.append((a, b, float(x.mean() - y.mean()), float(test.statistic), float(test.pvalue)))
    corrected = adjust([p for *_, p in found], "fdr_bh")
    return tuple(
        PaperPair(a=a, b=b, difference=difference, t=t, p=p, p_bh=cast(float, p_bh))
        for (a, b, difference, t, p), p_bh in zip(found, corrected, strict=True)
    )


def tost(a: Floats, b: Floats, margin: float) -> float:
    """Two one-sided t-tests (Schuirmann, 1987): p of a difference of means as great as the margin.

    Args:
        a: arguments' scores of one source.
        b: of another.
        margin: above 0, in scale points.
    """
    above = ttest_ind(a + margin, b, alternative="greater").pvalue
    below = ttest_ind(a - margin, b, alternative="less").pvalue
    return float(max(above, below))


def adjust(p: list[float | None] | list[float], method: str) -> list[float | None]:
    """Corrected p-values; None stays, and does not count as a test.

    Args:
        p: of all tests of a family.
        method: statsmodels' name: `holm` or `fdr_bh`.
    """
    tests = [one for one in p if one is not None]
    corrected = iter(multipletests(tests, method=method)[1] if tests else [])
    return [None if one is None else float(next(corrected)) for one in p]
