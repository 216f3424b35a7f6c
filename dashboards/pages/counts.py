"""The counts of the summary and of the pages of the huvudmän, in one place, so that sentences and CSV agree.

How a count is worded is not decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dashboards import cite, formatting
from dashboards.pages import choice, links, status
from dashboards.pages.series_summary import SeriesSummary, counted, of_goal, series_summaries
from dashboards.reading.published import Measure, Published

COUNTY = "Länet"
MEASURES, DIRECTIONS, LEVELS = "mått", "riktning", "senaste värde mot riket"


@dataclass(frozen=True, slots=True)
class CountRow:
    """So many of so many (None: a count by itself): part is länet, a målområde, a huvudman or a page; what is
    MEASURES, DIRECTIONS, LEVELS or what a page counts.
    """

    part: str
    what: str
    word: str
    number: int
    of: int | None

    @property
    def place(self) -> str:
        """Where it stands, but for the column."""
        return f"{links.SUMMARY_CSV}/{self.part}/{self.what}/{self.word}"

    @property
    def share(self) -> float | None:
        """Percent."""
        return 100 * self.number / self.of if self.of else None


@dataclass(slots=True)
class CountList:
    """The counts of a part of the report while it is written: each is printed with where it stands in the CSV."""

    part: str
    rows: list[CountRow] = field(default_factory=list)

    def number(self, what: str, word: str, n: int) -> str:
        """A count by itself."""
        return self._figure(self._row(what, word, n, None), "antal", n)

    def of(self, what: str, word: str, n: int, total: int) -> str:
        """'7 av 9'."""
        row = self._row(what, word, n, total)
        return f"{self._figure(row, 'antal', n)} av {self._figure(row, 'av', total)}"

    def share(self, what: str, word: str, n: int, total: int) -> str:
        """'95,0 %' of so many."""
        row = self._row(what, word, n, total)
        percent = row.share
        assert percent is not None
        number = cite.figure(formatting.number(percent, 1), percent, f"{row.place}/andel")
        return f"{number}{formatting.HARD_SPACE}%"

    def _row(self, what: str, word: str, n: int, total: int | None) -> CountRow:
        part, what, word = (text.replace("/", "\u2215") for text in (self.part, what, word))
        row = CountRow(part, what, word, n, total)
        self.rows.append(row)
        return row

    def _figure(self, row: CountRow, column: str, n: int) -> str:
        return cite.figure(formatting.count(n), n, f"{row.place}/{column}")


def states(measures: Iterable[Measure], published: Published) -> Counter[str]:
    """How many mått are in each state (`choice.STATE_WORDS`)."""
    return Counter(choice.measure_status(measure, published) for measure in measures)


def directions(summaries: Iterable[SeriesSummary]) -> Counter[str]:
    """How many series have each direction for the county."""
    return Counter(summary.county_direction for summary in summaries)


def values(summaries: Iterable[SeriesSummary]) -> list[status.AreaReading]:
    """The newest value of each huvudman in each series that has one."""
    return [reading for summary in summaries for reading in summary.readings if reading.year is not None]


def levels(newest: Iterable[status.AreaReading]) -> Counter[str]:
    """How many newest values have each word against riket; without a value for riket nothing can be judged."""
    return Counter(reading.against or status.NOT_JUDGED for reading in newest)


def count_rows(published: Published) -> list[CountRow]:
    """All counts of the county, each målområde and each huvudman."""
    parts: list[tuple[str, Sequence[Measure]]] = [(COUNTY, published.measures)]
    parts += [(goal.name, of_goal(goal)) for goal in published.goal_areas]
    rows = []
    for name, measures in parts:
        summaries = counted(series_summaries(published, measures))
        rows += _rows(name, MEASURES, _worded(states(measures, published)))
        rows += _rows(name, DIRECTIONS, directions(summaries))
        rows += _rows(name, LEVELS, levels(values(summaries)))
    if len(published.principals) > 1:
        all_summaries = counted(series_summaries(published))
        for area in published.principals:
            area_readings = [reading for reading in values(all_summaries) if reading.area == area]
            rows += _rows(area.name, DIRECTIONS, Counter(reading.direction for reading in area_readings))
            rows += _rows(area.name, LEVELS, levels(area_readings))
    return rows


def _worded(by_state: Counter[str]) -> Counter[str]:
    return Counter({choice.STATE_WORDS[state]: n for state, n in by_state.items()})


def _rows(part: str, what: str, counts: Counter[str]) -> list[CountRow]:
    return [CountRow(part, what, word, n, counts.total()) for word, n in sorted(counts.items())]
