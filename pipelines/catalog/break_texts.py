"""Years that a text speaks of as a change: a series may break there, and the YAML is to say whether it does.

Read in a nyckeltal's förbehåll and titles by `rules`, and in Kolada's description by `kolada.catalogue`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.catalog.model import Kpi

_YEAR = r"((?:19|20)\d\d)"
_UNTIL = r"(?:t\.?\s?o\.?\s?m\.?|till och med|fram till)"
_CHANGED = r"(?:ny definition|nya definitionen|definitionen ändrades|ändrades|ändrad|byttes|bytte|ny källa|ny enkät)"
# The word before the year or after it, in the same sentence and near it.
_PATTERNS = (
    re.compile(rf"\b{_UNTIL}\s+(?:år(?:et)?\s+)?{_YEAR}\b", re.IGNORECASE),
    # "Data fr.o.m. 2012" is where a series begins.
    re.compile(rf"(?<!data )\b(?:fr\.?\s?o\.?\s?m\.?|från och med)\s+(?:år(?:et)?\s+)?{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_CHANGED}\b[^.]{{0,40}}?\b{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_YEAR}\b[^.]{{0,40}}?\b(?:{_CHANGED}|därefter|och tidigare)\b", re.IGNORECASE),
    re.compile(rf"\b(?:därefter|tidigare)\b[^.]{{0,25}}?\b{_YEAR}\b", re.IGNORECASE),
)


class Mention(NamedTuple):
    """A year that a text speaks of as a change, and the words that do."""

    year: int
    phrase: str


def mentions(text: str) -> Iterator[Mention]:
    """The changes that the text mentions, one for each year, in order."""
    phrases = {int(match[1]): match[0] for pattern in _PATTERNS for match in pattern.finditer(text)}
    for year in sorted(phrases):
        yield Mention(year, phrases[year])


def unanswered(kpi: Kpi, text: str) -> Iterator[Mention]:
    """The changes that the text speaks of, and that the nyckeltal has neither as brott nor as inget_brott.

    "Till och med 2016" is answered by a break in 2016 or 2017, as is "från och med 2017".
    """
    answered = {year for series_break in kpi.breaks for year in range(series_break.year - 1, series_break.year + 2)}
    answered |= {no_break.year for no_break in kpi.no_breaks}
    for series_break in kpi.breaks:
        if series_break.last_old_year is not None:
            answered |= set(range(series_break.last_old_year, series_break.year + 1))
    # The last year of a nyckeltal is said in its title.
    answered |= {kpi.ended_year} if kpi.ended_year else set()
    return (mention for mention in mentions(text) if mention.year not in answered)
