"""A database and a report for every county of the country, from what one data dir has published. Nothing is fetched.

Each county's folder, database and report, is put in place together when it is complete; when one fails, the others
and what it had published before stay as they were.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from dashboards.counties import Entry, write_county_page
from dashboards.pages.links import INDEX
from dashboards.report import build_report
from pipelines.catalog.load import CORRECTION_FILE, GEOGRAPHY_FILE, INDICATOR_FILE, load_catalog
from pipelines.catalog.model import Catalog
from pipelines.counties.folder import county_of, write_folder
from pipelines.counties.nationwide import Nationwide, emptied, nationwide
from pipelines.counties.places import county_group, county_names, named, slug
from pipelines.errors import ConfigError, MalbildError
from pipelines.files import replacing_folder
from pipelines.locks import hold_file
from pipelines.settings import Settings
from pipelines.warehouse.analyse import analyse
from pipelines.warehouse.content import content_frames
from pipelines.warehouse.county import apply_county
from pipelines.warehouse.publish import publish
from pipelines.warehouse.queries import require_published
from pipelines.warehouse.store import FileWarehouse

REPORT = "rapport"
_BUSY = (
    "another `malbild lan` ({holder}) is making the counties of this data dir; nothing was changed "
    "→ wait until it is done, or name another --data-dir"
)


@dataclass(frozen=True, slots=True)
class Result:
    """One county: its report, or why there is none of this time."""

    county: str
    report: Path | None
    fault: str | None = None


def publish_counties(settings: Settings, names: Sequence[str]) -> Iterator[Result]:
    """Make database and report of the counties with these names, or of all, and yield each as it is done.

    Raises ConfigError when nothing is published, a county is not known, or the data dir holds one county's values only,
    and BusyError when another is doing the same.
    """
    require_published(settings.published)
    settings.county_dir.mkdir(parents=True, exist_ok=True)
    with hold_file(settings.county_dir / ".las", _BUSY), emptied(settings.county_dir / ".arbete") as folder:
        common = nationwide(settings, folder)
        known = common.lists.groups
        wanted = [named(name, known) for name in names] or county_names(known)
        for name in dict.fromkeys(wanted):
            try:
                result = Result(name, _publish(common, name, folder))
            except (MalbildError, duckdb.Error, OSError) as error:
                result = Result(name, None, " ".join(str(error).split()))
            yield result
        write_page(settings, county_names(known))


def write_page(settings: Settings, names: Sequence[str]) -> Path:
    """The page that lists the counties whose reports are there."""
    folders = [(name, settings.county_dir / slug(name)) for name in names]
    entries = [
        Entry(name, folder / settings.published.name, f"{folder.name}/{REPORT}/{INDEX}")
        for name, folder in folders
        if (folder / REPORT / INDEX).is_file() and (folder / settings.published.name).is_file()
    ]
    return write_county_page(entries, settings.published, settings.county_dir / "index.html")


def _publish(common: Nationwide, name: str, aside: Path) -> Path:
    # By the group and not by the name, which the owners write as they like.
    own = county_group(name, common.lists.groups).id == common.home.geography.county_group
    catalog = common.home if own else _catalog(common, name)
    _check(common, catalog, name, own=own)
    known = common.catalogue.groups
    groups = {group_id: known[group_id] for group_id in catalog.geography.groups() if group_id in known}
    content = content_frames(catalog, msgspec.structs.replace(common.catalogue, groups=groups))
    target = common.settings.county_dir / slug(name)
    with emptied(aside / slug(name)) as folder, replacing_folder(target) as new:
        warehouse = FileWarehouse(Path(shutil.copyfile(common.warehouse, folder / "lager.duckdb")))
        with warehouse.open() as connection:
            apply_county(connection, content, list(groups.values()), common.seen, own=own)
            analyse(connection)
        database = new / common.settings.published.name
        publish(warehouse, database, common.when.date())
        build_report(database, new / REPORT)
    return target / REPORT / INDEX


def _catalog(common: Nationwide, name: str) -> Catalog:
    """The county's own YAML files; made when there are none."""
    folder = common.settings.county_catalog_dir / slug(name)
    if not folder.exists():
        write_folder(county_of(name, common.lists, common.home.geography), common.home, folder)
    catalog = load_catalog(folder)
    if catalog.geography.county_name != name:
        raise ConfigError(
            f"{folder / GEOGRAPHY_FILE}: lan is {catalog.geography.county_name}, expected {name} → correct it, or move "
            "the folder"
        )
    return catalog


def _check(common: Nationwide, catalog: Catalog, name: str, *, own: bool) -> None:
    """Raises ConfigError when the files ask for what the warehouse does not hold."""
    folder = common.settings.catalog_dir if own else common.settings.county_catalog_dir / slug(name)
    lacking = sorted(kpi.id for kpi in catalog.followed_kpis() if kpi.id not in common.followed)
    if lacking:
        raise ConfigError(
            f"{folder / INDICATOR_FILE}: {', '.join(lacking)} followed there, but not fetched into "
            f"{common.settings.published} → add them to {common.settings.catalog_dir / INDICATOR_FILE} and run a "
            "night, or write folj: nej"
        )
    if catalog.corrections and not own:
        raise ConfigError(
            f"{folder / CORRECTION_FILE}: {', '.join(c.id for c in catalog.corrections)} cannot be applied, because "
            "corrections are applied when values are fetched → run the county's folder in a data dir of its own "
            f"(`malbild run --katalog {folder}`), or take them away"
        )
