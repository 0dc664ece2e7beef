"""What a user of releases can get wrong: one line that says what to do."""

from __future__ import annotations


class ReleaseError(RuntimeError):
    """A mistake in a protocol, a ledger or a command; the message is one line for the user."""
