"""The skeleton of the tjänsteutlåtande that goes with an issue, as Markdown, from the same figures as the report.

Missing information is written as [fyll i]; nothing is made up. Headings follow the board's own letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dashboards import cite, formatting
from dashboards.context import Report
from dashboards.pages import attribution, organisation
from dashboards.pages.front import front
from dashboards.pages.goals import automatic, goal_summaries
from dashboards.reading.changes import diff_from_run_before
from dashboards.reading.follow_ups import Edition, load_issues, tonight
from dashboards.reading.published import load
from pipelines.files import write_file

LETTER = "tjansteutlatande.md"
UNKNOWN = "[fyll i]"


def write_letter(database: Path, target: Path, edition: Edition) -> Path:
    """Write the letter to `target` and return it."""
    write_file(target, letter(Report(load(database), edition, diff_from_run_before(database))))
    return target


def letter(report: Report) -> str:
    """The letter's text."""
    published, edition = report.published, report.edition
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
        *map(cite.plain, _matter(report)),
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


def _matter(report: Report) -> Iterator[str]:
    """What the report says first: its two sentences, each målområde, and what to take a stand on."""
    page = front(report)
    yield page.lead
    for summary in goal_summaries(report):
        yield ""
        yield f"**{summary.goal.name}.** {' '.join(summary.sentences)} ({summary.note}.)"
    if page.points:
        yield ""
        yield "Att ta ställning till:"
        yield ""
    for number, point in enumerate(page.points, start=1):
        ground = f" ({point.ground})" if point.ground else ""
        yield f"{number}. {point.heading}: {point.fact}{ground}. {point.who}: {formatting.lowered(point.question)}"


def sentences(database: Path) -> dict[str, tuple[str, ...]]:
    """Id of each målområde → its automatic sentences, for whoever approves them."""
    report = Report(load(database), tonight(load_issues(database)), diff_from_run_before(database))
    return {
        goal.id: tuple(cite.plain(sentence) for sentence in automatic(report, goal))
        for goal in report.published.goal_areas
    }
