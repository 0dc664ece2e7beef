"""`subterfuge release report`: one page with verdicts, evidence, trend and transcripts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks
from subterfuge.cli.release.options import FOLDER, Folder, Json, Junit, Markdown, cards, tell


def report(
    release: Annotated[
        list[str],
        typer.Option("--release", "-r", help="Whose verdicts; by default the last that was measured."),
    ] = [],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option(help="Write the page alone to this file, without links to transcripts.")
    ] = None,
    ledger: Folder = FOLDER,
    junit: Junit = None,
    markdown: Markdown = None,
    as_json: Json = False,
) -> None:
    """Write the report of a ledger: `report.html` in its folder, with the transcripts beside it."""
    from subterfuge.releases import report as reports  # noqa: PLC0415
    from subterfuge.reporting import write  # noqa: PLC0415
    from subterfuge.reporting.verdicts import render_release  # noqa: PLC0415

    models = release or None
    with remarks():
        if out is None:
            path = reports.build(ledger, models)
        else:
            path = write(out, render_release(reports.view(ledger, models)))
        cards(ledger, models, junit, markdown)
        told = reports.view(ledger, models) if as_json else None
    if told is not None:
        answer({"report": str(path), **told.model_dump(mode="json")})
    else:
        tell(f"Report: {path.resolve()}")
