"""The figures as files: each stands alone, is the page's drawing, and says what it shows, whose it is and of when."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dashboards.report import build_report
from tests.dashboards.page import parse
from tests.dashboards.published import HOSTILE, write_content
from tests.dashboards.test_periods import KPI, store
from tests.warehouse.small import change

Paths = Callable[..., Path]
_SVG = "{http://www.w3.org/2000/svg}"


def pictures(folder: Path) -> dict[str, ElementTree.Element]:
    """Name → root, as a reader of XML has it."""
    return {
        path.relative_to(folder / "bilder").as_posix(): ElementTree.parse(path).getroot()
        for path in sorted((folder / "bilder").rglob("*.svg"))
    }


def words(root: ElementTree.Element) -> str:
    """All that is written in it, line after line."""
    return " ".join("".join(text.itertext()) for text in root.iter(f"{_SVG}text"))


def test_each_says_what_it_shows_whose_it_is_and_of_when(reports: Paths) -> None:
    by_name = pictures(reports().parent)
    assert len(by_name) == 8
    for name, root in by_name.items():
        text, spoken = words(root), root.findtext(f"{_SVG}desc")
        assert "Källa: Kolada (oförändrade värden). Egen bearbetning" in text
        assert "Data hämtade t.o.m. 22 november 2026." in text
        assert f"matt/{name.split('/')[0]}.html" in text
        assert spoken is not None
        assert re.match(r"(Linje|Punkt)diagram, .*Källa: Kolada", spoken)
        assert root.attrib["role"] == "img"
        assert "20" in (root.findtext(f"{_SVG}title") or "")
    trend = words(by_name["brukare/U11111-utveckling.svg"])
    assert trend.startswith("Delaktighet i hemtjänst, andel (%) ")
    assert "2019–2025, % (U11111)" in trend
    assert "känner sig delaktiga i hemtjänsten" in trend
    compared = words(by_name["brukare/U11111-jamforelse.svg"])
    assert "% (U11111) säkert sämre än riket kan inte bedömas 0 25" in compared, "the marks are explained"


def test_synthetic_figures_and_the_owners_corrections_are_marked_in_the_file(reports: Paths, full_report: Path) -> None:
    for root in pictures(reports("syntetisk").parent).values():
        assert words(root).startswith("SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas")
        assert "Källa: Kolada" not in words(root)
    corrected = [words(root) for root in pictures(full_report.parent).values() if "Rättade av ägarna" in words(root)]
    assert corrected
    assert all("Rättade värden är ägarnas." in text for text in corrected)


def test_it_is_the_page_s_drawing_and_the_page_leads_to_it_and_shows_how_to_use_it(reports: Paths) -> None:
    folder = reports().parent
    page = (folder / "matt/brukare.html").read_text("utf-8")
    tree = parse(page)
    for figure in ("utveckling", "jamforelse"):
        path = f"bilder/brukare/U11111-{figure}.svg"
        drawn = re.sub(r"^.*?<svg [^>]*overflow[^>]*>", "", (folder / path).read_text("utf-8"))
        assert re.split("</svg>", drawn)[0] in page
        assert f"../{path}" in [a.attrs["href"] for a in tree.all("a")]
        (code,) = (node.text for node in tree.all("code") if figure in node.text)
        shown = parse(code).element("img")
        assert (folder / shown.attrs["src"]).is_file()
        assert shown.attrs["alt"].startswith(("Linjediagram", "Punktdiagram"))


def test_it_needs_nothing_from_elsewhere(full_report: Path) -> None:
    for path in (full_report.parent / "bilder").rglob("*.svg"):
        text = path.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        tree = parse(text)
        assert not tree.all("script")
        assert not tree.all("image")
        assert not tree.all("style")
        for node in tree.walk():
            assert not {"href", "xlink:href", "src", "class"} & node.attrs.keys() - (
                {"class"} if node.tag == "text" else set()
            )


def test_every_line_keeps_inside_the_picture_whatever_is_written(full_report: Path) -> None:
    """The hostile title of four hundred signs, with words longer than a line."""
    root = pictures(full_report.parent)["fall/N44444-jamforelse.svg"]
    height = float(root.attrib["viewBox"].split()[3])
    own = list(root.findall(f"{_SVG}text"))
    assert all(0 < float(text.attrib["y"]) < height for text in own)
    assert all(len("".join(text.itertext())) * 5.5 < 440 for text in own)
    title = root.findtext(f"{_SVG}title")
    assert title is not None
    assert title.startswith(HOSTILE)


@pytest.mark.parametrize(
    "title", ['"Citat" & <b>tecken</b>', "Namn på fyrtio tecken, precis fyrtio teckn", "styr\x0btecken"]
)
def test_any_title_is_a_title(database: Path, title: str) -> None:
    change(database, f"UPDATE nyckeltal SET titel = '{title}' WHERE nyckeltal_id = 'U66666'")
    folder = build_report(database, database.with_name("rapport")).parent
    root = pictures(folder)["rokning/U66666-utveckling.svg"]
    assert (root.findtext(f"{_SVG}title") or "").startswith(title.replace("\x0b", "\ufffd"))


def test_with_one_year_there_is_no_line_and_with_all_hidden_no_picture(database: Path) -> None:
    change(
        database,
        "UPDATE matvarde SET varde = NULL, status = 'sekretess' WHERE nyckeltal_id = 'U66666'",
        "DELETE FROM matvarde WHERE nyckeltal_id = 'U88888' AND ar < 2025",
    )
    by_name = pictures(build_report(database, database.with_name("rapport")).parent)
    assert [name for name in by_name if "U66666" in name or "U88888" in name] == ["kontakter/U88888-jamforelse.svg"]


def test_months_and_the_time_axis_of_a_satsning_are_files_with_their_looks(database: Path) -> None:
    write_content(database)
    store(database)
    change(database, f"UPDATE xmr SET nyckeltal_id = 'U11111' WHERE nyckeltal_id = '{KPI}'")
    by_name = pictures(build_report(database, database.with_name("rapport")).parent)
    axis = [text.text for text in by_name["satsning-b/over-tid.svg"].iter(f"{_SVG}text") if text.text]
    assert {"2024", "2025"} <= set(axis)
    for name, title, sentence in (
        ("brukare/U11111-perioder-0484.svg", "Eskilstuna: Delaktighet", "Särskild orsak: utanför gränserna (2024-05)"),
        ("satsning-b/U11111-perioder-0482.svg", "Flen: Delaktighet", "Preliminära gränser"),
        ("satsning-b/over-tid.svg", "", "visar inte att satsningen är orsaken"),
    ):
        root = by_name[name]
        assert (root.findtext(f"{_SVG}title") or "").startswith(title)
        assert sentence in words(root)
        assert "Egen bearbetning" in words(root).replace("egen", "Egen")
        assert "Data hämtade t.o.m. 22 november 2026." in words(root)
        # The look is written into the file, and nothing leaks to a page that it is put into.
        assert not any("class" in node.attrib for node in root.iter() if node.tag != f"{_SVG}text")
        assert any("stroke: #12436d" in node.attrib.get("style", "") for node in root.iter())
        assert [node.attrib["width"] for node in root.iter(f"{_SVG}svg")][1:] == ["400"]
