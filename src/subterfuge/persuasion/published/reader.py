"""From bytes to a clean frame: one row a rating, as the file has them, in its own order and signs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import ftfy
import pandas as pd
import yaml

from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published.stance import stance
from subterfuge.persuasion.published.table import load, parse

COLUMNS = (
    "worker_id",
    "claim",
    "argument",
    "source",
    "prompt_type",
    "rating_initial",
    "rating_final",
    "persuasiveness_metric",
)
"""The published file's, in its order."""

STRAIGHT = str.maketrans("‘’“”\u00a0", "''\"\" ")


@dataclass(frozen=True)
class Read:
    """A file, read."""

    frame: pd.DataFrame
    """`COLUMNS`, by the row's number below the header. Ratings and metric are whole numbers, prompts are
    strategies' names or slugs, claims are in one form: see `claim_form`."""
    digest: str
    """SHA-256 of the file's bytes."""
    remarks: list[str]


def read(path: Path) -> Read:
    """Read a file with the published columns.

    Raises:
        PersuasionError: there is no such file, it is no such table, or a row has something impossible in it.
    """
    content = load(path)
    table = parse(content, COLUMNS, str(path))
    frame = pd.DataFrame(table.rows, columns=list(COLUMNS))
    frame.index += 1
    remarks = [*table.remarks, *_repair(frame)]

    def column(name: str, clean: Callable[[str], object]) -> None:
        clean_cells = [_cell(text, clean, path, row, name) for row, text in frame[name].items()]
        frame[name] = pd.Series(clean_cells, index=frame.index)

    column("worker_id", _present)
    column("argument", _text)
    spelt = frame["claim"].nunique()
    column("claim", lambda text: claim_form(_present(text)))
    column("source", lambda text: _names("sources").get(slug(_present(text)), _present(text)))
    column("prompt_type", lambda text: _names("prompts").get(slug(text), slug(text)))
    column("rating_initial", stance)
    column("rating_final", stance)
    column("persuasiveness_metric", _whole)
    if (same := spelt - frame["claim"].nunique()) > 0:
        remarks.append(f"{same:,} spellings of claims differ from others in punctuation alone: taken as one.")
    known = {*_names("prompts").values()}
    if unknown := sorted(set(frame["prompt_type"]) - known):
        remarks.append(f"Prompts that the published study doesn't have are kept: {', '.join(unknown)}.")
    return Read(frame, hashlib.sha256(content).hexdigest(), remarks)


def claim_form(text: str) -> str:
    """A claim in one form: single spaces, straight quotes, and one full stop unless it ends otherwise.

    The published claims are punctuated inconsistently; joins go by this form.
    """
    plain = " ".join(text.translate(STRAIGHT).split()).rstrip(" .")
    return plain if plain.endswith(("!", "?")) else f"{plain}."


def slug(text: str) -> str:
    """Letters and digits of a text in lower case, all else as single underscores."""
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_")


def _repair(frame: pd.DataFrame) -> list[str]:
    """Undo wrong decodings in place (`’` that became `â€™`, also twice); nothing else of a text changes."""
    garbled = 0
    for name in ("worker_id", "claim", "argument", "source", "prompt_type"):
        fixed = {text: ftfy.fix_encoding(text) for text in frame[name].unique()}
        garbled += sum(text != whole for text, whole in fixed.items())
        frame[name] = frame[name].map(fixed)
    return [f"{garbled:,} texts were garbled by a wrong decoding, and repaired."] if garbled else []


def _cell(text: str, clean: Callable[[str], object], path: Path, row: object, name: str) -> object:
    try:
        return clean(text)
    except ValueError as error:
        raise PersuasionError(f"{path}, row {row}, {name}: {error}.") from error


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("there is nothing")
    return text


def _present(text: str) -> str:
    return " ".join(_text(text).split())


def _whole(text: str) -> int:
    plain = text.strip().replace("\u2212", "-")
    if not re.fullmatch(r"[+-]?\d{1,2}([.]0*)?", plain):
        raise ValueError(f"{text!r:.60} is no whole number")
    return int(float(plain))


@cache
def _names(kind: str) -> dict[str, str]:
    """From the slug of every spelling to the name."""
    loaded = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))[kind]
    return {slug(spelling): name for name, spellings in loaded.items() for spelling in (name, *spellings)}
