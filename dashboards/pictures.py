"""bilder/<mått>/<figur>.svg: every figure of the mått as a file that says itself what it shows and whose it is.

A figure has the same name from issue to issue. Here is which words stand around it; how they are laid out is
`figures.picture`. PNG is made of these files where there is a browser (`pipelines.followups.pictures`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards import formatting
from dashboards.context import Report
from dashboards.figures.picture import Picture, picture_svg
from dashboards.kpi.charts import Chart
from dashboards.pages import attribution, links, organisation
from dashboards.pages.measures import Block, MeasurePage


def picture_files(report: Report, measures: Sequence[MeasurePage]) -> dict[str, bytes]:
    """Path in the report's folder → contents."""
    return {
        links.picture(page.id, chart.name): picture_svg(_picture(report, page, block, chart)).encode()
        for page in measures
        for block in page.blocks
        for chart in block.every_chart
    }


def _picture(report: Report, page: MeasurePage, block: Block, chart: Chart) -> Picture:
    return Picture(
        title=block.name,
        heading=f"{chart.heading} ({block.kpi_id})",
        sentences=block.gender if chart is block.gender_chart else block.answer.lead,
        drawing=chart.drawing,
        key=chart.key,
        notes=chart.notes,
        source=tuple(_source(report, page, block, chart)),
        mark=attribution.mark(block.source),
        spoken=chart.spoken,
    )


def _source(report: Report, page: MeasurePage, block: Block, chart: Chart) -> Iterator[str]:
    """Whose the figures are, of when, and where they are shown with their tables."""
    published, edition = report.published, report.edition
    if chart.corrected:
        yield f"{chart.source}."
    yield attribution.page_line(block.source, corrected=chart.corrected)
    issue = edition.issue.title if edition.issue else None
    name = ", ".join(part for part in (organisation.heading(published.content), issue, edition.status.lower()) if part)
    yield f"Data hämtade t.o.m. {formatting.day(published.run.finished)}. {name}: {links.measure_page(page.id)}"
