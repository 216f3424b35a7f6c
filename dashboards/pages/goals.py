"""Each målområde in at most three sentences by rule: the worst result, what has moved, how much is followed.

They are marked as automatic until somebody has approved them; what is approved stands in their place, signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards import formatting
from dashboards.context import Report
from dashboards.pages import choice, wording
from dashboards.pages.front import results
from dashboards.pages.series_summary import of_goal
from dashboards.reading.published import GoalArea
from dashboards.readings import Topic

AUTOMATIC = "Automatisk text efter fasta regler, ej godkänd"


@dataclass(frozen=True, slots=True)
class GoalSummary:
    """A målområde in sentences. note: who stands behind them."""

    goal: GoalArea
    number: int
    sentences: tuple[str, ...]
    note: str


def goal_summaries(report: Report) -> tuple[GoalSummary, ...]:
    """The målområden in order, with what is approved for this issue."""
    return tuple(_summary(report, goal, number) for number, goal in enumerate(report.published.goal_areas, start=1))


def automatic(report: Report, goal: GoalArea) -> tuple[str, ...]:
    """The sentences by rule."""
    topics = [topic for topic in report.topics if topic.goal.id == goal.id]
    return (*_worst(report, topics), *_moved(topics), *_followed(report, goal))


def _summary(report: Report, goal: GoalArea, number: int) -> GoalSummary:
    approved = report.edition.issue.approved(goal.id) if report.edition.issue else ()
    if approved:
        note = f"Godkänd av {approved[0].godkand_av} {formatting.day(approved[0].datum)}"
        return GoalSummary(goal, number, tuple(row.mening for row in approved), note)
    return GoalSummary(goal, number, automatic(report, goal), AUTOMATIC)


def _worst(report: Report, topics: list[Topic]) -> Iterator[str]:
    labels = {topic.label for topic in topics}
    for point in results(report):
        if point.heading in labels:
            yield f"{point.heading}: {point.fact}."
            return


def _moved(topics: list[Topic]) -> Iterator[str]:
    parts = []
    for topic in topics:
        direction, over = wording.county_direction(topic), wording.over_time(topic)
        if direction.kind in ("battre", "samre") and over:
            parts.append(f"{formatting.lowered(topic.label)} {direction.word}, {over[0]} → {over[1]}")
    if parts:
        yield f"I länet: {formatting.join(parts)}."
    elif topics:
        yield "För länet som helhet syns ingen säker ändring över tid."


def _followed(report: Report, goal: GoalArea) -> Iterator[str]:
    measures = of_goal(goal)
    having = choice.count_with_data(measures, report.published)
    number = formatting.capital(formatting.count_word(having, neuter=True) if having else "inget")
    lacking = [indicator.name for indicator in goal.indicators if not indicator.measures]
    rest = f"; {formatting.join(lacking)} har inget mått" if lacking else ""
    yield f"{number} av {formatting.count_word(len(measures))} mått kan följas{rest}."
