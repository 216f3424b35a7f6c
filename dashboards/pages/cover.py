"""The cover: what this is, whose, how fresh, and where the figures come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import attribution, corrections, organisation
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import Published

NOT_FILLED_IN = "ej ifyllt"

_CORRECTED = f"värden märkta ”{corrections.REPLACED}” eller ”{corrections.LEFT_OUT}”"


@dataclass(frozen=True, slots=True)
class Cover:
    """issue: its name and number. note: that only a part was fetched. proposal: whose målbild it is, when it is another
    county's. fields: label and text.
    """

    title: str
    board: str
    status: str
    issue: str | None
    fetched: str
    note: str | None
    proposal: str | None
    source: str
    own: str
    fields: tuple[tuple[str, str], ...]


def cover(published: Published, edition: Edition) -> Cover:
    """What stands at the edges of every sheet."""
    run = published.run
    note = None
    if not run.complete:
        whole = (
            f"den senaste fullständiga hämtningen gjordes {formatting.day(published.last_complete)}"
            if published.last_complete
            else "ingen fullständig hämtning är gjord"
        )
        note = f"Den senaste hämtningen gällde bara en del av nyckeltalen eller områdena; {whole}."
    return Cover(
        title=organisation.heading(published.content),
        board=organisation.board_line(published.content),
        status=edition.status,
        issue=edition.issue.title if edition.issue else None,
        fetched=attribution.fetched(run),
        note=note,
        proposal=organisation.proposal(published.content),
        source=attribution.shown(run.source, [_CORRECTED] if published.corrected else []),
        own=attribution.own(run.source),
        fields=tuple(_fields(edition, organisation.board(published.content))),
    )


def _fields(edition: Edition, board: str) -> Iterator[tuple[str, str]]:
    """What is known of the issue, and that the rest is not filled in."""
    issue = edition.issue
    row = issue.row if issue else None
    yield "Diarienummer", (row and row.diarienummer) or NOT_FILLED_IN
    yield "Dokumentnummer", (row and row.dokumentnummer) or NOT_FILLED_IN
    yield "Handläggare", (row and row.handlaggare) or NOT_FILLED_IN
    if issue is None or not issue.proposals:
        yield "Förslag till beslut", NOT_FILLED_IN
    if issue is None or row is None:
        return
    if row.nsv_datum:
        yield f"Sammanträde i {board}", formatting.day(row.nsv_datum)
    if row.faststalld:
        yield "Fastställd", formatting.day(row.faststalld)
    if rectified := issue.rectification(edition.version):
        yield "Version", f"{edition.version}, {formatting.day(rectified.datum)}"
    elif edition.final:
        yield "Version", str(edition.version)
