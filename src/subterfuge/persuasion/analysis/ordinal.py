"""Ordinal checks: what can be said about sources without taking the scale's points as equally far apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.miscmodels.ordinal_model import OrderedModel

from subterfuge.persuasion.analysis.bootstrap import Floats, bootstrap, known
from subterfuge.persuasion.analysis.cells import Cells, Ints
from subterfuge.persuasion.analysis.results import Estimate
from subterfuge.persuasion.errors import PersuasionError

SAME = 9
"""Decimals of a shift; ones that agree in them are ties."""


@dataclass(frozen=True, eq=False)
class _Wins:
    """One pair of sources. Strata are stances before, rounded to whole points."""

    net: Floats
    """Strata x topics x topics: weight of pairs in which the first source's rating moved more, less that of
    pairs in which the second's did; made symmetric."""

    first: Floats
    """Strata x topics: weights of the first source's ratings."""

    second: Floats
    """Strata x topics: weights of the second source's."""


def ordinal(
    frame: pd.DataFrame, pairs: Sequence[tuple[str, str]], draws: int = 10_000, seed: int = 0
) -> list[Estimate]:
    """P(a rating of a moved more) - P(one of b did), among raters who began alike, for pairs of sources.

    Pairs of ratings are compared within strata of the stance before, rounded to whole points, and strata are
    weighted by n_a n_b / (n_a + n_b) (van Elteren, 1960); the figure is Buyse's net benefit (2010, Statistics
    in Medicine 29:3245). A rating weighs what it does in the main estimate: claims and strategies count the
    same.

    Args:
        frame: ratings of arguments.
        pairs: sources a and b; None comes out if one has no ratings.
        draws: bootstrap draws of topics; intervals are studentised by the delta method.
        seed: of the draws.
    """
    cells = Cells.of(frame, ("source", "strategy"))
    weights = (
        cells.weights / np.bincount(cells.cell, cells.weights)[cells.cell] if len(frame) else cells.weights
    )
    source = frame["source"].to_numpy()
    stratum = np.rint(frame["before"].to_numpy(float)).astype(np.int64)
    shift = frame["shift"].to_numpy(float).round(SAME)
    topics = len(cells.topics)
    strata = np.unique(stratum)
    rows = {
        (name, s): np.flatnonzero((source == name) & (stratum == s))
        for name in {*sum(pairs, ())}
        for s in strata
    }
    share = {name: weights[source == name].sum() or 1.0 for name in {*sum(pairs, ())}}

    def wins(a: str, b: str) -> _Wins:
        net, sums = [], []
        for s in strata:
            i, j = rows[a, s], rows[b, s]
            u, v = weights[i] / share[a], weights[j] / share[b]
            own = _net(shift[i], u, cells.topic[i], shift[j], v, cells.topic[j], topics)
            net.append((own + own.T) / 2)
            sums.append([np.bincount(cells.topic[k], w, topics) for k, w in ((i, u), (j, v))])
        both = np.array(sums).reshape(len(strata), 2, topics)
        return _Wins(np.array(net).reshape(len(strata), topics, topics), both[:, 0], both[:, 1])

    found = [wins(a, b) for a, b in pairs]

    def evaluate(counts: Floats) -> tuple[Floats, Floats]:
        both = [_evaluate(pair, counts) for pair in found]
        return np.stack([b[0] for b in both], axis=1), np.stack([b[1] for b in both], axis=1)

    if not found:
        return []
    size = 4 * max(len(strata), 1)
    n = [int(np.isin(source, pair).sum()) for pair in pairs]
    estimates = bootstrap(evaluate, topics, size, draws, seed).estimates()
    return [estimate.model_copy(update={"n": k}) for estimate, k in zip(estimates, n, strict=True)]


def cumulative_probit(frame: pd.DataFrame, reference: str) -> dict[str, Estimate]:
    """A cumulative probit model of the stance after: each source's difference on the latent scale.

    Sources and stances before are factors; the unit is the latent standard deviation, and standard errors are
    clustered on topics (normal intervals). An optional check for whole ratings: every rating counts the same,
    and it takes some seconds for a few thousand ratings.

    Args:
        frame: ratings of arguments.
        reference: the source that others are compared with.

    Raises:
        PersuasionError: stances are not whole, there are more than 20,000 ratings, fewer than 2 topics or
            none of the reference.
    """
    if not np.array_equal(frame[["before", "after"]], frame[["before", "after"]].round()):
        raise PersuasionError("The ordinal model wants whole stances, as people give them.")
    topic = pd.factorize(frame["topic"], sort=True)[0]
    if len(frame) > 20_000 or len(np.unique(topic)) < 2 or reference not in set(frame["source"]):
        raise PersuasionError(
            f"The ordinal model wants at most 20,000 ratings, 2 topics and ratings of {reference!r}."
        )
    others = [name for name in sorted(frame["source"].unique()) if name != reference]
    stances = sorted(frame["before"].unique())[1:]
    factors = [frame["source"].eq(name) for name in others] + [
        frame["before"].eq(stance) for stance in stances
    ]
    design = np.column_stack([factor.to_numpy(float) for factor in factors])
    after = pd.Categorical(frame["after"].astype(int), ordered=True)
    model = OrderedModel(pd.Series(after), design, distr="probit")
    fitted = model.fit(method="bfgs", disp=False, maxiter=500, cov_type="cluster", cov_kwds={"groups": topic})
    columns = np.column_stack([fitted.params, fitted.conf_int(), fitted.bse, fitted.pvalues])
    found = {}
    for name, figures in zip(others, columns, strict=False):
        value, low, high, se, p = (known(figure) for figure in figures)
        n = int(frame["source"].isin([name, reference]).sum())
        found[name] = Estimate(value=value, low=low, high=high, se=se, p=p, n=n)
    return found


def _net(x: Floats, u: Floats, g: Ints, y: Floats, v: Floats, h: Ints, topics: int) -> Floats:
    """Topics x topics: sums of u v sign(x - y) over pairs of one's rows and the other's."""
    net = np.zeros((topics, topics))
    order = np.argsort(y, kind="stable")
    y, v, h = y[order], v[order], h[order]
    for topic in np.unique(h):
        own = h == topic
        values, upto = y[own], np.r_[0.0, np.cumsum(v[own])]
        below = upto[np.searchsorted(values, x, "left")]
        above = upto[-1] - upto[np.searchsorted(values, x, "right")]
        net[:, topic] = np.bincount(g, u * (below - above), topics)
    return net


def _evaluate(wins: _Wins, counts: Floats) -> tuple[Floats, Floats]:
    """Draws: the difference of probabilities and its standard error, by the delta method."""
    first, second = counts @ wins.first.T, counts @ wins.second.T
    whole = first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.einsum("dg,sgh->dsh", counts, wins.net)
        net = np.einsum("dsh,dh->ds", half, counts)
        per = np.where(whole > 0, 1 / np.where(whole > 0, whole, 1), 0)
        size = (first * second * per).sum(axis=1)
        value = (net * per).sum(axis=1) / size
        # Derivatives of numerator and denominator by each topic's count.
        top = 2 * np.einsum("dsg,ds->dg", half, per) - (net * per**2) @ (wins.first + wins.second)
        bottom = (second * per) ** 2 @ wins.first + (first * per) ** 2 @ wins.second
        influence = (top - value[:, None] * bottom) / size[:, None]
        topics = counts.shape[1]
        correction = topics / (topics - 1) if topics > 1 else np.nan
        se = np.sqrt(correction * np.einsum("dg,dg->d", counts, influence**2))
    return value, se
