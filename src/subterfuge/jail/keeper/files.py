"""Writes, reads and lists files. While it does no other process lives in the jail, so nothing can race it."""

# ruff: noqa: PTH101, PTH103, PTH108, PTH112, PTH114, PTH115, PTH120, PTH123, PTH208, PTH211
# pathlib takes 10 ms to import
from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")

ROOTS = (b"/home", b"/tmp")
HOME = b"/home/user"
DEPTH, ENTRIES = 64, 20_000
KNOWN: set[bytes] = set()
"""What the host ever wrote: looked at even where its folder has too much in it to be listed."""
_SYSTEM = (b"/proc", b"/dev", b"/sys", b"/run")  # reading these is not reading a file


def write(fields: list[bytes]) -> list[bytes]:
    """Put nodes at their places: `[b"write", follow, (path, kind, data)...]`."""
    follow = bool(fields[1])
    for path, kind, data in zip(fields[2::3], fields[3::3], fields[4::3], strict=True):
        place = os.path.realpath(path) if follow else path
        if place in ROOTS and kind == b"f":
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if os.path.normpath(place) != place or not place.startswith(tuple(root + b"/" for root in ROOTS)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        KNOWN.add(place)
        parent = place if kind == b"d" else os.path.dirname(place)
        os.makedirs(parent, exist_ok=True)
        if os.path.realpath(parent) != parent:
            raise PermissionError(errno.EACCES, "a link stands in the way")
        if kind == b"f":
            _put(place, data)
        elif kind == b"l":
            if os.path.lexists(place):
                os.unlink(place)
            os.symlink(data, place)
    return [b"ok"]


def _put(place: bytes, data: bytes) -> None:
    if os.path.islink(place):
        os.unlink(place)
    elif os.path.isdir(place):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    elif os.path.lexists(place):
        if not stat.S_ISREG(os.lstat(place).st_mode):
            raise PermissionError(errno.EACCES, "not a regular file")
        if not os.access(place, os.W_OK):
            os.chmod(place, 0o644)
    with open(place, "wb", buffering=0) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]


class _Lifted:
    """Modes that were in the way of seeing what is there, lifted for as long as it takes."""

    def __init__(self) -> None:
        self.modes: list[tuple[bytes, int]] = []

    def act(self, path: bytes, action: Callable[[bytes], T]) -> T:
        try:
            return action(path)
        except PermissionError:
            self.modes.append((path, stat.S_IMODE(os.lstat(path).st_mode)))
            os.chmod(path, 0o700)
            return action(path)

    def restore(self) -> None:
        for path, mode in reversed(self.modes):
            os.chmod(path, mode)


def _content(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _node(path: bytes, room: int, lifted: _Lifted) -> tuple[bytes, bytes]:
    """Kind and data of what is at a path: (f)ile, (l)ink, (d)irectory, or (u)nreadable with the reason."""
    try:
        info = os.lstat(path)
        if stat.S_ISLNK(info.st_mode):
            return b"l", _readable(os.readlink(path))
        if stat.S_ISDIR(info.st_mode):
            return b"d", b""
        if not stat.S_ISREG(info.st_mode):
            return b"u", b"not a regular file"
        if info.st_size > room:
            return b"u", b"too large: %d bytes" % info.st_size
        data = lifted.act(path, _content)
    except OSError as error:
        return b"u", (error.strerror or "error").encode()
    return b"f", data


def _names(path: bytes) -> list[bytes]:
    return os.listdir(path)


def _readable(name: bytes) -> bytes:
    return name.decode("utf-8", "backslashreplace").encode()


def read(fields: list[bytes]) -> list[bytes]:
    """What is at one path: `[b"read", follow, room, path]`."""
    path = fields[3]
    if fields[1]:
        path = os.path.realpath(path)
    if path.startswith(_SYSTEM):
        return [b"node", b"u", os.strerror(errno.EACCES).encode()]
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return [b"none"]
    except OSError:
        pass  # it is told below
    lifted = _Lifted()
    try:
        return [b"node", *_node(path, int(fields[2]), lifted)]
    finally:
        lifted.restore()


def snapshot(fields: list[bytes]) -> list[bytes]:
    """All that is under some folders: `[b"snapshot", room of a file, room of all, folder...]`."""
    lifted = _Lifted()
    try:
        found = _walk(fields[3:], int(fields[1]), int(fields[2]), lifted)
    finally:
        lifted.restore()
    return [b"tree", *(field for path, node in found.items() for field in (_readable(path), *node))]


def _walk(roots: list[bytes], room: int, total: int, lifted: _Lifted) -> dict[bytes, tuple[bytes, bytes]]:
    found: dict[bytes, tuple[bytes, bytes]] = {}
    waiting, count = [(root, 0) for root in roots], 0
    while waiting:
        path, depth = waiting.pop()
        kind, data = _node(path, min(room, total), lifted)
        if kind == b"d":
            try:
                names = lifted.act(path, _names)
            except OSError as error:
                kind, data, names = b"u", (error.strerror or "error").encode(), []
            count += len(names)
            if names and (depth >= DEPTH or count > ENTRIES):
                kind, data = b"u", b"too deep" if depth >= DEPTH else b"too many files"
                names = [name for name in names if path + b"/" + name in KNOWN]
            waiting += [(path + b"/" + name, depth + 1) for name in names]
            if kind == b"d" and (names or path in (*ROOTS, HOME)):
                continue
        total -= len(data)
        found[path] = kind, data
    return found
