"""The pages beside mått and huvudmän, each from its own module and template, and the files that all pages share."""

from __future__ import annotations

from typing import Any

from dashboards.context import Report
from dashboards.figures.style import TEMPLATE, as_json
from dashboards.pages import answered, links, organisation, shell
from dashboards.pages.calendar import calendar
from dashboards.pages.caveats import caveats
from dashboards.pages.chain import chain
from dashboards.pages.confirm import confirm
from dashboards.pages.easy_read import easy_read, languages
from dashboards.pages.easy_read import path as easy_path
from dashboards.pages.focus import focus
from dashboards.pages.initiatives import initiatives
from dashboards.pages.kpi_list import kpi_rows
from dashboards.pages.method import method
from dashboards.pages.safety import safety
from dashboards.pages.self_assessment import self_assessment
from dashboards.pages.sub_counties import sub_counties
from dashboards.template import static


def secondary_pages(report: Report) -> dict[str, str]:
    """Path → HTML of every page that is neither the index, nor a mått's, nor a satsning's, nor a huvudman's."""
    pages = {
        path: shell.page(report, template, path, links.NAMES[path], **content)
        for path, (template, content) in _named_pages(report).items()
    }
    for language in languages():
        path, easy = easy_path(language), easy_read(report, language)
        pages[path] = shell.page(report, "easy_read.html", path, language.name, easy=easy)
    for part in sub_counties(report):
        path = links.part_page(part.number)
        pages[path] = shell.page(report, "sub_county.html", path, part.name, part=part)
    return pages


def _named_pages(report: Report) -> dict[str, tuple[str, dict[str, Any]]]:
    """Path → template and what it needs, of the pages that have a name in `links`."""
    published, content = report.published, report.published.content
    return {
        links.STYRKEDJA: ("chain.html", {"chain": chain(published, content)}),
        links.SATSNINGAR: (
            "initiatives.html",
            {
                "focus": focus(published, content),
                "initiatives": initiatives(published, content),
                "safety": safety(published, content),
            },
        ),
        links.SJALVSKATTNING: ("self_assessment.html", {"assessment": self_assessment(content, report.edition)}),
        links.BEKRAFTA: ("confirm.html", {"confirm": confirm(published, content), "waiting": _waiting(report)}),
        links.METOD: (
            "method.html",
            {
                "method": method(published),
                "caveats": caveats(published, content),
                "calendar": calendar(published),
            },
        ),
        links.NYCKELTAL: ("kpi_list.html", {"scripts": (shell.SEARCH,), "rows": kpi_rows(published)}),
        links.TILLGANGLIGHET: ("accessibility.html", {"name": organisation.heading(content)}),
    }


def _waiting(report: Report) -> str:
    """Whose answers are missing, when an issue is planned."""
    issue = report.edition.issue
    return answered.waiting_line(report.published.content, issue.id, issue.title) if issue else ""


def shared_files() -> dict[str, bytes]:
    """Path → contents of what lies beside the pages: style, chart library, scripts."""
    script = static(shell.CHARTS).replace("/* mall */ {}", as_json(TEMPLATE))
    return {
        shell.STYLE: static(shell.STYLE).encode(),
        shell.PLOTLY: static(shell.PLOTLY).encode(),
        shell.CHARTS: script.encode(),
        shell.SEARCH: static(shell.SEARCH).encode(),
    }
