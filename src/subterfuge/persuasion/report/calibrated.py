"""Simulated ratings held against people's of the same arguments: the one place where they meet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from subterfuge.persuasion.analysis.results import Agreement, Calibration
from subterfuge.persuasion.ratings import LABELS
from subterfuge.persuasion.report.parts import figure, heading, moved, paragraph, plain, say, several, table
from subterfuge.reporting.points import point, share, whole
from subterfuge.reporting.study import Bar, Bars, Block, Dot, Row, Scatter, Text

MOST = 2_000
"""Arguments that are drawn at most."""

X, Y = "Simulated", "People"


def calibration(calibrations: Sequence[Calibration], rated: bool) -> tuple[Block, ...]:
    """All calibrations; or why there are none.

    Args:
        calibrations: one for each rater's model.
        rated: whether people's ratings are in the report.
    """
    if not calibrations:
        why = (
            "People’s ratings are in this report, but simulated ones have not been held against them."
            if rated
            else "No people have rated these arguments."
        )
        return (Text(text=f"{why} Of people, the simulated figures say nothing.", role="finding"),)
    return tuple(block for one in calibrations for block in _one(one, len(calibrations) > 1))


def _one(c: Calibration, several_models: bool) -> Iterable[Block]:
    if several_models:
        yield heading(c.rater_model)
    levels = {agreement.level: agreement for agreement in c.agreement}
    yield paragraph(
        f"{c.rater_model or 'The simulated rater'} and people rated {several(c.arguments, 'argument')} "
        f"alike. {share(c.unchanged_human)} of people’s ratings stayed where they were, and "
        f"{share(c.unchanged_simulated)} of simulated ones; the two distributions of shifts are "
        f"{point(c.wasserstein)} points apart (Wasserstein distance)."
    )
    by_source: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for source, _, simulated, human in c.points:
        by_source[source].append((simulated, human))
    if by_source:
        dots = [
            Dot(name=name, x=fmean(x for x, _ in values), y=fmean(y for _, y in values))
            for name, values in by_source.items()
        ]
        yield _scatter("source", sorted(dots, key=lambda d: -d.y), levels.get("source"))
        if len(c.points) <= MOST:
            faint = [Dot(x=x, y=y) for _, _, x, y in c.points]
            yield _scatter("argument", faint, levels.get("argument"))
        else:
            yield paragraph(f"The {len(c.points):,} arguments are too many to be drawn one by one.")
    if c.agreement:
        yield _agreement(c)
    if c.bias:
        yield Bars(
            title="Simulated minus human shift, by the stance that people began with",
            caption="0 would be a rater without bias.",
            head="Began at",
            axis="Difference, scale points",
            bars=tuple(
                Bar(name=f"{stance} {LABELS.get(stance, '')}".strip(), figure=figure(e))
                for stance, e in sorted(c.bias.items())
            ),
        )


def _scatter(level: str, dots: Sequence[Dot], found: Agreement | None) -> Scatter:
    caption = "Mean shifts in scale points; on the dotted line both agree."
    if found:
        r = found.pearson
        caption += (
            f" r = {whole(r.value, r.low, r.high, signed=False)}; noise ceiling {point(found.ceiling)}; "
            f"r without the noise in people’s means {point(found.disattenuated)}; "
            f"slope {point(found.slope.value)}."
        )
    return Scatter(
        title=f"Simulated against human mean shifts by {level}",
        caption=caption,
        x=X,
        y=Y,
        dots=tuple(dots),
        slope=figure(found.slope).value if found else None,
        intercept=figure(found.intercept).value if found else None,
    )


def _agreement(c: Calibration) -> Block:
    names = {"source": "by source", "strategy": "by source and strategy", "argument": "by argument"}
    return table(
        "How simulated and human mean shifts agree",
        "With 95 % intervals. A slope below 1 means that "
        "simulated effects are inflated; no correlation can be expected to exceed the noise ceiling of "
        "people’s means.",
        (
            "Things",
            "Pearson r",
            "Spearman ρ",
            "Kendall τ",
            "Noise ceiling",
            "r without noise",
            "Slope",
            "Intercept",
        ),
        (
            Row(
                name=names[a.level],
                cells=(
                    say(a.n),
                    plain(a.pearson),
                    plain(a.spearman),
                    plain(a.kendall),
                    say(point(a.ceiling)),
                    say(point(a.disattenuated)),
                    plain(a.slope),
                    moved(a.intercept),
                ),
            )
            for a in c.agreement
        ),
        head="Level",
    )
