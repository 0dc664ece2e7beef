"""Repeated prompts: episodes of one prompt resemble each other, so the prompt's mean is the unit of evidence.

The likelihood ratio of single episodes takes them for independent. Where a prompt is repeated they are not,
and a few bad prompts look like a bad rate: at 32 episodes a prompt and a correlation of 0.05 within prompts
false alarms go from 3 % to about 20 %. The bet on prompt means needs only that *prompts* are independent. It
is the second verdict, reported beside the first; the price is that evidence comes prompt by prompt.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from subterfuge.statistics.intervals import Floats, Ints
from subterfuge.statistics.mixture import Mixture

Sizes = int | Mapping[Hashable, int]
"""Planned episodes of each prompt: one number for all, or a number for each identifier."""


def cluster_means(outcomes: ArrayLike, clusters: ArrayLike, sizes: Sizes) -> tuple[Floats, Ints]:
    """Mean outcome of each cluster that is complete, in the order in which the schedule completes them.

    A cluster counts only when all its planned episodes are there. Its size comes from the plan, not from the
    data: were it closed when its outcomes look good, the mean would be biased.

    Args:
        outcomes: outcomes in [0, 1] in schedule order, missing ones already filled in; shape (n,).
        clusters: identifier of each outcome's cluster, integers or strings; shape (n,).
        sizes: planned size of the clusters.

    Returns:
        The means, and after how many outcomes each was complete (counted from 1, increasing).

    Raises:
        ValueError: for outcomes outside [0, 1], unequal lengths, a size below 1, or a cluster with more
            outcomes than planned.
        KeyError: for a cluster without a planned size.
    """
    values, ids = np.asarray(outcomes, dtype=np.float64), np.asarray(clusters)
    if values.ndim != 1 or values.shape != ids.shape:
        raise ValueError(f"each outcome has one cluster: {values.shape} and {ids.shape} do not match")
    if not np.all((values >= 0) & (values <= 1)):
        raise ValueError("outcomes lie in [0, 1]")
    names, member, found = np.unique(ids, return_inverse=True, return_counts=True)
    planned = _planned(names.tolist(), sizes)
    if np.any(found > planned):
        over = names[found > planned].tolist()
        raise ValueError(f"more outcomes than planned in the clusters {over}")
    total = np.bincount(member, weights=values, minlength=names.size)
    last = np.zeros(names.size, dtype=np.int64)
    np.maximum.at(last, member, np.arange(1, values.size + 1))
    complete = np.flatnonzero(found == planned)
    order = complete[np.argsort(last[complete])]
    # A sum of fractions may end a hair above its size.
    return np.minimum(total[order] / planned[order], 1.0), last[order]


def cluster_path(outcomes: ArrayLike, clusters: ArrayLike, sizes: Sizes, mixture: Mixture) -> Floats:
    """Log e-value after each outcome of the bet on cluster means; it moves where a cluster is completed.

    The rate that it speaks of is the mean over clusters, each weighing the same whatever its size. Valid at
    every look if the clusters are independent draws and the schedule does not depend on outcomes; within a
    cluster anything may depend on anything. Source of the bet: Waudby-Smith and Ramdas, "Estimating means of
    bounded random variables by betting", Journal of the Royal Statistical Society B 86 (2024), 1–27,
    section 4; its λ is the mixture's own.

    Args:
        outcomes: as for `cluster_means`.
        clusters: as for `cluster_means`.
        sizes: as for `cluster_means`.
        mixture: the claim and its bets, such as `alarm(r0)`.

    Returns:
        Log e-value, shape (n,): 0 before the first cluster is complete.
    """
    means, at = cluster_means(outcomes, clusters, sizes)
    steps = np.concatenate([[0.0], mixture.path(means)])
    after = np.arange(1, np.asarray(outcomes).size + 1)
    return np.asarray(steps[np.searchsorted(at, after, side="right")], dtype=np.float64)


def _planned(names: list[Hashable], sizes: Sizes) -> Ints:
    planned = np.array(
        [sizes[name] if isinstance(sizes, Mapping) else sizes for name in names], dtype=np.int64
    )
    if np.any(planned < 1):
        raise ValueError("a cluster is planned with at least one episode")
    return planned
