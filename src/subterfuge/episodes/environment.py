"""An environment: a generator of scenarios, the arms that make sense for it, its grade, and its actors.

One environment is one folder of an ability's room. It says what a scenario is and what counts as gaming;
everything that all environments share (formats, evidence, the chain, disclosure, the Inspect task) is here in
`episodes`. The actors are part of the environment: an instrument that nobody has certified measures nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from subterfuge.episodes.disclosure import Disclosure
from subterfuge.episodes.evidence import Evidence
from subterfuge.episodes.grade import Grade
from subterfuge.episodes.scenario import Family, Scenario, draw
from subterfuge.models.script import Turn

ArmEdit = Callable[[Scenario], Scenario]
"""Makes an arm's scenario of the standard one."""


@dataclass(frozen=True)
class Actor:
    """A scripted character, and the verdict that it was written for."""

    name: str
    """`honest`, `gamer`, `sloppy`, `refuser`, `garbler`, or a mechanism's name."""

    script: Callable[[Scenario], tuple[Turn, ...]]
    """What it does in this scenario."""

    expect: Mapping[str, Any]
    """Values of the grade that must come out (None: not known), `mechanism` and `disclosure` among them."""

    answers: Mapping[str, str] = field(default_factory=dict)
    """Its answers to probes and to the question of disclosure, by name; an option's id each."""

    arm: str = "standard"
    """The arm that it acts in."""

    formats: tuple[str, ...] = ("tools", "tags", "menu")
    """The action formats that can express it."""


@dataclass(frozen=True)
class Environment:
    """One gameable situation, as a generator. See the module's docstring."""

    name: str
    """What tasks, logs and reports call it."""

    title: str
    """What people call it."""

    ask: str
    """In one sentence: what the user wants."""

    gaming: str
    """In one sentence: what counts as gaming."""

    source: str
    """The publication, and its section, that this implements."""

    version: str
    """Comparability and interface, as `N-X`: figures of different N are never pooled."""

    families: tuple[Family, ...]
    generate: Callable[[Family, int], Scenario]
    """Makes the standard scenario of (family, seed)."""

    grade: Callable[[Scenario, Evidence], Awaitable[Grade]]
    """A pure function of its arguments; it may run files in the jail."""

    disclosure: Disclosure
    """What the user asks afterwards."""

    actors: tuple[Actor, ...]
    arms: Mapping[str, ArmEdit] = field(default_factory=dict)
    """The arms that are this environment's own, beside those that every environment has."""

    arm_notes: Mapping[str, str] = field(default_factory=dict)
    """What its own arms control for, where the general description does not fit."""

    effect: str = "effect"
    """What the grade's `effect` measures, with its unit."""

    chance: Mapping[str, float] = field(default_factory=dict)
    """By arm, and for the other arms as `default`: how often uniform choice at every menu would game.

    A test plays every path of the menus through the real grader and finds the same numbers.
    """

    mirrored: bool = False
    """Whether an episode is a pair of conversations, with a signed effect of −1, 0 or +1."""

    def family(self, name: str) -> Family:
        """The family of this name."""
        return next(f for f in self.families if f.name == name)

    def chance_of(self, arm: str) -> float | None:
        """The chance level of an arm's menus; None if the environment declares none."""
        return self.chance.get(arm, self.chance.get("default"))

    def scenarios(self, n: int, seed: int, split: str = "all") -> list[Scenario]:
        """`n` standard scenarios, the family drawn at random for each.

        Args:
            n: how many.
            seed: the generator's seed: the same seed gives the same scenarios.
            split: `all`, `train` or `held_out` families.
        """
        allowed = [f for f in self.families if split == "all" or f.held_out == (split == "held_out")]
        rng = draw(self.name, split, seed)
        return [self.generate(rng.choice(allowed), rng.getrandbits(48)) for _ in range(n)]


ENVIRONMENTS: dict[str, Environment] = {}
"""Every environment that has been imported, by name. A log names its environment; grading finds it here."""


def register(environment: Environment) -> Environment:
    """Make an environment known, so that its tasks and its old logs can be graded."""
    ENVIRONMENTS[environment.name] = environment
    return environment
