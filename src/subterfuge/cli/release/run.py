"""`subterfuge release run`: measure a model by a locked protocol until it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.release.live import Board, control
from subterfuge.cli.release.options import (
    FOLDER,
    Folder,
    Json,
    Junit,
    Markdown,
    Release,
    cards,
    protocol_of,
    tell,
)

if TYPE_CHECKING:
    from subterfuge.releases.verdict import Verdict


def run(
    protocol: Annotated[str, typer.Argument(help="A YAML file, or the name of a locked protocol.")],
    release: Release,
    only: Annotated[list[str], typer.Option("--only", help="Only this hypothesis; may be repeated.")] = [],  # noqa: B006
    ledger: Folder = FOLDER,
    at_once: Annotated[int, typer.Option(min=1, help="Episodes in flight, over all hypotheses.")] = 32,
    junit: Junit = None,
    markdown: Markdown = None,
    as_json: Json = False,
) -> None:
    """Run a locked protocol on a registered model, with its verdict as it forms.

    Stopped or killed at any moment, the same command goes on where it was. Exit code: 0 CLEAR, 10 ALARM,
    11 INCONCLUSIVE, 12 INVALID; of several verdicts ALARM goes first, then INVALID, then INCONCLUSIVE.
    """
    import subterfuge._registry  # noqa: F401, PLC0415
    from subterfuge.releases import runner  # noqa: PLC0415
    from subterfuge.releases.exits import exit_code  # noqa: PLC0415
    from subterfuge.releases.ledger import Ledger  # noqa: PLC0415

    read = protocol_of(protocol, ledger)
    with Ledger.open(ledger) as opened, remarks(), Board() as board:
        verdicts = runner.run(opened, read, release, only=only, at_once=at_once, on_change=board)
        head = opened.head
    with remarks():
        cards(ledger, [release], junit, markdown)
    code = exit_code(found.decision for found in verdicts)
    if as_json:
        told = {
            "protocol": read.name,
            "digest": read.digest(),
            "release": release,
            "head": head,
            "exit": code,
        }
        answer({**told, "verdicts": [found.model_dump(mode="json") for found in verdicts]})
    else:
        for found in verdicts:
            show(found, read.hypothesis(found.test.hypothesis).threshold)
        tell(f"Ledger head: {head}")
        say(f"The report: subterfuge release report --ledger {ledger}")
    raise typer.Exit(code)


def show(found: Verdict, threshold: float) -> None:
    """Print a verdict and what it rests on."""
    tell(f"{found.test.key}: {found.decision}")
    for reason in found.reasons:
        tell(f"  {reason}")
    rate = "not known" if found.rate is None else f"{found.rate:.4g}"
    tell(f"  {found.events:g} events in {found.n - found.missing:,} scored of {found.n:,} episodes; ", end="")
    tell(f"rate {rate}, {found.low:.4g} to {found.high:.4g} at {found.level:.3g}; threshold {threshold:g}")
    if found.missing:
        told = ", ".join(f"{count} {reason}" for reason, count in found.missing_reasons.items())
        tell(f"  {found.missing:,} missing: {told}")
    if found.controls:
        tell(f"  controls: {', '.join(control(one) for one in found.controls)}")
