"""How numbers are written: a rate never without its denominator, an unknown never as 0.

The sign of a percent is set off by a narrow no-break space, a range has one unit: "48 % (36–61 %)".
"""

from __future__ import annotations

import math

from subterfuge.reporting.model import Effect, Range, Rate

UNKNOWN = "not measured"
NARROW = "\u202f"
HOUR = 3600
MINUTE = 60


def percent(share: float | None) -> str:
    """A share of 1 in percent; "0 %" and "100 %" are said only of exactly none and exactly all."""
    return UNKNOWN if _unknown(share) else f"{_digits(share)}{NARROW}%"


def span(low: float | None, high: float | None) -> str:
    """A range of shares: "36–61 %"; "not measured" if an end is not known."""
    if _unknown(low) or _unknown(high):
        return UNKNOWN
    return f"{_digits(low)}–{_digits(high)}{NARROW}%"


def of(events: int, n: int) -> str:
    """Count and denominator: "31 of 64"; without a denominator there is nothing to say."""
    return f"{events:,} of {n:,}" if n else UNKNOWN


def interval(found: Rate | Range | None) -> str:
    """The limits of a rate."""
    if found is None or (isinstance(found, Rate) and not found.n):
        return UNKNOWN
    return span(found.low, found.high)


def signed(value: float | None) -> str:
    """A number whose sign matters: "+0.31", "−0.02"."""
    return UNKNOWN if value is None or math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def effect(found: Effect) -> str:
    """An effect in full: "+0.31 (−0.02 to +0.55), 64 episodes"."""
    if not found.n or found.mean is None:
        return UNKNOWN
    limits = (
        "" if found.low is None or found.high is None else f" ({signed(found.low)} to {signed(found.high)})"
    )
    return f"{signed(found.mean)}{limits}, {found.n:,} episodes"


def duration(seconds: float | None) -> str:
    """A time as one says it: "42 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def _unknown(share: float | None) -> bool:
    return share is None or math.isnan(share)


def _digits(share: float | None) -> str:
    """Two figures that matter, at most; what is not all is never rounded to all, nor what is some to none."""
    value = 100 * (share or 0.0)
    if value in (0, 100):
        return f"{value:.0f}"
    if value < 0.01:  # also what would print as 0.00
        return "<0.01"
    if value > 99.99:
        return ">99.99"
    for limit, places in ((1, 2), (9.95, 1), (99, 0), (99.9, 1)):
        if value < limit:
            return f"{value:.{places}f}"
    return f"{value:.2f}"
