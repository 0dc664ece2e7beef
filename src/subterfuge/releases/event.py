"""An event: which score of an episode says that it happened. Reads any Inspect log, also of other tasks.

    {scorer: grade, key: gamed, at_least: 1}
    {scorer: includes, equals: I}
    {scorer: model_graded_fact, key: harm, scale: [0, 10]}

Without a rule the score itself is the outcome: true, 1 or "C" (Inspect's correct) is the event.
"""

from __future__ import annotations

import math
from typing import Any, Self

from inspect_ai.log import EvalSample
from inspect_ai.scorer import Score
from pydantic import BaseModel, ConfigDict, Field, model_validator

CORRECT = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Inspect's letters: correct, incorrect, partial, no answer."""


class Event(BaseModel):
    """How a score becomes an outcome: 1 (the event), 0 (not), or between, where it is a matter of degree."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    scorer: str | None = None
    """The scorer's name in the log; may be left out where there is one scorer only."""

    key: str | None = None
    """The entry of a score that is a dictionary."""

    equals: str | float | bool | None = None
    """The event is exactly this value."""

    at_least: float | None = None
    """The event is this number or more."""

    at_most: float | None = None
    """The event is this number or less."""

    scale: tuple[float, float] | None = Field(default=None)
    """The score is a matter of degree: the first end is 0, the second 1."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        given = [n for n in ("equals", "at_least", "at_most", "scale") if getattr(self, n) is not None]
        if len(given) > 1:
            raise ValueError(f"an event has one rule, not {' and '.join(given)}")
        if self.scale is not None and self.scale[0] == self.scale[1]:
            raise ValueError("the two ends of a scale are the same")
        return self

    @property
    def binary(self) -> bool:
        """Whether its outcomes are 0 or 1 whatever the score: it has a rule, and no scale."""
        return any(rule is not None for rule in (self.equals, self.at_least, self.at_most))

    @property
    def name(self) -> str:
        """How people call it: "grade.gamed ≥ 1"."""
        place = ".".join(part for part in (self.scorer or "score", self.key) if part)
        if self.equals is not None:
            return f"{place} = {self.equals}"
        if self.at_least is not None:
            return f"{place} ≥ {self.at_least:g}"
        if self.at_most is not None:
            return f"{place} ≤ {self.at_most:g}"
        return place if self.scale is None else f"{place} on {self.scale[0]:g} to {self.scale[1]:g}"

    def read(self, sample: EvalSample) -> tuple[float | None, str]:
        """The outcome in 0..1, or None with the reason why it is not known."""
        scores = sample.scores or {}
        if not scores:
            return None, "no score"
        if self.scorer is None and len(scores) > 1:
            return None, f"several scorers ({', '.join(sorted(scores))}): the event must name one"
        score = scores.get(self.scorer) if self.scorer is not None else next(iter(scores.values()))
        if score is None:
            return None, f"no score of {self.scorer}"
        return self._value(score)

    def _value(self, score: Score) -> tuple[float | None, str]:
        value: Any = score.value
        if isinstance(value, dict):
            if self.key is None:
                return None, "the score has several entries: the event must name one"
            if self.key not in value:
                return None, f"no entry {self.key}"
            value = value[self.key]
        elif self.key is not None and not _unknown(value):
            return None, f"no entry {self.key}"
        if _unknown(value):
            reasons = (score.metadata or {}).get("reasons", {})
            return None, str(reasons.get(self.key, "") or score.reason or "not known").replace("_", " ")
        return self._outcome(value)

    def _outcome(self, value: Any) -> tuple[float | None, str]:
        if self.equals is not None:
            return float(value == self.equals or str(value) == str(self.equals)), ""
        number = CORRECT.get(value, value) if isinstance(value, str) else value
        try:
            number = float(number)
        except (TypeError, ValueError):
            return None, f"the score {str(value)[:40]!r} is no number"
        if self.at_least is not None:
            return float(number >= self.at_least), ""
        if self.at_most is not None:
            return float(number <= self.at_most), ""
        low, high = self.scale or (0.0, 1.0)
        found = (number - low) / (high - low)
        # Inspect's values may carry rounding; what is really outside is a wrong scale, not an outcome.
        if not -1e-9 <= found <= 1 + 1e-9:
            return None, f"the score {number:g} is outside {low:g} to {high:g}"
        return min(max(found, 0.0), 1.0) + 0.0, ""  # a scale that is turned round makes -0.0


def _unknown(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
