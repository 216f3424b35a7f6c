"""Tables as the templates draw them, and how a value or its absence reads in a cell."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.pages import corrections
from dashboards.pages.corrections import CellRef
from dashboards.reading.published import Cell

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
    """A row with its heading; `kind` is a CSS hook: kommun, region, riket or own. link: the page it is about."""

    head: str
    fields: tuple[Field, ...]
    kind: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column heading stands over the row headings.

    own: it holds our own processing. corrected: it holds values that the owners have corrected. notes: sentences below.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    source: str
    own: bool
    corrected: bool = False
    notes: tuple[str, ...] = ()


def missing_word(cell: Cell) -> str:
    """Why there is no number, in one word."""
    if cell.left_out:
        return corrections.LEFT_OUT
    return cell.status if cell.status in _REASONS else "saknas"


def field_of(ref: CellRef) -> Field:
    """A value as text, or the word for its absence: never blank, never zero for missing."""
    cell = ref.cell
    mark = corrections.mark(cell)
    if cell.value is None:
        return Field(missing_word(cell), missing=True, note=mark)
    notes = [*(["prel."] if cell.preliminary else []), *([mark] if mark else [])]
    return Field(ref.number, note=" ".join(notes))
