"""What holds of the merge whatever comes: sequences of nights over a few keys, against what a reader would expect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.warehouse.merge import Changes, Incoming, known_before, merge_chunk
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse, transaction
from tests.warehouse.small import run

T = TypeVar("T")
Pair = tuple[str, str]
Key = tuple[str, str, int, str]
Value = tuple[float | None, int, str, float | None, str | None]
"""varde, antal_omraden, status, originalvarde, korrigering"""

START = datetime(2026, 11, 22, 4, 15)
PAIRS: list[Pair] = [(kpi, area) for kpi in ("N00001", "U00002") for area in ("0461", "0484")]
SERIES = [(year, gender) for year in (2023, 2024) for gender in ("T", "K")]
KEYS: list[Key] = [(*pair, *cell) for pair in PAIRS for cell in SERIES]
# Few, so that values often come back as they were.
VALUES: list[Value] = [
    (0.0, 1, "publicerad", None, None),
    (31.5, 1, "publicerad", None, None),
    (31.5, 2, "publicerad", None, None),
    # A correction may change nothing but the word that tells of it, or only what it replaced.
    (31.5, 1, "publicerad", None, "flaggad"),
    (31.5, 1, "publicerad", 30.0, "ersatt"),
    (31.5, 1, "publicerad", 30.5, "ersatt"),
    (None, 0, "saknas", None, None),
    (None, 0, "sekretess", None, None),
]
DELETED: Value = (None, 0, "borttagen", None, None)
COLUMNS: dict[str, pl.DataType] = {
    "nyckeltal_id": pl.String(),
    "omrade_id": pl.String(),
    "ar": pl.Int32(),
    "kon": pl.String(),
    "varde": pl.Float64(),
    "antal_omraden": pl.Int32(),
    "status": pl.String(),
    "originalvarde": pl.Float64(),
    "korrigering": pl.String(),
    "borttagen": pl.Boolean(),
    "hamtad": pl.Datetime("us"),
}
PAIR_COLUMNS, KEY_COLUMNS = (dict(list(COLUMNS.items())[:number]) for number in (2, 4))


@dataclass(frozen=True)
class Night:
    """What a night brings. Every key of `values` and `refused` belongs to a pair of `asked`, which tells whether it was
    asked whole.
    """

    asked: dict[Pair, bool]
    values: dict[Key, Value]
    refused: frozenset[Key]

    def of(self, pairs: Sequence[Pair]) -> Night:
        """The part of it that concerns these pairs."""
        return Night(
            {pair: whole for pair, whole in self.asked.items() if pair in pairs},
            {key: value for key, value in self.values.items() if key[:2] in pairs},
            frozenset(key for key in self.refused if key[:2] in pairs),
        )

    def after(self, state: dict[Key, Value]) -> dict[Key, Value]:
        """What a reader expects to be there afterwards."""
        gone = {
            key
            for key in state
            if self.values.get(key) == DELETED
            or (self.asked.get(key[:2]) and key not in self.values and key not in self.refused)
        }
        came = {key: value for key, value in self.values.items() if value != DELETED}
        return {key: value for key, value in state.items() if key not in gone} | came


@st.composite
def nights(draw: st.DrawFn) -> Night:
    ways = {pair: draw(st.sampled_from([True, True, False, None])) for pair in PAIRS}
    asked = {pair: whole for pair, whole in ways.items() if whole is not None}
    keys = [key for key in KEYS if key[:2] in asked]
    # Mostly values; "refused with a value" is a value that came twice, once too often.
    what = [*VALUES, *VALUES, DELETED, "absent", "refused", "refused with a value"]
    drawn = {key: draw(st.sampled_from(what)) for key in keys}
    values = {key: VALUES[1] if drew == "refused with a value" else drew for key, drew in drawn.items()}
    return Night(
        asked,
        {key: value for key, value in values.items() if isinstance(value, tuple)},
        frozenset(key for key, drew in drawn.items() if drew in ("refused", "refused with a value")),
    )


FOUR_NIGHTS = st.lists(nights(), min_size=4, max_size=4)
TWO_NIGHTS = st.lists(nights(), min_size=2, max_size=2)


class Warehouse:
    """The tables of the merge, emptied for every example, and what publication makes of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute(schema().tables["andring"].ddl(published=True))
        for name in ("matvarde_per", "andring_mellan"):
            connection.execute(schema().macros[name].ddl())
        run(connection, "natt", when=time_of(0), avslutad=time_of(99))

    def empty(self) -> None:
        self.connection.execute("DELETE FROM matvarde")
        self.connection.execute("DELETE FROM matvarde_revision")

    def take(self, night: Night, number: int, run_id: str | None = None, *, twice: bool = False) -> Changes:
        """Merge a night in a transaction of its own, at its own time. twice: every value comes two times."""
        with transaction(self.connection):
            return self.merge(night, number, run_id, twice=twice)

    def merge(self, night: Night, number: int, run_id: str | None = None, *, twice: bool = False) -> Changes:
        when = time_of(number)
        rows = [(*key, *value, value == DELETED, when) for key, value in night.values.items()] * (1 + twice)
        whole = [pair for pair, all_years in night.asked.items() if all_years]
        incoming = Incoming(
            pl.DataFrame(rows, schema=COLUMNS, orient="row").with_columns(kalla=pl.lit("syntetisk")),
            pl.DataFrame(whole, schema=PAIR_COLUMNS, orient="row"),
            pl.DataFrame(list(night.refused), schema=KEY_COLUMNS, orient="row"),
        )
        run_id = run_id or f"natt-{number}"
        known = known_before(self.connection, when)
        return merge_chunk(self.connection, incoming, known, run_id=run_id, observed=when)

    def break_off(self, night: Night, number: int) -> None:
        """Merge a night and fail before the end of its transaction."""
        with transaction(self.connection):
            self.merge(night, number)
            raise RuntimeError("the disk is full")

    def rows(self, relation: str) -> list[tuple[Any, ...]]:
        return self.connection.sql(f"FROM {relation} ORDER BY ALL").fetchall()

    def both(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        return self.rows("matvarde"), self.rows("matvarde_revision")

    def state(self, relation: str = "matvarde") -> dict[Key, Value]:
        columns = "nyckeltal_id, omrade_id, ar, kon, varde, antal_omraden, status, originalvarde, korrigering"
        rows = self.connection.sql(f"SELECT {columns} FROM {relation}").fetchall()
        state = {row[:4]: row[4:] for row in rows}
        assert len(state) == len(rows), "a key is there twice"
        return state


def time_of(number: int) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with FileWarehouse(Path(":memory:")).open() as connection:
        yield Warehouse(connection)


def examples(number: int) -> settings:
    return settings(max_examples=number, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@examples(6)
@given(FOUR_NIGHTS)
def test_every_night_leaves_what_a_reader_expects_and_writes_down_what_changed(
    warehouse: Warehouse, sequence: list[Night]
) -> None:
    warehouse.empty()
    states: list[dict[Key, Value]] = [{}]
    seen: set[Key] = set()
    for number, night in enumerate(sequence):
        before = warehouse.both()
        changes = warehouse.take(night, number)
        states.append(night.after(states[-1]))
        old, new = states[-2:]
        assert warehouse.state() == new

        added = warehouse.connection.sql(
            """SELECT nyckeltal_id, omrade_id, ar, kon, handelse, varde, antal_omraden, status, originalvarde,
                   korrigering, foregaende_varde, foregaende_status FROM matvarde_revision WHERE observerad = $1""",
            params=[time_of(number)],
        ).fetchall()
        assert {row[:4] for row in added} == {key for key in KEYS if old.get(key) != new.get(key)}
        # Nothing is ever taken out of the revisions or changed in them.
        after = warehouse.both()
        assert len(after[1]) == len(before[1]) + len(added)
        assert set(before[1]) <= set(after[1])
        # Nothing outside of what was asked for is touched, not even who changed it last.
        for rows_before, rows_after in zip(before, after, strict=True):
            assert [r for r in rows_before if r[:2] not in night.asked] == [
                r for r in rows_after if r[:2] not in night.asked
            ]
        for *key, what, value, count, status, original, correction, value_before, status_before in added:
            had, has = old.get(tuple(key)), new.get(tuple(key))
            assert (value_before, status_before) == ((had[0], had[2]) if had else (None, None))
            written = (value, count, status, original, correction)
            assert written == (has or (None, None, "borttagen", None, None))
            first = "återkommen" if tuple(key) in seen else "ny"
            assert what == ("borttagen" if not has else "reviderad" if had else first)
        counts = [sum(row[4] == what for row in added) for what in ("ny", "reviderad", "borttagen", "återkommen")]
        assert changes == Changes(*counts)
        seen |= new.keys()

    for number, state in enumerate(states[1:]):
        assert warehouse.state(f"matvarde_per(TIMESTAMP '{time_of(number)}')") == state
    with pytest.raises(duckdb.Error, match="före den första körningen"):
        warehouse.state(f"matvarde_per(TIMESTAMP '{time_of(-1)}')")
    assert warehouse.rows("matvarde") == warehouse.rows(
        f"(SELECT * EXCLUDE (preliminart, nyast) FROM matvarde_per(TIMESTAMP '{time_of(len(sequence))}'))"
    )


@examples(5)
@given(TWO_NIGHTS)
def test_the_same_night_again_adds_nothing(warehouse: Warehouse, sequence: list[Night]) -> None:
    warehouse.empty()
    for number, night in enumerate(sequence):
        warehouse.take(night, 2 * number)
        first = warehouse.both()
        assert warehouse.take(night, 2 * number + 1).total == 0
        assert warehouse.both() == first


@examples(5)
@given(TWO_NIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(warehouse: Warehouse, sequence: list[Night], random: Any) -> None:
    def shuffled(table: dict[Any, T]) -> dict[Any, T]:
        return dict(random.sample(list(table.items()), len(table)))

    tables = []
    for mix in (False, True):
        warehouse.empty()
        for number, night in enumerate(sequence):
            mixed = replace(night, asked=shuffled(night.asked), values=shuffled(night.values)) if mix else night
            warehouse.take(mixed, number)
        tables.append(warehouse.both())
    assert tables[0] == tables[1]


@pytest.mark.lang
@examples(6)
@given(TWO_NIGHTS, nights(), st.sets(st.sampled_from(PAIRS)))
def test_disjoint_batches_may_come_in_either_order_or_at_once(
    warehouse: Warehouse, sequence: list[Night], last: Night, chosen: set[Pair]
) -> None:
    batches = {"a": last.of(sorted(chosen)), "b": last.of([pair for pair in PAIRS if pair not in chosen])}
    states = []
    for order in (["a", "b"], ["b", "a"], []):
        warehouse.empty()
        for number, night in enumerate(sequence):
            warehouse.take(night, number)
        for number, batch in enumerate(order, start=len(sequence)):
            warehouse.take(batches[batch], number, run_id=batch)
        if not order:
            warehouse.take(last, len(sequence))
        states.append((warehouse.state(), warehouse.connection.sql(RUNS).fetchall() if order else None))
    assert states[0] == states[1]
    assert states[0][0] == states[2][0]


RUNS = "SELECT nyckeltal_id, omrade_id, ar, kon, korning_id FROM matvarde ORDER BY ALL"


@pytest.mark.lang
@examples(5)
@given(TWO_NIGHTS, nights())
def test_a_night_that_fails_after_its_merge_leaves_everything_as_it_was(
    warehouse: Warehouse, sequence: list[Night], last: Night
) -> None:
    warehouse.empty()
    for number, night in enumerate(sequence):
        warehouse.take(night, number)
    before, state = warehouse.both(), warehouse.state()
    with pytest.raises(RuntimeError, match="disk"):
        warehouse.break_off(last, len(sequence))
    assert warehouse.both() == before
    # And nothing of it stands in the way of the next try.
    warehouse.take(last, len(sequence))
    assert warehouse.state() == last.after(state)
