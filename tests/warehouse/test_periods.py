"""Months and quarters in the warehouse: every change is a row, what was not handed in whole takes nothing away, and no
yearly table knows of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from pipelines.local.intake import KEYS, PAIRS, PERIOD_VALUES, Local
from pipelines.warehouse.periods import keep_periods
from pipelines.warehouse.refused import shown_locally
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.small import NOW, insert, published, query, run

KPI, AREA = "L_prov", "0484"


def handed_in(*values: tuple[str, float | None], whole: bool = True, refused: str | None = None) -> Local:
    rows = [
        (KPI, AREA, int(period[:4]), "T", value, "sekretess" if value is None else "publicerad", period)
        for period, value in values
    ]
    return replace(
        Local.nothing(),
        periods=pl.DataFrame(rows, schema=PERIOD_VALUES, orient="row"),
        whole=pl.DataFrame([(KPI, AREA)] if whole else [], schema=PAIRS, orient="row"),
        protected=pl.DataFrame(
            [(KPI, AREA, int(refused[:4]), refused, "T")] if refused else [], schema=KEYS, orient="row"
        ),
    )


def _rows(connection: duckdb.DuckDBPyConnection) -> int:
    ((count,),) = connection.sql("SELECT count(*) FROM periodvarde_revision").fetchall()
    return int(count)


def test_every_change_is_a_row_and_the_view_has_what_is_valid(tmp_path: Path) -> None:
    nights = [
        handed_in(("2025-01", 10.0), ("2025-02", None), ("2025-03", 30.0)),
        handed_in(("2025-01", 10.0), ("2025-02", None), ("2025-03", 30.0)),
        handed_in(("2025-01", 11.0), ("2025-02", 20.0), refused="2025-03"),
        handed_in(("2025-01", 11.0), whole=False),
        handed_in(("2025-01", 11.0), ("2025-04", 40.0)),
    ]
    warehouse = FileWarehouse(tmp_path / "lager.duckdb")
    with warehouse.open() as connection:
        added = []
        for number, night in enumerate(nights):
            when = NOW + timedelta(days=number)
            run(connection, f"k-{number}", when)
            before = _rows(connection)
            keep_periods(connection, night, f"k-{number}", when)
            added.append(_rows(connection) - before)
        assert added == [3, 0, 2, 0, 3]
        seen = shown_locally(connection).select("period", "varde").rows()
        assert seen == [("2025-01", 10.0), ("2025-03", 30.0), ("2025-01", 11.0), ("2025-02", 20.0), ("2025-04", 40.0)]
        insert(connection, "metod", regel="band", version="1", varde="fjärdedelar", beskrivning="")
    database = published(tmp_path, views=["periodvarde"])
    assert query(database, "SELECT period, varde, status FROM periodvarde ORDER BY period") == [
        ("2025-01", 11.0, "publicerad"),
        ("2025-04", 40.0, "publicerad"),
    ]
    history = query(
        database,
        "SELECT varde, status, observerad FROM periodvarde_revision WHERE period = '2025-02' ORDER BY observerad",
    )
    assert history == [
        (None, "sekretess", NOW),
        (20.0, "publicerad", NOW + timedelta(days=2)),
        (None, "borttagen", NOW + timedelta(days=4)),
    ]
    assert query(database, "SELECT count(*) FROM matvarde") == [(0,)]


def test_a_new_value_after_the_old_one_was_taken_away(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        for number, night in enumerate(
            [handed_in(("2025 kv1", 5.0)), handed_in(), handed_in(), handed_in(("2025 kv1", 5.0))]
        ):
            keep_periods(connection, night, f"k-{number}", datetime(2026, 11, 1 + number))
        rows = connection.sql("SELECT status FROM periodvarde_revision ORDER BY observerad").fetchall()
    assert rows == [("publicerad",), ("borttagen",), ("publicerad",)]
