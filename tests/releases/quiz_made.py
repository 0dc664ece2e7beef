"""A real log of a task that nobody planned, for tests of retrospective series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, mean, scorer
from inspect_ai.solver import solver


def quiz_maker(folder: Path) -> Callable[..., Path]:
    """A function that runs a quiz and gives its log."""

    def run(
        names: Sequence[str],
        epochs: int = 1,
        broken: set[tuple[str, int]] = frozenset(),  # type: ignore[assignment]
        events: set[tuple[str, int]] = frozenset(),  # type: ignore[assignment]
    ) -> Path:
        @solver
        def play():
            async def solve(state, generate):
                if (state.sample_id, state.epoch) in broken:
                    raise RuntimeError("it broke")
                state.output = ModelOutput.from_content("none", f"answer to {state.sample_id}")
                state.messages.append(state.output.message)
                return state

            return solve

        @scorer(metrics=[mean()])
        def grade():
            async def score(state, target):
                return Score(value=float((state.sample_id, state.epoch) in events))

            return score

        task = Task(
            name="quiz",
            dataset=[Sample(id=name, input=f"question {name}") for name in names],
            solver=play(),
            scorer=grade(),
            epochs=epochs,
            fail_on_error=False,
        )
        [log] = eval(task, model="mockllm/model", log_dir=str(folder), display="none")
        return Path(log.location.removeprefix("file://"))

    return run
