"""The report as a folder of pages and CSV files, put in place together, from the published database alone.

Assembles the sections of `pages` in `templates`, with the style sheet, the chart library and the figures inside, so
that the file can be read from disk, archived and printed without any request. Nothing depends on the clock or the
machine: the same data give the same bytes. What the sections say is not decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from dashboards.csvfiles import csv_files
from dashboards.figures.style import template_as_json
from dashboards.narrow import split_by_principal
from dashboards.pages import attribution, organisation
from dashboards.pages.approved import approved
from dashboards.pages.calendar import calendar
from dashboards.pages.caveats import caveats
from dashboards.pages.chain import chain
from dashboards.pages.confirm import confirm
from dashboards.pages.county import BASELINE
from dashboards.pages.cover import cover
from dashboards.pages.focus import focus
from dashboards.pages.indicators import GoalSection, MeasureReference, Reference, goal_sections
from dashboards.pages.initiatives import initiatives
from dashboards.pages.links import INDEX, principal_page
from dashboards.pages.matrix import matrix
from dashboards.pages.method import method
from dashboards.pages.overview import overview
from dashboards.pages.principals import PartPage, PrincipalPage, part_pages, principal_pages
from dashboards.pages.safety import safety
from dashboards.pages.since import CSV_NAME, since_page
from dashboards.pages.summary import summary
from dashboards.reading.changes import Baseline, IssueDiff, as_csv, diff_from_issue, diff_from_run_before
from dashboards.reading.follow_ups import Edition, load_issues, tonight
from dashboards.reading.published import Published, load
from dashboards.template import css_string, environment, policy, static
from pipelines.files import replacing_folder, write_file, write_files

# Runs before the body is drawn, so that room is kept for the charts only where they will be drawn.
_HEAD_SCRIPT = 'document.documentElement.classList.add("js")'


def render_report(published: Published, edition: Edition, diff: IssueDiff) -> dict[str, bytes]:
    """Path in the report's folder → contents, of everything that a report is."""
    return {
        INDEX: render(published, edition, diff).encode(),
        CSV_NAME: as_csv(diff, attribution.own(published.run.source)).encode(),
        **csv_files(published),
    }


def write_report(
    database: Path, folder: Path, *, edition: Edition | None = None, before: Baseline | None = None
) -> None:
    """Write every file of the report on `database` (analys.duckdb) into a folder that nobody reads yet.

    edition: which uppföljning it is; tonight's draft by default. before: what it is compared with; the run before by
    default. Raises ConfigError when there is no database or no finished run; MalbildError when synthetic and real
    values meet.
    """
    published = load(database)
    edition, diff = _context(database, edition, before)
    write_files(folder, render_report(published, edition, diff))
    for area, narrowed in split_by_principal(published, database):
        write_files(folder, {principal_page(area): render(narrowed, edition, diff, principal=area.name).encode()})


def build_report(
    database: Path, folder: Path, *, edition: Edition | None = None, before: Baseline | None = None
) -> Path:
    """Put the report's `folder` in place, all files together (what else was there goes), and return its index.

    As `write_report`.
    """
    with replacing_folder(folder) as new:
        write_report(database, new, edition=edition, before=before)
    return folder / INDEX


def build_principal(
    database: Path, target: Path, principal: str, *, edition: Edition | None = None, before: Baseline | None = None
) -> Path:
    """Write the file of one principal, such as '0484', to `target`, and return it; it stands on its own.

    As `write_report`. Raises ConfigError when there is no such principal too.
    """
    published = load(database, principal=principal)
    edition, diff = _context(database, edition, before)
    write_file(target, render(published, edition, diff, principal=published.principals[0].name))
    return target


def _context(database: Path, edition: Edition | None, before: Baseline | None) -> tuple[Edition, IssueDiff]:
    diff = diff_from_issue(database, before) if before else diff_from_run_before(database)
    return edition or tonight(load_issues(database)), diff


def render(published: Published, edition: Edition, diff: IssueDiff, *, principal: str | None = None) -> str:
    """The whole page. `principal`: the name of the one principal that it is about."""
    templates = environment()
    templates.tests["reference"] = lambda entry: isinstance(entry, Reference)
    templates.tests["measure_reference"] = lambda entry: isinstance(entry, MeasureReference)
    scripts = {"head": _HEAD_SCRIPT, "plotly": static("plotly-basic.min.js"), "boot": static("boot.js")}
    mark = attribution.mark(published.run.source)
    since = since_page(diff, published, edition)
    content = published.content
    goals, lansdelar, principals = goal_sections(published), part_pages(published), principal_pages(published)
    return templates.get_template("report.html").render(
        cover=cover(published, principal, edition),
        watermark=edition.watermark,
        steering=organisation.steering(content),
        divided=bool(content["lansdel"]),
        definitions=content.definitions,
        since=since,
        overview=overview(published),
        matrix=matrix(published),
        summary=approved(summary(published), published, edition),
        goals=goals,
        baseline=BASELINE,
        parts_of_county=lansdelar,
        principals=principals,
        chain=chain(published, content),
        focus=focus(published, content),
        initiatives=initiatives(published, content),
        safety=safety(published, content),
        caveats=caveats(published, content),
        confirm=confirm(published, content),
        calendar=calendar(published),
        contents=_contents(since.heading, goals, lansdelar, principals),
        method=method(published),
        mark=mark,
        page_mark=css_string(mark) if mark else None,
        policy=policy(scripts.values()),
        scripts={name: Markup(text) for name, text in scripts.items()},
        chart_template=Markup(template_as_json()),
        css=Markup(static("report.css") + static("kpi.css") + static("content.css")),
    )


def _contents(
    since: str, goals: Sequence[GoalSection], lansdelar: Sequence[PartPage], principals: Sequence[PrincipalPage]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Anchor and name of every part, with those of its own parts."""
    return [
        ("sammanfattning", "Sammanfattning", []),
        ("sedan", since, []),
        ("styrkedja", "Styrkedjan", []),
        ("overblick", "Vad uppföljningen täcker", []),
        ("oversikt", "Mått för mått, huvudman för huvudman", []),
        *(
            (goal.anchor, goal.name, [(indicator.anchor, indicator.name) for indicator in goal.indicators])
            for goal in goals
        ),
        ("lansdelar", "Länsdelarna", [(part.anchor, part.name) for part in lansdelar]),
        ("huvudman", "Huvudmännen", [(page.anchor, page.name) for page in principals]),
        ("fokusomraden", "Fokusområden och målsättningar", []),
        ("satsningar", "Gemensamma satsningar", []),
        ("trygghet", "Trygga patienter", []),
        ("matproblem", "Mätproblem", []),
        ("harnast", "Vad kommer härnäst", []),
        ("att-bekrafta", "Att bekräfta av ägarna", []),
        ("metod", "Metod och källor", []),
        ("tillganglighet", "Tillgänglighetsredogörelse", []),
    ]
