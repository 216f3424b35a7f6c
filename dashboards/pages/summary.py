"""Sammanfattning: the one page that a member of the board reads in five minutes.

Three sentences for each målområde by fixed rules, counts with their denominators, what has changed, and at most five
things to take a stand on. The sentences are marked as automatic until somebody has approved them. No composite score,
no ranking of kommuner: series are counted, each once, and what cannot be judged is counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import attribution, choice, counts, links, organisation, status
from dashboards.pages.anchors import goal_anchor, measure_anchor
from dashboards.pages.series_summary import SeriesSummary, counted, of_goal, series_summaries, shared
from dashboards.reading.content import Content
from dashboards.reading.published import GoalArea, Measure, Published
from pipelines.rows import Record

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
# What the projektrapport of Sörmland says where it has no mått; used where the YAML quotes it.
_WISHED_BY = "Projektrapporten 2023"
_WISHED = f"{_WISHED_BY}: möjligheten att ta fram nya gemensamma mått bör övervägas."

# The order in which directions are counted: what can be said first, then what cannot.
_DIRECTIONS = (
    status.IMPROVED,
    status.WORSENED,
    status.RISEN,
    status.FALLEN,
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
    """lead: the counts of mått in a sentence. total: number of distinct series behind `counts`. by_chance: how many of
    them would have a direction if nothing happened.
    """

    lead: str
    whom: str
    goals: tuple[GoalSummary, ...]
    counts: tuple[Count, ...]
    total: int
    by_chance: str
    shared: str
    points: tuple[Point, ...]
    no_points: str
    left_over: str
    own: str
    csv: str


def summary(published: Published) -> Summary:
    """The page's contents, from the same series as everything else."""
    summaries = counted(series_summaries(published))
    directions = counts.directions(summaries)
    total = directions.total()
    assert set(directions) <= set(_DIRECTIONS), "every direction is counted somewhere"
    shapes = {
        series_summary.county.direction.word: series_summary.county.direction.shape for series_summary in summaries
    }
    points = _points(summaries, published)
    return Summary(
        lead=_lead(published),
        whom=_whom(published),
        goals=tuple(_goal(goal, number, published) for number, goal in enumerate(published.goal_areas, start=1)),
        counts=tuple(Count(shapes[word], directions[word], word) for word in _DIRECTIONS if directions[word]),
        total=total,
        by_chance=_by_chance(directions),
        shared=_shared(summaries, published),
        points=tuple(points[:_AT_MOST]),
        no_points=_no_points(summaries, published),
        left_over=f"Ytterligare {formatting.count_word(len(points) - _AT_MOST)} frågor ryms inte här; de står under "
        "Att bekräfta av ägarna och under varje mått."
        if len(points) > _AT_MOST
        else "",
        own=attribution.own(published.run.source),
        csv=links.SUMMARY_CSV,
    )


# The level at which a direction is tested, in each series by itself.
_FALSE_DIRECTIONS = 0.05


def _by_chance(directions: Counter[str]) -> str:
    tested = sum(directions[word] for word in _DIRECTIONS if word not in (status.TOO_FEW, status.NOT_TESTED))
    if not tested:
        return ""
    expected = tested * _FALSE_DIRECTIONS
    how_many = "färre än en" if expected < 1 else f"ungefär {formatting.count_word(round(expected))}"
    return f"Av {formatting.count_word(tested)} prövade serier väntas {how_many} få en riktning av en slump."


def _whom(published: Published) -> str:
    return published.principals[0].name if len(published.principals) == 1 else "länet"


def _lead(published: Published) -> str:
    measures = published.measures
    with_values = [m for m in measures if choice.measure_status(m, published) == choice.HAS_DATA]
    years = Counter(choice.newest_of(m, published) for m in with_values)
    newest = max((year for year in years if year is not None), default=None)
    whole = newest is not None and years[newest] == len(with_values)
    which = "alla" if whole else f"{formatting.count_word(years[newest], neuter=True)} av dem"
    fresh = f" För {which} är det senaste året {newest}." if newest else ""
    whom = "" if len(published.principals) > 1 else f" för {published.principals[0].name}"
    return f"{len(with_values)} av {len(measures)} mått har uppgifter{whom}.{fresh}"


def _goal(goal: GoalArea, number: int, published: Published) -> GoalSummary:
    measures = of_goal(goal)
    summaries = counted(series_summaries(published, measures))
    return GoalSummary(
        anchor=goal_anchor(goal),
        name=goal.name,
        number=number,
        sentences=(_coverage(goal, measures, published), _direction(summaries), _level(summaries)),
        note=AUTOMATIC,
    )


def _coverage(goal: GoalArea, measures: Sequence[Measure], published: Published) -> str:
    by_state = counts.states(measures, published)
    having = [m for m in measures if choice.measure_status(m, published) == choice.HAS_DATA]
    text = f"{_measure_count(len(having))} av {formatting.count_word(len(measures))} mått har uppgifter"
    years = sorted({year for m in having if (year := choice.newest_of(m, published)) is not None})
    if years:
        text += (
            f", de senaste från {years[0]}–{years[-1]}" if years[0] != years[-1] else f", de senaste från {years[0]}"
        )
    rest = [
        f"{formatting.count_word(by_state[state], neuter=True)} {state_text}"
        for state, state_text in _STATES.items()
        if by_state[state]
    ]
    rest += [f"{indicator.name} har inget mått" for indicator in goal.indicators if not indicator.measures]
    return f"{text}; {formatting.join(rest)}." if rest else f"{text}."


def _direction(summaries: Sequence[SeriesSummary]) -> str:
    """What the years say of the county, in so many of so many series."""
    if not summaries:
        return "Ingen serie har värden att pröva."
    by_word: dict[str, list[str]] = {}
    for series_summary in summaries:
        by_word.setdefault(series_summary.county.direction.word, []).append(_label(series_summary))
    better, worse = (by_word.get(word, []) for word in (status.IMPROVED, status.WORSENED))
    parts = [
        f"{formatting.count_word(len(names)) if names else 'ingen'} {word}{f' ({_named(names)})' if names else ''}"
        for names, word in ((better, status.IMPROVED), (worse, status.WORSENED))
    ]
    neutral = sum(len(by_word.get(word, ())) for word in (status.RISEN, status.FALLEN))
    if neutral:
        parts.append(f"{formatting.count_word(neutral)} har ändrats utan känd riktning")
    if status.NO_TREND in by_word:
        parts.append(f"{formatting.count_word(len(by_word[status.NO_TREND]))} saknar säkerställd trend")
    if status.TOO_FEW in by_word:
        parts.append(f"{formatting.count_word(len(by_word[status.TOO_FEW]))} har för få mätningar")
    if status.NOT_TESTED in by_word:
        parts.append(f"{formatting.count_word(len(by_word[status.NOT_TESTED]))} prövas inte")
    return f"Över tid, av {formatting.count_word(len(summaries))} serier: {formatting.join(parts)}."


def _level(summaries: Sequence[SeriesSummary]) -> str:
    readings = counts.values(summaries)
    if not readings:
        return "Ingen huvudman har ett värde."
    against = counts.levels(readings)
    unknown = against[status.NOT_JUDGED]
    if unknown == len(readings):
        return (
            "Skillnaden mot riket kan inte bedömas för något av huvudmännens "
            f"{formatting.count(len(readings))} senaste värden."
        )
    parts = [
        f"{formatting.count_word(against[word])} {word}" for word in (*status.BETTER, *status.WORSE) if against[word]
    ] or ["inget säkert eller troligen bättre eller sämre"]
    rest = f"; {formatting.count_word(unknown)} kan inte bedömas" if unknown else ""
    return (
        f"Av huvudmännens {formatting.count(len(readings))} senaste värden är {formatting.join(parts)} än riket{rest}."
    )


def _measure_count(n: int) -> str:
    """How many mått, at the beginning of a sentence; zero is 'inget'."""
    return formatting.capital(formatting.count_word(n, neuter=True) if n else "inget")


def _label(series_summary: SeriesSummary) -> str:
    """The name of its mått, and whose it is where both kinds of huvudmän have a series."""
    measure = series_summary.measures[0]
    whose = {"kommun": " för kommunerna", "region": " för regionen"}[series_summary.key.kind]
    return measure.name + (whose if measure.principal == "båda" else "")


def _named(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = names[:_NAMES_AT_MOST]
    rest = len(names) - len(shown)
    # Names may hold commas of their own.
    return "; ".join(shown) + (f" och {formatting.count_word(rest)} till" if rest else "")


def _shared(summaries: Sequence[SeriesSummary], published: Published) -> str:
    several = shared(summaries)
    twice = [
        m.name
        for m in published.measures
        if sum(m in indicator.measures for goal in published.goal_areas for indicator in goal.indicators) > 1
    ]
    parts = []
    if twice:
        parts.append(f"{_measure_count(len(twice))} mått hör till två indikatorer")
    if several:
        ids = formatting.join(list(dict.fromkeys(series_summary.kpi.id for series_summary in several)))
        parts.append(f"{ids} belyser flera mått")
    return f"{formatting.join(parts)}; de räknas en gång." if parts else ""


def _points(summaries: Sequence[SeriesSummary], published: Published) -> list[Point]:
    """The most urgent first: findings, behind a decided target, without any mått."""
    content = published.content
    return [
        *_findings(published),
        *_behind_target(summaries, content),
        *_without_measure(published),
        *_lacking(published),
        *_no_targets(summaries, content),
    ]


# What is asked about each kind of finding that something may have to be done about.
_QUESTIONS = {
    "säkert sämre än riket": "Vad beror det på, och vilken satsning ska möta det?",
    "säkert sämre än liknande": "Vad gör liknande områden annorlunda?",
    "har försämrats mer än riket": "Vad beror det på, och vilken satsning ska möta det?",
    "har vänt åt fel håll": "Är det en tillfällighet, eller ska det mötas nu?",
    "spridningen har vidgats": "Ska vården vara mer lika i länet, och vem börjar?",
    "möjligt seriebrott": "Har definitionen eller mätningen ändrats?",
    "nyckeltalet har upphört": "Vilket nyckeltal ska ersätta det?",
}
_SENTENCES_AT_MOST = 3


def _findings(published: Published) -> list[Point]:
    """The findings that something may have to be done about, in the order of table `fynd`; one point each."""
    by_number: dict[int, list[Record]] = {}
    for row in published.findings:
        if row.slag in _QUESTIONS:
            by_number.setdefault(row.fynd_nr, []).append(row)
    names = {measure.id: measure.name for measure in published.measures}
    return [
        Point(
            heading=names[rows[0].matt_id],
            fact=_facts(rows),
            uncertainty=_ground(rows[0]),
            who=formatting.capital(formatting.join(list(dict.fromkeys(row.fraga_till for row in rows)))),
            question=_QUESTIONS[rows[0].slag],
            anchor=measure_anchor(rows[0].matt_id),
        )
        for rows in by_number.values()
    ]


def _facts(rows: Sequence[Record]) -> str:
    rest = len(rows) - _SENTENCES_AT_MOST
    sentences = [row.mening for row in rows[:_SENTENCES_AT_MOST]]
    if rest > 0:
        sentences.append(f"Det gäller {formatting.count_word(rest)} till.")
    return " ".join(sentences)


def _ground(row: Record) -> str:
    if row.slag.startswith("säkert"):
        return f"Prövat på nivån 99,8 %; osäkerheten är {row.grund}."
    if row.haller:
        return "Mann–Kendall, p ≤ 0,05; står sig trots att många serier prövas."
    if row.slag == "spridningen har vidgats":
        return "Utanför årsvariationen i båda åren, 95 %."
    return "En beskrivning, ingen prövning." if row.slag == "har vänt åt fel håll" else ""


def _behind_target(summaries: Sequence[SeriesSummary], content: Content) -> list[Point]:
    points = []
    for series_summary in summaries:
        behind = [reading for reading in series_summary.readings if reading.target.meaning in (status.BAD, status.EVEN)]
        if behind:
            points.append(
                Point(
                    heading=series_summary.measures[0].name,
                    fact=f"{formatting.join([reading.area.name for reading in behind])} når inte målvärdet i nuvarande "
                    f"takt ({series_summary.kpi.id}).",
                    uncertainty=behind[0].target.note,
                    who=formatting.capital(organisation.steering(content)),
                    question="Ska takten höjas, eller målvärdet prövas på nytt?",
                    anchor=measure_anchor(series_summary.measures[0].id),
                )
            )
    return points


def _without_measure(published: Published) -> list[Point]:
    content = published.content
    return [
        Point(
            heading=indicator.name,
            fact="Indikatorn har inget mått.",
            uncertainty=_WISHED if indicator.gap and _WISHED_BY in indicator.gap else "Varför står vid indikatorn.",
            who=formatting.capital(f"{organisation.board(content)} och {organisation.steering(content)}"),
            question="Ska ett gemensamt mått tas fram, och av vem?",
            anchor=links.indicator_part(indicator.id),
        )
        for goal in published.goal_areas
        for indicator in goal.indicators
        if not indicator.measures
    ]


def _lacking(published: Published) -> list[Point]:
    lacking = [m for m in published.measures if choice.measure_status(m, published) in (choice.LACKING, choice.OUTSIDE)]
    if not lacking:
        return []
    return [
        Point(
            heading="Mått utan uppgifter",
            fact=f"{_measure_count(len(lacking))} mått finns inte i den öppna statistiken: "
            f"{'; '.join(m.name for m in lacking)}.",
            uncertainty="Uppgifterna kan lämnas av huvudmännen själva; mall finns.",
            who=formatting.capital(organisation.preparing(published.content)),
            question="Vem lämnar uppgifterna, och från när?",
            anchor=measure_anchor(lacking[0].id),
        )
    ]


def _no_targets(summaries: Sequence[SeriesSummary], content: Content) -> list[Point]:
    if any(
        reading.target.word != status.NO_TARGET for series_summary in summaries for reading in series_summary.readings
    ):
        return []
    return [
        Point(
            heading="Målvärden",
            fact="Inget målvärde är beslutat: rapporten kan säga läge och riktning, men inte om målen nås.",
            uncertainty="Källdokumenten anger inga numeriska målvärden.",
            who=formatting.capital(organisation.board(content)),
            question="Ska målvärden sättas för några mått, och i så fall vilka?",
            anchor=links.METOD,
        )
    ]


def _no_points(summaries: Sequence[SeriesSummary], published: Published) -> str:
    """What the strictest rule found, also when it is nothing."""
    if any(row.slag in _QUESTIONS for row in published.findings):
        return ""
    readings = counts.values(summaries)
    unknown = counts.levels(readings)[status.NOT_JUDGED]
    rest = (
        f"; för {formatting.count(unknown)} av {formatting.count(len(readings))} kan skillnaden mot riket inte bedömas"
    )
    return f"Inget värde är säkert sämre än riket eller har försämrats mer än riket{rest if unknown else ''}."
