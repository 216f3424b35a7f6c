"""The sentences that somebody has approved, in the place of the automatic ones, with who and when."""

from __future__ import annotations

from dataclasses import replace

from dashboards import words
from dashboards.data import Published
from dashboards.follow_ups import Edition
from dashboards.pages.summary import Summary


def approved(summary: Summary, published: Published, edition: Edition) -> Summary:
    """The summary with what is approved for this issue. A huvudman's own report keeps the automatic sentences: what
    was approved is about the county.
    """
    if edition.issue is None or len(published.principals) == 1:
        return summary
    goals = []
    for goal, one in zip(published.goal_areas, summary.goals, strict=True):
        found = edition.issue.approved.get(goal.id)
        note = f"Godkänd av {found.by} {words.day(found.day)}" if found else one.note
        goals.append(replace(one, sentences=found.sentences, note=note) if found else one)
    return replace(summary, goals=tuple(goals))
