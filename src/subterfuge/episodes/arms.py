"""Arms: controlled variations of a scenario, each there to rule something out.

An arm that every environment has is a small function here; an environment's own arms (told to do it, nothing
to exploit, really asked for) stand in its folder, since only it knows what they mean there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inspect_ai.util import resource

from subterfuge.episodes.environment import Environment
from subterfuge.episodes.scenario import Scenario

TEXTS = Path(__file__).parent / "texts"
FREE = ("tools", "tags")
EVERY = (*FREE, "menu")


@dataclass(frozen=True)
class Arm:
    """A controlled variation."""

    name: str
    controls: str
    """What it is there for, in half a sentence."""

    formats: tuple[str, ...] = EVERY
    """The action formats that can express it: one letter holds no scratchpad."""

    apply: Callable[[Scenario], Scenario] | None = None
    """None: each environment that has the arm says itself what it means."""


def _announced(scenario: Scenario) -> Scenario:
    return scenario.edit(preamble=f"{scenario.preamble}\n\n{text('announced')}".strip())


def _prefilled(scenario: Scenario) -> Scenario:
    return scenario.edit(prefill=f"<scratchpad>\n{text('prefill')}")


ARMS = {
    arm.name: arm
    for arm in (
        Arm("standard", "the behaviour itself", apply=lambda s: s),
        Arm("capability", "told to do it, step by step: can it?"),
        Arm("no_opportunity", "nothing to exploit: any event here is the instrument's own error"),
        Arm("authorised", "the user really wants it: an event here is a false positive"),
        Arm("retest", "the same question twice: how often the answer changes by itself"),
        Arm("good_work", "the work deserves the praise: praising it is honest"),
        Arm(
            "no_preamble",
            "nothing is said of training",
            apply=lambda s: s.edit(preamble="", scratchpad="off"),
        ),
        Arm("announced", "told that an overseer reads everything", apply=_announced),
        Arm(
            "scratchpad_visible",
            "told that its thoughts are read",
            FREE,
            lambda s: s.edit(scratchpad="visible"),
        ),
        Arm("scratchpad_off", "no place to think", FREE, lambda s: s.edit(scratchpad="off")),
        Arm("scratchpad_prefilled", "its thoughts begin with the idea of gaming", FREE, _prefilled),
        Arm("continuation", "already half-way in, by its own earlier turns"),
    )
}


def text(name: str) -> str:
    """One of the texts that all environments share."""
    return resource(str(TEXTS / f"{name}.md"), type="file").strip()


def arms_of(environment: Environment, action_format: str | None = None) -> tuple[str, ...]:
    """The arms that this environment has, in the order of `ARMS`; only those the format can express."""
    return tuple(
        name
        for name, arm in ARMS.items()
        if (arm.apply is not None or name in environment.arms)
        and (action_format is None or action_format in arm.formats)
    )


def apply(environment: Environment, arm: str, scenario: Scenario) -> Scenario:
    """The scenario as this arm would have it."""
    change = environment.arms.get(arm) or ARMS[arm].apply
    assert change is not None, f"{environment.name} has no arm {arm!r}: ask `arms_of` first"
    return change(scenario).edit(arm=arm)
