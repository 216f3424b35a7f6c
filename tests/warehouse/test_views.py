"""The views over a small published database: what an analyst reads out of one query, in the awkward cases.

Two kommuner, a region and riket. A: a full series, of which women have other values, words and a newer year. B: a
broken one. C: shared by two mått. D: never a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.warehouse.queries import newest_run
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.small import NOW, insert, kpi, published, query, records, run

OSTBY, VASTBY, REGION, RIKET, GRUPP = "0461", "0484", "0004", "0000", "G1"
AREAS = {OSTBY: ("Östby", "kommun"), VASTBY: ("Västby", "kommun"), REGION: ("Regionen", "region")} | {
    RIKET: ("Riket", "riket"),
    GRUPP: ("Grupp", "grupp"),
}
Year = tuple[int, float | None, str]
# matt_id: its nyckeltal with their roles, and what is not usual of it.
MATT: dict[str, tuple[list[tuple[str, str]], dict[str, str]]] = {
    "vanligt": ([("A", "primär"), ("B", "komplement"), ("C", "komplement")], {}),
    "delat": ([("C", "primär")], {}),
    "utan": ([("D", "primär")], {}),
    "slut": ([("SLUT", "primär")], {}),
    "borta": ([("BORTA", "primär")], {}),
    "ny": ([("NY", "primär")], {}),
    "lokalt": ([("L_lokalt", "primär")], {"tackning": "utanför kolada", "kalla_utanfor": "Journaler"}),
    "intet": ([], {"tackning": "utanför kolada", "kalla_utanfor": "Register"}),
    "nara": ([("A", "närliggande")], {"tackning": "indirekt"}),
    "region": ([("R", "primär")], {"huvudman": "region"}),
    "bada": ([("A", "primär")], {"huvudman": "båda"}),
    # A region's mått of which only a nyckeltal for kommuner says something.
    "grannes": ([("UTE", "närliggande")], {"huvudman": "region", "tackning": "indirekt"}),
}


def values(
    connection: duckdb.DuckDBPyConnection, kpi_id: str, area: str, years: Iterable[Year], kon: str = "T"
) -> None:
    for year, value, status in years:
        key = {"nyckeltal_id": kpi_id, "omrade_id": area, "ar": year, "kon": kon}
        insert(connection, "matvarde", **key, varde=value, status=status, kalla="kolada", hamtad=NOW, korning_id="k")
        if value is not None and area in (OSTBY, VASTBY):
            riket = {"T": 50.0, "K": 40.0}[kon]
            insert(connection, "jamforelse", **key, varde=value, riket=riket, halv_95=1.0, halv_998=2.0)


def known(*pairs: tuple[int, float]) -> list[Year]:
    return [(year, value, "publicerad") for year, value in pairs]


# Day, issue, who, box, answer; None = taken back.
ANSWERS = (
    (1, "var", "0461", "vet", "Först."),
    (2, "var", "0461", "vet", "Sedan."),
    (3, "host", "0461", "vet", "I höst."),
    (1, "var", "0484", "vet", "Ångras."),
    (4, "var", "0484", "vet", None),
    (1, "var", "borta", "vet", "Står kvar."),
    (2, "host", "borta", "vet", None),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vyer")
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        run(connection, "k", utfall="klar", avslutad=NOW + timedelta(minutes=5), fullstandig=True, hel=True)
        for area, (name, kind) in AREAS.items():
            part = "Södra" if kind == "kommun" else None
            insert(connection, "omrade", omrade_id=area, namn=name, typ=kind, lansdel=part,
                   i_malbild=kind in ("kommun", "region"))  # fmt: skip
        insert(connection, "huvudman_grupp", omrade_id=VASTBY, amne="äldreomsorg", grupp_id=GRUPP)
        for area, gone in ((OSTBY, None), (REGION, NOW)):
            insert(connection, "grupp_medlem", grupp_id=GRUPP, omrade_id=area, titel="Gruppen", fran=NOW, till=gone)
        insert(connection, "malomrade", malomrade_id="o", namn="Målområde", ordning=1)
        for number, (indicator, gap) in enumerate((("ett", None), ("tva", None), ("tom", "Förslag saknas.")), start=1):
            insert(connection, "indikator", indikator_id=indicator, malomrade_id="o", namn=indicator, definition="d",
                   ordning=number, lucka=gap)  # fmt: skip
        for kpi_id in ("A", "B", "C", "D", "UTE"):
            kpi(connection, kpi_id)
        kpi(connection, "SLUT", upphort_ar=2020)
        kpi(connection, "BORTA", i_katalogen=False)
        kpi(connection, "NY", obekraftad_titel="En annan titel")
        kpi(connection, "L_lokalt", i_katalogen=None, foljs=False)
        kpi(connection, "R", niva="L")
        usual = {"huvudman": "kommun", "perspektiv": "register", "tackning": "kolada"}
        for number, (matt, (kpis, changed)) in enumerate(MATT.items(), start=1):
            insert(connection, "matt", matt_id=matt, namn=matt.capitalize(), ordning=number, **usual | changed)
            insert(connection, "indikator_matt", indikator_id="ett", matt_id=matt, ordning=number)
            for order, (kpi_id, role) in enumerate(kpis, start=1):
                insert(connection, "matt_nyckeltal", matt_id=matt, nyckeltal_id=kpi_id, roll=role, beslut="beslutad",
                       ordning=order)  # fmt: skip
        insert(connection, "indikator_matt", indikator_id="tva", matt_id="delat", ordning=1)
        for days, issue, who, box, text in ANSWERS:
            where = {"uppfoljning_id": issue, "svarande_id": who, "objekt": "mått", "objekt_id": "delat", "falt": box}
            insert(connection, "svar", **where, svar=text, observerad=NOW + timedelta(days=days))
        for days, value, status in ((0, 4.0, "publicerad"), (1, None, "sekretess")):
            insert(connection, "periodvarde_revision", nyckeltal_id="L_delat", omrade_id=OSTBY, ar=2025,
                   period="2025-03", kon="T", varde=value, status=status,
                   observerad=NOW + timedelta(days=days))  # fmt: skip
        values(connection, "A", VASTBY, known((2022, 1.0), (2024, 4.0), (2025, 0.0)))
        # Östby's newest is suppressed, the one before it lost, and there is a hole further back.
        late: list[Year] = [(2022, None, "saknas"), (2024, None, "bortfall"), (2025, None, "sekretess")]
        values(connection, "A", OSTBY, known((2021, 2.0), (2023, 3.0)) + late)
        values(connection, "A", RIKET, known((2024, 50.0), (2025, 51.0)))
        values(connection, "A", GRUPP, known((2025, 9.0)))
        values(connection, "A", VASTBY, known((2025, 8.0), (2026, 7.0)), kon="K")
        values(connection, "C", OSTBY, [(2026, None, "bortfall")], kon="K")
        for year, old, why in ((2025, 2023, "Ny fråga"), (2019, 2018, "Ännu en")):
            insert(connection, "nyckeltal_brott", nyckeltal_id="B", ar=year, sista_gamla_ar=old, vad_som_andrades=why)
        values(connection, "B", VASTBY, known((2023, 10.0), (2025, 90.0)))
        values(connection, "B", OSTBY, known((2022, 10.0), (2023, 12.0)))
        values(connection, "C", VASTBY, known((2025, 5.0)))
        values(connection, "C", OSTBY, [(2025, None, "sekretess")])
        values(connection, "SLUT", VASTBY, known((2020, 5.0)))
        values(connection, "NY", VASTBY, known((NOW.year - 4, 5.0)))
        values(connection, "UTE", VASTBY, known((2025, 5.0)))
        kpi(connection, "N01951")
        values(connection, "N01951", VASTBY, [*known((2024, 100.0), (2025, 120.0)), (2026, None, "saknas")])
        values(connection, "N01951", VASTBY, known((2026, 60.0)), kon="K")
        for kon, word, status in (("T", "för få mätningar", "i takt"), ("K", "har minskat", "långsamt")):
            place = {"nyckeltal_id": "A", "omrade_id": VASTBY, "kon": kon}
            insert(connection, "trend", **place, fran_ar=2022, till_ar=2025, antal_ar=3, trend=word)
            insert(connection, "mal", **place, mal=status)
        # Only totals are placed.
        insert(connection, "placering", nyckeltal_id="A", omrade_id=VASTBY, ar=2025, kon="T", plats=7)
        for year, kon, mean, count in ((2023, "T", 3.0, 1), (2025, "T", 0.0, 1), (2026, "K", 7.0, 2)):
            insert(connection, "lansdel_varde", nyckeltal_id="A", lansdel="Södra", ar=year, kon=kon, medel_ovagt=mean,
                   antal_med_varde=count, antal_kommuner=2)  # fmt: skip
        for kon, mean, count in (("T", 5.5, 2), ("K", 6.5, 1)):
            insert(connection, "spridning", nyckeltal_id="A", ar=2025, kon=kon, medel=mean, antal_med_varde=count)
    return published(folder)


def only(database: Path, sql: str) -> dict[str, Any]:
    (row,) = records(database, sql)
    return row


# --- senaste, utveckling ----------------------------------------------------------------------------------------------


def test_the_newest_value_may_be_zero_and_is_compared_with_the_year_before_it(database: Path) -> None:
    row = only(database, "FROM senaste WHERE nyckeltal_id = 'A' AND namn = 'Västby' AND kon = 'T'")
    assert (row["ar"], row["varde"], row["foregaende_ar"], row["foregaende_varde"]) == (2025, 0.0, 2024, 4.0)
    assert (row["forandring"], row["riket"], row["trend"]) == (-4.0, 50.0, "för få mätningar")
    assert (row["nyare_ar"], row["nyare_status"]) == (None, None)
    women = only(database, "FROM senaste WHERE nyckeltal_id = 'A' AND namn = 'Västby' AND kon = 'K'")
    assert (women["ar"], women["varde"], women["riket"], women["trend"]) == (2026, 7.0, 40.0, "har minskat")


def test_inhabitants_are_of_the_year_of_the_value_and_of_both_genders(database: Path) -> None:
    newest = "SELECT befolkning, befolkning_ar FROM omrade WHERE omrade_id IN ('0461', '0484') ORDER BY omrade_id"
    assert query(database, newest) == [(None, None), (120, 2025)]
    per_year = "SELECT befolkning FROM utveckling WHERE nyckeltal_id = 'A' AND omrade_id = '0484' ORDER BY ar, kon"
    assert query(database, per_year) == [(None,), (100,), (120,), (120,), (None,)]


def test_a_total_s_place_is_no_place_of_women_s(database: Path) -> None:
    places = (
        "SELECT kon, plats FROM utveckling WHERE nyckeltal_id = 'A' AND omrade_id = '0484' AND ar = 2025 ORDER BY kon"
    )
    assert query(database, places) == [("K", None), ("T", 7)]


def test_a_newer_year_without_a_value_does_not_hide_the_newest_value(database: Path) -> None:
    row = only(database, "FROM senaste WHERE nyckeltal_id = 'A' AND omrade_id = '0461'")
    assert (row["ar"], row["varde"], row["foregaende_ar"]) == (2023, 3.0, 2021)
    assert (row["nyare_ar"], row["nyare_status"]) == (2025, "sekretess")
    newest = query(database, "SELECT nyast FROM matvarde WHERE nyckeltal_id = 'A' AND omrade_id = '0461' ORDER BY ar")
    assert newest == [(2,), (None,), (1,), (None,), (0,)]


def test_there_is_no_change_across_a_break(database: Path) -> None:
    across = only(database, "FROM senaste WHERE nyckeltal_id = 'B' AND omrade_id = '0484'")
    assert (across["foregaende_varde"], across["seriebrott"], across["forandring"]) == (10.0, True, None)
    before = only(database, "FROM senaste WHERE nyckeltal_id = 'B' AND omrade_id = '0461'")
    assert (before["seriebrott"], before["forandring"]) == (False, 2.0)


def test_a_series_is_one_row_however_many_mått_it_serves_and_groups_are_left_out(database: Path) -> None:
    rows = query(database, "SELECT nyckeltal_id, omrade_id, kon FROM senaste")
    assert len(rows) == len(set(rows))
    assert ("A", RIKET, "T") in rows
    assert GRUPP not in {area for _, area, _ in rows}
    assert query(database, "SELECT omrade_id FROM senaste WHERE nyckeltal_id = 'C'") == [(VASTBY,)]


def test_the_development_shows_gaps_and_where_a_new_series_begins(database: Path) -> None:
    columns = "SELECT ar, varde, status FROM utveckling"
    assert query(database, f"{columns} WHERE nyckeltal_id = 'A' AND omrade_id = '0461' ORDER BY ar") == [
        (2021, 2.0, "publicerad"),
        (2022, None, "saknas"),
        (2023, 3.0, "publicerad"),
        (2024, None, "bortfall"),
        (2025, None, "sekretess"),
    ]
    broken = "SELECT ar, ny_serie FROM utveckling WHERE nyckeltal_id = 'B' AND omrade_id = '0484' ORDER BY ar"
    assert query(database, broken) == [(2023, False), (2025, True)]


# --- kommunprofil, lansdelsprofil -------------------------------------------------------------------------------------


def test_a_profile_holds_the_whole_målbild_in_its_order_with_a_word_where_there_is_no_value(database: Path) -> None:
    columns = "indikator_id, matt_id, nyckeltal_id, orsak"
    assert query(database, f"SELECT {columns} FROM kommunprofil WHERE omrade_id = '0461' ORDER BY ordning") == [
        ("ett", "vanligt", "A", None),
        ("ett", "vanligt", "B", None),
        ("ett", "vanligt", "C", "värde saknas: sekretess"),
        ("ett", "delat", "C", "värde saknas: sekretess"),
        ("ett", "utan", "D", "värde saknas: källan har inga rader"),
        ("ett", "slut", "SLUT", "nyckeltal upphört"),
        ("ett", "borta", "BORTA", "nyckeltal saknas i katalogen"),
        ("ett", "ny", "NY", "titel ej bekräftad"),
        ("ett", "lokalt", "L_lokalt", "utanför Kolada: lokal uppgift ej lämnad"),
        ("ett", "intet", None, "utanför Kolada"),
        ("ett", "nara", "A", None),
        ("ett", "bada", "A", None),
        ("ett", "grannes", "UTE", "värde saknas: källan har inga rader"),
        ("tva", "delat", "C", "värde saknas: sekretess"),
        ("tom", None, None, "mått saknas"),
    ]
    times = "SELECT DISTINCT nyckeltal_id, forekomster FROM kommunprofil WHERE omrade_id = '0461'"
    assert dict(query(database, times)) | {"C": 3, "D": 1, None: None} == dict(query(database, times))


def test_a_profile_is_of_women_and_men_together(database: Path) -> None:
    row = only(database, "FROM kommunprofil WHERE omrade_id = '0484' AND matt_id = 'bada'")
    assert (row["ar"], row["varde"], row["riket"]) == (2025, 0.0, 50.0)
    assert (row["trend"], row["mal"]) == ("för få mätningar", "i takt")


def test_a_region_s_profile_holds_what_concerns_it(database: Path) -> None:
    columns = "matt_id, nyckeltal_id, orsak"
    assert query(database, f"SELECT {columns} FROM kommunprofil WHERE namn = 'Regionen' ORDER BY ordning") == [
        ("region", "R", "värde saknas: källan har inga rader"),
        ("bada", None, "inget nyckeltal i Kolada"),
        ("grannes", None, "inget nyckeltal i Kolada"),
        (None, None, "mått saknas"),
    ]


def test_a_länsdel_says_of_how_many_and_between_which_of_women_and_men_together(database: Path) -> None:
    row = only(database, "FROM lansdelsprofil WHERE matt_id = 'vanligt' AND nyckeltal_id = 'A'")
    assert (row["ar"], row["medel_ovagt"], row["antal_med_varde"], row["antal_kommuner"]) == (2025, 0.0, 1, 2)
    assert (row["lagst"], row["lagst_kommun"], row["hogst_kommun"], row["forekomster"]) == (0.0, "Västby", "Västby", 3)
    assert (row["lan_ovagt"], row["lan_antal"]) == (5.5, 2)
    assert only(database, "FROM lansdelsprofil WHERE matt_id = 'utan'")["antal_med_varde"] == 0


# --- saknas -----------------------------------------------------------------------------------------------------------


def test_what_is_missing_stands_with_its_reason_and_a_zero_does_not(database: Path) -> None:
    rows = records(database, "FROM saknas WHERE omrade_id = '0484'")
    assert {row["matt_id"]: (row["orsak"], row["senaste_ar"]) for row in rows} == {
        None: ("mått saknas", None),
        "utan": ("värde saknas: källan har inga rader", None),
        "slut": ("nyckeltal upphört", 2020),
        "borta": ("nyckeltal saknas i katalogen", None),
        "ny": ("titel ej bekräftad", 2022),
        "lokalt": ("utanför Kolada: lokal uppgift ej lämnad", None),
        "intet": ("utanför Kolada", None),
        "nara": ("bara närliggande eller indirekta nyckeltal", None),
    }
    where = {row["matt_id"]: row["finns_har"] for row in rows}
    assert (where["intet"], where[None]) == ("Register", "Förslag saknas.")
    assert {row["matt_id"]: row["antal_narliggande"] for row in rows}["nara"] == 1
    # A mått is missing for whom it concerns.
    assert [row["namn"] for row in records(database, "FROM saknas WHERE matt_id = 'grannes'")] == ["Regionen"]
    # Once, though the mått serves two indikatorer.
    suppressed = only(database, "FROM saknas WHERE omrade_id = '0461' AND matt_id = 'delat'")
    assert (suppressed["orsak"], suppressed["indikatorer"]) == ("värde saknas: sekretess", "ett, tva")


# --- publiceringskalender, klar_korning -------------------------------------------------------------------------------

PASSED, TODAY, AHEAD = date(2026, 3, 11), NOW.date(), date(2026, 12, 1)


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"publiceras": AHEAD, "publicering_period": "2025"}, "väntas"),
        ({"publiceras": TODAY, "publicering_period": "2025"}, "väntas"),
        ({"publiceras": PASSED, "publicering_period": "2025"}, "försenad"),
        ({"publiceras": PASSED, "publicering_period": "2024"}, "publicerad"),
        ({"publiceras": PASSED, "publicering_period": "2024/25"}, "passerad"),
        ({"publiceras": PASSED, "publicering_period": "2025", "upphort_ar": 2024}, "upphört"),
        ({"publiceras": AHEAD, "publicering_period": "2025", "i_katalogen": False}, "upphört"),
        ({}, "utan datum"),
    ],
)
def test_a_nyckeltal_is_where_its_dates_and_our_own_values_say(columns: dict[str, object], word: str) -> None:
    with FileWarehouse(Path(":memory:")).open() as connection:
        run(connection, "k")
        for area, ours in ((VASTBY, True), ("1000", False)):
            insert(connection, "omrade", omrade_id=area, typ="kommun", i_malbild=ours)
        kpi(connection, "A", **columns)
        # 2025 is there for others only, and without a value.
        values(connection, "A", VASTBY, [(2024, 1.0, "publicerad"), (2025, None, "saknas")])
        values(connection, "A", "1000", known((2025, 2.0)))
        statement = f"SELECT lage, senaste_ar, per_dag FROM ({schema().views['publiceringskalender'].sql})"
        assert connection.sql(statement).fetchall() == [(word, 2024, TODAY)]


def test_the_newest_finished_run_is_the_last_that_was_done_and_stored_something(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        # The clock went back: natt-2 ended earlier than the one before, and is newer all the same.
        for run_id, outcome, ended, observed in (
            ("natt-1", "klar", NOW + timedelta(days=9), NOW),
            ("natt-2", "klar", NOW + timedelta(days=2), NOW + timedelta(seconds=1)),
            ("en del", "klar", NOW + timedelta(days=3), None),
            ("stoppad", "misslyckad", NOW + timedelta(days=4), NOW + timedelta(days=4)),
            ("pågår", "pågår", None, None),
        ):
            run(connection, run_id, utfall=outcome, avslutad=ended, observerad=observed)
    database = published(tmp_path, views=["klar_korning"])
    assert query(database, "SELECT nyast, korning_id FROM klar_korning ORDER BY 1") == [(1, "natt-2"), (2, "natt-1")]
    newest = newest_run(database)
    assert newest is not None
    assert newest["korning_id"] == "natt-2"


def test_where_no_run_has_finished_there_is_no_newest_one(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open():
        pass
    assert newest_run(published(tmp_path, views=["klar_korning"])) is None


# --- macros -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        # Four away is beyond both intervals, one is not.
        ("forandring(2024, 2025) WHERE nyckeltal_id = 'A' AND namn = 'Västby'", (-4.0, "säkert sämre", None, 1, 1)),
        ("forandring(2021, 2023) WHERE nyckeltal_id = 'A' AND namn = 'Östby'",
         (1.0, "ingen säker förändring", None, 1, 1)),
        ("forandring(2024, 2025) WHERE nyckeltal_id = 'A' AND typ = 'riket'",
         (1.0, "kan inte bedömas", "något av värdena saknar intervall", 1, 1)),
        ("forandring(2023, 2025) WHERE nyckeltal_id = 'B' AND namn = 'Västby'",
         (None, "kan inte jämföras", "seriebrott", 2, 1)),
        ("forandring(2024, 2025) WHERE nyckeltal_id = 'C' AND namn = 'Västby'",
         (None, "kan inte jämföras", "värde saknas 2024", None, 1)),
    ],
)  # fmt: skip
def test_a_change_is_judged_or_says_why_not(database: Path, question: str, answer: tuple[Any, ...]) -> None:
    columns = "forandring, bedomning, orsak, fran_plats, till_plats"
    assert query(database, f"SELECT {columns} FROM {question} AND kon = 'T'") == [answer]


def test_the_wide_view_has_a_row_for_each_matt_and_says_which_values_are_older(database: Path) -> None:
    row = only(database, "FROM bred WHERE matt_id = 'vanligt'")
    assert (row["nyckeltal_id"], row["visas_for"], row["ar"]) == ("A", "kommun", 2025)
    assert (row["vastby"], row["ostby"], row["regionen"], row["riket"]) == (0.0, 3.0, None, 50.0)
    assert row["aldre_varden"] == "Östby 2023"
    assert query(database, "SELECT count(*), count(DISTINCT matt_id) FROM bred") == [(len(MATT), len(MATT))]
    of_year = "SELECT ar, ostby, vastby, riket, aldre_varden FROM bred({}) WHERE matt_id = 'vanligt'"
    assert query(database, of_year.format(2024)) == [(2024, None, 4.0, 50.0, None)]
    assert query(database, of_year.format(1999)) == [(None, None, None, None, None)]


def test_a_series_is_marked_where_its_matt_is_shown_with_it(database: Path) -> None:
    shown = (
        "SELECT nyckeltal_id, matt_id, ovriga_matt, roll FROM senaste WHERE visas AND omrade_id = '0484' AND kon = 'T'"
    )
    assert query(database, f"{shown} AND nyckeltal_id IN ('A', 'B', 'C') ORDER BY ALL") == [
        ("A", "vanligt", "Nara; Bada", "primär"),
        ("C", "delat", "Vanligt", "primär"),
    ]


def test_a_word_is_searched_for_in_names_and_descriptions(database: Path) -> None:
    places = set(query(database, "SELECT vad, id FROM sok('VÄSTBY')"))
    assert places == {("område", VASTBY), ("kolumn", "bred.vastby")}
    assert ("funktion", "sok") in query(database, "SELECT vad, id FROM sok('sok')")


def test_similar_areas_are_those_of_today(database: Path) -> None:
    assert query(database, "SELECT huvudman, amne, namn FROM liknande_omrade") == [("Västby", "äldreomsorg", "Östby")]


def test_counties_are_compared_in_the_same_year(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        run(connection, "k")
        kpi(connection, "A", niva="A", riktning="lägre")
        kpi(connection, "N01951", niva="A")
        areas = {"0404": ("kommun", "04"), "0405": ("kommun", "04"), "0004": ("region", "04"), "0005": ("region", "05")}
        for area, (kind, code) in {**areas, "0505": ("kommun", "05")}.items():
            insert(connection, "omrade", omrade_id=area, namn=area, typ=kind, i_malbild=code == "04", lan_kod=code,
                   lan=f"Län {code}")  # fmt: skip
        for area, value in (("0404", 10.0), ("0405", 20.0), ("0004", 17.0), ("0005", 9.0), ("0505", 9.0)):
            values(connection, "A", area, known((2024, value)))
        for area, inhabitants in (("0404", 100.0), ("0405", 300.0)):
            values(connection, "N01951", area, known((2024, inhabitants)))
    columns = "lan_kod, region_varde, plats, antal_regioner, kommuner_vagt, kommuner_ovagt, antal_med_varde"
    assert query(published(tmp_path), f"SELECT {columns} FROM lan_jamforelse('A') ORDER BY ALL") == [
        ("04", 17.0, 2, 2, 17.5, 15.0, 2),
        ("05", 9.0, 1, 2, None, 9.0, 1),
    ]


def test_of_answers_the_newest_of_each_issue_counts_and_what_is_taken_back_is_gone(database: Path) -> None:
    columns = "uppfoljning_id, svarande_id, svarande, svar, senast"
    assert query(database, f"SELECT {columns} FROM svar_nu ORDER BY ALL") == [
        ("host", "0461", "Östby", "I höst.", True),
        ("var", "0461", "Östby", "Sedan.", False),
        # Whoever is no area and no instans any more keeps its id; what it took back later it does not say now.
        ("var", "borta", "borta", "Står kvar.", False),
    ]


# --- what every view promises -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", schema().views.values(), ids=lambda view: view.name)
def test_a_view_has_one_row_per_key_no_null_where_none_is_promised_and_is_ready_as_stated(
    view: Any, database: Path
) -> None:
    rows = query(database, f"FROM {view.name} ORDER BY ALL")
    assert rows
    assert query(database, f"SELECT {', '.join(view.key)} FROM {view.name} GROUP BY ALL HAVING count(*) > 1") == []
    holes = " OR ".join(f"{name} IS NULL" for name in view.columns if not view.columns[name].nullable)
    assert query(database, f"FROM {view.name} WHERE {holes}") == []
    if view.prepared:
        assert rows == query(database, f"FROM ({view.sql}) ORDER BY ALL")
