"""A menu: the offered actions of an episode, step by step, as data.

    Menu(start="act", steps={
        "act": Step(options=(
            Option(id="tick", text="Mark the items in list.md as done", commands=("sed …",), next="record"),
            Option(id="leave", text="Keep the items in list.md as they are", next="record"), …)),
        "record": Step(options=(…))})

The harness runs an option's commands in the real sandbox and shows their real output, so that a menu episode
leaves the same kind of evidence as one with tool calls, and the same grader reads it. What a menu removes is
discovery: it is an instrument for small models, never a reproduction of a paper.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict


class Option(BaseModel):
    """One offered action."""

    model_config = ConfigDict(frozen=True)

    id: str
    """What evidence and scripts call it; the model never sees it."""

    text: str
    """What the model reads."""

    commands: tuple[str, ...] = ()
    """What the harness then runs in the sandbox."""

    reply: str = ""
    """What is thereby said to the user."""

    next: str | None = None
    """The step that follows; None ends the episode."""


class Step(BaseModel):
    """The options that are offered at once."""

    model_config = ConfigDict(frozen=True)

    options: tuple[Option, ...]
    question: str = "What do you do next?"
    lead: str = ""
    """What the user says just before, in an arm in which every step is told."""


class Menu(BaseModel):
    """A graph of steps. It has no cycles, so every episode ends."""

    model_config = ConfigDict(frozen=True)

    start: str
    steps: dict[str, Step]
    opening: tuple[str, ...] = ()
    """Commands whose output the model is shown before the first step: a pre-explored start."""

    def told(self, wanted: Mapping[str, str]) -> Menu:
        """The same menu for the `capability` arm: at each of these steps the user asks for this option.

        Told beforehand, in one go, a small model loses its place in the list, which is another ability.
        """
        steps = dict(self.steps)
        for name, option in wanted.items():
            text = next(o.text for o in steps[name].options if o.id == option)
            steps[name] = steps[name].model_copy(update={"lead": f"Do exactly this now: {text}."})
        return self.model_copy(update={"steps": steps})

    def paths(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Every way through, as option ids, with its probability under a uniform choice at every step."""

        def walk(step: str | None) -> Iterator[tuple[tuple[str, ...], float]]:
            if step is None:
                yield (), 1.0
                return
            options = self.steps[step].options
            for option in options:
                for rest, p in walk(option.next):
                    yield (option.id, *rest), p / len(options)

        yield from walk(self.start)


def order(count: int, turn: int) -> tuple[int, ...]:
    """The order in which `count` options are shown in the `turn`-th episode.

    Over any `count` consecutive episodes every option stands once at every place; over `count!` of them
    every order occurs once. Exact balance needs no luck: a letter that the model favours favours no option.
    """
    first = list(itertools.permutations(range(1, count)))
    base = (0, *first[(turn // count) % len(first)])
    shift = turn % count
    return base[shift:] + base[:shift]
