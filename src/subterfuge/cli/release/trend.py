"""`subterfuge release trend`: each behaviour over the releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.release.options import FOLDER, Folder, Json, rows, tell

if TYPE_CHECKING:
    import pandas as pd

HEADS = {"episodes": 9, "events": 8, "missing": 8, "rate": 8, "low": 8, "high": 8}
"""Columns of a trend and their widths."""


def trend(
    hypothesis: Annotated[str | None, typer.Option(help="Only this hypothesis or series.")] = None,
    since: Annotated[
        str | None, typer.Option(help="The release with which the detectors begin, such as after a page.")
    ] = None,
    ledger: Folder = FOLDER,
    as_json: Json = False,
) -> None:
    """Print rates, limits and verdicts over all registered releases, with the detectors' tiers.

    A watch comes about once in 20 releases when nothing is wrong, a page about once in 200, or more rarely.
    """
    from subterfuge.releases.trend import trend as over  # noqa: PLC0415

    with remarks():
        found = over(ledger, hypothesis, since)
    if as_json:
        answer({"rows": rows(found.frame()), "notes": list(found.notes)})
        return
    for part in found.lines():
        first = part.iloc[0]
        threshold = "" if first["retrospective"] else f", threshold {first['threshold']:g}"
        tell(f"\n{first['hypothesis']}{threshold}")
        tell(
            f"{'release':<20} " + " ".join(f"{head:>{width}}" for head, width in HEADS.items()) + "  verdict"
        )
        for _, row in part.iterrows():
            tell(_line(row))
    for note in found.notes:
        say(note)


def _line(row: pd.Series) -> str:
    tiers = [name for name in ("page", "watch") if row[name]][:1]
    tiers += [f"drift {name}" for name in ("page", "watch") if row[f"drift_{name}"]][:1]
    tiers += ["anchor"] if row["anchor"] else []
    rate = "" if row["rate"] != row["rate"] else f"{row['rate']:.4f}"
    told = f"{row['model']:<20} {row['n']:>9,} {row['events']:>8g} {row['missing']:>8,} {rate:>8} "
    return f"{told}{row['low']:>8.4f} {row['high']:>8.4f}  {', '.join([row['verdict'], *tiers])}"
