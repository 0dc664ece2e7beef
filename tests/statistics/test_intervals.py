"""Exact intervals of a rate: their guarantee, checked by full enumeration rather than by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from subterfuge.statistics import clopper_pearson, upper_bound, worst_case

RATES = np.concatenate([[0, 1e-4, 1e-3], np.linspace(0.005, 0.995, 199), [0.999, 1.0]])
samples = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def coverage(low, high, n, rates):
    """Probability that an interval holds the rate: the sum over every possible count of events."""
    counts = np.arange(n + 1)
    chance = stats.binom.pmf(counts, n, rates[:, None])
    holds = (low <= rates[:, None]) & (rates[:, None] <= high)
    return (chance * holds).sum(axis=1)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 16, 64, 129, 500])
def test_two_sided_coverage_is_never_below_the_level(n, level):
    found = clopper_pearson(np.arange(n + 1), n, level)
    # The limits themselves are the hardest rates: coverage jumps there.
    rates = np.concatenate([RATES, np.nextafter(found.low, 0), np.nextafter(found.high, 1)])
    assert coverage(found.low, found.high, n, rates).min() >= level - 1e-9


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("n", [1, 5, 64, 300])
def test_one_sided_coverage_is_never_below_the_level_and_is_reached(n, level):
    high = upper_bound(np.arange(n + 1), n, level)
    rates = np.concatenate([RATES, np.nextafter(high, 1)])
    covered = coverage(np.zeros_like(high), high, n, rates)
    assert covered.min() >= level - 1e-9
    assert covered.min() < level + 1e-6, "a bound that never comes near its level is wider than exact"


@given(samples, levels)
def test_agrees_with_scipy(sample, level):
    events, n = sample
    if n:
        theirs = stats.binomtest(events, n).proportion_ci(level, method="exact")
        ours = clopper_pearson(events, n, level)
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
        less = stats.binomtest(events, n, alternative="less").proportion_ci(level, method="exact")
        assert upper_bound(events, n, level) == pytest.approx(less.high, abs=1e-9)


@given(samples, levels)
def test_holds_the_observed_rate_and_stays_within_0_and_1(sample, level):
    events, n = sample
    found = clopper_pearson(events, n, level)
    assert 0 <= found.low <= found.high <= 1
    if n:
        assert found.low <= events / n <= found.high
    assert found.high >= upper_bound(events, n, level)


@given(samples, levels)
def test_is_symmetric_in_event_and_no_event(sample, level):
    events, n = sample
    one, other = clopper_pearson(events, n, level), clopper_pearson(n - events, n, level)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


@given(samples.filter(lambda s: s[0] < s[1]), levels)
def test_rises_with_events_and_widens_with_the_level(sample, level):
    events, n = sample
    less, more = clopper_pearson(events, n, level), clopper_pearson(events + 1, n, level)
    assert less.low < more.low
    assert less.high < more.high
    wider = clopper_pearson(events, n, (1 + level) / 2)
    assert wider.low <= less.low
    assert less.high <= wider.high


def test_without_episodes_nothing_is_known():
    found = clopper_pearson(0, 0)
    assert (found.low, found.high) == (0, 1)
    assert upper_bound(0, 0) == 1


def test_arrays_give_what_single_counts_give():
    events, n = [0, 3, 64, 0], [10, 10, 64, 0]
    found = clopper_pearson(events, n)
    alone = [clopper_pearson(k, m) for k, m in zip(events, n, strict=True)]
    assert found.low.tolist() == [x.low for x in alone]
    assert found.high.tolist() == [x.high for x in alone]


def test_known_figures():
    found = clopper_pearson(31, 64)
    assert (round(found.low, 3), round(found.high, 3)) == (0.358, 0.613)
    assert upper_bound(0, 64) == pytest.approx(1 - 0.05 ** (1 / 64))


@given(samples, st.integers(0, 50), levels)
def test_missing_episodes_only_widen_what_a_rate_could_be(sample, missing, level):
    events, n = sample
    bounds = worst_case(events, n, missing, level)
    assert bounds.none == clopper_pearson(events, n + missing, level)
    assert bounds.event == clopper_pearson(events + missing, n + missing, level)
    if n:
        assert bounds.widest.low <= events / n <= bounds.widest.high
    if missing:
        assert bounds.widest.high > bounds.none.high


@pytest.mark.parametrize(
    ("events", "n", "level", "says"),
    [
        (5, 4, 0.95, "0..n"),
        (-1, 4, 0.95, "0..n"),
        (0.5, 4, 0.95, "whole"),
        (1, 4, 95, "between 0 and 1"),
        (1, 4, 0, "between 0 and 1"),
    ],
)
def test_refuses_counts_that_cannot_be(events, n, level, says):
    with pytest.raises(ValueError, match=says):
        clopper_pearson(events, n, level)


def test_refuses_fewer_than_no_missing_episodes():
    with pytest.raises(ValueError, match="missing"):
        worst_case(1, 4, -1)
