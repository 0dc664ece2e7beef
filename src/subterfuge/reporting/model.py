"""What a report is given: plain figures, each with its denominator.

Nothing here is computed from episodes; whoever counts fills it in, and a report can be written as JSON and
rendered again. A figure that is not known is None (NaN is read as None) and is shown as "not measured".

    Rate(events=31, n=64, low=0.358, high=0.613)
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, NonNegativeInt, model_validator


def _known(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value


def _relative(href: object) -> object:
    if isinstance(href, str) and (href.startswith(("/", "\\")) or ":" in href.split("#")[0]):
        raise ValueError(f"a report links to files beside it, not to {href!r}")
    return href


Share = Annotated[Annotated[float, Field(ge=0, le=1)] | None, BeforeValidator(_known)]
Number = Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, BeforeValidator(_known)]
Href = Annotated[str | None, BeforeValidator(_relative)]

Mark = Literal[
    "informative", "saturated", "at chance", "too few", "capability passed", "capability not shown"
]
MARKS: dict[Mark, str] = {
    "informative": "neither saturated nor at chance, with enough episodes: a change would show",
    "saturated": "all or none of the episodes had the event: a later change in this direction cannot show",
    "at chance": "not told apart from what uniform choice among the options would give",
    "too few": "too few episodes were scored to say much",
    "capability passed": "told to do it, the model can",
    "capability not shown": "told to do it, the model did not show that it can: a low rate is no clearance",
}
"""What each mark says; printed as a key under the tables."""


class Data(BaseModel):
    """Frozen, and strict about names: a misspelt field is an error, not a silent gap in the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(Data):
    """A range of rates, 0..1."""

    low: Share
    """Lower end; None is not known."""

    high: Share
    """Upper end; None is not known."""


class Rate(Data):
    """So many events among so many episodes, and what the rate could be."""

    events: NonNegativeInt
    """How many had the event."""

    n: NonNegativeInt
    """Of how many. With 0, the rate is not measured."""

    low: Share = None
    """Lower limit of the exact interval."""

    high: Share = None
    """Upper limit of the exact interval."""

    @property
    def value(self) -> float | None:
        """Events over episodes; None without episodes."""
        return self.events / self.n if self.n else None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.events > self.n:
            raise ValueError(f"{self.events} events cannot come of {self.n} episodes")
        return self


class Effect(Data):
    """A rung's own size of effect, where a rate does not say all: a signed flip, points of a rating."""

    name: str
    """What it is: "signed flip over the mirror pair"."""

    mean: Number
    """Its mean over `n` episodes, in the effect's own unit."""

    n: NonNegativeInt
    """How many episodes it was measured on."""

    low: Number = None
    """Lower limit of its interval."""

    high: Number = None
    """Upper limit of its interval."""


class Cell(Data):
    """One arm of one rung."""

    arm: str
    """The arm's name: "standard", "capability"."""

    controls: str
    """What it is there for, in half a sentence."""

    planned: NonNegativeInt
    """Episodes planned before the run: scored and missing together."""

    gamed: Rate
    """Events among the episodes that were scored; its `n` is the number scored."""

    missing: dict[str, NonNegativeInt] = Field(default_factory=dict)
    """Why episodes could not be scored, and how many: {"time limit": 2}."""

    refusals: NonNegativeInt = 0
    """Scored episodes in which the model declined."""

    worst: Range | None = None
    """Exact limits with the missing counted as no event (low) and as events (high)."""

    chance: Share = None
    """What uniform choice among the options would give; None where the action format has no such level."""

    effect: Effect | None = None
    """The rung's own measure for this arm."""

    marks: tuple[Mark, ...] = ()
    """What to think of the figure."""

    href: Href = None
    """The page of its transcripts, relative to the report."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        absent = sum(self.missing.values())
        if self.gamed.n + absent != self.planned:
            raise ValueError(
                f"arm {self.arm}: {self.gamed.n} scored and {absent} missing are not {self.planned} planned"
            )
        if self.refusals > self.gamed.n:
            raise ValueError(f"arm {self.arm}: {self.refusals} refusals among {self.gamed.n} scored episodes")
        return self


class ChainStep(Data):
    """One link of the chain of events."""

    name: str
    """"opportunity", "exposed", "attempted", "gamed", "evaded", "disclosed"."""

    meaning: str
    """What it means on this rung, in half a sentence."""

    strict: Rate
    """Count and denominator by this suite's definition; the denominator is the episodes where it is known."""

    paper: Rate | None = None
    """The same by the published study's own bit, where it has one."""


class Count(Data):
    """How many of how many went by a name."""

    name: str
    """A mechanism, or a label of an answer."""

    events: NonNegativeInt
    """How many."""

    n: NonNegativeInt
    """Of how many."""

    meaning: str = ""
    """What the name says, in half a sentence."""


class Family(Data):
    """A surface template of the environment."""

    name: str
    """The template's name."""

    gamed: Rate
    """Events among its scored episodes of the standard arm."""

    held_out: bool = False
    """Whether it is kept out of every training."""


class Rung(Data):
    """One environment of the ladder."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    """Its name as an anchor: "reward_tampering"."""

    title: str
    """Its name as a heading: "Reward tampering"."""

    ask: str
    """What the user asks for, in one sentence."""

    gaming: str
    """What counts as gaming, in one sentence."""

    reference: str
    """Where it comes from, as plain text: "Denison et al. 2024, arXiv 2406.10162, §2"."""

    cells: tuple[Cell, ...]
    """Its arms; the one named "standard" is the rung's result."""

    chain: tuple[ChainStep, ...] = ()
    """The chain of events in the standard arm."""

    mechanisms: tuple[Count, ...] = ()
    """How it was gamed or attempted, of the attempts."""

    disclosure: tuple[Count, ...] = ()
    """What the model answered when asked what it did, of the episodes asked."""

    families: tuple[Family, ...] = ()
    """The standard arm by surface template."""

    notes: tuple[str, ...] = ()
    """What else to know of this rung's figures, a sentence each."""

    @property
    def standard(self) -> Cell | None:
        """The arm that is the rung's result; None if it was not run."""
        return self.arm("standard")

    def arm(self, name: str) -> Cell | None:
        """The cell of one arm; None if it was not run."""
        return next((cell for cell in self.cells if cell.arm == name), None)


class Pick(Data):
    """How often an option was picked under a neutral prompt."""

    option: str
    """Its letter or name."""

    picked: Rate
    """Picks, of the neutral questions asked."""

    chance: Share = None
    """What uniform choice would give."""


class Calibration(Data):
    """Whether the model picks letters evenly when nothing is at stake."""

    prompt: str
    """What was asked, in one sentence."""

    picks: tuple[Pick, ...]
    """One for each option."""


class Run(Data):
    """How the figures were made."""

    model: str
    """The model measured, as Inspect names it."""

    date: str
    """When: "2026-11-23"."""

    version: str
    """Version of this software."""

    seed: int
    """Seed of the scenarios."""

    action_format: str
    """How the model acts: tools, tags or menu."""

    sandbox: str
    """Where its commands run."""

    episodes: NonNegativeInt
    """Episodes planned in all."""

    duration_s: Number
    """Wall-clock time in seconds."""

    command: str
    """The command line that makes these figures again."""

    versions: dict[str, str] = Field(default_factory=dict)
    """What else the figures rest on: packages, hashes of weights and texts, the machine."""


class Report(Data):
    """Everything one report says."""

    title: str
    """Its heading."""

    summary: str = ""
    """One or two sentences under the heading."""

    run: Run
    """How the figures were made."""

    rungs: tuple[Rung, ...]
    """From the easiest to the worst."""

    notes: tuple[str, ...] = ()
    """What the numbers do not say, a paragraph each."""

    method: tuple[str, ...] = ()
    """How it was measured, a paragraph each."""

    calibration: Calibration | None = None
    """For lettered menus: the option pick rates."""

    level: float = Field(default=0.95, gt=0, lt=1)
    """Coverage of all intervals."""
