"""What the findings and the targets are made of: rows of the warehouse, before anything is judged."""

from __future__ import annotations

import pytest

from pipelines.warehouse.analyse import _CELLS, _FACTS
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.small import insert, kpi

KOMMUN, REGION, OTHER = "0484", "0004", "1480"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> FileWarehouse:
    warehouse = FileWarehouse(tmp_path_factory.mktemp("fakta") / "lager.duckdb")
    with warehouse.open() as connection:
        for area, kind, own in ((KOMMUN, "kommun", True), (REGION, "region", True), (OTHER, "kommun", False)):
            insert(connection, "omrade", omrade_id=area, namn=area, typ=kind, i_malbild=own)
        for kpi_id, level, ended in (("N00001", "K", 2020), ("N00002", "L", None), ("N00003", "A", 2020)):
            kpi(connection, kpi_id, niva=level, upphort_ar=ended)
            insert(connection, "matt", matt_id=kpi_id.lower(), namn=kpi_id)
            insert(connection, "matt_nyckeltal", matt_id=kpi_id.lower(), nyckeltal_id=kpi_id, roll="primär")
        kpi(connection, "N00004")
        insert(
            connection,
            "matt_nyckeltal",
            matt_id="n00003",
            nyckeltal_id="N00004",
            roll="efterträdare",
            beslut="beslutad",
        )
        for year in (2023, 2024):
            key = {"nyckeltal_id": "N00001", "omrade_id": KOMMUN, "ar": year, "kon": "T"}
            insert(connection, "matvarde", **key, varde=float(year), antal_omraden=1, status="publicerad")
            insert(connection, "jamforelse", **key, varde=float(year))
    return warehouse


def test_a_nyckeltal_that_has_ended_is_replaced_only_when_that_is_decided(warehouse: FileWarehouse) -> None:
    with warehouse.read() as connection:
        kpis = connection.sql(f"SELECT nyckeltal_id, upphort, eftertradare, ersatt FROM ({_FACTS['kpis']})").fetchall()
    assert kpis == [
        ("N00001", True, None, False),
        ("N00002", False, None, False),
        ("N00003", True, "N00004", True),
    ]


def test_only_the_newest_value_is_set_beside_riket(warehouse: FileWarehouse) -> None:
    with warehouse.read() as connection:
        assert connection.sql(f"SELECT ar, varde FROM ({_FACTS['compared']})").fetchall() == [(2024, 2024.0)]


def test_a_target_is_for_whom_the_nyckeltal_can_concern(warehouse: FileWarehouse) -> None:
    with warehouse.read() as connection:
        cells = connection.sql(f"FROM ({_CELLS}) ORDER BY ALL").fetchall()
    assert cells == [("N00001", KOMMUN), ("N00002", REGION), ("N00003", REGION), ("N00003", KOMMUN), ("N00004", KOMMUN)]
