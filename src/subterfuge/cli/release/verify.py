"""`subterfuge release verify`: hold a ledger against its own hashes, its logs and its verdicts."""

from __future__ import annotations

from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks
from subterfuge.cli.release.options import FOLDER, Folder, Json, tell


def verify(
    head: Annotated[
        str | None,
        typer.Option(help="A head that was published, in a report for instance: notices a cut tail."),
    ] = None,
    ledger: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Check the chain, every log's bytes, every outcome against its log, and compute every verdict again.

    Needs no model and no network. Exit code: 0 if all is well, 12 if anything is not.
    """
    from subterfuge.releases.chain import FILE  # noqa: PLC0415
    from subterfuge.releases.errors import ReleaseError  # noqa: PLC0415
    from subterfuge.releases.exits import DAMAGED  # noqa: PLC0415
    from subterfuge.releases.verify import verify as check  # noqa: PLC0415

    if not (ledger / FILE).exists():
        raise ReleaseError(f"There is no ledger in {ledger}. Look for {FILE}, or start one there.")
    with remarks():
        found = check(ledger, head)
    if as_json:
        answer(
            {
                "passed": found.passed,
                "head": found.head,
                "records": found.records,
                "logs": found.logs,
                "outcomes": found.outcomes,
                "problems": found.problems,
                "remarks": found.remarks,
                "verdicts": [verdict.model_dump(mode="json") for verdict in found.verdicts],
            }
        )
    else:
        for problem in found.problems:
            tell(f"Problem: {problem}")
        for remark in found.remarks:
            tell(f"Remark: {remark}")
        for verdict in found.verdicts:
            tell(f"{verdict.test.key}: {verdict.decision}{'' if verdict.final else ', not decided yet'}")
        tell(f"{found.records:,} records, {found.logs:,} logs, {found.outcomes:,} outcomes as in their logs")
        tell("All is well." if found.passed else f"{len(found.problems)} problems.")
        if found.head:
            tell(f"Ledger head: {found.head}")
    if not found.passed:
        raise typer.Exit(DAMAGED)
