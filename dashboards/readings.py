"""What is said of each nyckeltal and each huvudman, read once for every page.

A `Topic` is a nyckeltal that measures a mått, with its name, its writing and its values for the county; a `Reading` is
one huvudman's newest value of it, beside riket, similar areas and the county, with the words of the analysis. Nothing
is judged here, and nothing is worded but single figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboards import cite, formatting
from dashboards.kpi.scope import REGIONS_VALUE, UNWEIGHTED
from dashboards.kpi.words import decimals, is_coded
from dashboards.pages import choice, corrections, status
from dashboards.reading.published import TOTAL, Area, GoalArea, Kpi, Measure, Published, Series
from pipelines.rows import Record

KOMMUN, REGION = "kommun", "region"


@dataclass(frozen=True, slots=True)
class Shown:
    """A value with its year and where it stands in the database."""

    value: float
    year: int
    source: str


@dataclass(frozen=True)
class Topic:
    """A nyckeltal under the mått that it measures.

    number, goal: of the målområde. measure: the first mått that it measures. decimals: as its values are shown.
    """

    number: int
    goal: GoalArea
    measure: Measure
    kpi: Kpi
    series: Series
    decimals: int
    published: Published

    @property
    def label(self) -> str:
        """Its short name, or that of the mått, or the mått's own name."""
        return self.kpi.short or self.measure.short or self.measure.name

    @property
    def better_right(self) -> int:
        """1 where higher is better or nothing is, -1 where lower is."""
        return -1 if self.kpi.direction == "lägre" else 1

    @property
    def ended(self) -> bool:
        return self.kpi.ended is not None

    @cached_property
    def kommuner(self) -> tuple[Area, ...]:
        """The county's kommuner, where it is theirs."""
        return tuple(a for a in self.published.principals if a.kind == KOMMUN and choice.applies_to(self.kpi, a))

    @cached_property
    def region(self) -> Area | None:
        """The region, where it is its own."""
        regions = [a for a in self.published.principals if a.kind == REGION and choice.applies_to(self.kpi, a)]
        return regions[0] if regions else None

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """The newest value of each huvudman that has one, by its id."""
        areas = [*self.kommuner, *([self.region] if self.region else [])]
        return {area.id: reading for area in areas if (reading := self._reading(area)) is not None}

    @cached_property
    def of_kommuner(self) -> tuple[Reading, ...]:
        """The kommuner's newest values, of the newest year that any of them has."""
        readings = [self.readings[area.id] for area in self.kommuner if area.id in self.readings]
        newest = max((reading.year for reading in readings), default=0)
        return tuple(reading for reading in readings if reading.year == newest)

    @cached_property
    def of_region(self) -> Reading | None:
        return self.readings.get(self.region.id) if self.region else None

    @property
    def newest(self) -> tuple[Reading, ...]:
        """What the topic says today: the kommuner's newest values, and the region's."""
        return (*self.of_kommuner, *([self.of_region] if self.of_region else []))

    @property
    def corrected(self) -> str:
        """'rättat av ägarna: Flen' where a newest value is the owners' and not the source's; else ''."""
        names = [r.area.name for r in self.readings.values() if r.corrected]
        return f"{corrections.REPLACED} av ägarna: {formatting.join(names)}" if names else ""

    @property
    def by_rank(self) -> tuple[Reading, ...]:
        """The kommuner's newest values, the worst first; by value where neither way is better."""
        return tuple(sorted(self.of_kommuner, key=lambda r: (r.value * self.better_right, r.area.name)))

    def approximate(self, year: int) -> bool:
        """Whether the county's values of a year come from another survey than the country's."""
        return year in self.series.own_surveys

    def number_text(self, value: float) -> str:
        return formatting.number(value, self.decimals)

    def text(self, shown: Shown, *, unit: bool = True) -> str:
        """A value as it is written, marked with its place."""
        number = self.number_text(shown.value)
        return cite.figure(
            formatting.with_unit(number, self.kpi.unit) if unit and self.kpi.unit == "%" else number,
            shown.value,
            shown.source,
        )

    def value_at(self, area_id: str, year: int) -> Shown | None:
        """What the source says of an area and a year."""
        value = self.series.cell(area_id, year).value
        if value is None:
            return None
        return Shown(value, year, cite.place("matvarde", self.kpi.id, area_id, year))

    def country_at(self, year: int) -> Shown | None:
        """The value of riket."""
        country = self.published.country
        return self.value_at(country.id, year) if country else None

    @cached_property
    def has_country(self) -> bool:
        """Whether riket has any value."""
        country = self.published.country
        return country is not None and bool(self.series.years([country], TOTAL))

    def country_middle(self, kind: str, year: int) -> Shown | None:
        """The middle area of the country, where riket has no value of its own. Not in a table: it is our own."""
        row = self.series.country.get((kind, year))
        return (
            Shown(row.p50, year, cite.place("matvarde", self.kpi.id, None, year, column=f"median {kind}"))
            if row
            else None
        )

    # The county

    @property
    def county_ground(self) -> str | None:
        """What the county's newest value is made of."""
        if self.of_region is not None:
            return REGIONS_VALUE
        newest = max(self.series.county, default=None)
        return self.series.county[newest].lan_grund if newest is not None else None

    @cached_property
    def county_values(self) -> dict[int, Shown]:
        """The county year by year: the region's values where the region is the county, else the kommuner's mean."""
        if self.of_region is not None and self.region is not None:
            years = self.series.years([self.region], TOTAL)
            return {year: shown for year in years if (shown := self.value_at(self.region.id, year)) is not None}
        return {
            year: Shown(row.lan_varde, year, self._of_county(year, "lan_varde"))
            for year, row in sorted(self.series.county.items())
            if row.lan_grund == self.county_ground
        }

    @cached_property
    def county_line(self) -> dict[int, Shown]:
        """What the county's direction is about: the region's values, or the mean of the kommuner, all alike."""
        if self.of_region is not None:
            return self.county_values
        return {
            year: Shown(row.lan_ovagt, year, self._of_county(year, "lan_ovagt"))
            for year, row in sorted(self.series.county.items())
            if row.lan_ovagt is not None
        }

    def _of_county(self, year: int, column: str) -> str:
        """The place of a county value: the same on the row of every kommun that has a value."""
        return cite.place("jamforelse", self.kpi.id, self.series.county[year].omrade_id, year, column=column)

    @property
    def beside_country(self) -> bool:
        """Whether the county's value may stand beside riket's: a mean in which every kommun counts alike may not."""
        return self.county_ground != UNWEIGHTED

    @property
    def county_trend(self) -> Record | None:
        """Riktning of the county: the region's own where the region is the county."""
        if self.of_region is not None:
            return self.series.trends.get(self.of_region.area.id)
        return self.series.county_trends.get(TOTAL)

    @cached_property
    def spread(self) -> Record | None:
        """The spread of the kommuner in the year of their newest values."""
        return self.series.spread.get(self.of_kommuner[0].year) if self.of_kommuner else None

    @cached_property
    def noise(self) -> float | None:
        """How far a kommun's value usually moves: the root mean square of their half widths, 95 %."""
        halves = [r.half for r in self.of_kommuner if r.half is not None]
        return (sum(h * h for h in halves) / len(halves)) ** 0.5 if halves else None

    def broken_between(self, before: int, after: int) -> bool:
        """Whether two years cannot be compared."""
        return not self.series.comparable(before, after)

    def _reading(self, area: Area) -> Reading | None:
        years = self.series.years([area], TOTAL)
        if not years:
            return None
        year = years[-1]
        shown = self.value_at(area.id, year)
        assert shown is not None
        return Reading(self, area, year, shown.value, shown)


@dataclass(frozen=True)
class Reading:
    """The newest value of a huvudman for both sexes together."""

    topic: Topic
    area: Area
    year: int
    value: float
    shown: Shown

    @property
    def position(self) -> Record | None:
        """The row of `jamforelse` and `placering`."""
        return self.topic.series.positions.get((self.area.id, self.year))

    @property
    def against(self) -> str:
        """The word against riket; 'kan inte bedömas' where there is nothing to compare with."""
        return (self.position.mot_riket if self.position else None) or status.NOT_JUDGED

    @property
    def approximate(self) -> bool:
        return self.topic.approximate(self.year)

    @property
    def corrected(self) -> bool:
        """Whether the value is the owners'."""
        return self.topic.series.cell(self.area.id, self.year).replaced

    @property
    def half(self) -> float | None:
        """Half of its interval, 95 %."""
        row = self.topic.series.intervals.get((self.area.id, self.year, TOTAL))
        return row.halv_95 if row and row.halv_95 is not None else (row.ovre - row.nedre) / 2 if row else None

    @property
    def country(self) -> Shown | None:
        return self.topic.country_at(self.year)

    @property
    def similar(self) -> Shown | None:
        """The mean of similar areas."""
        if self.position is None or self.position.liknande is None:
            return None
        place = cite.place("jamforelse", self.topic.kpi.id, self.area.id, self.year, column="liknande")
        return Shown(self.position.liknande, self.year, place)

    @property
    def county(self) -> Shown | None:
        """The county's value the same year; for a kommun only, and not for one that is the county."""
        beside = self.area.kind == KOMMUN and len(self.topic.kommuner) > 1
        return self.topic.county_values.get(self.year) if beside else None

    @property
    def trend(self) -> Record | None:
        return self.topic.series.trends.get(self.area.id)

    @property
    def trend_ends(self) -> tuple[Shown, Shown] | None:
        """The first and last values that its direction is about."""
        trend = self.trend
        if trend is None:
            return None
        first, last = (self.topic.value_at(self.area.id, year) for year in (trend.fran_ar, trend.till_ar))
        return (first, last) if first and last else None

    @property
    def distance(self) -> float:
        """How many half widths it lies from riket; positive is better. 0 where that cannot be said."""
        country, half = self.country, self.half
        if country is None or not half:
            return 0.0
        return (self.value - country.value) / half * self.topic.better_right

    @property
    def gap(self) -> Record | None:
        """Women minus men."""
        return self.topic.series.gaps.get((self.area.id, self.year))

    @property
    def text(self) -> str:
        """Its value, marked."""
        return self.topic.text(self.shown)


def topics(published: Published) -> tuple[Topic, ...]:
    """The nyckeltal that measure a mått and have values, in the målbild's order; each under its first mått.

    One that only sheds light on a mått, or whose values are codes, is no topic.
    """
    seen: set[str] = set()
    listed: list[Topic] = []
    for number, goal, measure in _measures(published):
        for use in choice.main_kpis(measure):
            kpi = published.kpis[use.kpi_id]
            series = published.series.get(kpi.id)
            if series is None or kpi.id in seen or use.role == "indirekt" or is_coded(kpi):
                continue
            topic = Topic(number, goal, measure, kpi, series, decimals(kpi, published), published)
            if topic.readings:
                seen.add(kpi.id)
                listed.append(topic)
    return tuple(listed)


def _measures(published: Published) -> Iterator[tuple[int, GoalArea, Measure]]:
    """Every mått once, under its first indikator, with its målområde."""
    seen: set[str] = set()
    for number, goal in enumerate(published.goal_areas, start=1):
        for indicator in goal.indicators:
            for measure in indicator.measures:
                if measure.id not in seen:
                    seen.add(measure.id)
                    yield number, goal, measure


def of_principal(measures: Sequence[Measure], area: Area) -> list[Measure]:
    """The mått that concern a huvudman: its own, and those that are both's."""
    return [measure for measure in measures if measure.principal in ("båda", area.kind)]
