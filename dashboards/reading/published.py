"""Queries against the published database: what the report needs, as plain dataclasses and rows.

It decides nothing about what is shown or how it is worded; what it promises is that everything in a `Published` belongs
to one finished run (`run`) and one source (`run.source`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb

from dashboards import formatting
from dashboards.reading.content import Content, load_content
from pipelines.errors import ConfigError, MalbildError
from pipelines.rows import Record, mappings, rows

TOTAL, WOMEN, MEN = "T", "K", "M"
# What the huvudmän hand in themselves; allowed together with any source.
LOCAL = "lokal"


@dataclass(frozen=True, slots=True)
class Run:
    """The finished run that the report is about; `source` is kolada, syntetisk or another address. Times are UTC."""

    id: str
    started: datetime
    finished: datetime
    source: str
    complete: bool
    requests: int
    rows: int
    version: str

    @property
    def day(self) -> date:
        """The day in Sweden that the figures are of, which is the report's today."""
        return formatting.swedish_date(self.finished)


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

    waiting: it is handed in by the huvudmän, and none has done so yet.
    """

    kpi_id: str
    role: str
    decision: str
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the 26 mått, with its KPIs in the owners' order. short: its name where there is little room, if any."""

    id: str
    name: str
    short: str | None
    principal: str
    perspective: str
    coverage: str
    outside_source: str | None
    comment: str | None
    number: int
    uses: tuple[KpiUse, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the seven indikatorer; `gap` says what is missing where it has no measure."""

    id: str
    name: str
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
    """A nyckeltal as the catalogue and the owners describe it; names follow table `nyckeltal`.

    short: its name where there is little room; words: what follows its value in a sentence. Both may be missing.
    """

    id: str
    title: str
    short: str | None
    words: str | None
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
        # Publication replaces the status of the correction by `nyckeltal borttaget`; the values still show it.
        own = self.status == "ersatt" or self.value != self.source_value
        return self.correction is not None and self.value is not None and own

    @property
    def left_out(self) -> bool:
        """Whether the owners have left the source's value out."""
        own = self.status == "utelämnad" or self.source_value is not None
        return self.correction is not None and self.value is None and own


NO_ROW = Cell(None, "saknas", False)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of areas as it is now. members: rows with `namn` and `fran`, since when malbild has seen it there under
    the group's present title; by name.
    """

    id: str
    title: str
    members: tuple[Record, ...]


@dataclass(slots=True)
class Series:
    """All that is known of one KPI for the principals and riket; all but `cells` and `intervals` of kön T only.

    What is computed are rows with the columns of their tables (`_PARTS`), by the columns that distinguish them:
    intervals by (area, year, gender); positions, gaps, no_interval (`osakerhet_orsak`) by (area, year); county
    (`lan_varde`, `lan_grund`, `lan_antal`, `lan_ovagt`, and one `omrade_id` that they stand at), spread, breaks,
    own_surveys by year, in order; parts by (länsdel, year); trends, targets by area; county_trends by gender; models by
    (area, order); country (`p025`, `p25`, `p50`, `p75`, `p975` and `antal_med_varde` of all areas of a kind) by (kommun
    or region, year). A trend's `lutning_per_ar` is NULL where no direction is stated. A position also has
    `liknande_utan`: the members of the group that have no value; None when all have.
    """

    cells: dict[tuple[str, int, str], Cell] = field(default_factory=dict)
    intervals: dict[tuple[str, int, str], Record] = field(default_factory=dict)
    no_interval: dict[tuple[str, int], Record] = field(default_factory=dict)
    positions: dict[tuple[str, int], Record] = field(default_factory=dict)
    gaps: dict[tuple[str, int], Record] = field(default_factory=dict)
    county: dict[int, Record] = field(default_factory=dict)
    spread: dict[int, Record] = field(default_factory=dict)
    parts: dict[tuple[str, int], Record] = field(default_factory=dict)
    trends: dict[str, Record] = field(default_factory=dict)
    county_trends: dict[str, Record] = field(default_factory=dict)
    targets: dict[str, Record] = field(default_factory=dict)
    breaks: dict[int, Record] = field(default_factory=dict)
    own_surveys: dict[int, Record] = field(default_factory=dict)
    models: dict[tuple[str, int], Record] = field(default_factory=dict)
    country: dict[tuple[str, int], Record] = field(default_factory=dict)
    last_change: datetime | None = None

    def comparable(self, before: int, after: int) -> bool:
        """Whether values of two years measure the same: no break between, and both from the same survey."""
        unbroken = all(
            after <= series_break.sista_gamla_ar or before >= series_break.ar for series_break in self.breaks.values()
        )
        return unbroken and (before in self.own_surveys) == (after in self.own_surveys)

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

    def years_reported(self, areas: Iterable[Area]) -> list[int]:
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


@dataclass(frozen=True)
class Published:
    """The published database as its newest finished run left it.

    area_names: every område and group by its id. quarantine: as of `_quarantine`. rules: rows of table `metod`.
    findings: rows of table `fynd` about the principals or about all, in order. accuracy: as of `_ACCURACY`.
    """

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
    quarantine: tuple[Record, ...]
    rules: tuple[Record, ...]
    findings: tuple[Record, ...]
    accuracy: tuple[Record, ...]
    content: Content

    @cached_property
    def measures(self) -> list[Measure]:
        """Every measure once, in the målbild's order."""
        measures = {m.id: m for g in self.goal_areas for i in g.indicators for m in i.measures}
        return sorted(measures.values(), key=lambda m: m.number)

    @cached_property
    def indicators(self) -> list[Indicator]:
        """Every indikator, in the målbild's order."""
        return [indicator for goal in self.goal_areas for indicator in goal.indicators]

    @property
    def unconfirmed(self) -> list[Kpi]:
        """The nyckeltal whose present title in Kolada is not confirmed."""
        return [kpi for kpi in self.kpis.values() if kpi.unconfirmed_title is not None]

    @cached_property
    def corrected(self) -> bool:
        """Whether the owners have replaced or left out any value of the areas of this report."""
        return any(cell.replaced or cell.left_out for series in self.series.values() for cell in series.cells.values())


def load_head(database: Path) -> tuple[Run, tuple[Area, ...], Content]:
    """The newest finished run, the principals and the owners' words: what the start page needs.

    Raises ConfigError as `load`.
    """
    connection = duckdb.connect(str(database), read_only=True)
    try:
        return _run(connection, database), tuple(_principals(connection)), load_content(connection)
    finally:
        connection.close()


def load(database: Path) -> Published:
    """Read what the report needs.

    Raises ConfigError when there is nothing to report; MalbildError when the values come from another source than the
    run says.
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
        country = _country(connection)
        return Published(
            run=run,
            last_complete=_last_complete(connection),
            goal_areas=_goal_areas(connection),
            kpis=_kpis(connection),
            principals=tuple(principals),
            country=country,
            series=_series(connection, database, run),
            groups=_groups(connection),
            area_names=dict(connection.sql("SELECT omrade_id, namn FROM omrade").fetchall()),
            news=_news(connection),
            quarantine=_quarantine(connection),
            rules=tuple(rows(connection.sql(_RULES))),
            findings=tuple(rows(connection.sql(_FINDINGS))),
            accuracy=tuple(rows(connection.sql(_ACCURACY))),
            content=load_content(connection),
        )
    finally:
        connection.close()


# Of the huvudmän and riket. A condition and no parameter: with one, duckdb loads pandas.
_OF_REPORT = "omrade_id IN (SELECT omrade_id FROM omrade WHERE i_malbild OR typ = 'riket')"

_RULES = """
SELECT regel, version, varde, beskrivning FROM metod ORDER BY list_position(
    ['läge', 'intervall', 'årsvariation', 'skillnad', 'placering', 'band', 'riktning', 'riktning för länet', 'mål',
    'kön', 'spridning', 'lär av vem', 'effekt', 'möjligt seriebrott', 'fynd'], regel)
"""

_FINDINGS = f"""
FROM fynd WHERE omrade_id IS NULL OR {_OF_REPORT} ORDER BY fynd_nr, ordning
"""

# How often the intervals of årsvariation have held, in all: a row per level.
_ACCURACY = """
SELECT niva, CAST(sum(provade) AS BIGINT) AS provade, CAST(sum(innanfor_nominellt) AS BIGINT) AS innanfor_nominellt,
    CAST(sum(innanfor_kalibrerat) AS BIGINT) AS innanfor_kalibrerat
FROM traffsakerhet WHERE kon = 'T' GROUP BY niva ORDER BY niva
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
    areas = mappings(connection.sql(f"SELECT {_AREA} FROM omrade WHERE i_malbild"))  # noqa: S608 - texts of this module
    order: dict[str | None, int] = dict(connection.sql("SELECT namn, ordning FROM styrning.lansdel").fetchall())

    def place(area: Area) -> tuple[bool, float, str, str, str]:
        part = area.sub_county
        return (area.kind != "kommun", order.get(part, math.inf), part or "", area.name, area.id)

    return sorted((Area(**area) for area in areas), key=place)


def _country(connection: duckdb.DuckDBPyConnection) -> Area | None:
    countries = mappings(connection.sql(f"SELECT {_AREA} FROM omrade WHERE typ = 'riket' ORDER BY omrade_id"))  # noqa: S608 - texts of this module
    return Area(**countries[0]) if countries else None


_AREA = "omrade_id AS id, namn AS name, typ AS kind, lansdel AS sub_county"


def _goal_areas(connection: duckdb.DuckDBPyConnection) -> tuple[GoalArea, ...]:
    """Målområde → indikator → mått → nyckeltal, each in the målbild's order."""
    uses = _grouped(connection, _USES)
    measures = {
        measure["id"]: Measure(**measure, uses=tuple(KpiUse(**use) for use in uses.get(measure["id"], ())))
        for measure in mappings(connection.sql(_MEASURES))
    }
    members = _grouped(connection, _MEMBERS)
    indicators: dict[str, list[Indicator]] = {}
    for goal_area_id, entries in _grouped(connection, _INDICATORS).items():
        indicators[goal_area_id] = [
            Indicator(**entry, measures=tuple(measures[member["id"]] for member in members.get(entry["id"], ())))
            for entry in entries
        ]
    return tuple(
        GoalArea(**goal_area, indicators=tuple(indicators.get(goal_area["id"], ())))
        for goal_area in mappings(connection.sql(_GOAL_AREAS))
    )


def _grouped(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a query by their column `under`, without it."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in mappings(connection.sql(query)):
        grouped.setdefault(row.pop("under"), []).append(row)
    return grouped


_GOAL_AREAS = """
SELECT malomrade_id AS id, namn AS name, beskrivning AS description FROM malomrade ORDER BY ordning, malomrade_id
"""

_INDICATORS = """
SELECT malomrade_id AS under, indikator_id AS id, namn AS name, lucka AS gap
FROM indikator ORDER BY ordning, indikator_id
"""

_MEMBERS = """
SELECT indikator_id AS under, matt_id AS id FROM indikator_matt ORDER BY indikator_id, ordning, matt_id
"""

_MEASURES = """
SELECT matt_id AS id, namn AS name, kortnamn AS short, huvudman AS principal, perspektiv AS perspective,
    tackning AS coverage,
    kalla_utanfor AS outside_source, kommentar AS comment, ordning AS number
FROM matt
"""

_USES = """
SELECT k.matt_id AS under, nyckeltal_id AS kpi_id, k.roll AS role, k.beslut AS decision,
    n.i_katalogen IS NULL AND NOT EXISTS (FROM matvarde v WHERE v.nyckeltal_id = k.nyckeltal_id)
        AND NOT EXISTS (FROM xmr x WHERE x.nyckeltal_id = k.nyckeltal_id) AS waiting
FROM matt_nyckeltal k JOIN nyckeltal n USING (nyckeltal_id) ORDER BY k.matt_id, ordning, nyckeltal_id
"""


def _kpis(connection: duckdb.DuckDBPyConnection) -> dict[str, Kpi]:
    return {kpi["id"]: Kpi(**kpi) for kpi in mappings(connection.sql(_KPIS))}


# Numerators and denominators of local nyckeltal are for those who compute and not shown for themselves.
_KPIS = """
SELECT nyckeltal_id AS id, titel AS title, kortnamn AS short, i_ord AS words, beskrivning AS description,
    enhet AS unit, riktning AS direction,
    riktning_beslut AS direction_decision, niva AS level, upphort_ar AS ended, publiceras AS published,
    publicering_period AS published_period, osakerhet_nyckeltal_id AS uncertainty, eftertradare_id AS successor,
    ursprunglig_kalla AS origin, forbehall AS caveat, obekraftad_titel AS unconfirmed_title,
    i_katalogen AS in_catalogue, foljs AS followed
FROM nyckeltal
WHERE nyckeltal_id NOT IN (
    SELECT unnest([taljare_nyckeltal_id, namnare_nyckeltal_id]) FROM nyckeltal
    WHERE i_katalogen IS NULL AND taljare_nyckeltal_id <> nyckeltal_id)
ORDER BY nyckeltal_id
"""


def _series(connection: duckdb.DuckDBPyConnection, database: Path, run: Run) -> dict[str, Series]:
    """Series by KPI, of the huvudmän and riket."""
    series: dict[str, Series] = {}
    for row in rows(connection.sql(_OBSERVATIONS)):
        if row.kalla not in (run.source, LOCAL):
            raise MalbildError(
                f"{database}: {row.nyckeltal_id} {row.omrade_id} {row.ar} comes from {row.kalla!r}, but run {run.id} "
                f"from {run.source!r}; figures of two sources must never meet → use one data dir for each"
            )
        of_kpi = series.setdefault(row.nyckeltal_id, Series())
        of_kpi.cells[row.omrade_id, row.ar, row.kon] = Cell(
            row.varde, row.status, row.preliminart, row.originalvarde, row.korrigering
        )
        of_kpi.last_change = max(of_kpi.last_change or row.hamtad, row.hamtad)
    for name, (columns, query) in _PARTS.items():
        key = attrgetter(*columns)
        for row in rows(connection.sql(query)):
            if row.nyckeltal_id in series:
                getattr(series[row.nyckeltal_id], name)[key(row)] = row
    return series


_OBSERVATIONS = f"""
SELECT nyckeltal_id, omrade_id, ar, kon, varde, status, preliminart, originalvarde, korrigering, kalla, hamtad
FROM matvarde WHERE {_OF_REPORT} ORDER BY nyckeltal_id, omrade_id, ar, kon
"""  # noqa: S608 - texts of this module

_POSITIONS = f"""
WITH utan AS (
    SELECT j.nyckeltal_id, j.omrade_id, j.ar, list(coalesce(o.namn, g.omrade_id) ORDER BY o.namn, g.omrade_id) AS namn
    FROM jamforelse j
    JOIN grupp_medlem g ON g.grupp_id = j.liknande_grupp_id AND g.till IS NULL
    LEFT JOIN omrade o ON o.omrade_id = g.omrade_id
    ANTI JOIN (FROM matvarde WHERE kon = 'T' AND varde IS NOT NULL) v
        ON v.nyckeltal_id = j.nyckeltal_id AND v.omrade_id = g.omrade_id AND v.ar = j.ar
    WHERE j.kon = 'T' AND j.{_OF_REPORT}
    GROUP BY ALL
)
SELECT nyckeltal_id, omrade_id, ar, liknande, liknande_antal, liknande_grupp_id, namn AS liknande_utan,
    p.plats, p.plats_till, p.nedre AS plats_nedre, p.ovre AS plats_ovre, p.antal_med_varde, p.band,
    p.band_orsak, p.ungefarlig, basta_kvartil, mot_riket, mot_lan, mot_liknande
FROM jamforelse LEFT JOIN utan USING (nyckeltal_id, omrade_id, ar)
LEFT JOIN placering p USING (nyckeltal_id, omrade_id, ar, kon)
WHERE kon = 'T' AND {_OF_REPORT}
"""  # noqa: S608 - texts of this module

# How the values of all kommuner, and of all regions, lie.
_COUNTRY = """
SELECT nyckeltal_id, typ, ar, count(*) AS antal_med_varde, quantile_cont(varde, 0.025) AS p025,
    quantile_cont(varde, 0.25) AS p25,
    median(varde) AS p50, quantile_cont(varde, 0.75) AS p75, quantile_cont(varde, 0.975) AS p975
FROM matvarde JOIN omrade USING (omrade_id)
WHERE kon = 'T' AND varde IS NOT NULL AND typ IN ('kommun', 'region')
GROUP BY ALL ORDER BY ALL
"""

_STATED_SLOPE = """
* REPLACE (CASE WHEN trend LIKE 'har %' THEN lutning_per_ar END AS lutning_per_ar)
"""

# Part of `Series` → the columns of its key, and the rows.
_PARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "positions": (("omrade_id", "ar"), _POSITIONS),
    "intervals": (
        ("omrade_id", "ar", "kon"),
        "SELECT nyckeltal_id, omrade_id, ar, kon, nedre, ovre, osakerhet_grund, halv_95 FROM jamforelse "  # noqa: S608 - texts of this module
        f"WHERE nedre IS NOT NULL AND ovre IS NOT NULL AND {_OF_REPORT}",
    ),
    "no_interval": (
        ("omrade_id", "ar"),
        "SELECT nyckeltal_id, omrade_id, ar, osakerhet_orsak FROM jamforelse "  # noqa: S608 - texts of this module
        f"WHERE kon = 'T' AND osakerhet_orsak IS NOT NULL AND {_OF_REPORT}",
    ),
    "county": (
        ("ar",),
        "SELECT nyckeltal_id, ar, lan_varde, lan_grund, lan_antal, lan_ovagt, min(omrade_id) AS omrade_id "  # noqa: S608 - texts of this module
        f"FROM jamforelse WHERE kon = 'T' AND lan_varde IS NOT NULL AND {_OF_REPORT} GROUP BY ALL",
    ),
    "spread": (("ar",), "FROM spridning WHERE kon = 'T'"),
    "parts": (("lansdel", "ar"), "FROM lansdel_varde WHERE kon = 'T'"),
    "gaps": (("omrade_id", "ar"), f"FROM konsskillnad WHERE {_OF_REPORT}"),
    "trends": (
        ("omrade_id",),
        f"SELECT {_STATED_SLOPE} FROM trend WHERE kon = 'T' AND {_OF_REPORT}",  # noqa: S608 - texts of this module
    ),
    "county_trends": (("kon",), f"SELECT {_STATED_SLOPE} FROM lan_trend WHERE kon = 'T'"),  # noqa: S608 - texts of this module
    "targets": (("omrade_id",), f"FROM mal WHERE kon = 'T' AND {_OF_REPORT}"),
    "breaks": (("ar",), "FROM nyckeltal_brott ORDER BY nyckeltal_id, ar"),
    "own_surveys": (("ar",), "FROM nyckeltal_undersokning ORDER BY nyckeltal_id, ar"),
    "models": (
        ("omrade_id", "ordning"),
        "SELECT f.*, o.namn AS forebild, o.befolkning FROM forebild f "  # noqa: S608 - texts of this module
        "JOIN omrade o ON o.omrade_id = f.forebild_id "
        f"WHERE f.{_OF_REPORT} ORDER BY f.nyckeltal_id, f.omrade_id, ordning",
    ),
    "country": (("typ", "ar"), _COUNTRY),
}


def _groups(connection: duckdb.DuckDBPyConnection) -> dict[str, Group]:
    """The present members of every group."""
    members = rows(
        connection.sql(
            "SELECT g.grupp_id, g.titel, coalesce(o.namn, g.omrade_id) AS namn, g.fran FROM grupp_medlem g "
            "LEFT JOIN omrade o USING (omrade_id) WHERE g.till IS NULL ORDER BY g.grupp_id, namn, g.omrade_id"
        )
    )
    groups = {group_id: tuple(group) for group_id, group in groupby(members, key=attrgetter("grupp_id"))}
    return {group_id: Group(group_id, group[-1].titel, group) for group_id, group in groups.items()}


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


def _quarantine(connection: duckdb.DuckDBPyConnection) -> tuple[Record, ...]:
    """Refused values until the newest finished run: `orsak`, and `antal_varden` of it; the most first."""
    refused = connection.sql(
        "SELECT orsak, CAST(sum(antal_varden) AS BIGINT) AS antal_varden FROM karantan JOIN korning USING (korning_id) "
        "WHERE startad <= (SELECT avslutad FROM klar_korning WHERE nyast = 1) GROUP BY orsak ORDER BY 2 DESC, 1"
    )
    return tuple(rows(refused))
