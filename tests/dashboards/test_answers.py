"""What huvudmän and groups have answered, in the report: whose it is, what fills in, what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards.pages import links
from tests.dashboards.conftest import build_site, report
from tests.dashboards.page import Node, rows
from tests.dashboards.published import FLEN, REGION, insert, write_content

Site = Callable[[str], Node]
LATER, BEFORE = "2026-host", "2026-var"
HTML = "Vi <b>vet</b> det."


def answers() -> Iterator[dict[str, Any]]:
    def answer(who: str, kind: str, about: str, key: str, text: str | None, issue: str = LATER, **other: Any) -> None:
        rows_of_svar.append(
            {
                "svarande_id": who, "objekt": kind, "objekt_id": about, "falt": key, "svar": text,
                "uppfoljning_id": issue, "roll": f"chef {who}", "datum": date(2026, 11, 10),
                "lamnad": datetime(2026, 11, 10, 9), "observerad": datetime(2026, 11, 12), "korning_id": "k-2", **other,
            }
        )  # fmt: skip

    rows_of_svar: list[dict[str, Any]] = []
    for area, steps in (("0484", "14"), (FLEN, "32"), ("0488", "23"), (REGION, "22")):
        answer(area, "påstående", "p-1", "steg", steps[0])
        answer(area, "påstående", "p-1", "steg", steps[1], BEFORE, observerad=datetime(2026, 5, 2))
    answer("0486", "påstående", "p-1", "steg", "vet inte")
    answer("0484", "huvudman", "0484", "gor", "Vi bygger om hemgången.")
    answer("0484", "mått", "brukare", "vet", HTML)
    answer(FLEN, "mått", "brukare", "tror", "Ny enhet.\n\nFärre byten.", roll="kvalitetschef")
    answer(FLEN, "mått", "brukare", "malvarde", "82.5")
    answer(FLEN, "mått", "brukare", "mal_ar", "2035")
    answer("lsg", "mått", "fall", "vet", "Fler faller.")
    answer("lsg", "mått", "fall", "agare", "Beredningsgruppen")
    answer("lsg", "satsning", "a", "krit_finansiering", "nej")
    answer("lsg", "satsning", "a", "krit_uppdrag", "nej")
    answer("lsg", "satsning", "a", "status", "pågår")
    # What it said half a year before does not count beside what it says now.
    answer("lsg", "satsning", "a", "status", "planerad", BEFORE, observerad=datetime(2026, 5, 2))
    answer("bgx", "satsning", "a", "status", "avslutad")
    answer("bgx", "satsning", "b", "status", "avslutad")
    answer("bgx", "målsättning", "f-1", "status", "planerad")
    # Taken back.
    answer("0480", "mått", "brukare", "gor", "Ångrat.")
    answer("0480", "mått", "brukare", "gor", None, observerad=datetime(2026, 11, 13))
    return iter(rows_of_svar)


@pytest.fixture(scope="module")
def answered(databases: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = Path(shutil.copy(databases(), tmp_path_factory.mktemp("svar") / "analys.duckdb"))
    write_content(database)
    with duckdb.connect(str(database)) as connection:
        insert(connection, "instans", instans_id="bg", namn="Grupperna", i_styrkedjan=True, tillfragas=False, ordning=8)
        insert(
            connection, "instans", instans_id="bgx", namn="Grupp X", kort="BGX", i_styrkedjan=False, del_av_id="bg",
            tillfragas=True, ordning=9,
        )  # fmt: skip
        for number, issue in enumerate((BEFORE, LATER), start=1):
            insert(
                connection, "uppfoljning", uppfoljning_id=issue, nr=number, namn=f"Nummer {number}",
                skede="fastställd" if issue == BEFORE else "utkast", version=1,
            )  # fmt: skip
        statement = {"pastaende_id": "p-1", "text": "Vi följer upp.", "bygger_pa": "En princip", "beslut": "föreslagen"}
        insert(connection, "pastaende", **statement, ordning=1)
        for step, text in enumerate(("inte alls", "till liten del", "till stor del", "helt"), start=1):
            insert(connection, "pastaende_steg", steg=step, text=text)
        for row in answers():
            insert(connection, "svar", **row)
    return database


@pytest.fixture(scope="module")
def site(answered: Path) -> Site:
    return build_site(answered)


def test_a_huvudman_s_words_stand_on_its_page_and_under_the_mått_with_function_and_day(site: Site) -> None:
    own = site("huvudman/0484.html")
    comment = own.element("section", **{"aria-labelledby": "kommentar-rubrik"})
    assert "Vi bygger om hemgången." in comment.text
    assert "Eskilstuna (chef 0484), 10 november 2026" in comment.text
    words = own.element("section", id="sida-3")
    assert HTML in words.text
    assert "Sida 3 av 3" in words.text
    # A huvudman that has answered nothing has two pages as before.
    assert not site("huvudman/0481.html").all("section", id="sida-3")
    measure = site("matt/brukare.html")
    blocks = [block.text for block in measure.all("div", **{"class": "comment-block"})]
    assert [("Eskilstuna (chef 0484), 10 november 2026" in b, HTML in b) for b in blocks if "Eskilstuna" in b] == [
        (True, True)
    ]
    (flen,) = [block for block in blocks if block.startswith("Flen")]
    assert flen == "Flen  Vad tror vi?Ny enhet.Färre byten.  Flen (kvalitetschef), 10 november 2026"
    assert not any("Ångrat" in block for block in blocks)
    assert not measure.all("b", lambda node: node.text == "vet")


def test_a_comment_that_page_1_has_no_room_for_stands_whole_on_page_3(answered: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(answered, tmp_path / "analys.duckdb"))
    long = "Vi bygger om hemgången. " * 40
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE styrning.svar SET svar = $1 WHERE objekt = 'huvudman'", [long])
    page = report(database, "0484")
    first = page.element("section", **{"aria-labelledby": "kommentar-rubrik"}).text
    assert "Kommentaren står på sida 3." in first
    assert "hemgången" not in first
    assert long.strip() in page.element("section", id="sida-3").text


def test_what_nobody_has_decided_is_filled_in_and_says_whose_answer_it_is(site: Site) -> None:
    facts = site("matt/fall.html").element("main").text
    assert "Beredningsgruppen (svar från" in facts
    assert "inte beslutat" in facts
    assert "Fler faller." in facts
    proposal = site("matt/brukare.html").element("main").text
    assert "82,5 år 2035, Flen (chef 0482), 10 november 2026. Förslag: de räknas inte och ritas inte" in proposal
    goals = site(links.SATSNINGAR).element("section", id="malsattningar").text
    assert "planerad (svar från BGX (chef bgx), 10 november 2026; inte beslutat)" in goals


def test_two_that_say_different_things_are_both_shown_and_a_decision_goes_before_both(site: Site) -> None:
    page = site(links.SATSNINGAR)
    card = page.element("article", id="satsning-a").text
    assert "svaren skiljer sig: pågår enligt" in card
    assert "avslutad enligt BGX (chef bgx), 10 november 2026" in card
    assert "planerad" not in card
    decided = page.element("article", id="satsning-b").text
    assert "pågår" in decided
    assert "BGX" not in decided
    criteria = [
        item.text for item in page.element("article", id="satsning-a").element("ul", **{"class": "criteria"}).all("li")
    ]
    # Decided ja stays ja; what was unknown is as answered.
    assert criteria[0].startswith("ja Ett tydligt uppdrag")
    assert "svar från" not in criteria[0]
    assert criteria[2].startswith("nej Ekonomi/finansiering är definierad svar från")


def test_the_självskattning_is_a_distribution_with_what_has_changed_and_where_the_region_differs(site: Site) -> None:
    page = site(links.SJALVSKATTNING)
    (row,) = rows(page.element("table")).values()
    # Eskilstuna 1, Trosa 2, Flen 3, Strängnäs does not know, five have not answered.
    assert row[1:7] == ["1", "1", "1", "–", "1", "5"]
    drawn = [square.attrs["class"] for square in page.element("svg", **{"class": "rutor"}).all("rect")]
    assert drawn == ["s-1", "s-2", "s-3", "s-vet-inte", *["s-inget"] * 5]
    assert row[7] == "till liten del"
    # Eskilstuna from 4, Flen from 2, Trosa from 3, the region as before.
    assert row[8] == "1 högre, 2 lägre, 1 samma"
    text = page.element("main").text
    assert "Inget påstående har ett svar från regionen som ingen kommun har gett." in text
    assert "medel" not in text.replace("medelvärde", "")
    table = page.element("table").text
    assert not [name for name in ("Eskilstuna", "Flen", "Trosa") if name in table]


def test_where_no_kommun_has_chosen_the_region_s_step_it_is_said(answered: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(answered, tmp_path / "analys.duckdb"))
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"UPDATE styrning.svar SET svar = '4' WHERE svarande_id = '{REGION}' AND uppfoljning_id = '{LATER}'"
        )
    text = build_site(database)(links.SJALVSKATTNING).element("main").text
    assert "Region Sörmland: helt. Kommunerna: inte alls, till liten del och till stor del." in text


def test_what_is_missing_is_one_line_with_whom_it_waits_for(site: Site) -> None:
    line = "Svar inför Nummer 2, nr 2 saknas från Gnesta, Katrineholm, Nyköping, Oxelösund och Vingåker."
    for path in (links.BEKRAFTA, links.SJALVSKATTNING):
        assert line in site(path).element("main").text, path


def test_no_person_is_named_and_the_file_is_not_known_to_the_database(answered: Path) -> None:
    with duckdb.connect(str(answered), read_only=True) as connection:
        columns = {row[0] for row in connection.sql("DESCRIBE styrning.svar").fetchall()}
    assert columns.isdisjoint({"fil", "namn", "epost", "forfattare"})
