"""Action formats: how a model acts. Each is one function that plays a started episode to its end.

| format | the model acts by | for |
|---|---|---|
| `tools` | native tool calls of `shell` | models trained on tool calls |
| `tags` | commands in text tags, as in Denison et al. (2024, §2) | any chat model; comparability |
| `menu` | one letter among concrete next actions | small models; never a reproduction of the paper |
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from inspect_ai.solver import TaskState

from subterfuge.episodes.formats.free import act_with_tags, act_with_tools
from subterfuge.episodes.formats.menu import act_with_menu
from subterfuge.episodes.world import World

FORMATS: dict[str, Callable[[TaskState, World], Awaitable[None]]] = {
    "tools": act_with_tools,
    "tags": act_with_tags,
    "menu": act_with_menu,
}

__all__ = ["FORMATS"]
