"""What the board's report must always hold, by number, for the pages of mått, länsdelar and the rest.

Points 5 and 11 need a browser and are in test_browser; those of the sheets are in test_sheets.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

import dashboards
from dashboards.csvfiles import csv_files
from dashboards.figures.style import BLUE, GREY, INK, ORANGE
from dashboards.formatting import MINUS, THIN_SPACE, number
from dashboards.pages import links
from dashboards.reading.published import load
from dashboards.report import build_report
from pipelines.analysis.trend import trend
from pipelines.local.suppress import Limits, Places, hidden
from pipelines.warehouse.frames import shape
from tests.dashboards.conftest import build_site
from tests.dashboards.page import Node, contrast
from tests.dashboards.test_folder import pages
from tests.warehouse.small import change

Site = Callable[..., Node]
Paths = Callable[..., Path]

_TRENDS = ("har förbättrats", "har försämrats", "har ökat", "har minskat")


def test_01_two_builds_of_the_same_day_are_the_same_bytes(databases: Paths, tmp_path: Path) -> None:
    first, second = (build_report(databases(), tmp_path / name).parent for name in ("a", "b"))
    files = sorted(file.relative_to(first) for file in first.rglob("*") if file.is_file())
    assert len(files) > 40
    assert [file for file in files if (first / file).read_bytes() != (second / file).read_bytes()] == []


def test_02_every_number_in_the_text_stands_in_a_csv(reports: Paths, databases: Paths) -> None:
    known: set[str] = set()
    for contents in csv_files(load(databases())).values():
        for row in csv.reader(io.StringIO(contents.decode())):
            for text in row:
                known |= set(re.findall(r"(?<!\d)\d{4}(?!\d)", text))  # years are never grouped
                if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text):
                    known |= {number(float(text), decimals).lstrip("<>") for decimals in range(6)}
    known |= {text.lstrip(MINUS) for text in known}
    printed: set[str] = set()
    for path, page in pages(reports().parent):
        if path.startswith(("matt/", "lansdel/")):
            for node in [*page.all("div", class_name="answer"), *page.all("ul", class_name="apart")]:
                text = re.sub(r"[A-Z]\d{5}|p [≤>] 0,05|per 100 000|\d+,?\d* %-|99,8 %|95 %", " ", node.text)
                printed |= set(re.findall(rf"\d[\d{THIN_SPACE}]*(?:,\d+)?", text))
    assert len(printed) > 20
    assert sorted(printed - known - {"1"}) == []


def test_03_missing_is_never_a_zero_or_a_blank(reports: Paths, full_report: Path, databases: Paths, site: Site) -> None:
    for folder in (reports().parent, full_report.parent):
        for path, page in pages(folder):
            for cell in page.all(where=lambda n: n.tag in ("td", "th")):
                assert cell.text or cell.all("svg"), path
            for cell in page.all("td", class_name="none"):
                assert not re.match(r"[\d<>−]", cell.text), cell.text
    with duckdb.connect(str(databases()), read_only=True) as connection:
        zeros = connection.sql(
            "SELECT count(*) FROM matvarde WHERE varde = 0 AND nyckeltal_id = 'U11111' AND kon = 'T'"
        )
        table = site("matt/brukare.html").all("table")[0]
        zero_cells = sum(cell.text == "0,0" for cell in table.all("td"))
        assert zeros.fetchall() == [(zero_cells,)], "a zero for every zero, and no other"


def test_04_the_words_of_every_judgement_stand_without_the_style_sheet(site: Site) -> None:
    page = site("matt/brukare.html")
    key = [span.text for span in page.element("p", class_name="key").all("span")]
    assert "säkert sämre än riket" in key
    assert "Säkert sämre än riket: Eskilstuna." in page.text
    assert all(
        svg.attrs.get("aria-hidden") == "true" or (svg.attrs["role"] == "img" and svg.attrs["aria-label"])
        for svg in page.all("svg")
    )


def test_06_four_measurements_are_never_a_trend(database: Path) -> None:
    """Values that rise four years in a row, through the program's own analysis."""
    rows = [("U11111", "0484", year, "T", float(year)) for year in range(2021, 2025)]
    values = pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "ar", "kon", "varde"], orient="row")
    columns = {"nyckeltal_id": pl.String, "riktning": pl.String, "overlappande_ar": pl.Int32}
    kpis = pl.DataFrame([("U11111", "högre", None)], schema=columns, orient="row")
    breaks = pl.DataFrame(schema={"nyckeltal_id": pl.String, "ar": pl.Int64, "sista_gamla_ar": pl.Int64})
    areas = pl.DataFrame({"omrade_id": ["0484"], "typ": ["kommun"]})
    noise = pl.DataFrame(
        schema={"nyckeltal_id": pl.String, "omrade_id": pl.String, "kon": pl.String, "halv_95": pl.Float64}
    )
    judged = trend(values, areas, kpis, breaks, noise)
    assert judged["trend"].to_list() == ["för få mätningar"]
    with duckdb.connect(str(database)) as connection:
        connection.execute("DELETE FROM trend WHERE kon = 'T'")
        connection.execute("DELETE FROM lan_trend")
        connection.register("bedomd", shape("trend", judged.with_columns(haller=pl.lit(None, pl.Boolean))))
        connection.execute("INSERT INTO trend BY NAME SELECT * FROM bedomd")
    page = build_site(database)("matt/brukare.html")
    assert "för få mätningar" in page.text
    assert not any(word in page.text for word in _TRENDS)


def test_07_without_a_decided_target_there_is_a_word_and_no_line(site: Site) -> None:
    page = site("matt/brukare.html")
    assert "Målvärde: ej beslutat." in page.text
    assert not any("Mål " in text.text for text in page.all("text"))


def test_08_every_mean_of_a_lansdel_says_of_how_many(reports: Paths, full_report: Path) -> None:
    for folder in (reports().parent, full_report.parent):
        parts = [page for path, page in pages(folder) if path.startswith("lansdel/")]
        rows = [row for page in parts for table in page.all("table") for row in table.all("tr") if row.all("td")]
        assert len(rows) > 6
        assert all(re.search(r"\d av \d kommuner", row.all("td")[-3].text) for row in rows)
        assert all("inte bekräftad" in page.text for page in parts)


def test_09_a_nyckeltal_that_kolada_removed_is_told_and_stops_nothing(database: Path) -> None:
    change(
        database,
        "UPDATE nyckeltal SET i_katalogen = false WHERE nyckeltal_id = 'U11111'",
        "UPDATE matvarde SET status = 'nyckeltal borttaget' WHERE nyckeltal_id = 'U11111'",
    )
    block = build_site(database)("matt/brukare.html").element("section", id="nyckeltal-U11111")
    assert "Finns inte längre i Koladas katalog: värdena är de senast kända" in block.text
    assert "63,6" in block.all("table")[0].text


def test_10_every_satsning_without_uppfoljningsmatt_is_in_the_list(full_site: Site) -> None:
    gaps = full_site(links.STYRKEDJA).element("dl", class_name="gaps").all("div")
    (without,) = [gap for gap in gaps if gap.element("b").text == "Satsning utan uppföljningsmått"]
    assert [item.text for item in without.all("li")][1:] == ["Gammalt uppdrag (uppdrag)"]


def test_12_text_and_graphics_have_contrast() -> None:
    css = (Path(dashboards.__file__).parent / "static" / "rapport.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    for name in ("ink", "soft", "blue", "orange", "deep-orange"):
        for ground in ("paper", "tint"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["line"], colours["paper"]) >= 3
    for colour in (BLUE, ORANGE, GREY, INK):
        assert contrast(colour, "#ffffff") >= 3
    assert contrast(GREY, ORANGE) > 1.5, "lightness tells them apart in grey"
    assert contrast(ORANGE, BLUE) > 1.5


def test_13_the_pages_load_nothing_from_elsewhere(reports: Paths) -> None:
    for _, page in pages(reports().parent):
        for tag in ("img", "iframe", "object", "embed", "source", "video", "audio"):
            assert page.all(tag) == []
        for node in page.all(where=lambda n: n.tag in ("script", "link")):
            assert ":" not in node.attrs.get("src", node.attrs.get("href", ""))


def test_14_a_hidden_value_cannot_be_computed_from_what_is_shown() -> None:
    """Three women among a hundred and three: with the total and the men shown, anybody could subtract."""
    rows = [("0484", 2024, "2024", letter, n, None) for letter, n in (("T", 103), ("K", 3), ("M", 100))]
    counts = pl.DataFrame(rows, schema=["omrade_id", "ar", "period", "kon", "taljare", "namnare"], orient="row")
    counts = counts.cast({"namnare": pl.Int64})
    suppressed = hidden(counts, counts.head(0), Places("0004", ("0484", "0488")), Limits(5))
    assert set(suppressed["kon"].to_list()) == {"K", "M"}
