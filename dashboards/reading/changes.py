"""What has changed since the issue before, or with the newest run, from the published database as plain dataclasses.

Table `andring` of the database says which values have changed, and how. Conclusions are compared with those in the
frozen database of the earlier issue, because each was drawn by the rules and the content of its own time. The
sentences about all this are in `pages.since`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from dashboards.reading.follow_ups import Issue
from dashboards.reading.published import CatalogueEvent
from pipelines.errors import ConfigError

# Words of column `andring.slag`.
_NEW_YEAR, _NEW_SERIES, _WITHOUT_VALUE = "nytt år", "ny serie", "utan värde"
BAND, AGAINST_COUNTRY, DIRECTION, SIGN = "band", "mot riket", "riktning", "ändring sedan mätningen före"
BY_REVISION, BY_YEAR, BY_OTHERS = "reviderat värde", "nytt år", "jämförelsen har ändrats"


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A row of `andring_mellan`. `before` and `after` are None where there is no number; the statuses say why, and are
    None where there is no row.
    """

    kpi_id: str
    area_id: str
    year: int
    gender: str
    kind: str
    before: float | None
    before_status: str | None
    after: float | None
    after_status: str | None

    @property
    def is_new(self) -> bool:
        """Whether its year, or its series, was not there before."""
        return self.kind in (_NEW_YEAR, _NEW_SERIES) or (self.kind == _WITHOUT_VALUE and self.before_status is None)


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

    day: date
    body: str | None
    what: str
    case_number: str | None


@dataclass(frozen=True, slots=True)
class IssueDiff:
    """issue, version: what the report is compared with; None: with the run before. until: as of when that was (UTC).

    continues: whether the report's figures come after those of the issue, in the same history; otherwise nothing is
    compared. same_edition: whether the issue was frozen with the columns that this edition of the program reads;
    otherwise its conclusions are not compared, nor what has ended since.
    """

    issue: Issue | None = None
    version: int = 1
    until: datetime | None = None
    continues: bool = True
    same_edition: bool = True
    values: tuple[ValueChange, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    ended: tuple[Ended, ...] = ()
    events: tuple[CatalogueEvent, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The frozen database of an earlier version, and which version of which issue it is."""

    database: Path
    issue: Issue
    version: int


def diff_from_issue(database: Path, baseline: Baseline) -> IssueDiff:
    """What has changed in `database` since the frozen one. Raises ConfigError when that is not there."""
    if not baseline.database.is_file():
        raise ConfigError(
            f"{baseline.database}: the frozen database of uppföljning {baseline.issue.id} is not there, so nothing can "
            "be compared with it → restore it from a backup"
        )
    with duckdb.connect(str(database), read_only=True, config={"threads": 2}) as connection:
        path = str(baseline.database).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS foregaende (READ_ONLY)")
        observed, until = connection.sql(_NEWEST_BEFORE).fetchall()[0]
        until = baseline.issue.row.as_of or until
        decisions = _decisions(connection, until, baseline.issue)
        if (observed,) not in connection.sql("SELECT observerad FROM main.korning").fetchall():
            return IssueDiff(baseline.issue, baseline.version, until, continues=False, decisions=decisions)
        values = _values(connection, observed)
        same_edition = _has_columns(connection)
        return IssueDiff(
            baseline.issue,
            baseline.version,
            until,
            same_edition=same_edition,
            values=values,
            conclusions=_conclusions(connection, values) if same_edition else (),
            ended=tuple(Ended(*row) for row in connection.sql(_ENDED).fetchall()) if same_edition else (),
            events=_events(connection, observed),
            decisions=decisions,
        )


def _has_columns(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the frozen database has every column that is compared."""
    columns = set(
        connection.sql(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'foregaende'"
        ).fetchall()
    )
    return {(table, column) for table, names in _COMPARED.items() for column in names} <= columns


def diff_from_run_before(database: Path) -> IssueDiff:
    """What the newest finished run brought; nothing when it was the first."""
    with duckdb.connect(str(database), read_only=True, config={"threads": 2}) as connection:
        runs = connection.sql(
            "SELECT observerad, avslutad FROM klar_korning WHERE nyast <= 2 ORDER BY nyast"
        ).fetchall()
        if len(runs) < 2:
            return IssueDiff()
        observed, until = runs[1]
        return IssueDiff(until=until, values=_values(connection, observed), events=_events(connection, observed))


def as_csv(diff: IssueDiff, signature: str) -> str:
    """Every changed value and conclusion as CSV: comma, dot decimals, header row, empty where there is none."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    against = f"{diff.issue.id} version {diff.version}" if diff.issue else "körningen före"
    out.writerow(_CSV)
    for v in diff.values:
        before, after = (_text(v.before), v.before_status), (_text(v.after), v.after_status)
        out.writerow(("värde", v.kpi_id, v.area_id, v.year, v.gender, v.kind, *before, *after, "", against, signature))
    for c in diff.conclusions:
        words = (c.before or "", c.before_year, c.after or "", c.year)
        out.writerow(("slutsats", c.kpi_id, c.area_id, c.year, "T", c.what, *words, c.why, against, signature))
    return text.getvalue()


# Of a conclusion the statuses are the years that the words were about.
_CSV = (
    *("galler", "nyckeltal_id", "omrade_id", "ar", "kon", "vad", "fore", "fore_status", "efter", "efter_status"),
    *("motivering", "jamford_med", "bearbetning"),
)


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)


def _values(connection: duckdb.DuckDBPyConnection, after: datetime) -> tuple[ValueChange, ...]:
    return tuple(ValueChange(*row) for row in connection.execute(_VALUES, {"fran": after}).fetchall())


def _conclusions(connection: duckdb.DuckDBPyConnection, values: tuple[ValueChange, ...]) -> tuple[Conclusion, ...]:
    revised = {(value.kpi_id, value.area_id) for value in values if not value.is_new}
    conclusions = []
    for kpi_id, area_id, what, before, before_year, after, year in connection.sql(_CONCLUSIONS).fetchall():
        why = BY_YEAR if year != before_year else BY_REVISION if (kpi_id, area_id) in revised else BY_OTHERS
        conclusions.append(Conclusion(kpi_id, area_id, what, before, before_year, after, year, why))
    return tuple(conclusions)


def _events(connection: duckdb.DuckDBPyConnection, after: datetime) -> tuple[CatalogueEvent, ...]:
    rows = connection.execute(
        """SELECT objekt, objekt_id, handelse, fore, efter FROM katalog_handelse WHERE observerad > $1
           ORDER BY objekt DESC, objekt_id, observerad, handelse, fore, efter""",
        [after],
    ).fetchall()
    return tuple(CatalogueEvent(*row) for row in rows)


def _decisions(connection: duckdb.DuckDBPyConnection, after: datetime | None, issue: Issue) -> tuple[Decision, ...]:
    """Those of the days after the issue was decided, or after its figures were frozen where it was not."""
    day = issue.row.faststalld or (after.date() if after else None)
    rows = connection.execute(
        """SELECT b.datum, i.namn, b.vad, b.diarienummer
           FROM styrning.beslut b LEFT JOIN styrning.instans i USING (instans_id)
           WHERE b.art = 'beslut' AND b.datum > $1 ORDER BY b.datum, b.ordning, b.beslut_id""",
        [day],
    ).fetchall()
    return tuple(Decision(*row) for row in rows)


# What is read of the frozen database.
_COMPARED = {
    "jamforelse": ("nyckeltal_id", "omrade_id", "ar", "kon", "varde", "mot_riket"),
    "placering": ("nyckeltal_id", "omrade_id", "ar", "kon", "band"),
    "trend": ("nyckeltal_id", "omrade_id", "kon", "trend"),
    "nyckeltal": ("nyckeltal_id", "upphort_ar", "i_katalogen"),
}
_NEWEST_BEFORE = "SELECT max(observerad), max(avslutad) FILTER (utfall = 'klar') FROM foregaende.korning"

_KPIS = "(SELECT nyckeltal_id FROM matt_nyckeltal)"

# What is compared is what both sides followed.
_VALUES = f"""
SELECT nyckeltal_id, omrade_id, ar, kon, slag, fore, fore_status, efter, efter_status
FROM andring_mellan($fran, (SELECT max(observerad) FROM korning))
WHERE foljs_sedan <= $fran AND nyckeltal_id IN {_KPIS}
  AND omrade_id IN (SELECT omrade_id FROM omrade WHERE i_malbild OR typ = 'riket')
ORDER BY nyckeltal_id, omrade_id, ar, kon
"""  # noqa: S608 - texts of this module

# The words about each huvudman's newest value, then and now.
_WORDS = """
SELECT j.nyckeltal_id, j.omrade_id, j.ar, p.band, j.mot_riket, t.trend,
    CASE sign(j.varde - f.varde) WHEN 1 THEN 'ökning' WHEN -1 THEN 'minskning' WHEN 0 THEN 'oförändrat' END AS tecken
FROM (
    FROM {side}jamforelse WHERE kon = 'T'
    QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id ORDER BY ar DESC) = 1
) j
LEFT JOIN (
    FROM {side}jamforelse WHERE kon = 'T'
    QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id ORDER BY ar DESC) = 2
) f USING (nyckeltal_id, omrade_id)
LEFT JOIN {side}placering p
    ON p.nyckeltal_id = j.nyckeltal_id AND p.omrade_id = j.omrade_id AND p.kon = 'T' AND p.ar = j.ar
LEFT JOIN {side}trend t ON t.nyckeltal_id = j.nyckeltal_id AND t.omrade_id = j.omrade_id AND t.kon = 'T'
WHERE j.omrade_id IN (SELECT omrade_id FROM omrade WHERE i_malbild) AND j.nyckeltal_id IN {kpis}
"""

_CONCLUSIONS = f"""
WITH nu AS ({_WORDS.format(side="main.", kpis=_KPIS)}), fore AS ({_WORDS.format(side="foregaende.", kpis=_KPIS)}),
ord AS (
    SELECT nyckeltal_id, omrade_id, unnest([
        {{'vad': '{BAND}', 'fore': fore.band, 'efter': nu.band}},
        {{'vad': '{AGAINST_COUNTRY}', 'fore': fore.mot_riket, 'efter': nu.mot_riket}},
        {{'vad': '{DIRECTION}', 'fore': fore.trend, 'efter': nu.trend}},
        {{'vad': '{SIGN}', 'fore': fore.tecken, 'efter': nu.tecken}}
    ]) AS o, fore.ar AS fore_ar, nu.ar AS efter_ar
    FROM nu JOIN fore USING (nyckeltal_id, omrade_id)
)
SELECT nyckeltal_id, omrade_id, o.vad, o.fore, fore_ar, o.efter, efter_ar FROM ord
WHERE o.fore IS DISTINCT FROM o.efter
ORDER BY nyckeltal_id, omrade_id, list_position(['{BAND}', '{AGAINST_COUNTRY}', '{DIRECTION}', '{SIGN}'], o.vad)
"""  # noqa: S608 - texts of this module

_ENDED = f"""
SELECT nu.nyckeltal_id, nu.titel, nu.upphort_ar
FROM main.nyckeltal nu JOIN foregaende.nyckeltal fore USING (nyckeltal_id)
WHERE nu.nyckeltal_id IN {_KPIS}
  AND ((nu.upphort_ar IS NOT NULL AND fore.upphort_ar IS NULL)
    OR (nu.i_katalogen IS NOT DISTINCT FROM false AND fore.i_katalogen IS NOT DISTINCT FROM true))
ORDER BY nu.nyckeltal_id
"""  # noqa: S608 - texts of this module
