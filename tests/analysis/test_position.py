"""Placering: ranks, rank intervals and bands, against plain loops over the same posterior."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipelines.analysis.position import MIN_AREAS, bands, positions

CUTS = bands("fjärdedelar")
Z95 = 1.959963984540054


def compared(
    values: list[float], halves: float | list[float | None], direction: str | None = "lägre", kind: str = "kommun"
) -> pl.DataFrame:
    halves = halves if isinstance(halves, list) else [halves] * len(values)
    return pl.DataFrame(
        [
            ("N1", kind, 2024, "T", f"{1000 + n}", value, half, direction)
            for n, (value, half) in enumerate(zip(values, halves, strict=True))
        ],
        schema={
            "nyckeltal_id": pl.String, "typ": pl.String, "ar": pl.Int32, "kon": pl.String, "omrade_id": pl.String,
            "varde": pl.Float64, "halv_95": pl.Float64, "riktning": pl.String,
        },
        orient="row",
    )  # fmt: skip


def naive_intervals(values: list[float], half: float, draws: int = 4000) -> list[tuple[float, float]]:
    """2.5 and 97.5 % ranks, least first, from another stream of random numbers."""
    random = np.random.default_rng(1)
    noise = (half / Z95) ** 2
    between = max(0.0, float(np.var(values, ddof=1)) - noise)
    weight = between / (between + noise)
    centre = np.mean(values) + weight * (np.array(values) - np.mean(values))
    ranks = [(random.normal(centre, np.sqrt(weight * noise))).argsort().argsort() + 1 for _ in range(draws)]
    return [tuple(np.quantile(column, [0.025, 0.975])) for column in np.array(ranks).T]


def test_rank_intervals_are_those_of_plain_draws() -> None:
    values = [float(v) for v in np.random.default_rng(5).normal(50, 5, size=60)]
    areas = positions(compared(values, 4.0), CUTS).areas.sort("omrade_id")
    for (low, high), row in zip(naive_intervals(values, 4.0), areas.iter_rows(named=True), strict=True):
        assert abs(row["nedre"] - low) <= 2
        assert abs(row["ovre"] - high) <= 2
        assert row["nedre"] <= row["plats"] <= row["ovre"] or row["ovre"] < 60


def test_the_best_is_the_least_where_less_is_better_and_the_most_where_more_is() -> None:
    values = [float(n) for n in range(30)]
    less, more = (
        positions(compared(values, 0.1, direction), CUTS).areas.sort("omrade_id") for direction in ("lägre", "högre")
    )
    assert less["plats"].to_list() == list(range(1, 31))
    assert more["plats"].to_list() == list(range(30, 0, -1))
    assert less.row(0, named=True)["band"] == "bästa fjärdedelen"
    assert more.row(0, named=True)["band"] == "sämsta fjärdedelen"


def test_equal_values_share_their_places() -> None:
    areas = positions(compared([1.0, 2.0, 2.0, 3.0], 0.1), CUTS).areas.sort("omrade_id")
    assert areas.select("plats", "plats_till").rows() == [(1, 1), (2, 3), (2, 3), (4, 4)]


def test_an_area_between_two_quarters_has_no_band_and_says_why() -> None:
    values = [float(n) for n in range(40)]
    areas = positions(compared(values, 8.0), CUTS).areas.sort("omrade_id")
    at_the_edge = areas.row(10, named=True)
    assert (at_the_edge["band"], at_the_edge["band_orsak"]) == (
        None,
        "går inte att placera: osäkerheten räcker över flera delar",
    )
    assert areas.row(0, named=True)["band"] == "bästa fjärdedelen"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (compared([float(n) for n in range(30)], 1.0, "ingen"), "nyckeltalet har ingen riktning"),
        (compared([float(n) for n in range(30)], 1.0, None), "nyckeltalet har ingen riktning"),
        (compared([float(n) for n in range(MIN_AREAS - 1)], 1.0), "färre än 20 områden har värde"),
        (
            compared([float(n) for n in range(30)], [1.0] * 29 + [None]),
            "osäkerheten är inte känd för alla områden",
        ),
    ],
    ids=["no direction", "left the YAML", "few areas", "unknown noise"],
)
def test_who_cannot_be_placed_says_why(frame: pl.DataFrame, reason: str) -> None:
    areas = positions(frame, CUTS).areas
    assert set(areas["band_orsak"]) == {reason}
    assert areas["band"].is_null().all()


def test_a_nyckeltal_that_cannot_tell_areas_apart_says_so() -> None:
    values = [float(v) for v in np.random.default_rng(2).normal(50, 1, size=100)]
    (noisy,) = positions(compared(values, 10.0), CUTS).kpis["tillforlitlighet"]
    (sharp,) = positions(compared(values, 0.2), CUTS).kpis["tillforlitlighet"]
    assert noisy == 0
    assert sharp > 0.95
    placed = positions(compared(values, 10.0), CUTS).areas
    assert placed["band"].is_null().all()


def test_the_same_values_are_placed_the_same_every_time_and_beside_any_others() -> None:
    values = [float(v) for v in np.random.default_rng(9).normal(size=50)]
    first = compared(values, 0.5)
    other = compared(values[:25], 0.7).with_columns(nyckeltal_id=pl.lit("N0"))
    alone = positions(first, CUTS).areas
    beside = positions(pl.concat([other, first]), CUTS).areas.filter(pl.col("nyckeltal_id") == "N1")
    assert alone.equals(beside)


def test_women_and_both_are_ranked_by_themselves() -> None:
    both = compared([1.0, 2.0, 3.0], 0.1)
    women = compared([9.0, 8.0, 7.0], 0.1).with_columns(kon=pl.lit("K"))
    areas = positions(pl.concat([both, women]), CUTS).areas.filter(pl.col("kon") == "T").sort("omrade_id")
    assert areas["plats"].to_list() == [1, 2, 3]
    assert set(areas["antal_med_varde"]) == {3}
