"""The trend chart: one KPI over the years, the county, the region and riket in front, the kommuner faint behind."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.figures.style import BLUE, GREY, INK, ORANGE, figure, label, value_axis

# kind of line → how it is drawn; the order is the drawing order.
_LINES: dict[str, dict[str, Any]] = {
    "riket": {"mode": "lines", "line": {"color": INK, "width": 1.75, "dash": "dash"}},
    "län": {"mode": "lines+markers", "line": {"color": BLUE, "width": 2.75}, "marker": {"size": 7, "symbol": "circle"}},
    "huvudman": {
        "mode": "lines+markers",
        "line": {"color": ORANGE, "width": 2.75},
        "marker": {"size": 8, "symbol": "square"},
    },
}
_HOVER = "<b>%{customdata}</b> %{x}: %{text}<extra></extra>"
# End labels closer than this share of the axis would cover each other.
_LABEL_GAP = 0.07
_MAX_YEAR_LABELS = 6


def trend_figure(lines: pl.DataFrame) -> go.Figure:
    """lines: slag (kommun, riket, län, huvudman), namn, etikett (at the line's end), ar, varde (not NULL), text, marke.

    Years that a line lacks break it: a missing year is never bridged unless no line has it. A point with a `marke`
    (a word, or empty) has a ring round it.
    """
    years = sorted(set(lines["ar"].to_list()))
    low, high = value_range(lines["varde"].to_list())
    traces = []
    faint = lines.filter(pl.col("slag") == "kommun")
    if not faint.is_empty():
        traces.append(
            _trace(faint, years)
            | {"mode": "lines+markers", "line": {"color": GREY, "width": 1}, "marker": {"size": 3.5, "color": GREY}}
        )
    ends: list[tuple[float, int, str, str]] = []
    for kind, drawn in _LINES.items():
        for (_,), line in lines.filter(pl.col("slag") == kind).group_by("namn", maintain_order=True):
            traces.append(_trace(line, years) | drawn)
            last = line.sort("ar").row(-1, named=True)
            ends.append((last["varde"], last["ar"], last["etikett"], drawn["line"]["color"]))
    ringed = lines.filter(pl.col("marke") != "")
    if not ringed.is_empty():
        traces.append(_rings(ringed))
    return figure(
        traces,
        {
            "margin": {"l": 8, "r": 76, "t": 10, "b": 8},
            "xaxis": {
                "tickvals": _year_labels(years),
                "tickformat": "d",
                "range": [years[0] - 0.35, years[-1] + 0.35],
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": GREY,
            },
            "yaxis": value_axis(range=[low, high]),
            "annotations": _end_labels(ends, years[-1], low, high),
        },
    )


def value_range(values: list[float]) -> tuple[float, float]:
    """The axis: from zero when the values come near it, else a little below the lowest (the report then says so)."""
    low, high = min(values), max(values)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    if 0 <= low <= 0.4 * high:
        return 0.0, high + room
    return low - room, high + room


def starts_at_zero(values: list[float]) -> bool:
    """Whether the axis for these values includes zero."""
    low, high = value_range(values)
    return low <= 0 <= high


def _trace(lines: pl.DataFrame, years: list[int]) -> dict[str, Any]:
    """One trace of one or several lines, with a gap between lines and where a line lacks a year that others have."""
    x: list[int | None] = []
    y: list[float | None] = []
    text: list[str | None] = []
    names: list[str | None] = []
    for (name,), line in lines.group_by("namn", maintain_order=True):
        by_year = {row["ar"]: row for row in line.iter_rows(named=True)}
        for year in [*years, None]:
            row = by_year.get(year)
            x.append(year)
            y.append(row["varde"] if row else None)
            text.append(_hover_text(row) if row else None)
            names.append(label(str(name)) if row else None)
    return {
        "type": "scatter",
        "x": x[:-1],
        "y": y[:-1],
        "text": text[:-1],
        "customdata": names[:-1],
        "hovertemplate": _HOVER,
    }


def _rings(points: pl.DataFrame) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "marker": {"symbol": "circle-open", "size": 14, "color": INK, "line": {"width": 1.75}},
        "x": points["ar"].to_list(),
        "y": points["varde"].to_list(),
        "text": [_hover_text(row) for row in points.iter_rows(named=True)],
        "customdata": [label(name) for name in points["namn"].to_list()],
        "hovertemplate": _HOVER,
    }


def _hover_text(row: dict[str, Any]) -> str:
    return label(f"{row['text']} ({row['marke']})" if row["marke"] else row["text"])


def _year_labels(years: list[int]) -> list[int]:
    """The newest year and at most five before it, evenly thinned."""
    step = -(-len(years) // _MAX_YEAR_LABELS)
    return sorted(years[::-1][::step])


def _end_labels(
    ends: list[tuple[float, int, str, str]], last_year: int, low: float, high: float
) -> list[dict[str, Any]]:
    """Names at the right edge, moved apart where the lines end close together."""
    gap = (high - low) * _LABEL_GAP
    placed: list[tuple[float, str, str]] = []
    for value, year, text, color in sorted(ends):
        y = max(value, placed[-1][0] + gap) if placed else value
        placed.append((y, text if year == last_year else f"{text} ({year})", color))
    overflow = max((placed[-1][0] - high) if placed else 0.0, 0.0)
    return [
        {
            "x": 1, "xref": "paper", "xanchor": "left", "xshift": 4,
            "y": y - overflow, "yref": "y", "yanchor": "middle",
            "text": label(text), "showarrow": False, "align": "left", "font": {"color": color},
        }
        for y, text, color in placed
    ]  # fmt: skip
