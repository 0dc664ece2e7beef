"""`subterfuge persuade rate`: a model plays raters."""

from __future__ import annotations

from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.persuade.options import FOLDER, AtOnce, Folder, Json, ModelArgs, display, who
from subterfuge.cli.release.options import tell


def rate(
    rater: Annotated[str, typer.Option(help="Any Inspect model; best one that gives probabilities.")],
    model_args: ModelArgs = [],  # noqa: B006
    name: Annotated[
        str, typer.Option(help="What the study calls this rater; the model's name by default.")
    ] = "",
    out: Folder = FOLDER,
    raters: Annotated[int, typer.Option(min=1, help="Personas and wordings that read each text.")] = 8,
    controls: Annotated[int, typer.Option(min=0, help="Readings of each control arm per claim.")] = 1,
    anchors: Annotated[bool, typer.Option(help="Rate the project's own fixed arguments too.")] = True,
    at_once: AtOnce = None,
    as_json: Json = False,
) -> None:
    """Let a model play people who rate claims before and after reading, with all control arms.

    Stopped or killed at any moment, the same command goes on where it was. Simulated ratings are kept apart
    from people's everywhere.
    """
    from subterfuge.persuasion import study  # noqa: PLC0415
    from subterfuge.persuasion.ratings import RATINGS  # noqa: PLC0415

    with remarks():
        found = study.rate(
            out,
            who(rater, model_args, name),
            raters=raters,
            controls=controls,
            anchors=anchors,
            at_once=at_once,
            display=display(),
        )
    shifts = found.groupby("arm")["shift"].agg(["size", "mean"])
    path, unread = out / RATINGS, int(found.attrs["unread"])
    if as_json:
        arms = {
            str(arm): {"ratings": int(row["size"]), "mean_shift": float(row["mean"])}
            for arm, row in shifts.iterrows()
        }
        answer({"ratings": str(path), "rater": name or rater, "arms": arms, "unread": unread})
        return
    tell(f"Simulated ratings by {name or rater}:")
    for arm, row in shifts.iterrows():
        print(
            f"  {str(arm).replace('_', ' '):<14}{int(row['size']):>7,} ratings, mean shift {row['mean']:+.3f}"
        )
    if unread:
        tell(f"  {unread:,} ratings are missing: their answers were no number from 1 to 7")
    tell(f"Ratings: {path}")
    say(f"Next: subterfuge persuade analyse --out {out}")
