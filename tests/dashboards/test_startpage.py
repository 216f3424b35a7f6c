"""The start page of the reports: what there is of each issue, of tonight and to download."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards.reading.follow_ups import issues
from dashboards.startpage import draft_name, write_start_page
from pipelines.catalog.follow_ups import FollowUp
from pipelines.rows import frame_rows
from pipelines.warehouse.follow_ups import follow_up_frames
from tests.dashboards.page import Node, parse
from tests.dashboards.published import KOMMUNER, REGION

if TYPE_CHECKING:
    from playwright.sync_api import Browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SPRING = {
    "id": "2026-var",
    "nr": 1,
    "namn": "Vår 2026",
    "status": "fastställd",
    "as_of": "2026-05-22T04:30:00Z",
    "nsv_datum": date(2026, 6, 12),
    "faststalld": date(2026, 6, 12),
    "rattelser": ({"version": 2, "datum": date(2026, 9, 1), "orsak": "Fel <år>."},),
}
AUTUMN = {"id": "2026-host", "nr": 2, "namn": "Höst 2026", "status": "fryst", "as_of": "2026-11-22T04:30:00Z"}
NEXT = {"id": "2027-var", "nr": 3, "status": "utkast"}
FIRST_EDITION = {"index.html": 2_649_999, "0484.html": 900}
DECIDED = {"index.html": 412_300, "huvudman/0484.html": 999_499, "rapport.pdf": 1_000_000, "arkiv.zip": 21_449_999}


@pytest.fixture(scope="module")
def start(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a folder with a rectified issue, a frozen one with drafts, one that is planned, and tonight's draft."""
    folder = tmp_path_factory.mktemp("data") / "rapport"
    tonight = {"index.html": 1_400, **{f"huvudman/{area}.html": 187_000 for area in (*KOMMUNER, REGION)}}
    for name, files in {
        "2026-var": FIRST_EDITION,
        "2026-var/v2": DECIDED,
        "2026-host": {"index.html": 10, "tjansteutlatande.md": 6_300},
        draft_name("2026-host", "Länsstyrgruppen"): {"index.html": 10},
        "utkast": tonight,
        "../export": {"malbild.xlsx": 740_000},
    }.items():
        for file, size in files.items():
            (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / file).write_bytes(b"x" * size)
    frames = follow_up_frames([FollowUp.model_validate(issue) for issue in (SPRING, AUTUMN, NEXT)])
    tables = {table: frame_rows(frame) for table, frame in frames.items()}
    return write_start_page(databases("syntetisk"), folder / "index.html", issues(tables), folder)


@pytest.fixture(scope="module")
def page(start: Path) -> Node:
    return parse(start.read_text(encoding="utf-8"))


def links(node: Node) -> dict[str, str]:
    """Words of a link → its address."""
    return {link.text: link.attrs["href"] for link in node.all("a")}


def test_every_issue_is_there_with_its_status_the_newest_first(page: Node) -> None:
    articles = page.element("section", id="uppfoljningar").all("article")
    assert [" ".join(article.element("h3").text.split()) for article in articles] == [
        "2027-var, nr 3 Planerad",
        "Höst 2026, nr 2 Fryst, utkast",
        "Vår 2026, nr 1 Fastställd, rättad",
    ]
    planned, frozen, decided = articles
    assert "Ingen rapport är byggd än." in planned.text
    assert links(frozen) == {
        "Läs utkastet": "2026-host/index.html",
        "Tjänsteutlåtande, utkast": "2026-host/tjansteutlatande.md",
        "Utkast till Länsstyrgruppen": "2026-host_utkast-lansstyrgruppen/index.html",
    }
    assert "Rättad: version 2 gäller sedan 1 september 2026." in decided.text
    assert decided.text.count("Fel <år>.") == 1
    assert links(decided)["Läs den rättade versionen"] == "2026-var/v2/index.html"
    assert links(decided)["Läs den fastställda versionen"] == "2026-var/index.html"
    addresses = {link.attrs["href"] for link in decided.all("a", where=lambda link: link.text == "Eskilstuna")}
    assert addresses == {"2026-var/v2/huvudman/0484.html", "2026-var/0484.html"}


def test_tonights_draft_has_the_file_of_every_huvudman(page: Node) -> None:
    tonight = links(page.element("section", id="utkast"))
    assert tonight.pop("Läs nattens utkast") == "utkast/index.html"
    assert sorted(tonight.values()) == sorted(f"utkast/huvudman/{area}.html" for area in (*KOMMUNER, REGION))


def test_every_link_leads_to_a_file_and_says_its_form_and_size(page: Node, start: Path) -> None:
    addresses = [link.attrs["href"] for link in page.all("a") if link.attrs["href"] != "#innehall"]
    assert len(addresses) == len(set(addresses)) == 21
    assert [address for address in addresses if not (start.parent / address).is_file()] == []
    notes = [(link.attrs["href"], n.text) for node in page.all("p", class_name="report") + page.all("li")
             for link, n in zip(node.all("a"), node.all("small"), strict=True)]  # fmt: skip
    assert len(notes) == len(addresses)
    sizes = {address: note.replace("\u00a0", " ") for address, note in notes}
    assert sizes["2026-host/index.html"] == "HTML, 1 kB", "never none"
    assert sizes["utkast/index.html"] == "HTML, 1 kB"
    assert sizes["2026-var/v2/huvudman/0484.html"] == "HTML, 999 kB"
    assert sizes["2026-var/v2/rapport.pdf"] == "PDF, 1,0 MB"
    assert sizes["2026-var/v2/arkiv.zip"] == "ZIP, 21,4 MB"
    assert sizes["2026-var/index.html"] == "HTML, 2,6 MB"
    assert sizes["../export/malbild.xlsx"] == "XLSX, 740 kB"


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.lang), 320])
def test_it_is_usable_on_a_wide_screen_and_a_phone(start: Path, browser: Browser, width: int) -> None:
    view = browser.new_page(viewport={"width": width, "height": 700}, java_script_enabled=True)
    view.goto(start.as_uri())
    violations = Axe().run(view, options=RULES).response["violations"]
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in violations] == []
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    columns = view.evaluate(
        "new Set([...document.querySelectorAll('#utkast .links li')].map(li => li.getBoundingClientRect().left)).size"
    )
    assert columns == (3 if width == 1280 else 1)
    assert "SYNTETISKA" in view.locator(".strip").inner_text()
    view.close()
