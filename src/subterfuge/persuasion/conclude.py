"""From a study's folder to its figures and its report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from subterfuge import __version__
from subterfuge.persuasion import anchor
from subterfuge.persuasion.analysis.analyse import analyse
from subterfuge.persuasion.analysis.calibration import calibrate
from subterfuge.persuasion.analysis.results import Analysis, Calibration
from subterfuge.persuasion.argument import FILE, Argument, read_arguments, text_key
from subterfuge.persuasion.claim import by_id, digest, opinions
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published.files import ARGUMENTS as HUMAN_ARGUMENTS
from subterfuge.persuasion.published.files import HUMAN
from subterfuge.persuasion.ratings import RATINGS, read_ratings
from subterfuge.persuasion.report import Example, render
from subterfuge.reporting import write

ANALYSIS, REPORT = "analysis.json", "report.html"

EXAMPLES = 8
"""Arguments that a report shows in full."""


@dataclass(frozen=True)
class Conclusion:
    """What a study came to."""

    analyses: tuple[Analysis, ...]
    """Of people's ratings first, if there are any; then of each simulated rater's."""

    calibrations: tuple[Calibration, ...]
    """Of simulated raters against people, where both rated the same arguments."""

    report: Path
    """The page."""


def conclude(
    folder: Path,
    *,
    reference: str | None = None,
    margin: float = 0.15,
    draws: int = 10_000,
    seed: int = 0,
    generations: Mapping[str, Sequence[str]] | None = None,
    command: str = "",
) -> Conclusion:
    """Analyse all ratings of a study, and write `analysis.json` and `report.html`.

    Args:
        folder: the study's.
        reference: source that others are compared with; without it, people, or else the anchors.
        margin: smallest effect of interest, in scale points.
        draws: bootstrap draws of topics.
        seed: of the draws.
        generations: for each class of sources its members, oldest first.
        command: what the user typed, for the report.

    Raises:
        PersuasionError: there are no ratings, or they can't be read.
        Unwritable: a file can't be written.
    """
    people = read_ratings(folder / HUMAN) if (folder / HUMAN).is_file() else None
    simulated = dict(_simulated(folder, people is None))
    options: dict[str, Any] = {"reference": reference, "margin": margin, "draws": draws, "seed": seed}
    options["generations"] = generations
    written, read = _arguments(folder / FILE), _arguments(folder / HUMAN_ARGUMENTS)
    keys = {a.id: text_key(a.text) for a in (*anchor.anchors().values(), *written, *read)}

    def by_text(table: pd.DataFrame) -> pd.DataFrame:
        """The same ratings, their arguments named by their texts: so people's and simulated ones meet."""
        return table.assign(argument=table["argument"].map(lambda name: keys.get(name, name)))

    analyses = [] if people is None else [analyse(people, read, **options)]
    analyses += [analyse(table, written, **options) for table in simulated.values()]
    calibrations = [
        calibrate(by_text(people), table, draws, seed)
        for table in map(by_text, simulated.values())
        if people is not None and set(by_text(people)["argument"]) & set(table["argument"])
    ]
    told = {
        "analyses": [one.model_dump(mode="json") for one in analyses],
        "calibrations": [one.model_dump(mode="json") for one in calibrations],
    }
    write(folder / ANALYSIS, json.dumps(told, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    tables = [table for table in (people, *simulated.values()) if table is not None]
    page = render(
        analyses,
        calibrations,
        title="Persuasiveness",
        made=_made(written, simulated, command),
        examples=_examples(tables, {a.id: a for a in (*anchor.anchors().values(), *read, *written)}),
    )
    return Conclusion(tuple(analyses), tuple(calibrations), write(folder / REPORT, page))


def read_generations(path: Path) -> dict[str, list[str]]:
    """Classes of sources, each with its members, oldest first, from YAML.

    Raises:
        PersuasionError: the file can't be read, or is something else.
    """
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PersuasionError(f"{path} can't be read as YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(loaded, dict) or not all(isinstance(names, list) for names in loaded.values()):
        raise PersuasionError(f"{path} should name classes, each with a list of its sources, oldest first.")
    return {str(group): [str(name) for name in names] for group, names in loaded.items()}


def _simulated(folder: Path, needed: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    path = folder / RATINGS
    if path.is_file() or needed:
        for name, table in read_ratings(path).groupby("rater_model"):
            yield str(name), table.reset_index(drop=True)


def _arguments(path: Path) -> list[Argument]:
    return read_arguments(path) if path.is_file() else []


def _made(written: Sequence[Argument], simulated: Mapping[str, pd.DataFrame], command: str) -> dict[str, str]:
    """What the figures rest on."""
    made = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "Subterfuge": __version__,
        "claims": f"{len(opinions())} of {len({c.topic for c in opinions()})} topics, {digest(opinions())}",
        "anchors": anchor.digest(),
    }
    settings = {
        (a.source, json.dumps([a.provenance.get("model_args"), a.provenance.get("config")])) for a in written
    }
    made |= {f"arguments by {source}": told for source, told in sorted(settings)}
    made |= {
        f"simulated raters by {name}": f"{table['rater'].nunique()} pairs of persona and wording"
        for name, table in simulated.items()
    }
    return made | ({"command": command} if command else {})


def _examples(tables: Sequence[pd.DataFrame], texts: Mapping[str, Argument]) -> list[Example]:
    """Of each table some ratings of arguments: those that moved most and least, and evenly in between."""
    found = []
    for table in tables:
        rated = table[(table["arm"] == "argument") & table["argument"].isin(list(texts))]
        once = rated.sort_values(["shift", "argument"]).drop_duplicates("argument")
        places = [round(i * (len(once) - 1) / (EXAMPLES - 1)) for i in range(EXAMPLES)] if len(once) else []
        for row in once.iloc[sorted(set(places))].to_dict("records"):
            argument = texts[row["argument"]]
            claim = by_id().get(row["claim"])
            found.append(
                Example(
                    source=row["source"],
                    strategy=row["strategy"],
                    claim=claim.text if claim else row["claim"],
                    text=argument.text,
                    before=row["before"],
                    after=row["after"],
                    who=row["rater"] if row["kind"] == "simulated" else "a person",
                )
            )
    return found
