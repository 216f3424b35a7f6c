"""What a chart shows, whichever way it is drawn: by plotly where a script runs, as SVG where none does.

Texts are plain and already worded; values are whole. Years that measure something else are never joined (`pieces`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

COUNTY, COUNTRY = "länet", "riket"
# Between rows of two groups, in rows.
_GROUP_GAP = 0.45
_LABELS_AT_MOST = 6


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a year. text: the value in words, for who points at it. mark: a word for a corrected value, or ''."""

    year: int
    value: float
    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """kind: COUNTY or COUNTRY. label: stands at the end. own: whether a switch of survey in the county cuts it."""

    kind: str
    name: str
    label: str
    points: tuple[Point, ...]
    own: bool = True


@dataclass(frozen=True, slots=True)
class Reach:
    """From the lowest to the highest kommun of a year."""

    year: int
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A year across the chart: a break (dotted) or when a satsning began (a line with a triangle)."""

    at: float
    text: str
    is_break: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A decided target; pace: the year and value that the required pace is drawn from, or None."""

    value: float
    year: int
    text: str
    pace: tuple[int, float] | None


@dataclass(frozen=True, slots=True)
class Trend:
    """cuts: the last old and the first new year of each break. surveys: the years with the county's own survey.

    ends: words at the end of the band: value and text, the lowest and the highest.
    """

    lines: tuple[Line, ...]
    band: tuple[Reach, ...]
    ends: tuple[tuple[float, str], ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()
    surveys: frozenset[int] = frozenset()
    marks: tuple[Mark, ...] = ()
    target: Target | None = None

    @property
    def years(self) -> list[int]:
        """Every year of which something is drawn."""
        return sorted({p.year for line in self.lines for p in line.points} | {reach.year for reach in self.band})

    @property
    def values(self) -> list[float]:
        """Every value that the axis must reach."""
        values = [point.value for line in self.lines for point in line.points]
        values += [value for reach in self.band for value in (reach.low, reach.high)]
        return [*values, *([self.target.value] if self.target else [])]

    def segment(self, year: int, *, own: bool) -> tuple[object, ...]:
        """Years with the same answer may be joined.

        A year between the two of a break belongs surely to neither side, and is joined to no other.
        """
        sides = (0 if year <= old else -1 if year >= new else year for old, new in self.cuts)
        return (*sides, own and year in self.surveys)


# How the difference to riket is shown. Good and bad differ in form as well as in colour.
BETTER, MAYBE_BETTER, WORSE, MAYBE_WORSE = "battre", "kanske-battre", "samre", "kanske-samre"
APART, MAYBE_APART, SAME, UNKNOWN = "skild", "kanske-skild", "lika", "okand"
# The other value of a row where there are two: men beside women.
MEN = "man"


@dataclass(frozen=True, slots=True)
class Dot:
    """A row of the chart of one year. value None: `text` says why. group: rows of one länsdel stand together.

    other: a second value (MEN beside women).
    """

    name: str
    group: str
    value: float | None
    text: str
    shape: str = UNKNOWN
    low: float | None = None
    high: float | None = None
    other: float | None = None
    strong: bool = False


def pieces(trend: Trend, years: Iterable[int], *, own: bool = True) -> Iterator[list[int]]:
    """These years in runs that may be joined: neighbours among all the years of the chart, on one side of every cut."""
    order = {year: n for n, year in enumerate(trend.years)}
    run: list[int] = []
    for year in sorted(years):
        joined = run and order[year] == order[run[-1]] + 1
        if joined and trend.segment(year, own=own) == trend.segment(run[-1], own=own):
            run.append(year)
            continue
        if run:
            yield run
        run = [year]
    if run:
        yield run


def value_range(values: Sequence[float]) -> tuple[float, float]:
    """The axis: from zero when the values come near it, else a little below the lowest (the page then says so)."""
    low, high = min(values), max(values)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    if 0 <= low <= 0.4 * high:
        return 0.0, high + room
    return low - room, high + room


def starts_at_zero(values: Sequence[float]) -> bool:
    """Whether the axis for these values includes zero."""
    low, high = value_range(values)
    return low <= 0 <= high


def reach_of(dots: Sequence[Dot], also: Sequence[float]) -> tuple[float, float]:
    """The axis of the chart of one year; zero when it lies close below."""
    known = [v for dot in dots for v in (dot.value, dot.low, dot.high, dot.other) if v is not None]
    low, high = min([*known, *also]), max([*known, *also])
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    if 0 <= low <= 0.4 * high:
        return -room / 2, high + room
    return low - room, high + room


def row_places(groups: Sequence[str]) -> list[float]:
    """Rows from the top, with some room where the group changes."""
    places: list[float] = []
    for n, group in enumerate(groups):
        places.append(places[-1] + 1 + (_GROUP_GAP if group != groups[n - 1] else 0) if places else 0.0)
    return places


def apart(heights: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """The heights, in their order, moved as little as is needed to stand `gap` apart between the limits."""
    order = sorted(range(len(heights)), key=lambda n: (heights[n], n))
    placed: dict[int, float] = {}
    before = lowest - gap
    for n in order:
        before = placed[n] = max(heights[n], before + gap)
    after = highest + gap
    for n in reversed(order):
        after = placed[n] = min(placed[n], after - gap)
    return [placed[n] for n in range(len(heights))]


def year_labels(years: Sequence[int]) -> list[int]:
    """The newest year, and those before it that have room."""
    room = (years[-1] - years[0]) / _LABELS_AT_MOST
    labels: list[int] = []
    for year in reversed(years):
        if not labels or labels[-1] - year > room:
            labels.append(year)
    return labels[::-1]
