"""XmR: the golden numbers of NHSRplotthedots, the four rules, and when there are no limits at all."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.xmr import Limits, limits, special_causes, xmr

GOLDEN = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
# Written out by hand: the mean is 35/18, the mean range 32/17, and 1 when the two ranges of 8 and 9 are left out.
MEAN = 35 / 18


def test_the_golden_limits() -> None:
    screened, plain = limits(GOLDEN), limits(GOLDEN, screened=False)
    assert screened.mean == pytest.approx(MEAN, abs=1e-9)
    assert (screened.upper, screened.lower) == pytest.approx((MEAN + 2.66, MEAN - 2.66), abs=1e-9)
    assert (screened.mean + screened.near, screened.mean - screened.near) == pytest.approx(
        (MEAN + 5.32 / 3, MEAN - 5.32 / 3), abs=1e-9
    )
    assert (plain.upper, plain.lower) == pytest.approx((MEAN + 2.66 * 32 / 17, MEAN - 2.66 * 32 / 17), abs=1e-9)
    printed = (screened.upper, screened.lower, plain.upper, plain.lower)
    assert printed == pytest.approx((4.6044, -0.7156, 6.9515, -3.0626), abs=5e-5)
    assert special_causes(GOLDEN, screened) == [None] * 4 + [1] + [None] * 13


AROUND_ZERO = Limits(mean=0, lower=-3, upper=3, near=2)
RULES = {
    "outside": ([0, 3.1, 0, -3.1, 3, -3], [None, 1, None, 1, None, None]),
    "seven rising": ([-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 1], [2] * 7 + [None]),
    "seven falling": ([1.5, 1, 0.5, 0, -0.5, -1, -1.5], [2] * 7),
    "six rising": ([-1, -0.5, 0, 0.5, 1, 1.5, 1.5], [None] * 7),
    "two of three": ([2.5, 1, 2.5, -1], [3, None, 3, None]),
    "two of three on two sides": ([2.5, -1, 2.5], [None] * 3),
    "two of three with one outside": ([2.5, 3.5, 2.5], [None, 1, None]),
    "two of four": ([2.5, 1, 1, 2.5], [None] * 4),
    "seven on one side": ([1, 0.5] * 3 + [1, -1], [4] * 7 + [None]),
    "seven of which one is the mean": ([1, 0.5, 1, 0, 1, 0.5, 1], [None] * 7),
    "the first rule that fits": ([0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 3.5], [2] * 6 + [1]),
}


@pytest.mark.parametrize("name", RULES)
def test_a_special_cause(name: str) -> None:
    values, expected = RULES[name]
    assert special_causes(values, AROUND_ZERO) == expected


def monthly(values: list[float | None]) -> pl.DataFrame:
    rows = [
        ("L_prov", "0484", "T", 2024 + at // 12, f"{2024 + at // 12}-{at % 12 + 1:02}", value)
        for at, value in enumerate(values)
        if value is not None
    ]
    return pl.DataFrame(rows, schema=["nyckeltal_id", "omrade_id", "kon", "ar", "period", "varde"], orient="row")


@pytest.mark.parametrize(
    ("points", "words"), [(9, "inga"), (10, "preliminära"), (12, "preliminära"), (13, "gäller"), (18, "gäller")]
)
def test_limits_take_ten_points_and_are_firm_from_thirteen(points: int, words: str) -> None:
    table = xmr(monthly(GOLDEN[:points]))
    assert set(table["granser"]) == {words}
    why = f"{points} perioder i följd" + ("; gränser räknas från 10" if words == "inga" else "")
    assert set(table["motivering"]) == {why}
    assert (table["ovre"].null_count() == 0) is (words != "inga")
    assert (table.filter(pl.col("period") == "2024-05")["regel"].item() == 1) is (words != "inga")


def test_a_gap_ends_what_limits_are_made_of() -> None:
    values: list[float | None] = [90.0] * 6 + [None] + [float(value) for value in GOLDEN[:11]]
    table = xmr(monthly(values))
    before, after = table.filter(pl.col("varde") == 90), table.filter(pl.col("varde") < 90)
    assert (set(before["granser"]), set(before["motivering"])) == ({"inga"}, {"före ett avbrott i serien"})
    assert set(after["granser"]) == {"preliminära"}
    assert after["medel"][0] == pytest.approx(sum(GOLDEN[:11]) / 11)


def test_a_flat_series_has_no_special_cause() -> None:
    assert set(xmr(monthly([0.62] * 14))["regel"]) == {None}
