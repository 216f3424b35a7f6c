"""Whether this DuckDB opens a published database and runs every view, macro and query of the handbook.

`PYTHONPATH=<folder with another duckdb> python -m tools.duckdb_versions data/demo/analys.duckdb`; CI does it with 2.x.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb

HANDBOOK = Path(__file__).parents[1] / "docs" / "handbok.md"


def statements(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """A question to every view, table and macro that has a description, and the handbook's."""
    objects = connection.sql("SELECT objekt, typ FROM datakatalog WHERE kolumn IS NULL").fetchall()
    examples = connection.sql(
        r"""SELECT regexp_extract(comment, 'Exempel: (FROM .*)$', 1) FROM duckdb_functions()
            WHERE NOT internal AND function_type = 'table_macro'"""
    ).fetchall()
    blocks = re.findall(r"```sql\n(.*?)```", HANDBOOK.read_text(encoding="utf-8"), re.DOTALL)
    return [
        *(f"FROM {name} LIMIT 5" for name, kind in objects if kind != "funktion"),
        *(f"{example} LIMIT 5" for (example,) in examples),
        *(statement for block in blocks for statement in block.split(";") if statement.strip()),
    ]


def main(database: str) -> int:
    """The number of statements that fail; each is printed with its error."""
    with duckdb.connect(database, read_only=True) as connection:
        asked = statements(connection)
        failed = 0
        for statement in asked:
            try:
                connection.sql(statement).fetchall()
            except duckdb.Error as error:
                failed += 1
                sys.stdout.write(f"{statement}\n  {error}\n")
    sys.stdout.write(f"DuckDB {duckdb.__version__}: {len(asked)} statements, {failed} failed\n")
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1]), 1))
