"""A frame that does not fit its table is never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from pipelines.warehouse.frames import FrameError, check, shape
from pipelines.warehouse.schema import TABLES

ROW: dict[str, Any] = {
    "nyckeltal_id": "N00945",
    "omrade_id": "0484",
    "ar": 2024,
    "kon": "T",
    "varde": 31.5,
    "antal": 1,
    "status": "publicerad",
    "originalvarde": None,
    "korrigering": None,
    "kalla": "kolada",
    "hamtad": datetime(2026, 11, 22),
    "korning_id": "natt-1",
}


def observations(*changes: dict[str, Any]) -> pl.DataFrame:
    return shape("matvarde", pl.DataFrame([ROW | change for change in changes], infer_schema_length=None))


def test_a_good_frame_passes_unchanged() -> None:
    frame = observations({}, {"kon": "K", "varde": None})
    assert check("matvarde", frame).equals(frame)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kon": "F"}, "kon: .*found F.*nyckeltal_id=N00945, omrade_id=0484, ar=2024, kon=F"),
        ({"omrade_id": "484"}, "omrade_id: .*found 484"),
        ({"ar": 24}, "ar: .*found 24"),
        ({"varde": float("inf")}, "varde: finite .*found inf"),
        ({"varde": float("nan")}, "varde: .*(?i:nan)"),
        ({"status": "ok"}, "status: .*found ok"),
        ({"kalla": None}, "kalla: not_nullable"),
    ],
)
def test_a_bad_value_is_told_with_its_key(change: dict[str, Any], told: str) -> None:
    with pytest.raises(FrameError, match=told):
        check("matvarde", observations({"kon": "K"}, change))


def test_a_key_that_comes_twice_is_told() -> None:
    with pytest.raises(FrameError, match="table matvarde: 2 findings"):
        check("matvarde", observations({}, {"varde": 2.0}))


def test_a_wrong_column_type_is_told() -> None:
    with pytest.raises(FrameError, match="ar: dtype"):
        check("matvarde", observations({}).with_columns(pl.col("ar").cast(pl.Int64)))


def test_switched_off_validation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    with pytest.raises(FrameError, match="unset it"):
        check("matvarde", observations({}))


def test_every_table_has_a_schema_that_takes_an_empty_frame() -> None:
    for table in TABLES:
        empty = pl.DataFrame(schema=dict.fromkeys(table.column_names, pl.String))
        check(table.name, shape(table.name, empty))
