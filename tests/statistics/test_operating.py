"""What a monitor does at a true rate: the fast recursion against a plain one, and against simulation."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from subterfuge.statistics.mixture import alarm, clear, level
from subterfuge.statistics.operating import boundaries, operate

CAP = 32_768
rates = st.one_of(st.sampled_from([0.0, 1.0, 0.5, 1e-3, 1e-12]), st.floats(0, 1))
alphas = st.sampled_from([0.2, 0.05, 0.01, 1e-4])


def plainly(rate, cap, alarm_at, clear_at):
    """The same, one episode after another, and every count by itself."""
    chance = np.zeros(cap + 2)
    chance[0] = 1
    alarmed = cleared = mean = 0.0
    stopped = []
    for n in range(1, cap + 1):
        mean += chance.sum()
        grown = chance * (1 - rate)
        grown[1:] += chance[:-1] * rate
        counts = np.arange(cap + 2)
        up = counts >= alarm_at[n - 1]
        down = (counts <= clear_at[n - 1]) & ~up
        alarmed, cleared = alarmed + grown[up].sum(), cleared + grown[down].sum()
        chance = np.where(up | down, 0, grown)
        stopped.append(alarmed + cleared)
    stopped[-1] = 1.0
    median, p95 = (next(n for n, s in enumerate(stopped, 1) if s >= q) for q in (0.5, 0.95))
    return alarmed, cleared, chance.sum(), mean, median, p95


@settings(deadline=None)
@given(
    rates,
    st.integers(1, 40).flatmap(
        lambda cap: st.tuples(
            st.lists(st.integers(0, cap + 1), min_size=cap, max_size=cap),
            st.lists(st.integers(-1, cap), min_size=cap, max_size=cap),
            st.booleans(),
        )
    ),
)
def test_any_boundaries_at_all(rate, drawn):
    upper, lower, orderly = drawn
    cap = len(upper)
    if orderly:
        upper, lower = sorted(upper), sorted(lower)
    found = operate(rate, cap, np.array(upper), np.array(lower))
    alarmed, cleared, left, mean, median, p95 = plainly(rate, cap, upper, lower)
    assert (found.alarm, found.clear, found.inconclusive) == pytest.approx((alarmed, cleared, left), abs=1e-9)
    assert found.mean == pytest.approx(mean, abs=1e-7)
    assert (found.median, found.p95) == (median, p95)
    assert operate(rate, cap, np.array(upper)).clear == 0
    assert operate(rate, cap, None, np.array(lower)).alarm == 0
    assert operate(rate, cap).inconclusive == pytest.approx(1)
    assert max(found.alarm, found.clear, found.inconclusive) <= 1


@pytest.mark.parametrize("threshold", [1e-3, 0.01, 0.2, 0.7])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0, 3.0])
def test_monitors_against_the_plain_recursion(threshold, rate):
    cap = 600
    upper, lower = (boundaries(kind(threshold), level(0.05), cap) for kind in (alarm, clear))
    found = operate(min(1.0, rate * threshold), cap, upper, lower)
    plain = plainly(min(1.0, rate * threshold), cap, upper, lower)
    assert (found.alarm, found.clear, found.inconclusive, found.mean) == pytest.approx(plain[:4], abs=1e-7)
    assert (found.median, found.p95) == plain[4:]


@pytest.mark.parametrize("rate", [0.0005, 0.01, 0.04])
def test_monitors_against_simulation(rate):
    cap, runs, threshold = 2_000, 1_000, 0.01
    above, below = alarm(threshold), clear(threshold)
    rng = np.random.default_rng(7)
    ends, alarms, clears = np.empty(runs), 0, 0
    for run in range(runs):
        outcomes = rng.random(cap) < rate
        up, down = above.path(outcomes) >= level(0.05), below.path(outcomes) >= level(0.05)
        first = [int(np.argmax(x)) if x.any() else cap for x in (up, down)]
        ends[run] = min(*first, cap - 1) + 1
        alarms += first[0] < first[1]
        clears += first[1] < first[0]
    exact = operate(rate, cap, boundaries(above, level(0.05), cap), boundaries(below, level(0.05), cap))
    for seen, chance in ((alarms, exact.alarm), (clears, exact.clear)):
        assert abs(seen / runs - chance) < 4 * np.sqrt(chance * (1 - chance) / runs) + 1e-9
    assert abs(ends.mean() - exact.mean) < 4 * ends.std() / np.sqrt(runs)


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-3, 0.95), alphas, st.integers(1, 80))
def test_boundaries_are_where_the_evidence_is(threshold, alpha, cap):
    for kind in (alarm, clear):
        found = boundaries(kind(threshold), level(alpha), cap)
        assert found.shape == (cap,)
        for n in range(1, cap + 1):
            enough = np.flatnonzero(kind(threshold).log_e(np.arange(n + 1), n) >= level(alpha))
            if kind is alarm:
                assert found[n - 1] == enough[0] if len(enough) else found[n - 1] > n
            else:
                assert found[n - 1] == (enough[-1] if len(enough) else -1)


@settings(max_examples=25, deadline=None)
@given(st.floats(5e-4, 0.95), alphas, st.integers(1, 1_500), st.floats(0, 1))
def test_a_wrong_verdict_has_at_most_its_probability_whenever_one_stops(threshold, alpha, cap, share):
    # Ever crossing by the cap is the worst that any rule of stopping by then can do.
    upper, lower = (boundaries(kind(threshold), level(alpha), cap) for kind in (alarm, clear))
    assert operate(threshold, cap, upper).alarm <= alpha
    assert operate(threshold, cap, None, lower).clear <= alpha
    assert operate(threshold * share, cap, upper).alarm <= alpha
    assert operate(threshold + (1 - threshold) * share, cap, None, lower).clear <= alpha


def test_a_wrong_verdict_within_a_million_episodes():
    cap = 1_000_000
    for kind, side in ((alarm, "alarm"), (clear, "clear")):
        bounds = boundaries(kind(1e-3), level(0.05), cap)
        found = operate(1e-3, cap, **{f"{side}_at": bounds})
        assert 0.02 < getattr(found, side) <= 0.05


def test_mean_episodes_of_the_default_monitor():
    upper, lower = (boundaries(kind(1e-3), level(0.05), 400_000) for kind in (alarm, clear))
    assert operate(0, 400_000, None, lower).mean <= 3_200
    assert operate(1e-4, 400_000, None, lower).mean <= 4_900
    for rate, most in ((2e-3, 10_500), (5e-3, 1_200), (1e-2, 370)):
        assert operate(rate, 400_000, upper).mean <= most


def test_fast_enough_to_plan_with():
    upper, lower = (boundaries(kind(1e-3), level(0.05), CAP) for kind in (alarm, clear))
    taken = []
    for _ in range(3):
        began = time.process_time()
        operate(1e-3, CAP, upper, lower)
        taken.append(time.process_time() - began)
    assert min(taken) < 0.3


def test_a_fixed_number_of_episodes_is_a_boundary_too():
    upper = np.full(CAP, CAP + 1)
    upper[-1] = 43
    found = operate(1e-3, CAP, upper)
    assert found.alarm == pytest.approx(stats.binom.sf(42, CAP, 1e-3), abs=1e-10)
    assert (found.mean, found.median) == (pytest.approx(CAP), CAP)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: operate(1.5, 10),
        lambda: operate(0.5, 0),
        lambda: operate(0.5, 3, np.zeros(2, int)),
        lambda: boundaries(alarm(0.1), 3.0, 0),
        lambda: boundaries(alarm(0.1), 0.0, 10),
    ],
)
def test_refuses_what_is_no_monitor(wrong):
    with pytest.raises(ValueError, match=r"."):
        wrong()
