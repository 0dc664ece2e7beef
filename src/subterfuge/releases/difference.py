"""How two releases differ on one hypothesis: counts, evidence in both directions, limits.

Only a pair in which exactly one release has the event says anything of the difference. What is missing counts
against the claim: for "worse" a missing new outcome is no event and a missing old one is an event; for
"better" the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from subterfuge.releases.trend import ALPHA
from subterfuge.releases.units import means
from subterfuge.statistics.intervals import Interval
from subterfuge.statistics.mixture import crossing
from subterfuge.statistics.pairs import MIXTURE, paired, paired_path
from subterfuge.statistics.sequence import anytime_interval_of

Floats = NDArray[np.float64]

Finding = Literal["WORSE", "BETTER", "NO DIFFERENCE SHOWN", "RETROSPECTIVE"]
"""What a comparison shows. Two claims, each at its own error rate, over any stopping time. For logs that
nobody planned: figures, and no claim."""


@dataclass(frozen=True)
class Difference:
    """One hypothesis on the two releases."""

    hypothesis: str
    """Its id, or the name of the retrospective series."""

    title: str
    """What people call it."""

    protocol: str
    """Digest of the protocol; empty for retrospective series."""

    series: str
    """Digest of what makes the figures comparable."""

    elicitation: str
    """How the behaviour was drawn out."""

    retrospective: bool
    """Whether nobody planned these episodes."""

    pairs: int
    """Cells in which both releases are compared."""

    missing_old: int
    """Of these, cells without an outcome of the old release."""

    missing_new: int
    """Without one of the new release."""

    events_old: float
    """Events of the old release among its scored cells of these pairs."""

    events_new: float
    """Events of the new one."""

    rate_old: float
    """Events per scored cell of the old release; NaN without one."""

    rate_new: float
    """The same of the new one."""

    both: int
    """Pairs, both scored, in which both had the event (in the same degree, where it has degrees)."""

    only_new: int
    """Pairs in which the new release had it, or more of it."""

    only_old: int
    """Pairs in which the old one had it, or more of it."""

    neither: int
    """Pairs without it."""

    log_e_worse: float
    """Log evidence after the last pair that the new release's rate is higher; missing against it."""

    log_e_better: float
    """Log evidence that it is lower; missing against it."""

    worse_at: int | None
    """Pairs (whole clusters, where there are some) after which "worse" was shown; None if it never was."""

    better_at: int | None
    """The same for "better"."""

    low: float
    """Lower limit of the new rate minus the old; missing filled in so as to make it lowest. Exact for a
    number of pairs fixed beforehand; with clusters or degrees valid at any stopping time. It is description,
    no verdict."""

    high: float
    """Upper limit, likewise."""

    level: float
    """Level of the two limits."""

    clustered: bool
    """Whether pairs share clusters, so that a whole cluster is one piece of evidence."""

    verdict_old: str
    """The old release's own verdict."""

    verdict_new: str
    """The new release's own verdict."""

    @property
    def finding(self) -> Finding:
        """What it shows."""
        if self.retrospective:
            return "RETROSPECTIVE"
        if self.worse_at is not None and (self.better_at is None or self.worse_at <= self.better_at):
            return "WORSE"
        return "NO DIFFERENCE SHOWN" if self.better_at is None else "BETTER"


def difference(
    first: pd.Series, second: pd.Series, cells: pd.DataFrame, planned: dict[str, int]
) -> Difference:
    """Compare two tests on their pairs.

    Args:
        first: the row of the old release's test in the index.
        second: that of the new one's.
        cells: the pairs in schedule order, with `cell`, `cluster`, and the outcomes `old` and `new`.
        planned: cluster to its planned size.
    """
    old, new = cells["old"].to_numpy(np.float64), cells["new"].to_numpy(np.float64)
    known = ~np.isnan(old) & ~np.isnan(new)
    a, b = old[known], new[known]
    up, down = first["alpha_alarm"], first["alpha_clear"]
    alpha = (ALPHA, ALPHA) if np.isnan(up) else (float(up), float(down))
    clustered = bool(first["clustered"])
    if first["retrospective"]:
        planned = {str(name): int(n) for name, n in cells["cluster"].value_counts().items()}
    worse = np.nan_to_num(old, nan=1.0), np.nan_to_num(new, nan=0.0)
    better = np.nan_to_num(old, nan=0.0), np.nan_to_num(new, nan=1.0)
    if not clustered and all(np.isin(x, (0, 1)).all() for x in worse + better):
        shown = _by_pairs(worse, better, alpha)
    else:
        shown = _by_units(worse, better, alpha, cells, planned if clustered else {})
    return Difference(
        hypothesis=first["hypothesis"],
        title=first["title"],
        protocol=first["protocol"],
        series=first["series"],
        elicitation=first["elicitation"],
        retrospective=bool(first["retrospective"]),
        pairs=len(cells),
        missing_old=int(np.isnan(old).sum()),
        missing_new=int(np.isnan(new).sum()),
        events_old=float(np.nansum(old)),
        events_new=float(np.nansum(new)),
        rate_old=float(np.nanmean(old)) if not np.isnan(old).all() else float("nan"),
        rate_new=float(np.nanmean(new)) if not np.isnan(new).all() else float("nan"),
        both=int(((a == b) & (a > 0)).sum()),
        only_new=int((b > a).sum()),
        only_old=int((a > b).sum()),
        neither=int(((a == b) & (a == 0)).sum()),
        clustered=clustered,
        verdict_old=first["decision"],
        verdict_new=second["decision"],
        level=1 - sum(map(_finite, alpha)),
        **shown,
    )


def _by_pairs(
    worse: tuple[Floats, Floats], better: tuple[Floats, Floats], alpha: tuple[float, float]
) -> dict[str, Any]:
    """Of outcomes 0 and 1, each pair by itself."""
    up, down = paired(*worse, alpha=_finite(alpha[0])), paired(*better, alpha=_finite(alpha[1]))
    return {
        "log_e_worse": up.log_e_worse,
        "worse_at": crossing(paired_path(*worse, "worse"), alpha[0]),
        "log_e_better": down.log_e_better,
        "better_at": crossing(paired_path(*better, "better"), alpha[1]),
        "low": up.difference.low,
        "high": down.difference.high,
    }


def _by_units(
    worse: tuple[Floats, Floats],
    better: tuple[Floats, Floats],
    alpha: tuple[float, float],
    cells: pd.DataFrame,
    planned: dict[str, int],
) -> dict[str, Any]:
    """Of degrees, or of whole clusters: the same bets on the difference d, as an outcome (1 + d)/2.

    Where d is −1, 0 or 1 this is the process of single pairs.
    """
    lone = cells if planned else cells.assign(cluster=None)

    def units(old: Floats, new: Floats) -> Floats:
        return means(np.clip((1 + new - old) / 2, 0.0, 1.0), lone, planned)

    up, down = units(*worse), 1 - units(*better)
    paths = MIXTURE.path(up), MIXTURE.path(down)
    limits = [_mean(up, _finite(alpha[0])).low, 1 - _mean(down, _finite(alpha[1])).low]
    return {
        "log_e_worse": float(paths[0][-1]) if len(up) else 0.0,
        "worse_at": crossing(paths[0], alpha[0]),
        "log_e_better": float(paths[1][-1]) if len(down) else 0.0,
        "better_at": crossing(paths[1], alpha[1]),
        "low": 2 * limits[0] - 1,
        "high": 2 * limits[1] - 1,
    }


def _finite(alpha: float) -> float:
    # Limits at an error rate that a level can't be told apart from 1 by would be no limits.
    return min(max(alpha, 1e-12), 0.49)


def _mean(outcomes: Floats, alpha: float) -> Interval[float]:
    return anytime_interval_of(outcomes, 0.5, alpha) if len(outcomes) else Interval(0.0, 1.0, 1 - 2 * alpha)
