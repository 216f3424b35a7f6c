"""Marks at a year across a chart: a break in the series, and when a gemensam satsning began.

Each has a word and a line of its own kind: a break is dotted, a start is a line with a triangle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from dashboards.figures.style import GREY, INK, SOFT, label

# Room for the words above what is drawn, in pixels per row of words.
ROW = 15


def segment(year: int, breaks: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Years with the same answer may be joined by a line; breaks: the last old and the first new year of each.

    A year between the two belongs surely to neither side, and is joined to no other.
    """
    return tuple(0 if year <= last_old else -1 if year >= first_new else year for last_old, first_new in breaks)


def pairs(breaks: pl.DataFrame) -> list[tuple[int, int]]:
    """breaks: sista_gamla_ar, ar."""
    return breaks.select("sista_gamla_ar", "ar").rows()


def marks(breaks: pl.DataFrame, initiatives: pl.DataFrame, years: list[int]) -> dict[str, Any]:
    """Shapes, annotations and the margin above them; initiatives: ar (a year, with decimals within it) and namn.

    Only what lies within the `years` that are drawn.
    """
    first, last = years[0] - 0.5, years[-1] + 0.5
    shapes: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    rows = 0
    marked_years = [
        ((old + new) / 2, f"Seriebrott {new}", {"color": GREY, "width": 1.5, "dash": "dot"}, SOFT)
        for old, new in breaks.select("sista_gamla_ar", "ar").sort("ar").iter_rows()
    ] + [
        (year, f"▼ {name}", {"color": INK, "width": 1}, INK)
        for year, name in initiatives.select("ar", "namn").sort("ar", "namn").iter_rows()
    ]
    for x, text, line, color in marked_years:
        if not first <= x <= last:
            continue
        shapes.append(
            {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": line}
        )
        # Words on rows of their own: two marks of neighbouring years would cover each other.
        late = x > (first + last) / 2
        annotations.append(
            {
                "x": x, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": rows * ROW,
                "xanchor": "right" if late else "left", "xshift": 4 if late else -4,
                "text": label(text), "font": {"color": color},
            }
        )  # fmt: skip
        rows += 1
    return {"shapes": shapes, "annotations": annotations, "top": 10 + rows * ROW}


NO_BREAKS = pl.DataFrame(schema={"sista_gamla_ar": pl.Int64, "ar": pl.Int64})
NO_INITIATIVES = pl.DataFrame(schema={"ar": pl.Float64, "namn": pl.String})
