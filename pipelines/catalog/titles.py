"""When two titles of a KPI mean the same measure: Kolada re-uses ids, and only the title shows it."""

from __future__ import annotations

import re

from pipelines.catalog.model import Kpi

_END_MARKER = re.compile(r"\(\s*-\s*(\d{4})\s*\)\s*$")


def is_confirmed(kpi: Kpi, title: str) -> bool:
    """Whether `title` is one of the KPI's confirmed ones, but for end marker, case, white space and punctuation."""
    return plain(title) in {plain(confirmed) for confirmed in kpi.titles}


def plain(title: str) -> str:
    """A title without end marker, case, white space and punctuation."""
    return re.sub(r"\W", "", _END_MARKER.sub("", title)).casefold()


def ended_year(title: str) -> int | None:
    """The last year that a title's end marker names, such as 2024 in "… andel (%) (-2024)"."""
    match = _END_MARKER.search(title)
    return int(match[1]) if match else None
