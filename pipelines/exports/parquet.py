"""Every published table and view as Parquet, types and all, for R, Power BI and pandas.

Each file says itself what it holds: key-value metadata with description, source, terms, run and what the columns mean.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from pipelines.exports.about import About
from pipelines.exports.relations import CUT, Relation
from pipelines.warehouse.sql import literal


def write_parquet(connection: duckdb.DuckDBPyConnection, relation: Relation, about: About, folder: Path) -> Path:
    """`<name>.parquet` into `folder`, which is there."""
    file = folder / f"{relation.name}.parquet"
    metadata = ", ".join(f"{key}: {literal(text)}" for key, text in _metadata(relation, about).items())
    connection.execute(
        f"COPY ({relation.select(whole=relation.whole)}) TO {literal(str(file))} "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})"
    )
    return file


def _metadata(relation: Relation, about: About) -> dict[str, str]:
    columns = {column.name: column.comment for column in relation.table.columns.values()}
    return {
        "beskrivning": relation.table.comment if relation.whole else f"{relation.table.comment}. {CUT}",
        "kalla": about.table_line(relation.table) or about.unchanged,
        "markning": about.mark or "",
        "licens": about.publisher.licens if about.publisher else about.terms,
        "korning": about.run_id,
        "uppgifter_per": f"{about.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "enheter": "Värden är i nyckeltalets enhet: kolumnen enhet, eller nyckeltal.enhet",
        "kolumner": json.dumps(columns, ensure_ascii=False),
    }
