"""What CSV and Excel have in common: rows of cells, each as text with its place, or with why it must not be read."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from pipelines.local.reasons import Reason

# How far down the header is looked for, in order to say that it does not come first.
HEADER_WITHIN = 20
# Headings with another word for a column. A year is a period.
_MEANS = {"period": "ar"}
_SPELLED = str.maketrans("åäö -\u00a0", "aao___")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stood in a cell, and where. fault: why it must not be read. is_number: Excel holds it as a number, so that
    no mark in its text can be meant as anything else.
    """

    text: str
    place: str
    fault: Reason | None = None
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its place ("rad 3"); `fault` when it cannot be read as a whole."""

    place: str
    cells: list[Cell]
    fault: Reason | None = None

    def is_blank(self) -> bool:
        return not any(cell.text or cell.fault for cell in self.cells)

    def names(self) -> list[str]:
        """Its cells as column names."""
        return [column_of(cell.text) for cell in self.cells]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file is refused as a whole, and where in it; `more` goes with the reason's words."""

    reason: Reason
    place: str = ""
    more: str = ""

    @property
    def in_words(self) -> str:
        return f"{self.reason.what}: {self.more}" if self.more else self.reason.what


def spelled(text: str) -> str:
    """A heading as we spell it: 'Område-id' and 'omrade_id' are the same."""
    return text.strip().lower().translate(_SPELLED)


def column_of(heading: str) -> str:
    """The column that a heading means."""
    return _MEANS.get(spelled(heading), spelled(heading))


def digits(number: Decimal) -> str:
    """The number without an exponent and without decimals that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def composed(text: str) -> str:
    """The text with å, ä and ö as one sign each (NFC): a Mac may write them as a letter and a mark."""
    return unicodedata.normalize("NFC", text)
