"""The provider `bwrap`: a whole episode in one live jail, with a real shell on a real file system."""

from __future__ import annotations

import asyncio
import os
import re

from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironmentLimits,
    SandboxUnavailableError,
    sandboxenv,
)

from subterfuge import jail
from subterfuge.sandboxes import provider

# On its way out the shell tells its exported variables and its folder through a descriptor of its own: no
# file of the model's world holds them, and a shell that is killed or replaced leaves the last state standing.
_FAREWELL = "trap '{ /usr/bin/env -0; command pwd -P; } >&9' EXIT; "
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(%%)?\Z")
_OF_THE_SHELL = frozenset({"_", "SHLVL", "PWD", "BASH_ENV"})


@sandboxenv(name="bwrap")
class BwrapSandboxEnvironment(provider.Provider):
    """One jail an episode. The folder and the exported variables of the shell survive from call to call.

    Background processes end with the command that started them. A command that replaces its shell (`exec`)
    or is killed leaves folder and variables as they were before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._jail = jail.Jail(provider.jail_limits(wall_s=provider.WALL_S))
        self._begun = False
        self._cwd = jail.HOME
        self._exports = {"USER": provider.USER}
        self._lock = asyncio.Lock()

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
        """Run a command: see `SandboxEnvironment.exec`. With `cwd` or `env` the shell keeps its state."""
        provider.check_user(user)
        script = provider.script_of(cmd)
        argv = (
            cmd if script is None else ["/bin/bash", "-c", _FAREWELL + script, "bash"]
        )  # whatever PATH is now
        async with self._lock:
            live = await self._live()
            try:
                ran = await live.run(
                    argv,
                    cwd=self._cwd if cwd is None else provider.absolute(cwd),
                    env={**self._exports, **(env or {})},
                    stdin=provider.as_bytes(input),
                    limits=live.limits.model_copy(update={"wall_s": timeout or provider.WALL_S}),
                )
            except jail.JailLost as error:
                raise SandboxUnavailableError(str(error)) from error
            if script is not None and cwd is None and not env:
                await self._remember(ran.state)
        if ran.timed_out:
            raise TimeoutError(f"the command took more than {timeout or provider.WALL_S} s")
        return provider.result(ran.exit_code, ran.stdout, ran.stderr, ran.truncated)

    async def write_file(self, file: str, contents: str | bytes) -> None:
        """Write a file: see `SandboxEnvironment.write_file`."""
        path = provider.absolute(file)
        async with self._lock:
            live = await self._live()
            try:
                await live.write({path: jail.File(data=provider.as_bytes(contents))}, follow=True)
            except FileExistsError as error:
                raise PermissionError(error.errno, "a file stands where a folder is needed", path) from error
            except jail.JailLost as error:
                raise SandboxUnavailableError(str(error)) from error

    async def snapshot(self) -> jail.Tree | None:
        """All files under /home and /tmp, None where the jail is lost."""
        async with self._lock:
            try:
                return await (await self._live()).snapshot()
            except (jail.JailLost, OSError):
                return None

    async def close(self) -> None:
        """End the jail, for good."""
        self._begun = True
        await self._jail.stop()

    async def _live(self) -> jail.Jail:
        if not self._begun:
            self._begun = True
            await self._jail.start()
        return self._jail

    async def _read(self, path: str) -> bytes:
        async with self._lock:
            try:
                node = await (await self._live()).read(path, follow=True)
            except jail.JailLost as error:
                raise SandboxUnavailableError(str(error)) from error
        if node is None or isinstance(node, jail.Link):
            raise FileNotFoundError(f"No such file: {path}")
        if isinstance(node, jail.Directory):
            raise IsADirectoryError(f"Is a directory: {path}")
        if isinstance(node, jail.Unreadable):
            raise PermissionError(f"{path}: {node.reason}")
        if len(node.data) > SandboxEnvironmentLimits.MAX_READ_FILE_SIZE:
            raise OutputLimitExceededError(SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR, None)
        return node.data

    async def _remember(self, state: bytes) -> None:
        """Take over what the shell said on its way out; a hostile shell can spoil its own state, no more."""
        if len(state) >= provider.OUTPUT_BYTES or b"\0" not in state:
            return
        *pairs, folder = state.split(b"\0")
        exports = dict(os.fsdecode(pair).partition("=")[::2] for pair in pairs)
        self._exports = {n: v for n, v in exports.items() if n not in _OF_THE_SHELL and _NAME.match(n)}
        cwd = os.fsdecode(folder.removesuffix(b"\n"))
        if cwd.startswith("/"):
            self._cwd = cwd
        elif not isinstance(
            await self._jail.read(self._cwd), jail.Directory
        ):  # the shell stood in a removed folder
            self._cwd = jail.HOME if await self._jail.read(jail.HOME) else "/"
