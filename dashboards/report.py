"""The report as one self-contained HTML file, from the published database alone.

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
from dashboards.pages.matrix import matrix
from dashboards.pages.method import method
from dashboards.pages.overview import overview
from dashboards.pages.principals import PartPage, PrincipalPage, part_pages, principal_pages
from dashboards.pages.safety import safety
from dashboards.pages.since import since_page
from dashboards.pages.summary import summary
from dashboards.reading.changes import Baseline, IssueDiff, as_csv, diff_from_issue, diff_from_run_before
from dashboards.reading.follow_ups import Edition, load_issues, tonight
from dashboards.reading.published import Published, load, load_head
from dashboards.template import css_string, environment, policy, static
from pipelines.files import write_file

# Runs before the body is drawn, so that room is kept for the charts only where they will be drawn.
_HEAD_SCRIPT = 'document.documentElement.classList.add("js")'


def build_report(
    database: Path,
    target: Path,
    *,
    principal: str | None = None,
    edition: Edition | None = None,
    before: Baseline | None = None,
) -> Path:
    """Write the report on `database` (analys.duckdb) to `target`, atomically, and return `target`.

    principal: the id of the one principal to report on, such as '0484'; all ten by default. edition: which uppföljning
    it is; tonight's draft by default. before: what it is compared with; the run before by default.
    Raises ConfigError when there is no database, no finished run, or no such principal; MalbildError when synthetic and
    real values meet.
    """
    published = load(database, principal=principal)
    edition, diff = _context(database, edition, before)
    name = published.principals[0].name if principal else None
    write_file(target, render(published, edition, diff, principal=name))
    write_csv(published, target.parent)
    return target


def build_reports(
    database: Path,
    folder: Path,
    *,
    edition: Edition | None = None,
    before: Baseline | None = None,
    whole: bool = True,
) -> list[Path]:
    """`<id>.html` for each principal, and index.html for all of them (`whole`), from one reading of the database."""
    published = load(database)
    edition, diff = _context(database, edition, before)
    pages: dict[str, tuple[Published, str | None]] = {"index.html": (published, None)} if whole else {}
    pages |= {f"{area.id}.html": (narrowed, area.name) for area, narrowed in split_by_principal(published, database)}
    for name, (extract, principal) in pages.items():
        write_file(folder / name, render(extract, edition, diff, principal=principal))
        write_csv(extract, folder)
    return [folder / name for name in pages]


def write_csv(published: Published, folder: Path) -> None:
    """The files of each mått that the page links to, beside it."""
    for path, contents in csv_files(published).items():
        write_file(folder / path, contents)


def changes_csv(database: Path, before: Baseline | None) -> str:
    """What the section on changes says and more, as CSV."""
    run, _, _ = load_head(database)
    return as_csv(_diff(database, before), attribution.own(run.source))


def _context(database: Path, edition: Edition | None, before: Baseline | None) -> tuple[Edition, IssueDiff]:
    return edition or tonight(load_issues(database)), _diff(database, before)


def _diff(database: Path, before: Baseline | None) -> IssueDiff:
    return diff_from_issue(database, before) if before else diff_from_run_before(database)


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
