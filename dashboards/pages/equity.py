"""Likvärdighet: how alike the kommuner are, mått by mått, on one scale for all of them.

Rows are sorted by how many times the noise the kommuner differ; every kommun is a mark at its distance from riket in
usual half widths, so that a large spread looks large. Own processing throughout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dashboards import cite, formatting
from dashboards.context import Report
from dashboards.figures import svg
from dashboards.pages import links, wording
from dashboards.pages.front import NOISE, kind_of
from dashboards.pages.status import SURE
from dashboards.readings import Shown, Topic

ROWS_AT_MOST = 14
# Beyond so many half widths a mark stands at the edge, as an arrow.
_SCALE_AT_MOST = 4.5
# From here a deviation is written without decimals.
_LARGE = 100
_WIDTH, _HEIGHT = 330.0, 46.0
WIDENED, NARROWED = "har troligen vidgats", "har troligen minskat"


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """A mått. times: how many times the noise. change: widened, narrowed, none or unknown, with what is behind it."""

    name: str
    note: str
    page: str
    strip: Markup
    country: str
    sign: str
    times: str
    kind: str
    change: str
    why: str


@dataclass(frozen=True, slots=True)
class Equity:
    """apart, alike: rows with more than the noise, and the others. without: the mått with nothing to compare."""

    lead: str
    apart: tuple[SpreadRow, ...]
    alike: tuple[SpreadRow, ...]
    without: str
    notes: tuple[str, ...]


def equity(report: Report) -> Equity:
    """Page 2."""
    compared = [t for t in report.topics if _times(t) is not None and t.noise and _reference(t)]
    compared.sort(key=lambda t: (-(_times(t) or 0), t.kpi.id))
    shown = compared[:ROWS_AT_MOST]
    scale = min(_SCALE_AT_MOST, max((_reach(t) for t in shown), default=1.0) * 1.04)
    rows = [(topic, _row(topic, scale)) for topic in shown]
    return Equity(
        lead=_lead(compared),
        apart=tuple(row for topic, row in rows if (_times(topic) or 0) >= NOISE),
        alike=tuple(row for topic, row in rows if (_times(topic) or 0) < NOISE),
        without=_without(report, compared),
        notes=tuple(_notes(shown, compared)),
    )


def _times(topic: Topic) -> float | None:
    return topic.spread.ganger_arsvariation if topic.spread else None


def _reference(topic: Topic) -> tuple[Shown, str] | None:
    """Riket, or the middle kommun of the country where riket has no value (sign m)."""
    year = topic.of_kommuner[0].year
    if country := topic.country_at(year):
        return country, ""
    middle = topic.country_middle("kommun", year)
    return (middle, "m") if middle else None


def _reach(topic: Topic) -> float:
    reference = _reference(topic)
    assert reference is not None
    assert topic.noise
    return max(abs(r.value - reference[0].value) / topic.noise for r in topic.of_kommuner)


def _lead(compared: Sequence[Topic]) -> str:
    """The two mått that differ most, exact comparisons first, and how many spreads have changed."""
    if not compared:
        return "Kommunerna kan inte jämföras: inget mått har värden för minst fem av dem."
    exact = [t for t in compared if not t.approximate(t.of_kommuner[0].year)] or compared
    sentences = [f"{formatting.capital(wording.from_to(topic))}." for topic in exact[:2] if wording.from_to(topic)]
    changes = [t.spread.spridning_andring for t in compared if t.spread]
    wider, narrower = changes.count(WIDENED), changes.count(NARROWED)
    if wider or narrower:
        parts = [
            f"{word} i {formatting.count_word(n, neuter=True)}"
            for n, word in ((wider, "vidgats"), (narrower, "minskat"))
            if n
        ]
        sentences.append(f"Skillnaderna har troligen {formatting.join(parts)} av {len(compared)} mått.")
    else:
        sentences.append(f"Skillnaderna har varken säkert vidgats eller minskat i något av {len(compared)} mått.")
    return " ".join(sentences)


def _row(topic: Topic, scale: float) -> SpreadRow:
    reference = _reference(topic)
    spread = topic.spread
    assert reference is not None
    assert spread is not None
    year = topic.of_kommuner[0].year
    place = cite.place("spridning", topic.kpi.id, None, year, column="ganger_arsvariation")
    kind, change, why = _change(topic)
    return SpreadRow(
        name=topic.label,
        note=_note(topic, year),
        page=links.measure_page(topic.measure.id),
        strip=_strip(topic, reference[0], scale, dashed=bool(reference[1])),
        country=topic.text(reference[0], unit=False),
        sign=reference[1],
        times=cite.figure(formatting.number(spread.ganger_arsvariation, 1), spread.ganger_arsvariation, place),
        kind=kind,
        change=change,
        why=why,
    )


def _note(topic: Topic, year: int) -> str:
    parts = [] if topic.kpi.unit == "%" else [topic.kpi.unit]
    parts.append(str(year))
    if len(topic.of_kommuner) < len(topic.kommuner):
        parts.append(f"{len(topic.of_kommuner)} av {len(topic.kommuner)} kommuner")
    if topic.corrected:
        parts.append(topic.corrected)
    if topic.approximate(year):
        parts.append("≈")
    if topic.ended:
        parts.append(f"upphör {topic.kpi.ended}")
    return ", ".join(parts)


def _change(topic: Topic) -> tuple[str, str, str]:
    spread = topic.spread
    assert spread is not None
    if spread.jamfort_med_ar is None or spread.spridning_andring is None:
        return "okand", "kan inte sägas", "färre än två mätningar att jämföra"
    if spread.spridning_da is None or spread.spridning_nu is None:
        return "okand", "kan inte sägas", "för få kommuner båda åren"

    def deviation(column: str) -> str:
        value = getattr(spread, column)
        return cite.figure(
            formatting.number(value, max(topic.decimals, 0 if value >= _LARGE else 1)),
            value,
            cite.place("spridning", topic.kpi.id, None, spread.ar, column=column),
        )

    kind = {WIDENED: "vidgats", NARROWED: "minskat"}.get(spread.spridning_andring, "ingen")
    why = f"{deviation('spridning_da')} → {deviation('spridning_nu')}, {spread.jamfort_med_ar}–{spread.ar}"
    return kind, spread.spridning_andring, why


def _strip(topic: Topic, reference: Shown, scale: float, *, dashed: bool) -> Markup:
    """The kommuner as marks at their distance from riket; the grey band is the usual noise of one value."""
    noise = topic.noise
    ends = wording.extremes(topic)
    assert noise
    middle, unit, base = _WIDTH / 2, (_WIDTH / 2 - 8) / scale, 33.0

    def x(value: float) -> float:
        steps = (value - reference.value) / noise * topic.better_right
        return middle + max(-scale, min(scale, steps)) * unit

    parts = [
        svg.box(middle - unit, 0, 2 * unit, _HEIGHT, "b-brus"),
        svg.line(middle, 0, middle, _HEIGHT, "l-streck l-median" if dashed else "l-streck"),
    ]
    readings = topic.of_kommuner
    places = [x(r.value) for r in readings]
    parts.append(svg.line(min(places), base, max(places), base, "l-spann"))
    marks = [svg.Mark(x(r.value) / _WIDTH, kind_of(r), r.against in SURE) for r in readings]
    for mark, at, step in svg.swarm(marks, _WIDTH, 3.6):
        parts.append(svg.glyph(at, base - step * 7.2, mark.kind, sure=mark.sure, size=3.8))
    region = topic.of_region
    if region is not None and region.year == readings[0].year:
        parts.append(svg.box(x(region.value) - 2.6, base + 5, 5.2, 5.2, "m-lan"))
    spoken = topic.label
    if ends:
        worst, best = (
            f"{end[0].area.name}{' m.fl.' if len(end) > 1 else ''} {topic.text(end[0].shown, unit=False)}"
            for end in ends
        )
        left, right = min(places), max(places)
        parts += _labels(worst, best, left, right, middle)
        spoken = (
            f"{topic.label}: {worst} till {best}; {'mittersta kommunen' if dashed else 'riket'} {topic.text(reference)}"
        )
    return svg.drawing(_WIDTH, _HEIGHT, spoken, parts, "remsa")


def _labels(worst: str, best: str, left: float, right: float, middle: float) -> Iterator[str]:
    """Beside the outermost marks where there is room, else above them; never across riket."""
    size = 10.5
    if left - 9 - svg.width_of(worst, size) < middle < left - 9 and middle - 6 > svg.width_of(worst, size):
        yield svg.text(middle - 6, 36.5, worst, "t-namn", "end")
    elif left - 9 - svg.width_of(worst, size) > 0:
        yield svg.text(left - 9, 36.5, worst, "t-namn", "end")
    else:
        yield svg.text(2, 11, worst, "t-namn")
    if right + 9 + svg.width_of(best, size) < _WIDTH and right + 9 > middle:
        yield svg.text(right + 9, 36.5, best, "t-namn")
    elif right < middle and middle + 6 + svg.width_of(best, size) < _WIDTH:
        yield svg.text(middle + 6, 36.5, best, "t-namn")
    else:
        yield svg.text(_WIDTH - 2, 11, best, "t-namn", "end")


def _without(report: Report, compared: Sequence[Topic]) -> str:
    """The mått that concern the kommuner and have nothing to compare, in one line."""
    shown = {topic.measure.id for topic in compared}
    measures = report.published.measures
    ours = [m for m in measures if m.principal in ("båda", "kommun") and m.id not in shown]
    others = sum(m.principal == "region" for m in measures)
    parts = []
    if ours:
        names = formatting.join([formatting.lowered(m.short or m.name) for m in ours])
        number = formatting.capital(formatting.count_word(len(ours), neuter=True))
        parts.append(f"{number} mått som gäller kommunerna har inga värden att jämföra: {names}.")
    if others:
        parts.append(f"{formatting.capital(formatting.count_word(others, neuter=True))} mått gäller bara regionen.")
    return " ".join(parts)


def _notes(shown: Sequence[Topic], compared: Sequence[Topic]) -> Iterator[str]:
    yield (
        "Gånger årsvariationen: kommunernas standardavvikelse delad med årsvariationens; 1 = inte mer än den vanliga "
        "variationen. Mellan kommunerna: standardavvikelsen för samma kommuner första och sista året."
    )
    if any(topic.approximate(topic.of_kommuner[0].year) for topic in shown):
        yield "≈ Länets värden kommer från en annan enkät än rikets."
    if any((r := _reference(topic)) and r[1] for topic in shown):
        yield "m Mittersta kommunen i landet; värde för riket saknas."
    if len(compared) > len(shown):
        yield f"{len(compared) - len(shown)} mått till står på måttens egna sidor."
