"""What Kolada's catalogue did to the report: titles nobody has confirmed, groups redrawn, the latest events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboards.report import build_report
from tests.dashboards.page import Node, columns, matrix_rows, notes, parse, rows
from tests.dashboards.published import HOSTILE, LAST_RUN, SIMILAR, SIMILAR_TITLE, build, event, insert

Pages = Callable[..., Node]
TITLE = "Delaktighet i hemtjänst enligt ny enkät, andel (%)"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return build(tmp_path / "analys.duckdb")


def report(database: Path, principal: str | None = None) -> Node:
    target = build_report(database, database.with_name("r.html"), principal=principal)
    return parse(target.read_text(encoding="utf-8"))


def change(database: Path, statement: str, *parameters: object) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(statement, list(parameters))


def retitle(database: Path, kpi_id: str, title: str) -> None:
    change(database, "UPDATE nyckeltal SET obekraftad_titel = ? WHERE nyckeltal_id = ?", title, kpi_id)


def see(database: Path, *events: dict[str, object]) -> None:
    with duckdb.connect(str(database)) as connection:
        insert(connection, "katalog_handelse", list(events))


def section(page: Node, heading: str) -> Node:
    """The part of the method section under a heading."""
    children = [n for n in page.one("section", id="metod").children if isinstance(n, Node)]
    starts = [n for n, child in enumerate(children) if child.tag == "h3"]
    first = next(n for n in starts if children[n].text == heading)
    last = next((n for n in starts if n > first), len(children))
    return Node("div", children=[*children[first + 1 : last]])


def items(page: Node) -> list[str]:
    return [item.text for item in section(page, "Koladas katalog").all("li")]


# --- titles that nobody has confirmed --------------------------------------------------------------------------------


def test_an_unconfirmed_title_is_told_at_the_nyckeltal_in_the_overview_and_in_the_method(database: Path) -> None:
    retitle(database, "U11111", TITLE)
    page = report(database)
    kpi = page.one("div", id="nyckeltal-U11111")
    assert kpi.one("p", class_name="flag").text == (
        f"Kolada visar nu nyckeltalet under en annan titel: «{TITLE}». "
        "Tills titeln är bekräftad visas de senast bekräftade värdena."
    )
    assert kpi.one("h5").text == "Delaktighet i hemtjänst, andel (%) U11111", "the confirmed title stands"
    details = {row.one("dt").text: row.one("dd").text for row in kpi.one("dl").all("div")}
    assert details["Nästa publicering"] == "okänd tills titeln är bekräftad"
    assert (
        "Kolada visar nu nyckeltal under andra titlar än de bekräftade: Brukarrapporterad delaktighet, kommun "
        "(U11111). Tills titlarna är bekräftade visas de senast bekräftade värdena."
    ) in [item.text for item in page.one("section", id="overblick").all("li")]
    assert f"U11111: bekräftad titel är «Delaktighet i hemtjänst, andel (%)», i Kolada står nu «{TITLE}»." in items(
        page
    )
    assert any(head.endswith("U11111: %, 2025, titel ej bekräftad") for head in matrix_rows(page))


def test_confirmed_titles_are_not_mentioned(pages: Pages) -> None:
    assert "annan titel" not in pages().text
    assert "andra titlar" not in pages().text
    assert "ej bekräftad," not in pages().one("table", class_name="matrix").text


def test_without_confirmed_values_the_note_promises_none(database: Path) -> None:
    retitle(database, "N77777", "Något annat")
    kpi = report(database).one("div", id="nyckeltal-N77777")
    assert "Tills titeln är bekräftad visas inga värden." in kpi.one("p", class_name="flag").text
    assert "Inga värden för Region Sörmland finns från tiden med bekräftad titel." in kpi.text
    assert "finns publicerade" not in kpi.text, "they may well be published"


def test_a_title_of_a_nyckeltal_under_no_matt_is_told_by_its_confirmed_title(database: Path) -> None:
    change(database, "DELETE FROM matt_nyckeltal WHERE nyckeltal_id = 'U66666'")
    retitle(database, "U66666", "Något annat")
    overview = report(database).one("section", id="overblick").text
    assert "än de bekräftade: Rökning bland gravida, andel (%) (U66666)." in overview


# --- who is compared with whom ---------------------------------------------------------------------------------------


def test_a_mean_of_similar_areas_tells_whose_values_it_is_made_of(pages: Pages) -> None:
    (table,) = pages().one("div", id="nyckeltal-U11111").all("table", class_name="position-table")
    place = columns(table).index("Liknande områden, ovägt medel")
    assert rows(table)["Eskilstuna"][place] == "61,5 1 kommun; utan uppgift: Uppsala"
    assert notes(table)[0] == f"Liknande kommuner för Eskilstuna: Stockholm och Uppsala (grupp {SIMILAR})."
    assert len(notes(table)) == 8, "one for each kommun with such a mean; Gnesta has none"


def test_the_method_lists_each_group_with_title_members_and_since_when(pages: Pages) -> None:
    (table,) = section(pages(), "Liknande områden").all("table")
    assert rows(table) == {
        SIMILAR: [SIMILAR_TITLE, "Stockholm (sedan 1 oktober 2026); Uppsala (sedan 22 november 2026)"]
    }
    assert "Göteborg" not in pages().text, "it has left the group"


def test_a_member_that_is_no_known_area_stands_by_its_id(database: Path) -> None:
    change(database, "DELETE FROM omrade WHERE omrade_id = '0380'")
    page = report(database)
    assert "0380 (sedan 22 november 2026)" in section(page, "Liknande områden").text
    assert "utan uppgift: 0380" in page.one("div", id="nyckeltal-U11111").text


def test_a_mean_whose_group_is_gone_says_that_its_members_are_unknown(database: Path) -> None:
    change(database, "UPDATE jamforelse SET liknande_grupp_id = NULL")
    page = report(database)
    assert "Liknande kommuner för Eskilstuna: medlemmarna är inte kända." in page.one("div", id="nyckeltal-U11111").text
    assert "inga jämförelser med liknande områden" in section(page, "Liknande områden").text


def test_a_huvudman_s_report_lists_its_own_groups_only(database: Path) -> None:
    change(database, "UPDATE jamforelse SET liknande_grupp_id = 'G2' WHERE omrade_id = '0486' AND liknande IS NOT NULL")
    change(
        database,
        "INSERT INTO grupp_medlem (grupp_id, omrade_id, fran, titel) VALUES ('G2', '1480', ?, 'Strängnäs grupp')",
        LAST_RUN,
    )
    assert list(rows(section(report(database), "Liknande områden").one("table"))) == [SIMILAR, "G2"]
    assert list(rows(section(report(database, "0484"), "Liknande områden").one("table"))) == [SIMILAR]


# --- what changed lately ---------------------------------------------------------------------------------------------


def test_the_events_are_those_of_the_newest_finished_run_that_has_any(pages: Pages, database: Path) -> None:
    catalogue = section(pages(), "Koladas katalog").text
    assert "De senaste ändringarna i katalogen sågs 1 oktober 2026" in catalogue
    assert items(pages()) == ["N33333 Delaktighet på vårdcentral, medelvärde: finns inte i katalogen."]
    see(database, event("k-2", "nyckeltal", "U22222", "nyckeltal upphört", None, "2024"))
    assert items(report(database)) == ["U22222 Delaktighet i primärvård, index (-2024): upphört, sista året är 2024."]
    assert "sågs 22 november 2026" in section(report(database), "Koladas katalog").text


def test_without_events_the_method_says_so(database: Path) -> None:
    change(database, "DELETE FROM katalog_handelse")
    assert "Ingen ändring i katalogen har noterats." in section(report(database), "Koladas katalog").text


def test_each_event_of_a_nyckeltal_is_a_sentence(database: Path) -> None:
    words = {
        ("nyckeltal saknas", None, "Titeln"): "U88888 Titeln: finns inte i katalogen.",
        ("nyckeltal borttaget", "Titeln", None): "U88888 Titeln: finns inte längre i katalogen.",
        ("nyckeltal åter i katalogen", None, "Titeln"): "U88888 Titeln: finns nu i katalogen.",
        ("nyckeltal upphört", None, "2025"): "U88888 Bemötande, andel (%): upphört, sista året är 2025.",
        ("ny titel", "Gammal", "Ny"): "U88888: ny titel, «Ny» i stället för «Gammal».",
        ("titel ej bekräftad", "Gammal", "Ny"): (
            "U88888: titeln «Ny» är inte bekräftad, bara «Gammal»; nya värden hålls."
        ),
        ("ny definition", "En lång text. " * 500, "En annan."): "U88888 Bemötande, andel (%): ny definition.",
        ("ny nivå", "K", "A"): ("U88888 Bemötande, andel (%): finns nu för kommun och region, tidigare för kommun."),
        ("annan nivå än i indikatorer.yaml", "K", "L"): (
            "U88888 Bemötande, andel (%): finns för region, men för kommun enligt indikatorer.yaml."
        ),
        ("ny könsuppdelning", "nej", "ja"): (
            "U88888 Bemötande, andel (%): uppdelat på kvinnor och män: ja, tidigare nej."
        ),
        ("omöjligt publiceringsdatum", None, "2026-02-30"): (
            "U88888 Bemötande, andel (%): Kolada anger publiceringsdatumet 2026-02-30, som inte finns."
        ),
        ("planerad publicering passerad", "2026-05-01", "2025"): (
            "U88888 Bemötande, andel (%): värden för 2025 skulle ha publicerats 2026-05-01, men har inte kommit."
        ),
        ("något nytt slag", "x", None): "U88888 Bemötande, andel (%): något nytt slag, «x» → «uppgift saknas».",
    }
    see(database, *(event("k-2", "nyckeltal", "U88888", *what) for what in words))
    assert sorted(items(report(database))) == sorted(words.values())


def test_an_event_of_a_nyckeltal_that_is_no_longer_followed(database: Path) -> None:
    see(database, event("k-2", "nyckeltal", "U00001", "ny definition", "x", "y"))
    assert items(report(database)) == ["U00001 (följs inte längre): ny definition."]


def test_each_event_of_a_group_is_a_sentence_with_the_members_by_name(database: Path) -> None:
    words = {
        ("grupp ändrad", "Liknande, Flen, 2024: 0180, 0380", "Liknande, Flen, 2025: 0180, 1480, 9999"): (
            "Grupp G1: ny titel, «Liknande, Flen, 2025» i stället för «Liknande, Flen, 2024»; "
            "nya medlemmar: 9999 och Göteborg; inte längre medlemmar: Uppsala."
        ),
        ("grupp ändrad", "A: b: 0180", "A: b: 0380"): (
            "Grupp G1: «A: b»; nya medlemmar: Uppsala; inte längre medlemmar: Stockholm."
        ),
        ("grupp ändrad", "Ett: 0180", "Två: 0180"): ("Grupp G1: ny titel, «Två» i stället för «Ett»; samma medlemmar."),
        ("grupp ändrad", "Ett: 0180", "Ett: "): "Grupp G1: «Ett»; inte längre medlemmar: Stockholm.",
        ("grupp ändrad", "konstigt", None): "Grupp G1: grupp ändrad, «konstigt» → «uppgift saknas».",
        ("grupp borttagen", "Liknande", None): "Grupp G1 «Liknande»: finns inte längre i katalogen.",
    }
    see(database, *(event("k-2", "grupp", "G1", *what) for what in words))
    assert sorted(items(report(database))) == sorted(words.values())


def test_twenty_events_are_told_and_the_rest_counted(database: Path) -> None:
    see(database, *(event("k-2", "nyckeltal", f"N{n:05}", "ny definition", "x", "y") for n in range(20)))
    assert len(items(report(database))) == 20
    assert "till" not in items(report(database))[-1].split()
    see(database, *(event("k-2", "grupp", f"G{n}", "grupp borttagen", "x", None) for n in range(3)))
    told = items(report(database))
    assert len(told) == 21
    assert told[0].startswith("N00000")
    assert told[-1] == "och 3 till"


# --- safe ------------------------------------------------------------------------------------------------------------


def test_hostile_titles_groups_and_events_stay_texts(database: Path) -> None:
    retitle(database, "U11111", HOSTILE)
    change(
        database,
        "UPDATE grupp_medlem SET titel = ?, omrade_id = 'x\"><b>' WHERE till IS NULL AND omrade_id = '0180'",
        HOSTILE,
    )
    change(database, "UPDATE grupp_medlem SET titel = ? WHERE till IS NULL", HOSTILE)
    change(database, "UPDATE omrade SET namn = ? WHERE omrade_id = '0380'", HOSTILE)
    see(
        database,
        event("k-2", "nyckeltal", "U11111", "titel ej bekräftad", HOSTILE, HOSTILE),
        event("k-2", "nyckeltal", HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        event("k-2", "grupp", HOSTILE, "grupp ändrad", f"{HOSTILE}: 0180", f"{HOSTILE}: 0380"),
        event("k-2", "nyckeltal", "U11111", "planerad publicering passerad", HOSTILE, HOSTILE),
        event("k-2", "nyckeltal", "U11111", "ny nivå", HOSTILE, HOSTILE),
    )
    page = report(database)
    hostile = " ".join(HOSTILE.split())
    assert len(page.all("script", where=lambda n: "type" not in n.attrs)) == 3
    assert page.all("img") == []
    assert HOSTILE not in database.with_name("r.html").read_text(encoding="utf-8")
    assert f"«{hostile}" in page.one("div", id="nyckeltal-U11111").one("p", class_name="flag").text
    assert hostile in section(page, "Liknande områden").text
    assert 'x"><b>' in section(page, "Liknande områden").text
    assert sum(hostile in item for item in items(page)) == 6
