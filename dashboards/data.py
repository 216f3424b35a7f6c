"""Queries against the published database: what the report needs, as plain dataclasses and frames.

The only module of the report that opens a database. It decides nothing about what is shown or how it is worded; what it
promises is that everything in a `Published` belongs to one finished run (`run`) and one source (`run.source`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from dashboards.content import Content, load_content
from pipelines.errors import ConfigError, MalbildError

TOTAL, WOMEN, MEN = "T", "K", "M"
SYNTHETIC, KOLADA = "syntetisk", "kolada"
# What the huvudmän hand in themselves; legal beside any source.
LOCAL = "lokal"


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
    """A KPI in the service of a measure: roll and decision as in table `matt_nyckeltal`.

    waiting: it is handed in by the huvudmän, and nobody has done so yet.
    """

    kpi_id: str
    role: str
    decision: str
    waiting: bool = False


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
    uncertainty: str | None
    successor: str | None
    origin: str | None
    caveat: str | None
    unconfirmed_title: str | None
    in_catalogue: bool | None
    followed: bool

    @property
    def local(self) -> bool:
        """Whether the huvudmän hand it in themselves; no catalogue knows it then."""
        return self.in_catalogue is None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value, or the reason why there is none (`status`).

    correction: the id of the owners' correction that applies; None = the value is the source's own. source_value: what
    the source itself says where a correction applies.
    """

    value: float | None
    status: str
    preliminary: bool
    source_value: float | None = None
    correction: str | None = None

    @property
    def replaced(self) -> bool:
        """Whether `value` is the owners' and not the source's."""
        # Publication lays `nyckeltal borttaget` over the status of the correction; the values still tell.
        own = self.status == "ersatt" or self.value != self.source_value
        return self.correction is not None and self.value is not None and own

    @property
    def left_out(self) -> bool:
        """Whether the owners have left the source's value out."""
        own = self.status == "utelämnad" or self.source_value is not None
        return self.correction is not None and self.value is None and own


NO_ROW = Cell(None, "saknas", False)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a principal stands (table `jamforelse`): our own processing.

    similar: the mean of the members of the group `similar_group` that have a value: `similar_count` of them, all but
    those named in `similar_without`. best_quartile: the limit of the best quarter among the peers. against_*: better,
    worse, higher or lower than riket and the similar areas where that is sure, and the words where it is not.
    """

    similar: float | None
    similar_count: int | None
    similar_group: str | None
    similar_without: tuple[str, ...]
    place: float | None
    peers: int
    band: str | None
    best_quartile: float | None
    against_country: str | None
    against_similar: str | None


@dataclass(frozen=True, slots=True)
class CountyMean:
    """The unweighted mean of the county's kommuner that have a value, and how many they are. Our own processing."""

    value: float
    kommuner: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A row of table `trend`: the word to show, its reason, and the change per year where a direction is stated.

    first_year, last_year and years: what it was judged on. p: of the test; None where there was none.
    """

    word: str
    reason: str
    slope: float | None
    first_year: int
    last_year: int
    years: int
    p: float | None


@dataclass(frozen=True, slots=True)
class CountyTrend(Trend):
    """A row of table `lan_trend`: the trend of the mean of the same `kommuner` every year."""

    kommuner: int


@dataclass(frozen=True, slots=True)
class Interval:
    """The 95 % interval of a value, and how it was made: osäkerhetstal, Wilson or Byar. Our own processing."""

    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Women minus men (table `konsskillnad`); margin: its uncertainty, None where it is not known."""

    women: float
    men: float
    difference: float
    margin: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Spread:
    """The målbild's kommuner one year (table `spridning`), `count` of them; `span` is None for a single one."""

    count: int
    low: float
    high: float
    span: float | None
    median: float
    mean: float


@dataclass(frozen=True, slots=True)
class PartMean:
    """The unweighted mean of `count` of the länsdel's `size` kommuner. Our own processing."""

    mean: float
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Break:
    """A seriebrott: `year` is the first that surely belongs to the new series, `last_old` the last of the old one."""

    year: int
    last_old: int
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """A row of table `mal`: the word, its reason, and what there is of figures (None without a decided target)."""

    word: str
    reason: str
    value: float | None
    year: int | None
    base_year: int | None
    base_value: float | None
    gap: float | None
    required_pace: float | None
    observed_pace: float | None
    forecast: float | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of table `metod`: a rule of the analysis with its version and setting."""

    name: str
    version: str
    setting: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """An area in a group, and since when malbild has seen it there under the group's present title."""

    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """A group of areas as it is now: the members by name."""

    id: str
    title: str
    members: tuple[Member, ...]


@dataclass(slots=True)
class Series:
    """All that is known of one KPI for the principals and riket; all but `cells` and `intervals` of kön T only.

    Keys: cells, intervals by (area, year, gender); positions, gaps, no_interval (why there is none) by (area, year);
    county, spread by year; parts by (länsdel, year); trends, targets by area. breaks: in the order of years.
    """

    cells: dict[tuple[str, int, str], Cell] = field(default_factory=dict)
    intervals: dict[tuple[str, int, str], Interval] = field(default_factory=dict)
    no_interval: dict[tuple[str, int], str] = field(default_factory=dict)
    positions: dict[tuple[str, int], Position] = field(default_factory=dict)
    gaps: dict[tuple[str, int], Gap] = field(default_factory=dict)
    county: dict[int, CountyMean] = field(default_factory=dict)
    spread: dict[int, Spread] = field(default_factory=dict)
    parts: dict[tuple[str, int], PartMean] = field(default_factory=dict)
    trends: dict[str, Trend] = field(default_factory=dict)
    county_trend: CountyTrend | None = None
    targets: dict[str, Target] = field(default_factory=dict)
    breaks: tuple[Break, ...] = ()
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

    def years_told(self, areas: Iterable[Area]) -> list[int]:
        """Years in which at least one of the areas has a value or one that the owners have left out, in order."""
        ids = {area.id for area in areas}
        return sorted(
            {
                year
                for (area, year, _), cell in self.cells.items()
                if area in ids and (cell.left_out or cell.value is not None)
            }
        )


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Refused values by reason."""

    reason: str
    values: int


@dataclass(frozen=True, slots=True)
class CatalogueEvent:
    """A row of table `katalog_handelse`: `kind` is nyckeltal or grupp."""

    kind: str
    id: str
    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class CatalogueNews:
    """What changed in the catalogue at the newest finished run that saw any change, at `observed` (UTC)."""

    observed: datetime
    events: tuple[CatalogueEvent, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """The published database as its newest finished run left it. `area_names`: every område and group by its id."""

    run: Run
    last_complete: datetime | None
    goal_areas: tuple[GoalArea, ...]
    kpis: dict[str, Kpi]
    principals: tuple[Area, ...]
    country: Area | None
    series: dict[str, Series]
    groups: dict[str, Group]
    area_names: dict[str, str]
    news: CatalogueNews | None
    quarantine: tuple[Quarantined, ...]
    rules: tuple[Rule, ...]
    content: Content

    @property
    def measures(self) -> list[Measure]:
        """Every measure once, in the målbild's order."""
        found = {m.id: m for g in self.goal_areas for i in g.indicators for m in i.measures}
        return sorted(found.values(), key=lambda m: m.number)

    @property
    def unconfirmed(self) -> list[Kpi]:
        """The nyckeltal whose present title in Kolada nobody has confirmed."""
        return [kpi for kpi in self.kpis.values() if kpi.unconfirmed_title is not None]

    @property
    def corrected(self) -> bool:
        """Whether the owners have replaced or left out any value of the areas of this report."""
        return any(cell.replaced or cell.left_out for one in self.series.values() for cell in one.cells.values())


def load_head(database: Path) -> tuple[Run, tuple[Area, ...], Content]:
    """The newest finished run, the principals and the owners' words: what the start page needs.

    Raises ConfigError as `load`.
    """
    connection = duckdb.connect(str(database), read_only=True)
    try:
        return _run(connection, database), tuple(_principals(connection)), load_content(connection)
    finally:
        connection.close()


def load(database: Path, *, principal: str | None = None) -> Published:
    """Read what the report needs. principal: leaves one of the ten principals.

    Raises ConfigError when there is nothing to report or no such principal; MalbildError when the values come from
    another source than the run says.
    """
    if not database.is_file():
        raise ConfigError(
            f"{database}: no published database here → run `malbild run` (or `malbild demo`) first, "
            "or point --data-dir to another folder"
        )
    connection = duckdb.connect(str(database), read_only=True)
    try:
        run = _run(connection, database)
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
            run=run,
            last_complete=_last_complete(connection),
            goal_areas=_goal_areas(connection),
            kpis=_kpis(connection),
            principals=tuple(principals),
            country=country,
            series=_series(connection, database, run, [*principals, *([country] if country else [])]),
            groups=_groups(connection),
            area_names=dict(connection.sql("SELECT omrade_id, namn FROM omrade").fetchall()),
            news=_news(connection),
            quarantine=_quarantine(connection, run),
            rules=tuple(Rule(*row) for row in connection.sql(_RULES).fetchall()),
            content=load_content(connection),
        )
    finally:
        connection.close()


_RULES = """
SELECT regel, version, varde, beskrivning FROM metod ORDER BY list_position(
    ['läge', 'band', 'intervall', 'skillnad', 'riktning', 'riktning för länet', 'mål', 'kön'], regel)
"""


def _run(connection: duckdb.DuckDBPyConnection, database: Path) -> Run:
    """The newest finished run."""
    rows = connection.sql(
        "SELECT korning_id, startad, avslutad, kalla, fullstandig, anrop, rader_hamtade, kod_version FROM klar_korning "
        "WHERE nyast = 1"
    ).fetchall()
    if not rows:
        raise ConfigError(f"{database}: no finished run in table korning → run `malbild run` first")
    return Run(*rows[0])


def _last_complete(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    latest: datetime | None = connection.sql("SELECT max(avslutad) FROM klar_korning WHERE fullstandig").fetchall()[0][
        0
    ]
    return latest


def _principals(connection: duckdb.DuckDBPyConnection) -> list[Area]:
    """The kommuner by sub-county (in the order of kommuner.yaml) and name, then the region: never by their values."""
    rows = connection.sql("SELECT omrade_id, namn, typ, lansdel FROM omrade WHERE i_malbild").fetchall()
    order: dict[str | None, int] = dict(connection.sql("SELECT namn, ordning FROM lansdel").fetchall())

    def place(area: Area) -> tuple[bool, float, str, str, str]:
        part = area.sub_county
        return (area.kind != "kommun", order.get(part, math.inf), part or "", area.name, area.id)

    return sorted((Area(*row) for row in rows), key=place)


def _country(connection: duckdb.DuckDBPyConnection) -> Area | None:
    rows = connection.sql(
        "SELECT omrade_id, namn, typ, lansdel FROM omrade WHERE typ = 'riket' ORDER BY omrade_id"
    ).fetchall()
    return Area(*rows[0]) if rows else None


def _goal_areas(connection: duckdb.DuckDBPyConnection) -> tuple[GoalArea, ...]:
    uses: dict[str, list[KpiUse]] = {}
    for measure_id, *use in connection.sql(
        "SELECT matt_id, nyckeltal_id, roll, beslut, n.i_katalogen IS NULL AND NOT EXISTS ("
        "FROM matvarde v WHERE v.nyckeltal_id = k.nyckeltal_id) "
        "FROM matt_nyckeltal k JOIN nyckeltal n USING (nyckeltal_id) ORDER BY matt_id, ordning, nyckeltal_id"
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
        "publicering_period, osakerhet_nyckeltal_id, eftertradare_id, kalla, forbehall, obekraftad_titel, i_katalogen, "
        f"foljs FROM nyckeltal WHERE nyckeltal_id NOT IN ({_PARTS}) ORDER BY nyckeltal_id"
    ).fetchall()
    return {row[0]: Kpi(*row) for row in rows}


# Numerators and denominators of local nyckeltal: kept for those who compute, not shown for themselves.
_PARTS = """
SELECT unnest([taljare_nyckeltal_id, namnare_nyckeltal_id]) AS del FROM nyckeltal
WHERE i_katalogen IS NULL AND taljare_nyckeltal_id <> nyckeltal_id
"""


def _series(connection: duckdb.DuckDBPyConnection, database: Path, run: Run, areas: list[Area]) -> dict[str, Series]:
    """Series by KPI, of these areas."""
    ids = [area.id for area in areas]
    series: dict[str, Series] = {}
    for row in _observations(connection, ids).iter_rows(named=True):
        if row["kalla"] not in (run.source, LOCAL):
            raise MalbildError(
                f"{database}: {row['nyckeltal_id']} {row['omrade_id']} {row['ar']} comes from {row['kalla']!r}, but "
                f"run {run.id} from {run.source!r}; figures of two sources must never meet → use one data dir for each"
            )
        one = series.setdefault(row["nyckeltal_id"], Series())
        one.cells[row["omrade_id"], row["ar"], row["kon"]] = Cell(
            row["varde"], row["status"], row["preliminart"], row["originalvarde"], row["korrigering"]
        )
        one.last_change = max(one.last_change or row["hamtad"], row["hamtad"])
    for kpi_id, area_id, year, mean, members, group_id, without, *place in connection.sql(
        _POSITIONS, params=[ids]
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].positions[area_id, year] = Position(mean, members, group_id, tuple(without), *place)
    for kpi_id, area_id, year, gender, *interval in connection.sql(
        "SELECT nyckeltal_id, omrade_id, ar, kon, nedre, ovre, intervall FROM jamforelse "
        "WHERE nedre IS NOT NULL AND ovre IS NOT NULL AND list_contains($1, omrade_id)",
        params=[ids],
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].intervals[area_id, year, gender] = Interval(*interval)
    for kpi_id, area_id, year, reason in connection.sql(
        "SELECT nyckeltal_id, omrade_id, ar, intervall_orsak FROM jamforelse "
        "WHERE kon = 'T' AND intervall_orsak IS NOT NULL AND list_contains($1, omrade_id)",
        params=[ids],
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].no_interval[area_id, year] = reason
    for kpi_id, year, *mean in connection.sql(
        "SELECT DISTINCT nyckeltal_id, ar, lan_ovagt, lan_antal FROM jamforelse JOIN omrade USING (omrade_id) "
        "WHERE kon = 'T' AND i_malbild AND lan_ovagt IS NOT NULL"
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].county[year] = CountyMean(*mean)
    for kpi_id, year, *spread in connection.sql(
        "SELECT nyckeltal_id, ar, antal, lagst, hogst, spannvidd, median, medel FROM spridning WHERE kon = 'T'"
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].spread[year] = Spread(*spread)
    for kpi_id, part, year, *mean in connection.sql(
        "SELECT nyckeltal_id, lansdel, ar, medel_ovagt, antal, antal_kommuner FROM lansdel_varde WHERE kon = 'T'"
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].parts[part, year] = PartMean(*mean)
    for kpi_id, area_id, year, *gap in connection.sql(
        "SELECT nyckeltal_id, omrade_id, ar, kvinnor, man, skillnad, osakerhet, bedomning FROM konsskillnad "
        "WHERE list_contains($1, omrade_id)",
        params=[ids],
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].gaps[area_id, year] = Gap(*gap)
    for kpi_id, area_id, *told in connection.sql(
        f"SELECT nyckeltal_id, omrade_id, {_TREND} FROM trend WHERE kon = 'T' AND list_contains($1, omrade_id)",
        params=[ids],
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].trends[area_id] = Trend(*told)
    for kpi_id, *told in connection.sql(
        f"SELECT nyckeltal_id, {_TREND}, antal_kommuner FROM lan_trend WHERE kon = 'T'"
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].county_trend = CountyTrend(*told)
    for kpi_id, area_id, *target in connection.sql(
        "SELECT nyckeltal_id, omrade_id, status, orsak, malvarde, mal_ar, bas_ar, bas_varde, gap, kravd_takt, "
        "observerad_takt, prognos FROM mal WHERE kon = 'T' AND list_contains($1, omrade_id)",
        params=[ids],
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].targets[area_id] = Target(*target)
    for kpi_id, *told in connection.sql(
        "SELECT nyckeltal_id, ar, sista_gamla_ar, orsak FROM nyckeltal_brott ORDER BY nyckeltal_id, ar"
    ).fetchall():
        if kpi_id in series:
            series[kpi_id].breaks += (Break(*told),)
    return series


_TREND = """riktning, orsak,
CASE WHEN riktning IN ('förbättras', 'försämras', 'ökar', 'minskar') THEN lutning_per_ar END,
fran_ar, till_ar, antal_ar, p_varde"""

_POSITIONS = """
WITH utan AS (
    SELECT j.nyckeltal_id, j.omrade_id, j.ar, list(coalesce(o.namn, g.omrade_id) ORDER BY o.namn, g.omrade_id) AS namn
    FROM jamforelse j
    JOIN grupp_medlem g ON g.grupp_id = j.liknande_grupp_id AND g.till IS NULL
    LEFT JOIN omrade o ON o.omrade_id = g.omrade_id
    ANTI JOIN (FROM matvarde WHERE kon = 'T' AND varde IS NOT NULL) v
        ON v.nyckeltal_id = j.nyckeltal_id AND v.omrade_id = g.omrade_id AND v.ar = j.ar
    WHERE j.kon = 'T' AND list_contains($1, j.omrade_id)
    GROUP BY ALL
)
SELECT nyckeltal_id, omrade_id, ar, liknande, liknande_antal, liknande_grupp_id, coalesce(namn, []),
    plats, antal_med_varde, band, basta_kvartil, mot_riket, mot_liknande
FROM jamforelse LEFT JOIN utan USING (nyckeltal_id, omrade_id, ar)
WHERE kon = 'T' AND list_contains($1, omrade_id)
"""


def _observations(connection: duckdb.DuckDBPyConnection, area_ids: list[str]) -> pl.DataFrame:
    """Columns of `matvarde` that the report shows, ordered by key."""
    return connection.sql(
        "SELECT nyckeltal_id, omrade_id, ar, kon, varde, status, preliminart, originalvarde, korrigering, kalla, "
        "hamtad FROM matvarde WHERE list_contains($1, omrade_id) ORDER BY nyckeltal_id, omrade_id, ar, kon",
        params=[area_ids],
    ).pl()


def _groups(connection: duckdb.DuckDBPyConnection) -> dict[str, Group]:
    """The present members of every group."""
    members: dict[str, list[Member]] = {}
    titles: dict[str, str] = {}
    for group_id, title, *member in connection.sql(
        "SELECT g.grupp_id, g.titel, coalesce(o.namn, g.omrade_id) AS namn, g.fran FROM grupp_medlem g "
        "LEFT JOIN omrade o USING (omrade_id) WHERE g.till IS NULL ORDER BY g.grupp_id, namn, g.omrade_id"
    ).fetchall():
        members.setdefault(group_id, []).append(Member(*member))
        titles[group_id] = title
    return {group_id: Group(group_id, titles[group_id], tuple(some)) for group_id, some in members.items()}


def _news(connection: duckdb.DuckDBPyConnection) -> CatalogueNews | None:
    """The events of the newest finished run that has any, nyckeltal first."""
    rows = connection.sql(
        """SELECT observerad, objekt, objekt_id, handelse, fore, efter FROM katalog_handelse
        WHERE korning_id = (
            SELECT korning_id FROM klar_korning SEMI JOIN katalog_handelse USING (korning_id) ORDER BY nyast LIMIT 1)
        ORDER BY objekt DESC, objekt_id, handelse, fore, efter"""
    ).fetchall()
    if not rows:
        return None
    return CatalogueNews(max(row[0] for row in rows), tuple(CatalogueEvent(*row[1:]) for row in rows))


def _quarantine(connection: duckdb.DuckDBPyConnection, run: Run) -> tuple[Quarantined, ...]:
    rows = connection.sql(
        "SELECT orsak, CAST(sum(antal) AS BIGINT) FROM karantan "
        "JOIN korning USING (korning_id) WHERE startad <= $1 GROUP BY orsak ORDER BY 2 DESC, 1",
        params=[run.finished],
    ).fetchall()
    return tuple(Quarantined(*row) for row in rows)
