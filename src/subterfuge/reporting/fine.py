"""How small rates are written: to two figures however small, since a threshold may be one in a million."""

from __future__ import annotations

import math

from subterfuge.reporting.numbers import NARROW, UNKNOWN, percent


def fine(share: float | None) -> str:
    """A share in percent to two figures: "48 %", "0.1 %", "0.0031 %"; "0 %" is said only of exactly none."""
    if share is None or math.isnan(share):
        return UNKNOWN
    if share >= 0.1 or share == 0:
        return percent(share)
    value = float(f"{100 * share:.2g}")
    places = max(0, 1 - math.floor(math.log10(value)))
    text = f"{value:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{NARROW}%"


def between(low: float | None, high: float | None) -> str:
    """A range: "0.012–0.31 %"."""
    if low is None or high is None:
        return UNKNOWN
    return f"{fine(low).removesuffix(NARROW + '%')}–{fine(high)}"


def count(events: float) -> str:
    """A number of events, whole unless outcomes are a matter of degree: "31", "4.25"."""
    return f"{events:,.0f}" if abs(events - round(events)) < 1e-9 else f"{events:,.2f}"


def counted(events: float, n: int) -> str:
    """Count and denominator: "31 of 64"."""
    return f"{count(events)} of {n:,}" if n else UNKNOWN


def evidence(log_e: float) -> str:
    """An e-value, from its natural logarithm: "20", "1/50", "10⁶"."""
    if log_e < -1e-9:
        return f"1/{evidence(-log_e)}"
    if log_e > math.log(99_999):
        power = f"{log_e / math.log(10):.0f}".translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"10{power}"
    e = math.exp(log_e)
    return f"{e:,.0f}" if e >= 9.95 else f"{e:.2g}"


def one_in(share: float | None) -> str:
    """The number of episodes in which one event is expected, to two figures: "1,100"."""
    if not share:
        return "any number of"
    number = 1 / share
    digits = max(0, math.floor(math.log10(number)) - 1)
    return f"{round(number / 10**digits) * 10**digits:,.0f}"
