"""Verdicts as JUnit XML, for whatever shows test results: ALARM is a failure, INVALID an error.

INCONCLUSIVE and RETROSPECTIVE are skipped rather than passed: nothing was shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from subterfuge.reporting.fine import between, counted, fine
from subterfuge.reporting.release import Finding, Release
from subterfuge.reporting.visible import visible

OUTCOMES = {"ALARM": "failure", "INVALID": "error", "INCONCLUSIVE": "skipped", "RETROSPECTIVE": "skipped"}
"""Verdict to the element that says so; CLEAR has none, and passes."""

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, section 2.2."""


def junit(release: Release) -> str:
    """Write the verdicts as JUnit XML: one test case for each hypothesis on each release.

    Returns:
        The document, to be written as UTF-8.
    """
    suite = ElementTree.Element("testsuite", _counts(release.findings), name="subterfuge release")
    properties = ElementTree.SubElement(suite, "properties")
    facts = {"release": release.title, "ledger.head": release.head, "date": release.date}
    facts |= {f"protocol.{protocol.name}": protocol.digest for protocol in release.protocols}
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=_legal(name), value=_legal(value))
    for finding in release.findings:
        _case(suite, finding)
    root = ElementTree.Element("testsuites", _counts(release.findings), name="subterfuge")
    root.append(suite)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_legal(f"subterfuge.{finding.release}"),
        name=_legal(finding.title),
        time="0",
    )
    why = " ".join(finding.reasons)
    if kind := OUTCOMES.get(finding.verdict):
        told = ElementTree.SubElement(case, kind, message=_legal(f"{finding.verdict}: {why}"))
        if kind != "skipped":
            told.set("type", finding.verdict)
    ElementTree.SubElement(case, "system-out").text = _legal(figures(finding))


def figures(finding: Finding) -> str:
    """The figures of a verdict in one line."""
    parts = [
        f"{finding.verdict}",
        f"rate {fine(finding.rate)} ({counted(finding.events, finding.scored)})",
        f"interval {between(finding.low, finding.high)}",
        "no threshold" if finding.threshold is None else f"threshold {fine(finding.threshold)}",
        f"missing {finding.missing:,} of {finding.n:,}",
        f"elicitation {finding.elicitation}",
    ]
    return "; ".join(parts).replace("\u202f", " ")


def _counts(findings: Iterable[Finding]) -> dict[str, str]:
    kinds = [OUTCOMES.get(finding.verdict, "") for finding in findings]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", visible(text).replace("\u202f", " "))
