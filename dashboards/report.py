"""The report as a folder of pages, pictures, CSV and JSON files, put in place together, from the published database.

Nothing depends on the clock or the machine: the same data give the same bytes. What the pages say is not decided here.
"""

from __future__ import annotations

from pathlib import Path

from dashboards.context import Report
from dashboards.csvfiles import csv_files
from dashboards.datafiles import data_files
from dashboards.pages import attribution, links, sheets
from dashboards.pages.huvudman import principal_sheets
from dashboards.pages.initiative import initiative_contents, initiative_pages
from dashboards.pages.measures import measure_contents, measure_pages
from dashboards.pages.secondary import secondary_pages, shared_files
from dashboards.pages.since import CSV_NAME
from dashboards.pictures import picture_files
from dashboards.reading.changes import Baseline, as_csv, diff_from_issue, diff_from_run_before
from dashboards.reading.follow_ups import Edition, load_issues, tonight
from dashboards.reading.published import load
from pipelines.errors import ConfigError
from pipelines.files import replacing_folder, write_file, write_files


def load_report(database: Path, *, edition: Edition | None = None, before: Baseline | None = None) -> Report:
    """What a report is made from; as `write_report`."""
    published = load(database)
    diff = diff_from_issue(database, before) if before else diff_from_run_before(database)
    return Report(published, edition or tonight(load_issues(database)), diff)


def render_report(report: Report) -> dict[str, bytes]:
    """Path in the report's folder → contents, of everything that a report is."""
    published, diff = report.published, report.diff
    measures, of_principals = measure_contents(published), principal_sheets(report)
    of_initiatives = initiative_contents(report)
    pages = {
        links.INDEX: sheets.index(report),
        **sheets.principals(report, of_principals),
        **measure_pages(report, measures),
        **initiative_pages(report, of_initiatives),
        **secondary_pages(report),
        CSV_NAME: as_csv(diff, attribution.own(published.run.source)),
    }
    return {
        **{path: text.encode() for path, text in pages.items()},
        **shared_files(),
        **csv_files(published),
        **data_files(report, measures, of_principals),
        **picture_files(report, measures, of_initiatives),
    }


def write_report(
    database: Path, folder: Path, *, edition: Edition | None = None, before: Baseline | None = None
) -> None:
    """Write every file of the report on `database` (analys.duckdb) into a folder that nobody reads yet.

    edition: which uppföljning it is; tonight's draft by default. before: what it is compared with; the run before by
    default. Raises ConfigError when there is no database or no finished run; MalbildError when synthetic and real
    values meet.
    """
    write_files(folder, render_report(load_report(database, edition=edition, before=before)))


def build_report(database: Path, folder: Path, *, before: Baseline | None = None) -> Path:
    """Put tonight's draft in place as `folder`, all files together (what else was there goes), and return its index.

    As `write_report`.
    """
    with replacing_folder(folder) as new:
        write_report(database, new, before=before)
    return folder / links.INDEX


def build_principal(
    database: Path, target: Path, principal: str, *, edition: Edition | None = None, before: Baseline | None = None
) -> Path:
    """Write the file of one huvudman, such as '0484', to `target`, and return it; it stands on its own.

    As `write_report`. Raises ConfigError when there is no such huvudman too.
    """
    report = load_report(database, edition=edition, before=before)
    by_id = {area.id: area for area in report.published.principals}
    if principal not in by_id:
        known = ", ".join(f"{area.id} {area.name}" for area in report.published.principals)
        raise ConfigError(f"--huvudman {principal}: not one of the målbild's principals → choose one of {known}")
    pages = sheets.principals(report, principal_sheets(report))
    write_file(target, pages[links.principal_page(by_id[principal])])
    return target
