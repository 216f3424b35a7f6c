"""Riktning for the county: the same kommuner every year, so that nobody's coming or going looks like a change."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.analysis.county import county_trend
from tests.analysis.frames import breaks_of, directed, halves_of, of_both, values_of, with_women_and_men

FOUR = ["0484", "0486", "0482", "0483"]


def judged(
    values: Mapping[str, Mapping[int, float]], breaks: tuple[tuple[int, int], ...] = (), overlapping: int | None = None
) -> dict[str, object] | None:
    """The row of `lan_trend` for values per kommun and year; the county has the four kommuner of FOUR."""
    rows = [("N1", area, year, "T", value) for area, by_year in values.items() for year, value in by_year.items()]
    trends = county_trend(
        with_women_and_men(values_of(rows)),
        pl.DataFrame(
            [*((area, "kommun", True) for area in FOUR), ("0180", "kommun", False), ("0000", "riket", False)],
            schema=["omrade_id", "typ", "i_malbild"],
            orient="row",
        ),
        directed(overlapping=overlapping),
        breaks_of("N1", breaks),
        halves_of((area, kon, 4.0 if kon == "T" else 0.1) for area in FOUR for kon in "TKM"),
    )
    return of_both(trends).row(0, named=True) if trends.height else None


def level(value: float, years: range) -> dict[int, float]:
    return dict.fromkeys(years, value)


def test_a_kommun_that_joins_late_does_not_make_a_trend() -> None:
    years = range(2018, 2024)
    # The mean over whoever answers rises 50, 50, 50, 60, 60, 60; each kommun stands still.
    late = {"0484": level(50, years), "0486": level(50, years), "0482": level(50, years)} | {
        "0483": level(90, range(2021, 2024))
    }
    row = judged(late)
    assert row is not None
    assert (row["trend"], row["antal_alla_ar"], row["antal_ar"]) == ("ingen säkerställd trend", 3, 6)
    assert row["lutning_per_ar"] == 0


def test_a_kommun_that_lacks_one_year_is_not_in_the_panel() -> None:
    years = range(2018, 2024)
    steady = {"0484": level(50, years), "0486": level(50, years), "0482": level(50, years)}
    row = judged(steady | {"0483": {year: 90 - year % 7 for year in years if year != 2020}})
    assert row is not None
    assert (row["antal_alla_ar"], row["lutning_per_ar"]) == (3, 0)


def test_the_mean_of_the_panel_is_what_is_tested() -> None:
    rising = {area: {year: 40 + n + (year - 2018) * 1.5 for year in range(2018, 2023)} for n, area in enumerate(FOUR)}
    row = judged(rising)
    assert row is not None
    assert (row["trend"], row["lutning_per_ar"]) == ("har förbättrats", 1.5)
    assert str(row["motivering"]).startswith("4 kommuner med uppgift alla år; 5 mätningar")


def test_nothing_is_tested_when_the_same_kommuner_never_answer() -> None:
    scattered = {
        "0484": {2018: 1.0, 2020: 2.0, 2022: 3.0},
        "0486": {2018: 1.0, 2019: 2.0, 2021: 3.0},
        "0482": {2019: 1.0, 2020: 2.0, 2022: 3.0},
        "0483": {2021: 1.0},
    }
    row = judged(scattered)
    assert row is not None
    assert (row["trend"], row["motivering"]) == ("prövas inte", "bara 0 av 4 kommuner har uppgift alla år")
    assert row["s"] is None


def test_years_that_few_kommuner_have_do_not_count() -> None:
    values = {"0484": {2019: 1.0}} | {area: level(2, range(2020, 2023)) for area in FOUR[1:]}
    row = judged(values)
    assert row is not None
    assert (row["fran_ar"], row["till_ar"], row["antal_alla_ar"]) == (2020, 2022, 3)
    assert judged({"0484": {2019: 1.0}}) is None


def test_the_ten_newest_years_count_and_older_ones_cost_nobody_a_place() -> None:
    values = {area: level(2, range(2012, 2024)) for area in FOUR} | {FOUR[0]: level(2, range(2014, 2024))}
    row = judged(values)
    assert row is not None
    assert (row["antal_alla_ar"], row["antal_ar"], row["fran_ar"]) == (4, 10, 2014)


def test_half_of_the_kommuner_is_enough() -> None:
    row = judged({area: level(2, range(2018, 2023)) for area in FOUR[:2]})
    assert row is not None
    assert (row["antal_alla_ar"], row["trend"]) == (2, "ingen säkerställd trend")


def test_only_what_follows_the_last_break_counts() -> None:
    row = judged({area: level(2, range(2015, 2024)) for area in FOUR}, breaks=((2021, 2020),))
    assert row is not None
    assert (row["fran_ar"], row["antal_ar"], row["trend"]) == (2021, 3, "för få mätningar")


def test_overlapping_years_are_not_tested() -> None:
    row = judged({area: {year: float(year) for year in range(2015, 2024)} for area in FOUR}, overlapping=3)
    assert row is not None
    assert row["trend"] == "prövas inte"


def test_areas_outside_the_malbild_do_not_count() -> None:
    outside = {area: level(2, range(2019, 2024)) for area in FOUR} | {
        "0180": {year: year * 100.0 for year in range(2019, 2024)}
    }
    row = judged(outside)
    assert row is not None
    assert (row["antal_alla_ar"], row["lutning_per_ar"]) == (4, 0)


def test_the_county_is_set_against_riket_in_the_same_years() -> None:
    rising = {area: {year: 40 + n + (year - 2018) * 1.5 for year in range(2018, 2023)} for n, area in enumerate(FOUR)}
    more = judged(rising | {"0000": level(50, range(2018, 2023))})
    same = judged(rising | {"0000": {year: 50 + (year - 2018) * 1.5 for year in range(2018, 2023)}})
    assert more is not None
    assert same is not None
    assert (more["mot_riket"], same["mot_riket"]) == ("mer än riket", "som riket")


def test_the_latest_measurements_of_the_county_are_told_beyond_the_noise_of_its_mean() -> None:
    # The mean of four series of ± 4 each is ± 2.
    def turned(step: float) -> str | None:
        years = dict(zip(range(2018, 2024), (0, 3, 1, 4, 4 - step / 2, 4 - step), strict=True))
        row = judged({area: {year: 40 + n + rise for year, rise in years.items()} for n, area in enumerate(FOUR)})
        assert row is not None
        return row["senaste"]  # type: ignore[return-value]

    assert turned(2.1) == "de två senaste mätningarna går åt fel håll (45,5 → 43,4)"
    assert turned(1.9) is None
