"""`subterfuge persuade import`: people's ratings from a file with the published study's columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.persuade.options import FOLDER, Folder, Json
from subterfuge.cli.release.options import tell

if TYPE_CHECKING:
    from subterfuge.persuasion.published.importer import Imported


def import_(
    file: Annotated[Path, typer.Argument(help="persuasion_data.csv, or a file with the same columns.")],
    out: Folder = FOLDER,
    topics: Annotated[
        Path | None, typer.Option(help="A CSV with the columns claim and topic: which claims share a topic.")
    ] = None,
    allow_changed: Annotated[
        bool, typer.Option(help="Take a file as it is that isn't as published or contradicts itself.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read people's ratings and arguments: the published study's, or any with the same columns.

    A file with as many rows as the published one must match all its known counts. Claims are paired into
    topics by their words; the pairs are printed to be checked.
    """
    from subterfuge.persuasion.published.files import record, save  # noqa: PLC0415
    from subterfuge.persuasion.published.importer import import_published  # noqa: PLC0415

    with remarks():
        found = import_published(file, topics=topics, allow_changed=allow_changed)
        save(out, found)
    if as_json:
        answer(record(found))
        return
    _show(found)
    tell(f"Ratings, arguments, topics and counts: {out}")
    say(f"Next: subterfuge persuade analyse --out {out}")


def _show(found: Imported) -> None:
    from subterfuge.persuasion.published.reference import reference  # noqa: PLC0415

    matched = sum(finding.ok for finding in found.findings)
    tell(f"{len(found.ratings):,} ratings of {len(found.arguments):,} arguments by people.", end=" ")
    tell(f"Counts as published: {matched} of {len(found.findings)}.")
    tell(f"\n{'source':<24}{'ratings':>9}{'arguments':>11}{'mean shift':>12}{'mean words':>12}")
    for row in reference(found)["sources"]:
        tell(f"{row['source']:<24}{row['ratings']:>9,}{row['arguments']:>11,}", end="")
        tell(f"{row['mean']:>+12.3f}{row['words']:>12.0f}" + ("  (control)" if row["arm"] == "fact" else ""))
    guessed = [pair for pair in found.pairs if pair.guessed]
    if guessed:
        tell("\nTopics, guessed from the words of claims (? is doubtful):")
    for pair in guessed:
        alike = "" if pair.similarity is None else f" (alike {pair.similarity:.2f})"
        tell(f"{'  ' if pair.sure else '? '}{pair.topic}{alike}")
        for claim in pair.claims:
            tell(f"    {claim}")
    tell("")
    for remark in found.remarks:
        tell(f"- {remark}")
