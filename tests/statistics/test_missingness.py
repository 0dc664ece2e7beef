"""Missing outcomes: too many of them, or more in one arm than in another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.statistics.missingness import missing_difference, missing_log_e, missing_path


@given(st.lists(st.integers(0, 1), max_size=60), st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.9]))
def test_path_and_counts_agree(flags, tolerated):
    path = missing_path(flags, tolerated)
    counted = missing_log_e(np.cumsum(flags, dtype=int), np.arange(1, len(flags) + 1), tolerated)
    assert path.shape == (len(flags),)
    assert np.array_equal(path, counted)
    assert not np.isnan(path).any()


def test_what_is_tolerated_is_seldom_called_too_much():
    missing = np.random.default_rng(8).random((500, 4000)) < 0.1
    ever = [missing_path(run, 0.1).max() >= np.log(20) for run in missing]
    assert 0.005 < np.mean(ever) <= 0.05


def test_twice_what_is_tolerated_is_found_soon():
    missing = np.random.default_rng(9).random((200, 1000)) < 0.2
    assert np.mean([missing_path(run, 0.1).max() >= np.log(20) for run in missing]) > 0.99


def test_a_protocol_that_tolerates_none_is_refuted_by_the_first():
    assert missing_path([0, 0, 1, 0], 0).tolist() == [0, 0, np.inf, np.inf]
    assert missing_log_e(0, 10_000, 0) == 0


def test_an_arm_that_loses_more_than_its_control_is_found():
    assert missing_difference(20, 200, 2, 200).p_value < 0.001
    assert missing_difference(20, 200, 2, 200).interval.low > 0
    assert missing_difference(4, 200, 5, 200).p_value > 0.9


@pytest.mark.parametrize(
    ("flags", "tolerated", "reason"),
    [([0, 2], 0.1, "0 and 1"), ([[0]], 0.1, "0 and 1"), ([0, np.nan], 0.1, "0 and 1"), ([0], 1, "tolerated")],
)
def test_refuses_what_is_not_told(flags, tolerated, reason):
    with pytest.raises(ValueError, match=reason):
        missing_path(flags, tolerated)
