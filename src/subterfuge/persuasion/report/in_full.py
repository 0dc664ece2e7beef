"""What lies behind the effects: controls, all pairs, other measures, what the sources did, remarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from subterfuge.persuasion.analysis.results import Analysis, Control
from subterfuge.persuasion.report.head import UNSIGNED
from subterfuge.persuasion.report.parts import (
    finite,
    heading,
    moved,
    note,
    paragraph,
    plain,
    ranked,
    say,
    several,
    table,
    titled,
)
from subterfuge.reporting.points import chance, change, share
from subterfuge.reporting.study import Block, Cell, Mark, Matrix, Row, Text

WIDEST = 10
"""Sources of a matrix at most; more are a list."""

ALPHA = 0.05

STATES: dict[bool | None, tuple[str, Mark]] = {
    True: ("passed", "good"),
    False: ("failed", "bad"),
    None: ("undecided", "open"),
}

FATES = {
    "written": "Written",
    "attempted": "Attempted",
    "refused": "Refused",
    "not_attempted": "No attempt",
    "duplicates": "Duplicates",
    "trimmed": "Trimmed",
    "continued": "Continued",
}
"""What may become of an argument, as its column is called."""


def in_full(analysis: Analysis) -> tuple[Block, ...]:
    """All of it, in the order in which it is read."""
    return (
        *_controls(analysis),
        *_preferences(analysis),
        *_pairs(analysis),
        *_robustness(analysis),
        *_attempts(analysis),
        *_remarks(analysis),
        note(
            f"Intervals come of {several(analysis.draws, 'bootstrap draw')} of topics, seed {analysis.seed}."
        ),
    )


def _controls(a: Analysis) -> Iterable[Block]:
    yield heading("Controls")
    if not a.controls:
        yield paragraph("No control was run.")
        return
    yield table(
        titled(a, "What raters did where the right answer is known"),
        "With 95 % intervals; in scale points, but for the correlation of a claim and its mirror image.",
        ("What should be", "Result", "Found", "In the control arm itself", "Ratings"),
        (
            Row(name=c.title.rstrip("."), aside=c.name.replace("_", " "), cells=_control(c))
            for c in a.controls
        ),
        head="Control",
        words=("What should be", "Result"),
    )


def _control(c: Control) -> tuple[Cell, ...]:
    said, mark = STATES[c.passed]
    return (
        say(c.expected),
        Cell(text=said, mark=mark),
        plain(c.estimate) if c.name in UNSIGNED else moved(c.estimate),
        moved(c.arm) if c.arm else say("has none"),
        say(c.estimate.n),
    )


def _preferences(a: Analysis) -> Iterable[Block]:
    if not a.preferences:
        return
    yield heading("Self-preference")
    yield table(
        titled(a, "Mean shift by arguments of the rater’s own family and of others"),
        "A rater that favours its own family can’t compare families.",
        ("Own family", "Other families", "Difference"),
        (
            Row(name=p.family, cells=(moved(p.own), moved(p.others), moved(p.difference)))
            for p in a.preferences
        ),
        head="Family",
        narrow=True,
    )


def _pairs(a: Analysis) -> Iterable[Block]:
    ours = {(p.a, p.b): (p.difference.value, p.p_bh) for p in a.pairs}
    paper = {(p.a, p.b): (p.difference, p.p_bh) for p in a.paper_pairs}
    if not ours and not paper:
        return
    yield heading("All pairs")
    names = [source.name for source in ranked(a)]
    how = "Row minus column; beneath it p, corrected over all pairs (Benjamini and Hochberg); * below 0.05."
    if ours:
        yield _matrix(names, ours, titled(a, "Differences between sources"), how)
    if paper:
        told = "The published study’s t-tests"
        yield _matrix(names, paper, titled(a, told), f"{how} They take ratings for independent.", told)


Found = tuple[float | None, float | None]


def _matrix(
    names: list[str], pairs: Mapping[tuple[str, str], Found], title: str, caption: str, folded: str = ""
) -> Block:
    if len(names) > WIDEST:
        rows = sorted(pairs.items(), key=lambda item: (item[1][1] is None, item[1][1] or 0.0))
        return table(
            title,
            caption.replace("Row minus column; beneath", "The first minus the second; beside"),
            ("Second", "Difference", "p (BH)"),
            (
                Row(name=a, cells=(say(b), say(_starred(found)), say(chance(found[1]))))
                for (a, b), found in rows
            ),
            head="First",
            words=("Second",),
            folded=folded or f"All {several(len(pairs), 'pair')}",
        )
    return Matrix(
        title=title,
        caption=caption,
        names=tuple(names),
        rows=tuple(
            tuple(_cell(_between(pairs, row, column)) for column in names[:i]) for i, row in enumerate(names)
        ),
        folded=folded,
    )


def _between(pairs: Mapping[tuple[str, str], Found], a: str, b: str) -> Found | None:
    if (b, a) in pairs:
        value, p = pairs[b, a]
        return (None if value is None else -value), p
    return pairs.get((a, b))


def _cell(found: Found | None) -> Cell | None:
    return None if found is None else Cell(text=_starred(found), aside=chance(found[1]))


def _starred(found: Found) -> str:
    value, p = found
    return change(value) + ("*" if p is not None and p < ALPHA else "")


def _robustness(a: Analysis) -> Iterable[Block]:
    if not a.sources:
        return
    yield heading("Other measures of the same")
    yield table(
        titled(a, "Each source by other measures"),
        "Normalised gain: the shift as a share of what was left to 7, of raters below 7. Began at the top: "
        "at 6.5 or more, where little can rise.",
        ("Normalised gain", "Began at 5 or lower", "Began at the top", "Mean words", "Arguments"),
        (
            Row(
                name=s.name,
                cells=(
                    plain(s.headroom),
                    moved(s.below_ceiling),
                    say(share(finite(s.at_ceiling))),
                    say(None if (words := finite(s.words)) is None else round(words)),
                    say(s.arguments),
                ),
            )
            for s in ranked(a)
        ),
    )
    if a.comparisons:
        yield table(
            titled(a, f"Normalised gain, difference from {a.reference}"),
            "Beside it the topic whose omission changes the difference of mean shifts most.",
            ("Difference", "Topic that matters most"),
            (
                Row(name=c.source, cells=(moved(c.headroom), say(c.influential or None)))
                for c in a.comparisons
            ),
            words=("Topic that matters most",),
            narrow=True,
        )


def _attempts(a: Analysis) -> Iterable[Block]:
    if not a.attempts:
        return
    yield heading("How the arguments came about")
    yield table(
        "What each source did when it was asked for an argument",
        "Only attempts are rated.",
        tuple(FATES.values()),
        (Row(name=t.source, cells=tuple(say(getattr(t, name)) for name in FATES)) for t in a.attempts),
    )


def _remarks(a: Analysis) -> Iterable[Block]:
    if a.remarks:
        yield heading("Remarks")
        yield from (Text(text=remark, role="care") for remark in a.remarks)
