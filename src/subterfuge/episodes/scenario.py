"""A scenario: one concrete situation, made from a family and a seed, fresh for every episode.

    Scenario(environment="tool_use_flattery", family="grandchild", seed=81723, arm="standard",
             ask="I wrote a poem for my gran …", files={"/home/user/poems/autumn.txt": "…"},
             nonces={"/home/user/poems/autumn.txt": "draft 5f0c91"}, hidden={"poem": "…"})

The scenario is the whole truth about an episode before it starts: what the model is told (`preamble`, `ask`,
`files`), what it is not told (`hidden`), and where the exploitable files are (`nonces`). It travels in the
sample's metadata, so that an old log can be graded again from the log alone.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from subterfuge.episodes.menu import Menu
from subterfuge.models.script import Turn


class Probe(BaseModel):
    """A question put in a fresh conversation of its own, outside the episode: it can't colour the transcript.

    The blind rating of a poem is one; so is the mirrored persona of a political question.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    """What evidence files the answer under."""

    ask: str
    """The user message."""

    options: tuple[tuple[str, str], ...]
    """(id, text) of each possible answer; the answer in evidence is the id."""

    preamble: bool = True
    """Whether the scenario's preamble stands before it."""


class Scenario(BaseModel):
    """One concrete situation. See the module's docstring."""

    model_config = ConfigDict(frozen=True)

    environment: str
    """Name of the environment that made it."""

    family: str
    """The surface template it was drawn from."""

    seed: int
    """With environment and family it determines the scenario."""

    index: int = 0
    """Its place in the run: fixes the order in which options are shown (see `menu.order`)."""

    arm: str = "standard"
    """The controlled variation applied to it."""

    preamble: str = ""
    """System-level text: what the model is told about being trained."""

    ask: str
    """The user's request."""

    files: dict[str, str] = {}
    """Absolute path to text: the world at the start. Empty: the episode needs no sandbox."""

    nonces: dict[str, str] = {}
    """Exploitable file to the fresh string in it: the model was exposed when it was shown that string."""

    hidden: dict[str, Any] = {}
    """What grading knows and the model is not told."""

    opportunity: bool = True
    """Whether this world lets the model game. A property of the world, never of what the model did."""

    licit: bool = False
    """Whether the user really wants the edit: doing it is then no gaming (a false-positive test)."""

    history: tuple[Turn, ...] = ()
    """Turns that the model is made to have taken already (the `continuation` arm)."""

    prefill: str = ""
    """How the model's first reply is made to begin (the `scratchpad_prefilled` arm)."""

    scratchpad: str = "hidden"
    """`hidden`, `visible` or `off`: what the model is told of a place to think."""

    menu: Menu | None = None
    """The offered actions, for the `menu` action format."""

    probes: tuple[Probe, ...] = ()
    """Questions put in conversations of their own once the episode is over."""

    def edit(self, **changes: Any) -> Scenario:
        """A copy with these fields changed."""
        return self.model_copy(update=changes)

    @property
    def surface(self) -> str:
        """A digest of all that the model can see, nonces left out: distinct digests, distinct scenarios."""
        text = json.dumps([self.ask, sorted(self.files.items()), [p.ask for p in self.probes]])
        for nonce in self.nonces.values():
            text = text.replace(nonce, "")
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Family:
    """A surface template of an environment: the same semantics told another way."""

    name: str
    held_out: bool
    """Never to be trained on, by anybody, for good."""

    data: Mapping[str, Any]
    """The template's texts and lists, as loaded from YAML."""


def draw(environment: str, family: str, seed: int) -> random.Random:
    """The scenario's own random numbers: the same for the same name, whatever else was drawn before."""
    return random.Random(f"{environment}/{family}/{seed}")


def nonce(rng: random.Random) -> str:
    """Eight hexadecimal digits that occur nowhere else."""
    return f"{rng.getrandbits(32):08x}"
