"""The two clocks: UTC, naive, for what is stored, and Swedish time for people.

The one place that names the time zone. How a time is written in a sentence is for whoever writes the sentence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

TIME_ZONE: Final = "Europe/Stockholm"
SWEDEN: Final = ZoneInfo(TIME_ZONE)


def now() -> datetime:
    """The time in UTC, naive, as tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """The day in Sweden."""
    return datetime.now(SWEDEN).date()


def swedish(when: datetime) -> datetime:
    """A time in UTC, naive, as Swedish time."""
    return when.replace(tzinfo=UTC).astimezone(SWEDEN)
