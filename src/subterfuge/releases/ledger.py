"""The ledger: an append-only file of records, written by one process at a time.

    with Ledger.open("releases", create=True) as ledger:
        ledger.append(Lock(digest=protocol.digest(), protocol=protocol))

What `append` has returned for is on the disk: it survives a kill and a power cut. What was being written then
is cut off at the next opening, and a `recovered` record says so.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from subterfuge import __version__
from subterfuge.releases.chain import FILE, FORMAT, Link, read_body, seal, stamp, write_body
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.history import History, Record, read
from subterfuge.releases.records import KINDS, Body, Genesis, Recovered

__all__ = ["Ledger", "Record", "read"]

SLACK = timedelta(seconds=2)
"""How far the clock may be behind the last record when a ledger is opened: clocks are set a little."""

_KIND = {made: kind for kind, made in KINDS.items()}
_BEGINNING = b'{"body":{'


class Ledger:
    """A ledger that is open for writing. Made by `open`; may be used from several threads."""

    def __init__(self, path: Path, handle: int) -> None:
        """Take over an open and locked file; `open` is what makes ledgers."""
        self.path = path
        """The file."""
        self._handle = handle
        self._lock = threading.Lock()
        self._history = History(path)

    @classmethod
    def open(cls, folder: Path | str, create: bool = False) -> Self:
        """Open a ledger for writing: lock it, check it, and cut off what a kill left half-written.

        Args:
            folder: the ledger's folder.
            create: start a ledger if there is none.

        Raises:
            ReleaseError: there is none, another process writes to it, it was edited or damaged, or the clock
                is behind its last record.
        """
        path = Path(folder) / FILE
        try:
            if create:
                path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT if create else 0)
            handle = os.open(path, flags, 0o666)
        except FileNotFoundError as error:
            raise ReleaseError(
                f"There is no ledger in {folder}. Look for {FILE}, or start one there."
            ) from error
        except OSError as error:
            raise ReleaseError(f"{path} can't be opened for writing: {error.strerror or error}.") from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ReleaseError(
                    f"Another process is writing to {path}. Wait until it has ended, or stop it."
                ) from error
            ledger = cls(path, handle)
            ledger._begin(create)
        except BaseException:
            os.close(handle)
            raise
        return ledger

    @property
    def records(self) -> History:
        """All records so far; grows as records are appended."""
        return self._history

    @property
    def head(self) -> str:
        """Hash of the last record."""
        return self._history.head

    def append(self, body: Body) -> Record:
        """Write a record. When this returns, the record is on the disk.

        Raises:
            ReleaseError: it can't be written; then nothing of it is in the ledger.
        """
        return self.append_many([body])[0]

    def append_many(self, bodies: Sequence[Body]) -> list[Record]:
        """Write several records at the cost of one: all are on the disk when this returns.

        A power cut before that may leave the first of them only, whole.

        Raises:
            ReleaseError: they can't be written; then none of them is in the ledger.
        """
        with self._lock:
            if self._handle < 0:
                raise ReleaseError(f"{self.path} is closed: open the ledger to write to it.")
            self._mine()
            lines, links = self._seal(bodies)
            start, size = len(self._history), self._history.size
            try:
                _write(self._handle, b"".join(lines))
                os.fsync(self._handle)
                self._history.add([(link, len(line)) for line, link in zip(lines, links, strict=True)])
            except BaseException as error:
                # An interrupt may come anywhere: either all of it is told as written, or nothing of it stays.
                if len(self._history) == start:
                    self._undo(size)
                if isinstance(error, OSError):
                    raise ReleaseError(
                        f"{self.path} can't be written: {error.strerror or error}. The record was not kept; "
                        "what was written before it is whole."
                    ) from error
                raise
            return [Record(link.n, link.time, link.kind, link.hash, link.raw) for link in links]

    def close(self) -> None:
        """Let others write. The records can still be read."""
        with self._lock:
            if self._handle >= 0:
                os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, create: bool) -> None:
        """Start an empty ledger, and mend one that a kill left half-written."""
        history, torn = self._history, self._history.torn
        now = datetime.now(UTC)
        if history and now < history.time - SLACK:
            raise ReleaseError(
                f"The clock says {stamp(now)}, and the last record of {self.path} is of "
                f"{stamp(history.time)}: set the clock."
            )
        if not history and not create:
            raise ReleaseError(f"{self.path} holds no record: it was never begun.")
        if not history and not _BEGINNING.startswith(torn[: len(_BEGINNING)]):
            raise ReleaseError(f"{self.path} is not a ledger: move it away.")
        bodies: list[Body] = [] if history else [Genesis(format=FORMAT, version=__version__)]
        if torn:
            bodies.append(Recovered(bytes=len(torn), sha256=hashlib.sha256(torn).hexdigest()))
        if not bodies:
            return
        lines, links = self._seal(bodies)
        try:
            _overwrite(self.path, history.size, b"".join(lines))
        except OSError as error:
            raise ReleaseError(f"{self.path} can't be written: {error.strerror or error}.") from error
        history.add([(link, len(line)) for line, link in zip(lines, links, strict=True)])
        history.torn = b""

    def _seal(self, bodies: Sequence[Body]) -> tuple[list[bytes], list[Link]]:
        lines, links = [], []
        n, head = len(self._history), self._history.head
        # The clock may step back while a run goes on; the order of records is what happened.
        time = max(self._history.time, datetime.now(UTC))
        for body in bodies:
            n += 1
            line, link = seal(n, head, time, _KIND[type(body)], _written(body))
            head = link.hash
            lines.append(line)
            links.append(link)
        return lines, links

    def _mine(self) -> None:
        """See that the file is still the one that was opened, and as it was left."""
        try:
            there, here = self.path.stat(), os.fstat(self._handle)
        except OSError as error:
            raise ReleaseError(f"{self.path} is gone: {error.strerror or error}.") from error
        if (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino):
            raise ReleaseError(f"{self.path} was replaced by another file while it was open.")
        if here.st_size != self._history.size:
            raise ReleaseError(
                f"{self.path} is not as this process left it: close the ledger, and open it again."
            )

    def _undo(self, size: int) -> None:
        """Cut off what was written of records that are not kept."""
        with contextlib.suppress(OSError):  # then the half-written line is cut off at the next opening
            os.ftruncate(self._handle, size)
            os.fsync(self._handle)


def _written(body: Body) -> str:
    """The body as it is written; only what can be read again is.

    Raises:
        ReleaseError: it can't.
    """
    kind = _KIND[type(body)]
    try:
        text = write_body(body)
        again = write_body(read_body(Link(0, "", datetime.now(UTC), kind, "", text.encode("ascii"))))
    except (ValueError, TypeError, RecursionError) as error:
        raise ReleaseError(
            f"A record of kind {kind!r} can't be written: {' '.join(str(error).split())}."
        ) from error
    if again != text:
        raise ReleaseError(
            f"A record of kind {kind!r} would not be read as it was written: {json.dumps(text)[:200]}."
        )
    return text


def _write(handle: int, data: bytes) -> None:
    """Write all of it: one call, unless the system takes it in parts."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _overwrite(path: Path, start: int, data: bytes) -> None:
    """Put bytes in the place of all that stands from `start` on.

    Written over and then cut, not cut and then written: a kill in between leaves another torn tail, and never
    one that was cut without a word.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.lseek(handle, start, os.SEEK_SET)
        _write(handle, data)
        os.ftruncate(handle, start + len(data))
        os.fsync(handle)
    finally:
        os.close(handle)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name of a new file is in its folder's data alone
    finally:
        os.close(folder)
