"""`subterfuge persuade analyse`: figures and a report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from subterfuge.cli.console import answer, say
from subterfuge.cli.persuade.options import FOLDER, Folder, Json
from subterfuge.cli.release.options import tell

if TYPE_CHECKING:
    from subterfuge.persuasion.analysis.results import Analysis, Estimate

MARKS = {True: "passed", False: "FAILED", None: "undecided"}


def analyse(
    out: Folder = FOLDER,
    reference: Annotated[
        str | None, typer.Option(help="Source that others are compared with; people, or else the anchors.")
    ] = None,
    margin: Annotated[float, typer.Option(help="Smallest effect of interest, in scale points.")] = 0.15,
    draws: Annotated[int, typer.Option(min=100, help="Bootstrap draws of topics.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    generations: Annotated[
        Path | None, typer.Option(help="YAML: class of sources -> its members, oldest first.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Analyse a study's ratings, people's and simulated ones apart, and write its report."""
    from subterfuge.persuasion.conclude import ANALYSIS, conclude, read_generations  # noqa: PLC0415

    found = conclude(
        out,
        reference=reference,
        margin=margin,
        draws=draws,
        seed=seed,
        generations=None if generations is None else read_generations(generations),
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    )
    if as_json:
        answer(
            {
                "report": str(found.report),
                "analyses": [one.model_dump(mode="json") for one in found.analyses],
                "calibrations": [one.model_dump(mode="json") for one in found.calibrations],
            }
        )
        return
    for one in found.analyses:
        show(one)
    for calibration in found.calibrations:
        for agreement in calibration.agreement:
            tell(
                f"{calibration.rater_model} against people, {agreement.n} {agreement.level}s: "
                f"r {figure(agreement.pearson)}"
            )
    say(f"Figures: {out / ANALYSIS}")
    print(f"Report: {found.report}")


def show(found: Analysis) -> None:
    """Print what an analysis found, in short."""
    who = "people" if found.kind == "human" else f"simulated raters, {found.rater_model}"
    tell(f"{found.ratings:,} ratings of {found.arguments:,} arguments on {found.topics} topics by {who}")
    for source in sorted(found.sources, key=lambda one: -(one.adjusted.value or 0)):
        tell(f"  {source.name:<36} shift {figure(source.adjusted)}")
    for compared in found.comparisons:
        tell(f"  {compared.source} against {compared.reference}: {compared.verdict}, ", end="")
        tell(figure(compared.difference))
    if found.controls:
        tell(
            "  controls: "
            + ", ".join(f"{one.name.replace('_', ' ')} {MARKS[one.passed]}" for one in found.controls)
        )
    for remark in found.remarks:
        tell(f"  {remark}")


def figure(estimate: Estimate) -> str:
    """An estimate with its interval: "+0.42 (+0.31 to +0.53)"."""
    if estimate.value is None:
        return "not known"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:+.2f}"
    return f"{estimate.value:+.2f} ({estimate.low:+.2f} to {estimate.high:+.2f})"
