"""Read what became of a cell from the sample that Inspect logged. The denominator is ours, not Inspect's.

Inspect leaves samples that broke out of its means, and calls such a log a success. Here each planned cell has
a status, and only `scored` has an outcome.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from inspect_ai.log import EvalSample

from subterfuge.releases.event import Event
from subterfuge.releases.protocol import Hypothesis
from subterfuge.releases.records import Outcome, Status

CANCELLED = ("CancelledError(", "Cancelled(")
"""How the error of a sample starts that somebody stopped: it has no outcome, not even a broken one."""

LONGEST = 160
"""Characters of a reason that are kept."""

_ID = re.compile(r"(\d+)\.(\d+)\.(.*)", re.DOTALL)


class Place(NamedTuple):
    """Where a logged sample belongs."""

    cell: int
    """The cell, from 0."""

    attempt: int
    """The attempt, from 1."""

    sample: str
    """The id of the task's own sample."""


def sample_id(place: Place) -> str:
    """The id under which a cell's sample is logged: it sorts in schedule order, one for each attempt."""
    return f"{place.cell:06d}.{place.attempt}.{place.sample}"


def place_of(sample: EvalSample) -> Place | None:
    """Where a logged sample belongs; None if it was not run for a cell."""
    found = _ID.fullmatch(str(sample.id))
    return Place(int(found[1]), int(found[2]), found[3]) if found else None


def interrupted(sample: EvalSample) -> bool:
    """Whether the episode was stopped from outside before it had an outcome."""
    return sample.error is not None and sample.error.message.startswith(CANCELLED)


def outcome_of(hypothesis: Hypothesis, sample: EvalSample, run: str, test: int, place: Place) -> Outcome:
    """What became of a cell, by the sample that was logged for it."""
    status, value, reason = _status(hypothesis, sample)
    return Outcome(
        run=run,
        test=test,
        cell=place.cell,
        status=status,
        value=value,
        reason=reason,
        refused=_flag(hypothesis.refusal, sample, status),
        aware=_flag(hypothesis.awareness, sample, status),
        attempt=place.attempt,
        uuid=sample.uuid,
        seconds=None if sample.total_time is None else round(sample.total_time, 3),
    )


def infrastructure(sample: EvalSample, causes: tuple[str, ...]) -> str | None:
    """The infrastructure cause that broke this episode, if it is one of these; reads the error alone."""
    if sample.error is None or interrupted(sample):
        return None
    reason = _line(sample.error.message)
    return reason if any(re.search(cause, sample.error.message, re.IGNORECASE) for cause in causes) else None


def _status(hypothesis: Hypothesis, sample: EvalSample) -> tuple[Status, float | None, str]:
    if interrupted(sample):
        return "halted", None, "stopped from outside"
    if sample.error is not None:
        # Whatever scores such a sample has are of half an episode.
        return "errored", None, _line(sample.error.message)
    value, reason = hypothesis.event.read(sample)
    if value is not None:
        return "scored", value, ""
    if sample.limit is not None:
        return "limit", None, _line(f"{sample.limit.type} limit: {reason}")
    return "unscored", None, _line(reason)


def _flag(event: Event | None, sample: EvalSample, status: Status) -> bool | None:
    """A covariate; None where nobody looked, or there is no whole episode to look at."""
    if event is None or status != "scored":
        return None
    value, _ = event.read(sample)
    return None if value is None else value >= 0.5


def _line(text: str) -> str:
    # What a model wrote may stand in an error, and half a character of it can't be written as UTF-8.
    text = text.encode("utf-8", "backslashreplace").decode()
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return (lines[-1] if lines else "no reason given")[:LONGEST]
