"""The published database: the contract's tables, comments, atomic replacement, readable by older DuckDB."""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse.publish import publish
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.small import NOW, change, insert, kpi, published, query, run

DAY = NOW.date()

# The contract with analysts: these tables with these columns stay.
CONTRACT = {
    "malomrade": "malomrade_id namn beskrivning ordning",
    "indikator": "indikator_id malomrade_id namn definition ordning",
    "matt": "matt_id namn huvudman perspektiv tackning kalla_utanfor kommentar",
    "indikator_matt": "indikator_id matt_id ordning",
    "matt_nyckeltal": "matt_id nyckeltal_id roll beslut",
    "nyckeltal": "nyckeltal_id titel beskrivning enhet riktning riktning_beslut niva konsuppdelat upphort_ar "
    "publiceras publicering_period osakerhet_nyckeltal_id jamforelsegrupp ursprunglig_kalla",
    "omrade": "omrade_id namn typ lansdel i_malbild",
    "grupp_medlem": "grupp_id omrade_id fran titel till",
    "matvarde": "nyckeltal_id omrade_id ar kon varde antal_omraden status preliminart kalla hamtad korning_id",
    "matvarde_revision": "nyckeltal_id omrade_id ar kon observerad varde foregaende_varde handelse korning_id",
    "andring": "nyckeltal_id omrade_id ar kon observerad slag fore fore_status efter efter_status korrigering "
    "korning_id",
    "katalog_handelse": "observerad korning_id objekt objekt_id handelse fore efter",
    "jamforelse": "nyckeltal_id omrade_id ar kon varde riket lan_ovagt lan_antal liknande liknande_grupp_id "
    "liknande_antal basta_kvartil osakerhet osakerhet_grund mot_riket",
    "placering": "nyckeltal_id omrade_id ar plats nedre ovre band",
    "traffsakerhet": "nyckeltal_id typ niva provade innanfor_nominellt innanfor_kalibrerat",
    "fynd": "slag matt_id nyckeltal_id omrade_id ar varde avstand grund haller",
    "trend": "nyckeltal_id omrade_id kon fran_ar till_ar antal_ar lutning_per_ar p_varde trend mot_riket "
    "senaste haller motivering",
    "karantan": "korning_id nyckeltal_id omrade_id ar kon orsak antal_varden rad",
    "korning": "korning_id startad avslutad utfall kalla anrop byte rader_hamtade nya reviderade borttagna kod_version",
}


def filled(folder: Path, start: datetime = NOW, **columns_of: dict[str, object]) -> Path:
    """A folder with a warehouse of these nyckeltal, with a value each that was revised the day after `start`."""
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        run(connection, "natt-1", start)
        for kpi_id, columns in columns_of.items():
            cell = {"nyckeltal_id": kpi_id, "omrade_id": "0484", "ar": 2024, "kon": "T", "antal_omraden": 1}
            cell |= {"status": "publicerad", "kalla": "syntetisk", "korning_id": "natt-1"}
            for when, value, event in ((start, 30.0, "ny"), (start + timedelta(days=1), 31.0, "reviderad")):
                insert(
                    connection, "matvarde_revision", **cell, varde=value, hamtad=when, observerad=when, handelse=event
                )
            insert(connection, "matvarde", **cell, varde=31.0, hamtad=start + timedelta(days=1))
            kpi(connection, kpi_id, konsuppdelat=True, **columns)
            insert(connection, "nyckeltal_version", nyckeltal_id=kpi_id, observerad=start, i_katalogen=True, **columns)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse and its publication; tests only read it."""
    folder = filled(tmp_path_factory.mktemp("publicerat"), N00945={})
    published(folder)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of the warehouse alone."""
    shutil.copy(whole / "lager.duckdb", tmp_path)
    return tmp_path


def test_the_contract_s_tables_and_columns_are_there_and_say_what_they_are(whole: Path) -> None:
    database = whole / "analys.duckdb"
    columns_of: dict[str, set[str]] = {}
    for table, column in query(database, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"):
        columns_of.setdefault(table, set()).add(column)
    for table, columns in CONTRACT.items():
        assert set(columns.split()) <= columns_of[table], table
    assert "lager_info" not in columns_of
    silent = query(
        database,
        """SELECT table_name, NULL FROM duckdb_tables() WHERE comment IS NULL
           UNION ALL SELECT view_name, NULL FROM duckdb_views() WHERE comment IS NULL AND NOT internal
           UNION ALL SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal
           UNION ALL SELECT function_name, NULL FROM duckdb_functions() WHERE comment IS NULL AND NOT internal""",
    )
    assert silent == []
    # Nothing is there that the dictionary does not know: no helpers.
    assert (
        query(
            database,
            """SELECT function_name FROM duckdb_functions() WHERE NOT internal
           UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal EXCEPT SELECT objekt FROM datakatalog""",
        )
        == []
    )


def test_the_file_can_be_read_by_duckdb_1_4_and_is_not_writable(whole: Path) -> None:
    version = "SELECT tags['storage_version'][:6] FROM duckdb_databases() WHERE database_name = 'analys'"
    assert query(whole / "analys.duckdb", version) == [("v1.4.0",)]
    assert (whole / "analys.duckdb").stat().st_mode & 0o222 == 0


@pytest.mark.parametrize(("days", "values"), [(0, [(30.0,)]), (0.5, [(30.0,)]), (1, [(31.0,)]), (100, [(31.0,)])])
def test_values_as_they_were_known_before(whole: Path, days: float, values: list[tuple[float]]) -> None:
    when = NOW + timedelta(days=days)
    assert query(whole / "analys.duckdb", f"SELECT varde FROM matvarde_per(TIMESTAMP '{when}')") == values


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        ("DATE '2026-11-21'", "2026-11-21 23:59:59.999999 (UTC) är före den första körningen, 2026-11-22 04:15:00"),
        ("'2026-11-22'", 30.0),
        ("TIMESTAMP '2026-11-22'", "2026-11-22 00:00:00 (UTC) är före den första"),
        ("DATE '2026-11-23'", 31.0),
        ("DATE '2126-11-23'", 31.0),
        ("DATE '2126-11-24'", "2126-11-24 00:00:00 (UTC) är efter den senaste körningen, 2126-11-23 10:00:00"),
    ],
)
def test_a_date_is_the_whole_day_and_outside_the_runs_is_a_reason(
    until_2126: Path, when: str, answer: float | str
) -> None:
    question = f"SELECT varde FROM matvarde_per({when})"
    if isinstance(answer, float):
        assert query(until_2126, question) == [(answer,)]
    else:
        with pytest.raises(duckdb.Error, match=re.escape(answer)):
            query(until_2126, question)


@pytest.fixture(scope="module")
def until_2126(whole: Path) -> Path:
    """The published database, whose last run ended in a hundred years."""
    return with_runs(whole, "dagar.duckdb", "avslutad = TIMESTAMP '2126-11-23 10:00'")


def with_runs(whole: Path, name: str, columns: str) -> Path:
    """A copy of the published database with other times of its run."""
    database = Path(shutil.copy(whole / "analys.duckdb", whole / name))
    database.chmod(0o644)
    change(database, f"UPDATE korning SET {columns}")
    return database


def test_today_can_be_asked_for_before_tonights_run(whole: Path) -> None:
    times = "observerad = TIMESTAMP '2026-11-22', avslutad = TIMESTAMP '2026-11-22 01:00'"
    database = with_runs(whole, "i-dag.duckdb", times)
    assert query(database, "SELECT varde FROM matvarde_per(current_date)") == [(31.0,)]
    with pytest.raises(duckdb.Error, match="efter den senaste körningen, 2026-11-22 01:00:00"):
        query(database, "SELECT varde FROM matvarde_per(CAST(current_date + 1 AS DATE))")


def test_a_kpi_that_left_the_catalogue_keeps_its_values_and_says_so(folder: Path) -> None:
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        connection.execute("UPDATE nyckeltal SET i_katalogen = false")
        gone = NOW + timedelta(days=2)
        insert(connection, "nyckeltal_version", nyckeltal_id="N00945", observerad=gone, i_katalogen=False)
    database = published(folder)
    assert query(database, "SELECT varde, status FROM matvarde") == [(31.0, "nyckeltal borttaget")]
    as_of = "SELECT varde, status FROM matvarde_per(TIMESTAMP '{}')"
    assert query(database, as_of.format(gone - timedelta(days=1))) == [(31.0, "publicerad")]
    assert query(database, as_of.format(gone)) == [(31.0, "nyckeltal borttaget")]


def test_a_value_is_preliminary_between_the_two_dates_for_the_period_to_come_and_no_other(tmp_path: Path) -> None:
    dates = {"publiceras": date(2026, 9, 30), "preliminart_publiceras": date(2026, 5, 4)}
    periods = {"N00001": "2024", "N00002": "2023", "N00003": "2023/24", "N00004": None}
    columns_of = {kpi_id: {**dates, "publicering_period": period} for kpi_id, period in periods.items()}
    filled(tmp_path, datetime(2026, 1, 1), **columns_of)
    preliminary = "SELECT DISTINCT nyckeltal_id FROM {} WHERE preliminart ORDER BY ALL"
    days: dict[date, list[tuple[str]]] = {
        date(2026, 5, 3): [],
        date(2026, 5, 4): [("N00001",)],
        date(2026, 9, 29): [("N00001",)],
        date(2026, 9, 30): [],
    }
    *_, last = days
    for day, expected in days.items():
        database = tmp_path / f"{day}.duckdb"
        publish(FileWarehouse(tmp_path / "lager.duckdb"), database, day, views=None if day == last else ())
        assert query(database, preliminary.format("matvarde")) == expected, day
        assert query(database, "SELECT count(preliminart) FROM matvarde") == [(len(periods),)]
    for day, expected in days.items():
        then = preliminary.format(f"matvarde_per(TIMESTAMP '{day} 04:15:00')")
        assert query(database, then) == expected, day


def test_a_reader_keeps_its_file_while_a_new_one_takes_its_place(folder: Path) -> None:
    target = published(folder, views=())
    reader = duckdb.connect(str(target), read_only=True)
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        connection.execute("UPDATE matvarde SET varde = 99")
    before = target.stat().st_ino
    # Publication opens the file under another name, so that one process may do both.
    published(folder, views=())
    assert target.stat().st_ino != before
    assert reader.sql("SELECT varde FROM matvarde").fetchall() == [(31.0,)]
    reader.close()
    assert query(target, "SELECT varde FROM matvarde") == [(99.0,)]


def test_a_publication_that_breaks_off_leaves_the_old_file_and_stands_in_nobody_s_way(folder: Path) -> None:
    target, warehouse = published(folder, views=()), folder / "lager.duckdb"
    good, sound = target.read_bytes(), warehouse.read_bytes()
    with FileWarehouse(warehouse).open() as connection:
        connection.execute("DROP TABLE trend")
        connection.execute("CREATE TABLE trend (fel INTEGER)")
    with pytest.raises(duckdb.Error):
        published(folder, views=())
    assert target.read_bytes() == good
    warehouse.write_bytes(sound)
    with FileWarehouse(warehouse).open() as connection:
        connection.execute("UPDATE matvarde SET varde = 99")
    published(folder, views=())
    assert query(target, "SELECT DISTINCT varde FROM matvarde") == [(99.0,)]
    assert sorted(folder.glob("analys*")) == [target]
