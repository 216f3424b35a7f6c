"""A CSV file that was handed in → its rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection

from pipelines.local import reasons
from pipelines.local.grid import HEADER_WITHIN, Cell, Row, Unreadable, column_of, composed, spelled
from pipelines.local.reasons import Reason

_DELIMITERS = ";\t,"
_WHOLE_NUMBER = re.compile(r"[+−-]?[0-9\s]+")


def read_csv(content: bytes, columns: Collection[str], figures: Collection[str]) -> list[Row] | Unreadable:
    """columns: those that must be there, by which the mark between cells is known; `figures`: those of them that hold
    a number that may have decimals.
    """
    text = _decoded(content)
    if text is None:
        return Unreadable(reasons.NOT_TEXT)
    first = text.partition("\n")[0].strip("\r\"' ")
    if first.lower().startswith("sep="):
        return Unreadable(reasons.SEPARATOR_LINE, "rad 1")
    delimiter = _delimiter(text, columns)
    records = _records(text, delimiter)
    if isinstance(records, Unreadable):
        return records
    if not records:
        return []
    (_, header), *below = records
    names = [spelled(word) for word in header]
    return [Row("rad 1", _cells("rad 1", header, []))] + [
        Row(f"rad {at}", _cells(f"rad {at}", words, names), _fault(words, names, columns, figures, delimiter))
        for at, words in below
    ]


def _decoded(content: bytes) -> str | None:
    """UTF-8 with or without BOM, or what Swedish Excel writes when it is asked for CSV without more."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Whoever joins files may leave a second BOM.
        return None if "\0" in text else composed(text.lstrip("\ufeff"))
    return None


def _delimiter(text: str, columns: Collection[str]) -> str:
    """The mark that parts most of the columns' names, in whichever line is the header."""
    lines = text.split("\n", HEADER_WITHIN)[:HEADER_WITHIN]

    def names_in(mark: str) -> int:
        return max(len(set(columns) & {column_of(word.strip('" \r')) for word in line.split(mark)}) for line in lines)

    return max(_DELIMITERS, key=names_in)


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]] | Unreadable:
    """(line on which it begins, its words)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records, begins = [], 1
    try:
        for words in reader:
            records.append((begins, words))
            begins = reader.line_num + 1
    except csv.Error:
        return Unreadable(reasons.QUOTES, f"rad {begins}")
    return records


def _cells(place: str, words: list[str], names: list[str]) -> list[Cell]:
    """Cells beyond the header have no name."""
    columns = [f", kolumn {name}" for name in names] + [""] * len(words)
    return [Cell(word.strip(), place + column) for word, column in zip(words, columns, strict=False)]


def _fault(
    words: list[str], names: list[str], columns: Collection[str], figures: Collection[str], delimiter: str
) -> Reason | None:
    # A quotation mark that ends in another row has swallowed the rows between.
    if any(delimiter in word and not {"\r", "\n"}.isdisjoint(word) for word in words):
        return reasons.QUOTES
    if delimiter == "," and _is_split(words, names, columns, figures):
        return reasons.SPLIT_DECIMALS
    return reasons.TOO_MANY_CELLS if any(word.strip() for word in words[len(names) :]) else None


def _is_split(words: list[str], names: list[str], columns: Collection[str], figures: Collection[str]) -> bool:
    """Whether 12,5 may have been meant by a 12 and the cell after it, where no number is expected."""
    return any(
        name in figures and following not in columns and _WHOLE_NUMBER.fullmatch(word.strip()) and more[:1].isdigit()
        for name, word, following, more in zip(
            names, words, [*names[1:], ""], [*(word.strip() for word in words[1:]), ""], strict=False
        )
    )
