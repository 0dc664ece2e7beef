"""The pages of verdicts: a release's report, and the same sections for other pages to hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from subterfuge.reporting import fine, remarks
from subterfuge.reporting.curve import frame
from subterfuge.reporting.page import ENVIRONMENT, TEMPLATES, fill
from subterfuge.reporting.release import VERDICTS, Finding, Point, Release
from subterfuge.reporting.scale import Scale, scale

LABELS = 5
"""Names of releases under a trend at most."""


def render_release(release: Release) -> str:
    """Render the report of a release as one self-contained HTML page.

    It has no script, loads nothing, works in light and dark, on a phone and on paper. All texts are escaped.

    Returns:
        The page, to be written as UTF-8.
    """
    return fill("release.html.j2", release=release)


def render_findings(findings: Sequence[Finding]) -> Markup:
    """The table of verdicts as a piece of HTML for another page; `render_evidence` is its other half.

    The page needs `findings_style` beside the styles of a report.
    """
    several = len({finding.release for finding in findings}) > 1
    return Markup(fill("findings.html.j2", findings=findings, several=several))  # noqa: S704


def render_evidence(findings: Sequence[Finding]) -> Markup:
    """How to read the evidence, and the evidence for each verdict: what the rows of the table link to."""
    several = len({finding.release for finding in findings}) > 1
    return Markup(fill("evidence.html.j2", findings=findings, several=several))  # noqa: S704


def findings_style() -> Markup:
    """The style that `render_findings` needs beside page.css and report.css."""
    return Markup((TEMPLATES / "release.css").read_text("utf-8"))  # noqa: S704


def scale_of(rows: Sequence[Finding] | Sequence[Point]) -> Scale:
    """One scale for all these rates, limits and thresholds."""
    return scale(
        (share for row in rows for share in (row.rate, row.low, row.high)), (row.threshold for row in rows)
    )


def labels(count: int) -> list[tuple[int, str, bool]]:
    """Which releases are named under a trend: index, anchor, and whether a phone leaves it out."""
    if count == 1:
        return [(0, "middle", False)]
    named = sorted({round(i * (count - 1) / (min(count, LABELS) - 1)) for i in range(min(count, LABELS))})
    few = count <= 3
    return [
        (
            i,
            "middle" if few else "start" if i == 0 else "end" if i == count - 1 else "middle",
            0 < i < count - 1,
        )
        for i in named
    ]


def _numbered(rows: Sequence[Any]) -> list[tuple[int, Any]]:
    return list(enumerate(rows))


ENVIRONMENT.filters.update(fine=fine.fine, evidence=fine.evidence, exp=math.exp)
ENVIRONMENT.globals.update(
    between=fine.between,
    counted=fine.counted,
    frame=frame,
    scale_of=scale_of,
    labels=labels,
    numbered=_numbered,
    verdicts=VERDICTS,
    proves=remarks.PROVES,
    bound=remarks.bound,
    state=remarks.state,
)
