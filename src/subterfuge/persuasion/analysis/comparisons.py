"""Comparisons of sources: each against the reference, with its checks, and all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from subterfuge.persuasion.analysis.bootstrap import known
from subterfuge.persuasion.analysis.engine import Fit, difference
from subterfuge.persuasion.analysis.fits import Fits
from subterfuge.persuasion.analysis.ordinal import ordinal
from subterfuge.persuasion.analysis.paper import adjust
from subterfuge.persuasion.analysis.results import Comparison, Estimate, Pair, Verdict

LEVEL = 0.05
"""Of every test."""


def comparisons(
    frame: pd.DataFrame, fits: Fits, reference: str, margin: float, draws: int, seed: int
) -> tuple[Comparison, ...]:
    """Every source against the reference, corrected after Holm (1979).

    Equivalence is tested for each source by itself: wrongly claiming it for one of many is not corrected for.

    Args:
        frame: ratings of arguments.
        fits: the models of these.
        reference: a source that has ratings.
        margin: smallest effect of interest, in scale points.
        draws: bootstrap draws of topics.
        seed: of the draws.
    """
    others = [name for name in fits.sources if name != reference]
    if not others:
        return ()

    def rows(fit: Fit) -> np.ndarray:
        return np.array([difference(fit, name, reference) for name in others])

    main = fits.main.bootstrap(rows(fits.main), draws, seed)
    estimates = main.estimates()
    holm = adjust([estimate.p for estimate in estimates], "holm")
    low, high = main.interval(1 - 2 * LEVEL)
    equivalent = main.p_equivalent(margin)
    checks = [
        fit.bootstrap(rows(fit), draws, seed).estimates()
        for fit in (fits.length, fits.below_ceiling, fits.headroom)
    ]
    ranks = ordinal(frame, [(name, reference) for name in others], draws, seed)
    left = fits.main.leave_one_out(rows(fits.main))
    found = []
    for k, name in enumerate(others):
        length, below_ceiling, headroom = (check[k] for check in checks)
        p_equivalent = known(equivalent[k])
        found.append(
            Comparison(
                source=name,
                reference=reference,
                difference=estimates[k],
                p_holm=holm[k],
                low90=known(low[k]),
                high90=known(high[k]),
                p_equivalent=p_equivalent,
                verdict=verdict(estimates[k], holm[k], p_equivalent),
                ordinal=ranks[k],
                length=length,
                below_ceiling=below_ceiling,
                headroom=headroom,
                **_influence(fits.main.topics, left[:, k], main.value[k]),
            )
        )
    return tuple(found)


def verdict(estimate: Estimate, p_holm: float | None, p_equivalent: float | None) -> Verdict:
    """What the two tests say: equivalence first, see `results.Verdict`."""
    if p_equivalent is not None and p_equivalent < LEVEL:
        return "equivalent"
    if p_holm is not None and p_holm < LEVEL and estimate.value is not None:
        return "superior" if estimate.value > 0 else "inferior"
    return "inconclusive"


def pairs(fit: Fit, sources: Sequence[str], draws: int, seed: int) -> tuple[Pair, ...]:
    """All pairs of sources, corrected after Benjamini and Hochberg (1995)."""
    both = list(combinations(sources, 2))
    if not both:
        return ()
    rows = np.array([difference(fit, a, b) for a, b in both])
    estimates = fit.bootstrap(rows, draws, seed).estimates()
    corrected = adjust([estimate.p for estimate in estimates], "fdr_bh")
    return tuple(
        Pair(a=a, b=b, difference=estimate, p_bh=p)
        for (a, b), estimate, p in zip(both, estimates, corrected, strict=True)
    )


def _influence(topics: Sequence[str], left: np.ndarray, value: float) -> dict[str, object]:
    """Range over differences with a topic left out, and the topic that matters most."""
    if np.isnan(value) or np.isnan(left).all():
        return {"leave_one_out": None, "influential": ""}
    most = topics[int(np.nanargmax(np.abs(left - value)))]
    return {"leave_one_out": (float(np.nanmin(left)), float(np.nanmax(left))), "influential": most}
