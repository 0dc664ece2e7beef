"""Before any episode: what a protocol will cost, and the least it could cost.

`plan` is exact for the monitor that will run; `wald_limit` is what no sequential test can beat.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from scipy import special

from subterfuge.statistics.capped import capped_level
from subterfuge.statistics.mixture import alarm, clear, level
from subterfuge.statistics.operating import Operating, boundaries, operate

MULTIPLES = (0.0, 0.1, 1 / 3, 1.0, 2.0, 5.0, 10.0, 100.0)
"""True rates a plan shows, as multiples of the threshold."""


def plan(
    threshold: float,
    alpha_alarm: float,
    alpha_clear: float,
    cap: int,
    capped: bool = False,
    rates: Sequence[float] | None = None,
) -> tuple[Operating, ...]:
    """What a monitor with both boundaries does at several true rates, exactly.

    Args:
        threshold: the rate r0 between alarm and clearance.
        alpha_alarm: probability, at most, of an alarm at any rate up to the threshold.
        alpha_clear: probability, at most, of a clearance at any rate from the threshold up.
        cap: episodes at most.
        capped: boundaries calibrated to the cap (see `capped`), rather than good for ever.
        rates: true rates; by default 0 and multiples of the threshold from 1/10 to 100, as far as 0.9.

    Raises:
        ValueError: for a threshold or an error rate outside (0, 1), or a cap below 1.
    """
    above, below = alarm(threshold), clear(threshold)
    alarms_at = capped_level(above, cap, alpha_alarm) if capped else level(alpha_alarm)
    clears_at = capped_level(below, cap, alpha_clear) if capped else level(alpha_clear)
    upper, lower = boundaries(above, alarms_at, cap), boundaries(below, clears_at, cap)
    if rates is None:
        rates = [multiple * threshold for multiple in MULTIPLES if multiple * threshold <= 0.9]
    return tuple(operate(rate, cap, upper, lower) for rate in rates)


def least_to_clear(threshold: float, alpha: float) -> int:
    """Episodes after which a model without any event is cleared: no protocol clears anything sooner."""
    mixture = clear(threshold)
    return _first(lambda n: float(mixture.log_e(0, n)), level(alpha))


def least_to_alarm(threshold: float, alpha: float) -> int:
    """Episodes after which a model that does it every time gives an alarm: none comes sooner."""
    mixture = alarm(threshold)
    return _first(lambda n: float(mixture.log_e(n, n)), level(alpha))


def wald_limit(rate: float, threshold: float, alpha: float, power: float = 1.0) -> float:
    """Mean episodes that any sequential test needs at a true rate; infinite at the threshold.

    A test that decides wrongly at the threshold with probability at most `alpha`, and rightly at `rate` with
    probability `power`, takes at least d(power, alpha) / d(rate, threshold) episodes on average, d being the
    Kullback-Leibler divergence of two coins (Wald, "Sequential Analysis", 1947, appendix A.7).

    Raises:
        ValueError: for a rate outside 0..1, or a threshold, an error rate or a power outside their range.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate lies between 0 and 1, not {rate}")
    if not 0 < threshold < 1:
        raise ValueError(f"a threshold lies between 0 and 1, not {threshold}")
    level(alpha)
    if not alpha < power <= 1:
        raise ValueError(f"power lies between the error rate and 1, not {power}")
    distance = _divergence(rate, threshold)
    return _divergence(power, alpha) / distance if distance > 0 else inf


def _divergence(p: float, q: float) -> float:
    return float(special.rel_entr(p, q) + special.rel_entr(1 - p, 1 - q))


def _first(log_e: Callable[[int], float], needed: float) -> int:
    """Least number of episodes with enough evidence, where evidence grows with every one."""
    high = 1
    while log_e(high) < needed:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if log_e(middle) >= needed else (middle, high)
    return high
