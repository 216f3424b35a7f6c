"""What a cell may say: Swedish numbers, periods, kön and areas, each read or refused with its reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from pipelines.local import reasons
from pipelines.local.grid import Cell
from pipelines.local.reasons import Reason
from pipelines.periods import Form, Period

# Thousands are parted by a space of any kind. A number does not begin with a nought: 0484 is an id.
_SPACES = " \u00a0\u2007\u2009\u202f"
_NUMBER = re.compile(rf"([+−-]?)([1-9][0-9]{{0,2}}(?:[{_SPACES}][0-9]{{3}})+|0|[1-9][0-9]*)(?:[.,]([0-9]+))?")
# Where a count has thousands that others than Swedes write: 12.000, 1,000,000, 301'000.
_MARKED_THOUSANDS = re.compile(rf"[+−-]?[0-9{_SPACES}]+(?:[.,'’´`][0-9]{{3}})+[0-9]*")
# Thousands or three decimals.
_EITHER = re.compile(r"[+−-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_NOT_FINITE = {"nan", "inf", "infinity", "+inf", "-inf", "-infinity", "∞", "-∞"}
_LARGEST = 10**12
# A month before 2000 is rather a year that Excel has taken for a number of days: 2025 as a date is in 1905.
_FIRST_YEAR: dict[Form, int] = {"år": 1900, "kvartal": 2000, "månad": 2000}
_MONTHS = (
    "januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november",
    "december",
)  # fmt: skip
_YEAR_FIRST = re.compile(r"([0-9]{4})(?:[ -]?([^0-9 -].*)|-([0-9]{1,2}))?")
# 2024/25 is a school year and 2011/12 may be, but 12/2011 is a month.
_YEAR_LAST = re.compile(r"(?:([^0-9 -].*)[ -]|([0-9]{1,2})[/-])([0-9]{4})")
_QUARTER = re.compile(r"(?:kvartal|kv|q|k) ?([1-4])")
_MONTH = re.compile(r"m?([0-9]{1,2})")
# 2025-3 may be the third quarter, and 2011-12 two years.
_ONE_DIGIT = re.compile(r"[0-9]{4}-[1-4]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_SHORT_YEAR = re.compile(r"[0-9a-zåäö]+\.?[-/ .]'?[0-9]{2}|'?[0-9]{2}[-/ .][0-9a-zåäö]+\.?")
_GENDERS = {
    **dict.fromkeys(("t", "totalt", "total", "båda", "alla"), "T"),
    **dict.fromkeys(("k", "kvinnor", "kvinna"), "K"),
    **dict.fromkeys(("m", "män", "man"), "M"),
}


def number(cell: Cell, *, percent: bool, highest: float | None = None) -> Decimal | Reason:
    """A finite number. percent: the unit is %, so that the sign may stand there. highest: the greatest that it may be;
    12.345 in a text is either of two numbers unless one of them is above this.
    """
    written = cell.text
    if not written:
        return reasons.EMPTY
    if written.endswith("%"):
        if not percent:
            return reasons.PERCENT
        written = written[:-1].strip()
    # Excel's errors begin with #, in any language.
    if written.lower() in _NOT_FINITE or written.startswith("#"):
        return reasons.NOT_FINITE
    match = _NUMBER.fullmatch(written)
    if match is None:
        return reasons.NOT_A_NUMBER
    sign, whole, decimals = match.groups(default="")
    digits = re.sub(f"[{_SPACES}]", "", whole)
    value = Decimal(f"{'-' if sign in ('-', '−') else ''}{digits}.{decimals or 0}")
    if abs(value) >= _LARGEST:
        return reasons.HUGE
    may_be_thousands = not cell.is_number and _EITHER.fullmatch(written)
    if may_be_thousands and (highest is None or abs(value) * 1000 <= highest):
        return reasons.THOUSANDS_OR_DECIMALS
    return value


def count(cell: Cell) -> int | Reason:
    """A whole number that is not negative."""
    if not cell.is_number and _MARKED_THOUSANDS.fullmatch(cell.text):
        return reasons.THOUSANDS
    value = number(cell, percent=False)
    if isinstance(value, Reason):
        return value
    if value < 0:
        return reasons.NEGATIVE
    return int(value) if value == value.to_integral_value() else reasons.NOT_WHOLE


def year(text: str, last: int) -> int | Reason:
    """A whole year, at most the last one that can be meant."""
    if not text:
        return reasons.EMPTY
    if not re.fullmatch(r"[0-9]{4}", text):
        return reasons.NOT_A_YEAR
    return int(text) if _FIRST_YEAR["år"] <= int(text) <= last else reasons.STRANGE_YEAR


def period(text: str, today: date) -> Period | Reason:
    """A year that has begun, or a quarter or month that is over: half a month would look like a fall. However it is
    written, as long as it can mean nothing else.
    """
    if not text:
        return reasons.EMPTY
    read = _written_period(text.lower())
    if isinstance(read, Reason):
        return read
    if not _FIRST_YEAR[read.form] <= read.year <= today.year:
        return reasons.STRANGE_YEAR
    return read if read.form == "år" or read.last_day < today else reasons.NOT_OVER


def _written_period(text: str) -> Period | Reason:
    if _ONE_DIGIT.fullmatch(text) or _is_two_years(text):
        return reasons.AMBIGUOUS_PERIOD
    if match := _YEAR_FIRST.fullmatch(text):
        year, *more = match.groups()
    elif match := _YEAR_LAST.fullmatch(text):
        *more, year = match.groups()
    elif _DAY.fullmatch(text):
        return reasons.A_DAY
    else:
        return reasons.AMBIGUOUS_PERIOD if _SHORT_YEAR.fullmatch(text) else reasons.NOT_A_PERIOD
    part = next((words for words in more if words), None)
    if part is None:
        return Period(int(year), "år")
    if quarter := _QUARTER.fullmatch(part):
        return Period(int(year), "kvartal", int(quarter[1]))
    if month := _MONTH.fullmatch(part):
        number = int(month[1])
        return Period(int(year), "månad", number) if 1 <= number <= 12 else reasons.NOT_A_PERIOD
    name = part.removesuffix(".")
    named = [at for at, month_name in enumerate(_MONTHS, start=1) if len(name) >= 3 and month_name.startswith(name)]
    return Period(int(year), "månad", named[0]) if len(named) == 1 else reasons.NOT_A_PERIOD


def _is_two_years(text: str) -> bool:
    match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
    return match is not None and int(match[2]) == (int(match[1]) + 1) % 100


def gender(text: str, *, by_gender: bool) -> str | Reason:
    """T, K or M."""
    if not text:
        return reasons.EMPTY
    letter = _GENDERS.get(text.lower())
    if letter is None:
        return reasons.UNKNOWN_GENDER
    return letter if letter == "T" or by_gender else reasons.NOT_BY_GENDER


def area(text: str, name: str, names: Mapping[str, Collection[str]]) -> str | Reason:
    """The id of one of `names` (id → what the area may be called, `area_names`). Excel takes the leading zero away: 484
    is 0484.
    """
    if not text:
        return reasons.EMPTY
    area_id = text.zfill(4) if re.fullmatch(r"[0-9]{1,3}", text) else text
    if area_id not in names:
        return reasons.UNKNOWN_AREA
    return area_id if not name or _plain(name) in names[area_id] else reasons.OTHER_NAME


def kommun_names(name: str) -> frozenset[str]:
    """What kommun `name` is called: Nyköping, Nyköpings kommun, Göteborgs stad."""
    genitive = name if _plain(name)[-1:] in ("s", "x", "z") else f"{name}s"
    return frozenset(_plain(called) for form in (name, genitive) for called in (name, f"{form} kommun", f"{form} stad"))


def region_names(name: str, county: str) -> frozenset[str]:
    """What the region of `county` is called: as in kommuner.yaml, or after its county (Region Södermanland)."""
    genitive = county.removesuffix(" län")
    return frozenset(
        _plain(called)
        for called in (name, f"Region {county}", f"Region {genitive}", f"Region {genitive.removesuffix('s')}")
    )


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
