"""What every export must state about the figures: how fresh they are, their source (in the words of `attribution`), and
who publishes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from pipelines import attribution
from pipelines.clock import swedish
from pipelines.errors import ConfigError
from pipelines.rows import Record, rows
from pipelines.settings import KOLADA, SYNTHETIC
from pipelines.warehouse.schema.tables import Table

_ABOUT = "Uppföljning av Nära vård"
LOCAL = "lokal"
KOLADA_TERMS = (
    "Koladas villkor: uppgifterna är avgiftsfria och får användas också kommersiellt; oförändrade värden anges med "
    "'Källa: Kolada', egna bearbetningar anger inte Kolada som källa. Kolada namnger ingen licens."
)
# The one table that holds values as they came.
VALUES_TABLE = "matvarde"


@dataclass(frozen=True, slots=True)
class About:
    """title: what the figures belong to. county: its name; None when it is not known.

    run_id, as_of: of the newest finished run, and its end (UTC, naive). source: `korning.kalla`. corrected: number of
    values that the owners have corrected. local: number of values that the huvudmän handed in themselves. first_year,
    last_year: of the values; None without any. publisher: the row of `utgivare`; None without one.
    """

    title: str
    county: str | None
    run_id: str
    as_of: datetime
    source: str
    corrected: int
    local: int
    first_year: int | None
    last_year: int | None
    publisher: Record | None

    @property
    def as_of_text(self) -> str:
        """The day and time in Sweden."""
        return f"{swedish(self.as_of):%Y-%m-%d kl. %H.%M} svensk tid"

    @property
    def mark(self) -> str | None:
        return attribution.mark(self.source)

    @property
    def unchanged(self) -> str:
        return attribution.unchanged(self.source)

    @property
    def own(self) -> str:
        return attribution.own(self.source)

    @property
    def values_line(self) -> str:
        """The source of `matvarde` as a whole."""
        parts = [self.unchanged]
        if self.corrected:
            parts = [f"{self.unchanged} där korrigering är tom", f"rättade av ägarna: {self.own.lower()}"]
        if self.local:
            parts.append(f"rader där kalla är {LOCAL}: huvudmännens egna uppgifter, se ursprunglig_kalla i nyckeltal")
        return "; ".join(parts)

    @property
    def all_unchanged(self) -> bool:
        """Whether every value is the source's own, so that the source alone can be named for the table."""
        return not self.corrected and not self.local

    def table_line(self, table: Table) -> str | None:
        """The source of a table's rows; None for those that are the målbild's own content or malbild's journal."""
        if table.name == VALUES_TABLE:
            return self.values_line
        return self.own if table.own_processing else None

    @property
    def terms(self) -> str:
        """Under which terms the figures came to us."""
        if self.source == KOLADA:
            return KOLADA_TERMS
        return f"{self.mark}."

    @property
    def citation(self) -> str:
        """How to cite."""
        if self.source == KOLADA:
            return (
                "Oförändrade värden anges med 'Källa: Kolada'. Det som malbild har räknat fram (jämförelser, trender, "
                f"ändringar, rättade värden) anges som egen bearbetning, utan Kolada som källa. Läst {self.as_of_text}."
            )
        if self.source == SYNTHETIC:
            return "Uppgifterna är påhittade och ska inte citeras."
        return "Uppgifterna är inte hämtade från Kolada och anges inte med Kolada som källa."


def read_about(connection: duckdb.DuckDBPyConnection) -> About:
    """From the open published database. Raises ConfigError when it holds no finished run."""
    finished = connection.sql(
        "SELECT korning_id, avslutad, coalesce(kalla, 'okänd källa') FROM klar_korning WHERE nyast = 1"
    ).fetchall()
    if not finished:
        raise ConfigError("the published database holds no finished run: nothing can be exported → `malbild run` first")
    facts = connection.execute(
        "SELECT count(korrigering), count(*) FILTER (kalla = $1), min(ar), max(ar) FROM matvarde", [LOCAL]
    ).fetchall()[0]
    publisher = rows(connection.sql("FROM styrning.utgivare"))
    corrected, local, first_year, last_year = facts
    run_id, as_of, source = finished[0]
    titles = connection.sql("SELECT titel FROM styrning.rapport").fetchall()
    counties = connection.sql("SELECT lan FROM styrning.lan").fetchall()
    county = counties[0][0] if counties else None
    title = titles[0][0] if titles else f"{_ABOUT} i {county}" if county else _ABOUT
    return About(
        title,
        county,
        run_id,
        as_of,
        source,
        corrected,
        local,
        first_year,
        last_year,
        publisher[0] if publisher else None,
    )
