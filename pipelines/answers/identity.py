"""The hidden mark of a sheet: which form it is a part of. It stands at the head of every sheet's hidden column.

Every sheet carries it, so that a renamed or moved sheet is known, and one from somebody else's workbook too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

FORM_VERSION: Final = "1"
_PREFIX = "malbild-svar"


@dataclass(frozen=True, slots=True)
class Identity:
    """known: the time of the answers that the form was filled with (UTC, naive)."""

    sheet: str
    issue: str
    respondent: str
    known: datetime
    version: str = FORM_VERSION

    def mark(self) -> str:
        """As it stands in the cell."""
        return "|".join((_PREFIX, self.version, self.sheet, self.issue, self.respondent, self.known.isoformat()))


def read_mark(text: str) -> Identity | None:
    """The identity in a cell's text; None when it is no mark."""
    parts = text.split("|")
    if len(parts) != 6 or parts[0] != _PREFIX:
        return None
    try:
        known = datetime.fromisoformat(parts[5])
    except ValueError:
        return None
    return None if known.tzinfo else Identity(parts[2], parts[3], parts[4], known, parts[1])


def row_mark(kind: str, object_id: str) -> str:
    """The hidden id of a row."""
    return f"{kind}:{object_id}"
