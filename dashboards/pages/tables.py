"""Tables as the templates draw them, and how a value or its absence reads in a cell."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.data import Cell

NOT_APPLICABLE = "gäller ej"

# The statuses of table `matvarde` that say why there is no number; all others mean that the value is missing.
_REASONS = ("bortfall", "sekretess")


@dataclass(frozen=True, slots=True)
class Field:
    """A table cell: text, whether it stands for a missing value, a note in small type, how many columns it spans."""

    text: str
    missing: bool = False
    note: str = ""
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its heading; `kind` is a CSS hook: kommun, region, riket or own."""

    head: str
    fields: tuple[Field, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column heading stands over the row headings. `own`: it holds our own processing."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    source: str
    own: bool


def missing_word(status: str) -> str:
    """Why there is no number, in one word."""
    return status if status in _REASONS else "saknas"


def field_of(cell: Cell, decimals: int) -> Field:
    """A value as text, or the word for its absence: never blank, never zero for missing."""
    if cell.value is None:
        return Field(missing_word(cell.status), missing=True)
    return Field(words.number(cell.value, decimals), note="prel." if cell.preliminary else "")
