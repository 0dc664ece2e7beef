"""`subterfuge release lock`: fix a protocol before the first episode."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.release.options import FOLDER, Folder, Json, rows, tell
from subterfuge.cli.release.plan import show


def lock(
    protocol: Annotated[Path, typer.Argument(help="The protocol, a YAML file.")],
    ledger: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Fix a protocol in the ledger by its digest, and print what it will cost.

    Whatever is changed afterwards makes another protocol.
    """
    import subterfuge._registry  # noqa: F401, PLC0415
    from subterfuge.releases import locks  # noqa: PLC0415
    from subterfuge.releases.ledger import Ledger  # noqa: PLC0415
    from subterfuge.releases.protocol import load  # noqa: PLC0415

    read = load(protocol)
    with remarks():
        locks.check_tasks(read)
        costs = locks.costs(read)
    with Ledger.open(ledger, create=True) as opened:
        told, new = locks.lock(opened, read)
        head = opened.head
    notes = locks.remarks(read)
    if as_json:
        answer(
            {
                "protocol": read.name,
                "digest": told.digest,
                "new": new,
                "head": head,
                "remarks": notes,
                "plan": rows(costs),
            }
        )
        return
    tell(f"{read.name} is {'locked' if new else 'locked already'}: {told.digest}")
    show(costs)
    for note in notes:
        say(note)
