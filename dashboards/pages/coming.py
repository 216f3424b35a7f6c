"""Beslut som väntar: what the board is asked to decide, what is to be reported back, and which figures come next.

Days are compared with the day of the data, never with the clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dashboards import formatting
from dashboards.context import Report
from dashboards.pages.initiatives import COMING, OVERDUE, report_state
from dashboards.readings import Topic
from pipelines.rows import Record

_AT_MOST, _NAMES_AT_MOST = 6, 2


@dataclass(frozen=True, slots=True)
class Coming:
    """proposals: what the board is asked to decide. reports: (state, sentence). figures: what is published next."""

    proposals: tuple[str, ...]
    reports: tuple[tuple[str, str], ...]
    reports_left: int
    figures: tuple[tuple[str, str], ...]


def coming(report: Report) -> Coming:
    """The second half of page 3."""
    today = report.published.run.day
    due = [
        (state, decision)
        for decision in report.published.content["beslut"]
        if (state := report_state(decision, today)) in (OVERDUE, COMING)
    ]
    due.sort(key=lambda entry: (entry[0] != OVERDUE, str(entry[1].aterrapporteras_senast or ""), entry[1].beslut_id))
    issue = report.edition.issue
    return Coming(
        proposals=tuple(row.text for row in issue.proposals) if issue else (),
        reports=tuple((state, _sentence(decision)) for state, decision in due[:_AT_MOST]),
        reports_left=max(0, len(due) - _AT_MOST),
        figures=tuple(figures(report, report.topics)),
    )


def _sentence(decision: Record) -> str:
    last = decision.aterrapporteras_senast
    return f"{decision.vad} (återrapporteras {decision.aterrapporteras or (formatting.day(last) if last else '')})"


def figures(report: Report, topics: Sequence[Topic]) -> Iterator[tuple[str, str]]:
    """(when, what): days to come, days that have passed, and nyckeltal that come no more."""
    today = report.published.run.day
    dated: dict[date, list[str]] = {}
    for topic in topics:
        if topic.kpi.published and not topic.ended:
            dated.setdefault(topic.kpi.published, []).append(formatting.lowered(topic.label))
    for day in sorted(day for day in dated if day >= today):
        yield formatting.day(day), _few(dated[day])
    late = [f"{_few(dated[day])} (väntat {formatting.day(day)})" for day in sorted(dated) if day < today]
    if late:
        yield "Försenat", "; ".join(late)
    ended = [f"{formatting.lowered(topic.label)} ({topic.kpi.ended})" for topic in topics if topic.ended]
    if ended:
        yield "Kommer inte", f"{formatting.join(ended)}: sista året"


def _few(labels: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    rest = len(labels) - _NAMES_AT_MOST
    if rest <= 0:
        return formatting.join(labels)
    return f"{', '.join(labels[:_NAMES_AT_MOST])} och {formatting.count_word(rest, neuter=True)} mått till"
