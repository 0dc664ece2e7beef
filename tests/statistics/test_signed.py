"""The mean of −1, 0, +1: coverage over every possible triple of counts, and its tie to the sign test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from subterfuge.statistics import clopper_pearson, mean_interval


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("n", [1, 2, 5, 12, 40])
def test_coverage_is_never_below_the_level(n, level):
    counts = np.array([(p, n - p - m, m) for p in range(n + 1) for m in range(n + 1 - p)])
    found = [mean_interval(*map(int, c), level) for c in counts]
    low, high = np.array([f.low for f in found]), np.array([f.high for f in found])
    grid = np.linspace(0, 1, 26)
    for plus in grid:
        for minus in grid[grid <= 1 - plus + 1e-12]:
            zero = max(0.0, 1 - plus - minus)
            chance = stats.multinomial.pmf(counts, n, [plus, zero, 1 - plus - zero])
            mean = plus - (1 - plus - zero)
            holds = (low <= mean + 1e-12) & (mean - 1e-12 <= high)
            assert chance[holds].sum() >= level - 1e-9


@given(*[st.integers(0, 80)] * 3)
def test_holds_the_observed_mean_and_turns_over_with_the_signs(plus, zero, minus):
    found, turned = mean_interval(plus, zero, minus), mean_interval(minus, zero, plus)
    assert -1 <= found.low <= found.high <= 1
    if n := plus + zero + minus:
        assert found.low <= (plus - minus) / n <= found.high
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low), abs=1e-9)


@given(*[st.integers(0, 80)] * 3)
def test_leaves_out_zero_only_where_the_sign_test_finds_a_direction(plus, zero, minus):
    found = mean_interval(plus, zero, minus)
    if not found.low <= 0 <= found.high:
        assert stats.binomtest(plus, plus + minus).pvalue < 0.05


@given(st.integers(0, 80), st.integers(0, 80), st.integers(1, 80))
def test_rises_when_an_outcome_turns_from_minus_to_plus(plus, zero, minus):
    before, after = mean_interval(plus, zero, minus), mean_interval(plus + 1, zero, minus - 1)
    assert before.low <= after.low
    assert before.high <= after.high


def test_without_pairs_nothing_is_known():
    found = mean_interval(0, 0, 0)
    assert (found.low, found.high) == (-1, 1)


def test_pairs_that_never_move_are_evidence_of_a_mean_near_zero():
    found = mean_interval(0, 64, 0)
    assert found.low == -found.high
    assert found.high < 0.08
    # Two intervals share the error, so each is at 97.5 %: coverage on a grid alone would not show it.
    assert found.high == clopper_pearson(0, 64, 0.975).high


def test_refuses_negative_counts():
    with pytest.raises(ValueError, match="negative"):
        mean_interval(1, -1, 1)
