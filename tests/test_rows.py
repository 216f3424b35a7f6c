"""Rows are read by the names of their columns, whatever the order of them."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest

from pipelines.rows import frame_rows, mappings, rows

QUERY = "SELECT * FROM (VALUES ('0484', 'Eskilstuna'), ('0004', NULL)) t(omrade_id, namn)"


def test_the_columns_of_a_query_are_the_attributes_of_its_rows() -> None:
    first, second = rows(duckdb.sql(QUERY))
    assert (first.namn, first.omrade_id, second.namn) == ("Eskilstuna", "0484", None)
    with pytest.raises(AttributeError, match="kommun"):
        _ = first.kommun


def test_a_query_as_mappings() -> None:
    assert mappings(duckdb.sql(f"{QUERY} LIMIT 1")) == [{"omrade_id": "0484", "namn": "Eskilstuna"}]


def test_a_frame_gives_the_same_rows_as_a_query() -> None:
    frame = pl.DataFrame({"omrade_id": ["0484", "0004"], "namn": ["Eskilstuna", None]})
    assert frame_rows(frame) == rows(duckdb.sql(QUERY))
