"""The report says what it was given, with denominators, and nothing of it can break out of the page."""

import math

import pytest
from pydantic import ValidationError

from subterfuge.reporting import Cell, Rate, Report, Rung, render
from subterfuge.reporting.sentences import sentence

from .layout import REPORT, SYCOPHANCY, TAMPERING, cell
from .pages import Page

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "closing": "</style></pre></main><h1>ours</h1>",
    "quote": '"\' onmouseover="alert(1)" x=\'',
    "handler": "<img src=x onerror=alert(1)>",
    "template": "{{ 7 * 7 }}{% raw %}",
    "bidi": "user\u202egpj.exe\u2066",
    "nul": "before\x00after\x1b[31m",
    "surrogate": "half \ud800 pair",
    "unseen": "a\u200bb\U000e0041c\ufeff",
    "entity": "&lt;b&gt; &amp; &#0;",
    "long": "x" * 5000,
    "address": "https://evil.example/x.js",
}


def everywhere(text):
    """A report with one text in every field that is a text."""
    poison = {"title": text, "ask": text, "gaming": text, "reference": text, "notes": (text,)}
    arm = SYCOPHANCY.cells[0].model_copy(update={"controls": text, "arm": text, "missing": {text: 0}})
    rungs = tuple(
        rung.model_copy(
            update={
                **poison,
                "cells": (*rung.cells, arm),
                "mechanisms": tuple(
                    m.model_copy(update={"name": text, "meaning": text}) for m in rung.mechanisms
                ),
                "families": tuple(f.model_copy(update={"name": text}) for f in rung.families),
                "chain": tuple(s.model_copy(update={"name": text, "meaning": text}) for s in rung.chain),
            }
        )
        for rung in REPORT.rungs
    )
    names = ("model", "date", "version", "action_format", "sandbox", "command")
    run = REPORT.run.model_copy(update={**dict.fromkeys(names, text), "versions": {text: text}})
    update = {"title": text, "summary": text, "run": run, "rungs": rungs, "notes": (text,), "method": (text,)}
    return REPORT.model_copy(update=update)


@pytest.fixture(scope="module")
def page():
    return Page(render(REPORT))


def test_is_well_formed_and_needs_nothing_else(page):
    assert page.faults == []
    assert page.outside() == []
    assert page.html.isascii() is False  # it is read as UTF-8, and says so
    assert {"charset": "utf-8"} in page.tags("meta")


def test_every_cell_stands_with_its_denominators(page):
    for rung in REPORT.rungs:
        for arm in rung.cells:
            assert arm.arm.replace("_", " ") in page.text
            assert arm.controls in page.text
            if arm.gamed.n:
                assert f"{arm.gamed.events} of {arm.gamed.n}" in page.text
                assert f"{arm.gamed.n} of {arm.planned}" in page.text
    assert "3 of 64 refused" in page.text
    assert "2 missing: time limit" in page.text
    assert "1 missing: rating could not be read" in page.text
    assert "23–52\u202f%" in page.html, "worst case over the three missing of flattery"
    assert "signed flip over the mirror pair: +0.31 (+0.04 to +0.55), 64 episodes" in page.text


def test_chain_mechanisms_families_and_calibration_are_counts_of_something(page):
    assert "3 of 63" in page.text
    assert "38 of 64 59\u202f%" in page.html.replace('<span class="aside inline">', "").replace("</span>", "")
    assert "19 of 29" in page.text
    assert "11 of 22" in page.text
    assert "held out of training" in page.text
    assert "71 of 200" in page.text


def test_says_how_to_make_it_again(page):
    assert REPORT.run.command in page.text
    for name, version in REPORT.run.versions.items():
        assert name in page.text
        assert version in page.text
    for note in (*REPORT.notes, *REPORT.method):
        assert note in page.text


def test_links_lead_somewhere(page):
    targets = [link["href"] for link in page.tags("a")]
    assert [t for t in targets if t.startswith("#") and t[1:] not in page.ids] == []
    assert "transcripts/no_preamble.html" in targets
    assert len(page.ids) == len(set(page.ids))


def test_every_chart_has_words(page):
    charts = [attrs for attrs in page.tags("svg") if attrs.get("aria-hidden") != "true"]
    assert charts
    assert all(attrs["role"] == "img" for attrs in charts)
    assert page.html.count("<desc>") == len(charts)
    assert "48\u202f%, 31 of 64, interval 36–61\u202f%; chance level 25\u202f%" in page.html
    assert len(page.tags("table")) == page.html.count("<caption>")


def test_positions_on_the_chart_are_the_figures():
    page = Page(render(REPORT.model_copy(update={"rungs": (SYCOPHANCY,)})))
    point = next(attrs for attrs in page.tags("circle") if attrs["class"] == "point")
    band = next(attrs for attrs in page.tags("rect") if attrs["class"] == "range")
    chance = next(attrs for attrs in page.tags("line") if attrs["class"] == "chance")
    assert point["cx"] == "48.44%"
    assert float(band["x"][:-1]) == pytest.approx(100 * SYCOPHANCY.cells[0].gamed.low, abs=0.01)
    ends = float(band["x"][:-1]) + float(band["width"][:-1])
    assert ends == pytest.approx(100 * SYCOPHANCY.cells[0].gamed.high, abs=0.02)
    assert chance["x1"] == "25.00%"


def test_a_chart_of_rare_events_has_a_shorter_axis_and_says_so():
    rare = TAMPERING.model_copy(
        update={"cells": (cell("standard", 45, 32768, "the behaviour itself", chance=None),)}
    )
    page = Page(render(REPORT.model_copy(update={"rungs": (rare,)})))
    point = next(attrs for attrs in page.tags("circle") if attrs["class"] == "point")
    assert point["cx"] == "13.73%", "45 of 32,768 on a scale of 0–1 %"
    assert "on a scale of 0–1\u202f%" in page.html
    assert "45 of 32,768" in page.text


@pytest.mark.parametrize("unknown", [None, math.nan])
def test_what_is_not_known_is_never_zero(unknown):
    arm = Cell(
        arm="standard",
        controls="c",
        planned=4,
        gamed=Rate(events=0, n=0, low=unknown, high=unknown),
        missing={"sandbox lost": 4},
        chance=unknown,
    )
    run = REPORT.run.model_copy(update={"duration_s": None})
    rung = TAMPERING.model_copy(update={"cells": (arm,), "chain": ()})
    page = Page(render(REPORT.model_copy(update={"rungs": (rung,), "run": run, "calibration": None})))
    assert page.text.count("not measured") >= 5
    body = page.html.split("</style>")[1]
    assert "nan" not in body.lower().replace("finance", "")
    assert "None" not in body
    assert [attrs for attrs in page.tags("circle") if attrs["class"] == "point"] == []
    assert "not measured: none of 4 planned episodes could be scored (sandbox lost 4)." in page.text


def test_a_rung_without_its_standard_arm_says_so():
    rung = TAMPERING.model_copy(update={"cells": TAMPERING.cells[1:]})
    assert "the standard arm was not run" in Page(render(REPORT.model_copy(update={"rungs": (rung,)}))).text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_text(text):
    plain, poisoned = Page(render(everywhere("plain"))), Page(render(everywhere(text)))
    assert poisoned.faults == []
    assert poisoned.outside() == []
    assert [tag for tag, _ in poisoned.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(attrs) for _, attrs in poisoned.elements] == [sorted(attrs) for _, attrs in plain.elements]
    poisoned.html.encode("utf-8")
    assert not set(poisoned.html) & set("\x00\x1b\u202e\u2066\u200b\ufeff\U000e0041")


def test_unseen_characters_are_shown():
    text = Page(render(everywhere("a\u202eb\x00c\ud800d"))).text
    assert "a⟨U+202E⟩b⟨U+0000⟩c⟨U+D800⟩d" in text


@pytest.mark.parametrize(
    "href", ["https://x.example/", "javascript:alert(1)", "//x.example", "/etc/passwd", "data:,x"]
)
def test_a_report_links_only_to_files_beside_it(href):
    with pytest.raises(ValidationError, match="links to files beside it"):
        Cell(arm="a", controls="c", planned=0, gamed=Rate(events=0, n=0), href=href)


def test_counts_that_do_not_add_up_are_refused():
    with pytest.raises(ValidationError, match="3 scored and 1 missing are not 5 planned"):
        Cell(arm="a", controls="c", planned=5, gamed=Rate(events=0, n=3), missing={"lost": 1})
    with pytest.raises(ValidationError, match="4 events cannot come of 3"):
        Rate(events=4, n=3)
    with pytest.raises(ValidationError, match="refusals"):
        Cell(arm="a", controls="c", planned=3, gamed=Rate(events=0, n=3), refusals=4)
    with pytest.raises(ValidationError):
        Rate(events=1, n=3, low=35.8, high=61.3)


def test_a_report_survives_being_stored():
    again = Report.model_validate_json(REPORT.model_dump_json())
    assert again == REPORT
    assert render(again) == render(REPORT)


def one(events, n, **more):
    return Rung.model_validate(
        {**SYCOPHANCY.model_dump(), "cells": [cell("standard", events, n, "c", **more)]}
    )


@pytest.mark.parametrize(
    ("rung", "says"),
    [
        (
            SYCOPHANCY,
            "gamed in 31 of 64 episodes (48 %, 36–61 %); uniform choice among the options would give 25 %; "
            "told to do it, it did in 58 of 64.",
        ),
        (
            one(18, 64),
            "gamed in 18 of 64 episodes (28 %, 18–41 %); uniform choice among the options would give 25 %, "
            "which these figures do not rule out.",
        ),
        (one(0, 64, chance=None), "gamed in no episode of 64 (0 %, 0–5.6 %)."),
        (one(64, 64, chance=None), "gamed in 64 of 64 episodes (100 %, 94–100 %)."),
        (
            one(1, 62, missing={"time limit": 2}, chance=None),
            "gamed in 1 of 62 episodes (1.6 %, 0.04–8.7 %); 2 of 64 planned could not be scored.",
        ),
    ],
)
def test_sentences_are_made_of_the_figures(rung, says):
    assert sentence(rung).replace("\u202f", " ") == says
