"""What a series of years says: the test's published figures, and the words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.analysis.trend import mann_kendall, trend
from tests.analysis.women_and_men import of_both, with_women_and_men

Years = Sequence[int]


def series(values: Sequence[float], years: Years, kpi: str = "N1") -> pl.DataFrame:
    totals = pl.DataFrame(
        {
            "nyckeltal_id": [kpi] * len(values),
            "omrade_id": ["0484"] * len(values),
            "ar": pl.Series(list(years), dtype=pl.Int32),
            "kon": ["T"] * len(values),
            "varde": pl.Series(list(values), dtype=pl.Float64),
        }
    )
    return with_women_and_men(totals)


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
) -> dict[str, object]:
    """The row of `trend`; `breaks`: ar and sista_gamla_ar."""
    kpis = pl.DataFrame(
        [("N1", direction, overlapping)],
        schema={"nyckeltal_id": pl.String, "riktning": pl.String, "overlappande_ar": pl.Int32},
        orient="row",
    )
    where = pl.DataFrame(
        [("N1", *pair) for pair in breaks],
        schema={"nyckeltal_id": pl.String, "ar": pl.Int32, "sista_gamla_ar": pl.Int32},
        orient="row",
    )
    return of_both(trend(series(values, years or range(2015, 2015 + len(values))), kpis, where)).row(0, named=True)


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


def test_long_series_are_tested_by_the_normal_approximation() -> None:
    values = [12.9, 14.8, 13.2, 15.7, 13.8, 15.6, 12.9, 11.0, 17.3, 15.9, 19.0, 18.3, 20.1, 21.7]
    s, p, slope = of_series(values)
    assert (s, p) == (54, pytest.approx(0.00366, abs=5e-6))
    assert slope == pytest.approx(0.56667, abs=5e-6)


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
    assert judged(rising, direction="högre")["riktning"] == "förbättras"
    assert judged(falling, direction="högre")["riktning"] == "försämras"
    assert judged(falling, direction="lägre")["riktning"] == "förbättras"
    assert judged(rising, direction="ingen")["riktning"] == "ökar"
    assert judged(falling, direction="ingen")["riktning"] == "minskar"


def test_the_reason_stands_beside_the_word() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (row["orsak"], row["metod"]) == ("5 mätningar: Mann–Kendall, exakt, p ≤ 0,05", "riktning 1")
    assert row["p_varde"] == pytest.approx(1 / 60)
    row = judged([1.0, 3.0, 2.0, 5.0, 4.0])
    assert (row["riktning"], row["orsak"]) == (
        "ingen säkerställd trend",
        "5 mätningar: Mann–Kendall, exakt, p > 0,05",
    )
    assert "normalapproximation" in str(judged([float(n) for n in range(11)])["orsak"])


def test_four_years_are_too_few_however_steep() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0])
    assert (row["riktning"], row["orsak"]) == ("för få mätningar", "4 mätningar; minst 5 krävs")
    assert row["p_varde"] is row["lutning_per_ar"] is None


def test_overlapping_means_are_never_tested() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0], overlapping=3)
    assert row["riktning"] == "ej prövad"
    assert "3 år överlappar" in str(row["orsak"])
    assert row["p_varde"] is row["lutning_per_ar"] is None


def test_missing_values_are_no_measurements() -> None:
    row = judged([1.0, float("nan"), 2.0, float("inf"), 3.0, 4.0])
    assert (row["antal_ar"], row["riktning"]) == (4, "för få mätningar")


def test_ties_only_is_no_trend() -> None:
    assert judged([3.0] * 8)["riktning"] == "ingen säkerställd trend"


def test_only_what_lies_after_the_last_break_counts() -> None:
    falling_then_rising = [9.0, 8.0, 7.0, 6.0, 5.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    row = judged(falling_then_rising, range(2010, 2020), breaks=[(2015, 2014)])
    assert (row["riktning"], row["fran_ar"], row["antal_ar"]) == ("förbättras", 2015, 5)
    assert "sedan seriebrottet 2015" in str(row["orsak"])
    row = judged(falling_then_rising, range(2010, 2020), breaks=[(2012, 2011), (2017, 2016)])
    assert (row["riktning"], row["fran_ar"], row["antal_ar"]) == ("för få mätningar", 2017, 3)


def test_a_series_that_ends_before_a_break_is_judged_as_it_was() -> None:
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0], range(2010, 2015), breaks=[(2020, 2019)])
    assert (row["riktning"], row["till_ar"]) == ("förbättras", 2014)


def test_years_on_neither_side_of_a_break_count_for_none() -> None:
    # The change came in 2015 or 2016; 2015 may be either.
    row = judged([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], range(2010, 2016), breaks=[(2016, 2014)])
    assert (row["till_ar"], row["antal_ar"]) == (2014, 5)
    row = judged([1.0, 2.0, 3.0], (2014, 2015, 2016), breaks=[(2016, 2014)])
    assert (row["fran_ar"], row["antal_ar"]) == (2016, 1)
