"""The publication calendar: what is due, late or there, on the day of the newest run."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.warehouse import journal
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse

NIGHT = datetime(2026, 11, 22, 3, 15)
PASSED, TODAY, AHEAD = date(2026, 3, 11), date(2026, 11, 22), date(2026, 12, 1)


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"publiceras": AHEAD, "publicering_period": "2025"}, "väntas"),
        ({"publiceras": TODAY, "publicering_period": "2025"}, "väntas"),
        ({"publiceras": PASSED, "publicering_period": "2025"}, "försenad"),
        ({"publiceras": PASSED, "publicering_period": "2024"}, "publicerad"),
        ({"publiceras": PASSED, "publicering_period": "2024/25"}, "passerad"),
        ({"publiceras": PASSED, "publicering_period": "2025", "upphort_ar": 2024}, "upphört"),
        ({"publiceras": AHEAD, "publicering_period": "2025", "i_katalogen": False}, "upphört"),
        ({}, "utan datum"),
    ],
)
def test_a_kpi_is_where_its_dates_and_values_say(tmp_path: Path, columns: dict[str, object], word: str) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        journal.start_run(connection, "natt", started=NIGHT, version="0.1.0", dagster_id="d")
        journal.note(connection, "natt", observerad=NIGHT)
        connection.execute("INSERT INTO omrade VALUES ('0484', 'Eskilstuna', 'kommun', NULL, true)")
        connection.execute("INSERT INTO omrade VALUES ('1000', 'En annan', 'kommun', NULL, false)")
        connection.execute(
            """INSERT INTO nyckeltal BY NAME
               SELECT 'N00001' AS nyckeltal_id, 'Titeln' AS titel, '%' AS enhet, 'högre' AS riktning,
                   'föreslagen' AS riktning_beslut, 'K' AS niva, false AS konsuppdelat, true AS i_katalogen,
                   true AS foljs"""
        )
        for name, value in columns.items():
            connection.execute(f"UPDATE nyckeltal SET {name} = $1", [value])
        # 2025 is there for others only, and without a value.
        for area, year, value in (("0484", 2024, 1.0), ("0484", 2025, None), ("1000", 2025, 2.0)):
            connection.execute(
                """INSERT INTO matvarde BY NAME
                   SELECT 'N00001' AS nyckeltal_id, $1 AS omrade_id, $2 AS ar, 'T' AS kon, $3::DOUBLE AS varde,
                       'publicerad' AS status, 'kolada' AS kalla, $4 AS hamtad, 'natt' AS korning_id""",
                [area, year, value, NIGHT],
            )
        found = connection.sql(
            f"SELECT lage, senaste_ar, per_dag FROM ({schema().views['publiceringskalender'].sql})"
        ).fetchall()
    assert found == [(word, 2024, TODAY)]
