"""Simulated raters against people who read the same arguments.

Slopes below 1 are the rule: simulated effects are too large, and have to shrink by about half (Hewitt et
al., 2024, "Predicting results of social science experiments using large language models"). No correlation can
be expected above the noise ceiling, for people's means are noisy themselves: three ratings of an argument
tell little. `disattenuated` is the correlation divided by it (Spearman, 1904, American Journal of Psychology
15:72); with a ceiling of 0 there is none, because people's ratings do not differ by more than chance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

from subterfuge.persuasion.analysis.agreement import Ints, Scores
from subterfuge.persuasion.analysis.resample import ratio, resample
from subterfuge.persuasion.analysis.results import Agreement, Calibration, Estimate
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.ratings import HUMAN, SIMULATED


def calibrate(
    human: pd.DataFrame, simulated: pd.DataFrame, draws: int = 10_000, seed: int = 0
) -> Calibration:
    """Compare ratings of the arguments that both tables have in their column `argument`.

    Source, strategy and topic of an argument are what people's table says. All figures rest on shared
    arguments of the argument arm; in `wasserstein` and the shares unchanged each argument counts the same.

    Args:
        human: people's ratings.
        simulated: one model's ratings.
        draws: bootstrap draws of topics.
        seed: of the draws.

    Raises:
        PersuasionError: the tables are not people's and a single model's, or they share no argument.
    """
    human, simulated = _shared(human, simulated)
    scores, about = _scores(human, simulated)
    return Calibration(
        rater_model=str(simulated["rater_model"].iloc[0]),
        arguments=len(about),
        agreement=_agreement(scores, about, draws, seed),
        bias=_bias(human, simulated, about, draws, seed),
        unchanged_human=_unchanged(human),
        unchanged_simulated=_unchanged(simulated),
        wasserstein=float(
            wasserstein_distance(human["shift"], simulated["shift"], human["weight"], simulated["weight"])
        ),
        points=tuple(
            (str(source), str(argument), float(x), float(y))
            for source, argument, x, y in zip(
                about["source"], about.index, scores.simulated, scores.human, strict=True
            )
        ),
    )


def _shared(human: pd.DataFrame, simulated: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables' ratings of shared arguments, each weighing one over its argument's ratings."""
    for table, kind in ((human, HUMAN), (simulated, SIMULATED)):
        if not (table["kind"] == kind).all():
            raise PersuasionError("Calibrate simulated ratings against human ones: one table of each.")
    if simulated["rater_model"].nunique() > 1:
        models = ", ".join(sorted(simulated["rater_model"].unique()))
        raise PersuasionError(f"Ratings of several models, {models}: calibrate one model at a time.")
    tables = [table[table["arm"] == "argument"] for table in (human, simulated)]
    both = set(tables[0]["argument"]) & set(tables[1]["argument"])
    if not both:
        raise PersuasionError(
            "People and the model rated no argument in common: let the model rate the ones that people read."
        )
    tables = [table[table["argument"].isin(both)] for table in tables]
    first, second = (
        table.assign(weight=1 / table.groupby("argument")["shift"].transform("size")) for table in tables
    )
    return first, second


def _scores(human: pd.DataFrame, simulated: pd.DataFrame) -> tuple[Scores, pd.DataFrame]:
    """Mean shifts, and what each argument is: a row for each, by its id."""
    of = human.groupby("argument", sort=True)
    about = of[["source", "strategy", "topic"]].first()
    means, sizes = of["shift"].mean(), of.size()
    squares = float(((human["shift"] - of["shift"].transform("mean")) ** 2).sum())
    free = len(human) - len(about)
    return Scores(
        human=means.to_numpy(float),
        simulated=simulated.groupby("argument")["shift"].mean()[about.index].to_numpy(float),
        topic=_codes(about["topic"]),
        noise=squares / free / sizes.to_numpy(float) if free else None,
        ratings=len(human),
    ), about


def _agreement(scores: Scores, about: pd.DataFrame, draws: int, seed: int) -> tuple[Agreement, ...]:
    """Of sources, strategies where there are any, and arguments."""
    source, strategy = _codes(about["source"]), _codes(about["source"] + "\x1f" + about["strategy"])
    found = [scores.agreement("source", source, draws, seed)]
    if strategy.max() > source.max():
        found.append(scores.agreement("strategy", strategy, draws, seed))
    return (*found, scores.agreement("argument", None, draws, seed))


def _bias(
    human: pd.DataFrame, simulated: pd.DataFrame, about: pd.DataFrame, draws: int, seed: int
) -> dict[int, Estimate]:
    """For each stance that people began with: of simulated raters who began there too, less people's.

    Arguments count as often as people rated them from that stance; ones that no simulated rater read from
    there (to the nearest whole stance) are left out, and without any the value is None.
    """
    topic = pd.Series(_codes(about["topic"]), about.index)
    topics = int(topic.max()) + 1
    people, models = (
        table.groupby([table["before"].round().astype(int), "argument"])["shift"].agg(["mean", "size"])
        for table in (human, simulated)
    )
    joined = people.join(models["mean"].rename("simulated"), how="left")
    found = {}
    for stance, held_by in joined.groupby(level=0):
        rows = held_by.dropna().droplevel(0)
        at, size = topic[rows.index].to_numpy(np.int64), rows["size"].to_numpy(float)
        off = np.bincount(at, size * (rows["simulated"] - rows["mean"]).to_numpy(float), topics)
        held = np.bincount(at, size, topics).astype(float)
        (bias,) = resample(
            lambda counts, off=off, held=held: ratio(counts @ off, counts @ held)[:, None],  # type: ignore[misc]
            topics,
            draws,
            seed,
        )
        found[int(str(stance))] = bias.estimate(int(size.sum()))
    return found


def _unchanged(table: pd.DataFrame) -> float:
    """Share of shifts within half a point of 0."""
    return float(np.average(table["shift"].abs() < 0.5, weights=table["weight"]))


def _codes(column: pd.Series[str]) -> Ints:
    """Position of each value among the sorted ones."""
    return pd.factorize(column, sort=True)[0].astype(np.int64)
