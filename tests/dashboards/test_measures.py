"""matt/<id>.html: the answer first, with the values of the database; nothing missing is blank, zero or joined."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboards.context import Report
from dashboards.pages import links
from dashboards.pages.measures import measure_contents, measure_pages
from dashboards.pages.secondary import secondary_pages
from dashboards.reading.changes import IssueDiff
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import load
from dashboards.report import build_report
from tests.dashboards.audit import deviations, unmarked
from tests.dashboards.conftest import NEW_TITLE, build_site
from tests.dashboards.page import Node, columns, number, parse, rows
from tests.dashboards.published import HOSTILE, KOMMUNER, MATT, REGION, SIMILAR, insert
from tests.warehouse.small import change

Site = Callable[..., Node]
NAMES = {**{kommun: name for kommun, (name, _) in KOMMUNER.items()}, REGION: "Region Sörmland", "0000": "Riket"}
# nyckeltal → the mått whose page it is on.
PAGES = {"U11111": "brukare", "U22222": "patient", "U88888": "kontakter", "N44444": "fall", "U66666": "rokning"}


def page(site: Site, measure: str) -> Node:
    return site(links.measure_page(measure))


def block(page: Node, kpi_id: str) -> Node:
    return page.element("section", id=f"nyckeltal-{kpi_id}")


def tables(part: Node) -> dict[str, Node]:
    """First words of the caption → table."""
    return {table.element("caption").text.split()[0]: table for table in part.all("table")}


def lead(part: Node) -> str:
    return part.all("p", class_name="lead")[0].text.replace("\u00a0", " ").replace("\u202f", " ")


def words(part: Node) -> str:
    """All sentences of the answer."""
    return part.element("div", class_name="answer").text.replace("\u00a0", " ")


# --- the answer -------------------------------------------------------------------------------------------------------


def test_the_answer_names_values_years_and_who_is_best_and_worst(site: Site) -> None:
    part = block(page(site, "brukare"), "U11111")
    assert lead(part) == (
        "Kommunernas medel (varje kommun räknas lika): 61,5 % känner sig delaktiga i hemtjänsten i sex av nio "
        "kommuner (2025). Riket: 90,6 %. Kommunernas medel har förbättrats sedan 2019 (71,9 % → 61,5 %). Bäst i "
        "Oxelösund, 84,6 %, sämst i Flen, 0,0 %."
    )
    assert "Säkert sämre än riket: Eskilstuna." in words(part)
    assert "Eskilstuna har ökat sedan 2019. I de andra sju syns ingen säker ändring." in words(part)
    assert "Utan uppgift 2025: Vingåker (bortfall), Gnesta och Trosa (sekretess)." in words(part)
    assert words(part).count("kan inte bedömas") == 1


def test_only_the_first_paragraph_of_an_answer_is_set_large(site: Site) -> None:
    leads = [block.all("p", class_name="lead") for block in page(site, "patient").all("div", class_name="answer")]
    assert leads
    for first, *others in leads:
        assert first.attrs["class"] == "lead"
        assert {other.attrs["class"] for other in others} <= {"lead lead--second"}


def test_nobody_is_said_to_have_no_value_when_all_have_one(database: Path) -> None:
    newest = "nyckeltal_id = 'U11111' AND ar = 2025 AND kon = 'T'"
    change(
        database,
        f"""INSERT INTO matvarde BY NAME SELECT * REPLACE ('0461' AS omrade_id) FROM matvarde
            WHERE {newest} AND omrade_id = '0484'""",
        f"UPDATE matvarde SET varde = 50, status = 'publicerad' WHERE {newest}",
    )
    answer = words(block(page(build_site(database), "brukare"), "U11111"))
    assert not [phrase for phrase in ("Utan uppgift", "saknar uppgift") if phrase in answer]


def test_riket_stands_beside_the_county_only_where_both_are_weighted(site: Site, database: Path) -> None:
    change(database, "UPDATE jamforelse SET lan_grund = 'vägt medel' WHERE kon = 'T'")
    weighted = lead(block(page(build_site(database), "brukare"), "U11111"))
    assert re.search(r"Länet, vägt medel av kommunerna: .*\(2025\), riket 90,6 %\.", weighted)
    assert ", riket" not in lead(block(page(site, "brukare"), "U11111"))


def test_the_best_is_the_lowest_where_lower_is_better(site: Site) -> None:
    assert "Bäst i Eskilstuna, 10 %, sämst i Trosa, 18 % (2025)." in lead(block(page(site, "rokning"), "U66666"))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("trend = 'prövas inte', motivering = 'x; medelvärden över 3 år överlappar varandra och prövas inte'",
         "Åt vilket håll det går prövas inte: medelvärden över 3 år överlappar varandra."),
        ("trend = 'för få mätningar', motivering = 'x'", "Mätningarna är för få för att säga åt vilket håll det går."),
        ("trend = 'ingen säkerställd trend'", "Ingen säker ändring sedan 2019 (71,9 % → 61,5 %)."),
    ],
)  # fmt: skip
def test_a_direction_that_is_not_stated_says_why(database: Path, statement: str, expected: str) -> None:
    change(database, f"UPDATE lan_trend SET {statement} WHERE nyckeltal_id = 'U11111' AND kon = 'T'")
    text = words(block(page(build_site(database), "brukare"), "U11111"))
    assert expected in text
    assert not any(word in text for word in ("har förbättrats", "har försämrats"))


def test_codes_are_not_averaged_ranked_or_drawn(site: Site) -> None:
    part = block(page(site, "sip"), "U55555")
    assert "Svaren är koder: inga medel eller jämförelser räknas." in part.text
    assert list(tables(part)) == ["Värden"]
    assert part.all(class_name="chart") == []


def test_another_survey_is_said_and_the_comparison_called_approximate(database: Path) -> None:
    change(database, "INSERT INTO nyckeltal_undersokning VALUES ('U11111', 2025)")
    part = block(page(build_site(database), "brukare"), "U11111")
    assert "Jämförelsen med riket är ungefärlig" in words(part)
    assert "2025: länets värden kommer från en annan undersökning" in tables(part)["Värden"].element("caption").text


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kpi_id", PAGES)
def test_the_table_holds_the_values_of_the_database(site: Site, databases: Callable[..., Path], kpi_id: str) -> None:
    table = tables(block(page(site, PAGES[kpi_id]), kpi_id))["Värden"]
    headings, printed = columns(table), rows(table)
    letter = "K" if kpi_id == "U66666" else "T"
    with duckdb.connect(str(databases()), read_only=True) as connection:
        values = connection.execute(
            "SELECT omrade_id, ar, varde FROM matvarde WHERE nyckeltal_id = $1 AND kon = $2 AND omrade_id <> '0180'",
            [kpi_id, letter],
        ).fetchall()
    seen = 0
    for area, year, value in values:
        cell = printed[NAMES[area]][headings.index(str(year))]
        if value is None:
            assert cell in ("sekretess", "bortfall")
        elif cell.startswith("<"):
            assert 0 < value < number(cell[1:])
        else:
            assert number(cell) == pytest.approx(value, abs=0.51)
            seen += 1
    assert seen > 5


def test_a_missing_value_says_why_and_a_zero_is_a_zero(site: Site) -> None:
    table = tables(block(page(site, "brukare"), "U11111"))["Värden"]
    newest = {name: row[columns(table).index("2025")] for name, row in rows(table).items()}
    assert (newest["Trosa"], newest["Vingåker"], newest["Gnesta"]) == ("sekretess", "bortfall", "saknas")
    assert newest["Flen"] == "0,0"
    printed = rows(tables(block(page(site, "fall"), "N44444"))["Värden"])
    assert printed["Eskilstuna"][0] == "1\u202f000\u202f000\u202f000,0"
    assert printed["Strängnäs"][0] == "<0,1", "3.262e-05 is not zero"
    assert printed["Katrineholm"][0] == "\u22127,5"


@pytest.mark.parametrize("measure", MATT)
def test_no_figure_of_a_table_is_without_its_mark(site: Site, measure: str) -> None:
    assert unmarked(page(site, measure)) == []


def test_what_is_computed_is_of_both_together(site: Site) -> None:
    part = block(page(site, "brukare"), "U11111")
    computed = rows(tables(part)["Läge"])
    assert computed["Eskilstuna"][1] == "59,1 till 64,8 årsvariation"
    assert computed["Eskilstuna"][2] == "säkert sämre"
    assert computed["Eskilstuna"][3].startswith("65,1 1 kommun; utan uppgift: Uppsala")
    assert computed["Eskilstuna"][4] == "6 (mellan 5 och 7) av 7"
    assert computed["Eskilstuna"][5].startswith("har ökat 2019–2025; +1,25 per år; som riket")
    genders = rows(tables(part)["Kvinnor"])
    assert genders["Eskilstuna"][2:] == ["+2,0 ±\u00a01,5", "säker skillnad"]
    assert genders["Strängnäs"][2:] == ["+2,3 ±\u00a02,5", "ingen säker skillnad"]
    assert genders["Trosa"][2] == "sekretess", "the reason and not a zero"
    county = rows(tables(part)["Länet"])
    newest = len(columns(tables(part)["Länet"])) - 1
    assert county["Kommunernas medel (varje kommun räknas lika)"][newest] == "61,5"
    assert county["Antal kommuner med uppgift"][newest] == "6"
    assert county["Avstånd mellan dem"][newest] == "84,6"


def test_kon_is_told_only_where_it_is_beyond_the_noise(site: Site, database: Path) -> None:
    part = block(page(site, "brukare"), "U11111").element("div", class_name="gender")
    assert "Kvinnor har högre värde än män i Eskilstuna. I Strängnäs syns ingen säker skillnad." in part.text
    change(database, "UPDATE konsskillnad SET bedomning = 'ingen säker skillnad'")
    quiet = block(page(build_site(database), "brukare"), "U11111")
    assert quiet.all("div", class_name="gender") == []
    assert "Kvinnor" in tables(quiet), "the table stays"
    change(database, "UPDATE konsskillnad SET bedomning = 'trolig skillnad'")
    loud = page(build_site(database), "brukare")
    assert "Kvinnor har troligen högre värde än män i alla sex kommuner." in loud.text
    headings = [heading.text for heading in loud.all("figcaption")]
    assert "Kvinnor och män 2025, %" in headings


def test_similar_areas_are_named_with_their_members(site: Site) -> None:
    (note,) = [
        item.text
        for item in page(site, "brukare").all("li")
        if item.text.startswith("Liknande kommuner för Eskilstuna")
    ]
    assert note == f"Liknande kommuner för Eskilstuna: Stockholm och Uppsala (grupp {SIMILAR})."
    assert "Göteborg" not in page(site, "brukare").text, "it has left the group"


# --- the charts -------------------------------------------------------------------------------------------------------


def test_every_chart_has_a_drawing_that_says_what_it_shows_and_a_table_and_a_file(site: Site) -> None:
    charts = page(site, "brukare").all("div", class_name="chart")
    assert len(charts) == 2
    for chart in charts:
        drawing = chart.element("svg", class_name="still")
        assert drawing.attrs["role"] == "img"
        assert re.search(r"20\d\d.*Alla värden står i tabellen\.", drawing.attrs["aria-label"])
        assert chart.up(lambda n: n.tag == "figure") is not None
    (link,) = [a.attrs["href"] for a in page(site, "brukare").all("a") if a.attrs["href"].endswith(".csv")]
    assert link == "../csv/brukare.csv"


def test_the_drawing_and_the_live_figure_hold_the_numbers_of_the_table(site: Site) -> None:
    of_page = page(site, "brukare")
    table = tables(block(of_page, "U11111"))["Värden"]
    newest = {name: row[columns(table).index("2025")] for name, row in rows(table).items() if name != "Riket"}
    figure = json.loads(of_page.element("script", id="nyckeltal-U11111-jamforelse").source)
    labels = [re.sub("</?i>", "", label["text"]) for label in figure["layout"]["annotations"]]
    assert dict(zip(figure["layout"]["yaxis"]["ticktext"], labels, strict=True)) == newest
    drawn = of_page.all("svg", class_name="still")[1]
    texts = [text.text for text in drawn.all("text")]
    for name, value in newest.items():
        assert name in texts
        assert value in texts


def test_a_break_cuts_the_line_and_says_so(site: Site) -> None:
    of_page = page(site, "kontakter")
    figure = json.loads(of_page.element("script", id="nyckeltal-U88888-utveckling").source)
    county = next(trace for trace in figure["data"] if trace.get("line", {}).get("width") == 3)
    assert county["x"][county["x"].index(2023) + 1] is None, "no line from 2023 to 2024"
    assert "Nytt sätt att mäta 2024: ny fråga från 2024." in of_page.text


def test_a_decided_target_is_drawn_and_a_proposed_one_nowhere(site: Site, database: Path) -> None:
    decided = page(site, "patient")
    assert "Mål 2035: 90,0" in decided.all("svg", class_name="still")[0].text
    assert "långsamt mål 90,0 år 2035" in tables(block(decided, "U22222"))["Läge"].text
    with duckdb.connect(str(database)) as connection:
        insert(connection, "malvarde", nyckeltal_id="U11111", malvarde=91.25, mal_ar=2035, bas_ar=2022,
               hall_minst=False, beslut="föreslagen", beslutat_av="Påhittad")  # fmt: skip
    proposed = page(build_site(database), "brukare")
    assert "Målvärde: ej beslutat." in proposed.text
    assert "91,3" not in proposed.text


# --- what has no values, and the ways on ------------------------------------------------------------------------------


def test_a_nyckeltal_without_values_is_one_line(site: Site) -> None:
    part = page(site, "patient")
    lines = [item.text for item in part.element("section", aria_labelledby="utan-rubrik").all("li")]
    assert lines == [
        "Delaktighet på vårdcentral, medelvärde N33333 Efterträdare. Finns inte i Koladas katalog 22 november 2026: "
        "felskrivet id, borttaget eller ännu inte publicerat."
    ]
    assert "Uppgift saknas: inget lämpligt mått har hittats." in page(site, "vald").text


def test_a_nyckeltal_of_two_matt_is_shown_once_and_linked_from_the_other(site: Site) -> None:
    (line,) = [a for a in page(site, "brukare").all("a") if "U88888" in a.attrs["href"]]
    assert line.attrs["href"] == "kontakter.html#nyckeltal-U88888"
    assert page(site, "brukare").all(id="nyckeltal-U88888") == []
    assert block(page(site, "kontakter"), "U88888")


def test_the_ways_lead_up_to_every_indikator_sideways_to_the_matt_and_to_each_kommun(site: Site) -> None:
    of_page = page(site, "kontakter")
    up = [a.attrs["href"] for a in of_page.element("nav", class_name="crumbs").all("a")]
    assert up == ["../index.html", "../index.html#indikator-samordning", "../index.html#indikator-kontinuitet"]
    around = [a.attrs["href"] for a in of_page.element("nav", class_name="around").all("a")]
    order = list(MATT)
    at = order.index("kontakter")
    assert around == [f"{order[at - 1]}.html", f"{order[at + 1]}.html"]
    heads = {th.text: th for th in tables(block(of_page, "U88888"))["Värden"].all("th", scope="row")}
    for area, (name, _) in KOMMUNER.items():
        assert heads[name].element("a").attrs["href"] == f"../huvudman/{area}.html"
    assert heads["Riket"].all("a") == []
    assert len(page(site, order[0]).element("nav", class_name="around").all("a")) == 1


def test_a_decided_choice_is_not_called_proposed(site: Site, database: Path) -> None:
    def facts(of_page: Node) -> dict[str, str]:
        return {d.element("dt").text: d.element("dd").text for d in of_page.all("dl", class_name="facts")[0].all("div")}

    assert facts(page(site, "rokning"))["Beslut"] == (
        "Val av nyckeltal: föreslaget, inte beslutat av ägarna; riktning: föreslaget, inte beslutat av ägarna"
    )
    change(
        database,
        "UPDATE nyckeltal SET riktning_beslut = 'beslutad' WHERE nyckeltal_id = 'U66666'",
        "UPDATE matt_nyckeltal SET beslut = 'beslutad' WHERE nyckeltal_id = 'U66666'",
    )
    text = facts(page(build_site(database), "rokning"))["Beslut"]
    assert text == "Val av nyckeltal: beslutat av ägarna; riktning: beslutat av ägarna"


def test_an_unconfirmed_title_is_told_and_the_confirmed_one_stands(full_site: Site) -> None:
    part = block(page(full_site, "kontakter"), "U88888")
    assert part.element("p", class_name="flag").text == (
        f"Kolada visar nu nyckeltalet under en annan titel: «{NEW_TITLE}». "
        "Tills titeln är bekräftad visas de senast bekräftade värdena."
    )
    assert part.element("h2").text == "Bemötande, andel (%) U88888"


def test_hostile_titles_and_comments_are_text(full_site: Site) -> None:
    of_page = page(full_site, "fall")
    assert (
        block(of_page, "N44444").element("h2").text.startswith("</script><script>alert('x')</script> & \"citat\" <img")
    )
    assert of_page.all("img") == []
    assert {script.attrs.get("type", script.attrs.get("src", "")) for script in of_page.all("script")} == {
        "application/json", "../plotly-basic.min.js", "../diagram.js",
    }  # fmt: skip
    assert HOSTILE[:40] in of_page.text
    assert "{{ 7*7 }}" in of_page.text, "a template in a title is not run"


# --- bad input --------------------------------------------------------------------------------------------------------

_BAD = {
    "a kommun without any value": ["DELETE FROM matvarde WHERE omrade_id = '0484'",
                                   "DELETE FROM jamforelse WHERE omrade_id = '0484'"],
    "no value at all": ["UPDATE matvarde SET varde = NULL", "DELETE FROM jamforelse", "DELETE FROM placering",
                        "DELETE FROM trend", "DELETE FROM lan_trend", "DELETE FROM spridning",
                        "DELETE FROM konsskillnad", "DELETE FROM lansdel_varde"],
    "one year": ["DELETE FROM matvarde WHERE ar <> 2025", "DELETE FROM jamforelse WHERE ar <> 2025"],
    "only negative values": ["UPDATE matvarde SET varde = -abs(varde) - 1"],
    "only 1e9": ["UPDATE matvarde SET varde = 1e9 WHERE varde IS NOT NULL"],
    "riket without values": ["DELETE FROM matvarde WHERE omrade_id = '0000'"],
    "no riket": ["DELETE FROM matvarde WHERE omrade_id = '0000'", "DELETE FROM omrade WHERE omrade_id = '0000'"],
    "no fynd": ["DELETE FROM fynd"],
    "a county without a region": ["DELETE FROM matvarde WHERE omrade_id = '0004'",
                                  "DELETE FROM omrade WHERE omrade_id = '0004'"],
    "a målbild of one indikator": ["DELETE FROM indikator WHERE indikator_id <> 'forebyggande'",
                                   "DELETE FROM indikator_matt WHERE indikator_id <> 'forebyggande'",
                                   "DELETE FROM malomrade WHERE malomrade_id <> 'god_halsa'"],
    "nothing computed": ["DELETE FROM jamforelse", "DELETE FROM placering", "DELETE FROM trend",
                         "DELETE FROM lan_trend", "DELETE FROM spridning",
                         "DELETE FROM konsskillnad", "DELETE FROM lansdel_varde"],
}  # fmt: skip


# The barest two with every change, the others before anything lands.
@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(
            statements, id=name, marks=[] if name in ("no value at all", "nothing computed") else [pytest.mark.lang]
        )
        for name, statements in _BAD.items()
    ],
)
def test_awkward_data_give_whole_pages(database: Path, statements: list[str]) -> None:
    change(database, *statements)
    report = Report(load(database), Edition(None), IssueDiff())
    pages = {**measure_pages(report, measure_contents(report.published)), **secondary_pages(report)}
    assert len(pages) > 6
    for path, html in pages.items():
        page_of_path = parse(html)
        assert page_of_path.element("h1").text, path
        assert "nan" not in page_of_path.text.lower().split(), path
        assert not re.search(r"\b(None|inf)\b", page_of_path.text), path
        cells = page_of_path.all(where=lambda n: n.tag in ("td", "th"))
        assert all(cell.text for cell in cells), path


# --- whom to learn from -----------------------------------------------------------------------------------------------


def model_of(connection: duckdb.DuckDBPyConnection, area: str, model: str, slag: str, place: int, now: float) -> None:
    insert(
        connection, "forebild", nyckeltal_id="U11111", omrade_id=area, bas_ar=2019, ar=2025, bas_varde=61.2, varde=63.6,
        forebild_id=model, forebild_bas_varde=62.4, forebild_varde=now, slag=slag, ordning=place,
    )  # fmt: skip


def test_who_can_be_learnt_from_stands_with_values_years_and_inhabitants(database: Path) -> None:
    change(database, "UPDATE omrade SET befolkning = 180400, befolkning_ar = 2024 WHERE omrade_id = '0380'")
    with duckdb.connect(str(database)) as connection:
        model_of(connection, "0484", "0380", "förebild", 1, 88.1)
        model_of(connection, "0484", "0180", "förebild", 2, 84.3)
        model_of(connection, "0482", "0180", "ingen förebild: bäst i gruppen", 1, 84.3)
    site = build_site(database)
    part = block(site(links.measure_page("brukare")), "U11111")
    lessons = {
        row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in tables(part)["Lär"].all("tr")[1:]
    }
    with duckdb.connect(str(database), read_only=True) as connection:
        names = dict(connection.sql("SELECT omrade_id, namn FROM omrade").fetchall())
    assert lessons["Eskilstuna"] == [
        f"{names['0380']} också {names['0180']}",
        "62,4 → 88,1 2019–2025",
        "61,2 → 63,6 2019–2025",
        "180\u202f400",
    ]
    assert lessons["Flen"][0] == f"ingen bäst ligger {names['0180']}"
    assert lessons["Flen"][3] == "saknas"
    assert lessons["Trosa"] == ["inget liknande område har värden båda åren"]
    assert tables(part)["Lär"].attrs["data-kalla"] == "egen"
    assert unmarked(part) == []
    sheet = site("huvudman/0484.html").text.replace("\u00a0", " ")
    assert (
        f"{names['0380']} (180\u202f400 invånare) stod ungefär som Eskilstuna 2019 (62,4 % mot 61,2 %) och står nu "
        "klart bättre: 88,1 % mot 63,6 % (2025)."
    ) in sheet
    folder = build_report(database, database.with_name("rapport")).parent
    assert deviations(folder, database) == []
