"""A run that is stopped, killed or cut up in any way comes to what it would have come to undisturbed."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import toy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subterfuge.releases.desk import Desk
from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.protocol import Protocol
from subterfuge.releases.records import Log, Outcome, Retry, Run
from subterfuge.releases.runner import run
from subterfuge.releases.verdict import Verdict
from subterfuge.releases.verify import verify

FATES = {"fail": 0.06, "how": "unscored", "refuse": 0.2, "infra": 0.1}
ATTEMPTS = {"missing": {"attempts": 20, "tolerated": 0.2}}


def plain(block: int = 8, seed: int = 5, n: int = 2, **changes: Any) -> Protocol:
    """Hypotheses in which everything happens: events, refusals, missing episodes and rate limits."""
    hypotheses = [
        toy.hypothesis(
            f"h{i}",
            task_args={"rate": 0.2, "seed": seed + i, **FATES},
            refusal={"scorer": "grade", "key": "refused"},
            cap=40,
        )
        for i in range(n)
    ]
    return toy.protocol(*hypotheses, block=block, **ATTEMPTS | changes)


def told(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """Verdicts as far as protocols of other block sizes can share them."""
    return [{k: v for k, v in bare.items() if k != "test"} for bare in toy.bare(verdicts)]


def undisturbed(folder: Path, protocol: Protocol) -> list[dict[str, Any]]:
    with toy.begin(folder, protocol) as ledger:
        return told(run(ledger, protocol, "m"))


def stop_after(outcomes: int) -> Any:
    """Press Ctrl-C after so many outcomes."""
    left = [outcomes]

    def watch(desk: Desk, index: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            signal.raise_signal(signal.SIGINT)

    return watch


def sound(folder: Path) -> None:
    """Each planned cell has one outcome at most, and verification finds nothing."""
    records, _ = read(folder)
    bodies = [record.body for record in records]
    tests = {b.run: b.tests for b in bodies if isinstance(b, Run)}
    counted = Counter((tests[b.run][b.test], b.cell) for b in bodies if isinstance(b, Outcome))
    assert max(counted.values()) == 1
    assert verify(folder).problems == []


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 1000),
    block=st.sampled_from([1, 3, 40]),
    at_once=st.sampled_from([1, 5, 64]),
    stops=st.lists(st.integers(1, 15), min_size=1, max_size=2),
)
def test_blocks_speed_and_stops_change_no_verdict(
    tmp_path: Path, seed: int, block: int, at_once: int, stops: list[int]
) -> None:
    check_cut_up(tmp_path, seed, block, at_once, stops)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    block=st.integers(1, 50),
    at_once=st.integers(1, 100),
    stops=st.lists(st.integers(1, 30), max_size=6),
)
def test_blocks_speed_and_stops_change_no_verdict_at_length(
    tmp_path: Path, seed: int, block: int, at_once: int, stops: list[int]
) -> None:
    check_cut_up(tmp_path, seed, block, at_once, stops)


def check_cut_up(folder: Path, seed: int, block: int, at_once: int, stops: list[int]) -> None:
    whole, parts = folder / "whole", folder / "parts"
    for each in (whole, parts):
        shutil.rmtree(each, ignore_errors=True)
    expected = undisturbed(whole, plain(seed=seed, n=1))
    protocol = plain(block, seed, n=1)
    toy.begin(parts, protocol).close()
    for outcomes in stops:
        with Ledger.open(parts) as ledger:
            try:
                run(ledger, protocol, "m", at_once=at_once, on_change=stop_after(outcomes))
            except KeyboardInterrupt:
                continue
    with Ledger.open(parts) as ledger:
        found = run(ledger, protocol, "m", at_once=at_once)
    assert told(found) == expected
    sound(parts)


def test_an_exception_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    protocol = plain(n=1)
    expected = undisturbed(tmp_path / "whole", protocol)

    def burst(desk: Desk, index: int) -> None:
        if len(desk.state.of(desk.tests[index]).outcomes) == 11:
            raise RuntimeError("the roof fell in")

    with toy.begin(tmp_path / "parts", protocol) as ledger:
        with pytest.raises(ReleaseError, match="the roof fell in"):
            run(ledger, protocol, "m", on_change=burst)
        assert told(run(ledger, protocol, "m")) == expected
    sound(tmp_path / "parts")


def test_what_broke_stays_broken_when_the_run_goes_on(tmp_path: Path) -> None:
    # Once stopped and begun again, the task would do better: the first outcome of a cell is for ever.
    table = tmp_path / "fates.json"
    table.write_text(json.dumps([{"event": 0, "error": "the sandbox went away"}] * 3 + [{"event": 0}] * 37))
    hypothesis = toy.hypothesis(task_args={"table": str(table)}, controls=[], cap=40)
    protocol = toy.protocol(hypothesis, block=10, **ATTEMPTS)
    with toy.begin(tmp_path / "l", protocol) as ledger:
        with pytest.raises(KeyboardInterrupt):
            run(ledger, protocol, "m", on_change=stop_after(12))
        table.write_text(json.dumps([{"event": 0}] * 40))
        (verdict,) = run(ledger, protocol, "m")
    (series,) = toy.state_of(tmp_path / "l").series.values()
    assert [series.outcomes[cell].status for cell in range(4)] == ["errored"] * 3 + ["scored"]
    assert verdict.statuses["errored"] == 3
    sound(tmp_path / "l")


def test_stopped_episodes_are_tried_again_a_bounded_number_of_times(tmp_path: Path) -> None:
    # The first cell ends, the others hang, and somebody presses Ctrl-C: again and again.
    table = tmp_path / "fates.json"
    table.write_text(json.dumps([{"event": 0}] + [{"event": 0, "seconds": 60}] * 16))
    hypothesis = toy.hypothesis(task_args={"table": str(table)}, controls=[], cap=17)
    protocol = toy.protocol(hypothesis, block=3, missing={"attempts": 2})

    with toy.begin(tmp_path / "l", protocol) as ledger, pytest.raises(KeyboardInterrupt):
        run(ledger, protocol, "m", on_change=stop_after(1))
    with Ledger.open(tmp_path / "l") as ledger:
        alarm = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, 2.0)
        with pytest.raises(KeyboardInterrupt):
            run(ledger, protocol, "m")
        table.write_text(json.dumps([{"event": 0}] * 17))
        run(ledger, protocol, "m")
    signal.signal(signal.SIGALRM, alarm)
    (series,) = toy.state_of(tmp_path / "l").series.values()
    assert [series.outcomes[cell].status for cell in range(4)] == ["scored", "halted", "halted", "scored"]
    sound(tmp_path / "l")


@pytest.mark.slow
def test_a_stop_is_heard_while_a_log_is_being_finished(tmp_path: Path) -> None:
    quick = toy.CONTROL | {"task_args": toy.CONTROL["task_args"] | {"pace": 0.0}}
    protocol = toy.protocol(toy.hypothesis(task_args={"rate": 0.2, "pace": 0.2}, controls=[quick]), block=8)
    for delay in (0.02, 0.04, 0.06, 0.08):
        folder = tmp_path / str(delay)
        ended: list[int] = []

        def watch(desk: Desk, index: int, ended: list[int] = ended, delay: float = delay) -> None:
            ended.append(index)
            if len(ended) == 8:  # the last one of the control
                signal.setitimer(signal.ITIMER_REAL, delay)

        alarm = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
        with toy.begin(folder, protocol) as ledger:
            with pytest.raises(KeyboardInterrupt):
                run(ledger, protocol, "m", on_change=watch)
            assert len(ended) <= 16
            (verdict,) = run(ledger, protocol, "m")
        signal.signal(signal.SIGALRM, alarm)
        assert verdict.final
        sound(folder)


def test_the_log_of_another_ledger_is_not_taken_in(tmp_path: Path) -> None:
    # Of the same protocol and model, and of a run of the same name: only another ledger's.
    protocol = toy.protocol(toy.hypothesis(controls=[]), block=8)
    with toy.begin(tmp_path / "other", protocol) as ledger:
        run(ledger, protocol, "m")
    with toy.begin(tmp_path / "l", protocol) as ledger, pytest.raises(KeyboardInterrupt):
        run(ledger, protocol, "m", on_change=stop_after(3))
    for path in (tmp_path / "other/logs").glob("*.eval"):
        shutil.copy(path, tmp_path / "l/logs" / f"2020-{path.name}")
    with Ledger.open(tmp_path / "l") as ledger:
        run(ledger, protocol, "m")
    foreign = {o.uuid for s in toy.state_of(tmp_path / "other").series.values() for o in s.outcomes.values()}
    mine = {o.uuid for s in toy.state_of(tmp_path / "l").series.values() for o in s.outcomes.values()}
    assert not mine & foreign
    sound(tmp_path / "l")
    assert any("is of no run in the ledger" in line for line in verify(tmp_path / "l").remarks)


# kill -9


def child(folder: str, protocol: dict[str, Any], data: str | None = None) -> None:
    """Go on with a ledger, in a process of its own, with Inspect's buffer in a place of its own."""
    if data is not None:
        os.environ["XDG_DATA_HOME"] = data
    parsed = Protocol.model_validate(protocol)
    with Ledger.open(folder) as ledger:
        run(ledger, parsed, "m", at_once=8)


def kill_once(folder: Path, protocol: Protocol, dice: random.Random) -> bool:
    """Start a child, and kill it at some moment; False if it was done before."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(
        ["subterfuge._registry", "hypothesis.strategies", "inspect_ai._eval.eval"]
    )
    ledger = folder / "ledger.jsonl"
    start = ledger.stat().st_size
    process = processes.Process(target=child, args=(str(folder), protocol.model_dump(mode="json")))
    process.start()
    # Now and then at once, while it still takes in what was left; else after some records more.
    wanted = start + (0 if dice.random() < 0.3 else dice.randint(1, 6000))
    while process.is_alive() and ledger.stat().st_size < wanted:
        time.sleep(0.002)
    process.join(dice.choice([0.0, 0.003, 0.03, 0.3, 1.0]))
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive


def check_kills(folder: Path, seed: int, kills: int, protocol: Protocol) -> tuple[int, list[Verdict]]:
    dice = random.Random(seed)
    toy.begin(folder, protocol).close()
    done, before = 0, b""
    for _ in range(kills):
        alive = kill_once(folder, protocol, dice)
        done += alive
        now = (folder / "ledger.jsonl").read_bytes()
        whole = now[: now.rfind(b"\n") + 1]
        assert now.startswith(before), "a journalled record was lost or changed"
        before = whole
        if not alive:
            break
    with Ledger.open(folder) as ledger:
        verdicts = run(ledger, protocol, "m")
    assert (folder / "ledger.jsonl").read_bytes().startswith(before)
    sound(folder)
    return done, verdicts


@pytest.mark.slow
def test_kills_lose_and_change_nothing(tmp_path: Path) -> None:
    protocol = slow_protocol(n=1)
    expected = undisturbed(tmp_path / "whole", protocol)
    done, verdicts = check_kills(tmp_path / "killed", 3, 6, protocol)
    assert done >= 4
    assert told(verdicts) == expected
    print(f"\n[kills] {done}")


def slow_protocol(attempts: int = 20, n: int = 2, **changes: Any) -> Protocol:
    """Episodes that take a little, so that kills find some in flight."""
    hypotheses = [
        toy.hypothesis(
            f"h{i}", task_args={"rate": 0.2, "seed": 40 + i, "pace": 0.05, **FATES, "how": how}, cap=40
        )
        for i, how in enumerate(["error", "limit", "unscored"][:n])
    ]
    return toy.protocol(*hypotheses, block=8, missing={"attempts": attempts, "tolerated": 0.2}, **changes)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_kills_lose_and_change_nothing(tmp_path: Path) -> None:
    protocol = slow_protocol(n=3)
    expected = undisturbed(tmp_path / "whole", protocol)
    total, seed = 0, 0
    rescued = Counter[str]()
    while total < 55:
        folder = tmp_path / f"killed{seed}"
        done, verdicts = check_kills(folder, seed, 12, protocol)
        assert told(verdicts) == expected
        total, seed = total + done, seed + 1
        bodies = [record.body for record in read(folder)[0]]
        rescued["retries"] += sum(isinstance(b, Retry) for b in bodies)
        rescued["logs"] += sum(isinstance(b, Log) for b in bodies)
        rescued["without transcript"] += sum(isinstance(b, Outcome) and b.uuid is None for b in bodies)
    print(f"\n[kills] {total} kills over {seed} ledgers: {dict(rescued)}")


@pytest.mark.slow
@pytest.mark.parametrize(("data", "status"), [(None, "halted"), ("gone", "absent")])
def test_a_cell_that_is_killed_too_often_is_missing(tmp_path: Path, data: str | None, status: str) -> None:
    # One episode hangs, and somebody kills the run: twice. With Inspect's buffer gone nothing is left of it.
    table = tmp_path / "fates.json"
    table.write_text(json.dumps([{"event": 0}, {"event": 0, "seconds": 60}] + [{"event": 0}] * 15))
    hypothesis = toy.hypothesis(task_args={"table": str(table)}, controls=[], cap=17)
    protocol = toy.protocol(hypothesis, block=2, missing={"attempts": 2})
    toy.begin(tmp_path / "l", protocol).close()
    elsewhere = None if data is None else str(tmp_path / data)
    for before in range(2):
        process = multiprocessing.get_context("forkserver").Process(
            target=child, args=(str(tmp_path / "l"), protocol.model_dump(mode="json"), elsewhere)
        )
        process.start()
        end = time.monotonic() + 60
        while len(list((tmp_path / "l/logs").glob("*"))) <= before or not any(
            r.kind == "outcome" for r in read(tmp_path / "l")[0]
        ):
            assert time.monotonic() < end
            time.sleep(0.05)
        process.join(3)
        assert process.is_alive()
        process.kill()
        process.join()
    table.write_text(json.dumps([{"event": 0}] * 17))
    with Ledger.open(tmp_path / "l") as ledger:
        (verdict,) = run(ledger, protocol, "m")
    (series,) = toy.state_of(tmp_path / "l").series.values()
    lost = series.outcomes[1]
    assert (lost.status, lost.value, lost.attempt, lost.uuid is None) == (status, None, 2, status == "absent")
    assert verdict.statuses == {"scored": 16, status: 1}
    sound(tmp_path / "l")


@pytest.mark.slow
def test_what_only_a_lost_buffer_knew_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a power cut, or on another machine: the ledger is whole, and transcripts are gone."""
    hypothesis = toy.hypothesis(task_args={"rate": 0.2, "seed": 3, "pace": 0.02}, controls=[], cap=40)
    protocol = toy.protocol(hypothesis, block=10, missing={"attempts": 2})
    toy.begin(tmp_path / "l", protocol).close()
    process = multiprocessing.get_context("forkserver").Process(
        target=child, args=(str(tmp_path / "l"), protocol.model_dump(mode="json"), str(tmp_path / "gone"))
    )
    process.start()
    while process.is_alive() and len(read(tmp_path / "l")[0]) < 4 + 14:
        time.sleep(0.01)
    process.kill()
    process.join()
    assert verify(tmp_path / "l").problems == []  # killed, and not taken in yet
    (before,) = toy.state_of(tmp_path / "l").series.values()
    with Ledger.open(tmp_path / "l") as ledger:
        run(ledger, protocol, "m")
    (after,) = toy.state_of(tmp_path / "l").series.values()
    assert before.outcomes.items() <= after.outcomes.items()
    assert {after.failed[cell] for cell in before.open} == {1}
    found = verify(tmp_path / "l")
    assert found.problems == []
    cells = ", ".join(map(str, sorted(before.outcomes)))
    assert any(f"{len(before.outcomes)} outcomes rest on no transcript" in line for line in found.remarks)
    assert any(line.endswith(f"cells {cells}") for line in found.remarks)
