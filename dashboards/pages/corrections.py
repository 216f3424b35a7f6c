"""Values that the owners have corrected: the mark in the cell, the name in the source line, the note under the table.

A replaced or left-out value is not the source's unchanged one and never stands under the source's name; a flagged value
is unchanged and does. Every mark is a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from dashboards import cite, formatting
from dashboards.pages import attribution
from dashboards.pages.choice import GENDER_WORDS
from dashboards.reading.published import Cell

REPLACED, LEFT_OUT, FLAGGED = "rättat", "utelämnad", "anm."


@dataclass(frozen=True, slots=True)
class CellRef:
    """A cell that is shown: `name` is its place in words, `place` in the database (`cite.place`); `decimals` and `unit`
    are those of its nyckeltal.
    """

    name: str
    cell: Cell
    decimals: int
    unit: str
    place: str

    @property
    def number(self) -> str:
        """The value, which must be there, as it is written."""
        assert self.cell.value is not None
        return cite.figure(formatting.number(self.cell.value, self.decimals), self.cell.value, self.place)


def where(area: str, year: int, letter: str) -> str:
    """'Flen 2025', 'Flen 2025 kvinnor'."""
    return f"{area} {year} {GENDER_WORDS[letter]}" if letter in GENDER_WORDS else f"{area} {year}"


def mark(cell: Cell) -> str:
    """The word beside what the cell shows, if any; a value that is left out has a word in its place."""
    if cell.replaced:
        return REPLACED
    return FLAGGED if cell.correction is not None and not cell.left_out else ""


def corrected(cells: Iterable[CellRef]) -> list[str]:
    """The names of those that are not the source's own values."""
    return [
        f"{ref.name} ({LEFT_OUT})" if ref.cell.left_out else ref.name
        for ref in cells
        if ref.cell.replaced or ref.cell.left_out
    ]


def notes(cells: Iterable[CellRef], source: str) -> list[str]:
    """For each cell with a correction: what is shown, what the source itself says, and which correction it is."""
    return [_note(ref, source) for ref in cells if ref.cell.correction is not None]


def _note(ref: CellRef, source: str) -> str:
    cell, name = ref.cell, formatting.capital(ref.name)
    which = f"(korrigering {cell.correction})"
    if cell.left_out:
        return f"{name}: {LEFT_OUT} av ägarna. {_source_says(ref, source)} {which}."
    if not cell.replaced:
        return f"{name}: oförändrat, med anmärkning av ägarna {which}."
    value = formatting.with_unit(ref.number, ref.unit)
    own = formatting.lowered(attribution.own(source))
    return f"{name}: {value} är rättat av ägarna, {own}. {_source_says(ref, source)} {which}."


def _source_says(ref: CellRef, source: str) -> str:
    """With the decimals that suit its size, and as many as distinguish it from the value that is shown."""
    own, value = ref.cell.source_value, ref.cell.value
    if own is None:
        return f"{attribution.speaker(source)} har inget värde"
    decimals = next(
        n
        for n in count(max(ref.decimals, formatting.decimals_for([own], ref.unit)))
        if value is None or value == own or formatting.number(own, n) != formatting.number(value, n)
    )
    place = ref.place.removesuffix("varde") + "originalvarde"
    number = cite.figure(formatting.number(own, decimals), own, place)
    return f"{attribution.speaker(source)} anger {formatting.with_unit(number, ref.unit)}"
