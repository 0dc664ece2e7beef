"""The page of a study: figures stand where they should, nothing breaks out, and it fits any screen."""

import math
import re
import shutil
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from subterfuge.reporting import write
from subterfuge.reporting.linear import linear
from subterfuge.reporting.points import chance, change, limits, point, share, whole
from subterfuge.reporting.study import Bars, Dot, Figure, Lead, Section, Spread, Study
from subterfuge.reporting.study_page import LONGEST, axis_square, numbered_dots, pieces, render_study

from .pages import Page
from .study_made import NAMES, SCATTER, STUDY, everywhere
from .test_release_browser import FAINTEST, OUTSIDE, OVERLAPPING, SPILLED
from .test_report import HOSTILE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.314, "+0.31"),
        (-0.02, "−0.02"),
        (-0.001, "0.00"),
        (0.004, "0.00"),
        (None, "not known"),
        (math.nan, "not known"),
        (math.inf, "not known"),
    ],
)
def test_a_difference_has_its_sign_and_an_unknown_is_never_zero(value, said):
    assert change(value) == said
    assert point(value) == said.removeprefix("+")


def test_figures_are_written_with_their_intervals():
    assert whole(0.31, -0.02, 0.55).replace("\u00a0", " ") == "+0.31 (−0.02 to +0.55)"
    assert whole(0.71, 0.5, 0.9, signed=False).replace("\u00a0", " ") == "0.71 (0.50 to 0.90)"
    assert whole(0.31, None, 0.55) == "+0.31"
    assert whole(None, -1, 1) == limits(None, 1) == share(None) == chance(None) == "not known"
    assert share(0.615).replace("\u202f", " ") == "62 %"


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0, "<0.001"),
        (0.00099, "<0.001"),
        (0.031, "0.031"),
        (0.0999, "0.10"),
        (0.37, "0.37"),
        (0.999, ">0.99"),
        (1, "1"),
    ],
)
def test_a_p_value_is_never_said_to_be_none_or_all(p, said):
    assert chance(p) == said


@given(st.lists(st.none() | st.floats(-6, 6), max_size=8), st.booleans())
def test_an_axis_holds_its_values_between_round_ends(values, zero):
    axis = linear(values, zero=zero)
    known = [value for value in values if value is not None]
    assert all(-1e-6 <= axis.part(value) <= 1 + 1e-6 for value in (*known, *([0] if zero else [])))
    ticks = axis.ticks
    assert 2 <= len(ticks) <= 8
    assert len({label for _, label in ticks}) == len(ticks)
    assert ticks[0][0] == pytest.approx(axis.low, abs=1e-8)
    assert ticks[-1][0] == pytest.approx(axis.high, abs=1e-8)


@given(st.dictionaries(st.integers(-6, 6), st.floats(0, 1)))
def test_the_pieces_of_a_distribution_fill_its_bar_in_order(shares):
    found = pieces(Spread(name="x", shares=shares))
    assert [n for n, *_ in found] == sorted(n for n, s in shares.items() if s > 0)
    if found:
        assert found[0][1] == 0
        assert found[-1][1] + found[-1][2] == pytest.approx(100)
        assert all(b[1] == pytest.approx(a[1] + a[2]) for a, b in pairwise(found))


def test_numbers_of_a_scatter_stand_beside_their_own_dots():
    found = numbered_dots(SCATTER.dots, axis_square(SCATTER.dots))
    assert [number for number, *_ in found] == [1, 2, 3, 4, 5]
    assert [dot.name for _, dot, _ in found] == [*NAMES, "close by"]
    near = [place for _, dot, place in found if abs(dot.x - 0.2) < 0.01]
    assert len(set(near)) == 2, "two dots at one place have their numbers at two"


@pytest.fixture(scope="module")
def page():
    return Page(render_study(STUDY))


def test_is_well_formed_and_needs_nothing_else(page):
    assert page.faults == []
    assert page.outside() == []
    assert {"charset": "utf-8"} in page.tags("meta")
    assert len(page.ids) == len(set(page.ids))
    assert [link["href"] for link in page.tags("a")] == ["#weights", "#more"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_text(text):
    plain, hostile = (Page(render_study(everywhere(t))) for t in ("plain", text))
    assert hostile.faults == []
    assert hostile.outside() == []
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(attrs) for _, attrs in hostile.elements] == [sorted(attrs) for _, attrs in plain.elements]
    hostile.html.encode("utf-8")
    assert not set(hostile.html) & set("\x00\x1b\u202e\u2066\u200b\ufeff\U000e0041")


def test_every_chart_has_words_and_every_table_a_caption(page):
    charts = [attrs for attrs in page.tags("svg") if attrs.get("role") == "img"]
    assert len(charts) > 15
    assert page.html.count("<desc>") == len(charts)
    assert len(page.tags("table")) == page.html.count("<caption")


def test_passed_and_failed_are_told_apart_without_colour(page):
    for said in ("✓ passed", "✗ failed", "? undecided"):
        assert said in page.text


def test_bars_begin_at_zero_and_reach_their_figures():
    alone = STUDY.model_copy(
        update={"head": (), "sections": (Section(id="a", title="A", blocks=(STUDY.sections[0].blocks[1],)),)}
    )
    page = Page(render_study(alone))
    fills = [attrs for attrs in page.tags("rect") if attrs["class"] == "fill"]
    # From −0.4 to +0.6 in fifths: 0 lies at 40 %.
    assert [(f["x"], f["width"]) for f in fills] == [
        ("40.00%", "40.00%"),
        ("40.00%", "20.00%"),
        ("40.00%", "0.00%"),
        ("20.00%", "20.00%"),
    ]
    levels = {attrs["x1"] for attrs in page.tags("line") if attrs["class"] == "level"}
    assert levels == {"60.00%"}, "the reference runs through all rows"
    bands = {(attrs["x"], attrs["width"]) for attrs in page.tags("rect") if attrs["class"] == "band"}
    assert bands == {("50.00%", "20.00%")}


def test_what_is_not_known_is_said_and_not_drawn():
    unknown = Bars(title="T", axis="A", bars=tuple({"name": n, "figure": {}} for n in NAMES))
    study = Study(
        title="T",
        kicker="K",
        leads=(Lead(text="L"),),
        sections=(Section(id="a", title="A", blocks=(unknown,)),),
    )
    page = Page(render_study(study))
    assert page.faults == []
    assert page.text.count("not known") >= 2 * len(NAMES)
    assert [attrs for attrs in page.tags("rect") if attrs["class"] == "fill"] == []
    assert "not measured" not in page.text
    assert not re.search(r"\b(nan|None|inf)\b", page.html.split("</style>")[1])


def test_nan_is_read_as_not_known_and_infinity_refused():
    assert Figure(value=math.nan).value is None
    with pytest.raises(ValidationError):
        Figure(value=math.inf)
    with pytest.raises(ValidationError):
        Dot(x=0, y=0, colour="red")


def test_a_study_survives_being_stored():
    again = Study.model_validate_json(STUDY.model_dump_json())
    assert again == STUDY
    assert render_study(again) == render_study(STUDY)


def test_a_study_without_anything_is_a_page_too():
    page = Page(render_study(Study(title="T", kicker="K", leads=())))
    assert page.faults == []
    assert page.tags("section") == []


def test_a_long_quote_is_cut_and_says_so():
    data = STUDY.model_dump()
    data["sections"][1]["blocks"][-1]["quotes"][0]["text"] = "w" * (LONGEST + 1234)
    page = Page(render_study(Study.model_validate(data)))
    assert "Cut here: 1,234 more characters." in page.text
    assert "w" * (LONGEST + 1) not in page.html


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, tmp_path):
    opened, said = [], []

    def go(study=STUDY, width=1280, **options):
        path = write(tmp_path / "study.html", render_study(study))
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: r.url.startswith("file:") or said.append(f"asked for {r.url}"))
        page.goto(f"file://{path}")
        opened.append(page)
        return page

    yield go
    for page in opened:
        page.close()
    assert said == []


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("width", [390, 800, 1280])
@pytest.mark.parametrize("study", [STUDY, everywhere("W" * 3000)], ids=["ordinary", "long"])
def test_nothing_scrolls_sideways(visit, study, width):
    page = visit(study, width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("width", [390, 800, 1280])
def test_no_text_is_cut_off_or_runs_into_its_neighbour(visit, width):
    page = visit(STUDY, width)
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(OVERLAPPING) == []
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(SPILLED) == []


@pytest.mark.browser
@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit, scheme):
    page = visit(STUDY, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    worst = page.evaluate(FAINTEST)
    assert worst[0] >= 4.5, worst


@pytest.mark.browser
@in_browser
def test_prints_on_paper_with_dark_ink_whatever_the_scheme(visit):
    page = visit(STUDY, width=680, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate(OUTSIDE) == []
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
