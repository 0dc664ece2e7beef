"""Calibration against SciPy, by hand, and where it must not say more than it knows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from subterfuge.persuasion.analysis.agreement import Scores, _Arguments, _Groups
from subterfuge.persuasion.analysis.calibration import calibrate
from subterfuge.persuasion.analysis.resample import resample
from subterfuge.persuasion.analysis.simulate import Design, study
from subterfuge.persuasion.errors import PersuasionError

Rows = list[tuple[str, str, str, float, float]]


def ratings(kind: str, rows: Rows) -> pd.DataFrame:
    """Rows of topic, source, argument, before, shift."""
    frame = pd.DataFrame(rows, columns=["topic", "source", "argument", "before", "shift"])
    model = "" if kind == "human" else "lab/model"
    return frame.assign(
        kind=kind, rater_model=model, arm="argument", strategy="", claim=frame["topic"] + ".for"
    )


def pair(
    seed: int = 0, topics: int = 10, sources: int = 4, slope: float = 2.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """People's shifts, and simulated ones from which people's means follow exactly."""
    rng = np.random.default_rng(seed)
    human: Rows = []
    simulated: Rows = []
    for t in range(topics):
        for s in range(sources):
            at = (f"t{t}", f"s{s}", f"{t}-{s}")
            mean = 0.2 * s + rng.normal(0, 0.3)
            human += [(*at, 4.0, mean + off) for off in (-1.0, 0.0, 1.0)]
            simulated += [(*at, 4.0, (mean - 0.1) / slope)]
    return ratings("human", human), ratings("simulated", simulated)


def test_perfect_agreement_on_another_scale() -> None:
    found = calibrate(*pair(), draws=500)
    assert [(one.level, one.n) for one in found.agreement] == [("source", 4), ("argument", 40)]
    for one in found.agreement:
        assert one.pearson.value == pytest.approx(1)
        assert one.slope.value == pytest.approx(2)
        assert one.slope.low == pytest.approx(2)
        assert one.intercept.value == pytest.approx(0.1)
    assert found.agreement[1].spearman.value == found.agreement[1].kendall.value == pytest.approx(1)
    assert found.arguments == len(found.points) == 40
    assert found.rater_model == "lab/model"


@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_draws_are_statistics_of_the_drawn_data(seed: int) -> None:
    """Weighting by counts of topics gives what SciPy gives for the rows written out so often."""
    rng = np.random.default_rng(seed)
    n = 60
    x, y = rng.integers(0, 5, n) / 3, rng.integers(0, 5, n) / 3
    topic = np.r_[np.arange(6), rng.integers(0, 6, n - 6)]
    group = np.r_[np.arange(4), rng.integers(0, 4, n - 4)]
    counts = rng.multinomial(6, np.full(6, 1 / 6)).astype(float)
    rows = np.repeat(np.arange(n), counts[topic].astype(int))
    scores = Scores(human=y, simulated=x, topic=topic, noise=None, ratings=n)
    means = [pd.Series(v[rows]).groupby(group[rows]).mean().round(9) for v in (x, y)]
    compared = [(_Arguments(scores), x[rows], y[rows])]
    if len(means[0]) == 4:
        compared.append((_Groups(scores, group), *(m.to_numpy() for m in means)))
    for statistic, a, b in compared:
        if np.ptp(a) and np.ptp(b):
            line = stats.linregress(a, b)
            wanted = [
                line.rvalue,
                stats.spearmanr(a, b)[0],
                stats.kendalltau(a, b)[0],
                line.slope,
                line.intercept,
            ]
            assert statistic(counts[None])[0] == pytest.approx(wanted, abs=1e-7)


def test_ceiling_is_the_correlation_that_truth_would_have() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 0.4, 1200)
    rows = [
        (f"t{i % 30}", f"s{i % 7}", f"{i:04d}", 4.0, truth[i] + e)
        for i in range(1200)
        for e in rng.normal(0, 1, 3)
    ]
    human = ratings("human", rows)
    simulated = ratings(
        "simulated", [(f"t{i % 30}", f"s{i % 7}", f"{i:04d}", 4.0, truth[i]) for i in range(1200)]
    )
    found = calibrate(human, simulated, draws=200).agreement[-1]
    assert found.ceiling == pytest.approx(np.sqrt(0.16 / (0.16 + 1 / 3)), abs=0.04)
    assert found.pearson.value == pytest.approx(found.ceiling, abs=0.05)
    assert found.disattenuated == pytest.approx(1, abs=0.08)


def test_people_who_differ_by_chance_alone_have_no_ceiling_to_divide_by() -> None:
    human, simulated = pair(sources=3)
    means = human.groupby("argument")["shift"].transform("mean")
    human["shift"] = human["shift"] - means + 0.01 * means
    for one in calibrate(human, simulated, draws=50).agreement:
        assert one.ceiling == 0
        assert one.disattenuated is None
    once = human.drop_duplicates("argument")
    assert {one.ceiling for one in calibrate(once, simulated, draws=50).agreement} == {None}


def test_two_sources_have_no_correlation() -> None:
    source, argument = calibrate(*pair(sources=2), draws=50).agreement
    assert source.n == 2
    assert {source.pearson.value, source.spearman.value, source.kendall.value, source.slope.value} == {None}
    assert argument.pearson.value is not None


def test_few_topics_have_no_interval() -> None:
    found = calibrate(*pair(topics=4), draws=50).agreement[0]
    assert found.pearson.value == pytest.approx(1)
    assert found.pearson.low is None and found.pearson.p is None


def test_bias_shares_and_distance_by_hand() -> None:
    human = ratings(
        "human", [("t", "a", "1", 2, 1), ("t", "a", "1", 2, 2), ("t", "a", "1", 5, 0), ("u", "b", "2", 2, 0)]
    )
    simulated = ratings(
        "simulated",
        [
            ("t", "a", "1", 2.3, 0.5),
            ("t", "a", "1", 4.2, 9),
            ("u", "b", "2", 1.8, 1.0),
            ("u", "b", "3", 1.8, 5.0),
        ],
    )
    found = calibrate(human, simulated, draws=50)
    # Argument 1 counts twice, for two people began at 2: (0.5 - 1.5) * 2 + (1 - 0), over three.
    assert found.bias[2].value == pytest.approx(-1 / 3)
    assert found.bias[2].n == 3
    assert found.bias[5].value is None
    assert set(found.bias) == {2, 5}
    assert found.arguments == 2
    assert found.unchanged_human == pytest.approx((1 / 3 + 1) / 2)
    assert found.unchanged_simulated == 0
    assert found.wasserstein == pytest.approx((0.5 * (9 + 0.5) / 2 + 0.5 * 1) - (0.5 * 1 + 0.5 * 0))
    assert found.points == (("a", "1", 4.75, 1.0), ("b", "2", 1.0, 0.0))


def test_what_cannot_be_compared_is_refused() -> None:
    human, simulated = pair()
    with pytest.raises(PersuasionError, match="one table of each"):
        calibrate(simulated, human)
    with pytest.raises(PersuasionError, match="no argument in common"):
        calibrate(human, simulated.assign(argument="other"))
    with pytest.raises(PersuasionError, match="one model at a time"):
        calibrate(human, pd.concat([simulated, simulated.assign(rater_model="lab/second")]))
    with pytest.raises(PersuasionError, match="no argument in common"):
        calibrate(human, simulated.assign(arm="gibberish"))


@settings(max_examples=8)
@given(st.integers(0, 1000), st.floats(0.1, 5), st.floats(-2, 2))
def test_correlations_do_not_depend_on_the_simulated_scale(seed: int, unit: float, off: float) -> None:
    human, simulated = pair(seed)
    simulated["shift"] += np.random.default_rng(seed).normal(0, 0.2, len(simulated))
    other = simulated.assign(shift=simulated["shift"] * unit + off).sample(frac=1, random_state=seed)
    for a, b in zip(
        calibrate(human, simulated, 50).agreement, calibrate(human, other, 50).agreement, strict=True
    ):
        assert a.pearson.value == pytest.approx(b.pearson.value)
        assert a.kendall.value == pytest.approx(b.kendall.value)
        assert a.slope.value == pytest.approx(np.float64(b.slope.value) * unit)


def test_a_noise_rater_does_not_agree_with_the_published_design() -> None:
    human = study(Design(), seed=1)
    rng = np.random.default_rng(2)
    simulated = pd.concat([human[human["arm"] == "argument"].drop_duplicates("argument")] * 8)
    simulated = simulated.assign(
        kind="simulated", rater_model="m", shift=rng.normal(0.4, 0.3, len(simulated))
    )
    found = calibrate(human, simulated, draws=10_000)
    argument = found.agreement[-1]
    assert (
        argument.level == "argument"
        and argument.pearson.low is not None
        and argument.pearson.high is not None
    )
    assert argument.pearson.low < 0.06 and argument.pearson.high > -0.06
    assert argument.pearson.p is not None and argument.pearson.p > 0.01
    assert [one.level for one in found.agreement] == ["source", "strategy", "argument"]


def test_p_and_interval_say_the_same() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.normal(0.35, 1, 20)
        (found,) = resample(lambda counts, x=x: ((counts @ x) / counts.sum(axis=1))[:, None], 20, 999, seed)
        low, high = found.interval()
        assert (low > 0 or high < 0) == (found.p() < 0.05) or min(abs(low), abs(high)) < 0.01


@pytest.mark.slow
def test_the_interval_of_a_correlation_of_sources_covers() -> None:
    """The hardest case, noisy means of sources that truly agree: plain percentiles miss on one side."""
    rng = np.random.default_rng(0)
    base, other = (
        np.linalg.qr(np.column_stack([np.ones(6), rng.normal(size=(6, 2))]))[0].T[1:] * np.sqrt(6) * 0.15
    )
    people, models = base, 0.95 * base + np.sqrt(1 - 0.95**2) * other
    source = np.tile(np.repeat(np.arange(6), 8), 28)
    topic = np.repeat(np.arange(28), 48)
    missed, plain = np.zeros(2), 0
    for seed in range(300):
        shared = rng.normal(0, 0.05, (28, 6))[topic, source] + rng.normal(0, 0.1, len(source))
        human = people[source] + shared + rng.normal(0, 0.5, len(source))
        simulated = models[source] + 0.7 * shared + rng.normal(0, 0.2, len(source))
        statistic = _Groups(Scores(human, simulated, topic, None, 1), source)
        found = resample(statistic, 28, 499, seed)[0]
        low, high = found.interval()
        missed += [low > 0.95, high < 0.95]
        plain += np.quantile(found.drawn, 0.975) < 0.95
    assert missed.sum() <= 0.15 * 300
    assert missed[1] <= 0.1 * 300 < plain
