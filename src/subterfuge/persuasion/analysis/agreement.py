"""How two sets of scores of the same things agree, with intervals over topics.

Scores of arguments are their mean shifts; scores of sources, and of a source's strategies, are means of
argument means, over the arguments that both sets hold. A draw of topics takes all arguments of a topic, in
both sets. Sources are fixed: an interval says how well the correlation among these sources is known, and
nothing of other sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from subterfuge.persuasion.analysis.bootstrap import Floats
from subterfuge.persuasion.analysis.resample import ratio, resample
from subterfuge.persuasion.analysis.results import Agreement, Estimate

Ints = npt.NDArray[np.int64]

FEWEST = 3
"""Two things agree or disagree in any case: with fewer than three there are no correlations."""

ROWS = 256
"""Arguments compared with all others at once, to bound memory."""


@dataclass(frozen=True, eq=False)
class Scores:
    """Both sets' scores of the same arguments."""

    human: Floats
    """Arguments: people's mean shifts."""
    simulated: Floats
    """Arguments: simulated raters' mean shifts."""
    topic: Ints
    """Arguments: positions of their topics."""
    noise: Floats | None
    """Arguments: sampling variance of people's means, that raters cause; None where no argument has two."""
    ratings: int
    """Of people."""

    @property
    def topics(self) -> int:
        """How many."""
        return int(self.topic.max()) + 1

    def agreement(
        self, level: Literal["source", "strategy", "argument"], group: Ints | None, draws: int, seed: int
    ) -> Agreement:
        """Agreement at one level.

        Args:
            level: its name.
            group: arguments: positions of what they are grouped to; None compares arguments.
            draws: bootstrap draws of topics.
            seed: of the draws.
        """
        n = len(self.human) if group is None else int(group.max()) + 1
        if n < FEWEST:
            none = Estimate(value=None, n=self.ratings)
            return Agreement(
                level=level,
                n=n,
                pearson=none,
                spearman=none,
                kendall=none,
                ceiling=None,
                disattenuated=None,
                slope=none,
                intercept=none,
            )
        statistic = _Arguments(self) if group is None else _Groups(self, group)
        found = [one.estimate(self.ratings) for one in resample(statistic, self.topics, draws, seed)]
        ceiling = self._ceiling(group)
        r = found[0].value
        return Agreement(
            level=level,
            n=n,
            pearson=found[0],
            spearman=found[1],
            kendall=found[2],
            ceiling=ceiling,
            disattenuated=r / ceiling if r is not None and ceiling else None,
            slope=found[3],
            intercept=found[4],
        )

    def _ceiling(self, group: Ints | None) -> float | None:
        """Square root of the reliability of people's means; 0 if raters' noise alone explains how they vary.

        Noise is what other people, reading the same arguments, would change. How topics and arguments happen
        to differ is none: simulated raters read the same ones.
        """
        if self.noise is None:
            return None
        group = np.arange(len(self.human)) if group is None else group
        size = np.bincount(group)
        means = np.bincount(group, self.human) / size
        noise = np.bincount(group, self.noise) / size**2
        spread = float(np.var(means, ddof=1))
        return float(np.sqrt(max(0.0, 1 - noise.mean() / spread))) if spread > 1e-12 else 0.0


class _Groups:
    """Statistics of groups' scores, which change with each draw of topics."""

    def __init__(self, scores: Scores, group: Ints) -> None:
        shape = scores.topics, int(group.max()) + 1
        at = scores.topic * shape[1] + group
        self.size, self.human, self.simulated = (
            np.bincount(at, weights, shape[0] * shape[1]).reshape(shape).astype(float)
            for weights in (None, scores.human, scores.simulated)
        )

    def __call__(self, counts: Floats) -> Floats:
        """Draws x pearson, spearman, kendall, slope and intercept; nan where a group has no argument."""
        size = counts @ self.size
        x, y = ratio(counts @ self.simulated, size), ratio(counts @ self.human, size)
        # Means that are equal but for rounding are ties.
        x, y = np.round(x, 9), np.round(y, 9)
        even = np.ones_like(x)
        r, slope, intercept = _line(x, y, even)
        rho = _line(rankdata(x, axis=1), rankdata(y, axis=1), even)[0]
        a, b = (np.sign(v[:, :, None] - v[:, None, :]) for v in (x, y))
        tau = ratio((a * b).sum((1, 2)), np.sqrt((a**2).sum((1, 2)) * (b**2).sum((1, 2))))
        found = np.column_stack([r, rho, tau, slope, intercept])
        return np.where((size > 0).all(axis=1)[:, None], found, np.nan)


class _Arguments:
    """Statistics of arguments' scores, which stay, while each draw of topics counts arguments differently."""

    def __init__(self, scores: Scores) -> None:
        self.topic = scores.topic
        self.x, self.y = np.round(scores.simulated, 9), np.round(scores.human, 9)
        self.ranked = [_Ranked(values, scores.topic) for values in (self.x, self.y)]
        self.pairs = _pairs(self.x, self.y, scores.topic)

    def __call__(self, counts: Floats) -> Floats:
        """Draws x pearson, spearman, kendall, slope and intercept."""
        weights = counts[:, self.topic]
        r, slope, intercept = _line(self.x, self.y, weights)
        rho = _line(self.ranked[0].ranks(counts), self.ranked[1].ranks(counts), weights)[0]
        # Arguments drawn twice are tied with themselves, in both scores.
        both, x, y = (np.einsum("dt,tu,du->d", counts, table, counts, optimize=True) for table in self.pairs)
        return np.column_stack([r, rho, ratio(both, np.sqrt(x * y)), slope, intercept])


class _Ranked:
    """Middle ranks of values of which each counts as often as its topic was drawn."""

    def __init__(self, values: Floats, topic: Ints) -> None:
        _, self.at = np.unique(values, return_inverse=True)
        shape = int(topic.max()) + 1, int(self.at.max()) + 1
        self.held = np.bincount(topic * shape[1] + self.at, minlength=shape[0] * shape[1]).reshape(shape)

    def ranks(self, counts: Floats) -> Floats:
        """Draws x values."""
        held = counts @ self.held
        return np.asarray((np.cumsum(held, axis=1) - held / 2)[:, self.at])


def _line(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Correlation, slope and intercept of y on x, weighted, in each row."""
    total = weights.sum(axis=1)
    x, y = np.broadcast_to(x, weights.shape), np.broadcast_to(y, weights.shape)
    mean_x, mean_y = (np.einsum("dn,dn->d", weights, v) / total for v in (x, y))
    x, y = x - mean_x[:, None], y - mean_y[:, None]
    xx, yy, xy = (np.einsum("dn,dn,dn->d", weights, a, b) for a, b in ((x, x), (y, y), (x, y)))
    slope = ratio(xy, xx)
    return ratio(xy, np.sqrt(xx * yy)), slope, mean_y - slope * mean_x


def _pairs(x: Floats, y: Floats, topic: Ints) -> Sequence[Floats]:
    """Topics x topics, of their arguments' pairs: concordant less discordant; untied in x; untied in y."""
    member = np.eye(int(topic.max()) + 1)[topic]
    tables = np.zeros((3, member.shape[1], member.shape[1]))
    for at in range(0, len(x), ROWS):
        rows = slice(at, at + ROWS)
        a, b = (np.sign(v[rows, None] - v[None, :]) for v in (x, y))
        tables += [member[rows].T @ (signs @ member) for signs in (a * b, a**2, b**2)]
    return list(tables)
