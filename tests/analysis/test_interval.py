"""Wilson's and Byar's limits against published figures."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.interval import Z95, Z998, byar, wilson


def limits(pair: tuple[pl.Expr, pl.Expr]) -> tuple[float | None, float | None]:
    return pl.select(low=pair[0], high=pair[1]).row(0)


def lit(number: float) -> pl.Expr:
    return pl.lit(number, pl.Float64)


@pytest.mark.parametrize(
    ("cases", "total", "z", "low", "high"),
    [
        (65, 100, Z95, 0.55254443296887967, 0.73635751756902468),
        (65, 100, Z998, 0.49549465740704, 0.77835406140897),
        (1045, 5000, Z95, 0.19795549880013, 0.22049130373189),
        (1, 100, Z95, 0.00176743206414, 0.05448619617871),
        (9856, 12345, Z95, 0.79121017529091, 0.80536400736149),
        (0, 20, Z95, 0.0, 0.16112515805282),
    ],
)
def test_wilson(cases: float, total: float, z: float, low: float, high: float) -> None:
    assert limits(wilson(lit(cases), lit(total), z)) == pytest.approx((low, high), rel=1e-12)


@pytest.mark.parametrize(("cases", "total"), [(5.0, 4.0), (-1.0, 4.0), (0.0, 0.0)])
def test_wilson_has_no_limits_for_impossible_counts(cases: float, total: float) -> None:
    assert limits(wilson(lit(cases), lit(total))) == (None, None)


@pytest.mark.parametrize(
    ("count", "z", "low", "high"),
    [
        (65, Z95, 50.163187710459454, 82.849138545939837),
        (1045, Z95, 982.59320180733, 1110.33121298565),
        (1, Z95, 0.01307213290150, 5.56375558247527),
        (0, Z95, 0.0, 3.6680118321737507),
        (5, Z95, 1.6113477157471938, 11.668164123398595),
    ],
)
def test_byar(count: float, z: float, low: float, high: float) -> None:
    # Printed to some 13 digits; the lower limit of 1 is a small difference of large terms.
    assert limits(byar(lit(count), z)) == pytest.approx((low, high), rel=1e-11)


def test_byars_lower_limit_below_zero_is_missing() -> None:
    low, high = limits(byar(lit(1.0), Z998))
    assert (low, high) == (None, pytest.approx(9.3621802, rel=1e-7))
