"""The Länsstyrgrupp's comments and the huvudmän's own: what do we know, what do we believe, what do we do.

They stand in aktiviteter.yaml, or else are answers from the workbooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import answered, organisation
from dashboards.reading.content import Content

MEASURE, INDICATOR, GOAL_AREA, PRINCIPAL = "mått", "indikator", "målområde", "huvudman"
_HEADINGS = {"vet": "Vad vet vi?", "tror": "Vad tror vi?", "gor": "Vad gör vi?"}


@dataclass(frozen=True, slots=True)
class CommentText:
    """parts: heading and paragraphs; one that is left out is not there. signature: who and when."""

    parts: tuple[tuple[str, tuple[str, ...]], ...]
    signature: str


def comment(content: Content, kind: str, object_id: str, follow_up: str | None = None) -> CommentText | None:
    """The comment about a mått, an indikator or a målområde in an uppföljning, or a huvudman's own; the newest one when
    no uppföljning is named. None: there is none.

    kind: MEASURE, INDICATOR, GOAL_AREA or PRINCIPAL.
    """
    issue = {} if follow_up is None else {"uppfoljning_id": follow_up}
    rows = content.where("kommentar", objekt=kind, objekt_id=object_id, **issue)
    if rows:
        last = rows[-1]
        given = {key: getattr(last, key) for key in _HEADINGS}
        return _text(given, f"{last.forfattare}, {formatting.day(last.datum)}")
    respondent = object_id if kind == PRINCIPAL else organisation.steering_id(content)
    words = _words(content, respondent, kind, object_id, follow_up)
    return words[0] if words else None


def own_words(content: Content, measure_id: str) -> tuple[tuple[str, CommentText], ...]:
    """What the huvudmän and the groups beside the steering one have answered about a mått: name and words, by name."""
    rows = content.where("svar_nu", objekt=MEASURE, objekt_id=measure_id, senast=True)
    steering = organisation.steering_id(content)
    names = {row.svarande_id: row.svarande for row in rows if row.falt in _HEADINGS and row.svarande_id != steering}
    return tuple(
        (name, words)
        for respondent, name in names.items()
        for words in _words(content, respondent, MEASURE, measure_id, None)
    )


def words_of(content: Content, respondent: str, follow_up: str | None) -> tuple[tuple[str, CommentText], ...]:
    """What a huvudman has answered about each mått: the mått's name and the words, in the målbild's order."""
    return tuple(
        (measure.kortnamn or measure.namn, words)
        for measure in content["matt"]
        for words in _words(content, respondent, MEASURE, measure.matt_id, follow_up)
    )


def _words(
    content: Content, respondent: str | None, kind: str, object_id: str, follow_up: str | None
) -> list[CommentText]:
    """The answered words of one respondent; none or one."""
    which = {"senast": True} if follow_up is None else {"uppfoljning_id": follow_up}
    rows = content.where("svar_nu", svarande_id=respondent, objekt=kind, objekt_id=object_id, **which)
    given = {row.falt: row for row in rows if row.falt in _HEADINGS}
    if not given:
        return []
    last = max(given.values(), key=lambda row: row.datum)
    texts = {key: given[key].svar if key in given else None for key in _HEADINGS}
    return [_text(texts, answered.signature(last))]


def paragraphs(text: str) -> tuple[str, ...]:
    """What is between blank lines, as it was written: Markdown and HTML are shown, never obeyed."""
    return tuple(part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def _text(given: Mapping[str, str | None], signature: str) -> CommentText:
    parts = ((_HEADINGS[key], paragraphs(text)) for key, text in given.items() if text is not None)
    return CommentText(tuple(parts), signature)
