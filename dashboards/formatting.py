"""Numbers, dates and lists as Swedish readers write them.

Decimal comma, thin space between thousands, a real minus sign, no-break space before %, years never grouped. Values are
rounded here and nowhere earlier, halves away from zero. Sentences about the data belong in `pages`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from babel.dates import format_date
from babel.numbers import format_decimal

from pipelines.clock import swedish

THIN_SPACE, HARD_SPACE, MINUS = "\u202f", "\u00a0", "\u2212"

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOCALE = "sv_SE"
_SMALL = ("noll", "en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv")


@cache
def number(value: float, decimals: int) -> str:
    """1234.5 → '1 234,5'. What is not zero never reads as zero: 0.0004 → '<0,01'. ValueError for NaN and infinity."""
    exact = Decimal(repr(float(value)))
    if not exact.is_finite():
        raise ValueError(f"{value!r} is not a finite number: such values are refused before they are stored")
    step = Decimal(1).scaleb(-decimals)
    rounded = exact.quantize(step, rounding=ROUND_HALF_UP)
    if rounded == 0:
        if exact == 0:
            return _grouped(Decimal(0), decimals)
        return f"<{_grouped(step, decimals)}" if exact > 0 else f">{MINUS}{_grouped(step, decimals)}"
    return _grouped(rounded, decimals)


def decimals_for(values: Iterable[float], unit: str) -> int:
    """How many decimals values are shown with: none when all are whole, one for %, else two or three significant."""
    sizes = sorted(abs(value) for value in values)
    if all(float(size).is_integer() for size in sizes):
        return 0
    if unit == "%":
        return 1
    typical = sizes[len(sizes) // 2]
    if typical >= 1:
        return 0 if typical >= 1000 else 1
    return 2 if typical >= 0.1 else 3


def with_unit(text: str, unit: str) -> str:
    """A number in running text: '74,3' and '%' → '74,3 %'. Scales and plain counts have their unit in the heading."""
    if unit == "%":
        return f"{text}{HARD_SPACE}%"
    if unit.startswith("antal per "):
        return f"{text} {unit.removeprefix('antal ')}"
    if unit.startswith(("antal", "index", "medelvärde", "kod")):
        return text
    return f"{text} {unit}"


def change(value: float, decimals: int, unit: str) -> str:
    """A difference with its sign: 1.44 of '%' → '+1,4 procentenheter'. Percent and percentage points are two things."""
    text = signed(value, decimals)
    points = "procentenhet" if text.lstrip(f"+{MINUS}") == "1" else "procentenheter"
    return with_unit(text, points if unit == "%" else unit)


def signed(value: float, decimals: int) -> str:
    """A difference without its unit: '+1,4', '−0,2', '0'."""
    return f"{'+' if value > 0 else ''}{number(value, decimals)}"


def count(n: int) -> str:
    """A whole number with thousands apart: 12345 → '12 345'."""
    return _grouped(Decimal(n), 0)


def count_word(n: int, *, neuter: bool = False) -> str:
    """Small counts as words: 9 → 'nio'; larger ones in figures. neuter: 'ett mått', not 'en mått'."""
    if n == 1 and neuter:
        return "ett"
    return _SMALL[n] if 0 <= n < len(_SMALL) else count(n)


def word_count(word: str) -> int | None:
    """The number that a small count as a word stands for; None when it stands for none."""
    return _SMALL.index(word) if word in _SMALL else None


def day(moment: date | datetime) -> str:
    """'22 november 2026'; a time of the database (UTC without zone) becomes the day in Sweden."""
    return format_date(swedish_date(moment), "d MMMM y", locale=_LOCALE)


def clock(moment: datetime) -> str:
    """'22 november 2026 kl. 04.31' in Swedish time, from a time of the database (UTC without zone)."""
    local = swedish(moment)
    return f"{day(moment)} kl.{HARD_SPACE}{local:%H.%M}"


def join(words: Sequence[str], last: str = "och") -> str:
    """'Flen, Trosa och Gnesta'."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def capital(text: str) -> str:
    """First letter upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def xml_text(text: str) -> str:
    """The text with U+FFFD for every sign that no XML may hold."""
    return _NO_XML.sub("\ufffd", text)


def lowered(text: str) -> str:
    """First letter lower case, as inside a sentence."""
    return text[:1].lower() + text[1:]


def _grouped(value: Decimal, decimals: int) -> str:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    text = str(format_decimal(value, format=pattern, locale=_LOCALE, decimal_quantization=False))
    return text.replace(HARD_SPACE, THIN_SPACE).replace("-", MINUS)


def swedish_date(moment: date | datetime) -> date:
    """The day in Sweden of a time of the database (UTC without zone)."""
    if isinstance(moment, datetime):
        return swedish(moment).date()
    return moment
