"""Reports: self-contained HTML pages, transcripts, tables. Knows figures and texts, not abilities."""

from subterfuge.reporting.card import card
from subterfuge.reporting.episode import (
    Command,
    Disclosure,
    Episode,
    FileChange,
    Option,
    Probe,
    TranscriptPage,
    Turn,
)
from subterfuge.reporting.junit import junit
from subterfuge.reporting.messages import MessagePage, render_messages
from subterfuge.reporting.model import (
    Calibration,
    Cell,
    ChainStep,
    Count,
    Effect,
    Family,
    Mark,
    Pick,
    Range,
    Rate,
    Report,
    Run,
    Rung,
)
from subterfuge.reporting.release import Finding, Release
from subterfuge.reporting.report import render
from subterfuge.reporting.table import frame, markdown, plain
from subterfuge.reporting.transcript import render_transcripts
from subterfuge.reporting.verdicts import findings_style, render_evidence, render_findings, render_release
from subterfuge.reporting.write import Unwritable, write

__all__ = [
    "Calibration",
    "Cell",
    "ChainStep",
    "Command",
    "Count",
    "Disclosure",
    "Effect",
    "Episode",
    "Family",
    "FileChange",
    "Finding",
    "Mark",
    "MessagePage",
    "Option",
    "Pick",
    "Probe",
    "Range",
    "Rate",
    "Release",
    "Report",
    "Run",
    "Rung",
    "TranscriptPage",
    "Turn",
    "Unwritable",
    "card",
    "findings_style",
    "frame",
    "junit",
    "markdown",
    "plain",
    "render",
    "render_evidence",
    "render_findings",
    "render_messages",
    "render_release",
    "render_transcripts",
    "write",
]
