"""Which values are preliminary, by Kolada's publication dates."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from pipelines.validation.preliminary import mark_preliminary

KPIS = pl.DataFrame(
    {
        "nyckeltal_id": ["N00097", "N00098", "N00099"],
        "publicering_period": ["2025", "2024/25", None],
        "preliminart_publiceras": [date(2026, 5, 4), date(2026, 5, 4), None],
        "publiceras": [date(2026, 9, 30), date(2026, 9, 30), date(2026, 9, 30)],
    }
)
VALUES = pl.DataFrame(
    {"nyckeltal_id": ["N00097", "N00097", "N00098", "N00099", "N11111"], "ar": [2025, 2024, 2025, 2025, 2025]}
)


@pytest.mark.parametrize(
    ("today", "marks"),
    [
        (date(2026, 5, 3), [False] * 5),
        (date(2026, 5, 4), [True, False, False, False, False]),
        (date(2026, 9, 29), [True, False, False, False, False]),
        (date(2026, 9, 30), [False] * 5),
    ],
)
def test_a_value_is_preliminary_between_the_two_dates_for_the_period_to_come(today: date, marks: list[bool]) -> None:
    assert mark_preliminary(VALUES, KPIS, today)["preliminart"].to_list() == marks
