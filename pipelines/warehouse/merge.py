"""The revision merge: what a run brought against what is stored. The caller holds the transaction.

An unchanged value adds nothing and keeps `hamtad` and `korning_id`. A value is taken for deleted only where its KPI
and area were fetched whole and nothing of it was refused, or where Kolada says so; never because a KPI left the
catalogue.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

_KEY = "nyckeltal_id, omrade_id, ar, kon"


@dataclass(frozen=True, slots=True)
class Changes:
    """How many values changed, by event."""

    new: int
    revised: int
    deleted: int
    returned: int

    @property
    def total(self) -> int:
        return self.new + self.revised + self.deleted + self.returned

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            self.new + other.new,
            self.revised + other.revised,
            self.deleted + other.deleted,
            self.returned + other.returned,
        )


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a run brings.

    values: key + varde, antal_omraden, status, originalvarde, korrigering, borttagen, kalla, hamtad; the key is unique.
    whole: nyckeltal_id, omrade_id: the pairs that were surely answered whole, all years.
    refused: key columns of the values that came but were refused.
    """

    values: pl.DataFrame
    whole: pl.DataFrame
    refused: pl.DataFrame


def known_before(connection: duckdb.DuckDBPyConnection, observed: datetime) -> frozenset[str]:
    """The nyckeltal of which anything was ever stored. Raises ValueError when `observed` (UTC, naive) is not later than
    every revision there is.
    """
    ((latest,),) = connection.sql("SELECT max(observerad) FROM matvarde_revision").fetchall()
    if latest is not None and observed <= latest:
        raise ValueError(f"observed {observed} is not later than the latest revision {latest}")
    return frozenset(kpi for (kpi,) in connection.sql("SELECT DISTINCT nyckeltal_id FROM matvarde_revision").fetchall())


def merge_chunk(
    connection: duckdb.DuckDBPyConnection, incoming: Incoming, known: Set[str], *, run_id: str, observed: datetime
) -> Changes:
    """Inside a transaction of the caller: write every change to `matvarde_revision` and bring `matvarde` up to date.

    A run brings its values in chunks of which no two share a nyckeltal. `known`: of `known_before`, asked before the
    first chunk. Raises ValueError when a key comes twice; nothing is written then.
    """
    kpis = pl.concat([incoming.values["nyckeltal_id"], incoming.whole["nyckeltal_id"]])
    if kpis.is_empty():
        return Changes(0, 0, 0, 0)
    # DuckDB finds frames by the names of variables. Registered, they would stay in memory until the transaction ends.
    inkommande, hamtat_helt, vagrade = incoming.values, incoming.whole, incoming.refused  # noqa: F841
    if connection.sql(f"FROM inkommande SELECT 1 GROUP BY {_KEY} HAVING count(*) > 1 LIMIT 1").fetchall():
        raise ValueError("the same value comes twice; validation must leave one row per key")
    if known.isdisjoint(kpis.unique()):
        connection.execute(_ALL_NEW)
    else:
        connection.execute(_CHANGES, {"forsta": kpis.min(), "sista": kpis.max()})
    connection.execute(_REVISIONS, [observed, run_id])
    if connection.sql("FROM andring SELECT 1 WHERE handelse IN ('reviderad', 'borttagen') LIMIT 1").fetchall():
        connection.execute(f"DELETE FROM matvarde m USING andring a WHERE {_SAME_KEY}")  # noqa: S608 - texts of this module
    connection.execute(_CURRENT, [run_id])
    counts = dict(connection.sql("SELECT handelse, count(*) FROM andring GROUP BY handelse").fetchall())
    connection.execute("DROP TABLE andring")
    return Changes(
        counts.get("ny", 0), counts.get("reviderad", 0), counts.get("borttagen", 0), counts.get("återkommen", 0)
    )


_SAME_KEY = "m.nyckeltal_id = a.nyckeltal_id AND m.omrade_id = a.omrade_id AND m.ar = a.ar AND m.kon = a.kon"

_COMPARED = f"""
CREATE OR REPLACE TEMP TABLE andring AS
WITH lagrat AS MATERIALIZED (FROM matvarde {{stored}}),
tidigare AS MATERIALIZED (SELECT DISTINCT {_KEY} FROM matvarde_revision {{stored}})
SELECT i.nyckeltal_id, i.omrade_id, i.ar, i.kon, i.varde, i.antal_omraden, i.status,
       i.originalvarde, i.korrigering, i.kalla, i.hamtad,
       m.varde AS foregaende_varde, m.status AS foregaende_status,
       -- In the revisions but not among the current values: it was deleted before.
       CASE WHEN m.kon IS NOT NULL THEN 'reviderad' WHEN r.kon IS NOT NULL THEN 'återkommen' ELSE 'ny' END AS handelse
FROM inkommande i
LEFT JOIN lagrat m USING ({_KEY})
LEFT JOIN tidigare r USING ({_KEY})
WHERE NOT i.borttagen
  AND (m.kon IS NULL OR (i.varde, i.antal_omraden, i.status, i.originalvarde, i.korrigering)
      IS DISTINCT FROM (m.varde, m.antal_omraden, m.status, m.originalvarde, m.korrigering))
UNION ALL
SELECT m.nyckeltal_id, m.omrade_id, m.ar, m.kon, NULL, NULL, 'borttagen', NULL, NULL, m.kalla, i.hamtad,
       m.varde, m.status, 'borttagen'
FROM inkommande i JOIN lagrat m USING ({_KEY})
WHERE i.borttagen
UNION ALL
SELECT m.nyckeltal_id, m.omrade_id, m.ar, m.kon, NULL, NULL, 'borttagen', NULL, NULL, m.kalla, m.hamtad,
       m.varde, m.status, 'borttagen'
FROM lagrat m
SEMI JOIN hamtat_helt h ON m.nyckeltal_id = h.nyckeltal_id AND m.omrade_id = h.omrade_id
ANTI JOIN inkommande i
    ON m.nyckeltal_id = i.nyckeltal_id AND m.omrade_id = i.omrade_id AND m.ar = i.ar AND m.kon = i.kon
ANTI JOIN vagrade v
    ON m.nyckeltal_id = v.nyckeltal_id AND m.omrade_id = v.omrade_id AND m.ar = v.ar AND m.kon = v.kon
"""  # noqa: S608 - texts of this module

# What is stored is narrowed to the chunk's nyckeltal first: the tables are sorted by them more or less, so that most
# of them need not be read, and what is joined is small.
_CHANGES = _COMPARED.format(stored="WHERE nyckeltal_id BETWEEN $forsta AND $sista")
# What the transaction itself has written is read whole however it is narrowed: a first night has nothing else.
_ALL_NEW = _COMPARED.format(stored="LIMIT 0")

_REVISIONS = """
INSERT INTO matvarde_revision BY NAME
SELECT nyckeltal_id, omrade_id, ar, kon, $1 AS observerad, handelse, varde, antal_omraden, status,
       foregaende_varde, foregaende_status, originalvarde, korrigering, kalla, hamtad, $2 AS korning_id
FROM andring
"""

_CURRENT = """
INSERT INTO matvarde BY NAME
SELECT nyckeltal_id, omrade_id, ar, kon, varde, antal_omraden, status,
       originalvarde, korrigering, kalla, hamtad, $1 AS korning_id
FROM andring WHERE handelse <> 'borttagen'
"""
