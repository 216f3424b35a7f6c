"""What the owners have decided and written, from the published database: quotes, the styrkedja, satsningar, decisions.

Beside `published`, which reads what is measured. Both read one database; `load_content` takes the open connection, so
that the report opens it once. Rows keep the columns of their tables: nothing is renamed here, and nothing decided about
what is shown or how it is worded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from pipelines.rows import Record, rows

Records = tuple[Record, ...]

# Every table that is read, and the order of its rows: in schema styrning, and in main.
_DECIDED = {
    "lan": "ALL",
    "rapport": "ALL",
    "lansdel": "ordning",
    "citat": "ordning",
    "instans": "ordning",
    "fokusomrade": "ordning",
    "malsattning": "fokusomrade_id, nummer",
    "malsattning_indikator": "ALL",
    "satsning": "ordning",
    "satsning_malsattning": "ALL",
    "uppfoljningsmatt": "satsning_id, ordning",
    "pdsa": "satsning_id, cykel",
    "forvantan": "satsning_id, nyckeltal_id, huvudman_id, observerad",
    "beslut": "ordning",
    "trygghetsvy": "ordning",
    "kommentar": "datum, uppfoljning_id, objekt, objekt_id",
    "fraga": "ordning",
    "pastaende": "ordning",
    "pastaende_steg": "steg",
    "malvarde": "nyckeltal_id",
}
_MEASURED = {
    "svar_nu": "svarande, svarande_id, uppfoljning_id, objekt, objekt_id, falt",
    "matt": "ordning",
    "indikator": "ordning",
    "nyckeltal": "nyckeltal_id",
    "effekt": "satsning_id, nyckeltal_id, huvudman_id = 'tillsammans' DESC, huvudman_id",
    "nyckeltal_brott": "nyckeltal_id, ar",
    "nyckeltal_undersokning": "nyckeltal_id, ar",
    "omrade": "omrade_id",
    "periodvarde": "nyckeltal_id, omrade_id, period, kon",
    "titt": "satsning_id, cykel, planerad_titt, nyckeltal_id, omrade_id",
    "xmr": "nyckeltal_id, omrade_id, kon, period",
}


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of every table that the owners' words are in, by the name of the table."""

    tables: Mapping[str, Records]

    def __getitem__(self, table: str) -> Records:
        """The rows of a table, in order."""
        return self.tables[table]

    def only(self, table: str) -> Record | None:
        """The row of a table that has one, or None."""
        return next(iter(self[table]), None)

    def where(self, table: str, **columns: object) -> Records:
        """The rows whose columns have these values, in order."""
        return tuple(row for row in self[table] if all(getattr(row, name) == value for name, value in columns.items()))

    def texts(self, table: str, column: str) -> dict[str, str]:
        """Key → text, of the rows of a table that have one. The key is the table's id."""
        pairs = ((getattr(row, f"{table}_id"), getattr(row, column)) for row in self[table])
        return {key: text for key, text in pairs if text is not None}

    @property
    def county(self) -> str | None:
        """The county's name."""
        row = self.only("lan")
        return row.lan if row else None

    @property
    def definitions(self) -> str | None:
        """The document that the definitions are taken from."""
        row = self.only("lan")
        return row.definitioner_kalla if row else None

    @property
    def region(self) -> str | None:
        """The name of the county's region."""
        regions = self.where("omrade", i_malbild=True, typ="region")
        return regions[0].namn if regions else None

    @property
    def kommuner(self) -> int:
        """How many kommuner the county has."""
        return len(self.where("omrade", i_malbild=True, typ="kommun"))

    @property
    def goals(self) -> Records:
        """The målsättningar of all fokusområden, in order."""
        return tuple(goal for area in self["fokusomrade"] for goal in self.goals_of(area))

    def goals_of(self, area: Record) -> Records:
        """The målsättningar of a fokusområde."""
        return self.where("malsattning", fokusomrade_id=area.fokusomrade_id)

    def quoted(self, place: str) -> Records:
        """The quotes of a place in the report, in order."""
        return self.where("citat", plats=place)

    def belonging(self, table: str, initiative: Record) -> Records:
        """The rows of a table that belong to a satsning, in order."""
        return self.where(table, satsning_id=initiative.satsning_id)


def load_content(connection: duckdb.DuckDBPyConnection) -> Content:
    """Read it from the open published database."""
    order = {**{f"styrning.{table}": columns for table, columns in _DECIDED.items()}, **_MEASURED}
    return Content(
        {
            table.removeprefix("styrning."): tuple(rows(connection.sql(f"FROM {table} ORDER BY {columns}")))
            for table, columns in order.items()
        }
    )


def is_over(initiative: Record) -> bool:
    """Whether a satsning has ended or gone into another."""
    return initiative.genomforande in ("avslutad", "sammanslagen")
