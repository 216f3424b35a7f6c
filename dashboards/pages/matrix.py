"""Översikt: every mått by every principal, the newest value of the mått's first shown nyckeltal.

A mått whose first nyckeltal exists for one kind of principal only gets a second line with its next shown nyckeltal that
exists for the other kind: two lines, because two nyckeltal are two definitions. Under each value stand its place among
all areas of its kind, in words and with the shape of its läge, and its years as a line; there is no ranking within
the county.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import polars as pl
from markupsafe import Markup

from dashboards import cite, formatting
from dashboards.figures.sparkline import sparkline
from dashboards.pages import attribution, choice, corrections, status
from dashboards.pages.anchors import measure_anchor
from dashboards.pages.corrections import CellRef
from dashboards.pages.kpi import decimals, is_coded
from dashboards.pages.tables import NOT_APPLICABLE, Field, field_of
from dashboards.reading.published import NO_ROW, Area, Kpi, KpiUse, Measure, Published

UNCONFIRMED = "ej bekräftad"
_YEARS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One nyckeltal of a mått: what it is, one field per column, the cells behind the fields, and its id."""

    what: str
    fields: tuple[Field, ...]
    cells: tuple[CellRef, ...] = ()
    kpi_id: str = ""


@dataclass(frozen=True, slots=True)
class MeasureRows:
    """A mått and its one or two lines. `elsewhere`: the indikator under which it already stood."""

    anchor: str
    name: str
    elsewhere: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """groups: heading and number of columns. columns: names. sections: målområde, indikator and its rows.

    corrected: it holds values that the owners have corrected. notes: sentences below it.
    """

    heading: str
    groups: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]
    sections: tuple[tuple[int, str, str, tuple[MeasureRows, ...]], ...]
    source: str
    own: str
    corrected: bool
    notes: tuple[str, ...]


def matrix(published: Published) -> Matrix:
    """The whole table."""
    columns = [*published.principals, *([published.country] if published.country else [])]
    sections = []
    for number, goal in enumerate(published.goal_areas, start=1):
        for indicator in goal.indicators:
            rows = [_measure_rows(m, indicator.name, columns, published) for m in indicator.measures]
            if not indicator.measures:
                empty = Field("Ej klart: indikatorn har inget mått", missing=True, span=len(columns))
                rows = [MeasureRows("", "Inget mått", None, (Line("", (empty,)),))]
            sections.append((number, goal.name, indicator.name, tuple(rows)))
    # A nyckeltal may stand in several rows.
    cells = list(
        dict.fromkeys(ref for *_, rows in sections for row in rows for line in row.lines for ref in line.cells)
    )
    corrected = corrections.corrected(cells)
    return Matrix(
        heading="Kommun för kommun" if len(published.principals) > 1 else "Mått för mått",
        groups=tuple(_groups(columns, divided=bool(published.content["lansdel"]))),
        columns=tuple(area.name for area in columns),
        sections=tuple(sections),
        source=". ".join([attribution.shown(published.run.source, corrected), *_local_sources(sections, published)]),
        own=attribution.own(published.run.source),
        corrected=bool(corrected),
        notes=tuple(corrections.notes(cells, published.run.source)),
    )


def _local_sources(sections: list[tuple[int, str, str, tuple[MeasureRows, ...]]], published: Published) -> list[str]:
    """Where the lines come from that the huvudmän have handed in themselves."""
    shown = {line.kpi_id for *_, rows in sections for row in rows for line in row.lines}
    return [
        f"{kpi.id}: {formatting.lowered(attribution.unchanged(attribution.source_of(kpi, published.run)))}"
        for kpi in published.kpis.values()
        if kpi.local and kpi.id in shown
    ]


def _groups(columns: list[Area], *, divided: bool) -> list[tuple[str, int]]:
    """divided: the county has länsdelar."""
    groups: list[tuple[str, int]] = []
    for area in columns:
        if area.kind == "kommun":
            part = area.sub_county
            name = f"{part} ({UNCONFIRMED})" if part else "Länsdel ej angiven" if divided else "Kommuner"
        else:
            name = "Region" if area.kind == "region" else "Jämförelse"
        if groups and groups[-1][0] == name:
            groups[-1] = (name, groups[-1][1] + 1)
        else:
            groups.append((name, 1))
    return groups


def _measure_rows(measure: Measure, indicator: str, columns: list[Area], published: Published) -> MeasureRows:
    first = choice.first_indicator(measure.id, published.goal_areas)
    if first != indicator:
        field = Field(f"Samma mått som under {first}, se där", missing=True, span=len(columns))
        return MeasureRows(measure_anchor(measure.id), measure.name, first, (Line("", (field,)),))
    uses = choice.headline(measure, published)
    if not uses:
        why = {choice.OUTSIDE: "Finns inte i Kolada", choice.LACKING: "Lämpligt mått saknas"}.get(
            choice.measure_status(measure, published), "Inga värden"
        )
        return MeasureRows(
            measure_anchor(measure.id), measure.name, None, (Line("", (Field(why, missing=True, span=len(columns)),)),)
        )
    return MeasureRows(
        measure_anchor(measure.id), measure.name, None, tuple(_line(use, columns, published) for use in uses)
    )


def _line(use: KpiUse, columns: list[Area], published: Published) -> Line:
    kpi = published.kpis[use.kpi_id]
    years = {area: _newest(area, kpi, published) for area in columns}
    counted = Counter(year for year in years.values() if year is not None)
    # The year of most columns stands once, beside the nyckeltal; the newest of them when several are as common.
    usual = max(counted, key=lambda year: (counted[year], year), default=None)
    shown_decimals = decimals(kpi, published)
    fields: list[Field] = []
    cells: list[CellRef] = []
    for area in columns:
        ref = _shown(area, kpi, years[area], shown_decimals, published)
        if ref is not None:
            field = _field(ref, years[area], usual)
            fields.append(_with_place(field, kpi, area, published) if area.kind != "riket" else field)
            cells.append(ref)
        elif fields and fields[-1].text == NOT_APPLICABLE:
            fields[-1] = replace(fields[-1], span=fields[-1].span + 1)
        else:
            fields.append(Field(NOT_APPLICABLE, missing=True))
    series = published.series.get(kpi.id)
    shown_gender = choice.gender(series, published.principals) if series else ""
    marks = [
        kpi.unit,
        *([choice.GENDER_WORDS[shown_gender]] if shown_gender in choice.GENDER_WORDS else []),
        *([str(usual)] if usual else []),
        *(["indirekt"] if use.role == "indirekt" else []),
        *([f"upphört {kpi.ended}"] if kpi.ended else []),
        *(["titel ej bekräftad"] if kpi.unconfirmed_title is not None else []),
    ]
    return Line(f"{kpi.id}: {', '.join(marks)}", tuple(fields), tuple(cells), kpi.id)


def _newest(area: Area, kpi: Kpi, published: Published) -> int | None:
    series = published.series.get(kpi.id)
    years = series.years([area], choice.gender(series, published.principals)) if series else []
    return years[-1] if years else None


def _shown(area: Area, kpi: Kpi, year: int | None, shown_decimals: int, published: Published) -> CellRef | None:
    """The cell of the year; without any value that of the newest year the source speaks of. None: does not apply."""
    if area.kind != "riket" and not choice.applies_to(kpi, area):
        return None
    series = published.series.get(kpi.id)
    if series is None:
        return CellRef("", NO_ROW, shown_decimals, kpi.unit, "")
    shown_gender = choice.gender(series, published.principals)
    years = [when for where, when, gender in series.cells if where == area.id and gender == shown_gender]
    at = year if year is not None else max(years, default=None)
    if at is None:
        return CellRef("", NO_ROW, shown_decimals, kpi.unit, "")
    cell = series.cell(area.id, at, shown_gender)
    name = f"{kpi.id} {corrections.where(area.name, at, shown_gender)}"
    place = cite.place("matvarde", kpi.id, area.id, at, shown_gender)
    return CellRef(name, cell, shown_decimals, kpi.unit, place)


def _with_place(field: Field, kpi: Kpi, area: Area, published: Published) -> Field:
    """With the place among all areas of the kind, and the years as a line."""
    series = published.series.get(kpi.id)
    if series is None or field.missing or is_coded(kpi):
        return field
    reading = status.area_reading(kpi, area, published)
    at = series.positions.get((area.id, reading.year)) if reading.year is not None else None
    place = status.short_place(at) if at and at.plats else ""
    letter = choice.gender(series, published.principals)
    years = series.years(published.principals, letter)[-_YEARS:]
    values = [(year, series.cell(area.id, year, letter).value) for year in years]
    breaks = pl.DataFrame(
        [(series_break.sista_gamla_ar, series_break.ar) for series_break in series.breaks.values()],
        schema=["sista_gamla_ar", "ar"],
        orient="row",
    )
    line = Markup(sparkline(values, breaks=breaks)) if len(years) > 1 else Markup("")
    return replace(field, place=place, shape=reading.position.shape, line=line)


def _field(ref: CellRef, year: int | None, usual: int | None) -> Field:
    """With the year where it is not the usual one."""
    field = field_of(ref)
    notes = [*([str(year)] if year not in (None, usual) else []), *([field.note] if field.note else [])]
    return replace(field, note=" ".join(notes))
