"""The report in a real browser: drawn, without a request or a violation, without scripts, narrow, and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Paths = Callable[..., Path]


@pytest.fixture
def opened(browser: Browser, reports: Paths) -> Iterator[tuple[Page, list[str], list[str]]]:
    """The report in a desktop window; what the console said; every address that was asked for."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reports().as_uri())
    yield page, said, asked
    page.close()


def test_charts_are_drawn_when_they_come_into_view_and_nothing_is_requested(
    opened: tuple[Page, list[str], list[str]], reports: Paths
) -> None:
    page, said, asked = opened
    charts = page.locator("[data-figure]")
    assert charts.count() > 4
    for n in range(charts.count()):
        charts.nth(n).scroll_into_view_if_needed()
        charts.nth(n).locator("svg.main-svg").first.wait_for()
    assert page.locator("#nyckeltal-U11111 .scatterlayer path.point").count() > 10
    assert said == [], "no violation of the policy, no error"
    assert asked == [reports().as_uri()]


def test_a_chart_is_not_drawn_before_it_is_near(opened: tuple[Page, list[str], list[str]]) -> None:
    page, _, _ = opened
    assert page.locator("[data-figure]").last.locator("svg").count() == 0


def test_numbers_on_the_axes_are_swedish(opened: tuple[Page, list[str], list[str]]) -> None:
    page, _, _ = opened
    page.locator('[data-figure="nyckeltal-N44444-jamforelse"]').scroll_into_view_if_needed()
    ticks = page.locator('[data-figure="nyckeltal-N44444-jamforelse"] .xtick text')
    ticks.first.wait_for()
    assert any("\u202f000\u202f000" in text for text in ticks.all_text_contents())


def test_hostile_titles_run_nothing(opened: tuple[Page, list[str], list[str]]) -> None:
    page, _, _ = opened
    raised: list[str] = []
    page.on("dialog", lambda dialog: raised.append(dialog.message))
    assert "onerror=alert(1)" in page.locator("#nyckeltal-N44444 h5").inner_text()
    assert page.locator("img").count() == 0
    assert raised == []


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


@pytest.mark.parametrize("source", ["kolada", "syntetisk"])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_only_tables_scroll_sideways(browser: Browser, reports: Paths, width: int, source: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(reports(source).as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.locator("[data-figure]").first.scroll_into_view_if_needed()
    page.locator("[data-figure] svg.main-svg").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_twice_the_text_size_still_fits(browser: Browser, reports: Paths) -> None:
    page = browser.new_page(viewport={"width": 640, "height": 800})
    page.goto(reports().as_uri())
    page.add_style_tag(content="html { font-size: 200%; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.close()


def test_print_opens_what_is_folded_and_draws_every_chart(opened: tuple[Page, list[str], list[str]]) -> None:
    page, said, _ = opened
    assert page.locator("details[open]").count() == 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    charts = page.locator("[data-figure]")
    assert all(charts.nth(n).locator("svg.main-svg").count() > 0 for n in range(charts.count()))
    page.emulate_media(media="print")
    heights = page.evaluate("[...document.querySelectorAll('.chart')].map(c => c.getBoundingClientRect().height)")
    assert min(heights) > 100, "a chart keeps its height on paper"
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert said == []


def test_it_prints(opened: tuple[Page, list[str], list[str]]) -> None:
    page, said, _ = opened
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") + paper.count(b"/Type /Page/") > 5
    assert said == []


def test_the_keyboard_reaches_the_skip_link_first_and_the_tables(opened: tuple[Page, list[str], list[str]]) -> None:
    page, _, _ = opened
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "innehall"
    page.locator(".scroll").first.focus()
    assert page.evaluate("document.activeElement.className") == "scroll"
