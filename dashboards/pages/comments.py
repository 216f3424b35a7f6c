"""The Länsstyrgrupp's comments and the huvudmän's own: what do we know, what do we believe, what do we do."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.reading.content import Content
from pipelines.rows import Record

MISSING = "Kommentar saknas"
MEASURE, INDICATOR, GOAL_AREA, PRINCIPAL = "mått", "indikator", "målområde", "huvudman"


@dataclass(frozen=True, slots=True)
class CommentText:
    """parts: heading and paragraphs; one that is left out is not there. signature: who and when."""

    parts: tuple[tuple[str, tuple[str, ...]], ...]
    signature: str


def comment(content: Content, kind: str, object_id: str, follow_up: str | None = None) -> CommentText | None:
    """The comment about a mått, an indikator or a målområde in an uppföljning, or a huvudman's own; the newest one when
    no uppföljning is named. None: there is none.

    kind: MEASURE, INDICATOR, GOAL_AREA or PRINCIPAL. The template shows None as MISSING.
    """
    issue = {} if follow_up is None else {"uppfoljning_id": follow_up}
    rows = content.where("kommentar", objekt=kind, objekt_id=object_id, **issue)
    return _text(rows[-1]) if rows else None


def paragraphs(text: str) -> tuple[str, ...]:
    """What is between blank lines, as it was written: Markdown and HTML are shown, never obeyed."""
    return tuple(part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def _text(comment: Record) -> CommentText:
    given = (("Vad vet vi?", comment.vet), ("Vad tror vi?", comment.tror), ("Vad gör vi?", comment.gor))
    return CommentText(
        tuple((heading, paragraphs(text)) for heading, text in given if text is not None),
        f"{comment.forfattare}, {formatting.day(comment.datum)}",
    )
