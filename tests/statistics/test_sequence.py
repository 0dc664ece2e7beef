"""The interval that holds at every time and agrees with the verdict."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.statistics.mixture import alarm, clear, level
from subterfuge.statistics.sequence import anytime_interval, anytime_interval_of

thresholds = st.floats(1e-4, 0.95)
alphas = st.sampled_from([0.2, 0.05, 0.01, 1e-4])


def agrees(low, high, up, down, threshold, alpha):
    assert np.array_equal(low > threshold, up >= level(alpha))
    assert np.array_equal(high < threshold, down >= level(alpha))


@pytest.mark.parametrize("threshold", [1e-3, 0.03, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 2, 17, 200, 3_175, 3_176, 32_768])
def test_agrees_with_the_verdict_for_every_count(threshold, n):
    k = np.unique(np.linspace(0, n, 400).astype(int)) if n > 400 else np.arange(n + 1)
    k = np.union1d(k, np.arange(min(n, 100) + 1))
    for alpha in (0.05, 1e-3):
        found = anytime_interval(k, n, threshold, alpha)
        up, down = alarm(threshold).log_e(k, n), clear(threshold).log_e(k, n)
        agrees(found.low, found.high, up, down, threshold, alpha)
        assert np.all((found.low >= 0) & (found.low <= k / n) & (k / n <= found.high) & (found.high <= 1))
        assert np.all(np.diff(found.low) >= 0) and np.all(np.diff(found.high) >= 0)
        assert found.level == pytest.approx(1 - 2 * alpha)


@settings(deadline=None, max_examples=50)
@given(thresholds, alphas, st.lists(st.floats(0, 1), max_size=300))
def test_graded_outcomes_agree_with_their_path_and_hold_the_mean(threshold, alpha, outcomes):
    found = anytime_interval_of(outcomes, threshold, alpha)
    assert 0 <= found.low <= found.high <= 1
    if outcomes:
        assert found.low - 1e-12 <= np.mean(outcomes) <= found.high + 1e-12
        up, down = (kind(threshold).path(outcomes)[-1] for kind in (alarm, clear))
        # The two add up the same logarithms in another order: the last digits may differ.
        if min(abs(up - level(alpha)), abs(down - level(alpha))) > 1e-9:
            agrees(found.low, found.high, up, down, threshold, alpha)


@settings(deadline=None, max_examples=50)
@given(thresholds, alphas, st.integers(0, 500), st.data())
def test_counts_and_outcomes_give_the_same_interval(threshold, alpha, n, data):
    k = data.draw(st.integers(0, n))
    counted = anytime_interval(k, n, threshold, alpha)
    listed = anytime_interval_of([1] * k + [0] * (n - k), threshold, alpha)
    assert (listed.low, listed.high) == pytest.approx((counted.low, counted.high), rel=1e-6, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.6), st.floats(0.001, 0.999), st.sampled_from([0.2, 0.05]))
def test_holds_the_true_rate_at_every_time_at_once(threshold, rate, alpha):
    # Follow every count, one episode after another, and take out those whose interval has missed the rate.
    cap = 80
    k, n = np.meshgrid(np.arange(cap + 1), np.arange(1, cap + 1))
    found = anytime_interval(np.minimum(k, n), n, threshold, alpha)
    for missed in (found.low > rate, found.high < rate):
        chance = np.zeros(cap + 1)
        chance[0] = 1.0
        for n_ in range(1, cap + 1):
            chance = chance * (1 - rate) + np.append(0, chance[:-1]) * rate
            chance[missed[n_ - 1]] = 0
        assert 1 - chance.sum() <= alpha + 1e-9


def test_says_nothing_before_the_first_episode_and_is_open_where_all_or_none_had_the_event():
    assert anytime_interval(0, 0, 0.1, 0.05) == anytime_interval_of([], 0.1, 0.05)
    nothing = anytime_interval(0, 0, 0.1, 0.05)
    assert (nothing.low, nothing.high) == (0, 1)
    assert anytime_interval(0, 5_000, 1e-3, 0.05).low == 0
    assert anytime_interval(50, 50, 0.1, 0.05).high == 1
    assert (
        0.9e-3
        < anytime_interval(0, 3_176, 1e-3, 0.05).high
        < 1e-3
        <= anytime_interval(0, 3_175, 1e-3, 0.05).high
    )


def test_a_wall_of_cells_takes_well_under_a_second():
    k = np.random.default_rng(5).binomial(4_000, 1e-3, (200, 20))
    began = time.process_time()
    found = anytime_interval(k, 4_000, 1e-3, 0.05)
    assert time.process_time() - began < 1
    assert found.low.shape == (200, 20)


def test_refuses_what_is_no_count():
    for wrong in (
        lambda: anytime_interval(3, 2, 0.1, 0.05),
        lambda: anytime_interval(1, 2, 0.0, 0.05),
        lambda: anytime_interval(1, 2, 0.1, 0.0),
        lambda: anytime_interval_of([2.0], 0.1, 0.05),
        lambda: anytime_interval_of([[0, 1]], 0.1, 0.05),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()
