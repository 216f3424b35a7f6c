"""What holds of `andring` and `andring_mellan` whatever comes: sequences of nights, against the state after each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.warehouse.publish import compute_tables
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.test_merge_properties import Key, Night, Value, Warehouse, examples, nights, time_of

State = dict[Key, Value]
# The night when a nyckeltal was first followed; None: it is in no catalogue, like what the huvudmän hand in.
FOLLOWED = st.fixed_dictionaries({"N00001": st.sampled_from([0, 1, None]), "U00002": st.sampled_from([0, 0, 2])})


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with FileWarehouse(Path(":memory:")).open() as connection:
        yield Warehouse(connection)


class History:
    """The states after each night, and what a reader would say of them."""

    def __init__(self, sequence: list[Night], followed: dict[str, int | None]) -> None:
        self.states: list[State] = []
        for night in sequence:
            self.states.append(night.after(self.states[-1] if self.states else {}))
        self.followed = followed

    def known_since(self, key: Key) -> int:
        """The first night on which both the nyckeltal and anything of the område were there."""
        area = next(n for n, state in enumerate(self.states) if any(other[1] == key[1] for other in state))
        return max(self.followed[key[0]] or 0, area)

    def years_with_values(self, key: Key, night: int) -> set[int]:
        """Years of which the series has had a value on this night or before."""
        changes = [k for state in self.states[: night + 1] for k, value in state.items() if value[0] is not None]
        return {k[2] for k in changes if (*k[:2], k[3]) == (*key[:2], key[3])}

    def between(self, start: int, end: int) -> dict[Key, tuple[str, float | None, float | None]]:
        """Every value that differs → the kind of the change, the value before and after. What was first followed in
        between is compared with its first night.
        """
        changes = {}
        for key in {key for state in self.states for key in state}:
            base = max(start, self.known_since(key))
            old, new = self.states[base].get(key), self.states[end].get(key)
            if base < end and shown(old) != shown(new):
                changes[key] = (self.kind(key, old, new, base), old[0] if old else None, new[0] if new else None)
        return changes

    def kind(self, key: Key, old: Value | None, new: Value | None, start: int) -> str:
        if new is None:
            return "borttaget"
        (value, _, _, _, correction), corrected = new, old is not None and old[4] is not None
        if correction is None and corrected:
            return "egen korrigering upphävd"
        if correction is not None and old is not None:
            same_value = (old[0], old[2]) == (value, new[2])
            if old[4] != correction or same_value:
                return "egen korrigering"
        had_now = old is not None and old[0] is not None
        if value is None:
            return "indraget" if had_now else "utan värde"
        if had_now:
            return "reviderat"
        years = self.years_with_values(key, start)
        if not years:
            return "ny serie"
        if key[2] in years:
            return "återkommet"
        return "nytt år" if key[2] > max(years) else "ifyllt i efterhand"


def shown(value: Value | None) -> tuple[object, ...] | None:
    """A value without Kolada's count, which changes no value."""
    return value and (value[0], *value[2:])


@pytest.mark.lang
@examples(6)
@given(st.lists(nights(), min_size=5, max_size=5), FOLLOWED)
def test_the_net_change_between_any_two_times_is_the_difference_of_the_two_states(
    warehouse: Warehouse, sequence: list[Night], followed: dict[str, int | None]
) -> None:
    warehouse.empty()
    connection = warehouse.connection
    connection.execute("DELETE FROM andring")
    connection.execute("DELETE FROM nyckeltal_version")
    for number, night in enumerate(sequence):
        warehouse.take(night, number)
    for kpi, number in followed.items():
        if number is not None:
            connection.execute(
                """INSERT INTO nyckeltal_version BY NAME
                   SELECT $1 AS nyckeltal_id, $2 AS observerad, 'natt' AS korning_id, true AS i_katalogen""",
                [kpi, time_of(number)],
            )
    compute_tables(connection, date.today(), chunk_size=1)
    history = History(sequence, followed)

    columns = "nyckeltal_id, omrade_id, ar, kon, slag, fore, efter"
    for start, end in combinations(range(len(sequence)), 2):
        rows = connection.execute(
            f"SELECT {columns} FROM andring_mellan($1, $2)", [time_of(start), time_of(end)]
        ).fetchall()
        assert {row[:4]: row[4:] for row in rows} == history.between(start, end)
        assert len(rows) == len({row[:4] for row in rows})
    for number in range(1, len(sequence)):
        rows = connection.execute(f"SELECT {columns} FROM andring WHERE observerad = $1", [time_of(number)]).fetchall()
        assert {row[:4]: row[4:] for row in rows} == history.between(number - 1, number)
    assert connection.execute("SELECT count(*) FROM andring WHERE observerad = $1", [time_of(0)]).fetchall() == [(0,)]
