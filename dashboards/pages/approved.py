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
        found = edition.issue.approved(goal.id)
        if found:
            note = f"Godkänd av {found[0].godkand_av} {words.day(found[0].datum)}"
            one = replace(one, sentences=tuple(row.mening for row in found), note=note)
        goals.append(one)
    return replace(summary, goals=tuple(goals))
