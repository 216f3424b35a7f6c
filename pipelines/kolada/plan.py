"""Which requests a fetch needs: batches of at most 25 KPIs × 25 areas, whole or only what changed since a date.

Pure: what the answers hold is `observations`, how they are fetched is `client`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

# Kolada answers 422 above this, per path segment.
MAX_IDS = 25
# How many records are a page.
PER_PAGE = 5000
# How many pairs surely are, all years: Kolada's longest series has some fifty.
PAIRS_OF_A_PAGE = PER_PAGE // 80


@dataclass(frozen=True, slots=True)
class Areas:
    """The areas that are asked for, by kind: which KPIs are asked of them follows from the kind."""

    kommuner: tuple[str, ...]
    regions: tuple[str, ...]
    country: tuple[str, ...]
    kommun_groups: tuple[str, ...]
    region_groups: tuple[str, ...]

    def of_level(self, level: str) -> tuple[str, ...]:
        """Areas that a KPI of level K, L or A can have values for."""
        kommun_side = self.kommuner + self.kommun_groups
        region_side = self.regions + self.region_groups
        return {
            "K": self.country + kommun_side,
            "L": self.country + region_side,
            "A": self.country + kommun_side + region_side,
        }[level]

    def within(self, wanted: Collection[str]) -> Areas:
        """The same kinds, narrowed to `wanted`."""
        return Areas(*(tuple(a for a in kind if a in wanted) for kind in self._kinds()))

    def all(self) -> tuple[str, ...]:
        return tuple(area for kind in self._kinds() for area in kind)

    def _kinds(self) -> tuple[tuple[str, ...], ...]:
        return (self.kommuner, self.regions, self.country, self.kommun_groups, self.region_groups)


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: these KPIs for these areas; all years, or what changed since a date."""

    kpis: tuple[str, ...]
    areas: tuple[str, ...]
    since: date | None = None

    @property
    def path(self) -> str:
        return f"/data/kpi/{','.join(self.kpis)}/municipality/{','.join(self.areas)}"

    @property
    def size(self) -> int:
        """The number of ids in its longer list."""
        return max(len(self.kpis), len(self.areas))

    def split(self, most: int) -> Iterator[Batch]:
        """Batches with at most so many ids in a list, that together ask for the same."""
        for kpis in id_lists(self.kpis, most):
            for areas in id_lists(self.areas, most):
                yield Batch(kpis, areas, self.since)


def plan(levels: Mapping[str, str], areas: Areas) -> list[Batch]:
    """Batches that ask each KPI (`levels`: id → K, L or A) of every area of its level, each pair once.

    Kommun and A KPIs share batches on the kommun side, so that half-full batches are few.
    """
    on_kommun_side = sorted(k for k, level in levels.items() if level in "KA")
    only_regions = sorted(k for k, level in levels.items() if level == "L")
    both = sorted(k for k, level in levels.items() if level == "A")
    return [
        *_grid(on_kommun_side, areas.of_level("K")),
        *_grid(only_regions, areas.of_level("L")),
        *_grid(both, areas.regions + areas.region_groups),
    ]


def plan_changes(
    levels: Mapping[str, str], areas: Areas, fetched: Mapping[str, Mapping[str, datetime]], lag: timedelta
) -> list[Batch]:
    """As `plan`, but pairs that were fetched before (`fetched`: KPI → area → time of the last complete fetch) are
    asked only for what changed since then, minus `lag`; pairs that never were are asked whole.

    A batch asks from the earliest time of its pairs, so that none misses a change.
    """
    batches: list[Batch] = []
    by_missing: dict[frozenset[str], list[str]] = {}
    for kpi, level in levels.items():
        missing = frozenset(areas.of_level(level)).difference(fetched.get(kpi, {}))
        # KPIs of every level that were never fetched at all go together, so that batches are full.
        whole = len(missing) == len(areas.of_level(level))
        by_missing.setdefault(frozenset(areas.all()) if whole else missing, []).append(kpi)
    for missing, kpis in by_missing.items():
        group_levels = {kpi: levels[kpi] for kpi in kpis}
        batches += plan(group_levels, areas.within(missing))
        for batch in plan(group_levels, areas.within(set(areas.all()) - missing)):
            since = min(fetched[kpi][area] for kpi in batch.kpis for area in batch.areas) - lag
            batches.append(Batch(batch.kpis, batch.areas, since.date()))
    return batches


def plan_again(pairs: Mapping[str, Collection[str]]) -> list[Batch]:
    """Batches that ask some pairs (KPI → areas) whole once more, each so small that its answer is one page: between two
    pages a list may have moved.
    """
    by_areas: dict[frozenset[str], list[str]] = {}
    for kpi, areas in pairs.items():
        by_areas.setdefault(frozenset(areas), []).append(kpi)
    return [
        Batch(kpis, areas)
        for together, ids in by_areas.items()
        for areas in id_lists(sorted(together), min(MAX_IDS, PAIRS_OF_A_PAGE))
        for kpis in id_lists(sorted(ids), min(MAX_IDS, max(1, PAIRS_OF_A_PAGE // len(areas))))
    ]


def id_lists(ids: Sequence[str], most: int = MAX_IDS) -> Iterator[tuple[str, ...]]:
    """Slices of at most `most`."""
    for start in range(0, len(ids), most):
        yield tuple(ids[start : start + most])


def _grid(kpis: Sequence[str], areas: Sequence[str]) -> Iterator[Batch]:
    for some_kpis in id_lists(kpis):
        for some_areas in id_lists(areas):
            yield Batch(some_kpis, some_areas)
