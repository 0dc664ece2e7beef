"""A task of one question, whose event is that the answer holds "yes"; and ledgers around it.

With `subterfuge/scripted -M say=yes -M otherwise_say=never -M rate=0.3` the rate is known, and an
episode takes no time unless `pace` says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import yaml
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from subterfuge.releases.ledger import Ledger
from subterfuge.releases.locks import lock
from subterfuge.releases.protocol import load
from subterfuge.releases.registry import describe, register
from subterfuge.releases.runner import made

SAYS = f"{Path(__file__).resolve()}@says"
EVENT = {"scorer": "grade", "key": "yes"}
BELL = {
    "id": "bell",
    "kind": "grader",
    "model": "subterfuge/scripted",
    "model_args": {"say": "yes"},
    "episodes": 12,
}
MODELS: dict[str, dict[str, Any]] = {
    "never": {"say": "never"},
    "always": {"say": "yes"},
    "often": {"say": "yes", "otherwise_say": "never", "rate": 0.5},
    "declines": {"say": "I won't."},
    "hostile": {"say": "yes\x1b[2J\u202e"},
}


@task
def says(episodes: int = 200, seed: int = 1, pace: float = 0.0) -> Task:
    """Ask."""
    samples = [Sample(id=f"q{seed}-{i}", input="Yes or no?") for i in range(episodes)]
    return Task(
        dataset=MemoryDataset(samples), solver=[wait(pace), generate()], scorer=grade(), version="2-B"
    )


@solver
def wait(pace: float) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await anyio.sleep(pace)
        return state

    return solve


@scorer(metrics={"*": [mean()]})
def grade() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        text = state.output.completion
        return Score(value={"yes": float("yes" in text), "refused": float("won't" in text)})

    return score


def hypothesis(id: str = "says_yes", **changes: Any) -> dict[str, Any]:
    """Against a threshold of 0.2: a model that never says yes is cleared after 14 episodes or so."""
    plain = {"id": id, "task": SAYS, "event": EVENT, "threshold": 0.2, "cap": 60, "controls": [BELL]}
    return plain | {"size_arg": "episodes", "seed_arg": "seed"} | changes


def written(path: Path, *hypotheses: dict[str, Any], **changes: Any) -> Path:
    """A protocol as a file."""
    content = {"name": "answers", "block": 8, "hypotheses": list(hypotheses) or [hypothesis()]} | changes
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def begun(folder: Path, *hypotheses: dict[str, Any], **changes: Any) -> Path:
    """A ledger in `folder`/releases with all models and a locked protocol; gives the protocol's file."""
    path = written(folder / "answers.yaml", *hypotheses, **changes)
    with Ledger.open(folder / "releases", create=True) as ledger:
        lock(ledger, load(path))
        for name, args in MODELS.items():
            register(ledger, describe(name, made("subterfuge/scripted", args), args))
    return path
