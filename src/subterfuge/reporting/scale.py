"""A scale for rates: straight where thresholds are large, logarithmic where they are small.

A logarithmic scale has no 0, and a rate of 0 is the most frequent one of all. So its first part is straight,
from 0 to the first power of ten.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from subterfuge.reporting.axis import ENDS
from subterfuge.reporting.fine import fine

ZERO = 0.09
"""Part of a logarithmic scale that lies between 0 and its first power of ten."""


@dataclass(frozen=True)
class Scale:
    """Rates to positions, as parts of the length of the axis."""

    low: float
    """The power of ten from which on it is logarithmic; 0 for a straight scale."""

    high: float
    """The rate at its end."""

    def part(self, share: float) -> float:
        """Where a rate stands, from 0 to 1."""
        share = min(max(share, 0.0), self.high)
        if not self.low:
            return share / self.high
        if share < self.low:
            return ZERO * share / self.low
        return ZERO + (1 - ZERO) * math.log(share / self.low) / math.log(self.high / self.low)

    def at(self, share: float) -> str:
        """From the left: "48.44%"."""
        return f"{100 * self.part(share):.2f}%"

    def up(self, share: float) -> str:
        """From the top, for a scale that goes upwards."""
        return f"{100 * (1 - self.part(share)):.2f}%"

    def width(self, low: float, high: float) -> str:
        """The width of a range."""
        return f"{100 * (self.part(high) - self.part(low)):.2f}%"

    def height(self, low: float, high: float) -> str:
        """The same for a scale that goes upwards."""
        return self.width(low, high)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Rate and label of each tick."""
        if not self.low:
            step = ENDS[self.high]
            return tuple((i * step, fine(i * step)) for i in range(round(self.high / step) + 1))
        powers = round(math.log10(self.high / self.low))
        return ((0.0, "0"), *((share := self.low * 10**i, fine(round(share, 12))) for i in range(powers + 1)))


def scale(shares: Iterable[float | None], thresholds: Iterable[float | None]) -> Scale:
    """The scale that holds these rates and limits, and shows what lies around these thresholds."""
    known = [share for share in shares if share is not None]
    limits = [limit for limit in thresholds if limit]
    most = max((*known, *limits), default=1.0)
    least = min(limits, default=1.0)
    if least >= 0.1 or (not limits and most > 0.1):
        return Scale(0.0, next((end for end in ENDS if most <= end), 1.0))
    # The decade below the least threshold is told apart; what lies lower is as good as 0 beside it.
    low = 10.0 ** (math.floor(math.log10(least) + 1e-9) - 1)
    return Scale(low, min(1.0, 10.0 ** max(math.ceil(math.log10(most) - 1e-9), round(math.log10(low)) + 1)))
