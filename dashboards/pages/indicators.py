"""The core: målområde → indikator → mått → nyckeltal. A mått stands in full once; its second indikator refers to it."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages import choice, comments, kpi_block, organisation
from dashboards.pages.anchors import goal_anchor, indicator_anchor, kpi_anchor, measure_anchor
from dashboards.pages.caveats import Caveat, caveat_words
from dashboards.pages.comments import CommentText
from dashboards.pages.county import CountyTable, county_table
from dashboards.reading.published import Indicator, KpiUse, Measure, Published

_COVERAGE = {
    "kolada": "Finns i Kolada",
    "brott": "Finns i Kolada, men serien är bruten: två serier som inte binds ihop",
    "delvis": "Täcks delvis i Kolada",
    "upphört": "Fanns i Kolada men har upphört",
    "indirekt": "Belyses bara indirekt: det som visas mäter något närliggande",
    "utanför kolada": "Finns inte i Kolada",
    "saknas": "Lämpligt mått saknas",
}
_PRINCIPALS = {"kommun": "kommunerna", "region": "{region}", "båda": "kommunerna och {region}"}
_NOT_HANDED_IN = "inga har lämnats; de lämnas i mallen från malbild lokal mall"
_ROLE_NAMES = {
    "indirekt": "Indirekta nyckeltal (mäter inte måttet)",
    "komplement": "Komplement",
    "närliggande": "Närliggande",
    "primär": "Primära",
    "efterträdare": "Efterträdare",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A nyckeltal that is drawn under another mått."""

    kpi_id: str
    title: str
    role: str
    anchor: str
    measure: str


@dataclass(frozen=True, slots=True)
class FoldedGroup:
    """Folded-away nyckeltal of one role."""

    name: str
    entries: tuple[kpi_block.Block | Reference, ...]


@dataclass(frozen=True, slots=True)
class MeasureSection:
    """A mått: its facts, an explicit box where it has no figures, its nyckeltal, and those folded away."""

    anchor: str
    name: str
    number: int
    question: str | None
    facts: tuple[tuple[str, str], ...]
    comment: str | None
    caveats: tuple[Caveat, ...]
    said: CommentText | None
    box: tuple[str, ...]
    entries: tuple[kpi_block.Block | Reference, ...]
    folded: tuple[FoldedGroup, ...]
    folded_count: int


@dataclass(frozen=True, slots=True)
class MeasureReference:
    """A mått that stands under another indikator."""

    anchor: str
    name: str
    indicator: str


@dataclass(frozen=True, slots=True)
class IndicatorSection:
    """An indikator with its definition as the owners wrote it."""

    anchor: str
    name: str
    question: str | None
    definition: str
    gap: str | None
    said: CommentText | None
    county: CountyTable
    measures: tuple[MeasureSection | MeasureReference, ...]


@dataclass(frozen=True, slots=True)
class GoalSection:
    """A målområde; `number` picks its figure in the målbild."""

    anchor: str
    name: str
    number: int
    description: str
    indicators: tuple[IndicatorSection, ...]


def goal_sections(published: Published) -> list[GoalSection]:
    """The sections in the målbild's order."""
    owning_measures = choice.owning_measure(published)
    return [
        GoalSection(
            anchor=goal_anchor(goal),
            name=goal.name,
            number=number,
            description=goal.description,
            indicators=tuple(_indicator(indicator, published, owning_measures) for indicator in goal.indicators),
        )
        for number, goal in enumerate(published.goal_areas, start=1)
    ]


def _indicator(indicator: Indicator, published: Published, owning_measures: dict[str, str]) -> IndicatorSection:
    measures: list[MeasureSection | MeasureReference] = []
    for measure in indicator.measures:
        first = choice.first_indicator(measure.id, published.goal_areas)
        if first == indicator.name:
            measures.append(_measure(measure, published, owning_measures))
        else:
            measures.append(MeasureReference(measure_anchor(measure.id), measure.name, first))
    gap = indicator.gap if indicator.measures else indicator.gap or "Indikatorn har inget mått."
    return IndicatorSection(
        indicator_anchor(indicator.id),
        indicator.name,
        published.content.texts("indikator", "fraga").get(indicator.id),
        indicator.definition,
        gap,
        comments.comment(published.content, comments.INDICATOR, indicator.id),
        county_table(indicator, published),
        tuple(measures),
    )


def _measure(measure: Measure, published: Published, owning_measures: dict[str, str]) -> MeasureSection:
    rest = choice.other_kpis(measure)
    groups = [
        FoldedGroup(
            _ROLE_NAMES[role],
            tuple(
                _entry(use, measure, published, owning_measures, with_charts=False) for use in rest if use.role == role
            ),
        )
        for role in choice.ROLES
        if any(use.role == role for use in rest)
    ]
    facts = [
        ("Huvudman", _PRINCIPALS[measure.principal].format(region=organisation.region(published.content))),
        ("Perspektiv", measure.perspective),
        ("Täckning", _COVERAGE[measure.coverage]),
        ("Ägare", published.content.texts("matt", "agare").get(measure.id, "ej angiven")),
    ]
    box = _box(measure, published)
    if any(use.waiting for use in measure.uses):
        facts.append(("Lokala uppgifter", _NOT_HANDED_IN))
    if measure.outside_source and not box:
        facts.append(("Finns även", measure.outside_source))
    return MeasureSection(
        anchor=measure_anchor(measure.id),
        name=measure.name,
        number=measure.number,
        question=published.content.texts("matt", "fraga").get(measure.id),
        facts=tuple(facts),
        comment=measure.comment,
        caveats=caveat_words(measure, published, published.content),
        said=comments.comment(published.content, comments.MEASURE, measure.id),
        box=tuple(box),
        entries=tuple(
            _entry(use, measure, published, owning_measures, with_charts=True) for use in choice.main_kpis(measure)
        ),
        folded=tuple(groups),
        folded_count=len(rest),
    )


def _entry(
    use: KpiUse, measure: Measure, published: Published, owning_measures: dict[str, str], *, with_charts: bool
) -> kpi_block.Block | Reference:
    if owning_measures[use.kpi_id] == measure.id:
        return kpi_block.block(use, measure, published, anchor=kpi_anchor(use.kpi_id), with_charts=with_charts)
    other = next(m for m in published.measures if m.id == owning_measures[use.kpi_id])
    return Reference(use.kpi_id, published.kpis[use.kpi_id].title, use.role, kpi_anchor(use.kpi_id), other.name)


def _box(measure: Measure, published: Published) -> list[str]:
    """Why a mått has no figures, and where they are; empty when it has some."""
    where = (
        f"Uppgiften finns här: {measure.outside_source}"
        if measure.outside_source
        else "Var uppgiften finns är inte angivet."
    )
    state = choice.measure_status(measure, published)
    if state == choice.OUTSIDE:
        return ["Uppgift saknas: måttet finns inte i Kolada.", where]
    if state == choice.LACKING:
        known = f"Möjliga källor: {measure.outside_source}" if measure.outside_source else ""
        return ["Uppgift saknas: inget lämpligt mått har hittats.", *([known] if known else [])]
    if state == choice.NO_VALUES:
        uses = choice.main_kpis(measure)
        if not uses:
            return ["Uppgift saknas: inget nyckeltal är valt för måttet.", *([where] if measure.outside_source else [])]
        gone = [use.kpi_id for use in uses if published.kpis[use.kpi_id].in_catalogue is False]
        notes = [f"{formatting.join(gone)} finns inte i Koladas katalog."] if gone else []
        return [
            "Uppgift saknas: inget av måttets nyckeltal har något värde.",
            *notes,
            *([where] if measure.outside_source else []),
        ]
    return []
