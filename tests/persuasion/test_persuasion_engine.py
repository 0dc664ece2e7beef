"""The estimator: against statsmodels, against fitting again, and what must not change it."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.persuasion.analysis.cells import Cells
from subterfuge.persuasion.analysis.engine import difference, fit, source_mean
from subterfuge.persuasion.analysis.simulate import Design, study

CELLS = ("source", "strategy")


@cache
def ratings(seed=0, topics=12, rows=300):
    """A study with cells of unequal size, and claims that some sources lack."""
    design = Design(
        differences={"m1": 0.0, "m2": 0.2}, ratings=rows, reference_ratings=200, topics=topics, facts=0
    )
    frame = study(design, seed=seed)
    return frame.drop(frame.sample(frac=0.2, random_state=seed).index).reset_index(drop=True)


def contrasts(fitted):
    names = sorted({cell[0] for cell in fitted.cells})
    means = [source_mean(fitted, name) for name in names]
    return np.array(
        [
            *means,
            *(difference(fitted, a, b) for a in names for b in names if a < b),
            *np.eye(len(fitted.cells)),
        ]
    )


def wls(frame, covariates):
    cells = Cells.of(frame, CELLS)
    z = frame[list(covariates)].to_numpy(float)
    z = z - cells.weights @ z / cells.weights.sum()
    design = np.c_[np.eye(len(cells.names))[cells.cell], z]
    model = sm.WLS(frame["shift"].to_numpy(), design, weights=cells.weights)
    return model.fit(cov_type="cluster", cov_kwds={"groups": cells.topic})


@pytest.mark.parametrize("covariates", [(), ("before",), ("before", "words")])
@pytest.mark.parametrize("seed", range(3))
def test_coefficients_and_clustered_errors_are_those_of_statsmodels(seed, covariates):
    frame = ratings(seed)
    oracle, fitted = wls(frame, covariates), fit(frame, covariates=covariates)
    count = len(fitted.cells)
    np.testing.assert_allclose(fitted.coefficients, oracle.params[:count], atol=1e-8)
    np.testing.assert_allclose(fitted.slopes, oracle.params[count:], atol=1e-8)
    K = contrasts(fitted)
    if covariates:  # For means, ours has the error of the covariates' own mean as well.
        K = K[np.abs(K.sum(axis=1)) < 1e-12]
    rows = np.c_[K, np.zeros((len(K), len(covariates)))]
    expected = np.sqrt(np.diag(rows @ oracle.cov_params() @ rows.T))
    np.testing.assert_allclose(fitted.bootstrap(K, 2).se, expected, atol=1e-8)


def test_the_error_of_an_adjusted_mean_holds_that_of_the_mean_stance_before():
    fitted = fit(ratings(5, topics=28, rows=900))
    K = np.array([source_mean(fitted, name) for name in ("Human", "m1", "m2")])
    left = fitted.leave_one_out(K)
    jackknife = np.sqrt(27 / 28 * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose(fitted.bootstrap(K, 2).se, jackknife, rtol=0.04)


def test_without_covariates_a_source_is_a_mean_over_strategies_of_means_over_claims():
    frame = ratings()
    fitted = fit(frame, covariates=())
    claims = frame.groupby(["source", "strategy", "claim"])["shift"].mean()
    expected = claims.groupby(["source", "strategy"]).mean().groupby("source").mean()
    for name, mean in expected.items():
        assert fitted.contrast(np.atleast_2d(source_mean(fitted, name)))[0] == pytest.approx(mean, abs=1e-12)


def test_regressing_the_shift_is_regressing_the_stance_after():
    frame = ratings()
    shift, after = fit(frame), fit(frame, "after")
    weights = Cells.of(frame, CELLS).weights
    start = np.average(frame["before"], weights=weights)
    np.testing.assert_allclose(shift.coefficients, after.coefficients - start, atol=1e-10)
    np.testing.assert_allclose(shift.slopes, after.slopes - 1, atol=1e-10)


def test_leaving_a_topic_out_is_fitting_the_others():
    frame = ratings()
    fitted = fit(frame)
    K = contrasts(fitted)
    left = fitted.leave_one_out(K)
    for position, topic in enumerate(fitted.topics):
        expected = fit(frame[frame["topic"] != topic]).contrast(K)
        np.testing.assert_allclose(left[position], expected, atol=1e-10)


def test_a_draw_is_fitting_the_topics_drawn():
    frame = ratings()
    fitted = fit(frame, covariates=("before", "words"))
    K = contrasts(fitted)
    drawn = fitted.bootstrap(K, 5, seed=3)
    counts = np.random.default_rng(3).multinomial(12, np.full(12, 1 / 12), 5)
    for draw, row in enumerate(counts):
        copies = [
            frame[frame["topic"] == topic].assign(
                topic=f"{topic}-{copy}", claim=lambda f: f["topic"] + f["claim"]
            )
            for topic, count in zip(fitted.topics, row, strict=True)
            for copy in range(count)
        ]
        again = fit(pd.concat(copies), covariates=("before", "words"))
        # A claim that was drawn twice counts twice, as two claims do.
        np.testing.assert_allclose(drawn.values[draw], again.contrast(K), atol=1e-9)


def test_a_row_that_stands_for_several_ratings_is_like_several_rows():
    frame = ratings()
    count = 1 + np.arange(len(frame)) % 3
    many, one = fit(frame.loc[frame.index.repeat(count)]), fit(frame.assign(n=count), counts="n")
    np.testing.assert_allclose(many.coefficients, one.coefficients, atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 50), constant=st.floats(-2, 2))
def test_what_must_not_change_the_estimates(seed, constant):
    frame = ratings(seed)
    fitted = fit(frame)
    K = contrasts(fitted)
    found = fitted.bootstrap(K, 199)
    shuffled = fit(frame.sample(frac=1, random_state=seed)).bootstrap(K, 199)
    np.testing.assert_allclose(shuffled.value, found.value, atol=1e-10)
    np.testing.assert_allclose(shuffled.interval(), found.interval(), atol=1e-8)
    twice = fit(pd.concat([frame, frame]))
    np.testing.assert_allclose(twice.contrast(K), found.value, atol=1e-10)
    moved = fit(frame.assign(shift=frame["shift"] + constant)).bootstrap(K, 199)
    np.testing.assert_allclose(moved.value, found.value + constant * K.sum(axis=1), atol=1e-9)
    np.testing.assert_allclose(moved.se, found.se, atol=1e-9)
    names = {"m1": "zz", "m2": "aa", "Human": "mm"}
    renamed = fit(frame.assign(source=frame["source"].map(names)))
    for a, b in (("m1", "Human"), ("m2", "m1")):
        before = fitted.bootstrap(difference(fitted, a, b), 199).estimates()
        after = renamed.bootstrap(difference(renamed, names[a], names[b]), 199).estimates()
        assert after[0].model_dump() == pytest.approx(before[0].model_dump(), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 50), level=st.sampled_from([0.9, 0.95]), draws=st.integers(99, 400))
def test_intervals_and_tests_say_the_same(seed, level, draws):
    fitted = fit(ratings(seed))
    found = fitted.bootstrap(contrasts(fitted), draws, seed)
    low, high = found.interval(level)
    outside = (low > 0) | (high < 0)
    np.testing.assert_array_equal(found.p() <= 1 - level + 1e-12, outside)
    low, high = found.interval(0.9)
    for margin in (0.1, 0.3):
        within = (low > -margin) & (high < margin)
        np.testing.assert_array_equal(found.p_equivalent(margin) <= 0.05 + 1e-12, within)


def test_p_of_equivalence_falls_with_the_margin_and_exceeds_a_half_outside_it():
    fitted = fit(ratings(1))
    found = fitted.bootstrap(difference(fitted, "m2", "Human"), 999)
    ps = [found.p_equivalent(margin)[0] for margin in (0.01, 0.1, 0.2, 0.5, 1.0)]
    assert ps == sorted(ps, reverse=True)
    assert found.p_equivalent(abs(found.value[0]) - 0.01)[0] > 0.5


def test_one_topic_gives_values_and_nothing_more():
    frame = ratings()
    fitted = fit(frame[frame["topic"] == "topic-01"])
    for estimate in fitted.bootstrap(contrasts(fitted), 99).estimates():
        assert estimate.value is not None
        assert (estimate.low, estimate.high, estimate.se, estimate.p) == (None,) * 4


def test_two_topics_give_no_finite_interval():
    frame = ratings()
    fitted = fit(frame[frame["topic"].isin(["topic-01", "topic-02"])])
    found = fitted.bootstrap(difference(fitted, "m1", "m2"), 999).estimates()[0]
    assert found.se is not None
    assert (found.low, found.high) == (None, None)
    assert found.p > 0.1


def test_a_cell_in_one_topic_gets_no_interval():
    frame = ratings()
    alone = (frame["source"] == "m1") & (frame["strategy"] == "deceptive") & (frame["topic"] != "topic-02")
    fitted = fit(frame[~alone])
    one, other = fitted.bootstrap(
        np.array([source_mean(fitted, "m1"), source_mean(fitted, "m2")]), 199
    ).estimates()
    assert one.value is not None and one.low is None
    assert other.low is not None


def test_a_source_that_is_not_there_is_unknown():
    fitted = fit(ratings())
    found = fitted.bootstrap(difference(fitted, "nobody", "Human"), 99).estimates()[0]
    assert found.value is None and found.p is None and found.low is None
    empty = fit(ratings().head(0))
    assert empty.bootstrap(difference(empty, "m1", "Human"), 99).estimates()[0].value is None


def test_covariates_that_say_the_same_or_nothing_change_nothing():
    frame = ratings().assign(again=lambda f: 3 * f["before"] - 1, constant=250.0)
    expected = fit(frame)
    for covariates in (("before", "again"), ("before", "constant"), ("constant", "before", "again")):
        fitted = fit(frame, covariates=covariates)
        np.testing.assert_allclose(fitted.coefficients, expected.coefficients, atol=1e-9)
        K = contrasts(fitted)
        np.testing.assert_allclose(fitted.bootstrap(K, 2).se, expected.bootstrap(K, 2).se, atol=1e-9)


def test_a_constant_outcome_has_no_width():
    fitted = fit(ratings().assign(shift=0.5))
    found = fitted.bootstrap(np.array([source_mean(fitted, "m1"), difference(fitted, "m1", "m2")]), 199)
    mean, less = found.estimates()
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.5, 0.5, 0.5))
    assert mean.p < 0.05
    assert less.p == 1.0
    assert found.p_equivalent(0.15)[1] < 0.05


def test_rows_without_a_covariate_are_left_out():
    frame = ratings()
    words = frame["words"].where(np.arange(len(frame)) % 5 > 0)
    fitted = fit(frame.assign(words=words), covariates=("before", "words"))
    assert fitted.ratings.sum() == words.notna().sum()


@pytest.mark.slow
def test_intervals_cover_and_tests_hold_their_level():
    """600 studies of the published size: 0.95 +- 0.018 is two Monte Carlo errors."""
    design = Design(differences={"m1": 0.0}, facts=0)
    hits = []
    for seed in range(600):
        fitted = fit(study(design, seed=seed))
        found = fitted.bootstrap(difference(fitted, "m1", "Human"), 499, seed).estimates()[0]
        hits.append(found.low <= 0 <= found.high)
    assert 0.932 < np.mean(hits) < 0.968
