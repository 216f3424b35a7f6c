"""Deciding and rectifying: a version that is never written again, with all its files, made aside and put in place last.

What must hold before: everything automatic has been approved by somebody, and the frozen files are those that were
frozen.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

from dashboards.pages.links import INDEX
from dashboards.reading import follow_ups as editions
from dashboards.reading.changes import Baseline
from pipelines import clock
from pipelines.catalog.follow_ups import DECIDED, FROZEN, FollowUp
from pipelines.catalog.load import FOLLOW_UP_FILE, load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError
from pipelines.files import install_folder, remove_folder, staging_folder
from pipelines.followups import edit, frozen
from pipelines.followups.approvals import check_approved
from pipelines.followups.freeze import find_follow_up, prepare, with_follow_ups
from pipelines.followups.frozen import CATALOGUE, CONTENT, DATABASE, Frozen
from pipelines.followups.issue import before_of, make_files, start_page
from pipelines.settings import Settings


def decide(
    settings: Settings,
    issue_id: str,
    day: date | None,
    *,
    without_pdf: bool,
    accepted: Collection[str],
) -> Path:
    """Make version 1 permanent and return its report; what was interrupted after that is done to its end.

    day: of the decision; NSV's by default. accepted: målområden whose approved sentences may differ from the automatic
    ones. Raises ConfigError when it is not frozen, something automatic is not approved, or the day is not known or yet
    to come; MalbildError when there is no PDF to be had. Nothing is changed then.
    """
    catalog = load_catalog(settings.catalog_dir)
    follow_up = find_follow_up(catalog, issue_id, settings.catalog_dir)
    frozen.settle(settings, issue_id)
    frozen_version = frozen.find(settings, issue_id, 1)
    place = f"{settings.catalog_dir / FOLLOW_UP_FILE}: {issue_id}"
    if frozen_version is not None and frozen_version.decided and follow_up.status != DECIDED:
        return _complete(settings, frozen_version)
    frozen.refuse_if_decided(settings, issue_id)
    if follow_up.status != FROZEN or frozen_version is None:
        raise ConfigError(f"{place} is {follow_up.status}, not fryst → `malbild uppfoljning frys {issue_id}` first")
    if day is None and follow_up.board_day is None:
        raise ConfigError(f"{place} has no nsv_datum → add it, or name the day of the decision with --datum")
    if day is None and follow_up.board_day and follow_up.board_day > clock.today():
        raise ConfigError(
            f"{place} is for NSV on {follow_up.board_day}, a day that has not come → name the day of the decision with "
            f"--datum, also when it is {follow_up.board_day}"
        )
    day = day or follow_up.board_day
    assert day
    if missing := unapproved(catalog, follow_up):
        raise ConfigError(
            f"{place} has automatic sentences that nobody has approved: sammanfattning lacks {', '.join(missing)} → "
            f"add meningar, godkand_av and datum for each; `malbild uppfoljning meningar {issue_id}` prints the "
            "automatic ones, ready to paste"
        )
    frozen.check(frozen_version)
    check_approved(settings, follow_up, frozen_version.database, frozen_version.as_of, accepted)
    text, catalog = _changed(settings, issue_id, {"faststalld": day, "status": DECIDED})
    new = staging_folder(frozen.folder_of(settings, issue_id, 1))
    try:
        shutil.copytree(frozen_version.content, new / CONTENT)
        (new / CONTENT / FOLLOW_UP_FILE).write_text(text, encoding="utf-8")
        shutil.copyfile(frozen_version.folder / CATALOGUE, new / CATALOGUE)
        with_follow_ups(frozen_version.database, new / DATABASE, catalog.follow_ups)
        new_version = Frozen(new, {**frozen_version.manifest, "faststalld": day.isoformat()})
        return _publish(settings, catalog, new_version, text, None, without_pdf=without_pdf)
    finally:
        remove_folder(new)


def rectify(
    settings: Settings,
    issue_id: str,
    reason: str,
    day: date,
    *,
    as_of: datetime | None,
    without_pdf: bool,
    accepted: Collection[str],
) -> Path:
    """Make the next version of a decided issue and return its report: the YAML files of today, the figures as of the
    decided version or of `as_of`. The decided version stays as it is.

    A version for this reason that was interrupted once it stood is done to its end instead. accepted: as for `decide`.
    """
    catalog = load_catalog(settings.catalog_dir)
    follow_up = find_follow_up(catalog, issue_id, settings.catalog_dir)
    frozen.settle(settings, issue_id)
    last = frozen.find(settings, issue_id)
    if follow_up.status != DECIDED or last is None or not last.decided:
        raise ConfigError(
            f"{settings.catalog_dir / FOLLOW_UP_FILE}: {issue_id} is {follow_up.status}: only what is fastställd is "
            f"rectified → until then change the content and run `malbild uppfoljning frys {issue_id}` again"
        )
    if last.version > follow_up.version:
        page = _complete(settings, last)
        catalog = load_catalog(settings.catalog_dir)
        if find_follow_up(catalog, issue_id, settings.catalog_dir).rectifications[-1].reason == reason:
            return page
    version = last.version + 1
    text, catalog = _changed(settings, issue_id, {"rattelser": {"version": version, "datum": day, "orsak": reason}})
    new_version = prepare(settings, catalog, issue_id, version, as_of or last.as_of)
    try:
        check_approved(settings, follow_up, new_version.database, new_version.as_of, accepted)
        (new_version.content / FOLLOW_UP_FILE).write_text(text, encoding="utf-8")
        return _publish(settings, catalog, new_version, text, last, without_pdf=without_pdf)
    finally:
        remove_folder(new_version.folder)


def unapproved(catalog: Catalog, follow_up: FollowUp) -> list[str]:
    """Ids of the målområden whose sentences are still the automatic ones."""
    approved = {sentences.goal_area for sentences in follow_up.approved}
    return [goal.id for goal in catalog.goal_areas if goal.id not in approved]


def _publish(
    settings: Settings, catalog: Catalog, new_version: Frozen, text: str, last: Frozen | None, *, without_pdf: bool
) -> Path:
    """Build every file in a staging folder, then install report, version, YAML file and start page, in this order."""
    issue_id, version = str(new_version.manifest["uppfoljning"]), new_version.version
    issues = editions.load_issues(new_version.database)
    edition = editions.edition(issues, issue_id, version=version)
    if last is None:
        before = before_of(settings, issues, edition.issue)
    else:
        assert edition.issue is not None
        before = Baseline(last.database, edition.issue, last.version)
    report = frozen.report_folder(settings, issue_id, version)
    new = staging_folder(settings.report_dir / f"{issue_id}-v{version}")
    try:
        against = {"uppfoljning": before.issue.id, "version": before.version} if before else None
        new_version = Frozen(new_version.folder, {**new_version.manifest, "status": DECIDED, "jamford_med": against})
        make_files(settings, new_version, new, edition, before, without_pdf=without_pdf)
        checksums = frozen.checksums(new)
        if version > 1:
            report.parent.chmod(0o755)
        # The report first: a version that calls itself decided always has one, and what is not decided is made again.
        install_folder(new, report)
    finally:
        remove_folder(new)
    return _finish(
        settings,
        frozen.finalize(new_version, frozen.folder_of(settings, issue_id, version), rapport=checksums),
        text,
        catalog,
    )


def _finish(settings: Settings, sealed: Frozen, text: str, catalog: Catalog) -> Path:
    """What follows once report and version stand. The YAML file says so last: by it they are known to be on disk."""
    issue_id = str(sealed.manifest["uppfoljning"])
    frozen.make_read_only(frozen.report_folder(settings, issue_id))
    frozen.make_read_only(sealed.folder)
    for draft in frozen.draft_folders(settings, issue_id):
        remove_folder(draft)
    edit.write(settings.catalog_dir, text)
    start_page(settings, catalog)
    return frozen.report_folder(settings, issue_id, sealed.version) / INDEX


def _complete(settings: Settings, sealed: Frozen) -> Path:
    """Do to its end what was interrupted before the YAML file said it; what it shall say stands in the version."""
    issue_id = str(sealed.manifest["uppfoljning"])
    own = find_follow_up(load_catalog(sealed.content), issue_id, sealed.content)
    assert own.decided, "what a decided version holds says so"
    fields: edit.Fields = {"faststalld": own.decided, "status": DECIDED}
    if own.rectifications:
        last = own.rectifications[-1]
        fields = {"rattelser": {"version": last.version, "datum": last.day, "orsak": last.reason}}
    return _finish(settings, sealed, *_changed(settings, issue_id, fields))


def _changed(settings: Settings, issue_id: str, fields: edit.Fields) -> tuple[str, Catalog]:
    """The text of uppfoljningar.yaml with these keys of the issue, and the catalogue that it makes."""
    text = edit.changed(edit.read(settings.catalog_dir), issue_id, fields)
    return text, edit.checked(settings.catalog_dir, text, issue_id, tuple(fields))
