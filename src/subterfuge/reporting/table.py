"""The same figures as tables: for a terminal, for Markdown, and as a data frame."""

from __future__ import annotations

import pandas as pd
from rich.table import Table
from rich.text import Text

from subterfuge.reporting.model import Cell, Report
from subterfuge.reporting.numbers import UNKNOWN, interval, of, percent
from subterfuge.reporting.visible import visible

COLUMNS = (
    "Rung",
    "Arm",
    "Scored",
    "Missing",
    "Refused",
    "Gamed",
    "Rate",
    "Interval",
    "Worst case",
    "Chance",
    "Marks",
)


def frame(report: Report) -> pd.DataFrame:
    """One row for each cell; rates are shares of 1, and what is not known is missing rather than 0."""
    rows = [
        {
            "rung": rung.id,
            "arm": cell.arm,
            "planned": cell.planned,
            "scored": cell.gamed.n,
            "missing": cell.planned - cell.gamed.n,
            "refusals": cell.refusals,
            "gamed": cell.gamed.events,
            "rate": cell.gamed.value,
            "low": cell.gamed.low,
            "high": cell.gamed.high,
            "worst_low": cell.worst.low if cell.worst else None,
            "worst_high": cell.worst.high if cell.worst else None,
            "chance": cell.chance,
            "effect": cell.effect.mean if cell.effect else None,
            "marks": ", ".join(cell.marks),
        }
        for rung in report.rungs
        for cell in rung.cells
    ]
    floats = dict.fromkeys(("rate", "low", "high", "worst_low", "worst_high", "chance", "effect"), "float64")
    return pd.DataFrame(rows).astype(floats) if rows else pd.DataFrame()


def markdown(report: Report) -> str:
    """A Markdown table of all cells, for a pull request or a system card."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    for row in _rows(report):
        lines.append("| " + " | ".join(_escape(text) for text in row) + " |")
    return "\n".join(lines) + "\n"


def plain(report: Report) -> Table:
    """A table of all cells for a terminal of 80 columns; the report and `frame` have the rest."""
    table = Table(title=Text(visible(report.title)), title_justify="left", box=None, pad_edge=False)
    for column in ("Rung", "Arm", "Gamed", "Rate", "Interval", "Chance"):
        table.add_column(
            column, justify="left" if column in ("Rung", "Arm") else "right", no_wrap=column != "Rung"
        )
    for rung in report.rungs:
        for i, cell in enumerate(rung.cells):
            row = _row(rung.title if i == 0 else "", cell)
            # Text, not str: what stands in brackets is somebody's name, not rich's markup.
            table.add_row(*(Text(visible(row[COLUMNS.index(name)])) for name in table_columns(table)))
    return table


def table_columns(table: Table) -> list[str]:
    """The headings of a table."""
    return [str(column.header) for column in table.columns]


def _rows(report: Report) -> list[tuple[str, ...]]:
    return [
        tuple(visible(text).replace("\n", " ") for text in _row(rung.title, cell))
        for rung in report.rungs
        for cell in rung.cells
    ]


def _row(title: str, cell: Cell) -> tuple[str, ...]:
    found = cell.gamed
    return (
        title,
        cell.arm,
        f"{found.n:,} of {cell.planned:,}",
        ", ".join(f"{reason} {count:,}" for reason, count in cell.missing.items() if count) or "none",
        of(cell.refusals, found.n),
        of(found.events, found.n),
        percent(found.value),
        interval(found),
        interval(cell.worst) if cell.worst else UNKNOWN,
        "none" if cell.chance is None else percent(cell.chance),
        ", ".join(cell.marks),
    )


def _escape(text: str) -> str:
    for sign in "\\|`*_[]<>":
        text = text.replace(sign, f"\\{sign}")
    return text
