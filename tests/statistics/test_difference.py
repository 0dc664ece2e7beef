"""The difference of two rates: published examples, and mean coverage by full enumeration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from subterfuge.statistics import difference

sample = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [  # The worked examples (a)–(h) of Newcombe 1998, table II, method 10.
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_gives_the_published_intervals(counts, low, high):
    found = difference(*counts).interval
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("n", "m"), [(10, 10), (16, 40), (50, 50)])
def test_covers_at_its_level_on_average_over_the_rates(n, m):
    grid = np.linspace(0.01, 0.99, 34)
    pairs = [(k, j) for k in range(n + 1) for j in range(m + 1)]
    found = [difference(k, n, j, m).interval for k, j in pairs]
    low = np.array([f.low for f in found]).reshape(n + 1, m + 1)
    high = np.array([f.high for f in found]).reshape(n + 1, m + 1)
    covered = []
    for p in grid:
        for q in grid:
            chance = np.outer(
                stats.binom.pmf(np.arange(n + 1), n, p), stats.binom.pmf(np.arange(m + 1), m, q)
            )
            covered.append(chance[(low <= p - q) & (p - q <= high)].sum())
    assert np.mean(covered) >= 0.95
    assert np.min(covered) >= 0.86, "method 10 is known to dip somewhat below its level at some rates"


@given(sample, sample)
def test_turns_over_when_the_groups_are_swapped(one, other):
    found, turned = difference(*one, *other), difference(*other, *one)
    assert found.estimate == pytest.approx(-turned.estimate)
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (-turned.interval.high, -turned.interval.low)
    )
    assert found.p_value == pytest.approx(turned.p_value)
    assert -1 <= found.interval.low <= found.estimate + 1e-12
    assert found.estimate - 1e-12 <= found.interval.high <= 1


def test_the_p_value_is_the_exact_one():
    # Fisher's tea: three of four guessed right, each margin four.
    assert difference(3, 4, 1, 4).p_value == pytest.approx(34 / 70)


@pytest.mark.parametrize("counts", [(0, 0, 1, 4), (1, 4, 0, 0), (5, 4, 1, 4)])
def test_refuses_what_cannot_be_compared(counts):
    with pytest.raises(ValueError, match=r"each group|0\.\.n"):
        difference(*counts)
