"""Trygghetsvyn: what is shown together as trygga patienter, the newest value of each huvudman, unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboards import cite, formatting
from dashboards.kpi.words import DECIDED, decimals
from dashboards.pages import attribution, choice, corrections
from dashboards.pages.corrections import CellRef
from dashboards.pages.tables import NOT_APPLICABLE, Field, Row, field_of
from dashboards.reading.content import Content, Records
from dashboards.reading.published import Area, Kpi, Published, Series


@dataclass(frozen=True, slots=True)
class Column:
    """A nyckeltal of the view: what it says of trygghet, its title, and marks such as unit and year."""

    why: str
    kpi_id: str
    title: str
    marks: str


@dataclass(frozen=True, slots=True)
class Safety:
    """proposed: the owners have not decided on it. without: what of the proposal has no nyckeltal to show.

    corrected: some of the values are the owners' own.
    """

    quotes: Records
    proposed: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    without: tuple[str, ...]
    source: str
    corrected: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Chosen:
    kpi: Kpi
    why: str
    indirect: bool


def safety(published: Published, content: Content) -> Safety:
    """The section's contents."""
    chosen, without = _chosen(published, content)
    areas = [*published.principals, *([published.country] if published.country else [])]
    cells = {(use.kpi.id, area.id): _cell(use.kpi, area, published) for use in chosen for area in areas}
    usual = {use.kpi.id: _usual_year([cells[use.kpi.id, area.id] for area in areas]) for use in chosen}
    shown = [cell[0] for cell in cells.values() if cell is not None]
    corrected = corrections.corrected(shown)
    sources = sorted({attribution.source_of(use.kpi, published.run) for use in chosen} or {published.run.source})
    return Safety(
        quotes=content.quoted("trygghet"),
        proposed=any(entry.beslut != DECIDED for entry in content["trygghetsvy"]),
        columns=tuple(_column(use, usual[use.kpi.id], published) for use in chosen),
        rows=tuple(
            Row(area.name, tuple(_field(use.kpi, area, cells, usual, published) for use in chosen), area.kind)
            for area in areas
        ),
        without=tuple(without),
        source=". ".join(
            attribution.shown(source, corrected) for source in sources if corrected or source != published.run.source
        ),
        corrected=bool(corrected),
        notes=tuple(corrections.notes(shown, published.run.source)),
    )


def _chosen(published: Published, content: Content) -> tuple[list[_Chosen], list[str]]:
    """The nyckeltal in the view's order, and what cannot be shown."""
    measures = {m.id: m for m in published.measures}
    chosen: dict[str, _Chosen] = {}
    without = []
    for entry in content["trygghetsvy"]:
        if entry.nyckeltal_id in published.kpis:
            chosen.setdefault(entry.nyckeltal_id, _Chosen(published.kpis[entry.nyckeltal_id], entry.belyser, False))
        if entry.matt_id is None:
            continue
        measure = measures[entry.matt_id]
        uses = _first_of_each_kind(
            [(published.kpis[use.kpi_id], use.role) for use in choice.main_kpis(measure)], published
        )
        for kpi, role in uses:
            chosen.setdefault(kpi.id, _Chosen(kpi, entry.belyser, role == "indirekt"))
        if not uses:
            without.append(f"{entry.belyser}: måttet {measure.name} har inget nyckeltal att visa.")
    return list(chosen.values()), without


def _first_of_each_kind(uses: Sequence[tuple[Kpi, str]], published: Published) -> list[tuple[Kpi, str]]:
    """The first nyckeltal, and the next one for the huvudmän that the first does not cover."""
    chosen: list[tuple[Kpi, str]] = []
    for area in published.principals:
        if not any(choice.applies_to(kpi, area) for kpi, _ in chosen):
            chosen += [use for use in uses if choice.applies_to(use[0], area)][:1]
    return chosen


def _cell(kpi: Kpi, area: Area, published: Published) -> tuple[CellRef, int | None] | None:
    """The newest value and its year; None when the nyckeltal does not apply."""
    if area.kind != "riket" and not choice.applies_to(kpi, area):
        return None
    series = published.series.get(kpi.id, Series())
    letter = choice.gender(series, published.principals)
    years = series.years([area], letter)
    reported_years = [year for where, year, gender in series.cells if where == area.id and gender == letter]
    year = years[-1] if years else max(reported_years, default=None)
    cell = series.cell(area.id, year or 0, letter)
    name = f"{kpi.id} {corrections.where(area.name, year, letter)}" if year else ""
    place = cite.place("matvarde", kpi.id, area.id, year, letter)
    return CellRef(name, cell, decimals(kpi, published), kpi.unit, place), years[-1] if years else None


def _usual_year(cells: Sequence[tuple[CellRef, int | None] | None]) -> int | None:
    counted = Counter(cell[1] for cell in cells if cell is not None and cell[1] is not None)
    return max(counted, key=lambda year: (counted[year], year), default=None)


def _field(
    kpi: Kpi,
    area: Area,
    cells: dict[tuple[str, str], tuple[CellRef, int | None] | None],
    usual: dict[str, int | None],
    published: Published,
) -> Field:
    """With the osäkerhetstal where the source has one, and the year where it is not the usual one."""
    cell = cells[kpi.id, area.id]
    if cell is None:
        return Field(NOT_APPLICABLE, missing=True)
    ref, year = cell
    field = field_of(ref)
    notes = [field.note] if field.note else []
    margins = published.series.get(kpi.uncertainty or "")
    if margins is not None and year is not None and not ref.cell.replaced:
        letter = choice.gender(published.series[kpi.id], published.principals)
        margin = margins.cell(area.id, year, letter).value
        if margin is not None:
            text = formatting.number(margin, max(ref.decimals, 1))
            place = cite.place("matvarde", kpi.uncertainty or "", area.id, year, letter)
            notes.insert(0, f"±{cite.figure(text, margin, place)}")
    if year is not None and year != usual[kpi.id]:
        notes.append(str(year))
    return replace(field, note=" ".join(notes))


def _column(use: _Chosen, year: int | None, published: Published) -> Column:
    series = published.series.get(use.kpi.id)
    letter = choice.gender(series, published.principals) if series else ""
    marks = [
        use.kpi.unit,
        *([choice.GENDER_WORDS[letter]] if letter in choice.GENDER_WORDS else []),
        *([str(year)] if year else ["inga värden"]),
        *(["indirekt"] if use.indirect else []),
        *([f"upphört {use.kpi.ended}"] if use.kpi.ended else []),
        *(["titel ej bekräftad"] if use.kpi.unconfirmed_title is not None else []),
    ]
    return Column(use.why, use.kpi.id, use.kpi.title, ", ".join(marks))
