"""What a table, a view and a macro are: their columns with comments, and the statements that make them.

Which tables there are is `schema` and `activity_tables`. No PRIMARY KEY constraints: keys are checked where rows are
merged, and the same DDL then also runs on engines that know no constraints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """A column: DuckDB type, Swedish comment, whether NULL is legal, and whether only publication computes it."""

    name: str
    type: str
    comment: str
    nullable: bool = False
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key is unique and never NULL; `public` tables are published to analysts.

    `published_as`: the SELECT that gives the published rows, where they are not the stored ones. It reads the warehouse
    that is attached as `lager`, or what is published already; `$dag` in it is the day of publication, `$forsta` and
    `$sista` are the first and last nyckeltal of those that are written at a time.
    """

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    public: bool = True
    published_as: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that the warehouse keeps."""
        return tuple(column for column in self.columns if not column.derived)

    def ddl(self, published: bool = False) -> str:
        """CREATE TABLE with NOT NULL where a value is demanded; derived columns are in the published table only."""
        columns = self.columns if published else self.stored
        body = ", ".join(f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in columns)
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({body})"

    def comment_statements(self) -> list[str]:
        """COMMENT ON for the table and each column."""
        return [
            f"COMMENT ON TABLE {self.name} IS {literal(self.comment)}",
            *(f"COMMENT ON COLUMN {self.name}.{c.name} IS {literal(c.comment)}" for c in self.columns),
        ]


PREPARED: Final = "beredd"


@dataclass(frozen=True, slots=True)
class View:
    """A view of the published database: its comment, what a row is (`key`), its columns with their comments, which of
    them are never NULL, its SQL.

    The columns stand in the order of the SELECT; their types are DuckDB's finding. prepared: its rows are made once,
    when the database is: asked of fifty million values they would take longer than anybody wants to wait.
    """

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    never_null: frozenset[str]
    sql: str
    prepared: bool = False

    def ddl(self) -> str:
        return f"CREATE OR REPLACE VIEW {self.name} AS {self.sql}"

    def published_ddl(self) -> list[str]:
        """As `ddl`; a prepared one with its rows, in schema PREPARED, which is there."""
        if not self.prepared:
            return [self.ddl()]
        table = f"{PREPARED}.{self.name}"
        return [
            f"CREATE TABLE {table} AS SELECT * FROM ({self.sql}) ORDER BY {', '.join(self.key)}",
            f"COMMENT ON TABLE {table} IS {literal(f'Vyn {self.name}, gjord när databasen skrevs: fråga vyn')}",
            *(f"COMMENT ON COLUMN {table}.{name} IS {literal(comment)}" for name, comment in self.columns),
            f"CREATE OR REPLACE VIEW {self.name} AS FROM {table}",
        ]

    def comment_statements(self) -> list[str]:
        return [
            f"COMMENT ON VIEW {self.name} IS {literal(self.comment)}",
            *(f"COMMENT ON COLUMN {self.name}.{name} IS {literal(comment)}" for name, comment in self.columns),
        ]


@dataclass(frozen=True, slots=True)
class Macro:
    """A table macro whose parameters are times (UTC); its columns mean what those of table `like` mean."""

    name: str
    comment: str
    key: tuple[str, ...]
    sql: str
    like: str
    parameters: tuple[str, ...] = ("tidpunkt",)

    @property
    def call(self) -> str:
        """How it is written in a query: 'matvarde_per(tidpunkt)'."""
        return f"{self.name}({', '.join(self.parameters)})"

    def ddl(self) -> str:
        return f"CREATE OR REPLACE MACRO {self.call} AS TABLE {self.sql}"


def identifier(name: str) -> str:
    """A SQL name that somebody else has chosen, such as a table of a database that is being examined."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A SQL string literal (COMMENT ON takes no parameters)."""
    return "'" + text.replace("'", "''") + "'"
