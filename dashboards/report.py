"""The report as one self-contained HTML file, from the published database alone.

Assembles the sections of `pages` in `templates`, with the style sheet, the chart library and the figures inside, so
that the file can be read from disk, archived and printed without any request. Nothing depends on the clock or the
machine: the same data give the same bytes. What the sections say is not decided here.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from dashboards.csvfiles import csv_files
from dashboards.data import Published, load
from dashboards.figures.style import template_as_json
from dashboards.pages import attribution
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
from dashboards.pages.summary import summary

_HERE = Path(__file__).parent
# Runs before the body is drawn, so that room is kept for the charts only where they will be drawn.
_HEAD_SCRIPT = 'document.documentElement.classList.add("js")'


def build_report(database: Path, target: Path, *, principal: str | None = None) -> Path:
    """Write the report on `database` (analys.duckdb) to `target`, atomically, and return `target`.

    principal: the id of the one principal to report on, such as '0484'; all ten by default.
    Raises ConfigError when there is no database, no finished run, or no such principal; MalbildError when synthetic and
    real values meet.
    """
    published = load(database, principal=principal)
    text = render(published, principal=published.principals[0].name if principal else None)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.tmp")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(target)
    for path, contents in csv_files(published).items():
        beside = target.parent / path
        beside.parent.mkdir(exist_ok=True)
        beside.write_bytes(contents)
    return target


def render(published: Published, *, principal: str | None = None) -> str:
    """The whole page. `principal`: the name of the one principal that it is about."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests["reference"] = lambda entry: isinstance(entry, Reference)
    environment.tests["measure_reference"] = lambda entry: isinstance(entry, MeasureReference)
    scripts = {"head": _HEAD_SCRIPT, "plotly": _static("plotly-basic.min.js"), "boot": _static("boot.js")}
    mark = attribution.mark(published.run.source)
    content = published.content
    goals, lansdelar, principals = goal_sections(published), part_pages(published), principal_pages(published)
    return environment.get_template("report.html").render(
        cover=cover(published, principal),
        overview=overview(published),
        matrix=matrix(published),
        summary=summary(published),
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
        contents=_contents(goals, lansdelar, principals),
        method=method(published),
        mark=mark,
        page_mark=_css_string(mark) if mark else None,
        policy=_policy(scripts.values()),
        scripts={name: Markup(text) for name, text in scripts.items()},
        chart_template=Markup(template_as_json()),
        css=Markup(_static("report.css") + _static("kpi.css") + _static("content.css")),
    )


def _contents(
    goals: Sequence[GoalSection], lansdelar: Sequence[PartPage], principals: Sequence[PrincipalPage]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Anchor and name of every part, with those of its own parts."""
    return [
        ("sammanfattning", "Sammanfattning", []),
        ("styrkedja", "Styrkedjan", []),
        ("overblick", "Vad uppföljningen täcker", []),
        ("oversikt", "Mått för mått, huvudman för huvudman", []),
        *(
            (goal.anchor, goal.name, [(indicator.anchor, indicator.name) for indicator in goal.indicators])
            for goal in goals
        ),
        ("lansdelar", "Länsdelarna", [(part.anchor, part.name) for part in lansdelar]),
        ("huvudman", "Huvudmännen", [(one.anchor, one.name) for one in principals]),
        ("fokusomraden", "Fokusområden och målsättningar", []),
        ("satsningar", "Gemensamma satsningar", []),
        ("trygghet", "Trygga patienter", []),
        ("matproblem", "Mätproblem", []),
        ("harnast", "Vad kommer härnäst", []),
        ("att-bekrafta", "Att bekräfta av ägarna", []),
        ("metod", "Metod och källor", []),
        ("tillganglighet", "Tillgänglighetsredogörelse", []),
    ]


def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


def _policy(scripts: Iterable[str]) -> str:
    """No requests at all, and no script but the ones that we put in, told by their hashes."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts
    )
    # Plotly writes style attributes and a <style> of its own; it makes images as data or blob addresses.
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _css_string(text: str) -> Markup:
    """A CSS string literal in which every character that could end it is escaped."""
    return Markup(
        '"' + "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):x} " for c in text) + '"'
    )
