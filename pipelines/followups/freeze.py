"""Freezing: the figures as they were known at a time, and the content of the YAML files, as a version of an issue.

The same function makes the version again later from the warehouse, so that what is frozen can be told from what was
kept by accident. The issue's own entry in uppfoljningar.yaml stays open until it is decided: dates, proposals and
approved sentences come along the styrkedja.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines import __version__, clock
from pipelines.catalog.follow_ups import DECIDED, FROZEN, FollowUp
from pipelines.catalog.load import FOLLOW_UP_FILE, load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.files import remove_folder, staging_folder
from pipelines.followups import edit, frozen
from pipelines.followups.approvals import check_approved
from pipelines.followups.frozen import CATALOGUE, CONTENT, DATABASE, Frozen
from pipelines.kolada.archive import CATALOGUE_FILE, RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.settings import Settings
from pipelines.warehouse.content import content_frames, write_frames
from pipelines.warehouse.follow_ups import follow_up_frames
from pipelines.warehouse.history import rebuild_as_of
from pipelines.warehouse.queries import newest_run, read_published
from pipelines.warehouse.store import transaction


def find_follow_up(catalog: Catalog, issue_id: str, catalog_dir: Path) -> FollowUp:
    """The issue with this id. Raises ConfigError naming those there are."""
    for follow_up in catalog.follow_ups:
        if follow_up.id == issue_id:
            return follow_up
    known = ", ".join(f.id for f in catalog.follow_ups)
    raise ConfigError(
        f"{catalog_dir / FOLLOW_UP_FILE}: uppföljning {issue_id} is not defined ({known or 'there is none'}) → plan it "
        "with `malbild uppfoljning ny`, or name one of them"
    )


def freeze(
    settings: Settings, issue_id: str, when: datetime | None, *, accepted: Collection[str]
) -> tuple[Frozen, Catalog]:
    """Freeze version 1 as of `when` (UTC, naive; as the file says by default, else the end of the newest published
    run), and write status and time into the file. Again, when it is frozen already: the content of today then counts.

    accepted: målområden whose approved sentences may differ from the automatic ones of these figures. Raises
    ConfigError when others do, there is no such issue, nothing was known then, or it is decided.
    """
    catalog = load_catalog(settings.catalog_dir)
    follow_up = find_follow_up(catalog, issue_id, settings.catalog_dir)
    frozen.settle(settings, issue_id)
    frozen.refuse_if_decided(settings, issue_id)
    if follow_up.status == DECIDED:
        raise ConfigError(
            f"{settings.catalog_dir / FOLLOW_UP_FILE}: {issue_id} is fastställd there, but nothing is kept under "
            f"{settings.follow_up_dir} → name the --data-dir where it was decided"
        )
    when = when or follow_up.as_of or newest(settings)
    if when > clock.now():
        raise ConfigError(f"as of {when} (UTC) lies in the future: nobody knows yet → name an earlier time")
    text = edit.changed(edit.read(settings.catalog_dir), issue_id, {"as_of": when, "status": FROZEN})
    catalog = edit.checked(settings.catalog_dir, text, issue_id, ("status", "as_of"))
    new_version = prepare(settings, catalog, issue_id, 1, when)
    try:
        check_approved(settings, follow_up, new_version.database, when, accepted)
        sealed = frozen.finalize(new_version, frozen.folder_of(settings, issue_id, 1), status=FROZEN)
    finally:
        remove_folder(new_version.folder)
    edit.write(settings.catalog_dir, text)
    return sealed, catalog


def prepare(settings: Settings, catalog: Catalog, issue_id: str, version: int, when: datetime) -> Frozen:
    """The folder of a version from the warehouse and this catalogue, beside its place; `frozen.finalize` moves it."""
    new = staging_folder(frozen.folder_of(settings, issue_id, version))
    try:
        run_id, archived = catalogue_then(settings, when)
        (new / CONTENT).mkdir(parents=True)
        (new / CATALOGUE).write_bytes(archived)
        for file in catalog.files:
            (new / CONTENT / file.name).write_bytes(file.content)
        rebuild_as_of(settings.published, new / DATABASE, when, content_frames(catalog, Catalogue.decoded(archived)))
    except BaseException:
        remove_folder(new)
        raise
    manifest = {
        "uppfoljning": issue_id,
        "version": version,
        "as_of": f"{when.isoformat()}+00:00",
        "korning_id": run_id,
        "kod_version": __version__,
    }
    return Frozen(new, manifest)


def rebuild_version(settings: Settings, frozen_version: Frozen, follow_ups: Sequence[FollowUp], target: Path) -> Path:
    """Rebuild the database of a frozen version from the revisions and the frozen content instead of the frozen
    database; `follow_ups` as they are now.
    """
    catalog = load_catalog(frozen_version.content)
    catalogue = Catalogue.decoded((frozen_version.folder / CATALOGUE).read_bytes())
    frames = content_frames(catalog, catalogue) | follow_up_frames(follow_ups)
    return rebuild_as_of(settings.published, target, frozen_version.as_of, frames)


def content_of(settings: Settings, catalog: Catalog, when: datetime) -> dict[str, pl.DataFrame]:
    """The content tables from this catalogue and Kolada's as it was at `when`."""
    _, archived = catalogue_then(settings, when)
    return content_frames(catalog, Catalogue.decoded(archived))


def with_follow_ups(database: Path, target: Path, follow_ups: Sequence[FollowUp]) -> Path:
    """A copy of a frozen database in which the issues are told as they stand now."""
    shutil.copyfile(database, target)
    with duckdb.connect(str(target), config={"threads": 2}) as connection:
        with transaction(connection):
            write_frames(connection, follow_up_frames(follow_ups), published=True)
        connection.execute("CHECKPOINT")
    return target


def newest(settings: Settings) -> datetime:
    """The end of the newest published run (UTC, naive). Raises ConfigError when nothing is published."""
    run = newest_run(settings.published)
    if run is None:
        raise ConfigError(f"{settings.published} holds no finished run: nothing can be frozen → `malbild run` first")
    ended: datetime = run["avslutad"]
    return ended


def catalogue_then(settings: Settings, when: datetime) -> tuple[str, bytes]:
    """The run that was the newest at `when`, and Kolada's catalogue as it found it. Raises ConfigError without one."""
    newest(settings)
    with read_published(settings.published) as connection:
        rows = connection.execute(
            "SELECT korning_id FROM korning WHERE observerad <= $1 ORDER BY observerad DESC LIMIT 1", [when]
        ).fetchall()
        ((first,),) = connection.sql("SELECT min(observerad) FROM korning").fetchall()
    if not rows:
        raise ConfigError(
            f"as of {when} (UTC) lies before the first run in {settings.published} ({first}): nothing was known then → "
            "name a later time"
        )
    run_id: str = rows[0][0]
    files = RawArchive(settings.raw_dir).files(run_id)
    if CATALOGUE_FILE not in files:
        raise ConfigError(
            f"{settings.raw_dir} does not hold Kolada's catalogue of run {run_id} → restore it from a backup"
        )
    return run_id, files[CATALOGUE_FILE]
