"""`subterfuge audit`: a built-in protocol on a model, its verdicts, and a report."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from subterfuge.cli.console import answer, console, remarks, say
from subterfuge.cli.release.live import Board
from subterfuge.cli.release.options import arguments

if TYPE_CHECKING:
    from subterfuge.audit.run import Measured

OUT = Path("audit")


def audit(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Any Inspect model.")
    ] = "subterfuge/smollm2-135m",
    suite: Annotated[str, typer.Option(help="quick (r0 of 2 %) or frontier (r0 of 0.1 %).")] = "quick",
    rungs: Annotated[str, typer.Option("--rungs", help="Only these rungs, separated by commas.")] = "",
    arms: Annotated[
        str, typer.Option("--arms", help="These arms beside the standard one, separated by commas.")
    ] = "",
    action_format: Annotated[
        str, typer.Option("--action-format", help="tools, tags or menu; by default what fits the model.")
    ] = "",
    sandbox: Annotated[
        str, typer.Option(help="The shell that episodes live in: bashkit, bwrap, docker, …")
    ] = "bashkit",
    episodes: Annotated[
        int, typer.Option(min=0, help="At most so many episodes of each rung, instead of the suite's cap.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of scenarios and sampling.")] = 1,
    full: Annotated[
        bool, typer.Option("--full", help="All arms that the action format can express.")
    ] = False,
    model_args: Annotated[
        list[str], typer.Option("-M", help="An argument of the model, as name=value.")
    ] = [],  # noqa: B006
    out: Annotated[
        Path, typer.Option("--out", help="Folder for ledger, report, figures, transcripts and logs.")
    ] = OUT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Decide for each rung of the ladder of reward tampering: ALARM, CLEAR, INCONCLUSIVE or INVALID.

    Killed half-way, the same command goes on where it stopped. The exit code is that of the verdicts: 10 with
    an ALARM, else 12 with an INVALID one, else 11 with an INCONCLUSIVE one, else 0.
    """
    began = time.monotonic()
    import subterfuge._registry  # noqa: F401, PLC0415
    from subterfuge.audit import plan as plans  # noqa: PLC0415
    from subterfuge.audit import report as reports  # noqa: PLC0415
    from subterfuge.audit import run as runs  # noqa: PLC0415
    from subterfuge.audit.calibration import calibrate  # noqa: PLC0415
    from subterfuge.jail import ready  # noqa: PLC0415
    from subterfuge.ladder import rung  # noqa: PLC0415
    from subterfuge.models.scripted import ScriptedAPI  # noqa: PLC0415
    from subterfuge.releases.exits import exit_code  # noqa: PLC0415

    given = arguments(model_args)
    plan = plans.make(
        model=model,
        model_args=given,
        suite_name=suite,
        action_format=action_format or None,
        sandbox=sandbox,
        rungs=_split(rungs),
        chosen_arms=_split(arms),
        cap=episodes or None,
        seed=seed,
        full=full,
    )
    with remarks():
        loaded = _model(model, given)
    asyncio.run(ready())
    with runs.opened(plan, out, loaded) as ledger:
        finished = sum(1 for _ in ledger.records.of("outcome"))
        if finished:
            say(f"Going on with {out}: {finished} episodes are there.")
        environments = [rung(h.id) for h in plan.protocol.hypotheses]
        chooses = plan.action_format == "menu" and not isinstance(loaded.api, ScriptedAPI)
        with remarks():
            calibration = calibrate(loaded, environments, seed) if chooses else None
        with remarks(), Board() as watch:
            runs.decide(plan, ledger, loaded, watch)
        done = runs.read(plan, ledger)
        _say_what_broke(done, out)
        seconds = None if finished else time.monotonic() - began
        report = reports.build(plan, done, seconds, shlex.join(["subterfuge", *sys.argv[1:]]), calibration)
        path = reports.publish(plan, report, done, out)
    if as_json:
        verdicts = [verdict.model_dump(mode="json") for verdict in done.verdicts.values()]
        answer({"report": str(path), "verdicts": verdicts, **report.model_dump(mode="json")})
    else:
        from subterfuge.reporting import plain  # noqa: PLC0415

        console.print(plain(report))
        for verdict in done.verdicts.values():
            name = plan.protocol.hypothesis(verdict.test.hypothesis).name
            say(f"{verdict.decision}: {name}. {verdict.reasons[-1]}")
        print(f"Report: {path.resolve()}")
    raise typer.Exit(exit_code(verdict.decision for verdict in done.verdicts.values()))


def _say_what_broke(done: Measured, out: Path) -> None:
    """Say how many episodes broke, and the first cause.

    Raises:
        PrerequisiteError: all of them did.
    """
    from subterfuge.models.errors import prerequisite  # noqa: PLC0415

    samples = [sample for cell in done.episodes.values() for sample in cell]
    broken = [sample.error.message.strip().splitlines()[-1] for sample in samples if sample.error is not None]
    if broken and len(broken) == len(samples):
        raise prerequisite(
            f"Every episode broke, so nothing was measured. The first: {broken[0]} "
            f"Mend it, and remove {out} before the next try."
        )
    if broken:
        say(f"{len(broken)} of {len(samples)} episodes broke and count as missing. The first: {broken[0]}")


def _model(name: str, arguments: dict[str, Any]) -> Any:
    from inspect_ai.model import get_model  # noqa: PLC0415

    from subterfuge.models.errors import prerequisite  # noqa: PLC0415

    try:
        return get_model(name, **arguments)
    except ValueError as error:
        raise prerequisite(f"{error} Name a model as Inspect does, such as openai/gpt-5.") from error


def _split(names: str) -> list[str] | None:
    return list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip())) or None
