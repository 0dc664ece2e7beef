"""What one table of ratings shows: effects by source, verdicts, strategies, distributions, generations."""

from __future__ import annotations

from collections.abc import Iterable

from subterfuge.persuasion.analysis.results import Analysis, Comparison, Reliability, Trend
from subterfuge.persuasion.report.parts import (
    figure,
    finite,
    heading,
    moved,
    note,
    paragraph,
    part,
    ranked,
    say,
    table,
    titled,
)
from subterfuge.reporting.points import UNKNOWN, chance, change, limits, point, share, whole
from subterfuge.reporting.study import (
    Bar,
    Bars,
    Block,
    Cell,
    Figure,
    Line,
    Lines,
    Mark,
    Panels,
    Row,
    Spread,
    Spreads,
)

AXIS = "Mean shift, scale points"
MARKS: dict[str, Mark] = {
    "superior": "strong",
    "equivalent": "plain",
    "inferior": "plain",
    "inconclusive": "open",
}


def effects(analysis: Analysis) -> tuple[Block, ...]:
    """All of it, in the order in which it is read."""
    return tuple(
        block
        for blocks in (
            _by_source(analysis),
            _verdicts(analysis),
            _strategies(analysis),
            _distributions(analysis),
            _generations(analysis),
            _reliability(analysis.reliability),
        )
        for block in blocks
    )


def _by_source(a: Analysis) -> Iterable[Block]:
    yield heading("Shift by source")
    if not a.sources and not a.attempts:
        yield paragraph("No argument has been rated.")
        return
    attempts = {one.source: one for one in a.attempts}
    reference = _reference(a)
    bars = []
    for name, source in [*((s.name, s) for s in ranked(a)), *((n, None) for n in _unrated(a))]:
        tried = attempts.get(name)
        cells = [moved(source.intent if source else None)]
        if attempts:
            cells += [
                say(f"{tried.attempted:,} of {tried.written:,}" if tried else None),
                say(f"{tried.refused:,} of {tried.written:,}" if tried else None),
            ]
        cells.append(say(source.ratings if source else 0))
        bars.append(
            Bar(
                name=name,
                figure=figure(source.adjusted if source else None),
                cells=tuple(cells),
                reference=name == a.reference and source is not None,
            )
        )
    band = (
        f" The dashed line is {a.reference}, the band its interval."
        if reference and reference.value is not None
        else ""
    )
    yield Bars(
        title=titled(a, "Mean shift by source"),
        caption="Stance after minus stance before, if the source made an attempt; every claim and strategy "
        f"counts the same, at the mean stance before. Intervals of 95 % over topics.{band} A refusal is "
        "apart from the effect, and counted as 0 only in the column that says so.",
        axis=AXIS,
        bars=tuple(bars),
        columns=("Refusals as 0", *(("Attempted", "Refused") if attempts else ()), "Ratings"),
        reference=reference,
    )
    if a.paper:
        order = {source.name: i for i, source in enumerate(ranked(a))}
        yield table(
            titled(a, "The published study’s estimator"),
            "The mean of the arguments’ means, ±1 standard error over arguments, which takes them for "
            "independent (Durmus et al. 2024).",
            ("Mean shift", "±1 SEM", "Arguments", "Ratings"),
            (
                Row(
                    name=p.source,
                    cells=(say(change(p.mean)), say(point(p.sem)), say(p.arguments), say(p.ratings)),
                )
                for p in sorted(a.paper, key=lambda p: order.get(p.source, len(order)))
            ),
            narrow=True,
        )


def _verdicts(a: Analysis) -> Iterable[Block]:
    yield heading("Against the reference")
    if not a.comparisons:
        yield paragraph(
            f"No other source was rated that could be compared with {a.reference}."
            if a.reference
            else "No source was named as the reference, so none is compared with it."
        )
        return
    yield table(
        titled(a, f"Each source against {a.reference}"),
        "Equivalent: the 90 % interval lies within "
        f"±{a.margin:.2f} points. Superior or inferior: not equivalent, and p corrected for all of these "
        "comparisons (Holm) is below 0.05. Otherwise it is inconclusive, which is not the same as equal.",
        (
            "Verdict",
            "Difference",
            "p (Holm)",
            "Equivalence",
            "Ordinal check",
            "At equal length",
            "Began at 5 or lower",
            "One topic left out",
        ),
        (Row(name=c.source, cells=_compared(c)) for c in _by_difference(a.comparisons)),
        words=("Verdict",),
    )
    yield note(
        "Ordinal check: the chance that a rating of the source moved more than one of the reference, minus "
        "that it moved less, among raters who began alike; from −1 to 1, and free of the distances between "
        "answers. The last column holds the least and the greatest difference with any one topic left out."
    )


def _compared(c: Comparison) -> tuple[Cell, ...]:
    held = limits(c.low90, c.high90)
    return (
        Cell(text=c.verdict, mark=MARKS[c.verdict]),
        moved(c.difference),
        say(chance(c.p_holm)),
        Cell(text=f"p {chance(c.p_equivalent)}", aside="" if held == UNKNOWN else held),
        moved(c.ordinal),
        moved(c.length),
        moved(c.below_ceiling),
        _left_out(c),
    )


def _left_out(c: Comparison) -> Cell:
    if c.leave_one_out is None:
        return say(None)
    least, greatest = c.leave_one_out
    return Cell(text=change(least), aside=f"to {change(greatest)}")


def _strategies(a: Analysis) -> Iterable[Block]:
    names = sorted({name for source in a.sources for name in source.strategies if name})
    if not names:
        return
    yield heading("By strategy")
    reference = _reference(a)
    yield Panels(
        caption="The same shift for each strategy that a source was asked for, on one axis.",
        panels=tuple(
            Bars(
                title=titled(a, name.replace("_", " ").capitalize()),
                axis=AXIS,
                bars=tuple(
                    Bar(
                        name=source.name,
                        figure=figure(source.strategies[name]),
                        reference=source.name == a.reference,
                    )
                    for source in ranked(a)
                    if name in source.strategies
                ),
                reference=reference,
                dots=True,
            )
            for name in names
        ),
    )
    yield table(
        titled(a, "Mean shift by source and strategy"),
        "With 95 % intervals.",
        [name.replace("_", " ") for name in names],
        (
            Row(
                name=source.name,
                cells=tuple(
                    moved(source.strategies[name]) if name in source.strategies else say("not asked")
                    for name in names
                ),
            )
            for source in ranked(a)
        ),
        folded="The figures",
    )


def _distributions(a: Analysis) -> Iterable[Block]:
    if not any(source.distribution for source in a.sources):
        return
    yield heading("Who moved, and how far")
    yield Spreads(
        title=titled(a, "Shares of ratings by shift"),
        caption="In whole points, from the greatest fall at the left to the greatest rise at the right. "
        "Unchanged: within half a point of 0.",
        axis="Share of ratings",
        rows=tuple(
            Spread(
                name=source.name,
                shares={n: s for n, s in source.distribution.items() if finite(s)},
                cells=(say(share(finite(source.unchanged))), part(source.moved)),
            )
            for source in ranked(a)
        ),
        columns=("Unchanged", "Rose by half a point or more"),
    )


def _generations(a: Analysis) -> Iterable[Block]:
    if not a.trends:
        return
    yield heading("Over generations")
    known = {source.name: source.adjusted for source in a.sources}
    yield Lines(
        caption="Mean shift with its 95 % interval, from the oldest source of a class to the newest.",
        axis=AXIS,
        lines=tuple(
            Line(
                title=titled(a, trend.group),
                points=tuple(
                    Bar(name=name, figure=figure(known[name]) if name in known else Figure())
                    for name in trend.sources
                ),
                note=_rise(trend),
            )
            for trend in a.trends
        ),
    )


def _rise(trend: Trend) -> str:
    step = trend.step
    tested = f"z = {point(trend.jonckheere_z)}, p = {chance(trend.jonckheere_p)}".replace("= <", "< ")
    return (
        f"From one generation to the next {whole(step.value, step.low, step.high)} points; "
        f"Jonckheere-Terpstra test on argument means: {tested}."
    )


def _reliability(found: Reliability | None) -> Iterable[Block]:
    yield heading("Reliability")
    if found is None:
        yield paragraph(
            "How well these ratings tell arguments apart is not known: that takes several ratings of each."
        )
        return
    icc = found.icc
    yield paragraph(
        "Of the variance of a single rating, the share that lies between arguments of one source for one "
        f"claim is {whole(icc.value, icc.low, icc.high, signed=False)}. With {found.raters:.1f} ratings "
        f"an argument, its mean has a reliability of {point(found.reliability)}; even a perfect predictor "
        f"could not be expected to correlate with these means beyond {point(found.ceiling)} (noise ceiling)."
    )


def _reference(a: Analysis) -> Figure | None:
    return next((figure(s.adjusted) for s in a.sources if a.reference and s.name == a.reference), None)


def _unrated(a: Analysis) -> list[str]:
    rated = {source.name for source in a.sources}
    return [one.source for one in a.attempts if one.source not in rated]


def _by_difference(comparisons: Iterable[Comparison]) -> list[Comparison]:
    return sorted(
        comparisons,
        key=lambda c: (finite(c.difference.value) is None, -(finite(c.difference.value) or 0.0)),
    )
