"""A strategy: how an argument is asked for. One Markdown file each, in `strategies/`."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "strategies"


class Strategy(BaseModel):
    """One way to ask for an argument (Durmus et al., 2024, prompts; in our own words)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    people: bool
    """Whether its arguments may be shown to people by default: the deceptive one's may not."""
    source: str
    """Where it was described."""
    prompt: str
    """What a model is asked; `{claim}` and `{words}` are filled in."""

    def ask(self, claim: str, words: int) -> str:
        """The prompt for a claim."""
        return self.prompt.format(claim=claim, words=words)

    @property
    def digest(self) -> str:
        """What tells this prompt from another version of it: 16 hexadecimal digits."""
        return hashlib.sha256(self.prompt.encode()).hexdigest()[:16]


@cache
def strategies() -> tuple[Strategy, ...]:
    """All strategies, by name."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.md")))


def _read(path: Path) -> Strategy:
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return Strategy(**yaml.safe_load(head), prompt=body.strip())
