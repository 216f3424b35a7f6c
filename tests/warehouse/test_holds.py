"""Which directions stand when all that one reader sees is counted together."""

from __future__ import annotations

from pathlib import Path

from pipelines.warehouse.analyse import judge_trends
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.small import insert, kpi

OWN, SECOND, OTHER = "0484", "0486", "1480"
SHARED, UPS_AND_DOWNS, IN_NO_MEASURE = "N00001", "N00002", "N00003"
YEARS = range(2020, 2025)


def series(kpi_id: str, area: str) -> list[float]:
    """The two own kommuner swing against each other, so that only their mean rises."""
    swing = [20.0 * (-1) ** year for year in YEARS]
    if kpi_id == SHARED and area == OWN:
        return [year + up for year, up in zip(YEARS, swing, strict=True)]
    if kpi_id == SHARED and area == SECOND:
        return [year - up for year, up in zip(YEARS, swing, strict=True)]
    return swing if kpi_id == UPS_AND_DOWNS else [float(year) for year in YEARS]


def test_own_areas_and_the_county_are_tested_together_and_each_once(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        for area in (OWN, SECOND, OTHER):
            insert(connection, "omrade", omrade_id=area, namn=area, typ="kommun", i_malbild=area != OTHER)
        # A nyckeltal in two mått is no two tests: five tests in all, of which one with p = 2/120 stands at 10 %.
        for measure, kpi_id in (("a", SHARED), ("a", UPS_AND_DOWNS), ("b", UPS_AND_DOWNS)):
            insert(connection, "matt_nyckeltal", matt_id=measure, nyckeltal_id=kpi_id, roll="primär")
        for kpi_id in (SHARED, UPS_AND_DOWNS, IN_NO_MEASURE):
            kpi(connection, kpi_id)
            for area in (OWN, OTHER) if kpi_id == UPS_AND_DOWNS else (OWN, SECOND, OTHER):
                for year, value in zip(YEARS, series(kpi_id, area), strict=True):
                    key = {"nyckeltal_id": kpi_id, "omrade_id": area, "ar": year, "kon": "T"}
                    insert(connection, "matvarde", **key, varde=value, antal_omraden=1, status="publicerad")
        judge_trends(connection)
        trends = connection.sql("SELECT nyckeltal_id, omrade_id, haller FROM trend ORDER BY ALL").fetchall()
        county = connection.sql("SELECT nyckeltal_id, haller FROM lan_trend ORDER BY ALL").fetchall()
    assert county == [(SHARED, True), (UPS_AND_DOWNS, False), (IN_NO_MEASURE, None)]
    tested = {(kpi_id, area) for kpi_id, area, holds in trends if holds is False}
    assert tested == {(SHARED, OWN), (SHARED, SECOND), (UPS_AND_DOWNS, OWN)}
    assert not [holds for _, _, holds in trends if holds]
