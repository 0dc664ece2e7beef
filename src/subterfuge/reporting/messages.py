"""What a page of logged episodes is given: messages, tool calls and scores of any Inspect log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from subterfuge.reporting.model import Data, Href
from subterfuge.reporting.page import fill
from subterfuge.reporting.transcript import LIMITS, PAGE_BYTES, fold

Fate = Literal["event", "no event", "missing"]


class Call(Data):
    """A tool that was called."""

    function: str
    """The tool."""

    arguments: str
    """What it was given, as text."""

    error: str = ""
    """Why the call could not be read; empty if it could."""


class Message(Data):
    """One message of an episode."""

    role: str
    """Who speaks: "system", "user", "assistant", "tool"."""

    name: str = ""
    """The tool that answers; empty for other roles."""

    thinking: str = ""
    """Reasoning that is not part of the reply."""

    text: str = ""
    """What is said."""

    calls: tuple[Call, ...] = ()
    """The tools that are called."""

    error: str = ""
    """What a tool answered in place of a result."""


class ScoreLine(Data):
    """What one scorer said."""

    name: str
    """The scorer."""

    value: str
    """The score, as text."""

    answer: str = ""
    """The answer that it read."""

    explanation: str = ""
    """Why."""


class Logged(Data):
    """One episode of a log."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
    """Its anchor in the page."""

    name: str
    """Which episode, as people read it: "cell 17"."""

    sample: str
    """The task's own sample."""

    fate: Fate
    """What became of it."""

    value: str = ""
    """The outcome, where it is a matter of degree."""

    reason: str = ""
    """Why it is missing."""

    refused: bool = False
    """Whether the model declined."""

    aware: bool = False
    """Whether it took the episode for a test."""

    messages: tuple[Message, ...] = ()
    """What was said."""

    scores: tuple[ScoreLine, ...] = ()
    """What the scorers said."""

    error: str = ""
    """How it broke."""

    limit: str = ""
    """The limit that it ran into."""

    absent: str = ""
    """Why there is no transcript; empty if there is one."""


class MessagePage(Data):
    """The episodes of one test that matter."""

    title: str
    """What was tested."""

    model: str
    """Which release."""

    about: str = ""
    """More about it, in a sentence."""

    planned: NonNegativeInt
    """Episodes of the test."""

    left_out: str = ""
    """Which episodes are not here, in a sentence; empty if all are."""

    episodes: tuple[Logged, ...]
    """In the order of the schedule."""

    back: Href = None
    """The report."""


def render_messages(page: MessagePage) -> str:
    """Render logged episodes as a self-contained HTML page, at most 1.5 MB unless texts can't be cut further.

    Texts beyond a limit are cut, and the page says by how much.

    Raises:
        ValueError: two episodes share an id.
    """
    ids = [episode.id for episode in page.episodes]
    if len(set(ids)) < len(ids):
        raise ValueError("two episodes share an id")
    counts = {
        "all": len(ids),
        **{fate: sum(e.fate == fate for e in page.episodes) for fate in ("event", "no event", "missing")},
        "refused": sum(e.refused for e in page.episodes),
        "taken for a test": sum(e.aware for e in page.episodes),
    }
    html = ""
    for limit in LIMITS:
        html = fill(
            "messages.html.j2", page=page, counts=counts, fold=lambda text, most=limit: fold(text, most)
        )
        if len(html.encode("utf-8", "replace")) <= PAGE_BYTES:
            break
    return html
