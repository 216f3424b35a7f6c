"""The pages of what the owners have decided and written, and of how it is made. The figures are of 22 November 2026."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dashboards.pages import links
from dashboards.pages.caveats import MEANINGS, caveat_words
from dashboards.pages.comments import INDICATOR, MEASURE, comment
from dashboards.pages.focus import focus, time_left
from dashboards.pages.initiatives import initiatives
from dashboards.reading.content import Content, load_content
from dashboards.reading.published import Published, load
from pipelines.rows import rows as records
from tests.dashboards.conftest import build_site
from tests.dashboards.page import Node, rows
from tests.dashboards.published import KPIS, SIMILAR, SIMILAR_TITLE, write_content
from tests.warehouse.small import change

Site = Callable[..., Node]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, databases: Callable[..., Path]) -> tuple[Published, Content]:
    """What is written in aktiviteter.yaml, without any correction."""
    path = tmp_path_factory.mktemp("skrivet") / "analys.duckdb"
    path.write_bytes(databases().read_bytes())
    write_content(path)
    with duckdb.connect(str(path), read_only=True) as connection:
        return load(path), load_content(connection)


def test_a_comment_belongs_to_its_uppfoljning_and_otherwise_the_newest_is_shown(
    written: tuple[Published, Content],
) -> None:
    _, content = written
    then, now = comment(content, MEASURE, "brukare", "2026-var"), comment(content, MEASURE, "brukare")
    assert then is not None
    assert then.parts == (("Vad vet vi?", ("Äldre text.",)),)
    assert now is not None
    assert now.signature.endswith("1 november 2026")
    assert comment(content, MEASURE, "brukare", "2027-var") is None
    assert comment(content, INDICATOR, "delaktighet") is None


@pytest.mark.parametrize(
    ("today", "says"),
    [
        (date(2027, 12, 30), "1 dag kvar till och med 31 december 2027"),
        (date(2027, 12, 31), "0 dagar kvar till och med 31 december 2027"),
        (date(2028, 1, 1), "Perioden är slut sedan 31 december 2027"),
    ],
)
def test_the_last_day_belongs_to_the_period(today: date, says: str) -> None:
    assert time_left(2027, today) == says


def test_what_is_overdue_is_so_by_the_day_of_the_figures(full_site: Site) -> None:
    table = full_site(links.SATSNINGAR).element("table", class_name="decisions")
    states = {cells[2][:12]: cells[-1] for cells in rows(table).values()}
    assert states["I dag är int"] == "kommer, sista dagen är 22 november 2026"
    assert states["Redan klart."] == "återrapporterad 2 juni 2026"
    assert states["Någon gång."] == "ingen sista dag angiven"
    late = [state for state in states.values() if state.startswith("försenad")]
    assert late == ["försenad, sista dagen var 21 november 2026 och ingen återrapportering är antecknad"]


def test_the_portfolio_is_held_against_its_limit(written: tuple[Published, Content]) -> None:
    published, content = written
    report_row = duckdb.sql("SELECT 'Uppföljning' AS titel, 'Nämnden' AS namnd, 1 AS grans_satsningar")
    limited = Content({**content.tables, "rapport": tuple(records(report_row))})
    held = initiatives(published, limited)
    assert "gräns" in {row.what for row in held.listed}
    assert held.limit.endswith("Antalet är över gränsen.")
    assert {(row.word, row.number) for row in held.listed if row.what == "gräns"} == {
        ("inte avslutade", 2), ("beslutad gräns", 1),
    }  # fmt: skip


def test_coverage_is_counted_of_all_kommuner(written: tuple[Published, Content]) -> None:
    reached = [row for row in focus(*written).counts if row.what == "når kommuner"]
    assert [(row.number, row.of) for row in reached] == [(2, 9)]


def test_every_satsning_without_uppfoljningsmatt_is_in_the_list_of_broken_links(full_site: Site) -> None:
    gaps = full_site(links.STYRKEDJA).element("dl", class_name="gaps").all("div")
    (without,) = [gap for gap in gaps if gap.element("b").text == "Satsning utan uppföljningsmått"]
    items = [item.text for item in without.all("li")]
    assert len(items) == 2
    assert items[1] == "Gammalt uppdrag (uppdrag)"
    assert "Trygg hemgång" not in without.text


def test_caveats_are_words_with_a_reason(written: tuple[Published, Content]) -> None:
    measures = {measure.id: measure for measure in written[0].measures}
    words = {m: {c.word: c.reason for c in caveat_words(measures[m], *written)} for m in measures}
    assert words["brukare"] == {
        "osäkerhet": "enkät till alla, en del svarar, osäkerhetstal U11119 (U11111)",
        "sekretess": "Trosa 2025 (U11111)",
        "bortfall": "Vingåker 2025 (U11111)",
        "att tänka på": "Få har svarat (U11111)",
    }
    assert words["patient"] == {
        "definition ändrad": "2024: Frågan ändrades (U22222)",
        "upphört": "sista året är 2024 (U22222)",
        "eftersläpning": "senaste året är 2024",
    }
    assert words["sip"] == {
        "självrapporterat": "måttet bygger på huvudmannens rapport",
        "indirekt": "inget nyckeltal mäter måttet självt (U55555)",
    }
    assert words["distans"] == {}
    assert set(MEANINGS) >= {word for of_measure in words.values() for word in of_measure}


def test_no_matt_is_said_to_have_no_caveat_where_it_has_one(full_site: Site) -> None:
    table = full_site(links.METOD).element("table", class_name="caveat-table")
    for row in table.all("tr"):
        for link in row.all("a"):
            page = full_site(link.attrs["href"])
            stated = [dt.text.lower() for dt in page.all("dl", class_name="caveats") for dt in dt.all("dt")]
            text = row.element("td").text
            assert text == ", ".join(stated) if stated else text.startswith(("inget förbehåll", "måttet visar inga"))


def test_a_lansdel_shows_the_mean_of_how_many_and_who_differs(site: Site) -> None:
    north, south = site(links.part_page(1)), site(links.part_page(3))
    assert north.element("h1").text == "Norra länsdelen"
    assert "inte bekräftad" in north.text
    assert [item.text for item in north.element("ul", class_name="apart").all("li")] == [
        "Brukarrapporterad delaktighet, kommun: 63,6\u00a0% i Eskilstuna (2025), säkert sämre än riket, 90,6\u00a0%."
    ]
    assert north.all("p", class_name="lead")[0].text == "Av kommunernas senaste värden är ett säkert sämre än riket."
    for page in (north, south):
        for table in page.all("table"):
            for row in table.all("tr", where=lambda n: bool(n.all("td"))):
                assert re.search(r"\d av \d kommuner", row.all("td")[-3].text)
    row = next(cells for head, cells in rows(south.all("table")[0]).items() if head.startswith("Brukarrapporterad"))
    # Nyköping 81.55 and Oxelösund 84.55; of Gnesta and Trosa there is no value.
    assert row[1:6] == ["saknas", "81,6", "84,6", "sekretess", "83,1 2 av 4 kommuner"]
    links_of_north = {a.attrs["href"] for a in north.all("a")}
    assert {"../huvudman/0484.html", "../huvudman/0486.html", "../matt/brukare.html"} <= links_of_north


def test_the_list_of_nyckeltal_has_them_all_with_their_matt(site: Site) -> None:
    page = site(links.NYCKELTAL)
    table = page.element("table", id="nyckeltal-lista")
    assert list(rows(table)) == sorted(KPIS)
    row = page.element("tr", id="U88888")
    assert [a.attrs["href"] for a in row.all("a")] == [
        "matt/kontakter.html#nyckeltal-U88888", "matt/brukare.html",
    ]  # fmt: skip
    assert "2019–2025" in row.text
    assert "inga värden" in page.element("tr", id="N33333").text
    assert page.element("p", id="sok").attrs.get("hidden") == "", "nothing to type in where no script filters"


def test_the_method_tells_how_often_the_intervals_have_held(site: Site) -> None:
    (table,) = [t for t in site(links.METOD).all("table") if t.element("caption").text.startswith("Hur ofta")]
    assert rows(table)["95 %"] == ["1\u202f000", "94,1\u00a0%", "95,0\u00a0%"]
    assert "1\u202f239" in site(links.METOD).text, "refused values of all finished runs"
    (refused,) = [t for t in site(links.METOD).all("table") if "släpptes in" in t.element("caption").text]
    assert refused.attrs["data-kalla"] == "oforandrad"


def test_groups_of_similar_areas_are_those_that_are_compared_with(site: Site, database: Path) -> None:
    def groups(of_site: Site) -> dict[str, list[str]]:
        tables = [t for t in of_site(links.METOD).all("table") if t.element("caption").text.startswith("Grupper")]
        return rows(tables[0]) if tables else {}

    assert groups(site) == {
        SIMILAR: [SIMILAR_TITLE, "Stockholm (sedan 1 oktober 2026); Uppsala (sedan 22 november 2026)"]
    }
    change(database, "UPDATE jamforelse SET liknande_grupp_id = NULL", "DELETE FROM katalog_handelse")
    page = build_site(database)
    assert groups(page) == {}
    assert "Liknande kommuner för Eskilstuna: medlemmarna är inte kända." in page("matt/brukare.html").text
    assert "Ingen ändring i katalogen har noterats." in page(links.METOD).text


def test_the_newest_events_of_the_catalogue_are_told(full_site: Site, site: Site) -> None:
    assert "N33333 Delaktighet på vårdcentral, medelvärde: finns inte i katalogen." in site(links.METOD).text
    text = full_site(links.METOD).text
    assert "sågs 22 november 2026" in text
    assert "U11111 Delaktighet i hemtjänst, andel (%): ny definition." in text


def test_the_statement_of_accessibility_names_what_the_law_asks_for(site: Site) -> None:
    page = site(links.TILLGANGLIGHET)
    terms = [dt.text for dt in page.all("dt")]
    assert {"Aktör", "Grad av förenlighet", "Bedömd den", "Rapportera brister", "Tillsyn", "Undantag"} <= set(terms)
    assert "digg.se/tdosanmalan" in page.text
