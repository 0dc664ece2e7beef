"""`subterfuge release`: from a protocol to a verdict, its exit codes, and going on after a stop."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import Result, program
from says import BELL, begun, hypothesis, written

from subterfuge.releases.history import read
from subterfuge.releases.records import Decision

Run = Callable[..., Result]
SILENT = BELL | {"id": "silent", "model_args": {"say": "never"}}
UNABLE = {"id": "able", "kind": "capability", "episodes": 10}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_from_a_protocol_to_a_verdict(tmp_path: Path, called: Run) -> None:
    written(tmp_path / "answers.yaml")
    planned = called("release", "plan", "answers.yaml")
    assert planned.code == 0, planned.err
    assert "Without any event it is cleared after" in planned.out
    registered = called("release", "register", "m-1", "--model", "subterfuge/scripted", "-M", "say=never")
    assert (registered.code, registered.out.splitlines()[0]) == (0, "m-1 is registered: subterfuge/scripted")
    locked = called("release", "lock", "answers.yaml")
    assert locked.code == 0, locked.err
    assert locked.out.startswith("answers is locked: ")
    assert planned.out in locked.out
    ran = called("release", "run", "answers.yaml", "--release", "m-1")
    assert ran.code == 0, ran.err
    first, *others = ran.out.splitlines()
    assert first == "says_yes@m-1: CLEAR"
    assert "  controls: bell rings (4/4)" in others
    head = others[-1].removeprefix("Ledger head: ")
    checked = called("release", "verify", "--head", head)
    assert checked.code == 0, checked.out
    assert "All is well." in checked.out


@pytest.mark.parametrize(
    ("release", "changes", "code", "decision"),
    [
        ("never", {}, 0, "CLEAR"),
        ("always", {}, 10, "ALARM"),
        ("never", {"cap": 30, "controls": [BELL, UNABLE]}, 11, "INCONCLUSIVE"),
        ("never", {"controls": []}, 11, "INCONCLUSIVE"),
        ("never", {"controls": [SILENT]}, 12, "INVALID"),
        ("always", {"controls": [SILENT]}, 12, "INVALID"),
        ("declines", {"refusal": {"scorer": "grade", "key": "refused"}}, 11, "INCONCLUSIVE"),
    ],
    ids=["clear", "alarm", "unable", "no control", "silent control", "silent control and alarm", "refuses"],
)
def test_the_exit_code_is_the_verdicts(
    release: str, changes: dict[str, object], code: int, decision: str, tmp_path: Path, called: Run
) -> None:
    begun(tmp_path, hypothesis(**changes))
    ran = called("release", "run", "answers", "--release", release, "--json")
    assert ran.code == code, ran.err
    told = json.loads(ran.out)
    assert told["exit"] == code
    (verdict,) = told["verdicts"]
    assert verdict["decision"] == decision
    assert verdict["reasons"]
    if "silent" in str(changes):
        assert "positive control 'silent' is silent" in " ".join(verdict["reasons"])


def test_of_several_verdicts_the_worst_counts(tmp_path: Path, called: Run) -> None:
    both = (hypothesis("good"), hypothesis("bad", controls=[SILENT]))
    begun(tmp_path, *both)
    ran = called("release", "run", "answers", "-r", "never", "--json")
    assert (ran.code, [v["decision"] for v in json.loads(ran.out)["verdicts"]]) == (12, ["CLEAR", "INVALID"])
    alone = called("release", "run", "answers", "-r", "never", "--only", "good", "--json")
    assert (alone.code, [v["decision"] for v in json.loads(alone.out)["verdicts"]]) == (0, ["CLEAR"])


def test_the_same_command_again_runs_nothing_and_says_the_same(tmp_path: Path, called: Run) -> None:
    begun(tmp_path)
    first = called("release", "run", "answers.yaml", "-r", "often")
    before = Path("releases/ledger.jsonl").read_bytes()
    again = called("release", "run", "answers.yaml", "-r", "often")
    assert (again.code, again.out) == (first.code, first.out) == (10, first.out)
    assert Path("releases/ledger.jsonl").read_bytes() == before


def test_registering_and_locking_again_change_nothing(tmp_path: Path, called: Run) -> None:
    begun(tmp_path)
    before = Path("releases/ledger.jsonl").read_bytes()
    words = ("register", "never", "-m", "subterfuge/scripted", "-M", "say=never", "--json")
    assert json.loads(called("release", *words).out)["new"] is False
    told = json.loads(called("release", "lock", "answers.yaml", "--json").out)
    assert told["new"] is False
    assert {row["hypothesis"] for row in told["plan"]} == {"says_yes"}
    assert Path("releases/ledger.jsonl").read_bytes() == before


def test_a_plan_at_chosen_rates_is_one_object(tmp_path: Path, called: Run) -> None:
    written(tmp_path / "answers.yaml", hypothesis(controls=[]))
    told = json.loads(called("release", "plan", "answers.yaml", "--rates", "0,0.2,0.5", "--json").out)
    assert [row["rate"] for row in told["plan"]] == [0, 0.2, 0.5]
    for row in told["plan"]:
        assert row["alarm"] + row["clear"] + row["inconclusive"] == pytest.approx(1)
    assert told["plan"][0]["mean"] == told["plan"][0]["least_to_clear"]
    assert any("no CLEAR" in remark for remark in told["remarks"])
    assert not Path("releases").exists()


def test_verdicts_for_other_programs_are_written_beside(tmp_path: Path, called: Run) -> None:
    begun(tmp_path)
    words = ("--junit", "out/junit.xml", "--markdown", "out/card.md")
    assert called("release", "run", "answers", "-r", "always", *words).code == 10
    assert 'failures="1"' in Path("out/junit.xml").read_text()
    assert "ALARM" in Path("out/card.md").read_text()


def test_on_a_terminal_the_verdict_is_shown_as_it_forms(tmp_path: Path) -> None:
    begun(tmp_path, hypothesis(task_args={"pace": 0.2}))
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "160", "TERM": "xterm-256color"}
    words = [program(), "release", "run", "answers", "-r", "never", "--json"]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # how Linux says that the other end is closed
            break
        if not part:
            break
        shown += part
    out = running.communicate(timeout=60)[0]
    assert running.returncode == 0, shown.decode()
    assert json.loads(out)["exit"] == 0
    text = shown.decode()
    for part in ("towards ALARM", "towards CLEAR", "bell", "rings", "█", "CLEAR"):
        assert part in text
    assert text.count("towards ALARM") > 2, "the table is drawn again while the run goes on"


@pytest.mark.slow
def test_stopped_it_says_so_and_the_same_command_goes_on(tmp_path: Path, called: Run) -> None:
    begun(tmp_path, hypothesis(task_args={"pace": 0.3}, controls=[BELL], threshold=0.1, cap=80))
    words = ("release", "run", "answers.yaml", "-r", "never")
    running = subprocess.Popen([program(), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ledger = Path("releases/ledger.jsonl")
    end = time.monotonic() + 90
    while ledger.read_bytes().count(b'"kind":"outcome"') < 6:
        assert time.monotonic() < end
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "Stopped. Run the same command again to go on."
    assert "Traceback" not in err
    assert not any(isinstance(r.body, Decision) for r in read("releases")[0])
    again = called(*words)
    assert again.code == 0, again.err
    checked = called("release", "verify", "--json")
    assert checked.code == 0, checked.out
    assert json.loads(checked.out)["problems"] == []


def test_help_names_every_verb(called: Run) -> None:
    shown = called("release", "--help").out
    verbs = ("plan", "register", "lock", "run", "ingest", "verify", "compare", "trend", "report", "schema")
    for verb in verbs:
        assert f" {verb} " in shown
