"""The published database: the contract's tables, comments, atomic replacement, readable by older DuckDB."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse import journal
from pipelines.warehouse.publish import publish
from pipelines.warehouse.store import FileWarehouse

START = datetime(2026, 11, 22, 4, 15)
DAY = date(2026, 11, 22)

# The contract with analysts: these tables with these columns stay.
CONTRACT = {
    "malomrade": "malomrade_id namn beskrivning ordning",
    "indikator": "indikator_id malomrade_id namn definition ordning",
    "matt": "matt_id namn huvudman perspektiv tackning kalla_utanfor kommentar",
    "indikator_matt": "indikator_id matt_id ordning",
    "matt_nyckeltal": "matt_id nyckeltal_id roll beslut",
    "nyckeltal": "nyckeltal_id titel beskrivning enhet riktning riktning_beslut niva konsuppdelat upphort_ar "
    "publiceras publicering_period osakerhet_nyckeltal_id jamforelsegrupp kalla",
    "omrade": "omrade_id namn typ lansdel i_malbild",
    "grupp_medlem": "grupp_id omrade_id fran titel till",
    "matvarde": "nyckeltal_id omrade_id ar kon varde antal status preliminart kalla hamtad korning_id",
    "matvarde_revision": "nyckeltal_id omrade_id ar kon observerad varde foregaende_varde handelse korning_id",
    "andring": "nyckeltal_id omrade_id ar kon observerad slag fore fore_status efter efter_status korrigering "
    "korning_id",
    "katalog_handelse": "observerad korning_id objekt objekt_id handelse fore efter",
    "jamforelse": "nyckeltal_id omrade_id ar kon varde riket lan_ovagt lan_antal liknande liknande_grupp_id "
    "liknande_antal basta_kvartil plats antal_med_varde band osakerhet",
    "trend": "nyckeltal_id omrade_id kon fran_ar till_ar antal_ar lutning_per_ar p_varde riktning orsak",
    "karantan": "korning_id nyckeltal_id omrade_id ar kon orsak antal rad",
    "korning": "korning_id startad avslutad utfall kalla anrop byte rader_hamtade nya reviderade borttagna kod_version",
}


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return filled(tmp_path, START, {})


def filled(folder: Path, start: datetime, dates: dict[str, object]) -> Path:
    """A warehouse with one KPI (with these dates) and one value that was revised the day after `start`."""
    path = folder / "lager.duckdb"
    with FileWarehouse(path).open() as connection:
        journal.start_run(connection, "natt-1", started=start, version="0.1.0", dagster_id="d1")
        for day, value in ((0, 30.0), (1, 31.0)):
            when = start + timedelta(days=day)
            event = "ny" if day == 0 else "reviderad"
            connection.execute(
                """INSERT INTO matvarde_revision BY NAME
                   SELECT 'N00945' AS nyckeltal_id, '0484' AS omrade_id, 2024 AS ar, 'T' AS kon, $1 AS observerad,
                       $2 AS handelse, $3 AS varde, 1 AS antal, 'publicerad' AS status,
                       'syntetisk' AS kalla, $1 AS hamtad, 'natt-1' AS korning_id""",
                [when, event, value],
            )
        connection.execute(
            """INSERT INTO matvarde BY NAME
               SELECT * EXCLUDE (observerad, handelse, foregaende_varde, foregaende_status)
               FROM matvarde_revision WHERE handelse = 'reviderad'"""
        )
        connection.execute(
            """INSERT INTO nyckeltal BY NAME
               SELECT 'N00945' AS nyckeltal_id, 'Titel' AS titel, '%' AS enhet, 'högre' AS riktning,
                   'föreslagen' AS riktning_beslut, 'K' AS niva, true AS konsuppdelat, true AS i_katalogen,
                   true AS foljs"""
        )
        for name, value in dates.items():
            connection.execute(f"UPDATE nyckeltal SET {name} = $1", [value])
        version(connection, start, i_katalogen=True, **dates)
    return path


def version(connection: duckdb.DuckDBPyConnection, when: datetime, **columns: object) -> None:
    row = {"nyckeltal_id": "N00945", "observerad": when, "korning_id": "natt-1", **columns}
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    connection.execute(f"INSERT INTO nyckeltal_version ({', '.join(row)}) VALUES ({marks})", list(row.values()))


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = duckdb.connect(str(path), read_only=True)
    try:
        return connection.sql(query).fetchall()
    finally:
        connection.close()


def test_the_contract_s_tables_and_columns_are_there(warehouse: Path, tmp_path: Path) -> None:
    publish(FileWarehouse(warehouse), tmp_path / "analys.duckdb", DAY)
    rows = read(tmp_path / "analys.duckdb", "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
    found: dict[str, set[object]] = {}
    for table, column in rows:
        found.setdefault(str(table), set()).add(column)
    for table, columns in CONTRACT.items():
        assert set(columns.split()) <= found[table], table
    assert "lager_info" not in found


def test_every_table_and_column_says_what_it_is(warehouse: Path, tmp_path: Path) -> None:
    publish(FileWarehouse(warehouse), tmp_path / "analys.duckdb", DAY)
    silent = read(
        tmp_path / "analys.duckdb",
        """SELECT table_name, NULL FROM duckdb_tables() WHERE comment IS NULL
           UNION ALL SELECT view_name, NULL FROM duckdb_views() WHERE comment IS NULL AND NOT internal
           UNION ALL SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal""",
    )
    assert silent == []


def test_the_file_can_be_read_by_duckdb_1_4_and_is_not_writable(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "analys.duckdb"
    publish(FileWarehouse(warehouse), target, DAY)
    (version,) = read(target, "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'analys'")[
        0
    ]
    assert str(version).startswith("v1.4.0")
    assert target.stat().st_mode & 0o222 == 0


def test_values_as_they_were_known_before(warehouse: Path, tmp_path: Path) -> None:
    publish(FileWarehouse(warehouse), tmp_path / "analys.duckdb", DAY)
    query = "SELECT varde FROM matvarde_per(TIMESTAMP '{}')"
    known = [
        read(tmp_path / "analys.duckdb", query.format(START + timedelta(days=days))) for days in (-1, 0, 0.5, 1, 100)
    ]
    assert known == [[], [(30.0,)], [(30.0,)], [(31.0,)], [(31.0,)]]


def test_a_kpi_that_left_the_catalogue_keeps_its_values_and_says_so(warehouse: Path, tmp_path: Path) -> None:
    with FileWarehouse(warehouse).open() as connection:
        connection.execute("UPDATE nyckeltal SET i_katalogen = false")
        version(connection, START + timedelta(days=2), i_katalogen=False)
    publish(FileWarehouse(warehouse), tmp_path / "analys.duckdb", DAY)
    assert read(tmp_path / "analys.duckdb", "SELECT varde, status FROM matvarde") == [(31.0, "nyckeltal borttaget")]
    as_of = "SELECT varde, status FROM matvarde_per(TIMESTAMP '{}')"
    assert read(tmp_path / "analys.duckdb", as_of.format(START + timedelta(days=1))) == [(31.0, "publicerad")]
    assert read(tmp_path / "analys.duckdb", as_of.format(START + timedelta(days=2))) == [(31.0, "nyckeltal borttaget")]


@pytest.mark.parametrize(
    ("day", "preliminary"),
    [(date(2026, 5, 3), False), (date(2026, 5, 4), True), (date(2026, 9, 29), True), (date(2026, 9, 30), False)],
)
def test_a_value_is_preliminary_between_the_two_dates_for_the_period_to_come(
    day: date, preliminary: bool, tmp_path: Path
) -> None:
    dates = {"publiceras": date(2026, 9, 30), "preliminart_publiceras": date(2026, 5, 4), "publicering_period": "2024"}
    path = filled(tmp_path, datetime(2026, 1, 1), dates)
    publish(FileWarehouse(path), tmp_path / "analys.duckdb", day)
    assert read(tmp_path / "analys.duckdb", "SELECT preliminart FROM matvarde") == [(preliminary,)]
    then = f"SELECT preliminart FROM matvarde_per(TIMESTAMP '{day} 04:15:00')"
    assert read(tmp_path / "analys.duckdb", then) == [(preliminary,)]


@pytest.mark.parametrize("period", ["2023", "2023/24", None])
def test_no_other_period_is_preliminary(period: str | None, tmp_path: Path) -> None:
    dates = {"publiceras": date(2026, 9, 30), "preliminart_publiceras": date(2026, 5, 4), "publicering_period": period}
    warehouse = FileWarehouse(filled(tmp_path, datetime(2026, 1, 1), dates))
    publish(warehouse, tmp_path / "analys.duckdb", date(2026, 6, 1))
    assert read(tmp_path / "analys.duckdb", "SELECT preliminart FROM matvarde") == [(False,)]


def test_a_reader_keeps_its_file_while_a_new_one_takes_its_place(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "analys.duckdb"
    publish(FileWarehouse(warehouse), target, DAY)
    reader = duckdb.connect(str(target), read_only=True)
    with FileWarehouse(warehouse).open() as connection:
        connection.execute("UPDATE matvarde SET varde = 99")
    before = target.stat().st_ino
    # Publication opens the file under another name, so that one process may do both.
    publish(FileWarehouse(warehouse), target, DAY)
    assert target.stat().st_ino != before
    assert reader.sql("SELECT varde FROM matvarde").fetchall() == [(31.0,)]
    reader.close()
    assert read(target, "SELECT varde FROM matvarde") == [(99.0,)]


def test_a_publication_that_breaks_off_leaves_the_old_file(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "analys.duckdb"
    publish(FileWarehouse(warehouse), target, DAY)
    good = target.read_bytes()
    sound = warehouse.read_bytes()
    with FileWarehouse(warehouse).open() as connection:
        connection.execute("DROP TABLE trend")
        connection.execute("CREATE TABLE trend (fel INTEGER)")
    with pytest.raises(duckdb.Error):
        publish(FileWarehouse(warehouse), target, DAY)
    assert target.read_bytes() == good
    # What it had begun stands in nobody's way.
    warehouse.write_bytes(sound)
    with FileWarehouse(warehouse).open() as connection:
        connection.execute("UPDATE matvarde SET varde = 99")
    publish(FileWarehouse(warehouse), target, DAY)
    assert read(target, "SELECT DISTINCT varde FROM matvarde") == [(99.0,)]
    assert sorted(tmp_path.glob("analys*")) == [target]
