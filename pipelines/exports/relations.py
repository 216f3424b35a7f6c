"""What is exported: every published table and view, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from pipelines.warehouse.schema import schema
from pipelines.warehouse.schema.tables import Table, View
from pipelines.warehouse.wide import wide

CUT: Final = "Bara raderna för målbildens egna områden och riket."


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, or a view as one.

    order: the columns that its rows are sorted by; none for a table, whose rows lie sorted. whole: whether every row of
    it is written as Parquet; what is computed for every question is cut everywhere, because it does not fit in memory.
    """

    table: Table
    order: tuple[str, ...] = ()
    whole: bool = True

    @property
    def name(self) -> str:
        """Its name, which is that of its files."""
        return self.table.name

    def select(self, columns: str = "*", *, whole: bool, newest_of: str = "true") -> str:
        """SELECT of its rows in order, so that the same figures give the same bytes.

        whole: every row. Otherwise of what is about areas those that the målbild is read in, and of values also the
        newest of other areas; newest_of: which of those.
        """
        where = "" if whole or not self.table.per_area else f" WHERE ({self._own(newest_of)})"
        order = f" ORDER BY {', '.join(self.order)}" if self.order else ""
        return f"SELECT {columns} FROM {self.table.published_name}{where}{order}"  # noqa: S608 - names of our schema

    def _own(self, newest_of: str) -> str:
        if {"i_malbild", "typ"} <= self.table.columns.keys():
            # Filtered before the view's tables are joined; a subquery would be afterwards, and not fit in memory.
            return "i_malbild OR typ = 'riket'"
        conditions = ["omrade_id IN (SELECT omrade_id FROM omrade WHERE i_malbild OR typ = 'riket')"]
        if "nyast" in self.table.columns:
            conditions.append(f"nyast = 1 AND {newest_of}")
        if self.table.columns["omrade_id"].nullable:
            # What was refused may lack its område, or name one that is not followed.
            conditions.append("omrade_id NOT IN (SELECT omrade_id FROM omrade) OR omrade_id IS NULL")
        return " OR ".join(conditions)


def relations(connection: duckdb.DuckDBPyConnection) -> tuple[Relation, ...]:
    """The tables, then the views, of the open published database."""
    return (*map(Relation, schema().published), *views(connection))


def views(connection: duckdb.DuckDBPyConnection) -> tuple[Relation, ...]:
    """The views of the open published database."""

    def relation(view: View) -> Relation:
        types = {row[0]: row[1] for row in connection.sql(f"DESCRIBE {view.name}").fetchall()}
        table = view.as_table(types)
        return Relation(table, view.key, whole=view.prepared or not table.per_area)

    return tuple(map(relation, (*schema().views.values(), wide(connection)[0])))
