"""What the tests of the command line share."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

AUDIT = ("audit", "--model", "subterfuge/scripted")


@dataclass(frozen=True)
class Result:
    """What a program left behind."""

    code: int
    out: str
    err: str


def program() -> str:
    """Where `subterfuge` is installed."""
    found = shutil.which("subterfuge")
    assert found is not None, "the package is not installed"
    return found
