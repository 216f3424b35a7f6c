"""Att bekräfta av ägarna: every choice that is still proposed, counted and listed, and the questions that are open."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import formatting
from dashboards.kpi.words import DECIDED, direction_words
from dashboards.pages.counts import CountList, CountRow
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
    counts: tuple[CountRow, ...]
    questions: Table | None


def confirm(published: Published, content: Content) -> Confirm:
    """The section's contents."""
    counts = CountList("Att bekräfta av ägarna")
    questions = content["fraga"]
    still_open = len(content.where("fraga", svar=None))
    return Confirm(
        choices=(
            _kpi_choices(published, counts),
            _directions(published, counts),
            _sub_counties(published, content, counts),
            _breaks(published, content, counts),
            _targets(published, content, counts),
            _links(content, counts),
            _safety(published, content, counts),
        ),
        open=f"{counts.of('frågor', 'öppna', still_open, len(questions))} frågor är öppna.",
        counts=tuple(counts.rows),
        questions=Table(
            caption="Frågor som bara ägarna kan svara på",
            columns=("Fråga", "Läge", "Svar"),
            rows=tuple(
                Row(
                    question.fraga,
                    (
                        Field("besvarad" if question.svar else "öppen"),
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


def _who(question: Record) -> str:
    day = formatting.day(question.datum) if question.datum else None
    return ", ".join(part for part in (question.av, day) if part)


def _kpi_choices(published: Published, counts: CountList) -> Choice:
    uses = [(m, use) for m in published.measures for use in m.uses]
    waiting = [(m, use) for m, use in uses if use.decision != DECIDED]
    items = []
    for measure in published.measures:
        ids = [f"{use.kpi_id} ({use.role})" for m, use in waiting if m.id == measure.id]
        if ids:
            items.append(f"{measure.name}: {formatting.join(ids)}")
    return Choice(
        "Val av nyckeltal",
        f"{counts.of('förslag', 'val av nyckeltal', len(waiting), len(uses))} val är föreslagna",
        "Vilket nyckeltal som belyser vilket mått, och i vilken roll.",
        tuple(items),
    )


def _directions(published: Published, counts: CountList) -> Choice:
    kpis = list(published.kpis.values())
    waiting = [kpi for kpi in kpis if kpi.direction_decision != DECIDED]
    return Choice(
        "Riktningar",
        f"{counts.of('förslag', 'riktningar', len(waiting), len(kpis))} riktningar är föreslagna",
        "Om ett högre eller ett lägre värde är bättre.",
        tuple(f"{kpi.id} {kpi.title}: {formatting.lowered(direction_words(kpi))}" for kpi in waiting),
    )


def _sub_counties(published: Published, content: Content, counts: CountList) -> Choice:
    waiting = content.where("lansdel", bekraftad=False)
    members = {part.namn: [a.name for a in published.principals if a.sub_county == part.namn] for part in waiting}
    return Choice(
        "Länsdelar",
        f"{counts.of('förslag', 'länsdelar', len(waiting), len(content['lansdel']))} länsdelar är inte bekräftade",
        "Vilka kommuner som ingår. Indelningen följer ordningen i nämndens uppräkning av kommunerna.",
        tuple(f"{name}: {formatting.join(names)}" if names else name for name, names in members.items()),
    )


def _breaks(published: Published, content: Content, counts: CountList) -> Choice:
    breaks = [
        series_break for series_break in content["nyckeltal_brott"] if series_break.nyckeltal_id in published.kpis
    ]
    items = [f"{item.nyckeltal_id} {item.ar}: {item.vad_som_andrades}" for item in breaks]
    return Choice(
        "Brott mellan år",
        f"{counts.number('förslag', 'brott', len(items))} brott är inlagda efter källornas beskrivningar",
        "Från vilket år värdena mäts på ett nytt sätt. Riktning räknas bara efter det sista brottet.",
        tuple(items),
    )


def _targets(published: Published, content: Content, counts: CountList) -> Choice:
    targets = [target for target in content["malvarde"] if target.nyckeltal_id in published.kpis]
    waiting = [target for target in targets if target.beslut != DECIDED]
    return Choice(
        "Målvärden",
        f"{counts.of('förslag', 'målvärden', len(waiting), len(targets))} inlagda målvärden är föreslagna"
        if targets
        else "Inga målvärden är beslutade eller föreslagna",
        "Ett föreslaget målvärde räknas inte och ritas inte.",
        tuple(f"{target.nyckeltal_id} {published.kpis[target.nyckeltal_id].title}" for target in waiting),
    )


def _links(content: Content, counts: CountList) -> Choice:
    goals = content.texts("malsattning", "text")
    links = [(row.namn, link) for row in content["satsning"] for link in content.belonging("satsning_malsattning", row)]
    waiting = [(name, link) for name, link in links if link.beslut != DECIDED]
    return Choice(
        "Kopplingar mellan satsningar och målsättningar",
        f"{counts.of('förslag', 'kopplingar', len(waiting), len(links))} kopplingar är föreslagna",
        "Gjorda efter vad satsningarna och målsättningarna heter.",
        tuple(f"{name} → {goals[link.malsattning_id]}" for name, link in waiting),
    )


def _safety(published: Published, content: Content, counts: CountList) -> Choice:
    measures = {m.id: m.name for m in published.measures}
    entries = content["trygghetsvy"]
    waiting = [entry for entry in entries if entry.beslut != DECIDED]
    return Choice(
        "Trygghetsvyn",
        f"{counts.of('förslag', 'trygghetsvyn', len(waiting), len(entries))} poster är föreslagna",
        "Vad som visas tillsammans som trygga patienter.",
        tuple(
            f"{entry.belyser}: {measures[entry.matt_id] if entry.matt_id is not None else entry.nyckeltal_id}"
            for entry in waiting
        ),
    )
