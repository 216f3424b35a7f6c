"""Keeping what is handed in by month or quarter: a row of `periodvarde_revision` for every change. Rows are never
changed, and nothing of it is among the yearly values.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from pipelines.local.intake import SOURCE, Local
from pipelines.warehouse.frames import append, check, shape

TABLE = "periodvarde_revision"
# What is valid, a value that was taken away included: then its status says so.
CURRENT = """
FROM periodvarde_revision
QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id, period, kon ORDER BY observerad DESC) = 1
"""


def keep_periods(connection: duckdb.DuckDBPyConnection, local: Local, run_id: str, observed: datetime) -> None:
    """Inside a transaction of the caller: add what differs from what is stored. A value is taken away only where all of
    its nyckeltal and area was handed in and nothing of it was refused.
    """
    inkommande, helt, vagrade = local.periods, local.whole, local.protected  # noqa: F841 - DuckDB finds them by name
    news = (
        connection.sql(_NEWS)
        .pl()
        .with_columns(observerad=pl.lit(observed), kalla=pl.lit(SOURCE), korning_id=pl.lit(run_id))
    )
    append(connection, TABLE, check(TABLE, shape(TABLE, news)))


_NEWS = f"""
WITH nu AS ({CURRENT})
SELECT i.nyckeltal_id, i.omrade_id, i.ar, i.period, i.kon, i.varde, i.status
FROM inkommande i LEFT JOIN nu USING (nyckeltal_id, omrade_id, period, kon)
WHERE (i.varde, i.status) IS DISTINCT FROM (nu.varde, nu.status)
UNION ALL
SELECT nu.nyckeltal_id, nu.omrade_id, nu.ar, nu.period, nu.kon, NULL, 'borttagen'
FROM nu
SEMI JOIN helt USING (nyckeltal_id, omrade_id)
ANTI JOIN inkommande USING (nyckeltal_id, omrade_id, period, kon)
ANTI JOIN vagrade USING (nyckeltal_id, omrade_id, period, kon)
WHERE nu.status <> 'borttagen'
ORDER BY ALL
"""  # noqa: S608 - texts of this module
