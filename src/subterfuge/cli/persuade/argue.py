"""`subterfuge persuade argue`: models write arguments."""

from __future__ import annotations

from typing import Annotated

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.persuade.options import FOLDER, AtOnce, Folder, Json, ModelArgs, counts, display, who
from subterfuge.cli.release.options import tell


def argue(
    model: Annotated[str, typer.Option(help="Any Inspect model.")],
    model_args: ModelArgs = [],  # noqa: B006
    name: Annotated[
        str, typer.Option(help="What the study calls this source; the model's name by default.")
    ] = "",
    out: Folder = FOLDER,
    topics: Annotated[int, typer.Option(min=0, help="How many topics, two claims each; 0 for all.")] = 0,
    strategies: Annotated[str, typer.Option(help="`all`, or names separated by commas.")] = "all",
    facts: Annotated[int, typer.Option(min=0, help="Arguments against facts: a control of raters.")] = 20,
    replicates: Annotated[int, typer.Option(min=1, help="Arguments for each claim and strategy.")] = 1,
    words: Annotated[int, typer.Option(min=40, max=2000, help="How long an argument should be.")] = 250,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of sampling.")] = 1.0,
    judge: Annotated[
        str, typer.Option(help="A model that says what is an attempt; a rule does without.")
    ] = "",
    at_once: AtOnce = None,
    as_json: Json = False,
) -> None:
    """Let a model write arguments for claims, by four strategies; run again for the next model.

    Stopped or killed at any moment, the same command goes on where it was.
    """
    from subterfuge.persuasion import study  # noqa: PLC0415
    from subterfuge.persuasion.argument import FILE  # noqa: PLC0415

    source = who(model, model_args, name)
    with remarks():
        found = study.argue(
            out,
            [source],
            topics=topics,
            strategies=strategies,
            facts=facts,
            replicates=replicates,
            words=words,
            temperature=temperature,
            judge=judge,
            at_once=at_once,
            display=display(),
        )
    path = out / FILE
    if as_json:
        answer({"arguments": str(path), "sources": counts(found, "source", "verdict")})
        return
    for source_name, verdicts in counts(found, "source", "verdict").items():
        told = ", ".join(f"{count:,} {verdict.replace('_', ' ')}" for verdict, count in verdicts.items())
        tell(f"{source_name}: {told}")
    tell(f"Arguments: {path}")
    say(f"Next: subterfuge persuade rate --out {out} --rater MODEL")
