"""What huvudmän and groups have answered: their own words, and what fills in where nothing is decided.

What the YAML files decide goes before every answer. Where two say different things of the same, both are shown and
nothing is chosen. Only organisation and function are named, never a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dashboards import formatting
from dashboards.reading.content import Content, Records
from pipelines.rows import Record

MEASURE, INITIATIVE, CYCLE, GOAL = "mått", "satsning", "cykel", "målsättning"
STATEMENT, PRINCIPAL = "påstående", "huvudman"


def answers_to(content: Content, kind: str, object_id: str, key: str) -> Records:
    """The newest answer of everybody who has answered a box, by name."""
    return content.where("svar_nu", objekt=kind, objekt_id=object_id, falt=key, senast=True)


def signature(row: Record) -> str:
    """'Eskilstuna (socialchef), 10 november 2026'."""
    return f"{row.svarande} ({row.roll}), {formatting.day(row.datum)}"


def agreed(rows: Sequence[Record]) -> str | None:
    """The answer, when all who have answered say the same."""
    texts = {row.svar for row in rows}
    return rows[0].svar if len(texts) == 1 else None


def note(rows: Sequence[Record], shown: Callable[[str], str] = str) -> str:
    """Whose answer it is; of different answers each with its owner. Empty without any."""
    if not rows:
        return ""
    if agreed(rows) is not None:
        return f"svar från {formatting.join([signature(row) for row in rows])}; inte beslutat"
    texts = "; ".join(f"{shown(row.svar)} enligt {signature(row)}" for row in rows)
    return f"svaren skiljer sig: {texts}"


def in_words(rows: Sequence[Record], shown: Callable[[str], str] = str) -> str | None:
    """The answers as one text with whose they are; None without any."""
    if not rows:
        return None
    text = agreed(rows)
    return note(rows, shown) if text is None else f"{shown(text)} ({note(rows)})"


def waited_for(content: Content, issue_id: str) -> list[str]:
    """The names of those who are asked inside an issue and have not answered anything, huvudmän first."""
    answered = {row.svarande_id for row in content.where("svar_nu", uppfoljning_id=issue_id)}
    areas = sorted(content.where("omrade", i_malbild=True), key=lambda area: (area.typ != "kommun", area.namn))
    asked = [(area.omrade_id, area.namn) for area in areas]
    asked += [(group.instans_id, group.kort or group.namn) for group in content.where("instans", tillfragas=True)]
    return [name for asked_id, name in asked if asked_id not in answered]


def waiting_line(content: Content, issue_id: str, issue_name: str) -> str:
    """What is missing, as one line with whom it waits for."""
    names = waited_for(content, issue_id)
    if not names:
        return f"Alla som har fått frågor inför {issue_name} har svarat."
    return f"Svar inför {issue_name} saknas från {formatting.join(names)}."
