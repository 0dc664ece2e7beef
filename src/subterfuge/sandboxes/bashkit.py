"""The provider `bashkit`: a shell within this process, with real Python in a jail. Alone knows bashkit.

bashkit interprets bash and its usual commands on files in memory, about a thousand episodes a second. Its
embedded Python stays off: `python`, `python3` and `pytest` run CPython in a jail on the same files. It knows
no permissions, does not follow links to folders, and drops one episode's shell after 100,000 commands (a new
one with its files, folder and exported variables takes over then).
"""

from __future__ import annotations

import asyncio
import posixpath
import shlex
from typing import Any

from bashkit import Bash
from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironmentLimits,
    SandboxUnavailableError,
    sandboxenv,
)

from subterfuge import jail
from subterfuge.sandboxes import provider

_COMMANDS = ("python", "python3", "pytest")
_STDIN = "/dev/shm/input"  # noqa: S108  outside of what a snapshot shows
_ENTRIES, _DEPTH = 20_000, 64
_SPENT = "session command limit"


@sandboxenv(name="bashkit")
class BashkitSandboxEnvironment(provider.Provider):
    """One interpreter an episode. The whole state of the shell survives from call to call."""

    def __init__(self) -> None:
        super().__init__()
        self._shell: Any = _new_shell(self._python)
        self._lock = asyncio.Lock()
        self._failure: jail.JailUnavailable | None = None

    async def exec(
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,  # noqa: ASYNC109
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        """Run a command: see `SandboxEnvironment.exec`. With `cwd` or `env` the shell's state stays as it is.

        Raises:
            JailUnavailable: It called Python, and no jail can be had to run it.
        """
        provider.check_user(user)
        script = provider.shell_text(cmd)
        if cwd is not None or env:
            exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in (env or {}).items())
            folder = "" if cwd is None else f"cd {shlex.quote(provider.absolute(cwd))} || exit 1\n"
            script = f"(\n{exports}{folder}{script}\n)"
        async with self._lock:
            files = self._files()
            if input is not None:
                files.mkdir(posixpath.dirname(_STDIN), recursive=True)
                files.write_file(_STDIN, provider.as_bytes(input))
                script = f"{{\n{script}\n}} < {_STDIN}"
            try:
                async with asyncio.timeout(timeout or provider.WALL_S):
                    got = await self._shell.execute(script)
            finally:
                self._shell.clear_cancel()
            if got.error and _SPENT in got.error:
                self._renew()
        if self._failure:
            raise self._failure
        longest = max(len(stream.encode()) for stream in (got.stdout, got.stderr))
        cut = got.stdout_truncated or got.stderr_truncated or longest >= provider.OUTPUT_BYTES
        return provider.result(got.exit_code, got.stdout, got.stderr, cut)

    async def write_file(self, file: str, contents: str | bytes) -> None:
        """Write a file: see `SandboxEnvironment.write_file`."""
        path = provider.absolute(file)
        async with self._lock:
            files = self._files()
            try:
                files.mkdir(posixpath.dirname(path), recursive=True)
                files.write_file(path, provider.as_bytes(contents))
            except RuntimeError as error:
                raise _translated(error, path) from error

    async def snapshot(self) -> jail.Tree | None:
        """All files under /home and /tmp, None after the end."""
        async with self._lock:
            return None if self._shell is None else _walk(self._files())

    async def close(self) -> None:
        """Drop the interpreter and its files."""
        self._shell = None

    async def _read(self, path: str) -> bytes:
        async with self._lock:
            try:
                data = bytes(self._files().read_file(path))
            except RuntimeError as error:
                raise _translated(error, path) from error
        if len(data) > SandboxEnvironmentLimits.MAX_READ_FILE_SIZE:
            raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR, None)
        return data

    def _files(self) -> Any:
        if self._shell is None:
            raise SandboxUnavailableError("the shell has ended")
        return self._shell.fs()

    def _renew(self) -> None:
        """Start a new interpreter where the old one stood: its own snapshot would bring the count along."""
        state, files = self._shell.shell_state(), _walk(self._shell.fs())
        self._shell = _new_shell(self._python, state.cwd, dict(state.env))
        _apply(self._shell.fs(), dict(files))

    async def _python(self, context: Any) -> int:
        """Run CPython in a jail on the shell's files, and bring home what it changed."""
        stdin = b"".join([chunk async for chunk in context.stdin])
        before = _walk(context.fs)
        try:
            ran = await jail.run(
                before,
                [context.name, *context.argv],
                cwd=context.cwd,
                env=context.env,
                stdin=stdin,
                limits=provider.jail_limits(
                    output_bytes=2 * provider.OUTPUT_BYTES
                ),  # the shell says when it cuts
            )
        except jail.JailUnavailable as error:
            self._failure = error
            return 127
        except (jail.JailLost, OSError) as error:
            await context.stderr.write(f"{context.name}: {error}\n".encode())
            return 137
        if ran.files is not None:
            _apply(context.fs, jail.changed(before, ran.files))
        await context.stdout.write(ran.stdout.encode())
        await context.stderr.write(ran.stderr.encode())
        return ran.exit_code


def _new_shell(python: Any, cwd: str = jail.HOME, env: dict[str, str] | None = None) -> Any:
    shell = Bash(
        username=provider.USER,
        hostname=provider.HOSTNAME,
        cwd=cwd,
        env=env or {"HOME": jail.HOME, "PATH": "/opt/bin:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
        timeout_seconds=2 * provider.WALL_S,
    )
    for name in _COMMANDS:
        shell.add_command(name, python)
    return shell


def _walk(files: Any) -> jail.Tree:
    """The tree of /home and /tmp: by what stands there, links not followed."""
    found: dict[str, jail.Node] = {}
    waiting, count = [(root, 0) for root in jail.ROOTS], 0
    while waiting:
        folder, depth = waiting.pop()
        entries = _entries(files, folder)
        count += len(entries)
        if entries and (depth > _DEPTH or count > _ENTRIES):
            found[folder] = jail.Unreadable(reason="too deep" if depth > _DEPTH else "too many files")
            continue
        if not entries and folder not in (*jail.ROOTS, jail.HOME):
            found[folder] = jail.Directory()
        for entry in entries:
            path, kind = f"{folder}/{entry['name']}", entry["metadata"]["file_type"]
            if kind == "directory":
                waiting.append((path, depth + 1))
            elif kind == "file":
                found[path] = jail.File(data=bytes(files.read_file(path)))
            elif kind == "symlink":
                found[path] = jail.Link(target=files.read_link(path))
            else:
                found[path] = jail.Unreadable(reason="not a regular file")
    return dict(sorted(found.items()))


def _entries(files: Any, folder: str) -> list[dict[str, Any]]:
    try:
        return list(files.read_dir(folder))
    except RuntimeError:  # removed
        return []


def _apply(files: Any, changes: dict[str, jail.Node | None]) -> None:
    """Make changes to the shell's files: what is gone first, links last."""
    for path in reversed(changes):
        if not isinstance(changes[path], jail.File) or not _is_file(files, path):
            _remove(files, path)
    for path, node in sorted(changes.items(), key=lambda item: isinstance(item[1], jail.Link)):
        folder = path if isinstance(node, jail.Directory) else posixpath.dirname(path)
        if node is None or isinstance(node, jail.Unreadable):
            continue
        files.mkdir(folder, recursive=True)
        if isinstance(node, jail.File):
            files.write_file(path, node.data)
        elif isinstance(node, jail.Link):
            files.symlink(node.target, path)


def _is_file(files: Any, path: str) -> bool:
    name = posixpath.basename(path)
    entries = _entries(files, posixpath.dirname(path))
    return any(entry["name"] == name and entry["metadata"]["file_type"] == "file" for entry in entries)


def _remove(files: Any, path: str) -> None:
    try:
        files.remove(path, recursive=True)
    except RuntimeError:  # not there
        return


def _translated(error: RuntimeError, path: str) -> OSError:
    text = str(error).removeprefix("io error: ")
    if "is a directory" in text:
        return IsADirectoryError(f"Is a directory: {path}")
    if "not found" in text:
        return FileNotFoundError(f"No such file: {path}")
    return PermissionError(f"{path}: {text}")
