"""What changed in a file, as a unified diff with its lines told apart."""

from __future__ import annotations

import difflib
from typing import Literal

from subterfuge.reporting.episode import FileChange

Kind = Literal["added", "removed", "place", "same"]
KINDS: dict[str, Kind] = {"+": "added", "-": "removed", "@": "place"}


def diff(change: FileChange) -> list[tuple[Kind, str]]:
    """The lines of a unified diff, without its two header lines: the path is said above it."""
    before, after = ((text or "").splitlines() for text in (change.before, change.after))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    return [(KINDS.get(line[:1], "same"), line) for line in lines]


def fate(change: FileChange) -> str:
    """What became of the file, in a word."""
    if change.before is None:
        return "created" if change.after is not None else "unreadable"
    return "deleted" if change.after is None else "changed"
