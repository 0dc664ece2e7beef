"""The report: one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

from collections.abc import Sequence

from subterfuge.reporting.axis import axis, ladder_axis
from subterfuge.reporting.model import MARKS, Report
from subterfuge.reporting.page import fill
from subterfuge.reporting.release import Finding
from subterfuge.reporting.sentences import sentence
from subterfuge.reporting.verdicts import findings_style, render_evidence, render_findings


def render(report: Report, findings: Sequence[Finding] = ()) -> str:
    """Render a report as one self-contained HTML page.

    It has no script, loads nothing, works in light and dark, on a phone and on paper. All texts are escaped.

    Args:
        report: the figures.
        findings: the verdicts on its rungs, if any were to be decided; they come first.

    Returns:
        The page, to be written as UTF-8.
    """
    used = {mark for rung in report.rungs for cell in rung.cells for mark in cell.marks}
    return fill(
        "report.html.j2",
        report=report,
        run=report.run,
        scale=ladder_axis(report.rungs),
        unit=axis((), (1.0,)),
        axis=axis,
        sentence=sentence,
        verdicts=render_findings(findings) if findings else "",
        evidence=render_evidence(findings) if findings else "",
        verdicts_style=findings_style() if findings else "",
        marks={mark: meaning for mark, meaning in MARKS.items() if mark in used},
    )
