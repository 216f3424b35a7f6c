"""The report as a folder of pages, from the published database alone.

Nothing depends on the clock or the machine: the same data give the same bytes. What the pages say is not decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from dashboards.context import Report
from dashboards.csvfiles import csv_files
from dashboards.pages import attribution, links, organisation, shell
from dashboards.pages.approved import approved
from dashboards.pages.county import BASELINE, indicator_tables
from dashboards.pages.cover import cover
from dashboards.pages.matrix import matrix
from dashboards.pages.measures import measure_pages
from dashboards.pages.overview import overview
from dashboards.pages.principals import principal_pages
from dashboards.pages.secondary import secondary_pages, shared_files
from dashboards.pages.since import since_page
from dashboards.pages.summary import summary
from dashboards.reading.changes import Baseline, IssueDiff, as_csv, diff_from_issue, diff_from_run_before
from dashboards.reading.follow_ups import Edition, load_issues, tonight
from dashboards.reading.published import Published, load, load_head
from dashboards.template import css_string, environment, policy, static
from pipelines.errors import ConfigError
from pipelines.files import write_file


def build_report(
    database: Path, folder: Path, *, edition: Edition | None = None, before: Baseline | None = None
) -> Path:
    """Write the report on `database` (analys.duckdb) to `folder` and return its index.html.

    edition: which uppföljning it is; tonight's draft by default. before: what it is compared with; the run before by
    default. Raises ConfigError when there is no database or no finished run; MalbildError when synthetic and real
    values meet.
    """
    edition, diff = _context(database, edition, before)
    for path, contents in render_report(load(database), edition, diff).items():
        write_file(folder / path, contents)
    return folder / links.INDEX


def build_principal(
    database: Path, target: Path, principal: str, *, edition: Edition | None = None, before: Baseline | None = None
) -> Path:
    """Write one huvudman's page alone to `target` and return it. Raises as `build_report`, and ConfigError when there
    is no such huvudman.
    """
    published = load(database)
    edition, diff = _context(database, edition, before)
    by_id = {area.id: area for area in published.principals}
    if principal not in by_id:
        known = ", ".join(f"{area.id} {area.name}" for area in published.principals)
        raise ConfigError(f"--huvudman {principal}: not one of the målbild's principals → choose one of {known}")
    pages = _principal_pages(Report(published, edition, diff))
    write_file(target, pages[links.principal_page(by_id[principal])])
    return target


def changes_csv(database: Path, before: Baseline | None) -> str:
    """What the section on changes says and more, as CSV."""
    run, _, _ = load_head(database)
    return as_csv(_diff(database, before), attribution.own(run.source))


def _context(database: Path, edition: Edition | None, before: Baseline | None) -> tuple[Edition, IssueDiff]:
    return edition or tonight(load_issues(database)), _diff(database, before)


def _diff(database: Path, before: Baseline | None) -> IssueDiff:
    return diff_from_issue(database, before) if before else diff_from_run_before(database)


def render_report(published: Published, edition: Edition, diff: IssueDiff) -> dict[str, bytes]:
    """Path in the report's folder → contents, of everything in it."""
    report = Report(published, edition, diff)
    pages = {
        links.INDEX: _index(report),
        **_principal_pages(report),
        **measure_pages(report),
        **secondary_pages(report),
    }
    return {path: text.encode() for path, text in pages.items()} | shared_files() | csv_files(published)


def _principal_pages(report: Report) -> dict[str, str]:
    """Path → HTML of each huvudman's page."""
    own = attribution.own(report.published.run.source)
    pages = zip(report.published.principals, principal_pages(report.published), strict=True)
    return {
        links.principal_page(area): shell.page(
            report, "principals.html", links.principal_page(area), area.name, p=page, own=own
        )
        for area, page in pages
    }


def _index(report: Report) -> str:
    published, edition = report.published, report.edition
    mark = attribution.mark(published.run.source)
    since = since_page(report.diff, published, edition)
    content = published.content
    tables = indicator_tables(published)
    return (
        environment()
        .get_template("report.html")
        .render(
            cover=cover(published, None, edition),
            watermark=edition.watermark,
            steering=organisation.steering(content),
            divided=bool(content["lansdel"]),
            since=since,
            overview=overview(published),
            matrix=matrix(published),
            summary=approved(summary(published), published, edition),
            goals=tables,
            baseline=BASELINE,
            principals=[(area.name, links.principal_page(area)) for area in published.principals],
            contents=_contents(since.heading, [(goal.anchor, goal.name) for goal in tables]),
            other=[(part, links.NAMES[part]) for part in links.NAMES if "#" not in part],
            mark=mark,
            page_mark=css_string(mark) if mark else None,
            policy=policy(()),
            css=Markup(static("report.css") + static("kpi.css") + static("content.css")),
        )
    )


def _contents(since: str, goals: Sequence[tuple[str, str]]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Anchor and name of every part, with those of its own parts."""
    return [
        ("sammanfattning", "Sammanfattning", []),
        ("sedan", since, []),
        ("overblick", "Vad uppföljningen täcker", []),
        ("oversikt", "Mått för mått, huvudman för huvudman", []),
        *((anchor, name, []) for anchor, name in goals),
        ("huvudman", "Huvudmännen", []),
    ]
