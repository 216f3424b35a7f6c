"""What the målbild is made of, as tables: the YAML files and Kolada's catalogue → the tables that are content.

These tables are written whole at every run; what Kolada's catalogue contained before is `catalogue_history`. Which key
of a file fills which column is declared in the schema (`ur`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import duckdb
import polars as pl

from pipelines.analysis.method import rules
from pipelines.catalog.local import LocalKpi, local_kpis, uses
from pipelines.catalog.model import Catalog, Geography, Kpi, SeriesBreak
from pipelines.catalog.titles import ended_year, is_confirmed
from pipelines.errors import ConfigError
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import KpiRecord
from pipelines.warehouse.activities import activity_frames
from pipelines.warehouse.follow_ups import follow_up_frames
from pipelines.warehouse.frames import FrameError, append, as_frame, check, row
from pipelines.warehouse.schema import schema

_Row = dict[str, object]

_AREA_KINDS = {"K": "kommun", "L": "region"}
# Kolada has no list of counties, and an ordinary night does not ask for the groups whose titles name them.
COUNTIES = {
    "01": "Stockholms län",
    "03": "Uppsala län",
    "04": "Södermanlands län",
    "05": "Östergötlands län",
    "06": "Jönköpings län",
    "07": "Kronobergs län",
    "08": "Kalmar län",
    "09": "Gotlands län",
    "10": "Blekinge län",
    "12": "Skåne län",
    "13": "Hallands län",
    "14": "Västra Götalands län",
    "17": "Värmlands län",
    "18": "Örebro län",
    "19": "Västmanlands län",
    "20": "Dalarnas län",
    "21": "Gävleborgs län",
    "22": "Västernorrlands län",
    "23": "Jämtlands län",
    "24": "Västerbottens län",
    "25": "Norrbottens län",
}


def content_frames(catalog: Catalog, catalogue: Catalogue) -> dict[str, pl.DataFrame]:
    """Table name → frame of every content table, checked against its schema."""
    rows = {**_structure(catalog), **_kpis(catalog, catalogue), **_places(catalog, catalogue)}
    frames = {
        **{name: as_frame(name, table_rows) for name, table_rows in rows.items()},
        **follow_up_frames(catalog.follow_ups),
        **activity_frames(catalog),
    }
    if differing := {table.name for table in schema().content} ^ frames.keys():
        raise FrameError(f"content tables and frames differ in {', '.join(sorted(differing))} → make their rows here")
    return {name: check(name, table_frame) for name, table_frame in frames.items()}


def write_frames(
    connection: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame], *, published: bool = False
) -> None:
    """Replace the rows of each table by those of its frame, in the warehouse or in a published database."""
    for name, table_frame in frames.items():
        place = schema().tables[name].published_name if published else name
        connection.execute(f"DELETE FROM {place}")  # noqa: S608 - names of our schema
        append(connection, place, table_frame)


def day(text: str | None) -> date | None:
    """The day; None also for one that does not exist, which has an event of its own (`catalogue_history`)."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def period(kpi: KpiRecord) -> str | None:
    """The period that is published next, as text."""
    return None if kpi.publ_period is None else str(kpi.publ_period)


def _structure(catalog: Catalog) -> dict[str, list[_Row]]:
    """Målområde → indikator → mått, and the rules that they are judged by."""
    indicators = [(goal, indicator) for goal in catalog.goal_areas for indicator in goal.indicators]
    return {
        "malomrade": [row("malomrade", goal, ordning=n) for n, goal in enumerate(catalog.goal_areas, start=1)],
        "indikator": [
            row("indikator", indicator, malomrade_id=goal.id, ordning=n)
            for n, (goal, indicator) in enumerate(indicators, start=1)
        ],
        "matt": [row("matt", measure, ordning=n) for n, measure in enumerate(catalog.measures, start=1)],
        "indikator_matt": [
            {"indikator_id": indicator.id, "matt_id": measure_id, "ordning": n}
            for _, indicator in indicators
            for n, measure_id in enumerate(indicator.measures, start=1)
        ],
        "metod": [rule._asdict() for rule in rules(catalog.method.bands)],
    }


def _kpis(catalog: Catalog, catalogue: Catalogue) -> dict[str, list[_Row]]:
    kpis = catalog.kpis.values()
    return {
        "matt_nyckeltal": [
            {"matt_id": measure.id, "nyckeltal_id": kpi_id, "roll": role, "beslut": decision, "ordning": n}
            for measure in catalog.measures
            for n, (kpi_id, role, decision) in enumerate(uses(measure), start=1)
        ],
        "nyckeltal": [
            *(_kpi(kpi, catalogue.kpis.get(kpi.id)) for kpi in kpis),
            *(_local_kpi(kpi) for kpi in local_kpis(catalog.measures)),
        ],
        "nyckeltal_brott": [
            row("nyckeltal_brott", series_break, nyckeltal_id=kpi.id, sista_gamla_ar=_last_old_year(series_break))
            for kpi in kpis
            for series_break in kpi.breaks
        ],
        "nyckeltal_undersokning": [{"nyckeltal_id": kpi.id, "ar": year} for kpi in kpis for year in kpi.own_surveys],
        "malvarde": [
            row("malvarde", target, nyckeltal_id=kpi.id) for kpi in kpis if (target := kpi.target) is not None
        ],
    }


def _last_old_year(series_break: SeriesBreak) -> int:
    """The year before the break, unless the file states an earlier one."""
    return series_break.year - 1 if series_break.last_old_year is None else series_break.last_old_year


def _kpi(kpi: Kpi, record: KpiRecord | None) -> _Row:
    """A title that is not confirmed may mean another measure: then the KPI keeps what was confirmed, with a note."""
    confirmed = record if record and is_confirmed(kpi, record.title) else None
    subjects = (kpi.comparison.kommun, kpi.comparison.region) if kpi.comparison else ()
    return row(
        "nyckeltal",
        kpi,
        titel=confirmed.title if confirmed else kpi.titles[0],
        beskrivning=confirmed.description if confirmed else None,
        niva=confirmed.municipality_type if confirmed else kpi.level,
        konsuppdelat=bool(confirmed.is_divided_by_gender) if confirmed else kpi.by_gender,
        upphort_ar=kpi.ended_year or (ended_year(confirmed.title) if confirmed else None),
        publiceras=day(confirmed.publication_date) if confirmed else None,
        publicering_period=period(confirmed) if confirmed else None,
        preliminart_publiceras=day(confirmed.prel_publication_date) if confirmed else None,
        taljare_nyckeltal_id=None,
        per=None,
        jamforelsegrupp=" / ".join(dict.fromkeys(s for s in subjects if s)) or None,
        forbehall=" ".join(kpi.caveats) or None,
        obekraftad_titel=record.title if record and not confirmed else None,
        i_katalogen=record is not None,
    )


def _local_kpi(kpi: LocalKpi) -> _Row:
    """What the huvudmän hand in themselves: in no catalogue, and not fetched."""
    return {
        **dict.fromkeys(column.name for column in schema().tables["nyckeltal"].stored_columns),
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
        "ursprunglig_kalla": kpi.local.source,
        "foljs": False,
    }


def _places(catalog: Catalog, catalogue: Catalogue) -> dict[str, list[_Row]]:
    geography = catalog.geography
    principals = [*geography.kommuner, geography.region]
    publisher = geography.publisher
    return {
        "omrade": _areas(geography, catalogue),
        "huvudman_grupp": [
            {"omrade_id": principal.id, "amne": subject, "grupp_id": group_id}
            for principal in principals
            for subject, group_id in principal.similar.items()
        ],
        "utgivare": [row("utgivare", publisher)] if publisher else [],
    }


def _areas(geography: Geography, catalogue: Catalogue) -> list[_Row]:
    """Every area and group of the catalogue. Raises ConfigError when one of the målbild's own is not among them."""
    ours = {geography.region.id, *(kommun.id for kommun in geography.kommuner)}
    known = {area.id for area in catalogue.areas}
    if missing := sorted(ours - known):
        raise ConfigError(
            f"kommuner.yaml: {', '.join(missing)} not found among Kolada's {len(known)} areas → correct the id, "
            "or tell the owners that the area has changed"
        )
    sub_county = {kommun: part.name for part in geography.sub_counties for kommun in part.kommuner}
    skr_group = {
        member.member_id: catalogue.groups[group_id].title.removesuffix(" (ovägt medel)")
        for group_id in geography.skr_groups
        if group_id in catalogue.groups
        for member in catalogue.groups[group_id].members
    }
    areas: list[_Row] = [
        {
            "omrade_id": area.id,
            "namn": area.title,
            "typ": "riket" if area.id == geography.country.id else _AREA_KINDS[area.type],
            "lansdel": sub_county.get(area.id),
            "i_malbild": area.id in ours,
            "lan_kod": (code := _county_code(area.id, area.type)),
            "lan": COUNTIES.get(code or ""),
            "skr_grupp": skr_group.get(area.id),
        }
        for area in catalogue.areas
    ]
    unplaced = dict.fromkeys(("lansdel", "lan_kod", "lan", "skr_grupp"))
    groups: list[_Row] = [
        {"omrade_id": group.id, "namn": group.title, "typ": "grupp", "i_malbild": False, **unplaced}
        for group in catalogue.groups.values()
    ]
    return areas + groups


def _county_code(area_id: str, kind: str) -> str | None:
    """The county's two digits: a kommun's id begins with them, a region's ends with them; None for riket."""
    code = area_id[:2] if kind == "K" else area_id[2:]
    return code if code in COUNTIES else None
