"""Fokusområden och målsättningar: verbatim, how far they have come, and how long is left. Counted from the day of the
data, never from the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards import formatting
from dashboards.pages import answered
from dashboards.pages.chain import NOT_STATED
from dashboards.pages.counts import CountList, CountRow
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.content import Content, Records
from dashboards.reading.published import Published
from pipelines.rows import Record


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
    counts: tuple[CountRow, ...]
    meaning: Records
    limits: Records


def focus(published: Published, content: Content) -> Focus:
    """The section's contents."""
    counts = CountList("Fokusområden")
    today = published.run.day
    goals = content.goals
    with_status = sum(goal.genomforande is not None for goal in goals)
    areas = tuple(_area(area, published, content, today, counts) for area in content["fokusomrade"])
    stated = counts.of("målsättningar", "har en angiven status", with_status, len(goals))
    return Focus(
        areas=areas,
        stated=f"{stated} målsättningar har en angiven status.",
        counts=tuple(counts.rows),
        meaning=content.quoted("fokusområden"),
        limits=content.quoted("målsättningar"),
    )


def time_left(last_year: int, today: date) -> str:
    """'404 dagar kvar till och med 31 december 2027', as of `today`."""
    last = date(last_year, 12, 31)
    days = (last - today).days
    if days < 0:
        return f"Perioden är slut sedan {formatting.day(last)}"
    return f"{formatting.count(days)} {'dag' if days == 1 else 'dagar'} kvar till och med {formatting.day(last)}"


def _area(area: Record, published: Published, content: Content, today: date, counts: CountList) -> Area:
    decision = next(iter(content.where("beslut", beslut_id=area.beslut_id)), None)
    who = [o.namn for o in content["instans"] if decision and o.instans_id == decision.instans_id]
    decided = f"Beslut {f'i {who[0]} ' if who else ''}{formatting.day(decision.datum)}. " if decision else ""
    source = f"{area.dokument} ({area.dokument_diarienummer})" if area.dokument_diarienummer else area.dokument
    return Area(
        name=area.namn,
        period=f"{area.fran_ar}–{area.till_ar}",
        left=f"{time_left(area.till_ar, today)}, räknat från {formatting.day(today)}.",
        decided=f"{decided}Ordagrant ur {source}.",
        table=Table(
            caption=f"Målsättningar för {formatting.lowered(area.namn)}",
            columns=("Målsättning", "Status", "Täckning", "Väntas påverka", "Effekt kan tidigast avläsas"),
            rows=tuple(_row(goal, area, published, content, counts) for goal in content.goals_of(area)),
            source="",
            own=False,
        ),
    )


def _row(goal: Record, area: Record, published: Published, content: Content, counts: CountList) -> Row:
    names = {i.id: i.name for i in published.indicators}
    expected = content.where("malsattning_indikator", malsattning_id=goal.malsattning_id)
    return Row(
        f"{goal.nummer}. {goal.text}",
        (
            _status(goal, content),
            _coverage(goal, f"{area.namn} {goal.nummer}", content, counts),
            _stated(formatting.join([names[link.indikator_id] for link in expected]), missing="ej angivet"),
            _stated(goal.effekt_tidigast, missing="ej angivet"),
        ),
    )


def _status(goal: Record, content: Content) -> Field:
    """As decided, or else as answered, with what it rests on."""
    if goal.genomforande:
        return Field(goal.genomforande, note=goal.belagg or "")
    texts = [
        answered.in_words(answered.answers_to(content, answered.GOAL, goal.malsattning_id, key))
        for key in ("status", "belagg", "nadda")
    ]
    given = [text for text in texts if text]
    return Field(given[0], note=". ".join(given[1:])) if given else Field(NOT_STATED, missing=True)


def _stated(text: str | None, missing: str) -> Field:
    return Field(text) if text else Field(missing, missing=True)


def _coverage(goal: Record, name: str, content: Content, counts: CountList) -> Field:
    """'4 av 9 kommuner och 1 av 3 länsdelar'."""
    reached = []
    if goal.kommuner_nadda is not None:
        reached.append(f"{counts.of('når kommuner', name, goal.kommuner_nadda, content.kommuner)} kommuner")
    if goal.region_nadd is not None:
        reached.append("regionen" if goal.region_nadd else "inte regionen")
    if goal.lansdelar_nadda is not None:
        whole_county = len(content["lansdel"])
        reached.append(f"{counts.of('når länsdelar', name, goal.lansdelar_nadda, whole_county)} länsdelar")
    whole = "gäller hela länet" if goal.hela_lanet else ""
    if not reached:
        return Field(NOT_STATED, missing=True, note=whole)
    return Field(formatting.join(reached), note=". ".join(part for part in (goal.nadda, whole) if part))
