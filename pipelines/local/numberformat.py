"""What an Excel number format makes of a number: ECMA-376, part 1, 18.8.31."""

from __future__ import annotations

import re

from pipelines.local import reasons
from pipelines.local.reasons import Reason

# Text that is shown as it stands: in quotes, after a backslash, or a currency such as [$kr-41D].
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]')
# What a reader does not see: a space as wide as a sign, a sign that fills the cell, colours and languages.
_UNSEEN = re.compile(r"_.|\*.|\[[^\]<>=]*\]")
_CONDITION = re.compile(r"\[[<>=]")
# Commas at the end of the whole part: each shows a thousandth of the number.
_SCALED = re.compile(r"[0#?],+(?![0#?,])")
_SHOWN = re.compile(r"[0?@]|general", re.IGNORECASE)
# 12 shown as "12 tusen" or "12000" is another number than 12.
_MAGNITUDE = re.compile(r"[0-9]|\b(t|k|tus\w*|tkr|m|mn|mkr|mil\w*|md|mdr|mrd)\b", re.IGNORECASE)


def shown_as_percent(value: float, number_format: str) -> bool | Reason:
    """Whether the number is shown times a hundred with a percent sign; Reason when it is shown as another number than
    it is, or not at all. A % that is only text multiplies nothing.
    """
    literals = " ".join(next(filter(None, match.groups()), "") for match in _LITERAL.finditer(number_format))
    section = _section(value, _UNSEEN.sub("", _LITERAL.sub("", number_format)))
    shown = _SHOWN.search(section) or (value != 0 and "#" in section)
    if not shown:
        return reasons.NOT_SHOWN
    if _CONDITION.search(number_format) or _SCALED.search(section) or _MAGNITUDE.search(literals):
        return reasons.SCALED
    return "%" in section if section.count("%") < 2 else reasons.SCALED


def _section(value: float, number_format: str) -> str:
    """The part of the format that applies: for all, or for positive; negative; zero; text."""
    sections = number_format.split(";")
    if value < 0 and len(sections) > 1:
        return sections[1]
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]
