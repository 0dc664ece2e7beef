"""What a user of persuasion can get wrong: one line that says what to do."""

from __future__ import annotations


class PersuasionError(RuntimeError):
    """A mistake in a file or a command; the message is one line for the user."""
