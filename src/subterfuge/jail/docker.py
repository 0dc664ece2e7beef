"""Jails by Docker, for machines without bubblewrap (macOS): the same keeper, in a container.

Nothing in this file has been run by the project's own tests, which have no Docker at hand; `ready()` checks
the jail that comes of it all the same, before anything is run in it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from subterfuge.jail import keeper
from subterfuge.jail.limits import Limits
from subterfuge.jail.world import HOSTNAME, world

_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Docker:
    """The `docker` program, and how to start a jail with it."""

    program: str
    """Path of the program."""
    name: str = "docker"

    @contextmanager
    def launch(self, limits: Limits) -> Iterator[tuple[list[str], tuple[int, ...]]]:
        """The command that starts a keeper in a new container, and the descriptors that it inherits (none).

        Args:
            limits: Memory, processes and size of the disks count for the container as a whole.
        """
        uid = 2**30 + secrets.randbelow(2**30)
        here = world()
        image = os.environ.get("SUBTERFUGE_JAIL_IMAGE", f"python:{_VERSION}-slim")
        mounts = {
            str(Path(keeper.__file__).parent): "/run/keeper",
            str(here.site): f"/usr/local/lib/python{_VERSION}/site-packages",
            str(here.bin): "/opt/bin",
        }
        command = f"{self.program} run --rm -i --network none --read-only --cap-drop ALL".split()
        command += ["--security-opt", "no-new-privileges", "--user", f"{uid}:{uid}", "--hostname", HOSTNAME]
        command += [
            "--memory",
            f"{limits.memory_mb + 2 * limits.disk_mb}m",
            "--pids-limit",
            str(limits.processes + 2),
        ]
        for place in ("/home", "/tmp"):  # noqa: S108
            command += ["--tmpfs", f"{place}:size={limits.disk_mb}m,mode=1777,exec"]
        for host, inside in mounts.items():
            command += ["--volume", f"{host}:{inside}:ro"]
        command += [image, "/usr/local/bin/python3", "-I", "-S", "/run/keeper/init.py", "0"]
        yield command, ()


def candidates() -> list[Docker]:
    """Docker, where it is installed."""
    program = shutil.which("docker")
    return [Docker(program)] if program else []
