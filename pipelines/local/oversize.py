"""Whether a part of a workbook is too much to be opened at all: openpyxl would take all memory first."""

from __future__ import annotations

import re
from xml.parsers import expat

# A template filled in for ten areas and twenty years has some thousand cells and ten thousand elements.
_MOST_CELLS, _MOST_ELEMENTS = 200_000, 500_000
_REFERENCE = re.compile(r"\$?([A-Za-z]{0,3})\$?([0-9]{0,7})")
_LAST_COLUMN, _LAST_ROW = 16_384, 1_048_576


class _TooMuchError(Exception):
    """More than any template holds."""


def is_too_much(part: bytes) -> bool:
    """Whether a part of a workbook has, or names, more cells than anybody hands in: a few bytes can name all seventeen
    billion cells of a sheet, and the library would make them one by one. What is no XML is not read as such either.
    """
    elements = cells = named = last_row = last_column = row = column = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal elements, cells, named, last_row, last_column, row, column
        elements += 1
        kind = name.rpartition(":")[2]
        if kind == "row":
            row, column = _number(attributes.get("r"), row + 1), 0
        elif kind == "c":
            cells += 1
            (_, _), (last, at) = _corners(attributes["r"]) if "r" in attributes else ((0, 0), (row, column + 1))
            column = at
            last_row, last_column = max(last_row, last), max(last_column, at)
        elif kind in ("mergeCell", "hyperlink") and "ref" in attributes:
            (top, left), (bottom, right) = _corners(attributes["ref"])
            named += (abs(bottom - top) + 1) * (abs(right - left) + 1)
            last_row, last_column = max(last_row, bottom), max(last_column, right)
        if elements > _MOST_ELEMENTS or max(cells, named, last_row * last_column) > _MOST_CELLS:
            raise _TooMuchError

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    try:
        parser.Parse(part, True)
    except _TooMuchError:
        return True
    except expat.ExpatError:
        return False
    return False


def _corners(reference: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """(row, column) of the first and the last cell of "B2" or "A1:C3"; what is left out goes to the sheet's edge."""
    first, _, last = reference.partition(":")
    return _corner(first, 1, 1), _corner(last or first, _LAST_ROW, _LAST_COLUMN)


def _corner(reference: str, row: int, column: int) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference.strip())
    if match is None:
        return row, column
    number = 0
    for letter in match[1].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(match[2] or row), number or column


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 7 else default
