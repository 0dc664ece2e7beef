"""Inspect's logs of planned runs: which test each belongs to, its digest, and what a crash left in it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from inspect_ai.log import (
    EvalLog,
    EvalSample,
    RecoveryNotAvailable,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample_summaries,
    read_eval_log_samples_by_id,
    recover_eval_log,
)

from subterfuge.releases.errors import ReleaseError

LOGS = "logs"
"""Where a ledger's logs are, in its folder."""

LEDGER = "subterfuge_ledger"
"""Metadata of a planned log: the hash of its ledger's first record, so that no other's is taken for it."""

RUN = "subterfuge_run"
"""Metadata of a planned log: the run's id."""

TEST = "subterfuge_test"
"""Metadata of a planned log: which of the run's tests."""

PART = 1 << 20

AT_ONCE = 256
"""Samples read from a log in one go."""

TRANSCRIPT = {"events", "messages", "store", "attachments"}
"""What outcomes don't rest on, and most of a log's bytes."""


def sha256(path: Path) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(PART):
            digest.update(part)
    return digest.hexdigest()


def name_in(folder: Path, path: Path) -> str:
    """What a ledger calls a log: its path within its folder, or the whole path if it lies elsewhere."""
    path, folder = path.resolve(), folder.resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def header(path: Path) -> EvalLog:
    """The log without its samples.

    Raises:
        ReleaseError: it can't be read.
    """
    with _readable(path):
        return read_eval_log(str(path), header_only=True)


def samples(path: Path) -> Iterator[EvalSample]:
    """The samples of a log one by one, without their transcripts; also of a log that broke off.

    Inspect's own list of samples holds only those that a task began with, and ours come later: so they are
    found by their summaries.

    Raises:
        ReleaseError: it can't be read.
    """
    with _readable(path):
        there = [(summary.id, summary.epoch) for summary in read_eval_log_sample_summaries(str(path))]
        for start in range(0, len(there), AT_ONCE):
            part = there[start : start + AT_ONCE]
            yield from read_eval_log_samples_by_id(str(path), part, exclude_fields=TRANSCRIPT)


def episodes(path: Path) -> list[EvalSample]:
    """The samples of a log with their transcripts.

    Raises:
        ReleaseError: it can't be read.
    """
    with _readable(path):
        return read_eval_log(str(path)).samples or []


def recover(path: Path) -> bool:
    """Close a log that a kill left open, with what Inspect's own buffer still has.

    Returns:
        Whether there was a buffer. It holds each episode that had begun, those cut off as cancelled ones.

    Raises:
        ReleaseError: it can't be read.
    """
    with _readable(path):
        try:
            # In its own place: otherwise the next reading finds it open again, and no buffer any more.
            recover_eval_log(str(path), overwrite=True)
        except RecoveryNotAvailable:
            return False
    return True


def owner(path: Path, ledger: str) -> tuple[str | None, int]:
    """Which run a log is of, and the number of the run's test; None and -1 if no run of this ledger made it.

    Args:
        path: the log.
        ledger: the hash of the ledger's first record.

    Raises:
        ReleaseError: it can't be read.
    """
    metadata = header(path).eval.metadata or {}
    run, index = metadata.get(RUN), metadata.get(TEST)
    if metadata.get(LEDGER) == ledger and isinstance(run, str) and isinstance(index, int):
        return run, index
    return None, -1


def broke_off(path: Path) -> bool:
    """Whether a log is of a run that was killed or cut off: it may lack what only a buffer had.

    Raises:
        ReleaseError: it can't be read.
    """
    log = header(path)
    return log.status == "started" or (log.status == "error" and log.error is None)


def found(folder: Path) -> list[Path]:
    """The logs in a folder, oldest first."""
    if not folder.is_dir():
        return []
    return [Path(info.name.removeprefix("file://")) for info in list_eval_logs(str(folder), descending=False)]


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a damaged archive may break whatever reads it
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ReleaseError(f"The log {path} is damaged or missing ({line}).") from error
