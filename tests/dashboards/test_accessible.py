"""WCAG in a real browser: axe-core's rules, the keyboard's whole way, and reading without sight, scripts or colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Paths = Callable[..., Path]

_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@pytest.fixture
def opened(browser: Browser, reports: Paths) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(reports("syntetisk").as_uri())
    yield page
    page.close()


@pytest.mark.parametrize("width", [1280, 320])
def test_05_axe_finds_no_violation(opened: Page, width: int) -> None:
    opened.set_viewport_size({"width": width, "height": 900})
    opened.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")  # draws every chart
    found = Axe().run(opened, options=_RULES).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == []


def test_the_keyboard_walks_every_link_table_and_fold_in_the_order_of_the_page(opened: Page) -> None:
    """Tab stops come in document order, each visible and with a ring round it."""
    reachable = opened.evaluate(
        """() => [...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
        .filter(e => e.checkVisibility()).length"""
    )
    places = []
    for _ in range(60):
        opened.keyboard.press("Tab")
        place = opened.evaluate(
            """() => { const e = document.activeElement, all = [...document.querySelectorAll('*')];
            const s = getComputedStyle(e);
            return [all.indexOf(e), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
        )
        places.append(place)
    assert reachable > 60
    assert [index for index, _ in places] == sorted({index for index, _ in places})
    assert all(ring for _, ring in places)


def test_what_is_focused_is_not_hidden_behind_the_bar(opened: Page) -> None:
    link = opened.locator("#huvudman table a").first
    link.focus()
    opened.wait_for_timeout(300)
    box, bar = link.bounding_box(), opened.locator(".top").bounding_box()
    assert box is not None
    assert bar is not None
    assert box["y"] >= bar["y"] + bar["height"] or box["y"] + box["height"] <= bar["y"]


def test_a_status_is_a_word_with_a_shape_of_its_own_kind(opened: Page) -> None:
    told = opened.evaluate(
        """() => [...document.querySelectorAll('.status')].map(s =>
        [s.innerText.trim(), s.querySelector('use').getAttribute('href')])"""
    )
    assert len(told) > 20
    assert all(word for word, _ in told)
    assert {shape.split("-")[1] for _, shape in told} == {"lage", "riktning", "mal"}
    ids = {f"#{name}" for name in opened.evaluate("[...document.querySelectorAll('symbol')].map(s => s.id)")}
    assert {shape for _, shape in told} <= ids, "every shape is drawn"


def test_11_the_summary_fits_one_sheet(browser: Browser, reports: Paths) -> None:
    # A4 less the margins of @page, in CSS pixels.
    width, height = round((210 - 30) / 25.4 * 96), round((297 - 34) / 25.4 * 96)
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(reports("syntetisk").as_uri())
    page.emulate_media(media="print")
    box = page.locator("#sammanfattning").bounding_box()
    assert box is not None
    assert box["height"] <= height
    page.close()
