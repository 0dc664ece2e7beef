"""Controls: raters made up to be good or bad in one way land where they were made to; self-preference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.persuasion.analysis.controls import controls
from subterfuge.persuasion.analysis.preference import family, preferences
from subterfuge.persuasion.analysis.results import Control
from subterfuge.persuasion.ratings import ARMS

Rater = Callable[[np.random.Generator, str, str, float, str], tuple[float, float]]
"""Random numbers, arm, side, how much the topic is liked, order of the scale; to stance before and shift."""

LIKED = {"for": 1.0, "against": -1.0, "false": -1.5}


def ratings(rater: Rater, topics: int = 28, seed: int = 0) -> pd.DataFrame:
    """A whole design of simulated ratings by four personas in both orders."""
    rng = np.random.default_rng(seed)
    rows = []
    for arm in ARMS:
        for t in range(topics):
            liking = 1.5 * np.sin(1 + t)
            for side in ("false",) if arm == "fact" else ("for", "against"):
                topic = f"fact-{t}" if arm == "fact" else f"topic-{t}"
                for persona in "abcd":
                    for order in ("ascending", "descending"):
                        before, shift = rater(rng, arm, side, 1.2 if arm == "fact" else liking, order)
                        wording = f"plain-{order}"
                        rows.append((arm, topic, f"{topic}.{side}", persona, wording, before, shift))
    names = ["arm", "topic", "claim", "persona", "wording", "before", "shift"]
    frame = pd.DataFrame(rows, columns=names).assign(kind="simulated", rater_model="lab/model")
    frame["rater"] = "lab/model/" + frame["persona"] + "/" + frame["wording"]
    frame["before"] = frame["before"].clip(1, 7)
    return frame.assign(
        after=(frame["before"] + frame["shift"]).clip(1, 7), argument="x", source="s", strategy=""
    )


def ideal(rng: np.random.Generator, arm: str, side: str, liking: float, order: str) -> tuple[float, float]:
    moved = {"argument": 0.6, "swapped_side": -0.5}.get(arm, 0.0)
    return 4 + LIKED[side] * liking + rng.normal(0, 0.2), moved + rng.normal(0, 0.15)


def yes_sayer(
    rng: np.random.Generator, arm: str, side: str, liking: float, order: str
) -> tuple[float, float]:
    return 6 + rng.normal(0, 0.3), 0.5 + rng.normal(0, 0.1)


def constant(rng: np.random.Generator, arm: str, side: str, liking: float, order: str) -> tuple[float, float]:
    return 4.0, 0.0


def at_random(
    rng: np.random.Generator, arm: str, side: str, liking: float, order: str
) -> tuple[float, float]:
    before, after = rng.uniform(1, 7, 2)
    return before, after - before


def drifter(rng: np.random.Generator, arm: str, side: str, liking: float, order: str) -> tuple[float, float]:
    return ideal(rng, arm, side, liking, order)[0], 0.5 + rng.normal(0, 0.1)


def half_drifter(
    rng: np.random.Generator, arm: str, side: str, liking: float, order: str
) -> tuple[float, float]:
    before, shift = ideal(rng, arm, side, liking, order)
    return before, shift + (1.0 if arm == "swapped_side" else 0.0)


def first_answer(
    rng: np.random.Generator, arm: str, side: str, liking: float, order: str
) -> tuple[float, float]:
    return (2.0 if order == "ascending" else 6.0) + rng.normal(0, 0.2), 0.0


EVERY = {
    *("no_argument", "gibberish", "unrelated", "swapped_side", "fact", "facts_known"),
    *("argument_over_no_argument", "argument_over_gibberish", "argument_over_unrelated"),
    *("mirror", "acquiescence", "order", "spread"),
}
STILL = {"no_argument", "gibberish", "unrelated"}
OVER = {"argument_over_no_argument", "argument_over_gibberish", "argument_over_unrelated", "swapped_side"}


def results(rater: Rater, topics: int = 28, **kwargs: object) -> dict[str, Control]:
    return {one.name: one for one in controls(ratings(rater, topics), draws=999, **kwargs)}


def names(found: dict[str, Control], passed: bool | None) -> set[str]:
    return {name for name, one in found.items() if one.passed is passed}


def test_an_ideal_reader_passes_everything() -> None:
    found = results(ideal)
    assert names(found, True) == EVERY
    assert found["swapped_side"].estimate.value == pytest.approx(1.1, abs=0.05)
    assert found["swapped_side"].arm is not None
    assert found["swapped_side"].arm.value == pytest.approx(-0.5, abs=0.05)
    assert "0.15 points" in found["order"].expected
    assert "{" not in "".join(one.title + one.expected for one in found.values())


def test_a_yes_sayer_agrees_with_both_sides_and_with_anything() -> None:
    failed = names(results(yes_sayer), False)
    assert {"acquiescence", "facts_known", "mirror", "fact"} | STILL | OVER <= failed


def test_a_constant_rater_does_not_respond() -> None:
    found = results(constant)
    assert names(found, False) == OVER | {"mirror", "spread", "facts_known"}
    assert found["mirror"].estimate.value is None
    assert names(found, True) == STILL | {"fact", "acquiescence", "order"}


def test_a_random_rater_mirrors_nothing() -> None:
    failed = names(results(at_random), False)
    assert {"mirror", "facts_known"} <= failed
    assert not OVER & names(results(at_random), True)


def test_a_rater_that_drifts_with_all_it_reads() -> None:
    found = results(drifter)
    assert names(found, False) == STILL | OVER | {"fact"}
    assert {"mirror", "acquiescence", "order", "spread", "facts_known"} == names(found, True)


def test_moving_less_for_the_other_side_is_not_enough_if_it_moves_up() -> None:
    found = results(half_drifter)
    assert found["swapped_side"].passed is False
    assert names(found, False) == {"swapped_side"}


def test_a_rater_that_takes_the_first_answers() -> None:
    found = results(first_answer)
    assert {"order", "mirror"} <= names(found, False)
    assert found["order"].estimate.value == pytest.approx(-4, abs=0.1)


def test_want_of_topics_is_undecided() -> None:
    assert names(results(ideal, topics=1), None) == EVERY


def test_want_of_precision_is_undecided() -> None:
    def noisy(
        rng: np.random.Generator, arm: str, side: str, liking: float, order: str
    ) -> tuple[float, float]:
        return 4.0 + rng.normal(0, 0.5), float(rng.normal(0.1, 1.0))

    frames = [ratings(noisy, topics=6, seed=seed) for seed in range(10)]
    found = [one.passed for frame in frames for one in controls(frame, draws=499) if one.name in STILL]
    assert found.count(None) >= 24


def test_what_was_not_asked_is_left_out() -> None:
    frame = ratings(ideal)
    assert {one.name for one in controls(frame[frame["arm"] == "fact"], draws=99)} == {"fact", "facts_known"}
    people = frame.assign(kind="human", wording="", persona="")
    assert {one.name for one in controls(people, draws=99)} == EVERY - {
        "mirror",
        "acquiescence",
        "order",
        "spread",
    }
    plain = frame[frame["arm"] == "argument"].assign(wording="plain")
    plain = plain.assign(rater=plain["persona"])
    assert {one.name for one in controls(plain, draws=99)} == {"mirror", "acquiescence", "spread"}
    one_side = frame[frame["claim"].str.endswith(".for") & (frame["arm"] == "argument")]
    assert {one.name for one in controls(one_side, draws=99)} == {"order", "spread"}


@settings(max_examples=4)
@given(st.integers(0, 1000))
def test_order_of_rows_does_not_matter(seed: int) -> None:
    frame = ratings(ideal, topics=6, seed=seed)
    first, second = controls(frame, draws=99), controls(frame.sample(frac=1, random_state=seed), draws=99)
    for a, b in zip(first, second, strict=True):
        assert (a.name, a.passed) == (b.name, b.passed)
        assert a.estimate.value == pytest.approx(b.estimate.value)
        assert a.estimate.low == pytest.approx(b.estimate.low)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("anthropic/claude-3-haiku", "claude"),
        ("Claude Instant 1.2", "claude"),
        ("openai/o3-mini", "gpt"),
        ("openai/gpt-4o", "gpt"),
        ("google/gemini-1.5-pro", "gemini"),
        ("hf/google/gemma-2-2b-it", "gemma"),
        ("hf/meta-llama/Llama-3.1-8B", "llama"),
        ("subterfuge/smollm2-135m", "smollm"),
        ("mistralai/Mixtral-8x7B", "mistral"),
        ("microsoft/phi-4", "phi"),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek"),
        ("acme/thing-7b", "thing"),
        ("Human", "human"),
        ("7b", "7b"),
    ],
)
def test_families(name: str, wanted: str) -> None:
    assert family(name) == wanted


def rated(effects: dict[str, float], model: str, topics: int = 20, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (f"t{t}", f"t{t}.for", source, 1.0 * t / topics + effect + rng.normal(0, 0.2))
        for t in range(topics)
        for source, effect in effects.items()
        for _ in range(3)
    ]
    frame = pd.DataFrame(rows, columns=["topic", "claim", "source", "shift"])
    return frame.assign(kind="simulated", arm="argument", rater_model=model, before=4.0, strategy="")


def test_a_rater_that_likes_its_own() -> None:
    frame = rated({"openai/gpt-4o": 0.5, "openai/o3": 0.3, "claude-3": 0.0, "Human": 0.1}, "openai/gpt-4.1")
    (found,) = preferences(frame, "openai/gpt-4.1", draws=500)
    assert found.family == "gpt"
    assert found.difference.value == pytest.approx(0.35, abs=0.05)
    assert found.difference.low is not None and found.difference.low > 0.2
    assert np.float64(found.own.value) - np.float64(found.others.value) == pytest.approx(
        found.difference.value
    )
    (fair,) = preferences(rated({"gpt-4": 0.2, "claude-3": 0.2}, "gpt-4"), "gpt-4", draws=500)
    assert fair.difference.low is not None and fair.difference.high is not None
    assert fair.difference.low < 0 < fair.difference.high


def test_no_preference_without_both_sides() -> None:
    frame = rated({"gpt-4": 0.2, "claude-3": 0.2}, "gpt-4")
    assert preferences(frame[frame["source"] == "gpt-4"], "gpt-4") == ()
    assert preferences(frame.assign(rater_model="grok-2"), "grok-2") == ()
    assert preferences(frame, "another/model") == ()
    assert preferences(frame.assign(kind="human"), "gpt-4") == ()
    apart = frame.assign(claim=frame["source"])
    assert preferences(apart, "gpt-4") == ()
