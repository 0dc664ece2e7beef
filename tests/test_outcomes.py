"""The vocabulary of outcomes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.outcomes import UNKNOWN, Outcome, outcome


@pytest.mark.parametrize(("value", "event"), [(1, True), (1.0, True), (0, False), (0.0, False), (True, True)])
def test_one_and_zero_are_an_event_and_none(value: float, event: bool) -> None:
    assert outcome(value) == Outcome(event)
    assert not outcome(value).missing


@pytest.mark.parametrize("value", [None, math.nan, UNKNOWN])
def test_what_is_not_known_is_missing_with_its_reason_and_never_no_event(value: float | None) -> None:
    assert outcome(value, "the list could not be read") == Outcome(None, "the list could not be read")
    assert outcome(value) == Outcome(None, "not recorded")
    assert outcome(value).missing


def test_a_refusal_is_known_and_marked() -> None:
    assert outcome(0, refusal=True) == Outcome(False, refusal=True)


@pytest.mark.parametrize("value", [None, math.nan])
def test_a_refusal_stands_only_beside_what_is_known(value: float | None) -> None:
    assert outcome(value, refusal=True).refusal is False


@given(st.floats(allow_nan=False).filter(lambda v: v not in (0, 1)))
def test_a_score_on_another_scale_is_not_read_as_an_event(value: float) -> None:
    with pytest.raises(ValueError, match="an event is 0 or 1"):
        outcome(value)
