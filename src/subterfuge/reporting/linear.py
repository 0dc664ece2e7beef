"""A straight axis for figures of either sign; positions are in percent, so that charts fit page and phone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1, 2, 5)
"""A tick is one of these, times a power of ten."""


@dataclass(frozen=True)
class Linear:
    """An axis from `low` to `high`, in steps."""

    low: float
    """Its left or lower end."""

    high: float
    """Its right or upper end."""

    step: float
    """From tick to tick."""

    def part(self, value: float) -> float:
        """Where a value stands: 0 at the low end, 1 at the high one; what lies beyond is not held back."""
        return (value - self.low) / (self.high - self.low)

    def at(self, value: float) -> str:
        """From the left: "48.44%"."""
        return f"{100 * self.part(value):.2f}%"

    def up(self, value: float) -> str:
        """From the top, for an axis that goes upwards."""
        return f"{100 * (1 - self.part(value)):.2f}%"

    def width(self, one: float, other: float) -> str:
        """The length between two values."""
        return f"{100 * abs(self.part(one) - self.part(other)):.2f}%"

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Value and label of each tick: (0.2, "+0.2")."""
        count = round((self.high - self.low) / self.step)
        places = max(0, -math.floor(math.log10(self.step) + 1e-9))
        found = []
        for i in range(count + 1):
            value = round(self.low + i * self.step, 9)
            label = "0" if value == 0 else f"{value:+.{places}f}".replace("-", "−")
            found.append((value, label))
        return tuple(found)


def linear(values: Iterable[float | None], zero: bool = True, ticks: int = 5) -> Linear:
    """The shortest axis with round ends that holds these values.

    Args:
        values: what it must hold; None and what is not finite hold no place.
        zero: whether it must hold 0 too.
        ticks: steps at most.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    known += [0.0] if zero or not known else []
    low, high = min(known), max(known)
    if high - low < 1e-6:
        low, high = (low, low + 1) if zero else (low - 0.5, high + 0.5)
    power = 10.0 ** (math.floor(math.log10((high - low) / ticks)))
    sizes = (power * m * s for m in (1, 10, 100) for s in STEPS)
    for step in sizes:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= ticks:
            return Linear(first * step, last * step, step)
    raise AssertionError("a thousandfold step is too short")  # pragma: no cover
