"""The hash chain of a ledger: what a line is, how it holds on to the line before, and how to check them all.

    {"body":{"format":1,"version":"0.2.0"},"hash":"3c…","kind":"ledger","n":1,"prev":"00…","time":"2026-…Z"}

A line is canonical JSON: sorted keys, no spaces, ASCII. `hash` is the SHA-256 of the line without `hash`, and
`prev` is the hash of the line before, so whoever knows the last hash (the head) can tell whether anything
before it was changed. Line n holds record n.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pydantic import ValidationError

from subterfuge.releases.records import KINDS, Body, Genesis, Lock

FORMAT = 1
"""The version of the file's format that this code writes, and the only one that it reads."""

FILE = "ledger.jsonl"
"""The ledger's name in its folder."""

NO_HASH = "0" * 64
"""What stands for the hash before the first record."""

MOST = 20
"""How many problems `check` tells one by one."""

_START = b'{"body":{'
_HASH = b',"hash":"'
_HASH_LENGTH = len(_HASH) + 64 + 1
_TAIL = re.compile(
    rb',"hash":"([0-9a-f]{64})","kind":"([a-z]+)","n":([1-9][0-9]{0,17}),"prev":"([0-9a-f]{64})",'
    rb'"time":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)"\}\n'
)
_WHOLE = (Genesis, Lock)
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class Damage(ValueError):
    """A line is not what a ledger holds there; the message says what is wrong, without the place."""


class Link(NamedTuple):
    """One line, taken apart."""

    n: int
    """Number of the record and of its line, from 1."""

    prev: str
    """Hash of the record before."""

    time: datetime
    """When it was written, in UTC, to the millisecond."""

    kind: str
    """What kind of record it is: a key of `records.KINDS`."""

    hash: str
    """SHA-256 of the line without the hash itself."""

    raw: bytes
    """The body as it stands in the file, JSON."""


class Position(NamedTuple):
    """How far a chain has come; what the next line must hold on to."""

    n: int
    """Number of the last record, 0 before the first."""

    head: str | None
    """Hash of the last record; None where damage has left it unknown."""

    time: datetime
    """When the last record was written."""


START = Position(0, NO_HASH, datetime.min.replace(tzinfo=UTC))
"""Before the first record."""


def canonical(value: Any) -> str:
    """The one way to write a value as JSON: sorted keys, no spaces, ASCII.

    Raises:
        ValueError: it holds an infinite number or none at all (NaN).
        TypeError: it holds what JSON has no word for.
    """
    return _ENCODER.encode(value)


def stamp(time: datetime) -> str:
    """A time as lines hold it: "2026-11-23T16:40:12.031Z"."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seal(n: int, prev: str, time: datetime, kind: str, body: str) -> tuple[bytes, Link]:
    """Make a line.

    Args:
        n: number of the record, from 1.
        prev: hash of the record before.
        time: when.
        kind: what kind of record.
        body: what it says, as canonical JSON.

    Returns:
        The line with its newline, and what it holds.
    """
    front = f'{{"body":{body}'
    back = f',"kind":"{kind}","n":{n},"prev":"{prev}","time":"{stamp(time)}"}}'
    found = hashlib.sha256((front + back).encode("ascii")).hexdigest()
    line = f'{front},"hash":"{found}"{back}\n'.encode("ascii")
    told = time.astimezone(UTC)
    told = told.replace(microsecond=told.microsecond // 1000 * 1000)
    return line, Link(n, prev, told, kind, found, body.encode("ascii"))


def take_apart(line: bytes) -> Link:
    """Read one line and hold it against its own hash. Every byte of it counts.

    Raises:
        Damage: it is no record, or its content is not what its hash is of.
    """
    # The envelope is fixed, so hashing the bytes around the hash costs no JSON: a million lines in seconds.
    cut = line.rfind(_HASH)
    tail = _TAIL.fullmatch(line, cut) if cut >= 0 and line.startswith(_START) else None
    if tail is None:
        raise Damage("it is not a record")
    told, kind, n, prev, time = tail.groups()
    found = hashlib.sha256(line[:cut] + line[cut + _HASH_LENGTH : -1]).hexdigest()
    if found != told.decode():
        raise Damage("its content is not what its hash is of")
    try:
        when = datetime.fromisoformat(time.decode())
    except ValueError:
        raise Damage(f"{time.decode()} is no time") from None
    return Link(int(n), prev.decode(), when, kind.decode(), found, line[len(_START) - 1 : cut])


def follow(at: Position, link: Link) -> Position:
    """Hold a record against what stands before it.

    Returns:
        The position after it.

    Raises:
        Damage: it is not the next record.
    """
    if link.n != at.n + 1:
        raise Damage(f"it is record {link.n}, where record {at.n + 1} belongs")
    if at.head is not None and link.prev != at.head:
        raise Damage("it does not follow from the record before it")
    if link.time < at.time:
        raise Damage(f"its time, {stamp(link.time)}, is before that of the record before it")
    if (link.kind == "ledger") != (link.n == 1):
        raise Damage("the first record, and no other, says that this is a ledger")
    return Position(link.n, link.hash, link.time)


def read_body(link: Link) -> Body:
    """What a record says.

    Raises:
        Damage: its body is not one of its kind.
    """
    made = KINDS.get(link.kind)
    if made is None:
        raise Damage(f"this version of Subterfuge knows no record of kind {link.kind!r}")
    try:
        body = _quick(made, link.raw) or made.model_validate(json.loads(link.raw))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Damage(f"it is no record of kind {link.kind!r}: {place}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise Damage("its body is not JSON") from None
    if isinstance(body, Genesis) and body.format != FORMAT:
        raise Damage(
            f"the ledger has format {body.format}, and this version of Subterfuge reads format {FORMAT}"
        )
    return body


def _quick(made: type[Body], raw: bytes) -> Body | None:
    """Three times faster than by way of `json`, which takes a few texts more (half a surrogate pair)."""
    try:
        return made.model_validate_json(raw)
    except ValidationError:
        return None


def write_body(body: Body) -> str:
    """A body as canonical JSON, without what is as it is by default.

    What a ledger and a protocol are is written whole: no later version's defaults may change it.

    Raises:
        ValueError, TypeError: it holds what JSON can't.
    """
    # Pydantic would write a number that is none as null, without a word.
    if not _finite(body.model_dump()):
        raise ValueError("it holds a number that is infinite or none")
    return canonical(body.model_dump(mode="json", exclude_defaults=not isinstance(body, _WHOLE)))


def check(path: Path | str, head: str | None = None) -> list[str]:
    """Everything that is wrong with a ledger; raises nothing.

    Each line is held against its hash, its place in the chain, canonical JSON and its kind.

    Args:
        path: the ledger, or its folder.
        head: a hash that was told of this ledger before, such as in a report: it must still be in it.

    Returns:
        One line for each problem, in the order of the file: `MOST` at most, and how many more there are.
        None: all is well.
    """
    path = Path(path)
    told: list[str] = []
    more = 0
    try:
        with (path / FILE if path.is_dir() else path).open("rb") as file:
            for problem in _problems(file, head):
                if len(told) < MOST:
                    told.append(problem)
                else:
                    more += 1
    except OSError as error:
        told.append(f"{path} can't be read: {error.strerror or error}")
    return [*told, f"and {more:,} more problems"] if more else told


def _problems(file: BinaryIO, head: str | None) -> Iterator[str]:
    at = START
    wanted = None if head is None else head.strip().lower()
    seen, number = False, 0
    for number, line in enumerate(file, 1):
        if not line.endswith(b"\n"):
            yield (
                f"line {number}: half-written: {len(line):,} bytes without an end. If nobody is writing to "
                "the ledger now, the next to open it cuts them off and says so in it"
            )
            break
        try:
            link = take_apart(line)
        except Damage as error:
            yield f"line {number}: {error}"
            at = Position(at.n + 1, None, at.time)
            continue
        seen = seen or link.hash == wanted
        try:
            follow(at, link)
        except Damage as error:
            yield f"line {number}: {error}"
        at = Position(link.n, link.hash, link.time)
        try:
            _look_inside(link)
        except Damage as error:
            yield f"line {number}: {error}"
    if number == 0:
        yield "the ledger is empty"
    if wanted is not None and not re.fullmatch(r"[0-9a-f]{64}", wanted):
        yield f"the head you gave, {wanted[:80]!r}, is not a head: it should have 64 hexadecimal digits"
    elif wanted is not None and not seen:
        yield (
            f"the ledger ends before the head you gave ({wanted[:12]}…): its tail was cut off, or it is "
            "another ledger"
        )


def _finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_finite(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return all(_finite(inner) for inner in value)
    return not isinstance(value, float) or math.isfinite(value)


def _look_inside(link: Link) -> None:
    """Find what a hash can't tell: whoever makes lines by hand may write one thing in several ways."""
    try:
        same = canonical(json.loads(link.raw)).encode("ascii") == link.raw
    except (ValueError, RecursionError):
        raise Damage("its body is not JSON") from None
    if not same:
        raise Damage("its body is not canonical JSON")
    read_body(link)
