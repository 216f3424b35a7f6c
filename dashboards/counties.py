"""The page that lists the counties' reports, and how fresh each is. Only files beside it are linked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards import formatting
from dashboards.pages import attribution, organisation
from dashboards.reading.published import load_head
from dashboards.template import environment, standalone
from pipelines.files import write_file


@dataclass(frozen=True, slots=True)
class Entry:
    """A county with a report: its name, its published database, and the report's address from the page."""

    county: str
    database: Path
    href: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the page says about a county."""

    county: str
    href: str
    title: str
    description: str


def write_county_page(entries: Sequence[Entry], published: Path, target: Path) -> Path:
    """Write the page to `target` and return it. published: its newest run gives the marks of the page.

    Raises ConfigError when a database holds no finished run.
    """
    run, _, _ = load_head(published)
    text = (
        environment()
        .get_template("counties.html")
        .render(
            **attribution.marks(run.source),
            **standalone("start.css"),
            source=attribution.unchanged(run.source),
            lines=tuple(_lines(entries)),
        )
    )
    write_file(target, text)
    return target


def _lines(entries: Sequence[Entry]) -> Iterator[Line]:
    for entry in entries:
        run, principals, content = load_head(entry.database)
        kommuner = sum(area.kind == "kommun" for area in principals)
        members = (
            f"{formatting.count(kommuner)} kommun{'er' if kommuner != 1 else ''} och {organisation.region(content)}"
        )
        yield Line(
            entry.county,
            entry.href,
            organisation.heading(content),
            f"{members}; uppgifter hämtade {formatting.clock(run.finished)}",
        )
