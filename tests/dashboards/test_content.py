"""The sections about what is decided: styrkedjan, fokusområden, satsningar, trygghet, mätproblem, att bekräfta."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

import dashboards
from dashboards.content import Content, load_content
from dashboards.data import Published, load
from dashboards.pages import attribution, whose
from dashboards.pages.caveats import MEANINGS, caveat_words, caveats
from dashboards.pages.chain import chain
from dashboards.pages.comments import GOAL_AREA, INDICATOR, MEASURE, comment
from dashboards.pages.confirm import confirm
from dashboards.pages.focus import focus, time_left
from dashboards.pages.initiatives import initiatives
from dashboards.pages.safety import safety
from pipelines.catalog.activities import Activities
from pipelines.catalog.load import load_catalog
from pipelines.rows import rows as records
from pipelines.warehouse.activities import activity_frames
from tests.conftest import ROOT
from tests.dashboards.page import Node, parse, rows
from tests.dashboards.published import HOSTILE

SECTIONS: tuple[Callable[[Published, Content], Any], ...] = (chain, focus, initiatives, safety, caveats, confirm)
MARKDOWN = (
    "# Rubrik\n<script>alert('x')</script> **fet** <img src=x onerror=alert(1)> "
    '"citat" 👩‍⚕️ {{ 7*7 }}\n\nAndra stycket'
)

WRITTEN: dict[str, Any] = {
    "version": 1,
    "kallor": ({"id": "r", "titel": HOSTILE, "diarienummer": "PROV-1"},),
    "citat": tuple(
        {"id": f"c-{n}", "plats": place, "text": f"Första.\n\n{HOSTILE}", "kalla": "r"}
        for n, place in enumerate(("målbild", "principer", "mätproblem", "trygghet", "målsättningar", "tolkning"))
    ),
    "instanser": (
        {"id": "nsv", "namn": "Nämnden", "kort": "NSV", "roll": "Styr.", "i_styrkedjan": "ja"},
        {"id": "lsg", "namn": HOSTILE, "i_styrkedjan": "ja"},
    ),
    "fokusomraden": (
        {
            "id": "f",
            "namn": "Fokus",
            "fran": 2023,
            "till": 2027,
            "beslut": "b-2",
            "kalla": "r",
            "malsattningar": (
                {"id": "f-1", "text": HOSTILE, "hela_lanet": "ja"},
                {
                    "id": "f-2",
                    "text": "Mobila lösningar finns.",
                    "hela_lanet": "nej",
                    "status": "test",
                    "belagg": "Rapport i maj",
                    "tackning": {"huvudman": ("0484", "0482", "0004"), "lansdelar": ("norra",)},
                    "indikatorer": ("delaktighet",),
                    "effekt_tidigast": "2027",
                },
            ),
        },
    ),
    "satsningar": (
        {
            "id": "a",
            "namn": HOSTILE,
            "slag": "satsning",
            "kalla": "r",
            "kriterier": {"uppdrag": "ja", "resurser": "nej", "finansiering": "okänt", "plan": "ja", "test": "nej"},
        },
        {
            "id": "b",
            "namn": "Trygg hemgång",
            "slag": "satsning",
            "ansvarig": "nsv",
            "kalla": "r",
            "status": "pågår",
            "kriterier": dict.fromkeys(("uppdrag", "resurser", "finansiering", "plan", "test"), "ja"),
            "malsattningar": ({"id": "f-2", "beslut": "föreslagen"},),
            "uppfoljningsmatt": (
                {
                    "id": "um-1",
                    "namn": "Planer vid hemgång",
                    "typ": "process",
                    "matt": "brukare",
                    "vantan": "ett år",
                    "kalla": "Egen räkning",
                },
                {"id": "um-2", "namn": "Lösa mått", "typ": "utfall", "kalla": "Egen räkning"},
            ),
            "pdsa": ({"cykel": 1, "hypotes": "Fler planer ger färre återinskrivningar", "agera": "anpassa"},),
        },
        {
            "id": "c",
            "namn": "Gammalt uppdrag",
            "slag": "uppdrag",
            "kalla": "r",
            "status": "avslutad",
            "skal": "Målet är nått.",
        },
    ),
    "beslut": (
        # The data of the small database are of 22 November 2026 in Sweden.
        {
            "id": "b-1",
            "datum": date(2026, 5, 8),
            "art": "läge",
            "instans": "nsv",
            "vad": HOSTILE,
            "kalla": "r",
            "satsning": "b",
            "aterrapportering": {"nar": "i november", "senast": date(2026, 11, 21)},
        },
        {
            "id": "b-2",
            "datum": date(2026, 5, 9),
            "art": "beslut",
            "vad": "I dag är inte försent.",
            "kalla": "r",
            "aterrapportering": {"senast": date(2026, 11, 22)},
        },
        {
            "id": "b-3",
            "datum": date(2026, 5, 10),
            "art": "beslut",
            "vad": "Redan klart.",
            "kalla": "r",
            "aterrapportering": {"senast": date(2026, 6, 1)},
            "aterrapporterad": date(2026, 6, 2),
        },
        {
            "id": "b-4",
            "datum": date(2026, 5, 11),
            "art": "beslut",
            "vad": "Någon gång.",
            "kalla": "r",
            "aterrapportering": {"nar": "efter sommaren"},
        },
    ),
    "trygghetsvy": {
        "beslut": "föreslagen",
        "poster": (
            {"nyckeltal": "U11111", "belyser": "Upplevd trygghet"},
            {"matt": "fall", "belyser": HOSTILE},
            {"matt": "distans", "belyser": "Distans"},
        ),
    },
    "kommentarer": (
        {
            "matt": "brukare",
            "uppfoljning": "2026-var",
            "vet": "Äldre text.",
            "forfattare": "Gruppen",
            "datum": date(2026, 5, 1),
        },
        {
            "matt": "brukare",
            "uppfoljning": "2026-host",
            "vet": MARKDOWN,
            "forfattare": HOSTILE,
            "datum": date(2026, 11, 1),
        },
    ),
    "att_bekrafta": (
        {"id": "q-1", "fraga": HOSTILE, "status": "öppen"},
        {
            "id": "q-2",
            "fraga": "Vem?",
            "status": "besvarad",
            "svar": "LRS",
            "av": "Länsstyrgruppen",
            "datum": date(2026, 6, 1),
        },
    ),
}


@dataclass(frozen=True)
class Told:
    """What a database holds, and its sections as a page."""

    published: Published
    content: Content
    page: Node


def told(published: Published, content: Content) -> Told:
    """The six sections, with a comment that is there and one that is not."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(*dashboards.__path__) / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.from_string(
        '{% import "parts.html" as parts %}{% import "content_parts.html" as content_parts %}<main>'
        + "".join(f'{{% include "{section.__name__}.html" %}}' for section in SECTIONS)
        + "{{ content_parts.comment_block(there, steering) }}{{ content_parts.comment_block(none, steering) }}</main>"
    )
    text = template.render(
        mark=attribution.mark(published.run.source),
        steering=whose.steering(content),
        there=comment(content, MEASURE, "brukare"),
        none=comment(content, GOAL_AREA, "nara"),
        **{section.__name__: section(published, content) for section in SECTIONS},
    )
    return Told(published, content, parse(text))


def read(database: Path) -> tuple[Published, Content]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return load(database), load_content(connection)


@pytest.fixture(scope="module")
def written(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Told:
    database = Path(shutil.copy(databases("kolada"), tmp_path_factory.mktemp("skrivet") / "analys.duckdb"))
    catalog = replace(load_catalog(ROOT), activities=Activities.model_validate(WRITTEN))
    with duckdb.connect(str(database)) as connection:
        for name, frame in activity_frames(catalog).items():
            connection.register("innehall", frame)
            connection.execute(f"DELETE FROM {name}")
            connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM innehall")
            connection.unregister("innehall")
        connection.execute("UPDATE nyckeltal SET underlag = 'totalundersökning' WHERE nyckeltal_id = 'U11111'")
        connection.execute("UPDATE nyckeltal SET overlappande_ar = 3 WHERE nyckeltal_id = 'N44444'")
        connection.execute("INSERT INTO nyckeltal_brott VALUES ('U11111', 2025, 2024, 'Frågan ändrades.')")
        connection.execute("UPDATE matt SET agare = 'LRS' WHERE matt_id = 'brukare'")
    return told(*read(database))


@pytest.fixture(scope="module")
def empty(databases: Callable[..., Path]) -> Told:
    published, content = read(databases("kolada"))
    return told(replace(published, run=replace(published.run, source="syntetisk")), content)


def section(page: Node, name: str) -> Node:
    return page.one("section", id=name)


def gap(page: Node, heading: str) -> Node:
    (found,) = [node for node in page.one("dl", class_name="gaps").all("div") if node.one("b").text == heading]
    return found


def test_sections_without_content_say_so_in_a_line(empty: Told) -> None:
    assert "Inga fokusområden är inlagda." in section(empty.page, "fokusomraden").text
    assert "Inga satsningar är inlagda." in section(empty.page, "satsningar").text
    assert "Inga beslut är inlagda." in section(empty.page, "satsningar").text
    assert "Inget är inlagt i trygghetsvyn." in section(empty.page, "trygghet").text
    assert "Inga frågor är inlagda." in section(empty.page, "att-bekrafta").text
    assert "Inga målsättningar eller satsningar är inlagda." in section(empty.page, "styrkedja").text


def test_synthetic_figures_say_so_in_every_section(empty: Told) -> None:
    for node in empty.page.all("section"):
        assert "SYNTETISKA UPPGIFTER" in node.text, node.attrs["id"]


def test_what_is_written_is_shown_as_text_and_never_obeyed(written: Told) -> None:
    assert not written.page.all("script")
    assert not written.page.all("img")
    assert not written.page.all("strong", where=lambda n: n.text == "fet")
    text = written.page.text
    assert HOSTILE[:60] in text
    assert "{{ 7*7 }}" in text
    assert "49" not in written.page.one("p", class_name="comment-by").text
    block = written.page.all("div", class_name="comment-block")[0]
    assert [p.text for p in block.one("dd").all("p")] == [
        "# Rubrik <script>alert('x')</script> **fet** <img src=x onerror=alert(1)> \"citat\" 👩‍⚕️ {{ 7*7 }}",
        "Andra stycket",
    ]


def test_a_comment_that_is_missing_says_so(written: Told) -> None:
    assert "Kommentar saknas" in written.page.all("div", class_name="comment-block")[1].text
    assert comment(written.content, INDICATOR, "delaktighet") is None


def test_a_comment_belongs_to_its_uppfoljning_and_otherwise_the_newest_is_shown(written: Told) -> None:
    then = comment(written.content, MEASURE, "brukare", "2026-var")
    now = comment(written.content, MEASURE, "brukare")
    assert then is not None
    assert then.parts == (("Vad vet vi?", ("Äldre text.",)),)
    assert now is not None
    assert now.signature.endswith("1 november 2026")
    assert comment(written.content, MEASURE, "brukare", "2027-var") is None


def test_every_satsning_without_uppfoljningsmatt_is_in_the_gap_list(written: Told) -> None:
    items = [item.text for item in gap(written.page, "Satsning utan uppföljningsmått").all("li")]
    assert len(items) == 2
    assert items[0].startswith(HOSTILE[:60])
    assert items[1] == "Gammalt uppdrag (uppdrag)"


def test_the_other_broken_links_are_found_too(written: Told) -> None:
    page = written.page
    assert [i.text for i in gap(page, "Indikator utan mått").all("li")] == ["Rehabiliterande"]
    assert [i.text for i in gap(page, "Uppföljningsmått utan indikator").all("li")] == ["Lösa mått (Trygg hemgång)"]
    (goal,) = gap(page, "Målsättning utan satsning").all("li")
    assert goal.text.startswith("Fokus 1: ")
    owners = gap(page, "Mått utan ägare")
    assert "8 av 9 mått" in owners.text
    assert "Brukarrapporterad delaktighet, kommun" not in owners.text


def test_a_link_of_the_chain_is_broken_in_words(written: Told) -> None:
    steps = {
        node.one("p", class_name="chain-name").text: node for node in written.page.all("li", class_name="chain-step")
    }
    assert list(steps) == [
        "Målbilden",
        "Målområden",
        "Indikatorer",
        "Mått",
        "Fokusområden",
        "Målsättningar",
        "Satsningar, uppdrag och ärenden",
        "Uppföljningsmått",
        "Ansvariga nivåer",
        "Beslut och antecknade lägen",
    ]
    assert "Bruten länk. 1 av 7 indikatorer saknar mått: Rehabiliterande." in steps["Mått"].text
    assert "Hel länk. Varje fokusområde har målsättningar." in steps["Målsättningar"].text
    assert "1 har en koppling som bara är föreslagen" in steps["Satsningar, uppdrag och ärenden"].text


def test_the_tables_say_what_the_chain_says(written: Told) -> None:
    tables = section(written.page, "styrkedja").all("table")
    assert rows(tables[0])["Rehabiliterande"] == ["God hälsa, vård och omsorg", "mått saknas"]
    (row,) = [cells for head, cells in rows(tables[1]).items() if head.startswith("Fokus 2")]
    assert row[0] == "Trygg hemgång kopplingen är föreslagen"
    assert row[1] == "Planer vid hemgång → Delaktighet; Lösa mått → indikator saknas"
    assert row[2] == "NSV"


def test_malsattningar_have_status_coverage_and_time_left_from_the_day_of_the_data(written: Told) -> None:
    node = section(written.page, "fokusomraden")
    found = rows(node.one("table"))
    second = found["2. Mobila lösningar finns."]
    assert second == [
        "test Rapport i maj",
        "2 av 9 kommuner, regionen och 1 av 3 länsdelar Flen, Eskilstuna, Region Sörmland, Norra länsdelen",
        "Delaktighet",
        "2027",
    ]
    (first,) = [cells for head, cells in found.items() if head.startswith("1. ")]
    assert first == ["ej angiven", "ej angiven gäller hela länet", "ej angivet", "ej angivet"]
    assert "404 dagar kvar till och med 31 december 2027, räknat från 22 november 2026." in node.text
    assert "1 av 2 målsättningar har en angiven status." in node.text


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


def test_what_is_overdue_is_told_by_the_day_of_the_data(written: Told) -> None:
    node = section(written.page, "satsningar")
    states = {cells[2][:12]: cells[-1] for cells in rows(node.one("table", class_name="decisions")).values()}
    assert states["I dag är int"] == "kommer, sista dagen är 22 november 2026"
    assert states["Redan klart."] == "återrapporterad 2 juni 2026"
    assert states["Någon gång."] == "ingen sista dag angiven"
    late = [state for state in states.values() if state.startswith("försenad")]
    assert late == ["försenad, sista dagen var 21 november 2026 och ingen återrapportering är antecknad"]
    assert "1 av 4 återrapporteringar är försenade" in node.text


def test_a_card_has_its_criteria_in_words_and_its_chain_to_the_malomrade(written: Told) -> None:
    first, second, last = section(written.page, "satsningar").all("article")
    assert [node.text for node in first.all("span", class_name="met-word")] == ["ja", "nej", "okänt", "ja", "nej"]
    assert "4 av 5 är besvarade" in first.text
    assert "uppföljningsmått saknas" in first.text
    lines = [[item.text for item in line.all("li")] for line in second.all("ol", class_name="line")]
    assert lines[0] == [
        "Aktivitet Trygg hemgång",
        "Uppföljningsmått (process) Planer vid hemgång, väntan ett år",
        "Mått Brukarrapporterad delaktighet, kommun",
        "Indikator Delaktighet",
        "Målområde Tillsammans",
    ]
    assert lines[1][-1] == "Målområde målområde saknas"
    assert "PDSA, cykel 1" in second.text
    assert "resultat saknas" in second.text
    # Those that are over come last in their kind, with the reason.
    assert "Målet är nått." in last.text
    assert not last.all("ul", class_name="criteria")


def test_the_portfolio_is_counted_with_denominators(written: Told) -> None:
    node = section(written.page, "satsningar")
    counts = [item.text for item in node.one("ul", class_name="portfolio").all("li")]
    assert counts == [
        "2 gemensamma satsningar",
        "1 uppdrag",
        "0 ärenden",
        "1 av 3 anges som pågående",
        "1 av 3 är avslutade eller sammanslagna",
        "1 av 3 saknar angiven status",
        "1 av 3 har uppföljningsmått",
        "9 av 10 kriterier för satsningarna är besvarade",
    ]
    assert "gräns: ej beslutad" in node.text
    report = duckdb.sql("SELECT 'Uppföljning' AS titel, 'Nämnden' AS namnd, 1 AS grans_satsningar")
    limited = Content({**written.content.tables, "rapport": tuple(records(report))})
    with_limit = initiatives(written.published, limited)
    assert with_limit.limit == "2 satsningar och uppdrag är inte avslutade; gränsen är 1. Antalet är över gränsen."


def test_the_trygghetsvy_shows_unchanged_values_under_the_sources_name(written: Told) -> None:
    node = section(written.page, "trygghet")
    assert "förslag" in node.one("h2").text
    table = node.one("table")
    assert "Källa: Kolada" in table.one("caption").text
    found = rows(table)
    assert found["Eskilstuna"][0].startswith("63,6 ±4,5")
    assert found["Trosa"][0] == "87,0 ±4,5 2024"
    assert found["Gnesta"][0] == "saknas"
    assert found["Region Sörmland"][0] == "gäller ej"
    assert "Distans: måttet Rapporterade distansbesök, region har inget nyckeltal att visa." in node.text


def test_caveats_are_words_with_a_reason(written: Told) -> None:
    measures = {measure.id: measure for measure in written.published.measures}

    def found(measure_id: str) -> dict[str, str]:
        some = caveat_words(measures[measure_id], written.published, written.content)
        return {caveat.word: caveat.reason for caveat in some}

    assert found("brukare") == {
        "osäkerhet": "enkät till alla, en del svarar, osäkerhetstal U11119 (U11111)",
        "definition ändrad": "2025: Frågan ändrades (U11111)",
        "sekretess": "Trosa 2025 (U11111)",
        "bortfall": "Vingåker 2025 (U11111)",
    }
    assert found("fall") == {"flerårsmedel": "medel över tre år (N44444)", "eftersläpning": "senaste året är 2024"}
    assert found("patient") == {
        "definition ändrad": "en ny serie har ersatt den gamla; de binds inte ihop",
        "upphört": "sista året är 2024 (U22222)",
        "eftersläpning": "senaste året är 2024",
    }
    assert found("sip") == {
        "självrapporterat": "måttet bygger på huvudmannens rapport",
        "indirekt": "inget nyckeltal mäter måttet självt (U55555)",
    }
    assert found("distans") == {}
    assert set(MEANINGS) >= {word for measure in measures for word in found(measure)}
    cells = rows(written.page.one("table", class_name="caveat-table"))
    assert cells["Rapporterade distansbesök, region"] == ["måttet visar inga uppgifter: finns inte i Kolada"]


def test_the_matproblem_quote_keeps_its_paragraphs(written: Told) -> None:
    quote = section(written.page, "matproblem").all("blockquote")[0]
    assert [p.text[:8] for p in quote.all("p")] == ["”Första.", "</script"]
    assert "(PROV-1)" in quote.one("footer").text


def test_every_choice_that_waits_for_the_owners_is_counted_and_listed(written: Told) -> None:
    node = section(written.page, "att-bekrafta")
    told_of = {
        part.one("dt").text: part.one("p", class_name="choice-count").text
        for part in node.one("dl", class_name="choices").all("div")
    }
    assert told_of == {
        "Val av nyckeltal": "14 av 14 val är föreslagna.",
        "Riktningar": "9 av 9 riktningar är föreslagna.",
        "Länsdelar": "3 av 3 länsdelar är ej bekräftade.",
        "Seriebrott": "1 seriebrott är inlagda efter källornas beskrivningar.",
        "Målvärden": "Inga målvärden är beslutade eller föreslagna.",
        "Kopplingar mellan satsningar och målsättningar": "1 av 1 kopplingar är föreslagna.",
        "Trygghetsvyn": "3 av 3 poster är föreslagna.",
    }
    assert "Norra länsdelen: Eskilstuna och Strängnäs" in node.text
    answers = rows(node.one("table"))
    assert answers["Vem?"] == ["besvarad", "LRS Länsstyrgruppen, 1 juni 2026"]
    assert "1 av 2 frågor är öppna." in node.text


def test_one_principals_report_still_counts_all_nine_kommuner(databases: Callable[..., Path], written: Told) -> None:
    alone = load(databases("kolada"), principal="0484")
    (area,) = focus(alone, written.content).areas
    assert area.table.rows[1].fields[1].text.startswith("2 av 9 kommuner")
