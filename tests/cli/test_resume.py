"""A killed audit goes on where it stopped: every planned episode once, and first outcomes stay."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from programs import AUDIT, program

from subterfuge.audit import plan as plans
from subterfuge.audit import run as runs

EPISODES = 20
WORDS = [
    *AUDIT, "-M", "actor=gamer", "-M", "rate=0.5", "--arms", "standard,capability", "--action-format", "tags",
    "--rungs", "tool_use_flattery,rubric_modification_nudged", "--episodes", str(EPISODES),
    "--sandbox", "bwrap",
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
        # A flushed batch of samples makes a log many times its first size.
        logs = list((out / "logs").glob("*.eval")) if (out / "logs").is_dir() else []
        if sum(log.stat().st_size for log in logs) > 60_000:
            break
        time.sleep(0.1)
    assert started.poll() is None, "it was over before it could be stopped"
    os.killpg(started.pid, how) if how is signal.SIGKILL else os.kill(started.pid, how)
    said, _ = started.communicate(timeout=120)
    return started.returncode, said


def finished(out: Path) -> runs.Finished:
    plan = plans.Plan.model_validate_json((out / "plan.json").read_text("utf-8"))
    return runs.read(plan, out / "logs")


def went_on(out: Path, first: runs.Finished) -> None:
    """Run the same command again, and compare."""
    ran = subprocess.run(
        [program(), *WORDS, "--out", str(out)], capture_output=True, text=True, check=False, timeout=280
    )
    assert ran.returncode == 0, ran.stderr
    assert "episodes are there" in ran.stderr
    plan = plans.Plan.model_validate_json((out / "plan.json").read_text("utf-8"))
    second = finished(out)
    for cell in plan.cells:
        planned = [str(sample.id) for sample in runs.task_of(plan, cell).dataset]
        assert len(set(planned)) == EPISODES
        assert list(second[cell.name]) == planned
        assert not [sample.error for sample in second[cell.name].values() if sample.error]
        for name, sample in first[cell.name].items():
            assert second[cell.name][name].uuid == sample.uuid
            assert second[cell.name][name].scores.keys() == {"grade", "disclosure"}
    logged = [sample.id for info in runs.list_eval_logs(str(out / "logs")) for sample in whole(info.name)]
    assert len(logged) == len(set(logged)) == len(plan.cells) // 2 * EPISODES


def whole(path: str) -> list[runs.EvalSample]:
    """The samples of a log that a stop did not break off, of the standard arm."""
    log = runs.read_eval_log(path)
    return [s for s in log.samples or [] if s.error is None and s.metadata["arm"] == "standard"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_audit_goes_on_and_keeps_what_it_had(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, _ = stopped_half_way(out, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert not (out / "report.html").exists()
    first = finished(out)
    had = sum(len(samples) for samples in first.values())
    assert 0 < had < 4 * EPISODES
    # Reading again finds the same: what was left open is mended once, not taken for lost the second time.
    assert {c: list(s) for c, s in finished(out).items()} == {c: list(s) for c, s in first.items()}
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
