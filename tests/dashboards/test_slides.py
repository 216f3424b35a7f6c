"""The decks as a program that opens them sees them: their numbers are the CSV's, and each slide says whose they are."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from pptx import Presentation
from pptx.util import Pt

from dashboards.figures.model import COUNTRY, COUNTY, Line, Point, Trend
from dashboards.report import load_report
from dashboards.slides.content import decks
from dashboards.slides.deck import deck_pptx
from dashboards.slides.model import Bar, Bars, Deck, Slide, lines_of
from tests.dashboards.published import KOMMUNER, REGION
from tests.warehouse.small import change

Paths = Callable[..., Path]
SYNTHETIC = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"


def files(database: Path, *names: str) -> dict[str, bytes]:
    report = load_report(database)
    return {
        name: deck_pptx(deck, report.published.run.finished)
        for name, deck in decks(report).items()
        if not names or name in names
    }


def opened(content: bytes) -> Any:
    return Presentation(io.BytesIO(content))


def words(slide: Any) -> str:
    cells = [cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
    return "\n".join([*(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame), *cells])


def notes(slide: Any) -> str:
    return slide.notes_slide.notes_text_frame.text


def charts(slide: Any) -> list[Any]:
    return [shape.chart for shape in slide.shapes if shape.has_chart]


def of_kpi(presentation: Any, kpi_id: str) -> Any:
    (slide,) = (slide for slide in presentation.slides if f"#nyckeltal-{kpi_id}" in notes(slide))
    return slide


@pytest.fixture(scope="module")
def slide_files(databases: Paths) -> dict[str, bytes]:
    return files(databases())


@pytest.fixture(scope="module")
def presentation(slide_files: dict[str, bytes]) -> Any:
    return opened(slide_files["presentation"])


# --- the numbers ------------------------------------------------------------------------------------------------------


def points(chart: Any) -> Iterator[tuple[str, int, float]]:
    """Line, year and value of a chart over time."""
    for series in chart.plots[0].series:
        years = [float(node.text) for node in series._element.findall(".//{*}xVal//{*}pt/{*}v")]
        yield from ((series.name, int(year), value) for year, value in zip(years, series.values, strict=True))


def test_the_numbers_behind_every_chart_are_those_of_the_csv(presentation: Any, reports: Paths) -> None:
    seen = 0
    for slide in presentation.slides:
        page = re.search(r"matt/([\w-]+)\.html#nyckeltal-(\w+)", notes(slide)) if slide.has_notes_slide else None
        if page is None:
            assert not charts(slide)
            continue
        text = (reports().parent / "csv" / f"{page[1]}.csv").read_text("utf-8")
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["nyckeltal_id"] == page[2]]
        letter = "T" if any(row["kon"] == "T" for row in rows if row["varde"]) else "K"
        value = {
            (row["omrade"], int(row["ar"])): float(row["varde"])
            for row in rows
            if row["varde"] and row["kon"] == letter
        }
        of_all = [row for row in rows if row["omrade"] == "Länets kommuner"]
        county = {int(row["ar"]): float(row["ovagt_medel"]) for row in of_all if row["ovagt_medel"]}
        newest = max(year for (area, year) in value if area != "Riket")
        for chart in charts(slide):
            if chart.chart_type.name == "BAR_CLUSTERED":
                for name, shown in zip(chart.plots[0].categories, chart.plots[0].series[0].values, strict=True):
                    seen += 1
                    area = re.sub(r" \(.*\)$", "", name)
                    assert shown == value.get((area, newest)), (page[2], name)
            else:
                for name, year, shown in points(chart):
                    seen += 1
                    own = value.get(("Region Sörmland", year))
                    expected = value["Riket", year] if name.startswith("Riket") else own or county[year]
                    assert shown == pytest.approx(expected, abs=1e-12), (page[2], name, year)
    assert seen > 60


def test_every_chart_says_its_values_to_who_cannot_see_it_and_lines_show_where_they_end(presentation: Any) -> None:
    seen = set()
    for slide in presentation.slides:
        for shape in (shape for shape in slide.shapes if shape.has_chart):
            spoken = shape._element.nvGraphicFramePr.cNvPr.get("descr")
            labels = shape.chart._chartSpace.findall(".//{*}dLbl")
            if shape.chart.chart_type.name == "BAR_CLUSTERED":
                assert spoken.startswith("Stapeldiagram, ")
                assert all(name in spoken for name in shape.chart.plots[0].categories)
                assert not labels
                continue
            assert spoken.startswith("Linjediagram, ")
            newest = {}
            for name, year, _ in sorted(points(shape.chart), key=lambda point: point[1]):
                kind = "Riket" if name.startswith("Riket") else "own"
                newest[kind] = rf"{re.escape(name)} .*\({year}\)"
            assert all(re.search(end, spoken) for end in newest.values())
            assert [label.find("{*}showVal").get("val") for label in labels] == ["1"] * len(newest)
            assert len({label.find("{*}dLblPos").get("val") for label in labels}) == len(newest)
            seen.add(len(newest))
    assert seen == {2}


@pytest.mark.parametrize("letters", [331, 500, 700])
def test_a_long_title_is_smaller_and_whole(letters: int) -> None:
    title = ("ett långt ord " * 60)[:letters]
    deck = Deck("t", (), "f", None, (Slide(title, "källa", "noter"),))
    (slide,) = opened(deck_pptx(deck, datetime(2026, 11, 22))).slides
    frame = slide.shapes.title.text_frame
    assert frame.text == title
    size = frame.paragraphs[0].font.size.pt
    # Bold Calibri is some half as wide as it is high.
    lines = -(-letters // int(slide.shapes.title.width.pt / (size * 0.55)))
    assert size >= 12
    assert lines * size * 1.2 <= slide.shapes.title.height.pt


def test_numbers_can_be_edited(presentation: Any) -> None:
    for slide in presentation.slides:
        for chart in charts(slide):
            assert chart.part.chart_workbook.xlsx_part is not None


def test_no_line_goes_over_a_break_and_none_is_a_zero(presentation: Any) -> None:
    slide = of_kpi(presentation, "U88888")
    (lines, _) = charts(slide)
    runs = {
        series.name: [year for name, year, _ in points(lines) if name == series.name]
        for series in lines.plots[0].series
    }
    assert all(not (2023 in years and 2024 in years) for years in runs.values())
    assert "nytt sätt att mäta 2024" in lines.chart_title.text_frame.text
    hidden = of_kpi(presentation, "U11111")
    (bars,) = (chart for chart in charts(hidden) if chart.chart_type.name == "BAR_CLUSTERED")
    of = dict(zip(bars.plots[0].categories, bars.plots[0].series[0].values, strict=True))
    assert (of["Trosa (sekretess)"], of["Vingåker (bortfall)"], of["Flen"]) == (None, None, 0.0)
    assert "Eskilstuna (säkert sämre)" in of, "a word, not a colour alone"


# --- what stands on them ----------------------------------------------------------------------------------------------


def test_a_short_series_comes_after_the_longer_ones_and_the_newest_part_of_a_line_is_in_the_key() -> None:
    """LibreOffice draws nothing of a series that a longer one follows."""
    own = Line(COUNTY, "länet", "", tuple(Point(year, year / 10, "") for year in (2019, 2020, 2022, 2023)))
    country = Line(COUNTRY, "riket", "", tuple(Point(year, year / 9, "") for year in range(2019, 2024)))
    chart = lines_of(Trend((own, country), ()), "Rubrik", 1)
    assert [series.name for series in chart.series] == ["Riket", "Länet 2019–2020", "Länet"]
    deck = Deck("Titel", (), "", None, (Slide("Titel", "", "", charts=(chart,)),))
    ((drawn,),) = [charts(slide) for slide in opened(deck_pptx(deck, datetime(2026, 11, 22))).slides]
    hidden = [int(entry.find("{*}idx").get("val")) for entry in drawn.legend._element.findall("{*}legendEntry")]
    assert hidden == [1]
    assert [len(list(series.values)) for series in drawn.plots[0].series] == [5, 2, 2]


def test_signs_that_no_file_may_hold_and_markup_are_only_text() -> None:
    bad, shown = 'a\x01\x0b <b> & "c"', 'a\ufffd\ufffd <b> & "c"'
    bars = Bars(bad, (Bar(bad, None, ""), Bar("Riket", -2.5, COUNTRY)), 1)
    deck = Deck(bad, (), bad, bad, (Slide(bad, bad, bad, body=(bad,), charts=(bars,)),))
    (slide,) = opened(deck_pptx(deck, datetime(2026, 11, 22))).slides
    assert slide.shapes.title.text_frame.text == shown
    assert list(charts(slide)[0].plots[0].categories) == [shown, "Riket"]
    (series,) = charts(slide)[0].plots[0].series
    assert list(series.values) == [None, -2.5]
    assert not series.invert_if_negative, "a bar below zero would be white"


def test_an_issue_is_at_most_fifteen_slides_and_a_huvudman_four(slide_files: dict[str, bytes]) -> None:
    assert slide_files.keys() == {"presentation", *(f"presentation-{area}" for area in (*KOMMUNER, REGION))}
    for name, content in slide_files.items():
        deck = opened(content)
        assert len(deck.slides) <= (15 if name == "presentation" else 4)
        assert round(deck.slide_width / deck.slide_height, 3) == 1.778
        for slide in deck.slides:
            title = slide.shapes.title
            assert title.text_frame.text
            assert title.text_frame.paragraphs[0].font.size >= Pt(18)
            inside = [shape for shape in slide.shapes if shape.top + shape.height > deck.slide_height]
            assert not inside, (name, title.text_frame.text)


def test_every_slide_says_whose_the_figures_are_and_what_they_are_not_for(slide_files: dict[str, bytes]) -> None:
    for name, content in slide_files.items():
        for slide in list(opened(content).slides)[1 if name == "presentation" else 0 :]:
            assert re.search("Källa: Kolada|Egen bearbetning", words(slide))
            assert "Data hämtade t.o.m. 22 november 2026" in words(slide)
            assert "Använd inte bilden till:\n– Rapporten säger inget om orsaker" in notes(slide)
            if charts(slide):
                assert "Källa: Kolada (oförändrade värden). Egen bearbetning" in words(slide)


def test_the_notes_have_the_sentences_and_the_caveats_of_the_page(presentation: Any) -> None:
    slide = of_kpi(presentation, "U11111")
    assert slide.shapes.title.text_frame.text.startswith("Kommunernas medel (varje kommun räknas lika): 61,5\u00a0%")
    for text in ("Säkert sämre än riket: Eskilstuna.", "– att tänka på: Få har svarat (U11111)", "matt/brukare.html"):
        assert text in notes(slide)


def test_synthetic_is_marked_on_every_slide(databases: Paths) -> None:
    for content in files(databases("syntetisk"), "presentation", "presentation-0484").values():
        assert opened(content).core_properties.comments.startswith(SYNTHETIC)
        for slide in opened(content).slides:
            assert SYNTHETIC in words(slide)
            assert "Källa: Kolada" not in words(slide)


def test_a_huvudman_has_a_table_of_its_matt(databases: Paths) -> None:
    deck = opened(files(databases(), "presentation-0484")["presentation-0484"])
    (table,) = (shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table)
    head, *lines = [[cell.text for cell in row.cells] for row in table.rows]
    assert head[:3] == ["Mått", "Eskilstuna", "År"]
    shown = {line[0]: line[1:4] for line in lines}
    assert shown["Brukarrapporterad delaktighet, kommun"] == ["63,6\u00a0%", "2025", "90,6"]


def test_the_same_deck_is_the_same_bytes(databases: Paths, slide_files: dict[str, bytes]) -> None:
    assert files(databases(), "presentation")["presentation"] == slide_files["presentation"]


def test_awkward_titles_and_a_matt_without_values_are_slides_too(database: Path) -> None:
    change(
        database,
        "UPDATE nyckeltal SET titel = '\"A\" & <b> \x0b' || repeat('lång ', 90) WHERE nyckeltal_id = 'U88888'",
        "UPDATE omrade SET namn = 'Namn på fyrtio tecken, precis fyrtio teck' WHERE omrade_id = '0484'",
        "UPDATE matvarde SET varde = NULL, status = 'sekretess' WHERE nyckeltal_id = 'U66666'",
        "DELETE FROM matvarde WHERE nyckeltal_id = 'U88888' AND ar < 2025",
    )
    deck = opened(files(database, "presentation")["presentation"])
    assert not [slide for slide in deck.slides if slide.has_notes_slide and "#nyckeltal-U66666" in notes(slide)]
    (one_year,) = charts(of_kpi(deck, "U88888"))
    assert "Namn på fyrtio tecken, precis fyrtio teck" in list(one_year.plots[0].categories)


@pytest.mark.lang
def test_libreoffice_opens_them(slide_files: dict[str, bytes], tmp_path: Path) -> None:
    if not (program := shutil.which("soffice")):
        pytest.skip("no LibreOffice: `apt-get install libreoffice-impress-nogui`")
    names = ("presentation", "presentation-0484")
    for name in names:
        (tmp_path / f"{name}.pptx").write_bytes(slide_files[name])
    subprocess.run(
        [program, "--headless", f"-env:UserInstallation={(tmp_path / 'profil').as_uri()}", "--convert-to", "pdf",
         "--outdir", tmp_path, *(tmp_path / f"{name}.pptx" for name in names)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    for name in names:
        printed = pypdf.PdfReader(tmp_path / f"{name}.pdf")
        slides = list(opened(slide_files[name]).slides)
        assert len(printed.pages) == len(slides)
        for page, slide in zip(printed.pages, slides, strict=True):
            first = slide.shapes.title.text_frame.text.split()[0]
            assert first in page.extract_text()
