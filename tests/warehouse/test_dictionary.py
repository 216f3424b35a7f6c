"""The data dictionary, as a document and in the database, says what the database holds: no more, no less."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from pipelines.warehouse.publish import publish
from pipelines.warehouse.schema import dictionary, schema
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.small import query


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("katalog")
    with FileWarehouse(folder / "lager.duckdb").open():
        pass
    publish(FileWarehouse(folder / "lager.duckdb"), folder / "analys.duckdb", date(2026, 11, 22))
    return folder / "analys.duckdb"


def test_the_document_says_what_the_table_says(tmp_path: Path, database: Path) -> None:
    dictionary.main([str(tmp_path)])
    described = []
    for section in (tmp_path / "datakatalog.md").read_text(encoding="utf-8").split("\n### ")[1:]:
        heading, text, *lines = filter(None, section.partition("\n## ")[0].splitlines())
        name = heading.partition("(")[0]
        described.append((name, None, text.removesuffix(".")))
        cells = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in lines[2:]]
        described += [(name, column.strip("`"), meaning.replace("\\|", "|")) for column, *_, meaning in cells]
    # Which columns `bred` has is the county's.
    table = query(database, "SELECT objekt, kolumn, beskrivning FROM datakatalog WHERE objekt <> 'bred'")
    assert sorted(described, key=str) == sorted(table, key=str)


AS_WRITTEN = "CASE schema_name WHEN 'main' THEN table_name ELSE schema_name || '.' || table_name END"


def test_the_database_describes_every_column_that_it_has_and_no_other(database: Path) -> None:
    described = query(
        database,
        """SELECT objekt, kolumn, kolumn_nummer, datatyp, beskrivning FROM datakatalog
           WHERE kolumn IS NOT NULL AND typ <> 'funktion' ORDER BY ALL""",
    )
    actual = query(
        database,
        f"""SELECT {AS_WRITTEN}, column_name, column_index, data_type, comment FROM duckdb_columns()
            WHERE NOT internal ORDER BY ALL""",
    )
    assert described == actual
    objects = query(database, "SELECT objekt, beskrivning FROM datakatalog WHERE kolumn IS NULL AND typ <> 'funktion'")
    assert set(objects) == set(
        query(
            database,
            f"""SELECT {AS_WRITTEN}, comment FROM duckdb_tables()
                UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE NOT internal""",
        )
    )


def test_functions_are_described_with_the_columns_that_they_return(database: Path) -> None:
    macros = query(database, "SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal ORDER BY ALL")
    assert macros == sorted([("bred",), *((name,) for name in schema().macros)])
    for macro in schema().macros.values():
        actual = query(database, f"SELECT column_name, column_type FROM (DESCRIBE FROM {macro.example_call})")
        described = f"SELECT kolumn, datatyp FROM datakatalog WHERE objekt = '{macro.name}' AND kolumn IS NOT NULL"
        assert query(database, f"{described} ORDER BY kolumn_nummer") == actual


def test_nothing_is_without_a_description(database: Path) -> None:
    assert query(database, "FROM datakatalog WHERE length(trim(beskrivning)) < 2") == []
    assert query(database, "SELECT count(*) > 300 FROM datakatalog") == [(True,)]
