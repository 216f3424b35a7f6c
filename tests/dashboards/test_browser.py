"""The pages in a real browser: without a request or a violation, by keyboard, narrow, without scripts, and on paper."""

from __future__ import annotations

import http.server
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards.pages import links
from tests.web import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Paths = Callable[..., Path]

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    # It would ask for the style sheet once more, which the policy forbids.
    "preload": False,
}
OPEN_ALL = "document.querySelectorAll('details').forEach(part => { part.open = true; })"
# One of each kind.
KINDS = (links.INDEX, "huvudman/0484.html", "huvudman/0004.html", "matt/brukare.html", "matt/patient.html",
         "matt/vald.html", "lansdel/3.html", links.STYRKEDJA, links.SATSNINGAR, links.BEKRAFTA, links.METOD,
         links.NYCKELTAL, links.TILLGANGLIGHET, links.SJALVSKATTNING, links.LATTLAST)  # fmt: skip
# `make test` looks at what the board opens first.
PAGES = [pytest.param(path, marks=[] if path in KINDS[:2] else [pytest.mark.lang]) for path in KINDS]


@pytest.fixture(scope="module")
def only_window(browser: Browser) -> Page:
    """Each window starts processes of its own, which cost more than the page in it."""
    return browser.new_page()


@pytest.fixture
def window(only_window: Page) -> Page:
    """As large as on a desk; who listened to it in an earlier test goes on, into a list that nobody reads."""
    only_window.set_viewport_size({"width": 1280, "height": 900})
    only_window.emulate_media(media="screen")
    return only_window


@pytest.fixture
def folder(full_report: Path) -> Path:
    return full_report.parent


def open_page(window: Page, address: str) -> list[str]:
    """Open it, and return what it asks for from elsewhere and what the console says, as it comes."""
    messages: list[str] = []
    base = address.rsplit("/", 2)[0] if "/matt/" in address or "/lansdel/" in address else address.rsplit("/", 1)[0]
    window.on("console", lambda message: messages.append(message.text))
    window.on("pageerror", lambda error: messages.append(str(error)))
    window.on("dialog", lambda dialog: messages.append(dialog.message))
    window.on("request", lambda request: None if request.url.startswith(base) else messages.append(request.url))
    window.goto(address)
    return messages


def draw_all(window: Page) -> None:
    charts = window.locator("[data-figure]")
    for n in range(charts.count()):
        charts.nth(n).scroll_into_view_if_needed()
        charts.nth(n).locator("svg.main-svg").first.wait_for()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("width", "then"),
    [
        pytest.param(1280, 768, id="window made narrower"),
        pytest.param(320, 640, id="phone turned", marks=pytest.mark.lang),
    ],
)
def test_05_axe_finds_no_violation_and_only_tables_scroll_sideways(
    window: Page, folder: Path, path: str, width: int, then: int
) -> None:
    window.set_viewport_size({"width": width, "height": 900})
    messages = open_page(window, (folder / path).as_uri())
    window.evaluate(OPEN_ALL)
    draw_all(window)
    assert_only_tables_scroll(window, width)
    violations = Axe().run(window, options=RULES).response["violations"]
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in violations] == []
    window.set_viewport_size({"width": then, "height": 900})
    # The charts follow when the browser has told them.
    window.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    assert_only_tables_scroll(window, then)
    assert messages == []


@pytest.mark.parametrize("path", PAGES)
def test_with_text_twice_as_large_only_tables_scroll_sideways(window: Page, folder: Path, path: str) -> None:
    window.set_viewport_size({"width": 640, "height": 800})
    open_page(window, (folder / path).as_uri())
    window.add_style_tag(content="html { font-size: 200%; }")
    window.evaluate(OPEN_ALL)
    draw_all(window)
    assert_only_tables_scroll(window, 640)


def assert_only_tables_scroll(window: Page, width: int) -> None:
    """And they show it."""
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    cut = window.evaluate(
        """() => [...document.querySelectorAll('main *')].filter(e => {
            if (e.closest('.scroll, svg, .live, pre') || e.classList.contains('scroll')) return false;
            for (let part = e; part; part = part.parentElement) // Hidden from view, and read aloud.
                if (getComputedStyle(part).clipPath !== 'none') return false;
            return e.getBoundingClientRect().right > innerWidth + 1; }).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert cut == []
    unmarked = window.evaluate(
        """() => [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1
            && !getComputedStyle(e).backgroundImage.includes('gradient')).length"""
    )
    assert unmarked == 0, "what is wider than the screen has a shadow at its edge"


@pytest.mark.parametrize("over", ["disk", "http"])
def test_plotly_takes_over_from_disk_and_over_http_under_the_policy(window: Page, folder: Path, over: str) -> None:
    handler = partial(_Quiet, directory=str(folder))
    with served(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)) as port:
        address = folder.as_uri() if over == "disk" else f"http://127.0.0.1:{port}"
        messages = open_page(window, f"{address}/matt/brukare.html")
        draw_all(window)
        assert window.locator(".still:visible").count() == 0
        label = window.locator(".live").first.get_attribute("aria-label")
        assert label
        assert label.startswith("Linjediagram, 2019–2025")
        assert messages == []


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_without_scripts_everything_is_there(browser: Browser, folder: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        for path in KINDS:
            page.goto((folder / path).as_uri())
            assert page.locator("h1").is_visible(), path
            for drawing in page.locator("main > div > section > .charts .still").all():
                assert drawing.is_visible(), path
            if path == links.NYCKELTAL:
                assert not page.locator("#sok").is_visible()
                assert page.locator("#nyckeltal-lista tbody tr").count() == 9


def test_the_list_of_nyckeltal_is_filtered_as_one_types(window: Page, folder: Path) -> None:
    open_page(window, (folder / links.NYCKELTAL).as_uri())
    window.locator("#sok-ord").fill("HEMTJÄNST delaktig")
    assert window.locator("#nyckeltal-lista tbody tr:visible").count() == 1
    assert window.locator("#sok-antal").inner_text() == "1 av 9 nyckeltal visas"
    window.locator("#sok-ord").fill("")
    assert window.locator("#nyckeltal-lista tbody tr:visible").count() == 9


def test_the_keyboard_walks_the_page_in_its_order_and_the_first_stop_skips(window: Page, folder: Path) -> None:
    open_page(window, (folder / "matt/brukare.html").as_uri())
    window.keyboard.press("Tab")
    assert window.evaluate("document.activeElement.className") == "skip"
    places = []
    for _ in range(25):
        window.keyboard.press("Tab")
        places.append(
            window.evaluate(
                """() => { const e = document.activeElement, all = [...document.querySelectorAll('*')];
                const s = getComputedStyle(e);
                return [all.indexOf(e), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
            )
        )
    assert [index for index, _ in places] == sorted({index for index, _ in places})
    assert all(ring for _, ring in places)
    window.locator(".skip").focus()
    window.keyboard.press("Enter")
    assert window.evaluate("document.activeElement.id") == "innehall"


def test_11_the_answer_and_the_charts_are_on_the_first_screen(window: Page, folder: Path) -> None:
    open_page(window, (folder / "matt/kontakter.html").as_uri())
    box = window.locator(".chart").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    window.set_viewport_size({"width": 320, "height": 640})
    lead = window.locator(".lead").first.bounding_box()
    assert lead is not None
    assert lead["y"] < 500, "on a phone the answer begins on the first screen"


@pytest.mark.parametrize("path", PAGES)
def test_on_paper_the_drawings_stand_and_no_text_is_smaller_than_seven_points(
    window: Page, folder: Path, path: str
) -> None:
    open_page(window, (folder / path).as_uri())
    draw_all(window)
    # A4 less the margins of @page, in CSS pixels.
    window.set_viewport_size({"width": round((210 - 26) / 25.4 * 96), "height": 1000})
    window.emulate_media(media="print")
    assert window.locator(".live:visible").count() == 0
    small = window.evaluate(
        """() => { const sizes = [];
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const e = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
            if (!text || !e.getClientRects().length || e.closest('script, style, .hidden')) continue;
            let size = parseFloat(getComputedStyle(e).fontSize);
            const svg = e.closest('svg[viewBox]');
            if (svg) size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            if (size < 7 / 72 * 96 - 0.01) sizes.push([size, text.slice(0, 40)]);
        }
        return sizes; }"""
    )
    assert small == []
    paper = window.pdf(prefer_css_page_size=True, print_background=True)
    count = len(re.findall(rb"/Type /Page\b(?!s)", paper))
    assert count <= (2 if path.startswith("lansdel/") else 12)
