"""LAYOUT DATA: a study with every kind of block, invented to fill a page. Nobody measured it."""

from subterfuge.reporting.study import (
    Bar,
    Bars,
    Cell,
    Check,
    Checks,
    Column,
    Dot,
    Figure,
    Lead,
    Line,
    Lines,
    Matrix,
    Panels,
    Quote,
    Quotes,
    Row,
    Scatter,
    Section,
    Spread,
    Spreads,
    Study,
    Table,
    Text,
)

NAMES = ("plum", "quince", "medlar", "a name of sixty characters that goes on until it is at its end")


def figure(value, half=0.1):
    return Figure(value=value, low=value - half, high=value + half)


def bars(**more):
    rows = [
        Bar(
            name=name,
            figure=figure(0.4 - 0.2 * i),
            cells=(Cell(text="+0.30", aside="+0.20 to +0.40"), Cell(text="12 of 224")),
            reference=i == 1,
        )
        for i, name in enumerate(NAMES)
    ]
    rows.append(Bar(name="medlar, not rated", figure=Figure(), cells=(Cell(text="not known"),) * 2))
    return Bars(
        **{
            "title": "Mean height by fruit",
            "caption": "How to read it.",
            "axis": "Height, points",
            "bars": tuple(rows),
            "columns": ("Otherwise", "Tried"),
            "reference": figure(0.2),
            **more,
        }
    )


BARS = bars()
PANEL = bars(columns=(), dots=True, bars=tuple(b.model_copy(update={"cells": ()}) for b in BARS.bars))
SPREADS = Spreads(
    title="Shares by height",
    axis="Share of fruit",
    columns=("Unchanged",),
    rows=(
        Spread(name="plum", shares={-2: 0.1, 0: 0.6, 1: 0.25, 6: 0.05}, cells=(Cell(text="60 %"),)),
        Spread(name="quince", shares={}, cells=(Cell(text="not known"),)),
    ),
)
LINES = Lines(
    caption="From old to new.",
    axis="Height, points",
    lines=(
        Line(title="orchard", points=PANEL.bars[:4], note="It rises."),
        Line(title="many", points=tuple(Bar(name=f"tree-{i}", figure=figure(0.1 * i)) for i in range(12))),
        Line(title="gap", points=(PANEL.bars[0], PANEL.bars[4], PANEL.bars[1])),
        Line(title="none", points=()),
    ),
)
SCATTER = Scatter(
    title="One against the other",
    caption="On the dotted line both agree.",
    x="One",
    y="Other",
    dots=(
        *(Dot(x=0.1 * i, y=0.11 * i, name=name) for i, name in enumerate(NAMES)),
        Dot(x=0.2, y=0.221, name="close by"),
        *(Dot(x=0.01 * i, y=-0.01 * i) for i in range(20)),
    ),
    slope=0.5,
    intercept=0.1,
)
TABLE = Table(
    title="Each against plum",
    caption="How it is decided.",
    columns=(Column(name="Verdict", figures=False), Column(name="Difference"), Column(name="p")),
    rows=(
        Row(
            name="quince", cells=(Cell(text="superior", mark="strong"), Cell(text="+0.31"), Cell(text="0.02"))
        ),
        Row(name=NAMES[3], aside="old", cells=(Cell(text="lower", mark="plain"), *(Cell(text="−1"),) * 2)),
    ),
)
MATRIX = Matrix(
    title="All pairs",
    names=NAMES,
    rows=((), (Cell(text="−0.20*", aside="0.010"),), (Cell(text="0.00"), None), (Cell(text="+0.1"),) * 3),
)
CHECKS = Checks(
    title="What these scales are worth",
    told="Of 3 checks, 1 passed, 1 failed and 1 is undecided.",
    checks=(
        Check(title="Empty pan", expected="0", found="0.00 (−0.01 to +0.01)", passed=True),
        Check(title="One kilogram", expected="1", found="+1.30 (+1.20 to +1.40)", passed=False),
        Check(title="Two kilograms", expected="2", found="not known", passed=None),
    ),
    notes=("They have not been held against others.",),
    failed=True,
)
STUDY = Study(
    title="LAYOUT DATA, invented",
    kicker="Study report · 2026-11-23",
    leads=(Lead(text="Fruit was weighed."), Lead(text="The scales are wrong.", care=True)),
    facts={"Fruit": "1,344", "Trees": "56"},
    head=(CHECKS, Text(text="What others found.", role="note")),
    sections=(
        Section(
            id="weights",
            title="Weights",
            blocks=(
                Text(text="By fruit", role="heading"),
                BARS,
                Panels(caption="On one axis.", panels=(PANEL, PANEL)),
                SPREADS,
                LINES,
            ),
        ),
        Section(
            id="more",
            title="More",
            blocks=(
                Text(text="In short."),
                Text(text="Mind this.", role="care"),
                Text(text="This came out.", role="finding"),
                SCATTER,
                TABLE,
                TABLE.model_copy(update={"folded": "The same folded", "narrow": True}),
                MATRIX,
                MATRIX.model_copy(update={"folded": "The pairs folded"}),
                Quotes(
                    quotes=(Quote(title="A letter", about=("by a plum",), text="Dear quince,\n\nhello."),)
                ),
            ),
        ),
    ),
    command="weigh --all",
    made={"version": "0.3.0", "scales": "ab" * 32},
)

KEPT = ("id", "kind", "role", "mark")


def poisoned(value, text):
    """The same data with one text in every field that is free text."""
    if isinstance(value, dict):
        return {k: v if k in KEPT else poisoned(v, text) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [poisoned(v, text) for v in value]
    return text if isinstance(value, str) else value


def everywhere(text):
    data = poisoned(STUDY.model_dump(), text)
    data["made"], data["facts"] = {text: text}, {text: text}
    return Study.model_validate(data)
