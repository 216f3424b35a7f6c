"""Periods: a whole year (2025), a quarter (2025 kv1) or a month (2025-03), as files and tables write them.

What a person may have written instead is `local.cells`; nothing here reads or stores anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

Form = Literal["år", "kvartal", "månad"]
# How many of each make a year.
IN_A_YEAR: Final[dict[Form, int]] = {"år": 1, "kvartal": 4, "månad": 12}
_WRITTEN = re.compile(r"([0-9]{4})(?: kv([1-4])|-(0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """number: which quarter or month of the year, from 1; 1 for a year."""

    year: int
    form: Form
    number: int = 1

    def __str__(self) -> str:
        return {"år": f"{self.year}", "kvartal": f"{self.year} kv{self.number}"}.get(
            self.form, f"{self.year}-{self.number:02}"
        )

    @property
    def last_day(self) -> date:
        month = self.number * 12 // IN_A_YEAR[self.form]
        return date(self.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)

    def parts(self, form: Form) -> list[Period]:
        """The shorter periods that it is made of."""
        size = IN_A_YEAR[form] // IN_A_YEAR[self.form]
        return [Period(self.year, form, (self.number - 1) * size + n) for n in range(1, size + 1)]

    def following(self) -> Period:
        """The next one of its form."""
        last = self.number == IN_A_YEAR[self.form]
        return Period(self.year + last, self.form, 1 if last else self.number + 1)


def parse(text: str) -> Period:
    """A period as `str` writes it. Raises ValueError for anything else."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no period: 2025, 2025 kv1 or 2025-03 was expected")
    year, quarter, month = match.groups()
    if quarter:
        return Period(int(year), "kvartal", int(quarter))
    return Period(int(year), "månad", int(month)) if month else Period(int(year), "år")
