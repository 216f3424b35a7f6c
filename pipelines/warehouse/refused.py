"""Keeping refused values: one row each, and nothing new for a refusal that is already there."""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.warehouse.frames import check, shape


def keep_refused(connection: duckdb.DuckDBPyConnection, refused: pl.DataFrame, run_id: str) -> None:
    """Inside a transaction of the caller: add the refused observations (`validation.quarantine.Screened.refused`) to
    `karantan`.
    """
    what_came = pl.struct(
        "nyckeltal_id", "omrade_id", "ar", "kon", "varde", "antal", "kolada_status", "borttagen", "angivet"
    ).struct.json_encode()
    frame = refused.select(
        "nyckeltal_id", "omrade_id", "ar", "kon", "orsak", korning_id=pl.lit(run_id), antal=pl.lit(1), rad=what_came
    ).with_columns(
        # A year that no INTEGER column can hold stands in `rad`.
        ar=pl.when(pl.col("ar").is_between(-(2**31), 2**31 - 1)).then("ar")
    )
    connection.register("vagrat", check("karantan", shape("karantan", frame)))
    connection.execute(
        """INSERT INTO karantan BY NAME SELECT v.* FROM vagrat v
           WHERE NOT EXISTS (FROM karantan k WHERE k.orsak = v.orsak AND k.rad::VARCHAR = v.rad::VARCHAR)"""
    )
    connection.unregister("vagrat")
