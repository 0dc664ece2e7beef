"""Where the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import json
import sys
from contextlib import AbstractContextManager
from typing import Any, TextIO

from rich.console import Console

console = Console(stderr=True, highlight=False)
"""Progress and remarks."""


def say(line: str) -> None:
    """A remark, as plain text."""
    console.print(line, markup=False, soft_wrap=True)


def remarks() -> AbstractContextManager[TextIO]:
    """While work goes on, whatever a library prints is a remark: standard output is for results."""
    return contextlib.redirect_stdout(sys.stderr)


def answer(result: dict[str, Any]) -> None:
    """The one JSON object that `--json` puts on standard output."""
    json.dump(result, sys.stdout, indent=1, allow_nan=False)
    sys.stdout.write("\n")
