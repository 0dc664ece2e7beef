"""Reports: self-contained HTML pages, transcripts, tables. Knows figures and texts, not abilities."""

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
from subterfuge.reporting.report import render
from subterfuge.reporting.table import frame, markdown, plain
from subterfuge.reporting.transcript import render_transcripts
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
    "Mark",
    "Option",
    "Pick",
    "Probe",
    "Range",
    "Rate",
    "Report",
    "Run",
    "Rung",
    "TranscriptPage",
    "Turn",
    "Unwritable",
    "frame",
    "markdown",
    "plain",
    "render",
    "render_transcripts",
    "write",
]
