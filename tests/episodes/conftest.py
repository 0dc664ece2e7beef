"""Episodes are played for real: an unmodified Inspect run, the scripted model, a real shell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai import Task
from inspect_ai.log import EvalLog
from inspect_ai.model import get_model

import subterfuge._registry  # noqa: F401
from subterfuge import jail

Play = Callable[..., EvalLog]


@pytest.fixture(scope="session", autouse=True)
def mechanism() -> str:
    try:
        return asyncio.run(jail.ready())
    except jail.JailUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run a task with a scripted actor; give the log, whose samples must not have broken."""

    def run(task: Task, actor: str, *, broken: bool = False, **settings: Any) -> EvalLog:
        model = get_model("subterfuge/scripted", actor=actor, memoize=False)
        [log] = inspect_ai.eval(task, model=model, log_dir=str(tmp_path), display="none", **settings)
        assert log.status == "success", log.error
        assert log.samples and (broken or not [s.error for s in log.samples if s.error])
        return log

    return run
