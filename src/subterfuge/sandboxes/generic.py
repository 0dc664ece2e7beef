"""Snapshots of sandboxes that are not ours: one command in a clean environment, by absolute paths.

The command runs with the rights of the sandbox's user and with the sandbox's own programs, so that a model
with root in a container could forge it; ours cannot be forged.
"""

from __future__ import annotations

import base64
import binascii
import io
import shlex
import tarfile
from collections.abc import Sequence

from inspect_ai.util import OutputLimitExceededError, SandboxEnvironment, SandboxUnavailableError
from inspect_ai.util._sandbox.local import LocalSandboxEnvironment

from subterfuge import jail

_CLEAN = ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C", "/bin/sh", "-c"]
_SECONDS = 60


async def roots(sandbox: SandboxEnvironment) -> tuple[str, ...]:
    """The folders to watch: /home, /tmp and the working folder; for `local` that one alone."""
    got = await sandbox.exec([*_CLEAN, "pwd -P"], timeout=_SECONDS)
    here = got.stdout.strip()
    try:
        sandbox.as_type(LocalSandboxEnvironment)
    except TypeError:
        return (*jail.ROOTS, *(() if here == "/" or here.startswith(jail.ROOTS) else (here,)))
    return (here,)


async def snapshot(sandbox: SandboxEnvironment, watched: Sequence[str]) -> jail.Tree | None:
    """All files under some folders, None where they cannot be read.

    Args:
        sandbox: Any Inspect sandbox with `sh`, `tar` and `base64`.
        watched: Absolute paths.
    """
    names = " ".join(shlex.quote(root.lstrip("/")) for root in watched)
    script = f"cd / && tar -cf - {names} 2>/dev/null | base64"
    try:
        got = await sandbox.exec([*_CLEAN, script], timeout=_SECONDS)
        archive = base64.b64decode(got.stdout)
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            return _tree(members, watched)
    except (TimeoutError, OSError, tarfile.TarError, binascii.Error, UnicodeDecodeError):
        return None
    except (OutputLimitExceededError, SandboxUnavailableError):
        return None


def _tree(members: tarfile.TarFile, watched: Sequence[str]) -> jail.Tree:
    found: dict[str, jail.Node] = {}
    folders = []
    for member in members:
        path = "/" + member.name.strip("/")
        if member.isdir():
            folders.append(path)
        elif member.issym():
            found[path] = jail.Link(target=member.linkname)
        elif member.isreg():
            file = members.extractfile(member)
            found[path] = jail.File(data=file.read() if file else b"")
        elif member.islnk():  # a second name of a file that came before
            found[path] = found.get("/" + member.linkname.strip("/"), jail.Unreadable(reason="a hard link"))
        else:
            found[path] = jail.Unreadable(reason="not a regular file")
    filled = {parent for path in [*found, *folders] for parent in _parents(path)}
    always = {*watched, *jail.ROOTS, jail.HOME}
    found |= {path: jail.Directory() for path in folders if path not in filled | always}
    return dict(sorted(found.items()))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(2, len(parts))]
