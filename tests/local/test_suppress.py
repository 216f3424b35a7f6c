"""Which figures are hidden, and that a reader with pencil and paper cannot find them.

The checker knows nothing of how the hiding is done: it writes down every sum that the figures obey, takes what is shown
as given and asks by exact elimination whether a hidden one is determined.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import TypeVar

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.local.suppress import Limits, Places, hidden

KOMMUNER = ("0461", "0480", "0484", "0488")
REGION = "0004"
PLACES = Places(REGION, KOMMUNER)
GENDERS = ("T", "K", "M")
LIMITS = Limits(5)
SCHEMA = {
    "omrade_id": pl.String, "ar": pl.Int32, "period": pl.String, "kon": pl.String, "taljare": pl.Int64,
    "namnare": pl.Int64,
}  # fmt: skip
Cell = tuple[str, str]
K = TypeVar("K", bound=Hashable)
Counts = dict[Cell, int]


def frame(counts: Counts, denominators: Counts | None = None, year: int = 2024) -> pl.DataFrame:
    rows = [(a, year, str(year), g, n, (denominators or {}).get((a, g))) for (a, g), n in counts.items()]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def hide(
    counts: Counts, denominators: Counts | None = None, before: Iterable[Counts] = (), limits: Limits = LIMITS
) -> set[Cell]:
    shown_before = pl.concat([frame({}), *(frame(counts) for counts in before)])
    cells = hidden(frame(counts, denominators), shown_before, PLACES, limits)
    assert cells["ar"].to_list() == [2024] * cells.height
    return set(cells.select("omrade_id", "kon").iter_rows())


def whole(split: dict[str, tuple[int, int]]) -> Counts:
    """T, K and M of every kommun, and the region's sums."""
    counts: Counts = {}
    for area, (women, men) in split.items():
        counts |= {(area, "T"): women + men, (area, "K"): women, (area, "M"): men}
    return counts | {(REGION, g): sum(n for (_, gender), n in counts.items() if gender == g) for g in GENDERS}


def determined(counts: Counts, unknown: set[Cell]) -> set[Cell]:
    """The unknown cells that the sums which bind them tell."""
    areas = {area for area, _ in counts}
    sums = [[((a, "T"), 1), ((a, "K"), -1), ((a, "M"), -1)] for a in areas if all((a, g) in counts for g in GENDERS)]
    for g in GENDERS:
        parts = [cell for cell in counts if cell[1] == g and cell[0] != REGION]
        # An area with other figures has some of these as well: then the region's is no sum of the figures present.
        lacking = any((area, g) not in counts for area in areas - {REGION})
        # Where others have the rest, whoever takes the figures for all there is computes something else.
        adds_up = parts and counts.get((REGION, g)) == sum(counts[cell] for cell in parts)
        if adds_up and not lacking:
            sums.append([((REGION, g), 1), *((cell, -1) for cell in parts)])
    return _determined(map(dict, sums), unknown)


def _determined(sums: Iterable[Mapping[K, int]], unknown: Collection[K]) -> set[K]:
    """Those of `unknown` that the sums determine together, by elimination over fractions: where the reduced rows have
    one that is a cell's alone.
    """
    reduced: dict[K, dict[K, Fraction]] = {}
    for terms in sums:
        row = {cell: Fraction(factor) for cell, factor in terms.items() if cell in unknown}
        for pivot in row.keys() & reduced.keys():
            _subtract(row, reduced[pivot], row[pivot])
        if not row:
            continue
        pivot, first = next(iter(row.items()))
        row = {cell: factor / first for cell, factor in row.items()}
        for other in reduced.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        reduced[pivot] = row
    return {pivot for pivot, row in reduced.items() if len(row) == 1}


def _subtract(row: dict[K, Fraction], other: Mapping[K, Fraction], times: Fraction) -> None:
    for cell, factor in other.items():
        if left := row.get(cell, Fraction(0)) - times * factor:
            row[cell] = left
        else:
            del row[cell]


NUMBERS = st.one_of(st.just(0), st.integers(1, 4), st.integers(5, 60))
SPLITS = st.dictionaries(st.sampled_from(KOMMUNER), st.tuples(NUMBERS, NUMBERS), max_size=4)


@st.composite
def handed_in(draw: st.DrawFn) -> Counts:
    """Figures that add up, of which anything may be lacking."""
    counts = whole(draw(SPLITS))
    present = draw(st.sets(st.sampled_from(sorted(counts)))) if draw(st.booleans()) else set(counts)
    return {cell: count for cell, count in counts.items() if cell in present}


@settings(max_examples=60, deadline=None)
@given(handed_in())
def test_no_hidden_figure_can_be_computed_from_the_shown_ones(counts: Counts) -> None:
    assert determined(counts, hide(counts)) == set()


@settings(max_examples=60, deadline=None)
@given(handed_in())
def test_small_is_hidden_and_nothing_that_is_not_there(counts: Counts) -> None:
    assert {cell for cell, count in counts.items() if 0 < count < 5} <= hide(counts) <= set(counts)


@settings(max_examples=60, deadline=None)
@given(SPLITS)
def test_zero_is_shown_where_the_figures_add_up(split: dict[str, tuple[int, int]]) -> None:
    counts = whole(split)
    assert all(counts[cell] for cell in hide(counts))


@settings(max_examples=60, deadline=None)
@given(handed_in())
def test_where_nothing_is_small_nothing_is_hidden(counts: Counts) -> None:
    large = {cell: 7 * count for cell, count in counts.items()}
    assert hide(large, limits=Limits(7)) == set()


@settings(max_examples=60, deadline=None)
@given(SPLITS, st.data())
def test_what_is_left_out_is_not_told_by_the_rest_when_it_is_small(
    split: dict[str, tuple[int, int]], data: st.DataObject
) -> None:
    """Every cell that the whole table would hold is either not determined or not small."""
    counts = whole(split)
    lacking = data.draw(st.sets(st.sampled_from(sorted(counts)), max_size=3))
    given = {cell: count for cell, count in counts.items() if cell not in lacking}
    cells_hidden = hide(given)
    for cell in determined(counts, cells_hidden | lacking):
        assert not 0 < counts[cell] < 5, (cell, counts)


def test_the_smaller_kön_goes_with_the_small_one() -> None:
    counts = {("0484", "T"): 103, ("0484", "K"): 3, ("0484", "M"): 100}
    assert hide(counts) == {("0484", "K"), ("0484", "M")}


def test_the_next_smallest_kommun_goes_with_the_only_small_one() -> None:
    counts = {("0461", "T"): 3, ("0480", "T"): 90, ("0484", "T"): 20, ("0488", "T"): 0, (REGION, "T"): 113}
    assert hide(counts) == {("0461", "T"), ("0484", "T")}


def test_two_small_kommuner_protect_each_other() -> None:
    counts = {("0461", "T"): 3, ("0480", "T"): 2, ("0484", "T"): 20, (REGION, "T"): 25}
    assert hide(counts) == {("0461", "T"), ("0480", "T")}


def test_the_region_goes_when_no_kommun_is_left() -> None:
    # The rest may be of people without a home in the county.
    counts = {("0461", "T"): 3, ("0480", "T"): 0, (REGION, "T"): 30}
    assert hide(counts) == {("0461", "T"), (REGION, "T")}


def test_without_a_total_of_the_county_nothing_else_is_hidden() -> None:
    counts = {("0461", "T"): 3, ("0480", "T"): 90, ("0484", "T"): 20}
    assert hide(counts) == {("0461", "T")}


def test_a_kön_that_is_not_handed_in_is_not_told_either() -> None:
    assert hide({("0484", "T"): 10, ("0484", "M"): 7}) == {("0484", "M")}
    assert hide({("0484", "T"): 10, ("0484", "M"): 5}) == set()


def test_the_only_kommun_that_is_lacking_is_not_told_by_the_others() -> None:
    counts = {("0461", "T"): 90, ("0480", "T"): 80, ("0484", "T"): 70, (REGION, "T"): 243}
    # A reader may also take the three for all there are: hiding one would not be enough then.
    assert hide(counts) == {("0480", "T"), ("0484", "T")}
    assert hide(counts | {(REGION, "T"): 260}) == set()


def test_the_rest_of_a_whole_is_a_count_as_well() -> None:
    counts, whole_of = {("0484", "T"): 47, ("0461", "T"): 47}, {("0484", "T"): 50, ("0461", "T"): 60}
    assert hide(counts, whole_of, limits=Limits(5, of_whole=True)) == {("0484", "T")}
    assert hide(counts, whole_of) == set()


@pytest.mark.parametrize(("population", "shown"), [(299, False), (300, True)])
def test_a_small_population_hides_its_value(population: int, shown: bool) -> None:
    cells_hidden = hide({("0484", "T"): 50}, {("0484", "T"): population}, limits=Limits(5, least_denominator=300))
    assert (cells_hidden == set()) is shown


def test_a_kommun_that_has_been_shown_does_not_protect_another() -> None:
    """The region's total comes a year later: the next smallest kommun is known to everybody by then."""
    first = {("0461", "T"): 3, ("0480", "T"): 6, ("0484", "T"): 20}
    assert hide(first) == {("0461", "T")}
    shown = {cell: count for cell, count in first.items() if cell != ("0461", "T")}
    assert hide(first | {(REGION, "T"): 29}, before=[shown]) == {("0461", "T"), (REGION, "T")}


def test_whatever_number_a_reader_has_seen_is_known_however_often_it_changed_since() -> None:
    counts = {("0484", "T"): 20, ("0484", "K"): 7, ("0484", "M"): 3}
    assert hide(counts) == {("0484", "M"), ("0484", "K")}
    assert hide(counts, before=[{("0484", "K"): 7}, {("0484", "K"): 8}]) == {("0484", "M"), ("0484", "T")}


def test_a_small_figure_that_was_shown_under_a_lower_threshold_does_not_protect_another() -> None:
    counts = {("0461", "T"): 3, ("0480", "T"): 2, ("0484", "T"): 20, (REGION, "T"): 25}
    assert hide(counts, before=[{("0461", "T"): 3}]) == {("0461", "T"), ("0480", "T"), ("0484", "T")}


def test_figures_that_do_not_add_up_are_hidden_all_the_same() -> None:
    assert hide({("0461", "T"): 3, ("0480", "T"): 0, (REGION, "T"): 0}) == {("0461", "T"), ("0480", "T")}


def test_years_are_for_themselves() -> None:
    counts = pl.concat([frame({("0461", "T"): 3}), frame({("0461", "T"): 30}, year=2023)])
    assert hidden(counts, frame({}), PLACES, LIMITS).rows() == [("0461", 2024, "2024", "T")]


# --- periods ----------------------------------------------------------------------------------------------------------

QUARTERS = [f"2024 kv{n}" for n in (1, 2, 3, 4)]
Timed = dict[tuple[str, str, str], int]


def over_time(counts: Timed) -> pl.DataFrame:
    rows = [(area, 2024, period, gender, n, None) for (area, gender, period), n in counts.items()]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def hide_over_time(counts: Timed, before: Timed | None = None) -> set[tuple[str, str, str]]:
    cells = hidden(over_time(counts), over_time(before or {}), PLACES, LIMITS)
    return set(cells.select("omrade_id", "kon", "period").iter_rows())


def quarters(*counts: int, area: str = "0484", gender: str = "T") -> Timed:
    return {(area, gender, period): n for period, n in zip(["2024", *QUARTERS], [sum(counts), *counts], strict=True)}


FEW = st.one_of(st.just(0), st.integers(1, 4), st.integers(5, 8))


@settings(max_examples=25, deadline=None)
@given(st.lists(FEW, min_size=4, max_size=4), st.booleans())
def test_no_quarter_can_be_found_by_trying_every_year_there_could_have_been(
    counts: list[int], year_later: bool
) -> None:
    """A reader knows what is shown, that the quarters make the year, and that nothing hidden is nought. Also when the
    quarters were shown first, and the year came with the next issue.
    """
    figures = quarters(*counts)
    parts = {cell: n for cell, n in figures.items() if cell[2] != "2024"}
    seen = {cell: n for cell, n in parts.items() if cell not in hide_over_time(parts)} if year_later else {}
    now = hide_over_time(figures, seen)
    secret = {cell for cell in now if cell not in seen}
    assert {cell for cell, n in parts.items() if 0 < n < 5} <= secret
    possible: dict[tuple[str, str, str], set[int]] = {cell: set() for cell in secret}
    cells = list(parts)
    ranges = [range(1, 14) if cell in secret else [figures[cell]] for cell in cells]
    total = ("0484", "T", "2024")
    for values in product(*ranges[:-1]):
        # The last one follows when the year is shown.
        lasts = ranges[-1] if total in secret else [figures[total] - sum(values)]
        for last in lasts:
            if last not in ranges[-1]:
                continue
            for cell, value in zip(cells, [*values, last], strict=True):
                if cell in secret:
                    possible[cell].add(value)
        if all(len(values) > 1 for cell, values in possible.items() if cell != total):
            break
    assert all(len(values) > 1 for cell, values in possible.items() if cell != total), (counts, now)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=8, max_size=8),
    st.sets(st.integers(0, 44)),
    st.booleans(),
)
def test_no_hidden_figure_follows_over_areas_kon_and_time(
    splits: list[tuple[int, int]], lacking: set[int], with_region: bool
) -> None:
    counts: Timed = {}
    for at, (women, men) in enumerate(splits):
        area, period = KOMMUNER[at // 4], QUARTERS[at % 4]
        counts |= {(area, "K", period): women, (area, "M", period): men, (area, "T", period): women + men}
    for (area, gender, period), n in list(counts.items()):
        counts[area, gender, "2024"] = counts.get((area, gender, "2024"), 0) + n
        if with_region:
            for whole in (period, "2024"):
                counts[REGION, gender, whole] = counts.get((REGION, gender, whole), 0) + n
    ordered = sorted(counts)
    everything = {
        cell: n for cell, n in counts.items() if cell not in {ordered[at] for at in lacking if at < len(ordered)}
    }
    shown_first = {cell: n for cell, n in everything.items() if cell[2] in QUARTERS[:2]}
    seen = {cell: n for cell, n in shown_first.items() if cell not in hide_over_time(shown_first)}
    secret = hide_over_time(everything, seen) - seen.keys()
    assert {cell for cell, n in everything.items() if 0 < n < 5} <= hide_over_time(everything, seen)
    unknown = secret | (counts.keys() - everything.keys())
    determined = _determined_over_time(counts, unknown)
    assert not {cell for cell in determined if cell in secret or 0 < counts[cell] < 5}, (everything, secret)


def _determined_over_time(counts: Timed, unknown: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Those of `unknown` that every sum together determines."""
    areas, periods = {area for area, _, _ in counts}, ["2024", *QUARTERS]
    sums = [[(a, g, p) for g in GENDERS] for a in areas for p in periods]
    sums += [[(a, g, p) for p in periods] for a in areas for g in GENDERS]
    if REGION in areas:
        sums += [[(a, g, p) for a in (REGION, *sorted(areas - {REGION}))] for g in GENDERS for p in periods]
    # The whole comes first in each.
    return _determined(({cell: 1 if cell == terms[0] else -1 for cell in terms} for terms in sums), unknown)


def test_the_next_smallest_month_goes_with_the_only_small_one_and_the_year_stays() -> None:
    assert hide_over_time(quarters(3, 20, 30, 9)) == {("0484", "T", "2024 kv1"), ("0484", "T", "2024 kv4")}


def test_quarters_that_have_been_shown_hide_the_year_that_would_tell_the_small_one() -> None:
    figures = quarters(3, 20, 30, 9)
    seen = {cell: n for cell, n in figures.items() if cell[2] in QUARTERS[1:]}
    assert hide_over_time(figures, seen) == {("0484", "T", "2024 kv1"), ("0484", "T", "2024")}


def test_two_that_are_two_together_are_one_each_and_need_a_third() -> None:
    counts = {("0461", "T"): 1, ("0480", "T"): 1, ("0484", "T"): 20, ("0488", "T"): 30, (REGION, "T"): 52}
    assert hide(counts) == {("0461", "T"), ("0480", "T"), ("0484", "T")}
    assert hide_over_time(quarters(1, 1, 20, 30)) == {("0484", "T", f"2024 kv{n}") for n in (1, 2, 3)}


def test_where_periods_do_not_add_up_a_small_one_is_hidden_alone() -> None:
    counts = over_time(quarters(3, 20, 30, 9))
    cells = hidden(counts, counts.clear(), PLACES, LIMITS, periods_add_up=False)
    assert cells["period"].to_list() == ["2024 kv1"]
