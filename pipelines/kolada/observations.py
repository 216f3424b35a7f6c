"""Answers → one frame in our words. The only place where Kolada's names turn into ours.

Every value that came becomes exactly one row, reasonable or not; so does a record without any, with no kön ("").
Judging is `pipelines.validation`.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from msgspec import UNSET

from pipelines.kolada.contract import Record, Value, read_page
from pipelines.kolada.fetch import ArchivedPage

# varde: NULL when Kolada answered null, and when it left the field out (then `angivet` is false).
SCHEMA: dict[str, pl.DataType] = {
    "nyckeltal_id": pl.String(),
    "omrade_id": pl.String(),
    "ar": pl.Int64(),
    "kon": pl.String(),
    "varde": pl.Float64(),
    "antal_omraden": pl.Int64(),
    "kolada_status": pl.String(),
    "borttagen": pl.Boolean(),
    "angivet": pl.Boolean(),
    "hamtad": pl.Datetime("us"),
}


# Kolada's form of what we read, for reading it straight into columns.
_VALUE: dict[str, pl.DataType] = {
    "gender": pl.String(),
    "value": pl.Float64(),
    "count": pl.Int64(),
    "status": pl.String(),
    "isdeleted": pl.Boolean(),
}
_RECORD: dict[str, pl.DataType] = {
    "kpi": pl.String(),
    "municipality": pl.String(),
    "period": pl.Int64(),
    "values": pl.List(pl.Struct(_VALUE)),
}
_PAGE = pl.Struct({"values": pl.List(pl.Struct(_RECORD))})

# In the place of the values of a record that has none: what is stored for it must not be taken for deleted.
_NO_VALUE = [Value(gender="")]


def to_frame(pages: Iterable[tuple[ArchivedPage, bytes]]) -> pl.DataFrame:
    """All values of some pages and their bodies, one row each, with the columns of SCHEMA.

    `contract.read_page` has read the bodies. Raises UnreadableAnswerError when one is not, and its
    page does not claim that every value in it is stated.
    """
    frames = [
        (_columns(body) if page.stated else _rows(body)).with_columns(
            pl.lit(page.received, dtype=SCHEMA["hamtad"]).alias("hamtad")
        )
        for page, body in pages
    ]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames])


def _columns(body: bytes) -> pl.DataFrame:
    """Without a Python object per value. Only where every value is stated: columns do not tell absent from null."""
    try:
        page = pl.Series([body.decode()]).str.json_decode(_PAGE)
    except (UnicodeDecodeError, pl.exceptions.ComputeError):
        # In parts that the contract ignores, msgspec reads what a stricter reader does not.
        return _rows(body)
    records = page.struct.field("values").explode(empty_as_null=False).struct.unnest()
    return (
        records.explode("values")
        .unnest("values")
        .select(
            nyckeltal_id="kpi",
            omrade_id="municipality",
            ar="period",
            kon="gender",
            varde="value",
            antal_omraden="count",
            kolada_status="status",
            borttagen=pl.col("isdeleted").fill_null(False),
            angivet=pl.lit(True),
        )
    )


def _rows(body: bytes) -> pl.DataFrame:
    records = read_page(body, Record).values
    values = [value for record in records for value in record.values or _NO_VALUE]
    owners = [record for record in records for _ in record.values or _NO_VALUE]
    return pl.DataFrame(
        {
            "nyckeltal_id": [record.kpi for record in owners],
            "omrade_id": [record.municipality for record in owners],
            "ar": [record.period for record in owners],
            "kon": [value.gender for value in values],
            "varde": [None if value.value is UNSET else value.value for value in values],
            "antal_omraden": [None if value.count is UNSET else value.count for value in values],
            "kolada_status": [None if value.status is UNSET else value.status for value in values],
            "borttagen": [value.isdeleted is True for value in values],
            "angivet": [value.value is not UNSET for value in values],
        },
        schema={name: dtype for name, dtype in SCHEMA.items() if name != "hamtad"},
    )
