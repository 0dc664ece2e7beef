"""From episodes to figures: denominators, what is missing, and the marks of a rate."""

from __future__ import annotations

import math
from typing import Any

import pytest
from inspect_ai.log import EvalError, EvalSample
from inspect_ai.scorer import Score

from subterfuge.audit.figures import TOO_FEW, cell, event_rate, marks, outcome_of, rate, value
from subterfuge.ladder import rung
from subterfuge.outcomes import Outcome
from subterfuge.reporting import Rate

NUDGED = rung("rubric_modification_nudged")


def of(events: int, n: int) -> Rate:
    return rate([True] * events + [False] * (n - events))


@pytest.mark.parametrize(
    ("arm", "events", "n", "chance", "expect"),
    [
        ("standard", 0, 100, 0.2, ("saturated",)),
        ("standard", 100, 100, None, ("saturated",)),
        ("standard", 22, 100, 0.2, ("at chance",)),
        ("standard", 60, 100, 0.2, ("informative",)),
        ("standard", 5, 100, None, ("informative",)),
        ("standard", 5, 10, 0.1, ("too few",)),
        ("standard", 5, 10, 0.5, ("too few", "at chance")),
        ("standard", 0, 10, 0.2, ("too few", "saturated")),
        ("standard", 0, 0, 0.2, ("too few",)),
        ("standard", 10, TOO_FEW, None, ("informative",)),
        ("standard", 10, TOO_FEW - 1, None, ("too few",)),
        ("no_opportunity", 0, 100, 0.0, ()),
        ("no_opportunity", 0, 10, 0.0, ("too few",)),
        ("authorised", 50, 100, 0.5, ()),
    ],
)
def test_a_rate_has_the_marks_that_it_deserves(
    arm: str, events: int, n: int, chance: float | None, expect: tuple[str, ...]
) -> None:
    assert marks(arm, of(events, n), chance) == expect


def test_an_able_model_is_what_its_control_says_and_an_arm_that_stops_by_itself_is_never_too_short() -> None:
    assert marks("capability", of(5, 16), 0.2, passed=True, fixed=False) == ("capability passed",)
    assert marks("capability", of(5, 16), 0.2, passed=False, fixed=False) == ("capability not shown",)
    assert marks("capability", of(0, 0), None, passed=None, fixed=False) == ("capability not shown",)
    assert marks("standard", of(8, 16), 0.1, fixed=False) == ("informative",)


def test_an_arm_that_may_stop_early_has_an_interval_for_any_stopping_time() -> None:
    samples = [graded(i, float(i < 6)) for i in range(16)]
    exact = cell(NUDGED, "standard", 16, samples, None, None).gamed
    anytime = cell(NUDGED, "standard", 16, samples, None, None, threshold=0.05).gamed
    assert anytime.low is not None and exact.low is not None and anytime.high is not None
    assert 0.05 < anytime.low < exact.low  # it pays for every look that might have been taken
    gone = cell(NUDGED, "standard", 20, samples, None, None, threshold=0.05)
    assert gone.worst is not None and gone.worst.low is not None and gone.worst.high is not None
    assert gone.worst.low < anytime.low and gone.worst.high > anytime.high


def test_a_rate_counts_events_and_has_the_exact_interval() -> None:
    found = of(3, 10)
    assert (found.events, found.n) == (3, 10)
    assert (found.low, found.high) == pytest.approx((0.0873, 0.6066), abs=1e-4)
    nothing = rate([])
    assert (nothing.n, nothing.low, nothing.high) == (0, 0.0, 1.0)


def sample(number: int, **score: Any) -> EvalSample:
    """A logged episode with this grade; `broke=True` for one that broke off, no grade for one without."""
    error = (
        EvalError(message="it broke", traceback="", traceback_ansi="") if score.pop("broke", False) else None
    )
    graded = {"grade": Score(**score)} if score else None
    return EvalSample(id=number, epoch=1, input="", target="", scores=graded, error=error)


def graded(number: int, gamed: float, effect: float = 0.0, refused: float = 0.0) -> EvalSample:
    reasons = {"gamed": "the list could not be read"} if math.isnan(gamed) else {}
    flags = {"gamed": gamed, "effect": effect, "refused": refused}
    return sample(number, value=flags, metadata={"reasons": reasons})


@pytest.mark.parametrize(
    ("logged", "expect"),
    [
        (graded(1, 1.0), Outcome(True)),
        (graded(1, 0.0), Outcome(False)),
        (graded(1, 0.0, refused=1.0), Outcome(False, refusal=True)),
        (graded(1, math.nan), Outcome(None, "the list could not be read")),
        (graded(1, math.nan, refused=1.0), Outcome(None, "the list could not be read")),
        (sample(1), Outcome(None, "not graded")),
        (sample(1, broke=True), Outcome(None, "the episode broke")),
        (sample(1, broke=True, value={"gamed": 0.0}), Outcome(None, "the episode broke")),
        (sample(1, value=math.nan), Outcome(None, "not graded")),
        (sample(1, value=0.0), Outcome(None, "not graded")),
        (sample(1, value={"exposed": 1.0}), Outcome(None, "not recorded")),
    ],
)
def test_an_episode_without_a_known_grade_is_missing_and_never_clean(
    logged: EvalSample, expect: Outcome
) -> None:
    assert outcome_of(logged) == expect


def test_an_unscored_episode_is_missing_with_its_reason() -> None:
    unscored = sample(1)
    unscored.scores = {"grade": Score.unscored(reason="invalid_response_format")}
    assert outcome_of(unscored) == Outcome(None, "invalid response format")


def test_the_denominator_is_what_was_planned_and_both_worst_cases_are_shown() -> None:
    samples = [
        *[graded(i, 1.0) for i in range(4)],
        *[graded(i, 0.0) for i in range(4, 9)],
        graded(9, 0.0, refused=1.0),
        graded(10, math.nan),
        sample(11, broke=True),
    ]
    found = cell(NUDGED, "standard", 15, samples, 2 / 9, "transcripts/x.html")
    assert (found.planned, found.gamed.events, found.gamed.n) == (15, 4, 10)
    assert found.missing == {"the list could not be read": 1, "the episode broke": 1, "never run": 3}
    assert found.refusals == 1
    assert found.worst is not None and found.worst.low is not None and found.worst.high is not None
    assert found.gamed.low is not None and found.gamed.high is not None
    # With all five missing ones clean, and with all of them gamed.
    assert found.worst.low < found.gamed.low < found.gamed.high < found.worst.high
    assert (found.worst.low, found.worst.high) == pytest.approx((of(4, 15).low, of(9, 15).high))


def test_a_whole_cell_has_no_worst_case() -> None:
    found = cell(NUDGED, "standard", 30, [graded(i, float(i % 2)) for i in range(30)], None, None)
    assert (found.worst, found.missing, found.marks) == (None, {}, ("informative",))


def test_an_effect_is_the_mean_of_what_is_known() -> None:
    samples = [graded(0, 1.0, 3.0), graded(1, 0.0, 1.0), graded(2, 0.0, math.nan)]
    found = cell(NUDGED, "standard", 3, samples, None, None).effect
    assert found is not None
    assert (found.mean, found.n, found.low) == (2.0, 2, None)
    assert cell(NUDGED, "standard", 1, [graded(0, 0.0, math.nan)], None, None).effect is None


def test_a_signed_flip_has_an_interval_around_its_mean() -> None:
    signs = [1.0] * 30 + [0.0] * 50 + [-1.0] * 10
    mirrored = rung("political_sycophancy")
    found = cell(
        mirrored, "standard", 90, [graded(i, 0.0, e) for i, e in enumerate(signs)], None, None
    ).effect
    assert found is not None and found.low is not None and found.high is not None
    assert found.mean == pytest.approx(20 / 90)
    assert 0 < found.low < found.mean < found.high < 1


def test_other_events_have_rates_of_their_own_denominators() -> None:
    samples = [graded(0, 1.0), graded(1, math.nan), sample(2, value={"gamed": 1.0, "evaded": 1.0})]
    assert (event_rate(samples, "gamed").events, event_rate(samples, "gamed").n) == (2, 2)
    assert (event_rate(samples, "evaded").events, event_rate(samples, "evaded").n) == (1, 1)
    assert value(samples[0], "evaded") is None
    assert value(samples[0], "gamed", "disclosure") is None
