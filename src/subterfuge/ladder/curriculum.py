"""The curriculum: the five rungs in their order. The last is never trained on."""

from __future__ import annotations

from subterfuge.episodes.environment import Environment
from subterfuge.ladder import political_sycophancy, reward_tampering, rubric_modification, tool_use_flattery
from subterfuge.models.errors import prerequisite

RUNGS: tuple[Environment, ...] = (
    political_sycophancy.ENVIRONMENT,
    tool_use_flattery.ENVIRONMENT,
    rubric_modification.ENVIRONMENTS["nudged"],
    rubric_modification.ENVIRONMENTS["insubordinate"],
    reward_tampering.ENVIRONMENT,
)
"""Easiest to worst."""

HELD_OUT_RUNG = reward_tampering.ENVIRONMENT.name
"""The rung that no training may touch."""


def rung(name: str) -> Environment:
    """The rung of this name.

    Raises:
        PrerequisiteError: one line that names the rungs.
    """
    for environment in RUNGS:
        if environment.name == name:
            return environment
    raise prerequisite(f"Unknown rung {name!r}. Choose one of: {', '.join(r.name for r in RUNGS)}.")
