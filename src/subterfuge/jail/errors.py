"""What goes wrong with jails on the host's side."""

from __future__ import annotations


class JailUnavailable(RuntimeError):
    """No jail can be had here. One line that says what to install or run."""


class JailLost(RuntimeError):
    """The jail ended, or stopped answering, before its time: its evidence is missing, not clean."""
