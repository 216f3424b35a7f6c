"""The analysis over the warehouse: what it reads, and where its results go. What it computes is
`pipelines.analysis`.
"""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.analysis.comparison import comparison
from pipelines.analysis.trend import trend
from pipelines.warehouse.frames import check, shape
from pipelines.warehouse.store import transaction


def compare(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table `jamforelse` anew and return its number of rows."""
    frame = comparison(
        _values(connection),
        connection.sql("SELECT nyckeltal_id, riktning FROM nyckeltal").pl(),
        connection.sql("SELECT omrade_id, typ, i_malbild AND typ = 'kommun' AS i_lanet FROM omrade").pl(),
        connection.sql(_SIMILAR).pl(),
        connection.sql(
            "SELECT nyckeltal_id, osakerhet_nyckeltal_id FROM nyckeltal WHERE osakerhet_nyckeltal_id IS NOT NULL"
        ).pl(),
    )
    return _write(connection, "jamforelse", frame)


def judge_trends(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table `trend` anew and return its number of rows."""
    return _write(connection, "trend", trend(_values(connection)))


# The present members of the group that a KPI is compared with, per huvudman.
_SIMILAR = """
SELECT n.nyckeltal_id, h.omrade_id, h.grupp_id, g.omrade_id AS medlem_id
FROM nyckeltal n
JOIN huvudman_grupp h ON true
JOIN omrade o ON o.omrade_id = h.omrade_id
JOIN grupp_medlem g ON g.grupp_id = h.grupp_id AND g.till IS NULL
WHERE h.amne = CASE o.typ WHEN 'kommun' THEN n.jamforelsegrupp_kommun ELSE n.jamforelsegrupp_region END
"""


def _values(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return connection.sql("SELECT nyckeltal_id, omrade_id, ar, kon, varde FROM matvarde WHERE varde IS NOT NULL").pl()


def _write(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> int:
    """Replace a table of results, once the frame fits its schema."""
    checked = check(table, shape(table, frame))
    connection.register("resultat", checked)
    with transaction(connection):
        connection.execute(f"DELETE FROM {table}")
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM resultat")
    connection.unregister("resultat")
    return checked.height
