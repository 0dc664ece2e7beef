"""Whether a simulated rater favours arguments that models of its own family wrote.

A difference can also mean that the family writes better: it is a preference only as far as people, who
rated the same arguments, do not share it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import yaml

from subterfuge.persuasion.analysis.engine import fit, source_mean
from subterfuge.persuasion.analysis.results import Preference
from subterfuge.persuasion.ratings import SIMULATED

FAMILIES = Path(__file__).with_name("families.yaml")


def family(name: str) -> str:
    """A model's family: of `families.yaml`, or else its own name up to the first digit.

    Args:
        name: with or without provider and organisation: `anthropic/claude-3-haiku`, `Claude 3 Haiku`.
    """
    known = next((found for found, pattern in _families() if pattern.search(name)), None)
    own = re.split(r"\d", name.rsplit("/", 1)[-1], maxsplit=1)[0].strip(" -_.").casefold()
    return known or own or name.casefold()


def preferences(
    frame: pd.DataFrame, rater_model: str, draws: int = 10_000, seed: int = 0
) -> tuple[Preference, ...]:
    """Mean shift by the rater's own family's arguments less that by all others'.

    Claims, and among a family's sources each source, count the same; only claims that both sides argued for
    are compared. Others are all other sources, people and the project's own arguments included.

    Args:
        frame: ratings, see `ratings.COLUMNS`.
        rater_model: whose ratings are looked at.
        draws: bootstrap draws of topics.
        seed: of the draws.

    Returns:
        One, or none if the model rated only its own family or only others.
    """
    wanted = (frame["kind"] == SIMULATED) & (frame["rater_model"] == rater_model)
    frame = frame[wanted & (frame["arm"] == "argument")]
    own = {source for source in frame["source"].unique() if family(source) == family(rater_model)}
    mine = frame["source"].isin(own)
    both = set(frame.loc[mine, "claim"]) & set(frame.loc[~mine, "claim"])
    frame = frame[frame["claim"].isin(both)]
    if frame.empty:
        return ()
    fitted = fit(frame, "shift", (), cells=("source",))
    rows = [source_mean(fitted, source) for (source,) in fitted.cells if source in own]
    rest = [source_mean(fitted, source) for (source,) in fitted.cells if source not in own]
    mean, others = np.mean(rows, axis=0), np.mean(rest, axis=0)
    found = fitted.bootstrap(np.array([mean, others, mean - others]), draws, seed).estimates()
    return (Preference(family=family(rater_model), own=found[0], others=found[1], difference=found[2]),)


@cache
def _families() -> tuple[tuple[str, re.Pattern[str]], ...]:
    entries = cast(list[dict[str, str]], yaml.safe_load(FAMILIES.read_text(encoding="utf-8")))
    return tuple((entry["family"], re.compile(entry["pattern"], re.IGNORECASE)) for entry in entries)
