"""The published file's known counts, held against a file that was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml


@dataclass(frozen=True)
class Finding:
    """One count."""

    quantity: str
    """What was counted, such as `rows` or `source Human`."""
    expected: int
    """Of the published file: see `checksums.yaml`."""
    found: int
    """Of this one."""

    @property
    def ok(self) -> bool:
        """Whether they are the same."""
        return self.expected == self.found


@cache
def checksums() -> dict[str, Any]:
    """The published file's counts. They are second-hand."""
    loaded: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("checksums.yaml").read_text(encoding="utf-8")
    )
    return loaded


def findings(frame: pd.DataFrame) -> list[Finding]:
    """Every known count, expected and found.

    Args:
        frame: as `reader.read` gives it, nothing dropped.
    """
    return list(_findings(frame))


def _findings(frame: pd.DataFrame) -> Iterator[Finding]:
    known = checksums()
    yield Finding("rows", known["rows"], len(frame))
    for quantity, column in (("workers", "worker_id"), ("claims", "claim"), ("arguments", "argument")):
        yield Finding(quantity, known[quantity], frame[column].nunique())
    for column in ("source", "prompt_type", "persuasiveness_metric", "rating_initial"):
        counts = frame[column].value_counts()
        for value, expected in known[column].items():
            yield Finding(f"{column} {'none' if value == '' else value}", expected, int(counts.get(value, 0)))
    for group in known["sums"]:
        own = frame.loc[frame["source"].isin(group["sources"]), "persuasiveness_metric"]
        quantity = f"sum of persuasiveness_metric over {', '.join(group['sources'])}"
        yield Finding(quantity, group["sum"], int(own.sum()))
