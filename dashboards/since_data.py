"""What has changed between two published databases, or with the newest run, as plain dataclasses.

An issue is compared with the frozen database of the issue before it: both sides then hold their own values and their
own conclusions, as they were known and judged. Nothing is read out of HTML. Without an earlier issue the revisions of
the newest run are what there is. What is said about it is `pages.since`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from dashboards.data import CatalogueEvent
from dashboards.follow_ups import Issue
from pipelines.errors import ConfigError

NEW_PERIOD, NEW_SERIES, REVISED, ADDED, WITHDRAWN = "nytt år", "ny serie", "reviderad", "tillkommen", "borttagen"
BAND, AGAINST_COUNTRY, DIRECTION, SIGN = "band", "mot riket", "riktning", "ändring sedan mätningen före"
BY_REVISION, BY_YEAR, BY_OTHERS = "reviderat värde", "nytt år", "jämförelsen har ändrats"


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is not as it was. `before` and `after` are None where there is no number; the statuses say why."""

    kpi_id: str
    area_id: str
    year: int
    gender: str
    what: str
    before: float | None
    before_status: str | None
    after: float | None
    after_status: str | None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A word of the report that is another than before (kön T): which word, of which year, and what made it change."""

    kpi_id: str
    area_id: str
    what: str
    before: str | None
    before_year: int
    after: str | None
    year: int
    why: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A nyckeltal that has ended or left the catalogue."""

    kpi_id: str
    title: str
    year: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A row of table `beslut`."""

    id: str
    day: date
    body: str | None
    what: str
    case_number: str | None


@dataclass(frozen=True, slots=True)
class Since:
    """issue, version: what it is compared with; None: with the run before. until: as of when that was (UTC)."""

    issue: Issue | None
    version: int
    until: datetime | None
    values: tuple[Value, ...]
    conclusions: tuple[Conclusion, ...]
    ended: tuple[Ended, ...]
    events: tuple[CatalogueEvent, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """The frozen database of an earlier version, and which version of which issue it is."""

    database: Path
    issue: Issue
    version: int


def since_issue(database: Path, before: Before) -> Since:
    """What differs between `database` and the frozen one. Raises ConfigError when that is not there."""
    if not before.database.is_file():
        raise ConfigError(
            f"{before.database}: the frozen database of uppföljning {before.issue.id} is not there, so nothing can be "
            "compared with it → restore it from a backup"
        )
    connection = duckdb.connect(str(database), read_only=True, config={"threads": 2})
    try:
        path = str(before.database).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS foregaende (READ_ONLY)")
        values = tuple(Value(*row) for row in connection.sql(_VALUES).fetchall())
        touched = {(value.kpi_id, value.area_id) for value in values if value.what not in (NEW_PERIOD, NEW_SERIES)}
        conclusions = []
        for kpi_id, area_id, what, was, was_year, now, year in connection.sql(_CONCLUSIONS).fetchall():
            why = BY_YEAR if year != was_year else BY_REVISION if (kpi_id, area_id) in touched else BY_OTHERS
            conclusions.append(Conclusion(kpi_id, area_id, what, was, was_year, now, year, why))
        (until,) = connection.sql("SELECT max(avslutad) FROM foregaende.korning WHERE utfall = 'klar'").fetchall()[0]
        since = before.issue.row.as_of or until
        return Since(
            issue=before.issue,
            version=before.version,
            until=since,
            values=values,
            conclusions=tuple(conclusions),
            ended=tuple(Ended(*row) for row in connection.sql(_ENDED).fetchall()),
            events=_events(connection, since),
            decisions=_decisions(connection, since, before.issue),
        )
    finally:
        connection.close()


def since_last_run(database: Path) -> Since:
    """What the newest finished run brought; nothing when it was the first."""
    connection = duckdb.connect(str(database), read_only=True, config={"threads": 2})
    try:
        runs = connection.sql(
            "SELECT observerad, avslutad FROM korning WHERE utfall = 'klar' AND observerad IS NOT NULL "
            "ORDER BY observerad DESC LIMIT 2"
        ).fetchall()
        if len(runs) < 2:
            return Since(None, 1, None, (), (), (), (), ())
        observed, until = runs[1]
        values = tuple(Value(*row) for row in connection.execute(_OF_RUN, {"efter": observed}).fetchall())
        return Since(None, 1, until, values, (), (), _events(connection, observed), ())
    finally:
        connection.close()


def source(database: Path) -> str:
    """Where the figures of the newest finished run come from."""
    connection = duckdb.connect(str(database), read_only=True)
    try:
        rows = connection.sql(
            "SELECT kalla FROM korning WHERE utfall = 'klar' AND kalla IS NOT NULL ORDER BY avslutad DESC LIMIT 1"
        ).fetchall()
        return str(rows[0][0])
    finally:
        connection.close()


def as_csv(since: Since, signature: str) -> str:
    """Every changed value and conclusion as CSV: comma, dot decimals, header row, empty where there is none."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    against = f"{since.issue.id} version {since.version}" if since.issue else "körningen före"
    out.writerow(_CSV)
    for v in since.values:
        was, now = (_text(v.before), v.before_status), (_text(v.after), v.after_status)
        out.writerow(("värde", v.kpi_id, v.area_id, v.year, v.gender, v.what, *was, *now, "", against, signature))
    for c in since.conclusions:
        was, now = (c.before or "", str(c.before_year)), (c.after or "", str(c.year))
        out.writerow(("slutsats", c.kpi_id, c.area_id, c.year, "T", c.what, *was, *now, c.why, against, signature))
    return text.getvalue()


# For a conclusion the statuses are the years that the words were about.
_CSV = (
    *("slag", "nyckeltal_id", "omrade_id", "ar", "kon", "vad", "fore", "fore_status", "efter", "efter_status"),
    *("orsak", "jamford_med", "bearbetning"),
)


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)


def _events(connection: duckdb.DuckDBPyConnection, after: datetime | None) -> tuple[CatalogueEvent, ...]:
    rows = connection.execute(
        """SELECT objekt, objekt_id, handelse, fore, efter FROM katalog_handelse
           WHERE $efter IS NULL OR observerad > $efter
           ORDER BY objekt DESC, objekt_id, observerad, handelse, fore, efter""",
        {"efter": after},
    ).fetchall()
    return tuple(CatalogueEvent(*row) for row in rows)


def _decisions(connection: duckdb.DuckDBPyConnection, after: datetime | None, issue: Issue) -> tuple[Decision, ...]:
    """Those of the days after the issue was decided, or after its figures were frozen where it was not."""
    day = issue.row.faststalld or (after.date() if after else None)
    rows = connection.execute(
        """SELECT b.beslut_id, b.datum, i.namn, b.vad, b.diarienummer
           FROM beslut b LEFT JOIN instans i USING (instans_id)
           WHERE b.art = 'beslut' AND b.datum > $1 ORDER BY b.datum, b.ordning, b.beslut_id""",
        [day],
    ).fetchall()
    return tuple(Decision(*row) for row in rows)


_OWN = "(SELECT omrade_id FROM omrade WHERE i_malbild OR typ = 'riket')"
_KPIS = "(SELECT nyckeltal_id FROM matt_nyckeltal)"

# What differs in number, or in why there is none; that a nyckeltal has left the catalogue is told once, as ended.
_VALUES = f"""
WITH nu AS (
    SELECT nyckeltal_id, omrade_id, ar, kon, varde, status FROM main.matvarde
    WHERE omrade_id IN {_OWN} AND nyckeltal_id IN {_KPIS}
),
fore AS (
    SELECT nyckeltal_id, omrade_id, ar, kon, varde, status FROM foregaende.matvarde
    WHERE omrade_id IN {_OWN} AND nyckeltal_id IN {_KPIS}
),
sista AS (SELECT nyckeltal_id, omrade_id, max(ar) AS ar FROM fore WHERE varde IS NOT NULL GROUP BY ALL)
SELECT nyckeltal_id, omrade_id, ar, kon,
    CASE WHEN fore.varde IS NOT NULL AND nu.varde IS NOT NULL THEN '{REVISED}'
        WHEN nu.varde IS NULL THEN CASE WHEN fore.varde IS NULL THEN '{REVISED}' ELSE '{WITHDRAWN}' END
        WHEN sista.ar IS NULL THEN '{NEW_SERIES}'
        WHEN ar > sista.ar THEN '{NEW_PERIOD}' ELSE '{ADDED}' END AS vad,
    fore.varde, fore.status, nu.varde, nu.status
FROM nu FULL JOIN fore USING (nyckeltal_id, omrade_id, ar, kon) LEFT JOIN sista USING (nyckeltal_id, omrade_id)
WHERE nu.varde IS DISTINCT FROM fore.varde
   OR (nu.varde IS NULL AND nu.status <> fore.status AND 'nyckeltal borttaget' NOT IN (nu.status, fore.status))
ORDER BY nyckeltal_id, omrade_id, ar, kon
"""

# The words about each huvudman's newest value, then and now.
_WORDS = """
SELECT j.nyckeltal_id, j.omrade_id, j.ar, j.band, j.mot_riket, t.riktning,
    CASE sign(j.varde - f.varde) WHEN 1 THEN 'ökning' WHEN -1 THEN 'minskning' WHEN 0 THEN 'oförändrat' END AS tecken
FROM (
    FROM {side}jamforelse WHERE kon = 'T'
    QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id ORDER BY ar DESC) = 1
) j
LEFT JOIN (
    FROM {side}jamforelse WHERE kon = 'T'
    QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id ORDER BY ar DESC) = 2
) f USING (nyckeltal_id, omrade_id)
LEFT JOIN {side}trend t ON t.nyckeltal_id = j.nyckeltal_id AND t.omrade_id = j.omrade_id AND t.kon = 'T'
WHERE j.omrade_id IN (SELECT omrade_id FROM omrade WHERE i_malbild) AND j.nyckeltal_id IN {kpis}
"""

_CONCLUSIONS = f"""
WITH nu AS ({_WORDS.format(side="main.", kpis=_KPIS)}), fore AS ({_WORDS.format(side="foregaende.", kpis=_KPIS)}),
ord AS (
    SELECT nyckeltal_id, omrade_id, unnest([
        {{'vad': '{BAND}', 'fore': fore.band, 'efter': nu.band}},
        {{'vad': '{AGAINST_COUNTRY}', 'fore': fore.mot_riket, 'efter': nu.mot_riket}},
        {{'vad': '{DIRECTION}', 'fore': fore.riktning, 'efter': nu.riktning}},
        {{'vad': '{SIGN}', 'fore': fore.tecken, 'efter': nu.tecken}}
    ]) AS o, fore.ar AS fore_ar, nu.ar AS efter_ar
    FROM nu JOIN fore USING (nyckeltal_id, omrade_id)
)
SELECT nyckeltal_id, omrade_id, o.vad, o.fore, fore_ar, o.efter, efter_ar FROM ord
WHERE o.fore IS DISTINCT FROM o.efter
ORDER BY nyckeltal_id, omrade_id, list_position(['{BAND}', '{AGAINST_COUNTRY}', '{DIRECTION}', '{SIGN}'], o.vad)
"""

_ENDED = f"""
SELECT nu.nyckeltal_id, nu.titel, nu.upphort_ar
FROM main.nyckeltal nu JOIN foregaende.nyckeltal fore USING (nyckeltal_id)
WHERE nu.nyckeltal_id IN {_KPIS}
  AND ((nu.upphort_ar IS NOT NULL AND fore.upphort_ar IS NULL)
    OR (nu.i_katalogen IS NOT DISTINCT FROM false AND fore.i_katalogen IS NOT DISTINCT FROM true))
ORDER BY nu.nyckeltal_id
"""

_OF_RUN = f"""
WITH sista AS (
    SELECT nyckeltal_id, omrade_id, max(ar) AS ar FROM matvarde_revision
    WHERE observerad <= $efter AND varde IS NOT NULL GROUP BY ALL
)
SELECT r.nyckeltal_id, r.omrade_id, r.ar, r.kon,
    CASE WHEN r.varde IS NULL THEN CASE WHEN r.foregaende_varde IS NULL THEN '{REVISED}' ELSE '{WITHDRAWN}' END
        WHEN r.foregaende_varde IS NOT NULL THEN '{REVISED}'
        WHEN sista.ar IS NULL THEN '{NEW_SERIES}'
        WHEN r.ar > sista.ar THEN '{NEW_PERIOD}' ELSE '{ADDED}' END,
    r.foregaende_varde, r.foregaende_status, r.varde, r.status
FROM matvarde_revision r LEFT JOIN sista USING (nyckeltal_id, omrade_id)
WHERE r.observerad > $efter AND r.omrade_id IN {_OWN} AND r.nyckeltal_id IN {_KPIS}
  AND r.varde IS DISTINCT FROM r.foregaende_varde
ORDER BY r.nyckeltal_id, r.omrade_id, r.ar, r.kon
"""
