"""What our two providers have in common."""

from __future__ import annotations

import abc
import posixpath
import shlex
from typing import Any, Literal, overload

from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironment,
    SandboxEnvironmentConfigType,
    SandboxUserUnsupportedError,
)

from subterfuge import jail

USER = "user"
HOSTNAME = "workstation"
OUTPUT_BYTES = 1024 * 1024
"""Longest output of one command, of each stream."""
WALL_S = 600
"""Seconds that a command may take when its caller names no time."""


class Provider(SandboxEnvironment):
    """A shell whose files can be listed where the model cannot reach. Home is /home/user, the user `user`."""

    @abc.abstractmethod
    async def snapshot(self) -> jail.Tree | None:
        """All files under /home and /tmp, None where they are lost. Nothing of the model's runs for it."""

    @abc.abstractmethod
    async def close(self) -> None:
        """End the shell and forget its files."""

    @abc.abstractmethod
    async def _read(self, path: str) -> bytes:
        """The content of a file, links followed. Raises what `read_file` raises."""

    @overload
    async def read_file(self, file: str, text: Literal[True] = True) -> str: ...

    @overload
    async def read_file(self, file: str, text: Literal[False]) -> bytes: ...

    async def read_file(self, file: str, text: bool = True) -> str | bytes:
        """The content of a file: see `SandboxEnvironment.read_file`."""
        data = await self._read(absolute(file))
        return data.decode() if text else data

    @classmethod
    async def sample_init(
        cls, task_name: str, config: SandboxEnvironmentConfigType | None, metadata: dict[str, str]
    ) -> dict[str, SandboxEnvironment]:
        """One new shell for one sample."""
        return {"default": cls()}

    @classmethod
    async def sample_cleanup(
        cls,
        task_name: str,
        config: SandboxEnvironmentConfigType | None,
        environments: dict[str, SandboxEnvironment],
        interrupted: bool,
    ) -> None:
        """End the sample's shells."""
        for environment in environments.values():
            await environment.as_type(Provider).close()  # type: ignore[type-abstract]

    @classmethod
    def default_concurrency(cls) -> int | None:
        """No bound on live shells: what is costly in them is bounded by itself."""
        return None


def absolute(path: str) -> str:
    """A path as the sandbox sees it; a relative one starts at home."""
    return posixpath.normpath(posixpath.join(jail.HOME, path))


def script_of(cmd: list[str]) -> str | None:
    """The script in `bash … -c script`, None for any other command."""
    if len(cmd) >= 3 and cmd[0] in ("bash", "/bin/bash") and cmd[-2] in ("-c", "-lc"):
        return cmd[-1]
    return None


def shell_text(cmd: list[str]) -> str:
    """The command as a line of shell."""
    script = script_of(cmd)
    return shlex.join(cmd) if script is None else script


def check_user(user: str | None) -> None:
    """Refuse to run as anybody else.

    Raises:
        SandboxUserUnsupportedError: Another user than `user` was asked for.
    """
    if user not in (None, USER, "1000"):
        raise SandboxUserUnsupportedError(f"this sandbox has one user, {USER!r}: it cannot run as {user!r}")


def result(exit_code: int, stdout: str, stderr: str, truncated: bool) -> ExecResult[str]:
    """What Inspect takes as the result of a command.

    Raises:
        OutputLimitExceededError: There was more output than is kept.
    """
    if truncated:
        raise OutputLimitExceededError(f"{OUTPUT_BYTES // 1024} KiB", stdout + stderr)
    return ExecResult(success=exit_code == 0, returncode=exit_code, stdout=stdout, stderr=stderr)


def as_bytes(value: str | bytes | None) -> bytes:
    """Text as UTF-8; nothing as no bytes."""
    return value.encode() if isinstance(value, str) else value or b""


def jail_limits(**changes: Any) -> jail.Limits:
    """Limits of one command of an episode."""
    return jail.Limits(**{"output_bytes": OUTPUT_BYTES, "cpu_s": 60, **changes})
