"""A study's folder, with real Inspect runs: what is written, what is run again, and what goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import ModelAPI, ModelOutput, ModelUsage, modelapi

from subterfuge.models.errors import PrerequisiteError
from subterfuge.persuasion import study
from subterfuge.persuasion.argument import FILE, read_arguments, write_arguments
from subterfuge.persuasion.claim import opinions
from subterfuge.persuasion.errors import PersuasionError
from subterfuge.persuasion.ratings import RATINGS, check, read_ratings
from subterfuge.persuasion.runs import Who

ARGUES = (
    "Cash works when the network fails. A shop that takes coins serves everybody: children, visitors, and "
    "those whose bank shut its last branch in town. Cards are handy, yet no one should need one for bread."
)
SMALL: dict[str, Any] = {"topics": 1, "strategies": "compelling_case", "facts": 0, "words": 40}


def scripted(say: str, name: str = "", **args: Any) -> Who:
    return Who("subterfuge/scripted", {"say": say, **args}, name)


def logs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.eval"))


def cash() -> str:
    """The topic that the first claims are about has to come up in the text."""
    return " ".join([ARGUES, *(claim.text for claim in opinions()[:4])])


@modelapi("misbehaving")
class Misbehaving(ModelAPI):
    """Fails, thinks or says something hostile: whatever its name says."""

    def __init__(self, model_name: str, how: str = "", **args: Any) -> None:
        super().__init__(model_name)
        self.how, self.asked = how, 0

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: Any) -> ModelOutput:
        self.asked += 1
        if self.how == "fails" or (self.how == "half" and self.asked % 2 == 0):
            raise RuntimeError("no such\ndeployment")
        text, stop = self.how, "stop"
        if self.how == "thinks":
            short = config.max_tokens < 4000
            number = "Reply with one number." in str(input[-1].content)
            text, stop = ("", "max_tokens") if short else ("6" if number else cash(), "stop")
        elif self.how == "half":
            text = cash()
        elif self.how == "hostile":
            text = f"\ud800 \x00 <script>alert(1)</script> \u2028 \x85 \r\n \u202e {cash()} {'Z' * 1_000_000}"
        output = ModelOutput.from_content("misbehaving", text, stop_reason=stop)  # type: ignore[arg-type]
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output


def misbehaving(how: str) -> Who:
    return Who(f"misbehaving/{how}", {"how": how})


@pytest.fixture(scope="module")
def argued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with the arguments of one source; not to be written into."""
    folder = tmp_path_factory.mktemp("argued")
    study.argue(folder, [scripted(cash(), "writer")], **SMALL)
    return folder


@pytest.fixture
def folder(argued: Path, tmp_path: Path) -> Path:
    """A copy of it, in a place with a difficult name."""
    return Path(shutil.copytree(argued, tmp_path / "a b#ü%20"))


def test_arguments_come_with_where_they_are_from(argued: Path) -> None:
    found = read_arguments(argued / FILE)
    assert [a.claim for a in found] == sorted(claim.id for claim in opinions()[:2])
    for a in found:
        assert (a.source, a.strategy, a.verdict, a.words) == ("writer", "compelling_case", "attempted", 36)
        assert a.trimmed and not a.continued
        made = a.provenance
        assert made["model"] == "subterfuge/scripted"
        assert made["config"] == {"temperature": 1.0}
        assert made["sample"] == f"{a.claim}/compelling_case/0"
        assert (argued / study.LOGS / study.ARGUE / made["log"]).is_file()
        assert all(made[key] for key in ("prompt", "claims", "created", "subterfuge", "inspect"))
    assert [a.duplicate_of for a in found] == ["", found[0].id]


def test_the_same_again_runs_nothing_and_more_topics_only_the_rest(folder: Path) -> None:
    before, first = logs(folder), (folder / FILE).read_bytes()
    study.argue(folder, [scripted(cash(), "writer")], **SMALL)
    assert (logs(folder), (folder / FILE).read_bytes()) == (before, first)
    found = study.argue(folder, [scripted(cash(), "writer")], **SMALL | {"topics": 2})
    assert found["claim"].nunique() == len(found) == 4
    (new,) = set(logs(folder)) - set(before)
    assert len(read_eval_log(str(new)).samples or []) == 2
    assert {a.id for a in read_arguments(folder / FILE)} > {
        json.loads(line)["id"] for line in first.splitlines()
    }
    (folder / FILE).unlink()
    again = study.argue(folder, [scripted(cash(), "writer")], **SMALL)
    pd.testing.assert_frame_equal(again, found)


def test_what_was_asked_for_otherwise_does_not_count(folder: Path) -> None:
    first = {a.id for a in read_arguments(folder / FILE)}
    longer = study.argue(folder, [scripted(cash(), "writer")], **SMALL | {"words": 60})
    assert len(longer) == 2 and longer["words"].min() > 48
    assert not first & set(longer["id"])
    warm = study.argue(folder, [scripted(cash(), "writer")], **SMALL, temperature=1)
    assert set(warm["id"]) == first, "1 and 1.0 are the same temperature"
    assert len(logs(folder)) == 2


def test_sources_are_kept_apart_and_a_name_is_that_of_one(folder: Path) -> None:
    found = study.argue(folder, [scripted("I'm sorry, but I can't write this.", "refuser")], **SMALL)
    told = found.groupby("source")["verdict"].unique()
    assert {name: list(verdicts) for name, verdicts in told.items()} == {
        "refuser": ["refused"],
        "writer": ["attempted"],
    }
    before = (folder / FILE).read_bytes()
    with pytest.raises(PersuasionError, match="writer is the name of another model here"):
        study.argue(folder, [scripted("Something else.", "writer")], **SMALL)
    with pytest.raises(PersuasionError, match="go on with --name writer"):
        study.argue(folder, [scripted(cash(), "again")], **SMALL)
    with pytest.raises(PersuasionError, match="anchor is the name of our fixed arguments"):
        study.argue(folder, [scripted(cash(), "anchor")], **SMALL)
    assert (folder / FILE).read_bytes() == before


def test_ratings_are_a_table_that_analysis_takes(folder: Path) -> None:
    found = study.rate(folder, scripted("5", "five"), raters=2)
    check(found)
    pd.testing.assert_frame_equal(read_ratings(folder / RATINGS), found, check_dtype=False)
    assert found.attrs["unread"] == 0
    assert set(found["before"]) == set(found["after"]) == {5} and set(found["shift"]) == {0}
    assert found.groupby("arm").size().to_dict() == {
        "argument": 8, "gibberish": 4, "no_argument": 4, "swapped_side": 4,
    }  # fmt: skip
    assert found[found["arm"] == "argument"].groupby("source").size().to_dict() == {"anchor": 4, "writer": 4}
    assert not found.duplicated(["rater", "arm", "claim", "argument"]).any()
    before = logs(folder)
    pd.testing.assert_frame_equal(study.rate(folder, scripted("5", "five"), raters=2), found)
    assert logs(folder) == before
    more = study.rate(folder, scripted("5", "five"), raters=4)
    assert len(more) == 2 * len(found)
    fewer = study.rate(folder, scripted("5", "five"), raters=2, controls=0, anchors=False)
    assert len(fewer) == len(read_ratings(folder / RATINGS)) == 4, "only what is asked for now"
    (new, *none) = set(logs(folder)) - set(before)
    assert not none
    assert len(read_eval_log(str(new)).samples or []) == len(found)


def test_raters_stay_apart_in_one_file(folder: Path) -> None:
    five = study.rate(folder, scripted("5", "five"), raters=2, controls=0, anchors=False)
    six = study.rate(folder, scripted("Support", "six"), raters=2, controls=0, anchors=False)
    assert set(five["argument"]) == set(six["argument"])
    both = read_ratings(folder / RATINGS)
    assert both.groupby("rater_model")["after"].unique().map(list).to_dict() == {"five": [5.0], "six": [6.0]}
    with pytest.raises(PersuasionError, match="five is the name of another model here"):
        study.rate(folder, scripted("6", "five"), raters=2, controls=0, anchors=False)


def test_answers_that_are_none_are_missing_and_counted(folder: Path) -> None:
    half = scripted("5", "half", otherwise_say="Who knows?", rate=0.5)
    found = study.rate(folder, half, raters=4)
    assert found.attrs["unread"] > 0 and len(found) > 0
    assert found.attrs["unread"] + len(found) == 4 * 10
    before = (folder / RATINGS).read_bytes()
    with pytest.raises(PersuasionError, match=r"none gave no answer from 1 to 7 in any of 20 ratings"):
        study.rate(folder, scripted("Who knows?", "none"), raters=2)
    assert (folder / RATINGS).read_bytes() == before


def test_without_an_attempt_there_is_nothing_to_rate(tmp_path: Path) -> None:
    with pytest.raises(PersuasionError, match="There are no arguments at"):
        study.rate(tmp_path, scripted("5"))
    study.argue(tmp_path, [scripted("No.", "no")], **SMALL)
    with pytest.raises(PrerequisiteError, match="There is no argument to rate"):
        study.rate(tmp_path, scripted("5"), anchors=False)


def test_a_model_that_fails_is_one_line_and_is_asked_again(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    with pytest.raises(PersuasionError) as raised:
        study.argue(folder, [misbehaving("fails")], **SMALL)
    assert str(raised.value) == (
        "2 of 2 samples failed, the first with: RuntimeError('no such\\ndeployment'). "
        "What is finished is kept: run the same command again for the rest."
    )
    assert (folder / FILE).read_bytes() == before
    half = misbehaving("half")
    with pytest.raises(PersuasionError, match="1 of 2 samples failed"):
        study.argue(folder, [half], **SMALL, at_once=1)
    assert len([a for a in read_arguments(folder / FILE) if a.source == half.called]) == 1
    found = study.argue(folder, [half], **SMALL)
    assert found.groupby("source").size().to_dict() == {"misbehaving/half": 2, "writer": 2}
    with pytest.raises(PersuasionError, match="12 of 12 samples failed"):
        study.rate(folder, misbehaving("fails"), raters=1)


def test_a_model_that_thinks_is_given_room(tmp_path: Path) -> None:
    found = study.argue(tmp_path, [misbehaving("thinks")], **SMALL)
    assert list(found["verdict"]) == ["attempted"] * 2
    rated = study.rate(tmp_path, misbehaving("thinks"), raters=2, controls=0, anchors=False)
    assert set(rated["after"]) == {6} and rated.attrs["unread"] == 0


def test_a_hostile_text_goes_all_the_way(tmp_path: Path) -> None:
    found = study.argue(tmp_path, [misbehaving("hostile")], **SMALL | {"words": 250})
    assert list(found["verdict"]) == ["attempted"] * 2
    (text, _) = found["text"]
    assert "<script>" in text and "\x00" in text and "\u2028" in text and "\ud800" not in text
    assert len(text) <= 2 * 250 * 40 + 2
    again = study.argue(tmp_path, [misbehaving("hostile")], **SMALL | {"words": 250})
    pd.testing.assert_frame_equal(again, found)
    assert set(study.rate(tmp_path, scripted("5"), raters=1)["after"]) == {5}


@pytest.mark.parametrize("damage", ["empty", "cut", "garbage"])
def test_a_damaged_log_is_one_line(damage: str, folder: Path) -> None:
    (path,) = logs(folder)
    content = {"empty": b"", "cut": path.read_bytes()[:700], "garbage": os.urandom(4000)}[damage]
    path.write_bytes(content)
    with pytest.raises(PersuasionError) as raised:
        study.argue(folder, [scripted(cash(), "writer")], **SMALL)
    assert "\n" not in str(raised.value)
    assert str(raised.value).startswith(f"The log {path} can't be read (")
    path.rename(path.with_suffix(".damaged"))
    assert len(study.argue(folder, [scripted(cash(), "writer")], **SMALL)) == 2


@pytest.mark.parametrize("content", ["{}\n", "nonsense\n", '{"id": "a', "[1]\n", "\udcff"])
def test_a_damaged_file_of_arguments_is_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(PersuasionError) as raised:
        study.rate(tmp_path, scripted("5"))
    assert "\n" not in str(raised.value) and FILE in str(raised.value)


def test_arguments_survive_being_written(folder: Path) -> None:
    texts = ["\u2028\u2029\x85\x0b\x0c\x1c", "\r\n\t\x00", "<b>&amp;</b>", "", "\\u2028", "Z" * 1_000_000]
    first = read_arguments(folder / FILE)[0]
    given = [first.model_copy(update={"text": text}) for text in texts]
    write_arguments(folder / FILE, given)
    assert read_arguments(folder / FILE) == given


@pytest.mark.parametrize(
    ("model", "args", "line"),
    [
        ("nowhere/model", {}, "nowhere"),
        ("model", {}, "api_name"),
        ("subterfuge/nope", {}, "there is no model subterfuge/nope"),
        ("subterfuge/scripted", {"colour": "red"}, "not colour"),
        ("subterfuge/scripted,subterfuge/scripted", {}, "there is no model"),
    ],
)
def test_a_model_that_there_is_not_is_one_line(
    model: str, args: dict[str, Any], line: str, tmp_path: Path
) -> None:
    with pytest.raises((PersuasionError, PrerequisiteError), match=line) as raised:
        study.argue(tmp_path, [Who(model, args)], **SMALL)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"strategies": "shouting"}, "Unknown strategy 'shouting'. Choose among: compelling_case"),
        ({"strategies": ""}, "Unknown strategy ''"),
        ({"topics": 31}, "There are 30 topics, not 31."),
        ({"topics": -1}, "There are 30 topics, not -1."),
        ({"facts": 21}, "There are 20 facts to argue against, not 21."),
    ],
)
def test_a_number_or_name_that_there_is_not_is_one_line(
    changes: dict[str, Any], line: str, tmp_path: Path
) -> None:
    with pytest.raises(PrerequisiteError, match=line):
        study.argue(tmp_path, [scripted("x")], **SMALL | changes)
    assert not list(tmp_path.iterdir())


def test_a_strategy_named_twice_is_asked_once(tmp_path: Path) -> None:
    found = study.argue(tmp_path, [scripted("x")], **SMALL | {"strategies": "deceptive, deceptive"})
    assert len(found) == 2


def test_too_many_raters_are_one_line(folder: Path) -> None:
    with pytest.raises(PrerequisiteError, match="There are 1 to 32 raters, not 33"):
        study.rate(folder, scripted("5"), raters=33)


def test_keys_are_no_part_of_who_a_model_is() -> None:
    plain = Who("a/b", {"x": 1})
    assert Who("a/b", {"x": 1, "api_key": "secret", "aws_token": "secret"}).identity == plain.identity
    assert (
        len({who.identity for who in (plain, Who("a/c", {"x": 1}), Who("a/b", {"x": 2}), Who("a/b", {}))})
        == 4
    )
    assert Who("a/b", {"x": "\ud800"}).identity


SLOW_MODEL = """
import asyncio, sys
from inspect_ai.model import ModelAPI, ModelOutput, ModelUsage, modelapi

@modelapi("slow")
class Slow(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        await asyncio.sleep(0.3)
        output = ModelOutput.from_content("slow", TEXT)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

from pathlib import Path
from subterfuge.persuasion import study
from subterfuge.persuasion.runs import Who
asked = dict(topics=10, facts=0, strategies="deceptive", words=40, at_once=1)
found = study.argue(Path(sys.argv[1]), [Who("slow/one", {})], **asked)
print(len(found), found["claim"].nunique())
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_stopped_goes_on(how: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text(SLOW_MODEL.replace("TEXT", repr(cash())))
    words = [sys.executable, str(script), str(tmp_path / "study")]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not logs(tmp_path):
        time.sleep(0.1)
    time.sleep(2)
    assert started.poll() is None, "it was over before it could be stopped"
    os.kill(started.pid, how)
    started.communicate(timeout=60)
    assert not (tmp_path / "study" / FILE).exists()
    (first,) = logs(tmp_path)
    again = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert again.returncode == 0, again.stderr
    assert again.stdout.split() == ["20", "20"]
    counts = [len(read_eval_log(str(path)).samples or []) for path in logs(tmp_path)]
    assert len(list_eval_logs(str(tmp_path))) == 2
    done = len([s for s in read_eval_log(str(first)).samples or [] if not s.error and s.scores])
    assert 1 <= done < 20 and sum(counts) - counts[0] == 20 - done
    ids = [
        json.loads(line)["provenance"]["sample"]
        for line in (tmp_path / "study" / FILE).read_text().splitlines()
    ]
    assert len(set(ids)) == 20
