"""What a slide holds, whatever it is written as. Texts are plain; values are whole, None where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboards import formatting
from dashboards.cite import plain
from dashboards.figures.model import (
    APART,
    BETTER,
    MAYBE_APART,
    MAYBE_BETTER,
    MAYBE_WORSE,
    WORSE,
    Dot,
    Line,
    Trend,
    pieces,
    starts_at_zero,
)

# What a bar is against riket, in colour; in words it stands beside the name.
GOOD, BAD, RIKET = "battre", "samre", "riket"
_AGAINST = {
    BETTER: "säkert bättre",
    MAYBE_BETTER: "troligen bättre",
    WORSE: "säkert sämre",
    MAYBE_WORSE: "troligen sämre",
    APART: "säkert skild från riket",
    MAYBE_APART: "troligen skild från riket",
}


@dataclass(frozen=True, slots=True)
class Series:
    """Years that may be joined, of one line; what may not be joined to them is another series. kind: as of a Line."""

    kind: str
    name: str
    points: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """A chart over time. years: the first and the last. spoken: what it says to who cannot see it. note: how to read
    it, or ''.
    """

    heading: str
    series: tuple[Series, ...]
    years: tuple[int, int]
    decimals: int
    spoken: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """An area and its value; the name of one without value says why. kind: GOOD, BAD, RIKET or ''."""

    name: str
    value: float | None
    kind: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart of one year, from above. spoken, note: as of Lines."""

    heading: str
    rows: tuple[Bar, ...]
    decimals: int
    spoken: str
    note: str = ""


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
    """cover: the lines under the title on a slide of their own, if any. mark: stands on every slide, or None. footer:
    what it is and of when.
    """

    title: str
    cover: tuple[str, ...]
    footer: str
    mark: str | None
    slides: tuple[Slide, ...]


def lines_of(trend: Trend, heading: str, decimals: int, spoken: str) -> Lines:
    """A chart over time as a slide draws it: no line goes over a break, a switch of survey or a missing year."""
    runs = [run for line in trend.lines for run in _runs(trend, line)]
    # LibreOffice draws nothing of a series that a longer one follows.
    series = tuple(sorted(runs, key=lambda run: -len(run.points)))
    values = [value for run in series for _, value in run.points]
    years = sorted({year for run in series for year, _ in run.points})
    breaks = [f"Nytt sätt att mäta {new}" for old, new in trend.cuts if years[0] <= old and new <= years[-1]]
    note = ". ".join([*breaks, *([] if starts_at_zero(values) else ["Axeln börjar inte vid noll"])])
    return Lines(heading, series, (years[0], years[-1]), decimals, spoken, f"{note}." if note else "")


def _runs(trend: Trend, line: Line) -> Iterator[Series]:
    values = {point.year: point.value for point in line.points}
    runs = list(pieces(trend, values, own=line.own))
    for run in runs:
        span = str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}"
        name = line.name if len(runs) == 1 else f"{line.name} {span}"
        yield Series(line.kind, formatting.capital(name), tuple((year, values[year]) for year in run))


def bars_of(dots: Sequence[Dot], heading: str, country: float | None, decimals: int, spoken: str) -> Bars:
    """A chart of one year as a slide draws it, riket last. What differs from riket says so in words too."""
    rows = []
    for dot in dots:
        word = _AGAINST.get(dot.shape, "") if dot.value is not None else plain(dot.text)
        kind = {BETTER: GOOD, MAYBE_BETTER: GOOD, WORSE: BAD, MAYBE_WORSE: BAD}.get(dot.shape, "")
        rows.append(Bar(f"{dot.name}, {word}" if word else dot.name, dot.value, kind))
    if country is not None:
        rows.append(Bar("Riket", country, RIKET))
    apart = any(row.kind in (GOOD, BAD) for row in rows)
    note = "Bättre och sämre: än riket, utanför den vanliga variationen." if apart else ""
    return Bars(heading, tuple(rows), decimals, spoken, note)
