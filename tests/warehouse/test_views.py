"""The views over a small published database: what an analyst reads out of one query, in the awkward cases.

Two kommuner, a region and riket. A: a full series. B: a broken one. C: shared by two mått. D: never a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.warehouse import journal
from pipelines.warehouse.publish import publish
from pipelines.warehouse.queries import newest_run
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse

NOW = datetime(2026, 11, 22, 4, 15)
OSTBY, VASTBY, REGION, RIKET, GRUPP = "0461", "0484", "0004", "0000", "G1"
Year = tuple[int, float | None, str]


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: object) -> None:
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def kpi(connection: duckdb.DuckDBPyConnection, kpi_id: str, **changed: object) -> None:
    row: dict[str, object] = {
        "titel": f"Titel {kpi_id}",
        "enhet": "%",
        "riktning": "högre",
        "riktning_beslut": "beslutad",
    }
    row |= {"niva": "K", "konsuppdelat": False, "i_katalogen": True, "foljs": True, "nyckeltal_id": kpi_id}
    insert(connection, "nyckeltal", **row | changed)


def values(
    connection: duckdb.DuckDBPyConnection, kpi_id: str, area: str, years: Iterable[Year], kon: str = "T"
) -> None:
    for year, value, status in years:
        key = {"nyckeltal_id": kpi_id, "omrade_id": area, "ar": year, "kon": kon}
        insert(connection, "matvarde", **key, varde=value, status=status, kalla="kolada", hamtad=NOW, korning_id="k")
        if value is not None and area in (OSTBY, VASTBY):
            insert(connection, "jamforelse", **key, varde=value, antal_med_varde=2, intervall="inget", riket=50.0)


def measure(
    connection: duckdb.DuckDBPyConnection, matt: str, number: int, *kpis: tuple[str, str], **changed: object
) -> None:
    row: dict[str, object] = {"namn": matt.capitalize(), "huvudman": "kommun", "perspektiv": "register"}
    row |= {"tackning": "kolada", "ordning": number, "matt_id": matt}
    insert(connection, "matt", **row | changed)
    for order, (kpi_id, role) in enumerate(kpis, start=1):
        insert(
            connection, "matt_nyckeltal", matt_id=matt, nyckeltal_id=kpi_id, roll=role, beslut="beslutad", ordning=order
        )


def known(*pairs: tuple[int, float]) -> list[Year]:
    return [(year, value, "publicerad") for year, value in pairs]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vyer")
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        counts = (
            "anrop",
            "byte",
            "rader_hamtade",
            "nya",
            "reviderade",
            "borttagna",
            "aterkomna",
            "karantan",
            "arkiv_byte",
        )
        insert(
            connection,
            "korning",
            **{
                "korning_id": "k",
                "startad": NOW,
                "avslutad": NOW + timedelta(minutes=5),
                "observerad": NOW,
                "utfall": "klar",
                "fullstandig": True,
                "hel": True,
                "kod_version": "1",
            },
            **dict.fromkeys(counts, 0),
        )
        for area, name, kind, sub_county in (
            (OSTBY, "Östby", "kommun", "Södra"),
            (VASTBY, "Västby", "kommun", "Södra"),
            (REGION, "Regionen", "region", None),
            (RIKET, "Riket", "riket", None),
            (GRUPP, "Grupp", "grupp", None),
        ):
            ours = area in (OSTBY, VASTBY, REGION)
            insert(connection, "omrade", omrade_id=area, namn=name, typ=kind, lansdel=sub_county, i_malbild=ours)
        insert(connection, "malomrade", malomrade_id="o", namn="Målområde", beskrivning="b", ordning=1)
        for number, (indicator, gap) in enumerate((("ett", None), ("tva", None), ("tom", "Förslag saknas.")), start=1):
            row = {
                "indikator_id": indicator,
                "malomrade_id": "o",
                "namn": indicator,
                "definition": "d",
                "ordning": number,
            }
            insert(connection, "indikator", **row, lucka=gap)
        for kpi_id in ("A", "B", "C", "D", "UTE"):
            kpi(connection, kpi_id)
        kpi(connection, "SLUT", upphort_ar=2020)
        kpi(connection, "BORTA", i_katalogen=False)
        kpi(connection, "NY", obekraftad_titel="En annan titel")
        kpi(connection, "L_lokalt", i_katalogen=None, foljs=False)
        kpi(connection, "R", niva="L")
        measure(connection, "vanligt", 1, ("A", "primär"), ("B", "komplement"), ("C", "komplement"))
        measure(connection, "delat", 2, ("C", "primär"))
        measure(connection, "utan", 3, ("D", "primär"))
        measure(connection, "slut", 4, ("SLUT", "primär"))
        measure(connection, "borta", 5, ("BORTA", "primär"))
        measure(connection, "ny", 6, ("NY", "primär"))
        measure(connection, "lokalt", 7, ("L_lokalt", "primär"), tackning="utanför kolada", kalla_utanfor="Journaler")
        measure(connection, "intet", 8, tackning="utanför kolada", kalla_utanfor="Register")
        measure(connection, "nara", 9, ("A", "närliggande"), tackning="indirekt")
        measure(connection, "region", 10, ("R", "primär"), huvudman="region")
        measure(connection, "bada", 11, ("A", "primär"), huvudman="båda")
        # A region's mått of which only a nyckeltal for kommuner says something.
        measure(connection, "grannes", 12, ("UTE", "närliggande"), huvudman="region", tackning="indirekt")
        for number in range(1, 13):
            matt = connection.execute("SELECT matt_id FROM matt WHERE ordning = $1", [number]).fetchall()[0][0]
            insert(connection, "indikator_matt", indikator_id="ett", matt_id=matt, ordning=number)
        insert(connection, "indikator_matt", indikator_id="tva", matt_id="delat", ordning=1)
        values(connection, "A", VASTBY, known((2022, 1.0), (2024, 4.0), (2025, 0.0)))
        # Östby's newest is suppressed, the one before it lost, and there is a hole further back.
        late: list[Year] = [(2022, None, "saknas"), (2024, None, "bortfall"), (2025, None, "sekretess")]
        values(connection, "A", OSTBY, known((2021, 2.0), (2023, 3.0)) + late)
        values(connection, "A", RIKET, known((2024, 50.0), (2025, 51.0)))
        values(connection, "A", GRUPP, known((2025, 9.0)))
        values(connection, "A", VASTBY, known((2025, 8.0)), kon="K")
        insert(connection, "nyckeltal_brott", nyckeltal_id="B", ar=2025, sista_gamla_ar=2023, orsak="Ny fråga")
        insert(connection, "nyckeltal_brott", nyckeltal_id="B", ar=2019, sista_gamla_ar=2018, orsak="Ännu en")
        values(connection, "B", VASTBY, known((2023, 10.0), (2025, 90.0)))
        values(connection, "B", OSTBY, known((2022, 10.0), (2023, 12.0)))
        values(connection, "C", VASTBY, known((2025, 5.0)))
        values(connection, "C", OSTBY, [(2025, None, "sekretess")])
        values(connection, "SLUT", VASTBY, known((2020, 5.0)))
        values(connection, "NY", VASTBY, known((NOW.year - 4, 5.0)))
        values(connection, "UTE", VASTBY, known((2025, 5.0)))
        insert(connection, "trend", nyckeltal_id="A", omrade_id=VASTBY, kon="T", fran_ar=2022, till_ar=2025, antal_ar=3,
               riktning="för få mätningar", orsak="3 mätningar", metod="riktning 1")  # fmt: skip
        for lansdel, year, mean, count in (("Södra", 2023, 3.0, 1), ("Södra", 2025, 0.0, 1)):
            insert(connection, "lansdel_varde", nyckeltal_id="A", lansdel=lansdel, ar=year, kon="T", medel_ovagt=mean,
                   antal=count, antal_kommuner=2)  # fmt: skip
    publish(FileWarehouse(folder / "lager.duckdb"), folder / "analys.duckdb", date(2026, 11, 22))
    return folder / "analys.duckdb"


def rows(database: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(sql).pl().to_dicts()


def one(database: Path, sql: str) -> dict[str, Any]:
    (row,) = rows(database, sql)
    return row


# --- senaste, utveckling ----------------------------------------------------------------------------------------------


def test_the_newest_value_may_be_zero_and_is_compared_with_the_year_before_it(database: Path) -> None:
    row = one(database, "FROM senaste WHERE nyckeltal_id = 'A' AND namn = 'Västby' AND kon = 'T'")
    assert (row["ar"], row["varde"], row["foregaende_ar"], row["foregaende_varde"]) == (2025, 0.0, 2024, 4.0)
    assert (row["forandring"], row["riket"], row["trend"]) == (-4.0, 50.0, "för få mätningar")
    assert (row["nyare_ar"], row["nyare_status"]) == (None, None)


def test_a_newer_year_without_a_value_does_not_hide_the_newest_value_and_is_told(database: Path) -> None:
    row = one(database, "FROM senaste WHERE nyckeltal_id = 'A' AND omrade_id = '0461'")
    assert (row["ar"], row["varde"], row["foregaende_ar"]) == (2023, 3.0, 2021)
    assert (row["nyare_ar"], row["nyare_status"]) == (2025, "sekretess")


def test_there_is_no_change_across_a_break(database: Path) -> None:
    across = one(database, "FROM senaste WHERE nyckeltal_id = 'B' AND omrade_id = '0484'")
    assert (across["foregaende_varde"], across["seriebrott"], across["forandring"]) == (10.0, True, None)
    before = one(database, "FROM senaste WHERE nyckeltal_id = 'B' AND omrade_id = '0461'")
    assert (before["seriebrott"], before["forandring"]) == (False, 2.0)


def test_a_series_is_one_row_however_many_mått_it_serves_and_groups_are_left_out(database: Path) -> None:
    found = rows(database, "SELECT nyckeltal_id, omrade_id, kon FROM senaste ORDER BY ALL")
    assert len(found) == len({tuple(row.values()) for row in found})
    assert {"omrade_id": RIKET, "nyckeltal_id": "A", "kon": "T"} in found
    assert GRUPP not in {row["omrade_id"] for row in found}
    assert [row["omrade_id"] for row in rows(database, "FROM senaste WHERE nyckeltal_id = 'C'")] == ["0484"]


def test_the_development_shows_gaps_and_where_a_new_series_begins(database: Path) -> None:
    found = rows(database, "FROM utveckling WHERE nyckeltal_id = 'A' AND omrade_id = '0461' ORDER BY ar")
    assert [(row["ar"], row["varde"], row["status"]) for row in found] == [
        (2021, 2.0, "publicerad"),
        (2022, None, "saknas"),
        (2023, 3.0, "publicerad"),
        (2024, None, "bortfall"),
        (2025, None, "sekretess"),
    ]
    broken = rows(database, "FROM utveckling WHERE nyckeltal_id = 'B' AND omrade_id = '0484' ORDER BY ar")
    assert [(row["ar"], row["ny_serie"]) for row in broken] == [(2023, False), (2025, True)]


def test_the_table_of_values_says_itself_which_is_the_newest(database: Path) -> None:
    found = rows(database, "SELECT ar, nyast FROM matvarde WHERE nyckeltal_id = 'A' AND omrade_id = '0461' ORDER BY ar")
    assert [row["nyast"] for row in found] == [2, None, 1, None, 0]


# --- kommunprofil, lansdelsprofil -------------------------------------------------------------------------------------


def test_a_profile_holds_the_whole_målbild_in_its_order_with_a_word_where_there_is_no_value(database: Path) -> None:
    found = rows(database, "FROM kommunprofil WHERE omrade_id = '0461' ORDER BY ordning")
    assert [(row["indikator_id"], row["matt_id"], row["nyckeltal_id"], row["orsak"]) for row in found] == [
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
    times = {(row["matt_id"], row["nyckeltal_id"]): row["forekomster"] for row in found}
    assert (times["vanligt", "C"], times["delat", "C"], times["utan", "D"], times["intet", None]) == (3, 3, 1, None)


def test_a_region_s_profile_holds_what_concerns_it(database: Path) -> None:
    found = rows(database, "FROM kommunprofil WHERE namn = 'Regionen' ORDER BY ordning")
    assert [(row["matt_id"], row["nyckeltal_id"], row["orsak"]) for row in found] == [
        ("region", "R", "värde saknas: källan har inga rader"),
        ("bada", None, "inget nyckeltal i Kolada"),
        ("grannes", None, "inget nyckeltal i Kolada"),
        (None, None, "mått saknas"),
    ]


def test_a_länsdel_says_of_how_many_and_between_which(database: Path) -> None:
    row = one(database, "FROM lansdelsprofil WHERE matt_id = 'vanligt' AND nyckeltal_id = 'A'")
    assert (row["ar"], row["medel_ovagt"], row["antal"], row["antal_kommuner"]) == (2025, 0.0, 1, 2)
    assert (row["lagst"], row["lagst_kommun"], row["hogst_kommun"], row["forekomster"]) == (0.0, "Västby", "Västby", 3)
    assert one(database, "FROM lansdelsprofil WHERE matt_id = 'utan'")["antal"] == 0


# --- saknas -----------------------------------------------------------------------------------------------------------


def test_what_is_missing_stands_with_its_reason_and_a_zero_does_not(database: Path) -> None:
    found = rows(database, "FROM saknas WHERE omrade_id = '0484' ORDER BY matt_id")
    assert {row["matt_id"]: (row["orsak"], row["senaste_ar"]) for row in found} == {
        None: ("mått saknas", None),
        "utan": ("värde saknas: källan har inga rader", None),
        "slut": ("nyckeltal upphört", 2020),
        "borta": ("nyckeltal saknas i katalogen", None),
        "ny": ("titel ej bekräftad", 2022),
        "lokalt": ("utanför Kolada: lokal uppgift ej lämnad", None),
        "intet": ("utanför Kolada", None),
        "nara": ("bara närliggande eller indirekta nyckeltal", None),
    }
    where = {row["matt_id"]: row["finns_har"] for row in found}
    assert (where["intet"], where[None]) == ("Register", "Förslag saknas.")
    assert {row["matt_id"]: row["antal_narliggande"] for row in found}["nara"] == 1
    # A mått is missing for whom it concerns.
    assert [row["namn"] for row in rows(database, "FROM saknas WHERE matt_id = 'grannes'")] == ["Regionen"]
    # Once, though the mått serves two indikatorer.
    suppressed = one(database, "FROM saknas WHERE omrade_id = '0461' AND matt_id = 'delat'")
    assert (suppressed["orsak"], suppressed["indikatorer"]) == ("värde saknas: sekretess", "ett, tva")


def test_a_view_that_was_prepared_says_what_its_statement_says(database: Path) -> None:
    prepared = [view for view in schema().views.values() if view.prepared]
    assert prepared
    for view in prepared:
        ready, anew = (
            rows(database, f"FROM {view.name} ORDER BY ALL"),
            rows(database, f"FROM ({view.sql}) ORDER BY ALL"),
        )
        assert ready == anew
        assert ready


# --- what every view promises -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", schema().views.values(), ids=lambda view: view.name)
def test_a_view_has_one_row_per_key_and_no_null_where_none_is_promised(view: Any, database: Path) -> None:
    key = ", ".join(view.key)
    assert rows(database, f"SELECT {key} FROM {view.name} GROUP BY ALL HAVING count(*) > 1") == []
    assert rows(database, f"FROM {view.name}")
    holes = " OR ".join(f"{name} IS NULL" for name in view.columns if not view.columns[name].nullable)
    assert rows(database, f"FROM {view.name} WHERE {holes}") == []


def test_the_newest_finished_run_is_the_last_that_was_done_and_stored_something(tmp_path: Path) -> None:
    runs = [
        # The clock went back: it ended earlier than the one before, and is newer all the same.
        ("natt-1", "klar", NOW + timedelta(days=9), NOW),
        ("natt-2", "klar", NOW + timedelta(days=2), NOW + timedelta(seconds=1)),
        ("en del", "klar", NOW + timedelta(days=3), None),
        ("stoppad", "misslyckad", NOW + timedelta(days=4), NOW + timedelta(days=4)),
        ("pågår", "pågår", None, None),
    ]
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        for run_id, outcome, ended, observed in runs:
            journal.start_run(connection, run_id, started=NOW, version="1", dagster_id=run_id)
            journal.note(connection, run_id, utfall=outcome, avslutad=ended, observerad=observed)
    publish(FileWarehouse(tmp_path / "lager.duckdb"), tmp_path / "analys.duckdb", NOW.date())
    finished = rows(tmp_path / "analys.duckdb", "SELECT nyast, korning_id FROM klar_korning ORDER BY nyast")
    assert [(row["nyast"], row["korning_id"]) for row in finished] == [(1, "natt-2"), (2, "natt-1")]
    newest = newest_run(tmp_path / "analys.duckdb")
    assert newest is not None
    assert newest["korning_id"] == "natt-2"


def test_where_no_run_has_finished_there_is_no_newest_one(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open():
        pass
    publish(FileWarehouse(tmp_path / "lager.duckdb"), tmp_path / "analys.duckdb", NOW.date())
    assert newest_run(tmp_path / "analys.duckdb") is None
