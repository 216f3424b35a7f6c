"""What the counties of the country have in common, of one data dir: the values, Kolada's catalogue, the own målbild.

What is one county's is laid over it: a database and a report in `publish`, the huvudmän's two pages in `profiles`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.catalog.load import GEOGRAPHY_FILE, load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.followups.freeze import catalogue_then, newest
from pipelines.kolada.archive import RawArchive
from pipelines.kolada.catalogue import Catalogue, Lists, archived_groups
from pipelines.settings import Settings
from pipelines.warehouse import county
from pipelines.warehouse.queries import read_published


@dataclass(frozen=True, slots=True)
class Nationwide:
    """What the counties have in common. `warehouse` is copied for each; `followed`: the KPIs that it holds.

    home: the målbild's own catalogue. catalogue: Kolada's of the newest published run, but with every group that was
    `seen` (UTC, naive) in the newest whole list. when: the end of that run.
    """

    settings: Settings
    home: Catalog
    catalogue: Catalogue
    seen: datetime
    when: datetime
    followed: frozenset[str]
    warehouse: Path

    @property
    def lists(self) -> Lists:
        return Lists(list(self.catalogue.kpis.values()), self.catalogue.areas, list(self.catalogue.groups.values()))


def nationwide(settings: Settings, folder: Path) -> Nationwide:
    """What the data dir has published, with its warehouse in `folder`.

    Raises ConfigError when nothing is published or the data dir holds one county's values only.
    """
    when = newest(settings)
    home = load_catalog(settings.catalog_dir)
    if home.geography.compare_with != "alla":
        raise ConfigError(
            f"{settings.catalog_dir / GEOGRAPHY_FILE}: jamfor_med is {home.geography.compare_with}, so the values of "
            "other counties are not fetched → write jamfor_med: alla and run a night"
        )
    groups, seen = archived_groups(RawArchive(settings.raw_dir))
    _, archived = catalogue_then(settings, when)
    catalogue = Catalogue.decoded(archived)
    every_group = {group.id: group for group in groups}
    return Nationwide(
        settings,
        home,
        # The newest run's own groups take precedence over an older whole list.
        msgspec.structs.replace(catalogue, groups=every_group | catalogue.groups),
        seen,
        when,
        _followed(settings.published),
        county.nationwide(settings.published, folder / "landet.duckdb", when),
    )


def _followed(published: Path) -> frozenset[str]:
    with read_published(published) as connection:
        return frozenset(row[0] for row in connection.sql("SELECT nyckeltal_id FROM nyckeltal WHERE foljs").fetchall())


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """A new folder that is gone afterwards; what a killed run has left there goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
