"""The chart of likvärdighet: how far apart the kommuner are, year by year."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.figures.marks import NO_BREAKS, NO_INITIATIVES, marks
from dashboards.figures.style import BLUE, GREY, INK, REACH, SOFT, drawn, figure, label, value_axis
from dashboards.figures.trend import value_range

# Half of a bar, in years; bars of neighbouring years stay apart.
_HALF = 0.3


def spread_figure(rows: pl.DataFrame, *, breaks: pl.DataFrame = NO_BREAKS) -> go.Figure:
    """rows, one per year: ar, lagst, hogst, median, antal, spannvidd_text (over the bar), text (on hover).

    A bar from the lowest to the highest kommun, a line at the median, the distance over it and how many they are below.
    Years without figures keep their place.
    """
    rows = rows.sort("ar")
    years = rows["ar"].to_list()
    low, high = value_range([*rows["lagst"].to_list(), *rows["hogst"].to_list()])
    across = marks(breaks, NO_INITIATIVES, years)
    bars = [
        {
            "type": "rect", "layer": "below", "x0": row["ar"] - _HALF, "x1": row["ar"] + _HALF,
            "y0": drawn(row["lagst"]), "y1": drawn(row["hogst"]), "fillcolor": REACH,
            "line": {"color": BLUE, "width": 1},
        }
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": years,
        "y": [drawn(value) for value in rows["median"].to_list()],
        "marker": {"symbol": "line-ew", "size": 16, "line": {"color": INK, "width": 2.5}},
        "text": [label(text) for text in rows["text"].to_list()],
        "hovertemplate": "%{text}<extra></extra>",
    }
    return figure(
        [trace],
        {
            "margin": {"l": 8, "r": 8, "t": across["top"], "b": 8},
            "xaxis": {
                "tickvals": years,
                "ticktext": [f"{year}<br>{count}" for year, count in rows.select("ar", "antal").iter_rows()],
                "range": [years[0] - 0.6, years[-1] + 0.6],
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": GREY,
                "tickangle": 0,
            },
            "yaxis": value_axis(range=[drawn(low), drawn(high)]),
            "shapes": [*bars, *across["shapes"]],
            "annotations": [
                *across["annotations"],
                *(
                    {
                        "x": row["ar"], "y": drawn(row["hogst"]), "yanchor": "bottom", "yshift": 1, "showarrow": False,
                        "text": label(row["spannvidd_text"]), "font": {"color": SOFT},
                    }
                    for row in rows.iter_rows(named=True)
                ),
            ],
        },
    )  # fmt: skip
