"""What can be wrong in an installation during a run. Each holds while the run lasts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.locks import hold_data_dir
from pipelines.warehouse.store import FileWarehouse
from tests.faults.play import During, Place


def read_only(name: str) -> During:
    """This folder of the data dir ("" = the data dir itself) cannot be written to."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        folder = place.data_dir / name
        mode = folder.stat().st_mode
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(mode)

    return during


def overwritten(name: str, *, repaired: bool) -> During:
    """This file holds something else, or is new. repaired: it is as before when the run has ended."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        file = place.data_dir / name
        content = file.read_bytes() if file.exists() else b""
        if content:
            file.chmod(0o644)
        file.write_bytes(b"skadad" * (len(content) // 6 + 1))
        yield
        if repaired:
            file.write_bytes(content)

    return during


def removed(name: str) -> During:
    """This file or folder of the data dir is gone."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        # What readers see is a link to a part of the newest publication.
        path = (place.data_dir / name).resolve()
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        yield

    return during


def yaml(name: str, old: str | None, new: str = "") -> During:
    """One of the YAML files with a text replaced, or (`old` None) gone."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        file: Path = place.catalog / name
        text = file.read_text(encoding="utf-8")
        if old is None:
            file.unlink()
        else:
            assert old in text
            file.write_text(text.replace(old, new, 1), encoding="utf-8")
        yield
        file.write_text(text, encoding="utf-8")

    return during


@contextmanager
def held_by_another_run(place: Place) -> Iterator[None]:
    with hold_data_dir(place.data_dir):
        yield


@contextmanager
def source_is_kolada(place: Place) -> Iterator[None]:
    """The data dir holds real figures."""
    set_source(place, "kolada")
    yield
    set_source(place, "syntetisk")


def set_source(place: Place, source: str) -> None:
    with FileWarehouse(place.data_dir / "lager.duckdb").open() as connection:
        connection.execute("UPDATE lager_info SET varde = $1 WHERE nyckel = 'kalla'", [source])


@contextmanager
def clock_was_ahead(place: Place) -> Iterator[None]:
    """The night before ran with a clock that was a year ahead."""
    for name in ("lager.duckdb", "analys.duckdb"):
        file = place.data_dir / name
        file.chmod(0o644)
        with duckdb.connect(str(file)) as connection:
            columns = connection.sql(
                """SELECT c.schema_name, c.table_name, c.column_name
                   FROM duckdb_columns() c JOIN duckdb_tables() USING (table_oid) WHERE data_type = 'TIMESTAMP'"""
            ).fetchall()
            assert columns
            for schema, table, column in columns:
                connection.execute(f'UPDATE {schema}.{table} SET "{column}" = "{column}" + INTERVAL 400 DAY')
    yield
