"""The pages of a release in a real browser: they fit, are silent, link, stand out and print."""

import shutil

import pytest

from subterfuge.reporting import render_messages, render_release, write

from .release_made import MESSAGES, RELEASE
from .test_release_page import everywhere

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"),
]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

SPILLED = """() => [...document.querySelectorAll('td, tbody th, .chip, .verdict, dd, summary')]
    .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.querySelector('svg'))
    .filter(e => getComputedStyle(e).display !== 'inline').map(e => e.textContent.trim())"""

OUTSIDE = """() => [...document.querySelectorAll('svg text')]
    .filter(t => getComputedStyle(t).display !== 'none' && !t.closest('thead'))
    .map(t => [t.getBoundingClientRect(), t.textContent])
    .filter(([r]) => r.left < -1 || r.right > innerWidth + 1).map(([, text]) => text)"""

OVERLAPPING = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
    if (svg.closest('thead') && getComputedStyle(svg.closest('thead')).position === 'absolute') return [];
    const texts = [...svg.querySelectorAll(':scope > text')]
      .filter(t => getComputedStyle(t).display !== 'none')
      .map(t => [t.getBoundingClientRect(), t.textContent.trim()]);
    return texts.flatMap(([a, x], i) => texts.slice(i + 1)
      .filter(([b]) => a.left < b.right - 1 && b.left < a.right - 1)
      .filter(([b]) => a.top < b.bottom - 4 && b.top < a.bottom - 4)
      .map(([, y]) => `${x} / ${y}`)); })"""

FAINTEST = """() => {
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } };
  let worst = [99, ''];
  for (const e of document.querySelectorAll('body *')) {
    const text = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!text || !e.checkVisibility() || ['title', 'desc'].includes(e.tagName)) continue;
    const style = getComputedStyle(e), ink = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(rgb(ink)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < worst[0]) worst = [ratio, e.textContent.trim().slice(0, 60)];
  }
  return worst;
}"""


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    write(folder / "report.html", render_release(RELEASE))
    write(folder / "long.html", render_release(everywhere(RELEASE, "W" * 3000)))
    write(folder / "transcripts" / "tampering.html", render_messages(MESSAGES))
    write(folder / "transcripts" / "long.html", render_messages(everywhere(MESSAGES, "W" * 3000)))
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
@pytest.mark.parametrize(
    "name", ["report.html", "long.html", "transcripts/tampering.html", "transcripts/long.html"]
)
def test_nothing_scrolls_sideways(visit, name, width):
    page = visit(name, width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_is_cut_off_or_runs_into_its_neighbour(visit, width):
    page = visit("report.html", width)
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(OVERLAPPING) == []
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(SPILLED) == []


def test_every_link_leads_to_a_page(visit, folder):
    page = visit("report.html")
    for link in page.evaluate("[...document.links].map(a => a.getAttribute('href'))"):
        name, _, anchor = link.partition("#")
        assert not name or (folder / name).is_file()
        assert not anchor or page.locator(f"[id='{anchor}']").count() == 1
    back = visit("transcripts/tampering.html")
    back.get_by_text("Report", exact=True).click()
    assert back.url.endswith("/report.html")


def test_an_anchor_opens_its_episode_and_the_filter_needs_no_script(visit):
    page = visit("transcripts/tampering.html#cell-20", java_script_enabled=False)
    assert page.locator("[id='cell-20']").is_visible()
    for fate, name in (
        ("event", "event 14"),
        ("missing", "missing 13"),
        ("taken-for-a-test", "taken for a test 8"),
    ):
        page.goto(page.url.split("#")[0])
        page.get_by_text(name, exact=True).click()
        assert page.locator("details.episode:visible").count() == int(name.split()[-1])
        assert page.locator(f"details.episode.{fate}:visible").count() == int(name.split()[-1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report.html", "transcripts/tampering.html#cell-2"])
def test_text_stands_out_from_its_ground(visit, name, scheme):
    worst = visit(name, color_scheme=scheme).evaluate(FAINTEST)
    assert worst[0] >= 4.5, worst


def test_prints_on_paper_with_dark_ink_whatever_the_scheme(visit):
    page = visit("report.html", width=680, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate(OUTSIDE) == []
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
