"""The head of the report: what was measured and by whom it was rated, and what such raters are worth."""

from __future__ import annotations

from collections.abc import Sequence

from subterfuge.persuasion.analysis.results import Analysis, Calibration, Control
from subterfuge.persuasion.report.parts import several
from subterfuge.reporting.points import UNKNOWN, change, whole
from subterfuge.reporting.study import Check, Checks, Lead

EVIDENCE = (
    "What others found. The study that this one follows had models judge its arguments too, and they agreed "
    "badly with people (Durmus et al. 2024, anthropic.com/research/measuring-model-persuasiveness). Models "
    "foretold the effects of whole treatments well, at about twice their size (Hewitt et al. 2024, "
    "Predicting results of social science experiments using large language models). They did not reproduce "
    "how individuals update, nor which single messages convince (arXiv 2607.28347), and nine automated "
    "measures of persuasion hardly agreed (arXiv 2610.10232)."
)
"""What is published on simulated raters, as short as it can be said."""

NAMED = 3
"""Names that are listed at most."""

UNSIGNED = ("facts_known", "mirror", "spread")
"""Controls whose figure is a stance, a correlation or a standard deviation, rather than a difference."""

VERDICTS = ("superior", "equivalent", "inferior", "inconclusive")


def leads(analyses: Sequence[Analysis]) -> tuple[Lead, ...]:
    """What was measured, what came out, and where a control failed, that it is not persuasion of people."""
    if not analyses:
        return (Lead(text="Nothing has been rated yet."),)
    told = []
    for a in analyses:
        told.append(Lead(text=" ".join(filter(None, (_measured(a), outcome(a))))))
        if a.kind == "simulated" and (failed := _count(a.controls, False)):
            verb = "figures below do" if len(analyses) == 1 else f"figures of {_rater(a)} below do"
            which = _named([c.name.replace("_", " ") for c in a.controls if c.passed is False])
            told.append(
                Lead(
                    text=f"The {verb} not measure persuasion of people: "
                    f"{several(failed, 'control')} of {len(a.controls)} failed ({which}).",
                    care=True,
                )
            )
    return tuple(told)


def size(analyses: Sequence[Analysis]) -> dict[str, str]:
    """How much was measured, where one row of numbers can say it."""
    if len(analyses) != 1:
        return {}
    a = analyses[0]
    facts = {
        "Ratings": f"{a.ratings:,}",
        "Arguments": f"{a.arguments:,}",
        "Claims": f"{a.claims:,}",
        "Topics": f"{a.topics:,}",
        "Sources": f"{len(a.sources):,}",
        "Reference": a.reference or "none",
    }
    return {**facts, "Smallest effect of interest": f"±{a.margin:.2f}"}


def outcome(analysis: Analysis) -> str:
    """What the comparisons came to: "Of 5 sources compared with Human, 1 is superior (model-a); …"."""
    if not analysis.comparisons:
        return ""
    parts = []
    for verdict in VERDICTS:
        found = [c.source for c in analysis.comparisons if c.verdict == verdict]
        if found:
            parts.append(f"{len(found)} {'is' if len(found) == 1 else 'are'} {verdict} ({_named(found)})")
    sources = several(len(analysis.comparisons), "source")
    return f"Of {sources} compared with {analysis.reference}, {'; '.join(parts)}."


def worth(analysis: Analysis, calibration: Calibration | None) -> Checks:
    """The box that says what a simulated rater is worth."""
    controls = analysis.controls
    counts = [_count(controls, state) for state in (True, False, None)]
    if not controls:
        told = "No control was run: nothing shows that these raters tell an argument from any other text."
    else:
        told = (
            f"Of {several(len(controls), 'control')}, {counts[0]} passed, {counts[1]} failed and "
            f"{counts[2]} {'is' if counts[2] == 1 else 'are'} undecided."
        )
        if counts[0] == len(controls):
            told += " Raters who pass may still be nothing like people."
    named = f": {analysis.rater_model}" if analysis.rater_model else ""
    return Checks(
        title=f"What these raters are worth{named}",
        told=f"These raters are simulated: a language model was told to be each of them. {told}",
        checks=tuple(
            Check(title=c.title.rstrip("."), expected=c.expected, found=found(c), passed=c.passed)
            for c in controls
        ),
        notes=(calibrated(calibration),),
        failed=counts[1] > 0,
    )


def found(control: Control) -> str:
    """What a control gave: "+0.02 (−0.01 to +0.05), 120 ratings"."""
    e = control.estimate
    text = whole(e.value, e.low, e.high, signed=control.name not in UNSIGNED)
    return text if text == UNKNOWN else f"{text}, {several(e.n, 'rating')}"


def calibrated(calibration: Calibration | None) -> str:
    """How far a simulated rater's scores go with people's."""
    if calibration is None:
        return (
            "They have not been held against people’s ratings of the same arguments: of people, these "
            "figures say nothing."
        )
    parts = [
        f"{whole(a.pearson.value, a.pearson.low, a.pearson.high, signed=False)} by {a.level} (n {a.n:,})"
        for a in calibration.agreement
    ]
    return (
        f"Held against people’s ratings of {several(calibration.arguments, 'argument')}, their scores "
        f"correlate with people’s: {'; '.join(parts) or UNKNOWN}."
    )


def _measured(a: Analysis) -> str:
    if not a.ratings:
        return f"{_rater(a, start=True)} have rated nothing yet."
    return (
        f"{_rater(a, start=True)} gave their stance on {several(a.claims, 'claim')} before and after reading "
        f"{several(a.arguments, 'argument')} by {several(len(a.sources), 'source')}: "
        f"{several(a.ratings, 'rating')}. On the scale from 1 to 7 it moved by {change(a.mean)} on average."
    )


def _rater(a: Analysis, start: bool = False) -> str:
    if a.kind == "human":
        return "People" if start else "people"
    named = f" ({a.rater_model})" if a.rater_model else ""
    return f"{'Simulated' if start else 'simulated'} raters{named}"


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _count(controls: Sequence[Control], state: bool | None) -> int:
    return sum(control.passed is state for control in controls)
