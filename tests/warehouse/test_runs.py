"""The journal of runs, the data dir's source, and its lock."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.errors import BusyError, ConfigError, MalbildError
from pipelines.locks import hold_data_dir
from pipelines.warehouse import cursor, journal
from pipelines.warehouse.publication import note_stored
from pipelines.warehouse.store import FileWarehouse, transaction
from tests.warehouse.small import NOW, kpi


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        yield connection


def start(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    journal.start_run(connection, run_id, started=NOW, version="0.1.0", dagster_id=run_id)


def test_a_run_that_never_ended_was_broken_off(warehouse: duckdb.DuckDBPyConnection) -> None:
    start(warehouse, "natt-1")
    start(warehouse, "natt-2")
    journal.end_run(warehouse, "natt-2", journal.DONE, NOW)
    outcomes = [journal.run_row(warehouse, run)["utfall"] for run in ("natt-1", "natt-2")]
    assert outcomes == ["avbruten", "klar"]


def test_a_run_that_fails_after_it_published_is_a_failed_run(warehouse: duckdb.DuckDBPyConnection) -> None:
    start(warehouse, "natt-1")
    journal.end_run(warehouse, "natt-1", journal.DONE, NOW)
    journal.end_run(warehouse, "natt-1", journal.DONE, NOW + timedelta(minutes=1))
    assert journal.run_row(warehouse, "natt-1")["avslutad"] == NOW
    journal.end_run(warehouse, "natt-1", journal.FAILED, NOW + timedelta(minutes=2), "ingen plats på disken")
    row = journal.run_row(warehouse, "natt-1")
    assert (row["utfall"], row["avslutad"]) == ("misslyckad", NOW + timedelta(minutes=2))
    assert row["felmeddelande"] == "ingen plats på disken"


def test_a_data_dir_belongs_to_its_first_source(warehouse: duckdb.DuckDBPyConnection) -> None:
    journal.bind_source(warehouse, "kolada")
    journal.bind_source(warehouse, "kolada")
    with pytest.raises(ConfigError, match="holds figures from 'kolada' and may not take any from 'syntetisk'"):
        journal.bind_source(warehouse, "syntetisk")


def test_observed_is_later_than_every_earlier_run_when_the_clock_goes_back(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    assert journal.next_observed(warehouse, "natt-2", NOW) == NOW
    start(warehouse, "natt-1")
    journal.note(warehouse, "natt-1", observerad=NOW)
    assert journal.next_observed(warehouse, "natt-2", NOW - timedelta(days=400)) == NOW + timedelta(microseconds=1)
    assert journal.next_observed(warehouse, "natt-2", NOW + timedelta(days=1)) == NOW + timedelta(days=1)


def test_another_process_cannot_hold_the_same_data_dir(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom pipelines.locks import hold_data_dir\n"
        "with hold_data_dir(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {other.pid}"), hold_data_dir(tmp_path):
            pass
        other.kill()
        other.wait()
    # The lock went with the process.
    with hold_data_dir(tmp_path):
        pass


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "lager.duckdb").write_text("inte en databas, men längre än ett huvud" * 200)
    with (
        pytest.raises(MalbildError, match=r"lager\.duckdb cannot be opened .*restore a backup"),
        FileWarehouse(tmp_path / "lager.duckdb").open(),
    ):
        pass


def test_a_warehouse_that_is_read_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "lager.duckdb"
    with FileWarehouse(path).open():
        pass
    reading = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", reading, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin
    assert other.stdout
    other.stdout.readline()
    timer = threading.Timer(0.5, other.stdin.close)
    timer.start()
    with FileWarehouse(path).open() as connection:
        assert connection.sql("SELECT count(*) FROM korning").fetchall() == [(0,)]
    timer.join()
    other.wait()


def test_a_warehouse_of_another_version_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "lager.duckdb"
    with FileWarehouse(path).open():
        pass
    with duckdb.connect(str(path)) as older:
        older.execute("ALTER TABLE korning DROP COLUMN arkiv_byte")
    with (
        pytest.raises(ConfigError, match="table korning differs in arkiv_byte → `malbild rebuild`"),
        FileWarehouse(path).open(),
    ):
        pass


def test_a_run_that_is_taken_up_again_keeps_its_beginning_and_its_source(warehouse: duckdb.DuckDBPyConnection) -> None:
    start(warehouse, "natt-1")
    journal.note(warehouse, "natt-1", kalla="kolada", anrop=73)
    journal.end_run(warehouse, "natt-1", journal.FAILED, NOW, "disken är full")
    later = NOW + timedelta(hours=3)
    began = journal.start_run(warehouse, "natt-1", started=later, version="0.1.0", dagster_id="d2")
    row = journal.run_row(warehouse, "natt-1")
    assert (began, row["startad"], row["kalla"], row["anrop"]) == (NOW, NOW, "kolada", 73)
    assert (row["utfall"], row["avslutad"], row["felmeddelande"], row["dagster_id"]) == ("pågår", None, None, "d2")


def test_a_whole_fetch_in_the_future_does_not_put_off_the_next(warehouse: duckdb.DuckDBPyConnection) -> None:
    week = timedelta(days=7)
    start(warehouse, "natt-1")
    journal.note(warehouse, "natt-1", fullstandig=True, hel=True, observerad=NOW)
    assert not cursor.is_due(warehouse, NOW + timedelta(days=1), week)
    # The same hour of the seventh night, early or late.
    assert not cursor.is_due(warehouse, NOW + week - timedelta(hours=13), week)
    assert cursor.is_due(warehouse, NOW + week - timedelta(hours=11), week)
    # The clock was wrong that night.
    assert cursor.is_due(warehouse, NOW - timedelta(days=1), week)


def test_the_day_on_which_values_stop_being_preliminary_is_news(warehouse: duckdb.DuckDBPyConnection) -> None:
    kpi(warehouse, "N00001", preliminart_publiceras=date(2026, 5, 1), publiceras=date(2026, 12, 1))
    days = (date(2026, 11, 29) + timedelta(days=n) for n in range(4))
    before, last, first, after = (note_stored(warehouse, "natt-1", [], day) for day in days)
    assert before == last
    assert last != first
    assert first == after


def test_what_was_fetched_in_the_future_counts_as_never_fetched(warehouse: duckdb.DuckDBPyConnection) -> None:
    pairs = pl.DataFrame({"nyckeltal_id": ["N00945"], "omrade_id": ["0484"], "hel": [True]})
    with transaction(warehouse):
        cursor.advance(warehouse, pairs, NOW)
    assert cursor.fetched(warehouse, NOW) == {"N00945": {"0484": NOW}}
    assert cursor.fetched(warehouse, NOW - timedelta(days=1)) == {}


_FILE_ONLY = """
import sys
from pathlib import Path
from pipelines.settings import Settings
from pipelines.warehouse.location import warehouse_of
with warehouse_of(Settings(Path(sys.argv[1]))).open():
    print(sorted(name for name in sys.modules if name.startswith(("psycopg2", "duckdb_extension", "dagster"))))
"""


def test_a_warehouse_in_a_file_needs_nothing_of_postgresql(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _FILE_ONLY, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_only_reads_the_warehouse_makes_nothing_in_it(tmp_path: Path) -> None:
    warehouse = FileWarehouse(tmp_path / "lager.duckdb")
    with pytest.raises(MalbildError, match="cannot be opened"), warehouse.read():
        pass
    assert not warehouse.exists()
    duckdb.connect(str(warehouse.path)).close()
    with warehouse.read() as connection:
        assert connection.sql("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
