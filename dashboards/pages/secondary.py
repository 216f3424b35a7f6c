"""The pages beside mått and huvudmän, each from its own module and template, and the files that all pages share."""

from __future__ import annotations

from dashboards.context import Report
from dashboards.figures.style import TEMPLATE, as_json
from dashboards.pages import answered, attribution, links, organisation, shell
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
    published = report.published
    content = published.content
    names = links.NAMES
    pages = {
        links.STYRKEDJA: shell.page(
            report, "chain.html", links.STYRKEDJA, names[links.STYRKEDJA], chain=chain(published, content)
        ),
        links.SATSNINGAR: shell.page(
            report,
            "initiatives.html",
            links.SATSNINGAR,
            names[links.SATSNINGAR],
            focus=focus(published, content),
            initiatives=initiatives(published, content),
            safety=safety(published, content),
        ),
        links.SJALVSKATTNING: shell.page(
            report,
            "self_assessment.html",
            links.SJALVSKATTNING,
            names[links.SJALVSKATTNING],
            assessment=self_assessment(content, report.edition),
        ),
        links.BEKRAFTA: shell.page(
            report,
            "confirm.html",
            links.BEKRAFTA,
            names[links.BEKRAFTA],
            confirm=confirm(published, content),
            waiting=_waiting(report),
        ),
        links.METOD: shell.page(
            report,
            "method.html",
            links.METOD,
            names[links.METOD],
            method=method(published),
            caveats=caveats(published, content),
            calendar=calendar(published),
        ),
        links.NYCKELTAL: shell.page(
            report,
            "kpi_list.html",
            links.NYCKELTAL,
            names[links.NYCKELTAL],
            scripts=(shell.SEARCH,),
            rows=kpi_rows(published),
        ),
        links.TILLGANGLIGHET: shell.page(
            report,
            "accessibility.html",
            links.TILLGANGLIGHET,
            names[links.TILLGANGLIGHET],
            name=organisation.heading(content),
        ),
    }
    for language in languages():
        easy = easy_read(report, language)
        pages[easy_path(language)] = shell.page(report, "easy_read.html", easy_path(language), language.name, easy=easy)
    for part in sub_counties(report):
        path = links.part_page(part.number)
        pages[path] = shell.page(
            report, "sub_county.html", path, part.name, part=part, own=attribution.own(published.run.source)
        )
    return pages


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
