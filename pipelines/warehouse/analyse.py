"""The analysis over the warehouse: what it reads, and where its results go. What it computes is
`pipelines.analysis`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import duckdb
import polars as pl

from pipelines.analysis.comparison import COMPANIONS, bands, comparison
from pipelines.analysis.county import county_trend
from pipelines.analysis.equity import gender_gap, spread, sub_county_means
from pipelines.analysis.target import target
from pipelines.analysis.trend import trend
from pipelines.settings import CHUNK_SIZE
from pipelines.streaming import prefetch
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.frames import append, check, shape
from pipelines.warehouse.store import single_threaded, transaction

T = TypeVar("T")

# What is computed of values is several times as wide as they are.
_SHARE = 2


def compare(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> dict[str, int]:
    """Write the tables of läge and likvärdighet anew; table → number of rows. `chunk_size`: how many values' worth of
    memory they may take.
    """
    ((method,),) = connection.sql("SELECT varde FROM metod WHERE regel = 'band'").fetchall()
    areas = connection.sql("SELECT omrade_id, typ, i_malbild, lansdel FROM omrade").pl()
    kommuner = areas.filter(pl.col("i_malbild") & (pl.col("typ") == "kommun"))
    similar = connection.sql(_SIMILAR).pl()
    kpis = _compared_kpis(connection)

    def read() -> Iterator[tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]]:
        for ids in _chunks_or_none(dict(kpis.select("nyckeltal_id", "antal").iter_rows()), chunk_size):
            some = kpis.filter(pl.col("nyckeltal_id").is_in(ids)).drop("antal")
            companions = {kpi for name in COMPANIONS for kpi in some[name].drop_nulls()}.difference(ids)
            yield some, _values(connection, ids), [_values(connection, [kpi]) for kpi in sorted(companions)]

    def results(portion: tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame]]) -> dict[str, pl.DataFrame]:
        some, values, beside = portion
        compared = comparison(pl.concat([values, *beside]), some, areas.drop("lansdel"), similar, bands(method))
        return {
            "jamforelse": compared,
            "konsskillnad": gender_gap(compared),
            "spridning": spread(values, kommuner.select("omrade_id")),
            "lansdel_varde": sub_county_means(values, kommuner.select("omrade_id", "lansdel")),
        }

    return _write(connection, prefetch(_fitting(results), read(), threads=2))


def _compared_kpis(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every KPI with a value, and how many; one that has left the YAML has values still, and nothing else."""
    return connection.sql(
        """SELECT nyckeltal_id, riktning, enhet, underlag, osakerhet_nyckeltal_id, taljare_nyckeltal_id,
               namnare_nyckeltal_id, per, antal
           FROM (SELECT nyckeltal_id, count(*) AS antal FROM matvarde GROUP BY nyckeltal_id)
           LEFT JOIN nyckeltal USING (nyckeltal_id)
           ORDER BY nyckeltal_id"""
    ).pl()


def judge_trends(connection: duckdb.DuckDBPyConnection, chunk_size: int = CHUNK_SIZE) -> dict[str, int]:
    """Write the tables of riktning and mål anew; table → number of rows. `chunk_size`: as for `compare`."""
    kpis = connection.sql("SELECT nyckeltal_id, riktning, overlappande_ar FROM nyckeltal").pl()
    breaks = connection.sql("SELECT nyckeltal_id, ar, sista_gamla_ar FROM nyckeltal_brott").pl()
    decided = connection.sql("SELECT * EXCLUDE (beslut, kalla) FROM malvarde WHERE beslut = 'beslutad'").pl()
    kommuner = connection.sql("SELECT omrade_id FROM omrade WHERE i_malbild AND typ = 'kommun'").pl()
    cells = connection.sql(_CELLS).pl()
    counts = connection.sql("SELECT nyckeltal_id, count(*) FROM matvarde GROUP BY nyckeltal_id").fetchall()
    # A cell of a nyckeltal without values has its row in `mal` too.
    rows = dict.fromkeys(cells["nyckeltal_id"].unique(), 0) | dict(counts)

    def read() -> Iterator[tuple[list[str], pl.DataFrame]]:
        for ids in _chunks_or_none(rows, chunk_size):
            yield ids, _values(connection, ids)

    def results(portion: tuple[list[str], pl.DataFrame]) -> dict[str, pl.DataFrame]:
        ids, values = portion
        return {
            "trend": trend(values, kpis, breaks),
            "lan_trend": county_trend(values, kommuner, kpis, breaks),
            "mal": target(values, cells.filter(pl.col("nyckeltal_id").is_in(ids)), decided, kpis, breaks),
        }

    return _write(connection, prefetch(_fitting(results), read(), threads=2))


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


def _chunks_or_none(rows: Mapping[str, int], chunk_size: int) -> list[list[str]]:
    """Portions of the nyckeltal; one without any when there are none, so that the tables are emptied."""
    return [*chunks(rows, chunk_size // _SHARE)] or [[]]


def _values(connection: duckdb.DuckDBPyConnection, kpis: Sequence[str]) -> pl.DataFrame:
    """The values of a portion, or of one nyckeltal: a range, so that only the rows there need be read."""
    rows = connection.execute(
        """SELECT nyckeltal_id, omrade_id, ar, kon, varde, status = 'ersatt' AS ersatt
           FROM matvarde WHERE varde IS NOT NULL AND nyckeltal_id BETWEEN $1 AND $2
           ORDER BY nyckeltal_id, omrade_id, kon, ar""",
        [kpis[0] if kpis else "", kpis[-1] if kpis else ""],
    )
    # `connection.sql(query, params=…).pl()` gives the same, twenty times slower.
    return pl.DataFrame(rows.to_arrow_reader())


def _fitting(results: Callable[[T], dict[str, pl.DataFrame]]) -> Callable[[T], dict[str, pl.DataFrame]]:
    """`results`, its frames in the form of their tables and checked against them."""
    return lambda portion: {table: check(table, shape(table, frame)) for table, frame in results(portion).items()}


def _write(connection: duckdb.DuckDBPyConnection, results: Iterable[Mapping[str, pl.DataFrame]]) -> dict[str, int]:
    """Replace tables by what `results` has for them, in one transaction and in parts of which no two share a key;
    table → number of rows.
    """
    rows: dict[str, int] = {}
    with single_threaded(connection), transaction(connection):
        for portion in results:
            for table, frame in portion.items():
                if table not in rows:
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our schema
                append(connection, table, frame)
                rows[table] = rows.get(table, 0) + frame.height
    return rows
