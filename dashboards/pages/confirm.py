"""Att bekräfta av ägarna: every choice that is still proposed, counted and listed, and the questions that are open."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.pages.kpi import DECIDED, direction_words
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.content import Content
from dashboards.reading.published import Published
from pipelines.rows import Record


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
    questions = content["fraga"]
    still_open = len(content.where("fraga", status="öppen"))
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
        open=f"{still_open} av {len(questions)} frågor är öppna.",
        questions=Table(
            caption="Frågor som bara ägarna kan svara på",
            columns=("Fråga", "Läge", "Svar"),
            rows=tuple(
                Row(
                    question.fraga,
                    (
                        Field(question.status),
                        Field(question.svar, note=_who(question))
                        if question.svar
                        else Field("svar saknas", missing=True),
                    ),
                )
                for question in questions
            ),
            source="",
            own=False,
        )
        if questions
        else None,
    )


def _of(n: int, total: int, what: str) -> str:
    return f"{formatting.count(n)} av {formatting.count(total)} {what}"


def _who(question: Record) -> str:
    day = formatting.day(question.datum) if question.datum else None
    return ", ".join(part for part in (question.av, day) if part)


def _kpi_choices(published: Published) -> Choice:
    uses = [(m, use) for m in published.measures for use in m.uses]
    waiting = [(m, use) for m, use in uses if use.decision != DECIDED]
    items = []
    for measure in published.measures:
        ids = [f"{use.kpi_id} ({use.role})" for m, use in waiting if m.id == measure.id]
        if ids:
            items.append(f"{measure.name}: {formatting.join(ids)}")
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
        tuple(f"{kpi.id} {kpi.title}: {formatting.lowered(direction_words(kpi))}" for kpi in waiting),
    )


def _sub_counties(published: Published, content: Content) -> Choice:
    waiting = content.where("lansdel", bekraftad=False)
    members = {part.namn: [a.name for a in published.principals if a.sub_county == part.namn] for part in waiting}
    return Choice(
        "Länsdelar",
        _of(len(waiting), len(content["lansdel"]), "länsdelar är ej bekräftade"),
        "Vilka kommuner som ingår. Indelningen följer ordningen i nämndens uppräkning av kommunerna.",
        tuple(f"{name}: {formatting.join(names)}" if names else name for name, names in members.items()),
    )


def _breaks(published: Published, content: Content) -> Choice:
    breaks = [
        series_break for series_break in content["nyckeltal_brott"] if series_break.nyckeltal_id in published.kpis
    ]
    items = [f"{series_break.nyckeltal_id} {series_break.ar}: {series_break.orsak}" for series_break in breaks]
    return Choice(
        "Seriebrott",
        f"{formatting.count(len(items))} seriebrott är inlagda efter källornas beskrivningar",
        "Var en serie inte längre kan jämföras bakåt. Trender räknas bara efter det sista brottet.",
        tuple(items),
    )


def _targets(published: Published, content: Content) -> Choice:
    targets = [target for target in content["malvarde"] if target.nyckeltal_id in published.kpis]
    waiting = [target for target in targets if target.beslut != DECIDED]
    return Choice(
        "Målvärden",
        _of(len(waiting), len(targets), "inlagda målvärden är föreslagna")
        if targets
        else "Inga målvärden är beslutade eller föreslagna",
        "Ett föreslaget målvärde räknas inte och ritas inte.",
        tuple(f"{target.nyckeltal_id} {published.kpis[target.nyckeltal_id].title}" for target in waiting),
    )


def _links(content: Content) -> Choice:
    goals = content.texts("malsattning", "text")
    links = [(row.namn, link) for row in content["satsning"] for link in content.belonging("satsning_malsattning", row)]
    waiting = [(name, link) for name, link in links if link.beslut != DECIDED]
    return Choice(
        "Kopplingar mellan satsningar och målsättningar",
        _of(len(waiting), len(links), "kopplingar är föreslagna"),
        "Gjorda efter vad satsningarna och målsättningarna heter.",
        tuple(f"{name} → {goals[link.malsattning_id]}" for name, link in waiting),
    )


def _safety(published: Published, content: Content) -> Choice:
    measures = {m.id: m.name for m in published.measures}
    entries = content["trygghetsvy"]
    waiting = [entry for entry in entries if entry.beslut != DECIDED]
    return Choice(
        "Trygghetsvyn",
        _of(len(waiting), len(entries), "poster är föreslagna"),
        "Vad som visas tillsammans som trygga patienter.",
        tuple(
            f"{entry.belyser}: {measures[entry.matt_id] if entry.matt_id is not None else entry.nyckeltal_id}"
            for entry in waiting
        ),
    )
