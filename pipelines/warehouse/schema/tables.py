"""What a table, a view and a table macro are, and the statements that make them. Which there are is data: see `load`.

Attribute names are English, aliases are the Swedish keys of the files. No PRIMARY KEY constraints: keys are checked
where rows are merged, and the same DDL then also runs on engines that know no constraints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from pipelines.warehouse.sql import literal
from pipelines.yamlmodel import Model, Text, YesNo

DuckType = Literal["VARCHAR", "JSON", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"]


class ViewColumn(Model):
    """A column of a view: its comment, and whether it may be NULL. Its type is DuckDB's finding."""

    name: str = Field(alias="namn")
    comment: Text = Field(alias="text", description="Kommentaren, på svenska.")
    nullable: YesNo = Field(False, alias="far_saknas", description="ja = värdet får vara NULL.")


class Column(ViewColumn):
    """A column of a table: its type as well, what its values may be, and where they come from."""

    type: DuckType = Field(alias="typ", description="Datatypen i DuckDB.")
    allowed: tuple[str, ...] = Field((), alias="varden", description="De enda värden som får förekomma.")
    at_least: int | float | None = Field(None, alias="minst", description="Minsta tillåtna värde.")
    at_most: int | float | None = Field(None, alias="hogst", description="Största tillåtna värde.")
    above: int | float | None = Field(None, alias="storre_an", description="Värdet ska vara större än detta.")
    pattern: str | None = Field(None, alias="monster", description="Reguljärt uttryck som värdet ska följa.")
    finite: YesNo = Field(False, alias="andligt", description="ja = varken oändligt eller NaN.")
    refers_to: str | None = Field(None, alias="hor_till", description="Kolumnen som värdet är ett id i: tabell.kolumn.")
    derived: YesNo = Field(False, alias="vid_publicering", description="ja = finns bara i det publicerade.")
    source: str | None = Field(
        None, alias="ur", description="Nyckeln i YAML-filen när den heter något annat; a.b = nyckeln b under a."
    )

    def reference(self) -> tuple[str, str] | None:
        """(table, column) of `refers_to`."""
        if self.refers_to is None:
            return None
        table, _, column = self.refers_to.partition(".")
        return table, column


class Table(Model):
    """A table: its key is unique and never NULL.

    published_schema: where the published database has it. The warehouse has one schema, and names are unique over both.
    content: written whole at every run, from the YAML files and Kolada's catalogue. own_processing: its rows are our
    computations. stored, public: whether the warehouse has it, and the published database. published_as: the SELECT
    over the attached warehouse that gives the published rows, where they are not the stored ones; `$dag` in it is the
    day of publication. computed_from: the published table that it reads instead, a range of nyckeltal at a time, from
    `$forsta` to `$sista`. as_of: the SELECT over the attached published database that gives the rows as they were known
    at `$t`; content without it has today's rows.
    """

    name: str = Field(alias="namn")
    comment: Text = Field(alias="text", description="Kommentaren, på svenska.")
    key: tuple[str, ...] = Field(alias="nyckel", description="Kolumnerna som skiljer rader åt; [] när inga gör det.")
    columns: Mapping[str, Column] = Field(alias="kolumner", min_length=1, description="Kolumnerna, i ordning.")
    published_schema: Literal["main", "styrning"] = Field("main", alias="schema", description="I det publicerade.")
    content: YesNo = Field(False, alias="innehall", description="ja = skrivs om hel vid varje körning.")
    own_processing: YesNo = Field(False, alias="egen_bearbetning", description="ja = raderna är våra beräkningar.")
    stored: YesNo = Field(True, alias="lagras", description="nej = finns bara i den publicerade databasen.")
    public: YesNo = Field(True, alias="publiceras", description="nej = finns bara i lagret.")
    as_of: Text | None = Field(None, alias="som_da", description="SELECT som ger raderna som de var kända vid $t.")
    computed_from: str | None = Field(
        None, alias="beraknas_ur", description="Tabellen i den publicerade databasen som raderna räknas ur."
    )
    published_as: str | None = Field(None, alias="publicerad_som")

    @property
    def published_name(self) -> str:
        """How it is written in a query of the published database: 'matvarde', 'styrning.beslut'."""
        return self.name if self.published_schema == "main" else f"{self.published_schema}.{self.name}"

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns that the warehouse keeps."""
        return tuple(column for column in self.columns.values() if not column.derived)

    @property
    def per_area(self) -> bool:
        """Whether a row is about a nyckeltal in an area."""
        return {"nyckeltal_id", "omrade_id"} <= self.columns.keys()

    def known_at(self) -> str | None:
        """The SELECT that gives the rows as of `$t`; None where they are computed again, or never published."""
        return self.as_of or (f"FROM pub.{self.published_name}" if self.content else None)

    def references(self) -> dict[str, tuple[str, str]]:
        """Column → the (table, column) that it refers to, wherever that is not itself."""
        targets = {column.name: column.reference() for column in self.columns.values()}
        return {name: target for name, target in targets.items() if target and target != (self.name, name)}

    def ddl(self, published: bool = False) -> str:
        """CREATE TABLE with NOT NULL where a value is demanded; derived columns are in the published table only."""
        columns = self.columns.values() if published else self.stored_columns
        body = ", ".join(f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in columns)
        return f"CREATE TABLE IF NOT EXISTS {self.published_name if published else self.name} ({body})"

    def comment_statements(self) -> list[str]:
        """COMMENT ON for the published table and each column."""
        return _comments("TABLE", self.published_name, self.comment, self.columns.values())


class View(Model):
    """A view of the published database. Its columns are in the order of its SELECT.

    prepared: its rows are computed once, when the database is written: over fifty million values a query would take
    too long.
    """

    name: str = Field(alias="namn")
    comment: Text = Field(alias="text", description="Kommentaren, på svenska: vad en rad är.")
    key: tuple[str, ...] = Field(alias="nyckel", description="Kolumnerna som skiljer rader åt.")
    columns: Mapping[str, ViewColumn] = Field(alias="kolumner", min_length=1, description="Kolumnerna, i ordning.")
    own_processing: YesNo = Field(True, alias="egen_bearbetning", description="nej = inget i den är våra beräkningar.")
    prepared: YesNo = Field(False, alias="beredd", description="ja = raderna räknas när databasen skrivs.")
    file: str = Field(alias="fil")
    sql: str

    def ddl(self) -> str:
        """CREATE VIEW over the tables."""
        return f"CREATE OR REPLACE VIEW {self.name} AS {self.sql}"

    def published_ddl(self) -> str:
        """As `ddl`; a prepared one as a table without rows."""
        return f"CREATE TABLE {self.name} AS {self.sql} LIMIT 0" if self.prepared else self.ddl()

    def as_table(self, types: Mapping[str, str]) -> Table:
        """What a table with its rows is. types: column → DuckDB type. A key that may be NULL is none."""
        given = [column.model_dump(by_alias=True) for column in self.columns.values()]
        words = {True: "ja", False: "nej"}
        columns = {c["namn"]: c | {"typ": types[c["namn"]], "far_saknas": words[c["far_saknas"]]} for c in given}
        unique = not any(self.columns[name].nullable for name in self.key)
        return Table.model_validate(
            {
                "namn": self.name,
                "text": self.comment,
                "nyckel": self.key if unique else (),
                "kolumner": columns,
                "egen_bearbetning": words[self.own_processing],
            }
        )

    def comment_statements(self) -> list[str]:
        """COMMENT ON for the published view and each column."""
        return _comments("TABLE" if self.prepared else "VIEW", self.name, self.comment, self.columns.values())


class Macro(Model):
    """A table macro. Its columns are described here, or mean what those of table `like` mean."""

    name: str = Field(alias="namn")
    comment: Text = Field(alias="text", description="Vad den ger.")
    key: tuple[str, ...] = Field(alias="nyckel", description="Kolumnerna som skiljer rader åt.")
    like: str | None = Field(None, alias="som", description="Tabellen vars kolumner den har.")
    own_columns: Mapping[str, ViewColumn] = Field({}, alias="kolumner", description="Kolumnerna, i ordning.")
    parameters: tuple[str, ...] = Field(("tidpunkt",), alias="parametrar", description="Vad den tar.")
    example: Text = Field(alias="exempel", description="Argumenten i ett anrop, som SQL.")
    file: str = Field(alias="fil")
    sql: str

    @property
    def call(self) -> str:
        """How it is written in a query: 'matvarde_per(tidpunkt)'."""
        return f"{self.name}({', '.join(self.parameters)})"

    @property
    def example_call(self) -> str:
        """A call that can be run."""
        return f"{self.name}({self.example})"

    def columns(self, tables: Mapping[str, Table]) -> Mapping[str, ViewColumn]:
        """Its columns; those of the table that it is like, as far as it has them, where it says none itself."""
        return tables[self.like].columns if self.like else self.own_columns

    def ddl(self) -> str:
        """CREATE MACRO over the tables."""
        return f"CREATE OR REPLACE MACRO {self.call} AS TABLE {self.sql}"

    def comment_statement(self) -> str:
        """COMMENT ON for the macro."""
        return f"COMMENT ON MACRO TABLE {self.name} IS {literal(f'{self.comment}. Exempel: FROM {self.example_call}')}"


@dataclass(frozen=True)
class Schema:
    """Every table, view and macro by its name, in the order of the files."""

    tables: Mapping[str, Table]
    views: Mapping[str, View]
    macros: Mapping[str, Macro]

    @property
    def stored(self) -> tuple[Table, ...]:
        """The tables of the warehouse."""
        return tuple(table for table in self.tables.values() if table.stored)

    @property
    def published(self) -> tuple[Table, ...]:
        """The tables of the published database."""
        return tuple(table for table in self.tables.values() if table.public)

    def published_ddl(self) -> list[str]:
        """CREATE for the published schemas and tables."""
        schemas = dict.fromkeys(table.published_schema for table in self.published)
        return [
            *(f"CREATE SCHEMA IF NOT EXISTS {name}" for name in schemas),
            *(table.ddl(published=True) for table in self.published),
        ]

    @property
    def content(self) -> tuple[Table, ...]:
        """The tables that are written whole at every run."""
        return tuple(table for table in self.tables.values() if table.content)


def _comments(kind: str, name: str, comment: str, columns: Iterable[ViewColumn]) -> list[str]:
    return [
        f"COMMENT ON {kind} {name} IS {literal(comment)}",
        *(f"COMMENT ON COLUMN {name}.{c.name} IS {literal(c.comment)}" for c in columns),
    ]
