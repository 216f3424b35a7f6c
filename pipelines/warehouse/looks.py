"""What the figures said on the day when a cycle of PDSA was to look at them: the rows of table `titt`.

The first run on or after the planned day writes down the newest value of every area, with what its XmR chart says of
it. Rows are never changed: a person writes what follows from what stood there then. What is drawn or judged of the
figures as they are now does not belong here.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import polars as pl

from pipelines.analysis.xmr import xmr
from pipelines.catalog.model import Catalog
from pipelines.periods import IN_A_YEAR, parse
from pipelines.warehouse.frames import append, check, shape
from pipelines.warehouse.periods import CURRENT

TABLE = "titt"
_PLANNED = pl.Schema(
    {
        "satsning_id": pl.String,
        "cykel": pl.Int32,
        "planerad_titt": pl.Date,
        "matt_id": pl.String,
        "nyckeltal_id": pl.String,
    }
)


def keep_looks(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, run_id: str, observed: datetime, day: date
) -> int:
    """Inside a transaction of the caller, after the values: write down what is due on `day` (Swedish), and return how
    many rows that is. A cycle is due once, until somebody has noted that the figures were read or has acted.
    """
    connection.execute(_NEVER_SHOWN)
    planned = pl.DataFrame(  # noqa: F841 - DuckDB finds it by name
        [
            (initiative.id, cycle.number, cycle.look, measure.measure, measure.kpi)
            for initiative in catalog.activities.initiatives
            for cycle in initiative.cycles
            if cycle.look is not None and cycle.look <= day and cycle.looked is None and cycle.act is None
            for measure in initiative.follow_up_measures
            if cycle.measure in (None, measure.id)
        ],
        schema=_PLANNED,
        orient="row",
    )
    due = connection.sql(_DUE).pl()
    if due.is_empty():
        return 0
    series = due.select("nyckeltal_id", "omrade_id").unique()  # noqa: F841 - DuckDB finds it by name
    periods = connection.sql(_PERIODS).pl()
    charts = xmr(periods).select("nyckeltal_id", "omrade_id", "granser", "sarskild_orsak", avser="period")
    values = pl.concat([connection.sql(_YEARS).pl(), periods.select(pl.exclude("kon", "period"), avser="period")])
    rows = (
        due.join(_newest(values), on=["nyckeltal_id", "omrade_id"], how="left")
        .join(charts, on=["nyckeltal_id", "omrade_id", "avser"], how="left")
        .with_columns(observerad=pl.lit(observed), korning_id=pl.lit(run_id))
    )
    assert rows.height == due.height, "one row for every area"
    append(connection, TABLE, check(TABLE, shape(TABLE, rows)))
    return rows.height


def _newest(values: pl.DataFrame) -> pl.DataFrame:
    """The value of each nyckeltal and area that ends last; of those that end together the shortest."""
    periods = {text: parse(text) for text in values["avser"].unique()}
    order = sorted(periods, key=lambda text: (periods[text].last_day, IN_A_YEAR[periods[text].form]))
    place = pl.col("avser").replace_strict(order, range(len(order)), return_dtype=pl.Int64)
    return values.sort(place).group_by("nyckeltal_id", "omrade_id").last()


# Of a run that came to nothing nobody has seen the figures: what it wrote down is written anew.
_NEVER_SHOWN = "DELETE FROM titt WHERE korning_id IN (SELECT korning_id FROM korning WHERE utfall <> 'klar')"

# Every area of the nyckeltal that an uppföljningsmått is read in: its own, else those that measure its mått, and those
# of the mått that are handed in by month or quarter.
_DUE = """
WITH lasta AS (
    SELECT satsning_id, cykel, planerad_titt, nyckeltal_id FROM planned WHERE nyckeltal_id IS NOT NULL
    UNION
    SELECT satsning_id, cykel, planerad_titt, k.nyckeltal_id
    FROM planned p JOIN matt_nyckeltal k USING (matt_id)
    WHERE p.nyckeltal_id IS NULL
        AND (k.roll = 'primär' OR k.nyckeltal_id IN (SELECT nyckeltal_id FROM periodvarde_revision))
)
SELECT satsning_id, cykel, planerad_titt, nyckeltal_id, omrade_id
FROM lasta JOIN nyckeltal n USING (nyckeltal_id)
JOIN omrade o ON o.i_malbild AND (n.niva = 'A' OR n.niva = CASE o.typ WHEN 'kommun' THEN 'K' ELSE 'L' END)
ANTI JOIN titt USING (satsning_id, cykel, planerad_titt)
ORDER BY ALL
"""
_YEARS = """
SELECT nyckeltal_id, omrade_id, ar, varde, CAST(ar AS VARCHAR) AS avser
FROM matvarde SEMI JOIN series USING (nyckeltal_id, omrade_id) WHERE kon = 'T' AND varde IS NOT NULL
"""
_PERIODS = f"""
SELECT nyckeltal_id, omrade_id, kon, ar, period, varde
FROM ({CURRENT}) SEMI JOIN series USING (nyckeltal_id, omrade_id) WHERE kon = 'T' AND varde IS NOT NULL
"""  # noqa: S608 - texts of our modules
