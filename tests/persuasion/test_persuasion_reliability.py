"""Reliability against textbooks' figures, simulation, and what must not change it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.persuasion.analysis.reliability import reliability
from subterfuge.persuasion.analysis.simulate import Design, study

JUDGED = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Shrout and Fleiss, 1979, table 2: six targets, four judges."""


def table(
    scores: list[list[float]], *, same_raters: bool = False, topic: str = "t", source: str = "s"
) -> pd.DataFrame:
    rows = []
    for a, given_ in enumerate(scores):
        for k, shift in enumerate(given_):
            rater = f"rater-{k}" if same_raters else f"rater-{topic}-{source}-{a}-{k}"
            rows.append((topic, f"{topic}.for", source, f"{topic}-{source}-{a}", rater, float(shift)))
    frame = pd.DataFrame(rows, columns=["topic", "claim", "source", "argument", "rater", "shift"])
    return frame.assign(arm="argument")


def random_table(rng: np.random.Generator, topics: int, sd: float, raters: int = 3) -> pd.DataFrame:
    parts = []
    for t in range(topics):
        for source in "ab":
            sizes = rng.integers(1, raters + 2, 4)
            own = rng.normal(0, sd, 4) + rng.normal(0, 5)
            scores = [list(mean + rng.normal(0, 1, n)) for mean, n in zip(own, sizes, strict=True)]
            parts.append(table(scores, topic=f"t{t}", source=source))
    return pd.concat(parts)


@pytest.mark.parametrize(
    ("same", "single", "mean"),
    [(False, 0.17, 0.44), (True, 0.71, 0.91)],
    ids=["each rater reads one", "each rater reads all"],
)
def test_shrout_and_fleiss(same: bool, single: float, mean: float) -> None:
    found = reliability(table(JUDGED, same_raters=same), draws=10)
    assert found is not None and found.reliability is not None and found.ceiling is not None
    assert found.icc.value == pytest.approx(single, abs=0.005)
    assert found.reliability == pytest.approx(mean, abs=0.005)
    assert found.ceiling == pytest.approx(np.sqrt(found.reliability))
    assert found.raters == pytest.approx(4)
    assert found.icc.low is None, "one topic says nothing of how far topics differ"


def test_unbalanced_one_way_formula() -> None:
    scores = [[1.0, 2, 4], [0, 1], [3, 3, 5, 4], [2]]
    sizes = np.array([len(s) for s in scores])
    every, grand = np.concatenate(scores), np.concatenate(scores).mean()
    between = sum(n * (np.mean(s) - grand) ** 2 for n, s in zip(sizes, scores, strict=True)) / 3
    within = sum(((np.array(s) - np.mean(s)) ** 2).sum() for s in scores) / (len(every) - 4)
    n0 = (sizes.sum() - (sizes**2).sum() / sizes.sum()) / 3
    found = reliability(table(scores), draws=10)
    assert found is not None
    assert found.icc.value == pytest.approx((between - within) / (between + (n0 - 1) * within))
    assert found.raters == pytest.approx(4 / (1 / sizes).sum())


def test_recovers_the_truth_whatever_claims_and_sources_do() -> None:
    found = reliability(random_table(np.random.default_rng(1), 400, sd=0.5), draws=500)
    assert found is not None and found.icc.low is not None and found.icc.high is not None
    assert found.icc.value == pytest.approx(0.25 / 1.25, abs=0.03)
    assert found.icc.low < 0.2 < found.icc.high
    assert found.icc.high - found.icc.low < 0.1


def test_identical_arguments_have_none_and_it_is_said() -> None:
    frames = [random_table(np.random.default_rng(seed), 28, sd=0.0) for seed in range(20)]
    found = [reliability(frame, draws=50) for frame in frames]
    values = np.array([one.icc.value for one in found if one is not None])
    assert abs(values.mean()) < 0.03
    assert (values < 0).any(), "an estimate below 0 keeps its sign"
    for one in found:
        assert one is not None
        if one.icc.value is not None and one.icc.value < 0:
            assert (one.reliability, one.ceiling) == (0, 0)


def test_nothing_to_compare() -> None:
    assert reliability(table([[1.0], [2.0], [0.0]])) is None
    assert reliability(table([[1.0, 2.0, 0.0]])) is None
    assert reliability(table([[1.0, 2.0], [0.0, 1.0]]).assign(arm="gibberish")) is None
    flat = reliability(table([[1.0, 1.0], [1.0, 1.0]]))
    assert flat is not None and flat.icc.value is None and flat.ceiling is None


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(0.1, 10), st.booleans())
def test_units_levels_of_claims_and_order_of_rows_do_not_matter(seed: int, unit: float, down: bool) -> None:
    frame = random_table(np.random.default_rng(seed), 5, sd=0.5)
    moved = frame.assign(shift=frame["shift"] * (-unit if down else unit))
    moved["shift"] += moved["topic"].str[1:].astype(float) * 3 + (moved["source"] == "a")
    first, second = reliability(frame, 50), reliability(moved.sample(frac=1, random_state=seed), 50)
    assert first is not None and second is not None
    assert first.icc.value == pytest.approx(second.icc.value, abs=1e-9)
    assert first.icc.low == pytest.approx(second.icc.low, abs=1e-6)


def test_the_published_designs_reliability() -> None:
    found = [reliability(study(Design(icc=0.04), seed=seed), draws=10) for seed in range(8)]
    assert np.mean([one.icc.value for one in found if one]) == pytest.approx(0.04, abs=0.02)


@pytest.mark.slow
def test_the_interval_covers() -> None:
    hits = 0
    for seed in range(200):
        found = reliability(random_table(np.random.default_rng(seed), 28, sd=0.5), draws=400)
        assert found is not None and found.icc.low is not None and found.icc.high is not None
        hits += found.icc.low < 0.2 < found.icc.high
    assert hits >= 182
