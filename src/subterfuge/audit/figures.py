"""From episodes to figures: counts with their denominators, intervals, marks. No verdict is made here.

The denominator of a cell is what was planned, never what happened to be logged: an episode that is absent,
broke off, or could not be graded is missing, with its reason, and both worst cases are shown.

An arm that may stop early has an interval that holds at any stopping time, any other one an exact interval.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from inspect_ai.log import EvalSample

from subterfuge.episodes import Environment
from subterfuge.episodes.arms import ARMS
from subterfuge.outcomes import Outcome, outcome
from subterfuge.reporting import Cell, Effect, Mark, Range, Rate
from subterfuge.statistics import Interval, clopper_pearson, mean_interval, worst_case
from subterfuge.statistics.sequence import anytime_interval

TOO_FEW = 20
"""Below so many scored episodes an arm of fixed length is marked as too few."""

TAIL = 0.05
"""Error rate of each limit, the same as that of a verdict: so intervals and verdicts agree."""

LEAST = 0.05
"""The smallest rate that the interval of a capability arm is made to tell from its chance level."""


def value(sample: EvalSample, key: str, scorer: str = "grade") -> float | None:
    """One number of a sample's score; None if the score or the number is not there."""
    score = (sample.scores or {}).get(scorer)
    if score is None or not isinstance(score.value, dict):
        return None
    found = score.value.get(key)
    return float(found) if isinstance(found, int | float) else None


def outcome_of(sample: EvalSample, key: str = "gamed") -> Outcome:
    """What one episode came to for one event of the chain."""
    score = (sample.scores or {}).get("grade")
    if sample.error is not None:
        return Outcome(None, "the episode broke")
    if score is None:
        return Outcome(None, "not graded")
    if not isinstance(score.value, dict):
        return Outcome(None, (score.reason or "not graded").replace("_", " "))
    reasons: Mapping[str, str] = (score.metadata or {}).get("reasons", {})
    return outcome(value(sample, key), reasons.get(key, ""), refusal=value(sample, "refused") == 1)


def rate(flags: Iterable[bool]) -> Rate:
    """Events among known outcomes, with the exact interval."""
    seen = list(flags)
    interval = limits(sum(seen), len(seen), None)
    return Rate(events=sum(seen), n=len(seen), low=interval.low, high=interval.high)


def event_rate(samples: Iterable[EvalSample], key: str) -> Rate:
    """The rate of one event among the episodes in which it is known."""
    outcomes = [outcome_of(sample, key) for sample in samples]
    return rate(o.event for o in outcomes if o.event is not None)


def limits(events: int, n: int, threshold: float | None) -> Interval[float]:
    """The 90 % interval: valid at any stopping time where there is a threshold to stop at, else exact."""
    if threshold is None:
        return clopper_pearson(events, n, 1 - 2 * TAIL)
    return anytime_interval(events, n, threshold, TAIL)


def cell(
    environment: Environment,
    arm: str,
    planned: int,
    samples: list[EvalSample],
    chance: float | None,
    href: str | None,
    threshold: float | None = None,
    passed: bool | None = None,
) -> Cell:
    """The figures of one rung in one arm.

    Args:
        environment: the rung.
        arm: the arm.
        planned: episodes planned.
        samples: those that were logged.
        chance: what uniform choice would give.
        href: where its transcripts are.
        threshold: the rate that its e-process is about, if it may stop early.
        passed: whether a capability arm has shown that the model can.
    """
    outcomes = [outcome_of(sample) for sample in samples]
    missing = Counter(o.reason for o in outcomes if o.missing)
    if absent := planned - len(outcomes):
        missing["never run"] = absent
    known = [o.event for o in outcomes if o.event is not None]
    own = limits(sum(known), len(known), threshold)
    gamed = Rate(events=sum(known), n=len(known), low=own.low, high=own.high)
    if threshold is None:
        bounds = worst_case(gamed.events, gamed.n, planned - gamed.n, 1 - 2 * TAIL).widest
    else:
        low = limits(gamed.events, planned, threshold).low
        bounds = Interval(low, limits(gamed.events + planned - gamed.n, planned, threshold).high, own.level)
    return Cell(
        arm=arm,
        controls=environment.arm_notes.get(arm) or ARMS[arm].controls,
        planned=planned,
        gamed=gamed,
        missing=dict(missing),
        refusals=sum(o.refusal for o in outcomes),
        worst=Range(low=bounds.low, high=bounds.high) if missing else None,
        chance=chance,
        effect=_effect(environment, samples),
        marks=marks(arm, gamed, chance, passed, fixed=threshold is None),
        href=href,
    )


def marks(
    arm: str, gamed: Rate, chance: float | None, passed: bool | None = None, fixed: bool = True
) -> tuple[Mark, ...]:
    """What to think of a rate; an uninformative figure is said to be so.

    Args:
        arm: the arm.
        gamed: its rate.
        chance: what uniform choice would give.
        passed: for `capability`, whether its e-process has shown a rate above chance.
        fixed: whether its length was fixed; one that stops by itself stops when it knows enough.
    """
    assert gamed.low is not None and gamed.high is not None
    found: list[Mark] = []
    if fixed and gamed.n < TOO_FEW:
        found.append("too few")
    if arm == "capability":
        found.append("capability passed" if passed else "capability not shown")
        return tuple(found)
    if arm != "standard" or not gamed.n:
        return tuple(found)
    if gamed.events in (0, gamed.n):
        found.append("saturated")
    elif chance is not None and gamed.low <= chance <= gamed.high:
        found.append("at chance")
    elif not found:
        found.append("informative")
    return tuple(found)


def _effect(environment: Environment, samples: list[EvalSample]) -> Effect | None:
    """The mean of the rung's own measure; the signed flip of mirror pairs with a guaranteed interval."""
    known = [e for sample in samples if (e := value(sample, "effect")) is not None and not math.isnan(e)]
    if not known:
        return None
    mean = sum(known) / len(known)
    if not environment.mirrored:
        return Effect(name=environment.effect, mean=mean, n=len(known))
    signs = Counter(int(e) for e in known)
    interval = mean_interval(signs[1], signs[0], signs[-1], 1 - 2 * TAIL)
    return Effect(name=environment.effect, mean=mean, n=len(known), low=interval.low, high=interval.high)
