"""What the checks look at: the stored tables beside the published database, in a few queries. What it means:
`evaluate`.

"Before" is always what readers see: a change that was stored on a night whose publication was stopped is still a change
the night after, and one that Kolada has taken back is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.checks.plausibility import judge
from pipelines.rows import mappings
from pipelines.validation.bounds import OUTSIDE
from pipelines.warehouse.schema import schema
from pipelines.warehouse.sql import literal

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to judge; each a list of rows.

    before: whether anything is published to compare with; `unreadable` says why it could not be read.
    duplicates: nyckeltal_id, omrade_id, ar, kon, rader.
    unexplained: nyckeltal_id, omrade_id, fore, efter: series that differ although no revision tells of it.
    cells: matt, omrade, fore, efter: number of values per mått and huvudman, where it fell.
    cells_with_values, cells_in_all: number of mått × huvudmän.
    measures: matt, fore (published values), andrade, nyckeltal (those), orsak: where any of Kolada's changed or went.
    jumps: nyckeltal_id, titel, vad, fore, efter, kvot: revised values that grew or shrank out of proportion.
    implausible: as `plausibility.judge`, and titel and vad_namn (the område that vad is).
    changed: the nyckeltal of Kolada's of which anything is to be published.
    late: nyckeltal_id, titel, publiceras, period, senaste_ar.
    refused: orsak, antal, var (one of them, of the own areas if any is) of this run; `fetched`: how many values came.
    """

    before: bool
    unreadable: str | None
    duplicates: list[_Row]
    unexplained: list[_Row]
    cells: list[_Row]
    cells_with_values: int
    cells_in_all: int
    measures: list[_Row]
    jumps: list[_Row]
    implausible: list[_Row]
    changed: list[str]
    late: list[_Row]
    refused: list[_Row]
    fetched: int


def read_inputs(connection: duckdb.DuckDBPyConnection, published: Path, run_id: str, refused: pl.DataFrame) -> Facts:
    """The facts of the open warehouse after the merge of this run. `refused`: what it refused
    (`validation.quarantine.Screened`). Leaves temporary tables in the connection.
    """
    unreadable = _take_before(connection, published) if published.exists() else None
    before = published.exists() and unreadable is None
    if not before:
        connection.execute(_NOTHING_BEFORE)
    connection.execute(_NET)
    connection.execute(_NOW)
    connection.execute(_CAUSE)
    ((with_values, in_all),) = connection.sql(_COVERED).fetchall()
    ((fetched,),) = connection.execute("SELECT rader_hamtade FROM korning WHERE korning_id = $1", [run_id]).fetchall()
    return Facts(
        before=before,
        unreadable=unreadable,
        duplicates=mappings(connection.sql(_DUPLICATES)),
        unexplained=mappings(connection.sql(_UNEXPLAINED)) if before else [],
        cells=mappings(connection.sql(_CELLS)),
        cells_with_values=with_values,
        cells_in_all=in_all,
        measures=mappings(connection.sql(_MEASURES)),
        jumps=mappings(connection.sql(_REVISED_JUMPS)),
        implausible=_implausible(connection, refused),
        changed=[kpi for (kpi,) in connection.sql(_CHANGED_KPIS).fetchall()],
        late=mappings(connection.sql(_LATE.format(calendar=schema().views["publiceringskalender"].sql))),
        refused=mappings(connection.sql(_REFUSED, params=[run_id])),
        fetched=fetched,
    )


def _implausible(connection: duckdb.DuckDBPyConnection, refused: pl.DataFrame) -> list[_Row]:
    """What is not plausible of the nyckeltal of Kolada's that have changed; of a first publication, of all."""
    connection.execute(_ANDRAT)
    if not connection.sql("FROM andrat LIMIT 1").fetchall():
        return []
    frames = {name: connection.sql(query).pl() for name, query in _FRAMES.items()}
    outside = refused.filter(pl.col("orsak").str.starts_with(OUTSIDE)).select("nyckeltal_id", "omrade_id", "ar")
    findings = judge(refused=outside.cast({"ar": pl.Int32}), **frames)
    names = connection.sql("SELECT omrade_id AS vad, namn AS vad_namn FROM omrade").pl()
    titles = connection.sql("SELECT nyckeltal_id, titel FROM nyckeltal").pl()
    return (
        findings.join(titles, on="nyckeltal_id", how="left", maintain_order="left")
        .join(names, on="vad", how="left", maintain_order="left")
        .to_dicts()
    )


def _take_before(connection: duckdb.DuckDBPyConnection, published: Path) -> str | None:
    """Take what is published into `fore`, `fore_matt`, `fore_hallet` and `grans`, or say why it cannot be read: a file
    that can be opened may still be damaged further in. A night repairs it by publishing.
    """
    try:
        connection.execute(f"ATTACH {literal(str(published))} AS pub (READ_ONLY)")
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    try:
        connection.execute(_BEFORE)
    except duckdb.OutOfMemoryException:
        # The machine's fault and not the file's: publishing without comparing would let everything through.
        raise
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    finally:
        connection.execute("DETACH pub")
    return None


# One row per series and kind: how many rows and values, and a fingerprint of them.
_SERIES = """
SELECT nyckeltal_id, omrade_id, count(*) AS rader, count(varde) AS varden, bit_xor(hash(ar, kon, varde)) AS avtryck
FROM {table} GROUP BY ALL
"""

_BEFORE = f"""
CREATE TEMP TABLE fore AS {_SERIES.format(table="pub.matvarde")};
CREATE TEMP TABLE fore_matt AS SELECT matt_id, nyckeltal_id FROM pub.matt_nyckeltal;
CREATE TEMP TABLE fore_hallet AS SELECT nyckeltal_id FROM pub.nyckeltal WHERE obekraftad_titel IS NOT NULL;
CREATE TEMP TABLE grans AS SELECT max(observerad) AS tid FROM pub.korning;
"""  # noqa: S608 - texts of this module

_NOTHING_BEFORE = f"""
CREATE OR REPLACE TEMP TABLE fore AS {_SERIES.format(table="matvarde")} LIMIT 0;
CREATE OR REPLACE TEMP TABLE fore_matt AS SELECT matt_id, nyckeltal_id FROM matt_nyckeltal LIMIT 0;
CREATE OR REPLACE TEMP TABLE fore_hallet AS SELECT nyckeltal_id FROM nyckeltal LIMIT 0;
CREATE OR REPLACE TEMP TABLE grans AS SELECT NULL::TIMESTAMP AS tid;
"""  # noqa: S608 - texts of this module

_NOW = f"CREATE TEMP TABLE nu AS {_SERIES.format(table='matvarde')}"

# What became of each value since the publication, whatever happened in between: `fanns` and `fore` then, `finns` and
# `efter` now. Without a publication nothing has changed.
_NET = """
CREATE TEMP TABLE netto AS
SELECT nyckeltal_id, omrade_id, ar, kon, forst.handelse IN ('reviderad', 'borttagen') AS fanns,
    sist.handelse <> 'borttagen' AS finns, forst.fore AS fore, sist.efter AS efter, sist.kalla = 'lokal' AS lokal
FROM (
    SELECT nyckeltal_id, omrade_id, ar, kon,
        arg_min({'handelse': handelse, 'fore': foregaende_varde}, observerad) AS forst,
        arg_max({'handelse': handelse, 'efter': varde, 'kalla': kalla}, observerad) AS sist
    FROM matvarde_revision WHERE observerad > (SELECT tid FROM grans) GROUP BY ALL
)
"""

# Events of Kolada's catalogue since the publication, and what holds now, per nyckeltal.
_CAUSE = """
CREATE TEMP TABLE orsak AS
SELECT nyckeltal_id, string_agg(DISTINCT vad, ', ' ORDER BY vad) AS orsak FROM (
    SELECT objekt_id AS nyckeltal_id, handelse AS vad FROM katalog_handelse
    WHERE objekt = 'nyckeltal' AND observerad > (SELECT tid FROM grans)
    UNION ALL SELECT nyckeltal_id, 'nyckeltal borttaget' FROM nyckeltal WHERE i_katalogen IS NOT DISTINCT FROM false
    UNION ALL SELECT nyckeltal_id, 'titeln är inte bekräftad: värdena hålls' FROM nyckeltal
        WHERE obekraftad_titel IS NOT NULL
    UNION ALL SELECT nyckeltal_id, 'titeln har bekräftats' FROM fore_hallet JOIN nyckeltal USING (nyckeltal_id)
        WHERE obekraftad_titel IS NULL
    UNION ALL SELECT nyckeltal_id, 'korrigering' FROM matvarde_revision
        WHERE korrigering IS NOT NULL AND observerad > (SELECT tid FROM grans)
) GROUP BY ALL
"""

_DUPLICATES = """
SELECT nyckeltal_id, omrade_id, ar, kon, count(*) AS rader FROM matvarde GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL
"""

# The revisions are the only way to a changed value: a series without any must be what it was, one with some must have
# the number of values that follows from them.
_UNEXPLAINED = """
WITH foljer AS (
    SELECT nyckeltal_id, omrade_id,
        count(*) FILTER (finns AND efter IS NOT NULL) - count(*) FILTER (fanns AND fore IS NOT NULL) AS skillnad
    FROM netto GROUP BY ALL
)
SELECT nyckeltal_id, omrade_id, coalesce(f.varden, 0) AS fore, coalesce(n.varden, 0) AS efter
FROM fore f FULL JOIN nu n USING (nyckeltal_id, omrade_id) LEFT JOIN foljer USING (nyckeltal_id, omrade_id)
WHERE CASE WHEN skillnad IS NULL THEN f.avtryck IS DISTINCT FROM n.avtryck
    ELSE coalesce(n.varden, 0) <> coalesce(f.varden, 0) + skillnad END
ORDER BY ALL
"""

_PER_CELL = """
per_cell AS (
    SELECT m.matt_id, m.namn AS matt, o.omrade_id, o.namn AS omrade,
        coalesce((SELECT sum(f.varden) FROM fore_matt k JOIN fore f USING (nyckeltal_id)
            WHERE k.matt_id = m.matt_id AND f.omrade_id = o.omrade_id), 0)::BIGINT AS fore,
        coalesce((SELECT sum(n.varden) FROM matt_nyckeltal k JOIN nu n USING (nyckeltal_id)
            WHERE k.matt_id = m.matt_id AND n.omrade_id = o.omrade_id), 0)::BIGINT AS efter,
        m.ordning
    FROM matt m JOIN omrade o ON o.i_malbild AND (m.huvudman = 'båda' OR m.huvudman = o.typ)
)
"""

_CELLS = f"WITH {_PER_CELL} SELECT matt, omrade, fore, efter FROM per_cell WHERE efter < fore ORDER BY ordning, omrade"  # noqa: S608 - texts of this module

_COVERED = f"WITH {_PER_CELL} SELECT count(*) FILTER (efter > 0), count(*) FROM per_cell"  # noqa: S608 - texts of this module

_CHANGED = "fanns AND (NOT finns OR fore IS DISTINCT FROM efter)"

# What a huvudman hands in anew is a person's decision already, and few values in all.
_MEASURES = f"""
WITH andrade AS (SELECT nyckeltal_id, count(*) AS antal FROM netto WHERE {_CHANGED} AND NOT lokal GROUP BY ALL),
storlek AS (SELECT nyckeltal_id, sum(rader) AS rader FROM fore GROUP BY ALL)
SELECT m.namn AS matt, sum(s.rader)::BIGINT AS fore, sum(coalesce(a.antal, 0))::BIGINT AS andrade,
    string_agg(DISTINCT nyckeltal_id, ', ' ORDER BY nyckeltal_id) FILTER (a.antal > 0) AS nyckeltal,
    coalesce(string_agg(DISTINCT o.orsak, ', ') FILTER (a.antal > 0), 'reviderat eller borttaget av Kolada') AS orsak
FROM matt m JOIN matt_nyckeltal USING (matt_id) JOIN storlek s USING (nyckeltal_id)
LEFT JOIN andrade a USING (nyckeltal_id) LEFT JOIN orsak o USING (nyckeltal_id)
GROUP BY m.matt_id, m.namn, m.ordning HAVING sum(a.antal) > 0 ORDER BY m.ordning
"""  # noqa: S608 - texts of this module

_REVISED_JUMPS = """
SELECT t.nyckeltal_id, n.titel, concat_ws(' ', coalesce(o.namn, t.omrade_id), t.ar, t.kon) AS vad, t.fore, t.efter,
    greatest(abs(t.efter / t.fore), abs(t.fore / t.efter)) AS kvot
FROM netto t LEFT JOIN nyckeltal n USING (nyckeltal_id) LEFT JOIN omrade o USING (omrade_id)
WHERE t.fanns AND t.finns AND t.fore <> 0 AND t.efter <> 0
ORDER BY kvot DESC, t.nyckeltal_id, vad LIMIT 200
"""

_CHANGED_KPIS = "SELECT DISTINCT nyckeltal_id FROM netto WHERE NOT lokal ORDER BY ALL"

# What is judged: what has changed of Kolada's since the publication, year by year; when there is none, everything.
_ANDRAT = """
CREATE TEMP TABLE andrat AS
SELECT DISTINCT nyckeltal_id, ar FROM netto WHERE NOT lokal AND (fanns OR finns)
UNION
SELECT DISTINCT nyckeltal_id, ar FROM matvarde WHERE kalla <> 'lokal' AND (SELECT tid FROM grans) IS NULL
"""

# Kommuner, regions and riket: groups are means of them, and are redrawn.
_WIDE = """
SELECT nyckeltal_id, omrade_id, ar, max(varde) FILTER (kon = 'T') AS t, max(varde) FILTER (kon = 'K') AS k,
    max(varde) FILTER (kon = 'M') AS m
FROM {values} SEMI JOIN (FROM omrade WHERE typ <> 'grupp') USING (omrade_id)
SEMI JOIN andrat USING (nyckeltal_id) GROUP BY ALL HAVING count(varde) > 0
"""

# What was published follows from what is stored and what became of it since.
_THEN = """
(
    SELECT nyckeltal_id, omrade_id, ar, kon, varde FROM matvarde
    ANTI JOIN netto USING (nyckeltal_id, omrade_id, ar, kon) WHERE (SELECT tid FROM grans) IS NOT NULL
    UNION ALL SELECT nyckeltal_id, omrade_id, ar, kon, fore FROM netto WHERE fanns
)
"""

_FRAMES = {
    "now": _WIDE.format(values="matvarde"),
    "before": _WIDE.format(values=_THEN),
    "changed": "FROM andrat",
    "areas": "SELECT omrade_id, typ, i_malbild FROM omrade WHERE typ <> 'grupp'",
    "noise": "SELECT nyckeltal_id, omrade_id, varians FROM arsvariation WHERE kon = 'T' AND varians IS NOT NULL",
    "causes": "FROM orsak",
    "totals": """SELECT nyckeltal_id, omrade_id, ar, varde AS t FROM matvarde
        SEMI JOIN (FROM omrade WHERE typ <> 'grupp') USING (omrade_id) WHERE kon = 'T' AND varde IS NOT NULL""",
}

_LATE = """
SELECT nyckeltal_id, titel, publiceras::VARCHAR AS publiceras, period, senaste_ar
FROM ({calendar}) WHERE lage = 'försenad' ORDER BY publiceras, nyckeltal_id
"""

_REFUSED = """
SELECT orsak, sum(antal_varden)::BIGINT AS antal,
    arg_min(concat_ws(' ', nyckeltal_id, coalesce(namn, omrade_id), ar),
        (NOT coalesce(i_malbild, false), nyckeltal_id, omrade_id, ar)) AS var
FROM karantan LEFT JOIN omrade USING (omrade_id)
WHERE korning_id = $1 GROUP BY orsak ORDER BY antal DESC, orsak
"""
