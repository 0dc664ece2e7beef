"""The path of an e-process made small: few points, and yet every height that it reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from subterfuge.reporting.fine import evidence
from subterfuge.reporting.release import Curve

POINTS = 400
"""Points of a curve at most."""

LEAST = -math.log(1000)
"""Log evidence below which nothing is drawn: all of it says "none"."""

MOST = math.log(1e12)
"""Log evidence above which nothing is drawn: all of it says "decided long ago"."""


def thin(cells: Sequence[int], log_e: Sequence[float], most: int = POINTS) -> tuple[tuple[int, float], ...]:
    """Keep at most so many points of a path: of each bin the first, least, greatest and last.

    So a level that the path reached is reached by what is left of it, at the same episode for the greatest.
    What is not finite (no evidence at all) or out of sight is drawn at the edge of what is shown.

    Args:
        cells: episodes after each step, ascending.
        log_e: natural logarithm of e after each step.
        most: points at most, at least 4.
    """
    path = [(int(cell), min(max(float(e), LEAST), MOST)) for cell, e in zip(cells, log_e, strict=True)]
    if len(path) <= most:
        return tuple(path)
    bins = most // 4
    kept: list[tuple[int, float]] = []
    for i in range(bins):
        part = path[i * len(path) // bins : (i + 1) * len(path) // bins]
        four = {part[0], min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1]), part[-1]}
        kept += sorted(four)
    return tuple(kept)


@dataclass(frozen=True)
class Frame:
    """What a chart of curves shows: episodes to the right, evidence upwards."""

    end: int
    """Episodes at the right edge."""

    low: float
    """Log evidence at the lower edge."""

    high: float
    """Log evidence at the upper edge."""

    def x(self, cells: float) -> float:
        """From the left, 0..100."""
        return 100 * cells / self.end

    def y(self, log_e: float) -> float:
        """From the top, 0..100."""
        return 100 * (self.high - min(max(log_e, self.low), self.high)) / (self.high - self.low)

    def path(self, curve: Curve) -> str:
        """An SVG path in a box of 1000 by 1000; it begins at no evidence either way."""
        points = [(0, 0.0), *curve.points]
        return "M" + "L".join(f"{10 * self.x(n):.1f} {10 * self.y(e):.1f}" for n, e in points)

    def clear(self, height: float, curves: Sequence[Curve]) -> bool:
        """Whether a tick's label stands clear of those of the levels."""
        return all(abs(self.y(height) - self.y(curve.level)) > 6 for curve in curves)

    @property
    def heights(self) -> tuple[tuple[float, str], ...]:
        """Log evidence and label of each grid line: powers of ten, few enough to be read."""
        tens = math.log(10)
        first, last = math.ceil(self.low / tens - 1e-9), math.floor(self.high / tens + 1e-9)
        step = max(1, math.ceil((last - first) / 6))
        return tuple((i * tens, evidence(i * tens)) for i in range(first, last + 1) if i % step == 0)

    @property
    def widths(self) -> tuple[tuple[int, str], ...]:
        """Episodes and label of each tick."""
        step = _step(self.end)
        return tuple((n, f"{n:,}") for n in range(0, self.end + 1, step))


def frame(curves: Sequence[Curve]) -> Frame:
    """The frame that holds these curves and their levels."""
    heights = [e for curve in curves for _, e in curve.points] + [curve.level for curve in curves]
    end = max((n for curve in curves for n, _ in curve.points), default=0)
    low = max(LEAST, min([*heights, -math.log(2)]) - 0.3)
    high = min(MOST, max([*heights, math.log(10)]) + 0.6)
    return Frame(max(end, 1), low, high)


def _step(end: int) -> int:
    """A round step that cuts the axis into at most four."""
    power = 10 ** max(0, math.floor(math.log10(end)) - 1)
    return next(int(power) * m for m in (1, 2, 5, 10, 20, 25, 50) if power * m * 4 >= end)
