"""How well ratings tell one argument from another.

What is compared is the variance of shifts between arguments of one source for one claim. That some claims
move people more, or some sources write better, is left out: it would be there if all arguments of a source
were copies. A source's strategies are part of how its arguments differ.

    shift = cell + argument + error        cell: source x claim

Raters who each read one text of a cell are part of the error: intraclass correlation (1) of Shrout and Fleiss
(1979, Psychological Bulletin 86:420). Where most raters read several texts of a cell, as simulated ones do,
what is particular to a rater there is taken out first (their case 3): it is in every argument's mean alike
and does not blur the difference. Components are by the method of fitting constants, which holds for any
numbers of arguments and ratings (Searle, Casella and McCulloch, 1992, Variance Components, section 5.5).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from subterfuge.persuasion.analysis.bootstrap import Floats
from subterfuge.persuasion.analysis.resample import ratio, resample
from subterfuge.persuasion.analysis.results import Reliability


def reliability(frame: pd.DataFrame, draws: int = 10_000, seed: int = 0) -> Reliability | None:
    """Reliability of arguments' ratings and of their means, from the argument arm.

    An estimate of the variance between arguments can come out below 0. Then `icc` keeps its sign, and
    reliability and ceiling are 0: these ratings show no difference between arguments.

    Args:
        frame: ratings, see `ratings.COLUMNS`.
        draws: bootstrap draws of topics, for the interval of `icc`.
        seed: of the draws.

    Returns:
        None if no argument has two ratings, or no source has two arguments for one claim.
    """
    frame = frame[frame["arm"] == "argument"]
    sizes = frame.groupby("argument").size()
    sums = _sums(frame)
    _, between, _, _, within = sums.sum(axis=0)
    if not between or not within:
        return None
    raters = float(len(sizes) / (1 / sizes).sum())
    (icc,) = resample(lambda counts: _icc(counts @ sums)[:, None], len(sums), draws, seed)
    mean = None if np.isnan(icc.value) else raters * max(icc.value, 0.0)
    mean = None if mean is None else mean / (1 + (raters - 1) * max(icc.value, 0.0))
    return Reliability(
        icc=icc.estimate(len(frame)),
        raters=raters,
        reliability=mean,
        ceiling=None if mean is None else float(np.sqrt(mean)),
    )


def _sums(frame: pd.DataFrame) -> Floats:
    """Topics x what `_icc` needs: sums over the cells of each topic."""
    repeated = _repeated(frame)
    found = {topic: np.zeros(5) for topic in sorted(frame["topic"].unique())}
    for (topic, *_), cell in frame.groupby(["topic", "source", "claim"], sort=False):
        argument = pd.factorize(cell["argument"])[0]
        rater = pd.factorize(cell["rater"])[0] if repeated else np.zeros(len(cell), np.int64)
        found[topic] += _components(cell["shift"].to_numpy(float), argument, rater)
    return np.array(list(found.values())).reshape(-1, 5)


def _components(shift: Floats, argument: np.ndarray, rater: np.ndarray) -> Floats:
    """Figures of one cell.

    Sum of squares between arguments, its degrees of freedom, and how many times the variance of arguments it
    is expected to hold; sum of squares within and its degrees of freedom.
    """
    columns = np.column_stack([shift, np.eye(argument.max() + 1)[argument]])
    raters = np.eye(rater.max() + 1)[rater]
    columns -= raters @ ((raters.T @ columns) / raters.sum(axis=0)[:, None])
    y, z = columns[:, 0], columns[:, 1:]
    fitted, _, rank, _ = np.linalg.lstsq(z, y, rcond=1e-9)
    between = float(((z @ fitted) ** 2).sum())
    free = len(y) - raters.shape[1] - rank
    # Sums of squares of a saturated cell are 0 but for rounding.
    return np.array([between, rank, (z**2).sum(), max((y**2).sum() - between, 0.0) if free else 0.0, free])


def _icc(sums: Floats) -> Floats:
    """Share of variance between arguments; rows are draws."""
    between, free_between, held, within, free_within = sums.T
    error = ratio(within, free_within)
    arguments = ratio(between - free_between * error, held)
    return ratio(arguments, arguments + error)


def _repeated(frame: pd.DataFrame) -> bool:
    """Whether most raters of a source's arguments for a claim read more than one of them."""
    return bool((frame.groupby(["source", "claim", "rater"])["argument"].nunique() > 1).mean() > 0.5)
