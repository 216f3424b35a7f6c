"""How far values reach, stored and newly accepted, for those who look at the graph. What is published says it in views
(`saknas`).
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import polars as pl

from pipelines.catalog.model import Catalog
from pipelines.validation.accepted import Accepted, scan


def newest_year_per_area(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, ar (newest with a value), antal (values), for the målbild's own områden."""
    return connection.sql(
        """SELECT nyckeltal_id, omrade_id, max(ar) AS ar, count(*) AS antal
           FROM matvarde JOIN omrade USING (omrade_id) WHERE i_malbild AND varde IS NOT NULL
           GROUP BY ALL ORDER BY ALL"""
    ).pl()


def stored_keys(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, ar, kon of everything of Kolada's that is stored."""
    return connection.sql("SELECT nyckeltal_id, omrade_id, ar, kon FROM matvarde WHERE kalla <> 'lokal'").pl()


def preview(connection: duckdb.DuckDBPyConnection, rows: int) -> pl.DataFrame:
    """The newest values of the målbild's own områden, totals, for a look."""
    return connection.sql(
        """SELECT nyckeltal_id, omrade_id, namn, ar, varde, status, korning_id
           FROM matvarde JOIN omrade USING (omrade_id) WHERE i_malbild AND kon = 'T' AND varde IS NOT NULL
           ORDER BY ar DESC, nyckeltal_id, omrade_id LIMIT $1""",
        params=[rows],
    ).pl()


def accepted_series(accepted: Accepted) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, antal (rows), varden (those with a value), forsta and ar (first and newest year with a
    value).
    """
    year = pl.col("ar").filter(pl.col("varde").is_not_null())
    return (
        scan(accepted.folder)
        .group_by("nyckeltal_id", "omrade_id")
        .agg(antal=pl.len(), varden=pl.col("varde").count(), forsta=year.min(), ar=year.max())
        .collect()
    )


def newest_year_per_measure(
    catalog: Catalog, kpi_ids: Collection[str], stored: pl.DataFrame, accepted: pl.DataFrame
) -> list[dict[str, str]]:
    """A row per mått that has any of the KPIs: its name under `mått`, and under each huvudman's name the newest year
    with a value, stored or accepted; "–" where there is none.

    Most nights bring changes only, so what they bring alone would look like nothing.

    Args:
        stored: As of `newest_year_per_area`.
        accepted: As of `accepted_series`; only series with a value.
    """
    newest = {
        (kpi, area): year
        for kpi, area, year in pl.concat(
            [frame.select("nyckeltal_id", "omrade_id", "ar") for frame in (stored, accepted)], how="vertical_relaxed"
        )
        .group_by("nyckeltal_id", "omrade_id")
        .agg(pl.col("ar").max())
        .iter_rows()
    }
    principals = [*catalog.geography.kommuner, catalog.geography.region]
    rows = []
    for measure in catalog.measures:
        kpis = [entry.kpi_id for entry in measure.kpis if entry.kpi_id in kpi_ids]
        if kpis:
            years = {p.name: max((newest.get((k, p.id), 0) for k in kpis), default=0) for p in principals}
            rows.append({"mått": measure.name, **{name: str(year) if year else "–" for name, year in years.items()}})
    return rows
