"""The sentences that somebody has approved, in the place of the automatic ones, with who and when."""

from __future__ import annotations

from dataclasses import replace

from dashboards import formatting
from dashboards.pages.summary import Summary
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import Published


def approved(summary: Summary, published: Published, edition: Edition) -> Summary:
    """The summary with what is approved for this issue. A huvudman's own report keeps the automatic sentences: what
    was approved is about the county.
    """
    if edition.issue is None or len(published.principals) == 1:
        return summary
    goals = []
    for goal, goal_summary in zip(published.goal_areas, summary.goals, strict=True):
        sentences = edition.issue.approved(goal.id)
        if sentences:
            note = f"Godkänd av {sentences[0].godkand_av} {formatting.day(sentences[0].datum)}"
            goal_summary = replace(goal_summary, sentences=tuple(row.mening for row in sentences), note=note)
        goals.append(goal_summary)
    return replace(summary, goals=tuple(goals))
