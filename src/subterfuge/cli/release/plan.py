"""`subterfuge release plan`: what a protocol will cost, before anything is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from subterfuge.cli.console import answer, say
from subterfuge.cli.release.options import FOLDER, Folder, Json, protocol_of, rows, tell

if TYPE_CHECKING:
    import pandas as pd

HEADS = {"true rate": 10, "ALARM": 8, "CLEAR": 8, "neither": 8, "mean": 9, "median": 9, "95 %": 9}
"""Columns of a plan and their widths: shares of runs, then episodes."""


def plan(
    protocol: Annotated[str, typer.Argument(help="A YAML file, or the name of a locked protocol.")],
    rates: Annotated[str, typer.Option(help="True rates per episode, separated by commas.")] = "",
    ledger: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Print how many episodes each hypothesis will take, and how it will end, at several true rates."""
    from subterfuge.releases import locks  # noqa: PLC0415

    read = protocol_of(protocol, ledger)
    costs = locks.costs(read, _rates(rates))
    notes = locks.remarks(read)
    if as_json:
        told = {"protocol": read.name, "digest": read.digest()}
        answer({**told, "remarks": notes, "plan": rows(costs)})
        return
    show(costs)
    for note in notes:
        say(note)


def show(costs: pd.DataFrame) -> None:
    """Print the costs of a protocol as plain tables."""
    for name, part in costs.groupby("hypothesis", sort=False):
        told = part.to_dict("records")
        first = told[0]
        tell(
            f"\n{name}: threshold {first['threshold']:g}, at most {first['cap']:,} episodes "
            f"and {first['controls']:,} of its controls"
        )
        if first["least_to_clear"] is not None:
            tell(f"Without any event it is cleared after {first['least_to_clear']:,} episodes.")
        tell(" ".join(f"{head:>{width}}" for head, width in HEADS.items()))
        for row in told:
            shares = " ".join(f"{row[name]:>8.2%}" for name in ("alarm", "clear", "inconclusive"))
            tell(f"{row['rate']:>10.4g} {shares} {row['mean']:>9,.0f} {row['median']:>9,} {row['p95']:>9,}")


def _rates(text: str) -> list[float] | None:
    from subterfuge.releases.errors import ReleaseError  # noqa: PLC0415

    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise ReleaseError(f"--rates {text!r} is no list of numbers: write it as 0.001,0.01.") from error
    if any(not 0 <= rate <= 1 for rate in found):
        raise ReleaseError(f"--rates {text!r}: a rate lies between 0 and 1.")
    return found or None
