"""The cover: what this is, whose, how fresh, and where the figures come from."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.data import SYNTHETIC, Published
from dashboards.pages import attribution, corrections

TITLE = "Uppföljning av Nära vård i Sörmland"
BOARD = "Nämnden för samverkan kring socialtjänst och vård (NSV)"
NOT_FILLED_IN = "ej ifyllt"

_CORRECTED = f"värden märkta ”{corrections.REPLACED}” eller ”{corrections.LEFT_OUT}”"


@dataclass(frozen=True, slots=True)
class Cover:
    """`banner` is what must not be missed, if anything; `fields` are label and text."""

    title: str
    subject: str | None
    board: str
    status: str
    fetched: str
    note: str | None
    banner: str | None
    synthetic: bool
    source: str
    fields: tuple[tuple[str, str], ...]
    goal_areas: tuple[tuple[str, str], ...]


def cover(published: Published, principal: str | None) -> Cover:
    """`principal`: the name of the one principal that the report is about."""
    run = published.run
    note = None
    if not run.complete:
        whole = (
            f"den senaste fullständiga hämtningen gjordes {words.day(published.last_complete)}"
            if published.last_complete
            else "ingen fullständig hämtning är gjord"
        )
        note = f"Den senaste hämtningen gällde bara en del av nyckeltalen eller områdena; {whole}."
    return Cover(
        title=TITLE,
        subject=principal,
        board=BOARD,
        status="Utkast",
        fetched=f"Data hämtade t.o.m. {words.day(run.finished)}",
        note=note,
        banner=attribution.mark(run.source),
        synthetic=run.source == SYNTHETIC,
        source=attribution.shown(run.source, [_CORRECTED] if published.corrected else []),
        fields=(
            ("Diarienummer", NOT_FILLED_IN),
            ("Dokumentnummer", NOT_FILLED_IN),
            ("Handläggare", NOT_FILLED_IN),
            ("Förslag till beslut", NOT_FILLED_IN),
        ),
        goal_areas=tuple((goal.name, goal.description) for goal in published.goal_areas),
    )
