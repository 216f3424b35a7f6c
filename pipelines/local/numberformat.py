"""What an Excel number format makes of a number or a date: ECMA-376, part 1, 18.8.31."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from pipelines.local import reasons
from pipelines.local.reasons import Reason

# Text as it stands ("st", \%), a space as wide as a sign (_-), a sign that fills the cell (* ), something in brackets
# (a colour, a currency, a condition), or a sign of the format itself.
_TOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|.', re.DOTALL)
_CONDITION = re.compile(r"\[[<>=]")
# A currency such as [$kr-41D] is text; [$-41D] is a language.
_CURRENCY = re.compile(r"\[\$([^\]-]*)[^\]]*\]")
# Commas at the end of the whole part: each shows a thousandth of the number.
_SCALED = re.compile(r"[0#?],+(?![0#?,])")
_SHOWN = re.compile(r"[0?@]|general", re.IGNORECASE)
# 12 shown as "12 tusen" or "12000" is another number than 12.
_MAGNITUDE = re.compile(r"[0-9‰]|\b(t|k|tus\w*|tkr|m|mn|mkr|mil\w*|md|mdr|mrd)\b", re.IGNORECASE)
_MINUS = frozenset("-−–(")


def shown_as_percent(value: float, number_format: str) -> bool | Reason:
    """Whether the number is shown times a hundred with a percent sign; Reason when it is shown as another number than
    it is, or not at all. A % that is only text multiplies nothing.
    """
    section = _section(value, number_format)
    code = _code(section)
    if not (_SHOWN.search(code) or (value != 0 and "#" in code)):
        return reasons.NOT_SHOWN
    text = " ".join(map(_text, section))
    other = _SCALED.search(code) or _MAGNITUDE.search(text) or _is_parted(section) or "‰" in code
    if other or _CONDITION.search(number_format) or _has_other_sign(value, section, number_format):
        return reasons.SCALED
    return "%" in code if code.count("%") < 2 else reasons.SCALED


def shown_as_month(day: date, number_format: str) -> bool:
    """Whether a date is shown as its year and month, and is the first of that month: Excel makes 2025-03 the first of
    March, shown as mar-25. Beside words, or on conditions, a month may be meant as anything.
    """
    tokens = _TOKEN.findall(number_format.partition(";")[0])
    shown, text = set(_code(tokens).lower()), "".join(map(_text, tokens))
    ambiguous = re.search(r"\w", text) or _CONDITION.search(number_format)
    return day.day == 1 and {"m", "y"} <= shown and shown.isdisjoint("dhs") and not ambiguous


def _section(value: float, number_format: str) -> Sequence[str]:
    """The tokens of the part of the format that applies: for all, or for positive; negative; zero; text."""
    sections: list[list[str]] = [[]]
    for token in _TOKEN.findall(number_format):
        if token == ";":
            sections.append([])
        else:
            sections[-1].append(token)
    if value < 0 and len(sections) > 1:
        return sections[1]
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]


def _code(tokens: Sequence[str]) -> str:
    return "".join(token for token in tokens if len(token) == 1)


def _text(token: str) -> str:
    """What a token shows as it stands; "" for those that are code, or that nobody sees."""
    if token[0] == "[":
        currency = _CURRENCY.fullmatch(token)
        return currency[1] if currency else ""
    return token.strip('"') if token[0] == '"' else token[1:] if token[0] == "\\" else ""


def _is_parted(section: Sequence[str]) -> bool:
    """Whether a point or a comma that is only text stands between digits: 125 is shown as 12,5."""
    layout = "".join(
        token if len(token) == 1 else "|" if _text(token).strip() in (".", ",") else "" for token in section
    )
    return re.search(r"[0#?]\|[0#?]", layout) is not None


def _has_other_sign(value: float, section: Sequence[str], number_format: str) -> bool:
    """Whether a positive number is shown as a negative one, or the other way round. Red is negative."""
    first = next((at for at, token in enumerate(section) if token in ("0", "#", "?")), len(section))
    before = set("".join(token if len(token) == 1 else _text(token) for token in section[:first]))
    if value > 0:
        return not _MINUS.isdisjoint(before)
    coloured = any(token[0] == "[" and not _CURRENCY.fullmatch(token) for token in section)
    return value < 0 and ";" in number_format and _MINUS.isdisjoint(before) and not coloured
