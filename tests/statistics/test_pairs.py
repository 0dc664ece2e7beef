"""Two releases in pairs: exact error rates by recursion, and an interval that says what the verdict says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.statistics.mixture import crossing
from subterfuge.statistics.pairs import THETAS, paired, paired_log_e, paired_path
from subterfuge.statistics.signed import mean_interval

LIMIT = np.log(20)
bits = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60)


def columns(drawn):
    return np.array(drawn).T


def operate(theta, longest):
    """Chance that "worse" is found within so many discordant pairs, and the mean number taken if it is."""
    k = np.arange(longest + 1)
    chance = np.zeros(longest + 1)
    chance[0] = 1.0
    found = taken = 0.0
    for d in range(1, longest + 1):
        chance[1:], chance[0] = chance[1:] * (1 - theta) + chance[:-1] * theta, chance[0] * (1 - theta)
        over = paired_log_e(np.minimum(k, d), d - np.minimum(k, d)) >= LIMIT
        now = chance[over].sum()
        found, taken = found + now, taken + d * now
        chance[over] = 0
    return found, taken / found


@given(bits)
def test_the_path_is_the_mean_of_the_products(drawn):
    old, new = columns(drawn)
    product = np.ones(len(THETAS))
    expected = []
    for before, after in zip(old, new, strict=True):
        if before != after:
            product *= [2 * theta if after else 2 * (1 - theta) for theta in THETAS]
        expected.append(np.log(product.mean()))
    assert paired_path(old, new) == pytest.approx(expected, abs=1e-9)


@given(bits)
def test_what_is_worse_for_one_is_better_for_the_other(drawn):
    old, new = columns(drawn)
    assert np.array_equal(paired_path(old, new, "worse"), paired_path(new, old, "better"))
    found, turned = paired(old, new), paired(new, old)
    assert (found.worse_at, found.better_at) == (turned.better_at, turned.worse_at)
    assert found.theta.low == pytest.approx(1 - turned.theta.high, abs=1e-12)
    assert found.difference.low == pytest.approx(-turned.difference.high)
    assert found.estimate == -turned.estimate


def test_counts_every_pair_once():
    found = paired([1, 1, 0, 0, 0, 1], [1, 0, 1, 1, 0, 1])
    assert (found.both, found.only_new, found.only_old, found.neither) == (2, 2, 1, 1)
    assert found.pairs == 6
    assert found.estimate == pytest.approx(1 / 6)
    assert found.difference == mean_interval(plus=2, zero=3, minus=1, level=0.95)


def test_false_alarms_between_equal_releases_are_at_most_alpha_however_long_one_watches():
    # 800 discordant pairs are what 400,000 pairs give at a rate of 1e-3 for both.
    found, _ = operate(0.5, 800)
    assert 0.03 < found <= 0.05
    better, _ = operate(0.45, 800)
    assert better < found, "a new release that is better is accused less"
    worse, _ = operate(0.6, 800)
    assert worse > 0.9, "were the new release worse it would be found"


@pytest.mark.parametrize(("before", "after", "published"), [(1e-3, 1e-2, 848), (1e-2, 0.1, 82)])
def test_costs_what_was_measured(before, after, published):
    moved = before * (1 - after) + after * (1 - before)
    found, taken = operate(after * (1 - before) / moved, 400)
    assert found > 0.999
    assert taken / moved == pytest.approx(published, rel=0.05)


@given(bits.map(lambda drawn: drawn * 8))
def test_the_interval_agrees_with_the_verdicts(drawn):
    found = paired(*columns(drawn))
    worse, better = found.worse_at is not None, found.better_at is not None
    assert 0 <= found.theta.low <= found.theta.high <= 1
    if not (worse and better):
        assert (found.theta.low >= 0.5) == worse
        assert (found.theta.high <= 0.5) == better
    assert found.theta.level == pytest.approx(0.9)


def test_a_verdict_once_reached_stays():
    old, new = np.repeat([0, 1], [12, 40]), np.repeat([1, 0], [12, 40])
    found = paired(old, new)
    assert found.worse_at == crossing(paired_path(old, new), 0.05) == 6
    assert found.log_e_worse < 0, "evidence that has faded by the end does not undo it"


@pytest.mark.parametrize("theta", [0.5, 0.8, 0.97])
def test_the_interval_holds_the_truth_at_every_look(theta):
    drawn = np.random.default_rng(7).random((300, 150)) < theta
    held = 0
    for new in drawn.astype(int):
        interval = paired(1 - new, new).theta
        held += interval.low <= theta <= interval.high
    assert held / 300 >= 0.9


def test_without_pairs_nothing_is_known():
    found = paired([], [])
    assert (found.theta.low, found.theta.high) == (0, 1)
    assert (found.difference.low, found.difference.high) == (-1, 1)
    assert found.worse_at is found.better_at is None
    assert found.log_e_worse == found.log_e_better == 0
    assert np.isnan(found.estimate)


@pytest.mark.parametrize(
    ("old", "new", "alpha", "reason"),
    [
        ([0, 1], [0], 0.05, "one outcome of each"),
        ([0, 0.5], [0, 1], 0.05, "0 or 1"),
        ([0, np.nan], [0, 1], 0.05, "0 or 1"),
        ([[0], [1]], [[0], [1]], 0.05, "one outcome of each"),
        ([0, 1], [0, 1], 0.5, "error rate"),
    ],
)
def test_refuses_what_is_not_a_pair(old, new, alpha, reason):
    with pytest.raises(ValueError, match=reason):
        paired(old, new, alpha)
