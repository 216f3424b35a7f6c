"""The merge by example: what each kind of night writes down. What holds whatever comes is in test_merge_properties."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

from pipelines.warehouse.merge import Changes
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.test_merge_properties import DELETED, Key, Night, Pair, Value, Warehouse, time_of

HERE, THERE = ("N00001", "0484"), ("N00001", "0461")
A23, A24, B24 = (*HERE, 2023, "T"), (*HERE, 2024, "T"), (*THERE, 2024, "T")


def value(number: float | None) -> Value:
    return (number, 1, "publicerad", None, None) if number is not None else (None, 0, "saknas", None, None)


def night(
    values: Mapping[Key, float | None], whole: Collection[Pair] = (HERE,), refused: tuple[Key, ...] = ()
) -> Night:
    """A night that asked for HERE whole, if nothing else is said, and for the rest of the values in part."""
    asked = dict.fromkeys((key[:2] for key in (*values, *refused)), False) | dict.fromkeys(whole, True)
    return Night(asked, {key: value(number) for key, number in values.items()}, frozenset(refused))


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """After a night of two values here and one there."""
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        warehouse = Warehouse(connection)
        first = night({A23: 30.0, A24: 31.0, B24: 50.0}, {HERE, THERE})
        assert warehouse.take(first, 1) == Changes(new=3, revised=0, deleted=0, returned=0)
        yield warehouse


FULL = {A23: 30.0, A24: 31.0}


@pytest.mark.parametrize(
    ("second", "changes"),
    [
        (night(FULL), Changes(0, 0, 0, 0)),
        (night(FULL | {A24: 31.5}), Changes(0, 1, 0, 0)),
        (night(FULL | {A24: None}), Changes(0, 1, 0, 0)),  # zero and missing are different values
        (night({A23: 30.0}), Changes(0, 0, 1, 0)),
        (night({B24: 50.0}, {THERE}), Changes(0, 0, 0, 0)),  # a part deletes nothing outside itself
        (night({}, {THERE}), Changes(0, 0, 1, 0)),  # a whole answer that brings nothing deletes what it covers
        (night({A23: 30.0}, refused=(A24,)), Changes(0, 0, 0, 0)),  # what is refused is not taken for deleted
        (Night({HERE: False}, {A24: DELETED}, frozenset()), Changes(0, 0, 1, 0)),  # Kolada says it itself
    ],
)
def test_a_second_night_writes_down_what_changed(warehouse: Warehouse, second: Night, changes: Changes) -> None:
    assert warehouse.take(second, 2) == changes
    assert warehouse.take(second, 3).total == 0


def test_a_revised_value_keeps_what_it_was_and_who_changed_it(warehouse: Warehouse) -> None:
    warehouse.take(night(FULL | {A24: 31.5}), 2)
    rows = warehouse.connection.execute(
        "SELECT korning_id, handelse, varde, foregaende_varde FROM matvarde_revision WHERE observerad = $1",
        [time_of(2)],
    ).fetchall()
    assert rows == [("natt-2", "reviderad", 31.5, 31.0)]
    runs = "SELECT ar, varde, korning_id FROM matvarde WHERE omrade_id = '0484' ORDER BY ar"
    assert warehouse.connection.sql(runs).fetchall() == [(2023, 30.0, "natt-1"), (2024, 31.5, "natt-2")]


def test_a_deleted_value_may_return(warehouse: Warehouse) -> None:
    warehouse.take(night({A23: 30.0}), 2)
    assert A24 not in warehouse.state()
    assert warehouse.take(night(FULL), 3) == Changes(0, 0, 0, 1)


def test_the_same_key_twice_and_a_time_that_goes_back_are_refused_and_nothing_is_written(warehouse: Warehouse) -> None:
    before = warehouse.both()
    with pytest.raises(ValueError, match="not later than the latest revision"):
        warehouse.take(night(FULL | {A24: 1.0}), -5)
    with pytest.raises(ValueError, match="comes twice"):
        warehouse.take(night(FULL), 2, twice=True)
    assert warehouse.both() == before
