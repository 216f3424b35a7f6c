"""How far the stored values reach, for those who look at the graph. What is published says it in views (`saknas`)."""

from __future__ import annotations

import duckdb
import polars as pl


def newest_year_per_area(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, ar (newest with a value), antal (values), for the målbild's own områden."""
    return connection.sql(
        """SELECT nyckeltal_id, omrade_id, max(ar) AS ar, count(*) AS antal
           FROM matvarde JOIN omrade USING (omrade_id) WHERE i_malbild AND varde IS NOT NULL
           GROUP BY ALL ORDER BY ALL"""
    ).pl()


def preview(connection: duckdb.DuckDBPyConnection, rows: int) -> pl.DataFrame:
    """The newest values of the målbild's own områden, totals, for a look."""
    return connection.sql(
        """SELECT nyckeltal_id, omrade_id, namn, ar, varde, status, korning_id
           FROM matvarde JOIN omrade USING (omrade_id) WHERE i_malbild AND kon = 'T' AND varde IS NOT NULL
           ORDER BY ar DESC, nyckeltal_id, omrade_id LIMIT $1""",
        params=[rows],
    ).pl()
