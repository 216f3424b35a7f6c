"""What has changed between two times, from the published database alone: frames, CSV, and what is worth a notice.

What counts as a change, and its slag, is decided in `change_kinds`, events in Kolada's catalogue in
`catalogue_history`. The words for readers are `changes_text` and `notices.messages`. Differences are our own
computation and are signed as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipelines.errors import ConfigError
from pipelines.settings import KOLADA, SYNTHETIC
from pipelines.warehouse.change_kinds import FIRST_FETCH, Kind
from pipelines.warehouse.formulas import neutral_texts
from pipelines.warehouse.queries import read_published

SIGNATURE = "Egen bearbetning av malbilds revisioner"
_BEGINNING = datetime(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after `since` (None: from the beginning) until the end of the newest finished run; both UTC, naive.

    values: one row per value of the målbild's own områden or riket that is not as it was, in the målbild's order:
        observerad (of its last change), indikatorer, matt ("Utan mått" where there is none; the first where there are
        several), ovriga_matt, nyckeltal_id, titel, roll, omrade_id, omrade, omradestyp, ar, kon, slag, fore,
        fore_status, efter, efter_status, skillnad (efter - fore in `enhet`; NULL where either is missing), enhet,
        originalvarde, korrigering. A missing value is NULL and its status says why; both are NULL without a row.
    catalogue: one row per event: observerad, objekt, objekt_id, titel, titel_fore, matt, handelse, fore, efter, tillkom
        and utgick (the names of a group's members that came and went).
    own, elsewhere: slag → number, in those områden and in the others, which are only compared with. What was fetched
        for the first time is counted as FIRST_FETCH.
    refused: orsak, nyckeltal (ids), antal of the values that were refused meanwhile.
    source: `korning.kalla`. kommuner: the names of the målbild's kommuner.
    """

    since: datetime | None
    until: datetime
    source: str
    kommuner: tuple[str, ...]
    values: pl.DataFrame
    catalogue: pl.DataFrame
    own: dict[str, int]
    elsewhere: dict[str, int]
    refused: pl.DataFrame


@dataclass(frozen=True, slots=True)
class NewData:
    """Years for which a nyckeltal under some mått has got values. areas: how many huvudmän have got one."""

    measure: str
    kpi_id: str
    title: str
    kind: str
    years: list[int]
    areas: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A followed nyckeltal has ended or left the catalogue, by an event of `katalog_handelse`."""

    measure: str
    kpi_id: str
    title: str
    event: str


@dataclass(frozen=True, slots=True)
class News:
    """What people want to hear of, up to the newest run in the database (`until`, UTC, naive)."""

    until: datetime
    data: list[NewData]
    ended: list[Ended]


def changes(database: Path, since: datetime | None) -> Changes:
    """What changed after `since` (UTC, naive); None: what the newest finished run brought.

    Raises ConfigError as `read_published`, or when the database holds no finished run.
    """
    with read_published(database) as connection:
        finished = connection.sql(_FINISHED).fetchall()
        if not finished:
            raise ConfigError(
                f"{database} holds no finished run: there is nothing to compare → `malbild run` first, "
                "or name --data-dir"
            )
        observed, until, source = finished[0]
        after = since
        if since is None and len(finished) > 1:
            after, since, _ = finished[1]
        span = {"fran": after or _BEGINNING, "till": observed}
        counts = connection.execute(_COUNTS, span).fetchall()
        return Changes(
            since=since,
            until=until,
            source=source,
            kommuner=tuple(name for (name,) in connection.sql(_KOMMUNER).fetchall()),
            values=connection.sql(_VALUES, params=span).pl(),
            catalogue=connection.sql(_CATALOGUE, params=span).pl(),
            own={kind: number for own, kind, number in counts if own},
            elsewhere={kind: number for own, kind, number in counts if not own},
            refused=connection.sql(_REFUSED, params=span).pl(),
        )


def news(database: Path, since: datetime | None) -> News:
    """New data and ended nyckeltal after `since` (UTC, naive); None: nothing yet, only up to when the database goes.

    Raises ConfigError as `read_published`.
    """
    with read_published(database) as connection:
        ((until,),) = connection.sql("SELECT max(observerad) FROM korning").fetchall()
        if since is None:
            return News(until, [], [])
        span = {"fran": since, "till": until}
        data = connection.execute(
            _NEW_DATA, {**span, "slag": [Kind.NEW_SERIES, Kind.NEW_YEAR, Kind.FILLED_IN]}
        ).fetchall()
        ended = connection.execute(_ENDED, span).fetchall()
        return News(until, [NewData(*row) for row in data], [Ended(*row) for row in ended])


def csv_files(changes: Changes) -> dict[str, str]:
    """File name → `values` and `catalogue` as CSV: comma, dot decimals, header row, empty where missing (the status
    columns say why).
    """
    signature = ". ".join(part for part in (origin(changes.source), SIGNATURE) if part)
    return {
        name: frame.with_columns(bearbetning=pl.lit(signature)).with_columns(neutral_texts()).write_csv()
        for name, frame in (("andringar.csv", changes.values), ("katalog.csv", changes.catalogue))
    }


def origin(source: str) -> str:
    """What must be said of figures that are not Kolada's; empty for those that are."""
    if source == KOLADA:
        return ""
    if source == SYNTHETIC:
        return "SYNTETISKA UPPGIFTER: påhittade för demonstration, inte Koladas"
    return f"Uppgifterna är hämtade från {source}, inte från Kolada"


_FINISHED = """
SELECT observerad, avslutad, coalesce(kalla, 'okänd källa') FROM klar_korning ORDER BY nyast LIMIT 2
"""

_KOMMUNER = "SELECT namn FROM omrade WHERE i_malbild AND typ = 'kommun' ORDER BY namn"

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

_VALUES = f"""
WITH {_MATT}
SELECT a.observerad, k.indikatorer, coalesce(k.matt, 'Utan mått') AS matt, k.ovriga_matt, a.nyckeltal_id, n.titel,
    k.roll, a.omrade_id, o.namn AS omrade, o.typ AS omradestyp, a.ar, a.kon, a.slag, a.fore, a.fore_status, a.efter,
    a.efter_status, a.efter - a.fore AS skillnad, n.enhet, a.originalvarde, a.korrigering
FROM andring_mellan($fran, $till) a JOIN omrade o USING (omrade_id) LEFT JOIN nyckeltal n USING (nyckeltal_id)
    LEFT JOIN matt_av k USING (nyckeltal_id)
WHERE {_OWN}
ORDER BY k.matt_ordning NULLS LAST, k.nyckeltal_ordning, a.nyckeltal_id,
    list_position(['kommun', 'region', 'riket'], o.typ), o.namn, a.ar, list_position(['T', 'K', 'M'], a.kon)
"""  # noqa: S608 - texts of this module

# A revision that is new and no change came with a first fetch.
_COUNTS = f"""
SELECT {_OWN} AS egen, slag, count(*) FROM (
    SELECT omrade_id, slag FROM andring_mellan($fran, $till)
    UNION ALL
    SELECT omrade_id, '{FIRST_FETCH}'
    FROM matvarde_revision ANTI JOIN andring USING (nyckeltal_id, omrade_id, ar, kon, observerad)
    WHERE handelse = 'ny' AND observerad > $fran AND observerad <= $till
) LEFT JOIN omrade o USING (omrade_id)
GROUP BY ALL
"""  # noqa: S608 - texts of this module

_NEW_DATA = f"""
WITH {_MATT}
SELECT k.matt, a.nyckeltal_id, n.titel, a.slag, list(DISTINCT a.ar ORDER BY a.ar),
    count(DISTINCT a.omrade_id) FILTER (o.i_malbild)
FROM andring_mellan($fran, $till) a JOIN omrade o USING (omrade_id) JOIN nyckeltal n USING (nyckeltal_id)
    JOIN matt_av k USING (nyckeltal_id)
WHERE {_OWN} AND list_contains($slag, a.slag)
GROUP BY k.matt, k.matt_ordning, a.nyckeltal_id, n.titel, a.slag
ORDER BY k.matt_ordning, a.nyckeltal_id, list_position($slag, a.slag)
"""  # noqa: S608 - texts of this module

_ENDED = f"""
WITH {_MATT}
SELECT coalesce(k.matt, 'utan mått'), h.objekt_id, coalesce(n.titel, h.fore, h.objekt_id), h.handelse
FROM katalog_handelse h LEFT JOIN matt_av k ON k.nyckeltal_id = h.objekt_id
    LEFT JOIN nyckeltal n ON n.nyckeltal_id = h.objekt_id
WHERE h.objekt = 'nyckeltal' AND h.handelse IN ('nyckeltal upphört', 'nyckeltal borttaget')
    AND h.observerad > $fran AND h.observerad <= $till
ORDER BY k.matt_ordning NULLS LAST, h.objekt_id
"""  # noqa: S608 - texts of this module

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
    LEFT JOIN nyckeltal n ON n.nyckeltal_id = h.objekt_id
    LEFT JOIN matt_av k ON k.nyckeltal_id = h.objekt_id
    LEFT JOIN omrade o ON o.omrade_id = h.objekt_id
    LEFT JOIN grupp g ON g.grupp_id = h.objekt_id AND g.tid = h.observerad
WHERE h.observerad > $fran AND h.observerad <= $till
ORDER BY h.objekt DESC, k.matt_ordning NULLS LAST, k.nyckeltal_ordning, titel, h.objekt_id, h.observerad, h.handelse
"""  # noqa: S608 - texts of this module

_REFUSED = """
SELECT q.orsak, string_agg(DISTINCT q.nyckeltal_id, ', ' ORDER BY q.nyckeltal_id) AS nyckeltal,
    sum(q.antal_varden)::BIGINT AS antal
FROM karantan q JOIN (SELECT korning_id, coalesce(observerad, startad) AS tid FROM korning) USING (korning_id)
WHERE tid > $fran AND tid <= $till
GROUP BY q.orsak ORDER BY antal DESC, q.orsak
"""
