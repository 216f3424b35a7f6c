"""The charts of a nyckeltal: which there are, the sentence each is about, what it says to those who cannot see it.

What is drawn is made in `figures`. A chart that would show nothing is not there; its sentence stands with the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from dashboards import formatting
from dashboards.figures.comparison import comparison_figure
from dashboards.figures.gender import gender_figure
from dashboards.figures.marks import NO_INITIATIVES
from dashboards.figures.spread import spread_figure
from dashboards.figures.style import as_json
from dashboards.figures.trend import NO_TARGET, drawn_values, starts_at_zero, trend_figure
from dashboards.pages import attribution, corrections, kpi_change, status
from dashboards.pages.corrections import CellRef
from dashboards.pages.kpi_equity import gap_missing, gap_sentence, signed, spread_sentence, spreads
from dashboards.pages.kpi_scope import (
    COUNTY_NAMES,
    OSAKERHETSTAL,
    Scope,
    county_name,
    covers_half,
    highlighted,
    name_or_count,
)
from dashboards.pages.tables import missing_word
from dashboards.reading.published import MEN, WOMEN, Area
from pipelines.rows import Record

# A dot plot of fewer areas says less than the sentence above it.
_LEAST_AREAS_TO_COMPARE = 3
_SAME = "Samma tal finns i tabellerna nedanför."
_HOW = {
    OSAKERHETSTAL: "värdet plus och minus osäkerhetstalet",
    "räknat": "95-procentsintervall räknat ur kända antal",
    "årsvariation": "den vanliga årsvariationen, 95 %",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as the page carries it: heading, what it says to those who cannot see it, the figure as JSON, notes.

    says: what it shows, in sentences of our own. corrected: it shows values that the owners have corrected.
    """

    id: str
    heading: str
    says: str
    spoken: str
    json: Markup
    notes: tuple[str, ...]
    own_note: str | None
    corrected: bool


def charts(scope: Scope, anchor: str, begun: Sequence[Record]) -> tuple[list[Chart], list[str]]:
    """The charts in the order shown, and the sentences of those that are not drawn. begun: what steers towards it."""
    figures: list[Chart] = []
    left: list[str] = []
    changed, gaps, apart = kpi_change.sentences(scope), gap_sentence(scope), spread_sentence(scope)
    lines, drawn = _trend_lines(scope)
    if not lines.is_empty() and lines["ar"].n_unique() > 1:
        figures.append(_trend_chart(scope, anchor, " ".join(changed), lines, corrections.corrected(drawn), begun))
    else:
        left += changed
    rows, compared = _comparison_rows(scope)
    if rows["varde"].count() >= _LEAST_AREAS_TO_COMPARE:
        figures.append(_comparison_chart(scope, anchor, rows, corrections.corrected(compared)))
    if sum(scope.gap(area) is not None for area in scope.areas) >= _LEAST_AREAS_TO_COMPARE:
        figures.append(_gender_chart(scope, anchor, " ".join(gaps)))
    else:
        left += gaps
    if len(spreads(scope)) > 1 and len(scope.kommuner) > 1:
        figures.append(_spread_chart(scope, anchor, " ".join(apart)))
    elif len(scope.kommuner) > 1:
        left += apart
    return figures, left


def _trend_chart(
    scope: Scope, anchor: str, says: str, lines: pl.DataFrame, corrected: list[str], begun: Sequence[Record]
) -> Chart:
    kinds = set(lines["slag"].to_list())
    years = lines["ar"].to_list()
    first, last = min(years), max(years)
    shown = [
        text
        for kind, text in (
            ("län", f"{formatting.lowered(county_name(scope))} (blå linje med punkter)"),
            ("huvudman", f"{_highlighted_names(scope)} (orange linje med fyrkanter)"),
            ("riket", "riket (streckad linje)"),
            ("kommun", "länets kommuner (tunna grå linjer)"),
            ("kvartil", f"gränsen för bästa kvartilen av landets {_peer_noun(scope)} (prickad linje)"),
        )
        if kind in kinds
    ]
    notes = [f"{formatting.capital(formatting.join(shown))}."]
    target = _target(scope)
    band = lines.filter((pl.col("slag") == "huvudman") & pl.col("ovre").is_not_null())
    if not band.is_empty():
        notes.append(f"Färgat fält: osäkerheten för {_highlighted_names(scope)} ({_methods(scope)}).")
    inside = [
        series_break
        for series_break in scope.series.breaks.values()
        if first <= series_break.sista_gamla_ar and series_break.ar <= last
    ]
    notes += [
        f"▼ {row.namn} började {formatting.day(row.start)}; linjen säger inget om orsak."
        for row in begun
        if first <= row.start.year <= last
    ]
    notes += [
        f"Seriebrott {series_break.ar}: {formatting.lowered(series_break.orsak.removesuffix('.'))}."
        for series_break in inside
    ]
    if not target.is_empty():
        notes.append("Streckad vågrät linje: beslutat målvärde.")
        if target["fran_ar"].is_not_null().any():
            notes.append("Lutande streckad linje: takten som krävs.")
    if not starts_at_zero(drawn_values(lines, target)):
        notes.append("Axeln börjar inte vid noll.")
    if "län" in kinds and any(not covers_half(scope, year) for year in scope.years if year in scope.series.county):
        notes.append("Länets medel ritas för de år då minst hälften av kommunerna har uppgift.")
    if marks := sorted(set(lines["marke"].to_list()) - {""}, reverse=True):
        notes.append(f"Ring: {formatting.join(marks, 'eller').removesuffix('.')}.")
    return Chart(
        id=f"{anchor}-utveckling",
        heading=f"Utveckling {first}–{last}",
        says=says,
        spoken=f"Linjediagram, {first}–{last}: {formatting.join(shown)}. {_SAME}",
        json=Markup(as_json(trend_figure(lines, breaks=scope.breaks, initiatives=_starts(begun), target=target))),
        notes=(*notes, attribution.shown(scope.source, corrected) + "."),
        own_note=_own_note(scope, mean="län" in kinds, interval=not band.is_empty(), quartile="kvartil" in kinds),
        corrected=bool(corrected),
    )


def _starts(begun: Sequence[Record]) -> pl.DataFrame:
    """As `trend_figure` takes them."""
    rows = [(row.start.year + (row.start.timetuple().tm_yday - 1) / 366, row.namn) for row in begun]
    return pl.DataFrame(rows, schema=NO_INITIATIVES.schema, orient="row")


def _highlighted_names(scope: Scope) -> str:
    return formatting.join([area.name for area in highlighted(scope)])


def _trend_lines(scope: Scope) -> tuple[pl.DataFrame, list[CellRef]]:
    """Columns of `figures.trend.trend_figure`, and the cells that they draw."""
    rows: list[tuple[str, str, str, int, float, str, str, float | None, float | None]] = []
    drawn: list[CellRef] = []
    in_front = highlighted(scope)
    first = scope.years[0]
    for area in scope.areas:
        kind = "riket" if area == scope.country else "huvudman" if area in in_front else "kommun"
        name = "Riket" if kind == "riket" else "Regionen" if area.kind == "region" else area.name
        for year in scope.years:
            ref = scope.shown(area, year)
            if (value := ref.cell.value) is not None:
                drawn.append(ref)
                interval = scope.interval(area, year) if kind == "huvudman" else None
                limits = (interval.nedre, interval.ovre) if interval else (None, None)
                rows.append(
                    (kind, area.name, name, year, value, scope.text(value), corrections.mark(ref.cell), *limits)
                )
    if scope.kpi.level != "L":
        for year, mean in sorted(scope.series.county.items()):
            if year >= first and covers_half(scope, year):
                text = scope.own_text(mean.lan_varde)
                rows.append(("län", county_name(scope), "Länet", year, mean.lan_varde, text, "", None, None))
    for year, best in _best_quartiles(scope):
        rows.append(("kvartil", "Bästa kvartilen", "Bästa kvartil", year, best, scope.own_text(best), "", None, None))
    columns = ["slag", "namn", "etikett", "ar", "varde", "text", "marke", "nedre", "ovre"]
    types = {"ar": pl.Int64, "varde": pl.Float64, "nedre": pl.Float64, "ovre": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=types), drawn


def _peer_noun(scope: Scope) -> str:
    """Whose best quartile is drawn: the kommuner's where there are any."""
    return "kommuner" if scope.kommuner else "regioner"


def _best_quartiles(scope: Scope) -> list[tuple[int, float]]:
    """By year; the same for every area of a kind."""
    ids = {area.id for area in scope.kommuner or scope.principals}
    quartiles = {
        year: at.basta_kvartil
        for (area_id, year), at in sorted(scope.series.positions.items())
        if area_id in ids and year in scope.years and at.basta_kvartil is not None
    }
    return sorted(quartiles.items())


def _target(scope: Scope) -> pl.DataFrame:
    """As `trend_figure` takes it: a decided target, with the pace where one area is in front; else no row."""

    def decided(areas: list[Area]) -> list[Record]:
        targets = [scope.series.targets.get(area.id) for area in areas]
        return [
            candidate
            for candidate in targets
            if candidate is not None and candidate.malvarde is not None and candidate.mal_ar is not None
        ]

    ahead = highlighted(scope)
    target = next(iter([*decided(ahead), *decided(list(scope.principals))]), None)
    if target is None or target.malvarde is None:
        return NO_TARGET
    years = scope.years_of(ahead) if len(ahead) == 1 else []
    start = (years[-1], scope.value(ahead[0], years[-1])) if years and target.kravd_takt is not None else (None, None)
    row = (target.malvarde, target.mal_ar, *start, f"Mål {target.mal_ar}: {scope.text(target.malvarde)}")
    return pl.DataFrame([row], schema=NO_TARGET.schema, orient="row")


def _methods(scope: Scope) -> str:
    """How the intervals that are shown were made."""
    methods = {
        interval.osakerhet_grund
        for area in scope.areas
        for year in scope.years
        if (interval := scope.interval(area, year)) is not None
    }
    return formatting.join([_HOW.get(method, method) for method in sorted(methods)])


def _own_note(scope: Scope, *, mean: bool, interval: bool = False, quartile: bool = False) -> str | None:
    """What of the chart we have computed."""
    parts = [
        *(["länets värde"] if mean else []),
        *(["intervall"] if interval else []),
        *(["bästa kvartilen"] if quartile else []),
    ]
    return (
        f"{formatting.capital(formatting.join(parts))}: {formatting.lowered(attribution.own(scope.source))}."
        if parts
        else None
    )


def _comparison_rows(scope: Scope) -> tuple[pl.DataFrame, list[CellRef]]:
    """Columns of `figures.comparison.comparison_figure`, for the newest year, and the cells that they draw."""
    rows: list[tuple[str, str, str, float | None, float | None, float | None, str]] = []
    drawn: list[CellRef] = []
    in_front = highlighted(scope)
    year = scope.compared_year
    for area in scope.areas:
        ref, margin = scope.shown(area, year), scope.shown_margin(area, year)
        drawn += [ref, margin]
        cell = ref.cell
        kind = "riket" if area == scope.country else "huvudman" if area in in_front else "kommun"
        text = missing_word(cell) if cell.value is None else formatting.number(cell.value, scope.decimals)
        mark = corrections.mark(cell)
        name = f"{area.name} ({mark})" if mark else area.name
        group = "" if area.kind != "kommun" else area.sub_county or "-"
        interval = scope.interval(area, year)
        limits = (interval.nedre, interval.ovre) if interval else (None, None)
        rows.append((kind, name, group, cell.value, *limits, text))
    mean = scope.series.county.get(year) if scope.kpi.level != "L" else None
    if mean:
        text = formatting.number(mean.lan_varde, scope.own_decimals)
        rows.append(("län", COUNTY_NAMES[mean.lan_grund], "", mean.lan_varde, None, None, text))
    columns = ["slag", "namn", "grupp", "varde", "nedre", "ovre", "text"]
    types = {"varde": pl.Float64, "nedre": pl.Float64, "ovre": pl.Float64}
    return pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=types), drawn


def _comparison_chart(scope: Scope, anchor: str, rows: pl.DataFrame, corrected: list[str]) -> Chart:
    kommuner = [area for area in scope.principals if area.kind == "kommun"]
    order = "efter länsdel" if any(area.sub_county for area in kommuner) else "i bokstavsordning"
    notes = [f"Kommunerna står {order}, inte efter värde."] if len(kommuner) > 1 else []
    with_intervals = rows["ovre"].is_not_null().any()
    if with_intervals:
        notes.append(f"Strecken visar osäkerheten: {_methods(scope)}.")
    else:
        notes.append(f"Inga intervall: {scope.no_interval}.")
    has_mean = "län" in rows["slag"].to_list()
    known = rows.filter(pl.col("varde").is_not_null() & pl.col("slag").is_in(["kommun", "huvudman"]))
    known = known.sort("varde", maintain_order=True)
    lowest, highest = known.row(0, named=True), known.row(-1, named=True)
    marked = [f"; {row['namn']} {row['text']}" for row in known.iter_rows(named=True) if row["namn"].endswith(")")]
    spoken = f"från {lowest['text']} ({lowest['namn']}) till {highest['text']} ({highest['namn']}){''.join(marked)}"
    return Chart(
        id=f"{anchor}-jamforelse",
        heading=f"Jämförelse {scope.compared_year}",
        says=_against_country(scope),
        spoken=f"Punktdiagram, {scope.compared_year}, {scope.unit}: {spoken}."
        f"{f' Rättat av ägarna: {formatting.join(corrected)}.' if corrected else ''} {_SAME}",
        json=Markup(as_json(comparison_figure(rows))),
        notes=(*notes, attribution.shown(scope.source, corrected) + "."),
        own_note=_own_note(scope, mean=has_mean, interval=with_intervals),
        corrected=bool(corrected),
    )


def _against_country(scope: Scope) -> str:
    """For whom the difference to riket is more than chance, and for whom that cannot be said."""
    by_word: dict[str, list[Area]] = {}
    for area in scope.principals:
        at = scope.series.positions.get((area.id, scope.compared_year))
        if at is not None and at.mot_riket is not None:
            by_word.setdefault(at.mot_riket, []).append(area)
    if not by_word:
        return "Ingen skillnad mot riket kan prövas: värde för riket saknas."
    all_areas = [area for areas in by_word.values() for area in areas]
    if set(by_word) == {status.NOT_JUDGED}:
        return f"Skillnaderna mot riket kan inte bedömas: {scope.no_interval}."
    unsure = (status.NO_DIFFERENCE, status.NOT_JUDGED)
    parts = [
        f"{word} för {name_or_count(areas, all_areas)}"
        for word, areas in sorted(by_word.items(), key=lambda item: (item[0] in unsure, item[0]))
    ]
    return f"Mot riket: {'; '.join(parts)}."


def _gender_chart(scope: Scope, anchor: str, says: str) -> Chart:
    year = scope.gender_year
    assert year is not None
    rows: list[tuple[str, str, float | None, float | None, str, str, str]] = []
    drawn: list[CellRef] = []
    for area in scope.areas:
        both = [scope.shown(area, year, letter) for letter in (WOMEN, MEN)]
        drawn += both
        women, men = (missing_word(ref.cell) if ref.cell.value is None else scope.text(ref.cell.value) for ref in both)
        gap = scope.gap(area)
        text = signed(gap.skillnad, scope.decimals) if gap else gap_missing(scope, area, year)
        group = "" if area.kind != "kommun" else area.sub_county or "-"
        rows.append((area.name, group, both[0].cell.value, both[1].cell.value, women, men, text))
    columns = ["namn", "grupp", "kvinnor", "man", "text_kvinnor", "text_man", "text"]
    types = {"kvinnor": pl.Float64, "man": pl.Float64}
    frame = pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=types)
    corrected = corrections.corrected(drawn)
    return Chart(
        id=f"{anchor}-kon",
        heading=f"Kvinnor och män {year}",
        says=says,
        spoken=f"Punktdiagram, {year}, {scope.kpi.unit}: kvinnor och män i varje område. {_SAME}",
        json=Markup(as_json(gender_figure(frame))),
        notes=(
            "Blå punkt: kvinnor. Fyrkant med orange kant: män. Talet till höger: kvinnor minus män.",
            attribution.shown(scope.source, corrected) + ".",
        ),
        own_note=f"Skillnaden: {formatting.lowered(attribution.own(scope.source))}.",
        corrected=bool(corrected),
    )


def _spread_chart(scope: Scope, anchor: str, says: str) -> Chart:
    rows = []
    for year, spread in spreads(scope).items():
        assert spread.spannvidd is not None
        span = formatting.number(spread.spannvidd, scope.decimals)
        text = (
            f"{year}: {scope.text(spread.lagst)} till {scope.text(spread.hogst)}, "
            f"median {scope.own_text(spread.median)}, {spread.antal} kommuner"
        )
        rows.append((year, spread.lagst, spread.hogst, spread.median, spread.antal, span, text))
    columns = ["ar", "lagst", "hogst", "median", "antal", "spannvidd_text", "text"]
    types = {"lagst": pl.Float64, "hogst": pl.Float64, "median": pl.Float64}
    frame = pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=types)
    years = list(spreads(scope))
    notes = [
        "Stapeln går från lägsta till högsta kommun, strecket är medianen, talet över stapeln är avståndet och talet "
        "under året antalet kommuner med uppgift."
    ]
    if not starts_at_zero([*frame["lagst"].to_list(), *frame["hogst"].to_list()]):
        notes.append("Axeln börjar inte vid noll.")
    return Chart(
        id=f"{anchor}-spridning",
        heading=f"Skillnad mellan kommunerna {years[0]}–{years[-1]}",
        says=says,
        spoken=f"Stapeldiagram, {years[0]}–{years[-1]}, {scope.kpi.unit}: lägsta och högsta kommun, median. {_SAME}",
        json=Markup(as_json(spread_figure(frame, breaks=scope.breaks))),
        notes=(),
        own_note=f"{' '.join(notes)} {attribution.own(scope.source)}.",
        corrected=False,
    )
