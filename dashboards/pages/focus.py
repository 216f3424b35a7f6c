"""Fokusområden och målsättningar: verbatim, how far they have come, and how long is left. Counted from the day of the
data, never from the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards import words
from dashboards.content import Content, FocusArea, Goal, Quote
from dashboards.data import Published
from dashboards.pages.tables import Field, Row, Table

NOT_STATED = "ej angiven"


@dataclass(frozen=True, slots=True)
class Area:
    """A fokusområde: its period, how long is left, who decided, and the table of its målsättningar."""

    name: str
    period: str
    left: str
    decided: str
    table: Table


@dataclass(frozen=True, slots=True)
class Focus:
    """stated: how many målsättningar have one. meaning, limits: the owners' words."""

    areas: tuple[Area, ...]
    stated: str
    meaning: tuple[Quote, ...]
    limits: tuple[Quote, ...]


def focus(published: Published, content: Content) -> Focus:
    """The section's contents."""
    today = words.swedish_date(published.run.finished)
    goals = content.goals
    with_status = sum(goal.status is not None for goal in goals)
    return Focus(
        areas=tuple(_area(area, published, content, today) for area in content.focus_areas),
        stated=f"{with_status} av {len(goals)} målsättningar har en angiven status.",
        meaning=content.quoted("fokusområden"),
        limits=content.quoted("målsättningar"),
    )


def time_left(last_year: int, today: date) -> str:
    """'404 dagar kvar till och med 31 december 2027', as of `today`."""
    last = date(last_year, 12, 31)
    days = (last - today).days
    if days < 0:
        return f"Perioden är slut sedan {words.day(last)}"
    return f"{words.count(days)} {'dag' if days == 1 else 'dagar'} kvar till och med {words.day(last)}"


def _area(area: FocusArea, published: Published, content: Content, today: date) -> Area:
    decision = next((one for one in content.decisions if one.id == area.decision), None)
    who = content.bodies[decision.body].name if decision and decision.body else None
    decided = f"Beslut {f'i {who} ' if who else ''}{words.day(decision.day)}. " if decision else ""
    source = f"{area.document} ({area.case_number})" if area.case_number else area.document
    return Area(
        name=area.name,
        period=f"{area.first_year}–{area.last_year}",
        left=f"{time_left(area.last_year, today)}, räknat från {words.day(today)}.",
        decided=f"{decided}Ordagrant ur {source}.",
        table=Table(
            caption=f"Målsättningar för {words.lowered(area.name)}",
            columns=("Målsättning", "Status", "Täckning", "Väntas påverka", "Effekt kan tidigast avläsas"),
            rows=tuple(_row(goal, published, content) for goal in area.goals),
            source="",
            own=False,
        ),
    )


def _row(goal: Goal, published: Published, content: Content) -> Row:
    names = {i.id: i.name for g in published.goal_areas for i in g.indicators}
    return Row(
        f"{goal.number}. {goal.text}",
        (
            _stated(goal.status, note=goal.evidence or ""),
            _coverage(goal, content),
            _stated(words.join([names[i] for i in goal.indicators]), missing="ej angivet"),
            _stated(goal.effect, missing="ej angivet"),
        ),
    )


def _stated(text: str | None, note: str = "", missing: str = NOT_STATED) -> Field:
    return Field(text, note=note) if text else Field(missing, missing=True)


def _coverage(goal: Goal, content: Content) -> Field:
    """'4 av 9 kommuner och 1 av 3 länsdelar'."""
    told = []
    if goal.kommuner is not None:
        told.append(f"{goal.kommuner} av {content.kommuner} kommuner")
    if goal.region is not None:
        told.append("regionen" if goal.region else "inte regionen")
    if goal.sub_counties is not None:
        told.append(f"{goal.sub_counties} av {len(content.sub_counties)} länsdelar")
    whole = "gäller hela länet" if goal.whole_county else ""
    if not told:
        return Field(NOT_STATED, missing=True, note=whole)
    return Field(words.join(told), note=". ".join(part for part in (goal.reached, whole) if part))
