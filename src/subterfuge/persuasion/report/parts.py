"""What all sections are made of: results of an analysis as cells, figures and sentences of a page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from subterfuge.persuasion.analysis.results import Analysis, Estimate, Source
from subterfuge.reporting.points import FIXED, UNKNOWN, chance, change, limits, point, share
from subterfuge.reporting.study import Cell, Column, Figure, Row, Table, Text


def who(analysis: Analysis, small: bool = False) -> str:
    """Who rated, as a heading; or within a sentence, if `small`."""
    if analysis.kind == "human":
        return "people" if small else "Rated by people"
    named = f" ({analysis.rater_model})" if analysis.rater_model else ""
    return f"{'simulated raters' if small else 'Rated by simulated raters'}{named}"


def titled(analysis: Analysis, text: str) -> str:
    """The title of a chart or table: nobody may see its figures without seeing whose they are."""
    return f"{text}, {'people' if analysis.kind == 'human' else 'simulated raters'}"


def finite(value: float | None) -> float | None:
    """A number, or None for one that is not known."""
    return value if value is not None and math.isfinite(value) else None


def figure(estimate: Estimate | None) -> Figure:
    """An estimate as a chart takes it."""
    if estimate is None:
        return Figure()
    return Figure(value=finite(estimate.value), low=finite(estimate.low), high=finite(estimate.high))


def moved(estimate: Estimate | None) -> Cell:
    """A difference in scale points, its interval beneath."""
    return Cell(text=change(estimate.value), aside=_held(estimate, True)) if estimate else Cell(text=UNKNOWN)


def plain(estimate: Estimate | None) -> Cell:
    """A coefficient or a place on a scale, its interval beneath."""
    return Cell(text=point(estimate.value), aside=_held(estimate, False)) if estimate else Cell(text=UNKNOWN)


def part(estimate: Estimate) -> Cell:
    """A share, its interval beneath."""
    low, high = share(estimate.low), share(estimate.high)
    return Cell(
        text=share(estimate.value), aside="" if UNKNOWN in (low, high) else f"{low}{FIXED}to{FIXED}{high}"
    )


def probability(p: float | None) -> Cell:
    """A p-value."""
    return Cell(text=chance(p))


def say(text: str | int | None) -> Cell:
    """A text or a count."""
    return Cell(text=UNKNOWN if text is None else f"{text:,}" if isinstance(text, int) else text)


def table(
    title: str,
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    head: str = "Source",
    words: Iterable[str] = (),
    folded: str = "",
    narrow: bool = False,
) -> Table:
    """A table; columns that are in `words` hold words, all others figures."""
    made = tuple(Column(name=name, figures=name not in set(words)) for name in columns)
    return Table(
        title=title,
        caption=caption,
        head=head,
        columns=made,
        rows=tuple(rows),
        folded=folded,
        narrow=narrow,
    )


def heading(text: str) -> Text:
    """A heading within a section."""
    return Text(text=text, role="heading")


def paragraph(text: str) -> Text:
    """A paragraph."""
    return Text(text=text)


def note(text: str) -> Text:
    """A remark set off from the text."""
    return Text(text=text, role="note")


def ranked(analysis: Analysis) -> list[Source]:
    """Sources by their effect, the greatest first; those without one last."""
    return sorted(
        analysis.sources,
        key=lambda s: -math.inf if finite(s.adjusted.value) is None else s.adjusted.value or 0.0,
        reverse=True,
    )


def several(count: int, one: str, many: str = "") -> str:
    """A count and its noun: "1 source", "3 sources"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _held(estimate: Estimate, signed: bool) -> str:
    held = limits(estimate.low, estimate.high, signed)
    return "" if held == UNKNOWN else held
