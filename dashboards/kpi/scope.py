"""The areas that a nyckeltal is about, its years, and how its values are written: what all parts of its page share.

Every figure is marked with where it stands in the published database (`cite`). Sentences, tables and charts are in the
other modules of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import cite, formatting
from dashboards.kpi.words import decimals, is_coded
from dashboards.pages import attribution, corrections
from dashboards.pages.choice import GENDER_WORDS, applies_to, gender
from dashboards.pages.corrections import CellRef
from dashboards.reading.published import NO_ROW, TOTAL, Area, Cell, Kpi, Published, Series
from pipelines.rows import Record

YEARS_SHOWN = 10
NAMES_AT_MOST = 5

# What the county's value is called, by what it is made of.
REGIONS_VALUE, WEIGHTED, UNWEIGHTED = "regionens värde", "vägt medel", "ovägt medel"
COUNTY_NAMES = {
    REGIONS_VALUE: "Länet",
    WEIGHTED: "Länet, vägt medel av kommunerna",
    UNWEIGHTED: "Kommunernas medel (varje kommun räknas lika)",
}


@dataclass(frozen=True, slots=True)
class CountyValue:
    """The county's value of a year: whose it is (`ground`), of how many kommuner, and where it stands."""

    year: int
    value: float
    ground: str
    count: int | None
    place: str


@dataclass(frozen=True, slots=True)
class Scope:
    """The areas that this nyckeltal is about, and how it is written.

    margins: the series of its osäkerhetstal. years:
    the columns of its table.
    """

    kpi: Kpi
    series: Series
    margins: Series
    principals: tuple[Area, ...]
    country: Area | None
    source: str
    run_source: str
    gender: str
    years: list[int]
    decimals: int
    coded: bool

    @property
    def kommuner(self) -> list[Area]:
        return [area for area in self.principals if area.kind == "kommun"]

    @property
    def regions(self) -> list[Area]:
        return [area for area in self.principals if area.kind == "region"]

    @property
    def areas(self) -> list[Area]:
        return [*self.principals, *([self.country] if self.country else [])]

    @property
    def compared_year(self) -> int:
        """The newest year of what is drawn; the table may hold a newer one for women and men only."""
        return self.years_of(self.principals)[-1]

    @property
    def gender_year(self) -> int | None:
        """The newest year in which a principal has values for both women and men; None: there is none."""
        ids = {area.id for area in self.principals}
        years = [year for area, year in self.series.gaps if area in ids]
        return max(years, default=None) if self.gender == TOTAL else None

    @property
    def unit(self) -> str:
        """The unit, and whose values these are when they are not the total."""
        return f"{self.kpi.unit}, {GENDER_WORDS[self.gender]}" if self.gender in GENDER_WORDS else self.kpi.unit

    @property
    def no_interval(self) -> str:
        """Why the values that are compared have no interval."""
        reasons = {
            row.osakerhet_orsak
            for area in self.principals
            if (row := self.series.no_interval.get((area.id, self.compared_year))) is not None
        }
        return formatting.join(sorted(reasons)) or "ingen osäkerhet är känd"

    def breaks_within(self, years: Sequence[int]) -> list[Record]:
        """The breaks that lie among these years."""
        return [b for b in self.series.breaks.values() if years[0] <= b.sista_gamla_ar and b.ar <= years[-1]]

    def years_of(self, areas: Sequence[Area]) -> list[int]:
        return self.series.years(areas, self.gender)

    def cell(self, area: Area, year: int) -> Cell:
        return self.series.cell(area.id, year, self.gender)

    def value(self, area: Area | None, year: int) -> float | None:
        return self.cell(area, year).value if area else None

    def interval(self, area: Area, year: int) -> Record | None:
        return self.series.intervals.get((area.id, year, self.gender))

    def gap(self, area: Area) -> Record | None:
        """Women minus men in the year that is shown."""
        return self.series.gaps.get((area.id, self.gender_year or 0))

    def shown(self, area: Area, year: int, letter: str | None = None) -> CellRef:
        """The cell by its name; `letter`: of that gender instead of the one that is shown."""
        letter = letter or self.gender
        cell = self.series.cell(area.id, year, letter)
        place = cite.place("matvarde", self.kpi.id, area.id, year, letter)
        return CellRef(corrections.where(area.name, year, letter), cell, self.decimals, self.kpi.unit, place)

    def shown_margin(self, area: Area, year: int) -> CellRef:
        """The osäkerhetstal of the value that is shown, with a decimal even where the values are whole.

        The source's belongs to no value of the owners'.
        """
        cell = self.cell(area, year)
        known = cell.value is not None and not cell.replaced
        margin = self.margins.cell(area.id, year, self.gender) if known else NO_ROW
        name = f"osäkerhetstalet för {corrections.where(area.name, year, self.gender)}"
        place = cite.place("matvarde", self.kpi.uncertainty or "", area.id, year, self.gender)
        return CellRef(name, margin, max(self.decimals, 1), self.kpi.unit, place)

    def own(self, table: str, area: Area, year: int | None, column: str, *, gender: str | None = TOTAL) -> str:
        """Where a figure of our own stands. gender None: the table has no such column."""
        return cite.place(table, self.kpi.id, area.id, year, gender, column)

    def attribution(self, corrected: Sequence[str]) -> str:
        """The line under values, where they differ from what the page says once of its values; else ''."""
        return "" if self.source == self.run_source and not corrected else attribution.shown(self.source, corrected)

    def number(self, value: float, place: str) -> str:
        """A value without its unit."""
        return cite.figure(formatting.number(value, self.decimals), value, place)

    def text(self, area: Area, year: int) -> str:
        """The value of an area, which must have one; a longer unit than % is said once, by `in_words` or a heading."""
        return self.brief(self.shown(area, year).number)

    def county_text(self, county: CountyValue) -> str:
        return self.brief(self.number(county.value, county.place))

    def brief(self, number: str) -> str:
        """'75 %', '3 087'."""
        return formatting.with_unit(number, self.kpi.unit) if self.kpi.unit == "%" else number

    def in_words(self, number: str) -> str:
        """'50 % tycker att det är lätt att få träffa läkare'; '6,4 dagar på sjukhus efter utskrivningsklar'."""
        words = self.kpi.words
        return f"{self.brief(number)} {words}" if words else formatting.with_unit(number, self.kpi.unit)

    @property
    def county(self) -> list[CountyValue]:
        """The county's value year by year: the region's for what only regions have, else as `lan_varde` says."""
        if self.kommuner:
            return [
                CountyValue(
                    year,
                    row.lan_varde,
                    row.lan_grund,
                    row.lan_antal,
                    cite.place("jamforelse", self.kpi.id, row.omrade_id, year, TOTAL, "lan_varde"),
                )
                for year, row in sorted(self.series.county.items())
            ]
        return [
            CountyValue(year, value, REGIONS_VALUE, None, self.shown(area, year).place)
            for area in self.regions
            for year in self.years_of([area])
            if (value := self.value(area, year)) is not None
        ]

    @property
    def county_line(self) -> list[CountyValue]:
        """What the county's line and direction are about: the region's values, or the kommuner's plain mean.

        Never both: a weighted mean that begins in the middle of the years would look like a change.
        """
        if any(value.ground == REGIONS_VALUE for value in self.county):
            return [value for value in self.county if value.ground == REGIONS_VALUE]
        places = {value.year: value for value in self.county}
        return [
            CountyValue(
                year,
                row.lan_ovagt,
                UNWEIGHTED,
                places[year].count,
                cite.place("jamforelse", self.kpi.id, row.omrade_id, year, TOTAL, "lan_ovagt"),
            )
            for year, row in sorted(self.series.county.items())
            if row.lan_ovagt is not None
        ]

    @property
    def county_trend(self) -> Record | None:
        """Riktning of the county: the region's own where the region is the county."""
        if self.kommuner and not any(value.ground == REGIONS_VALUE for value in self.county):
            return self.series.county_trends.get(TOTAL)
        return next((trend for area in self.regions if (trend := self.series.trends.get(area.id))), None)

    @property
    def approximate(self) -> bool:
        """Whether the values compared come from another survey than riket's."""
        return self.compared_year in self.series.own_surveys


def scope_of(kpi: Kpi, published: Published) -> Scope | None:
    """None when no principal has any value."""
    series = published.series.get(kpi.id)
    principals = tuple(area for area in published.principals if applies_to(kpi, area))
    years = series.years(principals) if series else []
    if series is None or not years:
        return None
    margins = published.series.get(kpi.uncertainty) if kpi.uncertainty else None
    return Scope(
        kpi=kpi,
        series=series,
        margins=margins or Series(),
        principals=principals,
        country=published.country,
        source=attribution.source_of(kpi, published.run),
        run_source=published.run.source,
        gender=gender(series, principals),
        years=series.years_reported(principals)[-YEARS_SHOWN:],
        decimals=decimals(kpi, published),
        coded=is_coded(kpi),
    )


def name_or_count(areas: Sequence[Area], of: Sequence[Area], *, rest: bool = False) -> str:
    """Names while they are few, else how many; rest: 'de andra sju'."""
    kind = "kommuner" if all(area.kind == "kommun" for area in areas) else "huvudmän"
    if len(areas) == len(of) and len(of) > 1:
        return f"alla {formatting.count_word(len(of))} {kind}"
    if len(areas) <= NAMES_AT_MOST and not rest:
        return formatting.join([area.name for area in areas])
    if rest and len(areas) > 1:
        return f"de andra {formatting.count_word(len(areas))}"
    return formatting.join([area.name for area in areas]) if rest else f"{formatting.count_word(len(areas))} {kind}"


def peer_noun(area: Area) -> str:
    return "kommuner" if area.kind == "kommun" else "regioner"


def is_reported(cell: Cell) -> bool:
    """Whether there is a value, or one that the owners have left out."""
    return cell.value is not None or cell.left_out
