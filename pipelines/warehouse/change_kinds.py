"""The slag of a change: the words of table `andring`, and what is no change.

Which one a change has is decided in one place, the part `andringens_slag` of the schema's `delar.sql`; what they mean
is the comment of column `slag`. What is said of a change is `changes_text`, the notices and the report.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The slag of a change, in the order in which readers get them; the words are those of docs/ordlista.md."""

    REVISED = "reviderat"
    CORRECTED = "egen korrigering"
    CORRECTION_ENDED = "egen korrigering upphävd"
    WITHDRAWN = "indraget"
    DELETED = "borttaget"
    RETURNED = "återkommet"
    FILLED_IN = "ifyllt i efterhand"
    WITHOUT_VALUE = "utan värde"
    NEW_YEAR = "nytt år"
    NEW_SERIES = "ny serie"


# What comes when a nyckeltal or an area begins to be followed is no change; it is only counted.
FIRST_FETCH: Final = "första hämtningen"
