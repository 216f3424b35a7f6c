"""The areas that a nyckeltal is about, its years, and how its values are written: what all parts of its block share.

Its sentences, tables and charts are in the other `kpi_` modules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dashboards import formatting
from dashboards.pages import attribution, corrections
from dashboards.pages.choice import GENDER_WORDS, applies_to, gender
from dashboards.pages.corrections import CellRef
from dashboards.pages.kpi import decimals, is_coded
from dashboards.reading.published import MEN, NO_ROW, TOTAL, WOMEN, Area, Cell, Gap, Interval, Kpi, Published, Series
from pipelines.rows import Record

YEARS_SHOWN = 10
NAMES_AT_MOST = 3
OSAKERHETSTAL = "osäkerhetstal"
NOT_JUDGED = "kan inte bedömas"


@dataclass(frozen=True, slots=True)
class Scope:
    """The areas that this nyckeltal is about, and how it is written.

    margins: the series of its osäkerhetstal. years: the columns of its table.
    """

    kpi: Kpi
    series: Series
    margins: Series
    principals: tuple[Area, ...]
    country: Area | None
    source: str
    gender: str
    years: list[int]
    decimals: int
    own_decimals: int
    coded: bool

    @property
    def kommuner(self) -> list[Area]:
        return [area for area in self.principals if area.kind == "kommun"]

    @property
    def compared_year(self) -> int:
        """The newest year of what is drawn; the table may hold a newer one for women and men only."""
        return self.years_of(self.principals)[-1]

    @property
    def newest_year(self) -> int:
        """The newest year in which a principal has a value, of either gender or in total."""
        return self.series.years(self.principals)[-1]

    @property
    def gender_year(self) -> int | None:
        """The newest year in which a principal has values for both women and men, else for one of them."""
        if self.gender != TOTAL:
            return None
        ids = {area.id for area in self.principals}
        both = [year for area, year in self.series.gaps if area in ids]
        return max(both or self.series.years(self.principals, WOMEN + MEN), default=None)

    @property
    def change_unit(self) -> str:
        """The unit of a difference."""
        return "procentenheter" if self.kpi.unit == "%" else self.kpi.unit

    @property
    def breaks(self) -> pl.DataFrame:
        """As the charts take them."""
        return pl.DataFrame(
            [(series_break.sista_gamla_ar, series_break.ar) for series_break in self.series.breaks.values()],
            schema={"sista_gamla_ar": pl.Int64, "ar": pl.Int64},
            orient="row",
        )

    def broken(self, years: Sequence[int]) -> str:
        """A sentence for a table of these years, when a break lies among them."""
        inside = [
            str(series_break.ar)
            for series_break in self.series.breaks.values()
            if years[0] <= series_break.sista_gamla_ar and series_break.ar <= years[-1]
        ]
        return f" Seriebrott {formatting.join(inside)}: åren före och efter kan inte jämföras." if inside else ""

    def comparable(self, before: int, after: int) -> bool:
        """Whether values of the two years measure the same."""
        return self.series.comparable(before, after)

    def gap(self, area: Area) -> Record | None:
        """Women minus men in the year that is shown."""
        return gap_of(self.series, area, self.gender_year) if self.gender_year is not None else None

    def interval(self, area: Area, year: int) -> Record | None:
        """Of the value that is shown; riket, of which nothing is judged, has its osäkerhetstal."""
        return interval_of(self.series, area, year, self.gender, self.margin(area, year).value)

    @property
    def no_interval(self) -> str:
        """Why the values that are compared have no interval."""
        reasons = {
            row.osakerhet_orsak
            for area in self.principals
            if (row := self.series.no_interval.get((area.id, self.compared_year))) is not None
        }
        return formatting.join(sorted(reasons)) or "ingen osäkerhet är känd"

    def years_of(self, areas: Sequence[Area]) -> list[int]:
        return self.series.years(areas, self.gender)

    def cell(self, area: Area, year: int) -> Cell:
        return self.series.cell(area.id, year, self.gender)

    def value(self, area: Area | None, year: int) -> float | None:
        return self.cell(area, year).value if area else None

    def margin(self, area: Area, year: int) -> Cell:
        """The osäkerhetstal of the value that is shown; the source's belongs to no value of the owners'."""
        cell = self.cell(area, year)
        known = cell.value is not None and not cell.replaced
        return self.margins.cell(area.id, year, self.gender) if known else NO_ROW

    def shown(self, area: Area, year: int, letter: str | None = None) -> CellRef:
        """The cell by its name; `letter`: of that gender instead of the one that is shown."""
        letter = letter or self.gender
        cell = self.series.cell(area.id, year, letter)
        return CellRef(corrections.where(area.name, year, letter), cell, self.decimals, self.kpi.unit)

    def shown_margin(self, area: Area, year: int) -> CellRef:
        """With a decimal even where the values are whole."""
        name = f"osäkerhetstalet för {corrections.where(area.name, year, self.gender)}"
        return CellRef(name, self.margin(area, year), max(self.decimals, 1), self.kpi.unit)

    @property
    def unit(self) -> str:
        """The unit, and whose values these are when they are not the total."""
        return f"{self.kpi.unit}, {GENDER_WORDS[self.gender]}" if self.gender in GENDER_WORDS else self.kpi.unit

    @property
    def areas(self) -> list[Area]:
        return [*self.principals, *([self.country] if self.country else [])]

    def text(self, value: float) -> str:
        return formatting.with_unit(formatting.number(value, self.decimals), self.kpi.unit)

    def change_text(self, value: float) -> str:
        """A difference with its sign and unit."""
        return formatting.change(value, self.decimals, self.kpi.unit)

    def own_text(self, value: float) -> str:
        return formatting.with_unit(formatting.number(value, self.own_decimals), self.kpi.unit)


def scope_of(kpi: Kpi, published: Published) -> Scope | None:
    """None when no principal has any value."""
    series = published.series.get(kpi.id)
    principals = tuple(area for area in published.principals if applies_to(kpi, area))
    years = series.years(principals) if series else []
    if series is None or not years:
        return None
    margins = published.series.get(kpi.uncertainty) if kpi.uncertainty else None
    shown_decimals = decimals(kpi, published)
    means = [row.lan_varde for row in series.county.values()]
    return Scope(
        kpi=kpi,
        series=series,
        margins=margins or Series(),
        principals=principals,
        country=published.country,
        source=attribution.source_of(kpi, published.run),
        gender=gender(series, principals),
        years=series.years_reported(principals)[-YEARS_SHOWN:],
        decimals=shown_decimals,
        own_decimals=max(shown_decimals, formatting.decimals_for(means, kpi.unit)),
        coded=is_coded(kpi),
    )


def name_or_count(areas: Sequence[Area], of: Sequence[Area]) -> str:
    """Names while they are few, else how many."""
    if len(areas) == len(of) and len(of) > 1:
        return "alla"
    if len(areas) <= NAMES_AT_MOST:
        return formatting.join([area.name for area in areas])
    kind = "kommuner" if all(area.kind == "kommun" for area in areas) else "huvudmän"
    return f"{formatting.count_word(len(areas))} {kind}"


# What the county's value is called, by what it is made of.
REGIONS_VALUE, WEIGHTED, UNWEIGHTED = "regionens värde", "vägt medel", "ovägt medel"
COUNTY_NAMES = {
    REGIONS_VALUE: "Länets värde",
    WEIGHTED: "Länets vägda medel",
    UNWEIGHTED: "Kommunernas medel (varje kommun räknas lika)",
}


def county_name(scope: Scope) -> str:
    """What the county's values are called in charts and tables; by the newest, when they are not all of one kind."""
    grounds = [mean.lan_grund for _, mean in sorted(scope.series.county.items())]
    return COUNTY_NAMES[grounds[-1]] if grounds else "Länet"


def peer_noun(area: Area) -> str:
    return "kommuner" if area.kind == "kommun" else "regioner"


def highlighted(scope: Scope) -> list[Area]:
    """The areas drawn in front: the region, and a kommun when it is the only one."""
    kommuner = [area for area in scope.principals if area.kind == "kommun"]
    return [area for area in scope.principals if area.kind == "region" or len(kommuner) == 1]


def covers_half(scope: Scope, year: int) -> bool:
    """Whether enough kommuner have a value for their mean to be drawn: a mean of few moves when others come and go."""
    return bool(scope.series.county[year].lan_antal * 2 >= county_size(scope))


def county_size(scope: Scope) -> int:
    """How many kommuner the county has, also where the report is about one of them, as far as is known."""
    parts: dict[str, int] = {part: mean.antal_kommuner for (part, _), mean in scope.series.parts.items()}
    known: int = max((mean.lan_antal for mean in scope.series.county.values()), default=0)
    return max(len(scope.kommuner), sum(parts.values()), known)


def is_reported(cell: Cell) -> bool:
    """Whether there is a value, or one that the owners have left out."""
    return cell.value is not None or cell.left_out


def gap_of(series: Series, area: Area, year: int) -> Record | None:
    """The gap of an area; riket's, of which nothing is judged, is the bare difference."""
    gap = series.gaps.get((area.id, year))
    women, men = (series.cell(area.id, year, letter).value for letter in (WOMEN, MEN))
    if gap is not None or area.kind != "riket" or women is None or men is None:
        return gap
    return Gap(women, men, women - men, None, "för riket räknas ingen osäkerhet", NOT_JUDGED)


def interval_of(series: Series, area: Area, year: int, letter: str, margin: float | None) -> Record | None:
    """The interval of a value; riket's is made here of its osäkerhetstal (`margin`)."""
    value = series.cell(area.id, year, letter).value
    if area.kind != "riket" or value is None or margin is None:
        return series.intervals.get((area.id, year, letter))
    return Interval(value - margin, value + margin, OSAKERHETSTAL)
