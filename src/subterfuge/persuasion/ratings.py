"""Ratings: one row for each time that a rater's stance was taken before and after reading something.

People's and simulated ratings have the same columns and never share a table. Stance is support of the
claim on the paper's scale, from 1 (strongly oppose) over 4 (neither) to 7 (strongly support); a simulated
rater's is the expected value over the seven answers, so it need not be whole.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from subterfuge.persuasion.errors import PersuasionError
from subterfuge.reporting import write

RATINGS = "ratings.csv"
"""Simulated ratings' place in a study's folder."""

LOW, HIGH, NEITHER = 1, 7, 4
"""Ends and middle of the scale."""

LABELS = {
    1: "Strongly oppose",
    2: "Oppose",
    3: "Somewhat oppose",
    4: "Neither oppose nor support",
    5: "Somewhat support",
    6: "Support",
    7: "Strongly support",
}

HUMAN, SIMULATED = "human", "simulated"

TEXT = {
    "kind": "`human` or `simulated`: one and the same in all rows of a table",
    "rater": "who rated: a person's id, or model/persona/wording",
    "rater_model": "the model of a simulated rater; empty for people",
    "arm": "`argument`, or a control: see `arms`",
    "topic": "what the claim is about: the cluster of all intervals",
    "claim": "id or text of the claim that was rated",
    "argument": "id of what was read; for imported arguments a digest of the text",
    "source": "who wrote what was read",
    "strategy": "which strategy it was asked for; empty for none",
    "persona": "who a simulated rater was told to be; empty for people",
    "wording": "which wording and order of the scale a simulated rater got; empty for people",
}
NUMBERS = {
    "before": "stance before, 1 to 7",
    "after": "stance after, 1 to 7",
    "shift": "after minus before: positive is towards the claim",
    "words": "words of what was read",
}
COLUMNS = (*TEXT, *NUMBERS)

ARMS = {
    "argument": "read an argument for the claim",
    "no_argument": "read a neutral text of about the same length",
    "swapped_side": "read an argument for the opposite claim",
    "gibberish": "read the words of an argument in random order",
    "unrelated": "read an argument about another topic",
    "fact": "read an argument against a fact that nobody disputes",
}
"""What a rater may have read between the two ratings; all but the first are controls."""


def check(frame: pd.DataFrame, where: str = "the ratings") -> pd.DataFrame:
    """Ratings with the columns of `COLUMNS`, in that order, and nothing impossible in them.

    Args:
        frame: what was read.
        where: how an error calls it.

    Raises:
        PersuasionError: a column is missing, a stance is no number from 1 to 7, a shift isn't the difference,
            people's and simulated ratings are mixed, or there are no rows.
    """
    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise PersuasionError(f"In {where} there is no column {', '.join(missing)}.")
    if frame.empty:
        raise PersuasionError(f"There are no rows in {where}.")
    frame = frame[list(COLUMNS)].copy()
    for name in TEXT:
        frame[name] = frame[name].fillna("").astype(str)
    for name in NUMBERS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
    kinds = sorted(frame["kind"].unique())
    if kinds not in ([HUMAN], [SIMULATED]):
        raise PersuasionError(
            f"In {where} the kinds of ratings are {', '.join(kinds)}: a table holds `human` or `simulated` "
            "ones, never both."
        )
    for name in ("before", "after"):
        if not frame[name].between(LOW, HIGH).all():
            row = int(np.flatnonzero(~frame[name].between(LOW, HIGH))[0]) + 1
            raise PersuasionError(f"In {where}, row {row}: {name} is no number from {LOW} to {HIGH}.")
    if not np.allclose(frame["shift"], frame["after"] - frame["before"], atol=1e-6):
        raise PersuasionError(f"In {where} a shift is not the difference of after and before.")
    if unknown := sorted(set(frame["arm"]) - set(ARMS)):
        raise PersuasionError(f"In {where} there is an unknown arm: {', '.join(unknown)}.")
    return frame


def read_ratings(path: Path) -> pd.DataFrame:
    """Read ratings from CSV.

    Raises:
        PersuasionError: there is no such file, or it holds something else: see `check`.
    """
    if not path.is_file():
        raise PersuasionError(
            f"There are no ratings at {path}: make some with `subterfuge persuade rate`, "
            "or read the published ones with `subterfuge persuade import`."
        )
    try:
        frame = pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise PersuasionError(f"{path} is no table: {str(error).splitlines()[0]}.") from error
    return check(frame, str(path))


def write_ratings(path: Path, frame: pd.DataFrame) -> Path:
    """Write ratings as CSV in one step.

    Raises:
        PersuasionError: they are none: see `check`.
        Unwritable: the file can't be written.
    """
    return write(path, check(frame).to_csv(index=False, lineterminator="\n"))
