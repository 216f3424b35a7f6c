"""Summaries of every mått's series, computed once: the summary counts them, and the pages of areas list them.

A series is one nyckeltal for one kind of principal: the kommuner or the region. A mått is represented by its
first shown nyckeltal for each kind (`choice.headline`); a nyckeltal that heads several mått is one series and counts
once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboards.kpi.words import is_coded
from dashboards.pages import choice, status
from dashboards.reading.published import GoalArea, Kpi, Measure, Published


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """A series: the id of its nyckeltal, and whose it is: kommun or region."""

    kpi_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """A series of the målbild: the mått that it heads, what it says about the county and each principal.

    readings: in the report's order, only areas that the nyckeltal applies to. indirect: it does not measure its mått,
    only something close to it; such series are shown and named, but never counted.
    """

    key: SeriesKey
    kpi: Kpi
    measures: tuple[Measure, ...]
    county_direction: str
    readings: tuple[status.AreaReading, ...]
    indirect: bool

    @property
    def has_values(self) -> bool:
        return any(reading.year is not None for reading in self.readings)


def series_summaries(published: Published, measures: Sequence[Measure] | None = None) -> list[SeriesSummary]:
    """The distinct series of the measures (all by default), in the målbild's order.

    Values that are codes for answers are not quantities and belong to no series.
    """
    uses_by_series: dict[SeriesKey, list[tuple[Measure, bool]]] = {}
    for measure in published.measures if measures is None else measures:
        for use in choice.headline(measure, published):
            kpi = published.kpis[use.kpi_id]
            for kind in dict.fromkeys(area.kind for area in published.principals if choice.applies_to(kpi, area)):
                if not is_coded(kpi):
                    uses_by_series.setdefault(SeriesKey(kpi.id, kind), []).append((measure, use.role == "indirekt"))
    return [_series_summary(key, uses, published) for key, uses in uses_by_series.items()]


def _series_summary(key: SeriesKey, uses: Sequence[tuple[Measure, bool]], published: Published) -> SeriesSummary:
    kpi = published.kpis[key.kpi_id]
    areas = [area for area in published.principals if area.kind == key.kind]
    return SeriesSummary(
        key,
        kpi,
        tuple(measure for measure, _ in uses),
        status.county_direction(kpi, key.kind, published),
        tuple(status.area_reading(kpi, area, published) for area in areas),
        all(indirect for _, indirect in uses),
    )


def of_goal(goal: GoalArea) -> list[Measure]:
    """The målområde's mått, each once."""
    return list({m.id: m for indicator in goal.indicators for m in indicator.measures}.values())


def counted(summaries: Iterable[SeriesSummary]) -> list[SeriesSummary]:
    """Those that measure their mått and have a value."""
    return [summary for summary in summaries if summary.has_values and not summary.indirect]
