"""A deck as a PPTX file: 16:9, native charts and tables, notes; the same bytes from the same deck.

What is on the slides is `content`. Nothing here knows a figure's meaning; here is where it stands and how large it is.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Emu, Inches, Pt

from dashboards import formatting
from dashboards.figures.model import APART, BETTER, COUNTRY, MAYBE_APART, MAYBE_BETTER, MAYBE_WORSE, WORSE
from dashboards.figures.style import BLUE, GREY, INK, ORANGE, RULE, SOFT
from dashboards.slides.model import Bars, Deck, Lines, Slide, Table

# The height of a slide, and the room between its edge and what stands on it, in inches.
_WIDTH, _HEIGHT, _MARGIN = 13.333, 7.5, 0.6
_INNER = _WIDTH - 2 * _MARGIN
_MARK = "#8f3606"
# The longest title in letters → its size in points; what is longer still is cut, and whole in the notes.
_TITLE_SIZES = ((95, 30), (170, 26), (240, 22), (330, 18), (395, 16), (560, 14), (760, 12))
_FONT = "Calibri"
# Layouts of the template that comes with python-pptx.
_TITLE_ONLY = 5
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

# Colour never speaks alone: the word stands at the name.
_FILLS = {
    BETTER: BLUE,
    MAYBE_BETTER: BLUE,
    WORSE: ORANGE,
    MAYBE_WORSE: ORANGE,
    APART: SOFT,
    MAYBE_APART: SOFT,
    COUNTRY: INK,
}
# What python-pptx gives has no types.
_Any = Any


def deck_pptx(deck: Deck, when: datetime) -> bytes:
    """The file. when: the time of the figures (UTC, naive), which is the file's date."""
    deck = _as_xml(deck)
    presentation = Presentation()
    presentation.slide_width, presentation.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
    properties = presentation.core_properties
    properties.title, properties.author, properties.language = deck.title, "malbild", "sv-SE"
    properties.last_modified_by, properties.comments = "malbild", deck.mark or ""
    properties.created = properties.modified = when
    if deck.subtitle:
        _first(presentation, deck)
    for number, slide in enumerate(deck.slides, start=2 if deck.subtitle else 1):
        _write(presentation, deck, slide, number)
    output = io.BytesIO()
    presentation.save(output)
    return _fixed(output.getvalue(), when)


def _as_xml(value: _Any) -> _Any:
    """The same with every text as XML may hold it."""
    if isinstance(value, str):
        return formatting.xml_text(value)
    if isinstance(value, tuple):
        return tuple(map(_as_xml, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _as_xml(getattr(value, field.name)) for field in fields(value)})
    return value


def _first(presentation: _Any, deck: Deck) -> None:
    page = presentation.slides.add_slide(presentation.slide_layouts[_TITLE_ONLY])
    _title(page, deck.title, top=2.2, height=1.4, size=40)
    _texts(page, deck.subtitle, top=3.7, height=2.4, size=20, color=SOFT)
    _mark(page, deck.mark)


def _write(presentation: _Any, deck: Deck, slide: Slide, number: int) -> None:
    page = presentation.slides.add_slide(presentation.slide_layouts[_TITLE_ONLY])
    most, size = next(((most, size) for most, size in _TITLE_SIZES if len(slide.title) <= most), _TITLE_SIZES[-1])
    title = slide.title if len(slide.title) <= most else f"{slide.title[: most - 1]}…"
    _title(page, title, top=0.5, height=1.3, size=size)
    if slide.body:
        _texts(page, slide.body, top=2.0, height=4.4, size=_body_size(slide.body), color=INK)
    if slide.table:
        _table(page, slide.table, top=1.9)
    width = (_INNER - 0.4 * (len(slide.charts) - 1)) / max(len(slide.charts), 1)
    for n, chart in enumerate(slide.charts):
        place = (_MARGIN + n * (width + 0.4), 1.9, width, 4.7)
        if isinstance(chart, Lines):
            _lines(page, chart, place)
        else:
            _bars(page, chart, place)
    footer = f"{slide.source.removesuffix('.')}. {deck.footer}"
    _texts(page, [footer], top=6.72, height=0.5, size=11, color=SOFT, width=_INNER - 0.6)
    _texts(page, [str(number)], top=6.72, height=0.3, size=11, color=SOFT, left=_WIDTH - _MARGIN - 0.5, width=0.5)
    _mark(page, deck.mark)
    page.notes_slide.notes_text_frame.text = slide.notes


def _body_size(body: Sequence[str]) -> int:
    """As large as there is room for."""
    letters = sum(len(text) + 60 for text in body)
    return 22 if letters < 700 else 20 if letters < 950 else 18 if letters < 1250 else 16


def _title(page: _Any, text: str, *, top: float, height: float, size: int) -> None:
    shape = page.shapes.title
    shape.left, shape.top, shape.width, shape.height = (Inches(x) for x in (_MARGIN, top, _INNER, height))
    frame = shape.text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = 0
    frame.text = text
    _font(frame.paragraphs[0], size, INK, bold=True)


def _texts(
    page: _Any,
    texts: Sequence[str],
    *,
    top: float,
    height: float,
    size: int,
    color: str,
    left: float = _MARGIN,
    width: float = _INNER,
) -> None:
    frame = page.shapes.add_textbox(*(Inches(x) for x in (left, top, width, height))).text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = 0
    for n, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        paragraph.text = text
        paragraph.space_after = Pt(size * 0.6)
        _font(paragraph, size, color)


def _mark(page: _Any, mark: str | None) -> None:
    """What must not be missed, across the top."""
    if mark is None:
        return
    strip = page.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, Inches(_WIDTH), Inches(0.36))
    strip.fill.solid()
    strip.fill.fore_color.rgb = _rgb(_MARK)
    strip.line.fill.background()
    strip.text_frame.text = mark
    strip.text_frame.margin_top = strip.text_frame.margin_bottom = 0
    _font(strip.text_frame.paragraphs[0], 14, "#ffffff", bold=True)


def _font(paragraph: _Any, size: int, color: str, *, bold: bool = False) -> None:
    paragraph.font.size, paragraph.font.bold, paragraph.font.name = Pt(size), bold, _FONT
    paragraph.font.color.rgb = _rgb(color)
    paragraph.alignment = 1


def _rgb(color: str) -> _Any:
    return RGBColor.from_string(color.removeprefix("#").upper())


def _format(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


# --- charts and tables ------------------------------------------------------------------------------------------------


def _lines(page: _Any, lines: Lines, place: tuple[float, ...]) -> None:
    """Over numbers and not over words: years that are not there keep their room, and a series ends where it ends."""
    data = XyChartData(number_format=_format(lines.decimals))
    for series in lines.series:
        added = data.add_series(series.name)
        for year, value in series.points:
            added.add_data_point(year, value)
    chart = _add(page, XL_CHART_TYPE.XY_SCATTER_LINES, data, place, lines.heading, lines.spoken)
    _legend(chart, lines)
    years, values = chart.category_axis, chart.value_axis
    first, last = lines.years
    unit = max(1, math.ceil((last - first) / 5))
    years.minimum_scale, years.maximum_scale = last - unit * max(1, math.ceil((last - first) / unit)), last
    years.major_unit = unit
    years.has_major_gridlines = False
    years.tick_labels.number_format, years.tick_labels.number_format_is_linked = "0", False
    values.minimum_scale, values.maximum_scale, values.major_unit = lines.axis
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = "General", False
    values.major_gridlines.format.line.color.rgb = _rgb(RULE)
    values.format.line.fill.background()
    ends = _newest(lines)
    for n, (series, drawn) in enumerate(zip(lines.series, chart.plots[0].series, strict=True)):
        country = series.kind == COUNTRY
        color = _rgb(INK if country else BLUE)
        drawn.smooth = False
        drawn.format.line.color.rgb = color
        drawn.format.line.width = Pt(1.75 if country else 3.25)
        if country:
            drawn.format.line.dash_style = MSO_LINE.DASH
        drawn.marker.style, drawn.marker.size = XL_MARKER_STYLE.CIRCLE, 5 if country else 8
        drawn.marker.format.fill.solid()
        drawn.marker.format.fill.fore_color.rgb = color
        drawn.marker.format.line.color.rgb = color
        if n in ends.values():
            above = all(series.points[-1][1] >= lines.series[other].points[-1][1] for other in ends.values())
            # Its number is the chart's own, and follows when that is edited.
            label = drawn.points[len(series.points) - 1].data_label
            label.position = XL_LABEL_POSITION.ABOVE if above else XL_LABEL_POSITION.BELOW
            label.font.size, label.font.bold, label.font.color.rgb = Pt(14), True, color


def _bars(page: _Any, bars: Bars, place: tuple[float, ...]) -> None:
    data = CategoryChartData(number_format=_format(bars.decimals))
    data.categories = [bar.name for bar in bars.rows]
    data.add_series(bars.heading, [bar.value for bar in bars.rows])
    chart = _add(page, XL_CHART_TYPE.BAR_CLUSTERED, data, place, bars.heading, bars.spoken)
    chart.has_legend = False
    # PowerPoint begins from below.
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_labels.font.size = Pt(12)
    # Every area is named; python-pptx has no word for it.
    skip = parse_xml(f'<c:tickLblSkip {nsdecls("c")} val="1"/>')
    chart.category_axis._element.find(qn("c:noMultiLvlLbl")).addprevious(skip)
    chart.category_axis.has_major_gridlines = False
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    if all(bar.value is None or bar.value >= 0 for bar in bars.rows):
        chart.value_axis.minimum_scale = 0
    plot = chart.plots[0]
    plot.gap_width = 35
    plot.has_data_labels = True
    plot.data_labels.font.size = Pt(14)
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = _format(bars.decimals), False
    plot.data_labels.show_value = True
    series = plot.series[0]
    series.invert_if_negative = False
    for n, bar in enumerate(bars.rows):
        fill = series.points[n].format.fill
        fill.solid()
        fill.fore_color.rgb = _rgb(_FILLS.get(bar.shape, GREY))


def _add(page: _Any, kind: _Any, data: _Any, place: tuple[float, ...], heading: str, spoken: str) -> _Any:
    shape = page.shapes.add_chart(kind, *(Inches(x) for x in place), data)
    shape.name = heading
    # python-pptx has no word for the alternative text.
    shape._element.nvGraphicFramePr.cNvPr.set("descr", spoken)
    chart = shape.chart
    chart.font.size, chart.font.name = Pt(14), _FONT
    chart.font.color.rgb = _rgb(SOFT)
    chart.has_title = True
    chart.chart_title.include_in_layout = False
    chart.chart_title.text_frame.text = heading
    _font(chart.chart_title.text_frame.paragraphs[0], 14, SOFT, bold=True)
    return chart


def _legend(chart: _Any, lines: Lines) -> None:
    """Each line once: a line that is cut is named at its newest part."""
    chart.has_legend = True
    legend = chart.legend
    legend.position, legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    legend.font.size = Pt(12)
    newest = _newest(lines).values()
    # python-pptx has no word for an entry; they stand after the position.
    for n in reversed(range(len(lines.series))):
        if n not in newest:
            entry = parse_xml(f'<c:legendEntry {nsdecls("c")}><c:idx val="{n}"/><c:delete val="1"/></c:legendEntry>')
            legend._element.find(qn("c:legendPos")).addnext(entry)


def _newest(lines: Lines) -> dict[str, int]:
    """Kind of line → the number of the series that is its newest part."""
    return {lines.series[n].kind: n for n in sorted(range(len(lines.series)), key=lambda n: lines.series[n].points[-1])}


def _table(page: _Any, table: Table, *, top: float) -> None:
    rows, columns = len(table.rows) + 1, len(table.head)
    height = min(0.36, 4.7 / rows)
    shape = page.shapes.add_table(rows, columns, *(Inches(x) for x in (_MARGIN, top, _INNER, height * rows)))
    widths = (3.9, 1.4, 0.8, 1.1, 2.8, _INNER - 10.0)
    for column, width in zip(shape.table.columns, widths, strict=True):
        column.width = Inches(width)
    for row in shape.table.rows:
        row.height = Emu(Inches(height))
    for y, texts in enumerate((table.head, *table.rows)):
        for x, text in enumerate(texts):
            cell = shape.table.cell(y, x)
            cell.margin_top = cell.margin_bottom = 0
            cell.text = text
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            _font(cell.text_frame.paragraphs[0], 13, "#ffffff" if y == 0 else INK, bold=y == 0)


# --- the same bytes ---------------------------------------------------------------------------------------------------


def _fixed(content: bytes, when: datetime) -> bytes:
    """The zip with the times of its files, and of the workbooks behind its charts, set: they say nothing about now."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in _entries(source, when):
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return output.getvalue()


def _entries(source: zipfile.ZipFile, when: datetime) -> Iterator[tuple[str, bytes]]:
    for name in source.namelist():
        data = source.read(name)
        if name.endswith(".xlsx"):
            data = _fixed(data, when)
        elif name == "docProps/core.xml":
            data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", f"{when:%Y-%m-%dT%H:%M:%SZ}".encode(), data)
        yield name, data
