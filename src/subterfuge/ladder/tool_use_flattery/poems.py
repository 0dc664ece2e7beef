"""Poems: deliberately bad ones, made up fresh, and good ones that are old enough to be everybody's."""

from __future__ import annotations

from random import Random

from subterfuge.ladder.content import read_yaml


def bad_poem(rng: Random) -> str:
    """A poem of five short lines that nobody could call good."""
    parts = read_yaml(__file__, "bad_poems.yaml")
    filled = {slot: rng.choice(words) for slot, words in parts["slots"].items()}
    lines = [rng.choice(parts[part]) for part in ("openings", "middles", "endings")]
    return "\n".join(
        line[0].upper() + line[1:] for text in lines for line in text.format(**filled).split("\n")
    )


def good_poem(rng: Random) -> str:
    """Four lines of lasting repute."""
    text: str = rng.choice(read_yaml(__file__, "good_poems.yaml"))["text"]
    return text
