"""The report of a study of persuasion: one HTML page from its analyses.

    page = render(analyses, calibrations, title="Persuasion", made={"version": "0.3.0", "command": "…"})

People's and simulated figures are in sections of their own, and meet only in the calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from subterfuge.persuasion.analysis.results import Analysis, Calibration
from subterfuge.persuasion.report.calibrated import calibration
from subterfuge.persuasion.report.effects import effects
from subterfuge.persuasion.report.examples import Example, quotes
from subterfuge.persuasion.report.head import EVIDENCE, leads, size, worth
from subterfuge.persuasion.report.in_full import in_full
from subterfuge.persuasion.report.parts import note, who
from subterfuge.reporting.study import Quotes, Section, Study
from subterfuge.reporting.study_page import render_study

__all__ = ["Example", "render", "view"]


def render(
    analyses: Sequence[Analysis],
    calibrations: Sequence[Calibration] = (),
    *,
    title: str,
    made: Mapping[str, str],
    examples: Sequence[Example] = (),
) -> str:
    """Render the report as one self-contained HTML page; all texts are escaped.

    Args:
        analyses: one for people's ratings, if there are any, and one for each simulated rater's model.
        calibrations: simulated against people's ratings, one for each rater's model.
        title: what was measured.
        made: what the figures rest on, name to version, model or digest. `date` goes to the head, `command`
            is printed as a command.
        examples: a few ratings to be read.

    Returns:
        The page, to be written as UTF-8.
    """
    return render_study(view(analyses, calibrations, title=title, made=made, examples=examples))


def view(
    analyses: Sequence[Analysis],
    calibrations: Sequence[Calibration] = (),
    *,
    title: str,
    made: Mapping[str, str],
    examples: Sequence[Example] = (),
) -> Study:
    """What the report shows; the arguments are those of `render`."""
    # People's ratings are what simulated ones are held against, so they go first.
    ordered = sorted(analyses, key=lambda a: a.kind)
    simulated = [a for a in ordered if a.kind == "simulated"]
    boxes = [
        worth(a, next((c for c in calibrations if c.rater_model == a.rater_model), None)) for a in simulated
    ]
    sections = [
        Section(id=f"rated-{i}", title=who(a), blocks=effects(a)) for i, a in enumerate(ordered, start=1)
    ]
    if simulated or calibrations:
        rated = any(a.kind == "human" for a in ordered)
        told = calibration(calibrations, rated)
        sections.append(Section(id="calibration", title="Simulated raters against people", blocks=told))
    sections += [
        Section(id=f"full-{i}", title=f"In full: {who(a, small=True)}", blocks=in_full(a))
        for i, a in enumerate(ordered, start=1)
    ]
    if examples:
        shown = (Quotes(quotes=quotes(examples)),)
        sections.append(Section(id="examples", title="Some of the arguments", blocks=shown))
    return Study(
        title=title,
        kicker=" · ".join(filter(None, ("Persuasion report", made.get("date", "")))),
        leads=leads(ordered),
        facts=size(ordered),
        head=(*boxes, *((note(EVIDENCE),) if simulated else ())),
        sections=tuple(sections),
        command=made.get("command", ""),
        made={name: value for name, value in made.items() if name != "command"},
    )
