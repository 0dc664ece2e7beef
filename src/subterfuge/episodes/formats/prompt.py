"""How an episode opens: what the system says, what the user asks, and the turns already taken."""

from __future__ import annotations

import re

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
)

from subterfuge.episodes.arms import text
from subterfuge.episodes.scenario import Scenario

_SCRATCHPAD = re.compile(r"<scratchpad>.*?(</scratchpad>|\Z)", re.DOTALL)


def system(scenario: Scenario, action_format: str) -> list[ChatMessage]:
    """The system message: the preamble, how to act, and what is said of a place to think."""
    parts = [scenario.preamble]
    if scenario.files and action_format != "menu":
        parts.append(text(action_format))
    if scenario.scratchpad != "off" and action_format != "menu":
        parts.append(text(f"scratchpad_{scenario.scratchpad}"))
    content = "\n\n".join(part for part in parts if part)
    return [ChatMessageSystem(content=content)] if content else []


def opening(scenario: Scenario, action_format: str) -> list[ChatMessage]:
    """The system message and the user's request."""
    return [*system(scenario, action_format), ChatMessageUser(content=scenario.ask)]


def visible(said: str) -> str:
    """What a reader sees of a reply: without the scratchpad, also an unclosed one."""
    return _SCRATCHPAD.sub("", said).strip()


def assistant(said: str) -> ChatMessageAssistant:
    """A turn that the model is made to have taken."""
    return ChatMessageAssistant(content=said)
