"""How numbers are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.reporting import Effect, Rate
from subterfuge.reporting.axis import axis
from subterfuge.reporting.numbers import duration, effect, of, percent, span
from subterfuge.reporting.visible import visible


@pytest.mark.parametrize(
    ("share", "says"),
    [
        (0, "0"),
        (1, "100"),
        (0.484375, "48"),
        (0.0625, "6.2"),
        (0.0013732, "0.14"),
        (0.00001, "<0.01"),
        (0.9966, "99.7"),
        (0.99996, ">99.99"),
        (0.9996, "99.96"),
        (0.0996, "10"),
    ],
)
def test_percent(share, says):
    assert percent(share) == f"{says}\u202f%"


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_only_none_is_0_and_only_all_is_100(share):
    said = percent(share).removesuffix("\u202f%")
    assert said not in ("0", "0.0", "0.00", "100", "100.0", "100.00")
    if said[0] not in "<>":
        assert float(said) / 100 == pytest.approx(share, abs=0.005)


@pytest.mark.parametrize("unknown", [None, math.nan])
def test_unknown_is_never_a_number(unknown):
    assert percent(unknown) == span(0.1, unknown) == span(unknown, 0.1) == duration(unknown) == "not measured"
    assert effect(Effect(name="e", mean=unknown, n=3)) == "not measured"
    assert of(0, 0) == "not measured"


def test_effects_and_times():
    assert (
        effect(Effect(name="e", mean=-0.02, n=64, low=-0.2, high=0.16))
        == "−0.02 (−0.20 to +0.16), 64 episodes"
    )
    assert [duration(s) for s in (42.4, 200, 7500)] == ["42 s", "3 min 20 s", "2 h 5 min"]


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_axis_holds_what_it_was_made_for(share, high):
    scale = axis([Rate(events=0, n=1, low=0, high=high)], [share])
    assert scale.end >= max(share, high)
    assert 0 <= float(scale.at(share)[:-1]) <= 100
    assert scale.ticks[0][0] == "0.00%"
    assert scale.ticks[-1][0] == "100.00%"


@given(st.text(st.characters(), max_size=200))
def test_visible_text_has_nothing_unseen_and_is_stable(text):
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode("utf-8")
    assert all(sign.isprintable() or sign in "\n\t" or sign.isspace() or ord(sign) > 0x9F for sign in shown)


def test_ordinary_text_is_left_alone():
    text = "Ünïcode, emoji-free, Ελληνικά, עברית, हिन्दी\n\tindented"
    assert visible(text) == text
