"""Possible breaks: a step in which the country moved as it never else has."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.analysis.breaks import possible_breaks
from tests.analysis.frames import breaks_of, directed
from tests.analysis.test_annual_variation import panel


def steps(values: pl.DataFrame, *breaks: tuple[int, int]) -> list[tuple[int, int]]:
    areas = values.select("omrade_id").unique().with_columns(typ=pl.lit("kommun"))
    return possible_breaks(values, areas, directed(), breaks_of("N1", breaks)).select("fran_ar", "till_ar").rows()


def test_a_jump_of_the_whole_country_is_found() -> None:
    jump = pl.when(pl.col("ar") >= 2018).then(20.0).otherwise(0.0)
    values = panel(60, range(2010, 2024)).with_columns(varde=pl.col("varde") + jump)
    assert steps(values) == [(2017, 2018)]


def test_a_declared_break_is_no_step() -> None:
    jump = pl.when(pl.col("ar") >= 2018).then(20.0).otherwise(0.0)
    values = panel(60, range(2010, 2024)).with_columns(varde=pl.col("varde") + jump)
    assert steps(values, (2018, 2017)) == []


def test_a_jump_of_a_third_of_the_areas_is_none() -> None:
    hit = (pl.col("ar") >= 2018) & (pl.col("omrade_id").cast(pl.Int32) % 3 == 0)
    values = panel(60, range(2010, 2024)).with_columns(varde=pl.col("varde") + pl.when(hit).then(20.0).otherwise(0.0))
    assert steps(values) == []


def test_a_country_that_always_moves_has_none() -> None:
    assert steps(panel(60, range(2010, 2024))) == []


@pytest.mark.parametrize(
    ("kpi", "step"),
    [("N20403", (2017, 2018)), ("U21462", (2020, 2022)), ("U23481", (2020, 2022)), ("U23472", (2020, 2022))],
)
def test_the_breaks_that_are_known_in_the_archive_are_found(kpi: str, step: tuple[int, int], shared_data: Path) -> None:
    values = (
        pl.scan_parquet(shared_data / "kolada-2024" / "values.parquet")
        .filter(pl.col("kpi") == kpi, pl.col("gender") == "T", pl.col("area").cast(pl.Int32, strict=False) > 100)
        .select(
            nyckeltal_id=pl.lit("N1"), omrade_id="area", ar=pl.col("year").cast(pl.Int32), kon="gender", varde="value"
        )
        .collect()
    )
    assert step in steps(values)
