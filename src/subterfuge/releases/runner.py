"""Run the tests of a locked protocol on a registered model, from where the ledger stands.

Each run is one ordinary evaluation by Inspect whose samples come block by block from the ledger's next cells.
Killed at any moment, the next run first takes in what was finished, and goes on with the same e-process.
"""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import GenerateConfig, Model, get_model

from subterfuge import __version__
from subterfuge.releases import logs
from subterfuge.releases.desk import BlockSource, Desk, lost, parts, settle, tests_of, verdict_of
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.fingerprint import fingerprint, same_or_error
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.protocol import TARGET, Protocol
from subterfuge.releases.reading import Place, place_of
from subterfuge.releases.records import Body, Decision, Log, Run, Test
from subterfuge.releases.schedule import Schedule
from subterfuge.releases.state import State
from subterfuge.releases.verdict import Verdict

AT_ONCE = 32
"""Episodes in flight over all tests, unless the caller says otherwise."""

LOG_BUFFER = 64
"""Episodes that Inspect collects before it writes a log anew; until then they are in its own buffer on disk.

It writes the whole log each time, so one by one a long run would cost the square of its length.
"""

TASK = re.compile(r"\w+/\w+(@\w+)?")
"""What the name of a package's task looks like."""

Watch = Callable[[Desk, int], None]


def run(
    ledger: Ledger,
    protocol: Protocol,
    model: str,
    *,
    loaded: Model | None = None,
    only: Sequence[str] = (),
    at_once: int = AT_ONCE,
    on_change: Watch | None = None,
) -> list[Verdict]:
    """Run every hypothesis to its verdict, and give the verdicts.

    Args:
        ledger: the open ledger.
        protocol: it must be locked there.
        model: the id under which the model is registered.
        loaded: the model, if the caller has it; else it is made from its registration.
        only: hypotheses to run; all by default.
        at_once: episodes in flight.
        on_change: is called after each outcome with the desk and the number of the test.

    Raises:
        ReleaseError: the protocol is not locked, the model is not the registered one, a task can't be made,
            or the ledger can't be written.
        KeyboardInterrupt: somebody stopped it; what is finished is in the ledger.
    """
    state = State(record.body for record in ledger.records)
    if protocol.digest() not in state.locks:
        raise ReleaseError(_unlocked(state, protocol))
    registered = state.model(model)
    tests = tests_of(protocol, model, only)
    take_in(ledger, state)
    loaded = loaded or made(registered.model, registered.model_args)
    print_ = fingerprint(loaded, loaded.model_args, registered.declared)
    same_or_error(registered, print_)
    schedules = {i: Schedule(protocol, *parts(protocol, test)) for i, test in enumerate(tests)}
    versions = {test.key: str(schedules[i].task.version) for i, test in enumerate(tests)}
    _comparable(state, tests, versions)
    name = str(len(state.runs) + 1)
    desk = Desk(ledger, state, protocol, name, tests, on_change)
    desk.schedules = schedules
    for i, test in enumerate(tests):
        if schedules[i].length < schedules[i].cells:
            raise ReleaseError(
                f"{test.key}: the task has {schedules[i].length:,} samples, and {schedules[i].cells:,} are "
                "wanted. Use `schedule: resample`, or name the task's size argument as `size_arg`."
            )
    # First the controls that may settle it: run beside them, a hypothesis would stop wherever it just was.
    controls = [i for i in range(len(tests)) if (one := desk.parts(i)[1]) is not None and one.kind != "arm"]
    for part in controls, [i for i in range(len(tests)) if i not in controls]:
        waiting = [i for i in part if state.of(tests[i]).open or not desk.over(i)]
        if not waiting:
            continue
        for i in waiting:
            _same_samples(desk, i)
        if name not in state.runs:
            desk.write(
                Run(
                    run=name,
                    tests=tuple(tests),
                    fingerprint=print_,
                    versions=_versions(protocol),
                    tasks=versions,
                )
            )
        if _evaluate(ledger, desk, loaded, name, waiting, at_once):
            raise KeyboardInterrupt
    return conclude(ledger, state, protocol, tests)


def take_in(ledger: Ledger, state: State) -> int:
    """Take in what a run left behind that was stopped: finished episodes count, others are tried again.

    Returns:
        How many outcomes were only in a log, not yet in the ledger.
    """
    rescued = 0

    def write(body: Any) -> None:
        ledger.append(body)
        state.add(body)

    folder = ledger.path.parent
    for path in logs.found(folder / logs.LOGS):
        file = logs.name_in(folder, path)
        if file in state.logs:
            continue
        name, index = logs.owner(path, ledger.records[0].hash)
        if name not in state.runs or not 0 <= index < len(state.runs[name].tests):
            continue
        known = logs.header(path).status != "started" or logs.recover(path)
        test = state.runs[name].tests[index]
        protocol = state.locks[test.protocol].protocol
        hypothesis, _ = parts(protocol, test)
        series = state.of(test)
        for sample in logs.samples(path):
            place = place_of(sample)
            if (
                place is None
                or place.cell in series.outcomes
                or place.attempt <= series.failed.get(place.cell, 0)
            ):
                continue
            write(settle(hypothesis, protocol, name, index, place, sample))
            rescued += place.cell in series.outcomes
        left: list[Body] = []
        for cell in () if known else series.open:
            # Which of them had begun is not known, nor whether one was the cause: each counts as tried.
            place = Place(cell, series.failed.get(cell, 0) + 1, series.samples[cell])
            left.append(lost(protocol, name, index, place, "the run was killed"))
        # At once: killed in between, a cell would be charged for it twice.
        left.append(Log(run=name, test=index, file=file, sha256=logs.sha256(path)))
        ledger.append_many(left)
        for body in left:
            state.add(body)
    return rescued


def conclude(ledger: Ledger, state: State, protocol: Protocol, tests: Sequence[Test]) -> list[Verdict]:
    """The verdicts as the records stand; final ones are put into the ledger, once."""
    found = []
    for test in tests:
        if test.control is not None:
            continue
        verdict = verdict_of(state, protocol, test)
        found.append(verdict)
        before = state.decisions.get(test)
        if verdict.final and (before is None or not verdict.agrees(before.verdict)):
            name, run = next((n, r) for n, r in reversed(state.runs.items()) if test in r.tests)
            decision = Decision(run=name, test=run.tests.index(test), verdict=verdict.model_dump(mode="json"))
            ledger.append(decision)
            state.add(decision)
    return found


def made(model: str, model_args: dict[str, Any]) -> Model:
    """Make a model.

    Raises:
        ReleaseError: Inspect does not know it.
    """
    try:
        return get_model(model, **model_args)
    except ValueError as error:
        raise ReleaseError(f"{error} Name a model as Inspect does, such as openai/gpt-5.") from error


def _evaluate(ledger: Ledger, desk: Desk, model: Model, run: str, waiting: list[int], at_once: int) -> bool:
    """Run the waiting tests together; give whether somebody stopped them."""
    folder = ledger.path.parent
    with _interrupts() as pressed:
        finished = eval(
            [_task(desk, run, i) for i in waiting],
            model=model,
            model_roles=dict(desk.protocol.model_roles) or None,
            log_dir=str(folder / logs.LOGS),
            display="none",
            max_tasks=len(waiting),
            max_samples=max(2, at_once // len(waiting)),
            log_buffer=LOG_BUFFER,
            score_display=False,
            fail_on_error=False,
        )
        stopped = pressed()
    for log in finished:
        index = (log.eval.metadata or {})[logs.TEST]
        path = Path(log.location.removeprefix("file://"))
        # A log with cells left open, or broken off while it was finished: the next run takes it in first.
        whole = log.status in ("success", "cancelled") and logs.header(path).status == log.status
        if whole and not desk.state.of(desk.tests[index]).open:
            desk.write(Log(run=run, test=index, file=logs.name_in(folder, path), sha256=logs.sha256(path)))
    if stopped:
        return True
    broken = [log for log in finished if log.status == "error" and log.error is not None]
    if broken:
        line = broken[0].error.message.strip().splitlines()[-1] if broken[0].error else ""
        raise ReleaseError(f"{broken[0].eval.task} could not be run: {line}")
    return len(finished) < len(waiting) or any(log.status == "cancelled" for log in finished)


@contextlib.contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Tell whether somebody pressed Ctrl-C meanwhile: while it finishes a log, Inspect may swallow it."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        # Python writes the number of each signal there, whoever handles it.
        before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)

        def pressed() -> bool:
            try:
                return signal.SIGINT in ours.recv(4096)
            except BlockingIOError:
                return False

        try:
            yield pressed
        finally:
            signal.set_wakeup_fd(before)


def _task(desk: Desk, run: str, index: int) -> Task:
    """The task of one test, fed by the ledger."""
    hypothesis, control = desk.parts(index)
    task = desk.schedules[index].task
    source = BlockSource(desk, index)
    task.dataset, task.sample_source = MemoryDataset([]), source
    task.metadata = {**(task.metadata or {}), logs.LEDGER: desk.ledger, logs.RUN: run, logs.TEST: index}
    task.fail_on_error = False
    task.epochs = None
    if control is not None and control.model != TARGET:
        task.model = made(control.model, control.model_args)
    if hypothesis.schedule == "generator":
        # Drawn again, a sample must not get the same answer again: then only without a seed.
        task.config = task.config.merge(GenerateConfig(seed=desk.protocol.seed))
    return task


def _unlocked(state: State, protocol: Protocol) -> str:
    if any(lock.protocol.name == protocol.name for lock in state.locks.values()):
        return (
            f"Protocol {protocol.name} was changed since it was locked, which makes another test of it. "
            "Lock it again under another name, or go back to the locked one."
        )
    return (
        f"Protocol {protocol.name} is not locked. Lock it before the first episode: subterfuge release lock."
    )


def _comparable(state: State, tests: Sequence[Test], versions: dict[str, str]) -> None:
    """Refuse to go on with a test whose task is not the one it began with."""
    for run in state.runs.values():
        for test in run.tests:
            before, now = run.tasks.get(test.key), versions.get(test.key)
            if test in tests and before and now and before.split("-")[0] != now.split("-")[0]:
                raise ReleaseError(
                    f"{test.key} began with version {before} of its task, and this is version {now}: their "
                    "figures are not comparable. Go back to that version, or lock a new protocol."
                )


def _same_samples(desk: Desk, index: int) -> None:
    """Refuse to go on where the task no longer makes the samples that were planned."""
    planned = desk.state.of(desk.tests[index]).samples
    now = desk.schedules[index].names(0, len(planned))
    if changed := [cell for cell, pair in enumerate(zip(planned, now, strict=True)) if pair[0] != pair[1]]:
        cell = changed[0]
        raise ReleaseError(
            f"{desk.tests[index].key}: cell {cell} was planned as sample {planned[cell]!r}, and the task now "
            f"makes {now[cell]!r} there. Go back to that task, or lock a new protocol."
        )


def _versions(protocol: Protocol) -> dict[str, str]:
    found = {"subterfuge": __version__}
    packages = {
        "inspect-ai",
        # A task of a package is PACKAGE/TASK; anything else is a file.
        *(h.task.split("/")[0].replace("_", "-") for h in protocol.hypotheses if TASK.fullmatch(h.task)),
    }
    for package in sorted(packages - {"subterfuge"}):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
