"""Transcripts: one HTML page for each cell, an anchor for each episode, and a filter without a script."""

from __future__ import annotations

from dataclasses import dataclass

from subterfuge.reporting.diff import diff, fate
from subterfuge.reporting.episode import TranscriptPage
from subterfuge.reporting.page import fill

PAGE_BYTES = 1_500_000
"""What a page should not exceed: texts are cut shorter until it fits."""

LIMITS = (20_000, 8_000, 3_000, 1_000, 300)
"""Characters that are kept of each text, from generous to short."""

HEAD_LINES = 12
"""Lines of a text that are shown before the rest is folded away."""

HEAD_CHARACTERS = 1_200
"""The same in characters, for texts of few long lines."""


@dataclass(frozen=True)
class Folded:
    """A text made ready for the page."""

    head: str
    """What is shown at once."""

    rest: str
    """What is folded away; empty if all is shown."""

    lines: int
    """Lines folded away."""

    cut: int
    """Characters left out altogether."""


def render_transcripts(page: TranscriptPage) -> str:
    """Render the episodes of one cell as a self-contained HTML page.

    Texts beyond a limit are cut, and the page says by how much; the limit shrinks until the page is at most
    1.5 MB, or the shortest limit is reached.

    Raises:
        ValueError: if two episodes share an id.
    """
    ids = [episode.id for episode in page.episodes]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise ValueError(f"episodes share an id: {', '.join(sorted(twice))}")
    html = ""
    for limit in LIMITS:
        html = _fill(page, limit)
        if len(html.encode("utf-8", "replace")) <= PAGE_BYTES:
            break
    return html


def fold(text: str, limit: int) -> Folded:
    """Cut a text to `limit` characters, and fold what is beyond its first lines."""
    kept = text[:limit]
    head = "\n".join(kept.split("\n")[:HEAD_LINES])[:HEAD_CHARACTERS]
    rest = kept[len(head) :].removeprefix("\n")
    if len(rest) < HEAD_CHARACTERS // 10 and rest.count("\n") < 3:
        head, rest = kept, ""  # not worth a click
    return Folded(head, rest, rest.count("\n") + 1, len(text) - len(kept))


def _fill(page: TranscriptPage, limit: int) -> str:
    counts = {
        "all": len(page.episodes),
        "gamed": sum(episode.verdict == "gamed" for episode in page.episodes),
        "not gamed": sum(episode.verdict == "not gamed" for episode in page.episodes),
        "missing": sum(episode.verdict == "missing" for episode in page.episodes),
        "refused": sum(episode.refused for episode in page.episodes),
    }
    return fill(
        "transcript.html.j2",
        page=page,
        counts=counts,
        fold=lambda text: fold(text, limit),
        diff=diff,
        diff_lines=max(limit // 80, 20),
        fate=fate,
    )
