"""What the board's report must always hold: fourteen points by number. Those that need a browser, 5 and 11, are in
test_browser.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

import dashboards
from dashboards.csvfiles import csv_files
from dashboards.figures.style import BLUE, GREY, INK, ORANGE
from dashboards.formatting import MINUS, THIN_SPACE, number
from dashboards.reading.published import load
from dashboards.report import build_report
from pipelines.analysis.trend import trend
from pipelines.local.suppress import Limits, Places, hidden
from pipelines.warehouse.frames import shape
from tests.dashboards.conftest import change, report
from tests.dashboards.page import Node, contrast
from tests.dashboards.published import insert

Pages = Callable[..., Node]
Paths = Callable[..., Path]

_TRENDS = ("har förbättrats", "har försämrats", "har ökat", "har minskat")


def section(page: Node, anchor: str) -> Node:
    return page.element("section", id=anchor)


def test_01_two_builds_of_the_same_day_are_the_same_bytes(databases: Paths, tmp_path: Path) -> None:
    first, second = (build_report(databases(), tmp_path / name).parent for name in ("a", "b"))
    files = sorted(file.relative_to(first) for file in first.rglob("*") if file.is_file())
    assert len(files) > 10
    assert [file for file in files if (first / file).read_bytes() != (second / file).read_bytes()] == []


def test_02_every_number_in_the_text_stands_in_a_csv(pages: Pages, databases: Paths) -> None:
    """Sentences and tables of summary, nyckeltal, huvudmän and länsdelar, against the numbers of all CSV files."""
    page = pages()
    known: set[str] = set()
    for contents in csv_files(load(databases())).values():
        for row in csv.reader(io.StringIO(contents.decode())):
            for text in row:
                known |= set(re.findall(r"(?<!\d)\d{4}(?!\d)", text))  # years are never grouped
                if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text):
                    known |= {number(float(text), decimals).lstrip("<>") for decimals in range(6)}
    known |= {text.lstrip(MINUS) for text in known}
    nodes: list[Node] = [*page.all("p", class_name="says"), *page.all("p", class_name="chart-says")]
    nodes += [goal.element("p") for goal in page.all("div", class_name="summary-goal")]
    nodes += section(page, "sammanfattning").element("ul", class_name="counts").all("strong")
    nodes += [cell for table in page.all("table", class_name="area-table") for cell in table.all("td")]
    printed: set[str] = set()
    for node in nodes:
        text = re.sub(r"[A-Z]\d{5}|p [≤>] 0,05|per 100 000|\d+,?\d* %-|99,8 %|95 %", " ", node.text)
        printed |= set(re.findall(rf"\d[\d{THIN_SPACE}]*(?:,\d+)?", text))
    assert len(printed) > 30
    assert sorted(printed - known) == []


def test_03_missing_is_never_a_zero_or_a_blank(pages: Pages, full: Node, databases: Paths) -> None:
    for page in (pages(), full):
        for table in page.all("table"):
            cells = table.all(where=lambda n: n.tag in ("td", "th"))
            assert all(cell.text for cell in cells), table.element("caption").text
        for cell in page.all("td", class_name="none"):
            assert not re.match(r"[\d<>−]", cell.text), cell.text
    with duckdb.connect(str(databases()), read_only=True) as connection:
        zeros = connection.sql(
            "SELECT count(*) FROM matvarde WHERE varde = 0 AND nyckeltal_id = 'U11111' AND kon = 'T'"
        )
        table = pages().element("div", id="nyckeltal-U11111").all("table")[0]
        zero_cells = sum(cell.text == "0,0" for cell in table.all("td"))
        assert zeros.fetchall() == [(zero_cells,)], "a zero for every zero, and no other"


def test_04_the_words_of_every_status_stand_without_the_style_sheet(pages: Pages) -> None:
    """The text of the page alone, as a reader without styles or sight meets it."""
    page = pages()
    statuses = page.all("span", class_name="status") + [
        item for block in page.all("div", class_name="standing") for item in block.all("li")
    ]
    assert len(statuses) > 30
    assert all(len(status.text) > 3 for status in statuses)
    assert all(svg.attrs.get("aria-hidden") == "true" for svg in page.all("svg"))


def test_05_good_and_bad_differ_in_form_and_not_in_colour_alone(pages: Pages) -> None:
    paths = {
        symbol.attrs["id"]: [child.attrs.get("d", child.tag) for child in symbol.walk() if child is not symbol]
        for symbol in pages().all("symbol")
    }
    for kind in ("lage", "riktning", "mal"):
        assert paths[f"f-{kind}-bra"] != paths[f"f-{kind}-daligt"]


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
    assert judged["riktning"].to_list() == ["för få mätningar"]
    with duckdb.connect(str(database)) as connection:
        connection.execute("DELETE FROM trend WHERE kon = 'T'")
        connection.register("bedomd", shape("trend", judged.with_columns(haller=pl.lit(None, pl.Boolean))))
        connection.execute("INSERT INTO trend BY NAME SELECT * FROM bedomd")
    line = section(report(database), "huvudman-0484").element("table").text
    assert "för få mätningar" in line
    assert not any(word in line for word in _TRENDS)


def test_07_without_a_decided_target_there_is_a_word_and_no_line(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        insert(connection, "malvarde", nyckeltal_id="U11111", malvarde=91.25, mal_ar=2035, bas_ar=2022,
               hall_minst=False, beslut="föreslagen", kalla="Påhittad")  # fmt: skip
        insert(connection, "mal", nyckeltal_id="U11111", omrade_id="0484", kon="T", status="målvärde ej beslutat",
               orsak="ägarna har inte beslutat något målvärde", metod="mål 1")  # fmt: skip
    block = report(database).element("div", id="nyckeltal-U11111")
    assert "ej beslutat" in block.element("div", class_name="standing").text
    figures = [json.loads(script.source) for script in block.all("script", type="application/json")]
    assert figures
    assert "91.25" not in json.dumps(figures), "a proposed target is drawn nowhere"
    assert "91,25" not in block.text


def test_08_every_mean_of_a_lansdel_says_of_how_many(pages: Pages, full: Node) -> None:
    for page in (pages(), full):
        parts = section(page, "lansdelar").all("section", class_name="area")
        lines = [row for part in parts for row in part.element("table").all("tr") if len(row.all("td")) == 4]
        assert len(lines) > 6
        assert all(re.search(r"\d av \d kommuner", row.all("td")[1].text) for row in lines)
    assert "ej bekräftad" in section(pages(), "lansdelar").text


def test_09_a_nyckeltal_that_kolada_removed_is_told_and_stops_nothing(database: Path) -> None:
    change(
        database,
        "UPDATE nyckeltal SET i_katalogen = false WHERE nyckeltal_id = 'U11111'",
        "UPDATE matvarde SET status = 'nyckeltal borttaget' WHERE nyckeltal_id = 'U11111'",
    )
    block = report(database).element("div", id="nyckeltal-U11111")
    assert "Finns inte längre i Koladas katalog: värdena är de senast kända" in block.text
    assert "63,6" in block.all("table")[0].text


def test_10_every_satsning_without_uppfoljningsmatt_is_in_the_list(full: Node) -> None:
    gaps = full.element("dl", class_name="gaps").all("div")
    (without,) = [gap for gap in gaps if gap.element("b").text == "Satsning utan uppföljningsmått"]
    items = [item.text for item in without.all("li")]
    assert len(items) == 2
    assert items[1] == "Gammalt uppdrag (uppdrag)"
    assert "Trygg hemgång" not in without.text


def test_12_text_and_graphics_have_contrast() -> None:
    css = (Path(dashboards.__file__).parent / "static" / "report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    for name in ("ink", "soft", "blue", "orange", "deep-orange"):
        for ground in ("paper", "tint"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["line"], colours["paper"]) >= 3
    for colour in (BLUE, ORANGE, GREY, INK):
        assert contrast(colour, "#ffffff") >= 3
    assert contrast(GREY, ORANGE) > 1.5, "lightness tells them apart in grey"
    assert contrast(ORANGE, BLUE) > 1.5


def test_13_the_page_loads_nothing(pages: Pages) -> None:
    for tag in ("script", "link", "img", "iframe", "object", "embed", "source", "video", "audio"):
        assert not [n for n in pages().all(tag) if {"src", "href", "data"} & n.attrs.keys()]
    css = "".join(style.source for style in pages().all("style"))
    assert not re.search(r"@import|url\(", css)


def test_14_a_hidden_value_cannot_be_computed_from_what_is_shown() -> None:
    """Three women among a hundred and three: with the total and the men shown, anybody could subtract."""
    rows = [("0484", 2024, letter, n, None) for letter, n in (("T", 103), ("K", 3), ("M", 100))]
    schema = {"omrade_id": pl.String, "ar": pl.Int32, "kon": pl.String, "taljare": pl.Int64, "namnare": pl.Int64}
    counts = pl.DataFrame(rows, schema=schema, orient="row")
    suppressed = hidden(counts, counts.head(0), Places("0004", ("0484", "0488")), Limits(5))
    assert set(suppressed["kon"].to_list()) == {"K", "M"}
