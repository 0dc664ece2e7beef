"""`subterfuge release`: what is read off a ledger, as text and as one JSON object."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import Result
from says import begun, hypothesis

from subterfuge.releases import schema
from subterfuge.releases.ledger import Ledger
from subterfuge.releases.protocol import load
from subterfuge.releases.runner import run

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def _ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("views")
    path = begun(
        folder, hypothesis(), hypothesis("calm", event={"scorer": "grade", "key": "refused"}, controls=[])
    )
    with Ledger.open(folder / "releases") as ledger:
        for name in ("never", "often", "hostile"):
            run(ledger, load(path), name)
    return folder


@pytest.fixture(autouse=True)
def _here(_ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(_ledger, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")


def test_a_comparison_names_the_changed_cells_and_shows_their_episodes(called: Run) -> None:
    told = called("release", "compare", "never", "often", "--hypothesis", "says_yes", "--transcripts", "1")
    assert told.code == 0, told.err
    assert told.out.startswith("says_yes: ")
    assert "(q1-" in told.out
    assert ": appeared" in told.out
    assert "[assistant]\nyes" in told.out
    assert "[assistant]\nnever" in told.out


def test_a_comparison_is_one_object(called: Run) -> None:
    told = json.loads(called("release", "compare", "never", "often", "--transcripts", "2", "--json").out)
    assert [row["hypothesis"] for row in told["differences"]] == ["says_yes", "calm"]
    row = told["differences"][0]
    assert row["both"] + row["only_new"] + row["only_old"] + row["neither"] == row["pairs"]
    assert len(told["changed"]) == row["only_new"]
    assert len(told["transcripts"]) == 2


def test_what_a_model_said_does_not_reach_the_terminal_as_it_is(called: Run) -> None:
    told = called("release", "compare", "never", "hostile", "--transcripts", "1")
    assert told.code == 0, told.err
    assert "yes⟨U+001B⟩[2J⟨U+202E⟩" in told.out
    assert "\x1b" not in told.out


def test_a_trend_has_a_line_for_each_release(called: Run) -> None:
    text = called("release", "trend", "--hypothesis", "says_yes")
    assert text.code == 0, text.err
    lines = [line.split() for line in text.out.splitlines() if line.startswith(("never", "often"))]
    assert [(line[0], line[7].strip(",")) for line in lines] == [("never", "CLEAR"), ("often", "ALARM")]
    told = json.loads(called("release", "trend", "--json").out)
    assert {row["model"] for row in told["rows"]} == {"never", "often", "hostile"}


def test_a_report_is_written_with_its_cards(called: Run) -> None:
    words = ("--markdown", "card.md", "--junit", "junit.xml", "-r", "never", "-r", "often")
    told = called("release", "report", *words)
    assert told.code == 0, told.err
    assert told.out.strip() == f"Report: {Path('releases/report.html').resolve()}"
    page = Path("releases/report.html").read_text()
    assert "says_yes" in page
    assert "ALARM" in page
    assert list(Path("releases/transcripts").glob("*.html"))
    card = Path("card.md").read_text()
    assert "| often |" in card
    assert "ALARM" in card
    assert 'failures="1"' in Path("junit.xml").read_text()


def test_a_page_alone_has_no_links_to_transcripts(called: Run) -> None:
    told = called("release", "report", "--out", "elsewhere/page.html", "--json")
    assert told.code == 0, told.err
    assert json.loads(told.out)["report"] == "elsewhere/page.html"
    assert "transcripts/" not in Path("elsewhere/page.html").read_text()
    assert not Path("releases/report.html").exists()


def test_verification_is_one_object(called: Run) -> None:
    told = json.loads(called("release", "verify", "--json").out)
    assert told["passed"] is True
    assert told["problems"] == []
    assert told["outcomes"] > 20
    assert len(told["verdicts"]) == 6


def test_the_schema_is_printed_as_it_is_published(called: Run) -> None:
    assert called("release", "schema").out == schema.text()
