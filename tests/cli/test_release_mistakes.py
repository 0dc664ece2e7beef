"""`subterfuge release`: a user's mistake is one line and exit code 2, and leaves everything as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from inspect_ai import eval
from programs import Result
from says import MODELS, begun, hypothesis, says, written

from subterfuge.releases.chain import NO_HASH, seal
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.protocol import load
from subterfuge.releases.runner import made, run

Run = Callable[..., Result]
MEASURED = "measured"


@pytest.fixture(scope="module")
def _ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with one model measured, its protocol, and two logs that nobody planned."""
    folder = tmp_path_factory.mktemp(MEASURED)
    path = begun(folder)
    with Ledger.open(folder / "releases") as ledger:
        run(ledger, load(path), "never")
    for name in ("never", "often"):
        model = made("subterfuge/scripted", MODELS[name])
        eval(says(episodes=6), model=model, log_dir=str(folder / "logs" / name), display="none", epochs=2)
    return folder


@pytest.fixture
def here(_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the folder that commands run in."""
    shutil.copytree(_ledger, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def told(result: Result) -> str:
    """The one line that a mistake is answered with."""
    assert (result.code, result.out) == (2, ""), result.err
    assert "Traceback" not in result.err
    lines = result.err.strip().splitlines()
    assert lines[-1].startswith("Error: "), result.err
    return lines[-1].removeprefix("Error: ")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"wait": 1}, "answers.yaml: wait: no such key."),
        ({"hypotheses": [hypothesis(treshold=0.1)]}, "hypotheses.0.treshold: no such key"),
        ({"hypotheses": [hypothesis(threshold=0)]}, "hypotheses.0.threshold: input should be greater than 0"),
        ({"hypotheses": [hypothesis(threshold=1.5)]}, "hypotheses.0.threshold: input should be less than 1"),
        ({"hypotheses": [hypothesis(cap=5)]}, "cap 5 cannot pay for alpha.clear=0.05"),
        ({"family_alpha": 0.01}, "come to 0.05, more than family_alpha=0.01 can pay"),
        ({"hypotheses": [hypothesis(), hypothesis()]}, "hypothesis 'says_yes' is there twice"),
        ({"hypotheses": [hypothesis(event={"equals": 1, "at_least": 2})]}, "an event has one rule"),
        ({"hypotheses": [hypothesis(task="subterfuge/nosuch")]}, "subterfuge/nosuch names no task"),
        (
            {"hypotheses": [hypothesis(task_args={"nosuch": 1})]},
            "takes no argument 'nosuch'.",
        ),
        (
            {"hypotheses": [hypothesis(size_arg=None, cap=300)]},
            "the task has 200 samples, and 300 are wanted",
        ),
    ],
)
def test_a_wrong_protocol_is_not_locked(
    content: dict[str, Any], line: str, tmp_path: Path, called: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "answers.yaml")
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | content))
    assert line in told(called("release", "lock", "answers.yaml"))
    assert not Path("releases").exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: [", "answers.yaml is not YAML"),
        ("", "answers.yaml holds no protocol"),
        ("- 1\n", "answers.yaml holds no protocol"),
        ("name: a\nhypotheses: []\n", "hypotheses: tuple should have at least 1 item"),
        (None, "answers.yaml can't be read: No such file or directory."),
    ],
)
def test_what_is_no_protocol_is_told(
    text: str | None, line: str, tmp_path: Path, called: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("answers.yaml").write_text(text)
    for verb in ("plan", "lock"):
        assert line in told(called("release", verb, "answers.yaml"))
    assert not Path("releases").exists()


SCRIPTED = ("--model", "subterfuge/scripted")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("run", "answers.yaml", "-r", "nobody"), "No model 'nobody' is registered in this ledger"),
        (("run", "nosuch", "-r", "never"), "No protocol 'nosuch' is locked in this ledger (locked: answers)"),
        (("run", "answers", "-r", "never", "--only", "x"), "Protocol answers has no hypothesis 'x'"),
        (("run", "changed.yaml", "-r", "never"), "was changed since it was locked"),
        (("run", "other.yaml", "-r", "never"), "Protocol other is not locked."),
        (("lock", "changed.yaml"), "A protocol answers is locked in this ledger with other content"),
        (("register", "never", *SCRIPTED, "-M", "say=else"), "never is not the model that was registered"),
        (("register", "a b", *SCRIPTED), "'a b' is no id for a model"),
        (("register", "x", *SCRIPTED, "--parent", "y"), "The parent 'y' of x is not registered"),
        (("register", "x", *SCRIPTED, "--date", "soon"), "'soon' is no date"),
        (("register", "x", *SCRIPTED, "-M", "say"), "-M 'say' is not of the form name=value."),
        (("register", "x", "--model", "nosuch/model"), "Name a model as Inspect does"),
        (("register", "x", "--model", "subterfuge/gpt"), "there is no model subterfuge/gpt"),
        (("plan", "answers", "--rates", "often"), "--rates 'often' is no list of numbers"),
        (("plan", "answers", "--rates", "2"), "a rate lies between 0 and 1"),
        (("compare", "never", "never"), "never can't be compared with itself"),
        (("compare", "never", "nobody"), "nobody"),
        (("trend", "--hypothesis", "nosuch"), "nosuch"),
        (("report", "-r", "nobody"), "No model 'nobody' is registered"),
        (("report", "--out", "answers.yaml/report.html"), "cannot write"),
        (("ingest", "logs", "-r", "never", "--series", "s"), "Say which score is the event"),
        (("ingest", "none", "-r", "never", "--series", "s", "--event", "grade.yes"), "There is no log none."),
        (("ingest", "answers.yaml", "-r", "never", "--series", "s", "--event", "grade.yes"), "damaged"),
        (
            ("ingest", "logs/never", "-r", "nobody", "--series", "s", "--event", "grade.yes"),
            "No model 'nobody'",
        ),
        (("ingest", "logs/never", "-r", "never", "--series", "s", "--event", ">=1"), "no scorer is named"),
        (
            ("ingest", "logs/never", "-r", "never", "--series", "s", "--event", "{key: a, b: 1}"),
            "is no event",
        ),
        (
            ("ingest", "logs/never", "-r", "never", "--series", "s", "--event", "grade.no>=1"),
            "has no score grade.no for the event. It has: grade.refused: 0.0; grade.yes: 0.0.",
        ),
        (
            ("ingest", "logs/never", "-r", "never", "--series", "s", "--event", "judge=I"),
            "has no score judge for the event. It has: grade.refused: 0.0; grade.yes: 0.0.",
        ),
        (
            ("ingest", "logs/often", "-r", "never", "--series", "s", "--event", "grade.yes"),
            "and never is registered with {'say': 'never'}",
        ),
        (
            ("ingest", "releases/logs", "-r", "never", "--series", "s", "--event", "grade.yes"),
            "was planned by this ledger and is in it already",
        ),
        (("ingest", "logs", "-r", "never", "--series", "s", "--mapping", "answers.yaml"), "holds no mapping"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_leaves_the_ledger_as_it_was(
    words: tuple[str, ...], line: str, here: Path, called: Run
) -> None:
    written(here / "changed.yaml", hypothesis(threshold=0.3))
    written(here / "other.yaml", name="other")
    before = Path("releases/ledger.jsonl").read_bytes()
    assert line in told(called("release", *words))
    assert Path("releases/ledger.jsonl").read_bytes() == before


def test_the_log_of_another_ledgers_protocol_is_not_retrospective(
    here: Path, tmp_path: Path, called: Run
) -> None:
    begun(tmp_path)
    logs = sorted(str(path) for path in Path("releases/logs").iterdir())
    words = ("ingest", logs[-1], "-r", "never", "--series", "s", "--event", "grade.yes")
    line = told(called("release", *words, "--ledger", str(tmp_path / "releases")))
    assert "is of a protocol in another ledger" in line


@pytest.mark.parametrize(
    "words",
    [
        ("run", "answers.yaml", "-r", "m"),
        ("run", "answers", "-r", "m"),
        ("verify",),
        ("compare", "a", "b"),
        ("trend",),
        ("report",),
        ("ingest", "logs", "-r", "m", "--series", "s", "--event", "a=1"),
    ],
    ids=" ".join,
)
def test_without_a_ledger_nothing_is_started(
    words: tuple[str, ...], tmp_path: Path, called: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "answers.yaml")
    assert "There is no ledger in releases." in told(called("release", *words))
    assert not Path("releases").exists()


def test_a_first_registration_that_fails_leaves_no_ledger(
    tmp_path: Path, called: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told(called("release", "register", "x", *SCRIPTED, "--parent", "y"))
    assert list(tmp_path.iterdir()) == []


def test_an_edited_ledger_is_not_gone_on_with(here: Path, called: Run) -> None:
    ledger = Path("releases/ledger.jsonl")
    edited = ledger.read_bytes().replace(b'"value":0.0', b'"value":1.0', 1)
    assert edited != ledger.read_bytes()
    ledger.write_bytes(edited)
    line = told(called("release", "run", "answers", "-r", "never"))
    assert "line " in line
    assert "content is not what its hash is of" in line
    checked = called("release", "verify", "--json")
    assert checked.code == 12
    assert json.loads(checked.out)["passed"] is False
    assert ledger.read_bytes() == edited


def test_a_cut_tail_is_noticed_by_whoever_kept_the_head(here: Path, called: Run) -> None:
    head = json.loads(called("release", "verify", "--json").out)["head"]
    ledger = Path("releases/ledger.jsonl")
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    assert called("release", "verify").code == 0
    cut = called("release", "verify", "--head", head)
    assert cut.code == 12
    assert "Problem: " in cut.out


def test_a_changed_log_is_a_problem(here: Path, called: Run) -> None:
    log = sorted(Path("releases/logs").iterdir())[0]
    log.write_bytes(log.read_bytes()[:-1])
    checked = called("release", "verify")
    assert checked.code == 12
    assert log.name in checked.out


def test_two_cannot_write_at_once(here: Path, called: Run) -> None:
    with Ledger.open("releases"):
        line = told(called("release", "run", "answers", "-r", "never"))
    assert line.startswith("Another process is writing to releases/ledger.jsonl.")
    assert called("release", "run", "answers", "-r", "never").code == 0


def test_a_clock_that_is_behind_the_ledger_is_told(
    tmp_path: Path, called: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("releases").mkdir()
    later = datetime.now(UTC) + timedelta(days=1)
    line, _ = seal(1, NO_HASH, later, "ledger", '{"format":1,"version":"0.1.0"}')
    Path("releases/ledger.jsonl").write_bytes(line)
    said = told(called("release", "register", "x", *SCRIPTED))
    assert said.startswith("The clock says ")
    assert Path("releases/ledger.jsonl").read_bytes() == line


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, called: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("releases").write_text("a file stands where the folder would be")
    assert "can't be opened for writing" in told(called("release", "register", "x", *SCRIPTED))
    Path("file").write_text("")
    words = ("register", "x", *SCRIPTED, "--ledger", "file/releases")
    assert "can't be opened for writing" in told(called("release", *words))


def test_the_same_log_twice_counts_once(here: Path, called: Run) -> None:
    words = ("ingest", "logs/never", "-r", "never", "--series", "s", "--event", "grade.yes>=1", "--json")
    first = json.loads(called("release", *words).out)
    assert (first["verdict"], [log["new"] for log in first["logs"]]) == ("RETROSPECTIVE", [True])
    assert [(log["planned"], log["scored"], log["events"]) for log in first["logs"]] == [(12, 12, 0)]
    before = Path("releases/ledger.jsonl").read_bytes()
    again = json.loads(called("release", *words).out)
    assert [log["new"] for log in again["logs"]] == [False]
    assert Path("releases/ledger.jsonl").read_bytes() == before
    other = told(called("release", *words[:-3], "--event", "grade.refused>=1"))
    assert "reads grade.yes ≥ 1 as event" in other or "is in series s already" in other
