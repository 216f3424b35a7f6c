"""A warehouse that several machines share: two counties at once, one writer for each, so many requests in all."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import BusyError, ConfigError, MalbildError
from pipelines.kolada.archive import RawArchive
from pipelines.operation.backup import back_up
from pipelines.operation.doctor import examine_here
from pipelines.settings import Settings
from pipelines.standin.faults import Fault
from pipelines.standin.server import RequestLog
from pipelines.warehouse.ducklake import DuckLakeWarehouse, load_extensions
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.rebuild import rebuild
from pipelines.warehouse.store import FileWarehouse
from tests.cluster.postgres import INSTALL, Postgres, postgres, programs
from tests.cluster.stored import stored_rows
from tests.conftest import PATIENCE
from tests.small import CATALOG, kolada, malbild, start_command

needs_postgres = pytest.mark.skipif(programs() is None, reason=INSTALL)
SECONDS = 1200 * PATIENCE


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


def shared(dsn: str, schema: str, folder: Path) -> dict[str, str]:
    return {
        "MALBILD_LAGER": f"ducklake:postgres:{dsn}",
        "MALBILD_LAGER_SCHEMA": schema,
        "MALBILD_LAGER_DATA": str(folder),
    }


def shared_warehouse(variables: dict[str, str], data_dir: Path) -> DuckLakeWarehouse:
    warehouse = warehouse_of(Settings.from_env(variables, data_dir=data_dir))
    assert isinstance(warehouse, DuckLakeWarehouse)
    return warehouse


# --- two counties at once -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nights:
    """What two workers did at the same time. provlan: a night. grannlan: a warehouse made again from a raw archive, the
    way in for a county that had a file, in the place of what another version of the program had left there.
    """

    settings: dict[str, Settings]
    said: str
    most_at_once: int


@pytest.fixture(scope="module")
def nights(server: Postgres, small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    folder = tmp_path_factory.mktemp("lan")
    dsn, log = server.make("nights"), RequestLog()
    variables = {county: shared(dsn, county, folder / "lager") for county in ("provlan", "grannlan")}
    settings = {county: Settings.from_env(variables[county], data_dir=folder / county) for county in variables}
    with warehouse_of(settings["grannlan"]).open() as connection:
        connection.execute("ALTER TABLE malvarde RENAME COLUMN malvarde TO mal")
        connection.execute("INSERT INTO lager_info VALUES ('kalla', 'fel')")
    out, err = folder / "ut", folder / "fel"
    # Slow, so that it would have more than two requests under way if it were let.
    with kolada(None, Fault("/data/", "slow", times=None, delay=0.3), log=log) as url:
        arguments = ["run", "--kolada-url", url, "--data-dir", folder / "provlan", "--katalog", CATALOG]
        night = start_command(arguments, out, err, variables["provlan"] | {"MALBILD_ANROP_TOTALT": "2"})
        rebuild(RawArchive(small_night / "ra"), warehouse_of(settings["grannlan"]))
        night.join(SECONDS)
    assert night.exitcode == 0, err.read_text()
    return Nights(settings, out.read_text() + err.read_text(), log.most_at_once)


@needs_postgres
@pytest.mark.lang
@pytest.mark.parametrize("county", ["provlan", "grannlan"])
def test_a_county_in_a_shared_catalogue_holds_what_a_file_of_its_own_would(
    nights: Nights, small_night: Path, county: str
) -> None:
    with FileWarehouse(small_night / "lager.duckdb").open() as connection:
        own = stored_rows(connection)
    with warehouse_of(nights.settings[county]).open() as connection:
        assert stored_rows(connection) == own
    assert len(own["matvarde"]) > 100


@needs_postgres
@pytest.mark.lang
def test_a_worker_that_may_ask_for_more_at_once_keeps_to_the_total(nights: Nights) -> None:
    assert nights.settings["provlan"].requests_at_once == 3
    assert nights.most_at_once == 2


@needs_postgres
@pytest.mark.lang
def test_the_password_is_in_nothing_that_a_run_leaves(nights: Nights) -> None:
    settings = nights.settings["provlan"]
    assert Postgres.password not in nights.said + repr(settings) + str(warehouse_of(settings))
    files = [file for file in settings.data_dir.rglob("*") if file.is_file()]
    assert len(files) > 20
    for file in files:
        assert Postgres.password.encode() not in file.read_bytes(), file


@needs_postgres
@pytest.mark.lang
def test_doctor_looks_at_the_shared_warehouse_and_backup_says_what_to_do_instead(
    nights: Nights, tmp_path: Path
) -> None:
    settings = nights.settings["provlan"]
    (finding,) = [finding for finding in examine_here(settings) if finding.check == "warehouse"]
    assert finding.level == "ok"
    assert "DuckLake provlan" in finding.message
    with pytest.raises(ConfigError, match="pg_dump --schema provlan"):
        back_up(settings, tmp_path)
    assert list(tmp_path.iterdir()) == []


@needs_postgres
def test_doctor_tells_an_empty_warehouse_from_one_that_is_out_of_reach(server: Postgres, tmp_path: Path) -> None:
    empty = shared(server.make("empty"), "provlan", tmp_path / "lager")
    away = empty | {"MALBILD_LAGER": "ducklake:postgres:host=127.0.0.1 port=1 dbname=x password=hemligt"}
    for variables, level, words in ((empty, "warning", "empty"), (away, "error", "PostgreSQL cannot be reached")):
        settings = Settings.from_env(variables, data_dir=tmp_path / "data")
        (finding,) = [finding for finding in examine_here(settings) if finding.check == "warehouse"]
        assert (finding.level, words in finding.message) == (level, True), finding
        assert "hemligt" not in str(finding)


def test_the_demo_keeps_its_made_up_figures_out_of_a_shared_warehouse(tmp_path: Path) -> None:
    ended = malbild("demo", "--data-dir", tmp_path, **GOOD)
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert "MALBILD_LAGER is set: made-up figures do not belong in DuckLake provlan" in ended.err
    assert "hemligt" not in ended.err


# --- one writer -----------------------------------------------------------------------------------------------------


@needs_postgres
def test_a_second_writer_of_a_county_is_refused_by_the_name_of_the_first(server: Postgres, tmp_path: Path) -> None:
    dsn = server.make("writers")
    warehouse = shared_warehouse(shared(dsn, "provlan", tmp_path), tmp_path)
    with warehouse.hold():
        elsewhere = shared_warehouse(shared(dsn, "provlan", tmp_path), tmp_path / "annan").hold()
        said = r"another run \(malbild .* since .* UTC\) writes to DuckLake provlan"
        with pytest.raises(BusyError, match=said), elsewhere:
            pass
        assert warehouse.writer() is not None
        with shared_warehouse(shared(dsn, "grannlan", tmp_path), tmp_path).hold():
            pass
    with warehouse.hold():
        pass
    assert warehouse.writer() is None


@needs_postgres
def test_a_writer_that_lost_its_lock_writes_no_more(server: Postgres, tmp_path: Path) -> None:
    dsn = server.make("lost")
    warehouse = shared_warehouse(shared(dsn, "provlan", tmp_path), tmp_path)
    with warehouse.open():
        pass
    with warehouse.hold():
        cut_off(dsn)
        with pytest.raises(MalbildError, match="PostgreSQL went away"), warehouse.open():
            pass


def cut_off(dsn: str) -> None:
    """End every session of ours, as PostgreSQL does with those of a machine that is gone."""
    import psycopg2

    with closing(psycopg2.connect(dsn)) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'malbild %'")


# --- so many requests in all ----------------------------------------------------------------------------------------


@needs_postgres
def test_workers_take_turns_in_the_order_they_came_and_a_dead_one_gives_its_turns_back(
    server: Postgres, tmp_path: Path
) -> None:
    dsn = server.make("turns")
    warehouse = shared_warehouse(shared(dsn, "provlan", tmp_path), tmp_path)
    running, most, order = 0, 0, []

    async def ask(gate: object, who: str) -> None:
        nonlocal running, most
        async with gate:  # type: ignore[attr-defined]
            running += 1
            most = max(most, running)
            order.append(who)
            await asyncio.sleep(0.005)
            running -= 1

    async def both() -> None:
        async with (
            warehouse.request_slots(2, 2) as large,
            warehouse.request_slots(2, 2) as small,
            asyncio.TaskGroup() as group,
        ):
            for number in range(40):
                group.create_task(ask(large, "large"))
                if number < 10:
                    group.create_task(ask(small, "small"))

    async def dying() -> None:
        async with warehouse.request_slots(3, 2) as gate:
            await gate.__aenter__()
            await gate.__aenter__()
            cut_off(dsn)
            async with warehouse.request_slots(3, 2) as other, asyncio.timeout(300):
                await ask(other, "next")
            with pytest.raises(MalbildError, match="PostgreSQL went away while Kolada was asked"):
                await gate.__aenter__()

    asyncio.run(both())
    assert most == 2
    assert len(order) == 50
    # In one queue every other turn is the small one's until it is done; who only looks now and then comes late.
    assert max(place for place, who in enumerate(order) if who == "small") < 26
    asyncio.run(dying())


# --- settings -------------------------------------------------------------------------------------------------------

KEYS = {"AWS_ACCESS_KEY_ID": "nyckel", "AWS_SECRET_ACCESS_KEY": "hemligt"}
GOOD = shared("host=127.0.0.1 dbname=lager user=malbild password=hemligt", "provlan", Path("/srv/lager"))


def test_the_setting_is_read_and_its_password_kept_apart() -> None:
    lake = shared_warehouse(GOOD, Path("data")).lake
    assert (lake.schema, lake.folder, lake.password) == ("provlan", "/srv/lager/provlan", "hemligt")
    assert "hemligt" not in f"{lake} {lake!r} {lake.dsn}"
    assert "dbname=lager" in str(lake)
    remote = shared_warehouse(GOOD | KEYS | {"MALBILD_LAGER_DATA": "s3://hink/lager/"}, Path("data")).lake
    assert remote.folder == "s3://hink/lager/provlan"
    assert "hemligt" not in f"{remote} {remote!r}"
    assert isinstance(warehouse_of(Settings.from_env({})), FileWarehouse)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"MALBILD_LAGER": "postgres:password=hemligt"}, "MALBILD_LAGER does not begin with ducklake:postgres:"),
        ({"MALBILD_LAGER": "ducklake:postgres:password=hemligt host"}, "MALBILD_LAGER cannot be read"),
        ({"MALBILD_LAGER": "ducklake:postgres:password=hemligt"}, "names no database"),
        ({"MALBILD_LAGER_SCHEMA": ""}, "MALBILD_LAGER_SCHEMA='' names no schema"),
        ({"MALBILD_LAGER_SCHEMA": 'x"; DROP'}, "names no schema"),
        ({"MALBILD_LAGER_DATA": "lager"}, "MALBILD_LAGER_DATA='lager' is neither an absolute path nor s3://"),
        ({"MALBILD_LAGER_DATA": "s3:///lager"}, "is neither an absolute path nor s3:// with a bucket"),
        (
            {"MALBILD_LAGER_DATA": "s3://hink/lager", **KEYS, "AWS_SECRET_ACCESS_KEY": ""},
            "AWS_SECRET_ACCESS_KEY is not",
        ),
        ({"MALBILD_LAGER_DATA": "s3://hink", **KEYS, "AWS_ENDPOINT_URL": "http://s3.example.se"}, "can be listened to"),
        (
            {"MALBILD_LAGER_DATA": "s3://hink", **KEYS, "AWS_ENDPOINT_URL": "https://a:hemligt@s3.se"},
            "user name or passw",
        ),
    ],
)
def test_a_setting_that_is_wrong_is_named_and_no_password_shown(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_env(GOOD | wrong)
    assert named in str(raised.value)
    assert "hemligt" not in str(raised.value)


def test_a_database_that_is_out_of_reach_is_named_without_its_password(tmp_path: Path) -> None:
    away = shared_warehouse(shared("host=127.0.0.1 port=1 dbname=x password=hemligt", "provlan", tmp_path), tmp_path)
    with pytest.raises(MalbildError) as opening, away.open():
        pass
    with pytest.raises(MalbildError) as holding, away.hold():
        pass
    for raised in (opening, holding):
        assert "dbname=x" in str(raised.value)
        assert "hemligt" not in str(raised.value)
        assert raised.value.__cause__ is None


def test_an_extension_of_another_version_is_refused_with_both_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "duckdb_extension_ducklake"
    (package / "extensions" / "v1.4.0").mkdir(parents=True)
    (package / "__init__.py").touch()
    info = tmp_path / "duckdb_extension_ducklake-1.4.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: duckdb-extension-ducklake\nVersion: 1.4.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    # monkeypatch would put the false one back, where the real one had not been loaded.
    real = sys.modules.pop("duckdb_extension_ducklake", None)
    try:
        with duckdb.connect() as connection, pytest.raises(ConfigError) as raised:
            load_extensions(connection, shared_warehouse(GOOD, tmp_path).lake)
    finally:
        sys.modules.pop("duckdb_extension_ducklake", None)
        if real is not None:
            sys.modules["duckdb_extension_ducklake"] = real
    line = str(raised.value)
    assert "duckdb-extension-ducklake 1.4.0 is built for DuckDB v1.4.0" in line
    assert f"DuckDB v{duckdb.__version__} is installed" in line
