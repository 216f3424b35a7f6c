"""What Kolada's catalogue did to the report: titles nobody has confirmed, groups redrawn, the latest events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from dashboards.pages.catalogue import news
from dashboards.reading.published import CatalogueEvent, CatalogueNews, Published, load
from tests.dashboards.conftest import NEW_TITLE, change, report
from tests.dashboards.page import Node, columns, matrix_rows, notes, rows
from tests.dashboards.published import LAST_RUN, SIMILAR, SIMILAR_TITLE, event

Pages = Callable[..., Node]


def section(page: Node, heading: str) -> Node:
    """The part of the method section under a heading."""
    children = [n for n in page.element("section", id="metod").children if isinstance(n, Node)]
    starts = [n for n, child in enumerate(children) if child.tag == "h3"]
    first = next(n for n in starts if children[n].text == heading)
    last = next((n for n in starts if n > first), len(children))
    return Node("div", children=[*children[first + 1 : last]])


# --- titles that nobody has confirmed ---------------------------------------------------------------------------------


def test_an_unconfirmed_title_is_told_at_the_nyckeltal_in_the_overview_and_in_the_tables(
    full: Node, pages: Pages
) -> None:
    kpi = full.element("div", id="nyckeltal-U88888")
    assert kpi.element("p", class_name="flag").text == (
        f"Kolada visar nu nyckeltalet under en annan titel: «{NEW_TITLE}». "
        "Tills titeln är bekräftad visas de senast bekräftade värdena."
    )
    assert kpi.element("h5").text == "Bemötande, andel (%) U88888", "the confirmed title stands"
    details = {row.element("dt").text: row.element("dd").text for row in kpi.element("dl").all("div")}
    assert details["Nästa publicering"] == "okänd tills titeln är bekräftad"
    assert "andra titlar än de bekräftade" in full.element("section", id="overblick").text
    assert any(head.endswith("U88888: %, 2025, titel ej bekräftad") for head in matrix_rows(full))
    assert not any(words in pages().text for words in ("annan titel", "andra titlar"))


def test_without_confirmed_values_or_a_matt_the_note_promises_none(database: Path) -> None:
    change(
        database,
        "DELETE FROM matt_nyckeltal WHERE nyckeltal_id = 'U66666'",
        "UPDATE nyckeltal SET obekraftad_titel = 'Något annat' WHERE nyckeltal_id IN ('N77777', 'U66666')",
    )
    page = report(database)
    kpi = page.element("div", id="nyckeltal-N77777")
    assert "Tills titeln är bekräftad visas inga värden." in kpi.element("p", class_name="flag").text
    assert "finns publicerade" not in kpi.text, "they may well be published"
    assert "Rökning bland gravida, andel (%) (U66666)" in page.element("section", id="overblick").text


# --- who is compared with whom ----------------------------------------------------------------------------------------


def test_a_mean_of_similar_areas_says_whose_values_it_is_made_of(pages: Pages) -> None:
    (table,) = pages().element("div", id="nyckeltal-U11111").all("table", class_name="position-table")
    place = columns(table).index("Liknande områden, medel av dagens medlemmar")
    assert rows(table)["Eskilstuna"][place] == "65,1 1 kommun; utan uppgift: Uppsala"
    assert notes(table)[0] == f"Liknande kommuner för Eskilstuna: Stockholm och Uppsala (grupp {SIMILAR})."
    assert len(notes(table)) == 8, "one for each kommun with such a mean; Gnesta has none"
    (groups,) = section(pages(), "Liknande områden").all("table")
    assert rows(groups) == {
        SIMILAR: [SIMILAR_TITLE, "Stockholm (sedan 1 oktober 2026); Uppsala (sedan 22 november 2026)"]
    }
    assert "Göteborg" not in pages().text, "it has left the group"


def test_a_member_that_is_no_known_area_stands_by_its_id_and_a_huvudman_has_its_own_groups(database: Path) -> None:
    change(
        database,
        "DELETE FROM omrade WHERE omrade_id = '0380'",
        "UPDATE jamforelse SET liknande_grupp_id = 'G2' WHERE omrade_id = '0486' AND liknande IS NOT NULL",
        "INSERT INTO grupp_medlem (grupp_id, omrade_id, fran, titel) "
        f"VALUES ('G2', '1480', TIMESTAMP '{LAST_RUN}', 'Strängnäs grupp')",
    )
    page = report(database)
    assert "0380 (sedan 22 november 2026)" in section(page, "Liknande områden").text
    assert "utan uppgift: 0380" in page.element("div", id="nyckeltal-U11111").text
    assert list(rows(section(page, "Liknande områden").element("table"))) == [SIMILAR, "G2"]
    assert list(rows(section(report(database, "0484"), "Liknande områden").element("table"))) == [SIMILAR]


def test_a_mean_whose_group_is_gone_says_that_its_members_are_unknown(database: Path) -> None:
    change(database, "UPDATE jamforelse SET liknande_grupp_id = NULL", "DELETE FROM katalog_handelse")
    page = report(database)
    assert (
        "Liknande kommuner för Eskilstuna: medlemmarna är inte kända."
        in page.element("div", id="nyckeltal-U11111").text
    )
    assert "inga jämförelser med liknande områden" in section(page, "Liknande områden").text
    assert "Ingen ändring i katalogen har noterats." in section(page, "Koladas katalog").text


# --- what changed lately ----------------------------------------------------------------------------------------------


def test_the_events_are_those_of_the_newest_finished_run_that_has_any(database: Path) -> None:
    assert news(load(database)) == ["N33333 Delaktighet på vårdcentral, medelvärde: finns inte i katalogen."]
    with duckdb.connect(str(database)) as connection:
        event(connection, "k-2", "nyckeltal", "U22222", "nyckeltal upphört", None, "2024")
    assert news(load(database)) == ["U22222 Delaktighet i primärvård, index (-2024): upphört, sista året är 2024."]
    assert "sågs 22 november 2026" in section(report(database), "Koladas katalog").text


@pytest.fixture(scope="module")
def published(databases: Callable[..., Path]) -> Published:
    return load(databases())


def sentences_of(published: Published, *events: CatalogueEvent) -> list[str]:
    return news(replace(published, news=CatalogueNews(LAST_RUN, events)))


NAME = "U88888 Bemötande, andel (%)"


@pytest.mark.parametrize(
    ("what", "before", "after", "sentence"),
    [
        ("nyckeltal saknas", None, "Titeln", "U88888 Titeln: finns inte i katalogen."),
        ("nyckeltal borttaget", "Titeln", None, "U88888 Titeln: finns inte längre i katalogen."),
        ("nyckeltal åter i katalogen", None, "Titeln", "U88888 Titeln: finns nu i katalogen."),
        ("nyckeltal upphört", None, "2025", f"{NAME}: upphört, sista året är 2025."),
        ("ny titel", "Gammal", "Ny", "U88888: ny titel, «Ny» i stället för «Gammal»."),
        ("titel ej bekräftad", "A", "B", "U88888: titeln «B» är inte bekräftad, bara «A»; nya värden hålls."),
        ("ny definition", "En lång text. " * 500, "En annan.", f"{NAME}: ny definition."),
        ("ny nivå", "K", "A", f"{NAME}: finns nu för kommun och region, tidigare för kommun."),
        (
            "annan nivå än i indikatorer.yaml",
            *("K", "L", f"{NAME}: finns för region, men för kommun enligt indikatorer.yaml."),
        ),
        ("ny könsuppdelning", "nej", "ja", f"{NAME}: uppdelat på kvinnor och män: ja, tidigare nej."),
        (
            "omöjligt publiceringsdatum",
            *(None, "2026-02-30", f"{NAME}: Kolada anger publiceringsdatumet 2026-02-30, som inte finns."),
        ),
        (
            "planerad publicering passerad",
            *("2026-05-01", "2025", f"{NAME}: värden för 2025 skulle ha publicerats 2026-05-01, men har inte kommit."),
        ),
        ("något nytt slag", "x", None, f"{NAME}: något nytt slag, «x» → «uppgift saknas»."),
    ],
)
def test_an_event_of_a_nyckeltal_is_a_sentence(
    published: Published, what: str, before: str | None, after: str | None, sentence: str
) -> None:
    assert sentences_of(published, CatalogueEvent("nyckeltal", "U88888", what, before, after)) == [sentence]


@pytest.mark.parametrize(
    ("what", "before", "after", "sentence"),
    [
        (
            "grupp ändrad",
            *("Liknande, Flen, 2024: 0180, 0380", "Liknande, Flen, 2025: 0180, 1480, 9999"),
            "Grupp G1: ny titel, «Liknande, Flen, 2025» i stället för «Liknande, Flen, 2024»; "
            "nya medlemmar: 9999 och Göteborg; inte längre medlemmar: Uppsala.",
        ),
        (
            *("grupp ändrad", "A: b: 0180", "A: b: 0380"),
            "Grupp G1: «A: b»; nya medlemmar: Uppsala; inte längre medlemmar: Stockholm.",
        ),
        (
            *("grupp ändrad", "Ett: 0180", "Två: 0180"),
            "Grupp G1: ny titel, «Två» i stället för «Ett»; samma medlemmar.",
        ),
        ("grupp ändrad", "Ett: 0180", "Ett: ", "Grupp G1: «Ett»; inte längre medlemmar: Stockholm."),
        ("grupp ändrad", "konstigt", None, "Grupp G1: grupp ändrad, «konstigt» → «uppgift saknas»."),
        ("grupp borttagen", "Liknande", None, "Grupp G1 «Liknande»: finns inte längre i katalogen."),
    ],
)
def test_an_event_of_a_group_is_a_sentence_with_the_members_by_name(
    published: Published, what: str, before: str, after: str | None, sentence: str
) -> None:
    assert sentences_of(published, CatalogueEvent("grupp", "G1", what, before, after)) == [sentence]


def test_twenty_events_are_told_and_the_rest_counted(published: Published) -> None:
    events = [CatalogueEvent("nyckeltal", f"N{n:05}", "ny definition", "x", "y") for n in range(23)]
    assert sentences_of(published, *events[:1]) == ["N00000 (följs inte längre): ny definition."]
    assert len(sentences_of(published, *events[:20])) == 20
    sentences = sentences_of(published, *events)
    assert len(sentences) == 21
    assert sentences[-1] == "och 3 till"
