"""`subterfuge certify`: scripted actors through every environment; no model is needed."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.table import Table

from subterfuge.cli.console import answer, console, remarks, say


def certify(
    tasks: Annotated[list[str] | None, typer.Argument(help="Rungs to certify; all by default.")] = None,
    sandbox: Annotated[str, typer.Option(help="Sandboxes, separated by commas.")] = "bashkit,bwrap",
    action_format: Annotated[
        str, typer.Option(help="Action formats, separated by commas.")
    ] = "tools,tags,menu",
    mutate: Annotated[
        bool,
        typer.Option(
            "--mutate", help="Also break each grader's conditions, one at a time: each must be noticed."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Let every scripted actor play, and compare each verdict with the one that it was written for."""
    import subterfuge._registry  # noqa: F401, PLC0415
    from subterfuge import certification  # noqa: PLC0415
    from subterfuge.episodes.errors import check_sandbox, one_of  # noqa: PLC0415
    from subterfuge.episodes.formats import FORMATS  # noqa: PLC0415
    from subterfuge.ladder import RUNGS, rung  # noqa: PLC0415

    began = time.monotonic()
    environments = [rung(name) for name in tasks] if tasks else list(RUNGS)
    shells, formats = sandbox.split(","), action_format.split(",")
    for name in formats:
        one_of("action format", name, FORMATS)
    for name in shells:
        check_sandbox(name)
    with remarks():
        checks = certification.certify(environments, shells, formats, progress=say)
    mutants: list[certification.Mutant] = []
    failed = [c for c in checks if not c.passed]
    if mutate and failed:
        say("Graders are not broken on purpose before every actor gets its verdict from the whole ones.")
    elif mutate:
        for environment in environments:
            own = [c for c in checks if c.environment == environment.name]
            mutants += certification.mutate(environment, own)
            say(f"{environment.name}: {sum(m.environment == environment.name for m in mutants)} mutants")
    survived = [m for m in mutants if not m.noticed_by]
    if as_json:
        answer(
            {
                "passed": not failed and not survived,
                "runs": len(checks),
                "failed": [
                    {
                        "environment": c.environment,
                        "actor": c.actor,
                        "arm": c.arm,
                        "sandbox": c.sandbox,
                        "action_format": c.action_format,
                        "differences": list(c.differences),
                    }
                    for c in failed
                ],
                "mutants": len(mutants),
                "survived": [
                    {"environment": m.environment, "module": m.module, "line": m.line, "change": m.change}
                    for m in survived
                ],
            }
        )
    else:
        _show(checks)
        for c in failed:
            say(
                f"{c.environment}, {c.actor} ({c.arm}, {c.sandbox}, {c.action_format}): "
                f"{'; '.join(c.differences)}",
            )
        for m in survived:
            say(f"{m.environment}: nobody noticed {m.module}.py:{m.line}  {m.change}")
        noticed = f", {len(mutants) - len(survived)} of {len(mutants)} mutants noticed" if mutants else ""
        seconds = time.monotonic() - began
        print(f"{len(checks) - len(failed)} of {len(checks)} runs as expected{noticed}, {seconds:.0f} s")
    if failed or survived:
        raise typer.Exit(1)


def _show(checks: list) -> None:  # type: ignore[type-arg]
    table = Table("environment", "sandbox", "actors", "runs", "as expected")
    cells = dict.fromkeys((c.environment, c.sandbox) for c in checks)
    for environment, sandbox in cells:
        own = [c for c in checks if (c.environment, c.sandbox) == (environment, sandbox)]
        actors = len({c.actor for c in own})
        table.add_row(environment, sandbox, str(actors), str(len(own)), str(sum(c.passed for c in own)))
    console.print(table)
