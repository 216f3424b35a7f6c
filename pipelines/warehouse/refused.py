"""Keeping refused and held values: nothing new for a refusal that is already there."""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.kolada.catalogue import Catalogue
from pipelines.local.intake import SHOWN, SOURCE
from pipelines.warehouse.frames import check, shape

HELD = "titeln är inte bekräftad i indikatorer.yaml: värdena hålls"


def keep_held(connection: duckdb.DuckDBPyConnection, held: pl.DataFrame, catalogue: Catalogue, run_id: str) -> None:
    """Inside a transaction of the caller: one row per held series (nyckeltal, område, kön), with its count."""
    titles = {kpi_id: kpi.title for kpi_id, kpi in catalogue.kpis.items()}
    frame = (
        held.group_by("nyckeltal_id", "omrade_id", "kon")
        .agg(antal_varden=pl.len())
        .with_columns(
            korning_id=pl.lit(run_id),
            ar=pl.lit(None, pl.Int32),
            orsak=pl.lit(HELD),
            rad=pl.struct(
                titel=pl.col("nyckeltal_id").replace_strict(titles, return_dtype=pl.String)
            ).struct.json_encode(),
        )
    )
    _add(connection, frame)


def keep_refused(connection: duckdb.DuckDBPyConnection, refused: pl.DataFrame, run_id: str) -> None:
    """Inside a transaction of the caller: add the refused observations (`validation.quarantine.Screened.refused`) to
    `karantan`.
    """
    what_came = pl.struct(
        "nyckeltal_id", "omrade_id", "ar", "kon", "varde", "antal_omraden", "kolada_status", "borttagen", "angivet"
    ).struct.json_encode()
    # A year that no INTEGER column can hold stands in `rad`.
    year = pl.when(pl.col("ar").is_between(-(2**31), 2**31 - 1)).then("ar")
    _add(connection, _one_by_one(refused, what_came, run_id).with_columns(ar=year))


def keep_refused_local(connection: duckdb.DuckDBPyConnection, refused: pl.DataFrame, run_id: str) -> None:
    """Inside a transaction of the caller: add what was handed in and refused (`local.intake.REFUSED`)."""
    _add(connection, _one_by_one(refused, pl.struct("fil", "cell", "stod").struct.json_encode(), run_id))


def _one_by_one(refused: pl.DataFrame, what_came: pl.Expr, run_id: str) -> pl.DataFrame:
    """A row of `karantan` for each refusal. what_came: its column `rad`."""
    key = ("nyckeltal_id", "omrade_id", "ar", "kon", "orsak")
    return refused.select(*key, korning_id=pl.lit(run_id), antal_varden=pl.lit(1), rad=what_came)


def shown_locally(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every local value that readers have been able to see (`local.intake.SHOWN`), oldest first."""
    return (
        connection.sql(
            """FROM (
                   SELECT nyckeltal_id, omrade_id, ar, ar::VARCHAR AS period, kon, varde, observerad, kalla
                   FROM matvarde_revision
                   UNION ALL BY NAME
                   SELECT nyckeltal_id, omrade_id, ar, period, kon, varde, observerad, kalla FROM periodvarde_revision
               ) SELECT * EXCLUDE (observerad, kalla)
               WHERE kalla = $1 AND varde IS NOT NULL ORDER BY observerad, nyckeltal_id, omrade_id, period, kon""",
            params=[SOURCE],
        )
        .pl()
        .cast(SHOWN)
    )


def fetch_again(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Inside a transaction of the caller, after the cursor has moved: series of which this run refused something that
    was not refused before are fetched whole next time, because Kolada need not say that it has put a value right.
    """
    connection.execute(
        """DELETE FROM hamtlage h USING (
               SELECT DISTINCT nyckeltal_id, omrade_id FROM karantan WHERE korning_id = $1 AND orsak <> $2
           ) k WHERE h.nyckeltal_id = k.nyckeltal_id AND h.omrade_id = k.omrade_id""",
        [run_id, HELD],
    )


def _add(connection: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> None:
    if frame.is_empty():
        return
    connection.register("vagrat", check("karantan", shape("karantan", frame)))
    connection.execute(
        """INSERT INTO karantan BY NAME SELECT v.* FROM vagrat v
           WHERE NOT EXISTS (
               FROM karantan k
               WHERE (k.orsak, k.nyckeltal_id, k.omrade_id, k.ar, k.kon, k.rad::VARCHAR)
                   IS NOT DISTINCT FROM (v.orsak, v.nyckeltal_id, v.omrade_id, v.ar, v.kon, v.rad::VARCHAR))
           ORDER BY ALL"""
    )
    connection.unregister("vagrat")
