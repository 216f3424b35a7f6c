"""Numbers and dates as Swedish readers write them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import formatting

THIN, HARD, MINUS = "\u202f", "\u00a0", "\u2212"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234.5, 1, f"1{THIN}234,5"),
        (74.25, 1, "74,3"),  # halves away from zero, not to the even neighbour
        (-74.25, 1, f"{MINUS}74,3"),
        (2.675, 2, "2,68"),  # the decimal that was stored, not its binary neighbour below
        (999.95, 1, f"1{THIN}000,0"),
        (1e9, 0, f"1{THIN}000{THIN}000{THIN}000"),
        (0.0, 1, "0,0"),
        (-0.0, 1, "0,0"),
        (3.262e-05, 2, "<0,01"),  # a value that Kolada really has; it is not zero
        (-0.04, 1, f">{MINUS}0,1"),
    ],
)
def test_numbers(value: float, decimals: int, text: str) -> None:
    assert formatting.number(value, decimals) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_a_number_is_never_printed(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        formatting.number(value, 1)


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_a_printed_number_is_within_half_a_step_of_the_value(value: float, decimals: int) -> None:
    text = formatting.number(value, decimals)
    bare = text.lstrip("<>").replace(THIN, "").replace(MINUS, "-").replace(",", ".")
    step = 10.0**-decimals
    room = step if text[0] in "<>" else step / 2
    assert abs(float(bare) - value) <= room * (1 + 1e-9) + abs(value) * 1e-12
    assert (float(bare) == 0) == (value == 0)


@pytest.mark.parametrize(
    ("values", "unit", "decimals"),
    [
        ([74.0, 80.0], "%", 0),
        ([74.0, 80.25], "%", 1),
        ([0.82, 0.9], "medelvärde 0–1", 2),
        ([3.25, 4.5], "dagar", 1),
        ([45.5, 61.2], "index 0–100", 1),
        ([2453.7, 2600.1], "antal per 100 000 invånare", 0),
        ([], "%", 0),
    ],
)
def test_decimals_follow_the_size_of_the_values(values: list[float], unit: str, decimals: int) -> None:
    assert formatting.decimals_for(values, unit) == decimals


def test_units_in_running_text() -> None:
    assert formatting.with_unit("74,3", "%") == f"74,3{HARD}%"
    assert formatting.with_unit("12", "antal per 1 000 invånare") == "12 per 1 000 invånare"
    assert formatting.with_unit("1,3", "dagar") == "1,3 dagar"
    assert formatting.with_unit("71,5", "index 0–100") == "71,5"


def test_a_difference_of_shares_is_in_percentage_points_and_has_its_sign() -> None:
    assert formatting.change(1.44, 1, "%") == "+1,4 procentenheter"
    assert formatting.change(-1.44, 1, "%") == f"{formatting.MINUS}1,4 procentenheter"
    assert formatting.change(-0.25, 2, "dagar") == f"{formatting.MINUS}0,25 dagar"


def test_times_are_told_as_the_day_in_sweden() -> None:
    assert formatting.day(datetime(2026, 11, 21, 23, 30)) == "22 november 2026"  # half past midnight in Sweden
    assert formatting.clock(datetime(2026, 7, 1, 2, 5)) == f"1 juli 2026 kl.{HARD}04.05"
    assert formatting.day(date(2026, 3, 14)) == "14 mars 2026"
    assert formatting.count(12345) == f"12{THIN}345"
    assert formatting.join(["Flen", "Trosa", "Gnesta"]) == "Flen, Trosa och Gnesta"
