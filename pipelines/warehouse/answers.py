"""Keeping answers: a row of table `svar` whenever one is new, changed or withdrawn. Rows are never changed."""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from pipelines.warehouse.frames import append, check, shape


def keep_answers(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, run_id: str, observed: datetime) -> None:
    """Inside a transaction of the caller: add what differs from what is stored.

    rows: `answers.intake.ANSWERS`. A version that was saved before the newest one that is stored adds nothing. An empty
    box withdraws an answer only when the workbook was filled with it.
    """
    for version in rows.partition_by("uppfoljning_id", "svarande_id", "lamnad", maintain_order=True):
        connection.register("version", version)
        news = connection.sql(_NEWS).pl()
        connection.unregister("version")
        news = news.with_columns(observerad=pl.lit(observed), korning_id=pl.lit(run_id))
        append(connection, "svar", check("svar", shape("svar", news)))


_NEWS = """
SELECT v.* EXCLUDE (kand)
FROM version v
LEFT JOIN (
    FROM svar QUALIFY row_number() OVER (
        PARTITION BY uppfoljning_id, svarande_id, objekt, objekt_id, falt ORDER BY observerad DESC, lamnad DESC) = 1
) nu USING (uppfoljning_id, svarande_id, objekt, objekt_id, falt)
LEFT JOIN (
    FROM svar QUALIFY row_number() OVER (
        PARTITION BY svarande_id, objekt, objekt_id, falt ORDER BY observerad DESC, lamnad DESC) = 1
) senast USING (svarande_id, objekt, objekt_id, falt)
WHERE NOT EXISTS (
        FROM svar s WHERE s.uppfoljning_id = v.uppfoljning_id AND s.svarande_id = v.svarande_id AND s.lamnad > v.lamnad)
    AND CASE WHEN v.svar IS NULL THEN senast.svar IS NOT NULL AND senast.observerad <= v.kand
             ELSE (v.svar, v.roll, v.datum) IS DISTINCT FROM (nu.svar, nu.roll, nu.datum) END
ORDER BY ALL
"""
