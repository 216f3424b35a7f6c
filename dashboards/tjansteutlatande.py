"""The skeleton of the tjänsteutlåtande that goes with an issue, as Markdown, from the same figures as the report.

Missing information is written as [fyll i]; nothing is made up. Headings follow the board's own letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dashboards import formatting
from dashboards.pages import attribution, organisation
from dashboards.pages.approved import approved
from dashboards.pages.summary import summary
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import Published, load
from pipelines.files import write_file

LETTER = "tjansteutlatande.md"
UNKNOWN = "[fyll i]"


def write_letter(database: Path, target: Path, edition: Edition) -> Path:
    """Write the letter to `target` and return it."""
    published = load(database)
    write_file(target, letter(published, edition))
    return target


def letter(published: Published, edition: Edition) -> str:
    """The letter's text."""
    issue, content = edition.issue, published.content
    row = issue.row if issue else None
    mark = attribution.mark(published.run.source)
    parts = [
        *([f"**{mark}**", ""] if mark else []),
        "# Tjänsteutlåtande",
        "",
        f"## {organisation.heading(content)}: {issue.title if issue else UNKNOWN}",
        "",
        f"- Diarienummer: {(row and row.diarienummer) or UNKNOWN}",
        f"- Dokumentnummer: {(row and row.dokumentnummer) or UNKNOWN}",
        f"- Handläggare: {(row and row.handlaggare) or UNKNOWN}",
        f"- Sammanträde: {formatting.day(row.nsv_datum) if row and row.nsv_datum else UNKNOWN}",
        f"- Till: {organisation.board_line(content)}",
        f"- Rapportens status: {edition.status}",
        "",
        "## Förslag till beslut",
        "",
        *_proposals(edition),
        "",
        "## Ärendets beredning",
        "",
        *_preparation(edition),
        "",
        "## Ärendet",
        "",
        f"{formatting.capital(organisation.steering(content))} rapporterar två gånger per år till nämnden hur "
        f"{organisation.followed(content)} följs. "
        f"Uppgifterna i rapporten är hämtade t.o.m. {formatting.day(published.run.finished)}.",
        "",
        *_matter(published, edition),
        "",
        f"{attribution.own(published.run.source)}.",
        "",
        "## Ekonomiska konsekvenser",
        "",
        UNKNOWN,
        "",
        "## Beslutsunderlag",
        "",
        f"- {organisation.heading(content)}, {issue.title if issue else UNKNOWN}, {edition.status.lower()}",
        f"- Detta tjänsteutlåtande, dokumentnummer {UNKNOWN}",
        "",
        "## Beslutet expedieras till",
        "",
        UNKNOWN,
        "",
    ]
    return "\n".join(parts)


def _proposals(edition: Edition) -> Iterator[str]:
    proposals = edition.issue.proposals if edition.issue else ()
    if not proposals:
        yield UNKNOWN
    for proposal in proposals:
        yield f"{proposal.ordning}. {proposal.text}"


def _preparation(edition: Edition) -> Iterator[str]:
    meetings = [m for m in edition.issue.meetings if m.instans != "NSV"] if edition.issue else []
    if not meetings:
        yield UNKNOWN
    for meeting in meetings:
        yield f"- {formatting.capital(meeting.instans)} {formatting.day(meeting.datum)}"


def _matter(published: Published, edition: Edition) -> Iterator[str]:
    """The report's summary: the sentences by målområde, and what to take a stand on."""
    approved_summary = approved(summary(published), published, edition)
    yield approved_summary.lead
    for goal in approved_summary.goals:
        yield ""
        yield f"**{goal.name}.** {' '.join(goal.sentences)} ({goal.note}.)"
    if approved_summary.points:
        yield ""
        yield "Att ta ställning till:"
        yield ""
        for number, point in enumerate(approved_summary.points, start=1):
            yield f"{number}. {point.heading}: {point.fact} {point.uncertainty} {point.who}: {point.question}"


def sentences(database: Path) -> dict[str, tuple[str, ...]]:
    """Id of each målområde → its automatic sentences, for whoever approves them."""
    published = load(database)
    goals = summary(published).goals
    return {goal.id: goal_summary.sentences for goal, goal_summary in zip(published.goal_areas, goals, strict=True)}
