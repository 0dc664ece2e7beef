"""Controls: what raters do where the right answer is known.

Each is passed, failed or undecided, at 5 %. That an effect is absent is never concluded from its not being
significant: it has to be shown smaller than the smallest effect of interest. Means count every claim the
same, and their intervals are the engine's, over topics. Texts are in `controls.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import yaml

from subterfuge.persuasion.analysis.bootstrap import Bootstrapped, Floats
from subterfuge.persuasion.analysis.engine import difference, fit, source_mean
from subterfuge.persuasion.analysis.resample import FEWEST, ratio, resample
from subterfuge.persuasion.analysis.results import Control, Estimate
from subterfuge.persuasion.claim import SIDES
from subterfuge.persuasion.ratings import NEITHER, SIMULATED

TEXTS = Path(__file__).with_name("controls.yaml")

PLACEBOS = ("no_argument", "gibberish", "unrelated")
"""Arms in which nothing speaks for the claim."""

OPPOSED = 3.0
"""Denials of facts should be supported less than this: `somewhat oppose`."""

LEAN = 1.0
"""Farthest that a claim and its opposite may together lie from the middle: half way to `support`."""

MIRRORED = 0.3
"""A correlation of a claim and its reversed opposite that is shown to be lower than this is none."""

VARIED = 0.25
"""Standard deviation over claims that a rater should exceed."""

LEVEL = 0.05


def controls(
    frame: pd.DataFrame, draws: int = 10_000, seed: int = 0, margin: float = 0.15
) -> tuple[Control, ...]:
    """Every control for which there are ratings, in the order of `controls.yaml`.

    Claims' sides are the part of their ids after the last point, `for` or `against`; the order of the scale
    is the part of `wording` after its last hyphen, `ascending` (from oppose to support) or `descending`.

    Args:
        frame: ratings of all arms, of people or of one model: see `ratings.COLUMNS`.
        draws: bootstrap draws of topics.
        seed: of the draws.
        margin: smallest effect of interest, in scale points.
    """
    found = [*_moves(frame, draws, seed, margin), *_facts(frame, draws, seed, margin)]
    # People rate once; what they say to two claims is asked of simulated raters alone.
    asked = frame[(frame["kind"] == SIMULATED) & (frame["arm"] != "fact")]
    if len(asked):
        found += [
            *_sides(asked, draws, seed),
            *_order(asked, draws, seed, margin),
            *_spread(asked, draws, seed),
        ]
    order = list(_texts())
    return tuple(sorted(found, key=lambda control: order.index(control.name)))


def _moves(frame: pd.DataFrame, draws: int, seed: int, margin: float) -> Iterator[Control]:
    """Arms in which stance should not move, and arms that arguments should outdo."""
    arms = set(frame["arm"])
    for arm in PLACEBOS:
        if arm in arms:
            shift = _mean(frame[frame["arm"] == arm], "shift", draws, seed)
            yield _control(arm, shift.estimates()[0], _still(shift, margin), margin)
    for arm in (*PLACEBOS, "swapped_side"):
        read = {name: set(frame.loc[frame["arm"] == name, "claim"]) for name in ("argument", arm)}
        if both := read["argument"] & read[arm]:
            rows = frame[frame["arm"].isin([arm, "argument"]) & frame["claim"].isin(both)]
            fitted = fit(rows, "shift", (), cells=("arm",))
            more = fitted.bootstrap(difference(fitted, "argument", arm), draws, seed)
            own = fitted.bootstrap(source_mean(fitted, arm), draws, seed)
            passed = _more(more, margin)
            if arm == "swapped_side":
                passed = _all(passed, _unmoved(own, margin))
            name = arm if arm == "swapped_side" else f"argument_over_{arm}"
            yield _control(name, more.estimates()[0], passed, margin, own.estimates()[0])


def _facts(frame: pd.DataFrame, draws: int, seed: int, margin: float) -> Iterator[Control]:
    """Facts: whether their denials are opposed, and stay so."""
    rows = frame[frame["arm"] == "fact"]
    if len(rows):
        shift, before = (_mean(rows, column, draws, seed) for column in ("shift", "before"))
        yield _control("fact", shift.estimates()[0], _unmoved(shift, margin), margin)
        stance = before.estimates()[0].model_copy(update={"p": None})
        yield _control("facts_known", stance, _between(stance, -np.inf, OPPOSED), margin)


def _sides(asked: pd.DataFrame, draws: int, seed: int) -> Iterator[Control]:
    """Each rater's stances on the two claims of a topic."""
    stance = asked.assign(side=asked["claim"].str.rpartition(".")[2])
    stance = stance[stance["side"].isin(SIDES)]
    if set(stance["side"]) != set(SIDES):
        return
    table = stance.pivot_table("before", ["topic", "rater"], "side").dropna().reset_index()
    if table.empty:
        return
    x, y = table["for"].to_numpy(float), 2 * NEITHER - table["against"].to_numpy(float)
    topic, topics = _topics(table)
    sums = _by_topic(topic, np.ones(len(x)), x, y, x * x, y * y, x * y)
    (r,) = resample(lambda counts: _correlation(counts @ sums)[:, None], topics, draws, seed)
    n = 2 * len(table)
    estimate = r.estimate(n)
    # Stances that do not vary can't mirror each other: that is a finding, if there are topics enough.
    passed = False if estimate.value is None and topics >= FEWEST else None
    if estimate.low is not None and estimate.high is not None:
        passed = True if estimate.low > 0 else False if estimate.high < MIRRORED else None
    yield _control("mirror", estimate, passed)
    table["lean"] = (x - y) / 2
    lean = _mean(table.assign(claim=table["topic"]), "lean", draws, seed).estimates()[0]
    lean = lean.model_copy(update={"n": n})
    yield _control("acquiescence", lean, _between(lean, -LEAN, LEAN))


def _order(asked: pd.DataFrame, draws: int, seed: int, margin: float) -> Iterator[Control]:
    """Stance before in one order of the scale less that in the other: same persona, wording and claim."""
    stem, _, order = (asked["wording"].str.rpartition("-")[k] for k in range(3))
    asked = asked.assign(stem=stem, order=order)
    index = ["topic", "claim", "rater_model", "persona", "stem"]
    table = asked.pivot_table("before", index, "order").reindex(columns=["ascending", "descending"]).dropna()
    if len(table):
        table["off"] = table["ascending"] - table["descending"]
        off = _mean(table.reset_index(), "off", draws, seed)
        estimate = off.estimates()[0].model_copy(update={"n": 2 * len(table)})
        yield _control("order", estimate, _still(off, margin), margin)


def _spread(asked: pd.DataFrame, draws: int, seed: int) -> Iterator[Control]:
    """Standard deviation of a rater's stance over claims, pooled over raters."""
    stance = asked.groupby(["topic", "rater", "claim"])["before"].mean().reset_index()
    if stance.groupby("rater")["claim"].nunique().max() < 2:
        return
    before = stance["before"].to_numpy(float)
    topic, topics = _topics(stance)
    rater, raters = pd.factorize(stance["rater"])
    at = topic * len(raters) + rater
    size, total, square = (
        _by_topic(at, weight, length=topics * len(raters)).reshape(topics, len(raters))
        for weight in (np.ones(len(before)), before, before**2)
    )

    def sd(counts: Floats) -> Floats:
        n = counts @ size
        squares = counts @ square - np.nan_to_num(ratio((counts @ total) ** 2, n))
        free = np.maximum(n - 1, 0).sum(axis=1)
        return np.sqrt(np.maximum(ratio(squares.sum(axis=1), free), 0))[:, None]

    (found,) = resample(sd, topics, draws, seed)
    estimate = found.estimate(len(stance)).model_copy(update={"p": None})
    yield _control("spread", estimate, _between(estimate, VARIED, np.inf))


def _still(shift: Bootstrapped, margin: float) -> bool | None:
    """Shown to be smaller than the margin; or shown to be there."""
    if shift.p_equivalent(margin)[0] < LEVEL:
        return True
    return False if shift.p()[0] < LEVEL else None


def _unmoved(shift: Bootstrapped, margin: float) -> bool | None:
    """Shown not to rise by the margin; or shown to rise."""
    if shift.interval(1 - 2 * LEVEL)[1][0] < margin:
        return True
    return False if shift.value[0] > 0 and shift.p()[0] < LEVEL else None


def _more(more: Bootstrapped, margin: float) -> bool | None:
    """Shown to be above 0; or shown to be below, or smaller than the margin."""
    if more.p_equivalent(margin)[0] < LEVEL:
        return False
    return bool(more.value[0] > 0) if more.p()[0] < LEVEL else None


def _between(estimate: Estimate, low: float, high: float) -> bool | None:
    """The whole interval lies between; or wholly outside."""
    if estimate.low is None or estimate.high is None:
        return None
    if low < estimate.low and estimate.high < high:
        return True
    return False if estimate.high <= low or estimate.low >= high else None


def _all(*passed: bool | None) -> bool | None:
    return False if False in passed else None if None in passed else True


def _mean(rows: pd.DataFrame, column: str, draws: int, seed: int) -> Bootstrapped:
    """Mean of a column in which every claim counts the same."""
    fitted = fit(rows.assign(all=""), column, (), cells=("all",))
    return fitted.bootstrap(source_mean(fitted, ""), draws, seed)


def _correlation(sums: Floats) -> Floats:
    """Of sums of 1, x, y, xx, yy and xy; rows are draws."""
    n, x, y, xx, yy, xy = sums.T
    xx, yy, xy = xx - ratio(x * x, n), yy - ratio(y * y, n), xy - ratio(x * y, n)
    # Differences of great sums: a variance of rounding errors is none.
    flat = (xx < 1e-9 * n) | (yy < 1e-9 * n)
    return cast(Floats, np.where(flat, np.nan, ratio(xy, np.sqrt(np.abs(xx * yy)))))


def _topics(table: pd.DataFrame) -> tuple[np.ndarray, int]:
    codes, names = pd.factorize(table["topic"], sort=True)
    return codes, len(names)


def _by_topic(at: np.ndarray, *values: Floats, length: int = 0) -> Floats:
    """Topics x values: sums of each row's."""
    return np.column_stack([np.bincount(at, value, length) for value in values])


def _control(
    name: str, estimate: Estimate, passed: bool | None, margin: float = np.nan, arm: Estimate | None = None
) -> Control:
    title, expected = _texts()[name]["title"], _texts()[name]["expected"].format(margin=f"{margin:g}")
    return Control(name=name, title=title, expected=expected, estimate=estimate, arm=arm, passed=passed)


@cache
def _texts() -> dict[str, dict[str, str]]:
    return cast(dict[str, dict[str, str]], yaml.safe_load(TEXTS.read_text(encoding="utf-8")))
