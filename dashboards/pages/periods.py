"""What is said of months and quarters: a chart for each huvudman, with its limits and special causes in words.

On the page of the mått, and on that of a satsning. Nothing here is compared with riket or counted as a year.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from dashboards import cite, formatting
from dashboards.figures.svg_xmr import Lines, Point, xmr_svg
from dashboards.pages import attribution, links
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.content import Records
from dashboards.reading.published import Kpi, Published
from pipelines.rows import Record

_NO_LIMITS, _PRELIMINARY = "inga", "preliminära"


@dataclass(frozen=True, slots=True)
class PeriodChart:
    """A series. name: of its figure as a file. heading: whose and of what. sentences: what it says. table: every
    period. kpi: the title of the nyckeltal, all of whose periods are in `csv`.
    """

    name: str
    heading: str
    kpi: str
    csv: str
    sentences: tuple[str, ...]
    drawing: Markup
    table: Table


def period_charts(kpi: Kpi, published: Published, starts: Mapping[str, date] | None = None) -> tuple[PeriodChart, ...]:
    """The series of a nyckeltal, kön T, in the order of the huvudmän. starts: omrade_id → when a satsning began there,
    which is marked in the chart.
    """
    content = published.content
    series = content.where("xmr", nyckeltal_id=kpi.id, kon="T")
    names = content.texts("omrade", "namn")
    return tuple(
        _chart(kpi, names[area_id], rows, published, (starts or {}).get(area_id))
        for area_id in sorted({row.omrade_id for row in series}, key=lambda area_id: names[area_id])
        if (rows := tuple(row for row in series if row.omrade_id == area_id))
    )


def _chart(kpi: Kpi, name: str, rows: Records, published: Published, start: date | None) -> PeriodChart:
    decimals = formatting.decimals_for([row.varde for row in rows], kpi.unit)
    sentences = tuple(_sentences(kpi, name, rows, decimals))
    marks = {_period_of(start, rows[0].period): f"Start {formatting.day(start)}"} if start else {}
    source = attribution.unchanged(attribution.source_of(kpi, published.run))
    own = attribution.own(published.run.source)
    steps = "kvartal för kvartal" if _is_quarter(rows[0].period) else "månad för månad"
    return PeriodChart(
        name=f"{kpi.id}-perioder-{rows[0].omrade_id}",
        heading=f"{name}: {kpi.title}",
        kpi=kpi.title,
        csv=links.period_csv(kpi.id),
        sentences=sentences,
        drawing=xmr_svg(_points(rows), _lines(kpi, rows), " ".join(sentences), marks),
        table=Table(
            caption=f"{name}, {steps}. Enhet: {kpi.unit}.",
            columns=("Period", "Värde", "Särskild orsak"),
            rows=tuple(
                Row(row.period, (Field(_figure(row, "varde", decimals)), Field(row.sarskild_orsak or "–")))
                for row in rows
            ),
            source=f"{source} (värdena); {formatting.lowered(own)} (särskild orsak)",
            own=True,
        ),
    )


def _sentences(kpi: Kpi, name: str, rows: Records, decimals: int) -> list[str]:
    last = rows[-1]
    newest = formatting.with_unit(_figure(last, "varde", decimals), kpi.unit)
    said = [f"{name}, {last.period}: {newest}, den senaste perioden ({last.motivering})."]
    if last.granser == _NO_LIMITS:
        return [*said, "Det är för få perioder för gränser, så vad som är ovanligt kan inte sägas."]
    lowest, highest = _possible(kpi, rows)
    ends = [
        f"{word} {_figure(last, column, max(decimals, 1))}"
        for word, column, drawn in (("från", "nedre", last.nedre > lowest), ("till", "ovre", last.ovre < highest))
        if drawn
    ]
    within = " ".join(ends) or "alla möjliga värden"
    kind = "Preliminära gränser" if last.granser == _PRELIMINARY else "Gränser"
    mean = _figure(last, "medel", max(decimals, 1))
    said.append(f"{kind} för den vanliga variationen: {within}, runt medelvärdet {mean}.")
    causes: dict[str, list[str]] = {}
    for row in rows:
        if row.sarskild_orsak:
            causes.setdefault(row.sarskild_orsak, []).append(row.period)
    if not causes:
        return [*said, "Ingen särskild orsak: det som syns är den vanliga variationen."]
    causes_in_words = "; ".join(f"{words} ({formatting.join(periods)})" for words, periods in causes.items())
    return [*said, f"Särskild orsak: {causes_in_words}. Det säger att något har hänt, inte vad."]


def _figure(row: Record, column: str, decimals: int) -> str:
    value = getattr(row, column)
    source = cite.place("xmr", row.nyckeltal_id, row.omrade_id, row.ar, row.kon, column)
    return cite.figure(formatting.number(value, decimals), value, source)


def _is_quarter(period: str) -> bool:
    """Whether it is a quarter ('2025 kv1') and no month ('2025-03')."""
    return " kv" in period


def middle(row: Record) -> float:
    """The middle of a month or quarter, in years."""
    number, parts = (row.period[-1:], 4) if _is_quarter(row.period) else (row.period[-2:], 12)
    return float(row.ar + (int(number) - 0.5) / parts)


def follows(before: Record, after: Record) -> bool:
    """Whether one period comes right after another: no line is drawn over what is lacking or hidden."""
    return middle(after) - middle(before) < 1.5 / (4 if _is_quarter(after.period) else 12)


def _points(rows: Records) -> list[Point]:
    return [
        Point(row.period, row.varde, row.regel is not None, at > 0 and follows(rows[at - 1], row))
        for at, row in enumerate(rows)
    ]


def _lines(kpi: Kpi, rows: Records) -> Lines | None:
    last = rows[-1]
    if last.granser == _NO_LIMITS:
        return None
    first = next(row.period for row in rows if row.granser != _NO_LIMITS)
    lowest, highest = _possible(kpi, rows)
    return Lines(last.medel, max(last.nedre, lowest), min(last.ovre, highest), first)


def _possible(kpi: Kpi, rows: Records) -> tuple[float, float]:
    """Between what a value can be, as far as the unit says."""
    counted = kpi.unit.startswith(("antal", "%")) and all(row.varde >= 0 for row in rows)
    return 0.0 if counted else -math.inf, 100.0 if kpi.unit == "%" else math.inf


def _period_of(day: date, like: str) -> str:
    """The month or quarter in which a day is."""
    return f"{day.year} kv{(day.month + 2) // 3}" if _is_quarter(like) else f"{day:%Y-%m}"
