"""An issue as what is read: the report and its files, from the frozen database and the issue's entry of now.

Drafts lie in the issue's folder and are built again as often as wanted. A decided issue is only made to be compared:
`build` tells whether it still comes out the same and writes nothing.
"""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dashboards.pages.links import INDEX, PICTURES
from dashboards.reading import follow_ups as editions
from dashboards.reading.changes import Baseline
from dashboards.report import build_principal, write_report
from dashboards.startpage import ARCHIVE, PDF, WORKBOOK, draft_name, write_start_page
from dashboards.tjansteutlatande import LETTER, sentences, write_letter
from pipelines import __version__
from pipelines.catalog.follow_ups import DECIDED, DRAFT, FollowUp
from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.errors import ConfigError, MalbildError
from pipelines.exports.everything import CHECKSUMS, export_all
from pipelines.files import replacing_folder
from pipelines.followups import frozen, pack
from pipelines.followups.freeze import content_of, find_follow_up, newest, rebuild_version, with_follow_ups
from pipelines.followups.frozen import CATALOGUE, DATABASE, Frozen
from pipelines.followups.pdf import print_pdf
from pipelines.followups.pictures import write_pngs
from pipelines.rows import frame_rows
from pipelines.settings import Publication, Settings
from pipelines.warehouse.follow_ups import follow_up_frames
from pipelines.warehouse.history import rebuild_as_of
from pipelines.warehouse.queries import require_published

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = "alla"
# The folder of the huvudmän's files in a report.
PRINCIPALS = "huvudman"


@dataclass(frozen=True, slots=True)
class Built:
    """Files that were written, or, for a decided issue, the one that was compared and whether it came out the same."""

    files: tuple[Path, ...]
    same: bool | None = None


def build(
    settings: Settings,
    issue_id: str,
    *,
    organisation: str | None = None,
    as_of: datetime | None = None,
    principal: str | None = None,
    pdf: bool = False,
) -> Built:
    """The report of an issue. as_of: from the revisions as of then instead of the frozen database.

    Raises ConfigError when there is no such issue, it is not frozen here, or as_of is not what it was frozen as of.
    """
    catalog = load_catalog(settings.catalog_dir)
    follow_up = find_follow_up(catalog, issue_id, settings.catalog_dir)
    frozen.settle(settings, issue_id)
    frozen_version = frozen.find(settings, issue_id)
    if follow_up.status != DRAFT and frozen_version is None:
        raise ConfigError(
            f"uppföljning {issue_id} is {follow_up.status}, but nothing is kept of it under {settings.follow_up_dir} → "
            f"`malbild uppfoljning frys {issue_id}`, or name the --data-dir where it was frozen"
        )
    if frozen_version is not None and as_of is not None and as_of != frozen_version.as_of:
        raise ConfigError(
            f"--as-of {as_of}: uppföljning {issue_id} is frozen as of {frozen_version.as_of} → leave --as-of out"
        )
    with issue_database(settings, catalog, frozen_version, as_of) as database:
        if frozen_version is not None and frozen_version.decided:
            return _compared(settings, frozen_version, database, organisation, principal)
        edition = editions.edition(issues_of(catalog.follow_ups), issue_id, organisation=organisation)
        assert edition.issue is not None
        written = write_draft(
            database,
            settings.report_dir / (draft_name(issue_id, organisation) if organisation else issue_id),
            edition,
            before_of(settings, edition.issues, edition.issue),
            principal=principal,
            printed=(as_of or (frozen_version.as_of if frozen_version else newest(settings))) if pdf else None,
        )
    start_page(settings, catalog)
    return Built(written)


def build_draft(
    settings: Settings, *, as_of: datetime | None = None, principal: str | None = None, pdf: bool = False
) -> Built:
    """Tonight's draft again, of the published database; as_of: of what was known then.

    Raises ConfigError when nothing is published.
    """
    catalog = load_catalog(settings.catalog_dir)
    printed = (as_of or newest(settings)) if pdf else None
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".rapport-") as name:
        database = rebuild_as_of(settings.published, Path(name) / DATABASE, as_of) if as_of else settings.published
        before = baseline_for_draft(settings, database)
        written = write_draft(database, settings.draft_dir, None, before, principal=principal, printed=printed)
    start_page(settings, catalog)
    return Built(written)


def write_draft(
    database: Path,
    folder: Path,
    edition: editions.Edition | None,
    before: Baseline | None,
    *,
    principal: str | None = None,
    printed: datetime | None = None,
) -> tuple[Path, ...]:
    """Build a report that may be built again: its whole folder, or the file of one huvudman in it. Returns what was
    asked for: the index, the file, or (`alla`) that of every huvudman; and their PDFs.

    An issue that is no draft for one organisation has the skeleton of the tjänsteutlåtande too. printed: the time of
    the figures, when there is to be a PDF.
    """
    if principal is not None and principal != ALL:
        page = build_principal(
            database, folder / PRINCIPALS / f"{principal}.html", principal, edition=edition, before=before
        )
        return (page, print_pdf(page, page.with_suffix(".pdf"), printed)) if printed else (page,)
    with replacing_folder(folder) as new:
        write_report(database, new, edition=edition, before=before)
        if edition and edition.organisation is None:
            write_letter(database, new / LETTER, edition)
        pages = sorted((new / PRINCIPALS).glob("*.html")) if principal else [new / INDEX]
        pdfs = [
            print_pdf(page, new / PDF if page.name == INDEX else page.with_suffix(".pdf"), printed)
            for page in pages
            if printed
        ]
        names = [path.relative_to(new) for path in (*pages, *pdfs)]
    return tuple(folder / name for name in names)


def letter(settings: Settings, issue_id: str) -> Path:
    """Build the issue's draft with the skeleton of its tjänsteutlåtande and return that, so that both tell of the same
    figures. Raises ConfigError when it is decided: then the folder already has it.
    """
    frozen.refuse_if_decided(settings, issue_id)
    build(settings, issue_id)
    return frozen.report_folder(settings, issue_id) / LETTER


def to_approve(settings: Settings, issue_id: str, *, approved_too: bool) -> str:
    """The automatic sentences that nobody has approved yet, as lines for the issue's entry; empty without any.

    approved_too: also of the other målområden, with what was approved as comments above them.
    """
    catalog = load_catalog(settings.catalog_dir)
    follow_up = find_follow_up(catalog, issue_id, settings.catalog_dir)
    approved = {approval.goal_area: approval for approval in follow_up.approved}
    done = {} if approved_too else approved
    with issue_database(settings, catalog, frozen.find(settings, issue_id), None) as database:
        automatic = {goal: lines for goal, lines in sentences(database).items() if goal not in done}
    lines = [] if done or not automatic else ["    sammanfattning:"]
    for goal, texts in automatic.items():
        lines += [f"      - malomrade: {goal}"]
        if approval := approved.get(goal):
            state = "som de automatiska" if approval.sentences == texts else "inte som de automatiska"
            lines += [f"        # godkända av {approval.by} {approval.day}, {state}:"]
            lines += [f"        # - {json.dumps(text, ensure_ascii=False)}" for text in approval.sentences]
        lines += ["        meningar:"]
        lines += [f"          - {json.dumps(text, ensure_ascii=False)}" for text in texts]
        lines += ["        godkand_av: ", "        datum: "]
    return "".join(f"{line}\n" for line in lines)


def before_of(settings: Settings, issues: Sequence[editions.Issue], issue: editions.Issue | None) -> Baseline | None:
    """The newest version of the nearest earlier issue that is frozen here; of the newest issue for None."""
    earlier = [other for other in issues if issue is None or other.row.nr < issue.row.nr]
    for other in reversed(earlier):
        if (frozen_version := frozen.find(settings, other.id)) is not None:
            return Baseline(frozen_version.database, other, frozen_version.version)
    return None


def baseline_for_draft(settings: Settings, database: Path) -> Baseline | None:
    """What tonight's draft is compared with."""
    issues = editions.load_issues(database)
    return before_of(settings, issues, editions.tonight(issues).issue)


def start_page(settings: Settings, catalog: Catalog, publication: Publication | None = None) -> Path | None:
    """Rewrite the start page with the issues of the YAML file; None when nothing has been published yet.

    publication: which one's; what readers have by default.
    """
    publication = publication or settings.publication
    if not publication.database.exists():
        return None
    issues = issues_of(catalog.follow_ups)
    return write_start_page(publication.database, publication.start_page, issues, settings.report_dir)


def make_files(
    settings: Settings,
    new_version: Frozen,
    folder: Path,
    edition: editions.Edition,
    before: Baseline | None,
    *,
    without_pdf: bool,
) -> None:
    """Everything of a decided version into `folder`: report, changes, workbook, letter, PDF, PNG and archive pack."""
    assert edition.issue is not None
    write_report(new_version.database, folder, edition=edition, before=before)
    write_letter(new_version.database, folder / LETTER, edition)
    if not without_pdf:
        print_pdf(folder / INDEX, folder / PDF, new_version.as_of)
        write_pngs(folder / PICTURES)
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".export-") as name:
        export = Path(name) / "export"
        export_all(new_version.database, Path(name) / "parquet", export)
        # It has checksums of files in other folders; the pack has its own.
        (export / CHECKSUMS).unlink()
        shutil.copyfile(export / WORKBOOK, folder / WORKBOOK)
        files = {f"{pack.REPORT}/{name}": folder / name for name in frozen.checksums(folder)}
        # The workbook is there once, with the other exports.
        files.pop(f"{pack.REPORT}/{WORKBOOK}")
        files |= {
            f"{pack.EXPORT}/{f.relative_to(export).as_posix()}": f for f in sorted(export.rglob("*")) if f.is_file()
        }
        files |= {f"innehall/{file.name}": file for file in sorted(new_version.content.iterdir())}
        files[CATALOGUE] = new_version.folder / CATALOGUE
        manifest = pack.manifest_of(new_version, _named(edition.issue, edition.version), _versions())
        pack.pack(folder / ARCHIVE, files, manifest, pack.requests_csv(settings, new_version.as_of))


@contextmanager
def issue_database(
    settings: Settings, catalog: Catalog, frozen_version: Frozen | None, as_of: datetime | None
) -> Iterator[Path]:
    """The database of the issue, in a folder of its own for as long as it is needed."""
    if frozen_version is not None:
        frozen.check(frozen_version)
    else:
        require_published(settings.published)
    with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix=".rapport-") as name:
        target = Path(name) / DATABASE
        if frozen_version is None:
            if as_of is None:
                yield with_follow_ups(settings.published, target, catalog.follow_ups)
            else:
                yield rebuild_as_of(settings.published, target, as_of, content_of(settings, catalog, as_of))
            return
        follow_ups = load_catalog(frozen_version.content).follow_ups if frozen_version.decided else catalog.follow_ups
        if as_of is None:
            yield with_follow_ups(frozen_version.database, target, follow_ups)
        else:
            yield rebuild_version(settings, frozen_version, follow_ups, target)


def _compared(
    settings: Settings, frozen_version: Frozen, database: Path, organisation: str | None, principal: str | None
) -> Built:
    """Rebuild the decided report, and compare every file of it, and every file that is there, with what was decided."""
    issue_id = str(frozen_version.manifest["uppfoljning"])
    edition = editions.edition(
        editions.load_issues(database), issue_id, organisation=organisation, version=frozen_version.version
    )
    folder = frozen.report_folder(settings, issue_id, frozen_version.version)
    decided: dict[str, str] = frozen_version.manifest["rapport"]
    if faults := frozen.differences(decided, frozen.report_checksums(folder)):
        raise MalbildError(f"{folder} is not the report that was decided: {faults[0]} → restore it from a backup")
    with tempfile.TemporaryDirectory() as name:
        before = frozen_before(settings, frozen_version, edition)
        write_report(database, Path(name), edition=edition, before=before)
        write_letter(database, Path(name) / LETTER, edition)
        rebuilt = frozen.checksums(Path(name))
    same = rebuilt == {name: digest for name, digest in decided.items() if not _made_once(name)}
    page = folder / PRINCIPALS / f"{principal}.html" if principal else folder / INDEX
    return Built((page if page.is_file() else folder / INDEX,), same)


def _made_once(name: str) -> bool:
    """Whether a file of the report is made with the decision and not again: other programs have a part in it."""
    return name in (PDF, WORKBOOK, ARCHIVE) or name.endswith(".png")


def frozen_before(settings: Settings, frozen_version: Frozen, edition: editions.Edition) -> Baseline | None:
    """What a decided version was compared with, as its manifest says."""
    against = frozen_version.manifest.get("jamford_med")
    if against is None:
        return None
    issue = editions.find(edition.issues, against["uppfoljning"])
    other = frozen.find(settings, issue.id, against["version"])
    folder = frozen.folder_of(settings, issue.id, against["version"])
    return Baseline(other.database if other else folder / DATABASE, issue, against["version"])


def issues_of(follow_ups: Sequence[FollowUp]) -> tuple[editions.Issue, ...]:
    return editions.issues({table: frame_rows(frame) for table, frame in follow_up_frames(follow_ups).items()})


def _named(issue: editions.Issue, version: int) -> dict[str, object]:
    rectified = issue.rectification(version)
    row = issue.row
    return {
        "nr": row.nr,
        "namn": row.namn,
        "status": DECIDED,
        "diarienummer": row.diarienummer,
        "dokumentnummer": row.dokumentnummer,
        "faststalld": row.faststalld.isoformat() if row.faststalld else None,
        "rattelse": {"datum": rectified.datum.isoformat(), "orsak": rectified.skal} if rectified else None,
    }


def _versions() -> dict[str, str]:
    return {"malbild": __version__, "python": platform.python_version(), "duckdb": duckdb.__version__}
