"""The report's standing phrases: how a direction, a comparison and a pair of values are put, alike on every page.

Words come from the analysis; here is only how they are put, with names and numbers together and the unit said once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import status
from dashboards.readings import Reading, Shown, Topic
from pipelines.rows import Record

_OVERLAP = re.compile(r"medelvärden över (\d+) år")
_COUNT = re.compile(r"de (\w+) senaste")
_PARENTHESIS = re.compile(r" \([^()]*\)$")
_NAMES_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Direction:
    """What the years say: kind is battre, samre, upp, ned, ingen or okand; why: years, riket or the reason, short."""

    kind: str
    word: str
    why: str


def county_direction(topic: Topic) -> Direction:
    """What the years say of the county."""
    return _direction(topic.county_trend, topic)


def own_direction(reading: Reading) -> Direction:
    """What the years say of a huvudman."""
    return _direction(reading.trend, reading.topic)


def _direction(trend: Record | None, topic: Topic) -> Direction:
    """A direction is stated only where it stands although many are tested."""
    if trend is None:
        return Direction("okand", status.NOT_TESTED, "")
    years = f"{trend.fran_ar}–{trend.till_ar}" if trend.fran_ar < trend.till_ar else str(trend.till_ar)
    word = trend.trend
    if word in _KINDS:
        if not trend.haller:
            return Direction("ingen", "ingen säker ändring", f"{years}; står sig inte när många prövas")
        against = trend.mot_riket or ""
        # Where riket has no value it is the middle of the country's areas.
        against = against if topic.has_country else against.replace("riket", "landets mittersta")
        return Direction(_KINDS[word], word, f"{years}, {against}" if against else years)
    if word == status.NO_TREND:
        return Direction("ingen", "ingen säker ändring", years)
    if word == status.TOO_FEW:
        return Direction("okand", status.TOO_FEW, f"{formatting.count_word(trend.antal_ar)} av minst fem")
    overlap = _OVERLAP.search(trend.motivering or "")
    return Direction("okand", status.NOT_TESTED, f"medel av {overlap[1]} år" if overlap else "")


_KINDS = {status.IMPROVED: "battre", status.WORSENED: "samre", status.RISEN: "upp", status.FALLEN: "ned"}


def names(readings: Sequence[Reading]) -> str:
    """'Flen, Trosa och Gnesta'; how many where they are more."""
    if len(readings) > _NAMES_AT_MOST:
        return f"{formatting.count_word(len(readings))} kommuner"
    return formatting.join([reading.area.name for reading in readings])


def alike(readings: Sequence[Reading], reading: Reading) -> list[Reading]:
    """Those with the same value as it is written."""
    return [r for r in readings if r.topic.number_text(r.value) == reading.topic.number_text(reading.value)]


def extremes(topic: Topic) -> tuple[list[Reading], list[Reading]] | None:
    """The kommuner that stand worst and best; where neither is better, lowest and highest. None: they are all alike."""
    ranked = topic.by_rank
    if len(ranked) < 2 or topic.number_text(ranked[0].value) == topic.number_text(ranked[-1].value):
        return None
    return alike(ranked, ranked[0]), alike(ranked, ranked[-1])


def from_to(topic: Topic) -> str:
    """'21 % i Oxelösund och 75 % i Vingåker tycker att …', without the full stop; '' where all are alike."""
    ends = extremes(topic)
    if ends is None:
        return ""
    worst, best = ends
    when = f" ({worst[0].year})"
    if topic.kpi.unit == "%":
        text = f"{worst[0].text} i {names(worst)} och {best[0].text} i {names(best)}"
        return f"{text} {topic.kpi.words}{when}" if topic.kpi.words else f"{topic.label}: {text}{when}"
    if topic.kpi.words:
        return f"{worst[0].text} {topic.kpi.words} i {names(worst)}, {best[0].text} i {names(best)}{when}"
    return f"{topic.label}: {worst[0].text} i {names(worst)}, {best[0].text} i {names(best)}{when}"


def over_time(topic: Topic) -> tuple[str, str] | None:
    """The county's first and newest values of the years that its direction is about: ('89 % (2012)', '82 % (2022)')."""
    ends = line_ends(topic)
    return (f"{topic.text(ends[0])} ({ends[0].year})", f"{topic.text(ends[1])} ({ends[1].year})") if ends else None


def span(topic: Topic) -> str:
    """'89 → 82 %, 2012–2022'; '' where that cannot be said."""
    ends = line_ends(topic)
    if ends is None:
        return ""
    first, last = ends
    return f"{topic.text(first, unit=False)} → {topic.text(last)}, {first.year}–{last.year}"


def line_ends(topic: Topic) -> tuple[Shown, Shown] | None:
    """The first and newest values of the years that the county's direction is about."""
    trend, values = topic.county_trend, topic.county_line
    if trend is None or not values:
        return None
    years = [year for year in values if trend.fran_ar <= year <= trend.till_ar]
    if len(years) < 2 or topic.broken_between(years[0], years[-1]):
        return None
    return values[years[0]], values[years[-1]]


def latest(trend: Record | None, topic: Topic, values: Mapping[int, Shown]) -> str:
    """'de två senaste mätningarna går åt fel håll (2,4 → 3,6)', with the values of `values` marked; '' without news."""
    if trend is None or not trend.senaste:
        return ""
    words = trend.senaste.removeprefix("men ")
    ends = _latest_ends(trend, values)
    if ends is None:
        return str(words)
    first, last = ends
    return f"{_PARENTHESIS.sub('', words)} ({topic.text(first, unit=False)} → {topic.text(last, unit=False)})"


def since(trend: Record | None, topic: Topic, values: Mapping[int, Shown]) -> str:
    """The same for a narrow column: 'Sedan 2020: 2,4 → 3,6'; '' without news."""
    ends = _latest_ends(trend, values) if trend is not None and trend.senaste else None
    if ends is None:
        return ""
    first, last = ends
    return f"Sedan {first.year}: {topic.text(first, unit=False)} → {topic.text(last, unit=False)}"


def _latest_ends(trend: Record, values: Mapping[int, Shown]) -> tuple[Shown, Shown] | None:
    """The values that the last measurements go from and to."""
    count = _COUNT.search(trend.senaste)
    years = sorted(year for year in values if year <= trend.till_ar)
    steps = formatting.word_count(count[1]) if count else None
    if steps is None or len(years) <= steps:
        return None
    return values[years[-1 - steps]], values[years[-1]]


def beside(topic: Topic, year: int) -> str:
    """'riket 84 %', or '' where riket must not or cannot stand beside the county."""
    country = topic.country_at(year) if topic.beside_country else None
    return f"riket {topic.text(country)}" if country else ""
