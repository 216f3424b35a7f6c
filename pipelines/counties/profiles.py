"""Profiles of any kommun and region of the country: two pages each, beside riket, similar areas and their own county.

The whole country is analysed once, in a warehouse where every kommun and region is a huvudman with Kolada's groups of
similar areas. Mått and nyckeltal are the own målbild's as a proposal, as in `folder`: nothing that anybody has decided,
written, corrected or handed in comes along. Nothing is fetched. The database that the figures stand in is put beside
the pages.
"""

from __future__ import annotations

import difflib
import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import TypeAlias

import duckdb
import msgspec
import polars as pl

from dashboards.pages.links import INDEX
from dashboards.profiles import County, county_profiles, index_page, profile_page
from pipelines.catalog.load import load_catalog
from pipelines.counties.folder import county_of, write_folder
from pipelines.counties.nationwide import Nationwide, emptied, nationwide
from pipelines.counties.places import similar_groups
from pipelines.errors import ConfigError
from pipelines.files import install_file, write_file
from pipelines.kolada.contract import Group
from pipelines.locks import hold_file
from pipelines.rows import Record, rows
from pipelines.settings import Settings
from pipelines.warehouse.analyse import analyse_every_county
from pipelines.warehouse.content import content_frames
from pipelines.warehouse.county import apply_county
from pipelines.warehouse.frames import as_frame
from pipelines.warehouse.publish import publish
from pipelines.warehouse.queries import read_published
from pipelines.warehouse.store import FileWarehouse

ALL = "alla"
# Counties from which on a second process saves more than the two seconds that its start takes.
_WORTH_PROCESSES = 5
_Profiles: TypeAlias = list[tuple[str, str, str]]
_BUSY = (
    "another `malbild profil` ({holder}) is making profiles there; nothing was changed → wait until it is done, or "
    "name another --ut"
)
_KINDS = {"kommun": "kommuner", "region": "regioner"}


def write_profiles(settings: Settings, ids: Sequence[str], folder: Path) -> list[Path]:
    """Write the profiles of these areas, or of ALL with an index.html, and the database they are read from, into
    `folder`; what else is there stays. Returns the pages, the index last.

    Raises ConfigError when nothing is published, an id is no kommun or region, or the data dir holds one county's
    values only, and BusyError when another is doing the same.
    """
    areas = _areas(settings)
    whole_country = ALL in ids
    wanted = _everywhere(areas) if whole_country else {_known(area_id, settings, areas) for area_id in ids}
    folder.mkdir(parents=True, exist_ok=True)
    with hold_file(folder / ".las", _BUSY), emptied(folder / ".arbete") as work:
        common = nationwide(settings, work)
        home = _home_code(common)
        database = _analysed(common, home, work)
        pages, counties = dict[str, str](), list[County]()
        wanted_counties = sorted({(areas[area_id].lan_kod, areas[area_id].lan) for area_id in wanted})
        turned = partial(_of_county, database, home=home, listed=whole_country)
        for (_, name), profiles in zip(wanted_counties, _of_counties(turned, wanted_counties), strict=True):
            pages |= {area_id: page for area_id, _, page in profiles if area_id in wanted}
            counties.append(County(name, tuple((profile_page(area_id), area) for area_id, area, _ in profiles)))
        install_file(database, folder / settings.published.name)
        for area_id, page in pages.items():
            write_file(folder / profile_page(area_id), page)
        if whole_country:
            write_file(folder / INDEX, index_page(folder / settings.published.name, counties))
    return [folder / profile_page(area_id) for area_id in sorted(pages)] + [folder / INDEX] * whole_country


# Which areas


def _areas(settings: Settings) -> dict[str, Record]:
    """Every area and group of the published database by id: omrade_id, namn, typ, lan_kod, lan."""
    with read_published(settings.published) as connection:
        listed_areas = rows(connection.sql("SELECT omrade_id, namn, typ, lan_kod, lan FROM omrade"))
    return {area.omrade_id: area for area in listed_areas}


def _everywhere(areas: Mapping[str, Record]) -> set[str]:
    """Every kommun and region. Raises ConfigError when one lies in no county that is known."""
    everywhere = {area_id: area for area_id, area in areas.items() if area.typ in _KINDS}
    if nowhere := [f"{area.omrade_id} {area.namn}" for area in everywhere.values() if area.lan_kod is None]:
        raise ConfigError(
            f"{', '.join(nowhere)}: in no county that malbild knows, expected an id that begins (a region's: ends) "
            "with a county's two digits → name the profiles you want, and tell the maintainers"
        )
    return set(everywhere)


def _known(area_id: str, settings: Settings, areas: Mapping[str, Record]) -> str:
    """The id, where it is a kommun's or a region's. Raises ConfigError with the nearest."""
    area = areas.get(area_id)
    if area is not None and area.typ in _KINDS:
        return area_id
    if area is not None:
        raise ConfigError(
            f"{area_id} {area.namn} is {area.typ}, expected a kommun or a region: there is no profile of it → name "
            f"an id such as 0484, or {ALL}"
        )
    names = {a.namn.casefold(): a.omrade_id for a in areas.values() if a.typ in _KINDS}
    by_name = [names[name] for name in difflib.get_close_matches(area_id.casefold(), names, n=3, cutoff=0.7)]
    close = by_name or difflib.get_close_matches(area_id, [i for i, a in areas.items() if a.typ in _KINDS], n=4)
    hint = ", ".join(f"{i} {areas[i].namn}" for i in close)
    raise ConfigError(
        f"{area_id!r} is no kommun or region in {settings.published} → "
        f"{f'did you mean {hint}?' if hint else 'name four digits, such as 0484,'} {ALL} makes every profile"
    )


# The database that they are read from


def _analysed(common: Nationwide, home: str, work: Path) -> Path:
    """A published database in which every kommun and region is a huvudman, with values of what the profiles show only.

    home: the code of the own county, whose surveys are the own ones of the målbild.
    """
    groups = {group.id: group for group in common.catalogue.groups.values()}
    similar = similar_groups(list(groups.values()))
    of_area = [
        {"omrade_id": area.id, "amne": subject, "grupp_id": group_id}
        for area in common.catalogue.areas
        for subject, group_id in similar.get((_KINDS[_LEVELS[area.type]], area.title), {}).items()
    ]
    compared = {row["grupp_id"]: groups[row["grupp_id"]] for row in of_area}
    content = _content(common, compared, work) | {"huvudman_grupp": as_frame("huvudman_grupp", of_area)}
    warehouse = FileWarehouse(common.warehouse)
    with warehouse.open() as connection:
        apply_county(connection, content, list(compared.values()), common.seen, own=False)
        for statement in _ONLY_SHOWN:
            connection.execute(statement)
        analyse_every_county(connection)
        connection.execute(
            "UPDATE placering SET ungefarlig = false FROM omrade o "
            "WHERE o.omrade_id = placering.omrade_id AND o.lan_kod IS DISTINCT FROM $1",
            [home],
        )
    publish(warehouse, database := work / "analys.duckdb", common.when.date(), views=_VIEWS)
    return database


# Those that a report reads.
_VIEWS = ("klar_korning", "svar_nu", "periodvarde")
_LEVELS = {"K": "kommun", "L": "region"}


def _home_code(common: Nationwide) -> str:
    """The own county's two digits."""
    return common.home.geography.region.id[2:]


def _content(common: Nationwide, groups: Mapping[str, Group], work: Path) -> dict[str, pl.DataFrame]:
    """The content tables: the mått as the own county would begin with them, every area as a huvudman."""
    home = common.home.geography
    folder = write_folder(county_of(home.county_name, common.lists, home), common.home, work / "mall")
    frames = content_frames(load_catalog(folder), msgspec.structs.replace(common.catalogue, groups=groups))
    areas = frames["omrade"].with_columns(i_malbild=pl.col("typ").is_in(list(_KINDS)), lansdel=pl.lit(None, pl.String))
    return frames | {"omrade": areas}


# What a profile shows, what its intervals and means are computed from, and N01951, which `omrade.befolkning` is; not
# what the values were before.
_ONLY_SHOWN = (
    """DELETE FROM matvarde WHERE nyckeltal_id NOT IN (
           WITH visade AS (
               SELECT DISTINCT nyckeltal_id FROM matt_nyckeltal WHERE roll IN ('primär', 'efterträdare', 'indirekt')),
           behovs AS (
               FROM visade UNION SELECT 'N01951'
               UNION SELECT unnest([
                   osakerhet_nyckeltal_id, taljare_nyckeltal_id, namnare_nyckeltal_id, vikt_nyckeltal_id])
               FROM nyckeltal SEMI JOIN visade USING (nyckeltal_id))
           FROM behovs WHERE nyckeltal_id IS NOT NULL)""",
    "DELETE FROM matvarde_revision",
)


def _of_counties(
    of_county: Callable[[str, str], _Profiles], counties: Sequence[tuple[str, str]]
) -> Iterator[_Profiles]:
    """The profiles of each county (code, name), in order: two at a time, because Python takes one core and malbild is
    made for two.
    """
    if len(counties) < _WORTH_PROCESSES:
        yield from starmap(of_county, counties)
        return
    # Spawned: a copy of this process would have the locks of DuckDB and polars without their threads.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(of_county, *zip(*counties, strict=True))


def _of_county(database: Path, code: str, name: str, *, home: str, listed: bool) -> _Profiles:
    """The profiles of a county, read from a copy of the database that is turned to it."""
    copy = database.with_name(f"lan-{code}.duckdb")
    _turn_to(Path(shutil.copyfile(database, copy)), code, name, home)
    profiles = county_profiles(copy, listed=listed)
    copy.unlink()
    return profiles


def _turn_to(database: Path, code: str, name: str, home: str) -> None:
    """Make a copy of the database one county's: its huvudmän, its name, and whose målbild it is a proposal from."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("UPDATE omrade SET i_malbild = lan_kod IS NOT DISTINCT FROM $1 WHERE i_malbild", [code])
        # Every group is read; those of other counties are some thousands.
        connection.execute(
            "DELETE FROM grupp_medlem WHERE grupp_id NOT IN ("
            "SELECT grupp_id FROM huvudman_grupp JOIN omrade USING (omrade_id) WHERE i_malbild)"
        )
        connection.execute(
            "DELETE FROM omrade WHERE typ = 'grupp' AND omrade_id NOT IN (SELECT grupp_id FROM grupp_medlem)"
        )
        if code != home:
            connection.execute("UPDATE styrning.lan SET forslag_fran = lan, lan = $1", [name])
            # Which years the own county asked its inhabitants itself says nothing of another.
            connection.execute("DELETE FROM nyckeltal_undersokning")
