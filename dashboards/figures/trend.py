"""The trend chart: one KPI over the years, the county, the region and riket in front, the kommuner faint behind."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.figures.marks import NO_BREAKS, NO_INITIATIVES, marks, pairs, segment
from dashboards.figures.style import BAND, BLUE, GREY, INK, ORANGE, SOFT, drawn, figure, label, room, value_axis

# kind of line → how it is drawn; the order is the drawing order.
_LINES: dict[str, dict[str, Any]] = {
    "kvartil": {"mode": "lines", "line": {"color": SOFT, "width": 1.25, "dash": "dot"}},
    "riket": {"mode": "lines", "line": {"color": INK, "width": 1.75, "dash": "dash"}},
    "län": {"mode": "lines+markers", "line": {"color": BLUE, "width": 2.75}, "marker": {"size": 7, "symbol": "circle"}},
    "huvudman": {
        "mode": "lines+markers",
        "line": {"color": ORANGE, "width": 2.75},
        "marker": {"size": 8, "symbol": "square"},
    },
}
_HOVER = "<b>%{customdata}</b> %{x}: %{text}<extra></extra>"
_NAMED_HOVER = "<b>%{fullData.name}</b> %{x}: %{text}<extra></extra>"
# End labels closer than this share of the axis would cover each other.
_LABEL_GAP = 0.07
_MAX_YEAR_LABELS = 6
# How far the band of a year that stands alone reaches to either side, in years.
_ALONE = 0.14

NO_TARGET = pl.DataFrame(
    schema={
        "malvarde": pl.Float64,
        "mal_ar": pl.Int64,
        "fran_ar": pl.Int64,
        "fran_varde": pl.Float64,
        "text": pl.String,
    }
)


def trend_figure(
    lines: pl.DataFrame,
    *,
    breaks: pl.DataFrame = NO_BREAKS,
    initiatives: pl.DataFrame = NO_INITIATIVES,
    target: pl.DataFrame = NO_TARGET,
) -> go.Figure:
    """lines: slag (kommun, riket, län, huvudman, kvartil), namn, etikett (at the line's end), ar, varde (not NULL),
    nedre, ovre (NULL where there is no interval), text, marke.

    Years that a line lacks break it: a missing year is never bridged unless no line has it, and no line crosses a
    break (breaks, initiatives: see `marks`). A point with a `marke` (a word, or empty) has a ring round it. The
    interval is drawn for slag huvudman. target: the decided target, no row without one; fran_ar and fran_varde where
    the required pace starts (NULL: no pace is drawn).
    """
    years = sorted(set(lines["ar"].to_list()))
    low, high = value_range(drawn_values(lines, target))
    cuts = pairs(breaks)
    traces = [*_bands(lines, years, cuts)]
    faint = lines.filter(pl.col("slag") == "kommun")
    if not faint.is_empty():
        traces.append(
            _trace(faint, years, cuts)
            | {"mode": "lines+markers", "line": {"color": GREY, "width": 1}, "marker": {"size": 3.5, "color": GREY}}
        )
    ends: list[tuple[float, int, str, str]] = []
    for kind, look in _LINES.items():
        for (_,), line in lines.filter(pl.col("slag") == kind).group_by("namn", maintain_order=True):
            traces.append(_trace(line, years, cuts) | look)
            last = line.sort("ar").row(-1, named=True)
            ends.append((last["varde"], last["ar"], last["etikett"], look["line"]["color"]))
    ringed = lines.filter(pl.col("marke") != "")
    if not ringed.is_empty():
        traces.append(_rings(ringed))
    last_year = max([years[-1], *target["mal_ar"].to_list()])
    across = marks(breaks, initiatives, years)
    traces += _pace(target)
    beside = [*_end_labels(ends, years[-1], low, high, at_edge=last_year == years[-1]), *_target_labels(target)]
    return figure(
        traces,
        {
            "margin": {"l": 8, "r": room([words["text"] for words in beside]), "t": across["top"], "b": 8},
            "xaxis": {
                "tickvals": _year_labels([*years, *([last_year] if last_year > years[-1] else [])]),
                "tickformat": "d",
                "tickangle": 0,
                "range": [years[0] - 0.35, last_year + 0.35],
                "ticks": "outside",
                "ticklen": 4,
                "tickcolor": GREY,
            },
            "yaxis": value_axis(range=[drawn(low), drawn(high)]),
            "shapes": [*across["shapes"], *_target_lines(target)],
            "annotations": [*across["annotations"], *beside],
        },
    )


def drawn_values(lines: pl.DataFrame, target: pl.DataFrame = NO_TARGET) -> list[float]:
    """Every value that the axis must reach: points, the interval that is drawn, a decided target."""
    intervals = lines.filter(pl.col("slag") == "huvudman")
    columns = [lines["varde"], intervals["nedre"], intervals["ovre"], target["malvarde"]]
    return [value for column in columns for value in column.drop_nulls().to_list()]


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


def _trace(lines: pl.DataFrame, years: list[int], cuts: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """One trace of one or several lines, with a gap between lines, at breaks, and at years that only others have."""
    x: list[int | None] = []
    y: list[float | None] = []
    text: list[str | None] = []
    names: list[str | None] = []
    for (name,), line in lines.group_by("namn", maintain_order=True):
        by_year = {row["ar"]: row for row in line.iter_rows(named=True)}
        before: tuple[int, ...] | None = None
        for year in years:
            here = segment(year, cuts)
            if before is not None and here != before:
                _add(x, y, text, names)
            before = here
            if row := by_year.get(year):
                _add(x, y, text, names, year, drawn(row["varde"]), _hover_text(row), str(name))
            else:
                _add(x, y, text, names, year)
        _add(x, y, text, names)
    trace = {"type": "scatter", "x": x[:-1], "y": y[:-1], "text": text[:-1]}
    distinct = {name for name in names if name is not None}
    if len(distinct) == 1:
        return trace | {"name": label(distinct.pop()), "hovertemplate": _NAMED_HOVER}
    return trace | {"customdata": [name and label(name) for name in names[:-1]], "hovertemplate": _HOVER}


def _add(
    x: list[int | None],
    y: list[float | None],
    text: list[str | None],
    names: list[str | None],
    year: int | None = None,
    value: float | None = None,
    words: str | None = None,
    name: str | None = None,
) -> None:
    """A point, or without a value a gap."""
    x.append(year)
    y.append(value)
    text.append(words)
    names.append(name)


def _bands(lines: pl.DataFrame, years: list[int], cuts: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """The interval of each highlighted line, in as many pieces as the line itself."""
    bands = []
    known = lines.filter((pl.col("slag") == "huvudman") & pl.col("nedre").is_not_null() & pl.col("ovre").is_not_null())
    for (_,), line in known.group_by("namn", maintain_order=True):
        points = [
            (years.index(row["ar"]), segment(row["ar"], cuts), row) for row in line.sort("ar").iter_rows(named=True)
        ]
        x: list[float | None] = []
        y: list[float | None] = []
        # Neighbours in the same segment: their place minus their number in the run is the same.
        for _, run in groupby(enumerate(points), key=lambda at: (at[1][0] - at[0], at[1][1])):
            piece = [row for _, (_, _, row) in run]
            at: list[float] = [row["ar"] for row in piece]
            lower, upper = [row["nedre"] for row in piece], [row["ovre"] for row in piece]
            if len(piece) == 1:
                at, lower, upper = [at[0] - _ALONE, at[0] + _ALONE], lower * 2, upper * 2
            x += [*at, *reversed(at), at[0], None]
            y += [*map(drawn, upper), *map(drawn, reversed(lower)), drawn(upper[0]), None]
        bands.append(
            {
                "type": "scatter", "mode": "lines", "x": x[:-1], "y": y[:-1], "fill": "toself", "fillcolor": BAND,
                "line": {"width": 0}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    return bands


def _rings(points: pl.DataFrame) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "marker": {"symbol": "circle-open", "size": 14, "color": INK, "line": {"width": 1.75}},
        "x": points["ar"].to_list(),
        "y": [drawn(value) for value in points["varde"].to_list()],
        "text": [_hover_text(row) for row in points.iter_rows(named=True)],
        "customdata": [label(name) for name in points["namn"].to_list()],
        "hovertemplate": _HOVER,
    }


def _pace(target: pl.DataFrame) -> list[dict[str, Any]]:
    """From the newest value of whom the target is followed for, to the target in its year."""
    return [
        {
            "type": "scatter", "mode": "lines", "hoverinfo": "skip",
            "x": [row["fran_ar"], row["mal_ar"]], "y": [drawn(row["fran_varde"]), drawn(row["malvarde"])],
            "line": {"color": ORANGE, "width": 1.5, "dash": "dashdot"},
        }
        for row in target.filter(pl.col("fran_ar").is_not_null()).iter_rows(named=True)
    ]  # fmt: skip


def _target_lines(target: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": drawn(value), "y1": drawn(value),
            "layer": "below", "line": {"color": INK, "width": 1.25, "dash": "longdash"},
        }
        for value in target["malvarde"].to_list()
    ]  # fmt: skip


def _target_labels(target: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "y": drawn(row["malvarde"]),
            "text": label(row["text"]),
        }
        for row in target.iter_rows(named=True)
    ]


def _hover_text(row: dict[str, Any]) -> str:
    return label(f"{row['text']} ({row['marke']})" if row["marke"] else row["text"])


def _year_labels(years: list[int]) -> list[int]:
    """The newest year, and those before it that have room: names that stand close would be turned askew."""
    room_for_one = (years[-1] - years[0]) / _MAX_YEAR_LABELS
    labels: list[int] = []
    for year in reversed(years):
        if not labels or labels[-1] - year > room_for_one:
            labels.append(year)
    return labels[::-1]


def _end_labels(
    ends: list[tuple[float, int, str, str]], last_year: int, low: float, high: float, *, at_edge: bool
) -> list[dict[str, Any]]:
    """Names where the lines end, moved apart where they end close together."""
    gap = (high - low) * _LABEL_GAP
    placed: list[tuple[float, str, str]] = []
    for value, year, text, color in sorted(ends):
        y = max(value, placed[-1][0] + gap) if placed else value
        placed.append((y, text if year == last_year else f"{text} ({year})", color))
    overflow = max((placed[-1][0] - high) if placed else 0.0, 0.0)
    where = {} if at_edge else {"x": last_year, "xref": "x", "xshift": 8}
    return [
        {**where, "y": drawn(y - overflow), "text": label(text), "font": {"color": color}} for y, text, color in placed
    ]
