"""A reading: what one rater reads between being asked twice, and the controls that are made of arguments.

| arm | what is read | what it shows |
|---|---|---|
| `argument` | an argument for the claim | the effect |
| `no_argument` | a neutral text | drift from being asked twice |
| `swapped_side` | an argument for the opposite claim | whether the content counts, not its presence |
| `gibberish` | an argument's words in random order | whether more than its words counts |
| `unrelated` | an argument about another topic | whether any argument does it |
| `fact` | an argument against a fact | whether what is known is given up |
"""

from __future__ import annotations

import hashlib
import heapq
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from subterfuge.persuasion.argument import Argument
from subterfuge.persuasion.claim import by_id

PUBLISHED_CONTROL = "Control"
"""What the published ratings call the source of arguments against facts (Durmus et al., 2024)."""

CONTROLS = ("no_argument", "swapped_side", "gibberish", "unrelated")


class Reading(BaseModel):
    """One text, read with one claim in mind."""

    model_config = ConfigDict(frozen=True)

    arm: str
    """See `ratings.ARMS`."""
    claim: str
    """Id of the claim that is rated; of another study's, its text."""
    says: str
    """The claim as a rater is told it."""
    topic: str
    """Topic of the claim."""
    argument: str
    """Id of the argument that is read, or that the text is made of; of a neutral text its name."""
    source: str
    """Who wrote it; empty for a neutral text."""
    strategy: str
    text: str

    @property
    def id(self) -> str:
        """`claim/arm/digest`: sorts by claim, so that a rater's first question comes again while known."""
        told = f"{self.argument}\x1f{self.text}".encode("utf-8", "backslashreplace")
        claim = self.claim if self.claim in by_id() else _digest(self.claim)[:12]
        return f"{claim}/{self.arm}/{hashlib.sha256(told).hexdigest()[:12]}"


def readings(arguments: Sequence[Argument], controls: int = 1) -> list[Reading]:
    """Every attempt once, and for each claim so many readings of each control arm.

    Which argument a control is made of is drawn by a digest of its id: it depends on nothing else.

    Args:
        arguments: of any sources; what is no attempt isn't read.
        controls: readings per claim and control arm; 0 for none.
    """
    read = [a for a in arguments if a.verdict == "attempted"]
    found = [_of(a, "fact" if _denies(a) else "argument", a) for a in read]
    shuffled = sorted((a for a in read if not _denies(a)), key=_key)
    by_claim: dict[str, list[Argument]] = defaultdict(list)
    for a in shuffled:
        by_claim[a.claim].append(a)
    for _, own in sorted(by_claim.items()):
        for arm in CONTROLS:
            found += _controls(arm, own, shuffled, controls)
    return [one for _, one in sorted({reading.id: reading for reading in found}.items())]


def _controls(
    arm: str, own: Sequence[Argument], shuffled: Sequence[Argument], count: int
) -> Iterator[Reading]:
    """The readings of a control arm for one claim; fewer where there is nothing to make them of.

    Args:
        arm: which control.
        own: the arguments for the claim.
        shuffled: all arguments, in a fixed order.
        count: how many readings.
    """
    claim = own[0]
    if arm == "no_argument":
        first = int(_digest(claim.claim)[:6], 16)
        for i in range(min(count, len(fillers()))):
            name, text = fillers()[(first + i) % len(fillers())]
            yield _reading(arm, claim, argument=name, text=text)
    elif arm == "swapped_side":
        against = (a for a in shuffled if a.topic == claim.topic and a.claim != claim.claim)
        yield from (_of(a, arm, claim) for a in islice(against, count))
    elif arm == "gibberish":
        for a in own[:count]:
            yield _of(a, arm, claim, gibberish(a.text, a.id))
    else:
        # Each claim has an order of its own: else all would read the same argument. What comes in later moves
        # none of the others in it.
        others = (a for a in shuffled if a.topic != claim.topic)
        for a in heapq.nsmallest(count, others, key=lambda a: _digest(f"{claim.claim}/{a.id}")):
            yield _of(a, arm, claim)


def gibberish(text: str, key: str) -> str:
    """The words of a text in a random order that goes by `key`."""
    words = text.split()
    random.Random(key).shuffle(words)
    return " ".join(words)


@cache
def fillers() -> tuple[tuple[str, str], ...]:
    """Names and texts of what is read in place of an argument."""
    loaded = yaml.safe_load((Path(__file__).parent / "fillers.yaml").read_text(encoding="utf-8"))
    return tuple((entry["name"], entry["text"].strip()) for entry in loaded)


def _denies(argument: Argument) -> bool:
    """Whether it argues against a fact: by our own claims, or as the published study calls its source."""
    claim = by_id().get(argument.claim)
    return argument.source == PUBLISHED_CONTROL if claim is None else claim.side == "false"


def _of(argument: Argument, arm: str, claim: Argument, text: str | None = None) -> Reading:
    """An argument, read with the claim in mind that another one is for."""
    return _reading(
        arm,
        claim,
        argument=argument.id,
        text=argument.text if text is None else text,
        source=argument.source,
        strategy=argument.strategy,
    )


def _reading(
    arm: str, claim: Argument, *, argument: str, text: str, source: str = "", strategy: str = ""
) -> Reading:
    known = by_id().get(claim.claim)
    return Reading(
        arm=arm,
        claim=claim.claim,
        says=known.text if known else claim.claim,
        topic=claim.topic,
        argument=argument,
        source=source,
        strategy=strategy,
        text=text,
    )


def _key(argument: Argument) -> str:
    return _digest(argument.id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
