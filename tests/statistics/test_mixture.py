"""Evidence for a rate above or below a threshold: its mean, its paths and its shape, by enumeration."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from subterfuge.statistics.mixture import Mixture, alarm, clear, crossing, level

thresholds = st.floats(1e-4, 0.95)
mixtures = st.builds(lambda kind, r: kind(r), st.sampled_from([alarm, clear]), thresholds)
binary = st.lists(st.integers(0, 1), max_size=200)
graded = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def test_a_path_is_the_closed_form_at_every_step():
    rng = np.random.default_rng(1)
    for mixture, rate in itertools.product(
        [alarm(1e-3), clear(1e-3), alarm(0.3), clear(0.3)], [0, 0.01, 0.4]
    ):
        outcomes = rng.random(40_000) < rate  # several times what a path takes at once
        expected = mixture.log_e(np.cumsum(outcomes), np.arange(1, len(outcomes) + 1))
        assert np.array_equal(mixture.path(outcomes), expected)


@settings(deadline=None)
@given(mixtures, binary)
def test_a_path_is_the_product_of_likelihood_ratios(mixture, outcomes):
    found = mixture.path(outcomes)
    evidence = np.zeros(len(outcomes))
    for rate, weight in zip(mixture.rates, mixture.weights, strict=True):
        ratio = np.where(outcomes, rate / mixture.threshold, (1 - rate) / (1 - mixture.threshold))
        evidence += weight * np.cumprod(ratio)
    with np.errstate(divide="ignore"):
        assert np.allclose(found, np.log(evidence), rtol=1e-9, atol=1e-9)


@settings(deadline=None)
@given(mixtures, graded)
def test_a_graded_outcome_is_an_affine_bet(mixture, outcomes):
    x, r = np.array(outcomes), mixture.threshold
    evidence = np.zeros(len(x))
    for rate, weight in zip(mixture.rates, mixture.weights, strict=True):
        evidence += weight * np.cumprod(1 + (rate - r) / (r * (1 - r)) * (x - r))
    with np.errstate(divide="ignore", invalid="ignore"):
        close = np.isclose(mixture.path(x), np.log(evidence), rtol=1e-6, atol=1e-6)
    assert np.all(close | (evidence < 1e-9))


def test_a_path_does_not_depend_on_what_comes_after_it_or_on_where_it_is_cut():
    rng = np.random.default_rng(2)
    for outcomes in (rng.random(50_000) < 0.01, rng.beta(0.1, 5, 50_000)):
        for mixture in (alarm(0.01), clear(0.01)):
            whole = mixture.path(outcomes)
            for cut in (1, 777, 16_384, 16_385, 40_001):
                assert np.allclose(mixture.path(outcomes[:cut]), whole[:cut], rtol=1e-12, atol=1e-12)


@settings(deadline=None)
@given(mixtures, st.integers(1, 60), st.integers(0, 50).map(lambda part: part / 50))
def test_the_mean_is_1_at_the_threshold_and_less_on_the_side_of_the_null(mixture, n, share):
    k = np.arange(n + 1)
    evidence = np.exp(mixture.log_e(k, n))
    assert np.sum(stats.binom.pmf(k, n, mixture.threshold) * evidence) == pytest.approx(1, abs=1e-9)
    r = mixture.threshold
    null = share * r if mixture.claim == "above" else r + share * (1 - r)
    assert np.sum(stats.binom.pmf(k, n, null) * evidence) <= 1 + 1e-9


@settings(max_examples=30, deadline=None)
@given(mixtures, st.lists(st.floats(0, 1), min_size=2, max_size=3, unique=True), st.data())
def test_the_mean_is_at_most_1_for_any_distribution_of_graded_outcomes_on_the_null(mixture, values, data):
    shares = np.array(data.draw(st.lists(st.floats(0.01, 1), min_size=len(values), max_size=len(values))))
    shares /= shares.sum()
    mean, r = float(shares @ values), mixture.threshold
    # Bring the drawn distribution to the null by mixing it with what is surely there: 0 or 1.
    points, chances = np.array([*values, 0.0 if mixture.claim == "above" else 1.0]), np.append(shares, 0.0)
    if mixture.claim == "above" and mean > r:
        chances = np.append(shares * r / mean, 1 - r / mean)
    if mixture.claim == "below" and mean < r:
        kept = (1 - r) / (1 - mean)
        chances = np.append(shares * kept, 1 - kept)
    total = 0.0
    for drawn in itertools.product(range(len(points)), repeat=3):
        total += np.prod(chances[list(drawn)]) * np.exp(mixture.path(points[list(drawn)])[-1])
    assert total <= 1 + 1e-9


@settings(deadline=None)
@given(mixtures, graded, st.floats(1e-6, 1 - 1e-6), st.floats(1e-6, 1 - 1e-6))
def test_evidence_is_monotone_in_the_threshold(mixture, outcomes, one, other):
    low, high = min(one, other), max(one, other)
    change = mixture.at(high).path(outcomes)[-1] - mixture.at(low).path(outcomes)[-1]
    if np.isfinite(change):
        assert change <= 1e-9 if mixture.claim == "above" else change >= -1e-9


@settings(deadline=None)
@given(mixtures, st.integers(0, 10**6), st.integers(0, 10**9))
def test_never_not_a_number(mixture, events, more):
    found = mixture.log_e(events, events + more)
    assert not np.isnan(found)
    assert not np.isnan(mixture.components(events, events + more)).any()
    assert mixture.log_e(0, 0) == pytest.approx(0)


@settings(deadline=None)
@given(thresholds)
def test_alternatives_lie_on_the_side_of_the_claim(threshold):
    assert all(threshold < rate < 1 for rate in alarm(threshold).rates)
    assert all(0 <= rate < threshold for rate in clear(threshold).rates)
    assert len(alarm(threshold).ratios) >= 4
    if threshold < 0.01:
        assert max(alarm(threshold).rates) > 0.39


def test_components_are_unweighted_and_make_up_the_whole():
    mixture = alarm(0.01)
    parts = mixture.components([[3], [4]], [100, 200])
    assert parts.shape == (len(mixture.ratios), 2, 2)
    whole = np.log(np.tensordot(mixture.weights, np.exp(parts), 1))
    assert np.allclose(whole, mixture.log_e([[3], [4]], [100, 200]))


def test_counts_broadcast_and_an_impossible_alternative_is_ruled_out():
    only = Mixture("below", 0.1, (0.0,), (1.0,))
    assert only.log_e(0, 10) == pytest.approx(-10 * np.log(0.9))
    assert only.log_e(1, 10) == -np.inf
    assert list(only.path([0, 1, 0])[1:]) == [-np.inf, -np.inf]
    assert only.path([0, 0.5, 0])[2] == pytest.approx(np.log(0.5 / 0.9**3))
    assert alarm(0.1).log_e([[1], [2]], [5, 6, 7]).shape == (2, 3)
    assert alarm(0.1).path([]).shape == (0,)


def test_crossing_is_the_first_time_and_counts_from_1():
    assert crossing([0, 3.1, 0, 4], 0.05) == 2
    assert crossing([0, 2.9], 0.05) is None
    assert crossing([], 0.05) is None
    assert crossing([np.log(20)], 0.05) == 1
    assert crossing(clear(1e-3).path(np.zeros(5_000)), 0.05) == 3_176


def test_a_million_outcomes_take_well_under_a_second():
    outcomes = np.random.default_rng(3).random(1_000_000) < 1e-3
    taken = []
    for _ in range(3):
        began = time.process_time()
        alarm(1e-3).path(outcomes)
        taken.append(time.process_time() - began)
    assert min(taken) < 0.8


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: alarm(0),
        lambda: alarm(-1),
        lambda: alarm(2.0),
        lambda: alarm(float("nan")),
        lambda: clear(1.0),
        lambda: Mixture("above", 0.1, (2.0, 3.0), (1.0,)),
        lambda: Mixture("above", 0.1, (0.5,), (1.0,)),
        lambda: Mixture("below", 0.1, (1.0,), (1.0,)),
        lambda: Mixture("below", 0.1, (0.5, 0.2), (0.5, 0.4)),
        lambda: Mixture("below", 0.1, (0.5, 0.2), (1.5, -0.5)),
        lambda: Mixture("beside", 0.1, (2.0,), (1.0,)),
        lambda: alarm(0.1).log_e(3, 2),
        lambda: alarm(0.1).log_e(0.5, 2),
        lambda: alarm(0.1).path([0, 1.1]),
        lambda: alarm(0.1).path([0, np.nan]),
        lambda: alarm(0.1).path([[0, 1]]),
        lambda: crossing([0.0], 0.0),
        lambda: level(1.0),
    ],
)
def test_refuses_what_is_no_evidence(wrong):
    with pytest.raises(ValueError, match=r"."):
        wrong()
