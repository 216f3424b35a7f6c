"""The CSV files described as a Frictionless data package (version 1): schema, dialect, size, checksum, source, terms.

The schema comes from the warehouse's own table definitions. Foreign keys are claimed where they hold in the data: a
value may outlive its nyckeltal in the YAML, a membership its group.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.exports import csvfiles
from pipelines.exports.about import VALUES_TABLE, About
from pipelines.exports.relations import CUT, Relation
from pipelines.settings import KOLADA
from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.tables import Column, DuckType, Table

FILE: Final = "datapackage.json"
CSV_FOLDER: Final = "csv"
EXCEL_FOLDER: Final = "csv-excel"
KOLADA_SITE: Final = "https://www.kolada.se"
NEWEST: Final = "Av grupper och övriga områden bara det senaste värdet i varje serie."
NEWEST_OF_GROUPS: Final = "Av jämförelsegrupperna bara det senaste värdet i varje serie."
NEUTRAL: Final = (
    "Text som börjar med =, +, -, @, tabb eller radslut har en apostrof först, så att ingen cell blir en formel."
)

_TYPES: dict[DuckType, str] = {
    "VARCHAR": "string",
    "JSON": "string",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
}

# Column → the (table, column) that it refers to.
_References = Mapping[str, tuple[str, str]]


def write_datapackage(
    connection: duckdb.DuckDBPyConnection,
    about: About,
    exported: Sequence[Relation],
    folder: Path,
    digests: Mapping[Path, str],
) -> None:
    """`datapackage.json` into `folder`, where the CSV files are; `digests`: file → its SHA-256 in hex."""
    tables = [relation.table for relation in exported]
    for_programs = [relation.table for relation in exported if not relation.order]
    keys = {table.name: _foreign_keys(connection, table) for table in tables}
    package = {
        "profile": "tabular-data-package",
        "name": "malbild",
        "title": about.title,
        "description": " ".join(filter(None, (f"{about.mark}." if about.mark else "", about.citation, NEUTRAL))),
        "created": f"{about.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "licenses": _licences(about),
        "resources": [
            *(_resource(table, about, folder, digests, keys[table.name], excel=False) for table in for_programs),
            *(_resource(table, about, folder, digests, keys[table.name], excel=True) for table in tables),
        ],
    }
    (folder / FILE).write_text(json.dumps(package, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _licences(about: About) -> list[dict[str, str]]:
    """Kolada names no licence, so none is claimed for its values; the publisher's own is listed as well."""
    terms = {"name": "koladas-villkor" if about.source == KOLADA else "ingen-licens", "title": about.terms}
    if about.publisher is None:
        return [terms]
    return [{"path": about.publisher.licens, "title": f"Licens enligt {about.publisher.namn}"}, terms]


def _resource(
    table: Table, about: About, folder: Path, digests: Mapping[Path, str], keys: _References, *, excel: bool
) -> dict[str, Any]:
    path = f"{EXCEL_FOLDER if excel else CSV_FOLDER}/{table.name}.csv"
    # Names are unique in a package, and the Excel files refer to each other.
    suffix = "-excel" if excel else ""
    notes = [table.comment, _cut(table, excel=excel), about.table_line(table)]
    if about.mark not in (None, about.table_line(table)):
        notes.append(about.mark)
    schema: dict[str, Any] = {
        "fields": [_field(column, excel=excel) for column in table.columns.values()],
        "missingValues": [""],
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    if keys:
        schema["foreignKeys"] = [
            {"fields": [column], "reference": {"resource": f"{target}{suffix}", "fields": [key]}}
            for column, (target, key) in keys.items()
        ]
    resource: dict[str, Any] = {
        "profile": "tabular-data-resource",
        "name": f"{table.name}{suffix}",
        "path": path,
        "title": table.name,
        "description": " ".join(f"{note.rstrip('.')}." for note in notes if note),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": (folder / path).stat().st_size,
        "hash": f"sha256:{digests[folder / path]}",
        "dialect": {
            "delimiter": ";" if excel else ",",
            "lineTerminator": "\r\n" if excel else "\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": schema,
    }
    # Corrected values are our own, so Kolada is not named for a table that holds some.
    if table.name == VALUES_TABLE and about.source == KOLADA and about.all_unchanged:
        resource["sources"] = [{"title": "Kolada", "path": KOLADA_SITE}]
    return resource


def _cut(table: Table, *, excel: bool) -> str | None:
    if not table.per_area:
        return None
    if "nyast" not in table.columns:
        return CUT
    return f"{CUT} {NEWEST_OF_GROUPS if excel else NEWEST}"


def _field(column: Column, *, excel: bool) -> dict[str, Any]:
    kind = _TYPES[column.type]
    field: dict[str, Any] = {"name": column.name, "type": kind, "description": column.comment}
    if kind == "datetime":
        field["format"] = csvfiles.EXCEL_TIME_FORMAT.replace("%6f", "%f") if excel else csvfiles.TIME_FORMAT
    if excel and kind == "number":
        field["decimalChar"] = ","
    if excel and kind == "boolean":
        field |= {"trueValues": [csvfiles.YES], "falseValues": [csvfiles.NO]}
    if not column.nullable:
        field["constraints"] = {"required": True}
    return field


def _foreign_keys(connection: duckdb.DuckDBPyConnection, table: Table) -> _References:
    """The references that every row of the table keeps."""
    return {
        column: (target, key)
        for column, (target, key) in table.references().items()
        if not connection.sql(
            f"""SELECT 1 FROM (SELECT DISTINCT {column} AS id FROM {table.published_name} WHERE {column} IS NOT NULL) t
                ANTI JOIN {schema().tables[target].published_name} k ON k.{key} = t.id LIMIT 1"""  # noqa: S608 - names of our schema
        ).fetchall()
    }
