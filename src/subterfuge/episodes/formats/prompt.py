"""How an episode opens: what the system says, what the user asks, and the turns already taken."""

from __future__ import annotations

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
)

from subterfuge.episodes.arms import text
from subterfuge.episodes.scenario import Scenario


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
