"""Several measures above each other on one time axis, as SVG: what is done, and what it is hoped to lead to.

Pure functions: the same data give the same text. Each panel has a scale of its own; only the time is shared, so that
nothing is read as an effect because two lines cross.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dashboards.figures.model import value_range
from dashboards.figures.svg import dot, drawing, line, polyline, text
from dashboards.figures.svg_trend import tick_names, ticks

_WIDTH, _PANEL, _HEAD, _LEFT, _RIGHT, _FOOT = 640.0, 110.0, 18.0, 48.0, 10.0, 22.0
_MOST_YEARS = 12
# How far the words of one start stand above those of another.
_START = 14.0

Series = tuple[tuple[float, float], ...]
"""(time in years, value), in order."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A measure: the series of the huvudmän, and those of riket, drawn dashed. A series that is broken is several."""

    title: str
    own: tuple[Series, ...]
    other: tuple[Series, ...] = ()


def timeline_svg(panels: Sequence[Panel], starts: Mapping[float, str], spoken: str) -> Markup:
    """starts: when the satsning began, in years, and where; lines through all panels. spoken: for who cannot see it."""
    times = [at for panel in panels for series in (*panel.own, *panel.other) for at, _ in series]
    times += starts
    last = int(max(times)) + 1
    first = max(int(min(times)), last - _MOST_YEARS)

    def x(at: float) -> float:
        return _LEFT + (at - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)

    height = len(panels) * (_PANEL + _HEAD) + _FOOT
    parts = []
    for number, panel in enumerate(panels):
        parts += _panel(panel, number * (_PANEL + _HEAD) + _HEAD, first, x)
    for year in range(first, last):
        parts.append(text(x(year + 0.5), height - 6, str(year), "x-text", "middle"))
        parts.append(line(x(year), height - _FOOT, x(year), height - _FOOT + 5, "x-medel"))
    for level, (start, words) in enumerate(sorted(starts.items())):
        if start >= first:
            parts.append(line(x(start), 2, x(start), height - _FOOT, "x-start"))
            late = start > (first + last) / 2
            place = (x(start) + (-4 if late else 4), height - _FOOT - 4 - level * _START)
            parts.append(text(*place, words, "x-text", "end" if late else "start"))
    return drawing(_WIDTH, height, spoken, parts, "xmr")


def _panel(panel: Panel, top: float, first: float, x: Callable[[float], float]) -> list[str]:
    drawn = [(series, "x-serie x-tunn") for series in panel.own] + [
        (series, "x-grans x-tunn") for series in panel.other
    ]
    shown = [([point for point in series if point[0] >= first], name) for series, name in drawn]
    values = [value for series, _ in shown for _, value in series]
    parts = [text(_LEFT, top - 5, panel.title, "x-rubrik")]
    if not values:
        return parts
    low, high = value_range(values)

    def y(value: float) -> float:
        return top + (_PANEL - 8) * (1 - (value - low) / (high - low))

    steps = ticks(low, high, most=3)
    for step, name in zip(steps, tick_names(steps), strict=True):
        parts.append(line(_LEFT, y(step), _WIDTH - _RIGHT, y(step), "x-rutnat"))
        parts.append(text(_LEFT - 6, y(step) + 4, name, "x-text", "end"))
    for series, name in shown:
        points = [(x(at), y(value)) for at, value in series]
        if len(points) > 1:
            parts.append(polyline(points, name))
        elif points:
            parts.append(dot(*points[0], 2, "x-punkt"))
    return parts
