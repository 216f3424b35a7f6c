"""The chart of months or quarters as SVG: the points in order, their mean and limits, and what stands out.

Pure functions: the same data give the same text. What is said of it, and whether there are limits, is for the pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dashboards.figures.model import value_range
from dashboards.figures.svg import dot, drawing, line, polyline, text
from dashboards.figures.svg_trend import tick_names, ticks

_WIDTH, _HEIGHT, _TOP, _LEFT, _RIGHT, _BOTTOM = 420.0, 210.0, 24.0, 44.0, 12.0, 26.0


@dataclass(frozen=True, slots=True)
class Point:
    """A period with its value; stands_out: a special cause, drawn with a ring. joined: to the point before it."""

    period: str
    value: float
    stands_out: bool
    joined: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """Mean and limits as they are drawn: a limit beyond what a value can be is drawn at its end. first: the period in
    which they begin."""

    mean: float
    lower: float
    upper: float
    first: str


def xmr_svg(points: Sequence[Point], lines: Lines | None, spoken: str, marks: Mapping[str, str]) -> Markup:
    """marks: period → words at a vertical line there, such as when a satsning began. spoken: for who cannot see it."""
    reach = [point.value for point in points] + ([lines.lower, lines.upper] if lines else [])
    low, high = value_range(reach)
    places = {point.period: at for at, point in enumerate(points)}

    def x(period: str) -> float:
        return _LEFT + (places[period] + 0.5) / len(points) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _BOTTOM - _TOP)

    steps = ticks(low, high)
    parts = []
    for step, name in zip(steps, tick_names(steps), strict=True):
        parts.append(line(_LEFT, y(step), _WIDTH - _RIGHT, y(step), "x-rutnat"))
        parts.append(text(_LEFT - 6, y(step) + 4, name, "x-text", "end"))
    for period in _labelled([point.period for point in points]):
        parts.append(text(x(period), _HEIGHT - 8, period, "x-text", "middle"))
    if lines:
        for value, name in ((lines.mean, "x-medel"), (lines.lower, "x-grans"), (lines.upper, "x-grans")):
            parts.append(line(x(lines.first), y(value), x(points[-1].period), y(value), name))
    for period, words in marks.items():
        if period in places:
            late = places[period] > len(points) / 2
            parts.append(line(x(period), _TOP - 8, x(period), _HEIGHT - _BOTTOM, "x-start"))
            parts.append(text(x(period) + (3 if late else -3), _TOP - 12, words, "x-text", "end" if late else "start"))
    runs: list[list[tuple[float, float]]] = []
    for point in points:
        if not point.joined:
            runs.append([])
        runs[-1].append((x(point.period), y(point.value)))
    parts += [polyline(run, "x-serie") for run in runs if len(run) > 1]
    for point in points:
        parts.append(dot(x(point.period), y(point.value), 2.8, "x-punkt"))
        if point.stands_out:
            parts.append(dot(x(point.period), y(point.value), 6.5, "x-orsak"))
    return drawing(_WIDTH, _HEIGHT, spoken, parts, "xmr")


def _labelled(periods: Sequence[str]) -> list[str]:
    """The periods that have room for their names: the first and the last, and some between."""
    step = max(1, -(-len(periods) // 6))
    names = list(periods[::step])
    if names[-1] != periods[-1]:
        names[-1:] = [periods[-1]] if len(names) > 1 else [names[-1], periods[-1]]
    return names
