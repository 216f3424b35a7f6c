"""The analysis over the warehouse: what it reads, and where its results go. What it computes is
`pipelines.analysis`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb
import polars as pl

from pipelines.analysis.comparison import bands, comparison
from pipelines.analysis.county import county_trend
from pipelines.analysis.equity import gender_gap, spread, sub_county_means
from pipelines.analysis.target import target
from pipelines.analysis.trend import trend
from pipelines.warehouse.frames import append, check, shape
from pipelines.warehouse.store import transaction, written_as_they_come

_AT_ONCE = 10


def compare(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the tables of läge and likvärdighet anew; table → number of rows."""
    values = _values(connection)
    ((method,),) = connection.sql("SELECT varde FROM metod WHERE regel = 'band'").fetchall()
    areas = connection.sql("SELECT omrade_id, typ, i_malbild, lansdel FROM omrade").pl()
    kommuner = areas.filter(pl.col("i_malbild") & (pl.col("typ") == "kommun"))
    similar = connection.sql(_SIMILAR).pl()
    kpis = _compared_kpis(connection)

    def results() -> Iterator[tuple[str, pl.DataFrame]]:
        # A few KPIs at a time: those of a whole country at once would be the largest frames of the night.
        for some in [*kpis.iter_slices(_AT_ONCE)] or [kpis]:
            compared = comparison(values, some, areas.drop("lansdel"), similar, bands(method))
            yield "jamforelse", compared
            yield "konsskillnad", gender_gap(compared)
        yield "spridning", spread(values, kommuner.select("omrade_id"))
        yield "lansdel_varde", sub_county_means(values, kommuner.select("omrade_id", "lansdel"))

    return _write(connection, results())


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
    results = {
        "trend": trend(values, kpis, breaks),
        "lan_trend": county_trend(values, kommuner, kpis, breaks),
        "mal": target(values, connection.sql(_CELLS).pl(), decided, kpis, breaks),
    }
    return _write(connection, results.items())


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


def _write(connection: duckdb.DuckDBPyConnection, results: Iterable[tuple[str, pl.DataFrame]]) -> dict[str, int]:
    """Replace tables by what `results` has for them, in one transaction and in parts of which no two share a key;
    table → number of rows.
    """
    rows: dict[str, int] = {}
    with transaction(connection), written_as_they_come(connection):
        for table, frame in results:
            if table not in rows:
                connection.execute(f"DELETE FROM {table}")
            append(connection, table, check(table, shape(table, frame)))
            rows[table] = rows.get(table, 0) + frame.height
    return rows
