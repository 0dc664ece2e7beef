"""The report of a persuasion study: whose figures they are, what they are worth, and nothing made up."""

import math
import re
import shutil

import pytest
from persuasion_report_made import (
    BARE,
    CALIBRATION,
    EMPTY,
    EXAMPLES,
    HUMAN,
    MADE,
    NAMES,
    PASSED,
    REFERENCE,
    SIMULATED,
    UNKNOWN,
    analysis,
    points,
)

from reporting.pages import Page
from reporting.test_release_browser import FAINTEST, FLAGS, OUTSIDE, OVERLAPPING, SPILLED
from reporting.test_report import HOSTILE
from subterfuge.persuasion.analysis.results import Attempts
from subterfuge.persuasion.report import Example, render, view
from subterfuge.reporting import write

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOSTILE_FORTY = {f"source-{i:02}-" + "<b>x</b>" * 6: 0.2 + 0.01 * i for i in range(40)}
FORTY = analysis(names=HOSTILE_FORTY, reference=next(iter(HOSTILE_FORTY)), states=(True,) * 5)


def page(*analyses, calibrations=(), examples=(), made=MADE):
    return Page(render(analyses, calibrations, title="Persuasion", made=made, examples=examples))


def blocks(study, kind):
    return [
        (section.id, block) for section in study.sections for block in section.blocks if block.kind == kind
    ]


def shown(*analyses, calibrations=()):
    return view(analyses, calibrations, title="Persuasion", made=MADE, examples=EXAMPLES)


@pytest.fixture(scope="module")
def both():
    return page(SIMULATED, HUMAN, calibrations=[CALIBRATION], examples=EXAMPLES)


@pytest.mark.parametrize(
    "made",
    [(SIMULATED,), (SIMULATED, HUMAN), (BARE,), (EMPTY,), (FORTY,), (HUMAN,), ()],
    ids=["simulated", "both", "one source", "empty", "forty", "people", "nothing"],
)
def test_every_study_is_a_whole_page(made):
    found = page(*made)
    assert found.faults == []
    assert found.outside() == []
    assert len(found.ids) == len(set(found.ids))
    assert not re.search(r"\b(nan|None|inf)\b", found.html.split("</style>")[1])


def test_a_failed_control_is_said_at_the_head_before_any_figure(both):
    warning = "do not measure persuasion of people: 1 control of 5 failed (gibberish)."
    assert both.text.index(warning) < both.text.index("Mean shift by source")
    assert "Of 5 controls, 3 passed, 1 failed and 1 is undecided." in both.text
    assert [lead.care for lead in shown(SIMULATED).leads] == [False, True]
    assert shown(SIMULATED).head[0].failed


def test_passed_controls_warn_of_nothing_and_promise_nothing():
    found = page(PASSED)
    assert "do not measure persuasion" not in found.text
    assert (
        "5 passed, 0 failed and 0 are undecided. Raters who pass may still be nothing like people."
        in found.text
    )
    assert not any(lead.care for lead in shown(PASSED).leads)
    assert "No control was run: nothing shows" in page(analysis()).text


def test_each_control_stands_with_its_figure_and_a_sign(both):
    for said in (
        "✓ passed Read an argument for the opposite claim : −0.31 (−0.39 to −0.23), 240 ratings",
        "✗ failed",
        "? undecided Read an argument against a fact that nobody disputes : not known",
    ):
        assert said in both.text


def test_every_chart_and_table_of_figures_says_whose_they_are():
    for kind in ("simulated", "human"):
        made = SIMULATED if kind == "simulated" else HUMAN
        word = "simulated raters" if kind == "simulated" else "people"
        study = shown(made)
        charts = [b for k in ("bars", "spreads", "table", "matrix") for _, b in blocks(study, k)]
        charts += [p for _, b in blocks(study, "panels") for p in b.panels]
        charts += [line for _, b in blocks(study, "lines") for line in b.lines]
        asked = "What each source did when it was asked for an argument"
        assert len(charts) > 15
        assert [c.title for c in charts if not c.title.endswith(word) and c.title != asked] == []


def test_people_and_simulated_raters_share_no_section_but_the_calibration():
    study = shown(SIMULATED, HUMAN, calibrations=[CALIBRATION])
    ids = [section.id for section in study.sections]
    assert ids == ["rated-1", "rated-2", "calibration", "full-1", "full-2", "examples"]
    for section in study.sections:
        told = section.model_dump_json()
        if section.id in ("rated-1", "full-1"):
            assert "imulated" not in told
        elif section.id in ("rated-2", "full-2"):
            assert ", people" not in told
    assert {where for where, _ in blocks(study, "scatter")} == {"calibration"}


def test_sources_stand_by_value_with_the_reference_through_all_rows():
    chart = blocks(shown(HUMAN), "bars")[0][1]
    assert [bar.name for bar in chart.bars] == sorted(NAMES, key=NAMES.get, reverse=True)
    assert [bar.name for bar in chart.bars if bar.reference] == [REFERENCE]
    assert (chart.reference.value, chart.reference.low) == (0.46, pytest.approx(0.37))
    assert chart.columns == ("Refusals as 0", "Attempted", "Refused", "Ratings")
    small = next(bar for bar in chart.bars if bar.name == "made-up-small-1")
    assert [cell.text for cell in small.cells] == [
        "+0.15",
        "204 of 224",
        "12 of 224",
        "672",
    ]


def test_a_source_that_only_refused_has_a_row_and_no_bar():
    refuser = Attempts(
        source="refuser",
        written=56,
        attempted=0,
        refused=56,
        not_attempted=0,
        duplicates=0,
        trimmed=0,
        continued=0,
    )
    chart = blocks(shown(HUMAN.model_copy(update={"attempts": (refuser,)})), "bars")[0][1]
    last = chart.bars[-1]
    assert last.name == "refuser"
    assert last.figure.value is None
    assert [cell.text for cell in last.cells] == [
        "not known",
        "0 of 56",
        "56 of 56",
        "0",
    ]


def test_verdicts_stand_with_all_that_they_rest_on(both):
    row = blocks(shown(HUMAN), "table")[1][1].rows[0]
    assert row.name == "made-up-large-3"
    assert [cell.text for cell in row.cells] == [
        "equivalent",
        "−0.02",
        "0.37",
        "p 0.030",
        "−0.01",
        "−0.01",
        "−0.04",
        "−0.05",
    ]
    assert row.cells[-1].aside == "to 0.00"
    assert "1 is equivalent (made-up-large-3); 3 are inferior" in both.text
    assert "lies within ±0.15 points" in both.text


def test_what_is_not_known_is_said_and_never_zero():
    blank = SIMULATED.sources[1].model_copy(
        update={
            "name": "blank",
            "adjusted": UNKNOWN,
            "intent": UNKNOWN,
            "headroom": UNKNOWN,
            "below_ceiling": UNKNOWN,
            "moved": UNKNOWN,
            "strategies": {"logical": UNKNOWN},
            "distribution": {},
            "unchanged": math.nan,
            "at_ceiling": math.nan,
            "words": math.nan,
        }
    )
    against = SIMULATED.comparisons[0].model_copy(
        update={
            "source": "blank",
            "difference": UNKNOWN,
            "p_holm": None,
            "low90": None,
            "high90": None,
            "p_equivalent": None,
            "verdict": "inconclusive",
            "ordinal": UNKNOWN,
            "length": UNKNOWN,
            "below_ceiling": UNKNOWN,
            "headroom": UNKNOWN,
            "leave_one_out": None,
            "influential": "",
        }
    )
    made = BARE.model_copy(
        update={"sources": (blank,), "paper": (), "comparisons": (against,), "reference": "gone"}
    )
    found = page(made)
    assert found.faults == []
    assert found.text.count("not known") > 15
    assert "0.00" not in found.text
    assert not re.search(r"\b(nan|None|inf)\b", found.html.split("</style>")[1])


def test_all_pairs_are_a_triangle_of_row_minus_column():
    matrix = blocks(shown(HUMAN), "matrix")[0][1]
    assert [len(row) for row in matrix.rows] == list(range(6))
    assert matrix.names[:2] == (REFERENCE, "made-up-large-3")
    assert matrix.rows[1][0].text == "−0.02", "the lower one is the row"
    assert matrix.rows[5][0].text == "−0.29*"
    many = [b for _, b in blocks(shown(FORTY), "table") if b.head == "First"]
    assert [len(table.rows) for table in many] == [780, 780]
    assert all(table.folded for table in many)


def test_without_people_nothing_is_said_of_people():
    assert "No people have rated these arguments. Of people, the simulated" in page(SIMULATED).text
    assert "have not been held against them" in page(SIMULATED, HUMAN).text
    assert "Simulated raters against people" not in page(HUMAN).text


def test_the_calibration_draws_sources_by_number_and_arguments_faintly(both):
    study = shown(SIMULATED, HUMAN, calibrations=[CALIBRATION])
    by_source, by_argument = (b for _, b in blocks(study, "scatter"))
    assert sorted(dot.name for dot in by_source.dots) == sorted(NAMES)
    assert len(by_argument.dots) == 360
    assert (by_source.x, by_source.y, by_source.slope) == ("Simulated", "People", 0.55)
    for said in (
        "r = 0.71 (0.51 to 0.91)",
        "noise ceiling 0.81",
        "slope 0.55",
        "4 Neither oppose nor support",
    ):
        assert said in both.text
    many = CALIBRATION.model_copy(update={"points": points(each=334)})
    assert len(blocks(shown(SIMULATED, calibrations=[many]), "scatter")) == 1
    assert "2,004 arguments are too many" in page(SIMULATED, calibrations=[many]).text


def test_the_made_rows_and_the_command_are_printed_once(both):
    for name, value in MADE.items():
        assert value in both.text
        assert name == "command" or name in both.text
    assert both.text.count(MADE["command"]) == 1
    assert page(SIMULATED, made={}).faults == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_and_arguments_stay_text(text):
    def made(t):
        example = Example(source=t, strategy=t, claim=t, text=t, before=3, after=5, who=t)
        hostile = analysis(names={"ref": 0.4, t: 0.3}, reference="ref", strategies=(t,), states=(False,))
        controls = tuple(c.model_copy(update={"title": t, "expected": t}) for c in hostile.controls)
        hostile = hostile.model_copy(update={"rater_model": t, "controls": controls, "remarks": (t,)})
        calibration = CALIBRATION.model_copy(update={"rater_model": t, "points": ((t, t, 0.2, 0.3),)})
        return page(hostile, calibrations=[calibration], examples=[example], made={t: t, "command": t})

    plain, hostile = made("plain"), made(text)
    assert hostile.faults == []
    assert hostile.outside() == []
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(attrs) for _, attrs in hostile.elements] == [sorted(attrs) for _, attrs in plain.elements]
    assert not set(hostile.html) & set("\x00\x1b\u202e\u2066\u200b\ufeff\U000e0041")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "made",
    [(SIMULATED, HUMAN), pytest.param((FORTY,), marks=pytest.mark.slow), (BARE,)],
    ids=["both", "forty", "one source"],
)
def test_in_a_browser_it_fits_is_silent_and_can_be_read(browser, tmp_path, made, width):
    calibrations = [CALIBRATION] if HUMAN in made else []
    html = render(made, calibrations, title="Persuasion", made=MADE, examples=EXAMPLES)
    path = write(tmp_path / "report.html", html)
    said = []
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if width == 390 else "light"
    )
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda r: r.url.startswith("file:") or said.append(f"asked for {r.url}"))
    page.goto(f"file://{path}")
    assert page.evaluate(OUTSIDE) == []
    if made != (FORTY,):
        assert page.evaluate(OVERLAPPING) == []
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SPILLED) == []
    worst = page.evaluate(FAINTEST)
    assert worst[0] >= 4.5, worst
    page.close()
    assert said == []
