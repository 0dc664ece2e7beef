"""An argument: a text for one claim, by one source, with all that says how it came about.

A study's arguments are the lines of one file, `arguments.jsonl`. Nothing of a model's text is ever run or
taken as markup.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from subterfuge.persuasion.errors import PersuasionError
from subterfuge.reporting import write

FILE = "arguments.jsonl"

Verdict = Literal["attempted", "refused", "not_attempted"]
"""`refused`: the source declined. `not_attempted`: a text that does not argue for the claim."""


class Argument(BaseModel):
    """One text that argues for one claim."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """Digest of claim, source, strategy, replicate and text: see `identify`."""

    claim: str
    """Id of the claim."""

    topic: str
    """Topic of the claim."""

    source: str
    """Who wrote it: a model's name; `anchor` for the project's own fixed arguments."""

    strategy: str
    """Which strategy it was asked for; "" where none was."""

    text: str
    """The argument as raters read it."""

    words: int
    """Words of the text, by white space."""

    verdict: Verdict
    """Whether it is an attempt at all; only attempts are rated."""

    why: str = ""
    """What made it a refusal or no attempt."""

    trimmed: bool = False
    """It was longer than allowed, and cut after the last whole sentence that fits."""

    continued: bool = False
    """It was shorter than asked for, and its source was asked once to go on."""

    duplicate_of: str = ""
    """Id of an earlier argument of the same source that it nearly repeats."""

    provenance: dict[str, Any] = {}
    """Model, generation settings, digests of prompt and claims, log, sample, version, time."""


def identify(claim: str, source: str, strategy: str, replicate: int, text: str) -> str:
    """An argument's id: 16 hexadecimal digits of a digest of what it is."""
    told = "\x1f".join([claim, source, strategy, str(replicate), text])
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def text_key(text: str) -> str:
    """A digest of a text that white space, case and the kind of quotation marks don't change.

    By it human and simulated ratings of the same argument find each other.
    """
    plain = unicodedata.normalize("NFKC", text).translate(str.maketrans("‘’“”–—", "''\"\"--"))
    return hashlib.sha256(" ".join(plain.casefold().split()).encode("utf-8", "replace")).hexdigest()[:16]


def write_arguments(path: Path, arguments: Iterable[Argument]) -> Path:
    """Write arguments, one JSON object a line, in one step.

    Raises:
        Unwritable: the file can't be written.
    """
    return write(path, "".join(argument.model_dump_json() + "\n" for argument in arguments))


def read_arguments(path: Path) -> list[Argument]:
    """Read a file of arguments.

    Raises:
        PersuasionError: there is none, or a line of it is no argument.
    """
    if not path.is_file():
        raise PersuasionError(
            f"There are no arguments at {path}: make some with `subterfuge persuade argue`."
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PersuasionError(f"{path} can't be read: {error}.") from error
    found = []
    # Not `splitlines`: texts may hold U+2028 and the like, which JSON leaves as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append(Argument.model_validate_json(line))
            except ValidationError as error:
                raise PersuasionError(f"Line {number} of {path} is no argument: {_first(error)}.") from error
    return found


def frame(arguments: Iterable[Argument]) -> pd.DataFrame:
    """Arguments as a data frame: one row each, a column for every field."""
    return pd.DataFrame(
        [argument.model_dump(exclude={"provenance"}) for argument in arguments],
        columns=[name for name in Argument.model_fields if name != "provenance"],
    )


def _first(error: ValidationError) -> str:
    found = error.errors()[0]
    return ": ".join(filter(None, [".".join(str(part) for part in found["loc"]), found["msg"]]))
