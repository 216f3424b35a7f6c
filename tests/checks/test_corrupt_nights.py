"""A corrupt night is stopped or refused with a line that says what and where, and the next clean night is whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.standin.dataset import Dataset
from tests.faults.play import published
from tests.small import dataset, kolada, run_night

pytestmark = pytest.mark.lang

KPI, NEW = "U00002", 2025
KOMMUNER = ["0461", "0484", *(f"{number:04}" for number in range(1000, 1025))]
OWN = pl.col("area").is_in(["0461", "0484", "0004"])
_KEY = ["kpi", "area", "year", "gender"]

Change = Callable[[pl.Expr], pl.Expr]


def country(newest: int) -> Dataset:
    """The small Kolada with 27 kommuner, and U00002 for all of them from 2019 to the newest year."""
    served, rng = dataset(), random.Random(5)
    more = [{"id": area, "title": f"Kommun {area}", "type": "K"} for area in KOMMUNER[3:]]
    rows = []
    for area in [*KOMMUNER, "0000"]:
        place = rng.gauss(60, 8) if area != "0000" else 60.0
        for year in range(2019, NEW + 1):
            value = round(place + (year - 2019) / 4 + rng.gauss(0, 1), 2)
            rows += [(KPI, area, year, "T", value)] if year <= newest else []
    figures = pl.DataFrame(rows, schema=served.values.columns, orient="row").cast(dict(served.values.schema))
    values = pl.concat([served.values.filter(pl.col("kpi") != KPI), figures])
    # Kolada says of nothing that it has changed.
    values = values.with_columns(changed=pl.lit(date(2026, 1, 1)), deleted=pl.lit(False))
    return replace(served, municipalities=[*served.municipalities, *more], values=values)


def with_new_year(change: Change, where: pl.Expr | None = None) -> Dataset:
    """The new year corrupted, for all or for some of the areas."""
    whole = country(NEW)
    here = (pl.col("kpi") == KPI) & (pl.col("year") == NEW) & (pl.lit(True) if where is None else where)
    return replace(
        whole, values=whole.values.with_columns(value=pl.when(here).then(change(pl.col("value"))).otherwise("value"))
    )


def without(where: pl.Expr) -> Dataset:
    whole = country(2024)
    return replace(whole, values=whole.values.filter(~where))


def night(served: Dataset, data_dir: Path, *options: str) -> tuple[int, str]:
    with kolada(served) as url:
        ended = run_night(url, data_dir, *options)
    return ended.code, ended.err + ended.out


def values(data_dir: Path, served: Dataset) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is published of U00002 in areas that are no groups, and what Kolada has of it."""
    shown = published(data_dir).filter((pl.col("kpi") == KPI) & ~pl.col("area").str.starts_with("G"))
    true = served.values.filter(pl.col("kpi") == KPI).select(shown.columns).sort(_KEY).cast(dict(shown.schema))
    return shown.sort(_KEY), true


STOPPED: tuple[tuple[Callable[[], Dataset], str], ...] = (
    (lambda: without((pl.col("kpi") == KPI) & OWN), "U00002 alla år, egna områden (Västby): borta"),
    (lambda: with_new_year(lambda v: v * 0), "U00002 2025, landet: nollor 1 mot 0"),
)


def test_corrupt_nights_are_stopped_and_the_ordinary_one_after_them_publishes_all_true_values(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    code, said = night(country(2024), data_dir)
    assert code == 0, said
    before, _ = values(data_dir, country(2024))
    for corrupt, line in STOPPED:
        code, said = night(corrupt(), data_dir, "--full")
        assert code == 4, said
        assert line in said
        assert values(data_dir, country(2024))[0].equals(before), "readers keep what they had"

    # An ordinary night, and nothing has changed as far as Kolada says.
    code, said = night(country(NEW), data_dir)
    assert code == 0, said
    shown, true = values(data_dir, country(NEW))
    assert shown.equals(true)
    # A value beyond its unit is refused alone, and what is stored of it stays.
    code, said = night(with_new_year(lambda v: v * 10, pl.col("area") == "0484"), data_dir, "--full")
    assert code == 0, said
    assert "utanför enhetens gränser, väntade högst 100 (3: U00002 Västby 2025)" in said
    shown, _ = values(data_dir, country(NEW))
    assert shown.equals(true)
