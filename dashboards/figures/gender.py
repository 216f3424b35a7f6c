"""The chart of women and men: two marks per area in one year, and the distance between them."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.figures.comparison import reach, row_places
from dashboards.figures.style import BLUE, GREY, ORANGE, RULE, absent, drawn, figure, label, room, value_axis

# Women are filled and round, men hollow and square: they differ without colour, too.
_MARKERS: dict[str, dict[str, Any]] = {
    "kvinnor": {"color": BLUE, "size": 10, "symbol": "circle"},
    "man": {"color": "#ffffff", "size": 9, "symbol": "square", "line": {"color": ORANGE, "width": 2.25}},
}


def gender_figure(rows: pl.DataFrame) -> go.Figure:
    """rows, in the order shown: namn, grupp, kvinnor, man (or NULL), text_kvinnor, text_man, text.

    `text` stands at the right edge: the gap, or the word for what is missing. A kön without a value has no mark.
    """
    places = row_places(rows["grupp"].to_list())
    rows = rows.with_columns(plats=pl.Series(places, dtype=pl.Float64))
    both = rows.filter(pl.col("kvinnor").is_not_null() & pl.col("man").is_not_null())
    x: list[float | None] = []
    y: list[float | None] = []
    for women, men, place in both.select("kvinnor", "man", "plats").iter_rows():
        x += [drawn(women), drawn(men), None]
        y += [place, place, None]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": x[:-1], "y": y[:-1], "hoverinfo": "skip",
            "line": {"color": GREY, "width": 3},
        }
    ]  # fmt: skip
    for kind, marker in _MARKERS.items():
        known = rows.filter(pl.col(kind).is_not_null())
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [drawn(value) for value in known[kind].to_list()],
                "y": known["plats"].to_list(),
                "marker": marker,
                "text": [
                    f"<b>{label(name)}</b>: {label(text)}" for name, text in known.select("namn", f"text_{kind}").rows()
                ],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    values = [value for kind in _MARKERS for value in rows[kind].drop_nulls().to_list()]
    return figure(
        traces,
        {
            "margin": {"l": 8, "r": room(rows["text"].to_list()), "t": 10, "b": 8},
            "xaxis": value_axis(
                nticks=5,
                showgrid=True,
                gridcolor=RULE,
                ticks="outside",
                ticklen=4,
                tickcolor=GREY,
                range=reach(min(values), max(values)),
            ),
            "yaxis": {
                "tickvals": places,
                "ticktext": [label(name) for name in rows["namn"].to_list()],
                "range": [max(places) + 0.7, -0.7],
                "showgrid": False,
            },
            "annotations": [
                {
                    "y": row["plats"],
                    **({"text": label(row["text"])} if _whole(row) else absent(row["text"])),
                }
                for row in rows.iter_rows(named=True)
            ],
        },
    )  # fmt: skip


def _whole(row: dict[str, Any]) -> bool:
    return row["kvinnor"] is not None and row["man"] is not None
