"""Every mått's series and what they say, gathered once: what the summary counts and the pages of areas list.

A series is one nyckeltal for one kind of principal: the kommuner or the region. A mått is told by its first shown
nyckeltal for each kind (`choice.headline`); a nyckeltal that heads several mått is one series and counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboards.data import GoalArea, Kpi, Measure, Published
from dashboards.pages import choice, status
from dashboards.pages.kpi import is_coded


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """A series: the id of its nyckeltal, and whose it is: kommun or region."""

    kpi_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A series of the målbild: the mått that it heads, what it says of the county and of each principal.

    each: in the report's order, only areas that the nyckeltal applies to. indirect: it does not measure its mått, only
    something near it; such series are shown and named, but never counted.
    """

    key: SeriesKey
    kpi: Kpi
    measures: tuple[Measure, ...]
    county: status.County
    each: tuple[status.Of, ...]
    indirect: bool

    @property
    def has_values(self) -> bool:
        return any(one.year is not None for one in self.each)


def standings(published: Published, measures: Sequence[Measure] | None = None) -> list[Standing]:
    """The distinct series of the measures (all by default), in the målbild's order.

    Values that are codes for answers are no quantities and stand in no series.
    """
    found: dict[SeriesKey, list[tuple[Measure, bool]]] = {}
    for measure in published.measures if measures is None else measures:
        for use in choice.headline(measure, published):
            kpi = published.kpis[use.kpi_id]
            for kind in dict.fromkeys(area.kind for area in published.principals if choice.applies(kpi, area)):
                if not is_coded(kpi):
                    found.setdefault(SeriesKey(kpi.id, kind), []).append((measure, use.role == "indirekt"))
    return [_standing(key, some, published) for key, some in found.items()]


def _standing(key: SeriesKey, uses: Sequence[tuple[Measure, bool]], published: Published) -> Standing:
    kpi = published.kpis[key.kpi_id]
    areas = [area for area in published.principals if area.kind == key.kind]
    return Standing(
        key,
        kpi,
        tuple(measure for measure, _ in uses),
        status.of_county(kpi, key.kind, published),
        tuple(status.of_area(kpi, area, published) for area in areas),
        all(indirect for _, indirect in uses),
    )


def of_goal(goal: GoalArea) -> list[Measure]:
    """The målområde's mått, each once."""
    return list({m.id: m for indicator in goal.indicators for m in indicator.measures}.values())


def counted(found: Iterable[Standing]) -> list[Standing]:
    """Those that measure their mått and have a value."""
    return [one for one in found if one.has_values and not one.indirect]


def shared(found: Iterable[Standing]) -> list[Standing]:
    """Those that head more than one mått."""
    return [one for one in found if len(one.measures) > 1]
