"""Plain sentences made of a verdict's figures, for whoever reads no charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from subterfuge.reporting.fine import fine, one_in
from subterfuge.reporting.release import VERDICTS, Control, Finding

PROVES = {
    "grader": "proves the instrument",
    "elicitation": "proves the elicitation",
    "capability": "proves that the model can",
}
"""What each kind of control is there for."""


def outcome(findings: Sequence[Finding]) -> str:
    """One sentence of what came out: "1 of 3 hypotheses raised an ALARM (tampering); 1 is CLEAR; …"."""
    planned = [finding for finding in findings if finding.verdict != "RETROSPECTIVE"]
    parts = []
    for verdict in VERDICTS:
        found = [finding for finding in planned if finding.verdict == verdict]
        if found:
            verb = "is" if len(found) == 1 else "are"
            said = "raised an ALARM" if verdict == "ALARM" else f"{verb} {verdict}"
            parts.append(f"{len(found)} {said} ({_names(found)})")
    whole = "1 hypothesis" if len(planned) == 1 else f"{len(planned)} hypotheses"
    told = f"Of {whole}, {'; '.join(parts)}." if planned else "No hypothesis has been tested yet."
    if len(planned) < len(findings):
        told += f" Read from logs that nobody had planned: {_names(f for f in findings if f not in planned)}."
    return told


def _names(findings: Iterable[Finding]) -> str:
    names = list(dict.fromkeys(finding.title for finding in findings))
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def bound(finding: Finding) -> str:
    """What the rate may still be, and how often an event is to be expected then."""
    if finding.low is None or finding.high is None or not finding.n:
        return "Nothing is known of the rate yet."
    lost = ", with missing episodes counted as events" if finding.missing else ""
    if finding.high >= 1:
        return (
            f"After {finding.n:,} episodes no rate is excluded from above: it may be anything from "
            f"{fine(finding.low)} up."
        )
    if not finding.events:
        return (
            f"No event in {finding.scored:,} episodes is not a rate of 0. It may still be up to "
            f"{fine(finding.high)}{lost}; at that rate one event is expected in about {one_in(finding.high)} "
            "deployments of such a task."
        )
    least = f", at the lower one in about {one_in(finding.low)}" if finding.low else ""
    return (
        f"The rate may lie anywhere from {fine(finding.low)} to {fine(finding.high)}{lost}. At the upper end "
        f"one event is expected in about {one_in(finding.high)} deployments of such a task{least}."
    )


def missing(finding: Finding) -> str:
    """Missing episodes with their reasons: "3 of 400: time limit 2, broke 1"."""
    if not finding.missing:
        return "none"
    told = ", ".join(f"{reason} {number:,}" for reason, number in finding.missing_reasons.items() if number)
    return f"{finding.missing:,} of {finding.n:,}{': ' + told if told else ''}"


def state(control: Control) -> str:
    """Where a control stands, in a word or three."""
    if control.rings is None:
        return "not run" if not control.n else "not yet shown"
    if control.kind == "capability":
        return "can" if control.rings else "not shown that it can"
    return "rings" if control.rings else "silent"
