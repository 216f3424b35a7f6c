"""Att bekräfta av ägarna: every choice that is still proposed, counted and listed, and the questions that are open."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import words
from dashboards.content import Content, Question
from dashboards.data import Published
from dashboards.pages.kpi import DECIDED, direction_words
from dashboards.pages.tables import Field, Row, Table


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of choice: how many of how many wait for the owners, in words, and which."""

    heading: str
    count: str
    explanation: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Confirm:
    """open: how many questions of how many."""

    choices: tuple[Choice, ...]
    open: str
    questions: Table | None


def confirm(published: Published, content: Content) -> Confirm:
    """The section's contents."""
    still_open = sum(question.status == "öppen" for question in content.questions)
    return Confirm(
        choices=(
            _kpi_choices(published),
            _directions(published),
            _sub_counties(published, content),
            _breaks(published, content),
            _targets(published, content),
            _links(content),
            _safety(published, content),
        ),
        open=f"{still_open} av {len(content.questions)} frågor är öppna.",
        questions=Table(
            caption="Frågor som bara ägarna kan svara på",
            columns=("Fråga", "Läge", "Svar"),
            rows=tuple(
                Row(
                    question.text,
                    (
                        Field(question.status),
                        Field(question.answer, note=_who(question))
                        if question.answer
                        else Field("svar saknas", missing=True),
                    ),
                )
                for question in content.questions
            ),
            source="",
            own=False,
        )
        if content.questions
        else None,
    )


def _of(n: int, total: int, what: str) -> str:
    return f"{words.count(n)} av {words.count(total)} {what}"


def _who(question: Question) -> str:
    day = words.day(question.day) if question.day else None
    return ", ".join(part for part in (question.by, day) if part)


def _kpi_choices(published: Published) -> Choice:
    uses = [(m, use) for m in published.measures for use in m.uses]
    waiting = [(m, use) for m, use in uses if use.decision != DECIDED]
    items = []
    for measure in published.measures:
        ids = [f"{use.kpi_id} ({use.role})" for m, use in waiting if m.id == measure.id]
        if ids:
            items.append(f"{measure.name}: {words.join(ids)}")
    return Choice(
        "Val av nyckeltal",
        _of(len(waiting), len(uses), "val är föreslagna"),
        "Vilket nyckeltal som belyser vilket mått, och i vilken roll.",
        tuple(items),
    )


def _directions(published: Published) -> Choice:
    kpis = list(published.kpis.values())
    waiting = [kpi for kpi in kpis if kpi.direction_decision != DECIDED]
    return Choice(
        "Riktningar",
        _of(len(waiting), len(kpis), "riktningar är föreslagna"),
        "Om ett högre eller ett lägre värde är bättre.",
        tuple(f"{kpi.id} {kpi.title}: {words.lowered(direction_words(kpi))}" for kpi in waiting),
    )


def _sub_counties(published: Published, content: Content) -> Choice:
    waiting = [part for part in content.sub_counties if not part.confirmed]
    members = {part.name: [a.name for a in published.principals if a.sub_county == part.name] for part in waiting}
    return Choice(
        "Länsdelar",
        _of(len(waiting), len(content.sub_counties), "länsdelar är ej bekräftade"),
        "Vilka kommuner som ingår. Indelningen följer ordningen i nämndens uppräkning av kommunerna.",
        tuple(f"{name}: {words.join(names)}" if names else name for name, names in members.items()),
    )


def _breaks(published: Published, content: Content) -> Choice:
    known = {
        kpi_id: facts.breaks for kpi_id, facts in content.kpi_facts.items() if facts.breaks and kpi_id in published.kpis
    }
    items = [f"{kpi_id} {year}: {reason}" for kpi_id, breaks in sorted(known.items()) for year, reason in breaks]
    return Choice(
        "Seriebrott",
        f"{words.count(len(items))} seriebrott är inlagda efter källornas beskrivningar",
        "Var en serie inte längre kan jämföras bakåt. Trender räknas bara efter det sista brottet.",
        tuple(items),
    )


def _targets(published: Published, content: Content) -> Choice:
    targets = [target for target in content.targets if target.kpi in published.kpis]
    waiting = [target for target in targets if target.decision != DECIDED]
    return Choice(
        "Målvärden",
        _of(len(waiting), len(targets), "inlagda målvärden är föreslagna")
        if targets
        else "Inga målvärden är beslutade eller föreslagna",
        "Ett föreslaget målvärde räknas inte och ritas inte.",
        tuple(f"{target.kpi} {published.kpis[target.kpi].title}" for target in waiting),
    )


def _links(content: Content) -> Choice:
    goals = {goal.id: goal.text for goal in content.goals}
    links = [(one.name, link) for one in content.initiatives for link in one.goals]
    waiting = [(name, link) for name, link in links if link.decision != DECIDED]
    return Choice(
        "Kopplingar mellan satsningar och målsättningar",
        _of(len(waiting), len(links), "kopplingar är föreslagna"),
        "Gjorda efter vad satsningarna och målsättningarna heter.",
        tuple(f"{name} → {goals[link.goal]}" for name, link in waiting),
    )


def _safety(published: Published, content: Content) -> Choice:
    measures = {m.id: m.name for m in published.measures}
    waiting = [entry for entry in content.safety if entry.decision != DECIDED]
    return Choice(
        "Trygghetsvyn",
        _of(len(waiting), len(content.safety), "poster är föreslagna"),
        "Vad som visas tillsammans som trygga patienter.",
        tuple(
            f"{entry.why}: {measures[entry.measure] if entry.measure is not None else entry.kpi}" for entry in waiting
        ),
    )
