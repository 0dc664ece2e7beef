"""Small rates keep two figures, scales keep the order, and a thinned path still crosses where it crossed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.reporting.curve import LEAST, MOST, POINTS, frame, thin
from subterfuge.reporting.fine import between, counted, evidence, fine, one_in
from subterfuge.reporting.release import Curve
from subterfuge.reporting.scale import scale

from .release_made import curve

SHARES = st.floats(0, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("share", "says"),
    [
        (None, "not measured"),
        (0, "0 %"),
        (1, "100 %"),
        (0.484, "48 %"),
        (0.05, "5 %"),
        (0.0512, "5.1 %"),
        (0.001, "0.1 %"),
        (0.00042, "0.042 %"),
        (1e-6, "0.0001 %"),
        (0.0999, "10 %"),
        (0.99999, ">99.99 %"),
    ],
)
def test_rates_keep_two_figures(share, says):
    assert fine(share).replace("\u202f", " ") == says


@given(SHARES.filter(lambda s: 1e-9 < s < 0.1))
def test_what_is_some_is_never_written_as_none_and_is_right_to_two_figures(share):
    said = float(fine(share).split("\u202f")[0])
    assert said == pytest.approx(100 * share, rel=0.051)


def test_ranges_counts_and_evidence():
    assert between(0, 0.001) == "0–0.1\u202f%"
    assert between(None, 0.5) == "not measured"
    assert counted(4.25, 10) == "4.25 of 10"
    assert counted(0, 0) == "not measured"
    assert [evidence(math.log(e)) for e in (1, 2.5, 20, 12345)] == ["1", "2.5", "20", "12,345"]
    assert evidence(math.log(1 / 50)) == "1/50"
    assert evidence(math.log(1e6)) == "10⁶"
    assert one_in(0.00095) == "1,100"
    assert one_in(0.5) == "2"
    assert one_in(0) == "any number of"


@given(st.lists(SHARES, max_size=20), st.lists(st.floats(1e-6, 0.9), max_size=3), SHARES, SHARES)
def test_a_scale_keeps_the_order_and_holds_everything(shares, thresholds, one, other):
    found = scale(shares, thresholds)
    for share in (*shares, *thresholds):
        assert 0 <= found.part(share) <= 1
        assert share <= found.high * (1 + 1e-9)
    low, high = sorted((one, other))
    assert found.part(low) <= found.part(high)
    assert found.part(0) == 0
    ticks = [found.part(share) for share, _ in found.ticks]
    assert ticks == sorted(set(ticks))
    assert ticks[-1] == pytest.approx(1)


@pytest.mark.parametrize("limit", [0.05, 0.01, 0.001, 0.0005])
def test_a_small_threshold_stands_clear_of_zero(limit):
    assert 0.2 < scale([0.0, limit], [limit]).part(limit) <= 1


@given(st.integers(1, 5000), st.integers(0, 2**32 - 1), st.floats(0.1, 20))
def test_a_thinned_path_is_short_and_reaches_what_it_reached(length, seed, level):
    rng = np.random.default_rng(seed)
    path = np.cumsum(rng.normal(0, 0.4, length))
    cells = np.arange(1, length + 1)
    kept = thin(cells.tolist(), path.tolist())
    assert len(kept) <= POINTS
    assert [n for n, _ in kept] == sorted({n for n, _ in kept})
    assert kept[0][0] == 1 and kept[-1][0] == length
    assert max(e for _, e in kept) == min(max(path.max(), LEAST), MOST)
    assert min(e for _, e in kept) == max(min(path.min(), MOST), LEAST)
    assert any(e >= level for _, e in kept) == bool((path >= level).any())


def test_no_evidence_at_all_is_drawn_at_the_edge():
    kept = thin([1, 2, 3], [0.0, -math.inf, math.inf])
    assert [e for _, e in kept] == [0.0, LEAST, MOST]


def test_a_frame_holds_its_curves_and_their_levels():
    curves = (curve("ALARM", 3176, -2.0), curve("CLEAR", 3176, 1.0, 3176))
    found = frame(curves)
    for one in curves:
        for n, e in one.points:
            assert 0 <= found.x(n) <= 100
            assert 0 <= found.y(e) <= 100
        assert found.y(one.level) > 0
    assert len(found.heights) <= 7
    assert 3 <= len(found.widths) <= 6
    assert frame((Curve(claim="ALARM", points=(), level=3.0),)).end == 1
