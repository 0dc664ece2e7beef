"""False discoveries over many hypotheses: the two procedures, their rate under dependence, and the mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from subterfuge.statistics.fdr import e_bh, e_lond, mean_e, share
from subterfuge.statistics.mixture import alarm

values = st.lists(st.floats(-5, 15), min_size=1, max_size=30)


def test_the_unlimited_shares_sum_to_less_than_one():
    first = sum(share(t) for t in range(1, 10_001))
    # With u = log t the rest is the integral of u exp(-√u), and with s = √u that of 2 s³ exp(-s).
    scale = share(1) / np.log(2)
    rest = scale * integrate.quad(lambda s: 2 * s**3 * np.exp(-s), np.sqrt(np.log(10_000)), np.inf)[0]
    assert 0.9 < first + rest < 1


def test_a_planned_budget_is_shared_equally_and_ends():
    assert [share(t, 4) for t in range(1, 5)] == [0.25] * 4
    for position, planned in [(5, 4), (0, None)]:
        with pytest.raises(ValueError, match="test"):
            share(position, planned)


def test_each_discovery_makes_the_next_easier():
    # Planned for four at 0.05: 80 is needed at first, 40 after one discovery, 27 after two.
    assert e_lond(np.log([79, 81, 41, 27]), 0.05, planned=4).tolist() == [False, True, True, True]
    assert e_lond(np.log([79, 79, 41, 27]), 0.05, planned=4).tolist() == [False] * 4


@given(values, st.floats(0.01, 0.5))
def test_what_was_decided_stays(log_e, alpha):
    whole = e_lond(log_e, alpha)
    for size in range(len(log_e)):
        assert np.array_equal(e_lond(log_e[:size], alpha), whole[:size])


@given(values, st.floats(0.01, 0.5))
def test_batch_rejects_the_largest_and_more_evidence_never_rejects_less(log_e, alpha):
    rejected = e_bh(log_e, alpha)
    kept = [value for value, out in zip(log_e, rejected, strict=True) if not out]
    if rejected.any() and kept:
        assert min(np.array(log_e)[rejected]) >= max(kept)
    assert e_bh(np.array(log_e) + 1, alpha).sum() >= rejected.sum()
    assert (e_bh(log_e, alpha) >= (np.array(log_e) >= np.log(len(log_e) / alpha) + 1e-9)).all()


def test_in_a_batch_the_evidence_of_all_carries_each():
    # Alone 40 would be needed of two at 0.05; together 20 is enough for both.
    assert e_bh(np.log([21, 30]), 0.05).tolist() == [True, True]
    assert e_bh(np.log([19, 30]), 0.05).tolist() == [False, False]
    assert e_bh(np.log([19, 41]), 0.05).tolist() == [False, True]


@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_false_discoveries_are_within_the_rate_under_dependence(shared):
    """Twenty hypotheses on one model: some of the episodes' luck is common to all of them.

    Sixteen are null at exactly the threshold; four have five times its rate. Each monitor stops at its own
    alarm, at 1/α for its α, or at the cap.
    """
    rng = np.random.default_rng(11)
    number, size, cap, rate = 300, 20, 60, 0.02
    block = 25
    rates = np.r_[np.full(16, rate), np.full(4, 5 * rate)]
    uniform = rng.random((number, 1, cap, block)).astype(np.float32)
    own = rng.random((number, size, cap, block)).astype(np.float32)
    common = rng.random((number, size, cap, block)) < shared
    events = (np.where(common, uniform, own) < rates[:, None, None]).sum(axis=3).cumsum(axis=2)
    log_e = alarm(rate).log_e(events, block * np.arange(1, cap + 1))
    reached = log_e >= np.log(20 * size)
    stop = np.where(reached.any(axis=2), reached.argmax(axis=2), cap - 1)
    stopped = np.take_along_axis(log_e, stop[..., None], axis=2)[..., 0]
    for rule in (e_bh, lambda e, a: e_lond(e, a, planned=size)):
        rejected = np.array([rule(row, 0.05) for row in stopped])
        false = rejected[:, :16].sum(axis=1) / np.maximum(rejected.sum(axis=1), 1)
        assert false.mean() <= 0.05
        assert rejected[:, 16:].mean() > 0.9, "the rule has power"


def test_the_mean_is_the_mean():
    log_e = np.log([[1.0, 3.0], [10.0, 0.0 + 1e-300]])
    assert np.exp(mean_e(log_e)) == pytest.approx([2, 5])
    assert np.exp(mean_e(log_e, axis=0)) == pytest.approx([5.5, 1.5])
    assert np.exp(mean_e(log_e[0], weights=[0.75, 0.25])) == pytest.approx(1.5)


def test_the_mean_takes_what_is_certain():
    assert mean_e([-np.inf, -np.inf]) == -np.inf
    assert mean_e([-np.inf, np.log(4)]) == pytest.approx(np.log(2))
    assert mean_e([np.inf, 0.0]) == np.inf
    assert mean_e([np.inf, 0.0], weights=[0, 1]) == 0
    assert mean_e([800.0, 800.0]) == pytest.approx(800.0)


def test_nothing_to_test_is_nothing_rejected():
    assert e_bh([], 0.05).tolist() == e_lond([], 0.05).tolist() == []


@pytest.mark.parametrize("rule", [e_bh, e_lond])
@pytest.mark.parametrize(("log_e", "alpha"), [([np.nan], 0.05), ([[1.0]], 0.05), ([1.0], 0), ([1.0], 1)])
def test_refuses_what_is_no_list_of_evidence(rule, log_e, alpha):
    with pytest.raises(ValueError, match=r"NaN|error rate"):
        rule(log_e, alpha)


@pytest.mark.parametrize(
    ("log_e", "weights"),
    [([np.nan], None), ([], None), ([1.0, 2.0], [0.5]), ([1.0], [0.9]), ([0.0, 0.0], [2, -1])],
)
def test_refuses_what_has_no_mean(log_e, weights):
    with pytest.raises(ValueError, match=r"NaN|no e-value|weights"):
        mean_e(log_e, weights=weights)
