"""Länet, indikator för indikator: the newest value of each mått for the whole county, how it has changed, and the
three statuses.

A change of the kommuner's mean is counted on the same kommuner in both years, and never across a seriebrott.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from dashboards import formatting
from dashboards.pages import attribution, choice, status
from dashboards.pages.anchors import goal_anchor, indicator_anchor, measure_anchor
from dashboards.pages.kpi import decimals
from dashboards.pages.series_summary import SeriesSummary, series_summaries
from dashboards.pages.tables import Field
from dashboards.reading.published import Area, Indicator, Published, Series

# The year in which the målbild was decided.
BASELINE = 2022


@dataclass(frozen=True, slots=True)
class CountyLine:
    """A series of a mått. whose: the kommuner or the region. value: mean or value with its year."""

    name: str
    anchor: str
    kpi: str
    whose: str
    value: Field
    since_previous: Field
    since_baseline: Field
    statuses: tuple[status.Status, ...]


@dataclass(frozen=True, slots=True)
class CountyTable:
    """The lines of an indikator; without: the mått that have none, in a sentence."""

    lines: tuple[CountyLine, ...]
    without: str
    own: str


@dataclass(frozen=True, slots=True)
class IndicatorTable:
    """An indikator with its table."""

    anchor: str
    name: str
    county: CountyTable


@dataclass(frozen=True, slots=True)
class GoalTables:
    """A målområde with its indikatorer; `number` picks its figure."""

    anchor: str
    name: str
    number: int
    indicators: tuple[IndicatorTable, ...]


def indicator_tables(published: Published) -> list[GoalTables]:
    """Every indikator, in the målbild's order."""
    return [
        GoalTables(
            goal_anchor(goal),
            goal.name,
            number,
            tuple(IndicatorTable(indicator_anchor(i.id), i.name, county_table(i, published)) for i in goal.indicators),
        )
        for number, goal in enumerate(published.goal_areas, start=1)
    ]


def county_table(indicator: Indicator, published: Published) -> CountyTable:
    """Every series of the indikator's mått, in their order."""
    summaries = [
        summary for summary in series_summaries(published, indicator.measures) if summary.county.value is not None
    ]
    measure_ids = {measure.id for summary in summaries for measure in summary.measures}
    without = [m.name for m in indicator.measures if m.id not in measure_ids]
    return CountyTable(
        tuple(_line(summary, published) for summary in summaries),
        f"Utan värde för länet: {'; '.join(without)}." if without else "",
        attribution.own(published.run.source),
    )


def _line(summary: SeriesSummary, published: Published) -> CountyLine:
    kpi, county = summary.kpi, summary.county
    assert county.value is not None
    assert county.year is not None
    series = published.series[kpi.id]
    areas = [reading.area for reading in summary.readings]
    shown_decimals = decimals(kpi, published)
    if len(areas) > 1:
        shown_decimals = max(
            shown_decimals, formatting.decimals_for([mean.lan_varde for mean in series.county.values()], kpi.unit)
        )
    letter = choice.gender(series, published.principals)
    years = [year for year in series.years(areas, letter) if year < county.year]

    def change(since: int | None) -> Field:
        return _change(
            series, areas, letter, since, county.year or 0, lambda v: formatting.change(v, shown_decimals, kpi.unit)
        )

    kommuner = f"{county.count} av {county.size} kommuner" if county.count is not None else areas[0].name
    return CountyLine(
        name="; ".join(measure.name for measure in summary.measures),
        anchor=measure_anchor(summary.measures[0].id),
        kpi=f"{kpi.id}, {kpi.unit}{', indirekt' if summary.indirect else ''}",
        whose="Kommunerna" if county.count is not None else areas[0].name,
        value=Field(
            formatting.with_unit(formatting.number(county.value, shown_decimals), kpi.unit),
            note=f"{county.year}, {kommuner}",
        ),
        since_previous=change(years[-1] if years else None),
        since_baseline=change(BASELINE if BASELINE in years else None),
        statuses=county.all,
    )


def _change(
    series: Series, areas: Sequence[Area], letter: str, since: int | None, until: int, text: Callable[[float], str]
) -> Field:
    """The change of the same areas between two years; a word where it cannot be computed."""
    if since is None:
        return Field("inget värde", missing=True)
    if not series.comparable(since, until):
        return Field("kan inte jämföras", missing=True)
    if (moved := mean_change(series, areas, letter, since, until)) is None:
        return Field("för få med båda åren", missing=True)
    difference, count = moved
    whose = f"{count} av {len(areas)} kommuner" if len(areas) > 1 else ""
    return Field(text(difference), note=f"sedan {since}{', ' if whose else ''}{whose}")


def mean_change(series: Series, areas: Sequence[Area], letter: str, since: int, until: int) -> tuple[float, int] | None:
    """How far the mean of those areas that have a value in both years has moved, and how many they are.

    None: they are fewer than half, or the years cannot be compared.
    """
    if not series.comparable(since, until):
        return None
    both = [
        (before, after)
        for area in areas
        if (before := series.cell(area.id, since, letter).value) is not None
        and (after := series.cell(area.id, until, letter).value) is not None
    ]
    if len(both) * 2 < len(areas) or not both:
        return None
    return fmean(after for _, after in both) - fmean(before for before, _ in both), len(both)
