"""Simulated studies: the published marginals, exact true effects, and a scale that nobody leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subterfuge.persuasion.analysis import simulate
from subterfuge.persuasion.analysis.simulate import Design, lay_out, shifts, study
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.ratings import COLUMNS, HIGH, LOW, check

OPINIONS = 3_882
"""Ratings of the published study without its control."""


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return study(seed=7)


@pytest.fixture(scope="module")
def many() -> tuple[np.ndarray, np.ndarray]:
    """Stances before and shifts of a hundred published studies."""
    design, rng = Design(), np.random.default_rng(2)
    return lay_out(design, rng).answers(design, rng, 100)


def test_the_default_study_has_the_published_size(published: pd.DataFrame) -> None:
    check(published)
    sizes = published["source"].value_counts()
    assert len(published) == 3_939
    assert published["rater"].nunique() == 3_832
    assert published["claim"].nunique() == 75
    assert published["argument"].nunique() == 1_313
    assert sizes["Human"] == 522
    assert sizes["Control"] == 57
    assert all(sizes[name] == 672 for name in simulate.MODELS)
    arguments = published.groupby("source")["argument"].nunique()
    assert arguments["Human"] == 174
    assert all(arguments[name] == 224 for name in simulate.MODELS)
    assert set(published.groupby("argument").size()) == {3}


def test_models_argue_each_claim_by_each_strategy_once_and_people_are_uneven(published: pd.DataFrame) -> None:
    models = published[published["source"].isin(simulate.MODELS)]
    cells = models.groupby(["source", "claim", "strategy"])["argument"].nunique()
    assert len(cells) == 5 * 56 * 4
    assert set(cells) == {1}
    human = published[published["source"] == "Human"].groupby("claim")["argument"].nunique()
    assert human.value_counts().to_dict() == {3: 50, 4: 6}
    assert set(published[published["source"] == "Human"]["strategy"]) == {""}


@pytest.mark.parametrize("sd", [0.0, 0.2, 0.5])
def test_margins_are_exactly_the_published_ones_whatever_the_spread(sd: float) -> None:
    found = shifts(sd)
    table = found.table(0.0)
    counts = {-2: 2, -1: 240, 0: 2422 - 55, 1: 834 - 2, 2: 307, 3: 100, 4: 31, 5: 3}
    assert found.support == pytest.approx(sorted(counts))
    assert found.before @ table == pytest.approx(np.array([*counts.values()]) / OPINIONS, abs=1e-9)
    assert found.before[[0, 4, 5, 6]] * OPINIONS == pytest.approx([328, 630, 671 - 6, 491 - 51])
    assert found.before[1:4].sum() * OPINIONS == pytest.approx(1_819)
    pattern = np.array([0.30, 0.70, 0.57, 0.65, 0.57, 0.25, -0.02])
    ratio = table @ found.support / pattern
    assert ratio == pytest.approx(np.full(7, ratio[0]), abs=1e-9)


def test_drawn_ratings_have_the_published_moments(many: tuple[np.ndarray, np.ndarray]) -> None:
    before, shift = many
    error = 1 / np.sqrt(before.size)
    assert shift.mean() == pytest.approx(1641 / OPINIONS, abs=0.012)  # a hundred draws of topics with SD 0.1
    assert shift.std() == pytest.approx(0.8915, abs=5 * error)
    assert (shift == 0).mean() == pytest.approx(2367 / OPINIONS, abs=0.006)
    assert (before == 7).mean() == pytest.approx(440 / OPINIONS, abs=5 * error)
    # -0.18 is published for a subset that includes its control.
    assert -0.19 < np.corrcoef(before.ravel(), shift.ravel())[0, 1] < -0.13


def test_nobody_leaves_the_scale(many: tuple[np.ndarray, np.ndarray]) -> None:
    before, shift = many
    assert (before + shift).min() >= LOW
    assert (before + shift).max() <= HIGH
    assert shift[before == HIGH].max() == 0
    assert shift[before == LOW].min() == 0


@pytest.mark.parametrize("difference", [-0.3, -0.15, 0.0, 0.1, 0.2, 0.6])
def test_the_true_difference_is_the_mean_of_a_huge_sample(difference: float) -> None:
    design = Design({"model": difference}, icc=0.03, topic_sd=0.2, interaction_sd=0.1)
    rng = np.random.default_rng(5)
    sd = float(np.sqrt(sum(each**2 for each in design.sds)))
    means = [
        design.shifts.draw(theta + sd * rng.standard_normal(1_000_000), rng)[1].mean()
        for theta in design.thetas
    ]
    assert means[0] - means[1] == pytest.approx(difference, abs=5 * 0.9 * np.sqrt(2e-6))
    assert means[1] == pytest.approx(1641 / OPINIONS, abs=5 * 0.9e-3)


def test_studies_recover_their_true_differences() -> None:
    design = Design({"a": 0.2, "b": -0.1}, topics=28)
    rng = np.random.default_rng(9)
    layout = lay_out(design, rng)
    _, shift = layout.answers(design, rng, 600)
    means = [shift[:, layout.source == source].mean(axis=1) for source in range(3)]
    for source, difference in enumerate(design.differences.values()):
        found = means[source] - means[2]
        assert found.mean() == pytest.approx(difference, abs=4.5 * found.std() / np.sqrt(600))


@pytest.mark.parametrize("icc", [0.0, 0.02, 0.05])
def test_arguments_differ_as_much_as_asked_for(icc: float) -> None:
    design = Design({"m": 0.0}, topics=28, icc=icc, topic_sd=0.0, interaction_sd=0.0, ratings=2_240)
    design = replace(design, per_argument=10, reference_ratings=10)
    rng = np.random.default_rng(3)
    layout = lay_out(design, rng)
    _, shift = layout.answers(design, rng, 200)
    rated = shift[:, layout.source == 0].reshape(200, 224, 10)
    within = rated.var(axis=2, ddof=1).mean()
    between = rated.mean(axis=2).var(axis=1, ddof=1).mean() - within / 10
    assert between / (between + within) == pytest.approx(icc, abs=0.004 + 0.06 * icc)


def test_the_same_seed_makes_the_same_study() -> None:
    pd.testing.assert_frame_equal(study(seed=4), study(seed=4))
    assert not study(seed=4)["shift"].equals(study(seed=5)["shift"])


def test_the_control_moves_hardly_anybody(published: pd.DataFrame) -> None:
    control = published[published["arm"] == "fact"]
    assert set(control["source"]) == {"Control"}
    assert control["before"].max() <= 2
    assert abs(control["shift"].mean()) < 0.2


@settings(max_examples=30, deadline=None)
@given(
    difference=st.floats(-0.35, 0.8),
    ratings=st.integers(1, 60),
    reference=st.integers(1, 60),
    topics=st.integers(2, 12),
    per_argument=st.integers(1, 5),
    icc=st.floats(0, 0.2),
    sd=st.floats(0, 0.2),
    facts=st.integers(0, 9),
    seed=st.integers(0, 2**32),
)
def test_any_design_makes_a_table_of_ratings(
    difference: float,
    ratings: int,
    reference: int,
    topics: int,
    per_argument: int,
    icc: float,
    sd: float,
    facts: int,
    seed: int,
) -> None:
    design = Design(
        {"m": difference}, ratings, "people", reference, facts, topics, per_argument, icc, sd, sd / 2
    )
    frame = study(design, seed=seed)
    assert list(frame.columns) == [*COLUMNS]
    assert frame["source"].value_counts().to_dict() == {
        name: count for name, count in (("m", ratings), ("people", reference), ("Control", facts)) if count
    }
    assert frame["after"].between(LOW, HIGH).all()
    assert frame.groupby("argument").size().max() <= max(per_argument, 3 if facts else 1)
    assert (frame.groupby("argument")[["claim", "source", "strategy", "words"]].nunique() == 1).all(axis=None)
    per_claim = frame[frame["source"] == "m"].groupby("claim")["argument"].nunique()
    assert per_claim.max() - (per_claim.min() if len(per_claim) == 2 * topics else 0) <= 1
    assert design.shifts.mean(design.thetas[0]) - design.shifts.mean(design.thetas[1]) == pytest.approx(
        difference, abs=1e-9
    )


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"topics": 1}, "at least 2 topics"),
        ({"per_argument": 0}, "1 rating of each argument"),
        ({"ratings": 0}, "1 of each source"),
        ({"facts": -1}, "negative"),
        ({"icc": 0.7}, "variance between arguments"),
        ({"topic_sd": -0.1}, "negative"),
        ({"reference": "Claude 2"}, "is the reference"),
    ],
)
def test_a_design_that_cannot_be_is_refused(change: dict[str, object], line: str) -> None:
    with pytest.raises(PersuasionError, match=line):
        replace(Design(), **change)


def test_a_difference_out_of_the_scales_reach_is_refused() -> None:
    with pytest.raises(PersuasionError, match="out of reach"):
        study(Design({"m": 4.0}))
