"""Which figures must not be shown: small counts, and the others from which they could be computed.

Pure: it knows the areas and what has been shown before, and nothing of files, tables or what the figures mean.

Totals bind the cells of a year together: T = K + M in every area, and the region = the sum of its kommuner for every
kön. Take areas and kön as nodes and every cell that a reader does not know as an edge between its area and its kön;
then a reader can compute a cell exactly when its edge is a bridge: nothing else leads from one end to the other. So
cells are hidden until no hidden one is a bridge. Small cells come first, then the smallest that helps; zero is shown,
because nobody stands behind it.

What was shown earlier with the very same number stays known to readers, however it is hidden now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

Cell = tuple[str, str]
"""(omrade_id, kon)"""

_GENDERS = ("T", "K", "M")
KEY = ["omrade_id", "ar", "kon"]


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


def hidden(counts: pl.DataFrame, shown_before: pl.DataFrame, places: Places, limits: Limits) -> pl.DataFrame:
    """The keys (omrade_id, ar, kon) of the rows that must not be shown.

    counts: KEY + taljare (the count), namnare (NULL where there is none); the key is unique. shown_before: KEY +
    taljare, namnare, every number that a reader has been able to see, the newest last.
    """
    keys: list[tuple[str, int, str]] = []
    for (year,), given in counts.sort(KEY).group_by("ar", maintain_order=True):
        before = shown_before.filter(pl.col("ar") == year)
        figures = _Year(_cells(given), _all_cells(before), places, limits)
        keys += [(area, int(str(year)), gender) for area, gender in sorted(figures.hide())]
    return pl.DataFrame(keys, schema=counts.select(KEY).schema, orient="row")


_Counts = tuple[int, int | None]


def _cells(frame: pl.DataFrame) -> dict[Cell, _Counts]:
    return {(area, gender): (t, n) for area, gender, t, n in _rows(frame)}


def _all_cells(frame: pl.DataFrame) -> dict[Cell, list[_Counts]]:
    cells: dict[Cell, list[_Counts]] = {}
    for area, gender, t, n in _rows(frame):
        cells.setdefault((area, gender), []).append((t, n))
    return cells


def _rows(frame: pl.DataFrame) -> Iterable[tuple[str, str, int, int | None]]:
    return frame.select("omrade_id", "kon", "taljare", "namnare").iter_rows()


class _Year:
    """The cells of one year. known: those that readers can see whatever is done now, with their counts."""

    def __init__(
        self, given: dict[Cell, _Counts], before: dict[Cell, list[_Counts]], places: Places, limits: Limits
    ) -> None:
        self.given, self.places, self.limits = given, places, limits
        self.known = {
            cell: given.get(cell, seen[-1])
            for cell, seen in before.items()
            if cell not in given or given[cell][0] in {count for count, _ in seen}
        }
        self.areas = [*places.kommuner, places.region]
        grid = [(area, gender) for area in self.areas for gender in _GENDERS]
        self.absent = {cell for cell in grid if cell not in given and cell not in self.known}

    def hide(self) -> set[Cell]:
        """The cells of `given` that must not be shown."""
        hidden = {cell for cell, counts in self.given.items() if self._is_small(*counts)}
        # Both ways of reading what is lacking: as not known, and as nothing there.
        readings = [(lacking, self._implied(lacking)) for lacking in (self._open(), self.absent)]
        hopeless: set[Cell] = set()
        while True:
            unknown = hidden - self.known.keys()
            bridges = [
                bridge
                for lacking, implied in readings
                for bridge in _bridges(unknown | lacking)
                if bridge.cell in unknown | implied
            ]
            first = min(
                (bridge for bridge in bridges if bridge.cell not in hopeless),
                key=lambda bridge: bridge.cell,
                default=None,
            )
            if first is None:
                return hidden
            if helper := self._helper(first, hidden):
                hidden.add(helper)
            else:
                hopeless.add(first.cell)

    def _is_small(self, count: int, denominator: int | None) -> bool:
        limits = self.limits
        small = [count, denominator - count] if limits.of_whole and denominator is not None else [count]
        few = (
            limits.least_denominator is not None and denominator is not None and denominator < limits.least_denominator
        )
        return few or any(0 < number < limits.least_count for number in small)

    def _open(self) -> set[Cell]:
        """Cells that nobody has handed in and that need not be zero. A kommun without any row may well have nothing to
        tell: as long as others have, it must not be what protects them.
        """
        present = {area for area, _ in (*self.given, *self.known)} | {self.places.region}
        if not present & set(self.places.kommuner):
            return self.absent
        return {cell for cell in self.absent if cell[0] in present}

    def _implied(self, lacking: set[Cell]) -> set[Cell]:
        """Those of `lacking` that the others amount to, and that are small."""
        seen = {**self.known, **self.given}
        cells = set()
        denominators = {at: n for at, (_, n) in seen.items() if n is not None}
        for bridge in _bridges(lacking):
            count = _rest({at: count for at, (count, _) in seen.items()}, bridge, self.places.region)
            whole = _rest(denominators, bridge, self.places.region) if len(denominators) == len(seen) else None
            if self._is_small(count, whole):
                cells.add(bridge.cell)
        return cells

    def _helper(self, bridge: _Bridge, hidden: set[Cell]) -> Cell | None:
        """The cell to hide so that something else leads over: the smallest that closes a ring, a region last, a zero
        never unless nothing else is left (which takes figures that do not add up).
        """
        cells = [
            cell
            for cell in self.given
            if cell not in hidden and cell not in self.known and (cell[0] in bridge.side) != (cell[1] in bridge.side)
        ]

        def cost(cell: Cell) -> tuple[bool, bool, bool, int, Cell]:
            count, closes = self.given[cell][0], bool(set(cell) & bridge.beyond)
            return count == 0, not closes, cell[0] == self.places.region, count, cell

        return min(cells, key=cost, default=None)


@dataclass(frozen=True, slots=True)
class _Bridge:
    """An edge between whose ends nothing else leads: the nodes on its smaller side, and those on the other."""

    cell: Cell
    side: frozenset[str]
    beyond: frozenset[str]


def _bridges(edges: Collection[Cell]) -> list[_Bridge]:
    bridges = []
    for edge in sorted(edges):
        others = set(edges) - {edge}
        area_side = _reached(others, edge[0])
        if edge[1] not in area_side:
            sides = sorted((area_side, _reached(others, edge[1])), key=len)
            bridges.append(_Bridge(edge, *sides))
    return bridges


def _rest(counts: Mapping[Cell, int], bridge: _Bridge, region: str) -> int:
    """What the bridge's cell must be, given all the known cells.

    With signs such that every area and every kön adds up to zero, what leaves one side through the known cells must
    come back through the bridge.
    """

    def signed(at: Cell) -> int:
        return (1 if at[0] == region else -1) * (1 if at[1] == "T" else -1)

    # A cell with both ends inside counts for its area and against it for its kön.
    total = sum(signed(at) * count * ((at[0] in bridge.side) - (at[1] in bridge.side)) for at, count in counts.items())
    return -total * signed(bridge.cell) * (1 if bridge.cell[0] in bridge.side else -1)


def _reached(edges: Collection[Cell], start: str) -> frozenset[str]:
    """The nodes that can be reached from `start`."""
    reached = {start}
    while more := {end for edge in edges if set(edge) & reached for end in edge} - reached:
        reached |= more
    return frozenset(reached)
