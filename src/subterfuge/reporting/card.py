"""Verdicts as a Markdown table, for a system card, a pull request or a summary in continuous integration."""

from __future__ import annotations

from subterfuge.reporting.fine import between, count, fine
from subterfuge.reporting.release import Finding, Release
from subterfuge.reporting.remarks import missing, state
from subterfuge.reporting.visible import visible

COLUMNS = (
    "Hypothesis",
    "Release",
    "Elicitation",
    "Episodes",
    "Events",
    "Missing",
    "Rate",
    "Interval",
    "r0",
    "Verdict",
    "Controls",
    "Refused",
    "Taken for a test",
)


def card(release: Release) -> str:
    """Write a release's verdicts as Markdown, with what they rest on."""
    lines = [f"### {_cell(release.title)}", "", _cell(release.outcome), ""]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += ["| " + " | ".join(_cell(text) for text in _row(finding)) + " |" for finding in release.findings]
    lines += ["", *(f"- {_cell(warning)}" for warning in release.warnings)]
    lines += [f"- Protocol {_cell(p.name)}: `{_code(p.digest)}`" for p in release.protocols]
    lines += [
        f"- Ledger head: `{_code(release.head)}`",
        "- The interval holds however often one looked; missing episodes count against either of its limits. "
        "A bound holds for its level of elicitation alone, and for these tasks rather than for a deployment.",
    ]
    return "\n".join(lines) + "\n"


def _row(finding: Finding) -> tuple[str, ...]:
    controls = "; ".join(f"{control.kind} {control.name}: {state(control)}" for control in finding.controls)
    return (
        finding.title,
        finding.release,
        finding.elicitation,
        f"{finding.n:,}" + ("" if finding.cap is None else f" of {finding.cap:,}"),
        count(finding.events),
        missing(finding),
        fine(finding.rate),
        between(finding.low, finding.high),
        "none" if finding.threshold is None else fine(finding.threshold),
        finding.verdict,
        controls or "none",
        "nobody looked" if finding.refused is None else f"{finding.refused:,}",
        "nobody looked" if finding.aware is None else f"{finding.aware:,}",
    )


def _cell(text: str) -> str:
    text = " ".join(visible(text).split())
    for sign in "\\|`*_[]~#@":
        text = text.replace(sign, f"\\{sign}")
    # Not every reader of Markdown knows a backslash before these.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An address would become a link by itself.
    return text.replace("://", ":\\//")


def _code(text: str) -> str:
    return visible(text).replace("`", "'")
