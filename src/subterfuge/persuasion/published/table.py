"""A table as a user has it: CSV of any usual encoding and delimiter, read to the letter or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from subterfuge.persuasion.errors import PersuasionError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

LONGEST = 20_000
"""Characters of a field. An argument of the study has about 1,600: what is longer lost its closing quote."""

UTF16 = (b"\xff\xfe", b"\xfe\xff")
CONTROLS = bytes([*range(9), *range(14, 32)])
"""Bytes that texts have by accident at most."""


@dataclass(frozen=True)
class Table:
    """The asked columns of a file."""

    rows: list[list[str]]
    """Fields as they stand, in the order of the columns asked for."""
    remarks: list[str]
    """What had to be guessed, one sentence each."""


def parse(content: bytes, columns: Sequence[str], where: str) -> Table:
    """Read a table with a header.

    Encoding: UTF-8, UTF-16 by its mark, else Windows-1252. Delimiter: comma, semicolon or tab, by which of
    them the header has all columns. Case of names and other columns don't matter; empty rows are skipped.

    Args:
        content: the file's bytes.
        columns: which must be there.
        where: how an error calls the file.

    Raises:
        PersuasionError: the file is empty or no such table.
    """
    text, remarks = _decode(content, where)
    if not text.strip():
        raise PersuasionError(f"{where} is empty.")
    first = text[:LONGEST].splitlines()[0]
    found = [(d, head) for d in DELIMITERS if set(columns) <= set(head := _header(first, d))]
    if not found:
        raise PersuasionError(_without(first, columns, where))
    delimiter, head = found[0]
    if delimiter != ",":
        remarks.append(f"The columns of {where} are separated by a {DELIMITERS[delimiter]}: read so.")
    if twice := [name for name in columns if head.count(name) > 1]:
        raise PersuasionError(f"{where} has the column {twice[0]} twice.")
    places = [head.index(name) for name in columns]
    rows = [[fields[i] for i in places] for fields in _records(text, delimiter, len(head), where)]
    if not rows:
        raise PersuasionError(f"{where} has no rows below its header.")
    return Table(rows, remarks)


def load(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        PersuasionError: there is no such file, or it can't be read.
    """
    if not path.exists():
        raise PersuasionError(f"There is no file {path}.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise PersuasionError(f"{path} can't be read: {error.strerror or error}.") from error


def _decode(content: bytes, where: str) -> tuple[str, list[str]]:
    if content.startswith(UTF16):
        encodings, remark = ["utf-16"], f"{where} is UTF-16: read so."
    elif b"\0" in content or len(content.translate(None, CONTROLS)) < 0.99 * len(content):
        raise PersuasionError(f"{where} is no text: give the CSV file itself, not Parquet or an archive.")
    else:
        encodings, remark = ["utf-8-sig", "cp1252"], f"{where} isn't UTF-8: read as Windows-1252."
    for encoding in encodings:
        try:
            return content.decode(encoding).lstrip("\r\n"), [] if encoding == "utf-8-sig" else [remark]
        except UnicodeDecodeError:
            continue
    raise PersuasionError(f"{where} is no text in UTF-8, UTF-16 or Windows-1252: save it as UTF-8.")


def _header(line: str, delimiter: str) -> list[str]:
    return [name.strip().casefold() for name in next(csv.reader([line], delimiter=delimiter), [])]


def _without(first: str, columns: Sequence[str], where: str) -> str:
    """What is wrong with a header that lacks columns."""
    if len(columns) > 1 and all(name in first.casefold() for name in columns):
        return f"The columns of {where} are separated by neither comma, semicolon nor tab: save it as CSV."
    heads = [_header(first, delimiter) for delimiter in DELIMITERS]
    head = max(heads, key=lambda names: (len(set(names) & set(columns)), len(names)))
    missing = [name for name in columns if name not in head]
    shown = first if len(first) <= 100 else f"{first[:100]}..."
    return f"{where} has no column {', '.join(missing)}; its first line is: {shown}"


def _records(text: str, delimiter: str, width: int, where: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        next(reader)
        for fields in reader:
            if not any(fields):
                continue
            number += 1
            if len(fields) != width:
                raise PersuasionError(f"{where}, row {number}: {len(fields)} fields in place of {width}.")
            if max(map(len, fields)) > LONGEST:
                raise PersuasionError(_long(where, number))
            yield fields
    except csv.Error as error:
        if "field limit" in str(error):
            raise PersuasionError(_long(where, number + 1)) from error
        raise PersuasionError(f"{where}, row {number + 1}: no CSV ({error}).") from error


def _long(where: str, row: int) -> str:
    return (
        f"{where}, row {row}: a field of more than {LONGEST:,} characters; a quotation mark may be missing."
    )
