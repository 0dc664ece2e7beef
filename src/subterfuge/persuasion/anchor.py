"""Anchors: one fixed argument for each claim, for comparisons over raters, models and releases."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from subterfuge.persuasion.argument import Argument, identify
from subterfuge.persuasion.claim import opinions

ANCHOR = "anchor"
"""Their source. They were written for the project with a language model, and are not human arguments."""

FOLDER = Path(__file__).parent / "anchors"


@cache
def anchors() -> dict[str, Argument]:
    """Claim id -> its anchor, for every opinion claim."""
    found = {}
    for claim in opinions():
        text = (FOLDER / f"{claim.id}.md").read_text(encoding="utf-8").strip()
        found[claim.id] = Argument(
            id=identify(claim.id, ANCHOR, "", 0, text),
            claim=claim.id,
            topic=claim.topic,
            source=ANCHOR,
            strategy="",
            text=text,
            words=len(text.split()),
            verdict="attempted",
        )
    return found


def digest() -> str:
    """What tells these anchors from other ones: 16 hexadecimal digits."""
    told = json.dumps({name: anchor.text for name, anchor in anchors().items()}, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
