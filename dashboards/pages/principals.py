"""A page per huvudman: the same series as everywhere, read along one area instead of along one mått.

The newest value beside riket and similar areas, with the three statuses. The areas are not ranked here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import cite, formatting
from dashboards.pages import attribution, choice, corrections, counts, status
from dashboards.pages.anchors import measure_anchor, principal_anchor
from dashboards.pages.corrections import CellRef
from dashboards.pages.kpi import decimals, is_coded
from dashboards.pages.series_summary import SeriesSummary, counted, series_summaries
from dashboards.pages.tables import Field, field_of
from dashboards.reading.published import Area, Kpi, Measure, Published, Series


@dataclass(frozen=True, slots=True)
class Line:
    """A mått of one huvudman. kpi: id and unit. missing: a sentence instead of fields and statuses."""

    name: str
    anchor: str
    kpi: str
    year: Field
    value: Field
    interval: Field
    country: Field
    similar: Field
    statuses: tuple[status.Status, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class PrincipalPage:
    """A huvudman: sentences, the lines under each indikator, what is unchanged and what is not, notes on corrections.

    lines: glyph number, målområde, indikator, lines.
    """

    anchor: str
    name: str
    kind: str
    place: str
    sentences: tuple[str, ...]
    sections: tuple[tuple[int, str, tuple[Line, ...]], ...]
    unchanged: str
    own: str
    notes: tuple[str, ...]


def principal_pages(published: Published) -> list[PrincipalPage]:
    """One for each huvudman of the report, in its order."""
    summaries = {(summary.kpi.id, summary.key.kind): summary for summary in series_summaries(published)}
    return [_principal(area, summaries, published) for area in published.principals]


def _principal(area: Area, summaries: dict[tuple[str, str], SeriesSummary], published: Published) -> PrincipalPage:
    sections = []
    cells: list[CellRef] = []
    seen: set[str] = set()
    for number, goal in enumerate(published.goal_areas, start=1):
        for indicator in goal.indicators:
            lines = []
            for measure in indicator.measures:
                if measure.id in seen:
                    continue
                seen.add(measure.id)
                line, shown = _line(measure, area, summaries, published)
                cells += shown
                if line:
                    lines.append(line)
            if lines:
                sections.append((number, indicator.name, tuple(lines)))
    of_area = [
        reading for summary in counted(summaries.values()) for reading in summary.readings if reading.area == area
    ]
    run = published.run
    return PrincipalPage(
        anchor=principal_anchor(area),
        name=area.name,
        kind=area.kind,
        place=_place(area, published),
        sentences=tuple(_sentences(of_area, sections)),
        sections=tuple(sections),
        unchanged=attribution.shown(run.source, corrections.corrected(cells)),
        own=attribution.own(run.source),
        notes=tuple(corrections.notes(cells, run.source)),
    )


def _line(
    measure: Measure, area: Area, summaries: dict[tuple[str, str], SeriesSummary], published: Published
) -> tuple[Line | None, list[CellRef]]:
    """None for a mått that concerns the other kind of huvudman only."""
    uses = [use for use in choice.headline(measure, published) if choice.applies_to(published.kpis[use.kpi_id], area)]
    concerned = measure.principal in ("båda", area.kind)
    if not uses:
        return (_without(measure, published, area), []) if concerned else (None, [])
    kpi = published.kpis[uses[0].kpi_id]
    summary = summaries.get((kpi.id, area.kind))
    if summary is None:
        return _without(measure, published, area, kpi), []
    reading = next(r for r in summary.readings if r.area == area)
    if reading.year is None or reading.cell is None:
        return _without(measure, published, area, kpi), []
    series = published.series[kpi.id]
    shown_decimals = decimals(kpi, published)
    letter = choice.gender(series, published.principals)
    def ref(where: Area) -> CellRef:
        name = f"{kpi.id} {corrections.where(where.name, reading.year or 0, letter)}"
        cell = series.cell(where.id, reading.year or 0, letter)
        place = cite.place("matvarde", kpi.id, where.id, reading.year, letter)
        return CellRef(name, cell, shown_decimals, kpi.unit, place)

    shown = ref(area)
    country = ref(published.country) if published.country else None
    at = series.positions.get((area.id, reading.year))
    interval = series.intervals.get((area.id, reading.year, letter))
    gender = f", {choice.GENDER_WORDS[letter]}" if letter in choice.GENDER_WORDS else ""
    return (
        Line(
            name=measure.name,
            anchor=measure_anchor(measure.id),
            kpi=f"{kpi.id}, {kpi.unit}{gender}{', indirekt' if summary.indirect else ''}",
            year=Field(str(reading.year)),
            value=field_of(shown),
            interval=Field(
                f"{formatting.number(interval.nedre, shown_decimals)}–"
                f"{formatting.number(interval.ovre, shown_decimals)}"
            )
            if interval
            else Field("inget", missing=True),
            country=field_of(country) if country else Field("saknas", missing=True),
            similar=Field(
                formatting.number(at.liknande, _own_decimals(kpi, series, shown_decimals)),
                note=f"{at.liknande_antal} st",
            )
            if at and at.liknande is not None
            else Field("saknas", missing=True),
            statuses=reading.all,
            missing="",
        ),
        [shown],
    )


def _own_decimals(kpi: Kpi, series: Series, shown_decimals: int) -> int:
    return max(shown_decimals, formatting.decimals_for([mean.lan_varde for mean in series.county.values()], kpi.unit))


def _without(measure: Measure, published: Published, area: Area, kpi: Kpi | None = None) -> Line:
    nothing = Field("saknas", missing=True)
    if kpi is not None:
        why = "Värdena är koder för svar, se måttet" if is_coded(kpi) else f"Uppgift saknas i {kpi.id}"
    elif choice.headline(measure, published):
        why = f"Inget nyckeltal för {'kommuner' if area.kind == 'kommun' else 'regioner'}"
    else:
        why = formatting.capital(choice.STATE_WORDS[choice.measure_status(measure, published)])
    return Line(measure.name, measure_anchor(measure.id), "", nothing, nothing, nothing, nothing, nothing, (), why)


def _sentences(
    readings: Sequence[status.AreaReading], sections: Sequence[tuple[int, str, tuple[Line, ...]]]
) -> list[str]:
    lines = [line for *_, section_lines in sections for line in section_lines]
    reported = [line for line in lines if not line.missing]
    having = [reading for reading in readings if reading.year is not None]
    number = formatting.capital(formatting.count_word(len(reported), neuter=True))
    sentences = [f"{number} av {formatting.count_word(len(lines))} mått har en uppgift."]
    if not having:
        return sentences
    trends = Counter(reading.direction.word for reading in having)
    trend_counts = [
        f"{formatting.count_word(trends[word])} {word}" for word in (status.IMPROVED, status.WORSENED) if trends[word]
    ]
    sentences.append(
        f"Över tid, av {formatting.count_word(len(having))} serier: {formatting.join(trend_counts)}; övriga har ingen "
        "säkerställd trend eller kan inte prövas."
        if trend_counts
        else f"Ingen av {formatting.count_word(len(having))} serier har en säkerställd riktning åt bättre eller sämre."
    )
    against = counts.levels(having)
    sure = [
        f"{formatting.count_word(against[word])} {word}" for word in (*status.BETTER, *status.WORSE) if against[word]
    ]
    rest = [f"{formatting.count_word(n)} kan inte bedömas"] if (n := against[status.NOT_JUDGED]) else []
    sentences.append(
        f"Mot riket: {formatting.join([*sure, *rest])}."
        if sure
        else f"Inget värde är säkert eller troligen bättre eller sämre än riket{''.join(f'; {text}' for text in rest)}."
    )
    return sentences


def _place(area: Area, published: Published) -> str:
    if area.sub_county:
        return f"{area.sub_county} (indelningen är ej bekräftad)"
    return "hela länet" if area.kind == "region" else published.content.county or "länet"
