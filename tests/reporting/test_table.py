"""The same cells as Markdown, for a terminal, and as a frame."""

import io

import pytest
from rich.console import Console

from subterfuge.reporting import frame, markdown, plain

from .layout import REPORT


def printed(report):
    console = Console(file=io.StringIO(), width=240)
    console.print(plain(report))
    return console.file.getvalue().replace("\u202f", " ")


def poisoned(text):
    arm = REPORT.rungs[0].cells[0].model_copy(update={"arm": text})
    return REPORT.model_copy(update={"rungs": (REPORT.rungs[0].model_copy(update={"cells": (arm,)}),)})


def test_markdown_has_a_row_for_every_cell_with_all_columns():
    lines = markdown(REPORT).replace("\u202f", " ").splitlines()
    assert len(lines) == 2 + sum(len(rung.cells) for rung in REPORT.rungs)
    assert {line.count("|") for line in lines} == {12}
    row = next(line for line in lines if "flattery" in line and "standard" in line)
    said = (
        "61 of 64",
        "time limit 2, rating could not be read 1",
        "1 of 61",
        "22 of 61",
        "36 %",
        "24–49 %",
        "23–52 %",
    )
    for figure in said:
        assert figure in row
    unmeasured = next(line for line in lines if "insubordinate" in line)
    assert "not measured" in unmeasured
    assert " 0 %" not in unmeasured


@pytest.mark.parametrize("text", ["a|b", "`code`", "<b>", "two\nlines", "[x](y)", "a\u202eb"])
def test_a_name_cannot_break_the_markdown_table(text):
    lines = markdown(poisoned(text)).splitlines()
    assert len(lines) == 3
    assert lines[2].replace("\\|", "").count("|") == 12
    assert "\u202e" not in lines[2]


def test_the_terminal_shows_figures_and_takes_no_markup_from_names():
    assert "31 of 64" in printed(REPORT)
    assert "not measured" in printed(REPORT)
    assert "[red]loud[/red]" in printed(poisoned("[red]loud[/red]"))
    assert "\x1b" not in printed(poisoned("\x1b[2J"))


def test_the_frame_keeps_unknown_apart_from_zero():
    found = frame(REPORT).set_index(["rung", "arm"])
    assert len(found) == sum(len(rung.cells) for rung in REPORT.rungs)
    assert found.loc[("political_sycophancy", "standard"), "rate"] == 31 / 64
    assert found.loc[("reward_tampering", "standard"), "rate"] == 0
    assert found["rate"].isna().sum() == 1
    assert found.loc[("rubric_insubordinate", "standard"), "missing"] == 16
    assert frame(REPORT.model_copy(update={"rungs": ()})).empty
