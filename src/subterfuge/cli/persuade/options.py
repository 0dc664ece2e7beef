"""What the verbs of `subterfuge persuade` share: options, and small readings of what a user gave."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from subterfuge.cli.console import console

if TYPE_CHECKING:
    import pandas as pd

    from subterfuge.persuasion.runs import Who

FOLDER = Path("persuasion")

Folder = Annotated[Path, typer.Option("--out", help="The study's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
ModelArgs = Annotated[
    list[str], typer.Option("-M", help="An argument of the model, name=value; may be repeated.")
]
AtOnce = Annotated[int | None, typer.Option(min=1, help="Samples in flight; Inspect's default if not given.")]


def who(model: str, given: list[str], name: str = "") -> Who:
    """A model with its arguments.

    Raises:
        ReleaseError: an argument is not of the form name=value.
    """
    from subterfuge.cli.release.options import arguments  # noqa: PLC0415
    from subterfuge.persuasion.runs import Who  # noqa: PLC0415

    return Who(model, arguments(given), name)


def display() -> str:
    """How Inspect shows progress: live on a terminal, plain lines elsewhere; on standard error."""
    return "rich" if console.is_terminal else "plain"


def counts(frame: pd.DataFrame, by: str, of: str) -> dict[str, dict[str, int]]:
    """How many rows there are of each value of `of`, for each of `by`."""
    return {
        str(name): {str(value): int(count) for value, count in part[of].value_counts(sort=False).items()}
        for name, part in frame.groupby(by)
    }
