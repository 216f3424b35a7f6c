"""The decks of `malbild bilder --pptx`, read back: their numbers are the database's, and each slide says whose."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pptx import Presentation
from pptx.chart.chart import Chart
from pypdf import PdfReader

from dashboards.report import write_pictures
from dashboards.slides.model import Bar, Bars, Deck, Lines, Series, Slide
from dashboards.slides.write import deck_pptx
from tests.conftest import PATIENCE
from tests.dashboards.conftest import change
from tests.dashboards.published import KOMMUNER, REGION

SYNTHETIC = "SYNTETISKA UPPGIFTER – påhittade exempelvärden, inte Koladas"
_WHY = ("bortfall", "sekretess", "saknas", "utelämnad")
NAMES = {name: area for area, (name, _) in KOMMUNER.items()} | {"Region Sörmland": REGION, "Riket": "0000"}


@pytest.fixture(scope="module")
def decks(full_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bilder")
    write_pictures(full_database, folder, slides=True)
    return folder


def deck(path: Path) -> list[Any]:
    return list(Presentation(str(path)).slides)


def texts(slide: Any) -> str:
    frames = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    cells = [cell.text for shape in slide.shapes if shape.has_table for row in shape.table.rows for cell in row.cells]
    return "\n".join([*frames, *cells])


def charts(path: Path) -> Iterator[tuple[Any, Chart]]:
    for slide in deck(path):
        yield from ((slide, shape.chart) for shape in slide.shapes if shape.has_chart)


def kpi_of(slide: Any) -> str:
    """The nyckeltal of a mått's slide, as its notes name the place on the page."""
    return str(slide.notes_slide.notes_text_frame.text.rpartition("#nyckeltal-")[2])


def test_the_numbers_of_every_chart_are_the_database_s(decks: Path, full_database: Path, full_report: Path) -> None:
    with duckdb.connect(str(full_database), read_only=True) as connection:
        stored = {
            (kpi, area, year): value
            for kpi, area, year, value in connection.sql(
                "SELECT nyckeltal_id, omrade_id, ar, varde FROM matvarde WHERE kon = 'T'"
            ).fetchall()
        }
    numbers: dict[str, set[float]] = {}
    for file in full_report.parent.glob("csv/*.csv"):
        for row in csv.DictReader(file.open(encoding="utf-8", newline="")):
            cells = numbers.setdefault(row.get("nyckeltal_id", ""), set())
            cells |= {float(cell) for cell in row.values() if re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", cell)}
    bars = points = computed = 0
    for slide, chart in charts(decks / "uppfoljning.pptx"):
        kpi = kpi_of(slide)
        for series in chart.plots[0].series:
            if hasattr(chart.plots[0], "gap_width"):
                year = int(chart.plots[0].series[0].name.rpartition(" 20")[2][:2]) + 2000
                for name, value in zip(chart.plots[0].categories, series.values, strict=True):
                    area = NAMES[name.partition(",")[0].partition(" (")[0]]
                    assert value == stored.get((kpi, area, year)), (kpi, name, year)
                    assert value is not None or name.partition(", ")[2] in _WHY
                    bars += 1
            elif area := NAMES.get(series.name[:-10] if series.name[-1].isdigit() else series.name):
                years = [int(float(x.text)) for x in series._element.findall(".//{*}xVal//{*}v")]
                for year, value in zip(years, series.values, strict=True):
                    assert value == stored[kpi, area, year], (kpi, series.name, year)
                    points += 1
            else:
                assert set(series.values) <= numbers[kpi], (kpi, series.name, "what we compute is in the CSV")
                computed += 1
    assert bars > 20
    assert points > 10
    assert computed > 2
    (own, *_), path = KOMMUNER, decks / "0484.pptx"
    own_points = [
        (series.name, value) for _, chart in charts(path) for series in chart.plots[0].series for value in series.values
    ]
    values = {value for (_, area, _), value in stored.items() if area in (own, "0000")}
    assert len(own_points) > 10
    assert {value for _, value in own_points} <= values


def test_a_break_is_not_bridged(decks: Path) -> None:
    names = [
        series.name
        for slide, chart in charts(decks / "uppfoljning.pptx")
        if kpi_of(slide) == "U88888" and not hasattr(chart.plots[0], "gap_width")
        for series in chart.plots[0].series
    ]
    assert "Riket 2019–2023" in names
    assert "Riket 2024–2025" in names


def test_no_series_is_longer_than_one_before_it_for_libreoffice_would_lose_that(decks: Path) -> None:
    lengths = [
        [len(list(series.values)) for series in chart.plots[0].series]
        for path in decks.glob("*.pptx")
        for _, chart in charts(path)
        if not hasattr(chart.plots[0], "gap_width")
    ]
    assert any(len(set(of_chart)) > 1 for of_chart in lengths)
    assert all(of_chart == sorted(of_chart, reverse=True) for of_chart in lengths)


def test_an_issue_is_at_most_fifteen_slides_and_a_huvudman_four_each_with_its_source_and_notes(decks: Path) -> None:
    assert {path.stem for path in decks.glob("*.pptx")} == {"uppfoljning", *KOMMUNER, REGION}
    for path in decks.glob("*.pptx"):
        slides = deck(path)
        assert len(slides) <= (15 if path.stem == "uppfoljning" else 4)
        for slide in slides if path.stem != "uppfoljning" else slides[1:]:
            assert slide.shapes.title.text_frame.text
            assert slide.shapes.title.text_frame.paragraphs[0].font.size.pt >= 18
            assert not {"\ue000", "\ue003"} & set(texts(slide)), "a mark of the report's own"
            assert "gen bearbetning" in texts(slide)
            assert "Data hämtade t.o.m. 22 november 2026" in texts(slide)
            notes = slide.notes_slide.notes_text_frame.text
            assert "Källa: Kolada (oförändrade värden)" in notes
            assert "Använd inte bilden som bevis för en orsak" in notes
            assert "Sidan i rapporten: " in notes
            if any(shape.has_chart for shape in slide.shapes):
                assert "Källa: Kolada" in texts(slide)
    caveats = [slide.notes_slide.notes_text_frame.text for slide, _ in charts(decks / "uppfoljning.pptx")]
    assert any("– att tänka på: Få har svarat" in notes for notes in caveats)


def test_every_chart_says_what_it_shows_to_who_cannot_see_it(decks: Path) -> None:
    for path in decks.glob("*.pptx"):
        for slide in deck(path):
            for shape in slide.shapes:
                if shape.has_chart:
                    spoken = shape._element.nvGraphicFramePr.cNvPr.get("descr")
                    assert spoken.startswith(("Linjediagram", "Punktdiagram"))
                    assert "\ue000" not in spoken


def test_synthetic_figures_say_so_on_every_slide_and_name_kolada_nowhere(databases: Any, tmp_path: Path) -> None:
    write_pictures(databases("syntetisk"), tmp_path, slides=True)
    for path in tmp_path.glob("*.pptx"):
        for slide in deck(path):
            assert SYNTHETIC in texts(slide)
            said = texts(slide) + slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else texts(slide)
            assert "Källa: Kolada" not in said


def test_without_any_value_there_is_a_deck_that_says_so(database: Path, tmp_path: Path) -> None:
    change(database, "UPDATE matvarde SET varde = NULL, status = 'sekretess'", "DELETE FROM jamforelse")
    write_pictures(database, tmp_path / "bilder", slides=True)
    assert not list(charts(tmp_path / "bilder" / "uppfoljning.pptx"))
    assert "nget av" in texts(deck(tmp_path / "bilder" / "0484.pptx")[0])


def test_signs_that_no_file_may_hold_and_markup_are_only_text(tmp_path: Path) -> None:
    bad = 'a\x01\x0b <b> & "c"'
    lines = Lines(bad, (Series("riket", bad, ((2024, 1.5), (2025, 2.5))),), (2024, 2025), 1, bad, bad)
    bars = Bars(bad, (Bar(bad, None, ""), Bar("Riket", -2.5, "riket")), 1, bad)
    slide = Slide(bad, bad, bad, body=(bad,), charts=(lines, bars))
    path = tmp_path / "x.pptx"
    path.write_bytes(deck_pptx(Deck(bad, (bad,), bad, bad, (slide,)), datetime(2026, 11, 22)))
    (_, (_, drawn)) = charts(path)
    assert list(drawn.plots[0].categories) == ['a\ufffd\ufffd <b> & "c"', "Riket"]
    assert list(drawn.plots[0].series[0].values) == [None, -2.5]
    assert deck(path)[0].shapes.title.text_frame.text == 'a\ufffd\ufffd <b> & "c"'


def test_libreoffice_opens_it(decks: Path, tmp_path: Path) -> None:
    program = shutil.which("soffice")
    if program is None or not (Path(program).resolve().parent / "libsdlo.so").exists():
        pytest.skip("no LibreOffice Impress: install it with `apt-get install libreoffice-impress-nogui`")
    subprocess.run(
        [
            *(program, f"-env:UserInstallation={(tmp_path / 'profil').as_uri()}", "--headless"),
            *("--convert-to", "pdf", "--outdir", tmp_path, decks / "uppfoljning.pptx"),
        ],
        check=True,
        capture_output=True,
        timeout=120 * PATIENCE,
    )
    pages = PdfReader(tmp_path / "uppfoljning.pdf").pages
    assert len(pages) == len(deck(decks / "uppfoljning.pptx"))
    assert "Så läser ni bilderna" in pages[-1].extract_text()
