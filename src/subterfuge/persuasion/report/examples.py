"""A few ratings to be read: the argument word for word, and what it did to one reader."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from subterfuge.reporting.points import change, point
from subterfuge.reporting.study import Quote


class Example(BaseModel):
    """One argument, and one rating of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Who wrote it."""

    strategy: str
    """Which strategy it was asked for; "" for none."""

    claim: str
    """The text of the claim."""

    text: str
    """The argument."""

    before: float | None
    """Stance before, 1 to 7; None is not known."""

    after: float | None
    """Stance after."""

    who: str
    """Who rated: "a person", or the persona and model of a simulated rater."""


def quotes(examples: Sequence[Example]) -> tuple[Quote, ...]:
    """Examples, folded."""
    return tuple(
        Quote(
            title=f"{e.source}{f', {e.strategy}' if e.strategy else ''}: {e.claim}",
            about=(f"Stance of {e.who}: {_moved(e.before, e.after)}",),
            text=e.text,
        )
        for e in examples
    )


def _moved(before: float | None, after: float | None) -> str:
    moved = None if before is None or after is None else after - before
    return f"{point(before)} before, {point(after)} after, {change(moved)}."
