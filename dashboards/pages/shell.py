"""What every page beside the index carries: its place in the report, the ways on, whose figures they are."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.context import Report
from dashboards.pages import attribution, links, organisation
from dashboards.template import environment, shared_policy

STYLE, PLOTLY, CHARTS, SEARCH = "rapport.css", "plotly-basic.min.js", "diagram.js", "sok.js"
# The parts of the report, in the order of every page's navigation.
_PARTS = (
    links.LAGET,
    links.LIKVARDIGHET,
    links.SEDAN,
    links.STYRKEDJA,
    links.SATSNINGAR,
    links.SJALVSKATTNING,
    links.BEKRAFTA,
    links.METOD,
    links.NYCKELTAL,
    links.LATTLAST,
)


def page(
    report: Report, template: str, path: str, title: str, *, scripts: tuple[str, ...] = (), **content: object
) -> str:
    """A page at `path` of the report's folder, from a template that extends shell.html; content: what that needs."""
    return environment().get_template(template).render(_shell(report, path, title, scripts), **content)


def _shell(report: Report, path: str, title: str, scripts: tuple[str, ...]) -> Mapping[str, object]:
    published, edition = report.published, report.edition
    return {
        "title": title,
        "root": "../" * path.count("/"),
        "path": path,
        "report_title": organisation.heading(published.content),
        "edition": edition.name,
        "parts_of_report": [(part, links.NAMES[part]) for part in _PARTS],
        "index": links.INDEX,
        "statement": (links.TILLGANGLIGHET, links.NAMES[links.TILLGANGLIGHET]),
        **attribution.marks(published.run.source),
        "watermark": edition.watermark,
        "fetched": attribution.fetched(published.run),
        "provenance": attribution.page_line(published.run.source, corrected=published.corrected),
        "proposal": organisation.proposal(published.content),
        "steering": organisation.steering(published.content),
        "style": STYLE,
        "scripts": scripts,
        "policy": shared_policy(scripts=bool(scripts)),
    }
