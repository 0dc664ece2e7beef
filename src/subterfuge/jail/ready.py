"""Whether a jail is what it says, asserted once a process before anything depends on it."""

from __future__ import annotations

import json
import sys

from subterfuge.jail import backends
from subterfuge.jail.errors import JailUnavailable
from subterfuge.jail.live import run

_PROBE = """
import importlib.util, json, socket, sys
import pytest

def connects(address):
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True

print(json.dumps({
    "version": list(sys.version_info[:2]),
    "subterfuge": importlib.util.find_spec("subterfuge") is not None,
    "network": any(name != "lo" for _, name in socket.if_nameindex()) or connects(("1.1.1.1", 53)),
}))
"""
_asserted: str | None = None


async def ready() -> str:
    """Assert that jails here are what they must be.

    The same minor version of Python, pytest there, this package not there, no network.

    Returns:
        Which mechanism makes them: `bwrap` or `docker`.

    Raises:
        JailUnavailable: One of these does not hold, or no jail starts; one line that says which.
    """
    global _asserted  # noqa: PLW0603
    if _asserted is None:
        backend = await backends.chosen()
        ran = await run({}, ["python3", "-c", _PROBE])
        if ran.exit_code:
            last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise JailUnavailable(f"the jail ({backend.name}) cannot run Python with pytest: {last}")
        found = json.loads(ran.stdout)
        if found["version"] != list(sys.version_info[:2]):
            version = ".".join(map(str, found["version"]))
            raise JailUnavailable(
                f"the jail ({backend.name}) runs Python {version}, not {sys.version.split()[0]} as here"
            )
        if found["subterfuge"]:
            raise JailUnavailable(
                f"the jail ({backend.name}) can import subterfuge: install it in a virtualenv"
            )
        if found["network"]:
            raise JailUnavailable(f"the jail ({backend.name}) has a network: it must have none")
        _asserted = backend.name
    return _asserted
