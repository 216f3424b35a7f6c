"""The comparison chart: where the kommuner, the region and riket stand in one year, as dots with their interval."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.figures.style import BLUE, GREY, INK, ORANGE, RULE, SOFT, absent, drawn, figure, label, room, value_axis

_MARKERS: dict[str, dict[str, Any]] = {
    "kommun": {"color": BLUE, "size": 10, "symbol": "circle"},
    "huvudman": {"color": ORANGE, "size": 10, "symbol": "square"},
    "län": {"color": "#ffffff", "size": 9, "symbol": "circle", "line": {"color": BLUE, "width": 2}},
    "riket": {"color": INK, "size": 10, "symbol": "diamond"},
}
# Room between sub-counties, in rows.
_GROUP_GAP = 0.45


def comparison_figure(rows: pl.DataFrame) -> go.Figure:
    """rows, in the order shown: slag (kommun, huvudman, län, riket), namn, grupp, varde (or NULL), nedre, ovre, text.

    A row without a value keeps its place and says why in words (`text`). The interval goes from nedre to ovre, which
    are both NULL where none is known, and need not lie the same way to either side.
    """
    places = row_places(rows["grupp"].to_list())
    rows = rows.with_columns(plats=pl.Series(places, dtype=pl.Float64))
    known = rows.filter(pl.col("varde").is_not_null())
    traces = []
    for kind, marker in _MARKERS.items():
        dots = known.filter(pl.col("slag") == kind)
        if dots.is_empty():
            continue
        trace: dict[str, Any] = {
            "type": "scatter",
            "mode": "markers",
            "x": [drawn(value) for value in dots["varde"].to_list()],
            "y": dots["plats"].to_list(),
            "marker": marker,
            "text": [f"<b>{label(name)}</b>: {text}" for name, text in dots.select("namn", "text").iter_rows()],
            "hovertemplate": "%{text}<extra></extra>",
        }
        if dots["ovre"].is_not_null().any():
            trace["error_x"] = {
                "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
                "array": _apart(dots["varde"], dots["ovre"]), "arrayminus": _apart(dots["nedre"], dots["varde"]),
                "color": INK if kind == "riket" else SOFT,
            }  # fmt: skip
        traces.append(trace)
    country = known.filter(pl.col("slag") == "riket")["varde"].to_list()
    line = {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": GREY, "width": 1, "dash": "dash"},
    }
    return figure(
        traces,
        {
            "margin": {"l": 8, "r": room(rows["text"].to_list()), "t": 10, "b": 8},
            "xaxis": value_axis(
                nticks=5, showgrid=True, gridcolor=RULE, ticks="outside", ticklen=4, tickcolor=GREY, range=_reach(known)
            ),
            "yaxis": {
                "tickvals": places,
                "ticktext": [label(name) for name in rows["namn"].to_list()],
                "range": [max(places) + 0.7, -0.7],
                "showgrid": False,
            },
            "shapes": [{**line, "x0": drawn(value), "x1": drawn(value)} for value in country],
            "annotations": [
                {
                    "y": row["plats"],
                    **({"text": row["text"]} if row["varde"] is not None else absent(row["text"])),
                }
                for row in rows.iter_rows(named=True)
            ],
        },
    )  # fmt: skip


def row_places(groups: list[str]) -> list[float]:
    """Records from the top, with some room where the group changes."""
    places: list[float] = []
    for n, group in enumerate(groups):
        places.append(places[-1] + 1 + (_GROUP_GAP if group != groups[n - 1] else 0) if places else 0.0)
    return places


def _apart(low: pl.Series, high: pl.Series) -> list[float | None]:
    return [None if value is None else drawn(value) for value in (high - low).to_list()]


def _reach(known: pl.DataFrame) -> list[float]:
    low = known.select(pl.min_horizontal("varde", "nedre").min()).item()
    high = known.select(pl.max_horizontal("varde", "ovre").max()).item()
    return reach(low, high)


def reach(low: float, high: float) -> list[float]:
    """The axis: from the lowest to the highest, and some room; zero when it lies close below."""
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    if 0 <= low <= 0.4 * high:
        return [drawn(-room / 2), drawn(high + room)]
    return [drawn(low - room), drawn(high + room)]
