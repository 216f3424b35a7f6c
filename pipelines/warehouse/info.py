"""What the warehouse knows of itself as a whole: one text per key, in its private table `lager_info`."""

from __future__ import annotations

from typing import Final

import duckdb

# The source that the data dir belongs to; the corrections that were last applied; what the newest run stored amounts
# to; what the last finished publication was made of.
SOURCE: Final = "kalla"
CORRECTIONS: Final = "korrigeringar"
STORED: Final = "lagrat"
PUBLISHED: Final = "publicerat"


def read_info(connection: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """The text under the key; None when there is none."""
    rows = connection.execute("SELECT varde FROM lager_info WHERE nyckel = $1", [key]).fetchall()
    return str(rows[0][0]) if rows else None


def write_info(connection: duckdb.DuckDBPyConnection, key: str, text: str | None) -> None:
    """Put a text in the place of the one under the key; None removes it."""
    connection.execute("DELETE FROM lager_info WHERE nyckel = $1", [key])
    if text is not None:
        connection.execute("INSERT INTO lager_info BY NAME SELECT $1 AS nyckel, $2 AS varde", [key, text])
