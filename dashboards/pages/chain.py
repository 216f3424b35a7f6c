"""Styrkedjan: from målbild to activity in one chain, the same as tables, and every link that is broken.

The list of broken links is made from what is published, so that nobody has to remember to write it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import words
from dashboards.content import Body, Content, Initiative, Quote, Yardstick
from dashboards.data import Published
from dashboards.pages.kpi import DECIDED
from dashboards.pages.tables import Field, Row, Table

NOT_STATED = "ej angiven"
NO_YARDSTICK = "uppföljningsmått saknas"
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

    vision: tuple[Quote, ...]
    mandate: tuple[Quote, ...]
    about: tuple[Quote, ...]
    principles: tuple[Quote, ...]
    levels: tuple[tuple[str, str | None, str], ...]
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]
    broken: int
    measures: Table
    activities: Table | None


def chain(published: Published, content: Content) -> Chain:
    """The section's contents."""
    gaps = _gaps(published, content)
    return Chain(
        vision=content.quoted("målbild"),
        mandate=content.quoted("uppföljning"),
        about=content.quoted("styrkedja"),
        principles=content.quoted("principer"),
        levels=tuple(_levels(content)),
        steps=tuple(_steps(published, content)),
        gaps=gaps,
        broken=sum(len(gap.items) for gap in gaps),
        measures=_measure_table(published),
        activities=_activity_table(published, content),
    )


def body_name(content: Content, body_id: str | None) -> str:
    """The short name where there is one; `ej angiven` when nobody has said who."""
    if body_id is None:
        return NOT_STATED
    body = content.bodies[body_id]
    return body.short or body.name


def indicators_of(yardstick: Yardstick, published: Published) -> list[str]:
    """The names of the indikatorer that an uppföljningsmått steers towards: its own, or those of its mått or
    nyckeltal.
    """
    return [
        indicator.name
        for goal in published.goal_areas
        for indicator in goal.indicators
        if yardstick.indicator == indicator.id
        or any(
            yardstick.measure == measure.id
            or (yardstick.kpi is not None and any(use.kpi_id == yardstick.kpi for use in measure.uses))
            for measure in indicator.measures
        )
    ]


def _levels(content: Content) -> list[tuple[str, str | None, str]]:
    """(name with its short form, what it does, its parts) of each link of the styrkedja."""
    return [
        (
            f"{body.name} ({body.short})" if body.short else body.name,
            body.role,
            words.join([_with_short(part) for part in content.bodies.values() if part.part_of == body.id]),
        )
        for body in content.bodies.values()
        if body.in_chain
    ]


def _with_short(body: Body) -> str:
    return f"{words.lowered(body.name)} ({body.short})" if body.short else words.lowered(body.name)


def _target_picture(content: Content) -> Step:
    year = str(content.reached or "–")
    if content.proposed_from:
        return Step(year, "Målbilden", f"Förslag efter målbilden i {content.proposed_from}", "Ej beslutad", True)
    return Step(year, "Målbilden", "Länets gemensamma riktning för vården och omsorgen", "", False)


def _steps(published: Published, content: Content) -> list[Step]:
    indicators = [i for g in published.goal_areas for i in g.indicators]
    areas, goals, initiatives = content.focus_areas, content.goals, content.initiatives
    empty = [i.name for i in indicators if not i.measures]
    linked = {link.goal for one in initiatives for link in one.goals}
    decided = {link.goal for one in initiatives for link in one.goals if link.decision == DECIDED}
    only_proposed = f"{len(linked - decided)} har en koppling som bara är föreslagen" if linked - decided else ""
    yardsticks = [y for one in initiatives for y in one.yardsticks]
    stray = [y for y in yardsticks if not indicators_of(y, published)]
    responsible = sorted({body_name(content, one.responsible) for one in initiatives if one.responsible is not None})
    kinds = [(sum(one.kind == kind for one in initiatives), names) for kind, names in _KINDS.items()]

    def step(name: str, some: Sequence[object], text: str, faults: Sequence[str], whole: str) -> Step:
        """`faults`: what does not reach this step, in words; `whole`: what is said when everything does."""
        told = [fault for fault in faults if fault]
        return Step(
            words.count(len(some)),
            name,
            text if some else "Inga är inlagda",
            "; ".join(told) or (whole if some else "Ledet är tomt"),
            bool(told) or not some,
        )

    def lacking(n: int, total: int, what: str) -> str:
        return f"{words.count(n)} av {words.count(total)} {what}" if n else ""

    n = len(initiatives)
    return [
        _target_picture(content),
        step(
            "Målområden",
            published.goal_areas,
            words.join([g.name for g in published.goal_areas]),
            [],
            "Målbilden är indelad i målområden",
        ),
        step(
            "Indikatorer",
            indicators,
            words.join([i.name for i in indicators]),
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
                f"{lacking(len(empty), len(indicators), 'indikatorer saknar mått')}: {words.join(empty)}"
                if empty
                else ""
            ],
            "Varje indikator har mått",
        ),
        step(
            "Fokusområden",
            areas,
            words.join([f"{f.name} {f.first_year}–{f.last_year}" for f in areas]),
            [lacking(sum(not g.indicators for g in goals), len(goals), "målsättningar har ingen angiven indikator")],
            "Varje målsättning har en angiven indikator",
        ),
        step(
            "Målsättningar",
            goals,
            words.join([f"{len(f.goals)} för {words.lowered(f.name)}" for f in areas]),
            [lacking(sum(not f.goals for f in areas), len(areas), "fokusområden saknar målsättningar")],
            "Varje fokusområde har målsättningar",
        ),
        step(
            "Satsningar, uppdrag och ärenden",
            initiatives,
            words.join([f"{count} {one if count == 1 else many}" for count, (one, many) in kinds if count]),
            [lacking(len({g.id for g in goals} - linked), len(goals), "målsättningar saknar satsning"), only_proposed],
            "Varje målsättning har en satsning",
        ),
        step(
            "Uppföljningsmått",
            yardsticks,
            words.join([y.name for y in yardsticks]),
            [
                lacking(sum(not one.yardsticks for one in initiatives), n, "saknar uppföljningsmått"),
                lacking(len(stray), len(yardsticks), "styr inte mot någon indikator"),
            ],
            "Varje satsning har uppföljningsmått som styr mot en indikator",
        ),
        step(
            "Ansvariga nivåer",
            responsible,
            words.join(responsible),
            [lacking(sum(one.responsible is None for one in initiatives), n, "saknar angiven ansvarig nivå")],
            "Varje satsning har en ansvarig nivå",
        ),
        step(
            "Beslut och antecknade lägen",
            content.decisions,
            f"Det senaste är från {words.day(content.decisions[-1].day)}" if content.decisions else "",
            [lacking(sum(not content.decided_on(one.id) for one in initiatives), n, "saknar beslut här")],
            "Varje satsning har ett beslut",
        ),
    ]


def _gaps(published: Published, content: Content) -> tuple[Gap, ...]:
    indicators = [i for g in published.goal_areas for i in g.indicators]
    initiatives, goals = content.initiatives, content.goals
    yardsticks = [(y, one) for one in initiatives for y in one.yardsticks]
    linked = {link.goal for one in initiatives for link in one.goals}
    names = {area.id: area.name for area in content.focus_areas}

    def gap(heading: str, items: list[str], total: int, what: str) -> Gap:
        return Gap(heading, f"{words.count(len(items))} av {words.count(total)} {what}", tuple(items))

    return (
        gap("Indikator utan mått", [i.name for i in indicators if not i.measures], len(indicators), "indikatorer"),
        gap(
            "Satsning utan uppföljningsmått",
            [named(one) for one in initiatives if not one.yardsticks],
            len(initiatives),
            "satsningar, uppdrag och ärenden",
        ),
        gap(
            "Uppföljningsmått utan indikator",
            [f"{y.name} ({one.name})" for y, one in yardsticks if not indicators_of(y, published)],
            len(yardsticks),
            "uppföljningsmått",
        ),
        gap(
            "Målsättning utan satsning",
            [f"{names[goal.focus_area]} {goal.number}: {goal.text}" for goal in goals if goal.id not in linked],
            len(goals),
            "målsättningar",
        ),
        gap(
            "Mått utan ägare",
            [m.name for m in published.measures if m.id not in content.owners],
            len(published.measures),
            "mått",
        ),
    )


def named(one: Initiative) -> str:
    """The name, and what it is when it is no gemensam satsning."""
    return one.name if one.kind == "satsning" else f"{one.name} ({one.kind})"


def _measure_table(published: Published) -> Table:
    rows = []
    named_by = Counter(m.id for g in published.goal_areas for i in g.indicators for m in i.measures)
    twice = sum(n > 1 for n in named_by.values())
    several = f" {words.capital(words.count_word(twice, neuter=True))} mått hör till två indikatorer." if twice else ""
    year = f" {published.content.reached}" if published.content.reached else ""
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
    if not content.initiatives and not content.goals:
        return None
    rows = []
    for area in content.focus_areas:
        for goal in area.goals:
            of_goal = [(one, link) for one in content.initiatives for link in one.goals if link.goal == goal.id]
            head = f"{area.name} {goal.number}: {goal.text}"
            rows += [
                Row(head, _activity(one, published, content, proposed=link.decision != DECIDED))
                for one, link in of_goal
            ] or [Row(head, (Field("satsning saknas", missing=True, span=4),))]
    rows += [
        Row("Ingen målsättning är angiven", _activity(one, published, content, proposed=False))
        for one in content.initiatives
        if not one.goals
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


def _activity(one: Initiative, published: Published, content: Content, *, proposed: bool) -> tuple[Field, ...]:
    yardsticks = [f"{y.name} → {words.join(indicators_of(y, published)) or 'indikator saknas'}" for y in one.yardsticks]
    decisions = content.decided_on(one.id)
    return (
        Field(named(one), note="kopplingen är föreslagen" if proposed else ""),
        Field("; ".join(yardsticks)) if yardsticks else Field(NO_YARDSTICK, missing=True),
        Field(body_name(content, one.responsible), missing=one.responsible is None),
        Field(f"{words.day(decisions[-1].day)}: {decisions[-1].what}")
        if decisions
        else Field("inget beslut är inlagt", missing=True),
    )
