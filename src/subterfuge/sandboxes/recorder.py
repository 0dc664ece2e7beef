"""What commands did to the files, recorded where the model cannot reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspect_ai.util import OutputLimitExceededError, SandboxEnvironment, SandboxUnavailableError
from pydantic import BaseModel, ConfigDict

from subterfuge import jail
from subterfuge.sandboxes import generic
from subterfuge.sandboxes.provider import Provider


class Step(BaseModel):
    """One command and what came of it."""

    model_config = ConfigDict(frozen=True)

    command: str
    """The command as it was given to the shell."""
    stdout: str
    """Standard output, as far as it was kept."""
    stderr: str
    """Standard error, likewise; where the sandbox itself failed, why."""
    exit_code: int
    """As a shell gives it; 124 after a time-out, 137 after too much output or the sandbox's end."""
    timed_out: bool
    """The time for the command ran out."""
    changes: dict[str, jail.Node | None]
    """Path to what stands there now, for all that this command changed; None where it removed it."""


class Recorder:
    """Runs commands in a sandbox and keeps what each of them changed.

    With our own providers a snapshot is taken by the sandbox itself; with any other (docker, k8s, local) by
    a command of ours in a clean environment.

    Args:
        sandbox: Any Inspect sandbox.
        roots: Folders to watch. By default /home and /tmp; for `local`, which shares the host's files, the
            sample's own folder.
    """

    def __init__(self, sandbox: SandboxEnvironment, roots: Sequence[str] | None = None) -> None:
        self.steps: list[Step] = []
        """What was run so far, in order."""
        self._sandbox = sandbox
        self._roots = roots
        self._last: jail.Tree = {}

    async def start(self) -> jail.Tree:
        """Take the first snapshot.

        Raises:
            RuntimeError: The files cannot be read, so nothing could be recorded.
        """
        first = await self.snapshot()
        if first is None:
            raise RuntimeError(
                "the sandbox's files cannot be read: is its command line (sh, tar, base64) there?"
            )
        self._last = first
        return first

    async def run(self, command: str, timeout_s: int = 30) -> Step:
        """Run `bash -c command`, and record it. Whatever the command does becomes the step.

        Args:
            command: What the shell is to run.
            timeout_s: Seconds that it may take.
        """
        seen: dict[str, Any]
        try:
            got = await self._sandbox.exec(["bash", "-c", command], timeout=timeout_s, timeout_retry=False)
            seen = {"stdout": got.stdout, "stderr": got.stderr, "exit_code": got.returncode}
        except TimeoutError:
            seen = {
                "stderr": f"the command took more than {timeout_s} s\n",
                "exit_code": 124,
                "timed_out": True,
            }
        except OutputLimitExceededError as error:
            seen = {"stdout": error.truncated_output or "", "stderr": f"{error}\n", "exit_code": 137}
        except SandboxUnavailableError as error:
            seen = {"stderr": f"{error}\n", "exit_code": 137}
        except (UnicodeDecodeError, PermissionError) as error:
            seen = {"stderr": f"{error}\n", "exit_code": 126}
        after = await self.snapshot()
        changes = {} if after is None else jail.changed(self._last, after)
        self._last = self._last if after is None else after
        step = Step(
            **{"command": command, "stdout": "", "stderr": "", "timed_out": False, "changes": changes, **seen}
        )
        self.steps.append(step)
        return step

    async def snapshot(self) -> jail.Tree | None:
        """The files as they are; None when they cannot be read any more, which is missing evidence."""
        try:
            provider = self._sandbox.as_type(Provider)  # type: ignore[type-abstract]
        except TypeError:
            if self._roots is None:
                self._roots = await generic.roots(self._sandbox)
            return await generic.snapshot(self._sandbox, self._roots)
        files = await provider.snapshot()
        if files is None or self._roots is None:
            return files
        return {path: node for path, node in files.items() if any(_under(path, root) for root in self._roots)}


def _under(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")
