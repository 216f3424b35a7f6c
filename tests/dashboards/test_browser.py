"""The report in a real browser: without a request or a violation, by WCAG and keyboard, narrow, and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Paths = Callable[..., Path]

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
OPEN_ALL = "document.querySelectorAll('details').forEach(part => { part.open = true; })"
BEFORE_PRINT, AFTER_PRINT = (f"window.dispatchEvent(new Event('{event}'))" for event in ("beforeprint", "afterprint"))


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


@pytest.fixture
def opened(window: Page, reports: Paths) -> Iterator[Page]:
    """The synthetic report. Fails when anything but the file is asked for, or the console says anything."""
    messages: list[str] = []
    window.on("console", lambda message: messages.append(message.text))
    window.on("pageerror", lambda error: messages.append(str(error)))
    window.on("dialog", lambda dialog: messages.append(dialog.message))
    window.on("request", lambda request: messages.append(request.url))
    window.goto(reports("syntetisk").as_uri())
    yield window
    assert messages == [reports("syntetisk").as_uri()]


def test_charts_are_drawn_when_they_come_into_view_and_not_before(opened: Page) -> None:
    charts = opened.locator("[data-figure]")
    assert charts.count() > 4
    assert charts.last.locator("svg").count() == 0
    for n in range(charts.count()):
        charts.nth(n).scroll_into_view_if_needed()
        charts.nth(n).locator("svg.main-svg").first.wait_for()
    assert opened.locator("#nyckeltal-U11111 .scatterlayer path.point").count() > 10
    ticks = opened.locator('[data-figure="nyckeltal-N44444-jamforelse"] .xtick text').all_text_contents()
    assert any("\u202f000\u202f000" in text for text in ticks), "Swedish numbers on the axes"


def test_hostile_titles_run_nothing(opened: Page) -> None:
    assert "onerror=alert(1)" in opened.locator("#nyckeltal-N44444 h5").inner_text()
    assert opened.locator("img").count() == 0


def test_without_scripts_the_tables_and_the_words_are_there(browser: Browser, reports: Paths) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports().as_uri())
    table = page.locator("#nyckeltal-U11111 table").first
    assert table.is_visible()
    assert "Eskilstuna" in table.inner_text()
    assert page.locator("#nyckeltal-U11111 .no-chart").first.is_visible()
    assert not page.locator("#nyckeltal-U11111 .chart").first.is_visible(), "no empty frame where a chart would be"
    context.close()


@pytest.mark.parametrize("width", [1280, 320])
def test_05_axe_finds_no_violation(opened: Page, width: int) -> None:
    opened.set_viewport_size({"width": width, "height": 900})
    opened.evaluate(OPEN_ALL)
    opened.evaluate(BEFORE_PRINT)  # draws every chart
    violations = Axe().run(opened, options=RULES).response["violations"]
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in violations] == []


def test_the_keyboard_walks_every_link_table_and_fold_in_the_order_of_the_page(opened: Page) -> None:
    """Tab stops come in document order, each visible and with a ring round it; the first skips to the contents."""
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.className") == "skip"
    places = []
    for _ in range(60):
        opened.keyboard.press("Tab")
        place = opened.evaluate(
            """() => { const e = document.activeElement, all = [...document.querySelectorAll('*')];
            const s = getComputedStyle(e);
            return [all.indexOf(e), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        places.append(place)
    assert [index for index, _ in places] == sorted({index for index, _ in places})
    assert all(ring for _, ring in places)
    opened.locator(".skip").focus()
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.activeElement.id") == "innehall"
    opened.locator(".scroll").first.focus()
    assert opened.evaluate("document.activeElement.className") == "scroll", "a table is reached too"


def test_what_is_focused_is_not_hidden_behind_the_bar(opened: Page) -> None:
    link = opened.locator("#huvudman table a").first
    link.focus()
    opened.wait_for_timeout(300)
    box, bar = link.bounding_box(), opened.locator(".top").bounding_box()
    assert box is not None
    assert bar is not None
    assert box["y"] >= bar["y"] + bar["height"] or box["y"] + box["height"] <= bar["y"]


def test_a_status_is_a_word_with_a_shape_of_its_own_kind(opened: Page) -> None:
    statuses = opened.evaluate(
        """() => [...document.querySelectorAll('.status')].map(s =>
        [s.innerText.trim(), s.querySelector('use').getAttribute('href')])"""
    )
    assert len(statuses) > 20
    assert all(word for word, _ in statuses)
    assert {shape.split("-")[1] for _, shape in statuses} == {"lage", "riktning", "mal"}
    ids = {f"#{name}" for name in opened.evaluate("[...document.querySelectorAll('symbol')].map(s => s.id)")}
    assert {shape for _, shape in statuses} <= ids, "every shape is drawn"


@pytest.mark.parametrize(("width", "css"), [(320, ""), (768, ""), (1280, ""), (640, "html { font-size: 200%; }")])
def test_only_tables_scroll_sideways(opened: Page, width: int, css: str) -> None:
    opened.set_viewport_size({"width": width, "height": 800})
    opened.add_style_tag(content=css) if css else None
    opened.evaluate(OPEN_ALL)
    opened.locator("[data-figure]").first.scroll_into_view_if_needed()
    opened.locator("[data-figure] svg.main-svg").first.wait_for()
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_print_opens_what_is_folded_and_draws_every_chart(opened: Page) -> None:
    assert opened.locator("details[open]").count() == 0
    opened.evaluate(BEFORE_PRINT)
    assert opened.locator("details:not([open])").count() == 0
    charts = opened.locator("[data-figure]")
    assert all(charts.nth(n).locator("svg.main-svg").count() > 0 for n in range(charts.count()))
    opened.emulate_media(media="print")
    heights = opened.evaluate("[...document.querySelectorAll('.chart')].map(c => c.getBoundingClientRect().height)")
    assert min(heights) > 100, "a chart keeps its height on paper"
    opened.emulate_media(media="screen")
    opened.evaluate(AFTER_PRINT)
    assert opened.locator("details[open]").count() == 0
    paper = opened.pdf(prefer_css_page_size=True, print_background=True)
    assert sum(paper.count(mark) for mark in (b"/Type /Page\n", b"/Type /Page ", b"/Type /Page/")) > 5


def test_11_the_summary_fits_one_sheet(opened: Page) -> None:
    # A4 less the margins of @page, in CSS pixels.
    width, height = round((210 - 30) / 25.4 * 96), round((297 - 34) / 25.4 * 96)
    opened.set_viewport_size({"width": width, "height": height})
    opened.emulate_media(media="print")
    box = opened.locator("#sammanfattning").bounding_box()
    assert box is not None
    assert box["height"] <= height
