"""A second county, and what two warehouses of the same nights must have in common."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse.schema import schema
from tests.small import CATALOG

# Which run and when, and how many bytes its archive took: two runs never share these.
_OF_THE_RUN = {"korning_id", "dagster_id", "byte", "arkiv_byte"}


def other_county(folder: Path) -> Path:
    """The YAML files of a county beside that of tests/data/catalog-minimal: another region and one other kommun."""
    shutil.copytree(CATALOG, folder)
    file = folder / "kommuner.yaml"
    text = file.read_text(encoding="utf-8")
    for ours, theirs in (("Provlän", "Grannlän"), ("0461", "1000"), ("Östby", "Annan kommun"), ("0004", "0001")):
        text = text.replace(ours, theirs)
    file.write_text(text, encoding="utf-8")
    return folder


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of the warehouse, its rows in order, without what tells the run and its times."""
    found = {}
    for table in schema().stored:
        columns = [c.name for c in table.stored_columns if c.type != "TIMESTAMP" and c.name not in _OF_THE_RUN]
        # What was published last is a fingerprint of the times, among other things.
        only = " WHERE nyckel <> 'publicerat'" if table.name == "lager_info" else ""
        query = f"SELECT {', '.join(columns)} FROM {table.name}{only} ORDER BY ALL"
        found[table.name] = connection.sql(query).fetchall()
    return found
