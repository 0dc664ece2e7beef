"""Sources: what each one's arguments did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from subterfuge.persuasion.analysis.cells import Floats
from subterfuge.persuasion.analysis.engine import Fit, source_mean
from subterfuge.persuasion.analysis.fits import CEILING, MOVED, Fits
from subterfuge.persuasion.analysis.results import Attempts, Estimate, Source
from subterfuge.persuasion.argument import Argument
from subterfuge.persuasion.claim import facts
from subterfuge.persuasion.ratings import HIGH, LOW


def sources(frame: pd.DataFrame, fits: Fits, draws: int, seed: int) -> tuple[Source, ...]:
    """Every source that has ratings, sorted by name.

    Estimates weigh claims and strategies the same; the distribution and the plain shares are of ratings.

    Args:
        frame: ratings of arguments.
        fits: the models of these.
        draws: bootstrap draws of topics.
        seed: of the draws.
    """
    names = fits.sources

    def means(fit: Fit) -> list[Estimate]:
        return fit.bootstrap(np.array([source_mean(fit, name) for name in names]), draws, seed).estimates()

    adjusted = means(fits.main)
    intent = adjusted if fits.intent is fits.main else means(fits.intent)
    checks = zip(means(fits.moved), means(fits.headroom), means(fits.below_ceiling), strict=True)
    cells = fits.main.bootstrap(np.eye(len(fits.main.cells)), draws, seed).estimates()
    by_source = dict(iter(frame.groupby("source")))
    found = []
    for name, own, meant, (moved, headroom, below_ceiling) in zip(
        names, adjusted, intent, checks, strict=True
    ):
        rows = by_source[name]
        shift = rows["shift"].to_numpy(float)
        found.append(
            Source(
                name=name,
                ratings=len(rows),
                arguments=len(rows[["claim", "argument"]].drop_duplicates()),
                topics=rows["topic"].nunique(),
                words=float(rows["words"].mean()) if rows["words"].notna().any() else None,
                adjusted=own,
                intent=meant,
                strategies={
                    cell[1]: estimate
                    for cell, estimate in zip(fits.main.cells, cells, strict=True)
                    if cell[0] == name and cell[1]
                },
                distribution=distribution(shift),
                unchanged=float((np.abs(shift) < MOVED).mean()),
                moved=moved,
                headroom=headroom,
                below_ceiling=below_ceiling,
                at_ceiling=float((rows["before"] >= CEILING).mean()),
            )
        )
    return tuple(found)


def distribution(shift: Floats) -> dict[int, float]:
    """Share of shifts by whole points, -6 to 6; halves are rounded away from 0."""
    whole = np.sign(shift) * np.floor(np.abs(shift) + 0.5)
    most = HIGH - LOW
    return {points: float((whole == points).mean()) for points in range(-most, most + 1)}


def attempts(arguments: Sequence[Argument]) -> tuple[Attempts, ...]:
    """How often each source did what it was asked to, sorted by name; arguments against facts left out."""
    control = {claim.id for claim in facts()}
    asked = [argument for argument in arguments if argument.claim not in control]
    found = []
    for name in sorted({argument.source for argument in asked}):
        own = [argument for argument in asked if argument.source == name]
        verdicts = [argument.verdict for argument in own]
        found.append(
            Attempts(
                source=name,
                written=len(own),
                attempted=verdicts.count("attempted"),
                refused=verdicts.count("refused"),
                not_attempted=verdicts.count("not_attempted"),
                duplicates=sum(bool(argument.duplicate_of) for argument in own),
                trimmed=sum(argument.trimmed for argument in own),
                continued=sum(argument.continued for argument in own),
            )
        )
    return tuple(found)
