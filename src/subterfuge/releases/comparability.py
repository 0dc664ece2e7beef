"""Comparability: what two measurements must share before their figures stand side by side.

A trend over two versions of a task, or a comparison across two events, says nothing of the models. So each
series of cells has a key, made of all that says what was measured: only equal keys are pooled or compared.
The threshold, the cap and the error rates are not in it: they say what is decided, not what is measured.

Inspect names the comparability of a task by the first part of its version: "3-B" and "3-C" are comparable,
"4-A" is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from subterfuge.releases.protocol import Control, Hypothesis, Protocol
from subterfuge.releases.records import Ingest

NAMES = {
    "planned": "whether it was planned",
    "name": "the name of the series",
    "task": "the task",
    "version": "the task's version",
    "task_args": "the task's arguments",
    "event": "the event",
    "refusal": "what counts as a refusal",
    "schedule": "the schedule",
    "cluster": "the clusters",
    "elicitation": "the elicitation",
    "roles": "the model roles, such as a judge",
    "control": "the control",
}
"""Parts of a key, as messages call them."""

BETWEEN = " and "
"""Stands between the versions of a task that changed under a test."""


@dataclass(frozen=True)
class Key:
    """What was measured, as plain data."""

    parts: dict[str, Any]
    """Part (of `NAMES`) to what it is."""

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that name it; equal for equal parts, whatever their order."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @property
    def text(self) -> str:
        """The parts as JSON with sorted keys."""
        return json.dumps(self.parts, sort_keys=True, ensure_ascii=True)


def comparability(versions: Iterable[str]) -> str:
    """The part of a task's version that must agree: "3" of "3-B".

    Args:
        versions: under which the cells were measured; more than one where a run went on later.

    Returns:
        The part; several joined by "and" if they don't agree; empty if none is known.
    """
    return BETWEEN.join(sorted({str(version).split("-", 1)[0] for version in versions} - {""}))


def key_of(protocol: Protocol, hypothesis: Hypothesis, version: str, control: Control | None = None) -> Key:
    """The key of a hypothesis, or of one of its controls.

    Args:
        protocol: where the hypothesis stands.
        hypothesis: what was measured.
        version: as `comparability` gives it.
        control: for the cells of a control.
    """
    plain = hypothesis.model_dump(
        mode="json",
        include={"task", "task_args", "event", "refusal", "schedule", "cluster", "elicitation"},
    )
    told = None if control is None else control.model_dump(mode="json", exclude={"episodes", "floor"})
    return Key(
        {**plain, "planned": True, "version": version, "roles": dict(protocol.model_roles), "control": told}
    )


def key_of_log(ingest: Ingest) -> Key:
    """The key of a log that nobody planned."""
    plain = ingest.model_dump(mode="json", include={"task", "event", "refusal"})
    version = comparability([ingest.task_version])
    return Key({**plain, "planned": False, "name": ingest.series, "version": version})


def differences(one: Key, other: Key) -> list[str]:
    """Which parts of two keys differ, in words: "the task's version (3, and 4)". Empty for equal keys."""
    found = []
    for part, name in NAMES.items():
        a, b = one.parts.get(part), other.parts.get(part)
        if a != b:
            found.append(f"{name} ({_said(a)}, and {_said(b)})")
    return found


def _said(value: Any) -> str:
    if value in (None, "", {}, []):
        return "none"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 80 else text[:79] + "…"
