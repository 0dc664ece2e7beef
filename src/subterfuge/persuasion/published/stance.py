"""An answer on the seven-point scale as files have it: `3 - Somewhat oppose`, `3`, or the label alone."""

from __future__ import annotations

import re

from subterfuge.persuasion.ratings import HIGH, LABELS, LOW

ALIASES = {
    "completely oppose": 1,
    "neither": 4,
    "neither support nor oppose": 4,
    "completely support": 7,
}
"""Labels besides `LABELS`: the article says `completely` where the data say `strongly`."""

BY_LABEL = {label.casefold(): number for number, label in LABELS.items()} | ALIASES
_ANSWER = re.compile(r"(?P<number>[+-]?\d+(?:[.,]\d+)?)?\s*[-:.)\u2013\u2014]?\s*(?P<label>\D*)")


def stance(answer: str) -> int:
    """The number of an answer. Its label may be any words, but not those of another number.

    Raises:
        ValueError: it is no answer on the scale; the message says why.
    """
    found = _ANSWER.fullmatch(answer.strip())
    number, label = (found["number"], " ".join(found["label"].split())) if found else (None, "")
    named = BY_LABEL.get(label.casefold())
    if number is None:
        if named is None:
            raise ValueError(f"{answer!r:.60} is no rating")
        return named
    value = float(number.replace(",", "."))
    if value not in LABELS:
        raise ValueError(f"{answer!r:.60} is not a whole number from {LOW} to {HIGH}")
    if named not in (None, value):
        raise ValueError(f"{answer!r:.60} gives a number and the label of another")
    return int(value)
