"""The chart of likvärdighet: how far apart the kommuner are, year by year."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.figures.marks import NO_BREAKS, NO_INITIATIVES, marks
from dashboards.figures.style import BLUE, GREY, INK, REACH, SOFT, drawn, figure, label, value_axis
from dashboards.figures.trend import value_range

# Of a bar, in years; bars of neighbouring years stay apart.
_WIDTH = 0.6
_MAX_YEAR_NAMES = 6


def spread_figure(rows: pl.DataFrame, *, breaks: pl.DataFrame = NO_BREAKS) -> go.Figure:
    """rows, one per year: ar, lagst, hogst, median, antal, spannvidd_text (over the bar), text (on hover).

    A bar from the lowest to the highest kommun, a line at the median, the distance over it and how many they are below.
    Years without figures keep their place.
    """
    rows = rows.sort("ar")
    years = rows["ar"].to_list()
    low, high = value_range([*rows["lagst"].to_list(), *rows["hogst"].to_list()])
    # Names of all years would cover each other on a narrow screen.
    named = set(years if len(years) <= _MAX_YEAR_NAMES else years[::-1][::2])
    across = marks(breaks, NO_INITIATIVES, years)
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": years,
            "y": [drawn(high - low) for low, high in rows.select("lagst", "hogst").iter_rows()],
            "base": [drawn(value) for value in rows["lagst"].to_list()],
            "width": _WIDTH,
            "marker": {"color": REACH, "line": {"color": BLUE, "width": 1}},
            "text": [label(text) for text in rows["spannvidd_text"].to_list()],
            "textposition": "outside",
            "textfont": {"color": SOFT},
            "constraintext": "none",
            "cliponaxis": False,
            "hovertext": [label(text) for text in rows["text"].to_list()],
            "hovertemplate": "%{hovertext}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": years,
            "y": [drawn(value) for value in rows["median"].to_list()],
            "marker": {"symbol": "line-ew", "size": 16, "line": {"color": INK, "width": 2.5}},
            "hoverinfo": "skip",
        },
    ]
    return figure(
        traces,
        {
            "margin": {"l": 8, "r": 8, "t": across["top"], "b": 8},
            "xaxis": {
                "tickvals": years,
                "ticktext": [
                    f"{year if year in named else ' '}<br>{count}"
                    for year, count in rows.select("ar", "antal").iter_rows()
                ],
                "range": [years[0] - 0.6, years[-1] + 0.6],
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": GREY,
                "tickangle": 0,
            },
            "yaxis": value_axis(range=[drawn(low), drawn(high)]),
            "shapes": across["shapes"],
            "annotations": across["annotations"],
        },
    )
