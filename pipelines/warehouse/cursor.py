"""How far every KPI has been fetched for every area (`hamtlage`), and whether a whole fetch is due.

The cursor moves in the transaction of the merge and nowhere else, so that a run that breaks off is fetched again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import duckdb
import polars as pl
from pydantic import TypeAdapter

from pipelines.catalog.model import Correction
from pipelines.validation.corrections import touched_kpis
from pipelines.warehouse.info import CORRECTIONS, read_info, write_info

_CORRECTIONS = TypeAdapter(tuple[Correction, ...])


def fetched(connection: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, dict[str, datetime]]:
    """KPI → area → start of the run that last fetched it completely (UTC).

    A time after `now`, from a clock that was wrong, counts as never fetched.
    """
    times: dict[str, dict[str, datetime]] = {}
    rows = connection.sql("SELECT nyckeltal_id, omrade_id, senast FROM hamtlage WHERE senast <= $1", params=[now])
    for kpi, area, when in rows.fetchall():
        times.setdefault(kpi, {})[area] = when
    return times


def is_due(connection: duckdb.DuckDBPyConnection, now: datetime, interval: timedelta) -> bool:
    """Whether the last finished run that fetched everything whole is `interval` ago, or there is none before `now`."""
    (latest,) = connection.sql(
        "SELECT max(startad) FROM korning WHERE fullstandig AND hel AND observerad IS NOT NULL AND startad <= $1",
        params=[now],
    ).fetchall()[0]
    # Half a day of grace: the same hour of the seventh night must count as seven days later.
    return latest is None or now - latest > interval - timedelta(hours=12)


def forget_corrected(connection: duckdb.DuckDBPyConnection, corrections: Sequence[Correction]) -> None:
    """Inside a transaction of the caller: KPIs whose corrections differ from the last known ones are fetched whole."""
    before = _CORRECTIONS.validate_json(read_info(connection, CORRECTIONS) or "[]")
    forget(connection, touched_kpis(before, corrections))
    write_info(connection, CORRECTIONS, _CORRECTIONS.dump_json(tuple(corrections), by_alias=True).decode())


def advance(connection: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, started: datetime) -> None:
    """Inside a transaction of the caller: these pairs (nyckeltal_id, omrade_id, hel) are fetched up to `started`
    (UTC); changes of a pair that has been forgotten meanwhile are no whole fetch of it.
    """
    connection.register("hamtat", pairs)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE nytt_hamtlage AS
           SELECT h.nyckeltal_id, h.omrade_id, CASE WHEN h.hel THEN $1::TIMESTAMP ELSE l.hel END AS hel,
               $1::TIMESTAMP AS senast
           FROM hamtat h LEFT JOIN hamtlage l USING (nyckeltal_id, omrade_id)
           WHERE h.hel OR l.hel IS NOT NULL""",
        [started],
    )
    connection.execute(
        """DELETE FROM hamtlage l USING hamtat h
           WHERE l.nyckeltal_id = h.nyckeltal_id AND l.omrade_id = h.omrade_id"""
    )
    connection.execute("INSERT INTO hamtlage BY NAME SELECT * FROM nytt_hamtlage")
    connection.execute("DROP TABLE nytt_hamtlage")
    connection.unregister("hamtat")


def forget(connection: duckdb.DuckDBPyConnection, kpis: Collection[str]) -> None:
    """These KPIs are fetched whole next time."""
    connection.execute("DELETE FROM hamtlage WHERE list_contains($1, nyckeltal_id)", [sorted(kpis)])


def forget_areas(connection: duckdb.DuckDBPyConnection, areas: Collection[str]) -> None:
    """These areas are fetched whole next time."""
    connection.execute("DELETE FROM hamtlage WHERE list_contains($1, omrade_id)", [sorted(areas)])
