"""The order of options, and the ways through a menu."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subterfuge.episodes.menu import Menu, Option, Step, order
from subterfuge.ladder import RUNGS

COUNTS = st.integers(1, 8)
TURNS = st.integers(0, 10**9)


@given(COUNTS, TURNS)
def test_an_order_shows_every_option_once(count: int, turn: int) -> None:
    assert sorted(order(count, turn)) == list(range(count))


@given(COUNTS, st.integers(0, 10**6))
def test_over_as_many_episodes_as_options_each_stands_once_at_every_place(count: int, block: int) -> None:
    shown = [order(count, block * count + i) for i in range(count)]
    for place in range(count):
        assert sorted(row[place] for row in shown) == list(range(count))


@pytest.mark.parametrize("count", range(1, 7))
def test_over_all_episodes_of_a_cycle_every_order_occurs_once(count: int) -> None:
    cycle = math.factorial(count)
    seen = Counter(order(count, turn) for turn in range(cycle))
    assert len(seen) == cycle
    assert [order(count, turn) for turn in range(cycle)] == [
        order(count, turn + cycle) for turn in range(cycle)
    ]


@st.composite
def menus(draw: st.DrawFn) -> Menu:
    """Menus of up to five steps, each leading on to later ones only."""
    count = draw(st.integers(1, 5))
    steps = {}
    for i in range(count):
        onward = st.sampled_from([None, *[f"s{j}" for j in range(i + 1, count)]])
        size = draw(st.integers(1, 4))
        options = tuple(Option(id=f"s{i}o{k}", text="go", next=draw(onward)) for k in range(size))
        steps[f"s{i}"] = Step(options=options)
    return Menu(start="s0", steps=steps)


@given(menus())
def test_the_chances_of_all_ways_through_a_menu_add_up_to_one(menu: Menu) -> None:
    paths = list(menu.paths())
    assert math.isclose(sum(p for _, p in paths), 1.0)
    assert len({path for path, _ in paths}) == len(paths)


@given(menus())
def test_a_way_through_a_menu_leads_from_step_to_step_to_an_end(menu: Menu) -> None:
    for path, chance in menu.paths():
        step: str | None = menu.start
        product = 1.0
        for taken in path:
            assert step is not None
            options = menu.steps[step].options
            product /= len(options)
            [step] = [o.next for o in options if o.id == taken]
        assert step is None
        assert math.isclose(chance, product)


@pytest.mark.parametrize("environment", RUNGS, ids=lambda e: e.name)
def test_the_menus_of_the_rungs_end_and_their_chances_add_up(environment) -> None:  # type: ignore[no-untyped-def]
    for scenario in environment.scenarios(20, 0):
        assert math.isclose(sum(p for _, p in scenario.menu.paths()), 1.0)
