"""What a cell may say: Swedish numbers, years, kön and areas, each read or refused with its reason."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from pipelines.local import reasons
from pipelines.local.reasons import Reason

# Thousands are parted by a space of any kind.
_SPACES = " \u00a0\u202f\u2009"
_NUMBER = re.compile(rf"([+−-]?)([0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+|[0-9]+)(?:[.,]([0-9]+))?")
_NOT_FINITE = {"nan", "inf", "infinity", "+inf", "-inf", "∞", "-∞", "#n/a", "#saknas!", "#div/0!", "#division/0!"}
_LARGEST = 10**12
_FIRST_YEAR = 1900
_GENDERS = {
    **dict.fromkeys(("t", "totalt", "total", "båda", "alla"), "T"),
    **dict.fromkeys(("k", "kvinnor", "kvinna"), "K"),
    **dict.fromkeys(("m", "män", "man"), "M"),
}


def number(text: str, *, percent: bool) -> Decimal | Reason:
    """A finite number. percent: the unit is %, so that the sign may stand there."""
    written = text.strip()
    if not written:
        return reasons.EMPTY
    if written.endswith("%"):
        if not percent:
            return reasons.PERCENT
        written = written[:-1].strip()
    if written.lower() in _NOT_FINITE:
        return reasons.NOT_FINITE
    match = _NUMBER.fullmatch(written)
    if match is None:
        return reasons.NOT_A_NUMBER
    sign, whole, decimals = match.groups(default="")
    digits = re.sub(f"[{_SPACES}]", "", whole)
    value = Decimal(f"{'-' if sign in ('-', '−') else ''}{digits}.{decimals or 0}")
    if abs(value) >= _LARGEST or not math.isfinite(value):
        return reasons.HUGE
    return value


def count(text: str) -> int | Reason:
    """A whole number that is not negative."""
    value = number(text, percent=False)
    if isinstance(value, Reason):
        return value
    if value < 0:
        return reasons.NEGATIVE
    return int(value) if value == value.to_integral_value() else reasons.NOT_WHOLE


def year(text: str, this_year: int) -> int | Reason:
    """A whole year that has begun."""
    if not text:
        return reasons.EMPTY
    if not re.fullmatch(r"[0-9]{4}", text):
        return reasons.NOT_A_YEAR
    return int(text) if _FIRST_YEAR <= int(text) <= this_year else reasons.STRANGE_YEAR


def gender(text: str, *, by_gender: bool) -> str | Reason:
    """T, K or M."""
    if not text:
        return reasons.EMPTY
    letter = _GENDERS.get(text.lower())
    if letter is None:
        return reasons.UNKNOWN_GENDER
    return letter if letter == "T" or by_gender else reasons.NOT_BY_GENDER


def area(text: str, name: str, names: Mapping[str, str]) -> str | Reason:
    """The id of one of `names` (id → name). Excel takes the leading zero away: 484 is 0484."""
    if not text:
        return reasons.EMPTY
    area_id = text.zfill(4) if re.fullmatch(r"[0-9]{1,3}", text) else text
    if area_id not in names:
        return reasons.UNKNOWN_AREA
    return area_id if not name or _plain(name) == _plain(names[area_id]) else reasons.OTHER_NAME


def _plain(name: str) -> str:
    return name.strip().casefold().removesuffix(" kommun")
