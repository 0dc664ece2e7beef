"""The page of a study: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from subterfuge.reporting import points
from subterfuge.reporting.linear import Linear, linear
from subterfuge.reporting.page import ENVIRONMENT, fill
from subterfuge.reporting.study import Bar, Bars, Dot, Figure, Line, Spread, Study

LONGEST = 20_000
"""Characters that are shown of a quoted text."""

SIDE = 270
"""Pixels of a scatter's side on a narrow screen; numbers that don't collide there don't anywhere else."""

PLACES = (
    *((8, 4, "start"), (-8, 4, "end"), (0, -9, "middle"), (0, 17, "middle")),
    *((8, -8, "start"), (-8, -8, "end"), (8, 15, "start"), (-8, 15, "end")),
)
"""Where a number may stand beside its dot: to the right and down in pixels, and its anchor."""


def render_study(study: Study) -> str:
    """Render the report of a study as one self-contained HTML page.

    It has no script, loads nothing, works in light and dark, on a phone and on paper. All texts are escaped.

    Returns:
        The page, to be written as UTF-8.
    """
    return fill("study.html.j2", study=study, longest=LONGEST)


def axis_of(charts: Iterable[Bars]) -> Linear:
    """One axis that holds all of these charts, and 0."""
    return linear(value for chart in charts for value in (*_ends(chart.reference), *_held(chart.bars)))


def axis_up(lines: Iterable[Line]) -> Linear:
    """One axis that holds all of these lines, and 0."""
    return linear(value for line in lines for value in _held(line.points))


def axis_square(dots: Sequence[Dot]) -> Linear:
    """One axis for both figures of these dots."""
    return linear((value for dot in dots for value in (dot.x, dot.y)), zero=False)


def pieces(spread: Spread) -> list[tuple[int, float, float]]:
    """Number, left end and width in percent of each piece of a distribution's bar, from the least number."""
    found, at = [], 0.0
    total = sum(spread.shares.values()) or 1.0
    for number, share in sorted(spread.shares.items()):
        if share > 0:
            found.append((number, 100 * at, 100 * share / total))
            at += share / total
    return found


def numbered_dots(dots: Sequence[Dot], axis: Linear) -> list[tuple[int, Dot, tuple[int, int, str]]]:
    """Dots that have a name, each with its number and where that stands so as to cover no other."""
    named = [dot for dot in dots if dot.name]
    at = [(SIDE * axis.part(dot.x), SIDE * (1 - axis.part(dot.y))) for dot in named]
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in at]
    found = []
    for number, (dot, (x, y)) in enumerate(zip(named, at, strict=True), 1):
        wide = 8 * len(str(number))
        boxes = [_box(x + dx, y + dy, wide, anchor) for dx, dy, anchor in PLACES]
        best = min(range(len(PLACES)), key=lambda i: (sum(_meet(boxes[i], box) for box in taken), i))
        taken.append(boxes[best])
        found.append((number, dot, PLACES[best]))
    return found


def _box(x: float, y: float, wide: float, anchor: str) -> tuple[float, float, float, float]:
    left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
    return (left, y - 11, left + wide, y + 2)


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _held(bars: Iterable[Bar]) -> list[float | None]:
    return [value for bar in bars for value in _ends(bar.figure)]


def _ends(figure: Figure | None) -> tuple[float | None, ...]:
    return () if figure is None else (figure.value, figure.low, figure.high)


ENVIRONMENT.filters.update(change=points.change, point=points.point)
ENVIRONMENT.globals.update(
    axis_of=axis_of,
    axis_up=axis_up,
    axis_square=axis_square,
    limits=points.limits,
    numbered_dots=numbered_dots,
    pieces=pieces,
)
