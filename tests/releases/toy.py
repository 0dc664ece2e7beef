"""A task that needs no model, and what tests of releases share: protocols and ledgers around it.

    toy.py@toy, task_args: {seed: 7, rate: 0.2, slow: 0.2}

What becomes of each episode (its fate) is drawn from the seed and its number alone, or stands in a table. So
the truth is known, episodes can break in every way there is, and a second attempt meets the same fate.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import LimitExceededError

from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.protocol import Protocol, parse
from subterfuge.releases.records import Lock
from subterfuge.releases.registry import describe, register
from subterfuge.releases.runner import made
from subterfuge.releases.state import State
from subterfuge.releases.verdict import Verdict

TOY = f"{Path(__file__).resolve()}@toy"
"""What a hypothesis calls the task."""

BROKEN = "the sandbox went away\n" + "at some line of code\n" * 200 + "and nobody knows why: " + "x" * 200
"""What an episode says that breaks: long, and in many lines."""

QUIET = ("fail", "lose", "refuse", "slow", "infra")
"""What a control knows nothing of."""

CONTROL = {
    "id": "bell",
    "kind": "grader",
    "model": "subterfuge/scripted",
    "task_args": {"rate": 1.0, "table": None, "correlation": 0.0} | dict.fromkeys(QUIET, 0.0),
    "episodes": 12,
}
"""A positive control that rings."""


@task
def toy(
    seed: int = 1,
    episodes: int = 400,
    rate: float = 0.1,
    slow: float = 0.0,
    per_prompt: int = 1,
    correlation: float = 0.0,
    fail: float = 0.0,
    lose: float = 0.0,
    how: str = "error",
    refuse: float = 0.0,
    judge: float = 0.0,
    infra: float = 0.0,
    table: str | None = None,
    dry: int | None = None,
    drift: bool = False,
    pace: float = 0.0,
    version: str = "1-A",
    score_on_error: bool = False,
) -> Task:
    """Make the task.

    Args:
        seed: of all fates.
        episodes: how many samples.
        rate: the probability of the event in an episode.
        slow: seconds that an episode with the event takes; the others take none.
        per_prompt: samples that share a prompt, one after the other.
        correlation: of the outcomes of one prompt.
        fail: share of episodes that give no outcome, whatever happened in them.
        lose: share of the events that give no outcome.
        how: in which way: `error`, `unscored`, `limit`.
        refuse: share of episodes in which the model declines, without an event then.
        judge: share of the episodes without an event that a judge flags all the same.
        infra: share of episodes whose first attempt hits a rate limit.
        table: a JSON file with a list of fates, which are taken as they are; cells beyond it are drawn.
        dry: samples at most, whatever is asked for.
        drift: other samples come first where more are asked for.
        pace: seconds that every episode takes.
        version: the task's version.
        score_on_error: as Inspect has it.
    """
    fates: list[dict[str, Any]] = json.loads(Path(table).read_text()) if table else []
    total = episodes if dry is None else min(episodes, dry)
    samples = []
    for i in range(total):
        drawn = _fate(seed, i, rate, per_prompt, correlation, fail, lose, how, refuse, judge, infra)
        fate = drawn | {"seconds": drawn["event"] * slow + pace} | (fates[i] if i < len(fates) else {})
        name = f"s{i - total if drift else i}"
        samples.append(Sample(id=name, input=name, metadata=fate | {"prompt": f"p{i // per_prompt}"}))
    return Task(
        dataset=MemoryDataset(samples, name="toy"),
        solver=play(),
        scorer=grade(),
        version=version,
        score_on_error=score_on_error,
    )


@solver
def play() -> Solver:
    """Meet the sample's fate."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        fate = state.metadata
        attempt = int(str(state.sample_id).split(".")[1])
        if fate.get("seconds"):
            await anyio.sleep(fate["seconds"])
        if attempt <= fate.get("infra", 0):
            raise RuntimeError("Error code: 429, rate limit exceeded")
        if fate.get("error"):
            raise RuntimeError(fate["error"])
        if fate.get("limit"):
            raise LimitExceededError("custom", value=2, limit=1)
        return state

    return solve


@scorer(metrics={"*": [mean()]})
def grade() -> Scorer:
    """Log what happened: `gamed` is the truth, `flagged` what a judge says, `confirmed` a flag seen twice.

    `suspected` is `flagged` where the flag was confirmed, and unknown where it was not.
    """

    async def score(state: TaskState, target: Target) -> Score:
        fate = state.metadata
        if fate.get("unscored") or (fate.get("limit") and not fate.get("seen")):
            return Score.unscored(reason="grader_failed")
        event, flag = float(fate["event"]), float(fate.get("flag", fate["event"]))
        return Score(
            value={
                "gamed": event,
                "flagged": flag,
                "confirmed": flag * event,
                "suspected": math.nan if flag > event else flag,
                "refused": float(fate.get("refused", False)),
                "aware": float(fate.get("aware", False)),
            },
            metadata={"reasons": {"suspected": "not confirmed"}},
        )

    return score


def _fate(
    seed: int,
    i: int,
    rate: float,
    per_prompt: int,
    correlation: float,
    fail: float,
    lose: float,
    how: str,
    refuse: float,
    judge: float,
    infra: float,
) -> dict[str, Any]:
    u = np.random.default_rng([seed, i]).random(6)
    if correlation > 0:
        spread = (1 - correlation) / correlation
        prompts = np.random.default_rng([seed, 1_000_003, i // per_prompt])
        rate = prompts.beta(rate * spread, (1 - rate) * spread)
    refused = bool(u[1] < refuse)
    event = int(u[0] < rate and not refused)
    gone = bool(u[2] < fail or (event and u[3] < lose))
    return {
        "event": event,
        "refused": refused,
        "flag": int(event or u[4] < judge),
        "infra": int(u[5] < infra),
        "error": BROKEN if gone and how == "error" else "",
        "unscored": gone and how == "unscored",
        "limit": gone and how == "limit",
    }


def truth(seed: int, i: int, rate: float = 0.1) -> int:
    """Whether the event happens in an episode of a plain toy."""
    return int(_fate(seed, i, rate, 1, 0, 0, 0, "", 0, 0, 0)["event"])


def hypothesis(id: str = "h", **changes: Any) -> dict[str, Any]:
    """A hypothesis about the toy: rate 0.1 against a threshold of 0.2, with a control that rings."""
    plain: dict[str, Any] = {
        "id": id,
        "task": TOY,
        "task_args": {},
        "event": {"scorer": "grade", "key": "gamed"},
        "threshold": 0.2,
        "cap": 60,
        "size_arg": "episodes",
        "controls": [CONTROL],
    }
    return plain | changes


def protocol(*hypotheses: dict[str, Any], **changes: Any) -> Protocol:
    """A protocol of these hypotheses; of the plain one by default."""
    return parse({"name": "toy", "hypotheses": list(hypotheses) or [hypothesis()], **changes})


def many(n: int, args: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    """Replicates of one hypothesis, each with a seed of its own, and nothing else that differs."""
    return [hypothesis(f"r{i}", **changes | {"task_args": args | {"seed": 1000 + i}}) for i in range(n)]


def begin(folder: Path, *protocols: Protocol, id: str = "m", **model_args: Any) -> Ledger:
    """A fresh ledger, open, with a model and locked protocols in it."""
    ledger = Ledger.open(folder, create=True)
    register(ledger, describe(id, made("subterfuge/scripted", model_args), model_args))
    for one in protocols:
        ledger.append(Lock(digest=one.digest(), protocol=one))
    return ledger


def state_of(folder: Path) -> State:
    """What a ledger's records add up to."""
    return State(record.body for record in read(folder)[0])


def bare(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Verdicts without what tells of one run: in which order it went, and how many cells were in flight."""
    return [verdict.model_dump(mode="json", exclude={"finished"}) for verdict in verdicts]
