"""Records → one frame in our words. The only place where Kolada's names turn into ours.

Every value that came becomes exactly one row, reasonable or not; so does a record without any, with no kön ("").
Judging is `pipelines.validation`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import polars as pl
from msgspec import UNSET

from pipelines.kolada.contract import Record, Value

# varde: NULL when Kolada answered null, and when it left the field out (then `angivet` is false).
SCHEMA: dict[str, pl.DataType] = {
    "nyckeltal_id": pl.String(),
    "omrade_id": pl.String(),
    "ar": pl.Int64(),
    "kon": pl.String(),
    "varde": pl.Float64(),
    "antal": pl.Int64(),
    "kolada_status": pl.String(),
    "borttagen": pl.Boolean(),
    "angivet": pl.Boolean(),
    "hamtad": pl.Datetime("us"),
}


def to_frame(answers: Iterable[tuple[datetime, list[Record]]]) -> pl.DataFrame:
    """All values of some answers (time of arrival in UTC, records), one row each, with the columns of SCHEMA."""
    frames = [_page_frame(received, records) for received, records in answers]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames])


# In the place of the values of a record that has none: what is stored for it must not be taken for deleted.
_NO_VALUE = [Value(gender="")]


def _page_frame(received: datetime, records: list[Record]) -> pl.DataFrame:
    values = [value for record in records for value in record.values or _NO_VALUE]
    of = [record for record in records for _ in record.values or _NO_VALUE]
    return pl.DataFrame(
        {
            "nyckeltal_id": [record.kpi for record in of],
            "omrade_id": [record.municipality for record in of],
            "ar": [record.period for record in of],
            "kon": [value.gender for value in values],
            "varde": [None if value.value is UNSET else value.value for value in values],
            "antal": [None if value.count is UNSET else value.count for value in values],
            "kolada_status": [None if value.status is UNSET else value.status for value in values],
            "borttagen": [value.isdeleted is True for value in values],
            "angivet": [value.value is not UNSET for value in values],
        },
        schema={name: dtype for name, dtype in SCHEMA.items() if name != "hamtad"},
    ).with_columns(pl.lit(received, dtype=SCHEMA["hamtad"]).alias("hamtad"))
