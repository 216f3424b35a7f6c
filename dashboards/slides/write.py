"""A deck as a PowerPoint file: 16:9, native charts whose numbers can be edited, notes for the speaker.

What is said is in `content`; here is only where it stands. A line is a series for each run of years that may be joined,
over an axis of years that keeps their distances.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from dashboards import formatting
from dashboards.figures.model import COUNTRY, value_range
from dashboards.figures.style import BLUE, INK, ORANGE, RULE, SOFT
from dashboards.figures.svg_trend import ticks
from dashboards.slides.model import BAD, GOOD, RIKET, Bars, Deck, Lines, Table

_WIDTH, _HEIGHT, _MARGIN = 13.333, 7.5, 0.6
_INNER = _WIDTH - 2 * _MARGIN
_TOP, _BOTTOM = 1.9, 6.45
_MARK = "#8f3606"
_BARS = {GOOD: BLUE, BAD: ORANGE, RIKET: INK}
# The layout of the default template that has a title and nothing else.
_TITLE_ONLY = 5


def deck_pptx(deck: Deck, made: datetime) -> bytes:
    """The file. made: the time of the figures, as its own date."""
    deck = _as_xml(deck)
    file = Presentation()
    file.slide_width, file.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
    properties = file.core_properties
    properties.title, properties.author, properties.language = deck.title, "malbild", "sv-SE"
    properties.created = properties.modified = made
    properties.last_modified_by, properties.revision = "malbild", 1
    count = len(deck.slides) + (1 if deck.cover else 0)
    if deck.cover:
        page = _page(file, deck, deck.title, 36, 1, count)
        _texts(page, deck.cover, _MARGIN, 2.4, _INNER, 3.0, 20)
    for number, slide in enumerate(deck.slides, start=count - len(deck.slides) + 1):
        size = 24 if len(slide.title) < 130 else 20 if len(slide.title) < 210 else 18
        page = _page(file, deck, slide.title, size, number, count)
        _texts(page, [slide.source], _MARGIN, 6.5, _INNER, 0.35, 11, color=SOFT)
        if slide.body:
            length = sum(map(len, slide.body))
            size = 20 if length < 700 else 16 if length < 1000 else 14
            _texts(page, slide.body, _MARGIN, _TOP + 0.2, _INNER, _BOTTOM - _TOP - 0.2, size, gap=10)
        if slide.table:
            _table(page, slide.table)
        wide = (_INNER - 0.3 * (len(slide.charts) - 1)) / max(1, len(slide.charts))
        for place, chart in enumerate(slide.charts):
            _chart(page, chart, _MARGIN + place * (wide + 0.3), wide)
        page.notes_slide.notes_text_frame.text = slide.notes
    output = io.BytesIO()
    file.save(output)
    return output.getvalue()


def _as_xml(value: Any) -> Any:
    """The same with every text as XML may hold it."""
    if isinstance(value, str):
        return formatting.xml_text(value)
    if isinstance(value, tuple):
        return tuple(map(_as_xml, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _as_xml(getattr(value, field.name)) for field in fields(value)})
    return value


def _page(file: Any, deck: Deck, title: str, size: int, number: int, count: int) -> Any:
    """A slide with its title, what must not be missed, and what the deck is."""
    page = file.slides.add_slide(file.slide_layouts[_TITLE_ONLY])
    heading = page.shapes.title
    heading.left, heading.top, heading.width, heading.height = map(Inches, (_MARGIN, 0.55, _INNER, 1.25))
    heading.text_frame.text = title
    heading.text_frame.word_wrap, heading.text_frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
    heading.text_frame.paragraphs[0].alignment = PP_ALIGN.LEFT
    _font(heading.text_frame.paragraphs[0].font, size, INK, bold=True)
    if deck.mark:
        band = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, Inches(_WIDTH), Inches(0.42))
        band.fill.solid()
        band.fill.fore_color.rgb = _rgb(_MARK)
        band.line.fill.background()
        band.text_frame.text = deck.mark
        _font(band.text_frame.paragraphs[0].font, 14, "#ffffff", bold=True)
    _texts(page, [deck.footer], _MARGIN, 6.9, _INNER - 1.2, 0.4, 11, color=SOFT)
    _texts(page, [f"{number} ({count})"], _WIDTH - _MARGIN - 1.1, 6.9, 1.1, 0.4, 11, color=SOFT, align=PP_ALIGN.RIGHT)
    return page


def _texts(
    page: Any,
    texts: Sequence[str],
    x: float,
    y: float,
    width: float,
    height: float,
    size: int,
    *,
    color: str = INK,
    gap: int = 0,
    align: Any = PP_ALIGN.LEFT,
) -> None:
    """Paragraphs in a box, inches from the corner."""
    frame = page.shapes.add_textbox(*map(Inches, (x, y, width, height))).text_frame
    frame.word_wrap = True
    for n, text in enumerate(texts):
        paragraph = frame.add_paragraph() if n else frame.paragraphs[0]
        paragraph.text, paragraph.alignment, paragraph.space_after = text, align, Pt(gap)
        _font(paragraph.font, size, color)


def _table(page: Any, table: Table) -> None:
    rows = [table.head, *table.rows]
    height = Inches(min(0.36, (_BOTTOM - _TOP) / len(rows)))
    frame = page.shapes.add_table(
        len(rows), len(table.head), Inches(_MARGIN), Inches(_TOP), Inches(_INNER), Emu(height * len(rows))
    )
    drawn = frame.table
    # Names, numbers, words.
    shares = (0.34, 0.1, 0.07, 0.1, 0.19, 0.2)
    for column, share in zip(drawn.columns, shares, strict=True):
        column.width = Inches(_INNER * share)
    for row, texts in zip(drawn.rows, rows, strict=True):
        row.height = height
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
            cell.margin_top = cell.margin_bottom = Inches(0.02)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            _font(cell.text_frame.paragraphs[0].font, 12, "#ffffff" if texts is table.head else INK)


def _chart(page: Any, chart: Lines | Bars, x: float, width: float) -> None:
    _texts(page, [chart.heading], x, _TOP - 0.1, width, 0.4, 14, color=SOFT)
    room = 0.35 if chart.note else 0.0
    box = map(Inches, (x, _TOP + 0.3, width, _BOTTOM - _TOP - 0.3 - room))
    frame = _lines(page, chart, box) if isinstance(chart, Lines) else _bars(page, chart, box)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", chart.spoken)
    if chart.note:
        _texts(page, [chart.note], x, _BOTTOM - room, width, room, 11, color=SOFT)


def _lines(page: Any, chart: Lines, box: Any) -> Any:
    pattern = _pattern(chart.decimals)
    data = XyChartData(number_format=pattern)
    for series in chart.series:
        added = data.add_series(series.name)
        for year, value in series.points:
            added.add_data_point(year, value)
    frame = page.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER_LINES, *box, data)
    drawn = frame.chart
    _dress(drawn, pattern)
    drawn.has_legend = len(chart.series) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    years, values = drawn.category_axis, drawn.value_axis
    first, last = chart.years
    years.major_unit = math.ceil((last - first + 2) / 7)
    years.minimum_scale, years.maximum_scale = first - 1, last + 1
    years.tick_labels.number_format, years.tick_labels.number_format_is_linked = "0", False
    years.has_major_gridlines = False
    low, high = value_range([value for series in chart.series for _, value in series.points])
    step = (steps := ticks(low, high))[1] - steps[0]
    values.minimum_scale, values.maximum_scale = math.floor(low / step) * step, math.ceil(high / step) * step
    values.major_unit = step
    ends = {kind: max(s.points[-1] for s in chart.series if s.kind == kind) for kind in {s.kind for s in chart.series}}
    highest = max(value for _, value in ends.values())
    for series, drawn_series in zip(chart.series, drawn.plots[0].series, strict=True):
        color, line = (INK if series.kind == COUNTRY else BLUE), drawn_series.format.line
        line.color.rgb, line.width = _rgb(color), Pt(1.5 if series.kind == COUNTRY else 3)
        if series.kind == COUNTRY:
            line.dash_style = MSO_LINE.DASH
        drawn_series.smooth = False
        marker = drawn_series.marker
        marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, 5 if series.kind == COUNTRY else 7
        marker.format.fill.solid()
        marker.format.fill.fore_color.rgb = _rgb(color)
        marker.format.line.color.rgb = _rgb(color)
        if series.points[-1] == ends[series.kind]:
            label = drawn_series.points[len(series.points) - 1].data_label
            label.has_text_frame = False
            label.position = XL_LABEL_POSITION.ABOVE if series.points[-1][1] == highest else XL_LABEL_POSITION.BELOW
            _font(label.font, 14, color, bold=True)
    return frame


def _bars(page: Any, chart: Bars, box: Any) -> Any:
    pattern = _pattern(chart.decimals)
    data = CategoryChartData(number_format=pattern)
    data.categories = [row.name for row in chart.rows]
    data.add_series(chart.heading, [row.value for row in chart.rows])
    frame = page.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *box, data)
    drawn = frame.chart
    _dress(drawn, pattern)
    drawn.has_legend = False
    drawn.category_axis.reverse_order = True
    drawn.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    drawn.value_axis.visible = False
    # The length of a bar is its value.
    drawn.value_axis.minimum_scale = min([0.0, *(row.value for row in chart.rows if row.value is not None)])
    drawn.value_axis.has_major_gridlines = False
    (plot,) = drawn.plots
    plot.gap_width, plot.has_data_labels = 45, True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = pattern, False
    plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
    for place, row in enumerate(chart.rows):
        fill = plot.series[0].points[place].format.fill
        fill.solid()
        fill.fore_color.rgb = _rgb(_BARS.get(row.kind, "#8a94a0"))
    return frame


def _dress(chart: Any, pattern: str) -> None:
    chart.has_title = False
    _font(chart.font, 12, INK)
    axis = chart.value_axis
    axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = pattern, False
    axis.major_gridlines.format.line.color.rgb = _rgb(RULE)
    axis.format.line.fill.background()


def _pattern(decimals: int) -> str:
    """How a program shows a number; the whole value is in the file."""
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _font(font: Any, size: int, color: str, *, bold: bool = False) -> None:
    font.size, font.bold, font.color.rgb = Pt(size), bold, _rgb(color)


def _rgb(color: str) -> RGBColor:
    return RGBColor(*bytes.fromhex(color.removeprefix("#")))
