"""`subterfuge persuade`: arguments, raters and what they are worth; one file a verb, each thin."""

from __future__ import annotations

import typer

from subterfuge.cli.persuade.analyse import analyse
from subterfuge.cli.persuade.argue import argue
from subterfuge.cli.persuade.import_ import import_
from subterfuge.cli.persuade.power import power
from subterfuge.cli.persuade.rate import rate

persuade = typer.Typer(
    no_args_is_help=True,
    help="Measure how far arguments by models move a reader's stance, and what the measurement is worth.",
)
for verb in (argue, rate, analyse, power):
    persuade.command()(verb)
persuade.command("import")(import_)

__all__ = ["persuade"]
