"""What has come since a time that people would want to hear of: new periods, and nyckeltal that have ended.

The words are `notices.tell`; every single change is `changes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb


@dataclass(frozen=True, slots=True)
class NewPeriod:
    """A nyckeltal has a year that it did not have; `areas`: how many huvudmän have a value."""

    measure: str
    kpi_id: str
    title: str
    year: int
    areas: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A followed nyckeltal has ended or left the catalogue, by an event of `katalog_handelse`."""

    measure: str
    kpi_id: str
    title: str
    event: str


def latest(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """The time (UTC, naive) of the newest revision or event; None in an empty warehouse."""
    (found,) = connection.sql(
        """SELECT max(t) FROM (SELECT max(observerad) AS t FROM matvarde_revision
           UNION ALL SELECT max(observerad) FROM katalog_handelse)"""
    ).fetchall()[0]
    return found  # type: ignore[no-any-return]


def new_periods(connection: duckdb.DuckDBPyConnection, since: datetime) -> list[NewPeriod]:
    """Years that a nyckeltal under some mått has got values for, in the målbild's own områden or riket, after `since`.

    A nyckeltal under several mått stands under the first.
    """
    return [NewPeriod(*row) for row in connection.sql(_NEW_PERIODS, params=[since]).fetchall()]


def ended(connection: duckdb.DuckDBPyConnection, since: datetime) -> list[Ended]:
    """Followed nyckeltal that ended or left Kolada's catalogue after `since`."""
    return [Ended(*row) for row in connection.sql(_ENDED, params=[since]).fetchall()]


_FIRST_MEASURE = """
forsta AS (
    SELECT k.nyckeltal_id, arg_min(m.namn, m.ordning) AS matt, min(m.ordning) AS ordning
    FROM matt_nyckeltal k JOIN matt m USING (matt_id) GROUP BY ALL
)
"""

_NEW_PERIODS = f"""
WITH {_FIRST_MEASURE},
egna AS (FROM omrade WHERE i_malbild OR typ = 'riket'),
kom AS (
    SELECT r.nyckeltal_id, r.ar, count(DISTINCT o.omrade_id) FILTER (o.i_malbild) AS omraden
    FROM matvarde_revision r JOIN egna o USING (omrade_id)
    WHERE r.observerad > $1 AND r.handelse = 'ny' AND r.varde IS NOT NULL
    GROUP BY ALL
)
SELECT f.matt, kom.nyckeltal_id, n.titel, kom.ar, kom.omraden
FROM kom JOIN forsta f USING (nyckeltal_id) JOIN nyckeltal n USING (nyckeltal_id)
WHERE NOT EXISTS (
    FROM matvarde_revision r JOIN egna USING (omrade_id)
    WHERE r.nyckeltal_id = kom.nyckeltal_id AND r.ar = kom.ar AND r.observerad <= $1 AND r.varde IS NOT NULL)
ORDER BY f.ordning, kom.nyckeltal_id, kom.ar
"""

_ENDED = f"""
WITH {_FIRST_MEASURE}
SELECT coalesce(f.matt, 'utan mått'), h.objekt_id, coalesce(n.titel, h.fore, h.objekt_id), h.handelse
FROM katalog_handelse h
LEFT JOIN forsta f ON f.nyckeltal_id = h.objekt_id
LEFT JOIN nyckeltal n ON n.nyckeltal_id = h.objekt_id
WHERE h.objekt = 'nyckeltal' AND h.handelse IN ('nyckeltal upphört', 'nyckeltal borttaget') AND h.observerad > $1
ORDER BY f.ordning NULLS LAST, h.objekt_id
"""
