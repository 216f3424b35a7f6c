"""Läget på en sida: what got better or worse, where kommuner differ, what must be decided and what is not known.

Two sentences, a row for each mått that can be judged, at most five points to take a stand on with the results first,
and three lines on what is not known. No composite score and no ranking of kommuner. Own processing throughout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dashboards import cite, formatting
from dashboards.context import Report
from dashboards.figures import svg
from dashboards.pages import choice, counts, links, organisation, status, wording
from dashboards.pages.status import BETTER, SURE, WORSE
from dashboards.readings import Reading, Topic
from pipelines.rows import Record

ROWS_AT_MOST = 11
# A spread below this is not surely more than the noise: the root of χ²(8)/8 at 95 %, of nine kommuner.
NOISE = 1.4
_LINE_AT_LEAST = 3
# Riket is the comparator that every reader knows.
_FIRST = "säkert sämre än riket"
POINTS_AT_MOST, MEASURING_AT_MOST = 5, 2
# What is known better beside an exact comparison than beside an approximate one is ranked so.
_RESULTS = {
    "säkert sämre än riket": "Vad beror det på, och vem möter det?",
    "säkert sämre än liknande": "Vad gör liknande områden annorlunda?",
    "har försämrats mer än riket": "Ska utvecklingen brytas, och hur?",
    "spridningen har vidgats": "Ska skillnaderna minska, och vem börjar?",
}
_EXAMPLES, _ASKED_BY_NAME = 2, 2
_WIDTH, _HEIGHT = 215.0, 36.0


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A mått: its name and page, the county's direction, the two drawings and one sentence."""

    name: str
    goal: str
    page: str
    direction: wording.Direction
    line: Markup | None
    strip: Markup | None
    words: str


@dataclass(frozen=True, slots=True)
class Point:
    """Something to take a stand on. page: of the mått, if it is about one."""

    heading: str
    page: str | None
    fact: str
    ground: str
    who: str
    question: str


@dataclass(frozen=True, slots=True)
class Front:
    """lead: two sentences. no_points: what would have been a result, when there is none. left_out: mått in no row."""

    lead: str
    rows: tuple[MeasureRow, ...]
    points: tuple[Point, ...]
    no_points: str
    unknown: tuple[str, ...]


def front(report: Report) -> Front:
    """Page 1."""
    chosen = tuple(_chosen(report.topics))
    bad, measuring = list(results(report)), list(_measuring(report))
    points = bad[:POINTS_AT_MOST]
    points += measuring[: min(MEASURING_AT_MOST, POINTS_AT_MOST - len(points))]
    return Front(
        lead=_lead(report),
        rows=tuple(_row(topic) for topic in chosen[:ROWS_AT_MOST]),
        points=tuple(points),
        no_points=""
        if bad
        else "Inget värde är säkert sämre än riket eller liknande områden, ingen riktning är säkert sämre än rikets "
        "och ingen spridning har säkert vidgats.",
        unknown=tuple(_unknown(report)),
    )


def _chosen(topics: Sequence[Topic]) -> Iterator[Topic]:
    """For each mått the nyckeltal that says most: an exact comparison before an approximate, then the farthest."""

    def weight(topic: Topic) -> tuple[bool, float]:
        exact = any(not r.approximate for r in topic.newest)
        return exact, max((abs(r.distance) for r in topic.newest), default=0.0)

    for measure_id in dict.fromkeys(topic.measure.id for topic in topics):
        yield max((t for t in topics if t.measure.id == measure_id), key=weight)


# The lead


def _lead(report: Report) -> str:
    moved = {kind: _moved(report.topics, kind) for kind in ("samre", "battre")}
    sentences = []
    if moved["samre"] or moved["battre"]:
        parts = []
        for kind, word in (("samre", "sämre"), ("battre", "bättre")):
            topics = moved[kind]
            if topics:
                number = formatting.count_word(len(topics), neuter=True)
                examples = [f"{_inside(t)} ({wording.span(t)})" for t in topics[:_EXAMPLES]]
                named = ", bland dem" if len(topics) > _EXAMPLES else ":"
                parts.append(f"{number} mått har blivit {word} i länet{named} {formatting.join(examples)}")
            else:
                parts.append(f"inget har säkert blivit {word}")
        sentences.append(formatting.capital("; ".join(parts)) + ".")
    else:
        sentences.append("Inget mått har säkert blivit bättre eller sämre i länet.")
    apart = [t for t in report.topics if t.spread and t.spread.ganger_arsvariation and wording.extremes(t)]
    exact = [t for t in apart if not t.approximate(t.of_kommuner[0].year)] or apart
    of = len(report.published.measures)
    unknown = of - choice.count_with_data(report.published.measures, report.published)
    rest = (
        f"{formatting.capital(formatting.count_word(unknown, neuter=True))} av {of} mått kan inte följas."
        if unknown
        else ""
    )
    if exact:
        sentences.append(f"Störst är skillnaden mellan kommunerna här: {wording.from_to(_widest(exact))}.")
    return " ".join([*sentences, rest]).strip()


def _widest(topics: Sequence[Topic]) -> Topic:
    """In percentage points among those that differ beyond the noise; without such, in times the noise."""

    def times(topic: Topic) -> float:
        return float(topic.spread.ganger_arsvariation) if topic.spread else 0.0

    shares = [t for t in topics if t.kpi.unit == "%" and t.spread and times(t) >= NOISE]
    if shares:
        return max(shares, key=lambda t: (t.spread.spannvidd if t.spread else 0, t.kpi.id))
    return max(topics, key=lambda t: (times(t), t.kpi.id))


def _moved(topics: Sequence[Topic], kind: str) -> list[Topic]:
    """One for each mått whose county has that direction, the largest change first."""
    by_measure: dict[str, Topic] = {}
    for topic in topics:
        if wording.county_direction(topic).kind == kind and wording.over_time(topic):
            by_measure.setdefault(topic.measure.id, topic)
    return list(by_measure.values())


def _inside(topic: Topic) -> str:
    return formatting.lowered(topic.label)


# The rows


def _row(topic: Topic) -> MeasureRow:
    return MeasureRow(
        name=topic.label,
        goal=", ".join([topic.goal.name.split(",")[0], *([topic.kpi.unit] if topic.kpi.unit != "%" else [])]),
        page=links.measure_page(topic.measure.id),
        direction=wording.county_direction(topic),
        line=_line(topic),
        strip=_strip(topic),
        words=" ".join(_sentences(topic)),
    )


def _line(topic: Topic) -> Markup | None:
    values = list(topic.county_line.values())
    if len(values) < _LINE_AT_LEAST:
        return None
    first, last = values[0], values[-1]
    years = topic.series.years([topic.published.country], "T") if topic.published.country else []
    country = [(year, shown.value) for year in years if year >= first.year and (shown := topic.country_at(year))]
    breaks = [(b.sista_gamla_ar, b.ar) for b in topic.series.breaks.values()]
    spoken = f"{topic.label}, länet {first.year}–{last.year}: {topic.text(first)} till {topic.text(last)}"
    own = [(shown.year, shown.value) for shown in values]
    return svg.spark(own, country, breaks, topic.series.comparable, spoken, label=topic.text(last, unit=False))


def kind_of(reading: Reading) -> str:
    """How a mark is drawn."""
    return "battre" if reading.against in BETTER else "samre" if reading.against in WORSE else "lika"


def _strip(topic: Topic) -> Markup | None:
    """A dot for each kommun, better to the right, riket as a line; worst and best named with their values."""
    readings = list(topic.of_kommuner)
    ends = wording.extremes(topic)
    if not topic.kommuner and topic.of_region is not None:
        return _among_regions(topic.of_region)
    if len(readings) < 2 or ends is None:
        return None
    year = readings[0].year
    country = topic.country_at(year)
    values = [r.value * topic.better_right for r in readings] + (
        [country.value * topic.better_right] if country else []
    )
    low, high, inset = min(values), max(values), 12.0

    def x(value: float) -> float:
        return inset + (_WIDTH - 2 * inset) * (value * topic.better_right - low) / (high - low)

    y = 25.0
    parts = [svg.line(x(ends[0][0].value), y, x(ends[1][0].value), y, "l-spann")]
    if country:
        parts.append(svg.line(x(country.value), y - 9, x(country.value), y + 9, "l-streck"))
    marks = [svg.Mark(x(r.value) / _WIDTH, kind_of(r), r.against in SURE) for r in readings]
    for mark, at, step in svg.swarm(marks, _WIDTH, 3.4):
        parts.append(svg.glyph(at, y - step * 4.2, mark.kind, sure=mark.sure, size=3.6))
    worst, best = (f"{_short_names(end)} {topic.text(end[0].shown, unit=False)}" for end in ends)
    parts.append(svg.text(2, 10, worst, "t-namn"))
    parts.append(svg.text(_WIDTH - 2, 10, best, "t-namn", "end"))
    spoken = f"{topic.label} {year}, kommunerna: {worst} till {best}" + (
        f", riket {topic.text(country)}" if country else ""
    )
    return svg.drawing(_WIDTH, _HEIGHT, spoken, parts, "remsa")


def _among_regions(reading: Reading) -> Markup | None:
    """A mått of the region's alone: the region among the country's regions."""
    topic, country = reading.topic, reading.country
    spread = topic.series.country.get((reading.area.kind, reading.year))
    if spread is None or country is None or spread.p025 == spread.p975:
        return None
    low, high = sorted((spread.p025 * topic.better_right, spread.p975 * topic.better_right))
    low, high = min(low, reading.value * topic.better_right), max(high, reading.value * topic.better_right)
    inset, y = 12.0, 25.0

    def x(value: float) -> float:
        return float(inset + (_WIDTH - 2 * inset) * (value * topic.better_right - low) / (high - low))

    words = f"{reading.area.name} {topic.text(reading.shown, unit=False)}"
    at = x(reading.value)
    anchor = "start" if at < _WIDTH / 2 else "end"
    parts = [
        svg.line(inset, y, _WIDTH - inset, y, "l-spann"),
        svg.line(x(country.value), y - 9, x(country.value), y + 9, "l-streck"),
        svg.glyph(at, y, kind_of(reading), sure=reading.against in SURE, size=3.6),
        svg.text(max(2.0, min(_WIDTH - 2, at)), 10, words, "t-namn", anchor),
    ]
    spoken = f"{topic.label} {reading.year}: {words} bland landets regioner, riket {topic.text(country)}"
    return svg.drawing(_WIDTH, _HEIGHT, spoken, parts, "remsa")


def _short_names(readings: Sequence[Reading]) -> str:
    return readings[0].area.name if len(readings) == 1 else f"{readings[0].area.name} m.fl."


def _sentences(topic: Topic) -> Iterator[str]:
    """The county over time or today, beside riket where that is fair; what else must be known."""
    values, trend = topic.county_values, topic.county_trend
    over = wording.over_time(topic) if wording.county_direction(topic).kind in _MOVED else None
    who = "Länet" if topic.of_region is not None else "Kommunernas medel"
    if over:
        text = f"{who} {over[0]} → {over[1]}"
        if topic.of_region is not None and trend and (first := topic.country_at(trend.fran_ar)):
            now = topic.country_at(trend.till_ar)
            text += f"; riket {topic.text(first)} → {topic.text(now)}" if now else ""
        yield f"{text}."
    elif values:
        last = values[max(values)]
        beside = wording.beside(topic, last.year)
        who = "Länet" if topic.beside_country else who
        yield f"{who} {topic.text(last)} ({last.year}){f'; {beside}' if beside else ''}."
        if topic.of_region is None and topic.beside_country and (mean := topic.county_line.get(last.year)):
            yield f"Linjen är kommunernas medel, {topic.text(mean)}."
    region = topic.of_region
    if region and region.against in (*BETTER, *WORSE):
        yield f"Regionen är {region.against} än riket."
    if latest := wording.latest(trend, topic, topic.county_line):
        yield f"{formatting.capital(latest)}{'' if over else ', för få för en säker riktning'}."
    newest = max(topic.series.breaks, default=0)
    if values and min(values) < newest <= max(values):
        yield f"Mäts på nytt sätt från {newest}."
    if topic.ended:
        yield f"Nyckeltalet upphör {topic.kpi.ended}."
    if topic.corrected:
        yield f"{formatting.capital(topic.corrected)}."
    if values and topic.approximate(max(values)):
        yield "≈ Länets enkät är en annan än rikets."


_MOVED = ("battre", "samre", "upp", "ned")


# Att ta ställning till


def results(report: Report) -> Iterator[Point]:
    """One for each mått with a result that is sure and bad; exact before approximate, then the farthest from usual."""
    topics = {topic.kpi.id: topic for topic in report.topics}
    by_measure: dict[str, list[Record]] = {}
    for row in report.published.findings:
        if row.slag in _RESULTS and row.nyckeltal_id in topics:
            by_measure.setdefault(topics[row.nyckeltal_id].measure.id, []).append(row)

    def weight(row: Record) -> tuple[bool, float]:
        return not topics[row.nyckeltal_id].approximate(row.ar), abs(row.avstand or 0)

    ranked = sorted(by_measure.values(), key=lambda rows: (max(map(weight, rows)), rows[0].matt_id), reverse=True)
    for rows in ranked:
        against_country = [row for row in rows if row.slag == _FIRST]
        strongest = max(against_country or rows, key=weight)
        topic = topics[strongest.nyckeltal_id]
        same = [row for row in rows if row.slag == strongest.slag and row.nyckeltal_id == topic.kpi.id]
        yield Point(
            heading=topic.label,
            page=links.measure_page(topic.measure.id),
            fact=_fact(same, topic),
            ground=_ground(strongest, topic),
            who=_asked(same),
            question=_RESULTS[strongest.slag],
        )


def _asked(rows: Sequence[Record]) -> str:
    """Whose question it is; how many where they are more than two."""
    names = list(dict.fromkeys(row.fraga_till for row in rows))
    few = (
        formatting.join(names)
        if len(names) <= _ASKED_BY_NAME
        else f"de {formatting.count_word(len(names))} huvudmännen"
    )
    return formatting.capital(few)


def _fact(rows: Sequence[Record], topic: Topic) -> str:
    first, names = rows[0], topic.published.area_names
    if first.slag == "spridningen har vidgats":
        then, now = (_deviation(topic, column) for column in ("spridning_da", "spridning_nu"))
        years = f"{first.jamfort_med}–{first.ar}"
        return f"skillnaden mellan kommunerna har vidgats {years} (standardavvikelse {then} → {now})"
    if first.slag == "har försämrats mer än riket":
        parts = [f"{names[row.omrade_id]} {_moved_text(row, topic)}" for row in rows]
        return f"{formatting.join(parts)}: har försämrats mer än riket"
    values = [f"{names[row.omrade_id]} {_value(row, topic)}" for row in rows]
    if first.slag == _FIRST:
        country = topic.country_at(first.ar)
        other = f"riket {topic.text(country)}" if country else "riket"
    else:
        reading = topic.readings.get(first.omrade_id)
        similar = f" {topic.text(reading.similar)}" if reading and reading.similar else ""
        other = f"liknande områden{similar}"
    return f"{formatting.join(values)} mot {other} ({first.ar}): säkert sämre"


def _deviation(topic: Topic, column: str) -> str:
    value = getattr(topic.spread, column)
    return cite.figure(formatting.number(value, topic.decimals), value, _spread_place(topic, column))


def _spread_place(topic: Topic, column: str) -> str:
    assert topic.spread is not None
    return cite.place("spridning", topic.kpi.id, None, topic.spread.ar, column=column)


def _value(row: Record, topic: Topic) -> str:
    shown = topic.value_at(row.omrade_id, row.ar)
    return topic.text(shown) if shown else formatting.number(row.varde, topic.decimals)


def _moved_text(row: Record, topic: Topic) -> str:
    trend = topic.series.trends.get(row.omrade_id)
    ends = [topic.value_at(row.omrade_id, year) for year in (trend.fran_ar, trend.till_ar)] if trend else []
    return " → ".join(f"{topic.text(shown)} ({shown.year})" for shown in ends if shown)


def _ground(row: Record, topic: Topic) -> str:
    approximate = "; ungefärlig jämförelse, enkäterna är olika" if topic.approximate(row.ar) else ""
    if row.slag.startswith("säkert"):
        return f"grund: {row.grund}{approximate}"
    return "håller också när många prövas" if row.haller else "troligen: utanför årsvariationen"


def _measuring(report: Report) -> Iterator[Point]:
    """What must be decided about the measuring itself."""
    published, content = report.published, report.published.content
    board, steering = organisation.board(content), organisation.steering(content)
    for row in published.findings:
        if row.slag == "nyckeltalet har upphört":
            measure = next(m for m in published.measures if m.id == row.matt_id)
            yield Point(
                measure.short or measure.name,
                links.measure_page(measure.id),
                f"mäts inte efter {row.ar}",
                "",
                formatting.capital(steering),
                "Vilket nyckeltal tar vid?",
            )
    for indicator in (i for i in published.indicators if not i.measures):
        yield Point(
            indicator.name,
            links.indicator_part(indicator.id),
            "indikatorn har inget mått",
            "",
            formatting.capital(f"{board} och {steering}"),
            "Ska ett gemensamt mått tas fram, och av vem?",
        )
    if not any(
        target.mal != status.NO_TARGET for series in published.series.values() for target in series.targets.values()
    ):
        yield Point(
            "Målvärden",
            None,
            "inga är beslutade, så rapporten kan inte säga om målen nås",
            "",
            formatting.capital(board),
            "För vilka mått ska de sättas?",
        )


# Vad vi inte vet

_STATES = {
    choice.NO_VALUES: "har nyckeltal men inga värden",
    choice.OUTSIDE: "finns inte i den öppna statistiken",
    choice.INDIRECT: "belyses bara indirekt",
    choice.LACKING: "saknar lämpligt mått",
    choice.OTHERS: "gäller den andra huvudmannen",
}


def _unknown(report: Report) -> Iterator[str]:
    published = report.published
    states = counts.states(published.measures, published)
    parts = [f"{_measures_count(states[state], state)} {text}" for state, text in _STATES.items() if states[state]]
    lacking = [i.name for i in published.indicators if not i.measures]
    if lacking:
        parts.append(f"{formatting.join(lacking)} har inget mått alls")
    if parts:
        yield f"Av {len(published.measures)} mått: {formatting.join(parts)}."
    years = Counter(max(r.year for r in topic.readings.values()) for topic in report.topics)
    if years:
        newest = max(years)
        older = [
            f"{year} för {formatting.count_word(n, neuter=True)} nyckeltal"
            for year, n in sorted(years.items(), reverse=True)
            if year < newest
        ]
        yield f"De nyaste värdena är från {newest}{f' ({formatting.join(older)})' if older else ''}."
    tested = [t for topic in report.topics for t in _tested(topic)]
    if tested:
        held = sum(bool(t.haller) for t in tested)
        chance = 0.05 * len(tested)
        yield (
            f"{len(tested)} riktningar är prövade: av ren slump skulle ungefär {formatting.number(chance, 0)} se säkra "
            f"ut. {held} håller också för det. Varför något ändras säger talen inte."
        )
    not_judged = [r for topic in report.topics for r in topic.readings.values() if r.against == status.NOT_JUDGED]
    if not_judged:
        total = sum(len(topic.readings) for topic in report.topics)
        without = sum(r.country is None for r in not_judged)
        why = ", för riksvärde saknas" if without == len(not_judged) else f"; för {without} saknas riksvärde"
        yield f"{len(not_judged)} av {total} värden kan inte bedömas mot riket{why}."


def _tested(topic: Topic) -> Iterator[Record]:
    trends = [r.trend for r in topic.readings.values()]
    if topic.of_region is None:
        trends.append(topic.county_trend)
    yield from (t for t in trends if t is not None and t.p_varde is not None)


def _measures_count(n: int, state: str) -> str:
    row = counts.CountRow(counts.COUNTY, counts.MEASURES, choice.STATE_WORDS[state], n, None)
    return cite.figure(formatting.count(n), n, f"{row.place}/antal")
