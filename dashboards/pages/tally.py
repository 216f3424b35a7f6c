"""What the summary and the pages of the huvudmän count, in one place: the sentences and the CSV hold the same numbers.

How a count is worded is not decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboards.data import Measure, Published
from dashboards.pages import choice, status
from dashboards.pages.standings import Standing, counted, of_goal, standings

MEASURES, DIRECTIONS, LEVELS = "mått", "riktning", "senaste värde mot riket"


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of so many: part is länet, a målområde or a huvudman; what is MEASURES, DIRECTIONS or LEVELS."""

    part: str
    what: str
    word: str
    number: int
    of: int


def states(measures: Iterable[Measure], published: Published) -> Counter[str]:
    """How many mått are in each state (`choice.STATE_WORDS`)."""
    return Counter(choice.state(measure, published) for measure in measures)


def directions(found: Iterable[Standing]) -> Counter[str]:
    """How many series have each direction for the county."""
    return Counter(one.county.direction.word for one in found)


def values(found: Iterable[Standing]) -> list[status.Of]:
    """The newest value of each huvudman in each series that has one."""
    return [one for standing in found for one in standing.each if one.year is not None]


def levels(newest: Iterable[status.Of]) -> Counter[str]:
    """How many newest values stand where against riket; without a value for riket nothing can be judged."""
    return Counter(one.against or status.NOT_JUDGED for one in newest)


def tallies(published: Published) -> list[Tally]:
    """Of the county, each målområde and each huvudman, all that is counted."""
    parts: list[tuple[str, Sequence[Measure]]] = [("Länet", published.measures)]
    parts += [(goal.name, of_goal(goal)) for goal in published.goal_areas]
    found = []
    for name, measures in parts:
        series = counted(standings(published, measures))
        found += _rows(name, MEASURES, _worded(states(measures, published)))
        found += _rows(name, DIRECTIONS, directions(series))
        found += _rows(name, LEVELS, levels(values(series)))
    if len(published.principals) > 1:
        every = counted(standings(published))
        for area in published.principals:
            mine = [one for one in values(every) if one.area == area]
            found += _rows(area.name, DIRECTIONS, Counter(one.direction.word for one in mine))
            found += _rows(area.name, LEVELS, levels(mine))
    return found


def _worded(by_state: Counter[str]) -> Counter[str]:
    return Counter({choice.STATE_WORDS[state]: n for state, n in by_state.items()})


def _rows(part: str, what: str, counts: Counter[str]) -> list[Tally]:
    return [Tally(part, what, word, n, counts.total()) for word, n in sorted(counts.items())]
