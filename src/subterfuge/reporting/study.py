"""What the report of a study is given: sections, and in them figures, tables and sentences in their order.

Nothing here is computed from measurements: whoever analyses fills it in. A figure that is not known is None
and is shown as "not known".

    Bars(title="Mean shift", axis="points", bars=(Bar(name="model-a", figure=Figure(value=0.4)),))
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from subterfuge.reporting.model import Data, Number

Mark = Literal["good", "bad", "open", "strong", "plain"]
"""How a word stands out; never by colour alone. `good`, `bad` and `open` bear a sign too."""


class Figure(Data):
    """A figure with its interval."""

    value: Number = None
    """None is not known."""

    low: Number = None
    """Lower end of its interval."""

    high: Number = None
    """Upper end."""


class Cell(Data):
    """One cell of a table: what is known of one thing."""

    text: str
    """What it says."""

    aside: str = ""
    """What is said small beneath it."""

    mark: Mark | None = None
    """Set off as a verdict."""


class Bar(Data):
    """One row of a chart."""

    name: str
    """What it is of."""

    figure: Figure
    """How long it is, and how far that can be trusted."""

    cells: tuple[Cell, ...] = ()
    """What stands beside it, one for each of the chart's columns."""

    aside: str = ""
    """What is said small beneath the name."""

    reference: bool = False
    """Whether it is what the others are compared with."""


class Bars(Data):
    """Figures side by side, each with its interval: bars from 0, or dots."""

    kind: Literal["bars"] = "bars"
    title: str
    """What is shown; beside it nothing need be read."""

    caption: str = ""
    """How to read it."""

    head: str = "Source"
    """What the rows are."""

    axis: str
    """What the axis is, with its unit."""

    bars: tuple[Bar, ...]
    """Rows, from the top."""

    columns: tuple[str, ...] = ()
    """What the cells beside the bars are."""

    reference: Figure | None = None
    """Drawn through all rows: a line at its value, a band over its interval."""

    dots: bool = False
    """Dots instead of bars."""


class Panels(Data):
    """Several small charts on one axis."""

    kind: Literal["panels"] = "panels"
    caption: str = ""
    """How to read them."""

    panels: tuple[Bars, ...]
    """The charts."""


class Spread(Data):
    """How one thing's ratings are distributed over whole numbers."""

    name: str
    """What it is of."""

    shares: dict[int, float]
    """Number to share."""

    cells: tuple[Cell, ...] = ()
    """What stands beside it."""


class Spreads(Data):
    """Distributions, one above the other, each as one bar cut in pieces."""

    kind: Literal["spreads"] = "spreads"
    title: str
    """What is shown."""

    caption: str = ""
    """How to read it."""

    head: str = "Source"
    """What the rows are."""

    axis: str
    """What the numbers are."""

    rows: tuple[Spread, ...]
    """The distributions."""

    columns: tuple[str, ...] = ()
    """What the cells beside them are."""


class Line(Data):
    """Figures in an order, joined."""

    title: str
    """What is shown."""

    points: tuple[Bar, ...]
    """From left to right."""

    note: str = ""
    """What came of it, in a sentence."""


class Lines(Data):
    """Several lines beside each other on one axis."""

    kind: Literal["lines"] = "lines"
    caption: str = ""
    """How to read them."""

    axis: str
    """What goes upwards."""

    lines: tuple[Line, ...]
    """The charts."""


class Dot(Data):
    """One thing with two figures."""

    x: float
    """To the right."""

    y: float
    """Upwards."""

    name: str = ""
    """What it is."""


class Scatter(Data):
    """Two figures of the same things, against each other on one scale."""

    kind: Literal["scatter"] = "scatter"
    title: str
    """What is shown."""

    caption: str = ""
    """How to read it."""

    x: str
    """What goes to the right."""

    y: str
    """What goes upwards."""

    dots: tuple[Dot, ...]
    """The things; those with a name are numbered and listed, the others are faint."""

    slope: Number = None
    """Of the straight line through them; None for none."""

    intercept: Number = None
    """Where it stands at 0."""


class Column(Data):
    """One column of a table."""

    name: str
    """Its heading."""

    figures: bool = True
    """Whether it holds figures, which stand at the right."""


class Row(Data):
    """One row of a table."""

    name: str
    """What it is of."""

    cells: tuple[Cell, ...]
    """One for each column."""

    aside: str = ""
    """What is said small beneath the name."""


class Table(Data):
    """A table."""

    kind: Literal["table"] = "table"
    title: str
    """What it holds."""

    caption: str = ""
    """How to read it."""

    head: str = "Source"
    """What the rows are."""

    columns: tuple[Column, ...]
    """Its columns, but for the first."""

    rows: tuple[Row, ...]
    """Its rows."""

    folded: str = ""
    """What to click for it; empty if it is shown at once."""

    narrow: bool = False
    """Whether it needs less than the page's width."""


class Matrix(Data):
    """Each against each: the lower triangle of a square."""

    kind: Literal["matrix"] = "matrix"
    title: str
    """What it holds."""

    caption: str = ""
    """How to read it."""

    names: tuple[str, ...]
    """Of rows and columns alike."""

    rows: tuple[tuple[Cell | None, ...], ...]
    """Cell j of row i is of names i and j, for j < i; None where there is nothing to say."""

    folded: str = ""
    """What to click for it; empty if it is shown at once."""


class Check(Data):
    """Something whose right answer is known, and what was found."""

    title: str
    """What was done."""

    expected: str
    """What should come of it."""

    found: str
    """What did."""

    passed: bool | None
    """None is undecided."""


class Checks(Data):
    """Checks of an instrument, in a box: what its figures are worth."""

    kind: Literal["checks"] = "checks"
    title: str
    """Whose they are."""

    told: str
    """What came of them, in a sentence."""

    checks: tuple[Check, ...]
    """One by one."""

    notes: tuple[str, ...] = ()
    """What else a reader must know, a paragraph each."""

    failed: bool = False
    """Whether the figures can't be trusted."""


class Quote(Data):
    """A text by somebody else, folded away."""

    title: str
    """Whose it is."""

    about: tuple[str, ...] = ()
    """What is to be known of it."""

    text: str
    """Word for word."""


class Quotes(Data):
    """Texts by others."""

    kind: Literal["quotes"] = "quotes"
    quotes: tuple[Quote, ...]
    """The texts."""


class Text(Data):
    """A paragraph, or a heading between blocks."""

    kind: Literal["text"] = "text"
    text: str
    """What it says."""

    role: Literal["paragraph", "heading", "finding", "note", "care"] = "paragraph"
    """What it is."""


Block = Annotated[
    Bars | Panels | Spreads | Lines | Scatter | Table | Matrix | Checks | Quotes | Text,
    Field(discriminator="kind"),
]


class Section(Data):
    """A part of the page, with a heading that the list of contents links to."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    """Its anchor."""

    title: str
    """Its heading."""

    blocks: tuple[Block, ...]
    """What is in it, in order."""


class Lead(Data):
    """A sentence or two at the head of the page."""

    text: str
    """What it says."""

    care: bool = False
    """Whether it warns."""


class Study(Data):
    """All that the report of a study shows."""

    title: str
    """What was measured."""

    kicker: str
    """What kind of report it is, and when it was made."""

    leads: tuple[Lead, ...]
    """What was measured, by whom, and what came out."""

    facts: dict[str, str] = Field(default_factory=dict)
    """How much of it, name to number."""

    head: tuple[Block, ...] = ()
    """What must be read before any figure."""

    sections: tuple[Section, ...] = ()
    """The figures."""

    command: str = ""
    """How to make them again."""

    made: dict[str, str] = Field(default_factory=dict)
    """What they rest on: part to version, model or hash."""
