"""An import in a study's folder.

persuasion/
  human.csv                people's ratings
  arguments_human.jsonl    the texts that they read
  topics.csv               which claims share a topic: to be read, corrected and given back
  import.json              what the file was, its counts, remarks and figures
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from subterfuge import __version__
from subterfuge.persuasion.argument import write_arguments
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.published.importer import Imported
from subterfuge.persuasion.published.reference import reference
from subterfuge.persuasion.ratings import write_ratings
from subterfuge.reporting import write

HUMAN, ARGUMENTS, TOPICS, IMPORT = "human.csv", "arguments_human.jsonl", "topics.csv", "import.json"


def save(folder: Path, imported: Imported) -> None:
    """Write an import, in place of an earlier one; each file in one step.

    Raises:
        PersuasionError: the folder has people's ratings that no import made: they would be lost.
        Unwritable: a file can't be written.
    """
    if (folder / HUMAN).exists() and not (folder / IMPORT).exists():
        raise PersuasionError(
            f"{folder / HUMAN} holds people's ratings of another origin: choose another folder with --out."
        )
    # The record goes first: with it, a second try after a broken one may replace the rest.
    write(folder / IMPORT, json.dumps(record(imported), indent=1, ensure_ascii=False) + "\n")
    write(folder / TOPICS, table(imported).to_csv(index=False, lineterminator="\n"))
    write_arguments(folder / ARGUMENTS, imported.arguments)
    write_ratings(folder / HUMAN, imported.ratings)


def record(imported: Imported) -> dict[str, Any]:
    """What `import.json` holds."""
    return {
        "sha256": imported.digest,
        "subterfuge": __version__,
        "complete": imported.complete,
        "ratings": len(imported.ratings),
        "arguments": len(imported.arguments),
        "control_sign": imported.control_sign,
        "remarks": imported.remarks,
        "findings": [asdict(finding) | {"ok": finding.ok} for finding in imported.findings],
        "reference": reference(imported),
    }


def table(imported: Imported) -> pd.DataFrame:
    """Claims and their topics, one row a claim: what `--topics` takes, and how alike the pairs are."""
    rows = [
        {
            "topic": pair.topic,
            "claim": claim,
            "similarity": None if pair.similarity is None else round(pair.similarity, 3),
            "sure": pair.sure,
        }
        for pair in imported.pairs
        for claim in pair.claims
    ]
    return pd.DataFrame(rows, columns=["topic", "claim", "similarity", "sure"])
