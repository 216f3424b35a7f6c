"""Women and men, kommun and kommun."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.equity import gender_gap, spread, sub_county_means
from pipelines.analysis.trend import counted_years
from tests.analysis.frames import breaks_of, of_both, with_women_and_men


def compared(women: float, men: float, halves: tuple[float | None, float | None]) -> pl.DataFrame:
    """Rows of `jamforelse`; half widths at 95 %, and twice as much at 99.8 %."""

    def row(year: int, kon: str, value: float, half: float | None) -> tuple[object, ...]:
        ground, reason = ("årsvariation", None) if half else (None, "bara en mätning")
        return ("N1", "0484", year, kon, value, half, half and 2 * half, ground, reason)

    return pl.DataFrame(
        [
            row(2024, "K", women, halves[0]),
            row(2024, "M", men, halves[1]),
            row(2024, "T", 50.0, 1.0),
            row(2023, "K", 1.0, 1.0),
        ],
        schema={
            "nyckeltal_id": pl.String,
            "omrade_id": pl.String,
            "ar": pl.Int32,
            "kon": pl.String,
            "varde": pl.Float64,
            "halv_95": pl.Float64,
            "halv_998": pl.Float64,
            "osakerhet_grund": pl.String,
            "osakerhet_orsak": pl.String,
        },
        orient="row",
    )


@pytest.mark.parametrize(
    ("women", "halves", "half", "word"),
    [
        (54.9, (4.0, 3.0), 5.0, "ingen säker skillnad"),
        (55.1, (4.0, 3.0), 5.0, "trolig skillnad"),
        (60.1, (4.0, 3.0), 5.0, "säker skillnad"),
        (39.9, (4.0, 3.0), 5.0, "säker skillnad"),
        (90.0, (4.0, None), None, "kan inte bedömas"),
        # The same value for both is no measurement of chance, and float noise is the same value.
        (50.0, (4.0, 3.0), 5.0, "kvinnors värde är lika med mäns"),
        (50.000000000001, (None, None), None, "kvinnors värde är lika med mäns"),
    ],
)
def test_a_gap_is_judged_by_the_intervals_of_both(
    women: float, halves: tuple[float | None, float | None], half: float | None, word: str
) -> None:
    (row,) = gender_gap(compared(women, 50.0, halves)).to_dicts()
    assert (row["ar"], row["bedomning"], row["osakerhet"]) == (2024, word, half)
    assert row["skillnad"] == (0 if "lika" in word else pytest.approx(women - 50))
    assert row["osakerhet_orsak"] == ("bara en mätning" if half is None else None)


VALUES = with_women_and_men(
    pl.DataFrame(
        [("N1", area, 2024, "T", value) for area, value in {"1": 10.0, "2": 20.0, "3": 60.0, "9": 999.0}.items()]
        + [("N1", "4", 2024, "T", float("nan")), ("N1", "1", 2023, "T", 5.0)],
        schema=["nyckeltal_id", "omrade_id", "ar", "kon", "varde"],
        orient="row",
    )
)
AREAS = pl.DataFrame(
    [(area, "kommun", area != "9") for area in "12349"], schema=["omrade_id", "typ", "i_malbild"], orient="row"
)
NO_BREAKS = breaks_of("N1")
NO_SURVEYS = pl.DataFrame(schema={"nyckeltal_id": pl.String, "ar": pl.Int32})
KOMMUNER = pl.DataFrame({"omrade_id": ["1", "2", "3", "4"], "lansdel": ["Norra", "Norra", "Södra", "Södra"]})


def noise(halves: dict[str, float | None]) -> pl.DataFrame:
    """The årsvariation of each kommun; women's is another."""
    return pl.DataFrame(
        [
            ("N1", area, kon, half and (half / 1.959963984540054) ** 2 * part**2, half and half * part)
            for area, half in halves.items()
            for kon, part in (("T", 1), ("K", 9), ("M", 3))
        ],
        schema={
            "nyckeltal_id": pl.String,
            "omrade_id": pl.String,
            "kon": pl.String,
            "varians": pl.Float64,
            "halv_95": pl.Float64,
        },
        orient="row",
    )


def test_the_spread_is_of_the_malbilds_kommuner_that_have_a_value() -> None:
    alone, three = of_both(
        spread(VALUES, AREAS, counted_years(VALUES, AREAS, NO_BREAKS), NO_SURVEYS, noise(dict.fromkeys("1234", 1.0)))
    ).to_dicts()
    assert (three["antal_med_varde"], three["lagst"], three["hogst"], three["spannvidd"]) == (3, 10.0, 60.0, 50.0)
    assert (three["median"], three["medel"]) == (20.0, 30.0)
    assert three["standardavvikelse"] == pytest.approx(26.457513110645905)
    assert (alone["antal_med_varde"], alone["spannvidd"], alone["standardavvikelse"]) == (1, None, None)


def test_a_mean_per_lansdel_tells_of_how_many() -> None:
    means = {
        (row["lansdel"], row["ar"]): (row["medel_ovagt"], row["antal_med_varde"], row["antal_kommuner"], row["halv_95"])
        for row in of_both(sub_county_means(VALUES.with_columns(halv_95=pl.lit(3.0)), KOMMUNER)).to_dicts()
    }
    assert means == {
        # The mean of two of ± 3 each is ± 2.12.
        ("Norra", 2024): (15.0, 2, 2, pytest.approx(2.1213203, rel=1e-7)),
        ("Södra", 2024): (60.0, 1, 2, 3.0),
        ("Norra", 2023): (5.0, 1, 2, 3.0),
    }


KOMMUN_IDS = "123456"
ALL_OWN = pl.DataFrame([(area, "kommun", True) for area in KOMMUN_IDS], schema=AREAS.schema, orient="row")


def spread_of(
    then: list[float | None], now: list[float], half: float | None, surveys: list[int] | None = None, areas: int = 5
) -> dict[str, object]:
    """The row of `spridning` of 2024, of values in 2015 and 2024."""
    rows = [
        ("N1", area, year, "T", value)
        for year, values in ((2015, then), (2024, now))
        for area, value in zip(KOMMUN_IDS[:areas], values, strict=False)
        if value is not None
    ]
    values = with_women_and_men(
        pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "ar", "kon", "varde"], orient="row").cast(
            {"ar": pl.Int32, "varde": pl.Float64}
        )
    )
    own_surveys = pl.DataFrame([("N1", year) for year in surveys or []], schema=NO_SURVEYS.schema, orient="row")
    halves = noise(dict.fromkeys(KOMMUN_IDS, half))
    counted = counted_years(values, ALL_OWN, NO_BREAKS)
    return of_both(spread(values, ALL_OWN, counted, own_surveys, halves)).row(-1, named=True)


def test_a_spread_beside_the_noise_of_its_values() -> None:
    row = spread_of([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], half=1.959963984540054)
    # σ̃ = 1, and the standard deviation of 1 … 5 is √2.5.
    assert row["ganger_arsvariation"] == pytest.approx(2.5**0.5)
    assert spread_of([1, 2, 3, 4], [1, 2, 3, 4], half=1.0, areas=4)["ganger_arsvariation"] is None


@pytest.mark.parametrize(
    ("now", "half", "word"),
    [
        ([0, 10, 20, 30, 40], 2.0, "har troligen vidgats"),
        ([3.0, 3.0, 3.1, 3.1, 3.0], 0.2, "har troligen minskat"),
        ([0, 10, 20, 30, 40], 40.0, "ingen säker ändring"),
        ([0, 10, 20, 30, 40], None, "kan inte bedömas"),
    ],
)
def test_whether_a_spread_has_changed(now: list[float], half: float | None, word: str) -> None:
    row = spread_of([1, 2, 3, 4, 5], now, half)
    assert (row["spridning_andring"], row["jamfort_med_ar"], row["antal_bada_ar"]) == (word, 2015, 5)


def test_the_uncertainty_of_a_change_is_that_of_both_standard_deviations() -> None:
    row = spread_of([1, 2, 3, 4, 5], [2, 4, 6, 8, 10], half=1.0)
    # H = √Σ((y - ȳ)/((k-1)S))² h² = h/√(k-1) = 0.5, whichever the values; √(0.5² + 0.5²).
    assert row["spridning_osakerhet"] == pytest.approx(0.5**0.5)


def test_a_kommun_that_has_a_value_in_one_of_the_years_changes_no_spread() -> None:
    row = spread_of([1, 2, 3, 4, 5, None], [1, 2, 3, 4, 5, 90], half=1.0, areas=6)
    assert (row["antal_bada_ar"], row["spridning_andring"]) == (5, "ingen säker ändring")
    assert row["spridning_nu"] == row["spridning_da"] == pytest.approx(2.5**0.5)


def test_spreads_of_different_surveys_are_not_compared() -> None:
    assert spread_of([1, 2, 3, 4, 5], [0, 10, 20, 30, 40], 2.0, surveys=[2024])["spridning_andring"] is None
    assert spread_of([1, 2, 3, 4, 5], [0, 10, 20, 30, 40], 2.0, surveys=[2015, 2024])["spridning_andring"] is not None
