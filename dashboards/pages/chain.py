"""Styrkedjan: from målbild to activity in one chain, the same as tables, and every link that is broken.

The list of broken links is made from the published database, so that it needs no upkeep by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import formatting
from dashboards.kpi.words import DECIDED
from dashboards.pages.counts import CountList, CountRow
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.content import Content, Records
from dashboards.reading.published import Published
from pipelines.rows import Record

NOT_STATED = "ej angiven"
NO_FOLLOW_UP_MEASURE = "uppföljningsmått saknas"
_KINDS = {
    "satsning": ("gemensam satsning", "gemensamma satsningar"),
    "uppdrag": ("uppdrag", "uppdrag"),
    "ärende": ("ärende", "ärenden"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A link of the chain: how many, of what, which ones, and what holds it to the step before.

    broken: something before it does not reach it; `link` says what, in words.
    """

    count: str
    name: str
    text: str
    link: str
    broken: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A kind of broken link: how many of how many, and which."""

    heading: str
    count: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """quotes, roles and principles: the owners' words. levels: the links of the styrkedja with what they do, and their
    parts. measures, activities: the two tables that say the same as the steps.
    """

    vision: Records
    mandate: Records
    about: Records
    principles: Records
    levels: tuple[tuple[str, str | None, str], ...]
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    broken: str
    measures: Table
    activities: Table | None
    counts: tuple[CountRow, ...]


def chain(published: Published, content: Content) -> Chain:
    """The section's contents."""
    counts = CountList("Styrkedjan")
    gaps = _gaps(published, content, counts)
    steps = _steps(published, content, counts)
    return Chain(
        vision=content.quoted("målbild"),
        mandate=content.quoted("uppföljning"),
        about=content.quoted("styrkedja"),
        principles=content.quoted("principer"),
        levels=tuple(_levels(content)),
        steps=tuple(steps),
        gaps=gaps,
        broken=counts.number("brutna länkar", "alla", sum(len(gap.items) for gap in gaps)),
        measures=_measure_table(published),
        activities=_activity_table(published, content),
        counts=tuple(counts.rows),
    )


def organisation_name(content: Content, organisation_id: str | None) -> str:
    """The short name where there is one; `ej angiven` where no organisation is given."""
    if organisation_id is None:
        return NOT_STATED
    (organisation,) = content.where("instans", instans_id=organisation_id)
    return str(organisation.kort or organisation.namn)


def indicators_of(follow_up_measure: Record, published: Published) -> list[str]:
    """The names of the indikatorer that an uppföljningsmått steers towards: its own, or those of its mått or
    nyckeltal.
    """
    return [
        indicator.name
        for indicator in published.indicators
        if follow_up_measure.indikator_id == indicator.id
        or any(
            follow_up_measure.matt_id == measure.id
            or any(use.kpi_id == follow_up_measure.nyckeltal_id for use in measure.uses)
            for measure in indicator.measures
        )
    ]


def _levels(content: Content) -> list[tuple[str, str | None, str]]:
    """(name with its short form, what it does, its parts) of each link of the styrkedja."""
    return [
        (
            f"{link.namn} ({link.kort})" if link.kort else link.namn,
            link.roll,
            formatting.join([_with_short(part) for part in content.where("instans", del_av_id=link.instans_id)]),
        )
        for link in content.where("instans", i_styrkedjan=True)
    ]


def _with_short(organisation: Record) -> str:
    name = formatting.lowered(organisation.namn)
    return f"{name} ({organisation.kort})" if organisation.kort else name


def _target_picture(content: Content) -> Step:
    county = content.only("lan")
    year = str((county and county.malbild_ar) or "–")
    if county and county.forslag_fran:
        return Step(year, "Målbilden", f"Förslag efter målbilden i {county.forslag_fran}", "Ej beslutad", True)
    return Step(year, "Målbilden", "Länets gemensamma riktning för vården och omsorgen", "", False)


def _steps(published: Published, content: Content, counts: CountList) -> list[Step]:
    indicators = published.indicators
    areas, goals, initiatives = content["fokusomrade"], content.goals, content["satsning"]
    empty = [i.name for i in indicators if not i.measures]
    linked = {link.malsattning_id for link in content["satsning_malsattning"]}
    decided = {link.malsattning_id for link in content.where("satsning_malsattning", beslut=DECIDED)}
    only_proposed = f"{len(linked - decided)} har en koppling som bara är föreslagen" if linked - decided else ""
    follow_up_measures = _in_order(content)
    stray = [m for m in follow_up_measures if not indicators_of(m, published)]
    responsible = sorted({organisation_name(content, i.ansvarig_id) for i in initiatives if i.ansvarig_id is not None})
    kinds = [(len(content.where("satsning", slag=kind)), names) for kind, names in _KINDS.items()]

    def step(name: str, items: Sequence[object], text: str, faults: Sequence[str], whole: str) -> Step:
        """`faults`: what does not reach this step, in words; `whole`: the text when everything does."""
        gaps = [fault for fault in faults if fault]
        return Step(
            counts.number("led", name, len(items)),
            name,
            text if items else "Inga är inlagda",
            "; ".join(gaps) or (whole if items else "Ledet är tomt"),
            bool(gaps) or not items,
        )

    def lacking(n: int, total: int, what: str) -> str:
        return f"{counts.of('når inte hela vägen', what, n, total)} {what}" if n else ""

    n = len(initiatives)
    return [
        _target_picture(content),
        step(
            "Målområden",
            published.goal_areas,
            formatting.join([g.name for g in published.goal_areas]),
            [],
            "Målbilden är indelad i målområden",
        ),
        step(
            "Indikatorer",
            indicators,
            formatting.join([i.name for i in indicators]),
            [
                lacking(
                    sum(not g.indicators for g in published.goal_areas), len(published.goal_areas), "saknar indikator"
                )
            ],
            "Varje målområde följs med indikatorer",
        ),
        step(
            "Mått",
            published.measures,
            "Varje mått räknas en gång, också de som hör till två indikatorer",
            [
                f"{lacking(len(empty), len(indicators), 'indikatorer saknar mått')}: {formatting.join(empty)}"
                if empty
                else ""
            ],
            "Varje indikator har mått",
        ),
        step(
            "Fokusområden",
            areas,
            formatting.join([f"{f.namn} {f.fran_ar}–{f.till_ar}" for f in areas]),
            [
                lacking(
                    sum(not content.where("malsattning_indikator", malsattning_id=g.malsattning_id) for g in goals),
                    len(goals),
                    "målsättningar har ingen angiven indikator",
                )
            ],
            "Varje målsättning har en angiven indikator",
        ),
        step(
            "Målsättningar",
            goals,
            formatting.join([f"{len(content.goals_of(f))} för {formatting.lowered(f.namn)}" for f in areas]),
            [lacking(sum(not content.goals_of(f) for f in areas), len(areas), "fokusområden saknar målsättningar")],
            "Varje fokusområde har målsättningar",
        ),
        step(
            "Satsningar, uppdrag och ärenden",
            initiatives,
            formatting.join(
                [f"{count} {singular if count == 1 else plural}" for count, (singular, plural) in kinds if count]
            ),
            [
                lacking(len({g.malsattning_id for g in goals} - linked), len(goals), "målsättningar saknar satsning"),
                only_proposed,
            ],
            "Varje målsättning har en satsning",
        ),
        step(
            "Uppföljningsmått",
            follow_up_measures,
            formatting.join([m.namn for m in follow_up_measures]),
            [
                lacking(
                    sum(not content.belonging("uppfoljningsmatt", i) for i in initiatives), n, "saknar uppföljningsmått"
                ),
                lacking(len(stray), len(follow_up_measures), "styr inte mot någon indikator"),
            ],
            "Varje satsning har uppföljningsmått som styr mot en indikator",
        ),
        step(
            "Ansvariga nivåer",
            responsible,
            formatting.join(responsible),
            [lacking(len(content.where("satsning", ansvarig_id=None)), n, "saknar angiven ansvarig nivå")],
            "Varje satsning har en ansvarig nivå",
        ),
        step(
            "Beslut och antecknade lägen",
            content["beslut"],
            f"Det senaste är från {formatting.day(content['beslut'][-1].datum)}" if content["beslut"] else "",
            [lacking(sum(not content.belonging("beslut", i) for i in initiatives), n, "saknar beslut här")],
            "Varje satsning har ett beslut",
        ),
    ]


def _gaps(published: Published, content: Content, counts: CountList) -> tuple[Gap, ...]:
    indicators = published.indicators
    initiatives, goals = content["satsning"], content.goals
    follow_up_measures = _in_order(content)
    linked = {link.malsattning_id for link in content["satsning_malsattning"]}
    areas = {area.fokusomrade_id: area.namn for area in content["fokusomrade"]}
    names = content.texts("satsning", "namn")
    owners = content.texts("matt", "agare")

    def gap(heading: str, items: list[str], total: int, what: str) -> Gap:
        return Gap(heading, f"{counts.of('brutna länkar', heading, len(items), total)} {what}", tuple(items))

    return (
        gap("Indikator utan mått", [i.name for i in indicators if not i.measures], len(indicators), "indikatorer"),
        gap(
            "Satsning utan uppföljningsmått",
            [named(initiative) for initiative in initiatives if not content.belonging("uppfoljningsmatt", initiative)],
            len(initiatives),
            "satsningar, uppdrag och ärenden",
        ),
        gap(
            "Uppföljningsmått utan indikator",
            [f"{m.namn} ({names[m.satsning_id]})" for m in follow_up_measures if not indicators_of(m, published)],
            len(follow_up_measures),
            "uppföljningsmått",
        ),
        gap(
            "Målsättning utan satsning",
            [f"{areas[g.fokusomrade_id]} {g.nummer}: {g.text}" for g in goals if g.malsattning_id not in linked],
            len(goals),
            "målsättningar",
        ),
        gap(
            "Mått utan ägare",
            [m.name for m in published.measures if m.id not in owners],
            len(published.measures),
            "mått",
        ),
    )


def _in_order(content: Content) -> list[Record]:
    """The uppföljningsmått in the order of their satsningar."""
    return [m for initiative in content["satsning"] for m in content.belonging("uppfoljningsmatt", initiative)]


def named(initiative: Record) -> str:
    """The name, and what it is when it is no gemensam satsning."""
    return str(initiative.namn) if initiative.slag == "satsning" else f"{initiative.namn} ({initiative.slag})"


def _measure_table(published: Published) -> Table:
    rows = []
    named_by = Counter(m.id for i in published.indicators for m in i.measures)
    twice = sum(n > 1 for n in named_by.values())
    several = (
        f" {formatting.capital(formatting.count_word(twice, neuter=True))} mått hör till två indikatorer."
        if twice
        else ""
    )
    county = published.content.only("lan")
    year = f" {county.malbild_ar}" if county and county.malbild_ar else ""
    for goal in published.goal_areas:
        for indicator in goal.indicators:
            measures = (
                Field("; ".join(m.name for m in indicator.measures))
                if indicator.measures
                else Field("mått saknas", missing=True)
            )
            rows.append(Row(indicator.name, (Field(goal.name), measures)))
    return Table(
        caption=f"Målbild{year}: från målområde till mått.{several}",
        columns=("Indikator", "Målområde", "Mått"),
        rows=tuple(rows),
        source="",
        own=False,
    )


def _activity_table(published: Published, content: Content) -> Table | None:
    """Each målsättning with its satsningar, then the satsningar that have none."""
    if not content["satsning"] and not content.goals:
        return None
    rows = []
    for area in content["fokusomrade"]:
        for goal in content.goals_of(area):
            of_goal = [
                (initiative, link)
                for initiative in content["satsning"]
                for link in content.belonging("satsning_malsattning", initiative)
                if link.malsattning_id == goal.malsattning_id
            ]
            head = f"{area.namn} {goal.nummer}: {goal.text}"
            rows += [
                Row(head, _activity(initiative, published, content, proposed=link.beslut != DECIDED))
                for initiative, link in of_goal
            ] or [Row(head, (Field("satsning saknas", missing=True, span=4),))]
    rows += [
        Row("Ingen målsättning är angiven", _activity(initiative, published, content, proposed=False))
        for initiative in content["satsning"]
        if not content.belonging("satsning_malsattning", initiative)
    ]
    return Table(
        caption="Från målsättning till beslut.",
        columns=(
            "Målsättning",
            "Satsning",
            "Uppföljningsmått → indikator",
            "Ansvarig nivå",
            "Senaste beslut",
        ),
        rows=tuple(rows),
        source="",
        own=False,
    )


def _activity(initiative: Record, published: Published, content: Content, *, proposed: bool) -> tuple[Field, ...]:
    follow_up_measures = [
        f"{m.namn} → {formatting.join(indicators_of(m, published)) or 'indikator saknas'}"
        for m in content.belonging("uppfoljningsmatt", initiative)
    ]
    decisions = content.belonging("beslut", initiative)
    responsible = initiative.ansvarig_id
    return (
        Field(named(initiative), note="kopplingen är föreslagen" if proposed else ""),
        Field("; ".join(follow_up_measures)) if follow_up_measures else Field(NO_FOLLOW_UP_MEASURE, missing=True),
        Field(organisation_name(content, responsible), missing=responsible is None),
        Field(f"{formatting.day(decisions[-1].datum)}: {decisions[-1].vad}")
        if decisions
        else Field("inget beslut är inlagt", missing=True),
    )
