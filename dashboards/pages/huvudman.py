"""A huvudman's own two pages: what goes better and worse, every mått beside riket, what stands out, and whom to ask.

Page 1 is three sentences and a barometer; page 2 what stands out, women and men where they differ, whom to learn from,
what is missing and what comes. A mått of the other kind of huvudman is not shown. Own processing throughout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from markupsafe import Markup

from dashboards import cite, formatting
from dashboards.context import Report
from dashboards.figures import svg
from dashboards.kpi.scope import peer_noun
from dashboards.kpi.sentences import APART
from dashboards.kpi.tables import MODEL, inhabitants
from dashboards.pages import choice, coming, comments, corrections, links, organisation, status, wording
from dashboards.pages.front import kind_of
from dashboards.pages.status import BETTER, SURE, WORSE
from dashboards.reading.content import Content
from dashboards.reading.published import Area, Measure
from dashboards.readings import Reading, Shown, Topic, of_principal
from pipelines.rows import Record

ROWS_AT_MOST = 13
_OUT_AT_MOST, _GENDER_AT_MOST, _LEARN_AT_MOST = 3, 3, 2
_NAME_AT_MOST = 15
_LABEL_AT_MOST = 17
# The size of the bold letters in the drawings.
_LABEL = 10.0
_WIDTH, _HEIGHT = 190.0, 30.0
# Signs of the huvudman's own comment; the page is full.
_ROOM_ON_PAGE_1 = 600


@dataclass(frozen=True, slots=True)
class Box:
    """One of the three sentences: what it is, the figure large, and the words."""

    kind: str
    heading: str
    figure: str
    beside: str
    words: str

    @property
    def sentence(self) -> str:
        """All of it in running text: 'Säkert sämre än riket: 74 % tycker att … (riket 84 %, 2022). Plats …'."""
        if not self.beside:
            return f"{self.heading}: {self.figure}. {self.words}"
        first, _, rest = self.words.partition(". ")
        said = f"{self.heading}: {self.figure} {formatting.lowered(first.removesuffix('.'))} ({self.beside})."
        return f"{said} {rest}" if rest else said


@dataclass(frozen=True, slots=True)
class BarometerRow:
    """A mått of the huvudman. goal: the målområde, on the first row of it."""

    goal: str
    name: str
    note: str
    page: str
    value: str
    year: str
    strip: Markup
    country: str
    sign: str
    similar: str
    county: str
    county_sign: str
    against: str
    against_kind: str
    direction: wording.Direction
    latest: str


@dataclass(frozen=True, slots=True)
class Outlier:
    """What stands out against riket: a small drawing and a sentence."""

    kind: str
    sure: bool
    name: str
    page: str
    drawing: Markup
    words: str
    kpi_id: str


@dataclass(frozen=True, slots=True)
class GenderRow:
    """Women and men where they differ."""

    name: str
    year: str
    drawing: Markup
    words: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """Whom to learn from."""

    name: str
    drawing: Markup
    words: str


@dataclass(frozen=True, slots=True)
class PrincipalSheet:
    """What the template shows. count: so many of so many mått. comment: the huvudman's own words;
    words: those about its mått, each with the mått's name. profile: it is one of `Report.as_profiles`."""

    area: Area
    profile: bool
    boxes: tuple[Box, ...]
    count: str
    rows: tuple[BarometerRow, ...]
    notes: tuple[str, ...]
    comment: comments.CommentText | None
    words: tuple[tuple[str, comments.CommentText], ...]
    worse: tuple[Outlier, ...]
    better: tuple[Outlier, ...]
    others: str
    gender_lead: str
    genders: tuple[GenderRow, ...]
    lessons: tuple[Lesson, ...]
    lessons_lead: str
    missing_heading: str
    missing: tuple[tuple[str, str], ...]
    coming: tuple[tuple[str, str], ...]
    others_name: str
    """'kommuner' or 'regioner': those it is compared with."""


def principal_sheets(report: Report) -> list[PrincipalSheet]:
    """One for each huvudman, in the report's order."""
    return [_sheet(report, area) for area in report.published.principals]


def _sheet(report: Report, area: Area) -> PrincipalSheet:
    topics = [topic for topic in report.topics if area.id in topic.readings]
    readings = [topic.readings[area.id] for topic in topics]
    measures = of_principal(report.published.measures, area)
    having = {m.id for m in measures if any(_measures_it(topic, m) for topic in topics)}
    worse = _outliers(readings, WORSE)
    better = _outliers(readings, BETTER)
    content = report.published.content
    comment, words = (None, ()) if report.as_profiles else _own_words(content, area, report.edition.decided_id)
    return PrincipalSheet(
        area=area,
        profile=report.as_profiles,
        boxes=tuple(_boxes(readings)),
        count=f"{formatting.capital(formatting.count_word(len(having), neuter=True) if having else 'inget')} av "
        f"{len(measures)} mått har värden.",
        rows=tuple(_rows(readings[:ROWS_AT_MOST])),
        notes=tuple(_notes(readings, area, report)),
        comment=comment,
        words=words,
        worse=tuple(_outlier(r) for r in worse[:_OUT_AT_MOST]),
        better=tuple(_outlier(r) for r in better[:_OUT_AT_MOST]),
        others=_others(readings, worse, better),
        gender_lead=_gender_lead(readings),
        genders=tuple(_gender_row(r) for r in _gender_apart(readings)[:_GENDER_AT_MOST]),
        lessons=tuple(islice(_lessons(readings), _LEARN_AT_MOST)),
        lessons_lead=f"av liknande {peer_noun(area)} enligt Kolada",
        missing_heading=f"Saknas: {len(measures) - len(having)} av {len(measures)} mått",
        missing=tuple(_missing(report, [m for m in measures if m.id not in having])),
        coming=tuple(coming.figures(report, tuple(topics))),
        others_name=peer_noun(area),
    )


def _own_words(
    content: Content, area: Area, issue: str | None
) -> tuple[comments.CommentText | None, tuple[tuple[str, comments.CommentText], ...]]:
    """What the huvudman says of the whole, and of its mått; what page 1 has no room for stands first on page 3."""
    comment = comments.comment(content, comments.PRINCIPAL, area.id, issue)
    words = comments.words_of(content, area.id, issue)
    if comment and sum(len(text) for _, texts in comment.parts for text in texts) > _ROOM_ON_PAGE_1:
        moved = comments.CommentText((("Helheten", ("Kommentaren står på sida 3.",)),), comment.signature)
        return moved, (("Helheten", comment), *words)
    return comment, words


def _measures_it(topic: Topic, measure: Measure) -> bool:
    return any(use.kpi_id == topic.kpi.id for use in choice.main_kpis(measure))


def _ordered(readings: Sequence[Reading]) -> list[Reading]:
    """Exact comparisons first, then the farthest from riket."""
    return sorted(readings, key=lambda r: (r.approximate, -abs(r.distance), r.topic.kpi.id))


def _outliers(readings: Sequence[Reading], words: Sequence[str]) -> list[Reading]:
    return _ordered([r for r in readings if r.against in words and r.country is not None])


# The three sentences


def _boxes(readings: Sequence[Reading]) -> Iterator[Box]:
    best, worst = _outliers(readings, BETTER), _outliers(readings, WORSE)
    yield (
        _against_box(best[0], "battre")
        if best
        else Box("ingen", "Bättre än riket", "inget", "", "Inget värde är säkert eller troligen bättre än riket.")
    )
    yield _time_box(readings)
    yield (
        _against_box(worst[0], "samre")
        if worst
        else Box("ingen", "Sämre än riket", "inget", "", "Inget värde är säkert eller troligen sämre än riket.")
    )


def _against_box(reading: Reading, kind: str) -> Box:
    country = reading.country
    assert country is not None
    words = [f"{formatting.capital(_said(reading))}."]
    if reading.approximate:
        words.append("Ungefärlig jämförelse: värdena kommer ur två olika enkäter.")
    elif place := _place(reading):
        words.append(place)
    return Box(
        kind,
        f"{formatting.capital(reading.against)} än riket",
        reading.text,
        f"riket {reading.topic.text(country)}, {reading.year}",
        " ".join(words),
    )


def _said(reading: Reading) -> str:
    return reading.topic.kpi.words or formatting.lowered(reading.topic.label)


def _place(reading: Reading) -> str:
    at = reading.position
    if at is None or at.plats is None or at.ungefarlig:
        return ""
    source = cite.place("placering", reading.topic.kpi.id, reading.area.id, reading.year, column="plats")
    place = cite.figure(str(at.plats), at.plats, source)
    span = f"; mellan {at.plats_nedre} och {at.plats_ovre} med årsvariationen" if at.plats_nedre is not None else ""
    return f"Plats {place} av {at.antal_med_varde}{span}."


def _time_box(readings: Sequence[Reading]) -> Box:
    """The direction that stands: what has become worse before what has become better; else the latest measurements."""
    moved = [(r, wording.own_direction(r)) for r in readings]
    for kind in ("samre", "battre"):
        for reading, direction in moved:
            ends = reading.trend_ends
            if direction.kind == kind and ends is not None:
                first, last = ends
                country = [reading.topic.country_at(shown.year) for shown in ends]
                words = f"{formatting.capital(_said(reading))}."
                if country[0] and country[1]:
                    words += f" Riket gick från {reading.topic.text(country[0])} till {reading.topic.text(country[1])}."
                against = reading.trend.mot_riket if reading.trend else None
                return Box(
                    kind,
                    f"{formatting.capital(direction.word)}{f', {against}' if against else ''}",
                    f"{reading.topic.text(first)} → {reading.topic.text(last)}",
                    f"{first.year}–{last.year}",
                    words,
                )
    tested = sum(r.trend is not None and r.trend.p_varde is not None for r in readings)
    turned = next((r for r in readings if r.trend and r.trend.senaste and "fel håll" in r.trend.senaste), None)
    words = (
        f"Av {formatting.count_word(tested)} mått som kan prövas över tid har inget säkert blivit bättre eller sämre."
    )
    if turned and turned.trend:
        words += f" {turned.topic.label}: {wording.latest(turned.trend, turned.topic, _own_values(turned))}."
    return Box("ingen", "Över tid", "ingen säker ändring", "", words)


# The barometer


def _rows(readings: Sequence[Reading]) -> Iterator[BarometerRow]:
    goal = ""
    for reading in readings:
        topic = reading.topic
        country, middle = reading.country, topic.country_middle(reading.area.kind, reading.year)
        reference = country or middle
        county = reading.county
        direction = wording.own_direction(reading)
        yield BarometerRow(
            goal=topic.goal.name if topic.goal.name != goal else "",
            name=topic.label,
            note=_note(reading),
            page=f"../{links.measure_page(topic.measure.id)}",
            value=reading.text,
            year=str(reading.year),
            strip=_barometer(reading, reference, dashed=country is None),
            country=topic.text(reference, unit=False) if reference else "saknas",
            sign="m" if reference and country is None else "",
            similar=topic.text(reading.similar, unit=False) if reading.similar else "–",
            county=topic.text(county, unit=False) if county else "–",
            county_sign="k" if county and not topic.beside_country else "",
            against=f"{'≈ ' if reading.approximate and reading.against in (*BETTER, *WORSE) else ''}{reading.against}",
            against_kind=kind_of(reading),
            direction=direction,
            latest=_latest(reading, direction),
        )
        goal = topic.goal.name


def _note(reading: Reading) -> str:
    topic = reading.topic
    parts = [] if topic.kpi.unit == "%" else [topic.kpi.unit]
    if reading.corrected:
        parts.append(f"{corrections.REPLACED} av ägarna")
    if reading.approximate:
        parts.append("≈ annan enkät än rikets")
    if topic.ended:
        parts.append(f"upphör {topic.kpi.ended}")
    return "; ".join(parts)


def _latest(reading: Reading, direction: wording.Direction) -> str:
    """What the last measurements say where the years together say nothing."""
    return wording.since(reading.trend, reading.topic, _own_values(reading)) if direction.kind == "ingen" else ""


def _own_values(reading: Reading) -> dict[int, Shown]:
    years = reading.topic.series.years([reading.area], "T")
    return {year: shown for year in years if (shown := reading.topic.value_at(reading.area.id, year))}


def _barometer(reading: Reading, reference: Shown | None, *, dashed: bool) -> Markup:
    """The own value with its interval, on a scale with riket in the middle and better to the right.

    It runs from the 2.5th to the 97.5th percentile of the country; what lies beyond is an arrow at the edge.
    """
    topic, spread = reading.topic, reading.topic.series.country.get((reading.area.kind, reading.year))
    middle, y = _WIDTH / 2, _HEIGHT / 2
    if reference is None or spread is None or spread.antal_med_varde < 5:
        return svg.drawing(_WIDTH, _HEIGHT, f"{topic.label}: {reading.text}, inget att jämföra med", [])
    reach = max(abs(spread.p025 - reference.value), abs(spread.p975 - reference.value)) or 1.0
    unit = (_WIDTH / 2 - 8) / reach

    def x(value: float) -> float:
        return middle + max(-reach, min(reach, value - reference.value)) * topic.better_right * unit

    ends = sorted((x(spread.p025), x(spread.p975)))
    half = sorted((x(spread.p25), x(spread.p75)))
    kind = kind_of(reading)
    parts = [
        svg.line(ends[0], y, ends[1], y, "l-spann"),
        svg.box(half[0], y - 5, max(half[1] - half[0], 0.5), 10, "b-halften"),
        svg.line(middle, 0, middle, _HEIGHT, "l-streck l-median" if dashed else "l-streck"),
    ]
    if reading.half is not None:
        parts.append(
            svg.line(
                x(reading.value - reading.half), y, x(reading.value + reading.half), y, f"l-interval l-interval-{kind}"
            )
        )
    if reading.similar:
        at = x(reading.similar.value)
        parts += [svg.line(at, y - 4, at, y - 9, "l-stift"), svg.dot(at, y - 11, 2.4, "m-liknande")]
    if reading.county:
        at = x(reading.county.value)
        name = "m-lan-eget" if topic.beside_country else "m-lan"
        parts += [svg.line(at, y + 4, at, y + 9, "l-stift"), svg.box(at - 2.3, y + 9, 4.6, 4.6, name)]
    beyond = (reading.value - reference.value) * topic.better_right
    if abs(beyond) > reach:
        way = 1 if beyond > 0 else -1
        edge = middle + way * (_WIDTH / 2 - 2)
        parts.append(svg.shape([(edge - way * 7, y - 5), (edge - way * 7, y + 5), (edge, y)], f"m-{kind}"))
    else:
        parts.append(svg.glyph(x(reading.value), y, kind, sure=reading.against in SURE, size=4.4))
    other = "mittersta i landet" if dashed else "riket"
    spoken = f"{topic.label}: {reading.area.name} {reading.text}, {other} {topic.text(reference)}; {reading.against}"
    return svg.drawing(_WIDTH, _HEIGHT, spoken, parts, "barometer-rad")


def _notes(readings: Sequence[Reading], area: Area, report: Report) -> Iterator[str]:
    yield "Säkert och troligen: utanför den vanliga årsvariationen på 99,8 respektive 95 %."
    if any(r.approximate for r in readings):
        yield "≈ Länets värden kommer från en annan enkät än rikets: ungefärlig jämförelse."
    if any(r.country is None for r in readings):
        yield f"m Mittersta värdet bland landets {peer_noun(area)}; värde för riket saknas."
    if any(r.county and not r.topic.beside_country for r in readings):
        yield "k Kommunernas medel, varje kommun räknas lika; övriga är länets eget eller vägda värde."
    groups = {p.liknande_antal for r in readings if (p := r.position) is not None and p.liknande_antal}
    if groups:
        number = formatting.count_word(max(groups))
        yield f"Liknande: upp till {number} {peer_noun(area)} enligt Kolada, som grupperna är nu."
    if len(readings) > ROWS_AT_MOST:
        where = "ryms inte här" if report.as_profiles else "står på måttens egna sidor"
        yield f"{len(readings) - ROWS_AT_MOST} nyckeltal till {where}."


# What stands out


def _outlier(reading: Reading) -> Outlier:
    topic, country = reading.topic, reading.country
    assert country is not None
    words = f"{formatting.capital(reading.against)}: {reading.text} mot {topic.text(country)} i riket ({reading.year})."
    if reading.approximate:
        words = f"≈ {words} Enkäterna är olika."
    elif place := _place(reading):
        words = f"{words} {place}"
    broken = [year for year in topic.series.breaks if year <= reading.year]
    if broken:
        words += f" Mäts på nytt sätt från {max(broken)}."
    return Outlier(
        kind_of(reading),
        reading.against in SURE,
        topic.label,
        f"../{links.measure_page(topic.measure.id)}",
        _lines(reading),
        words,
        topic.kpi.id,
    )


def _lines(reading: Reading) -> Markup:
    """The own years against riket's, labelled at both ends; no line across a break."""
    topic = reading.topic
    years = topic.series.years([reading.area], "T")[-12:]
    own = [(y, v.value) for y in years if (v := topic.value_at(reading.area.id, y))]
    country = [(y, v.value) for y in range(years[0], years[-1] + 1) if (v := topic.country_at(y))]
    ends = [(own, "t-varde", reading.area.id, reading.area.name)]
    if country and topic.published.country:
        ends.append((country, "t-liten", topic.published.country.id, "riket"))

    def label(area_id: str, year: int) -> str:
        shown = topic.value_at(area_id, year)
        assert shown is not None
        return topic.text(shown, unit=False)

    start = label(reading.area.id, own[0][0]) if len(own) > 1 else ""
    numbers = [label(area_id, series[-1][0]) for series, _, area_id, _ in ends]
    labels = [
        f"{number} {short(who, _LABEL_AT_MOST - len(cite.plain(number)))}"
        for number, (*_, who) in zip(numbers, ends, strict=True)
    ]
    # Large numbers and long names take their room from the lines.
    width, height = 222.0, 80.0
    left = max(34.0, svg.width_of(start, _LABEL) + 7)
    right = max(104.0, svg.width_of(labels[0], _LABEL) + 10)
    values = [value for _, value in (*own, *country)]
    low, high, first, last = min(values), max(values), years[0], years[-1]

    def at(year: int, value: float) -> tuple[float, float]:
        x = left + (width - left - right) * ((year - first) / (last - first) if last > first else 1)
        return x, 58 - 48 * ((value - low) / (high - low) if high > low else 0.5)

    breaks = [(b.sista_gamla_ar, b.ar) for b in topic.series.breaks.values()]
    parts = [
        svg.line(left, 64, width - right, 64, "l-spann"),
        *svg.break_lines(breaks, (first, last), lambda year: at(year, low)[0], 4, 64),
        *svg.broken_line(country, topic.series.comparable, at, "l-riket"),
        *svg.broken_line(own, topic.series.comparable, at, "l-lan"),
        svg.dot(*at(*own[-1]), 2.8, "m-slut"),
    ]
    spots: list[float] = []
    for (series, name, _, _), words in zip(ends, labels, strict=True):
        y = _apart(at(*series[-1])[1] + 3.5, spots)
        parts.append(svg.text(width - right + 8, y, words, name))
    if start:
        parts.append(svg.text(left - 5, at(*own[0])[1] + 3.5, start, "t-varde", "end"))
    parts.append(svg.text(left, 76, str(first), "t-liten", "middle"))
    if last > first:
        parts.append(svg.text(width - right, 76, str(last), "t-liten", "middle"))
    spoken = f"{topic.label} {first}–{last}: {reading.area.name} och riket"
    return svg.drawing(width, height, spoken, parts)


def short(name: str, at_most: int = _NAME_AT_MOST) -> str:
    """A name that fits beside a line."""
    bare = name.removeprefix("Region ") if len(name) > 10 else name
    return bare if len(bare) <= at_most else f"{bare[: at_most - 1].rstrip()}…"


def _apart(y: float, spots: list[float]) -> float:
    """A label's height, moved so that it covers none of those that are set."""
    while any(abs(y - other) < 11 for other in spots):
        y += 11
    spots.append(y)
    return y


def _others(readings: Sequence[Reading], worse: Sequence[Reading], better: Sequence[Reading]) -> str:
    compared = [r for r in readings if r.country is not None and r.against != status.NOT_JUDGED]
    rest = len(compared) - len(worse) - len(better)
    if not compared:
        return "Inget värde kan jämföras med riket."
    chance = 0.05 * len(compared)
    expected = "färre än ett" if chance < 1 else f"ungefär {formatting.number(chance, 0)}"
    alike, of = formatting.count_word(rest), formatting.count_word(len(compared))
    apart = formatting.count_word(len(worse) + len(better))
    return (
        f"I {alike} av {of} jämförelser med riket syns ingen säker skillnad. "
        f"Av ren slump väntas {expected} hamna utanför; här är det {apart}."
    )


# Women and men


def _gender_apart(readings: Sequence[Reading]) -> list[Reading]:
    apart = [r for r in readings if r.gap and r.gap.bedomning in APART]
    return sorted(apart, key=lambda r: (-abs(r.gap.skillnad) / (r.gap.osakerhet or 1) if r.gap else 0, r.topic.kpi.id))


def _gender_lead(readings: Sequence[Reading]) -> str:
    both = [r for r in readings if r.gap]
    apart = _gender_apart(readings)
    if not both:
        return "Inget nyckeltal har värden för både kvinnor och män."
    count = formatting.capital(formatting.count_word(len(both), neuter=True))
    if not apart:
        return f"{count} nyckeltal har värden för båda. I inget är skillnaden större än årsvariationen."
    shown = "Bara de visas." if len(apart) <= _GENDER_AT_MOST else f"De {_GENDER_AT_MOST} största visas."
    return (
        f"{count} nyckeltal har värden för båda. I {formatting.count_word(len(apart), neuter=True)} är skillnaden "
        f"troligen större än årsvariationen (95 %). {shown}"
    )


def _gender_row(reading: Reading) -> GenderRow:
    topic, gap = reading.topic, reading.gap
    assert gap is not None
    women, men = _of_gender(reading, reading.area.id, "K"), _of_gender(reading, reading.area.id, "M")
    country = topic.published.country
    other = (_of_gender(reading, country.id, "K"), _of_gender(reading, country.id, "M")) if country else (None, None)
    values = [shown.value for shown in (women, men, *other) if shown]
    low, high = min(values), max(values)
    width, left, right = 300.0, 122.0, 46.0

    def x(value: float) -> float:
        return left + (width - left - right) * ((value - low) / (high - low) if high > low else 0.5)

    parts: list[str] = []
    for (k, m), y, who, name, line, dot, radius, side in (
        ((women, men), 11.0, short(reading.area.name), "t-namn", "l-lan", "m-slut", 4.2, 8.0),
        (other, 29.0, "riket", "t-liten", "l-spann", "m-lika", 3.0, 5.6),
    ):
        if k is None or m is None:
            continue
        parts.append(svg.text(0, y + 3.5, who, name))
        parts.append(svg.line(x(k.value), y, x(m.value), y, line))
        parts.append(svg.dot(x(k.value), y, radius, dot))
        parts.append(svg.box(x(m.value) - side / 2, y - side / 2, side, side, "m-lan"))
        small, large = (k, m) if k.value <= m.value else (m, k)
        parts.append(svg.text(x(small.value) - 8, y + 3.5, topic.text(small, unit=False), name, "end"))
        parts.append(svg.text(x(large.value) + 8, y + 3.5, topic.text(large, unit=False), name))
    spoken = f"{topic.label} {reading.year}: kvinnor och män i {reading.area.name} och i riket"
    return GenderRow(
        topic.label, str(reading.year), svg.drawing(width, 40, spoken, parts), _gender_words(reading, other)
    )


def _of_gender(reading: Reading, area_id: str, gender: str) -> Shown | None:
    value = reading.topic.series.cell(area_id, reading.year, gender).value
    source = cite.place("matvarde", reading.topic.kpi.id, area_id, reading.year, gender)
    return Shown(value, reading.year, source) if value is not None else None


def _gender_words(reading: Reading, country: tuple[Shown | None, Shown | None]) -> str:
    gap, topic = reading.gap, reading.topic
    assert gap is not None

    def shown(column: str) -> str:
        value = getattr(gap, column)
        source = cite.place("konsskillnad", topic.kpi.id, reading.area.id, reading.year, None, column)
        return topic.text(Shown(value, reading.year, source))

    if topic.kpi.unit == "%":
        what = f" {topic.kpi.words}" if topic.kpi.words else ""
        text = f"{shown('kvinnor')} av kvinnorna och {shown('man')} av männen{what}"
    else:
        text = f"{shown('kvinnor')} bland kvinnor och {shown('man')} bland män"
    if country[0] and country[1]:
        text += f"; i riket {topic.text(country[0])} och {topic.text(country[1])}"
    return f"{text}. {formatting.capital(gap.bedomning)}."


# Whom to learn from


def _lessons(readings: Sequence[Reading]) -> Iterator[Lesson]:
    """Where the huvudman stands worst and a similar area has come from the same place; else the best of the group."""
    listed = []
    for reading in readings:
        models = [row for (area, _), row in sorted(reading.topic.series.models.items()) if area == reading.area.id]
        if models and models[0].ar == reading.year and reading.topic.kpi.direction != "ingen":
            is_model = models[0].slag == MODEL
            if is_model or reading.against in WORSE:
                listed.append((not is_model, reading.distance, reading, models[0]))
    listed.sort(key=lambda entry: (entry[0], entry[1], entry[2].topic.kpi.id))
    for no_model, _, reading, model in listed:
        yield _lesson(reading, model, no_model=no_model)


def _lesson(reading: Reading, model: Record, *, no_model: bool) -> Lesson:
    topic = reading.topic

    def shown(column: str) -> str:
        return _of_model(reading, model, column)

    then, now = model.bas_ar, model.ar
    who = f"{model.forebild} ({inhabitants(model)} invånare)" if model.befolkning else model.forebild
    if no_model:
        words = (
            f"Ingen av de liknande har säkert förbättrats från samma läge sedan {then}. Bäst ligger {who}, "
            f"{shown('forebild_varde')} mot {shown('varde')} ({now})."
        )
    else:
        words = (
            f"{who} stod ungefär som {reading.area.name} {then} ({shown('forebild_bas_varde')} mot "
            f"{shown('bas_varde')}) och står nu klart bättre: {shown('forebild_varde')} mot "
            f"{shown('varde')} ({now})."
        )
    return Lesson(topic.label, _slope(reading, model), words)


def _of_model(reading: Reading, model: Record, column: str) -> str:
    place = cite.place("forebild", reading.topic.kpi.id, reading.area.id, model.ar, None, column)
    return reading.topic.text(Shown(getattr(model, column), model.ar, place))


def _slope(reading: Reading, model: Record) -> Markup:
    """Two places, then and now."""
    topic = reading.topic
    pairs = (
        ("bas_varde", "varde", "l-lan", "t-varde", reading.area.name),
        ("forebild_bas_varde", "forebild_varde", "l-stift", "t-namn", model.forebild),
    )
    values = [getattr(model, column) for pair in pairs for column in pair[:2]]
    low, high, left, right = min(values), max(values), 50.0, 150.0

    def y(value: float) -> float:
        return 50 - 40 * ((value - low) / (high - low) if high > low else 0.5)

    parts, before, after = [], list[float](), list[float]()
    for first, last, name, css, who in pairs:
        then, now = y(getattr(model, first)), y(getattr(model, last))
        parts.append(svg.polyline([(left, then), (right, now)], name))
        parts.append(svg.dot(right, now, 2.8, "m-slut" if name == "l-lan" else "m-lan-eget"))
        parts.append(svg.text(left - 6, _apart(then + 3.5, before), _of_model(reading, model, first), css, "end"))
        parts.append(
            svg.text(right + 7, _apart(now + 3.5, after), f"{_of_model(reading, model, last)} {short(who)}", css)
        )
    parts.append(svg.text(left, 68, str(model.bas_ar), "t-liten", "middle"))
    parts.append(svg.text(right, 68, str(model.ar), "t-liten", "middle"))
    return svg.drawing(300, 74, f"{topic.label}: {reading.area.name} och {model.forebild}", parts)


# What is missing


def _missing(report: Report, measures: Sequence[Measure]) -> Iterator[tuple[str, str]]:
    """Mått without values for this huvudman, by who can do something about it."""
    groups: dict[str, list[str]] = {}
    for measure in measures:
        groups.setdefault(_reason(report, measure), []).append(formatting.lowered(measure.short or measure.name))
    order = [_HANDED_IN, _WITHOUT, _INDIRECT, _NONE]
    for reason in (r for r in order if r in groups):
        hint = (
            f" Mallar finns; {organisation.preparing(report.published.content)} samordnar."
            if reason == _HANDED_IN and not report.as_profiles
            else ""
        )
        heading = _NOT_IN_KOLADA if reason == _HANDED_IN and report.as_profiles else reason
        yield heading, f"{formatting.capital(formatting.join(groups[reason]))}.{hint}"


_HANDED_IN = "Lämnas av huvudmännen själva"
# Of a profile: only the own huvudmän hand anything in.
_NOT_IN_KOLADA = "Finns inte i Kolada"
_WITHOUT = "Finns i Kolada, men utan värden här"
_INDIRECT = "Belyses bara indirekt"
_NONE = "Lämpligt mått saknas"


def _reason(report: Report, measure: Measure) -> str:
    if any(use.waiting for use in measure.uses):
        return _HANDED_IN
    state = choice.measure_status(measure, report.published)
    if state == choice.INDIRECT:
        return _INDIRECT
    return _NONE if state == choice.LACKING else _WITHOUT
