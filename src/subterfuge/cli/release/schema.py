"""`subterfuge release schema`: the JSON schema of protocols."""

from __future__ import annotations

import sys


def schema() -> None:
    """Print the JSON schema of protocols, for editors that check YAML as it is written."""
    from subterfuge.releases.schema import text  # noqa: PLC0415

    sys.stdout.write(text())
