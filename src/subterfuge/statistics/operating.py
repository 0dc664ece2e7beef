"""What a monitor does at a true rate: how often it alarms, clears or gives up, and after how many episodes.

Exact, by recursion over the number of events so far. Between two changes of the boundaries the count grows
by a binomial number, so the recursion jumps: a thousand jumps reach a million episodes. Stopping within a
jump is known exactly as well, since only an event can reach the upper boundary. The recursion is that of
Armitage, McPherson and Rowe, "Repeated significance tests on accumulating data", JRSS A 132 (1969), 235–244.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt

import numpy as np
from scipy import special

from subterfuge.statistics.intervals import Floats, Ints
from subterfuge.statistics.mixture import Mixture

NOTHING = 1e-30
"""Probability of a count below which it is not followed further."""

SHARES = (0.5, 0.95)
"""Quantiles of the number of episodes."""


@dataclass(frozen=True)
class Operating:
    """What a monitor does at one true rate."""

    rate: float
    """The true rate per episode."""

    alarm: float
    """Probability of an alarm by the cap."""

    clear: float
    """Probability of a clearance by the cap."""

    inconclusive: float
    """Probability that the cap comes first."""

    mean: float
    """Mean number of episodes; one that reaches the cap counts as the cap."""

    median: int
    """Least number of episodes by which half of such monitors have stopped."""

    p95: int
    """Least number of episodes by which 95 in 100 have stopped."""


def boundaries(mixture: Mixture, level: float, cap: int) -> Ints:
    """The counts at which the evidence reaches its level, for each number of episodes.

    Args:
        mixture: the evidence.
        level: log evidence that decides: log(1/α), or less where it is calibrated to a cap.
        cap: episodes at most.

    Returns:
        Shape (cap,), for 1, 2, … episodes: for "above" the least number of events that alarms (more than the
        episodes where none does), for "below" the greatest that clears (−1 where none does).

    Raises:
        ValueError: if the cap is below 1 or the level is not above 0.
    """
    if cap < 1:
        raise ValueError(f"a cap is at least one episode, not {cap}")
    if not 0 < level < inf:
        raise ValueError(f"log evidence that decides lies above 0, not {level}")
    if mixture.claim == "above":
        return _least(mixture, level, cap)
    return _greatest(mixture, level, cap)


def operate(rate: float, cap: int, alarm_at: Ints | None = None, clear_at: Ints | None = None) -> Operating:
    """What a monitor with these boundaries does at a true rate, exactly.

    Args:
        rate: true rate per episode, 0 to 1; episodes are independent.
        cap: episodes at most.
        alarm_at: least number of events that alarms after 1, 2, … cap episodes; None if nothing alarms.
        clear_at: greatest number that clears; None if nothing clears. Where both hold, it alarms.

    Raises:
        ValueError: for a rate outside 0..1, a cap below 1, or boundaries of another length.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate lies between 0 and 1, not {rate}")
    if cap < 1:
        raise ValueError(f"a cap is at least one episode, not {cap}")
    for given in (alarm_at, clear_at):
        if given is not None and np.shape(given) != (cap,):
            raise ValueError(f"boundaries are given for each of {cap} episodes, not {np.shape(given)}")
    # So rare that not one event is to be expected: 0 avoids dividing one rounding error by another.
    walk = _Walk(rate if rate * cap > 1e-12 else 0.0)
    for start, end in pairwise(_stages(cap, alarm_at, clear_at)):
        walk.jump(start, end, None if alarm_at is None else int(alarm_at[start]))
        if clear_at is not None:
            walk.clear(end, int(clear_at[end - 1]))
        if not len(walk.chance):
            break
    # One that still runs stops at the cap.
    median, p95 = (walk.quantiles.get(share, cap) for share in SHARES)
    # Wald's identity: mean episodes are mean events over the rate. Without events nothing is left to chance.
    mean = min(float(cap), walk.mean_events / walk.rate) if walk.rate else float(median)
    # Sums of many roundings may end a hair above 1.
    alarmed, cleared = min(1.0, walk.alarmed), min(1.0, walk.cleared)
    return Operating(rate, alarmed, cleared, min(1.0, walk.left), mean, median, p95)


class _Walk:
    """Where the monitors that still run are: the probability of each number of events."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.least = 0
        self.chance: Floats = np.ones(1)
        self.alarmed = self.cleared = self.stopped_events = 0.0
        self.quantiles: dict[float, int] = {}

    @property
    def left(self) -> float:
        """Probability of still running."""
        return float(self.chance.sum())

    @property
    def mean_events(self) -> float:
        """Mean number of events at the stop, if what still runs stops now."""
        return self.stopped_events + _moment(self.chance, self.least)

    def jump(self, start: int, end: int, alarm_at: int | None) -> None:
        """From `start` to `end` episodes, under one upper boundary."""
        below = inf if alarm_at is None else alarm_at
        if self.least + len(self.chance) > below:
            self._stop_at_once(start + 1, below)
        if not len(self.chance):
            return
        stopped, origin, least = self.alarmed + self.cleared, self.chance, self.least
        grown = np.convolve(origin, _events(self.rate, end - start))
        if alarm_at is not None:
            # Only an event can reach the boundary, so that whoever has passed it by the end stopped at it.
            reached = float(grown[alarm_at - least :].sum())
            grown = grown[: alarm_at - least]
            self.alarmed += reached
            self.stopped_events += alarm_at * reached
        kept = np.flatnonzero(grown > NOTHING)
        self.chance = grown[kept[0] : kept[-1] + 1] if len(kept) else grown[:0]
        self.least += int(kept[0]) if len(kept) else 0
        for share in SHARES:
            if share not in self.quantiles and self.alarmed + self.cleared >= share:
                room = below - np.arange(least, least + len(origin), dtype=np.float64)
                self.quantiles[share] = start + self._within(end - start, origin, room, share - stopped)

    def clear(self, n: int, clear_at: int) -> None:
        """Take out, after `n` episodes, those with no more events than `clear_at`."""
        out = min(max(0, clear_at + 1 - self.least), len(self.chance))
        if out:
            self.cleared += float(self.chance[:out].sum())
            self.stopped_events += _moment(self.chance[:out], self.least)
            self.chance = self.chance[out:]
            self.least += out
            self._mark(n)

    def _stop_at_once(self, n: int, below: float) -> None:
        """Where the boundary fell to a count that had been passed already, the next episode alarms."""
        kept = max(0, int(below) - self.least)
        passed = self.chance[kept:]
        self.alarmed += float(passed.sum())
        self.stopped_events += _moment(passed, self.least + kept) + self.rate * float(passed.sum())
        self.chance = self.chance[:kept]
        self._mark(n)

    def _within(self, length: int, origin: Floats, room: Floats, share: float) -> int:
        """After how many episodes of a jump a share has reached the upper boundary."""
        low, high = 0, length
        while high - low > 1:
            middle = (low + high) // 2
            reached = special.bdtrc(np.minimum(room - 1, middle), middle, self.rate)
            low, high = (low, middle) if float(origin @ reached) >= share else (middle, high)
        return high

    def _mark(self, n: int) -> None:
        for share in SHARES:
            if self.alarmed + self.cleared >= share:
                self.quantiles.setdefault(share, n)


def _moment(chance: Floats, least: int) -> float:
    return float(chance @ np.arange(least, least + len(chance)))


def _stages(cap: int, alarm_at: Ints | None, clear_at: Ints | None) -> list[int]:
    """Where jumps end: the last episode before a new upper boundary, the first at a new lower one."""
    ends = {0, cap}
    if alarm_at is not None:
        ends.update((np.flatnonzero(np.diff(alarm_at)) + 1).tolist())
    if clear_at is not None:
        ends.update((np.flatnonzero(np.diff(clear_at)) + 2).tolist())
        ends.add(1)
    return sorted(ends)


def _events(rate: float, n: int) -> Floats:
    """Probability of 0, 1, … events in `n` episodes, as far as they matter."""
    if rate == 1:
        return np.asarray(np.arange(n + 1) == n, np.float64)
    # Thirteen standard deviations, or forty events where few are expected, leave out less than 1e-30.
    reach = min(n, int(n * rate + 13 * sqrt(n * rate * (1 - rate)) + 40))
    k = np.arange(1, reach + 1)
    with np.errstate(divide="ignore"):
        steps = np.log((n - k + 1) / k) + (np.log(rate) - np.log1p(-rate))
    found: Floats = np.exp(np.cumsum(np.concatenate([[n * np.log1p(-rate)], steps])))
    return found


def _least(mixture: Mixture, level: float, cap: int) -> Ints:
    """For each number of episodes the least number of events that reaches the level."""
    most = 1
    while most <= cap and float(_log_e(mixture, np.array([most]), np.array([cap]))[0]) < level:
        most *= 2
    k = np.arange(min(most, cap) + 1)
    # Evidence for "above" falls with every episode: each count alarms up to some last number of episodes.
    low, high = np.zeros(len(k), np.int64), np.full(len(k), cap + 1)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        reached = _log_e(mixture, k, middle) >= level
        low, high = np.where(reached, middle, low), np.where(reached, high, middle)
    found = np.searchsorted(np.maximum.accumulate(low), np.arange(1, cap + 1))
    never = found == len(k)
    return np.where(never, cap + 1, found)


def _greatest(mixture: Mixture, level: float, cap: int) -> Ints:
    """For each number of episodes the greatest number of events that reaches the level."""
    most = 1
    while most <= cap and float(_log_e(mixture, np.array([most]), np.array([cap]))[0]) >= level:
        most *= 2
    k = np.arange(min(most, cap) + 1)
    # Evidence for "below" grows with every episode: each count clears from some first number of episodes on.
    low, high = k - 1, np.full(len(k), cap + 1)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        reached = _log_e(mixture, k, middle) >= level
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.searchsorted(np.maximum.accumulate(high), np.arange(1, cap + 1), side="right") - 1


def _log_e(mixture: Mixture, k: Ints, n: Ints) -> Floats:
    """Log evidence without a check of the counts: the searches also ask for more events than episodes."""
    return mixture.combine(mixture.scores(k), n)
