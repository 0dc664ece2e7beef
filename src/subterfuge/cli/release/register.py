"""`subterfuge release register`: a model gets an id in the ledger, with what tells it from others."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks
from subterfuge.cli.release.options import FOLDER, Folder, Json, arguments, tell


def register(
    id: Annotated[str, typer.Argument(help="What the ledger is to call it, for ever.")],
    model: Annotated[str, typer.Option("--model", "-m", help="Any Inspect model.")],
    model_args: Annotated[
        list[str], typer.Option("-M", help="An argument of the model, as name=value.")
    ] = [],  # noqa: B006
    declared: Annotated[
        str | None, typer.Option(help="What you know of it beyond its name, such as a snapshot's date.")
    ] = None,
    parent: Annotated[str | None, typer.Option(help="The id of the checkpoint that it comes from.")] = None,
    date: Annotated[str | None, typer.Option(help="When it was released, ISO 8601.")] = None,
    anchor: Annotated[
        bool, typer.Option("--anchor", help="It is the frozen reference that all are compared with.")
    ] = False,
    ledger: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Register a model or checkpoint; starts a ledger where there is none. Asks no provider anything."""
    import subterfuge._registry  # noqa: F401, PLC0415
    from subterfuge.releases.chain import FILE  # noqa: PLC0415
    from subterfuge.releases.ledger import Ledger  # noqa: PLC0415
    from subterfuge.releases.registry import describe  # noqa: PLC0415
    from subterfuge.releases.registry import register as enter  # noqa: PLC0415
    from subterfuge.releases.runner import made  # noqa: PLC0415

    given = arguments(model_args)
    with remarks():
        told = describe(
            id, made(model, given), given, declared=declared, parent=parent, date=date, anchor=anchor
        )
    if not (ledger / FILE).exists():
        # Tried elsewhere first: a mistake leaves no ledger behind.
        with tempfile.TemporaryDirectory() as elsewhere, Ledger.open(Path(elsewhere), create=True) as trial:
            enter(trial, told)
    with Ledger.open(ledger, create=True) as opened:
        before = len(opened.records)
        found = enter(opened, told)
        new, head = len(opened.records) > before, opened.head
    if as_json:
        answer({"new": new, "head": head, **found.model_dump(mode="json")})
    else:
        tell(f"{found.id} is {'registered' if new else 'registered already'}: {found.model}")
        tell(f"Fingerprint, {found.fingerprint.kind}: {found.fingerprint.value}")
