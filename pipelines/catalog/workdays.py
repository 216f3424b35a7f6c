"""Swedish working days: Monday to Friday but for public holidays, Midsummer, Christmas and New Year's Eve."""

from __future__ import annotations

from datetime import date, timedelta

# Midsummer Eve is always a Friday and is found by its week.
_FIXED = {(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)}
# Good Friday, Easter Monday and Ascension Day; the others of Easter are Sundays.
_FROM_EASTER = (-2, 1, 39)


def is_working_day(day: date) -> bool:
    """Whether offices are open."""
    midsummer_eve = day.month == 6 and 19 <= day.day <= 25 and day.weekday() == 4
    moving = {easter(day.year) + timedelta(days=days) for days in _FROM_EASTER}
    return day.weekday() < 5 and (day.month, day.day) not in _FIXED and not midsummer_eve and day not in moving


def working_days_between(first: date, last: date) -> int:
    """Working days after `first`, up to and including `last`; 0 when `last` does not lie after."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_working_day(day) for day in days)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Butcher's rule)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    shift = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + shift - 7 * ((a + 11 * h + 22 * shift) // 451) + 114, 31)
    return date(year, month, day + 1)
