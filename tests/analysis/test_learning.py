"""Lär av vem: who is a model, and who only looks like one."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.analysis.learning import BEST_OF_GROUP, MODEL, models
from pipelines.analysis.trend import counted_years
from tests.analysis.frames import breaks_of, directed, halves_of, values_of

# One kommun (own) with two similar ones, more is better; every value is uncertain by ±2.
OWN, FIRST, SECOND = "0484", "0581", "1883"
HALF = 2.0


def learned(
    direction: str = "högre", overlapping: int | None = None, **values: tuple[float | None, float | None]
) -> list[tuple[str, str]]:
    """(model, slag) for OWN: values of 2015 and 2024 by area, own=, first=, second=."""
    ids = {"own": OWN, "first": FIRST, "second": SECOND}
    years = [
        ("N1", ids[name], year, "T", value)
        for name, both in values.items()
        for year, value in zip((2015, 2024), both, strict=True)
        if value is not None
    ]
    # Everybody has values in the years between, so that they are measurement years; women's are another story.
    years += [("N1", area, year, "T", 50.0) for area in ids.values() for year in (2018, 2021)]
    years += [("N1", area, year, "K", 99.0 - year % 7) for _, area, year, _, _ in years]
    areas = pl.DataFrame({"omrade_id": list(ids.values()), "typ": ["kommun"] * 3})
    frame = models(
        counted_years(values_of(years), areas, breaks_of("N1")),
        directed(direction, overlapping),
        halves_of((area, kon, half) for area in ids.values() for kon, half in (("T", HALF), ("K", 0.1))),
        pl.DataFrame({"nyckeltal_id": ["N1"] * 2, "omrade_id": [OWN] * 2, "medlem_id": [FIRST, SECOND]}),
    )
    return frame.select("forebild_id", "slag").rows()


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Stood alike in 2015 (within √8), improved by more than √8, and ahead today by more than √8.
        ((51, 60), (70, 71), [(FIRST, MODEL)]),
        ((51, 60), (50, 65), [(SECOND, MODEL), (FIRST, MODEL)]),
        # Better already in 2015; improved but only caught up; alike today.
        ((60, 70), (40, 51), [(FIRST, BEST_OF_GROUP)]),
        ((51, 52.5), (48, 50), [(FIRST, BEST_OF_GROUP)]),
        # Was ahead by luck: no improvement of its own.
        ((52.7, 55), (30, 31), [(FIRST, BEST_OF_GROUP)]),
    ],
)
def test_who_is_a_model(
    first: tuple[float, float], second: tuple[float, float], expected: list[tuple[str, str]]
) -> None:
    assert learned(own=(50, 51), first=first, second=second) == expected


@pytest.mark.parametrize(("direction", "overlapping"), [("ingen", None), ("högre", 3)])
def test_nobody_is_a_model_without_a_direction_or_a_year_of_its_own(direction: str, overlapping: int | None) -> None:
    assert not learned(direction, overlapping, own=(50, 51), first=(51, 60), second=(70, 71))


def test_a_group_without_values_in_both_years_has_nobody_to_name() -> None:
    assert learned(own=(50, 51), first=(None, 60), second=(50, None)) == []
