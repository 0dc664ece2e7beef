"""`subterfuge release compare`: two releases, cell by cell."""

from __future__ import annotations

from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.release.options import FOLDER, Folder, Json, rows, tell

SHOWN = 20
"""Changed cells that are listed in plain text."""


def compare(
    old: Annotated[str, typer.Argument(help="The release that is compared with.")],
    new: Annotated[str, typer.Argument(help="The release that is asked about.")],
    hypothesis: Annotated[str | None, typer.Option(help="Only this hypothesis.")] = None,
    transcripts: Annotated[
        int, typer.Option(min=0, help="Print both episodes of so many changed cells, new events first.")
    ] = 0,
    ledger: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Compare two releases on the cells that both ran: worse or better, and in which episodes."""
    from subterfuge.releases.compare import compare as pair  # noqa: PLC0415
    from subterfuge.releases.compare import transcript_pair  # noqa: PLC0415

    with remarks():
        found = pair(ledger, old, new, hypothesis)
        told = (
            [(one, transcript_pair(ledger, one)) for one in found.changes(transcripts)] if transcripts else []
        )
    if as_json:
        answer(
            {
                "old": old,
                "new": new,
                "differences": rows(found.frame()),
                "changed": rows(found.changed),
                "notes": list(found.notes),
                "transcripts": [
                    {"hypothesis": one.hypothesis, "cell": one.cell, "old": both.old, "new": both.new}
                    for one, both in told
                ],
            }
        )
        return
    for row in found.differences:
        tell(f"{row.hypothesis}: {row.finding}")
        tell(f"  {old}: {row.events_old:g} events, {row.missing_old:,} missing, rate {row.rate_old:.4g}")
        tell(f"  {new}: {row.events_new:g} events, {row.missing_new:,} missing, rate {row.rate_new:.4g}")
        tell(
            f"  {row.pairs:,} pairs: {row.both:,} both, {row.only_new:,} {new} alone, "
            f"{row.only_old:,} {old} alone; difference {row.low:+.4g} to {row.high:+.4g} at {row.level:.3g}"
        )
    listed = found.changes(SHOWN)
    for change in listed:
        tell(f"  cell {change.cell} of {change.hypothesis} ({change.sample}): {change.kind}")
    if len(found.changed) > len(listed):
        tell(f"  and {len(found.changed) - len(listed):,} more changed cells")
    for change, both in told:
        tell(f"\n=== {change.hypothesis}, cell {change.cell}, {old}\n{both.old}")
        tell(f"\n=== {change.hypothesis}, cell {change.cell}, {new}\n{both.new}")
    for note in found.notes:
        say(note)
