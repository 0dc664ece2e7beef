"""Where the command line speaks: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

console = Console(stderr=True, highlight=False)
"""Progress and remarks."""


def say(line: str) -> None:
    """A remark, as plain text."""
    console.print(line, markup=False, soft_wrap=True)


def answer(result: dict[str, Any]) -> None:
    """The one JSON object that `--json` puts on standard output."""
    json.dump(result, sys.stdout, indent=1, allow_nan=False)
    sys.stdout.write("\n")
