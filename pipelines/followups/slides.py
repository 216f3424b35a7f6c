"""What `malbild bilder` makes of a report that is there: PNG beside its pictures, and decks of slides.

A report that is decided is never written: what is made of it goes to a folder that is named.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from dashboards.pages.links import PICTURES
from dashboards.reading import follow_ups as editions
from dashboards.reading.changes import Baseline
from dashboards.report import load_report
from dashboards.slides.content import decks
from dashboards.slides.deck import deck_pptx
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.files import write_file
from pipelines.followups import frozen
from pipelines.followups.freeze import find_follow_up
from pipelines.followups.frozen import Frozen
from pipelines.followups.issue import baseline_for_draft, before_of, frozen_before, issue_database, issues_of
from pipelines.settings import Settings
from pipelines.warehouse.queries import require_published


@dataclass(frozen=True, slots=True)
class Place:
    """pictures: the folder with the SVG files, which may be added to. version: what is frozen of the issue, if any."""

    pictures: Path
    version: Frozen | None


def place_of(settings: Settings, catalog: Catalog, issue_id: str | None, target: Path | None) -> Place:
    """Where the pictures of an issue, or of tonight's draft, are and more can be made: `target` gets a copy of them.

    Raises ConfigError when there is no such report, it has no pictures, or it is decided and no target is named.
    """
    command = "malbild report" + (f" --uppfoljning {issue_id}" if issue_id else "")
    version = None
    if issue_id is None:
        require_published(settings.published)
        report = settings.draft_dir
    else:
        find_follow_up(catalog, issue_id, settings.catalog_dir)
        version = frozen.find(settings, issue_id)
        report = frozen.report_folder(settings, issue_id, version.version if version else 1)
    source = report / PICTURES
    decided = version is not None and version.decided
    if not source.is_dir():
        next_step = "name another uppföljning: it was decided without pictures" if decided else f"`{command}` first"
        raise ConfigError(f"{source} is not there: the report has no pictures → {next_step}")
    if target is None:
        if decided:
            raise ConfigError(
                f"uppföljning {issue_id} is fastställd and is never changed; nothing was written → name a folder for "
                "what is made of it with --till"
            )
        return Place(source, version)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ConfigError(f"--till {target}: it is no empty folder → name a new one, or empty it")
    shutil.copytree(source, target, dirs_exist_ok=True)
    return Place(target, version)


def write_decks(settings: Settings, catalog: Catalog, issue_id: str | None, place: Place) -> list[Path]:
    """Write the issue's deck, and one for each huvudman, beside the pictures."""
    version = place.version
    if issue_id is None:
        return _write(settings.published, None, baseline_for_draft(settings, settings.published), place.pictures)
    with issue_database(settings, catalog, version, None) as database:
        if version is not None and version.decided:
            edition = editions.edition(editions.load_issues(database), issue_id, version=version.version)
            return _write(database, edition, frozen_before(settings, version, edition), place.pictures)
        edition = editions.edition(issues_of(catalog.follow_ups), issue_id)
        return _write(database, edition, before_of(settings, edition.issues, edition.issue), place.pictures)


def _write(database: Path, edition: editions.Edition | None, before: Baseline | None, folder: Path) -> list[Path]:
    report = load_report(database, edition=edition, before=before)
    paths = []
    for name, deck in decks(report).items():
        paths.append(folder / f"{name}.pptx")
        write_file(paths[-1], deck_pptx(deck, report.published.run.finished))
    return paths
