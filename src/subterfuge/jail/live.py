"""A live jail: its own files, processes and clock, behind one small interface."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import sniffio
from inspect_ai.util import concurrency
from pydantic import BaseModel, ConfigDict

from subterfuge.jail import backends, wire
from subterfuge.jail.errors import JailLost
from subterfuge.jail.limits import Limits
from subterfuge.jail.tree import Node, Tree
from subterfuge.jail.world import PATH

HOME = "/home/user"
"""Where a program in a jail starts, and what it calls home."""
ROOTS = ("/home", "/tmp")  # noqa: S108
"""The folders of a jail that can be written, so the ones that a snapshot holds."""
ENVIRONMENT = {"HOME": HOME, "PATH": PATH, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
"""The environment of a program in a jail. Without bytecode, an edit within one second is never run stale."""
_MIB = 2**20
_PATIENCE = 15.0  # seconds beyond a run's own clock until the keeper itself is given up
_AT_ONCE = 2 * (os.cpu_count() or 1)


class Ran(BaseModel):
    """What came of one command."""

    model_config = ConfigDict(frozen=True)

    exit_code: int
    """As a shell gives it: 128 + n after signal n, 127 where there is no such command."""
    stdout: str
    """Standard output, up to the limit; what is not UTF-8 is replaced."""
    stderr: str
    """Standard error, likewise."""
    timed_out: bool
    """The wall clock ran out, and everything was killed."""
    truncated: bool
    """There was more output than is kept."""
    files: Tree | None = None
    """What is in the jail afterwards; None where it could not be read: evidence that is missing."""
    state: bytes = b""
    """What the command wrote to descriptor 9 (up to the output limit)."""


class Jail:
    """One live namespace with a writable home and /tmp, and nothing else that can be written.

    An async context manager. Commands run one after another; when one ends, every process that it left
    behind is killed. asyncio only.

    Args:
        limits: What holds where a run names no limits of its own; the size of the disks holds for good.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the jail.

        Raises:
            JailUnavailable: There is no way to run one here.
            JailLost: It did not come up.
        """
        if sniffio.current_async_library() != "asyncio":
            raise RuntimeError("jails run on asyncio only: unset INSPECT_ASYNC_BACKEND, or set it to asyncio")
        backend = await backends.chosen()
        async with _turn():
            self._process = await backends.spawn(backend, self.limits)

    async def stop(self) -> None:
        """End the jail and every process in it. Does nothing where it has ended."""
        process, self._process = self._process, None
        if process is not None:
            await backends.end(process)

    async def write(self, files: Tree, *, follow: bool = False) -> None:
        """Put files, links and folders in their places.

        Args:
            files: What to write; nodes that are unreadable are passed over.
            follow: Write through links, as a program would, instead of replacing them.

        Raises:
            OSError: As a program would get it: no permission, no space, a folder is in the way.
            JailLost: The jail has ended.
        """
        await self._ask([b"write", b"1" if follow else b"", *wire.pack(files)])

    async def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str = HOME,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        limits: Limits | None = None,
    ) -> Ran:
        """Run one command to its end.

        Args:
            argv: The command and its arguments; no shell reads them.
            cwd: Where it starts.
            env: Variables on top of `ENVIRONMENT`.
            stdin: Its standard input.
            limits: What it may use.

        Returns:
            What came of it, without files.

        Raises:
            JailLost: The jail ended meanwhile.
        """
        bounds = limits or self.limits
        variables = {**ENVIRONMENT, **(env or {})}
        numbers = (
            int(bounds.wall_s * 1000),
            bounds.cpu_s,
            bounds.memory_mb * _MIB,
            bounds.processes,
            bounds.file_mb * _MIB,
            bounds.output_bytes,
        )
        request = [b"run", *(b"%d" % number for number in numbers), os.fsencode(cwd), stdin]
        request += [b"%d" % len(argv), *(os.fsencode(word) for word in argv)]
        for name, value in variables.items():
            request += [os.fsencode(name), os.fsencode(value)]
        async with _turn():
            answer = await self._ask(request, bounds.wall_s)
        code, verdict, cut, stdout, stderr, state = answer
        return Ran(
            exit_code=int(code),
            stdout=stdout.decode(errors="replace"),
            stderr=stderr.decode(errors="replace"),
            timed_out=verdict == b"timeout",
            truncated=bool(cut),
            state=state,
        )

    async def read(self, path: str, *, follow: bool = False) -> Node | None:
        """What is at one path, None where there is nothing.

        Args:
            path: Absolute path in the jail.
            follow: Follow links, as a program would; what leads to /proc and its like stays unreadable.

        Raises:
            JailLost: The jail has ended.
        """
        room = b"%d" % (self.limits.disk_mb * _MIB)
        answer = await self._ask([b"read", b"1" if follow else b"", room, os.fsencode(path)])
        return wire.unpack(*answer) if answer else None

    async def snapshot(self, roots: Sequence[str] = ROOTS) -> Tree:
        """All that is under some folders.

        Raises:
            JailLost: The jail has ended: what it held is missing.
        """
        file_room, room = self.limits.disk_mb * _MIB, 2 * self.limits.disk_mb * _MIB
        request = [b"snapshot", b"%d" % file_room, b"%d" % room, *(os.fsencode(root) for root in roots)]
        return wire.unpack_tree(await self._ask(request))

    async def _ask(self, request: list[bytes], seconds: float = 0) -> list[bytes]:
        async with self._lock:
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                raise JailLost("the jail is not running")
            try:
                async with asyncio.timeout(seconds + _PATIENCE):
                    process.stdin.write(wire.encode(request))
                    await process.stdin.drain()
                    kind, *fields = await wire.receive(process.stdout)
            except (TimeoutError, OSError, ValueError) as error:
                await self.stop()
                raise JailLost("the jail stopped answering") from error
            except (JailLost, asyncio.CancelledError):
                await self.stop()
                raise
        if kind == b"error":
            raise OSError(int(fields[0]), fields[1].decode(errors="replace"))
        return fields


@contextlib.asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    async with concurrency("jail", _AT_ONCE):
        yield


async def run(
    files: Tree,
    argv: Sequence[str],
    *,
    cwd: str = HOME,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    limits: Limits | None = None,
) -> Ran:
    """Run one command on some files in a jail of its own.

    Args:
        files: What the command finds there.
        argv: The command and its arguments; no shell reads them.
        cwd: Where it starts.
        env: Variables on top of `ENVIRONMENT`.
        stdin: Its standard input.
        limits: What it may use.

    Returns:
        What came of it, with the files as they were afterwards; `files` is None where they could not be
        read, which is missing evidence.

    Raises:
        JailUnavailable: There is no way to run one here.
    """
    jail = Jail(limits)
    async with jail:
        await jail.write(files)
        try:
            ran = await jail.run(argv, cwd=cwd, env=env, stdin=stdin)
        except JailLost:
            return Ran(exit_code=137, stdout="", stderr="", timed_out=True, truncated=False, files=None)
        try:
            after = await jail.snapshot()
        except (JailLost, OSError):
            return ran
        return ran.model_copy(update={"files": after})
