"""bilder/<mått>/<figur>.svg, bilder/satsning-<id>/<figur>.svg: every figure with axes of its own as a file that says
itself what it shows and whose it is. The small drawings of index and huvudmän mean nothing without their rows.

A figure has the same name from issue to issue. Here is which words stand around it; how they are laid out is
`figures.picture`. PNG is made of these files where there is a browser (`pipelines.followups.pictures`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from dashboards.context import Report
from dashboards.figures.picture import Picture, picture_svg
from dashboards.kpi.charts import Chart
from dashboards.pages import attribution, links, organisation
from dashboards.pages.initiative import TIMELINE, TIMELINE_READING, InitiativePage
from dashboards.pages.measures import Block, MeasurePage
from dashboards.pages.periods import PeriodChart
from dashboards.template import static


def picture_files(
    report: Report, measures: Sequence[MeasurePage], initiatives: Sequence[InitiativePage]
) -> dict[str, bytes]:
    """Path in the report's folder → contents."""
    pictures = {
        links.picture(page.id, chart.name): _picture(report, page, block, chart)
        for page in measures
        for block in page.blocks
        for chart in block.every_chart
    }
    for page in measures:
        pictures |= {
            links.picture(page.id, chart.name): _of_periods(report, chart, links.measure_page(page.id))
            for chart in page.periods
        }
    for initiative in initiatives:
        path = links.initiative_page(initiative.id)
        pictures |= {
            links.initiative_picture(initiative.id, chart.name): _of_periods(report, chart, path)
            for chart in initiative.charts
        }
        if initiative.timeline:
            pictures[links.initiative_picture(initiative.id, TIMELINE)] = _over_time(report, initiative, path)
    return {path: picture_svg(picture).encode() for path, picture in pictures.items()}


def _picture(report: Report, page: MeasurePage, block: Block, chart: Chart) -> Picture:
    return Picture(
        title=block.name,
        heading=f"{chart.heading} ({block.kpi_id})",
        sentences=block.gender if chart is block.gender_chart else block.answer.lead,
        drawing=chart.drawing,
        key=chart.key,
        notes=chart.notes,
        source=(
            *([f"{chart.source}."] if chart.corrected else []),
            attribution.page_line(block.source, corrected=chart.corrected),
            _shown_at(report, links.measure_page(page.id)),
        ),
        mark=attribution.mark(block.source),
        spoken=chart.spoken,
    )


def _of_periods(report: Report, chart: PeriodChart, page: str) -> Picture:
    return Picture(
        title=chart.heading,
        heading=chart.table.caption,
        sentences=chart.sentences,
        drawing=chart.drawing,
        key=(),
        notes=(),
        source=(f"{chart.table.source}.", _shown_at(report, page)),
        mark=attribution.mark(report.published.run.source),
        spoken=" ".join(chart.sentences),
        styles=_styles(),
    )


def _over_time(report: Report, initiative: InitiativePage, page: str) -> Picture:
    source = report.published.run.source
    assert initiative.timeline is not None
    return Picture(
        title=initiative.name,
        heading="Siffror över tid",
        sentences=(TIMELINE_READING,),
        drawing=initiative.timeline.drawing,
        key=(),
        notes=(),
        source=(attribution.page_line(source, corrected=False), _shown_at(report, page)),
        mark=attribution.mark(source),
        spoken=initiative.timeline.spoken,
        styles=_styles(),
    )


@cache
def _styles() -> dict[str, str]:
    """Class → CSS of the drawings of months and quarters, as the pages have it, with its colours."""
    css = static("rapport.css")
    colors = dict(re.findall(r"^ *(--[a-z-]+): (#[0-9a-f]{6});", css, re.MULTILINE))
    rules = re.findall(r"^\.xmr \.(x-[a-z]+) { (.*?);? }$", css, re.MULTILINE)
    return {name: re.sub(r"var\((--[a-z-]+)\)", lambda match: colors[match[1]], rule) for name, rule in rules}


def _shown_at(report: Report, page: str) -> str:
    """Of when the figures are, and where they are shown with their tables."""
    published, edition = report.published, report.edition
    issue = edition.issue.title if edition.issue else None
    name = ", ".join(part for part in (organisation.heading(published.content), issue, edition.status.lower()) if part)
    return f"{attribution.fetched(published.run)}. {name}: {page}"
