"""Half a page for each indikator: its question, what its mått say of the county and the kommuner, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.context import Report
from dashboards.pages import choice, comments, links, status, wording
from dashboards.reading.published import Indicator, Measure
from dashboards.readings import Topic


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A nyckeltal of a mått: the county's value and direction, and the kommuner against riket."""

    name: str
    page: str
    county: str
    direction: wording.Direction | None
    kommuner: str


@dataclass(frozen=True, slots=True)
class IndicatorHalf:
    """An indikator. without: its mått that have no values, each with why. elsewhere: mått shown under another one."""

    anchor: str
    number: int
    name: str
    question: str | None
    lines: tuple[TopicLine, ...]
    without: tuple[tuple[str, str, str], ...]
    elsewhere: tuple[tuple[str, str], ...]
    gap: str | None
    comment: comments.CommentText | None


def halves(report: Report) -> tuple[IndicatorHalf, ...]:
    """Every indikator, in the målbild's order; a mått that belongs to two is shown under the first."""
    seen: set[str] = set()
    shown = []
    for number, goal in enumerate(report.published.goal_areas, start=1):
        for indicator in goal.indicators:
            shown.append(_half(report, indicator, number, seen))
            seen |= {measure.id for measure in indicator.measures}
    return tuple(shown)


def _half(report: Report, indicator: Indicator, number: int, seen: set[str]) -> IndicatorHalf:
    content = report.published.content
    own = [m for m in indicator.measures if m.id not in seen]
    topics = [t for t in report.topics if t.measure.id in {m.id for m in own}]
    having = {t.measure.id for t in topics}
    return IndicatorHalf(
        anchor=links.indicator_anchor(indicator.id),
        number=number,
        name=indicator.name,
        question=content.texts("indikator", "fraga").get(indicator.id),
        lines=tuple(topic_line(topic) for topic in topics),
        without=tuple(
            (m.short or m.name, links.measure_page(m.id), _why(m, report)) for m in own if m.id not in having
        ),
        elsewhere=tuple((m.short or m.name, links.measure_page(m.id)) for m in indicator.measures if m.id in seen),
        gap=indicator.gap,
        comment=comments.comment(content, comments.INDICATOR, indicator.id, report.edition.decided_id),
    )


def _why(measure: Measure, report: Report) -> str:
    return choice.STATE_WORDS[choice.measure_status(measure, report.published)]


def topic_line(topic: Topic) -> TopicLine:
    """What a nyckeltal says of the county and the kommuner."""
    values = topic.county_values
    county = ""
    if values:
        last = values[max(values)]
        beside = wording.beside(topic, last.year)
        who = "kommunernas medel " if not topic.beside_country else ""
        county = f"{who}{topic.text(last)} ({last.year}){f', {beside}' if beside else ''}"
    return TopicLine(
        name=topic.label,
        page=links.measure_page(topic.measure.id),
        county=county,
        direction=wording.county_direction(topic) if values else None,
        kommuner="; ".join(_kommuner(topic)),
    )


def _kommuner(topic: Topic) -> Iterator[str]:
    """Who differs from riket beyond the noise, by name while they are few; how many do not."""
    readings = topic.newest
    for word in (*status.WORSE, *status.BETTER):
        of_word = [r for r in readings if r.against == word]
        if of_word:
            yield f"{word}: {wording.names(of_word)}"
    rest = [r for r in readings if r.against not in (*status.BETTER, *status.WORSE)]
    if rest and len(rest) == len(readings):
        yield status.NO_DIFFERENCE if any(r.against == status.NO_DIFFERENCE for r in rest) else status.NOT_JUDGED
