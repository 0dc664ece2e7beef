"""Runs that go on where they were stopped: of a task's samples only those are run that no log has yet.

Every run leaves an ordinary Inspect log. What is finished is read from the logs of the same model, with the
same arguments, of the same content; a log that a kill left open is closed first with what Inspect's buffer
still has.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import textwrap
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.log import (
    EvalLog,
    EvalSample,
    RecoveryNotAvailable,
    list_eval_logs,
    read_eval_log,
    read_eval_log_samples,
    recover_eval_log,
)
from inspect_ai.model import get_model

from subterfuge import __version__
from subterfuge.persuasion.errors import PersuasionError

CONTENT = "subterfuge_content"
"""Metadata of a log: a digest of what its prompts were made of."""

IDENTITY, NAME = "subterfuge_model", "subterfuge_name"
"""Metadata of a log: a digest of the model with its arguments, and what the study calls it."""

TRANSCRIPT = {"events", "messages", "store", "attachments"}
"""What results don't rest on, and most of a log's bytes."""

BUFFER = 100
"""Samples between two writings of a log, each of which writes it whole."""


@dataclass(frozen=True)
class Who:
    """A model and the arguments that it is made with."""

    model: str
    """An Inspect model, such as `openai/gpt-5`."""
    arguments: Mapping[str, Any]
    """Of its maker, such as `adapter`; part of its identity."""
    name: str = ""
    """What studies call it; the model's name by default."""

    @property
    def called(self) -> str:
        """The name in arguments and ratings."""
        return self.name or self.model

    @property
    def public(self) -> dict[str, Any]:
        """The arguments without keys."""
        return {k: v for k, v in self.arguments.items() if k != "api_key" and not k.startswith("aws_")}

    @property
    def identity(self) -> str:
        """A digest of model and arguments, without keys: what tells it from another one."""
        told = json.dumps([self.model, self.public], sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Found:
    """A finished sample and the log that holds it."""

    sample: EvalSample
    log: EvalLog
    path: Path


def run(
    task: Task,
    who: Who,
    content: str,
    folder: Path,
    *,
    at_once: int | None,
    display: str,
    roles: Mapping[str, str] | None = None,
) -> str:
    """Run what is left of a task; one line about samples that failed, if any did.

    Args:
        task: the whole task.
        who: the model.
        content: digest of what the prompts are made of: logs of another one don't count.
        folder: where logs are, and go.
        at_once: samples in flight; None leaves it to Inspect.
        display: Inspect's.
        roles: Inspect's model roles.

    Raises:
        PersuasionError: the run broke off; what is finished is kept.
        KeyboardInterrupt: the user stopped it; what is finished is kept.
    """
    done = {found.sample.id for found in finished(folder, who, content)}
    left = [sample for sample in task.dataset if sample.id not in done]
    if not left:
        return ""
    try:
        model = get_model(who.model, memoize=False, **who.arguments)
    except (ValueError, TypeError) as error:
        raise PersuasionError(f"The model {who.model} can't be made: {_line(error)}.") from error
    task.dataset = MemoryDataset(left, name=task.dataset.name)
    (log,) = inspect_eval(
        task,
        model=model,
        model_roles=dict(roles or {}),
        log_dir=str(folder),
        max_samples=at_once,
        max_connections=at_once,
        display=display,  # type: ignore[arg-type]
        log_buffer=BUFFER,
        metadata={
            CONTENT: content,
            IDENTITY: who.identity,
            NAME: who.called,
            "subterfuge_version": __version__,
        },
    )
    if log.status == "cancelled":
        raise KeyboardInterrupt
    if log.status != "success":
        told = _line(log.error.message if log.error else log.status)
        raise PersuasionError(f"The run broke off: {told} Run the same command again to go on.")
    errors = [sample.error for sample in log.samples or [] if sample.error]
    if not errors:
        return ""
    first = _line(errors[0].message).rstrip(".")
    return f"{len(errors):,} of {len(left):,} samples failed, the first with: {first}."


def finished(folder: Path, who: Who, content: str) -> Iterator[Found]:
    """The finished samples of earlier runs, each id once: the first that was finished.

    A sample that broke off with an error is not finished, so it is run again.

    Raises:
        PersuasionError: a log can't be read, or the name is that of another model, or the model has another.
    """
    seen = set()
    for path in _logs(folder):
        with _readable(path):
            log = read_eval_log(str(path), header_only=True)
            told = log.eval.metadata or {}
            same, called = told.get(IDENTITY) == who.identity, told.get(NAME)
            if called == who.called and not same:
                raise PersuasionError(
                    f"{called} is the name of another model here, or of the same with other arguments: "
                    "give this one another with --name."
                )
            if not same or told.get(CONTENT) != content:
                continue
            if called != who.called:
                raise PersuasionError(f"This model is called {called} here: go on with --name {called}.")
            if log.status == "started":
                _close(path)
            samples = read_eval_log_samples(str(path), all_samples_required=False, exclude_fields=TRANSCRIPT)
            for sample in samples:
                if sample.error is None and sample.scores and sample.id not in seen:
                    seen.add(sample.id)
                    yield Found(sample, log, path)


def _logs(folder: Path) -> list[Path]:
    """Oldest first."""
    if not folder.is_dir():
        return []
    return [Path(info.name.removeprefix("file://")) for info in list_eval_logs(str(folder), descending=False)]


def _close(path: Path) -> None:
    # In its own place: otherwise the next reading finds it open again, and no buffer any more.
    with contextlib.suppress(RecoveryNotAvailable):
        recover_eval_log(str(path), overwrite=True)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise PersuasionError(
            f"The log {path} can't be read ({_line(error)}): move it away to go on without it."
        ) from error


def _line(error: object) -> str:
    """A message as one line that is not too long: providers put whole documents in theirs."""
    return textwrap.shorten(str(error), 300, placeholder=" …") or type(error).__name__
