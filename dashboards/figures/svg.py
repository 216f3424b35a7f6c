"""Small drawings as inline SVG: pure functions from numbers to markup, the same bytes for the same numbers.

Shape carries läge (circle better, diamond worse, filled säkert, hollow troligen, small grey dot no difference);
triangles are for time only. Colours are classes of the style sheet. What is drawn, and the words beside, is decided by
the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from dashboards import cite

# How wide a letter is in sizes of the font, with room for wide ones such as DejaVu's.
_LETTER = 0.62
# Units of a drawing in a rem.
_REM = 16


def coordinate(value: float) -> str:
    """One decimal is enough to draw, and is the same on every machine."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def drawing(width: float, height: float, spoken: str, parts: Iterable[str], name: str = "") -> Markup:
    """An image with a sentence for whoever does not see it ('': the words stand beside it); its size follows the
    reader's own text size.
    """
    size = f'width="{width / _REM:.4g}rem" height="{height / _REM:.4g}rem" font-size="{_REM}"'
    box = f'viewBox="0 0 {coordinate(width)} {coordinate(height)}"'
    css = f' class="{name}"' if name else ""
    aria = f'role="img" aria-label="{escape(cite.plain(spoken))}"' if spoken else 'aria-hidden="true"'
    return Markup(f"<svg{css} {box} {size} {aria}>{''.join(parts)}</svg>")


def line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    c = coordinate
    return f'<line class="{name}" x1="{c(x1)}" y1="{c(y1)}" x2="{c(x2)}" y2="{c(y2)}"/>'


def box(x: float, y: float, width: float, height: float, name: str) -> str:
    c = coordinate
    return f'<rect class="{name}" x="{c(x)}" y="{c(y)}" width="{c(width)}" height="{c(height)}"/>'


def dot(x: float, y: float, radius: float, name: str) -> str:
    c = coordinate
    return f'<circle class="{name}" cx="{c(x)}" cy="{c(y)}" r="{c(radius)}"/>'


def shape(points: Sequence[tuple[float, float]], name: str) -> str:
    path = "".join(f"{'L' if n else 'M'}{coordinate(x)} {coordinate(y)}" for n, (x, y) in enumerate(points))
    return f'<path class="{name}" d="{path}Z"/>'


def polyline(points: Sequence[tuple[float, float]], name: str) -> str:
    path = "".join(f"{'L' if n else 'M'}{coordinate(x)} {coordinate(y)}" for n, (x, y) in enumerate(points))
    return f'<path class="{name}" d="{path}"/>'


def text(x: float, y: float, words: str, name: str, anchor: str = "start") -> str:
    """Text as text; a figure in it keeps its place in the database."""
    where = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text class="{name}" x="{coordinate(x)}" y="{coordinate(y)}"{where}>{as_svg(words)}</text>'


def as_svg(words: str) -> str:
    """SVG knows no `<data>`: a figure is a tspan with the same attributes."""
    html = str(cite.as_html(words))
    return html.replace('<data value="', '<tspan data-value="').replace("</data>", "</tspan>")


def width_of(words: str, size: float) -> float:
    """About how wide a text is."""
    return len(cite.plain(words)) * _LETTER * size


@dataclass(frozen=True, slots=True)
class Mark:
    """A value in a row of marks. x: from 0 to 1, better to the right. kind: battre, samre or lika; sure: filled."""

    x: float
    kind: str
    sure: bool


def glyph(x: float, y: float, kind: str, *, sure: bool, size: float = 4.5) -> str:
    """The mark of läge."""
    if kind == "battre":
        return dot(x, y, size, "m-battre" if sure else "m-battre m-hal")
    if kind == "samre":
        r = size * 1.25
        return shape([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], "m-samre" if sure else "m-samre m-hal")
    return dot(x, y, size * 0.72, "m-lika")


def segments(
    values: Sequence[tuple[int, float]], comparable: Callable[[int, int], bool]
) -> list[list[tuple[int, float]]]:
    """The years of a line in parts that measure the same: no line is drawn across a break or a change of survey."""
    parts: list[list[tuple[int, float]]] = []
    for year, value in values:
        if parts and comparable(parts[-1][-1][0], year):
            parts[-1].append((year, value))
        else:
            parts.append([(year, value)])
    return parts


def broken_line(
    values: Sequence[tuple[int, float]],
    comparable: Callable[[int, int], bool],
    at: Callable[[int, float], tuple[float, float]],
    name: str,
) -> Iterator[str]:
    """A line over the years in parts that measure the same; a year by itself is a point. at: where a value stands."""
    for part in segments(values, comparable):
        points = [at(*point) for point in part]
        yield polyline(points, name) if len(points) > 1 else dot(*points[0], 1.6, f"{name} m-punkt")


def break_lines(
    breaks: Iterable[tuple[int, int]], years: tuple[int, int], x: Callable[[int], float], top: float, bottom: float
) -> Iterator[str]:
    """The breaks between the first and the last year. breaks: last old year and first new year of each."""
    for old, new in breaks:
        if years[0] <= old and new <= years[1]:
            middle = (x(old) + x(new)) / 2
            yield line(middle, top, middle, bottom, "l-brott")


def spark(
    own: Sequence[tuple[int, float]],
    other: Sequence[tuple[int, float]],
    breaks: Sequence[tuple[int, int]],
    comparable: Callable[[int, int], bool],
    spoken: str,
    label: str,
) -> Markup:
    """The county (bold) and riket (dashed) over the same years on one scale; the newest value in words.

    breaks: last old year and first new year of each. comparable: whether two years measure the same.
    """
    width, height = 112.0, 34.0
    room = width_of(label, 10.5) + 8
    years = [year for year, _ in (*own, *other)]
    values = [value for _, value in (*own, *other)]
    first, last, low, high = min(years), max(years), min(values), max(values)

    def at(year: int, value: float) -> tuple[float, float]:
        x = 4 + (width - room - 8) * ((year - first) / (last - first) if last > first else 1)
        y = height - 6 - (height - 12) * ((value - low) / (high - low) if high > low else 0.5)
        return x, y

    parts = [
        *break_lines(breaks, (first, last), lambda year: at(year, low)[0], 2, height - 2),
        *broken_line(other, comparable, at, "l-riket"),
        *broken_line(own, comparable, at, "l-lan"),
    ]
    end = at(*own[-1])
    parts.append(dot(*end, 2.6, "m-slut"))
    parts.append(text(end[0] + 6, end[1] + 3.8, label, "t-varde"))
    return drawing(width, height, spoken, parts, "spark")


def swarm(marks: Sequence[Mark], width: float, radius: float = 4.5) -> list[tuple[Mark, float, float]]:
    """Where the marks go: those that would cover each other go upwards. x and the number of steps up."""
    placed: list[tuple[Mark, float, float]] = []
    for mark in sorted(marks, key=lambda m: m.x):
        x = mark.x * width
        step = 0
        while any(abs(x - other) < 2.15 * radius and step == level for _, other, level in placed):
            step += 1
        placed.append((mark, x, step))
    return placed
