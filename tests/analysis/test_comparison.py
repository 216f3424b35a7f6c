"""Where an area stands."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.comparison import BEST, MIDDLE, WORST, comparison
from pipelines.analysis.trend import trend

OUR_KOMMUNER = ["1000", "1001", "1002"]


def table(
    values: dict[str, float | None],
    direction: str = "högre",
    kpi: str = "N1",
    more: list[tuple[str, str, float]] | None = None,
) -> pl.DataFrame:
    """`comparison` for one KPI, year and gender; areas 1xxx are kommuner, 00xx regions, 0000 riket."""
    rows = [(kpi, area, value) for area, value in values.items()] + (more or [])
    observations = pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "varde"], orient="row").with_columns(
        ar=pl.lit(2024, pl.Int32), kon=pl.lit("T"), varde=pl.col("varde").cast(pl.Float64)
    )
    kinds = {area: "riket" if area == "0000" else "region" if area < "1000" else "kommun" for area in values}
    areas = pl.DataFrame(
        [(area, kind, area in OUR_KOMMUNER) for area, kind in kinds.items()],
        schema=["omrade_id", "typ", "i_lanet"],
        orient="row",
    )
    similar = pl.DataFrame(
        [(kpi, "1000", "G1", member) for member in ("1001", "1003", "1999")],
        schema=["nyckeltal_id", "omrade_id", "grupp_id", "medlem_id"],
        orient="row",
    )
    kpis = pl.DataFrame({"nyckeltal_id": [kpi], "riktning": [direction]})
    pairs = pl.DataFrame({"nyckeltal_id": [kpi], "osakerhet_nyckeltal_id": ["N1E"]})
    return comparison(observations, kpis, areas, similar, pairs)


def kommuner(count: int) -> dict[str, float | None]:
    return {f"{1000 + n}": float(n) for n in range(count)}


def column(frame: pl.DataFrame, name: str) -> dict[str, object]:
    return dict(frame.filter(pl.col("nyckeltal_id") == "N1").select("omrade_id", name).iter_rows())


@pytest.mark.parametrize(
    ("count", "sizes"), [(290, (72, 146, 72)), (289, (72, 145, 72)), (21, (5, 11, 5)), (20, (5, 10, 5))]
)
def test_bands_split_by_quarters_of_those_that_have_a_value(count: int, sizes: tuple[int, int, int]) -> None:
    bands = list(column(table(kommuner(count)), "band").values())
    assert tuple(bands.count(word) for word in (BEST, MIDDLE, WORST)) == sizes


def test_no_band_below_twenty_areas_but_a_place() -> None:
    frame = table(kommuner(19))
    assert set(column(frame, "band").values()) == {None}
    assert set(column(frame, "basta_kvartil").values()) == {None}
    assert column(frame, "plats")["1018"] == 1
    assert set(column(frame, "antal_med_varde").values()) == {19}


def test_the_best_is_first_whichever_way_is_better() -> None:
    assert column(table(kommuner(20), "högre"), "plats")["1019"] == 1
    assert column(table(kommuner(20), "lägre"), "plats")["1000"] == 1
    assert column(table(kommuner(20), "lägre"), "basta_kvartil")["1000"] == 4.75
    assert column(table(kommuner(20), "högre"), "basta_kvartil")["1000"] == 14.25


def test_without_a_direction_nobody_is_placed() -> None:
    frame = table(kommuner(20), "ingen")
    assert set(column(frame, "plats").values()) == set(column(frame, "band").values()) == {None}


def test_equal_values_share_the_middle_of_their_places() -> None:
    assert column(table({"1000": 5.0, "1001": 5.0, "1002": 1.0}), "plats") == {"1000": 1.5, "1001": 1.5, "1002": 3.0}


def test_the_county_mean_counts_only_those_that_have_a_value() -> None:
    frame = table({"1000": 10.0, "1001": None, "1002": 40.0, "1003": 1000.0, "0004": 7.0})
    assert column(frame, "lan_ovagt") == {"1000": 25.0, "1002": 25.0, "1003": 25.0, "0004": None}
    assert column(frame, "lan_antal")["1000"] == 2
    assert "1001" not in column(frame, "varde")


def test_kommuner_and_regions_are_never_ranked_together() -> None:
    frame = table({"1000": 10.0, "1001": 20.0, "0004": 99.0, "0001": 98.0, "0000": 50.0})
    assert column(frame, "antal_med_varde") == {"1000": 2, "1001": 2, "0004": 2, "0001": 2}
    assert column(frame, "plats")["1001"] == column(frame, "plats")["0004"] == 1
    assert set(column(frame, "riket").values()) == {50.0}


def test_similar_areas_are_the_members_that_have_a_value() -> None:
    frame = table({"1000": 1.0, "1001": 10.0, "1002": 5.0, "1003": 20.0})
    assert column(frame, "liknande") == {"1000": 15.0, "1001": None, "1002": None, "1003": None}
    assert column(frame, "liknande_antal")["1000"] == 2
    assert column(frame, "liknande_grupp_id")["1000"] == "G1"


def test_uncertainty_is_koladas_own_or_nothing() -> None:
    frame = table({"1000": 74.0, "1001": 60.0}, more=[("N1E", "1000", 4.0)])
    assert column(frame, "osakerhet") == {"1000": 4.0, "1001": None}


def test_a_series_is_measured_and_not_judged() -> None:
    years = pl.DataFrame(
        {
            "nyckeltal_id": ["N1"] * 5 + ["N2"] * 4,
            "omrade_id": ["0484"] * 9,
            "ar": pl.Series([2018, 2020, 2021, 2022, 2024, 2021, 2022, 2023, 2024], dtype=pl.Int32),
            "kon": ["T"] * 9,
            "varde": [1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 3.0, 4.0],
        }
    )
    long, short = trend(years).to_dicts()
    assert (long["fran_ar"], long["till_ar"], long["antal_ar"], long["riktning"]) == (2018, 2024, 5, "ej prövad")
    assert (short["riktning"], short["orsak"]) == ("för få mätningar", "4 mätningar; minst 5 krävs")
    assert long["lutning_per_ar"] is long["p_varde"] is None
