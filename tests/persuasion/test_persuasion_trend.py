"""Trends over generations: direction, size, and the rank test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from subterfuge.persuasion.analysis.engine import fit
from subterfuge.persuasion.analysis.simulate import MODELS, Design, study
from subterfuge.persuasion.analysis.trend import published, trends

UP = Design(differences=dict(zip(MODELS, (0.0, -0.3, 0.0, 0.2, 0.3), strict=True)))


@pytest.fixture(scope="module")
def rising() -> pd.DataFrame:
    frame = study(UP, seed=3)
    return frame[frame["arm"] == "argument"]


def test_the_published_classes_are_there() -> None:
    assert sorted(name for sources in published().values() for name in sources) == sorted(MODELS)


def test_a_rise_is_found_and_so_is_its_size(rising: pd.DataFrame) -> None:
    fitted = fit(rising)
    compact, frontier = trends(rising, fitted, published(), draws=999)
    assert (compact.group, frontier.group) == ("compact", "frontier")
    assert frontier.sources == ("Claude 1.3", "Claude 2", "Claude 3 Opus")
    for trend, wanted in ((compact, 0.2), (frontier, 0.3)):
        assert trend.step.low is not None and trend.step.high is not None
        assert 0 < trend.step.low < wanted < trend.step.high
        assert trend.jonckheere_z is not None and trend.jonckheere_z > 2
    assert frontier.step.n == 2 * 672, "of three generations a straight line's slope rests on the ends"


def test_step_is_the_slope_over_generations(rising: pd.DataFrame) -> None:
    fitted = fit(rising)
    names = ["Claude Instant 1.2", "Claude 3 Haiku", "Claude 1.3", "Claude 2"]
    (trend,) = trends(rising, fitted, {"any": names}, draws=10)
    means = [
        np.mean([v for c, v in zip(fitted.cells, fitted.coefficients, strict=True) if c[0] == n])
        for n in names
    ]
    assert trend.step.value == pytest.approx(np.polyfit(range(4), means, 1)[0])


def test_backwards_is_the_opposite(rising: pd.DataFrame) -> None:
    fitted = fit(rising)
    (there,), (back,) = (
        trends(rising, fitted, {"frontier": order}, draws=200)
        for order in (published()["frontier"], published()["frontier"][::-1])
    )
    assert there.step.value == pytest.approx(-np.float64(back.step.value))
    assert there.step.low == pytest.approx(-np.float64(back.step.high))
    assert there.jonckheere_z == pytest.approx(-np.float64(back.jonckheere_z))
    assert there.jonckheere_p == pytest.approx(back.jonckheere_p)


def test_two_generations_are_mann_and_whitneys_test(rising: pd.DataFrame) -> None:
    (trend,) = trends(rising, fit(rising), {"compact": published()["compact"]}, draws=10)
    means = rising.groupby(["source", "argument"])["shift"].mean().round(9)
    first, second = (means[name] for name in published()["compact"])
    wanted = stats.mannwhitneyu(second, first, use_continuity=False, method="asymptotic").pvalue
    assert trend.jonckheere_p == pytest.approx(wanted, rel=1e-6)


def test_no_trend_without_two_sources(rising: pd.DataFrame) -> None:
    fitted = fit(rising)
    assert trends(rising, fitted, {"one": ["Claude 2"], "none": ["x", "y"], "half": ["Claude 2", "x"]}) == ()


def test_all_alike_has_no_rank_test(rising: pd.DataFrame) -> None:
    frame = rising.assign(after=rising["before"], shift=0.0)
    found = trends(frame, fit(frame), published(), draws=20)
    assert {(t.step.value, t.jonckheere_z, t.jonckheere_p) for t in found} == {(0.0, None, None)}
