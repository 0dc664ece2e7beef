"""Whether persuasiveness rises over the generations of a class of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from statsmodels.stats.nonparametric import jonckheere_terpstra

from subterfuge.persuasion.analysis.engine import Fit, source_mean
from subterfuge.persuasion.analysis.results import Trend

GENERATIONS = Path(__file__).with_name("generations.yaml")


@cache
def published() -> dict[str, list[str]]:
    """The published study's classes of models, each oldest first."""
    loaded: dict[str, list[str]] = yaml.safe_load(GENERATIONS.read_text(encoding="utf-8"))
    return loaded


def trends(
    frame: pd.DataFrame,
    fit: Fit,
    generations: Mapping[str, Sequence[str]],
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[Trend, ...]:
    """One trend for each group of which at least two sources are there.

    `step` is the linear contrast over generations: the slope of a least-squares line through the sources'
    means, its interval from the engine's bootstrap over topics. With three generations it is half the rise
    from the first to the last, and rests on their ratings alone. Beside it stands the test of Jonckheere
    (1954, Biometrika 41:133) and Terpstra on the arguments' mean shifts, which asks for no equal steps but
    takes arguments as independent.

    Args:
        frame: ratings that `fit` was fitted to.
        fit: the better model, with `source` as the first of its cells.
        generations: for each group its sources, oldest first; ones that are not in `fit` are passed over.
        draws: bootstrap draws of topics.
        seed: of the draws.
    """
    known = {cell[0] for cell in fit.cells}
    groups = {name: tuple(s for s in sources if s in known) for name, sources in generations.items()}
    groups = {name: sources for name, sources in groups.items() if len(sources) > 1}
    if not groups:
        return ()
    rows = np.array([_contrast(fit, sources) for sources in groups.values()])
    steps = fit.bootstrap(rows, draws, seed).estimates()
    read = frame[frame["arm"] == "argument"]
    means = read.groupby(["source", "argument"])["shift"].mean().round(9)
    found = []
    for (group, sources), step in zip(groups.items(), steps, strict=True):
        z, p = _jonckheere([means[source].to_numpy(float) for source in sources])
        found.append(Trend(group=group, sources=sources, step=step, jonckheere_z=z, jonckheere_p=p))
    return tuple(found)


def _contrast(fit: Fit, sources: Sequence[str]) -> np.ndarray:
    """A row of K: the slope over generations 0, 1, 2 ..."""
    at = np.arange(len(sources)) - (len(sources) - 1) / 2
    return np.asarray((at / (at @ at)) @ np.array([source_mean(fit, source) for source in sources]))


def _jonckheere(samples: Sequence[np.ndarray]) -> tuple[float | None, float | None]:
    """Standard normal statistic and two-sided p; None where all values are one."""
    if len(np.unique(np.concatenate(samples))) < 2:
        return None, None
    found = jonckheere_terpstra(samples, alternative="two-sided")
    return float(found.zstat), float(found.pvalue)
