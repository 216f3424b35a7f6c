"""What satsningar are expected to lead to: a row of table `forvantan` whenever it is new, changed or withdrawn.

The run that first saw an expectation proves when it was written; the day in the file proves nothing. Rows are never
changed. What comes of the expectations is `analysis.effect`.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from pipelines.catalog.model import Catalog
from pipelines.warehouse.frames import append, as_frame, check, row, shape


def keep_expectations(connection: duckdb.DuckDBPyConnection, catalog: Catalog, run_id: str, observed: datetime) -> None:
    """Inside a transaction of the caller: add what differs from what is stored."""
    rows = [
        row(
            "forvantan",
            expectation,
            satsning_id=initiative.id,
            nyckeltal_id=expectation.kpi,
            huvudman_id=start.principal,
            start=start.day,
            observerad=observed,
            korning_id=run_id,
        )
        for initiative in catalog.activities.initiatives
        for expectation in initiative.expectations
        for start in expectation.starts
    ]
    connection.register("inlagda", as_frame("forvantan", rows))
    news = connection.sql(_NEWS).pl()
    connection.unregister("inlagda")
    news = news.with_columns(observerad=pl.lit(observed), korning_id=pl.lit(run_id))
    append(connection, "forvantan", check("forvantan", shape("forvantan", news)))


# The day that somebody has written is no part of the expectation: correcting it does not begin anew.
_NEWS = """
WITH gallande AS (
    FROM forvantan QUALIFY row_number() OVER (
        PARTITION BY satsning_id, nyckeltal_id, huvudman_id ORDER BY observerad DESC) = 1
)
SELECT satsning_id, nyckeltal_id, huvudman_id, i.vantas, i.start, i.fordrojning_ar, i.skriven
FROM inlagda i FULL JOIN gallande g USING (satsning_id, nyckeltal_id, huvudman_id)
WHERE (i.vantas, i.start, i.fordrojning_ar) IS DISTINCT FROM (g.vantas, g.start, g.fordrojning_ar)
ORDER BY ALL
"""
