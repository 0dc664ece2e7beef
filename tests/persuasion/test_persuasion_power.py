"""The planner: power rises with ratings, is the textbook's where it must be, and that of real analyses."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from subterfuge.cli.persuade.power import power as verb
from subterfuge.persuasion.analysis import engine
from subterfuge.persuasion.analysis import power as planner
from subterfuge.persuasion.analysis.comparisons import verdict
from subterfuge.persuasion.analysis.power import closed_form, closed_form_n, curve, n_for, power
from subterfuge.persuasion.analysis.simulate import Design, lay_out, study
from subterfuge.persuasion.errors import PersuasionError

SIMPLE = Design(icc=0.0, topic_sd=0.0, interaction_sd=0.0)
"""Nothing that the textbook doesn't know."""


def test_the_closed_form_gives_the_textbooks_numbers() -> None:
    # n = 2 (z_a + z_b)^2 sd^2 / d^2, and for equivalence (z_a + z_b/2) with one-sided a; sd 0.8866.
    numbers = {(0.10, 0.8): 1347, (0.10, 0.9): 1702, (0.15, 0.8): 599, (0.15, 0.9): 757, (0.2, 0.8): 337}
    for (margin, wanted), n in numbers.items():
        assert closed_form_n(0.0, margin, goal="equivalent", wanted=wanted) == n
    for (difference, wanted), n in {(0.1, 0.8): 1235, (0.1, 0.9): 1652, (0.15, 0.8): 549}.items():
        assert closed_form_n(difference, goal="significant", wanted=wanted) == n
    assert closed_form(672, 522, 0.15)["detectable"] == pytest.approx(0.145, abs=5e-4)
    assert closed_form_n(0.15, 0.15, goal="equivalent") is None


def test_without_effects_of_topics_and_arguments_it_is_nearly_the_textbooks() -> None:
    many = replace(SIMPLE, topics=200)
    found = power(many, 0.0, replicates=1500, seed=1)
    # The stance before explains 2 % of the variance.
    assert found.equivalent == pytest.approx(closed_form(672, 522, 0.0)["equivalent"], abs=0.04)
    assert found.significant == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("ratings", [672, 130])
def test_it_computes_what_the_analysis_does(ratings: int) -> None:
    design = Design({"m": 0.2}, topics=7, ratings=ratings, reference_ratings=90, facts=0)
    frame = study(design, seed=3)
    rng = np.random.default_rng(3)
    layout = lay_out(design, rng)
    (estimate,), (se,) = planner.fit(layout, *layout.answers(design, rng, 1))
    real = engine.fit(frame)
    value, error = real.evaluate(np.ones((1, 7)), engine.difference(real, "m", "Human")[None])
    assert estimate == pytest.approx(value[0, 0])
    assert se == pytest.approx(error[0, 0])


def test_verdicts_are_all_there_is() -> None:
    for difference in (-0.2, 0.0, 0.15):
        found = power(Design(), difference, replicates=300)
        assert found.superior + found.equivalent + found.inferior + found.inconclusive == pytest.approx(1)
        assert found.mean == pytest.approx(difference, abs=5 * found.se / np.sqrt(300))
    assert power(Design(), -0.5, replicates=200).inferior > 0.95
    assert power(Design(), 0.5, replicates=200).superior > 0.95


def test_power_rises_with_ratings_topics_and_the_difference() -> None:
    by_ratings = curve(Design(), 0.15, values=[150, 450, 1350], replicates=600)
    assert by_ratings["significant"].is_monotonic_increasing
    assert by_ratings["reference_ratings"].tolist() == [150, 450, 1350]
    varied = Design(interaction_sd=0.25)
    by_topics = curve(varied, 0.15, over="topics", values=[6, 14, 56], replicates=600)
    assert by_topics["significant"].is_monotonic_increasing
    unequal = Design(icc=0.2)
    raters = curve(unequal, 0.15, over="per_argument", values=[24, 3], replicates=600)
    assert raters["significant"].is_monotonic_increasing  # more arguments, fewer ratings of each
    differences = [power(Design(), d, replicates=600).significant for d in (0, 0.05, 0.15, 0.3)]
    assert differences == sorted(differences)


def test_a_number_of_ratings_reaches_the_power_that_it_was_asked_for() -> None:
    number = n_for(Design(), 0.0, 0.3, goal="equivalent", wanted=0.8, replicates=1000)
    assert number is not None
    reached = power(planner.with_ratings(Design(), number), 0.0, 0.3, replicates=4000, seed=77)
    assert reached.equivalent == pytest.approx(0.8, abs=0.04)
    assert number > (closed_form_n(0.0, 0.3, goal="equivalent") or 0)


def test_no_number_of_ratings_makes_up_for_too_few_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "MOST", 2_000)
    assert n_for(Design(topics=3, interaction_sd=0.4), 0.1, goal="significant", replicates=200) is None


def test_the_same_seed_gives_the_same_figures() -> None:
    assert power(Design(), 0.1, replicates=200, seed=3) == power(Design(), 0.1, replicates=200, seed=3)


def test_a_margin_of_nothing_is_refused() -> None:
    with pytest.raises(PersuasionError, match="margin"):
        power(Design(), 0.1, margin=0.0)


def test_more_sources_leave_less_power_and_the_same_equivalence() -> None:
    one, five = (power(Design(), 0.15, sources=count, replicates=500) for count in (1, 5))
    assert five.significant < one.significant
    assert five.equivalent == one.equivalent


@pytest.mark.slow
@pytest.mark.parametrize("difference", [0.0, 0.15])
def test_real_analyses_end_as_planned(difference: float) -> None:
    design = Design({"m": difference}, facts=0, icc=0.03, interaction_sd=0.1)
    count = 300
    ends = Counter()
    for seed in range(count):
        frame = study(design, seed=seed)
        fit = engine.fit(frame)
        drawn = fit.bootstrap(engine.difference(fit, "m", "Human")[None], draws=499, seed=seed)
        ends[verdict(drawn.estimates()[0], drawn.p()[0], drawn.p_equivalent(0.15)[0])] += 1
    planned = power(design, difference, replicates=4000)
    for name in ("superior", "equivalent", "inferior", "inconclusive"):
        expected = getattr(planned, name)
        error = np.sqrt(max(expected * (1 - expected), 0.01) / count)
        assert ends[name] / count == pytest.approx(expected, abs=0.03 + 3 * error)


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(verb)
    return made


def test_the_verb_prints_a_row_and_the_textbooks_figure(app: typer.Typer) -> None:
    found = CliRunner().invoke(
        app, ["--difference", "0.15", "--raters", "672", "--reference", "522", "--studies", "200"]
    )
    assert found.exit_code == 0
    assert "672" in found.stdout
    assert "difference of 0.145" in found.stdout
    assert "Monte Carlo error" in found.stdout


def test_the_verb_prints_one_json_object(app: typer.Typer) -> None:
    found = CliRunner().invoke(
        app, ["--difference", "0,0.3", "--raters", "300", "--topics", "12", "--studies", "200", "--json"]
    )
    told = json.loads(found.stdout)
    assert [one["difference"] for one in told["differences"]] == [0.0, 0.3]
    row = told["differences"][1]["rows"][0]
    assert row["topics"] == 12
    assert 0 <= row["superior"] <= 1


def test_the_verb_refuses_what_is_no_number(app: typer.Typer) -> None:
    found = CliRunner().invoke(app, ["--difference", "much"])
    assert isinstance(found.exception, PersuasionError)
