"""The charts as SVG, drawn when the page is made: what is shown where no script runs, and on paper.

Pure functions: the same data give the same text. All words are text, and the whole is an image with one sentence.
Coordinates have at most one decimal. Fonts and colours are those of `static/rapport.css` (class `still`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup, escape

from dashboards import formatting
from dashboards.figures.model import (
    APART,
    COUNTRY,
    COUNTY,
    MAYBE_APART,
    MAYBE_BETTER,
    MAYBE_WORSE,
    MEN,
    SAME,
    UNKNOWN,
    WORSE,
    Dot,
    Line,
    Trend,
    apart,
    pieces,
    reach_of,
    row_places,
    value_range,
    year_labels,
)
from dashboards.figures.style import BLUE, GREY, INK, ORANGE, REACH, RULE, SOFT, longest
from dashboards.figures.svg import as_svg
from dashboards.figures.svg import coordinate as _n
from dashboards.figures.trend import end_labels

_WIDTH = 400
# Of text: the size, and about how wide a letter is.
_FONT, _LETTER = 12, 6.3
_ROW = 19
_LABEL_GAP = 14
_LOOKS = {
    COUNTRY: f'stroke="{INK}" stroke-width="1.4" stroke-dasharray="5 3"',
    COUNTY: f'stroke="{BLUE}" stroke-width="2.75" stroke-linejoin="round" stroke-linecap="round"',
}
# A value or year → its place.
_Scale = Callable[[float], float]
_DOTS = {COUNTRY: (INK, 1.7), COUNTY: (BLUE, 3)}


def trend_svg(trend: Trend, spoken: str) -> Markup:
    """The chart over time. spoken: what it says to who cannot see it."""
    years = trend.years
    low, high = value_range(trend.values)
    last = max(years[-1], trend.target.year if trend.target else years[-1])
    ends = end_labels(trend) + ([(trend.target.value, trend.target.text, INK, False)] if trend.target else [])
    steps = ticks(low, high)
    names = tick_names(steps)
    left = 8 + _width(names)
    right = _WIDTH - 10 - min(_width([text for _, text, *_ in ends]), 150)
    top = 8 + len(trend.marks) * 15
    bottom, height = top + 180, top + 200

    def x(year: float) -> float:
        return left + (year - years[0] + 0.35) / (last - years[0] + 0.7) * (right - left)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    parts = [_grid(left, right, y(step), name) for step, name in zip(steps, names, strict=True)]
    parts += [_text(x(year), bottom + 15, str(year), anchor="middle") for year in year_labels([*years, last])]
    by_year = {reach.year: reach for reach in trend.band}
    for run in pieces(trend, by_year):
        wide = 0.14 if len(run) == 1 else 0.0
        along = [(run[0] - wide, run[0]), *((year, year) for year in run[1:-1]), (run[-1] + wide, run[-1])]
        upper = [(x(at), y(by_year[year].high)) for at, year in along]
        lower = [(x(at), y(by_year[year].low)) for at, year in along]
        parts.append(f'<path d="{_path([*upper, *reversed(lower)])}z" fill="{REACH}"/>')
    for row, mark in enumerate(trend.marks):
        at, late = x(mark.at), mark.at > (years[0] + years[-1]) / 2
        dash = f'stroke="{GREY}" stroke-width="1.4" stroke-dasharray="1.5 3"' if mark.is_break else f'stroke="{INK}"'
        parts.append(f'<path d="M{_n(at)} {_n(top - 4)}V{_n(bottom)}" {dash} fill="none"/>')
        anchor = "end" if late else "start"
        parts.append(_text(at + (3 if late else -3), top - 9 - row * 15, mark.text, anchor=anchor))
    for kind in (COUNTRY, COUNTY):
        for line in trend.lines:
            if line.kind == kind:
                parts += _line(line, trend, x, y)
    if trend.target:
        at = y(trend.target.value)
        parts.append(f'<path d="M{_n(left)} {_n(at)}H{_n(right)}" stroke="{INK}" stroke-dasharray="9 4" fill="none"/>')
        if trend.target.pace:
            year, value = trend.target.pace
            pace = _path([(x(year), y(value)), (x(trend.target.year), at)])
            parts.append(
                f'<path d="{pace}" stroke="{ORANGE}" stroke-width="1.4" stroke-dasharray="6 3 1 3" fill="none"/>'
            )
    heights = apart([y(value) for value, *_ in ends], _LABEL_GAP, top, bottom)
    for at, (_, text, color, strong) in zip(heights, ends, strict=True):
        parts.append(_text(right + 6, at + 4, text, color=color, strong=strong))
    return _svg(height, spoken, parts)


def _line(line: Line, trend: Trend, x: _Scale, y: _Scale) -> Iterator[str]:
    by_year = {point.year: point for point in line.points}
    color, size = _DOTS[line.kind]
    for run in pieces(trend, by_year, own=line.own):
        places = [(x(year), y(by_year[year].value)) for year in run]
        if len(places) > 1:
            yield f'<path d="{_path(places)}" fill="none" {_LOOKS[line.kind]}/>'
        for (across, up), year in zip(places, run, strict=True):
            yield f'<circle cx="{_n(across)}" cy="{_n(up)}" r="{size}" fill="{color}"/>'
            if by_year[year].mark:
                yield f'<circle cx="{_n(across)}" cy="{_n(up)}" r="7" fill="none" stroke="{INK}" stroke-width="1.6"/>'


def dots_svg(dots: Sequence[Dot], country: float | None, spoken: str) -> Markup:
    """The chart of one year: a row for each dot, its interval, and riket as a dashed line through all."""
    low, high = reach_of(dots, [country] if country is not None else [])
    steps = ticks(low, high, most=5)
    places = row_places([dot.group for dot in dots])
    left = 6 + min(max(len(dot.name) * (7.7 if dot.strong else _LETTER) for dot in dots), 170)
    right = _WIDTH - 10 - min(_width([dot.text for dot in dots]), 150)
    top, bottom = 8.0, 8 + (max(places) + 1) * _ROW

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    names = tick_names(steps)
    parts = []
    for step, name in zip(steps, names, strict=True):
        parts.append(f'<path d="M{_n(x(step))} {_n(top)}V{_n(bottom)}" stroke="{RULE}"/>')
        parts.append(_text(x(step), bottom + 15, name, anchor="middle"))
    if country is not None:
        parts.append(
            f'<path d="M{_n(x(country))} {_n(top - 4)}V{_n(bottom)}" stroke="{INK}" stroke-width="1.2" '
            'stroke-dasharray="4 3"/>'
        )
    for dot, place in zip(dots, places, strict=True):
        at = top + (place + 0.5) * _ROW
        parts.append(_text(left - 6, at + 4, dot.name, anchor="end", color=INK, strong=dot.strong))
        if dot.low is not None and dot.high is not None:
            parts.append(f'<path d="M{_n(x(dot.low))} {_n(at)}H{_n(x(dot.high))}" stroke="{SOFT}" stroke-width="1.5"/>')
        if dot.value is not None and dot.other is not None:
            parts.append(
                f'<path d="M{_n(x(dot.value))} {_n(at)}H{_n(x(dot.other))}" stroke="{GREY}" stroke-width="3"/>'
            )
        if dot.other is not None:
            parts.append(glyph(MEN, x(dot.other), at))
        if dot.value is not None:
            parts.append(glyph(dot.shape, x(dot.value), at))
        parts.append(_text(right + 8, at + 4, dot.text, color=INK if dot.value is not None else SOFT))
    return _svg(bottom + 20, spoken, parts)


def glyph(shape: str, x: float, y: float) -> str:
    """The mark of a dot, at a place."""
    hollow = shape in (MAYBE_BETTER, MAYBE_WORSE, MAYBE_APART, UNKNOWN, MEN)
    if shape in (WORSE, MAYBE_WORSE):
        return f'<path d="M{_n(x)} {_n(y - 6)}l6 6l-6 6l-6 -6z" {_fill(ORANGE, hollow)}/>'
    if shape in (APART, MAYBE_APART):
        return _square(x, y, INK, hollow=hollow)
    if shape == MEN:
        return _square(x, y, ORANGE, hollow=hollow)
    radius, color = {SAME: (3.4, SOFT), UNKNOWN: (3.4, GREY)}.get(shape, (5, BLUE))
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{radius}" {_fill(color, hollow)}/>'


def glyph_svg(shape: str) -> Markup:
    """The mark by itself, for a key; the words stand beside it."""
    return Markup(f'<svg class="glyph" viewBox="0 0 16 16" aria-hidden="true">{glyph(shape, 8, 8)}</svg>')


def _fill(color: str, hollow: bool) -> str:
    return f'fill="#fff" stroke="{color}" stroke-width="2"' if hollow else f'fill="{color}"'


def _square(x: float, y: float, color: str, *, hollow: bool) -> str:
    return f'<path d="M{_n(x - 4.5)} {_n(y - 4.5)}h9v9h-9z" {_fill(color, hollow)}/>'


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between the two, at most so many."""
    rough = (high - low) / most
    size = 10 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_names(steps: Sequence[float]) -> list[str]:
    """With as many decimals as it takes to tell them apart."""
    step = steps[1] - steps[0] if len(steps) > 1 else steps[0] if steps else 1.0
    exponent = math.floor(math.log10(abs(step))) if step else 0
    decimals = max(0, -exponent + (round(step / 10**exponent, 6) == 2.5))
    return [formatting.number(round(value, decimals) + 0.0, decimals) for value in steps]


def _grid(left: float, right: float, y: float, name: str) -> str:
    return f'<path d="M{_n(left)} {_n(y)}H{_n(right)}" stroke="{RULE}"/>{_text(left - 6, y + 4, name, anchor="end")}'


def _text(x: float, y: float, text: str, *, anchor: str = "start", color: str = SOFT, strong: bool = False) -> str:
    attributes = "" if anchor == "start" else f' text-anchor="{anchor}"'
    attributes += ' font-weight="650"' if strong else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" fill="{color}"{attributes}>{as_svg(text)}</text>'


def _width(texts: Sequence[str]) -> float:
    return longest(texts) * _LETTER


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in places)


def _svg(height: float, spoken: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="still" viewBox="0 0 {_WIDTH} {_n(height)}" role="img" aria-label="{escape(spoken)}" '
        f'font-size="{_FONT}">{"".join(parts)}</svg>'
    )
