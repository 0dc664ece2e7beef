"""What the verbs of `subterfuge release` share: options, and small readings of what a user gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

if TYPE_CHECKING:
    import pandas as pd

    from subterfuge.releases.protocol import Protocol

FOLDER = Path("releases")

Folder = Annotated[Path, typer.Option("--ledger", help="The ledger's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Release = Annotated[str, typer.Option("--release", "-r", help="The id under which the model is registered.")]
Junit = Annotated[Path | None, typer.Option("--junit", help="Also write the verdicts as JUnit XML.")]
Markdown = Annotated[Path | None, typer.Option("--markdown", help="Also write the verdicts as Markdown.")]


def arguments(given: list[str]) -> dict[str, Any]:
    """Read `-M name=value`; values are YAML.

    Raises:
        ReleaseError: one is not of that form.
    """
    from subterfuge.releases.errors import ReleaseError  # noqa: PLC0415

    found = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise ReleaseError(f"-M {pair!r} is not of the form name=value.")
        try:
            found[name] = yaml.safe_load(text)
        except yaml.YAMLError:
            found[name] = text  # plain text may look like broken YAML
    return found


def protocol_of(name: str, folder: Path) -> Protocol:
    """A protocol from its file, or a locked one by its name or digest.

    Raises:
        ReleaseError: the file holds none, or none is locked under that name.
    """
    from subterfuge.releases.history import read  # noqa: PLC0415
    from subterfuge.releases.protocol import load  # noqa: PLC0415
    from subterfuge.releases.state import State  # noqa: PLC0415

    path = Path(name)
    if path.is_file() or path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return load(path)
    records, _ = read(folder)
    return State(record.body for record in records.of("lock")).protocol(name)


def tell(line: str, end: str = "\n") -> None:
    """Print a result. What a model said may be in it, so characters that a terminal would obey are shown."""
    from subterfuge.reporting.visible import visible  # noqa: PLC0415

    print(visible(line), end=end)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as JSON has them: what is not known is null."""
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return found


def cards(folder: Path, models: list[str] | None, junit: Path | None, markdown: Path | None) -> None:
    """Write the verdicts for other programs, as far as somebody asked for them.

    Raises:
        ReleaseError: the ledger can't be read.
        Unwritable: a file can't be written.
    """
    from subterfuge.releases import card  # noqa: PLC0415
    from subterfuge.reporting import write  # noqa: PLC0415

    if junit is not None:
        write(junit, card.junit(folder, models))
    if markdown is not None:
        write(markdown, card.markdown(folder, models))
