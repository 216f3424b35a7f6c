"""Women and men, kommun and kommun."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.equity import gender_gap, spread, sub_county_means
from tests.analysis.women_and_men import of_both, with_women_and_men


def compared(women: float, men: float, margins: tuple[float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("N1", "0484", 2024, "K", women, margins[0]),
            ("N1", "0484", 2024, "M", men, margins[1]),
            ("N1", "0484", 2024, "T", 50.0, 1.0),
            ("N1", "0484", 2023, "K", 1.0, 1.0),
        ],
        schema=["nyckeltal_id", "omrade_id", "ar", "kon", "varde", "osakerhet"],
        orient="row",
    )


@pytest.mark.parametrize(
    ("margins", "margin", "word"),
    [
        ((4.0, 3.0), 5.0, "skillnaden kan bero på slump"),
        ((3.1, 2.6), 4.0460, "säkerställd skillnad"),
        ((3.1, None), None, "skillnaden kan bero på slump: osäkerhetstal saknas"),
    ],
)
def test_a_gap_is_sure_beyond_the_margin_of_both(
    margins: tuple[float | None, float | None], margin: float | None, word: str
) -> None:
    (row,) = gender_gap(compared(55.0, 50.0, margins)).to_dicts()
    assert (row["ar"], row["skillnad"], row["bedomning"]) == (2024, 5.0, word)
    assert row["osakerhet"] == (None if margin is None else pytest.approx(margin, abs=5e-5))


VALUES = with_women_and_men(
    pl.DataFrame(
        [("N1", area, 2024, "T", value) for area, value in {"1": 10.0, "2": 20.0, "3": 60.0, "9": 999.0}.items()]
        + [("N1", "4", 2024, "T", float("nan")), ("N1", "1", 2023, "T", 5.0)],
        schema=["nyckeltal_id", "omrade_id", "ar", "kon", "varde"],
        orient="row",
    )
)
KOMMUNER = pl.DataFrame({"omrade_id": ["1", "2", "3", "4"], "lansdel": ["Norra", "Norra", "Södra", "Södra"]})


def test_the_spread_is_of_the_malbilds_kommuner_that_have_a_value() -> None:
    alone, three = of_both(spread(VALUES, KOMMUNER.select("omrade_id"))).to_dicts()
    assert (three["antal"], three["lagst"], three["hogst"], three["spannvidd"]) == (3, 10.0, 60.0, 50.0)
    assert (three["median"], three["medel"]) == (20.0, 30.0)
    assert three["standardavvikelse"] == pytest.approx(26.457513110645905)
    assert (alone["antal"], alone["spannvidd"], alone["standardavvikelse"]) == (1, None, None)


def test_a_mean_per_lansdel_tells_of_how_many() -> None:
    means = {
        (row["lansdel"], row["ar"]): (row["medel_ovagt"], row["antal"], row["antal_kommuner"])
        for row in of_both(sub_county_means(VALUES, KOMMUNER)).to_dicts()
    }
    assert means == {("Norra", 2024): (15.0, 2, 2), ("Södra", 2024): (60.0, 1, 2), ("Norra", 2023): (5.0, 1, 2)}
