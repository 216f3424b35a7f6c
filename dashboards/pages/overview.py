"""Överblick: how much of the målbild can be followed, what is missing, and what is not decided yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import choice
from dashboards.pages.anchors import indicator_anchor, measure_anchor
from dashboards.pages.kpi import DECIDED
from dashboards.reading.published import Measure, Published


@dataclass(frozen=True, slots=True)
class Entry:
    """A mått in the map of the målbild; `also` names the indikator where it stands in full, when that is another."""

    anchor: str
    name: str
    state: str
    words: str
    also: str | None


@dataclass(frozen=True, slots=True)
class IndicatorEntry:
    """An indikator in the map; `gap` stands where it has no mått."""

    anchor: str
    name: str
    measures: tuple[Entry, ...]
    gap: bool


@dataclass(frozen=True, slots=True)
class GoalEntry:
    """A målområde in the map."""

    name: str
    description: str
    indicators: tuple[IndicatorEntry, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """`count` and `total`: mått with values of the total; `missing`, `undecided`, `ended`: sentences."""

    count: int
    total: int
    lead: str
    shares: tuple[tuple[str, int, str], ...]
    missing: tuple[str, ...]
    ended: tuple[str, ...]
    undecided: tuple[str, ...]
    freshness: str
    goals: tuple[GoalEntry, ...]


def overview(published: Published) -> Overview:
    """Counted over unique mått: one that serves two indikatorer counts once."""
    measures = published.measures
    by_state: dict[str, list[Measure]] = {name: [] for name in choice.STATE_WORDS}
    for measure in measures:
        by_state[choice.measure_status(measure, published)].append(measure)
    having = by_state[choice.HAS_DATA]
    whom = published.principals[0].name if len(published.principals) == 1 else "minst en huvudman"
    return Overview(
        count=len(having),
        total=len(measures),
        lead=f"{len(having)} av {len(measures)} mått har uppgifter för {whom}.",
        shares=tuple((name, len(in_state), _SHARE_WORDS[name]) for name, in_state in by_state.items() if in_state),
        missing=tuple(_missing(published, by_state)),
        ended=tuple(_ended(published)),
        undecided=(
            _ALL_PROPOSED if _all_proposed(published) else _SOME_PROPOSED,
            "Inga målvärden är beslutade. Rapporten bedömer därför inte om målen nås.",
            *(["Indelningen i länsdelar är ej bekräftad."] if published.content["lansdel"] else []),
            *_unconfirmed_titles(published),
        ),
        freshness=_freshness(having, published),
        goals=tuple(_goals(published)),
    )


_ALL_PROPOSED = (
    "Vilka nyckeltal som belyser vilket mått, och om högre eller lägre är bättre, är föreslaget – "
    "ej beslutat av ägarna."
)
_SOME_PROPOSED = (
    "En del av valen av nyckeltal och riktning är föreslagna – ej beslutade av ägarna; vilka står vid varje nyckeltal."
)
_SHARE_WORDS = {
    choice.HAS_DATA: "har uppgifter",
    choice.INDIRECT: "belyses bara indirekt, genom uppgifter om något närliggande",
    choice.OUTSIDE: "finns inte i Kolada, men på andra håll",
    choice.LACKING: "saknar ett lämpligt mått",
    choice.NO_VALUES: "har nyckeltal men inga värden",
    choice.OTHERS: "gäller den andra huvudmannen",
}


def _missing(published: Published, by_state: dict[str, list[Measure]]) -> list[str]:
    sentences = [
        f"{i.name}: indikatorn har inget mått." for g in published.goal_areas for i in g.indicators if not i.measures
    ]
    sentences += [f"{m.name}: inget lämpligt mått har hittats." for m in by_state[choice.LACKING]]
    if outside := by_state[choice.OUTSIDE]:
        sentences.append(f"Finns inte i Kolada: {_names(outside)}. Under varje mått står var uppgiften finns.")
    if indirect := by_state[choice.INDIRECT]:
        sentences.append(f"Belyses bara indirekt: {_names(indirect)}.")
    if empty := by_state[choice.NO_VALUES]:
        sentences.append(f"Har nyckeltal men inga värden: {_names(empty)}. Skälet står under varje mått.")
    return sentences


def _names(measures: list[Measure]) -> str:
    # Some names hold commas of their own.
    return "; ".join(m.name for m in measures)


def _ended(published: Published) -> list[str]:
    """Each ended nyckeltal once, under the mått where it is drawn."""
    owning_measures = choice.owning_measure(published)
    sentences = []
    for measure in published.measures:
        for use in choice.main_kpis(measure):
            kpi = published.kpis[use.kpi_id]
            if not kpi.ended or owning_measures[kpi.id] != measure.id:
                continue
            heirs = [other.kpi_id for other in measure.uses if other.role == "efterträdare"]
            after = f"föreslagen efterträdare {formatting.join(heirs)}" if heirs else "ingen efterträdare är föreslagen"
            sentences.append(f"{measure.name} ({kpi.id}) upphörde {kpi.ended}; {after}.")
    return sentences


def _unconfirmed_titles(published: Published) -> list[str]:
    owning_measures = choice.owning_measure(published)
    names = {measure.id: measure.name for measure in published.measures}
    titles = [
        f"{names[owning_measures[kpi.id]] if kpi.id in owning_measures else kpi.title} ({kpi.id})"
        for kpi in published.unconfirmed
    ]
    if not titles:
        return []
    return [
        f"Kolada visar nu nyckeltal under andra titlar än de bekräftade: {'; '.join(titles)}. "
        "Tills titlarna är bekräftade visas de senast bekräftade värdena."
    ]


def _all_proposed(published: Published) -> bool:
    return not any(use.decision == DECIDED for m in published.measures for use in m.uses) and not any(
        kpi.direction_decision == DECIDED for kpi in published.kpis.values()
    )


def _freshness(measures: list[Measure], published: Published) -> str:
    years = Counter(choice.newest_of(m, published) for m in measures)
    parts = [
        f"{year} för {formatting.count_word(n)} mått" for year, n in sorted(years.items(), key=lambda y: -(y[0] or 0))
    ]
    return f"Senaste år med uppgift: {formatting.join(parts)}." if parts else "Inget mått har uppgifter."


def _goals(published: Published) -> list[GoalEntry]:
    goals = []
    for goal in published.goal_areas:
        indicators = []
        for indicator in goal.indicators:
            entries = []
            for measure in indicator.measures:
                state = choice.measure_status(measure, published)
                newest = choice.newest_of(measure, published)
                text = f"senast {newest}" if state == choice.HAS_DATA else choice.STATE_WORDS[state]
                first = choice.first_indicator(measure.id, published.goal_areas)
                entries.append(
                    Entry(
                        measure_anchor(measure.id),
                        measure.name,
                        state,
                        text,
                        None if first == indicator.name else first,
                    )
                )
            indicators.append(
                IndicatorEntry(indicator_anchor(indicator.id), indicator.name, tuple(entries), not indicator.measures)
            )
        goals.append(GoalEntry(goal.name, goal.description, tuple(indicators)))
    return goals
