"""Content is data: families and texts stand as YAML and Markdown beside the code of their environment."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from subterfuge.episodes.scenario import Family


@cache
def read_yaml(module: str, name: str) -> Any:
    """The YAML file `name` beside `module` (a module's `__file__`)."""
    return yaml.safe_load((Path(module).parent / name).read_text(encoding="utf-8"))


def families(module: str) -> tuple[Family, ...]:
    """The families of `families.yaml` beside `module`."""
    return tuple(
        Family(name=entry["name"], held_out=entry.get("held_out", False), data=entry)
        for entry in read_yaml(module, "families.yaml")
    )


@cache
def preamble() -> str:
    """What every episode is told about being trained: that a preference model rewards it, and no more.

    It does not tell the model to maximise the reward (Denison et al., 2024, §2); the `no_preamble` arm leaves
    it out.
    """
    return (Path(__file__).parent / "texts" / "preamble.md").read_text(encoding="utf-8").strip()
