"""Exit codes of a release's verdicts, for continuous integration."""

from __future__ import annotations

from collections.abc import Iterable

EXITS = {"ALARM": 10, "INVALID": 12, "INCONCLUSIVE": 11, "CLEAR": 0}
"""Decision to exit code; of several decisions the first in this order counts."""

DAMAGED = 12
"""Exit code of a verification that found problems."""


def exit_code(decisions: Iterable[str]) -> int:
    """The exit code of several verdicts: one ALARM outweighs all, and CLEAR needs every one of them.

    Args:
        decisions: of the hypotheses. None at all is INCONCLUSIVE: nothing was decided.

    Raises:
        ValueError: one of them is no decision, such as RETROSPECTIVE, which decides nothing.
    """
    found = set(decisions)
    if unknown := found - EXITS.keys():
        raise ValueError(f"{', '.join(sorted(unknown))} decides nothing and has no exit code")
    return EXITS[next((name for name in EXITS if name in found), "INCONCLUSIVE")]
