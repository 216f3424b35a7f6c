"""The analysis over the warehouse: what it reads, and where its results go. What it computes is
`pipelines.analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from pipelines.analysis.comparison import bands, comparison
from pipelines.analysis.county import county_trend
from pipelines.analysis.equity import gender_gap, spread, sub_county_means
from pipelines.analysis.target import target
from pipelines.analysis.trend import trend
from pipelines.warehouse.frames import append, check, polars_schema, shape
from pipelines.warehouse.schema import BY_NAME
from pipelines.warehouse.store import transaction

_AT_ONCE = 10


def compare(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the tables of läge and likvärdighet anew; table → number of rows."""
    values = _values(connection)
    ((method,),) = connection.sql("SELECT varde FROM metod WHERE regel = 'band'").fetchall()
    areas = connection.sql("SELECT omrade_id, typ, i_malbild, lansdel FROM omrade").pl()
    kommuner = areas.filter(pl.col("i_malbild") & (pl.col("typ") == "kommun"))
    similar = connection.sql(_SIMILAR).pl()
    # A few KPIs at a time: those of a whole country at once would be the largest frames of the night.
    parts = [
        shape("jamforelse", comparison(values, kpis, areas.drop("lansdel"), similar, bands(method)))
        for kpis in _compared_kpis(connection).iter_slices(_AT_ONCE)
    ]
    compared = pl.concat([pl.DataFrame(schema=polars_schema(BY_NAME["jamforelse"])), *parts])
    return _write(
        connection,
        {
            "jamforelse": compared,
            "konsskillnad": gender_gap(compared),
            "spridning": spread(values, kommuner.select("omrade_id")),
            "lansdel_varde": sub_county_means(values, kommuner.select("omrade_id", "lansdel")),
        },
    )


def _compared_kpis(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every KPI with a value, in order; one that has left the YAML has values still, and nothing else."""
    return connection.sql(
        """SELECT nyckeltal_id, riktning, enhet, underlag, osakerhet_nyckeltal_id, taljare_nyckeltal_id,
               namnare_nyckeltal_id, per
           FROM (SELECT DISTINCT nyckeltal_id FROM matvarde) LEFT JOIN nyckeltal USING (nyckeltal_id)
           ORDER BY nyckeltal_id"""
    ).pl()


def judge_trends(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the tables of riktning and mål anew; table → number of rows."""
    values = _values(connection)
    kpis = connection.sql("SELECT nyckeltal_id, riktning, overlappande_ar FROM nyckeltal").pl()
    breaks = connection.sql("SELECT nyckeltal_id, ar, sista_gamla_ar FROM nyckeltal_brott").pl()
    decided = connection.sql("SELECT * EXCLUDE (beslut, kalla) FROM malvarde WHERE beslut = 'beslutad'").pl()
    kommuner = connection.sql("SELECT omrade_id FROM omrade WHERE i_malbild AND typ = 'kommun'").pl()
    return _write(
        connection,
        {
            "trend": trend(values, kpis, breaks),
            "lan_trend": county_trend(values, kommuner, kpis, breaks),
            "mal": target(values, connection.sql(_CELLS).pl(), decided, kpis, breaks),
        },
    )


# The present members of the group that a KPI is compared with, per huvudman.
_SIMILAR = """
SELECT n.nyckeltal_id, h.omrade_id, h.grupp_id, g.omrade_id AS medlem_id
FROM nyckeltal n
JOIN huvudman_grupp h ON true
JOIN omrade o ON o.omrade_id = h.omrade_id
JOIN grupp_medlem g ON g.grupp_id = h.grupp_id AND g.till IS NULL
WHERE h.amne = CASE o.typ WHEN 'kommun' THEN n.jamforelsegrupp_kommun ELSE n.jamforelsegrupp_region END
"""

# Every nyckeltal of a mått for every huvudman that it can concern.
_CELLS = """
SELECT DISTINCT n.nyckeltal_id, o.omrade_id
FROM matt_nyckeltal k JOIN nyckeltal n USING (nyckeltal_id)
JOIN omrade o ON o.i_malbild AND (n.niva = 'A' OR n.niva = CASE o.typ WHEN 'kommun' THEN 'K' ELSE 'L' END)
"""


def _values(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return connection.sql(
        """SELECT nyckeltal_id, omrade_id, ar, kon, varde, status = 'ersatt' AS ersatt
           FROM matvarde WHERE varde IS NOT NULL ORDER BY nyckeltal_id, omrade_id, kon, ar"""
    ).pl()


def _write(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    """Replace tables of results in one transaction, once the frames fit their schemas."""
    checked = {table: check(table, shape(table, frame)) for table, frame in tables.items()}
    with transaction(connection):
        for table, frame in checked.items():
            connection.execute(f"DELETE FROM {table}")
            append(connection, table, frame)
    return {table: frame.height for table, frame in checked.items()}
