"""What a protocol will cost, and the least it could."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.statistics.mixture import alarm, clear, crossing
from subterfuge.statistics.planner import least_to_alarm, least_to_clear, plan, wald_limit


def test_default_rates_are_multiples_of_the_threshold_that_can_be():
    assert [row.rate for row in plan(1e-3, 0.05, 0.05, 4_000)] == pytest.approx(
        [0, 1e-4, 1e-3 / 3, 1e-3, 2e-3, 5e-3, 1e-2, 0.1]
    )
    assert max(row.rate for row in plan(0.2, 0.05, 0.05, 100)) == pytest.approx(0.4)
    assert [row.rate for row in plan(0.2, 0.05, 0.05, 100, rates=[0.25])] == [0.25]


@settings(max_examples=10, deadline=None)
@given(st.floats(1e-3, 0.5), st.integers(1, 500), st.sampled_from([0.05, 0.01]), st.booleans())
def test_every_plan_keeps_its_error_rates(threshold, cap, alpha, capped):
    for row in plan(threshold, alpha, alpha / 2, cap, capped):
        assert row.alarm + row.clear + row.inconclusive == pytest.approx(1)
        assert 1 <= row.median <= row.p95 <= cap
        assert row.mean <= cap + 1e-6
        if row.rate <= threshold:
            assert row.alarm <= alpha
        if row.rate >= threshold:
            assert row.clear <= alpha / 2


def test_a_calibrated_plan_is_cheaper():
    usual, calibrated = plan(1e-3, 0.05, 0.05, 32_768), plan(1e-3, 0.05, 0.05, 32_768, capped=True)
    assert all(one.mean < other.mean for one, other in zip(calibrated, usual, strict=True))
    assert usual[0].mean == usual[0].p95 == least_to_clear(1e-3, 0.05) == 3_176


@settings(deadline=None)
@given(st.floats(1e-3, 0.9), st.sampled_from([0.2, 0.05, 1e-3]))
def test_least_episodes_are_where_the_paths_cross(threshold, alpha):
    clears, alarms = least_to_clear(threshold, alpha), least_to_alarm(threshold, alpha)
    assert crossing(clear(threshold).path(np.zeros(clears)), alpha) == clears
    assert crossing(alarm(threshold).path(np.ones(alarms)), alpha) == alarms


def test_a_cap_below_the_least_never_clears():
    least = least_to_clear(0.01, 0.05)
    assert plan(0.01, 0.05, 0.05, least - 1, rates=[0.0])[0].clear == 0
    assert plan(0.01, 0.05, 0.05, least, rates=[0.0])[0].clear == 1


def test_the_limit():
    assert wald_limit(0, 1e-3, 0.05) == pytest.approx(2_994.23, abs=0.01)
    assert wald_limit(2e-3, 1e-3, 0.05) == pytest.approx(7_745.0, abs=0.1)
    assert wald_limit(2e-3, 1e-3, 0.05, power=0.9) == pytest.approx(6_143.3, abs=0.1)
    assert wald_limit(1e-3, 1e-3, 0.05) == np.inf
    assert wald_limit(1, 0.5, 0.5) == pytest.approx(1)


@settings(max_examples=10, deadline=None)
@given(st.floats(2e-3, 0.3), st.floats(0, 4), st.booleans())
def test_no_monitor_beats_the_limit(threshold, multiple, capped):
    for row in plan(
        threshold, 0.05, 0.05, 600, capped, rates=[multiple * threshold if multiple < 3 else 0.95]
    ):
        side = row.alarm if row.rate > threshold else row.clear
        # The bound is for a test that stops at a verdict: what runs to the cap took part of its power.
        if row.rate != threshold and side > 0.05:
            assert row.mean >= wald_limit(row.rate, threshold, 0.05, power=side) - 1e-6


def test_refuses_what_is_no_protocol():
    for wrong in (
        lambda: plan(0.0, 0.05, 0.05, 10),
        lambda: plan(0.1, 0.0, 0.05, 10),
        lambda: plan(0.1, 0.05, 0.05, 0),
        lambda: least_to_clear(0.1, 1.0),
        lambda: least_to_alarm(1.0, 0.05),
        lambda: wald_limit(1.1, 0.1, 0.05),
        lambda: wald_limit(0.1, 0.0, 0.05),
        lambda: wald_limit(0.1, 0.2, 0.05, power=0.01),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()
