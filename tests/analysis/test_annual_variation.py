"""Årsvariation: the published golden numbers, plain loops, and what has none says why."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines.analysis.annual_variation import MIN_AREAS, Variation, annual_variation
from tests.analysis import naive_variation
from tests.analysis.frames import breaks_of, directed, values_of


def measure(
    values: pl.DataFrame, kind: str = "kommun", lag: int | None = None, breaks: Iterable[int] = ()
) -> Variation:
    areas = values.select("omrade_id").unique().with_columns(typ=pl.lit(kind))
    return annual_variation(
        values,
        areas,
        directed(overlapping=lag),
        breaks_of("N1", ((year, year - 1) for year in breaks)),
    )


def panel(areas: int, years: Iterable[int], spread: float = 1.0, seed: int = 7, digits: int = 3) -> pl.DataFrame:
    """Areas with levels and noise of their own, and a country that moves."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(areas):
        level, own = random.normal(50, 10), spread * random.gamma(3, 0.4)
        for year in years:
            value = level + 0.5 * year + random.normal(0, own)
            rows.append((f"{1000 + number}", year, round(value, digits)))
    return frame(rows)


def frame(rows: list[tuple[str, int, float]]) -> pl.DataFrame:
    return values_of(("N1", area, year, "T", float(value)) for area, year, value in rows)


def series(variation: Variation, area: str) -> dict[str, float | str | None]:
    return variation.areas.row(by_predicate=pl.col("omrade_id") == area, named=True)


# statistik: nyckeltal, kind, years in a value, break, area, σ̃², degrees of freedom, half widths at 95 and 99.8 %.
GOLDEN = [
    ("U21463", "kommun", 1, None, "0484", 4.591567064, 10.821909, 4.8325919, 9.3486406),
    ("U21463", "kommun", 1, None, "0481", 9.704651166, 10.821909, 7.0257002, 13.591205),
    ("U23482", "kommun", 1, None, "0484", 14.33728209, 9.7967893, 8.9064408, 18.124346),
    ("N20403", "kommun", 1, None, "0480", 0.4349678029, 9.4710821, 1.6162565, 3.8580071),
    ("N20403", "kommun", 1, 2017, "0480", None, None, 1.8041755, 4.0188516),
    ("N20403", "region", 1, 2017, "0004", None, None, 1.2144929, 2.0779657),
    ("N20403", "region", 1, None, "0004", 0.1663489113, 12.023009, 1.0484479, 1.8828432),
    ("U20462", "kommun", 3, None, "0484", 39750.92336, 11.214975, 437.80026, 969.0364),
    ("U01405", "kommun", 4, None, "0484", 3.23597297, 23.059999, 3.8181745, 6.7178933),
    ("U01405", "kommun", 4, None, "0461", 4.451730119, 15.726666, 4.6012949, 8.4234573),
    ("U21401", "kommun", 1, None, "0484", 1.503143879, 14.018765, 2.7081001, 6.0951737),
]


@pytest.fixture(scope="module")
def archive(shared_data: Path) -> pl.DataFrame:
    """The real values, kön T, of the nyckeltal with golden numbers."""
    return (
        pl.scan_parquet(shared_data / "kolada-2024" / "values.parquet")
        .filter(pl.col("kpi").is_in({row[0] for row in GOLDEN}), pl.col("gender") == "T")
        .select(kpi="kpi", omrade_id="area", ar=pl.col("year").cast(pl.Int32), kon="gender", varde="value")
        .collect()
    )


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda row: f"{row[0]}-{row[1]}-{row[3]}-{row[4]}")
def test_the_golden_numbers(
    golden: tuple[str, str, int, int | None, str, *tuple[float | None, ...]], archive: pl.DataFrame
) -> None:
    kpi, kind, lag, series_break, area, *expected = golden
    # Kolada's regions are 0001–0025, riket 0000; groups begin with a letter.
    number = pl.col("omrade_id").cast(pl.Int32, strict=False)
    of_kind = number.is_between(1, 30) if kind == "region" else number > 100
    values = archive.filter(pl.col("kpi") == kpi, of_kind).with_columns(nyckeltal_id=pl.lit("N1")).drop("kpi")
    row = series(measure(values, kind, lag if lag > 1 else None, [series_break] if series_break else []), area)
    for name, number_expected in zip(("varians", "frihetsgrader", "halv_95", "halv_998"), expected, strict=True):
        if number_expected is not None:
            assert row[name] == pytest.approx(number_expected, rel=1e-7), name


@pytest.mark.parametrize(
    ("values", "lag", "breaks"),
    [
        (panel(40, range(2010, 2021)), 1, []),
        (panel(40, range(2010, 2021)), 1, [2015]),
        (panel(40, range(2010, 2021)), 3, []),
        (panel(18, [2010, 2012, 2013, 2017, 2018, 2020]), 1, []),
        # Values in whole numbers: many changes are nothing at all.
        (panel(40, range(2010, 2021), digits=0), 1, []),
        # Areas that come and go.
        (panel(60, range(2010, 2021)).sample(fraction=0.8, seed=3).sort("omrade_id", "ar"), 1, []),
    ],
    ids=["steps", "break", "overlapping", "few areas and years", "whole numbers", "gaps"],
)
def test_plain_loops_give_the_same(values: pl.DataFrame, lag: int, breaks: list[int]) -> None:
    measured = measure(values, lag=lag if lag > 1 else None, breaks=breaks)
    noise = naive_variation.measure(list(values.select("omrade_id", "ar", "varde").iter_rows()), lag, breaks)
    assert noise is not None
    for area in values["omrade_id"].unique().sort().to_list()[::7]:
        naive, row = noise(area), series(measured, area)
        df = math.inf if row["frihetsgrader"] is None else row["frihetsgrader"]
        assert (row["varians"], row["halv_95"], row["halv_998"]) == pytest.approx(
            (naive.variance, naive.half_95, naive.half_998), rel=1e-9
        )
        assert df == pytest.approx(naive.df, rel=1e-9)


def test_the_accuracy_is_counted_on_steps_that_were_not_known() -> None:
    accuracy = measure(panel(200, range(2000, 2021))).accuracy
    by_level = {row["niva"]: row for row in accuracy.iter_rows(named=True)}
    assert set(by_level) == {"95 %", "99,8 %"}
    for level, promised in (("95 %", 0.95), ("99,8 %", 0.998)):
        row = by_level[level]
        # 20 steps, of which the first four have too few before them to be tried after a calibration.
        assert row["provade"] == 200 * 17
        assert abs(row["innanfor_kalibrerat"] / row["provade"] - promised) < 0.015
        assert row["innanfor_nominellt"] <= row["innanfor_kalibrerat"]


@pytest.mark.parametrize(
    ("values", "lag", "breaks", "reason"),
    [
        (panel(14, range(2010, 2020)), None, [], "bara 14 områden i landet har värde"),
        (panel(1, range(2010, 2020)), None, [], "bara ett område i landet har värde"),
        (panel(30, [2020]), None, [], "bara en mätning, så årsvariationen kan inte mätas"),
        (panel(30, [2018, 2019, 2020]), 4, [], "mätningarna överlappar varandra, så årsvariationen kan inte mätas"),
        (panel(30, [2018, 2019]), None, [2019], "för få mätningar på samma sida om ett seriebrott"),
        (
            frame([(f"{n}", year, 5.0) for n in range(30) for year in range(2010, 2015)]),
            None,
            [],
            f"färre än {MIN_AREAS} områden har ändrats mellan mätningarna",
        ),
        (
            # Every other area every other year: no step has an area with both values.
            frame([(f"{n}", year, n + year) for n in range(60) for year in range(2010, 2016) if (n + year) % 2]),
            None,
            [],
            f"färre än {MIN_AREAS} områden har värde i två mätningar i rad",
        ),
    ],
    ids=["few areas", "one area", "one measurement", "overlapping", "break", "no change", "alternating"],
)
def test_what_cannot_be_measured_says_why(
    values: pl.DataFrame, lag: int | None, breaks: list[int], reason: str
) -> None:
    measured = measure(values, lag=lag, breaks=breaks)
    assert measured.areas["varians"].is_null().all()
    assert measured.areas["halv_95"].is_null().all()
    assert set(measured.areas["orsak"]) == {reason}
    assert measured.areas.height == values["omrade_id"].n_unique()
    assert measured.accuracy.is_empty()


def test_a_region_with_twenty_areas_is_measured() -> None:
    assert measure(panel(20, range(2015, 2025)), "region").areas["varians"].is_not_null().all()


def test_areas_alike_in_noise_have_infinite_degrees_of_freedom() -> None:
    # Every area moves by the same amount, up or down: there is nothing that tells their noises apart.
    rows = [(f"{n}", year, 10.0 + (1 if (n + year) % 2 else -1)) for n in range(40) for year in range(2010, 2020)]
    row = series(measure(frame(rows)), "3")
    assert row["orsak"] is None
    assert row["frihetsgrader"] is None
    # The changes are ±2: σ² of a value is a half of their mean square.
    assert row["varians"] == pytest.approx(2.0, rel=0.25)


def test_values_of_1e14_do_not_break_it() -> None:
    row = series(measure(panel(40, range(2010, 2020)).with_columns(pl.col("varde") * 1e12)), "1003")
    small = series(measure(panel(40, range(2010, 2020))), "1003")
    assert row["halv_95"] == pytest.approx(small["halv_95"] * 1e12, rel=1e-6)


def test_women_men_and_both_are_measured_by_themselves() -> None:
    parts = [
        panel(30, range(2010, 2020), spread, seed).with_columns(kon=pl.lit(kon))
        for kon, spread, seed in (("T", 1, 1), ("K", 5, 2), ("M", 0.2, 3))
    ]
    halves = dict(measure(pl.concat(parts)).areas.group_by("kon").agg(pl.col("halv_95").median()).iter_rows())
    assert halves["K"] > 3 * halves["T"] > 9 * halves["M"]
