"""Where figures stand on a chart: positions in percent of its width, so that it fits page and phone alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from subterfuge.reporting.model import Rate, Rung
from subterfuge.reporting.numbers import NARROW

ENDS = {0.01: 0.005, 0.02: 0.01, 0.05: 0.01, 0.1: 0.05, 0.2: 0.05, 0.5: 0.1, 1.0: 0.25}
"""Where an axis may end, and how far apart its ticks then are."""


@dataclass(frozen=True)
class Axis:
    """A scale from 0 to `end`."""

    end: float
    """The share at its right end."""

    def at(self, share: float) -> str:
        """The position of a share: "48.44%"."""
        return f"{100 * min(share / self.end, 1):.2f}%"

    def width(self, low: float, high: float) -> str:
        """The width of a range."""
        return f"{100 * (min(high, self.end) - min(low, self.end)) / self.end:.2f}%"

    @property
    def label(self) -> str:
        """The end in words: "100 %"."""
        return _round(self.end)

    @property
    def ticks(self) -> tuple[tuple[str, str, str], ...]:
        """Position, label and anchor of each tick."""
        step = ENDS[self.end]
        count = round(self.end / step)
        anchors = ["start", *["middle"] * (count - 1), "end"]
        return tuple((self.at(i * step), _round(i * step), anchors[i]) for i in range(count + 1))


def _round(share: float) -> str:
    """A tick is a round number, not a measured one."""
    return f"{100 * share:g}{NARROW}%"


def axis(rates: Iterable[Rate], others: Iterable[float | None] = ()) -> Axis:
    """The shortest axis that holds all these rates, their limits and the other shares."""
    shares = [share for rate in rates for share in (rate.value, rate.high if rate.n else None)]
    most = max((share for share in (*shares, *others) if share is not None), default=1.0)
    return Axis(next((end for end in ENDS if most <= end), 1.0))


def ladder_axis(rungs: Iterable[Rung]) -> Axis:
    """One axis for all arms of all rungs."""
    cells = [cell for rung in rungs for cell in rung.cells]
    return axis((cell.gamed for cell in cells), (cell.chance for cell in cells))
