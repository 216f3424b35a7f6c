"""The chart over time as plotly draws it: the county bold, riket dashed, the kommuner as a band."""

from __future__ import annotations

from typing import Any

from dashboards.figures.model import COUNTRY, COUNTY, Line, Point, Trend, apart, pieces, value_range, year_labels
from dashboards.figures.style import BLUE, GREY, INK, ORANGE, REACH, SOFT, Figure, drawn, label, room, value_axis

_LINES: dict[str, dict[str, Any]] = {
    COUNTRY: {"mode": "lines+markers", "line": {"color": INK, "width": 1.5, "dash": "dash"}, "marker": {"size": 4}},
    COUNTY: {"mode": "lines+markers", "line": {"color": BLUE, "width": 3}, "marker": {"size": 7}},
}
_HOVER = "%{text}<extra></extra>"
# End labels closer than this share of the axis would cover each other.
_LABEL_GAP = 0.075
# How far the band of a year that stands alone reaches to either side, in years.
_ALONE = 0.14
# Room for the words above what is drawn, in pixels per row of words.
_ROW = 15


def trend_figure(trend: Trend) -> Figure:
    """The figure; years that a line lacks and cuts break it, and a point with a mark has a ring round it."""
    years = trend.years
    low, high = value_range(trend.values)
    target = trend.target
    last_year = max(years[-1], target.year if target else years[-1])
    beside = [*_end_labels(trend, low, high, at_edge=last_year == years[-1])]
    traces = [_band(trend)] if trend.band else []
    traces += [_trace(line, trend) | look for kind, look in _LINES.items() for line in trend.lines if line.kind == kind]
    ringed = [(line, point) for line in trend.lines for point in line.points if point.mark]
    traces += [_rings(ringed)] if ringed else []
    shapes, above, top = _marks(trend)
    if target:
        traces += [_pace(target.pace, target.year, target.value)] if target.pace else []
        shapes.append(_line(y0=drawn(target.value), y1=drawn(target.value), dash="longdash"))
        beside.append({"y": drawn(target.value), "text": label(target.text)})
    return {
        "data": traces,
        "layout": {
            "margin": {"l": 8, "r": room([words["text"] for words in beside]), "t": top, "b": 8},
            "xaxis": {
                "tickvals": year_labels([*years, *([last_year] if last_year > years[-1] else [])]),
                "tickformat": "d",
                "tickangle": 0,
                "range": [years[0] - 0.35, last_year + 0.35],
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": GREY,
            },
            "yaxis": value_axis(range=[drawn(low), drawn(high)]),
            "shapes": shapes,
            "annotations": [*above, *beside],
        },
    }


def _trace(line: Line, trend: Trend) -> dict[str, Any]:
    """A trace with a gap wherever the line must not go on."""
    by_year = {point.year: point for point in line.points}
    x: list[int | None] = []
    y: list[float | None] = []
    text: list[str | None] = []
    for run in pieces(trend, by_year, own=line.own):
        points = [by_year[year] for year in run]
        x += [*run, None]
        y += [*(drawn(point.value) for point in points), None]
        text += [*(_hover_text(line.name, point) for point in points), None]
    return {"type": "scatter", "x": x[:-1], "y": y[:-1], "text": text[:-1], "hovertemplate": _HOVER}


def _band(trend: Trend) -> dict[str, Any]:
    """From the lowest to the highest kommun, in as many pieces as a line."""
    by_year = {reach.year: reach for reach in trend.band}
    x: list[float | None] = []
    y: list[float | None] = []
    for run in pieces(trend, by_year):
        low, high = ([drawn(getattr(by_year[year], side)) for year in run] for side in ("low", "high"))
        at: list[float] = [*run]
        if len(run) == 1:
            at, low, high = [at[0] - _ALONE, at[0] + _ALONE], low * 2, high * 2
        x += [*at, *reversed(at), at[0], None]
        y += [*high, *reversed(low), high[0], None]
    return {
        "type": "scatter", "mode": "lines", "x": x[:-1], "y": y[:-1], "fill": "toself", "fillcolor": REACH,
        "line": {"width": 0}, "hoverinfo": "skip",
    }  # fmt: skip


def _rings(points: list[tuple[Line, Point]]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "marker": {"symbol": "circle-open", "size": 14, "color": INK, "line": {"width": 1.75}},
        "x": [point.year for _, point in points],
        "y": [drawn(point.value) for _, point in points],
        "text": [_hover_text(line.name, point) for line, point in points],
        "hovertemplate": _HOVER,
    }


def _pace(start: tuple[int, float], year: int, value: float) -> dict[str, Any]:
    """From the newest value of whom the target is followed for, to the target in its year."""
    return {
        "type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": [start[0], year],
        "y": [drawn(start[1]), drawn(value)], "line": {"color": ORANGE, "width": 1.5, "dash": "dashdot"},
    }  # fmt: skip


def _line(dash: str, width: float = 1.25, color: str = INK, **place: Any) -> dict[str, Any]:
    whole: dict[str, Any] = (
        {"xref": "paper", "x0": 0, "x1": 1} if "y0" in place else {"yref": "paper", "y0": 0, "y1": 1}
    )
    return {"type": "line", "layer": "below", "line": {"color": color, "width": width, "dash": dash}, **whole, **place}


def _marks(trend: Trend) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Shapes, words above them on rows of their own, and the margin for the words."""
    middle = (trend.years[0] + trend.years[-1]) / 2
    shapes, words = [], []
    for row, mark in enumerate(trend.marks):
        look = {"dash": "dot", "width": 1.5, "color": GREY} if mark.is_break else {"dash": "solid", "width": 1}
        shapes.append(_line(**look, x0=mark.at, x1=mark.at))  # type: ignore[arg-type]
        late = mark.at > middle
        words.append(
            {
                "x": mark.at, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": row * _ROW,
                "xanchor": "right" if late else "left", "xshift": 4 if late else -4,
                "text": label(mark.text), "font": {"color": SOFT if mark.is_break else INK},
            }
        )  # fmt: skip
    return shapes, words, 10 + len(trend.marks) * _ROW


def _hover_text(name: str, point: Point) -> str:
    mark = f" ({point.mark})" if point.mark else ""
    return f"<b>{label(name)}</b> {point.year}: {label(point.text + mark)}"


def _end_labels(trend: Trend, low: float, high: float, *, at_edge: bool) -> list[dict[str, Any]]:
    """Names and values where the lines and the band end, moved apart where they end close together."""
    ends = end_labels(trend)
    last = trend.years[-1]
    where = {} if at_edge else {"x": last, "xref": "x", "xshift": 8}
    heights = apart([value for value, *_ in ends], (high - low) * _LABEL_GAP, low, high)
    return [
        {**where, "y": drawn(y), "text": f"<b>{label(text)}</b>" if strong else label(text), "font": {"color": color}}
        for y, (_, text, color, strong) in zip(heights, ends, strict=True)
    ]


def end_labels(trend: Trend) -> list[tuple[float, str, str, bool]]:
    """(value, text, colour, bold) of what ends the lines and the band; an earlier end says its year."""
    last = trend.years[-1]
    colours = {COUNTY: BLUE, COUNTRY: INK}
    ends = []
    for line in trend.lines:
        point = line.points[-1]
        year = "" if point.year == last else f" ({point.year})"
        ends.append((point.value, line.label + year, colours[line.kind], line.kind == COUNTY))
    return [*ends, *((value, text, SOFT, False) for value, text in trend.ends)]
