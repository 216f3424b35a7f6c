"""Profiles: the huvudmän's two pages for any kommun or region of the country, and the page that lists them by county.

The pages are the report's own (`pages.sheets`). What is compared with what, and from which database, is
`pipelines.counties.profiles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards import formatting
from dashboards.context import Report
from dashboards.pages import attribution, links, sheets
from dashboards.reading.changes import IssueDiff
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import load, load_head
from dashboards.template import environment, standalone


@dataclass(frozen=True, slots=True)
class County:
    """A county of the list: its name, and address and name of its profiles, the region last."""

    name: str
    profiles: tuple[tuple[str, str], ...]


def county_profiles(database: Path, *, listed: bool) -> list[tuple[str, str, str]]:
    """(area id, name, page) of every huvudman of a database, in the report's order. listed: the page that lists all
    profiles is beside them.

    Raises as `load`.
    """
    published = load(database)
    nav = [(links.INDEX, "Alla profiler")] if listed else []
    pages = sheets.profiles(Report(published, Edition(None), IssueDiff(), as_profiles=True), nav)
    return [(area.id, area.name, pages[area.id]) for area in published.principals]


def index_page(database: Path, counties: Sequence[County]) -> str:
    """index.html beside the profiles: every county with its kommuner and its region; can be searched."""
    run, _, _ = load_head(database)
    return (
        environment()
        .get_template("profiles.html")
        .render(
            **attribution.marks(run.source),
            **standalone("start.css", "sok.js"),
            source=attribution.page_line(run.source, corrected=False),
            fetched=formatting.day(run.finished),
            counties=counties,
            count=sum(len(county.profiles) for county in counties),
        )
    )


def profile_page(area_id: str) -> str:
    """The file of a profile."""
    return f"{area_id}.html"
