"""What is counted and worded of what the owners have decided, and of the summary: what needs more than the golden text.

The figures are of 22 November 2026 in Sweden.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dashboards.pages.caveats import MEANINGS, caveat_words
from dashboards.pages.comments import INDICATOR, MEASURE, comment
from dashboards.pages.focus import focus, time_left
from dashboards.pages.initiatives import initiatives
from dashboards.reading.content import Content, load_content
from dashboards.reading.published import Published, load
from pipelines.rows import rows as records
from tests.dashboards.conftest import change, report
from tests.dashboards.page import Node, rows
from tests.dashboards.published import TROSA, write_content

Pages = Callable[..., Node]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, databases: Callable[..., Path]) -> tuple[Published, Content]:
    """What is written in aktiviteter.yaml, without any correction."""
    path = tmp_path_factory.mktemp("skrivet") / "analys.duckdb"
    path.write_bytes(databases().read_bytes())
    write_content(path)
    with duckdb.connect(str(path), read_only=True) as connection:
        return load(path), load_content(connection)


# --- what is written --------------------------------------------------------------------------------------------------


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


def test_what_is_overdue_is_so_by_the_day_of_the_figures(full: Node) -> None:
    table = full.element("section", id="satsningar").element("table", class_name="decisions")
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
    limit = initiatives(published, limited).limit
    assert limit == "2 satsningar och uppdrag är inte avslutade; gränsen är 1. Antalet är över gränsen."


def test_one_huvudman_s_report_still_counts_all_nine_kommuner(
    written: tuple[Published, Content], databases: Callable[..., Path]
) -> None:
    (area,) = focus(load(databases(), principal="0484"), written[1]).areas
    assert area.table.rows[1].fields[1].text.startswith("2 av 9 kommuner")


def test_caveats_are_words_with_a_reason(written: tuple[Published, Content]) -> None:
    measures = {measure.id: measure for measure in written[0].measures}
    words = {m: {c.word: c.reason for c in caveat_words(measures[m], *written)} for m in measures}
    assert words["brukare"] == {
        "osäkerhet": "enkät till alla, en del svarar, osäkerhetstal U11119 (U11111)",
        "sekretess": "Trosa 2025 (U11111)",
        "bortfall": "Vingåker 2025 (U11111)",
    }
    assert words["fall"] == {"flerårsmedel": "medel över tre år (N44444)", "eftersläpning": "senaste året är 2024"}
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


# --- the summary and the pages of the huvudmän ------------------------------------------------------------------------


def test_directions_are_counted_once_for_each_series_that_measures_its_matt(pages: Pages) -> None:
    counts = [item.text for item in pages().element("ul", class_name="counts").all("li")]
    by_word = {
        match["word"]: (int(match["n"]), int(match["of"]))
        for text in counts
        if (match := re.fullmatch(r"(?P<n>\d+) av (?P<of>\d+) (?P<word>.+)", text))
    }
    # U11111, U88888, U66666 and N44444 for kommuner, U22222 and N44444 for the region; the SIP codes are no quantity,
    # and N33333 has no values.
    assert {of for _, of in by_word.values()} == {6}
    assert {word: n for word, (n, _) in by_word.items()} == {
        "har förbättrats": 1,
        "har försämrats": 1,
        "ingen säkerställd trend": 3,
        "prövas inte": 1,  # of women only: no series for both
    }


def test_the_sentences_of_a_malomrade_are_three_and_marked_as_automatic(pages: Pages) -> None:
    goals = [goal.element("p").text for goal in pages().all("div", class_name="summary-goal")]
    assert len(goals) == 3
    for text in goals:
        assert "Automatisk text efter fasta regler, ej godkänd" in text
        assert "Egen bearbetning" in text
        assert len(re.findall(r"\.(?= |$)", text.split("Automatisk")[0])) == 3
    summary = pages().element("section", id="sammanfattning").text
    assert not any(word in summary for word in ("rangordning", "poäng", "index för kommunen")), "nobody has a score"


def test_what_to_take_a_stand_on_is_the_findings_in_their_order(database: Path) -> None:
    def points() -> list[str]:
        return [item.text for item in report(database).element("section", id="sammanfattning").element("ol").all("li")]

    first = points()[0]
    assert "Brukarrapporterad delaktighet, kommun" in first
    assert "Eskilstuna: hänsyn är sämre än riket. Nyköping: hänsyn är också sämre." in first
    assert "99,8 %" in first
    assert "Eskilstuna och Nyköping: Vad beror det på" in first
    assert not any("bättre än riket" in point for point in points()), "nothing has to be done about it"
    change(database, "UPDATE fynd SET slag = 'nyckeltalet har upphört', fynd_nr = 3 WHERE fynd_nr = 2")
    change(database, "UPDATE fynd SET slag = 'har vänt åt fel håll' WHERE fynd_nr = 1")
    first, second = points()[:2]
    assert "En beskrivning, ingen prövning." in first
    assert "Vilket nyckeltal ska ersätta det?" in second
    assert 0 < len(points()) <= 5


def test_without_any_finding_that_is_said_and_how_much_could_not_be_judged(database: Path) -> None:
    change(database, "DELETE FROM fynd")
    text = report(database).element("section", id="sammanfattning").text
    assert "Inget värde är säkert sämre än riket eller har försämrats mer än riket" in text
    assert "kan skillnaden mot riket inte bedömas" in text


def test_a_huvudman_meets_the_matt_that_concern_it_with_three_statuses_a_line(pages: Pages) -> None:
    areas = pages().element("section", id="huvudman").all("section", class_name="area")
    assert len(areas) == 10
    for area in areas:
        for row in area.element("table").all("tr"):
            statuses = row.all("td", class_name="st")
            assert len(statuses) in (0, 3)
            assert all(status.text for status in statuses)
    trosa = pages().element("section", id=f"huvudman-{TROSA}").element("table")
    lines = {row.element("th").text.split(" U")[0]: row.text for row in trosa.all("tr") if row.all("a")}
    assert "2024" in lines["Brukarrapporterad delaktighet, kommun"], "the newest year with a value"
    assert not any(name.startswith("Patientrapporterad delaktighet, region") for name in lines)
    region = pages().element("section", id="huvudman-0004").text
    assert "Finns inte i Kolada" in region
    assert "Patientrapporterad delaktighet, region" in region


def test_a_länsdel_shows_the_mean_of_both_together_and_of_how_many(pages: Pages) -> None:
    parts = {part.element("h3").text: part for part in pages().all("section", class_name="area") if part.all("h3")}
    row = next(row for row in parts["Södra länsdelen"].element("table").all("tr") if "U11111" in row.text)
    # Nyköping 81.55 and Oxelösund 84.55; of Gnesta and Trosa there is no value.
    assert "83,1" in row.all("td")[1].text
    assert "2 av 4 kommuner" in row.text
    assert "Gnesta" not in row.text, "no value, no place in the mean"
