"""satsning/<id>.html: a satsning with its figures over time and its PDSA, and what is missing and who can give it.

The figures stand on one time axis: what is done (months and quarters), then the mått that it steers towards, then the
indikator. That one follows the other is no proof of an effect, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from dashboards import formatting
from dashboards.context import Report
from dashboards.figures.svg import segments
from dashboards.figures.svg_timeline import Panel, Series, timeline_svg
from dashboards.kpi.scope import Scope, scope_of
from dashboards.pages import answered, choice, effects, links, organisation, shell
from dashboards.pages.chain import NOT_STATED, indicators_of, organisation_name
from dashboards.pages.halves import TopicLine, topic_line
from dashboards.pages.looks import look_tables
from dashboards.pages.periods import PeriodChart, follows, middle, period_charts
from dashboards.pages.tables import Table
from dashboards.reading.content import Content, Records
from dashboards.reading.published import Area, Indicator, Measure, Published
from dashboards.readings import Topic
from pipelines.rows import Record

# The figure on one time axis, as a file.
TIMELINE = "over-tid"
TIMELINE_READING = (
    "Samma tid för alla, men var sin skala. En tunn linje är en huvudman, för indikatorn länet; den streckade är "
    "riket. Att något ändras efter starten visar inte att satsningen är orsaken."
)
# How many names fit at a start in the drawing.
_NAMED_AT_MOST = 3
# The steps of a cycle: what stands there is decided, or else answered, or missing.
_STEPS = {
    "hypotes": "Planera: vad som väntas hända",
    "planerad_matning": "Planera: hur det ska mätas",
    "planerad_titt": "Planera: dag då siffrorna läses",
    "titt_gjord": "Studera: dag då siffrorna lästes",
    "siffror": "Studera: vad siffrorna sade då",
    "resultat": "Studera: slutsats",
    "agera": "Agera",
}


@dataclass(frozen=True, slots=True)
class Cycle:
    """A turn of PDSA. steps: label and text. looks: what the figures said when they were to be read. late: what should
    have been written by now.
    """

    heading: str
    steps: tuple[tuple[str, str], ...]
    looks: tuple[Table, ...]
    late: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing of everything on one time axis. spoken: for who cannot see it."""

    drawing: Markup
    spoken: str


@dataclass(frozen=True, slots=True)
class InitiativePage:
    """facts: label and text. ways: each uppföljningsmått with what it steers towards and the page of its mått.
    indicators: name, and what the report says of the nyckeltal that it is shown with. effects: sentences.
    """

    id: str
    name: str
    state: str | None
    facts: tuple[tuple[str, str], ...]
    ways: tuple[tuple[str, str, str], ...]
    indicators: tuple[tuple[str, TopicLine], ...]
    timeline: Timeline | None
    charts: tuple[PeriodChart, ...]
    effects: tuple[str, ...]
    cycles: tuple[Cycle, ...]
    missing: tuple[str, ...]


def initiative_contents(report: Report) -> list[InitiativePage]:
    """What the page of each satsning shows."""
    return [_page(row, report) for row in report.published.content["satsning"]]


def initiative_pages(report: Report, contents: Sequence[InitiativePage]) -> dict[str, str]:
    """Path → HTML of every satsning's page."""
    pages = {}
    for page in contents:
        path = links.initiative_page(page.id)
        pages[path] = shell.page(
            report,
            "initiative.html",
            path,
            page.name,
            page=page,
            back=links.SATSNINGAR,
            picture=links.initiative_picture,
            timeline=(TIMELINE, TIMELINE_READING),
        )
    return pages


def _page(row: Record, report: Report) -> InitiativePage:
    published = report.published
    content = published.content
    followed = content.belonging("uppfoljningsmatt", row)
    measures = {measure.id: measure for measure in published.measures}
    steered = [measures[m] for m in dict.fromkeys(f.matt_id for f in followed) if m in measures]
    indicators = list(_indicators(followed, report))
    starts = _starts(row, published)
    charts = tuple(
        chart
        for measure in steered
        for use in measure.uses
        for chart in period_charts(published.kpis[use.kpi_id], published, starts)
    )
    cycles = tuple(_cycles(row, published))
    responsible = organisation_name(content, row.ansvarig_id) if row.ansvarig_id else None
    return InitiativePage(
        id=row.satsning_id,
        name=row.namn,
        state=row.lage,
        facts=(
            ("Slag", row.slag),
            ("Status", row.genomforande or NOT_STATED),
            ("Ansvarig nivå", responsible or NOT_STATED),
            ("Började", formatting.day(row.start) if row.start else NOT_STATED),
            ("Slutar", formatting.day(row.slut) if row.slut else NOT_STATED),
        ),
        ways=tuple(_ways(followed, measures, published)),
        indicators=tuple((indicator.name, topic_line(topic)) for indicator, topic in indicators),
        timeline=_timeline(starts, steered, indicators, published),
        charts=charts,
        effects=effects.effect_lines(row, published, content),
        cycles=cycles,
        missing=tuple(_missing(starts, followed, charts, cycles, responsible or organisation.steering(content))),
    )


def _ways(followed: Records, measures: dict[str, Measure], published: Published) -> Iterator[tuple[str, str, str]]:
    for row in followed:
        measure = measures.get(row.matt_id)
        towards = [f"måttet {measure.name}"] if measure else []
        towards += [f"indikatorn {name}" for name in indicators_of(row, published)]
        yield (
            f"{row.namn} ({row.typ})",
            " → ".join(towards) or "styr inte mot något mått",
            links.measure_page(measure.id) if measure else "",
        )


def _indicators(followed: Records, report: Report) -> Iterator[tuple[Indicator, Topic]]:
    """Each indikator that is steered towards, with the first nyckeltal that the report judges it by."""
    names = {name for row in followed for name in indicators_of(row, report.published)}
    for indicator in report.published.indicators:
        own = {measure.id for measure in indicator.measures}
        topic = next((topic for topic in report.topics if topic.measure.id in own), None)
        if indicator.name in names and topic is not None:
            yield indicator, topic


def _starts(row: Record, published: Published) -> dict[str, date]:
    """Huvudman → when the satsning began there: the day of the expectation, otherwise that of the satsning."""
    starts = {area.id: row.start for area in published.principals} if row.start else {}
    # The last row says what holds: without a day, the expectation was taken back.
    newest = {(e.nyckeltal_id, e.huvudman_id): e.start for e in published.content.belonging("forvantan", row)}
    return starts | {area_id: start for (_, area_id), start in newest.items() if start is not None}


def _timeline(
    starts: dict[str, date], steered: list[Measure], indicators: list[tuple[Indicator, Topic]], published: Published
) -> Timeline | None:
    panels = [panel for measure in steered for panel in _panels(measure, published)]
    panels += [panel for indicator, topic in indicators if (panel := _county_panel(indicator, topic))]
    if not panels:
        return None
    where: dict[date, list[str]] = {}
    for area in published.principals:
        if area.id in starts:
            where.setdefault(starts[area.id], []).append(area.name)
    # Where it is the same everywhere nobody is named.
    whose = {day: f" {formatting.join(names)}" if len(where) > 1 else "" for day, names in where.items()}
    began = "".join(f" Start{whose[day]}: {formatting.day(day)}." for day in sorted(where))
    lines = {
        day.year + (day.timetuple().tm_yday - 1) / 365.25: f"start{_in_drawing(whose[day], len(where[day]))}"
        for day in where
    }
    spoken = f"Över tid, uppifrån: {formatting.join([p.title for p in panels])}.{began}"
    return Timeline(timeline_svg(panels, lines, spoken), spoken)


def _in_drawing(names: str, count: int) -> str:
    return names if not names or count <= _NAMED_AT_MOST else f" hos {formatting.count_word(count)} huvudmän"


def _panels(measure: Measure, published: Published) -> Iterator[Panel]:
    """What is counted by month or quarter first, then the yearly values that the mått is shown with."""
    for use in measure.uses:
        rows = published.content.where("xmr", nyckeltal_id=use.kpi_id, kon="T")
        if rows:
            parts: list[list[Record]] = []
            for row in rows:
                if parts and parts[-1][-1].omrade_id == row.omrade_id and follows(parts[-1][-1], row):
                    parts[-1].append(row)
                else:
                    parts.append([row])
            own = tuple(tuple((middle(row), row.varde) for row in part) for part in parts)
            yield Panel(f"{published.kpis[use.kpi_id].title}, per period", own)
    for use in choice.headline(measure, published):
        scope = scope_of(published.kpis[use.kpi_id], published)
        if scope and not scope.coded:
            own = tuple(series for area in scope.principals for series in _yearly(scope, area))
            country = tuple(_yearly(scope, scope.country)) if scope.country else ()
            yield Panel(f"{measure.short or measure.name}, per år ({scope.kpi.unit})", own, country)


def _county_panel(indicator: Indicator, topic: Topic) -> Panel | None:
    """The county as a whole, and riket where the two may stand beside each other."""
    line = {year: shown.value for year, shown in topic.county_line.items()}
    if not line:
        return None
    country = {year: shown.value for year in line if (shown := topic.country_at(year))} if topic.beside_country else {}
    comparable = topic.series.comparable
    whose = "länet" if topic.beside_country else "kommunernas medel"
    title = f"Indikatorn {indicator.name}, {whose}, per år ({topic.kpi.unit})"
    return Panel(title, tuple(_unbroken(line, comparable)), tuple(_unbroken(country, comparable)))


def _yearly(scope: Scope, area: Area) -> Iterator[Series]:
    """The values of an area."""
    values = {year: value for year in scope.years_of([area]) if (value := scope.value(area, year)) is not None}
    return _unbroken(values, scope.series.comparable)


def _unbroken(values: dict[int, float], comparable: Callable[[int, int], bool]) -> Iterator[Series]:
    """Values by year in parts that measure the same: no line is drawn across a break."""
    for part in segments(list(values.items()), comparable):
        yield tuple((year + 0.5, value) for year, value in part)


def _cycles(row: Record, published: Published) -> Iterator[Cycle]:
    """Those that are decided, and those that somebody has answered about."""
    content = published.content
    decided = {cycle.cykel: cycle for cycle in content.belonging("pdsa", row)}
    prefix = f"{row.satsning_id}."
    answers = [a.objekt_id for a in content["svar_nu"] if a.objekt == answered.CYCLE and a.objekt_id.startswith(prefix)]
    for number in sorted({*decided, *(int(object_id.removeprefix(prefix)) for object_id in answers)}):
        cycle = decided.get(number)
        seen = content.where("titt", satsning_id=row.satsning_id, cykel=number)
        yield Cycle(
            heading=f"PDSA, cykel {number}",
            steps=tuple(
                (label, _step(key, cycle, seen, content, f"{prefix}{number}")) for key, label in _STEPS.items()
            ),
            looks=tuple(look_tables(seen, published)),
            late=_late(cycle, seen, content, f"{prefix}{number}", published.run.day),
        )


def _late(cycle: Record | None, seen: Records, content: Content, cycle_id: str, today: date) -> str:
    """What should have been written, if anything."""
    if not cycle or cycle.resultat or answered.answers_to(content, answered.CYCLE, cycle_id, "resultat"):
        return ""
    if seen:
        return f"Siffrorna skrevs ner {formatting.day(seen[-1].observerad)}. Slutsatsen saknas."
    if cycle.planerad_titt and cycle.planerad_titt < today and not cycle.titt_gjord:
        return (
            f"Dagen då siffrorna skulle läsas har passerat {formatting.day(today)}, som uppgifterna gäller, och inget "
            "är antecknat. Det sker av sig självt bara där uppföljningsmåttet är ett mått eller ett nyckeltal."
        )
    return ""


def _step(key: str, cycle: Record | None, seen: Records, content: Content, cycle_id: str) -> str:
    """seen: what was written down of the figures by itself; words of the owners' own go before it."""
    value = getattr(cycle, key) if cycle else None
    if value is not None:
        return formatting.day(value) if isinstance(value, date) else str(value)
    if seen and key == "titt_gjord":
        return f"{formatting.day(seen[-1].observerad)} (nedskrivna av malbild)"
    if seen and key == "siffror":
        return "Se tabellen nedan. Den ändras inte när siffrorna revideras."
    answers = answered.answers_to(content, answered.CYCLE, cycle_id, key)
    as_day = key in ("planerad_titt", "titt_gjord")
    said = answered.in_words(answers, (lambda t: formatting.day(date.fromisoformat(t))) if as_day else str)
    return said or ("ej beslutat" if key == "agera" else "saknas")


def _missing(
    starts: dict[str, date], followed: Records, charts: tuple[PeriodChart, ...], cycles: tuple[Cycle, ...], who: str
) -> Iterator[str]:
    name = formatting.capital(who)
    if not followed:
        yield f"Uppföljningsmått saknas. {name} kan ange vad satsningen följs med, i arbetsboken från malbild fraga."
    if any(measure.matt_id is None for measure in followed):
        yield f"Något uppföljningsmått styr inte mot ett mått. {name} kan ange vilket."
    if not charts:
        yield (
            "Månads- och kvartalsvärden saknas. Huvudmännen kan lämna dem för ett mått som lämnas lokalt, i "
            "mallen från malbild lokal mall --period manad."
        )
    if not starts:
        yield f"När satsningen började är inte angivet. {name} kan ange dagen."
    elif charts and len(set(starts.values())) == 1:
        yield "När satsningen började hos var och en av huvudmännen är inte angivet: samma dag ritas för alla."
    if not cycles:
        yield f"Ingen cykel av PDSA är skriven. {name} kan skriva den i bladet PDSA i arbetsboken från malbild fraga."
