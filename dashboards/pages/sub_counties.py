"""lansdel/<n>.html: what the kommuner of a länsdel have in common and where they differ, for its arbetsgrupper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dashboards import cite, formatting
from dashboards.context import Report
from dashboards.kpi.scope import REGIONS_VALUE, Scope, scope_of
from dashboards.pages import attribution, corrections, links, status
from dashboards.pages.corrections import CellRef
from dashboards.pages.series_summary import SeriesSummary
from dashboards.pages.tables import Field, Row, Table, field_of
from dashboards.reading.published import Area, Published

# A sheet and a half of them is read by nobody.
_MOST = 8
_SURE = {"säkert sämre": "sämre", "säkert bättre": "bättre"}


@dataclass(frozen=True, slots=True)
class SubCounty:
    """A länsdel. lead: what stands out in a sentence. apart: a line for each value that surely differs from riket.

    tables: målområde and its table. without: the mått that have no value in any of its kommuner.
    """

    number: int
    name: str
    kommuner: tuple[tuple[str, str], ...]
    confirmed: bool
    lead: str
    apart: tuple[str, ...]
    tables: tuple[tuple[str, Table], ...]
    without: str


def sub_counties(report: Report) -> list[SubCounty]:
    """One for each länsdel, in the report's order."""
    published = report.published
    parts: dict[str, list[Area]] = {}
    for area in published.principals:
        if area.sub_county:
            parts.setdefault(area.sub_county, []).append(area)
    summaries = [s for s in report.summaries if s.key.kind == "kommun"]
    return [_sub_county(n, name, areas, summaries, published) for n, (name, areas) in enumerate(parts.items(), start=1)]


def _sub_county(
    number: int, name: str, areas: Sequence[Area], summaries: Sequence[SeriesSummary], published: Published
) -> SubCounty:
    scopes = [(summary, scope_of(summary.kpi, published)) for summary in summaries]
    known = [
        (s, scope) for s, scope in scopes if scope and any(year for part, year in scope.series.parts if part == name)
    ]
    apart = [line for summary, scope in known for line in _apart(summary, scope, areas, published)]
    tables = []
    seen: set[str] = set()
    for goal in published.goal_areas:
        measures = {m.id for indicator in goal.indicators for m in indicator.measures} - seen
        seen |= measures
        here = [(s, scope) for s, scope in known if s.measures[0].id in measures]
        rows = [_row(name, areas, s, scope, published) for s, scope in here]
        cells = [ref for _, scope in here for ref in _cells(name, areas, scope)]
        corrected = corrections.corrected(cells)
        if rows:
            caption = f"{goal.name}: senaste år med uppgift i någon av kommunerna. Orden gäller mot riket."
            columns = ("Mått", "År", *(area.name for area in areas), "Medel", "Länet", "Riket")
            # Values as they came, and means of ours beside them.
            table = Table(
                caption,
                columns,
                tuple(rows),
                attribution.shown(published.run.source, corrected) if corrected else "",
                own=False,
                corrected=True,
                notes=tuple(corrections.notes(cells, published.run.source)),
            )
            tables.append((goal.name, table))
    with_rows = {m.id for s, _ in known for m in s.measures}
    lacking = [m.name for m in published.measures if m.id not in with_rows and m.principal != "region"]
    confirmed = any(row.bekraftad for row in published.content.where("lansdel", namn=name))
    worse = sum("sämre" in line for line in apart)
    counts = [
        f"{formatting.count_word(n, neuter=True)} säkert {word}"
        for n, word in ((worse, "sämre"), (len(apart) - worse, "bättre"))
        if n
    ]
    return SubCounty(
        number,
        name,
        tuple((area.name, links.principal_page(area)) for area in areas),
        confirmed,
        f"Av kommunernas senaste värden är {formatting.join(counts)} än riket."
        if counts
        else "Inget av kommunernas senaste värden skiljer sig säkert från riket.",
        tuple(sorted(apart, key=lambda line: "sämre" not in line)[:_MOST]),
        tuple(tables),
        f"Utan uppgift i någon av kommunerna: {formatting.join(lacking)}." if lacking else "",
    )


def _apart(summary: SeriesSummary, scope: Scope, areas: Sequence[Area], published: Published) -> Iterator[str]:
    """'Hemtjänsten tar hänsyn till önskemål: 74 % i Eskilstuna (2022), säkert sämre än riket, 84 %.'"""
    name = _name(summary)
    for reading in summary.readings:
        if reading.area in areas and reading.year is not None and reading.against in _SURE:
            known = published.country and scope.value(published.country, reading.year) is not None
            country = f", {scope.text(published.country, reading.year)}" if published.country and known else ""
            yield (
                f"{name}: {scope.text(reading.area, reading.year)} i {reading.area.name} ({reading.year}), "
                f"{reading.against} än riket{country}."
            )


def _cells(name: str, areas: Sequence[Area], scope: Scope) -> Iterator[CellRef]:
    """The values of a row, named with their nyckeltal."""
    year = max(year for part, year in scope.series.parts if part == name)
    for area in areas:
        ref = scope.shown(area, year)
        yield replace(ref, name=f"{scope.kpi.id} {ref.name}")


def _name(summary: SeriesSummary) -> str:
    return summary.kpi.short or summary.measures[0].name


def _row(name: str, areas: Sequence[Area], summary: SeriesSummary, scope: Scope, published: Published) -> Row:
    year = max(year for part, year in scope.series.parts if part == name)
    mean = scope.series.parts[name, year]
    place = cite.place("lansdel_varde", scope.kpi.id, name, year, "T", "medel_ovagt")
    county = next((value for value in scope.county if value.year == year), None)

    def count(column: str) -> str:
        n = getattr(mean, column)
        return cite.figure(str(n), n, cite.place("lansdel_varde", scope.kpi.id, name, year, "T", column))

    fields = [Field(str(year))]
    for area in areas:
        field = field_of(scope.shown(area, year))
        at = scope.series.positions.get((area.id, year))
        word = at.mot_riket if at and at.mot_riket in (*status.BETTER, *status.WORSE) else ""
        fields.append(Field(field.text, field.missing, " ".join(part for part in (field.note, word) if part)))
    fields.append(
        Field(
            scope.number(mean.medel_ovagt, place),
            note=f"{count('antal_med_varde')} av {count('antal_kommuner')} kommuner",
        )
    )
    fields.append(
        Field(scope.number(county.value, county.place), note="" if county.ground == REGIONS_VALUE else county.ground)
        if county
        else Field("saknas", missing=True)
    )
    country = field_of(scope.shown(published.country, year)) if published.country else Field("saknas", missing=True)
    return Row(
        f"{_name(summary)}, {scope.unit}",
        (*fields, country),
        link=links.measure_page(summary.measures[0].id),
    )
