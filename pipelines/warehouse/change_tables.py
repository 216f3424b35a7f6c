"""Table `andring` and macro `andring_mellan`: what has changed in the values, and the one place that decides its slag.

Both are made of `matvarde_revision` when the database is published. What is said of a change is `changes_text`, the
notices and the report; events in Kolada's catalogue are table `katalog_handelse`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pipelines.warehouse.ddl import Column, Macro, Table


class Kind(StrEnum):
    """The slag of a change, in the order in which readers get them; the words are those of docs/ordlista.md."""

    REVISED = "reviderat"
    CORRECTED = "egen korrigering"
    CORRECTION_ENDED = "egen korrigering upphävd"
    WITHDRAWN = "indraget"
    DELETED = "borttaget"
    RETURNED = "återkommet"
    FILLED_IN = "ifyllt i efterhand"
    WITHOUT_VALUE = "utan värde"
    NEW_YEAR = "nytt år"
    NEW_SERIES = "ny serie"


_MEANINGS: Final = {
    Kind.REVISED: "ett annat värde",
    Kind.CORRECTED: "ägarna har korrigerat eller flaggat värdet, eller källan har ändrat sitt bakom korrigeringen",
    Kind.CORRECTION_ENDED: "korrigeringen gäller inte längre",
    Kind.WITHDRAWN: "värdet publiceras inte längre, efter_status säger varför",
    Kind.DELETED: "raden finns inte längre",
    Kind.RETURNED: "ett år som har haft värde förut",
    Kind.FILLED_IN: "ett tidigare år som inte har haft värde",
    Kind.WITHOUT_VALUE: "saknade värde och saknar fortfarande, med ny uppgift om varför",
    Kind.NEW_YEAR: "ett år senare än alla som serien har haft värde för",
    Kind.NEW_SERIES: "seriens första värde",
}
# What comes when a nyckeltal or an area begins to be followed is no change; it is only counted.
FIRST_FETCH: Final = "första hämtningen"

# From what was there before, what is there now (a status that is NULL: no row) and what the series had before.
_KIND = f"""CASE
        WHEN efter_status IS NULL THEN '{Kind.DELETED}'
        WHEN korrigering IS NULL AND fore_korrigering IS NOT NULL THEN '{Kind.CORRECTION_ENDED}'
        WHEN korrigering IS NOT NULL AND fore_status IS NOT NULL
            AND (korrigering IS DISTINCT FROM fore_korrigering
                OR (efter, efter_status) IS NOT DISTINCT FROM (fore, fore_status)) THEN '{Kind.CORRECTED}'
        WHEN efter IS NULL AND fore IS NULL THEN '{Kind.WITHOUT_VALUE}'
        WHEN efter IS NULL THEN '{Kind.WITHDRAWN}'
        WHEN fore IS NOT NULL THEN '{Kind.REVISED}'
        WHEN haft_varde THEN '{Kind.RETURNED}'
        WHEN serie_till IS NULL THEN '{Kind.NEW_SERIES}'
        WHEN ar > serie_till THEN '{Kind.NEW_YEAR}'
        ELSE '{Kind.FILLED_IN}' END"""
_SELECT = f"""SELECT nyckeltal_id, omrade_id, ar, kon, observerad, {_KIND} AS slag, fore, fore_status,
        efter, efter_status, fore_korrigering, korrigering, fore_originalvarde, originalvarde, serie_till, haft_varde,
        foljs_sedan, korning_id"""
_DIFFERS = """(fore, fore_status, fore_korrigering, fore_originalvarde)
        IS DISTINCT FROM (efter, efter_status, korrigering, originalvarde)"""

CHANGES: Final = Table(
    "andring",
    "Varje ändring av ett värde, av varför det saknas eller av ägarnas korrigering, med ändringens slag. Det som "
    "hämtas första gången för ett nyckeltal eller område är ingen ändring och står inte här. Serie = nyckeltal, område "
    "och kön. Egen bearbetning",
    ("nyckeltal_id", "omrade_id", "ar", "kon", "observerad"),
    (
        Column("nyckeltal_id", "VARCHAR", "Nyckeltalets id"),
        Column("omrade_id", "VARCHAR", "Områdets id, alltid text"),
        Column("ar", "INTEGER", "År som värdet gäller"),
        Column("kon", "VARCHAR", "Kön: T totalt, K kvinnor, M män"),
        Column("observerad", "TIMESTAMP", "När malbild såg ändringen (UTC), en tid per körning"),
        Column("slag", "VARCHAR", "; ".join(f"{kind} = {meaning}" for kind, meaning in _MEANINGS.items())),
        Column("fore", "DOUBLE", "Värdet före ändringen; NULL = inget", nullable=True),
        Column("fore_status", "VARCHAR", "Status före ändringen; NULL = raden fanns inte", nullable=True),
        Column("efter", "DOUBLE", "Värdet efter ändringen; NULL = inget", nullable=True),
        Column("efter_status", "VARCHAR", "Status efter ändringen; NULL = raden finns inte längre", nullable=True),
        Column("fore_korrigering", "VARCHAR", "Korrigeringen som gällde före; NULL = ingen", nullable=True),
        Column("korrigering", "VARCHAR", "Korrigeringen som gäller efter; NULL = ingen", nullable=True),
        Column("fore_originalvarde", "DOUBLE", "Källans eget värde bakom korrigeringen före", nullable=True),
        Column("originalvarde", "DOUBLE", "Källans eget värde bakom korrigeringen efter", nullable=True),
        Column("serie_till", "INTEGER", "Senaste året som serien hade haft värde för; NULL = inget", nullable=True),
        Column("haft_varde", "BOOLEAN", "Sant om samma år hade haft ett värde någon gång före ändringen"),
        Column(
            "foljs_sedan", "TIMESTAMP", "Körningen då nyckeltalet och området först följdes (UTC): ändringar efter den"
        ),
        Column("korning_id", "VARCHAR", "Körningen som såg ändringen, se tabellen korning"),
    ),
    published_as=f"""
    WITH nyckeltal_sedan AS (SELECT nyckeltal_id, min(observerad) AS tid FROM nyckeltal_version GROUP BY ALL),
    omrade_sedan AS (SELECT omrade_id, min(observerad) AS tid FROM matvarde_revision GROUP BY ALL),
    revision AS (
        SELECT r.nyckeltal_id, r.omrade_id, r.ar, r.kon, r.observerad, r.handelse,
            r.foregaende_varde AS fore, r.foregaende_status AS fore_status,
            r.varde AS efter, CASE WHEN r.handelse <> 'borttagen' THEN r.status END AS efter_status,
            r.korrigering, r.originalvarde, r.korning_id,
            -- Local figures have no version in Kolada's catalogue; greatest passes over the NULL.
            greatest(n.tid, o.tid) AS foljs_sedan
        FROM matvarde_revision r JOIN omrade_sedan o USING (omrade_id) LEFT JOIN nyckeltal_sedan n USING (nyckeltal_id)
        WHERE r.nyckeltal_id BETWEEN $forsta AND $sista
    ),
    serie AS (
        SELECT nyckeltal_id, omrade_id, kon, observerad, max(max(ar) FILTER (efter IS NOT NULL)) OVER (
            PARTITION BY nyckeltal_id, omrade_id, kon ORDER BY observerad
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS serie_till
        FROM revision GROUP BY nyckeltal_id, omrade_id, kon, observerad
    ),
    -- The few values of which an earlier revision must be known, beyond the value and status that each one repeats.
    rorda AS (
        SELECT DISTINCT nyckeltal_id, omrade_id, ar, kon FROM revision
        WHERE korrigering IS NOT NULL OR (handelse <> 'ny' AND fore IS NULL)
    ),
    tidigare AS (
        SELECT nyckeltal_id, omrade_id, ar, kon, observerad, lag(korrigering) OVER varde AS fore_korrigering,
            lag(originalvarde) OVER varde AS fore_originalvarde,
            bool_or(efter IS NOT NULL) OVER (varde ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS haft_varde
        FROM revision SEMI JOIN rorda USING (nyckeltal_id, omrade_id, ar, kon)
        WINDOW varde AS (PARTITION BY nyckeltal_id, omrade_id, ar, kon ORDER BY observerad)
    )
    {_SELECT} FROM (
        SELECT * REPLACE (fore IS NOT NULL OR coalesce(haft_varde, false) AS haft_varde)
        FROM revision LEFT JOIN serie USING (nyckeltal_id, omrade_id, kon, observerad)
            LEFT JOIN tidigare USING (nyckeltal_id, omrade_id, ar, kon, observerad)
    )
    WHERE observerad > foljs_sedan AND {_DIFFERS}
    """,
)

NET_CHANGES: Final = Macro(
    "andring_mellan",
    "Vad som är ändrat mellan två tidpunkter (UTC), till och med den senare, som om allt hade kommit på en gång: en "
    "rad per värde som inte är som det var, med slaget av hela ändringen. Det som började följas däremellan räknas "
    "från sin första hämtning (foljs_sedan)",
    ("nyckeltal_id", "omrade_id", "ar", "kon"),
    f"""
    WITH span AS (FROM andring WHERE observerad > fran AND observerad <= till),
    -- What held at the beginning is what the first change found; what holds at the end is what the last one left.
    serie AS (
        SELECT nyckeltal_id, omrade_id, kon, arg_min({{'ar': serie_till}}, observerad).ar AS serie_till
        FROM span GROUP BY ALL
    ),
    varde AS (
        SELECT nyckeltal_id, omrade_id, ar, kon, arg_min(span, observerad) AS forst, arg_max(span, observerad) AS sist
        FROM span GROUP BY ALL
    )
    {_SELECT} FROM (
        SELECT nyckeltal_id, omrade_id, ar, kon, sist.observerad, forst.fore, forst.fore_status, sist.efter,
            sist.efter_status, forst.fore_korrigering, sist.korrigering, forst.fore_originalvarde, sist.originalvarde,
            serie_till, forst.haft_varde, sist.foljs_sedan, sist.korning_id
        FROM varde JOIN serie USING (nyckeltal_id, omrade_id, kon)
    )
    WHERE {_DIFFERS}
    """,
    like="andring",
    parameters=("fran", "till"),
)
