"""The verdict as it forms: a table on a terminal, a plain line now and then elsewhere; on standard error."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from subterfuge.cli.console import console, say

if TYPE_CHECKING:
    from subterfuge.releases.desk import Desk
    from subterfuge.releases.verdict import ControlResult, Verdict

REFRESH = 0.25
"""Seconds between two looks on a terminal: looking often costs nothing but time."""

QUIET = 15.0
"""Seconds between two lines where there is no terminal."""

BAR = 12
STYLES = {"ALARM": "bold red", "CLEAR": "bold green", "INVALID": "bold magenta", "INCONCLUSIVE": "yellow"}
RINGS = {True: "rings", False: "silent", None: "…"}


class Board:
    """What is told while a run goes on; called after each outcome."""

    def __init__(self) -> None:
        """Nothing is shown before the first outcome."""
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._told = time.monotonic()
        self._desk: Desk | None = None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Show how things stand for the last time."""
        if self._live is not None:
            if self._desk is not None:
                self._live.update(table(self._desk), refresh=True)
            self._live.stop()
            self._live = None

    def __call__(self, desk: Desk, index: int) -> None:
        """An outcome is in the ledger; `index` says of which test."""
        self._desk = desk
        if time.monotonic() - self._told < (REFRESH if self._live is not None else QUIET):
            return
        if self._live is not None:
            self._live.update(table(desk), refresh=True)
        else:
            for found in _verdicts(desk):
                say(line(desk, found))
        self._told = time.monotonic()  # after the work: a long ledger must not make looking the main work


def table(desk: Desk) -> Table:
    """One row for each hypothesis."""
    shown = Table(
        "hypothesis", "episodes", "events", "missing", "towards ALARM", "towards CLEAR", "controls", "state"
    )
    for found in _verdicts(desk):
        up, down = progress(desk, found)
        hypothesis = desk.protocol.hypothesis(found.test.hypothesis)
        shown.add_row(
            Text(hypothesis.name),
            f"{found.finished:,} / {hypothesis.cap:,}",
            f"{found.events:g}",
            f"{found.missing:,}",
            bar(up, "red"),
            bar(down, "green"),
            Text(", ".join(control(one) for one in _controls(desk, found)) or "none"),
            state(found),
        )
    return shown


def line(desk: Desk, found: Verdict) -> str:
    """One hypothesis as it stands, in a line."""
    up, down = progress(desk, found)
    cap = desk.protocol.hypothesis(found.test.hypothesis).cap
    told = f"{found.test.key}: {found.finished:,} of at most {cap:,} episodes, {found.events:g} events, "
    told += f"{found.missing:,} missing; {up:.0%} of the evidence for ALARM, {down:.0%} for CLEAR"
    return f"{told}; {found.decision}" if found.final else told


def progress(desk: Desk, found: Verdict) -> tuple[float, float]:
    """Log evidence as a share of what ALARM needs, and CLEAR; 0 where there is none."""
    from subterfuge.releases.evidence import levels  # noqa: PLC0415

    needed = levels(desk.protocol.hypothesis(found.test.hypothesis))
    had = (found.log_e_alarm, found.log_e_clear)
    up, down = (max(0.0, min(1.0, (log_e or 0.0) / level)) for log_e, level in zip(had, needed, strict=True))
    return up, down


def bar(share: float, style: str) -> Text:
    """A bar from nothing to the boundary."""
    full = int(share * BAR + 1e-9)
    return Text.assemble(("█" * full, style), ("░" * (BAR - full), "dim"), f" {share:>4.0%}")


def control(found: ControlResult) -> str:
    """A control in a few words: "dialled rings (4/12)", events and episodes."""
    told = "" if found.kind == "arm" else f" {RINGS[found.rings]}"  # an arm has nothing to show
    return f"{found.id}{told} ({found.events:g}/{found.n})"


def state(found: Verdict) -> Text:
    """The verdict, or that there is none yet."""
    if found.final:
        return Text(found.decision, STYLES[found.decision])
    return Text("runs" if found.finished else "waits", "dim")


def _verdicts(desk: Desk) -> list[Verdict]:
    return [desk.verdict(test) for test in desk.tests if test.control is None]


def _controls(desk: Desk, found: Verdict) -> list[ControlResult]:
    own = [test for test in desk.tests if test.control and test.hypothesis == found.test.hypothesis]
    return [desk.control(test) for test in own]
