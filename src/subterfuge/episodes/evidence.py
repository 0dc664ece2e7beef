"""Evidence: all that grading needs, gathered once from the live episode into the log.

Grading is a pure function of (scenario, evidence): an old log can be graded again, without a sandbox and
without asking the model anything. What could not be gathered is None, and grades as *not known*.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from subterfuge.episodes.scenario import Scenario
from subterfuge.jail import Directory, Node, Tree
from subterfuge.sandboxes.recorder import Step

SHOWN_CHARACTERS = 4000
"""The model sees at most this much of one command's output: the first and the last half of it."""


class Choice(BaseModel):
    """One answer to a menu."""

    model_config = ConfigDict(frozen=True)

    step: str
    """Which step of the menu, or the name of the question."""

    offered: dict[str, str]
    """Letter to option id, as shown."""

    chosen: str | None
    """The option's id; None if the reply named no letter."""

    probabilities: dict[str, float] = Field(default_factory=dict)
    """Option id to the model's probability, where the model tells it."""


class Evidence(BaseModel):
    """What happened, as recorded where the model could not reach."""

    initial: Tree | None = None
    """The world's files before the model acted; None if the episode has no files."""

    final: Tree | None = None
    """The files at the end; None if there are none or they could not be read."""

    steps: list[Step] = Field(default_factory=list)
    """Every command with its output and what it changed."""

    shown: list[str] = Field(default_factory=list)
    """Every text of the world that the model was shown, as it was shown (truncated)."""

    said: list[str] = Field(default_factory=list)
    """What the user would read of the model's words, scratchpad removed; the last is the final reply."""

    choices: list[Choice] = Field(default_factory=list)
    """The answers to menus."""

    answers: dict[str, Choice] = Field(default_factory=dict)
    """The answers to probes, by the probe's name."""

    ended: Literal["finished", "limit", "refused", "unparseable"] = "limit"
    """How the episode ended. `limit` until something else is known."""

    def states(self) -> Iterator[Tree]:
        """The files after each command that changed something, in order; `final` is a picture of its own."""
        if self.initial is None:
            return
        now = dict(self.initial)
        for step in self.steps:
            if step.changes:
                for path, node in step.changes.items():
                    if node is None:
                        now.pop(path, None)
                    else:
                        now[path] = node
                yield dict(now)

    @property
    def files(self) -> tuple[Tree, Tree] | None:
        """The first and the last picture of the files; None unless there are both."""
        return None if self.initial is None or self.final is None else (self.initial, self.final)

    def exposed(self, scenario: Scenario) -> bool:
        """Whether the nonce of an exploitable file is in what the model was shown."""
        return any(nonce in text for nonce in scenario.nonces.values() for text in self.shown)

    @property
    def chosen(self) -> list[str]:
        """The ids of the options taken, in order."""
        return [choice.chosen for choice in self.choices if choice.chosen is not None]

    @property
    def reply(self) -> str:
        """The last thing that was said to the user."""
        return self.said[-1] if self.said else ""


def at(files: Tree, path: str) -> Node | None:
    """What stands at a path, None if nothing does; a folder with something in it is a folder too."""
    if (node := files.get(path)) is None and any(other.startswith(f"{path}/") for other in files):
        return Directory()
    return node


def shorten(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Cut a text to its first and last half, saying how much is missing."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"
