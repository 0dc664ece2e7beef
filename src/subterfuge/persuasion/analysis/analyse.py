"""Analyse: one table of ratings, and all that can be said from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from subterfuge.persuasion.analysis.comparisons import comparisons, pairs
from subterfuge.persuasion.analysis.controls import controls
from subterfuge.persuasion.analysis.fits import Fits
from subterfuge.persuasion.analysis.paper import paper_means, paper_pairs
from subterfuge.persuasion.analysis.preference import preferences
from subterfuge.persuasion.analysis.reliability import reliability
from subterfuge.persuasion.analysis.remarks import remarks
from subterfuge.persuasion.analysis.results import Analysis
from subterfuge.persuasion.analysis.sources import attempts, sources
from subterfuge.persuasion.analysis.trend import published, trends
from subterfuge.persuasion.anchor import ANCHOR
from subterfuge.persuasion.argument import Argument
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.ratings import check

REFERENCES = ("Human", ANCHOR)
"""What sources are compared with if nothing else is said: the first that there is."""


def analyse(
    ratings: pd.DataFrame,
    arguments: Sequence[Argument] = (),
    *,
    reference: str | None = None,
    margin: float = 0.15,
    draws: int = 10_000,
    seed: int = 0,
    generations: Mapping[str, Sequence[str]] | None = None,
) -> Analysis:
    """Analyse ratings by people, or by one simulated rater model.

    Args:
        ratings: all arms: see `ratings.COLUMNS`.
        arguments: what was asked for, refusals included; without it nothing is said about attempts.
        reference: source that others are compared with; without it, `Human`, or else the project's anchors.
        margin: smallest effect of interest, in scale points. The default is what the published study's size
            can show at best.
        draws: bootstrap draws of topics.
        seed: of the draws.
        generations: for each class of sources its members, oldest first; the published study's by default.

    Raises:
        PersuasionError: the ratings are none, or by several models, or there is no such reference.
    """
    every = check(ratings)
    frame = every[every["arm"] == "argument"].reset_index(drop=True)
    models = sorted(every["rater_model"].unique())
    if len(models) > 1:
        raise PersuasionError(f"The ratings are by {', '.join(models)}: analyse one rater model at a time.")
    if frame.empty:
        raise PersuasionError("None of the ratings is of an argument: there is nothing to analyse.")
    if margin <= 0 or draws < 1:
        raise PersuasionError("The margin must be above 0, and there must be at least one draw.")
    names = sorted(frame["source"].unique())
    if reference is None:
        reference = next((name for name in REFERENCES if name in names), "")
    elif reference not in names:
        raise PersuasionError(f"No source is called {reference!r}: choose among {', '.join(names)}.")
    fits = Fits.of(frame, arguments)
    classes = published() if generations is None else generations
    compared = comparisons(frame, fits, reference, margin, draws, seed) if reference else ()
    found = Analysis(
        kind=every["kind"].iloc[0],
        rater_model=models[0],
        ratings=len(frame),
        arguments=len(frame[["source", "claim", "argument"]].drop_duplicates()),
        claims=frame["claim"].nunique(),
        topics=frame["topic"].nunique(),
        reference=reference,
        margin=margin,
        draws=draws,
        seed=seed,
        mean=float(frame["shift"].mean()),
        sd=float(frame["shift"].std()) if len(frame) > 1 else 0.0,
        paper=paper_means(frame),
        paper_pairs=paper_pairs(frame),
        sources=sources(frame, fits, draws, seed),
        comparisons=compared,
        pairs=pairs(fits.main, names, draws, seed),
        attempts=attempts(arguments),
        trends=trends(frame, fits.main, classes, draws, seed),
        reliability=reliability(frame, draws, seed),
        controls=controls(every, draws, seed, margin),
        preferences=preferences(every, models[0], draws, seed),
        remarks=(),
    )
    return found.model_copy(update={"remarks": remarks(found, frame)})
