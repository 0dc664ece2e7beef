"""Boundaries calibrated exactly: the same evidence, deciding at a lower level than 1/α.

Ville's inequality is not sharp: evidence that jumps overshoots its level, and at a true rate of r0 it often
comes close and turns back. For outcomes of 0 and 1 the probability of a wrong verdict can be computed, and
the level lowered until it is α. Two ways: up to a declared cap, past which nothing is promised, or for ever.

Both hold as Ville's bound does under any dependence: if each episode, given all before it, has an event with
probability at most r0, the count stays below that of independent episodes at r0 (a coupling), and evidence
grows with the count. They do not hold for outcomes between 0 and 1; there the level is log(1/α).
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, exp

from subterfuge.statistics.intervals import Ints
from subterfuge.statistics.mixture import Mixture, level
from subterfuge.statistics.operating import boundaries, operate

WIDTH = 1e-5
"""Calibrated levels are found to this width, and are its upper end: a rounding error cannot cross it."""

HORIZON = 400.0
"""An uncapped level is computed for this many times 1/(r0(1 − r0)) episodes, and bounded after them."""


def capped_level(mixture: Mixture, cap: int, alpha: float) -> float:
    """Least log evidence at which a wrong verdict within the cap has a probability of at most `alpha`.

    Not valid past the cap: whoever uses it must refuse to run more episodes than it declared.

    Raises:
        ValueError: if `alpha` is outside (0, 1) or the cap is below 1.
    """
    return _least_level(lambda height: crossing_chance(mixture, height, cap), alpha)


def uncapped_level(mixture: Mixture, alpha: float) -> float:
    """Least log evidence at which a wrong verdict at any time, ever, has a probability of at most `alpha`.

    Up to a horizon the probability is computed. After it, Ville's inequality bounds it by the mean evidence
    of what still runs, over the evidence needed; and with the likelihood ratio as a change of measure, that
    mean is the chance that a rate drawn from the mixture's alternatives is undecided at the horizon. The sum
    of the two is at most α, so the promise has no end.

    Raises:
        ValueError: if `alpha` is outside (0, 1).
    """
    rest = undecided(mixture, level(alpha))
    return _least_level(lambda height: ever_chance(mixture, height, rest), alpha)


def crossing_chance(mixture: Mixture, height: float, cap: int) -> float:
    """Probability at a true rate of r0 that the log evidence reaches a height within the cap; exact."""
    return _reached(mixture, mixture.threshold, boundaries(mixture, height, cap))


def ever_chance(mixture: Mixture, height: float, rest: float) -> float:
    """An upper bound on the same at any time, ever; `rest` is `undecided` at this height or a greater one."""
    return crossing_chance(mixture, height, _horizon(mixture)) + rest * exp(-height)


def undecided(mixture: Mixture, height: float) -> float:
    """Probability that a rate drawn from the alternatives does not reach the height by the horizon."""
    bounds = boundaries(mixture, height, _horizon(mixture))
    pairs = zip(mixture.weights, mixture.rates, strict=True)
    return sum(weight * max(0.0, 1 - _reached(mixture, rate, bounds)) for weight, rate in pairs)


def _horizon(mixture: Mixture) -> int:
    return ceil(HORIZON / (mixture.threshold * (1 - mixture.threshold)))


def _reached(mixture: Mixture, rate: float, bounds: Ints) -> float:
    if mixture.claim == "above":
        return operate(rate, len(bounds), alarm_at=bounds).alarm
    return operate(rate, len(bounds), clear_at=bounds).clear


def _least_level(chance: Callable[[float], float], alpha: float) -> float:
    # At log(1/α) the chance is at most α by Ville's inequality, so the upper end is good from the start.
    low, high = 0.0, level(alpha)
    while high - low > WIDTH:
        middle = (low + high) / 2
        low, high = (low, middle) if chance(middle) <= alpha else (middle, high)
    return high
