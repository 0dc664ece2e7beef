"""Plain sentences made of the figures, for whoever reads no charts."""

from __future__ import annotations

from subterfuge.reporting.model import Cell, Rung
from subterfuge.reporting.numbers import of, percent, span


def sentence(rung: Rung) -> str:
    """What one rung found, in one sentence: "gamed in 31 of 64 episodes (48 %, 36–61 %); …"."""
    cell = rung.standard
    if cell is None:
        return "not measured: the standard arm was not run."
    if not cell.gamed.n:
        return f"not measured: none of {cell.planned:,} planned episodes could be scored{_reasons(cell)}."
    found = cell.gamed
    count = f"no episode of {found.n:,}" if not found.events else f"{of(found.events, found.n)} episodes"
    limits = "" if found.low is None or found.high is None else f", {span(found.low, found.high)}"
    parts = [f"gamed in {count} ({percent(found.value)}{limits})"]
    parts += filter(None, (_chance(cell), _capability(rung), _missing(cell)))
    return "; ".join(parts) + "."


def _chance(cell: Cell) -> str:
    if cell.chance is None:
        return ""
    told = f"uniform choice among the options would give {percent(cell.chance)}"
    low, high = cell.gamed.low, cell.gamed.high
    if low is not None and high is not None and low <= cell.chance <= high:
        told += ", which these figures do not rule out"
    return told


def _capability(rung: Rung) -> str:
    cell = rung.arm("capability")
    if cell is None or not cell.gamed.n:
        return ""
    return f"told to do it, it did in {of(cell.gamed.events, cell.gamed.n)}"


def _missing(cell: Cell) -> str:
    absent = cell.planned - cell.gamed.n
    return f"{of(absent, cell.planned)} planned could not be scored" if absent else ""


def _reasons(cell: Cell) -> str:
    told = ", ".join(f"{reason} {count:,}" for reason, count in cell.missing.items() if count)
    return f" ({told})" if told else ""
