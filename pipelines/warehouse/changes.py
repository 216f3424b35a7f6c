"""What changed between two times, from the published database alone: as frames, and those as CSV.

Kolada announces no revision and keeps none, so these are computations of ours and are signed as such. What counts as a
change is decided by `merge`, and events in Kolada's catalogue by `content`; the words for readers are `changes_text`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.errors import ConfigError
from pipelines.warehouse.formulas import neutral_texts
from pipelines.warehouse.journal import DONE

SIGNATURE = "Egen bearbetning av malbilds revisioner"

FIRST_LOAD, NEW_SERIES, NEW_PERIOD, NEW_VALUE = "första hämtningen", "ny serie", "ny period", "nytt värde"


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after `since` (None: from the beginning) until the end of the newest finished run; both UTC, naive.

    values: one row per change of a value of the målbild's own områden or riket, in the målbild's order: observerad,
        indikatorer, matt ("Utan mått" where there is none; the first where there are several), ovriga_matt,
        nyckeltal_id, titel, roll, omrade_id, omrade, omradestyp, ar, kon, handelse, slag (handelse, where `ny` is told
        apart as första hämtningen, ny serie, ny period or nytt värde), fore, fore_status, efter, efter_status,
        andring (efter - fore in `enhet`; NULL where either is missing), enhet, originalvarde, korrigering.
        A missing value is NULL and its status says why; both are NULL where nothing was there before.
    catalogue: one row per event: observerad, objekt, objekt_id, titel, titel_fore, matt, handelse, fore, efter, tillkom
        and utgick (the names of a group's members that came and went).
    elsewhere: handelse → number of changes in the områden that are only compared with.
    refused: orsak, nyckeltal (ids), antal of the values that were refused meanwhile.
    source: `korning.kalla`. kommuner: the names of the målbild's kommuner.
    """

    since: datetime | None
    until: datetime
    source: str
    kommuner: tuple[str, ...]
    values: pl.DataFrame
    catalogue: pl.DataFrame
    elsewhere: dict[str, int]
    refused: pl.DataFrame


def changes(database: Path, since: datetime | None) -> Changes:
    """What changed after `since` (UTC, naive); None: what the newest finished run brought.

    Raises ConfigError when the database is not there or holds no finished run.
    """
    if not database.exists():
        raise ConfigError(
            f"{database} does not exist: nothing has been published there → `malbild run` first, or name --data-dir"
        )
    connection = duckdb.connect(str(database), read_only=True)
    try:
        finished = connection.execute(_FINISHED, [DONE]).fetchall()
        if not finished:
            raise ConfigError(
                f"{database} holds no finished run: there is nothing to compare → `malbild run` first, "
                "or name --data-dir"
            )
        _, until, source = finished[0]
        after = since
        if since is None and len(finished) > 1:
            after, since, _ = finished[1]
        span = {"efter": after}
        return Changes(
            since=since,
            until=until,
            source=source,
            kommuner=tuple(row[0] for row in connection.sql(_KOMMUNER).fetchall()),
            values=connection.execute(_VALUES, span).pl(),
            catalogue=connection.execute(_CATALOGUE, span).pl(),
            elsewhere=dict(connection.execute(_ELSEWHERE, span).fetchall()),
            refused=connection.execute(_REFUSED, span).pl(),
        )
    finally:
        connection.close()


def values_csv(changes: Changes) -> str:
    """`values` as CSV: comma, dot decimals, header row, empty where missing (the status columns say why)."""
    return _csv(changes.values, changes.source)


def catalogue_csv(changes: Changes) -> str:
    """`catalogue` as CSV, in the same form."""
    return _csv(changes.catalogue, changes.source)


def _csv(frame: pl.DataFrame, source: str) -> str:
    return frame.with_columns(bearbetning=pl.lit(signature(source))).with_columns(neutral_texts()).write_csv()


def origin(source: str) -> str:
    """What must be said of figures that are not Kolada's; empty for those that are."""
    if source == "kolada":
        return ""
    if source == "syntetisk":
        return "SYNTETISKA UPPGIFTER: påhittade för demonstration, inte Koladas"
    return f"Uppgifterna är hämtade från {source}, inte från Kolada"


def signature(source: str) -> str:
    return ". ".join(part for part in (origin(source), SIGNATURE) if part)


_FINISHED = """
SELECT observerad, avslutad, coalesce(kalla, 'okänd källa') FROM korning
WHERE utfall = $1 AND observerad IS NOT NULL ORDER BY observerad DESC
"""

_KOMMUNER = "SELECT namn FROM omrade WHERE i_malbild AND typ = 'kommun' ORDER BY namn"

_SPAN = "($efter::TIMESTAMP IS NULL OR {time} > $efter::TIMESTAMP)"

_OWN = "coalesce(o.i_malbild OR o.typ = 'riket', false)"

# Each nyckeltal under the first mått that it belongs to.
_MATT = """
matt_av AS (
    SELECT k.nyckeltal_id, m.namn AS matt, k.roll, m.ordning AS matt_ordning, k.ordning AS nyckeltal_ordning,
        (SELECT string_agg(i.namn, '; ' ORDER BY i.ordning) FROM indikator_matt im JOIN indikator i USING (indikator_id)
         WHERE im.matt_id = m.matt_id) AS indikatorer,
        string_agg(m.namn, '; ') OVER (
            PARTITION BY k.nyckeltal_id ORDER BY m.ordning ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS ovriga_matt
    FROM matt_nyckeltal k JOIN matt m USING (matt_id)
    QUALIFY row_number() OVER (PARTITION BY k.nyckeltal_id ORDER BY m.ordning) = 1
)
"""

# `forsta`: the run that filled the database. `kant`: which years of which nyckeltal were there before the span, or
# came with that run.
_VALUES = f"""
WITH {_MATT},
forsta AS (SELECT min(observerad) AS tid FROM matvarde_revision),
kant AS (
    SELECT DISTINCT r.nyckeltal_id, o.typ, r.ar
    FROM matvarde_revision r JOIN omrade o USING (omrade_id), forsta
    WHERE {_OWN} AND r.observerad <= greatest(forsta.tid, $efter::TIMESTAMP)
)
SELECT r.observerad, k.indikatorer, coalesce(k.matt, 'Utan mått') AS matt, k.ovriga_matt, r.nyckeltal_id, n.titel,
    k.roll, r.omrade_id, o.namn AS omrade, o.typ AS omradestyp, r.ar, r.kon, r.handelse,
    CASE WHEN r.handelse <> 'ny' THEN r.handelse
        WHEN r.observerad = forsta.tid THEN '{FIRST_LOAD}'
        WHEN (r.nyckeltal_id, o.typ, r.ar) IN (SELECT (nyckeltal_id, typ, ar) FROM kant) THEN '{NEW_VALUE}'
        WHEN (r.nyckeltal_id, o.typ) IN (SELECT (nyckeltal_id, typ) FROM kant) THEN '{NEW_PERIOD}'
        ELSE '{NEW_SERIES}' END AS slag,
    r.foregaende_varde AS fore, r.foregaende_status AS fore_status, r.varde AS efter, r.status AS efter_status,
    r.varde - r.foregaende_varde AS andring, n.enhet, r.originalvarde, r.korrigering
FROM matvarde_revision r JOIN omrade o USING (omrade_id) LEFT JOIN nyckeltal n USING (nyckeltal_id)
    LEFT JOIN matt_av k USING (nyckeltal_id), forsta
WHERE {_OWN} AND {_SPAN.format(time="r.observerad")}
ORDER BY k.matt_ordning NULLS LAST, k.nyckeltal_ordning, r.nyckeltal_id,
    list_position(['kommun', 'region', 'riket'], o.typ), o.namn, r.ar, list_position(['T', 'K', 'M'], r.kon),
    r.observerad
"""

_ELSEWHERE = f"""
SELECT r.handelse, count(*) FROM matvarde_revision r LEFT JOIN omrade o USING (omrade_id)
WHERE NOT {_OWN} AND {_SPAN.format(time="r.observerad")}
GROUP BY ALL ORDER BY ALL
"""

# A group that changes closes all its memberships and opens new ones: who is in both stayed.
_CATALOGUE = f"""
WITH {_MATT},
steg AS (
    SELECT grupp_id, omrade_id, fran AS tid, true AS in_i, titel FROM grupp_medlem
    UNION ALL SELECT grupp_id, omrade_id, till, false, titel FROM grupp_medlem WHERE till IS NOT NULL
),
medlem AS (
    SELECT grupp_id, tid, coalesce(o.namn, omrade_id) AS namn, bool_or(in_i) AS kom, bool_or(NOT in_i) AS gick,
        any_value(titel) FILTER (in_i) AS titel_efter, any_value(titel) FILTER (NOT in_i) AS titel_fore
    FROM steg LEFT JOIN omrade o USING (omrade_id) GROUP BY ALL
),
grupp AS (
    SELECT grupp_id, tid, any_value(titel_efter) AS titel_efter, any_value(titel_fore) AS titel_fore,
        string_agg(namn, ', ' ORDER BY namn) FILTER (kom AND NOT gick) AS tillkom,
        string_agg(namn, ', ' ORDER BY namn) FILTER (gick AND NOT kom) AS utgick
    FROM medlem GROUP BY ALL
)
SELECT h.observerad, h.objekt, h.objekt_id, coalesce(n.titel, g.titel_efter, o.namn, g.titel_fore) AS titel,
    g.titel_fore, CASE WHEN h.objekt = 'nyckeltal' THEN coalesce(k.matt, 'Utan mått') END AS matt,
    h.handelse, h.fore, h.efter, g.tillkom, g.utgick
FROM katalog_handelse h
    LEFT JOIN nyckeltal n ON h.objekt = 'nyckeltal' AND n.nyckeltal_id = h.objekt_id
    LEFT JOIN matt_av k ON h.objekt = 'nyckeltal' AND k.nyckeltal_id = h.objekt_id
    LEFT JOIN omrade o ON h.objekt = 'grupp' AND o.omrade_id = h.objekt_id
    LEFT JOIN grupp g ON h.objekt = 'grupp' AND g.grupp_id = h.objekt_id AND g.tid = h.observerad
WHERE {_SPAN.format(time="h.observerad")}
ORDER BY h.objekt DESC, k.matt_ordning NULLS LAST, k.nyckeltal_ordning, titel, h.objekt_id, h.observerad, h.handelse
"""

_REFUSED = f"""
SELECT q.orsak, string_agg(DISTINCT q.nyckeltal_id, ', ' ORDER BY q.nyckeltal_id) AS nyckeltal,
    sum(q.antal)::BIGINT AS antal
FROM karantan q JOIN korning USING (korning_id)
WHERE {_SPAN.format(time="coalesce(korning.observerad, korning.startad)")}
GROUP BY q.orsak ORDER BY antal DESC, q.orsak
"""
