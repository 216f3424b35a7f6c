"""What the merge writes down, and what it must never take for deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.warehouse.merge import Changes, Incoming, merge
from pipelines.warehouse.store import FileWarehouse, transaction

START = datetime(2026, 11, 22, 4, 15)
Value = tuple[str, str, int, str, float | None]
COLUMNS = {
    "nyckeltal_id": pl.String,
    "omrade_id": pl.String,
    "ar": pl.Int32,
    "kon": pl.String,
    "varde": pl.Float64,
    "antal": pl.Int32,
    "status": pl.String,
    "borttagen": pl.Boolean,
    "originalvarde": pl.Float64,
    "korrigering": pl.String,
    "hamtad": pl.Datetime("us"),
}


class Nights:
    """A warehouse and the nights that pass over it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.count = 0

    def pass_one(
        self,
        *values: Value,
        whole: list[tuple[str, str]] | None = None,
        refused: list[Value] | None = None,
        deleted: bool = False,
    ) -> Changes:
        self.count += 1
        when = START + timedelta(days=self.count)
        rows = [
            (*value, *((None, "saknas") if value[4] is None else (1, "publicerad")), deleted, None, None, when)
            for value in values
        ]
        pairs = whole if whole is not None else sorted({value[:2] for value in values})
        incoming = Incoming(
            pl.DataFrame(rows, schema=COLUMNS, orient="row").with_columns(kalla=pl.lit("syntetisk")),
            pl.DataFrame(pairs, schema={"nyckeltal_id": pl.String, "omrade_id": pl.String}, orient="row"),
            pl.DataFrame(refused or [], schema=dict(list(COLUMNS.items())[:5]), orient="row").drop("varde"),
        )
        with transaction(self.connection):
            return merge(self.connection, incoming, run_id=f"natt-{self.count}", observed=when)

    def current(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        rows = self.connection.sql(
            "SELECT nyckeltal_id, omrade_id, ar, kon, varde, status, korning_id FROM matvarde"
        ).fetchall()
        return {row[:4]: row[4:] for row in rows}

    def revisions(self) -> list[tuple[Any, ...]]:
        return self.connection.sql(
            """SELECT korning_id, ar, handelse, varde, foregaende_varde
               FROM matvarde_revision ORDER BY observerad, ar, kon"""
        ).fetchall()


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        yield Nights(connection)


A23: Value = ("N00945", "0484", 2023, "T", 30.0)
A24: Value = ("N00945", "0484", 2024, "T", 31.0)
B24: Value = ("N00945", "0428", 2024, "T", 50.0)


def test_a_first_night_is_all_new(nights: Nights) -> None:
    assert nights.pass_one(A23, A24, B24) == Changes(new=3, revised=0, deleted=0, returned=0)
    assert nights.current()[A24[:4]] == (31.0, "publicerad", "natt-1")


def test_a_night_without_changes_adds_nothing_and_keeps_who_changed_it_last(nights: Nights) -> None:
    nights.pass_one(A23, A24)
    assert nights.pass_one(A23, A24).total == 0
    assert len(nights.revisions()) == 2
    assert {row[2] for row in nights.current().values()} == {"natt-1"}


def test_a_revised_value_keeps_what_it_was(nights: Nights) -> None:
    nights.pass_one(A23, A24)
    assert nights.pass_one(A23, (*A24[:4], 31.5)) == Changes(0, 1, 0, 0)
    assert nights.revisions()[-1] == ("natt-2", 2024, "reviderad", 31.5, 31.0)
    assert nights.current()[A24[:4]] == (31.5, "publicerad", "natt-2")
    assert nights.current()[A23[:4]] == (30.0, "publicerad", "natt-1")


def test_zero_and_missing_are_different_values(nights: Nights) -> None:
    nights.pass_one((*A24[:4], 0.0))
    assert nights.pass_one((*A24[:4], None)) == Changes(0, 1, 0, 0)
    assert nights.revisions()[-1] == ("natt-2", 2024, "reviderad", None, 0.0)
    assert nights.current()[A24[:4]][:2] == (None, "saknas")


def test_a_value_that_is_gone_from_a_whole_fetch_is_deleted_and_may_return(nights: Nights) -> None:
    nights.pass_one(A23, A24)
    assert nights.pass_one(A23) == Changes(0, 0, 1, 0)
    assert A24[:4] not in nights.current()
    assert nights.pass_one(A23).total == 0
    assert nights.pass_one(A23, A24) == Changes(0, 0, 0, 1)
    assert [r[2] for r in nights.revisions() if r[1] == 2024] == ["ny", "borttagen", "återkommen"]


def test_a_partial_fetch_deletes_nothing_outside_itself(nights: Nights) -> None:
    nights.pass_one(A23, A24, B24)
    assert nights.pass_one(B24, whole=[("N00945", "0428")]).total == 0
    assert nights.pass_one(whole=[]).total == 0
    assert len(nights.current()) == 3


def test_a_whole_fetch_that_brings_nothing_deletes_what_it_covers(nights: Nights) -> None:
    nights.pass_one(A23, B24)
    assert nights.pass_one(whole=[("N00945", "0428")]) == Changes(0, 0, 1, 0)
    assert A23[:4] in nights.current()


def test_a_refused_value_is_not_taken_for_deleted(nights: Nights) -> None:
    nights.pass_one(A23, A24)
    assert nights.pass_one(A23, refused=[A24]).total == 0
    assert nights.current()[A24[:4]][0] == 31.0


def test_kolada_may_say_itself_that_a_value_is_deleted(nights: Nights) -> None:
    nights.pass_one(A23, A24)
    assert nights.pass_one((*A24[:4], None), whole=[], deleted=True) == Changes(0, 0, 1, 0)
    assert nights.pass_one((*A24[:4], None), whole=[], deleted=True).total == 0


def test_the_same_key_twice_is_refused_and_nothing_is_written(nights: Nights) -> None:
    with pytest.raises(ValueError, match="comes twice"):
        nights.pass_one(A24, (*A24[:4], 5.0))
    assert nights.current() == {}


def test_time_never_goes_back_in_the_revisions(nights: Nights) -> None:
    nights.pass_one(A24)
    nights.count = -5
    with pytest.raises(ValueError, match="not later than the latest revision"):
        nights.pass_one((*A24[:4], 1.0))
    assert nights.current()[A24[:4]][0] == 31.0
