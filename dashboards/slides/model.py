"""What a slide holds, whatever it is written as. Texts are plain; values are whole, None where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards import formatting
from dashboards.cite import plain
from dashboards.figures.model import COUNTRY, Dot, Line, Trend, pieces


@dataclass(frozen=True, slots=True)
class Series:
    """Years that may be joined, of one line; what may not be joined to them is another series. kind: as of a Line."""

    kind: str
    name: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """A chart over time. years: from the first to the last; low: where the axis begins."""

    heading: str
    series: tuple[Series, ...]
    years: tuple[int, int]
    decimals: int


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of one year: a name and a value for each area, from above; the name of one without value says why.

    country: the row of riket.
    """

    heading: str
    rows: tuple[tuple[str, float | None], ...]
    country: int | None
    decimals: int


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
    """title, subtitle: of the first slide. mark: stands on every slide, or None. footer: what it is and of when."""

    title: str
    subtitle: tuple[str, ...]
    footer: str
    mark: str | None
    slides: tuple[Slide, ...]


def lines_of(trend: Trend, heading: str, decimals: int) -> Lines:
    """A chart over time as a slide draws it: no line goes over a break, a switch of survey or a missing year."""
    lines = sorted(trend.lines, key=lambda line: line.kind == COUNTRY)
    series = tuple(run for line in lines for run in _runs(trend, line))
    return Lines(heading, series, (trend.years[0], trend.years[-1]), decimals)


def _runs(trend: Trend, line: Line) -> Iterator[Series]:
    values = {point.year: point.value for point in line.points}
    runs = list(pieces(trend, values, own=line.own))
    for run in runs:
        span = str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}"
        name = line.name if len(runs) == 1 else f"{line.name} {span}"
        yield Series(line.kind, formatting.capital(name), tuple((year, values[year]) for year in run))


def bars_of(dots: Sequence[Dot], heading: str, country: float | None, decimals: int) -> Bars:
    """A chart of one year as a slide draws it, riket last."""
    rows = [(dot.name if dot.value is not None else f"{dot.name} ({plain(dot.text)})", dot.value) for dot in dots]
    if country is not None:
        rows.append(("Riket", country))
    return Bars(heading, tuple(rows), len(rows) - 1 if country is not None else None, decimals)
