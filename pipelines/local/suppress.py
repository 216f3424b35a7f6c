"""Which figures must not be shown: small counts, and the others from which they could be computed.

Pure: it knows the areas and what has been shown before, and nothing of files, tables or what the figures mean.

Sums bind the cells of a year together: T = K + M in every area, the region = the sum of its kommuner for every kön, and
where periods add up the year = the sum of its months or quarters. Whoever does not know some of the cells can compute
one exactly when the sums can be put together to one in which it is the only unknown cell; elimination finds out. So
cells are hidden until no hidden one can be computed. Small cells come first, then the smallest that helps; zero is
shown, because nobody stands behind it, and a year is hidden only when none of its periods can be hidden instead. As
what is hidden is never zero, it must not be one everywhere in a sum either: two cells that are two together are one
each.

What was shown earlier with the very same number stays known to readers, however it is hidden now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import polars as pl

from pipelines.periods import Form, Period, parse

Cell = tuple[str, str, str]
"""(omrade_id, kon, period)"""
_Sum = dict[Cell, int]
"""Cells times these are zero together: the whole once, its parts −1 times."""

_GENDERS = ("T", "K", "M")
KEY = ["omrade_id", "ar", "period", "kon"]


@dataclass(frozen=True, slots=True)
class Limits:
    """least_count: counts from 1 below this are hidden. of_whole: what is left of the denominator counts as well.
    least_denominator: values with a smaller denominator are hidden.
    """

    least_count: int
    of_whole: bool = False
    least_denominator: int | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """The areas whose sum the region is, and the region."""

    region: str
    kommuner: tuple[str, ...]


def hidden(
    counts: pl.DataFrame, shown_before: pl.DataFrame, places: Places, limits: Limits, *, periods_add_up: bool = True
) -> pl.DataFrame:
    """The keys (omrade_id, ar, period, kon) of the rows that must not be shown.

    counts: KEY + taljare (the count), namnare (NULL where there is none); the key is unique. shown_before: KEY +
    taljare, namnare, every number that a reader has been able to see, the newest last. periods_add_up: whether a year
    is the sum of its periods.
    """
    keys: list[tuple[str, int, str, str]] = []
    for (year,), given in counts.sort(KEY).group_by("ar", maintain_order=True):
        before = shown_before.filter(pl.col("ar") == year)
        figures = _Year(_cells(given), _all_cells(before), places, limits, periods_add_up)
        keys += [(area, int(str(year)), period, gender) for area, gender, period in sorted(figures.hide())]
    return pl.DataFrame(keys, schema=counts.select(KEY).schema, orient="row")


_Counts = tuple[int, int | None]


def _cells(frame: pl.DataFrame) -> dict[Cell, _Counts]:
    return dict(_rows(frame))


def _all_cells(frame: pl.DataFrame) -> dict[Cell, list[_Counts]]:
    cells: dict[Cell, list[_Counts]] = {}
    for cell, counts in _rows(frame):
        cells.setdefault(cell, []).append(counts)
    return cells


def _rows(frame: pl.DataFrame) -> Iterator[tuple[Cell, _Counts]]:
    for area, gender, period, t, n in frame.select("omrade_id", "kon", "period", "taljare", "namnare").iter_rows():
        yield (area, gender, period), (t, n)


class _Year:
    """The cells of one year. known: those that readers can see whatever is done now, with their counts. made_of: each
    period that is the sum of others → those.
    """

    def __init__(
        self,
        given: dict[Cell, _Counts],
        before: dict[Cell, list[_Counts]],
        places: Places,
        limits: Limits,
        periods_add_up: bool,
    ) -> None:
        self.given, self.places, self.limits = given, places, limits
        self.known = {
            cell: given.get(cell, seen[-1])
            for cell, seen in before.items()
            if cell not in given or given[cell][0] in {count for count, _ in seen}
        }
        self.areas = [*places.kommuner, places.region]
        written = {period for _, _, period in (*given, *self.known)}
        self.made_of = _made_of(map(parse, written)) if periods_add_up else {}
        self.periods = sorted(written.union(*self.made_of.values()))
        grid = [(area, gender, period) for area in self.areas for gender in _GENDERS for period in self.periods]
        self.absent = {cell for cell in grid if cell not in given and cell not in self.known}
        self.sums = list(self._sums())

    def _sums(self) -> Iterator[_Sum]:
        for period in self.periods:
            for area in self.areas:
                yield _sum((area, "T", period), [(area, "K", period), (area, "M", period)])
            for gender in _GENDERS:
                parts = [(kommun, gender, period) for kommun in self.places.kommuner]
                yield _sum((self.places.region, gender, period), parts)
        for whole, parts_of in self.made_of.items():
            for area in self.areas:
                for gender in _GENDERS:
                    yield _sum((area, gender, whole), [(area, gender, part) for part in parts_of])

    def hide(self) -> set[Cell]:
        """The cells of `given` that must not be shown."""
        hidden = {cell for cell, counts in self.given.items() if self._is_small(*counts)}
        # Both ways of reading what is lacking: as not known, and as nothing there.
        readings = dict.fromkeys(frozenset(lacking) for lacking in (self._open(), self.absent))
        readers = [
            (self._implied(lacking), _Reader(self.sums, (hidden - self.known.keys()) | lacking)) for lacking in readings
        ]
        hopeless: set[Cell] = set()
        while True:
            secret = hidden - self.known.keys()
            computed = [
                (cell, reader)
                for implied, reader in readers
                for cell in reader.computable()
                if cell not in hopeless and (cell in secret or cell in implied)
            ]
            if computed:
                cell, reader = min(computed, key=lambda pair: pair[0])
                helper = self._helper(reader.sum_of(cell), hidden, reader)
                if helper is None:
                    hopeless.add(cell)
            else:
                helper = self._beside_ones(hidden, secret, readers[0][1])
                if helper is None:
                    return hidden
            if helper is not None:
                hidden.add(helper)
                for _, reader in readers:
                    reader.forget(helper)

    def _beside_ones(self, hidden: Collection[Cell], secret: Collection[Cell], reader: _Reader) -> Cell | None:
        """A cell to hide in a sum whose unknown cells are one each, which their number tells."""
        for terms in self.sums:
            unknown = [cell for cell in terms if cell in reader.unknown]
            ones = all(cell in secret and terms[cell] < 0 and self.given[cell][0] == 1 for cell in unknown)
            if unknown and ones and (helper := self._helper(terms, hidden, reader)):
                return helper
        return None

    def _is_small(self, count: int | Fraction, denominator: int | Fraction | None) -> bool:
        limits = self.limits
        small = [count, denominator - count] if limits.of_whole and denominator is not None else [count]
        few = (
            limits.least_denominator is not None and denominator is not None and denominator < limits.least_denominator
        )
        return few or any(0 < number < limits.least_count for number in small)

    def _open(self) -> set[Cell]:
        """Cells that nobody has handed in and that need not be zero. A kommun without any row of a period may well have
        nothing to tell: as long as others have, it must not be what protects them, and neither must a month of which
        nobody has handed in anything. What a year is the sum of is no reason to take the year for zero.
        """
        open_cells: set[Cell] = set()
        for period in self.periods:
            parts = self.made_of.get(period, ())
            present = {area for area, _, of in (*self.given, *self.known) if of == period or of in parts}
            if present:
                everybody = not present & set(self.places.kommuner)
                present |= set(self.areas) if everybody else {self.places.region}
            open_cells |= {cell for cell in self.absent if cell[2] == period and cell[0] in present}
        return open_cells

    def _implied(self, lacking: Collection[Cell]) -> set[Cell]:
        """Those of `lacking` that the others amount to, and that are small."""
        seen = {**self.known, **self.given}
        counts = {at: count for at, (count, _) in seen.items()}
        denominators = {at: n for at, (_, n) in seen.items() if n is not None}
        reader, cells = _Reader(self.sums, lacking), set()
        for cell in reader.computable():
            whole = reader.compute(cell, denominators) if len(denominators) == len(seen) else None
            if self._is_small(reader.compute(cell, counts), whole):
                cells.add(cell)
        return cells

    def _helper(self, terms: _Sum, hidden: Collection[Cell], reader: _Reader) -> Cell | None:
        """The cell of a sum to hide so that nothing can be computed with it: the smallest that is enough, a part of a
        year before the year, a region last, a zero never unless nothing else is left (which takes figures that do not
        add up).
        """
        cells = [cell for cell in terms if cell in self.given and cell not in hidden and cell not in self.known]

        def cost(cell: Cell) -> tuple[bool, bool, bool, bool, int, Cell]:
            count, helps = self.given[cell][0], not reader.follows_from_known(cell)
            return count == 0, not helps, cell[2] in self.made_of, cell[0] == self.places.region, count, cell

        return min(cells, key=cost, default=None)


def _sum(whole: Cell, parts: Iterable[Cell]) -> _Sum:
    return {whole: 1, **dict.fromkeys(parts, -1)}


def _made_of(written: Iterable[Period]) -> dict[str, list[str]]:
    """Which of the periods of a year are sums, and of what: of the shortest ones that there are."""
    periods = set(written)
    forms: set[Form] = {period.form for period in periods}
    shortest: Form = "månad" if "månad" in forms else "kvartal"
    if shortest not in forms:
        return {}
    return {str(period): list(map(str, period.parts(shortest))) for period in periods if period.form != shortest}


class _Reader:
    """Somebody with pencil and paper, who knows the sums and all cells but some. The sums are rewritten so that as many
    unknown cells as can be have a sum of their own, and are in no other.
    """

    def __init__(self, sums: Iterable[_Sum], unknown: Iterable[Cell]) -> None:
        self.sums = [dict(terms) for terms in sums]
        self.containing: defaultdict[Cell, set[int]] = defaultdict(set)
        for number, terms in enumerate(self.sums):
            for cell in terms:
                self.containing[cell].add(number)
        self.unknown: set[Cell] = set()
        self.own: dict[Cell, int] = {}
        self.taken: set[int] = set()
        for cell in sorted(unknown):
            self.forget(cell)

    def forget(self, cell: Cell) -> None:
        """The reader does not know this cell."""
        self.unknown.add(cell)
        free = self.containing[cell] - self.taken
        if not free:
            return
        own = min(free, key=lambda number: (len(self.sums[number]), number))
        self.own[cell] = own
        self.taken.add(own)
        for other in self.containing[cell] - {own}:
            self._take_out(cell, own, other)

    def _take_out(self, cell: Cell, own: int, other: int) -> None:
        """Rewrite the sum `other` so that the cell is not in it."""
        terms, subtracted = self.sums[other], self.sums[own]
        times, less = subtracted[cell], terms[cell]
        new = {at: number * times for at, number in terms.items()}
        for at, number in subtracted.items():
            new[at] = new.get(at, 0) - number * less
        shared = gcd(*new.values()) or 1
        self.sums[other] = {at: number // shared for at, number in new.items() if number}
        for at in terms.keys() - self.sums[other].keys():
            self.containing[at].discard(other)
        for at in self.sums[other].keys() - terms.keys():
            self.containing[at].add(other)

    def computable(self) -> list[Cell]:
        """The unknown cells that follow from what is known."""
        return [cell for cell, own in self.own.items() if not (self.sums[own].keys() & self.unknown) - {cell}]

    def sum_of(self, cell: Cell) -> _Sum:
        """The sum that a computable cell is computed with."""
        return self.sums[self.own[cell]]

    def compute(self, cell: Cell, counts: Mapping[Cell, int]) -> Fraction:
        """A computable cell; what is neither unknown nor among the counts is nothing."""
        terms = self.sum_of(cell)
        return Fraction(-sum(number * counts.get(at, 0) for at, number in terms.items() if at != cell), terms[cell])

    def follows_from_known(self, cell: Cell) -> bool:
        """Whether a known cell could be computed again if it were forgotten."""
        return bool(self.containing[cell] - self.taken)
