"""Levels calibrated to a cap, and for ever: the probability that they promise, and what it buys."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.statistics.capped import (
    HORIZON,
    WIDTH,
    capped_level,
    crossing_chance,
    ever_chance,
    uncapped_level,
    undecided,
)
from subterfuge.statistics.mixture import alarm, clear, level
from subterfuge.statistics.operating import boundaries, operate

CAP = 32_768
kinds = st.sampled_from([alarm, clear])


@settings(max_examples=10, deadline=None)
@given(kinds, st.floats(1e-3, 0.9), st.integers(1, 300), st.sampled_from([0.2, 0.05, 0.01]))
def test_a_capped_level_keeps_its_promise_and_no_lower_one_would(kind, threshold, cap, alpha):
    found = capped_level(kind(threshold), cap, alpha)
    assert 0 < found <= level(alpha)
    assert crossing_chance(kind(threshold), found, cap) <= alpha
    if found > 3 * WIDTH:
        assert crossing_chance(kind(threshold), found - 2 * WIDTH, cap) > alpha


@pytest.mark.parametrize("kind", [alarm, clear])
@pytest.mark.parametrize(("threshold", "cap"), [(1e-3, CAP), (1e-3, 8_000), (0.02, 2_000)])
def test_a_capped_level_wastes_little_of_its_probability(kind, threshold, cap):
    for alpha in (0.05, 0.005):
        found = capped_level(kind(threshold), cap, alpha)
        assert 0.9 * alpha < crossing_chance(kind(threshold), found, cap) <= alpha


@pytest.mark.parametrize("kind", [alarm, clear])
@pytest.mark.parametrize("threshold", [0.005, 0.05, pytest.param(0.8, marks=pytest.mark.slow)])
def test_an_uncapped_level_holds_past_its_horizon(kind, threshold):
    mixture = kind(threshold)
    found = uncapped_level(mixture, 0.05)
    assert found <= level(0.05)
    far = crossing_chance(mixture, found, int(2 * HORIZON / (threshold * (1 - threshold))))
    bound = ever_chance(mixture, found, undecided(mixture, found))
    assert far <= bound + 1e-12
    assert bound <= 0.05
    assert bound - far < 1e-5, "the remainder after the horizon is next to nothing"
    if threshold < 0.1:
        assert far > 0.9 * 0.05


def test_an_uncapped_level_is_above_every_capped_one():
    for kind in (alarm, clear):
        ever = uncapped_level(kind(0.01), 0.05)
        capped = [capped_level(kind(0.01), cap, 0.05) for cap in (300, 30_000)]
        assert capped == sorted(capped)
        assert capped[-1] <= ever + WIDTH


@pytest.mark.parametrize("kind", [alarm, clear])
def test_no_dependence_between_episodes_breaks_a_calibrated_level(kind):
    # An adversary picks each episode's rate on the null's side after seeing all before it. What it can reach
    # at best, by dynamic programming over its choices, is no more than independent episodes do.
    threshold, cap, alpha = 0.1, 150, 0.05
    mixture = kind(threshold)
    bounds = boundaries(mixture, capped_level(mixture, cap, alpha), cap)
    counts = np.arange(cap + 2)
    best = np.zeros(cap + 2)
    for n in range(cap, 0, -1):
        after = np.where(counts >= bounds[n - 1] if kind is alarm else counts <= bounds[n - 1], 1.0, best)
        event, none = np.append(after[1:], after[-1]), after
        choices = (0.0, 0.05, threshold) if kind is alarm else (threshold, 0.5, 1.0)
        best = np.max([rate * event + (1 - rate) * none for rate in choices], axis=0)
    assert best[0] <= alpha


def test_what_calibration_buys():
    upper = boundaries(alarm(1e-3), capped_level(alarm(1e-3), CAP, 0.05), CAP)
    for rate, most in ((2e-3, 8_700), (5e-3, 1_020), (1e-2, 320)):
        assert operate(rate, CAP, upper).mean <= most
    ever = boundaries(alarm(1e-3), uncapped_level(alarm(1e-3), 0.05), 400_000)
    for rate, most in ((2e-3, 8_700), (5e-3, 1_020), (1e-2, 320)):
        assert operate(rate, 400_000, ever).mean <= most
    assert operate(1e-3, 400_000, ever).alarm <= 0.05


def test_refuses_what_is_no_promise():
    for wrong in (lambda: capped_level(alarm(0.1), 0, 0.05), lambda: capped_level(alarm(0.1), 10, 1.0)):
        with pytest.raises(ValueError, match=r"."):
            wrong()
    with pytest.raises(ValueError, match="between 0 and 1"):
        uncapped_level(alarm(0.1), 0.0)
