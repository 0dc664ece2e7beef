"""What a study with people found, as figures to hold others against."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from subterfuge.persuasion.published.importer import Imported


def reference(imported: Imported) -> dict[str, Any]:
    """Mean shift of every source and strategy, and length by source.

    Means are the published study's: of argument means (Durmus et al., 2024, methods). A source's is over all
    its arguments, so over its strategies where each has as many.

    Returns:
        `sha256` of the file, whether it is `complete`, `sources` (source, arm, ratings, arguments, mean
        shift, mean words of its arguments) and `cells` (the same for each strategy of a source).
    """
    return {
        "sha256": imported.digest,
        "complete": imported.complete,
        "sources": _means(imported.ratings, ["source", "arm"]),
        "cells": _means(imported.ratings, ["source", "strategy", "arm"]),
    }


def _means(ratings: pd.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    arguments = ratings.groupby([*by, "argument"], as_index=False).agg(
        ratings=("shift", "size"), mean=("shift", "mean"), words=("words", "first")
    )
    table = arguments.groupby(by, as_index=False).agg(
        ratings=("ratings", "sum"),
        arguments=("argument", "size"),
        mean=("mean", "mean"),
        words=("words", "mean"),
    )
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=6))
    return rows
