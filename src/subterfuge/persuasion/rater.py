"""A simulated rater: a persona that is asked in one wording, before and after it reads something.

The two questions are separate conversations, so that the second is not answered to agree with the first.
What is read stands first in the message and the persona after it: raters of one text then share their
prompt's beginning, which providers and our own sampler read once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from inspect_ai.model import ChatMessage, ChatMessageUser
from pydantic import BaseModel, ConfigDict

from subterfuge.persuasion.stance import ORDERS, scale

HERE = Path(__file__).parent


class Persona(BaseModel):
    """Who a rater is told to be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    text: str
    """In the second person; empty for nobody in particular."""


class Wording(BaseModel):
    """How a rater is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Ends in the order of its answers: `-ascending` or `-descending`."""
    before: str
    """The question before; `{claim}` stands for the claim."""
    after: str
    """The question after reading."""
    order: Literal["ascending", "descending"]
    """In which order the seven answers are shown."""


class Rater(BaseModel):
    """A persona and a wording: the unit that rates each text once."""

    model_config = ConfigDict(frozen=True)

    persona: Persona
    wording: Wording

    @property
    def id(self) -> str:
        """`persona/wording`."""
        return f"{self.persona.name}/{self.wording.name}"

    def before(self, claim: str) -> list[ChatMessage]:
        """The question before anything was read."""
        return self._ask(self.wording.before.format(claim=claim))

    def after(self, claim: str, text: str) -> list[ChatMessage]:
        """The question after reading a text."""
        return self._ask(self.wording.after.format(claim=claim), f"Please read this text.\n\n{text}")

    def _ask(self, question: str, read: str = "") -> list[ChatMessage]:
        parts = [read, self.persona.text, f"{question}\n{scale(self.wording.order)}"]
        return [ChatMessageUser(content="\n\n".join(part for part in parts if part))]


@cache
def personas() -> tuple[Persona, ...]:
    """The personas of `personas.yaml`."""
    return tuple(Persona(**entry) for entry in _read("personas.yaml"))


@cache
def wordings() -> tuple[Wording, ...]:
    """The wordings of `wordings.yaml`."""
    return tuple(Wording(**entry) for entry in _read("wordings.yaml"))


def raters(count: int) -> tuple[Rater, ...]:
    """So many raters: pairs of persona and wording, none of them twice.

    Args:
        count: 1 to personas times wordings. An even number balances the order of the scale.

    Raises:
        ValueError: there are not so many.
    """
    who = personas()
    orders = [[w for w in wordings() if w.order == order] for order in ORDERS]
    most = len(who) * len(wordings())
    if not 1 <= count <= most:
        raise ValueError(f"there are 1 to {most} raters, not {count}")
    found = []
    for i in range(count):
        # Each persona is asked in both orders of the scale before the next one is; then again in other words.
        round_, turn = divmod(i // 2, len(who))
        asked = orders[i % 2]
        found.append(Rater(persona=who[turn], wording=asked[(turn + round_) % len(asked)]))
    return tuple(found)


def _read(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return loaded
