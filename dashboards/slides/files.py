"""The decks by their names, which stay from issue to issue: `uppfoljning.pptx` and one for each huvudman."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.context import Report
from dashboards.pages.huvudman import PrincipalSheet
from dashboards.pages.measures import MeasurePage
from dashboards.slides.content import issue_deck, principal_deck
from dashboards.slides.write import deck_pptx


def slide_files(
    report: Report, measures: Sequence[MeasurePage], principals: Sequence[PrincipalSheet]
) -> dict[str, bytes]:
    """Name → contents."""
    decks = {"uppfoljning.pptx": issue_deck(report, measures)}
    decks |= {f"{sheet.area.id}.pptx": principal_deck(report, sheet) for sheet in principals}
    return {name: deck_pptx(deck, report.published.run.finished) for name, deck in decks.items()}
