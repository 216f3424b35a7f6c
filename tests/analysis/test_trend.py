"""What a series of years says: the test's published figures, and the words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.trend import holds, mann_kendall, trend
from tests.analysis.frames import breaks_of, directed, halves_of, of_both, values_of, with_women_and_men

Years = Sequence[int]


def series(values: Sequence[float], years: Years, kpi: str = "N1") -> pl.DataFrame:
    return with_women_and_men(values_of((kpi, "0484", y, "T", v) for y, v in zip(years, values, strict=True)))


def of_series(values: Sequence[float], years: Years | None = None) -> tuple[int, float, float]:
    """S, p and slope."""
    tested = of_both(mann_kendall(series(values, years or range(len(values)))))
    return tested.select("s", "p_varde", "lutning_per_ar").row(0)


def judged(
    values: Sequence[float],
    years: Years | None = None,
    direction: str = "högre",
    overlapping: int | None = None,
    breaks: Sequence[tuple[int, int]] = (),
    country: Sequence[float] = (),
    half: float | None = None,
    others: Sequence[Sequence[float]] = (),
) -> dict[str, object]:
    """The row of `trend`; `breaks`: ar and sista_gamla_ar; country: riket's values in the same years; half: the
    årsvariation at 95 %; others: the values of other kommuner.
    """
    years = years or range(2015, 2015 + len(values))
    rows = [series(values, years)]
    rows += [series(country, years).with_columns(omrade_id=pl.lit("0000"))] if country else []
    rows += [series(other, years).with_columns(omrade_id=pl.lit(f"{1000 + n}")) for n, other in enumerate(others)]
    everything = pl.concat(rows)
    areas = (
        everything.select("omrade_id")
        .unique()
        .with_columns(typ=pl.when(pl.col("omrade_id") == "0000").then(pl.lit("riket")).otherwise(pl.lit("kommun")))
    )
    noise = halves_of([("0484", "T", half), ("0484", "K", 0.001)])
    trends = of_both(trend(everything, areas, directed(direction, overlapping), breaks_of("N1", breaks), noise))
    return trends.row(by_predicate=pl.col("omrade_id") == "0484", named=True)


@pytest.mark.parametrize(
    ("values", "years", "s", "p", "slope"),
    [
        ([1, 2, 2, 3, 4], None, 9, 1 / 30, None),
        ([48, 50, 49, 53, 55], None, 8, 1 / 12, None),
        ([5, 5, 5, 5, 5], None, 0, 1.0, 0.0),
        ([1, 2, 2, 3, 4, 5], None, 14, 1 / 180, None),
        ([30, 29, 27, 27, 24], range(2020, 2025), -9, 1 / 30, -1.5),
        ([40, 43, 44, 49, 51], (2016, 2018, 2020, 2022, 2024), 10, 1 / 60, 1.4375),
        ([40, 43, 44, 49, 51], (2015, 2017, 2022, 2024, 2025), 10, 1 / 60, 1.05),
    ],
)
def test_short_series_are_tested_exactly_and_on_real_years(
    values: list[float], years: Years | None, s: int, p: float, slope: float | None
) -> None:
    row = of_series(values, years)
    assert row[:2] == (s, pytest.approx(p, rel=1e-12))
    if slope is not None:
        assert row[2] == pytest.approx(slope, rel=1e-12)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=7))
@settings(max_examples=60, deadline=None)
def test_the_exact_p_is_the_share_of_orders_that_are_as_extreme(values: list[int]) -> None:
    def score(order: Sequence[int]) -> int:
        return sum((b > a) - (b < a) for i, a in enumerate(order) for b in order[i + 1 :])

    orders = set(permutations(values))
    share = sum(abs(score(order)) >= abs(score(values)) for order in orders) / len(orders)
    assert of_series(values)[:2] == (score(values), pytest.approx(share, rel=1e-12))


def test_the_word_follows_what_is_better() -> None:
    rising, falling = [1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 4.0, 3.0, 2.0, 1.0]
    assert judged(rising, direction="högre")["trend"] == "har förbättrats"
    assert judged(falling, direction="högre")["trend"] == "har försämrats"
    assert judged(falling, direction="lägre")["trend"] == "har förbättrats"
    assert judged(rising, direction="ingen")["trend"] == "har ökat"
    assert judged(falling, direction="ingen")["trend"] == "har minskat"


def test_the_reason_stands_beside_the_word() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (row["motivering"], row["metod"]) == ("5 mätningar: Mann–Kendall, exakt, p ≤ 0,05", "riktning 2")
    assert row["p_varde"] == pytest.approx(1 / 60)
    row = judged([1.0, 3.0, 2.0, 5.0, 4.0])
    assert (row["trend"], row["motivering"]) == (
        "ingen säkerställd trend",
        "5 mätningar: Mann–Kendall, exakt, p > 0,05",
    )


def test_four_years_are_too_few_however_steep() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0])
    assert (row["trend"], row["motivering"]) == ("för få mätningar", "4 mätningar; minst 5 krävs")
    assert row["p_varde"] is row["lutning_per_ar"] is None


def test_overlapping_means_are_never_tested() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0], overlapping=3)
    assert row["trend"] == "prövas inte"
    assert "3 år överlappar" in str(row["motivering"])
    assert row["p_varde"] is row["lutning_per_ar"] is None


def test_missing_values_are_no_measurements() -> None:
    row = judged([1.0, float("nan"), 2.0, float("inf"), 3.0, 4.0])
    assert (row["antal_ar"], row["trend"]) == (4, "för få mätningar")


def test_ties_only_is_no_trend() -> None:
    assert judged([3.0] * 8)["trend"] == "ingen säkerställd trend"


def test_only_what_lies_after_the_last_break_counts() -> None:
    falling_then_rising = [9.0, 8.0, 7.0, 6.0, 5.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    row = judged(falling_then_rising, range(2010, 2020), breaks=[(2015, 2014)])
    assert (row["trend"], row["fran_ar"], row["antal_ar"]) == ("har förbättrats", 2015, 5)
    assert "sedan brottet 2015" in str(row["motivering"])
    row = judged(falling_then_rising, range(2010, 2020), breaks=[(2012, 2011), (2017, 2016)])
    assert (row["trend"], row["fran_ar"], row["antal_ar"]) == ("för få mätningar", 2017, 3)


def test_a_series_that_ends_before_a_break_is_judged_as_it_was() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0], range(2010, 2015), breaks=[(2020, 2019)])
    assert (row["trend"], row["till_ar"]) == ("har förbättrats", 2014)


def test_years_on_neither_side_of_a_break_count_for_none() -> None:
    # The change came in 2015 or 2016; 2015 may be either.
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], range(2010, 2016), breaks=[(2016, 2014)])
    assert (row["till_ar"], row["antal_ar"]) == (2014, 5)
    row = judged([1.0, 2.0, 3.0], (2014, 2015, 2016), breaks=[(2016, 2014)])
    assert (row["fran_ar"], row["antal_ar"]) == (2016, 1)


def test_only_the_last_ten_measurement_years_count() -> None:
    falling_then_rising = [50.0, 40.0, 30.0, 20.0, *(float(n) for n in range(10))]
    row = judged(falling_then_rising, range(2010, 2024))
    assert (row["trend"], row["fran_ar"], row["till_ar"], row["antal_ar"]) == ("har förbättrats", 2014, 2023, 10)


def test_overlapping_means_are_not_tested_however_few_they_are() -> None:
    assert judged([1.0, 2.0], overlapping=3)["trend"] == "prövas inte"


def test_the_noise_of_floating_point_is_no_change() -> None:
    row = judged([0.1 + 0.2, 0.3, 0.1 * 3, 0.30000000000000004, 0.3])
    assert (row["s"], row["trend"]) == (0, "ingen säkerställd trend")


@pytest.mark.parametrize(
    ("values", "country", "word"),
    [
        ([1, 3, 5, 7, 9], [1, 2, 3, 4, 5], "mer än riket"),
        ([1, 2, 3, 4, 5], [1, 3, 5, 7, 9], "mindre än riket"),
        ([1, 2, 3, 4, 5], [11, 12, 13, 14, 15], "som riket"),
        ([1, 2, 3, 4, 5], [9, 8, 7, 6, 5], "tvärtom mot riket"),
        ([5, 5, 5, 5, 5], [1, 2, 3, 4, 5], "mindre än riket"),
        ([1, 2, 3, 4, 5], [7, 7, 7, 7, 7], "mer än riket"),
        # Four years in common are too few.
        ([1, 2, 3, 4, 5], [float("nan"), 2, 3, 4, 5], None),
    ],
)
def test_whether_riket_did_the_same(values: list[float], country: list[float], word: str | None) -> None:
    assert judged(values, country=country)["mot_riket"] == word


def test_without_riket_the_median_of_the_country_takes_its_place() -> None:
    others = [[10.0, 9.0, 8.0, 7.0, 6.0], [12.0, 11.0, 10.0, 9.0, 8.0], [14.0, 13.0, 12.0, 11.0, 10.0]]
    assert judged([1, 2, 3, 4, 5], others=others)["mot_riket"] == "tvärtom mot riket"


@pytest.mark.parametrize(
    ("values", "direction", "half", "says"),
    [
        # No direction, and the last two together beyond the årsvariation.
        ([3, 5, 2, 2.4, 3.0, 3.6], "lägre", 1.0, "de tre senaste mätningarna går åt fel håll (2 → 3,6)"),
        ([3, 1, 4, 2.4, 3.6, 3.7], "högre", 1.0, "de två senaste mätningarna går åt rätt håll (2,4 → 3,7)"),
        ([3, 6, 2, 3.7, 3.0, 2.4], "lägre", 1.0, "de två senaste mätningarna går åt rätt håll (3,7 → 2,4)"),
        ([3, 1, 4, 2.4, 3.6, 3.7], "ingen", 1.0, "de två senaste mätningarna ökar (2,4 → 3,7)"),
        # Inside it, or one step alone.
        ([3, 1, 4, 2.4, 3.6, 3.7], "högre", 2.0, None),
        ([3, 1, 4, 2.4, 1.0, 3.7], "högre", 1.0, None),
        ([3, 1, 4, 2.4, 3.6, 3.7], "högre", None, None),
        # Against a direction that is stated.
        ([1, 2, 3, 4, 5, 6, 7, 8, 7, 6], "högre", None, "men de två senaste mätningarna går åt andra hållet (8 → 6)"),
        ([1, 2, 3, 4, 5, 6], "högre", None, None),
    ],
)
def test_what_the_latest_measurements_do(
    values: list[float], direction: str, half: float | None, says: str | None
) -> None:
    assert judged(values, direction=direction, half=half)["senaste"] == says


def test_a_clear_change_is_beyond_the_noise_of_two_values_and_beyond_the_countrys_own() -> None:
    still = [[10.0] * 5, [20.0] * 5, [30.0] * 5]
    moved = [[10.0, 10.0, 10.0, 10.0, 18.0], [20.0, 20.0, 20.0, 20.0, 28.0], [30.0, 30.0, 30.0, 30.0, 38.0]]
    values = [50.0, 51.0, 50.0, 51.0, 58.1]
    # √2 · 5 = 7.07.
    assert judged(values, half=5.0, others=still)["tydlig_andring"] is True
    assert judged(values, half=5.1, others=still)["tydlig_andring"] is False
    assert judged(values, half=5.0, others=moved)["tydlig_andring"] is False
    assert judged(values, others=still)["tydlig_andring"] is None


def test_of_many_tested_series_only_those_stand_that_chance_would_not_give() -> None:
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    # Benjamini and Hochberg: the largest i with p ≤ i/10 · 0.1 is 6. The sixth is no direction: p > 0.05.
    directions = holds(pl.DataFrame({"serie": range(10), "p_varde": p}))
    assert directions["haller"].to_list() == [*[True] * 5, *[False] * 5]
    assert holds(pl.DataFrame({"serie": [1], "p_varde": [0.04]}))["haller"].to_list() == [True]
    # Equal ones take the last of their places: 0.04 · 4/2 is enough, 0.04 · 4/1 is not.
    equal = pl.DataFrame({"serie": range(4), "p_varde": [0.04, 0.04, 0.5, 0.6]})
    assert holds(equal)["haller"].to_list() == [True, True, False, False]
    # One of ten is below 5 % by chance alone.
    by_chance = pl.DataFrame({"serie": range(10), "p_varde": [0.04, *(n / 10 for n in range(1, 10))]})
    assert not holds(by_chance)["haller"].any()
    # What is no direction does not stand, however few are tested.
    assert holds(pl.DataFrame({"serie": [1], "p_varde": [0.08]}))["haller"].to_list() == [False]
    assert holds(pl.DataFrame(schema={"serie": pl.Int64, "p_varde": pl.Float64})).height == 0
