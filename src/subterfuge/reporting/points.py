"""How points on a scale are written: two decimals, a sign where it is a difference, an unknown never as 0.

Full(+0.31 from -0.02 to 0.55) is "+0.31 (−0.02 to +0.55)"; what is not known says so.
"""

from __future__ import annotations

import math

from subterfuge.reporting.numbers import percent

UNKNOWN = "not known"
FIXED = "\u00a0"
"""A space at which no line ends."""


def point(value: float | None) -> str:
    """A place on a scale, or a coefficient: "4.21", "−0.12"."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    rounded = round(value, 2)
    return f"{abs(rounded):,.2f}" if rounded >= 0 else f"−{abs(rounded):,.2f}"


def change(value: float | None) -> str:
    """A difference: "+0.31", "−0.02", "0.00"."""
    text = point(value)
    return f"+{text}" if value is not None and math.isfinite(value) and round(value, 2) > 0 else text


def limits(low: float | None, high: float | None, signed: bool = True) -> str:
    """An interval: "−0.02 to +0.55"."""
    write = change if signed else point
    return UNKNOWN if UNKNOWN in (write(low), write(high)) else f"{write(low)}{FIXED}to{FIXED}{write(high)}"


def whole(value: float | None, low: float | None, high: float | None, signed: bool = True) -> str:
    """A figure with its interval: "+0.31 (−0.02 to +0.55)"; without one that is not known."""
    text, held = (change if signed else point)(value), limits(low, high, signed)
    return text if UNKNOWN in (text, held) else f"{text} ({held})"


def share(value: float | None) -> str:
    """A share in percent: "62 %"."""
    return UNKNOWN if value is None or not math.isfinite(value) else percent(value)


def chance(p: float | None) -> str:
    """A p-value: "0.37", "0.031", "<0.001"; 1 is said only of exactly 1."""
    if p is None or not math.isfinite(p):
        return UNKNOWN
    if p < 0.001:
        return "<0.001"
    if 0.995 <= p < 1:
        return ">0.99"
    return "1" if p == 1 else f"{p:.2f}" if p >= 0.0995 else f"{p:.3f}"
