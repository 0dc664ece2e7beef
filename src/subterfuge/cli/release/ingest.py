"""`subterfuge release ingest`: take in logs that no protocol had planned. They are RETROSPECTIVE."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks
from subterfuge.cli.release.options import FOLDER, Folder, Json, Release, rows, tell


def ingest(
    logs: Annotated[list[Path], typer.Argument(help="Inspect logs, or folders of them.")],
    release: Release,
    series: Annotated[str, typer.Option(help="What they measure; logs of one series are one measurement.")],
    event: Annotated[
        str, typer.Option(help="The event: scorer.key>=1, scorer=I, scorer on 0..10, or a YAML mapping.")
    ] = "",
    refusal: Annotated[str, typer.Option(help="Likewise: what says that the model declined.")] = "",
    awareness: Annotated[str, typer.Option(help="Likewise: what says that it knew of the test.")] = "",
    mapping: Annotated[
        Path | None, typer.Option(help="A YAML file with `event`, `refusal` and `awareness` instead.")
    ] = None,
    ledger: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Take in logs that no protocol had planned: rates and intervals, and never ALARM or CLEAR.

    The ledger keeps each log's place and the digest of its bytes. All logs are taken in, or none.
    """
    from subterfuge.releases import ingest as ingests  # noqa: PLC0415
    from subterfuge.releases.errors import ReleaseError  # noqa: PLC0415
    from subterfuge.releases.ledger import Ledger  # noqa: PLC0415

    if (mapping is None) == (not event):
        raise ReleaseError("Say which score is the event: with --event, or with --mapping FILE.")
    if mapping is not None:
        rule = ingests.mapping_of(mapping)
    else:
        rule = ingests.Mapping(
            event=ingests.event_of(event),
            refusal=ingests.event_of(refusal) if refusal else None,
            awareness=ingests.event_of(awareness) if awareness else None,
        )
    with Ledger.open(ledger) as opened, remarks():
        found = ingests.ingest(opened, logs, model=release, series=series, mapping=rule)
        head = opened.head
    if as_json:
        told = {"release": release, "series": series, "event": rule.event.name, "head": head}
        answer({**told, "verdict": "RETROSPECTIVE", "logs": rows(ingests.frame(found))})
        return
    for one in found:
        state = "RETROSPECTIVE" if one.new else "was in the ledger already"
        tally, planned = one.tally, one.record.planned
        tell(f"{one.record.file}: {state}")
        tell(f"  {one.record.task}, version {one.record.task_version}; {rule.event.name}: ", end="")
        tell(f"{tally.events:g} events in {tally.scored:,} scored of {planned:,} planned", end="")
        tell(f"; {planned - tally.scored:,} missing" if planned > tally.scored else "")
