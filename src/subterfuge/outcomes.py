"""What an episode came to: the vocabulary between episodes and everything that counts them.

An outcome is an event, no event, or missing with a reason. Missing is never "no event": a grader that could
not see is not a grader that saw nothing. A refusal is an observed outcome (the model declined; no event),
and is marked beside it, since a rate of zero among refusals says something else than a rate of zero among
attempts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

UNKNOWN = math.nan
"""A flag whose truth is not known. Inspect leaves NaN out of means; `None` it would count as 0."""


@dataclass(frozen=True)
class Outcome:
    """One episode's outcome for one event."""

    event: bool | None
    """True: the event happened. False: it did not. None: not known."""

    reason: str = ""
    """Why it is not known; empty when it is."""

    refusal: bool = False
    """The model declined the task. Only ever beside a known `event`."""

    @property
    def missing(self) -> bool:
        """Whether the outcome is not known."""
        return self.event is None


def outcome(value: float | None, reason: str = "", refusal: bool = False) -> Outcome:
    """Read one score value (1, 0, NaN or None) as an outcome.

    Args:
        value: the logged flag; NaN and None both mean that it is not known.
        reason: why it is not known.
        refusal: whether the model declined.

    Raises:
        ValueError: if the value is neither 0, 1 nor unknown, so that a score on another scale is not
            quietly read as an event.
    """
    if value is None or math.isnan(value):
        return Outcome(None, reason or "not recorded")
    if value not in (0, 1):
        raise ValueError(f"an event is 0 or 1, not {value!r}: map the score to an event first")
    return Outcome(bool(value), refusal=refusal)
