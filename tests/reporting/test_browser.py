"""The pages in a real browser: they fit, are silent on the console, ask the network for nothing, and link."""

import shutil

import pytest

from subterfuge.reporting import render, render_transcripts, write

from .layout import PAGE, REPORT
from .test_report import everywhere

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"),
]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    write(folder / "report.html", render(REPORT))
    write(folder / "long.html", render(everywhere("W" * 3000)))
    for arm in {cell.arm for rung in REPORT.rungs for cell in rung.cells}:
        write(
            folder / "transcripts" / f"{arm}.html", render_transcripts(PAGE.model_copy(update={"arm": arm}))
        )
    return folder


@pytest.fixture
def visit(browser, folder):
    opened, said = [], []

    def go(name, width=1280, **options):
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: r.url.startswith("file:") or said.append(f"asked for {r.url}"))
        page.goto(f"file://{folder}/{name}")
        opened.append(page)
        return page

    yield go
    for page in opened:
        page.close()
    assert said == []


@pytest.mark.parametrize("width", [390, 800, 1280])
@pytest.mark.parametrize("name", ["report.html", "long.html", "transcripts/standard.html"])
def test_nothing_scrolls_sideways(visit, name, width):
    page = visit(name, width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_of_the_report_is_cut_off_or_runs_into_its_neighbour(visit, width):
    page = visit("report.html", width)
    spilled = page.evaluate(
        """() => [...document.querySelectorAll('td, tbody th, .label, .value, .chip, dd')]
               .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.querySelector('svg'))
               .filter(e => getComputedStyle(e).display !== 'inline')
               .map(e => e.textContent.trim())"""
    )
    assert spilled == []


def test_every_link_of_the_report_leads_to_a_page(visit, folder):
    page = visit("report.html")
    links = page.evaluate("[...document.links].map(a => a.getAttribute('href'))")
    for link in links:
        name, _, anchor = link.partition("#")
        assert not name or (folder / name).is_file()
        assert not anchor or page.locator(f"[id='{anchor}']").count() == 1


def test_an_anchor_opens_its_episode(visit):
    page = visit("transcripts/standard.html#ep-0040")
    episode = page.locator("[id='ep-0040']")
    assert episode.is_visible()
    assert episode.evaluate("e => Math.abs(e.getBoundingClientRect().top) < 200")
    assert page.locator("details.episode[open]").count() == 1


@pytest.mark.parametrize("scripts", [True, False])
def test_the_filter_works_without_a_script(visit, scripts):
    page = visit("transcripts/standard.html", java_script_enabled=scripts)
    page.get_by_text("missing 13", exact=True).click()
    assert page.locator("details.episode:visible").count() == 13
    assert page.locator("details.episode.gamed:visible").count() == 0
    page.get_by_text("all 64", exact=True).click()
    assert page.locator("details.episode:visible").count() == 64


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report.html", "transcripts/standard.html#ep-0000"])
def test_text_stands_out_from_its_ground(visit, name, scheme):
    page = visit(name, color_scheme=scheme)
    worst = page.evaluate(
        """() => {
          const rgb = c => c.match(/[\\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
            .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
          const ground = e => { for (; e; e = e.parentElement) {
            const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } };
          let worst = [99, ''];
          for (const e of document.querySelectorAll('body *')) {
            const text = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
            if (!text || !e.checkVisibility() || e.closest('svg')) continue;
            const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
            const ratio = (a + .05) / (b + .05);
            if (ratio < worst[0]) worst = [ratio, e.textContent.trim().slice(0, 60)];
          }
          return worst;
        }"""
    )
    assert worst[0] >= 4.5, worst


def test_prints_on_paper_with_dark_ink_whatever_the_scheme(visit):
    page = visit("report.html", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
