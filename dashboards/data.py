"""Queries against the published database: what the report needs, as plain dataclasses and frames.

The only module of the report that opens a database. It decides nothing about what is shown or how it is worded; what it
promises is that everything in a `Published` belongs to one moment (`as_of`) and one source (`run.source`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.errors import ConfigError, MalbildError

TOTAL, WOMEN, MEN = "T", "K", "M"
SYNTHETIC, KOLADA = "syntetisk", "kolada"

# As the sub-counties stand in the målbild's own documents; others follow in alphabetical order.
_SUB_COUNTY_ORDER = ("norra", "västra", "södra")


@dataclass(frozen=True, slots=True)
class Run:
    """The finished run that the report tells of; `source` is kolada, syntetisk or another address. Times are UTC."""

    id: str
    started: datetime
    finished: datetime
    source: str
    complete: bool
    requests: int
    rows: int
    version: str


@dataclass(frozen=True, slots=True)
class Area:
    """A kommun, a region or riket."""

    id: str
    name: str
    kind: str
    sub_county: str | None


@dataclass(frozen=True, slots=True)
class KpiUse:
    """A KPI in the service of a measure: roll and decision as in table `matt_nyckeltal`."""

    kpi_id: str
    role: str
    decision: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the 26 mått, with its KPIs in the owners' order."""

    id: str
    name: str
    principal: str
    perspective: str
    coverage: str
    outside_source: str | None
    comment: str | None
    number: int
    uses: tuple[KpiUse, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the seven indikatorer; `gap` tells what is missing where it has no measure."""

    id: str
    name: str
    definition: str
    gap: str | None
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class GoalArea:
    """One of the three målområden."""

    id: str
    name: str
    description: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Kpi:
    """A nyckeltal as the catalogue and the owners describe it; names follow table `nyckeltal`."""

    id: str
    title: str
    description: str | None
    unit: str
    direction: str
    direction_decision: str
    level: str
    ended: int | None
    published: date | None
    published_period: str | None
    successor: str | None
    origin: str | None
    caveat: str | None
    in_catalogue: bool
    followed: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One value, or the reason why there is none (`status`)."""

    value: float | None
    status: str
    preliminary: bool


NO_ROW = Cell(None, "saknas", False)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a principal stands (table `jamforelse`): our own processing, but for `uncertainty`, an unchanged value."""

    similar: float | None
    similar_count: int | None
    place: float | None
    peers: int
    band: str | None
    uncertainty: float | None


@dataclass(frozen=True, slots=True)
class CountyMean:
    """The unweighted mean of the county's kommuner that have a value, and how many they are. Our own processing."""

    value: float
    kommuner: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A row of table `trend`: the word to show and its reason."""

    word: str
    reason: str


@dataclass(slots=True)
class Series:
    """All that is known of one KPI for the principals and riket; `positions`, `trends` and `county` of kön T only."""

    cells: dict[tuple[str, int, str], Cell] = field(default_factory=dict)
    positions: dict[tuple[str, int], Position] = field(default_factory=dict)
    county: dict[int, CountyMean] = field(default_factory=dict)
    trends: dict[str, Trend] = field(default_factory=dict)
    last_change: datetime | None = None

    def cell(self, area_id: str, year: int, gender: str = TOTAL) -> Cell:
        """The cell, or one that says `saknas` where the source has no row at all."""
        return self.cells.get((area_id, year, gender), NO_ROW)

    def years(self, areas: Iterable[Area], genders: str = TOTAL + WOMEN + MEN) -> list[int]:
        """Years in which at least one of the areas has a value, in order."""
        ids = {area.id for area in areas}
        return sorted(
            {
                year
                for (area, year, gender), cell in self.cells.items()
                if area in ids and gender in genders and cell.value is not None
            }
        )


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Refused values by reason."""

    reason: str
    values: int


@dataclass(frozen=True, slots=True)
class Published:
    """The published database at one moment. `current` is false for an earlier one: no comparison belongs to it then."""

    as_of: datetime
    run: Run
    last_complete: datetime | None
    current: bool
    goal_areas: tuple[GoalArea, ...]
    kpis: dict[str, Kpi]
    principals: tuple[Area, ...]
    country: Area | None
    series: dict[str, Series]
    quarantine: tuple[Quarantined, ...]

    @property
    def measures(self) -> list[Measure]:
        """Every measure once, in the målbild's order."""
        found = {m.id: m for g in self.goal_areas for i in g.indicators for m in i.measures}
        return sorted(found.values(), key=lambda m: m.number)

    @property
    def kommuner(self) -> list[Area]:
        return [area for area in self.principals if area.kind == "kommun"]

    @property
    def regions(self) -> list[Area]:
        return [area for area in self.principals if area.kind == "region"]


def load(database: Path, *, as_of: datetime | None = None, principal: str | None = None) -> Published:
    """Read what the report needs.

    as_of: a moment (UTC when it has no zone); the end of the newest finished run by default. principal: leaves one of
    the ten principals. Raises ConfigError when there is nothing to report, no such principal or no finished run by
    `as_of`; MalbildError when the values come from another source than the run says.
    """
    if not database.is_file():
        raise ConfigError(
            f"{database}: no published database here → run `malbild run` (or `malbild demo`) first, "
            "or point --data-dir to another folder"
        )
    connection = duckdb.connect(str(database), read_only=True)
    try:
        run, newest = _run(connection, database, as_of)
        moment = run.finished if as_of is None else _utc(as_of)
        current = run.id == newest
        principals = _principals(connection)
        if principal is not None:
            chosen = [area for area in principals if area.id == principal]
            if not chosen:
                known = ", ".join(f"{area.id} {area.name}" for area in principals)
                raise ConfigError(
                    f"--huvudman {principal}: not one of the målbild's principals → choose one of {known}"
                )
            principals = chosen
        country = _country(connection)
        return Published(
            as_of=moment,
            run=run,
            last_complete=_last_complete(connection, moment),
            current=current,
            goal_areas=_goal_areas(connection),
            kpis=_kpis(connection),
            principals=tuple(principals),
            country=country,
            series=_series(
                connection, database, run, None if current else moment, [*principals, *([country] if country else [])]
            ),
            quarantine=_quarantine(connection, moment),
        )
    finally:
        connection.close()


def _utc(moment: datetime) -> datetime:
    """The database's own form of time: UTC without zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _run(connection: duckdb.DuckDBPyConnection, database: Path, as_of: datetime | None) -> tuple[Run, str]:
    """The newest finished run by `as_of`, and the id of the newest of all."""
    rows = connection.sql(
        "SELECT korning_id, startad, avslutad, kalla, fullstandig, anrop, rader_hamtade, kod_version FROM korning "
        "WHERE utfall = 'klar' AND avslutad IS NOT NULL AND kalla IS NOT NULL ORDER BY avslutad DESC, korning_id DESC"
    ).fetchall()
    if not rows:
        raise ConfigError(f"{database}: no finished run in table korning → run `malbild run` first")
    until = _utc(as_of) if as_of else rows[0][2]
    runs = [Run(*row) for row in rows if row[2] <= until]
    if not runs:
        raise ConfigError(
            f"--as-of {until:%Y-%m-%dT%H:%M:%S}: no run had finished by then → choose a moment after the end of "
            f"the first one, {rows[-1][2]:%Y-%m-%dT%H:%M:%S} UTC"
        )
    return runs[0], rows[0][0]


def _last_complete(connection: duckdb.DuckDBPyConnection, moment: datetime) -> datetime | None:
    found: datetime | None = connection.sql(
        "SELECT max(avslutad) FROM korning WHERE utfall = 'klar' AND fullstandig AND avslutad <= ?", params=[moment]
    ).fetchall()[0][0]
    return found


def _principals(connection: duckdb.DuckDBPyConnection) -> list[Area]:
    """The kommuner by sub-county and name, then the region: never by their values."""
    rows = connection.sql("SELECT omrade_id, namn, typ, lansdel FROM omrade WHERE i_malbild").fetchall()
    areas = [Area(*row) for row in rows]

    def place(area: Area) -> tuple[bool, int, str, str, str]:
        part = area.sub_county or ""
        first_word = part.lower().partition(" ")[0]
        known = _SUB_COUNTY_ORDER.index(first_word) if first_word in _SUB_COUNTY_ORDER else len(_SUB_COUNTY_ORDER)
        return (area.kind != "kommun", known + (not part), part, area.name, area.id)

    return sorted(areas, key=place)


def _country(connection: duckdb.DuckDBPyConnection) -> Area | None:
    rows = connection.sql(
        "SELECT omrade_id, namn, typ, lansdel FROM omrade WHERE typ = 'riket' ORDER BY omrade_id"
    ).fetchall()
    return Area(*rows[0]) if rows else None


def _goal_areas(connection: duckdb.DuckDBPyConnection) -> tuple[GoalArea, ...]:
    uses: dict[str, list[KpiUse]] = {}
    for measure_id, *use in connection.sql(
        "SELECT matt_id, nyckeltal_id, roll, beslut FROM matt_nyckeltal ORDER BY matt_id, ordning, nyckeltal_id"
    ).fetchall():
        uses.setdefault(measure_id, []).append(KpiUse(*use))
    measures = {
        row[0]: Measure(*(*row, tuple(uses.get(row[0], ()))))
        for row in connection.sql(
            "SELECT matt_id, namn, huvudman, perspektiv, tackning, kalla_utanfor, kommentar, ordning FROM matt"
        ).fetchall()
    }
    members: dict[str, list[Measure]] = {}
    for indicator_id, measure_id in connection.sql(
        "SELECT indikator_id, matt_id FROM indikator_matt ORDER BY indikator_id, ordning, matt_id"
    ).fetchall():
        members.setdefault(indicator_id, []).append(measures[measure_id])
    indicators: dict[str, list[Indicator]] = {}
    for goal_area_id, *row in connection.sql(
        "SELECT malomrade_id, indikator_id, namn, definition, lucka FROM indikator ORDER BY ordning, indikator_id"
    ).fetchall():
        indicators.setdefault(goal_area_id, []).append(Indicator(*(*row, tuple(members.get(row[0], ())))))
    return tuple(
        GoalArea(*(*row, tuple(indicators.get(row[0], ()))))
        for row in connection.sql(
            "SELECT malomrade_id, namn, beskrivning FROM malomrade ORDER BY ordning, malomrade_id"
        ).fetchall()
    )


def _kpis(connection: duckdb.DuckDBPyConnection) -> dict[str, Kpi]:
    rows = connection.sql(
        "SELECT nyckeltal_id, titel, beskrivning, enhet, riktning, riktning_beslut, niva, upphort_ar, publiceras, "
        "publicering_period, eftertradare_id, kalla, forbehall, i_katalogen, foljs FROM nyckeltal ORDER BY nyckeltal_id"
    ).fetchall()
    return {row[0]: Kpi(*row) for row in rows}


def _series(
    connection: duckdb.DuckDBPyConnection, database: Path, run: Run, until: datetime | None, areas: list[Area]
) -> dict[str, Series]:
    """Series by KPI. `until`: an earlier moment, for which comparisons and trends do not exist."""
    ids = [area.id for area in areas]
    series: dict[str, Series] = {}
    for row in _observations(connection, until, ids).iter_rows(named=True):
        if row["kalla"] != run.source:
            raise MalbildError(
                f"{database}: {row['nyckeltal_id']} {row['omrade_id']} {row['ar']} comes from {row['kalla']!r}, but "
                f"run {run.id} from {run.source!r}; figures of two sources must never meet → use one data dir for each"
            )
        one = series.setdefault(row["nyckeltal_id"], Series())
        one.cells[row["omrade_id"], row["ar"], row["kon"]] = Cell(row["varde"], row["status"], row["preliminart"])
        one.last_change = max(one.last_change or row["hamtad"], row["hamtad"])
    if until is not None:
        return series
    for kpi_id, area_id, year, *rest in connection.sql(
        "SELECT nyckeltal_id, omrade_id, ar, liknande, liknande_antal, plats, antal_med_varde, band, osakerhet "
        "FROM jamforelse WHERE kon = 'T' AND list_contains($1, omrade_id)",
        params=[ids],
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].positions[area_id, year] = Position(*rest)
    for kpi_id, year, *mean in connection.sql(
        "SELECT DISTINCT nyckeltal_id, ar, lan_ovagt, lan_antal FROM jamforelse JOIN omrade USING (omrade_id) "
        "WHERE kon = 'T' AND i_malbild AND lan_ovagt IS NOT NULL"
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].county[year] = CountyMean(*mean)
    for kpi_id, area_id, *words in connection.sql(
        "SELECT nyckeltal_id, omrade_id, riktning, orsak FROM trend WHERE kon = 'T' AND list_contains($1, omrade_id)",
        params=[ids],
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].trends[area_id] = Trend(*words)
    return series


def _observations(connection: duckdb.DuckDBPyConnection, until: datetime | None, area_ids: list[str]) -> pl.DataFrame:
    """Columns of `matvarde` that the report shows, ordered by key."""
    if until is None:
        return connection.sql(
            "SELECT nyckeltal_id, omrade_id, ar, kon, varde, status, preliminart, kalla, hamtad FROM matvarde "
            "WHERE list_contains($1, omrade_id) ORDER BY nyckeltal_id, omrade_id, ar, kon",
            params=[area_ids],
        ).pl()
    return connection.sql(
        "SELECT nyckeltal_id, omrade_id, ar, kon, varde, status, preliminart, kalla, hamtad FROM matvarde_per($2) "
        "WHERE list_contains($1, omrade_id) ORDER BY nyckeltal_id, omrade_id, ar, kon",
        params=[area_ids, until],
    ).pl()


def _quarantine(connection: duckdb.DuckDBPyConnection, moment: datetime) -> tuple[Quarantined, ...]:
    rows: list[Any] = connection.sql(
        "SELECT orsak, CAST(sum(antal) AS BIGINT) FROM karantan "
        "JOIN korning USING (korning_id) WHERE startad <= $1 GROUP BY orsak ORDER BY 2 DESC, 1",
        params=[moment],
    ).fetchall()
    return tuple(Quarantined(*row) for row in rows)
