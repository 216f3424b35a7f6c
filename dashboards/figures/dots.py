"""The chart of one year as plotly draws it: the kommuner, the region and riket as dots with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.model import (
    APART,
    BETTER,
    MAYBE_APART,
    MAYBE_BETTER,
    MAYBE_WORSE,
    SAME,
    UNKNOWN,
    WORSE,
    Dot,
    reach_of,
    row_places,
)
from dashboards.figures.style import BLUE, GREY, INK, ORANGE, RULE, SOFT, Figure, drawn, label, room, value_axis


def _marker(symbol: str, color: str, *, hollow: bool, size: float = 11) -> dict[str, Any]:
    if hollow:
        return {"symbol": symbol, "size": size, "color": "#ffffff", "line": {"color": color, "width": 2.25}}
    return {"symbol": symbol, "size": size, "color": color}


MARKERS: dict[str, dict[str, Any]] = {
    BETTER: _marker("circle", BLUE, hollow=False),
    MAYBE_BETTER: _marker("circle", BLUE, hollow=True),
    WORSE: _marker("diamond", ORANGE, hollow=False),
    MAYBE_WORSE: _marker("diamond", ORANGE, hollow=True),
    APART: _marker("square", INK, hollow=False),
    MAYBE_APART: _marker("square", INK, hollow=True),
    SAME: _marker("circle", SOFT, hollow=False, size=7),
    UNKNOWN: _marker("circle", GREY, hollow=True, size=7),
}


def dots_figure(dots: Sequence[Dot], country: float | None) -> Figure:
    """One row for each dot, in order; a row without a value keeps its place and says why. A dashed line at riket."""
    places = row_places([dot.group for dot in dots])
    known = [(dot, dot.value, place) for dot, place in zip(dots, places, strict=True) if dot.value is not None]
    low, high = reach_of(dots, [country] if country is not None else [])
    traces = []
    for shape, marker in MARKERS.items():
        shown = [entry for entry in known if entry[0].shape == shape]
        if not shown:
            continue
        trace: dict[str, Any] = {
            "type": "scatter",
            "mode": "markers",
            "x": [drawn(value) for _, value, _ in shown],
            "y": [place for *_, place in shown],
            "marker": marker,
            "text": [f"<b>{label(dot.name)}</b>: {label(dot.text)}" for dot, *_ in shown],
            "hovertemplate": "%{text}<extra></extra>",
        }
        if any(dot.high is not None for dot, *_ in shown):
            trace["error_x"] = {
                "type": "data", "symmetric": False, "thickness": 1.5, "width": 4, "color": SOFT,
                "array": [None if dot.high is None else drawn(dot.high - value) for dot, value, _ in shown],
                "arrayminus": [None if dot.low is None else drawn(value - dot.low) for dot, value, _ in shown],
            }  # fmt: skip
        traces.append(trace)
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
            "line": {"color": INK, "width": 1, "dash": "dash"}}  # fmt: skip
    return {
        "data": traces,
        "layout": {
            "margin": {"l": 8, "r": room([dot.text for dot in dots]), "t": 10, "b": 8},
            "xaxis": value_axis(
                nticks=5, showgrid=True, gridcolor=RULE, ticks="outside", ticklen=4, tickcolor=GREY,
                range=[drawn(low), drawn(high)],
            ),
            "yaxis": {
                "tickvals": places,
                "ticktext": [f"<b>{label(dot.name)}</b>" if dot.strong else label(dot.name) for dot in dots],
                "range": [max(places) + 0.7, -0.7],
                "showgrid": False,
            },
            "shapes": [{**line, "x0": drawn(country), "x1": drawn(country)}] if country is not None else [],
            "annotations": [
                {"y": place, "text": label(dot.text)}
                if dot.value is not None
                else {"y": place, "text": f"<i>{label(dot.text)}</i>", "font": {"color": SOFT}}
                for dot, place in zip(dots, places, strict=True)
            ],
        },
    }  # fmt: skip
