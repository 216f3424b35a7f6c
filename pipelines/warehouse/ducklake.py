"""A warehouse in DuckLake, which several machines share: its engine, attaching it, and who may write to it.

Tables are Parquet files, their catalogue is in PostgreSQL. The SQL over it is everybody's; what is different about such
a warehouse is here and nowhere else. psycopg2 and DuckDB's extensions are loaded only when one is used.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from pipelines.errors import BusyError, ConfigError, MalbildError
from pipelines.lake import INSTALL, Lake, ObjectStorage
from pipelines.warehouse.request_slots import shared_slots
from pipelines.warehouse.schema import schema
from pipelines.warehouse.sql import literal
from pipelines.warehouse.store import CONFIG, FileWarehouse, create_missing_tables, transaction

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Session

# Loaded from their wheels: an installation without internet has nowhere else to get them from.
_EXTENSIONS: Final = ("postgres_scanner", "ducklake")
_OBJECT_STORAGE_EXTENSION: Final = "httpfs"
_NO_INTERNET: Final = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
# Seconds and tries after which the server takes a machine that fell silent for gone, and its locks with it.
_KEEPALIVES: Final = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4"
_CONNECT_SECONDS: Final = 10
# The first of the two numbers that name an advisory lock; `request_slots` has others.
_WRITER: Final = 0x6D616C01
# How long object storage may leave a request without a word, and how often it is asked again.
_STORAGE_SECONDS, _STORAGE_RETRIES = 30, 3
# How libpq and DuckDB say that the server is not there any longer.
_SERVER_GONE: Final = (
    "Unable to connect to Postgres",
    "server closed the connection",
    "terminating connection",
    "no connection",
)
# Somebody on another machine may still read what was there.
_SNAPSHOTS_KEPT_DAYS: Final = 7
# DuckLake's functions, and whether they are told how old is old.
_MAINTENANCE: Final = (
    ("ducklake_expire_snapshots", True),
    ("ducklake_rewrite_data_files", False),
    ("ducklake_merge_adjacent_files", False),
    ("ducklake_cleanup_old_files", True),
    ("ducklake_delete_orphaned_files", True),
)
_numbers = count()
# The sessions by which this process is the writer.
_writer_sessions: dict[Lake, Session] = {}


@dataclass(frozen=True, slots=True)
class DuckLakeWarehouse:
    """One county's warehouse in a DuckLake."""

    lake: Lake

    def __str__(self) -> str:
        return str(self.lake)

    @property
    def county(self) -> str:
        return self.lake.schema

    def exists(self) -> bool:
        with session(self.lake) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{self.lake.schema}.ducklake_metadata",))
            return bool(cursor.fetchall()[0][0])

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._opened() as connection:
            create_missing_tables(connection, self)
            yield connection

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._opened(read_only=True) as connection:
            yield connection

    @contextmanager
    def attach(self, connection: duckdb.DuckDBPyConnection, name: str) -> Iterator[None]:
        with translate_errors(self.lake):
            load_extensions(connection, self.lake)
            _attach(connection, self.lake, name, read_only=True)
            yield
            connection.execute(f"DETACH {name}")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """The lock is a session of PostgreSQL's: it ends with the process, and with the machine after a minute."""
        with session(self.lake) as holding, holding.cursor() as cursor:
            key = _lock_key(self.lake.schema)
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", (_WRITER, key))
            if not cursor.fetchall()[0][0]:
                raise BusyError(
                    f"another run ({_lock_holder(cursor, key) or 'over by now'}) writes to {self}; nothing was changed "
                    "→ wait until it is done, or name another MALBILD_LAGER_SCHEMA"
                )
            _writer_sessions[self.lake] = holding
            try:
                yield
            finally:
                del _writer_sessions[self.lake]

    def request_slots(self, here: int, in_all: int) -> AbstractAsyncContextManager[AbstractAsyncContextManager[object]]:
        return shared_slots(lambda: session(self.lake), str(self), here, in_all)

    def maintain(self) -> None:
        """Forget what the warehouse was a week ago and before, and the files that were needed for that only.

        Every night leaves a few small files and some snapshots.
        """
        with self._opened() as connection:
            (name,) = connection.sql("SELECT current_database()").fetchall()[0]
            for function, by_age in _MAINTENANCE:
                older = f", older_than => now() - INTERVAL '{_SNAPSHOTS_KEPT_DAYS} days'" if by_age else ""
                connection.execute(f"CALL {function}('{name}'{older})").fetchall()

    def staging_file(self) -> Path:
        return self.lake.spill / "lager.ny.duckdb"

    def replace(self, staged: Path) -> str:
        with (
            self._opened() as connection,
            FileWarehouse(staged).attach(connection, "ny"),
            transaction(connection),
        ):
            for table in schema().stored:
                # Dropped, not emptied: another version of the program may have made it with other columns.
                connection.execute(f"DROP TABLE IF EXISTS {table.name}")
                connection.execute(table.ddl())
                connection.execute(f"INSERT INTO {table.name} BY NAME FROM ny.{table.name}")
        staged.unlink()
        return f"The old warehouse is in the earlier snapshots of {self}"

    def backup_file(self) -> Path:
        raise ConfigError(
            f"the warehouse is {self}, which no file of ours can hold as it is at one time → back it up by "
            f"`pg_dump --schema {self.lake.schema}`, and after that copy {self.lake.folder} and the data dir"
        )

    def writer(self) -> str | None:
        """Who writes to the warehouse now: machine, process, since when; None when nobody does."""
        with session(self.lake) as connection, connection.cursor() as cursor:
            return _lock_holder(cursor, _lock_key(self.lake.schema))

    @contextmanager
    def _opened(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose tables are the warehouse's."""
        # Never the same name twice: somebody else of this process may have it open.
        name = f"lager_{next(_numbers)}"
        connection = _engine(self.lake).cursor()
        with translate_errors(self.lake):
            try:
                _attach(connection, self.lake, name, read_only=read_only)
                connection.execute(f"USE {name}")
                _check_writer_session(self.lake)
                yield connection
            finally:
                try:
                    connection.execute("USE memory")
                    connection.execute(f"DETACH DATABASE IF EXISTS {name}")
                finally:
                    connection.close()


@cache
def _engine(lake: Lake) -> duckdb.DuckDBPyConnection:
    """One per process: loading the extensions takes half a second, and a run opens the warehouse a dozen times."""
    connection = duckdb.connect(config={**CONFIG, **_NO_INTERNET, "temp_directory": str(lake.spill)})
    load_extensions(connection, lake)
    return connection


def load_extensions(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Give DuckDB what the warehouse needs: the extensions, and the way to its object storage.

    Raises:
        ConfigError: an extension is not installed, or was built for another DuckDB than this.
    """
    _load([*_EXTENSIONS, *([_OBJECT_STORAGE_EXTENSION] if lake.objects else [])], connection)
    if lake.objects:
        connection.execute(f"SET GLOBAL http_timeout = {_STORAGE_SECONDS}")
        connection.execute(f"SET GLOBAL http_retries = {_STORAGE_RETRIES}")
        connection.execute(_secret(lake.objects, lake.folder))


def _load(names: Sequence[str], connection: duckdb.DuckDBPyConnection) -> None:
    for name in names:
        package = f"duckdb-extension-{name.replace('_', '-')}"
        try:
            installed = version(package)
            folder = Path(str(import_module(f"duckdb_extension_{name}").__file__)).parent
        except (PackageNotFoundError, ModuleNotFoundError):
            raise ConfigError(f"MALBILD_LAGER is set, but {package} is not installed → {INSTALL}") from None
        file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if not file.exists():
            built = ", ".join(sorted(path.name for path in file.parent.parent.glob("v*"))) or "no version"
            raise ConfigError(
                f"{package} {installed} is built for DuckDB {built}, and DuckDB v{duckdb.__version__} is installed: an "
                f"extension fits one version only → {INSTALL}"
            )
        try:
            connection.execute(f"LOAD {literal(str(file))}")
        except duckdb.Error as error:
            raise ConfigError(
                f"{package} {installed} cannot be loaded into DuckDB v{duckdb.__version__} ({_first_line(error)}) → "
                f"{INSTALL}"
            ) from None


def _secret(objects: ObjectStorage, folder: str) -> str:
    options = {"KEY_ID": objects.key_id, "SECRET": objects.secret, "REGION": objects.region, "SCOPE": folder}
    if objects.session_token:
        options["SESSION_TOKEN"] = objects.session_token
    if objects.endpoint:
        # Storage of one's own seldom has a name for every bucket.
        scheme, _, host = objects.endpoint.partition("://")
        options |= {"ENDPOINT": host.rstrip("/"), "URL_STYLE": "path", "USE_SSL": str(scheme == "https").lower()}
    parts = ", ".join(f"{name} {literal(value)}" for name, value in options.items())
    return f"CREATE OR REPLACE SECRET malbild (TYPE s3, PROVIDER config, {parts})"


def _attach(connection: duckdb.DuckDBPyConnection, lake: Lake, name: str, *, read_only: bool) -> None:
    """Attach the warehouse as `name`; made if it is not there, unless `read_only`. The extensions are loaded."""
    if lake.password is not None:
        # libpq takes it from here; in the connection string it would stand in DuckDB's error messages.
        os.environ["PGPASSWORD"] = lake.password
    os.environ.setdefault("PGCONNECT_TIMEOUT", str(_CONNECT_SECONDS))
    options = [f"METADATA_SCHEMA {literal(lake.schema)}", f"DATA_PATH {literal(f'{lake.folder}/')}"]
    options += ["READ_ONLY", "CREATE_IF_NOT_EXISTS false"] if read_only else []
    try:
        if not read_only and not lake.objects:
            Path(lake.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        connection.execute(f"ATTACH {literal(f'ducklake:postgres:{lake.dsn}')} AS {name} ({', '.join(options)})")
    except (duckdb.Error, OSError) as error:
        raise MalbildError(
            f"{lake} cannot be opened ({_first_line(error)}); nothing was changed → see that PostgreSQL runs and lets "
            f"malbild in, and that {lake.folder} is the folder that every machine uses"
        ) from None


@contextmanager
def translate_errors(lake: Lake) -> Iterator[None]:
    """What DuckDB says when PostgreSQL or the object storage fails under it, as MalbildError."""
    try:
        yield
    except duckdb.Error as error:
        if any(words in str(error) for words in _SERVER_GONE):
            raise _server_gone(lake, error) from None
        if lake.objects and isinstance(error, duckdb.IOException) and "HTTP" in str(error):
            raise MalbildError(
                f"the object storage under {lake} did not answer as it should ({_first_line(error)}); what this run "
                f"had not committed is not stored → see that {lake.folder} can be reached and written to; the "
                "next run takes it up"
            ) from None
        raise


def _check_writer_session(lake: Lake) -> None:
    """A writer whose session was cut off may not be the only one any longer: it stops before it writes more."""
    import psycopg2

    if lake in _writer_sessions:
        try:
            with _writer_sessions[lake].cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            raise _server_gone(lake, error) from None


def _server_gone(lake: Lake, error: Exception) -> MalbildError:
    return MalbildError(
        f"PostgreSQL went away under {lake} ({_first_line(error)}); what this run had not committed is not stored → "
        "see that PostgreSQL runs; the next run takes it up"
    )


@contextmanager
def session(lake: Lake) -> Iterator[Session]:
    """A session of PostgreSQL's, named after this process. Raises MalbildError when there is none to be had."""
    import psycopg2

    try:
        connection = psycopg2.connect(
            lake.dsn,
            password=lake.password,
            options=_KEEPALIVES,
            connect_timeout=_CONNECT_SECONDS,
            application_name=f"malbild {os.uname().nodename} {os.getpid()}"[:63],
        )
    except psycopg2.OperationalError as error:
        raise MalbildError(
            f"PostgreSQL cannot be reached for {lake} ({_first_line(error)}); nothing was changed → see that it runs "
            "and lets malbild in"
        ) from None
    try:
        # A transaction that stays open would keep the server from cleaning up.
        connection.autocommit = True
        yield connection
    finally:
        connection.close()


def _lock_key(text: str) -> int:
    """The second number of an advisory lock, from a text: 31 bits."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def _lock_holder(cursor: Any, key: int) -> str | None:
    cursor.execute(_HOLDER, (_WRITER, key))
    rows = cursor.fetchall()
    return str(rows[0][0]) if rows else None


def _first_line(error: Exception) -> str:
    return " ".join((str(error).splitlines() or [type(error).__name__])[0].split()).rstrip(".: ")


_HOLDER = """
SELECT s.application_name || ' since ' || to_char(s.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
FROM pg_locks l JOIN pg_stat_activity s USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
