"""Gemensamma satsningar: how many there are, each with its criteria and its chain, and the log of decisions.

What is due and not reported is told as of the day of the data, never of the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards import words
from dashboards.content import Content, Cycle, Decision, Initiative, Quote, Yardstick
from dashboards.data import Published
from dashboards.pages import whose
from dashboards.pages.chain import NO_YARDSTICK, NOT_STATED, body_name, indicators_of
from dashboards.pages.kpi import DECIDED
from dashboards.pages.tables import Field, Row, Table

# As the projektrapport of Sörmland words them, in its order.
CRITERIA = (
    "Ett tydligt uppdrag och beslut från {steering}",
    "Avsatta resurser t.ex. ansvarig för uppdraget",
    "Ekonomi/finansiering är definierad",
    "Plan för uppföljning",
    "Ett test inför breddinförande",
)
_KINDS = {
    "satsning": ("Gemensamma satsningar", "gemensamma satsningar"),
    "uppdrag": ("Uppdrag", "uppdrag"),
    "ärende": ("Ärenden", "ärenden"),
}
OVERDUE, COMING, NO_DAY, REPORTED = "försenad", "kommer", "ingen sista dag angiven", "återrapporterad"


@dataclass(frozen=True, slots=True)
class Criterion:
    """met: ja, nej or okänt; the template draws a shape for each beside the word."""

    text: str
    met: str


@dataclass(frozen=True, slots=True)
class Link:
    """A place of the chain line; missing: nothing stands there."""

    name: str
    text: str
    missing: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A satsning. facts: label and text. chains: one line of links for each uppföljningsmått, or one that says what is
    missing. due: sentences, each with whether it is overdue.
    """

    anchor: str
    name: str
    state: str | None
    facts: tuple[tuple[str, str], ...]
    criteria: tuple[Criterion, ...]
    answered: str
    chains: tuple[tuple[Link, ...], ...]
    cycles: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    due: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The cards of one kind, those that are over last."""

    heading: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Initiatives:
    """counts: the portfolio as number, of how many, and what. limit: the sentence about the limit."""

    about: tuple[Quote, ...]
    yardsticks: tuple[Quote, ...]
    pdsa: tuple[Quote, ...]
    counts: tuple[tuple[str, str], ...]
    limit: str
    groups: tuple[Group, ...]
    overdue: str
    log: Table | None


def initiatives(published: Published, content: Content) -> Initiatives:
    """The section's contents."""
    today = words.swedish_date(published.run.finished)
    groups = []
    for kind, (heading, _) in _KINDS.items():
        some = sorted((one for one in content.initiatives if one.kind == kind), key=lambda one: one.over)
        if some:
            groups.append(Group(heading, tuple(_card(one, published, content, today) for one in some)))
    late = [one for one in content.decisions if report_state(one, today) == OVERDUE]
    awaited = [one for one in content.decisions if one.due is not None or one.due_words is not None]
    return Initiatives(
        about=content.quoted("aktiviteter"),
        yardsticks=content.quoted("uppföljningsmått"),
        pdsa=content.quoted("pdsa"),
        counts=tuple(_counts(content)),
        limit=_limit(content),
        groups=tuple(groups),
        overdue=f"{len(late)} av {len(awaited)} återrapporteringar är försenade: sista dagen har passerat "
        f"{words.day(today)}, som uppgifterna gäller, och ingen återrapportering är antecknad."
        if late
        else f"Ingen av {len(awaited)} återrapporteringar är försenad {words.day(today)}, som uppgifterna gäller.",
        log=_log(content, today),
    )


def report_state(decision: Decision, today: date) -> str | None:
    """How it is with reporting back, as of `today`; None: nothing is to be reported."""
    if decision.due is None and decision.due_words is None:
        return None
    if decision.reported is not None and decision.reported <= today:
        return REPORTED
    if decision.due is None:
        return NO_DAY
    return OVERDUE if decision.due < today else COMING


def _counts(content: Content) -> list[tuple[str, str]]:
    """(number of how many, what) of the portfolio."""
    found = []
    for kind, (_, plural) in _KINDS.items():
        of_kind = [one for one in content.initiatives if one.kind == kind]
        found.append((words.count(len(of_kind)), plural))
    every = content.initiatives
    total = words.count(len(every))
    for n, what in (
        (sum(one.status == "pågår" for one in every), "anges som pågående"),
        (sum(one.over for one in every), "är avslutade eller sammanslagna"),
        (sum(one.status is None for one in every), "saknar angiven status"),
        (sum(bool(one.yardsticks) for one in every), "har uppföljningsmått"),
    ):
        found.append((f"{words.count(n)} av {total}", what))
    asked = [met for one in every if one.kind == "satsning" for met in one.criteria]
    known = sum(met != "okänt" for met in asked)
    found.append((f"{words.count(known)} av {words.count(len(asked))}", "kriterier för satsningarna är besvarade"))
    return found


def _limit(content: Content) -> str:
    if content.limit is None:
        return f"{words.capital(whose.steering(content))} har inte satt någon gräns för antalet; gräns: ej beslutad."
    running = sum(one.kind != "ärende" and not one.over for one in content.initiatives)
    over = running > content.limit
    return (
        f"{words.count(running)} satsningar och uppdrag är inte avslutade; gränsen är {words.count(content.limit)}. "
        f"Antalet är {'över' if over else 'inom'} gränsen."
    )


def _card(one: Initiative, published: Published, content: Content, today: date) -> Card:
    titles = {i.id: i.name for i in content.initiatives}
    goals = {goal.id: goal.text for goal in content.goals}
    facts = [("Status", one.status or NOT_STATED), ("Ansvarig nivå", body_name(content, one.responsible))]
    if one.merged_into:
        facts.append(("Har gått upp i", titles[one.merged_into]))
    if one.reason:
        facts.append(("Varför", one.reason))
    if one.start or one.end:
        days = " till ".join(words.day(day) if day else NOT_STATED for day in (one.start, one.end))
        facts.append(("Tid", days))
    for label, decided in (("Bidrar till", True), ("Bidrar till (förslag)", False)):
        if texts := [goals[link.goal] for link in one.goals if (link.decision == DECIDED) is decided]:
            facts.append((label, " ".join(texts)))
    if not one.goals:
        facts.append(("Bidrar till", "ingen målsättning angiven"))
    facts.append(("Källa", one.document))
    known = sum(met != "okänt" for met in one.criteria)
    return Card(
        anchor=f"satsning-{one.id}",
        name=one.name,
        state=one.state,
        facts=tuple(facts),
        criteria=tuple(
            Criterion(text.format(steering=whose.steering(content)), met)
            for text, met in zip(CRITERIA, one.criteria, strict=False)
        ),
        answered=f"{known} av {len(CRITERIA)} är besvarade",
        chains=tuple(_chain(one, y, published) for y in one.yardsticks)
        or ((Link("Aktivitet", one.name, False), Link("Uppföljningsmått", NO_YARDSTICK, True)),),
        cycles=tuple((f"PDSA, cykel {cycle.number}", _cycle(cycle)) for cycle in one.cycles),
        due=tuple(
            (_due_sentence(decision, today), report_state(decision, today) == OVERDUE)
            for decision in content.decided_on(one.id)
            if report_state(decision, today) is not None
        ),
    )


def _chain(one: Initiative, yardstick: Yardstick, published: Published) -> tuple[Link, ...]:
    measures = {m.id: m.name for m in published.measures}
    indicators = indicators_of(yardstick, published)
    goal_areas = [g.name for g in published.goal_areas if any(i.name in indicators for i in g.indicators)]
    measure = measures.get(yardstick.measure or "") or yardstick.kpi
    lag = f", väntan {yardstick.lag}" if yardstick.lag else ", väntan ej angiven"
    return (
        Link("Aktivitet", one.name, False),
        Link(f"Uppföljningsmått ({yardstick.kind})", f"{yardstick.name}{lag}", False),
        Link("Mått", measure or "mått saknas", measure is None),
        Link("Indikator", words.join(indicators) or "indikator saknas", not indicators),
        Link("Målområde", words.join(goal_areas) or "målområde saknas", not goal_areas),
    )


def _cycle(cycle: Cycle) -> tuple[tuple[str, str], ...]:
    return (
        ("Planera", cycle.hypothesis or "hypotes saknas"),
        ("Göra: planerad mätning", cycle.planned or "saknas"),
        ("Studera: resultat", cycle.result or "resultat saknas"),
        ("Agera", cycle.act or "ej beslutat"),
    )


def _due_sentence(decision: Decision, today: date) -> str:
    words_of_it = decision.due_words or (words.day(decision.due) if decision.due else "")
    state = report_state(decision, today)
    return f"Återrapporteras {words_of_it}: {_state_words(decision, state)}."


def _state_words(decision: Decision, state: str | None) -> str:
    match state:
        case "återrapporterad":
            assert decision.reported is not None
            return f"återrapporterad {words.day(decision.reported)}"
        case "försenad":
            assert decision.due is not None
            return f"försenad, sista dagen var {words.day(decision.due)} och ingen återrapportering är antecknad"
        case "kommer":
            assert decision.due is not None
            return f"kommer, sista dagen är {words.day(decision.due)}"
        case None:
            return "ska inte återrapporteras"
        case _:
            return NO_DAY


def _log(content: Content, today: date) -> Table | None:
    if not content.decisions:
        return None
    names = {one.id: one.name for one in content.initiatives}
    rows = []
    for decision in reversed(content.decisions):
        state = report_state(decision, today)
        numbers = [part for part in (decision.section, decision.case_number) if part]
        about = f"Gäller {names[decision.initiative]}. " if decision.initiative else ""
        rows.append(
            Row(
                words.day(decision.day),
                (
                    Field(decision.kind),
                    Field(body_name(content, decision.body), missing=decision.body is None),
                    Field(decision.what, note=f"{about}{decision.note or ''}".strip()),
                    Field(", ".join(numbers)) if numbers else Field(NOT_STATED, missing=True),
                    Field("–" if state is None else decision.due_words or _day(decision.due)),
                    Field("–" if state is None else _state_words(decision, state)),
                ),
                "late" if state == OVERDUE else "",
            )
        )
    return Table(
        caption=f"Beslut och antecknade lägen, det senaste först. Försening räknas mot {words.day(today)}.",
        columns=("Datum", "Art", "Instans", "Vad", "Paragraf och diarienummer", "Återrapporteras", "Läge"),
        rows=tuple(rows),
        source="",
        own=False,
    )


def _day(moment: date | None) -> str:
    return words.day(moment) if moment else ""
