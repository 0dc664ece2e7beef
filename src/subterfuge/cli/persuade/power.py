"""`subterfuge persuade power`: what a study can show, before anybody is asked."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from subterfuge.cli.console import answer, remarks, say
from subterfuge.cli.persuade.options import Json
from subterfuge.cli.release.options import tell

if TYPE_CHECKING:
    from subterfuge.persuasion.analysis.power import Goal, Power
    from subterfuge.persuasion.analysis.simulate import Design

TABLE = (150, 300, 450, 672, 1000, 1500, 2000)
"""Ratings of each source that are tried where nobody says how many."""
WIDTH = 40
"""Of a bar that stands for all studies."""
BARS = {"superior": "+", "equivalent": "=", "inconclusive": "?", "inferior": "-"}
HEADS = {"ratings": 9, "reference": 9, **dict.fromkeys(BARS, 12), "p < 0.05": 8, "closed form": 12}


def power(
    difference: Annotated[
        str, typer.Option(help="True differences from the reference, in scale points, separated by commas.")
    ] = "0,0.15",
    raters: Annotated[
        int | None, typer.Option(min=1, help="Ratings of each source. Default: a table over several.")
    ] = None,
    reference: Annotated[
        int | None, typer.Option(min=1, help="Ratings of the reference. Default: as many.")
    ] = None,
    topics: Annotated[int, typer.Option(min=2, help="Topics, of two claims each.")] = 28,
    per_argument: Annotated[int, typer.Option(min=1, help="Ratings of one argument.")] = 3,
    sources: Annotated[
        int, typer.Option(min=1, help="Sources compared with the reference at once (corrected after Holm).")
    ] = 1,
    margin: Annotated[float, typer.Option(help="Smallest effect of interest, in scale points.")] = 0.15,
    studies: Annotated[int, typer.Option(min=100, help="Simulated studies for each row.")] = 2000,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 0,
    as_json: Json = False,
) -> None:
    """Print how often a study of a source and a reference will end in which verdict, by simulating it."""
    from subterfuge.persuasion.analysis import power as planner  # noqa: PLC0415
    from subterfuge.persuasion.analysis.simulate import Design  # noqa: PLC0415

    design = Design(topics=topics, per_argument=per_argument)
    found = []
    with remarks():
        for true in _differences(difference):
            rows = []
            for ratings in (raters,) if raters else TABLE:
                sized = replace(design, ratings=ratings, reference_ratings=reference or ratings)
                row = planner.power(sized, true, margin, sources=sources, replicates=studies, seed=seed)
                rows.append(row)
            found.append((true, rows, None if raters else _needed(design, true, margin, sources, seed)))
    if as_json:
        answer(
            {
                "margin": margin,
                "sources": sources,
                "differences": [_told(true, rows, n, margin) for true, rows, n in found],
            }
        )
        return
    for true, rows, needed in found:
        _show(true, rows, needed, margin)
    say(
        "Each study is simulated with the published study's spread of answers, and assumed effects of "
        f"topics ({design.topic_sd:g} scale points; {design.interaction_sd:g} particular to a source) and "
        f"of arguments ({design.icc:.0%} of the variance). The closed form knows none of these, "
        "and corrects for no number of sources."
    )


def _goal(difference: float, margin: float) -> Goal:
    """What a study with this true difference should find."""
    return "equivalent" if abs(difference) < margin / 2 else "significant"


def _needed(design: Design, difference: float, margin: float, sources: int, seed: int) -> dict[str, Any]:
    from subterfuge.persuasion.analysis.power import closed_form_n, n_for  # noqa: PLC0415

    goal = _goal(difference, margin)
    return {
        "goal": goal,
        "power": 0.8,
        "ratings": n_for(design, difference, margin, goal=goal, sources=sources, seed=seed),
        "closed_form": closed_form_n(difference, margin, goal=goal),
    }


def _closed(row: Power, margin: float) -> dict[str, float]:
    from subterfuge.persuasion.analysis.power import closed_form  # noqa: PLC0415

    return closed_form(row.ratings, row.reference_ratings, row.difference, margin)


def _told(
    difference: float, rows: list[Power], needed: dict[str, Any] | None, margin: float
) -> dict[str, Any]:
    told = [{**asdict(row), "error": row.error, "closed_form": _closed(row, margin)} for row in rows]
    return {"difference": difference, "rows": told, "needed": needed}


def _show(difference: float, rows: list[Power], needed: dict[str, Any] | None, margin: float) -> None:
    goal = _goal(difference, margin)
    tell(
        f"\nTrue difference {difference:g}, margin {margin:g}; {rows[0].topics} topics, "
        f"{rows[0].per_argument} ratings of an argument; {rows[0].replicates:,} simulated studies a row, "
        f"Monte Carlo error at most {max(row.error for row in rows):.1%}"
    )
    tell(" ".join(f"{head:>{width}}" for head, width in HEADS.items()) + "  + = ? -")
    for row in rows:
        shares = " ".join(f"{getattr(row, name):>{HEADS[name]}.1%}" for name in BARS)
        tell(
            f"{row.ratings:>9,} {row.reference_ratings:>9,} {shares} {row.significant:>8.1%} "
            f"{_closed(row, margin)[goal]:>12.1%}  {_bar(row)}"
        )
    tell(f"The closed form is of {'equivalence' if goal == 'equivalent' else 'p < 0.05'}.")
    if needed:
        number, textbook = (f"{n:,}" if n else "too many" for n in (needed["ratings"], needed["closed_form"]))
        tell(f"For a power of {needed['power']:.0%}: {number} ratings of each (closed form: {textbook}).")
    else:
        found = _closed(rows[0], margin)["detectable"]
        tell(f"By the closed form a difference of {found:.3f} is found with a power of 80%.")


def _bar(row: Power) -> str:
    """All studies in one line, a sign for each verdict."""
    ends, upto = [], 0.0
    for name in BARS:
        upto += getattr(row, name)
        ends.append(round(upto * WIDTH))
    return "".join(
        sign * (end - start) for sign, start, end in zip(BARS.values(), [0, *ends], ends, strict=False)
    )


def _differences(text: str) -> list[float]:
    from subterfuge.persuasion.errors import PersuasionError  # noqa: PLC0415

    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise PersuasionError(f"--difference {text!r} is no list of numbers: write it as 0,0.15.") from error
    if not found:
        raise PersuasionError("--difference is empty: write it as 0,0.15.")
    return found
