"""What can be wrong in an installation while a night runs. Each is a `During`: it holds, and is mended after."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipelines.locks import hold_data_dir
from pipelines.warehouse.store import FileWarehouse
from tests.faults.play import During, Place


def closed(*names: str) -> During:
    """These folders of the data dir ("" = itself) cannot be written to."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        folders = [place.data_dir / name for name in names]
        rights = [folder.stat().st_mode for folder in folders]
        for folder in folders:
            folder.chmod(0o500)
        try:
            yield
        finally:
            for folder, mode in zip(folders, rights, strict=True):
                folder.chmod(mode)

    return during


def damaged(name: str) -> During:
    """The middle of this file is overwritten; the night after finds it as it was."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        file = place.data_dir / name
        right = file.read_bytes()
        file.chmod(0o644)
        file.write_bytes(b"skadad" * (len(right) // 6 + 1))
        yield
        file.write_bytes(right)

    return during


def spoiled(name: str, content: bytes = b"skadad") -> During:
    """This file holds something else, or is new, and nobody puts it right."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        file = place.data_dir / name
        if file.exists():
            file.chmod(0o644)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        yield

    return during


def gone(name: str) -> During:
    """This file or folder of the data dir has been removed."""

    @contextmanager
    def during(place: Place) -> Iterator[None]:
        path = place.data_dir / name
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
        right = file.read_text(encoding="utf-8")
        if old is None:
            file.unlink()
        else:
            assert old in right
            file.write_text(right.replace(old, new, 1), encoding="utf-8")
        yield
        file.write_text(right, encoding="utf-8")

    return during


@contextmanager
def held(place: Place) -> Iterator[None]:
    """Another run holds the data dir."""
    with hold_data_dir(place.data_dir):
        yield


@contextmanager
def of_kolada(place: Place) -> Iterator[None]:
    """The data dir holds real figures."""
    with FileWarehouse(place.data_dir / "lager.duckdb").open() as connection:
        connection.execute("UPDATE lager_info SET varde = 'kolada' WHERE nyckel = 'kalla'")
    yield
    with FileWarehouse(place.data_dir / "lager.duckdb").open() as connection:
        connection.execute("UPDATE lager_info SET varde = 'syntetisk' WHERE nyckel = 'kalla'")


@contextmanager
def ahead(place: Place) -> Iterator[None]:
    """The night before ran with a clock that was thirty days ahead."""
    for name in ("lager.duckdb", "analys.duckdb"):
        file = place.data_dir / name
        file.chmod(0o644)
        with duckdb.connect(str(file)) as connection:
            columns = connection.sql(
                """SELECT c.table_name, c.column_name FROM duckdb_columns() c JOIN duckdb_tables() USING (table_oid)
                   WHERE data_type = 'TIMESTAMP'"""
            ).fetchall()
            assert columns
            for table, column in columns:
                connection.execute(f'UPDATE {table} SET "{column}" = "{column}" + INTERVAL 30 DAY')
    yield
