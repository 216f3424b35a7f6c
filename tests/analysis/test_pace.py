"""What a level demands, and who has kept such a pace: worked out by hand on three short series."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.pace import count_keeping, demanded, fastest
from tests.analysis.frames import breaks_of

NO_BREAKS = breaks_of("U1")


def series(**areas: dict[int, float | None]) -> pl.DataFrame:
    rows = [
        ("U1", "region" if area == "r" else "kommun", area, year, value)
        for area, years in areas.items()
        for year, value in years.items()
    ]
    columns = {"nyckeltal_id": pl.String, "typ": pl.String, "omrade_id": pl.String, "ar": pl.Int32, "varde": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.mark.parametrize(
    ("now", "level", "direction", "pace"),
    [
        (60.0, 80.0, "högre", 2.0),
        (80.0, 60.0, "högre", None),
        (80.0, 60.0, "lägre", -2.0),
        (60.0, 80.0, "lägre", None),
        (60.0, 60.0, "lägre", None),
        (60.0, 80.0, "ingen", 2.0),
        (80.0, 60.0, "ingen", -2.0),
    ],
)
def test_a_level_that_is_reached_demands_nothing(now: float, level: float, direction: str, pace: float | None) -> None:
    assert demanded(now, 2025, level, 2035, direction) == pace


def test_when_the_year_has_come_no_pace_leads_there() -> None:
    assert demanded(60.0, 2035, 80.0, 2035, "högre") is None


def test_a_pace_is_kept_by_those_with_ten_such_years_of_those_with_ten_years() -> None:
    values = series(
        # +2 a year over 2005–2015, then back: ever is enough.
        a={2005: 50.0, 2015: 70.0, 2025: 50.0},
        # +1 a year.
        b={2010: 40.0, 2020: 50.0},
        # Nine years are not ten, and a year without a value is none.
        c={2010: 10.0, 2019: 90.0, 2020: None},
        r={2010: 10.0, 2020: 90.0},
    )
    paces = fastest(values, NO_BREAKS)
    assert paces["omrade_id"].to_list() == ["a", "b", "r"]
    assert count_keeping(paces, "U1", "kommun", 2.0) == (1, 2)
    assert count_keeping(paces, "U1", "kommun", 1.0) == (2, 2)
    assert count_keeping(paces, "U1", "kommun", 2.1) == (0, 2)
    # Downwards the other way round.
    assert count_keeping(paces, "U1", "kommun", -2.0) == (1, 2)
    assert count_keeping(paces, "U1", "region", 2.0) == (1, 1)
    assert count_keeping(paces, "U2", "kommun", 2.0) == (0, 0)


def test_no_span_goes_over_a_break() -> None:
    values = series(a={2005: 50.0, 2015: 70.0}, b={2006: 40.0, 2016: 50.0})
    # The new way is sure from 2016 on, the old one until 2005.
    assert fastest(values, breaks_of("U1", [(2016, 2015)]))["omrade_id"].to_list() == ["a"]
