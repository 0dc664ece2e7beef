"""Run the cells of a plan: each an unmodified Inspect task, all at once, so that batches are full.

A cell's episodes are drawn from the plan's seed alone, so that a resumed audit runs the very episodes that
are missing. First outcomes are final: an episode that was finished, or that broke, is not run again.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.hooks import Hooks, SampleEnd, hooks
from inspect_ai.log import (
    EvalLog,
    EvalSample,
    RecoveryNotAvailable,
    list_eval_logs,
    read_eval_log,
    recover_eval_log,
)
from inspect_ai.model import Model

from subterfuge.audit.plan import Plan, PlannedCell
from subterfuge.episodes import environment_task
from subterfuge.ladder import rung
from subterfuge.models.errors import prerequisite

AT_ONCE = 32
"""Episodes in flight over all cells."""

Finished = dict[str, dict[str, EvalSample]]
"""Cell name to sample id to the first outcome of that episode."""

_listeners: list[Callable[[], None]] = []


@hooks(name="subterfuge_progress", description="Counts finished episodes of a running audit.")
class Progress(Hooks):
    """Tells a running audit of each finished episode; does nothing outside one."""

    def enabled(self) -> bool:
        """Only while an audit listens."""
        return bool(_listeners)

    async def on_sample_end(self, data: SampleEnd) -> None:
        """One more episode is finished, or broke."""
        for listener in _listeners:
            listener()


def task_of(plan: Plan, cell: PlannedCell) -> Task:
    """The Inspect task of one cell."""
    return environment_task(
        rung(cell.rung),
        arm=cell.arm,
        action_format=plan.action_format,
        episodes=cell.episodes,
        seed=plan.seed,
        sandbox=plan.sandbox,
        ask_about="changed" if not plan.full else "all",
    )


def run(plan: Plan, model: Model, logs: Path, done: Finished, on_episode: Callable[[], None]) -> None:
    """Run what is missing.

    Args:
        plan: what to run.
        model: whom to run it on.
        logs: where Inspect's logs go.
        done: what earlier runs finished.
        on_episode: is called after each episode.

    Raises:
        KeyboardInterrupt: the user stopped it.
    """
    tasks = []
    for cell in plan.cells:
        task = task_of(plan, cell)
        there = done.get(cell.name, {})
        missing = [sample for sample in task.dataset if sample.id not in there]
        if missing:
            task.dataset = MemoryDataset(missing, name=task.dataset.name)
            tasks.append(task)
    if not tasks:
        return
    _listeners.append(on_episode)
    try:
        logs_now = eval(
            tasks,
            model=model,
            log_dir=str(logs),
            display="none",
            max_tasks=len(tasks),
            max_samples=max(2, AT_ONCE // len(tasks)),
            log_buffer=8,
            score_display=False,
            fail_on_error=False,
            seed=plan.seed,
        )
    finally:
        _listeners.remove(on_episode)
    if len(logs_now) < len(tasks) or any(log.status == "cancelled" for log in logs_now):
        # Inspect keeps its logs and returns; a report now would be one of half an audit.
        raise KeyboardInterrupt


def read(plan: Plan, logs: Path) -> Finished:
    """The finished episodes in the logs of this audit, each cell's by its sample id.

    Raises:
        PrerequisiteError: a log is damaged.
    """
    finished: Finished = {cell.name: {} for cell in plan.cells}
    if not logs.is_dir():
        return finished
    for info in list_eval_logs(str(logs), descending=False):
        log = _open(info.name)
        if log is None:
            continue
        name = f"{(log.eval.metadata or {}).get('environment')}.{(log.eval.metadata or {}).get('arm')}"
        for sample in log.samples or []:
            # An episode that the kill itself broke off has no outcome yet: it is run.
            if name in finished and not _interrupted(sample):
                finished[name].setdefault(str(sample.id), sample)
    return {name: dict(sorted(found.items(), key=_place)) for name, found in finished.items()}


def _interrupted(sample: EvalSample) -> bool:
    return sample.error is not None and "cancel" in sample.error.message.lower()


def _place(found: tuple[str, EvalSample]) -> int:
    """Where the episode stands in the schedule."""
    return int(found[1].metadata["scenario"]["index"])


def _open(path: str) -> EvalLog | None:
    """Read a log; one that a kill left open is recovered from Inspect's own buffer, as far as it goes."""
    try:
        log = read_eval_log(path)
        if log.status == "started":
            # In its own place: otherwise the next reading would find it open again, and no buffer any more.
            with contextlib.suppress(RecoveryNotAvailable):
                recover_eval_log(path, overwrite=True)
                log = read_eval_log(path)
        return log
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise prerequisite(
            f"The log {path} is damaged ({line}). Remove it: its episodes will be run again."
        ) from error
