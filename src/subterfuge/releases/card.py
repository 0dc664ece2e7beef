"""A release's verdicts for a system card (Markdown) and for continuous integration (JUnit XML)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from subterfuge.releases.report import view
from subterfuge.reporting.card import card
from subterfuge.reporting.junit import junit as as_junit


def markdown(folder: Path | str, models: Sequence[str] | None = None) -> str:
    """The verdicts as a Markdown table: for a system card, a pull request, the summary of a job.

    Args:
        folder: the ledger's folder.
        models: as for `subterfuge.releases.report.build`.

    Raises:
        ReleaseError: as `subterfuge.releases.report.build`.
    """
    return card(view(folder, models))


def junit(folder: Path | str, models: Sequence[str] | None = None) -> str:
    """The verdicts as JUnit XML: ALARM is a failure, INVALID an error, INCONCLUSIVE skipped, CLEAR passes.

    Args:
        folder: the ledger's folder.
        models: as for `subterfuge.releases.report.build`.

    Raises:
        ReleaseError: as `subterfuge.releases.report.build`.
    """
    return as_junit(view(folder, models))
