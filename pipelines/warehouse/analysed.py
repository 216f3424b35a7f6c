"""What the analysis reads from the warehouse, and where its results go."""

from __future__ import annotations

import duckdb
import polars as pl

from pipelines.catalog.model import Catalog
from pipelines.warehouse.frames import check, shape
from pipelines.warehouse.store import transaction


def values(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, ar, kon, varde: every value that is published (never NULL)."""
    return connection.sql("SELECT nyckeltal_id, omrade_id, ar, kon, varde FROM matvarde WHERE varde IS NOT NULL").pl()


def kpis(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """nyckeltal_id, riktning."""
    return connection.sql("SELECT nyckeltal_id, riktning FROM nyckeltal").pl()


def areas(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """omrade_id, typ, i_lanet: true for the kommuner of the målbild."""
    return connection.sql("SELECT omrade_id, typ, i_malbild AND typ = 'kommun' AS i_lanet FROM omrade").pl()


def uncertainty_pairs(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """nyckeltal_id, osakerhet_nyckeltal_id, where there is one."""
    return connection.sql(
        "SELECT nyckeltal_id, osakerhet_nyckeltal_id FROM nyckeltal WHERE osakerhet_nyckeltal_id IS NOT NULL"
    ).pl()


def similar_areas(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> pl.DataFrame:
    """nyckeltal_id, omrade_id, grupp_id, medlem_id: the present members of the group that a KPI is compared with, per
    huvudman.
    """
    geography = catalog.geography
    rows = [
        (kpi.id, principal.id, principal.similar[subject])
        for kpi in catalog.kpis.values()
        if kpi.comparison is not None
        for principal, subject in [
            *((kommun, kpi.comparison.kommun) for kommun in geography.kommuner),
            (geography.region, kpi.comparison.region),
        ]
        if subject is not None and subject in principal.similar
    ]
    choice = pl.DataFrame(
        rows, schema={"nyckeltal_id": pl.String, "omrade_id": pl.String, "grupp_id": pl.String}, orient="row"
    )
    members = connection.sql("SELECT grupp_id, omrade_id AS medlem_id FROM grupp_medlem WHERE till IS NULL").pl()
    return choice.join(members, on="grupp_id")


def write(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Replace a table of results, once the frame fits its schema."""
    checked = check(table, shape(table, frame))
    connection.register("resultat", checked)
    with transaction(connection):
        connection.execute(f"DELETE FROM {table}")
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM resultat")
    connection.unregister("resultat")
