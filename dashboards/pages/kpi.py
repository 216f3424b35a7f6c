"""One nyckeltal: what its figures show in a sentence, two charts, the tables with the same numbers, and its provenance.

The sentences follow fixed rules and state nothing that is not in the tables below them. Values given as codes are
answers, not quantities: they get no mean, position or chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl
from markupsafe import Markup

from dashboards import words
from dashboards.data import MEN, NO_ROW, TOTAL, WOMEN, Area, Cell, Group, Kpi, KpiUse, Published, Series
from dashboards.figures.comparison import comparison_figure
from dashboards.figures.style import as_json
from dashboards.figures.trend import starts_at_zero, trend_figure
from dashboards.pages import attribution, corrections
from dashboards.pages.choice import GENDER_WORDS, applies, gender
from dashboards.pages.corrections import Shown
from dashboards.pages.tables import Field, Row, Table, field_of, missing_word

_YEARS_SHOWN = 10
# A dot plot of fewer areas says less than the sentence above it.
_LEAST_AREAS_TO_COMPARE = 3
_NAMES_AT_MOST = 3

_BETTER = {"högre": "högre är bättre", "lägre": "lägre är bättre", "ingen": "utan riktning"}
DECIDED = "beslutad"
# (riktningen, valet av nyckeltal) decided → words.
_DECISIONS = {
    (False, False): "Riktning och val av nyckeltal är föreslagna – ej beslutade av ägarna",
    (False, True): "Riktningen är föreslagen – ej beslutad av ägarna",
    (True, False): "Valet av nyckeltal är föreslaget – ej beslutat av ägarna",
    (True, True): "Riktning och val av nyckeltal är beslutade av ägarna",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as the page carries it: heading, what it says to those who cannot see it, the figure as JSON, notes.

    corrected: it shows values that the owners have corrected.
    """

    id: str
    heading: str
    spoken: str
    json: Markup
    notes: tuple[str, ...]
    own_note: str | None
    corrected: bool


@dataclass(frozen=True, slots=True)
class Block:
    """All that the report says of one nyckeltal under one mått."""

    anchor: str
    kpi_id: str
    title: str
    facts: tuple[str, ...]
    flags: tuple[str, ...]
    sentences: tuple[str, ...]
    own: str
    notice: str | None
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    position: Table | None
    details: tuple[tuple[str, str], ...]
    description: str | None


@dataclass(frozen=True, slots=True)
class _Scope:
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
    def compared_year(self) -> int:
        """The newest year of what is drawn; the table may hold a newer one for women and men only."""
        return self.years_of(self.principals)[-1]

    @property
    def newest_year(self) -> int:
        """The newest year in which a principal has a value, of either gender or in total."""
        return self.series.years(self.principals)[-1]

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

    def shown(self, area: Area, year: int, letter: str | None = None) -> Shown:
        """The cell by its name; `letter`: of that gender instead of the one that is shown."""
        letter = letter or self.gender
        cell = self.series.cell(area.id, year, letter)
        return Shown(corrections.where(area.name, year, letter), cell, self.decimals, self.kpi.unit)

    def shown_margin(self, area: Area, year: int) -> Shown:
        """With a decimal even where the values are whole."""
        name = f"osäkerhetstalet för {corrections.where(area.name, year, self.gender)}"
        return Shown(name, self.margin(area, year), max(self.decimals, 1), self.kpi.unit)

    @property
    def unit(self) -> str:
        """The unit, and whose values these are when they are not the total."""
        return f"{self.kpi.unit}, {GENDER_WORDS[self.gender]}" if self.gender in GENDER_WORDS else self.kpi.unit

    @property
    def areas(self) -> list[Area]:
        return [*self.principals, *([self.country] if self.country else [])]

    def text(self, value: float) -> str:
        return words.with_unit(words.number(value, self.decimals), self.kpi.unit)

    def own_text(self, value: float) -> str:
        return words.with_unit(words.number(value, self.own_decimals), self.kpi.unit)


def block(use: KpiUse, published: Published, *, anchor: str, with_charts: bool) -> Block:
    """`with_charts` false for the nyckeltal that are folded away: sentence, tables and provenance only."""
    kpi = published.kpis[use.kpi_id]
    scope = _scope(kpi, published)
    return Block(
        anchor=anchor,
        kpi_id=kpi.id,
        title=kpi.title,
        facts=(words.capital(kpi.unit), direction_words(kpi), f"Roll: {use.role}", _decisions(use, kpi)),
        flags=tuple(_flags(kpi, has_values=scope is not None)),
        sentences=tuple(_sentences(scope)) if scope else (),
        own=attribution.own(attribution.source_of(kpi, published.run)),
        notice=None if scope else _why_empty(kpi, published),
        charts=tuple(_charts(scope, anchor)) if scope and with_charts and not scope.coded else (),
        tables=tuple(_tables(scope)) if scope else (),
        position=_position_table(scope, published) if scope and not scope.coded else None,
        details=tuple(_details(kpi, published)),
        description=kpi.description,
    )


def direction_words(kpi: Kpi) -> str:
    """'Högre är bättre'."""
    return words.capital(_BETTER[kpi.direction])


def _decisions(use: KpiUse, kpi: Kpi) -> str:
    """What the owners have decided of what is shown here."""
    return _DECISIONS[kpi.direction_decision == DECIDED, use.decision == DECIDED]


def decimals(kpi: Kpi, published: Published) -> int:
    """The number of decimals for this nyckeltal's own values, the same wherever they are shown."""
    cells = published.series.get(kpi.id, Series()).cells.values()
    return words.decimals_for((cell.value for cell in cells if cell.value is not None), kpi.unit)


def is_coded(kpi: Kpi) -> bool:
    """Whether the values are codes for answers."""
    return kpi.unit.startswith("kod")


def _scope(kpi: Kpi, published: Published) -> _Scope | None:
    """None when no principal has any value."""
    series = published.series.get(kpi.id)
    principals = tuple(area for area in published.principals if applies(kpi, area))
    years = series.years(principals) if series else []
    if series is None or not years:
        return None
    margins = published.series.get(kpi.uncertainty) if kpi.uncertainty else None
    shown_decimals = decimals(kpi, published)
    return _Scope(
        kpi=kpi,
        series=series,
        margins=margins or Series(),
        principals=principals,
        country=published.country,
        source=attribution.source_of(kpi, published.run),
        gender=gender(series, principals),
        years=series.years_told(principals)[-_YEARS_SHOWN:],
        decimals=shown_decimals,
        own_decimals=max(shown_decimals, words.decimals_for([mean.value for mean in series.county.values()], kpi.unit)),
        coded=is_coded(kpi),
    )


def _flags(kpi: Kpi, *, has_values: bool) -> list[str]:
    flags = []
    if kpi.ended:
        flags.append(f"Upphört: sista året är {kpi.ended}")
    if kpi.in_catalogue is False and has_values:
        flags.append("Finns inte längre i Koladas katalog: värdena är de senast kända")
    if kpi.unconfirmed_title is not None:
        shown = "de senast bekräftade värdena" if has_values else "inga värden"
        flags.append(
            f"Kolada visar nu nyckeltalet under en annan titel: «{kpi.unconfirmed_title}». "
            f"Tills titeln är bekräftad visas {shown}."
        )
    return flags


def _why_empty(kpi: Kpi, published: Published) -> str:
    principals = [area for area in published.principals if applies(kpi, area)]
    if not principals:
        other = "regioner" if kpi.level == "L" else "kommuner"
        return f"Gäller ej: nyckeltalet finns bara för {other}."
    if kpi.in_catalogue is False:
        return (
            f"Uppgift saknas. Nyckeltalet {kpi.id} finns inte i Koladas katalog "
            f"per {words.day(published.run.finished)}. "
            "Ett felskrivet id, ett borttaget nyckeltal och ett som ännu inte är publicerat ser likadana ut där."
        )
    if not kpi.followed and not kpi.local:
        return "Uppgift saknas. Nyckeltalet hämtas inte."
    whom = principals[0].name if len(principals) == 1 else "någon av länets huvudmän"
    cells = _cells_of(principals, kpi, published)
    if left_out := [one for one in cells if one.cell.left_out]:
        told = " ".join(corrections.notes(left_out, attribution.source_of(kpi, published.run)))
        return f"Uppgift saknas. Inga värden för {whom} visas. {told}"
    if kpi.unconfirmed_title is not None:
        return f"Uppgift saknas. Inga värden för {whom} finns från tiden med bekräftad titel."
    reasons = {missing_word(one.cell) for one in cells}
    told = f" Angivet skäl: {words.join(sorted(reasons))}." if reasons - {"saknas"} else ""
    return f"Uppgift saknas. Inga värden för {whom} finns publicerade.{told}"


def _cells_of(areas: Sequence[Area], kpi: Kpi, published: Published) -> list[Shown]:
    """Every cell of a nyckeltal without values."""
    names = {area.id: area.name for area in areas}
    series = published.series.get(kpi.id, Series())
    shown_decimals = decimals(kpi, published)
    return [
        Shown(corrections.where(names[area_id], year, letter), cell, shown_decimals, kpi.unit)
        for (area_id, year, letter), cell in series.cells.items()
        if area_id in names
    ]


def _sentences(scope: _Scope) -> list[str]:
    """What the newest year shows, in words. Own processing."""
    found = (
        [f"Uppgiften gäller {GENDER_WORDS[scope.gender]}; värde för båda könen saknas."]
        if scope.gender in GENDER_WORDS
        else []
    )
    kommuner = [area for area in scope.principals if area.kind == "kommun"]
    if scope.coded:
        return [*found, _coded_sentence(scope)]
    if len(kommuner) > 1:
        found += _spread(scope, kommuner)
    else:
        found += [_single(scope, area) for area in kommuner]
    return found + [_single(scope, area) for area in scope.principals if area.kind == "region"]


def _corrected_sentence(scope: _Scope, areas: Sequence[Area | None], year: int) -> list[str]:
    """Which of the values that were just told of are the owners'."""
    names = [
        words.lowered(area.name) if area == scope.country else area.name
        for area in areas
        if area and scope.cell(area, year).replaced
    ]
    if not names:
        return []
    told = "Värdet för {} är rättat" if len(names) == 1 else "Värdena för {} är rättade"
    return [f"{told.format(words.join(names))} av ägarna."]


def _coded_sentence(scope: _Scope) -> str:
    year = scope.compared_year
    by_code: dict[float, list[Area]] = {}
    for area in scope.principals:
        value = scope.value(area, year)
        if value is not None:
            by_code.setdefault(value, []).append(area)
    told = [
        f"{words.number(code, scope.decimals)} för {_who(some, scope.principals)}"
        for code, some in sorted(by_code.items())
    ]
    return " ".join(
        [
            "Värdena är koder för svar, inte mängder; inga medel eller jämförelser räknas.",
            f"År {year} var koden {words.join(told)}.",
            *_corrected_sentence(scope, scope.principals, year),
        ]
    )


def _spread(scope: _Scope, kommuner: list[Area]) -> list[str]:
    years = scope.years_of(kommuner)
    if not years:
        return ["Ingen av länets kommuner har uppgift."]
    year = years[-1]
    values = {area: value for area in kommuner if (value := scope.value(area, year)) is not None}
    size = words.count_word(len(kommuner))
    share = (
        f"alla länets {size} kommuner"
        if len(values) == len(kommuner)
        else f"{words.count_word(len(values))} av länets {size} kommuner"
    )
    low, high = min(values.values()), max(values.values())
    lowest = [area for area, value in values.items() if value == low]
    highest = [area for area, value in values.items() if value == high]
    found = []
    if len(values) == 1:
        found.append(f"År {year} har bara {lowest[0].name} uppgift av länets {size} kommuner: {scope.text(low)}.")
    elif low == high:
        found.append(f"År {year} har {share} uppgift, alla med värdet {scope.text(low)}.")
    else:
        found.append(
            f"År {year} har {share} uppgift. Värdena går från {scope.text(low)} ({_who(lowest, kommuner)}) till "
            f"{scope.text(high)} ({_who(highest, kommuner)})."
        )
    found += _without(scope, kommuner, year)
    found += _against(scope, values, year)
    found += _corrected_sentence(scope, [*kommuner, scope.country], year)
    found += _trend_sentence(scope, kommuner)
    return found


def _without(scope: _Scope, kommuner: list[Area], year: int) -> list[str]:
    """Who has no value that year, and why, while they are few."""
    told = [
        f"{area.name} ({missing_word(cell)})" for area in kommuner if (cell := scope.cell(area, year)).value is None
    ]
    return [f"Utan uppgift: {words.join(told)}."] if 0 < len(told) <= _NAMES_AT_MOST else []


def _against(scope: _Scope, values: dict[Area, float], year: int) -> list[str]:
    mean = scope.series.county.get(year)
    country = scope.value(scope.country, year)
    levels = []
    if mean:
        levels.append(f"Kommunernas ovägda medel är {scope.own_text(mean.value)}")
    levels.append(f"riket har {scope.text(country)}" if country is not None else "värde för riket saknas det året")
    found = [f"{words.capital(words.join(levels))}."]
    if country is not None and len(values) > 1:
        above, below = sum(v > country for v in values.values()), sum(v < country for v in values.values())
        counts = [(above, "högre"), (below, "lägre"), (len(values) - above - below, "lika")]
        told = [f"{'alla ' if n == len(values) else ''}{words.count_word(n)} ligger {word}" for n, word in counts if n]
        found.append(f"Jämfört med riket: {words.join(told)}.")
    return found


def _single(scope: _Scope, area: Area) -> str:
    years = scope.years_of([area])
    if not years:
        return f"{area.name} har ingen uppgift."
    year = years[-1]
    value = scope.value(area, year)
    assert value is not None
    told = [f"{area.name} hade {scope.text(value)} år {year}"]
    country = scope.value(scope.country, year)
    told.append(f"riket {scope.text(country)}" if country is not None else "värde för riket saknas det året")
    mean = scope.series.county.get(year) if area.kind == "kommun" else None
    if mean:
        told.append(f"ovägt medel av länets kommuner {scope.own_text(mean.value)}")
    position = scope.series.positions.get((area.id, year))
    if position and position.place is not None and position.peers > 1:
        told.append(f"plats {_place(position.place)} av {position.peers} {_peers(area)} (1 är bäst)")
    return " ".join(["; ".join(told) + ".", *_corrected_sentence(scope, [area, scope.country], year)])


def _trend_sentence(scope: _Scope, kommuner: list[Area]) -> list[str]:
    """What differs between the kommuner; one word for all of them stands in the table of positions."""
    by_word: dict[str, list[Area]] = {}
    for area in kommuner:
        if trend := scope.series.trends.get(area.id):
            by_word.setdefault(trend.word, []).append(area)
    if len(by_word) < 2:
        return []
    return [
        f"Riktning över tid: {words.join([f'{word} för {_who(some, kommuner)}' for word, some in by_word.items()])}."
    ]


def _who(some: Sequence[Area], of: Sequence[Area]) -> str:
    """Names while they are few, else how many."""
    if len(some) == len(of) and len(of) > 1:
        return "alla"
    if len(some) <= _NAMES_AT_MOST:
        return words.join([area.name for area in some])
    kind = "kommuner" if all(area.kind == "kommun" for area in some) else "huvudmän"
    return f"{words.count_word(len(some))} {kind}"


def _place(place: float) -> str:
    return words.number(place, 0 if place.is_integer() else 1)


def _peers(area: Area) -> str:
    return "kommuner" if area.kind == "kommun" else "regioner"


def _charts(scope: _Scope, anchor: str) -> list[Chart]:
    found = []
    lines, drawn = _trend_lines(scope)
    if not lines.is_empty() and lines["ar"].n_unique() > 1:
        found.append(_trend_chart(scope, anchor, lines, corrections.corrected(drawn)))
    rows, compared = _comparison_rows(scope)
    if rows["varde"].count() >= _LEAST_AREAS_TO_COMPARE:
        found.append(_comparison_chart(scope, anchor, rows, corrections.corrected(compared)))
    return found


def _trend_chart(scope: _Scope, anchor: str, lines: pl.DataFrame, corrected: list[str]) -> Chart:
    kinds = set(lines["slag"].to_list())
    years = lines["ar"].to_list()
    first, last = min(years), max(years)
    shown = [
        text
        for kind, text in (
            ("län", "länets ovägda medel (blå linje med punkter)"),
            ("huvudman", f"{_highlighted(scope)} (orange linje med fyrkanter)"),
            ("riket", "riket (streckad linje)"),
            ("kommun", "länets kommuner (tunna grå linjer)"),
        )
        if kind in kinds
    ]
    notes = [f"{words.capital(words.join(shown))}."]
    if not starts_at_zero(lines["varde"].to_list()):
        notes.append("Axeln börjar inte vid noll.")
    if "län" in kinds and any(not _half(scope, year) for year in scope.years if year in scope.series.county):
        notes.append("Länets medel ritas för de år då minst hälften av kommunerna har uppgift.")
    if marks := sorted(set(lines["marke"].to_list()) - {""}, reverse=True):
        notes.append(f"Ring: {words.join(marks, 'eller').removesuffix('.')}.")
    return Chart(
        id=f"{anchor}-utveckling",
        heading=f"Utveckling {first}–{last}",
        spoken=f"Linjediagram, {first}–{last}: {words.join(shown)}. Samma tal finns i tabellen nedanför.",
        json=Markup(as_json(trend_figure(lines))),
        notes=(*notes, attribution.shown(scope.source, corrected) + "."),
        own_note=f"Länets medel: {words.lowered(attribution.own(scope.source))}." if "län" in kinds else None,
        corrected=bool(corrected),
    )


def _highlighted(scope: _Scope) -> str:
    return words.join([area.name for area in _focus(scope)])


def _focus(scope: _Scope) -> list[Area]:
    """Who is drawn in front: the region, and a kommun when it is alone."""
    kommuner = [area for area in scope.principals if area.kind == "kommun"]
    return [area for area in scope.principals if area.kind == "region" or len(kommuner) == 1]


def _half(scope: _Scope, year: int) -> bool:
    """Whether enough kommuner have a value for their mean to be drawn: a mean of few moves when others come and go."""
    return scope.series.county[year].kommuner * 2 >= _county_size(scope)


def _county_size(scope: _Scope) -> int:
    return max((mean.kommuner for mean in scope.series.county.values()), default=0)


def _trend_lines(scope: _Scope) -> tuple[pl.DataFrame, list[Shown]]:
    """Columns of `figures.trend.trend_figure`, and the cells that they draw."""
    rows: list[tuple[str, str, str, int, float, str, str]] = []
    drawn: list[Shown] = []
    focus = _focus(scope)
    first = scope.years[0]
    for area in scope.areas:
        kind = "riket" if area == scope.country else "huvudman" if area in focus else "kommun"
        name = "Riket" if kind == "riket" else "Regionen" if area.kind == "region" else area.name
        for year in scope.years:
            one = scope.shown(area, year)
            if (value := one.cell.value) is not None:
                drawn.append(one)
                rows.append((kind, area.name, name, year, value, scope.text(value), corrections.mark(one.cell)))
    if scope.kpi.level != "L":
        for year, mean in sorted(scope.series.county.items()):
            if year >= first and _half(scope, year):
                rows.append(("län", "Länets ovägda medel", "Länet", year, mean.value, scope.own_text(mean.value), ""))
    columns = ["slag", "namn", "etikett", "ar", "varde", "text", "marke"]
    types = {"ar": pl.Int64, "varde": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=types), drawn


def _comparison_rows(scope: _Scope) -> tuple[pl.DataFrame, list[Shown]]:
    """Columns of `figures.comparison.comparison_figure`, for the newest year, and the cells that they draw."""
    rows: list[tuple[str, str, str, float | None, float | None, str]] = []
    drawn: list[Shown] = []
    focus = _focus(scope)
    year = scope.compared_year
    for area in scope.areas:
        one, margin = scope.shown(area, year), scope.shown_margin(area, year)
        drawn += [one, margin]
        cell = one.cell
        kind = "riket" if area == scope.country else "huvudman" if area in focus else "kommun"
        text = missing_word(cell) if cell.value is None else words.number(cell.value, scope.decimals)
        mark = corrections.mark(cell)
        name = f"{area.name} ({mark})" if mark else area.name
        group = "" if area.kind != "kommun" else area.sub_county or "-"
        rows.append((kind, name, group, cell.value, margin.cell.value, text))
    mean = scope.series.county.get(year) if scope.kpi.level != "L" else None
    if mean:
        rows.append(("län", "Länets ovägda medel", "", mean.value, None, words.number(mean.value, scope.own_decimals)))
    columns = ["slag", "namn", "grupp", "varde", "osakerhet", "text"]
    types = {"varde": pl.Float64, "osakerhet": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=types), drawn


def _comparison_chart(scope: _Scope, anchor: str, rows: pl.DataFrame, corrected: list[str]) -> Chart:
    kommuner = [area for area in scope.principals if area.kind == "kommun"]
    notes = ["Kommunerna står efter länsdel, inte efter värde."] if len(kommuner) > 1 else []
    if rows["osakerhet"].is_not_null().any():
        notes.append("Strecken visar osäkerheten: värdet plus och minus osäkerhetstalet.")
    else:
        notes.append("Osäkerhetstal saknas; små skillnader kan bero på slumpen.")
    has_mean = "län" in rows["slag"].to_list()
    known = rows.filter(pl.col("varde").is_not_null() & (pl.col("slag") != "län"))
    spoken = "; ".join(f"{name} {text}" for name, text in known.select("namn", "text").iter_rows())
    return Chart(
        id=f"{anchor}-jamforelse",
        heading=f"Jämförelse {scope.compared_year}",
        spoken=f"Punktdiagram, {scope.compared_year}, {scope.unit}: {spoken}.",
        json=Markup(as_json(comparison_figure(rows))),
        notes=(*notes, attribution.shown(scope.source, corrected) + "."),
        own_note=f"Länets medel: {words.lowered(attribution.own(scope.source))}." if has_mean else None,
        corrected=bool(corrected),
    )


def _tables(scope: _Scope) -> list[Table]:
    """The unchanged and corrected values, and apart from them the county's mean."""
    newest, compared = scope.newest_year, scope.compared_year
    genders = [
        letter
        for letter in (WOMEN, MEN)
        if scope.gender == TOTAL and any(_told(scope.series.cell(area.id, newest, letter)) for area in scope.areas)
    ]
    with_margins = any(_told(scope.margin(area, compared)) for area in scope.areas)
    rows = []
    cells: list[Shown] = []
    for area in scope.areas:
        by_year = [scope.shown(area, year) for year in scope.years]
        margins = [scope.shown_margin(area, compared)] if with_margins else []
        by_gender = [scope.shown(area, newest, letter) for letter in genders]
        fields = [
            *(field_of(one.cell, one.decimals) for one in by_year),
            *(_margin(one) for one in margins),
            *(field_of(one.cell, one.decimals) for one in by_gender),
        ]
        cells += [*by_year, *margins, *by_gender]
        rows.append(Row(area.name, tuple(fields), area.kind))
    columns = [
        "Område",
        *(str(year) for year in scope.years),
        *([f"Osäkerhet ± {compared}"] if with_margins else []),
        *(f"{words.capital(GENDER_WORDS[letter])} {newest}" for letter in genders),
    ]
    span = f"{scope.years[0]}–{scope.years[-1]}" if len(scope.years) > 1 else str(scope.years[0])
    corrected = corrections.corrected(cells)
    values = Table(
        caption=f"{scope.kpi.id} per område, {span}. Enhet: {scope.unit}.",
        columns=tuple(columns),
        rows=tuple(rows),
        source=attribution.shown(scope.source, corrected),
        own=False,
        corrected=bool(corrected),
        notes=tuple(corrections.notes(cells, scope.source)),
    )
    return [values, *_county_table(scope)]


def _told(cell: Cell) -> bool:
    return cell.value is not None or cell.left_out


def _margin(one: Shown) -> Field:
    field = field_of(one.cell, one.decimals)
    return field if field.missing else replace(field, text=f"±{words.HARD_SPACE}{field.text}")


def _county_table(scope: _Scope) -> list[Table]:
    means = {year: scope.series.county.get(year) for year in scope.years}
    if scope.coded or scope.kpi.level == "L" or not any(means.values()):
        return []
    mean_fields = [
        Field(words.number(m.value, scope.own_decimals)) if m else Field("saknas", missing=True) for m in means.values()
    ]
    count_fields = [Field(str(m.kommuner)) if m else Field("0") for m in means.values()]
    return [
        Table(
            caption=f"Länets ovägda medel för {scope.kpi.id}. Enhet: {scope.kpi.unit}.",
            columns=("Länet", *(str(year) for year in scope.years)),
            rows=(
                Row("Ovägt medel av kommunerna", tuple(mean_fields), "own"),
                Row("Antal kommuner med uppgift", tuple(count_fields), "own"),
            ),
            source=attribution.own(scope.source),
            own=True,
        )
    ]


def _position_table(scope: _Scope, published: Published) -> Table | None:
    """Where each principal stands in its own newest year. Own processing."""
    rows = []
    own_values: list[str] = []
    similar_notes: list[str] = []
    reasons = {trend.reason for trend in scope.series.trends.values()}
    for area in scope.principals:
        years = [year for year in scope.years_of([area]) if (area.id, year) in scope.series.positions]
        if not years:
            rows.append(Row(area.name, (Field("saknas", missing=True),) * 5, area.kind))
            continue
        at = scope.series.positions[area.id, years[-1]]
        if scope.cell(area, years[-1]).replaced:
            own_values.append(area.name)
        place = (
            Field(f"{_place(at.place)} av {at.peers}") if at.place is not None else Field("utan riktning", missing=True)
        )
        unjudged = "utan riktning" if at.place is None else "för få områden"
        similar = Field("saknas", missing=True)
        if at.similar is not None:
            members = f"{at.similar_count} {area.kind if at.similar_count == 1 else _peers(area)}"
            without = f"; utan uppgift: {words.join(at.similar_without)}" if at.similar_without else ""
            similar = Field(words.number(at.similar, scope.own_decimals), note=members + without)
            group = published.groups.get(at.similar_group) if at.similar_group else None
            similar_notes.append(_similar_note(area, group))
        band = Field(at.band) if at.band else Field(unjudged, missing=True)
        trend = scope.series.trends.get(area.id)
        direction = Field("saknas", missing=True)
        if trend:
            pace = f"{words.change(trend.slope, scope.own_decimals, scope.kpi.unit)} per år" if trend.slope else ""
            notes = [pace, trend.reason if len(reasons) > 1 else ""]
            direction = Field(trend.word, note="; ".join(note for note in notes if note))
        rows.append(Row(area.name, (Field(str(years[-1])), place, band, similar, direction), area.kind))
    if not scope.series.positions:
        return None
    captions = [f"Läge och riktning för {scope.kpi.id}. Plats räknas bland alla områden av samma slag, 1 är bäst."]
    if len(reasons) == 1:
        captions.append(f"Riktning över tid: {reasons.pop()}.")
    return Table(
        caption=" ".join(captions),
        columns=("Område", "År", "Plats", "Band", "Liknande områden, ovägt medel", "Riktning över tid"),
        rows=tuple(rows),
        source=attribution.own(scope.source),
        own=True,
        notes=(
            *([f"Räknade på värden som är rättade av ägarna: {words.join(own_values)}."] if own_values else []),
            *similar_notes,
        ),
    )


def _similar_note(area: Area, group: Group | None) -> str:
    """Whose mean it is: the members of the group by name."""
    whom = f"Liknande {_peers(area)} för {area.name}"
    if group is None:
        return f"{whom}: medlemmarna är inte kända."
    return f"{whom}: {words.join([member.name for member in group.members])} (grupp {group.id})."


def _details(kpi: Kpi, published: Published) -> list[tuple[str, str]]:
    found = [("Ursprunglig källa", kpi.origin or "ej angiven")]
    series = published.series.get(kpi.id)
    fetched = words.day(published.run.finished)
    if kpi.local:
        when = f"senaste ändring läst {words.day(series.last_change)}" if series and series.last_change else "inga"
        found.append(("Lämnade uppgifter", when))
    elif series and series.last_change:
        found.append(("Hämtat", f"t.o.m. {fetched}; senaste ändring hämtad {words.day(series.last_change)}"))
    else:
        found.append(("Hämtat", f"inga värden t.o.m. {fetched}"))
    found.append(("Nästa publicering", _next_publication(kpi, published)))
    if kpi.successor:
        found.append(("Efterträds av", f"{kpi.successor} (serierna binds inte ihop)"))
    found.append(("Förbehåll", kpi.caveat or "inget noterat"))
    return found


def _next_publication(kpi: Kpi, published: Published) -> str:
    if kpi.ended:
        return "ingen, nyckeltalet har upphört"
    if kpi.unconfirmed_title is not None:
        return "okänd tills titeln är bekräftad"
    if kpi.local:
        return "när huvudmännen lämnar nya uppgifter"
    if not kpi.published:
        return "ej angiven"
    period = f" (avser {kpi.published_period})" if kpi.published_period else ""
    passed = ", datumet har passerat" if kpi.published < published.run.finished.date() else ""
    return f"{words.day(kpi.published)}{period}{passed}"
