"""What a ledger holds: its records, checked as they are read, and kept in the file rather than in memory."""

from __future__ import annotations

import os
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import overload

from subterfuge.releases.chain import FILE, NO_HASH, START, Damage, Link, follow, read_body, take_apart
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.records import Body

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Record:
    """One record of a ledger."""

    n: int
    """Its number, from 1."""

    time: datetime
    """When it was written, in UTC."""

    kind: str
    """What kind it is: a key of `records.KINDS`."""

    hash: str
    """Its hash, which names it and all before it."""

    raw: bytes = field(repr=False)
    """What it says, as JSON."""

    @cached_property
    def body(self) -> Body:
        """What it says; read when first asked for.

        Raises:
            ReleaseError: the body is not one of its kind.
        """
        try:
            return read_body(Link(self.n, "", self.time, self.kind, self.hash, self.raw))
        except Damage as error:
            raise ReleaseError(f"Record {self.n} of the ledger can't be read: {error}.") from error


class History(Sequence[Record]):
    """The records of a ledger. Only places, kinds and hashes are in memory, 48 bytes a record.

    The rest is read from the file when asked for, and held against the hash that it had at first.
    """

    def __init__(self, path: Path) -> None:
        """Read and check a ledger.

        Args:
            path: the file.

        Raises:
            ReleaseError: it can't be read, or a line is not what belongs there.
        """
        self.path = path
        """The file."""
        self.torn = b""
        """A half-written last line, as it was found; empty where there was none."""
        self._at = START
        self._ends = array("Q", [0])
        self._hashes = bytearray()
        self._kinds: list[str] = []
        try:
            self._handle = os.open(path, os.O_RDONLY)
            self._close = weakref.finalize(self, os.close, self._handle)
            with path.open("rb") as file:
                for line in file:
                    self._read(line)
        except OSError as error:
            raise ReleaseError(f"{path} can't be read: {error.strerror or error}.") from error
        if self:
            _ = self[0].body  # says whether this version reads the format

    @property
    def head(self) -> str:
        """Hash of the last record: what names the whole ledger as it is now."""
        return self._at.head or NO_HASH

    @property
    def time(self) -> datetime:
        """When the last record was written."""
        return self._at.time

    @property
    def size(self) -> int:
        """How many bytes the whole records take up in the file."""
        return self._ends[self._at.n]

    def add(self, lines: Sequence[tuple[Link, int]]) -> None:
        """Take in records that stand in the file from `size` on: all, or none where it is interrupted.

        Args:
            lines: the records, and how many bytes the line of each has.

        Raises:
            Damage: one does not follow from the one before it.
        """
        at, end = self._at, self.size
        # What an interrupt left of another call lies behind the position, which alone says what counts.
        del self._kinds[at.n :], self._ends[at.n + 1 :], self._hashes[32 * at.n :]
        for link, length in lines:
            at = follow(at, link)
            end += length
            self._hashes += bytes.fromhex(link.hash)
            self._kinds.append(link.kind)
            self._ends.append(end)
        self._at = at

    def of(self, kind: str) -> Iterator[Record]:
        """The records of one kind; the others are not read."""
        return (self[i] for i in range(len(self)) if self._kinds[i] == kind)

    def __len__(self) -> int:
        return self._at.n

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(f"record {index + 1} of {len(self)}")
        return next(self._span(index, index + 1))

    def __iter__(self) -> Iterator[Record]:
        start = 0
        while start < len(self):
            stop = bisect_right(self._ends, self._ends[start] + _CHUNK) - 1
            stop = min(max(stop, start + 1), len(self))
            yield from self._span(start, stop)
            start = stop

    def _read(self, line: bytes) -> None:
        if not line.endswith(b"\n"):
            self.torn = line
            return
        try:
            self.add([(take_apart(line), len(line))])
        except Damage as error:
            raise ReleaseError(
                f"{self.path}, line {len(self) + 1}: {error}. The ledger was edited or damaged: put a "
                "copy of it in its place."
            ) from error

    def _span(self, start: int, stop: int) -> Iterator[Record]:
        """Records from `start` on up to `stop`, read in one go."""
        first = self._ends[start]
        block = _pread(self._handle, self._ends[stop] - first, first)
        for i in range(start, stop):
            try:
                link = take_apart(block[self._ends[i] - first : self._ends[i + 1] - first])
            except Damage:
                link = None
            if link is None or bytes.fromhex(link.hash) != self._hashes[32 * i : 32 * i + 32]:
                raise ReleaseError(
                    f"{self.path} was changed while it was being read: line {i + 1} is another."
                )
            yield Record(link.n, link.time, link.kind, link.hash, link.raw)


def read(folder: Path | str) -> tuple[History, str]:
    """Read a ledger without writing to it, also while somebody else writes.

    Args:
        folder: the ledger's folder.

    Returns:
        Its records, and its head. A half-written last line is no record; `History.torn` holds it.

    Raises:
        ReleaseError: there is no ledger, or it was edited or damaged.
    """
    path = Path(folder) / FILE
    if not path.exists():
        raise ReleaseError(f"There is no ledger in {folder}. Look for {FILE}, or start one there.")
    history = History(path)
    if not history:
        raise ReleaseError(f"{path} holds no record: it was never begun.")
    return history, history.head


def _pread(handle: int, length: int, offset: int) -> bytes:
    parts = []
    while length > 0 and (part := os.pread(handle, length, offset)):
        parts.append(part)
        length, offset = length - len(part), offset + len(part)
    return b"".join(parts)
