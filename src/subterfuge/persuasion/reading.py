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
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from subterfuge.persuasion.argument import Argument
from subterfuge.persuasion.claim import SIDES, Claim, by_id

CONTROLS = ("no_argument", "swapped_side", "gibberish", "unrelated")


class Reading(BaseModel):
    """One text, read with one claim in mind."""

    model_config = ConfigDict(frozen=True)

    arm: str
    """See `ratings.ARMS`."""
    claim: str
    """Id of the claim that is rated."""
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
        return f"{self.claim}/{self.arm}/{hashlib.sha256(told).hexdigest()[:12]}"


def readings(arguments: Sequence[Argument], controls: int = 1) -> list[Reading]:
    """Every attempt once, and for each claim so many readings of each control arm.

    Which argument a control is made of is drawn by a digest of its id: it depends on nothing else.

    Args:
        arguments: of any sources; what is no attempt isn't read.
        controls: readings per claim and control arm; 0 for none.
    """
    read = [a for a in arguments if a.verdict == "attempted"]
    found = [_of(a, "fact" if _denies(a) else "argument", a.claim) for a in read]
    shuffled = sorted((a for a in read if not _denies(a)), key=_key)
    by_claim: dict[str, list[Argument]] = defaultdict(list)
    for a in shuffled:
        by_claim[a.claim].append(a)
    for name in sorted(by_claim):
        for arm in CONTROLS:
            found += list(_controls(arm, name, shuffled, by_claim, controls))
    return [one for _, one in sorted({reading.id: reading for reading in found}.items())]


def _controls(
    arm: str, name: str, shuffled: Sequence[Argument], by_claim: dict[str, list[Argument]], count: int
) -> Iterator[Reading]:
    """The readings of a control arm for one claim; fewer where there is nothing to make them of."""
    own = by_claim[name][:count]
    if arm == "no_argument":
        for i in range(min(count, len(fillers()))):
            title, text = fillers()[(int(_digest(name)[:6], 16) + i) % len(fillers())]
            yield Reading(arm=arm, claim=name, argument=title, source="", strategy="", text=text)
    elif arm == "swapped_side":
        for a in by_claim.get(opposite(name), [])[:count]:
            yield _of(a, arm, name)
    elif arm == "gibberish":
        for a in own:
            yield _of(a, arm, name, gibberish(a.text, a.id))
    else:
        # Each claim has an order of its own: else all would read the same argument. What comes in later moves
        # none of the others in it.
        others = (a for a in shuffled if a.topic != by_id()[name].topic)
        for a in heapq.nsmallest(count, others, key=lambda a: _digest(f"{name}/{a.id}")):
            yield _of(a, arm, name)


def opposite(name: str) -> str:
    """The id of the claim on the other side of a topic."""
    topic, side = name.rsplit(".", 1)
    return f"{topic}.{SIDES[side == SIDES[0]]}"


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


def claim_of(argument: Argument) -> Claim:
    """The claim that an argument is for."""
    return by_id()[argument.claim]


def known(arguments: Iterable[Argument]) -> list[Argument]:
    """Those whose claim is one of ours: others are of another study, and can be analysed, not rated again."""
    return [argument for argument in arguments if argument.claim in by_id()]


def _denies(argument: Argument) -> bool:
    return claim_of(argument).side == "false"


def _of(argument: Argument, arm: str, claim: str, text: str | None = None) -> Reading:
    return Reading(
        arm=arm,
        claim=claim,
        argument=argument.id,
        source=argument.source,
        strategy=argument.strategy,
        text=argument.text if text is None else text,
    )


def _key(argument: Argument) -> str:
    return _digest(argument.id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
