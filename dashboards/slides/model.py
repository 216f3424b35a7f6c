"""What a slide holds, whatever it is written as. Texts are plain; values are whole, None where there is none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards import formatting
from dashboards.cite import plain
from dashboards.figures.model import (
    APART,
    BETTER,
    COUNTRY,
    MAYBE_APART,
    MAYBE_BETTER,
    MAYBE_WORSE,
    WORSE,
    Dot,
    Line,
    Trend,
    pieces,
    value_range,
)
from dashboards.figures.svg_trend import ticks


@dataclass(frozen=True, slots=True)
class Series:
    """Years that may be joined, of one line; what may not be joined to them is another series. kind: as of a Line."""

    kind: str
    name: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """A chart over time. years: from the first to the last. axis: its lowest and highest value, and the step."""

    heading: str
    series: tuple[Series, ...]
    years: tuple[int, int]
    axis: tuple[float, float, float]
    decimals: int

    @property
    def spoken(self) -> str:
        """What it shows to who cannot see it: the first and the newest value of every part."""
        parts = []
        for series in sorted(self.series, key=lambda series: (series.kind, series.points)):
            ends = dict.fromkeys((series.points[0], series.points[-1]))
            values = " till ".join(f"{formatting.number(value, self.decimals)} ({year})" for year, value in ends)
            parts.append(f"{series.name} {values}")
        return f"Linjediagram, {self.heading}: {'; '.join(parts)}."


@dataclass(frozen=True, slots=True)
class Bar:
    """name: of the area, with the word against riket, or why there is no value. shape: as of a Dot; COUNTRY: riket."""

    name: str
    value: float | None
    shape: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of one year: a row for each area, from above."""

    heading: str
    rows: tuple[Bar, ...]
    decimals: int

    @property
    def spoken(self) -> str:
        """What it shows to who cannot see it: every value."""
        values = (
            bar.name if bar.value is None else f"{bar.name} {formatting.number(bar.value, self.decimals)}"
            for bar in self.rows
        )
        return f"Stapeldiagram, {self.heading}: {'; '.join(values)}."


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, and rows of as many texts."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Slide:
    """title: a sentence that answers. body: sentences. charts: at most two. source: whose the figures are, in a line.
    notes: what the speaker must know.
    """

    title: str
    source: str
    notes: str
    body: tuple[str, ...] = ()
    charts: tuple[Lines | Bars, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Deck:
    """title, subtitle: of a first slide, which there is where there is a subtitle. mark: stands on every slide, or
    None. footer: what it is and of when.
    """

    title: str
    subtitle: tuple[str, ...]
    footer: str
    mark: str | None
    slides: tuple[Slide, ...]


def lines_of(trend: Trend, heading: str, decimals: int) -> Lines:
    """A chart over time as a slide draws it: no line goes over a break, a switch of survey or a missing year."""
    runs = [run for line in trend.lines for run in _runs(trend, line)]
    # LibreOffice draws nothing of a series that a longer one follows.
    series = tuple(sorted(runs, key=lambda run: (-len(run.points), run.kind == COUNTRY)))
    values = [value for run in series for _, value in run.points]
    low, high = value_range(values)
    steps = ticks(low, high)
    step = steps[1] - steps[0] if len(steps) > 1 else high - low
    axis = (math.floor(low / step) * step, math.ceil(high / step) * step, step)
    note = "" if axis[0] <= 0 <= axis[1] else "; axeln börjar inte vid noll"
    return Lines(heading + note, series, (trend.years[0], trend.years[-1]), axis, decimals)


def _runs(trend: Trend, line: Line) -> Iterator[Series]:
    values = {point.year: point.value for point in line.points}
    runs = list(pieces(trend, values, own=line.own))
    for run in runs:
        # The newest keeps the name: it is what the key shows.
        span = "" if run is runs[-1] else f" {run[0]}" if len(run) == 1 else f" {run[0]}–{run[-1]}"
        yield Series(line.kind, formatting.capital(line.name) + span, tuple((year, values[year]) for year in run))


_AGAINST = {
    BETTER: "säkert bättre",
    MAYBE_BETTER: "troligen bättre",
    WORSE: "säkert sämre",
    MAYBE_WORSE: "troligen sämre",
    APART: "säkert skild",
    MAYBE_APART: "troligen skild",
}


def bars_of(dots: Sequence[Dot], heading: str, country: float | None, decimals: int) -> Bars:
    """A chart of one year as a slide draws it, riket last."""
    rows = []
    for dot in dots:
        word = plain(dot.text) if dot.value is None else _AGAINST.get(dot.shape, "")
        rows.append(Bar(f"{dot.name} ({word})" if word else dot.name, dot.value, dot.shape))
    if any(dot.shape in _AGAINST for dot in dots):
        heading = f"{heading}; säkert och troligen: mot riket"
    if country is not None:
        rows.append(Bar("Riket", country, COUNTRY))
    return Bars(heading, tuple(rows), decimals)
