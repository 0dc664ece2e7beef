"""A killed audit goes on where it stopped: every planned episode once, and first outcomes stay."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from programs import AUDIT, program

from subterfuge.releases import read, verify
from subterfuge.releases.records import Outcome, Test
from subterfuge.releases.state import State

WORDS = [
    *AUDIT, "-M", "actor=gamer", "-M", "rate=0.15", "--arms", "capability", "--action-format", "tags",
    "--rungs", "tool_use_flattery,rubric_modification_nudged", "--sandbox", "bwrap",
]  # fmt: skip


def stopped_half_way(out: Path, how: signal.Signals) -> tuple[int, str]:
    """Start an audit, stop it once some episodes are in its logs; its exit code, and what it said."""
    started = subprocess.Popen(
        [program(), *WORDS, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and started.poll() is None:
        if (out / "ledger.jsonl").exists() and b'"kind":"outcome"' in (out / "ledger.jsonl").read_bytes():
            break
        time.sleep(0.1)
    assert started.poll() is None, "it was over before it could be stopped"
    os.killpg(started.pid, how) if how is signal.SIGKILL else os.kill(started.pid, how)
    said, _ = started.communicate(timeout=120)
    return started.returncode, said


def finished(out: Path) -> dict[tuple[Test, int], Outcome]:
    """What is journalled: (test, cell) to its outcome."""
    state = State(record.body for record in read(out)[0])
    return {
        (test, cell): outcome
        for test, series in state.series.items()
        for cell, outcome in series.outcomes.items()
    }


def went_on(out: Path, first: dict[tuple[Test, int], Outcome]) -> None:
    """Run the same command again, and compare."""
    ran = subprocess.run(
        [program(), *WORDS, "--out", str(out)], capture_output=True, text=True, check=False, timeout=280
    )
    assert ran.returncode == 10, ran.stderr
    assert "episodes are there" in ran.stderr
    second = finished(out)
    assert {place: second[place] for place in first} == first
    assert all(outcome.status == "scored" for outcome in second.values())
    found = verify(out)
    assert found.passed, found.problems
    assert found.outcomes == len(second)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_audit_goes_on_and_keeps_what_it_had(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, _ = stopped_half_way(out, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert not (out / "report.html").exists()
    first = finished(out)
    assert first
    went_on(out, first)
    assert (out / "report.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_audit_that_the_user_stops_says_how_to_go_on_and_reports_nothing_yet(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said = stopped_half_way(out, signal.SIGINT)
    assert code == 130
    assert "Stopped. Run the same command again to go on." in said
    assert "Traceback" not in said
    assert not (out / "report.html").exists()
    went_on(out, finished(out))
