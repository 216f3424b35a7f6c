"""What the målbild is made of, as tables: YAML and Kolada's catalogue → malomrade … omrade, and the events between
two catalogues.

These tables are written whole at every run; what they said before stands in `katalog_handelse` and in the vintages
of `grupp_medlem`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl

from pipelines.analysis.method import rules
from pipelines.catalog.local import LocalKpi, local_kpis, uses
from pipelines.catalog.model import Catalog, Kpi
from pipelines.catalog.titles import ended_year, is_confirmed
from pipelines.errors import ConfigError
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import KpiRecord
from pipelines.warehouse.activity_frames import activity_frames
from pipelines.warehouse.follow_ups import follow_up_frames
from pipelines.warehouse.frames import append, check, polars_schema, shape
from pipelines.warehouse.schema import BY_NAME

_Row = tuple[object, ...]

_IMPOSSIBLE = "omöjligt publiceringsdatum"
_AREA_KINDS = {"K": "kommun", "L": "region"}


def content_frames(catalog: Catalog, catalogue: Catalogue) -> dict[str, pl.DataFrame]:
    """Table name → frame, checked against its schema."""
    frames = {
        "malomrade": pl.DataFrame(
            [
                {"malomrade_id": g.id, "namn": g.name, "beskrivning": g.description, "ordning": n}
                for n, g in enumerate(catalog.goal_areas, start=1)
            ]
        ),
        "indikator": pl.DataFrame(
            [
                {
                    "indikator_id": i.id,
                    "malomrade_id": g.id,
                    "namn": i.name,
                    "definition": i.definition,
                    "lucka": i.gap,
                    "fraga": i.question,
                }
                for g in catalog.goal_areas
                for i in g.indicators
            ],
            schema_overrides={"lucka": pl.String, "fraga": pl.String},
        ).with_row_index("ordning", offset=1),
        "matt": pl.DataFrame(
            [
                {
                    "matt_id": m.id,
                    "namn": m.name,
                    "huvudman": m.principal,
                    "perspektiv": m.perspective,
                    "tackning": m.coverage,
                    "kalla_utanfor": m.external_source,
                    "kommentar": m.comment,
                    "fraga": m.question,
                    "agare": m.owner,
                }
                for m in catalog.measures
            ],
            schema_overrides=dict.fromkeys(("kalla_utanfor", "kommentar", "fraga", "agare"), pl.String),
        ).with_row_index("ordning", offset=1),
        "indikator_matt": pl.DataFrame(
            [
                {"indikator_id": i.id, "matt_id": matt_id, "ordning": n}
                for g in catalog.goal_areas
                for i in g.indicators
                for n, matt_id in enumerate(i.measures, start=1)
            ]
        ),
        "matt_nyckeltal": pl.DataFrame(
            [
                {"matt_id": m.id, "nyckeltal_id": kpi_id, "roll": role, "beslut": decision, "ordning": n}
                for m in catalog.measures
                for n, (kpi_id, role, decision) in enumerate(uses(m), start=1)
            ]
        ),
        "nyckeltal": pl.DataFrame(
            [
                *(_kpi_row(kpi, catalogue.kpis.get(kpi.id)) for kpi in catalog.kpis.values()),
                *(_local_row(kpi) for kpi in local_kpis(catalog.measures)),
            ],
            schema_overrides={
                "beskrivning": pl.String,
                "upphort_ar": pl.Int32,
                "publiceras": pl.Date,
                "preliminart_publiceras": pl.Date,
                "publicering_period": pl.String,
                "osakerhet_nyckeltal_id": pl.String,
                "eftertradare_id": pl.String,
                "taljare_nyckeltal_id": pl.String,
                "namnare_nyckeltal_id": pl.String,
                "per": pl.Float64,
                "overlappande_ar": pl.Int32,
                "underlag": pl.String,
                "jamforelsegrupp": pl.String,
                "jamforelsegrupp_kommun": pl.String,
                "jamforelsegrupp_region": pl.String,
                "obekraftad_titel": pl.String,
                "kalla": pl.String,
                "forbehall": pl.String,
                "i_katalogen": pl.Boolean,
            },
            infer_schema_length=None,
        ),
        "nyckeltal_brott": _frame(
            "nyckeltal_brott",
            [
                (kpi.id, b.year, b.year - 1 if b.last_old_year is None else b.last_old_year, b.reason)
                for kpi in catalog.kpis.values()
                for b in kpi.breaks
            ],
        ),
        "malvarde": _frame(
            "malvarde",
            [
                (kpi.id, t.value, t.year, t.base_year, t.lowest, t.highest, t.decision, t.source)
                for kpi in catalog.kpis.values()
                if (t := kpi.target) is not None
            ],
        ),
        "metod": _frame("metod", rules(catalog.method.bands)),
        "omrade": _areas(catalog, catalogue),
        "huvudman_grupp": _principal_groups(catalog),
        "utgivare": _publisher(catalog),
        **follow_up_frames(catalog.follow_ups),
        **activity_frames(catalog),
    }
    return {name: check(name, shape(name, frame)) for name, frame in frames.items()}


def write_content(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    catalogue: Catalogue,
    frames: dict[str, pl.DataFrame],
    *,
    run_id: str,
    observed: datetime,
) -> list[str]:
    """Inside a transaction of the caller: note what changed in Kolada's catalogue, then write the tables.

    Returns the ids of the groups that were redrawn: their values have changed without a word.
    """
    versions = _write_versions(connection, catalog, catalogue, run_id, observed)
    groups = _write_groups(connection, catalogue, observed)
    _append(connection, "katalog_handelse", [(observed, run_id, *event) for event in (*versions, *groups)])
    write_frames(connection, frames)
    return [group_id for _, group_id, *_ in groups]


def write_frames(connection: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]) -> None:
    """Replace the rows of each table by those of its frame."""
    for name, frame in frames.items():
        connection.execute(f"DELETE FROM {name}")
        append(connection, name, frame)


def note_late_publications(connection: duckdb.DuckDBPyConnection, *, run_id: str, observed: datetime) -> None:
    """Inside a transaction of the caller, after the merge: one event for each planned publication that passed without
    data.
    """
    connection.execute(_LATE, [observed, run_id])


# Once per KPI, date and period: the event of an earlier night is not repeated.
_LATE = """
INSERT INTO katalog_handelse BY NAME
SELECT $1 AS observerad, $2 AS korning_id, 'nyckeltal' AS objekt, n.nyckeltal_id AS objekt_id,
    'planerad publicering passerad' AS handelse, n.publiceras::VARCHAR AS fore, n.publicering_period AS efter
FROM nyckeltal n
WHERE n.foljs AND n.i_katalogen AND n.publiceras < $1::DATE AND try_cast(n.publicering_period AS INTEGER) IS NOT NULL
  AND NOT EXISTS (
    FROM matvarde v JOIN omrade o USING (omrade_id)
    WHERE v.nyckeltal_id = n.nyckeltal_id AND v.ar = try_cast(n.publicering_period AS INTEGER)
      AND v.varde IS NOT NULL AND (o.i_malbild OR o.typ = 'riket'))
  AND NOT EXISTS (
    FROM katalog_handelse h
    WHERE h.objekt_id = n.nyckeltal_id AND h.handelse = 'planerad publicering passerad'
      AND h.fore = n.publiceras::VARCHAR AND h.efter = n.publicering_period)
ORDER BY n.nyckeltal_id
"""


def _kpi_row(kpi: Kpi, found: KpiRecord | None) -> dict[str, object]:
    """A title that is not confirmed may mean another measure: then the KPI keeps what was confirmed, with a note."""
    same = found if found and is_confirmed(kpi, found.title) else None
    subjects = (kpi.comparison.kommun, kpi.comparison.region) if kpi.comparison else (None, None)
    return {
        "nyckeltal_id": kpi.id,
        "titel": same.title if same else kpi.titles[0],
        "beskrivning": same.description if same else None,
        "enhet": kpi.unit,
        "riktning": kpi.direction,
        "riktning_beslut": kpi.direction_decision,
        "niva": same.municipality_type if same else kpi.level,
        "konsuppdelat": bool(same.is_divided_by_gender) if same else kpi.by_gender,
        "upphort_ar": kpi.ended_year or (ended_year(same.title) if same else None),
        "publiceras": _day(same.publication_date) if same else None,
        "publicering_period": _period(same) if same else None,
        "preliminart_publiceras": _day(same.prel_publication_date) if same else None,
        "osakerhet_nyckeltal_id": kpi.uncertainty,
        "eftertradare_id": kpi.successor,
        "taljare_nyckeltal_id": None,
        "namnare_nyckeltal_id": kpi.denominator,
        "per": None,
        "overlappande_ar": kpi.overlapping_years,
        "underlag": kpi.basis,
        "jamforelsegrupp": " / ".join(dict.fromkeys(s for s in subjects if s)) or None,
        "jamforelsegrupp_kommun": subjects[0],
        "jamforelsegrupp_region": subjects[1],
        "kalla": kpi.source,
        "forbehall": " ".join(kpi.caveats) or None,
        "obekraftad_titel": found.title if found and not same else None,
        "i_katalogen": found is not None,
        "foljs": kpi.followed,
    }


def _frame(table: str, rows: Sequence[_Row]) -> pl.DataFrame:
    """Rows in the order of the table's columns; there may be none."""
    return pl.DataFrame(rows, schema=polars_schema(BY_NAME[table]), orient="row")


def _append(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[_Row]) -> None:
    if rows:
        append(connection, table, check(table, _frame(table, rows)))


def _local_row(kpi: LocalKpi) -> dict[str, object]:
    """What the huvudmän hand in themselves: in no catalogue, and not fetched."""
    return {
        "nyckeltal_id": kpi.id,
        "titel": kpi.title,
        "beskrivning": kpi.counted,
        "enhet": kpi.unit,
        "riktning": kpi.direction,
        "riktning_beslut": kpi.direction_decision,
        "niva": kpi.local.level,
        "konsuppdelat": kpi.local.by_gender,
        "taljare_nyckeltal_id": kpi.numerator,
        "namnare_nyckeltal_id": kpi.denominator,
        "per": kpi.per,
        "underlag": "egen redovisning",
        "kalla": kpi.local.source,
        "i_katalogen": None,
        "foljs": False,
    }


def _period(kpi: KpiRecord) -> str | None:
    return None if kpi.publ_period is None else str(kpi.publ_period)


def _day(text: str | None) -> date | None:
    """The day; None also for one that does not exist, of which `_write_versions` tells."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _areas(catalog: Catalog, catalogue: Catalogue) -> pl.DataFrame:
    geography = catalog.geography
    ours = {geography.region.id, *(kommun.id for kommun in geography.kommuner)}
    known = {area.id for area in catalogue.areas}
    if missing := sorted(ours - known):
        raise ConfigError(
            f"kommuner.yaml: {', '.join(missing)} not found among Kolada's {len(known)} areas → correct the id, "
            "or tell the owners that the area has changed"
        )
    sub_county = {kommun: part.name for part in geography.sub_counties for kommun in part.kommuner}
    rows = [
        {
            "omrade_id": area.id,
            "namn": area.title,
            "typ": "riket" if area.id == geography.country.id else _AREA_KINDS[area.type],
            "lansdel": sub_county.get(area.id),
            "i_malbild": area.id in ours,
        }
        for area in catalogue.areas
    ] + [
        {"omrade_id": group.id, "namn": group.title, "typ": "grupp", "lansdel": None, "i_malbild": False}
        for group in catalogue.groups.values()
    ]
    return pl.DataFrame(rows, schema_overrides={"lansdel": pl.String}, infer_schema_length=None)


def _principal_groups(catalog: Catalog) -> pl.DataFrame:
    principals = [*catalog.geography.kommuner, catalog.geography.region]
    return pl.DataFrame(
        [
            {"omrade_id": principal.id, "amne": subject, "grupp_id": group_id}
            for principal in principals
            for subject, group_id in principal.similar.items()
        ]
    )


def _publisher(catalog: Catalog) -> pl.DataFrame:
    publisher = catalog.geography.publisher
    rows = [publisher.model_dump(by_alias=True)] if publisher else []
    return pl.DataFrame(rows, schema=dict.fromkeys(BY_NAME["utgivare"].column_names, pl.String))


_Event = tuple[str, str, str, str | None, str | None]


def _write_versions(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, catalogue: Catalogue, run_id: str, observed: datetime
) -> list[_Event]:
    """Append a version for each followed KPI of which the catalogue says something new; tell what is new."""
    fields = [column.name for column in BY_NAME["nyckeltal_version"].columns[3:]]
    columns = ", ".join(fields)
    latest = connection.sql(
        f"""SELECT nyckeltal_id, {columns} FROM nyckeltal_version
            QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1"""
    ).fetchall()
    before = {row[0]: dict(zip(fields, row[1:], strict=True)) for row in latest}
    events: list[_Event] = []
    rows: list[_Row] = []
    for kpi in catalog.followed_kpis():
        version = _version(kpi, catalogue.kpis.get(kpi.id))
        old = before.get(kpi.id)
        if version == old:
            continue
        rows.append((kpi.id, observed, run_id, *version.values()))
        events += [("nyckeltal", kpi.id, *what) for what in _what_is_new(kpi, old, version)]
    _append(connection, "nyckeltal_version", rows)
    return [*events, *_impossible_days(connection, catalog, catalogue)]


def _impossible_days(connection: duckdb.DuckDBPyConnection, catalog: Catalog, catalogue: Catalogue) -> Iterator[_Event]:
    """One event for each planned day that is none, told once."""
    told = connection.sql(
        "SELECT objekt_id, efter FROM katalog_handelse WHERE handelse = $1", params=[_IMPOSSIBLE]
    ).fetchall()
    for kpi in catalog.followed_kpis():
        found = catalogue.kpis.get(kpi.id)
        days = dict.fromkeys((found.publication_date, found.prel_publication_date) if found else ())
        for text in days:
            if text and _day(text) is None and (kpi.id, text) not in told:
                yield ("nyckeltal", kpi.id, _IMPOSSIBLE, None, text)


def _version(kpi: Kpi, found: KpiRecord | None) -> dict[str, Any]:
    """What the catalogue says of a KPI, with the columns of `nyckeltal_version` after its keys."""
    return {
        "titel": found.title if found else None,
        "beskrivning": found.description if found else None,
        "niva": found.municipality_type if found else None,
        "konsuppdelat": bool(found.is_divided_by_gender) if found else None,
        "publiceras": _day(found.publication_date) if found else None,
        "publicering_period": _period(found) if found else None,
        "preliminart_publiceras": _day(found.prel_publication_date) if found else None,
        "titel_bekraftad": is_confirmed(kpi, found.title) if found else None,
        "i_katalogen": found is not None,
    }


def _what_is_new(
    kpi: Kpi, old: dict[str, Any] | None, new: dict[str, Any]
) -> Iterator[tuple[str, str | None, str | None]]:
    """(handelse, fore, efter) between two versions. New publication dates are no event: they change for hundreds a
    month.
    """
    if not new["i_katalogen"]:
        yield ("nyckeltal saknas", None, kpi.titles[0]) if old is None else ("nyckeltal borttaget", old["titel"], None)
        return
    title = new["titel"]
    if old is not None and not old["i_katalogen"]:
        yield "nyckeltal åter i katalogen", None, title
    elif old is not None:
        if old["titel"] != title:
            yield "ny titel", old["titel"], title
        if old["beskrivning"] != new["beskrivning"]:
            yield "ny definition", old["beskrivning"], new["beskrivning"]
        if old["niva"] != new["niva"]:
            yield "ny nivå", old["niva"], new["niva"]
        if old["konsuppdelat"] != new["konsuppdelat"]:
            yield "ny könsuppdelning", _ja_nej(old["konsuppdelat"]), _ja_nej(new["konsuppdelat"])
        if ended_year(title) and not ended_year(old["titel"]):
            yield "nyckeltal upphört", None, str(ended_year(title))
    if not is_confirmed(kpi, title) and (old is None or old["titel"] != title):
        yield "titel ej bekräftad", kpi.titles[0], title
    if new["niva"] != kpi.level and (old is None or old["niva"] != new["niva"]):
        yield "annan nivå än i indikatorer.yaml", kpi.level, new["niva"]


def _ja_nej(value: bool) -> str:
    return "ja" if value else "nej"


def _write_groups(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, observed: datetime) -> list[_Event]:
    """Close memberships that ended, open new ones, and tell which groups changed."""
    rows = connection.sql(
        "SELECT grupp_id, titel, omrade_id FROM grupp_medlem WHERE till IS NULL ORDER BY ALL"
    ).fetchall()
    before: dict[str, tuple[str, set[str]]] = {}
    for group_id, title, area_id in rows:
        before.setdefault(group_id, (title, set()))[1].add(area_id)
    events: list[_Event] = []
    opened: list[_Row] = []
    for group_id, (title, _) in before.items():
        if group_id not in catalogue.groups:
            events.append(("grupp", group_id, "grupp borttagen", title, None))
            connection.execute(
                "UPDATE grupp_medlem SET till = $1 WHERE grupp_id = $2 AND till IS NULL", [observed, group_id]
            )
    for group in catalogue.groups.values():
        title, members = before.get(group.id, ("", set()))
        now = {member.member_id for member in group.members}
        if (title, members) == (group.title, now):
            continue
        if title:
            events.append(
                ("grupp", group.id, "grupp ändrad", _group_text(title, members), _group_text(group.title, now))
            )
            connection.execute(
                "UPDATE grupp_medlem SET till = $1 WHERE grupp_id = $2 AND till IS NULL", [observed, group.id]
            )
        opened += [(group.id, area, observed, group.title, None) for area in sorted(now)]
    _append(connection, "grupp_medlem", opened)
    return events


def _group_text(title: str, members: set[str]) -> str:
    return f"{title}: {', '.join(sorted(members))}"
