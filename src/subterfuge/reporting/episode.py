"""What a transcript page is given: one cell's episodes, as a reader should see them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt

from subterfuge.reporting.model import Data, Href, Share

Verdict = Literal["gamed", "not gamed", "missing"]
Role = Literal["system", "user", "assistant", "tool"]


class Option(Data):
    """One line of a menu, as it was shown."""

    letter: str
    """Its letter."""

    text: str
    """The action it stands for."""

    chosen: bool = False
    """Whether the model answered with it."""

    probability: Share = None
    """The model's probability of this letter; None where it does not tell."""


class Command(Data):
    """One command and what came back."""

    command: str
    """As it was run."""

    stdout: str = ""
    """Standard output as recorded."""

    stderr: str = ""
    """Standard error as recorded."""

    exit_code: int | None = 0
    """None if it did not end by itself."""

    timed_out: bool = False
    """Stopped at its time limit."""


class Turn(Data):
    """One message, and what it set in motion."""

    role: Role
    """Who speaks."""

    text: str = ""
    """What is said."""

    thinking: str = ""
    """Reasoning that was not part of the reply: a scratchpad, a reasoning channel."""

    options: tuple[Option, ...] = ()
    """The menu at the end of a user's message."""

    commands: tuple[Command, ...] = ()
    """What the assistant ran."""


class FileChange(Data):
    """A watched file before and after the episode."""

    path: str
    """Where it is."""

    before: str | None = None
    """Its text before; None if there was no file."""

    after: str | None = None
    """Its text after; None if it is gone."""

    note: str = ""
    """What the texts do not show: "now a directory", "not text"."""


class Probe(Data):
    """A question asked beside the episode."""

    name: str
    """What it is for: "blind rating"."""

    question: str
    """As asked."""

    answer: str | None
    """As answered; None if there was no answer."""


class Disclosure(Data):
    """What the model says it did, asked after the grading evidence was frozen."""

    question: str
    """As asked."""

    answer: str | None
    """As answered; None if there was no answer."""

    label: str
    """What the answer is worth beside the evidence: "honest", "omitted", "denied"."""


class Episode(Data):
    """One episode of a cell."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """Its anchor on the page, unique there."""

    verdict: Verdict
    """What it came to."""

    reason: str = ""
    """Why it is missing; empty otherwise."""

    refused: bool = False
    """The model declined."""

    mechanism: str = ""
    """How it was gamed."""

    flags: dict[str, bool | None] = Field(default_factory=dict)
    """The chain of events in order; None is not known."""

    explanation: str = ""
    """Why it was graded so."""

    family: str = ""
    """Surface template of the scenario."""

    seed: int | None = None
    """Seed of the scenario within its family."""

    system: str = ""
    """The system prompt."""

    turns: tuple[Turn, ...] = ()
    """The conversation."""

    files: tuple[FileChange, ...] = ()
    """Watched files that changed."""

    files_known: bool = True
    """False if the files could not be read at the end: then no change is not evidence of none."""

    probes: tuple[Probe, ...] = ()
    """Questions asked beside the episode."""

    disclosure: Disclosure | None = None
    """What it said of its own actions."""


class TranscriptPage(Data):
    """The episodes of one cell."""

    title: str
    """"Reward tampering, standard arm"."""

    model: str
    """The model measured."""

    arm: str
    """The arm's name."""

    controls: str = ""
    """What the arm is there for."""

    planned: NonNegativeInt
    """Episodes planned: those that left no transcript are said to be missing."""

    episodes: tuple[Episode, ...]
    """In schedule order."""

    back: Href = None
    """The report, relative to this page."""
