"""The page for the board: what it counts, what it asks, and what it never says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dashboards.data import load
from dashboards.report import build_report
from tests.dashboards.page import Node, parse
from tests.dashboards.published import REGION, TROSA, build

Pages = Callable[..., Node]


def summary_of(tmp_path: Path, *statements: str) -> Node:
    """The summary of the small database after `statements`."""
    database = build(tmp_path / "analys.duckdb")
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            connection.execute(statement)
    text = build_report(database, tmp_path / "index.html").read_text(encoding="utf-8")
    return parse(text).one("section", id="sammanfattning")


def test_directions_are_counted_once_for_each_series_that_measures_its_matt(pages: Pages) -> None:
    counts = [item.text for item in pages().one("ul", class_name="counts").all("li")]
    told = {
        match["word"]: (int(match["n"]), int(match["of"]))
        for text in counts
        if (match := re.fullmatch(r"(?P<n>\d+) av (?P<of>\d+) (?P<word>.+)", text))
    }
    # U11111, U88888, U66666 and N44444 for kommuner, U22222 and N44444 for the region; the SIP codes are no quantity,
    # and N33333 has no values.
    assert {of for _, of in told.values()} == {6}
    assert sum(n for n, _ in told.values()) == 6
    assert (told["förbättras"][0], told["försämras"][0]) == (1, 1)
    assert (told["ingen säkerställd trend"][0], told["ej prövad"][0]) == (3, 1), "women only: no series for both"


def test_a_matt_of_two_indikatorer_is_said_to_be_counted_once(pages: Pages) -> None:
    assert "Ett mått hör till två indikatorer" in pages().one("ul", class_name="counts").text


def test_three_sentences_for_every_malomrade_are_marked_as_automatic(pages: Pages) -> None:
    goals = pages().all("div", class_name="summary-goal")
    assert len(goals) == 3
    for goal in goals:
        text = goal.one("p").text
        assert "Automatisk text efter fasta regler, ej godkänd" in text
        assert "Egen bearbetning" in text
        assert len(re.findall(r"\.(?= |$)", text.split("Automatisk")[0])) == 3


def test_the_sentences_name_what_is_lacking_and_who_improves(pages: Pages) -> None:
    first, second, third = (goal.text for goal in pages().all("div", class_name="summary-goal"))
    assert "Över tid, av" in first
    assert "en förbättras (Brukarrapporterad delaktighet, kommun)" in first
    assert "ett belyses bara indirekt" in first
    assert "finns inte i den öppna statistiken" in second
    assert "Rehabiliterande har inget mått" in third


def test_worse_and_worsening_comes_first_with_who_and_how_sure(tmp_path: Path) -> None:
    page = summary_of(
        tmp_path,
        "UPDATE jamforelse SET mot_riket = 'sämre' WHERE nyckeltal_id = 'U11111' AND omrade_id IN ('0484', '0482')",
        "UPDATE trend SET riktning = 'försämras' WHERE nyckeltal_id = 'U11111' AND omrade_id IN ('0484', '0480')",
    )
    first = page.one("ol").all("li")[0].text
    assert "Brukarrapporterad delaktighet, kommun" in first
    assert "Eskilstuna: säkerställt sämre än riket 2025 och försämras" in first
    assert "Flen" not in first, "worse, but not worsening"
    assert "Nyköping" not in first, "worsening, but not worse"
    assert "99,8 %" in first


def test_a_bare_difference_is_nothing_to_take_a_stand_on(tmp_path: Path) -> None:
    page = summary_of(tmp_path, "UPDATE trend SET riktning = 'försämras'")
    assert "säkerställt sämre än riket 20" not in page.text
    assert "Inget värde är både säkerställt sämre än riket och försämras" in page.text


def test_ended_nyckeltal_ask_for_a_successor_until_one_is_decided(tmp_path: Path) -> None:
    asked = summary_of(tmp_path)
    assert "U22222 upphörde 2024" in asked.text
    (tmp_path / "analys.duckdb").unlink()
    decided = summary_of(tmp_path, "UPDATE matt_nyckeltal SET beslut = 'beslutad' WHERE roll = 'efterträdare'")
    assert "U22222 upphörde 2024" not in decided.one("ol").all("li")[0].text


def test_at_most_five_points(pages: Pages) -> None:
    assert 0 < len(pages().one("div", class_name="points").one("ol").all("li")) <= 5


def test_a_target_that_is_decided_and_missed_is_asked_about(tmp_path: Path) -> None:
    page = summary_of(
        tmp_path,
        "INSERT INTO mal (nyckeltal_id, omrade_id, kon, status, orsak, metod, malvarde, mal_ar) "
        "VALUES ('U11111', '0484', 'T', 'åt fel håll', 'kvot -0,2', 'mål 1', 90, 2035)",
    )
    assert "Eskilstuna når inte målvärdet i nuvarande takt (U11111)" in page.text


def test_every_huvudman_has_its_page_with_three_statuses_a_line(pages: Pages, databases: Callable[..., Path]) -> None:
    areas = [area.id for area in load(databases()).principals]
    for area in areas:
        section = pages().one("section", id=f"huvudman-{area}")
        for row in section.one("table").all("tr"):
            statuses = row.all("td", class_name="st")
            assert len(statuses) in (0, 3)
            assert all(status.text for status in statuses)


def test_a_huvudman_meets_the_matt_that_concern_it_and_the_reason_where_one_is_empty(pages: Pages) -> None:
    trosa = pages().one("section", id=f"huvudman-{TROSA}")
    lines = {row.one("th").text.split(" U")[0]: row.text for row in trosa.one("table").all("tr") if row.all("a")}
    assert "2024" in lines["Brukarrapporterad delaktighet, kommun"], (
        "the newest year with a value, not the suppressed one"
    )
    assert not any(name.startswith("Patientrapporterad delaktighet, region") for name in lines)
    region = pages().one("section", id=f"huvudman-{REGION}")
    assert "Finns inte i Kolada" in region.text
    assert "Patientrapporterad delaktighet, region" in region.text


def test_the_page_of_a_lansdel_says_of_how_many_kommuner_each_mean_is(tmp_path: Path) -> None:
    database = build(tmp_path / "analys.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "INSERT INTO lansdel_varde VALUES ('U11111', 'Norra länsdelen', 2025, 'T', 62.0, 2, 2), "
            "('U11111', 'Södra länsdelen', 2025, 'T', 80.5, 2, 4)"
        )
    page = parse(build_report(database, tmp_path / "index.html").read_text(encoding="utf-8"))
    south = next(part for part in page.all("section", class_name="area") if part.one("h3").text == "Södra länsdelen")
    row = next(row for row in south.one("table").all("tr") if "U11111" in row.text)
    assert "2 av 4 kommuner" in row.text
    assert "Gnesta" not in row.text, "no value, no place in the mean"
    assert "ej bekräftad" in page.one("section", id="lansdelar").text


@pytest.mark.parametrize("text", ["rangordning", "poäng", "index för kommunen"])
def test_nobody_is_given_a_score(pages: Pages, text: str) -> None:
    assert text not in pages().one("section", id="sammanfattning").text
