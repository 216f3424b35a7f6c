"""What the målbild is made of, as tables: YAML and Kolada's catalogue → malomrade … omrade, and the events between
two catalogues.

These tables are written whole at every run; what they said before stands in `katalog_handelse` and in the vintages
of `grupp_medlem`.
"""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import polars as pl

from pipelines.catalog.model import Catalog, Kpi
from pipelines.errors import ConfigError
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import KpiRecord
from pipelines.warehouse.frames import check, shape

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
                }
                for g in catalog.goal_areas
                for i in g.indicators
            ],
            schema_overrides={"lucka": pl.String},
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
                }
                for m in catalog.measures
            ],
            schema_overrides={"kalla_utanfor": pl.String, "kommentar": pl.String},
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
                {"matt_id": m.id, "nyckeltal_id": r.kpi_id, "roll": r.role, "beslut": r.decision, "ordning": n}
                for m in catalog.measures
                for n, r in enumerate(m.kpis, start=1)
            ]
        ),
        "nyckeltal": pl.DataFrame(
            [_kpi_row(kpi, catalogue.kpis.get(kpi.id)) for kpi in catalog.kpis.values()],
            schema_overrides={
                "beskrivning": pl.String,
                "upphort_ar": pl.Int32,
                "publiceras": pl.Date,
                "preliminart_publiceras": pl.Date,
                "publicering_period": pl.String,
                "osakerhet_nyckeltal_id": pl.String,
                "eftertradare_id": pl.String,
                "jamforelsegrupp": pl.String,
                "kalla": pl.String,
                "forbehall": pl.String,
            },
            infer_schema_length=None,
        ),
        "omrade": _areas(catalog, catalogue),
        "huvudman_grupp": _principal_groups(catalog),
    }
    return {name: check(name, shape(name, frame)) for name, frame in frames.items()}


def write_content(
    connection: duckdb.DuckDBPyConnection,
    frames: dict[str, pl.DataFrame],
    catalogue: Catalogue,
    *,
    run_id: str,
    observed: datetime,
) -> int:
    """Inside a transaction of the caller: note what changed in Kolada's catalogue, then write the tables. Returns the
    number of events.
    """
    events = [*_kpi_events(connection, frames["nyckeltal"]), *_write_groups(connection, catalogue, observed)]
    for event in events:
        connection.execute(
            "INSERT INTO katalog_handelse VALUES ($1, $2, $3, $4, $5, $6, $7)", [observed, run_id, *event]
        )
    for name, frame in frames.items():
        connection.register("innehall", frame)
        connection.execute(f"DELETE FROM {name}")
        connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM innehall")
        connection.unregister("innehall")
    return len(events)


def _kpi_row(kpi: Kpi, found: KpiRecord | None) -> dict[str, object]:
    subjects = [kpi.comparison.kommun, kpi.comparison.region] if kpi.comparison else []
    return {
        "nyckeltal_id": kpi.id,
        "titel": found.title if found else kpi.titles[0],
        "beskrivning": found.description if found else None,
        "enhet": kpi.unit,
        "riktning": kpi.direction,
        "riktning_beslut": kpi.direction_decision,
        "niva": found.municipality_type if found else kpi.level,
        "konsuppdelat": bool(found.is_divided_by_gender) if found else kpi.by_gender,
        "upphort_ar": kpi.ended_year,
        "publiceras": _day(found.publication_date) if found else None,
        "publicering_period": str(found.publ_period) if found and found.publ_period is not None else None,
        "preliminart_publiceras": _day(found.prel_publication_date) if found else None,
        "osakerhet_nyckeltal_id": kpi.uncertainty,
        "eftertradare_id": kpi.successor,
        "jamforelsegrupp": " / ".join(dict.fromkeys(s for s in subjects if s)) or None,
        "kalla": kpi.source,
        "forbehall": " ".join(kpi.caveats) or None,
        "i_katalogen": found is not None,
        "foljs": kpi.followed,
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


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


_Event = tuple[str, str, str, str | None, str | None]


def _kpi_events(connection: duckdb.DuckDBPyConnection, new: pl.DataFrame) -> list[_Event]:
    """(objekt, objekt_id, handelse, fore, efter) for KPIs, against the table of the run before."""
    columns = "nyckeltal_id, titel, beskrivning, niva, konsuppdelat, i_katalogen"
    before = {row[0]: row[1:] for row in connection.sql(f"SELECT {columns} FROM nyckeltal").fetchall()}
    events: list[_Event] = []
    for kpi_id, title, description, level, split, present in new.select(columns.split(", ")).iter_rows():
        old = before.get(kpi_id)
        if not present:
            if old is None:
                events.append(("nyckeltal", kpi_id, "nyckeltal saknas", None, title))
            elif old[4]:
                events.append(("nyckeltal", kpi_id, "nyckeltal borttaget", old[0], None))
            continue
        if old is None:
            continue
        if not old[4]:
            events.append(("nyckeltal", kpi_id, "nyckeltal åter i katalogen", None, title))
            continue
        changes = (("ny titel", old[0], title), ("ny definition", old[1], description), ("ny nivå", old[2], level))
        events += [("nyckeltal", kpi_id, what, was, now) for what, was, now in changes if was != now]
        if old[3] != split:
            events.append(("nyckeltal", kpi_id, "ny könsuppdelning", _ja_nej(old[3]), _ja_nej(split)))
    return events


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
        if now:
            connection.executemany(
                "INSERT INTO grupp_medlem (grupp_id, omrade_id, fran, titel) VALUES ($1, $2, $3, $4)",
                [[group.id, area, observed, group.title] for area in sorted(now)],
            )
    return events


def _group_text(title: str, members: set[str]) -> str:
    return f"{title}: {', '.join(sorted(members))}"
