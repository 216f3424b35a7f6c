"""Sammanfattning: the one page that a member of the board reads in five minutes.

Three sentences for each målområde by fixed rules, counts with their denominators, what has changed, and at most five
things to take a stand on. The sentences are marked as automatic until somebody has approved them. No composite score,
no ranking of kommuner: series are counted, each once, and what cannot be judged is counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import words
from dashboards.content import Content
from dashboards.csvfiles import summary_path
from dashboards.data import GoalArea, Measure, Published
from dashboards.pages import attribution, choice, status, tally, whose
from dashboards.pages.anchors import goal_anchor, indicator_anchor, measure_anchor
from dashboards.pages.kpi import DECIDED
from dashboards.pages.standings import Standing, counted, of_goal, shared, standings

AUTOMATIC = "Automatisk text efter fasta regler, ej godkänd"
_AT_MOST = 5
# Without the name of the source, which our own sentences must not carry.
_STATES = {
    choice.INDIRECT: "belyses bara indirekt",
    choice.OUTSIDE: "finns inte i den öppna statistiken",
    choice.LACKING: "saknar lämpligt mått",
    choice.NO_VALUES: "har inga värden",
    choice.OTHERS: "gäller den andra huvudmannen",
}
_NAMES_AT_MOST = 2
# What the projektrapport of Sörmland says where it has no mått: told where the YAML quotes it.
_WISHED_BY = "Projektrapporten 2023"
_WISHED = f"{_WISHED_BY}: möjligheten att ta fram nya gemensamma mått bör övervägas."

# The order in which directions are counted: what can be said first, then what cannot.
_DIRECTIONS = (
    status.IMPROVING,
    status.WORSENING,
    status.RISING,
    status.FALLING,
    status.NO_TREND,
    status.TOO_FEW,
    status.NOT_TESTED,
)


@dataclass(frozen=True, slots=True)
class GoalSummary:
    """A målområde in three sentences. note: who stands behind them."""

    anchor: str
    name: str
    number: int
    sentences: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Count:
    """One of the counts: how many series have this direction, and the shape of it."""

    shape: str
    number: int
    word: str


@dataclass(frozen=True, slots=True)
class Point:
    """Something to take a stand on: fact, how sure it is, whose question it is, and the question."""

    heading: str
    fact: str
    uncertainty: str
    who: str
    question: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Summary:
    """lead: the counts of mått in a sentence. total: number of distinct series behind `counts`."""

    lead: str
    whom: str
    goals: tuple[GoalSummary, ...]
    counts: tuple[Count, ...]
    total: int
    shared: str
    points: tuple[Point, ...]
    no_points: str
    left_over: str
    own: str
    csv: str


def summary(published: Published) -> Summary:
    """The page's contents, from the same series as everything else."""
    every = counted(standings(published))
    directions = tally.directions(every)
    total = directions.total()
    assert set(directions) <= set(_DIRECTIONS), "every direction is counted somewhere"
    shapes = {one.county.direction.word: one.county.direction.shape for one in every}
    found = _points(every, published)
    return Summary(
        lead=_lead(published),
        whom=_whom(published),
        goals=tuple(_goal(goal, number, published) for number, goal in enumerate(published.goal_areas, start=1)),
        counts=tuple(Count(shapes[word], directions[word], word) for word in _DIRECTIONS if directions[word]),
        total=total,
        shared=_shared(every, published),
        points=tuple(found[:_AT_MOST]),
        no_points=_no_points(every),
        left_over=f"Ytterligare {words.count_word(len(found) - _AT_MOST)} frågor ryms inte här; de står under "
        "Att bekräfta av ägarna och under varje mått."
        if len(found) > _AT_MOST
        else "",
        own=attribution.own(published.run.source),
        csv=summary_path(published),
    )


def _whom(published: Published) -> str:
    return published.principals[0].name if len(published.principals) == 1 else "länet"


def _lead(published: Published) -> str:
    measures = published.measures
    with_values = [m for m in measures if choice.state(m, published) == choice.HAS_DATA]
    years = Counter(choice.newest_of(m, published) for m in with_values)
    newest = max((year for year in years if year is not None), default=None)
    whole = newest is not None and years[newest] == len(with_values)
    which = "alla" if whole else f"{words.count_word(years[newest], neuter=True)} av dem"
    fresh = f" För {which} är det senaste året {newest}." if newest else ""
    whom = "" if len(published.principals) > 1 else f" för {published.principals[0].name}"
    return f"{len(with_values)} av {len(measures)} mått har uppgifter{whom}.{fresh}"


def _goal(goal: GoalArea, number: int, published: Published) -> GoalSummary:
    measures = of_goal(goal)
    found = counted(standings(published, measures))
    return GoalSummary(
        anchor=goal_anchor(goal),
        name=goal.name,
        number=number,
        sentences=(_coverage(goal, measures, published), _direction(found), _level(found)),
        note=AUTOMATIC,
    )


def _coverage(goal: GoalArea, measures: Sequence[Measure], published: Published) -> str:
    by_state = tally.states(measures, published)
    having = [m for m in measures if choice.state(m, published) == choice.HAS_DATA]
    told = f"{_some(len(having))} av {words.count_word(len(measures))} mått har uppgifter"
    years = sorted({year for m in having if (year := choice.newest_of(m, published)) is not None})
    if years:
        told += (
            f", de senaste från {years[0]}–{years[-1]}" if years[0] != years[-1] else f", de senaste från {years[0]}"
        )
    rest = [
        f"{words.count_word(by_state[state], neuter=True)} {told_state}"
        for state, told_state in _STATES.items()
        if by_state[state]
    ]
    rest += [f"{indicator.name} har inget mått" for indicator in goal.indicators if not indicator.measures]
    return f"{told}; {words.join(rest)}." if rest else f"{told}."


def _direction(found: Sequence[Standing]) -> str:
    """What the years say of the county, in so many of so many series."""
    if not found:
        return "Ingen serie har värden att pröva."
    by_word: dict[str, list[str]] = {}
    for one in found:
        by_word.setdefault(one.county.direction.word, []).append(_label(one))
    better, worse = (by_word.get(word, []) for word in (status.IMPROVING, status.WORSENING))
    told = [
        f"{words.count_word(len(names)) if names else 'ingen'} {word}{f' ({_named(names)})' if names else ''}"
        for names, word in ((better, status.IMPROVING), (worse, status.WORSENING))
    ]
    neutral = sum(len(by_word.get(word, ())) for word in (status.RISING, status.FALLING))
    if neutral:
        told.append(f"{words.count_word(neutral)} ändras utan känd riktning")
    if status.NO_TREND in by_word:
        told.append(f"{words.count_word(len(by_word[status.NO_TREND]))} saknar säkerställd trend")
    untested = sum(len(by_word.get(word, ())) for word in (status.TOO_FEW, status.NOT_TESTED))
    if untested:
        told.append(f"{words.count_word(untested)} kan inte prövas än")
    return f"Över tid, av {words.count_word(len(found))} serier: {words.join(told)}."


def _level(found: Sequence[Standing]) -> str:
    each = tally.values(found)
    if not each:
        return "Ingen huvudman har ett värde."
    against = tally.levels(each)
    unknown = against[status.NOT_JUDGED]
    if unknown == len(each):
        return (
            f"Skillnaden mot riket kan inte bedömas för något av huvudmännens {words.count(len(each))} senaste värden."
        )
    told = [f"{words.count_word(against[word])} säkerställt {word}" for word in (status.BETTER, status.WORSE)]
    rest = f"; {words.count_word(unknown)} kan inte bedömas" if unknown else ""
    return f"Av huvudmännens {words.count(len(each))} senaste värden är {words.join(told)} än riket{rest}."


def _some(n: int) -> str:
    """How many mått, at the beginning of a sentence; none is said as a word."""
    return words.capital(words.count_word(n, neuter=True) if n else "inget")


def _label(one: Standing) -> str:
    """The name of its mått, and whose it is where both kinds of huvudmän have a series."""
    measure = one.measures[0]
    whose = {"kommun": " för kommunerna", "region": " för regionen"}[one.key.kind]
    return measure.name + (whose if measure.principal == "båda" else "")


def _named(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = names[:_NAMES_AT_MOST]
    rest = len(names) - len(shown)
    # Names may hold commas of their own.
    return "; ".join(shown) + (f" och {words.count_word(rest)} till" if rest else "")


def _shared(found: Sequence[Standing], published: Published) -> str:
    several = shared(found)
    twice = [
        m.name
        for m in published.measures
        if sum(m in indicator.measures for goal in published.goal_areas for indicator in goal.indicators) > 1
    ]
    told = []
    if twice:
        told.append(f"{_some(len(twice))} mått hör till två indikatorer")
    if several:
        ids = words.join(list(dict.fromkeys(one.kpi.id for one in several)))
        told.append(f"{ids} belyser flera mått")
    return f"{words.join(told)}; de räknas en gång." if told else ""


def _points(found: Sequence[Standing], published: Published) -> list[Point]:
    """The most urgent first: worse and worsening, behind a decided target, ended, without any mått."""
    content = published.content
    return [
        *_worse_and_worsening(found, content),
        *_behind_target(found, content),
        *_ended(published),
        *_without_measure(published),
        *_lacking(published),
        *_no_targets(found, content),
    ]


def _worse_and_worsening(found: Sequence[Standing], content: Content) -> list[Point]:
    points = []
    for one in found:
        both = [each for each in one.each if each.against == status.WORSE and each.direction.word == status.WORSENING]
        if not both:
            continue
        names = words.join([each.area.name for each in both])
        years = words.join(sorted({str(each.year) for each in both}))
        points.append(
            Point(
                heading=one.measures[0].name,
                fact=f"{names}: säkerställt sämre än riket {years} och försämras över åren ({one.kpi.id}).",
                uncertainty="Båda prövade: skillnaden på 99,8 %, trenden med p ≤ 0,05.",
                who=words.capital(f"{whose.steering(content)} bereder, {whose.board(content)} prioriterar"),
                question="Vad beror det på, och vilken satsning ska möta det?",
                anchor=measure_anchor(one.measures[0].id),
            )
        )
    return points


def _behind_target(found: Sequence[Standing], content: Content) -> list[Point]:
    points = []
    for one in found:
        behind = [each for each in one.each if each.target.meaning in (status.BAD, status.EVEN)]
        if behind:
            points.append(
                Point(
                    heading=one.measures[0].name,
                    fact=f"{words.join([each.area.name for each in behind])} når inte målvärdet i nuvarande takt "
                    f"({one.kpi.id}).",
                    uncertainty=behind[0].target.note,
                    who=words.capital(whose.steering(content)),
                    question="Ska takten höjas, eller målvärdet prövas på nytt?",
                    anchor=measure_anchor(one.measures[0].id),
                )
            )
    return points


def _ended(published: Published) -> list[Point]:
    """The nyckeltal that have ended without a decided successor, under the mått where they are drawn."""
    homes = choice.home(published)
    told: list[str] = []
    anchors: list[str] = []
    for measure in published.measures:
        heirs = [use for use in measure.uses if use.role == "efterträdare"]
        if heirs and all(use.decision == DECIDED for use in heirs):
            continue
        for use in choice.shown(measure):
            kpi = published.kpis[use.kpi_id]
            if kpi.ended and homes[kpi.id] == measure.id:
                proposal = f", föreslagen efterträdare {words.join([heir.kpi_id for heir in heirs])}" if heirs else ""
                told.append(f"{measure.name} ({kpi.id} upphörde {kpi.ended}{proposal})")
                anchors.append(measure_anchor(measure.id))
    if not told:
        return []
    return [
        Point(
            heading="Upphörda nyckeltal",
            fact=f"{words.capital(words.count_word(len(told), neuter=True))} mått kan inte följas vidare med samma "
            f"serie: {'; '.join(told)}.",
            uncertainty="Serierna binds aldrig ihop.",
            who=words.capital(whose.steering(published.content)),
            question="Vilka nyckeltal ska ersätta dem?",
            anchor=anchors[0],
        )
    ]


def _without_measure(published: Published) -> list[Point]:
    content = published.content
    return [
        Point(
            heading=indicator.name,
            fact="Indikatorn har inget mått.",
            uncertainty=_WISHED if indicator.gap and _WISHED_BY in indicator.gap else "Varför står vid indikatorn.",
            who=words.capital(f"{whose.board(content)} och {whose.steering(content)}"),
            question="Ska ett gemensamt mått tas fram, och av vem?",
            anchor=indicator_anchor(indicator.id),
        )
        for goal in published.goal_areas
        for indicator in goal.indicators
        if not indicator.measures
    ]


def _lacking(published: Published) -> list[Point]:
    lacking = [m for m in published.measures if choice.state(m, published) in (choice.LACKING, choice.OUTSIDE)]
    if not lacking:
        return []
    return [
        Point(
            heading="Mått utan uppgifter",
            fact=f"{_some(len(lacking))} mått finns inte i den öppna statistiken: "
            f"{'; '.join(m.name for m in lacking)}.",
            uncertainty="Uppgifterna kan lämnas av huvudmännen själva; mall finns.",
            who=words.capital(whose.preparing(published.content)),
            question="Vem lämnar uppgifterna, och från när?",
            anchor=measure_anchor(lacking[0].id),
        )
    ]


def _no_targets(found: Sequence[Standing], content: Content) -> list[Point]:
    if any(each.target.word != status.NO_TARGET for one in found for each in one.each):
        return []
    return [
        Point(
            heading="Målvärden",
            fact="Inget målvärde är beslutat: rapporten kan säga läge och riktning, men inte om målen nås.",
            uncertainty="Källdokumenten anger inga numeriska målvärden.",
            who=words.capital(whose.board(content)),
            question="Ska målvärden sättas för några mått, och i så fall vilka?",
            anchor="metod",
        )
    ]


def _no_points(found: Sequence[Standing]) -> str:
    """What the strictest rule found, also when it is nothing."""
    each = tally.values(found)
    both = sum(one.against == status.WORSE and one.direction.word == status.WORSENING for one in each)
    unknown = tally.levels(each)[status.NOT_JUDGED]
    if both:
        return ""
    told = "Inget värde är både säkerställt sämre än riket och försämras"
    return f"{told}; för {words.count(unknown)} av {words.count(len(each))} kan skillnaden mot riket inte bedömas."
