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
    walk = _Walk(rate)
    for start, end in pairwise(_stages(cap, alarm_at, clear_at)):
        walk.jump(start, end, None if alarm_at is None else int(alarm_at[start]))
        if clear_at is not None:
            walk.clear(end, int(clear_at[end - 1]))
        if not len(walk.chance):
            break
    # One that still runs stops at the cap.
    median, p95 = (walk.quantiles.get(share, cap) for share in SHARES)
    return Operating(rate, walk.alarmed, walk.cleared, walk.left, walk.episodes, median, p95)


class _Walk:
    """Where the monitors that still run are: the probability of each number of events."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.least = 0
        self.chance: Floats = np.ones(1)
        self.alarmed = self.cleared = self.episodes = 0.0
        self.quantiles: dict[float, int] = {}

    @property
    def left(self) -> float:
        return float(self.chance.sum())

    def jump(self, start: int, end: int, alarm_at: int | None) -> None:
        """From `start` to `end` episodes, under one upper boundary."""
        length = end - start
        before = self.left
        if alarm_at is None:
            self.episodes += before * length
            self._spread(length, self.least + len(self.chance) + length)
            return
        # Where the boundary fell to a count that had been passed already, the next episode alarms.
        passed = max(0, len(self.chance) - max(0, alarm_at - self.least))
        if passed:
            at_once = float(self.chance[-passed:].sum())
            self.alarmed += at_once
            self.episodes += at_once
            self.chance = self.chance[:-passed]
            self._mark(start + 1)
        if not len(self.chance):
            return
        room = alarm_at - self.least - np.arange(len(self.chance))
        stopped, origin = self.alarmed + self.cleared, self.chance
        running = float(origin.sum())
        steps = _events(self.rate, length, int(room[0]))
        # With room for more events than are worth following a monitor runs through the whole jump.
        duration = _duration(self.rate, length, len(steps))
        self.episodes += float(origin @ duration[np.minimum(room, len(duration)) - 1])
        self._spread(length, alarm_at, steps)
        self.alarmed += max(0.0, running - self.left)
        for share in SHARES:
            if share not in self.quantiles and self.alarmed + self.cleared >= share:
                low, high = 0, length
                while high - low > 1:
                    middle = (low + high) // 2
                    reached = special.bdtrc(np.minimum(room - 1, middle), middle, self.rate)
                    enough = stopped + float(origin @ reached) >= share
                    low, high = (low, middle) if enough else (middle, high)
                self.quantiles[share] = start + high

    def clear(self, n: int, clear_at: int) -> None:
        """Take out, after `n` episodes, those with no more events than `clear_at`."""
        out = min(max(0, clear_at + 1 - self.least), len(self.chance))
        if out:
            self.cleared += float(self.chance[:out].sum())
            self.chance = self.chance[out:]
            self.least += out
            self._mark(n)

    def _mark(self, n: int) -> None:
        for share in SHARES:
            if self.alarmed + self.cleared >= share:
                self.quantiles.setdefault(share, n)

    def _spread(self, length: int, below: int, steps: Floats | None = None) -> None:
        """Add the events of `length` episodes, and keep what stays below a count."""
        grown = _events(self.rate, length, length + 1) if steps is None else steps
        chance = np.convolve(self.chance, grown)[: max(0, below - self.least)]
        kept = np.flatnonzero(chance > NOTHING)
        if len(kept):
            self.least += int(kept[0])
            chance = chance[kept[0] : kept[-1] + 1]
        self.chance = chance if len(kept) else chance[:0]


def _stages(cap: int, alarm_at: Ints | None, clear_at: Ints | None) -> list[int]:
    """Where jumps end: the last episode before a new upper boundary, the first at a new lower one."""
    ends = {0, cap}
    if alarm_at is not None:
        ends.update((np.flatnonzero(np.diff(alarm_at)) + 1).tolist())
    if clear_at is not None:
        ends.update((np.flatnonzero(np.diff(clear_at)) + 2).tolist())
        ends.add(1)
    return sorted(ends)


def _events(rate: float, n: int, most: int) -> Floats:
    """Probability of 0, 1, … events in `n` episodes, for fewer than `most` and as far as they matter."""
    if rate == 1:
        return np.asarray(np.arange(min(most, n + 1)) == n, np.float64)
    mean = n * rate
    # Thirteen standard deviations, or forty events where few are expected, leave out less than 1e-30.
    reach = int(mean + 13 * sqrt(mean * (1 - rate)) + 40)
    k = np.arange(1, max(1, min(most, n + 1, reach)))
    with np.errstate(divide="ignore"):
        steps = np.log((n - k + 1) / k) + np.log(rate) - np.log1p(-rate)
    found: Floats = np.exp(np.cumsum(np.concatenate([[n * np.log1p(-rate)], steps])))
    return found


def _duration(rate: float, n: int, most: int) -> Floats:
    """Mean of min(n, episodes until the s-th event), for s = 1, 2, … `most`.

    By Wald's identity it is the mean number of events by then, min(s, events in n), over the rate.
    """
    if rate == 0:
        return np.full(most, float(n))
    # Not one minus the lower tail: at small rates that leaves nothing but rounding errors.
    more = special.bdtrc(np.minimum(np.arange(most), n), n, rate)
    return np.minimum(float(n), np.cumsum(more) / rate)


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
