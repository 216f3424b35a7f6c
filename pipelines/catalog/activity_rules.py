"""What must hold between the entries of aktiviteter.yaml, and between them and the other files.

Checked once the file is sound in itself. What it names in another file is checked when every id there could be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipelines.catalog.activities import Activities, DecisionMade, Initiative
from pipelines.catalog.rules import Content, Entries, check_unique, undefined_hint
from pipelines.catalog.yamlfile import Location, YamlFile

_Named = Iterator[tuple[Location, str | None]]


@dataclass(frozen=True, slots=True)
class Known:
    """The ids of the other files; None where some of them could not be read."""

    goal_areas: set[str] | None
    indicators: set[str] | None
    measures: set[str] | None
    kpis: set[str] | None
    principals: set[str] | None
    sub_counties: set[str] | None
    follow_ups: set[str] | None


def known_of(content: Content) -> Known:
    """What the other files define."""

    def ids(entries: Entries[Any]) -> set[str] | None:
        return entries.known() if entries.named else None

    kommuner = ids(content.kommuner)
    return Known(
        goal_areas=ids(content.goal_areas),
        indicators={i.id for _, i in content.indicators()} if content.goal_areas.complete else None,
        measures=ids(content.measures),
        kpis=ids(content.kpis),
        principals=kommuner | {content.region.id} if kommuner is not None and content.region else None,
        sub_counties=ids(content.sub_counties),
        follow_ups=ids(content.follow_ups),
    )


def check(activities: Activities, known: Known, file: YamlFile) -> None:
    """Report every breach of a rule on its line."""
    _ids(activities, file)
    _references(activities, known, file)
    for index, area in enumerate(activities.focus_areas):
        here: Location = ("fokusomraden", index)
        if area.last_year < area.first_year:
            file.report((*here, "till"), f"{file.prefix(here)}till {area.last_year} lies before fran", "correct a year")
        for number, goal in enumerate(area.goals):
            there: Location = (*here, "malsattningar", number)
            if goal.status is not None and goal.evidence is None:
                what = f"{file.prefix(there)}status {goal.status} lacks belagg"
                file.report((*there, "status"), what, "add belagg: and what it rests on")
    for index, initiative in enumerate(activities.initiatives):
        _initiative(("satsningar", index), initiative, file)
    _decisions(activities.decisions, file)
    _safety(activities, file)
    _comments(activities, file)
    for index, question in enumerate(activities.questions):
        given = {"svar": question.answer, "av": question.by, "datum": question.day}
        lacking = [key for key, value in given.items() if value is None]
        here = ("att_bekrafta", index)
        if question.status == "besvarad" and lacking:
            what = f"{file.prefix(here)}status besvarad lacks {', '.join(lacking)}"
            file.report((*here, "status"), what, "add them, or write status: öppen")
        if question.status == "öppen" and len(lacking) < len(given):
            what = f"{file.prefix(here)}has an answer, but status öppen"
            file.report((*here, "status"), what, "write status: besvarad, or remove the answer")


def _ids(activities: Activities, file: YamlFile) -> None:
    """Each id is defined once; those of målsättningar and uppföljningsmått in the whole file."""
    for section, kind in (
        ("kallor", "källa"),
        ("citat", "citat"),
        ("instanser", "instans"),
        ("fokusomraden", "fokusområde"),
        ("satsningar", "satsning"),
        ("beslut", "beslut"),
        ("att_bekrafta", "fråga"),
    ):
        entries = getattr(activities, _ATTRIBUTES[section])
        check_unique(file, kind, [((section, index), entry.id) for index, entry in enumerate(entries)])
    check_unique(file, "målsättning", list(_goals(activities)))
    check_unique(
        file,
        "uppföljningsmått",
        [
            (("satsningar", index, "uppfoljningsmatt", number), one.id)
            for index, initiative in enumerate(activities.initiatives)
            for number, one in enumerate(initiative.yardsticks)
        ],
    )


_ATTRIBUTES = {
    "kallor": "documents",
    "citat": "quotes",
    "instanser": "bodies",
    "fokusomraden": "focus_areas",
    "satsningar": "initiatives",
    "beslut": "decisions",
    "att_bekrafta": "questions",
}


def _goals(activities: Activities) -> Iterator[tuple[Location, str]]:
    for index, area in enumerate(activities.focus_areas):
        for number, goal in enumerate(area.goals):
            yield ("fokusomraden", index, "malsattningar", number), goal.id


def _references(activities: Activities, known: Known, file: YamlFile) -> None:
    """What an entry names is defined: here, or in the file where it belongs."""
    here = {
        section: {entry.id for entry in getattr(activities, attribute)} for section, attribute in _ATTRIBUTES.items()
    }
    goals = {goal_id for _, goal_id in _goals(activities)}
    for named, ids, section in (
        (_named_documents(activities), here["kallor"], "kallor"),
        (_named_bodies(activities), here["instanser"], "instanser"),
        (_named_decisions(activities), here["beslut"], "beslut"),
        (_named_initiatives(activities), here["satsningar"], "satsningar"),
        (_named_goals(activities), goals, "malsattningar of a fokusområde"),
        (_named_goal_areas(activities), known.goal_areas, "malomraden in indikatorer.yaml"),
        (_named_indicators(activities), known.indicators, "indikatorer in indikatorer.yaml"),
        (_named_measures(activities), known.measures, "matt in indikatorer.yaml"),
        (_named_kpis(activities), known.kpis, "nyckeltal in indikatorer.yaml"),
        (_named_principals(activities), known.principals, "kommuner in kommuner.yaml"),
        (_named_sub_counties(activities), known.sub_counties, "lansdelar in kommuner.yaml"),
        (_named_follow_ups(activities), known.follow_ups, "uppfoljningar in uppfoljningar.yaml"),
    ):
        for location, entry_id in named:
            if entry_id is not None and ids is not None and entry_id not in ids:
                what = f"{file.prefix(location)}{entry_id} is not defined"
                file.report(location, what, undefined_hint(entry_id, ids, section))


def _named_documents(activities: Activities) -> _Named:
    for section in ("citat", "instanser", "fokusomraden", "satsningar", "beslut"):
        for index, entry in enumerate(getattr(activities, _ATTRIBUTES[section])):
            yield (section, index, "kalla"), entry.document


def _named_bodies(activities: Activities) -> _Named:
    for index, body in enumerate(activities.bodies):
        yield ("instanser", index, "del_av"), body.part_of
    for index, initiative in enumerate(activities.initiatives):
        yield ("satsningar", index, "ansvarig"), initiative.responsible
    for index, decision in enumerate(activities.decisions):
        yield ("beslut", index, "instans"), decision.body


def _named_decisions(activities: Activities) -> _Named:
    for index, area in enumerate(activities.focus_areas):
        yield ("fokusomraden", index, "beslut"), area.decision
    if activities.limit is not None:
        yield ("grans_satsningar", "beslut"), activities.limit.decision


def _named_initiatives(activities: Activities) -> _Named:
    for index, initiative in enumerate(activities.initiatives):
        yield ("satsningar", index, "sammanslagen_med"), initiative.merged_into
    for index, decision in enumerate(activities.decisions):
        yield ("beslut", index, "satsning"), decision.initiative


def _named_goals(activities: Activities) -> _Named:
    for index, initiative in enumerate(activities.initiatives):
        for number, link in enumerate(initiative.goals):
            yield ("satsningar", index, "malsattningar", number, "id"), link.id


def _named_goal_areas(activities: Activities) -> _Named:
    for index, comment in enumerate(activities.comments):
        yield ("kommentarer", index, "malomrade"), comment.goal_area


def _named_indicators(activities: Activities) -> _Named:
    for index, area in enumerate(activities.focus_areas):
        for number, goal in enumerate(area.goals):
            for place, indicator in enumerate(goal.indicators):
                yield ("fokusomraden", index, "malsattningar", number, "indikatorer", place), indicator
    for index, initiative in enumerate(activities.initiatives):
        for number, one in enumerate(initiative.yardsticks):
            yield ("satsningar", index, "uppfoljningsmatt", number, "indikator"), one.indicator
    for index, comment in enumerate(activities.comments):
        yield ("kommentarer", index, "indikator"), comment.indicator


def _named_measures(activities: Activities) -> _Named:
    for index, initiative in enumerate(activities.initiatives):
        for number, one in enumerate(initiative.yardsticks):
            yield ("satsningar", index, "uppfoljningsmatt", number, "matt"), one.measure
    for index, entry in enumerate(activities.safety.entries if activities.safety else ()):
        yield ("trygghetsvy", "poster", index, "matt"), entry.measure
    for index, comment in enumerate(activities.comments):
        yield ("kommentarer", index, "matt"), comment.measure


def _named_kpis(activities: Activities) -> _Named:
    for index, initiative in enumerate(activities.initiatives):
        for number, one in enumerate(initiative.yardsticks):
            yield ("satsningar", index, "uppfoljningsmatt", number, "nyckeltal"), one.kpi
    for index, entry in enumerate(activities.safety.entries if activities.safety else ()):
        yield ("trygghetsvy", "poster", index, "nyckeltal"), entry.kpi


def _named_principals(activities: Activities) -> _Named:
    for index, area in enumerate(activities.focus_areas):
        for number, goal in enumerate(area.goals):
            for place, area_id in enumerate((goal.reach.principals if goal.reach else None) or ()):
                yield ("fokusomraden", index, "malsattningar", number, "tackning", "huvudman", place), area_id


def _named_sub_counties(activities: Activities) -> _Named:
    for index, area in enumerate(activities.focus_areas):
        for number, goal in enumerate(area.goals):
            for place, part in enumerate((goal.reach.sub_counties if goal.reach else None) or ()):
                yield ("fokusomraden", index, "malsattningar", number, "tackning", "lansdelar", place), part


def _named_follow_ups(activities: Activities) -> _Named:
    for index, comment in enumerate(activities.comments):
        yield ("kommentarer", index, "uppfoljning"), comment.follow_up


def _initiative(here: Location, initiative: Initiative, file: YamlFile) -> None:
    """A satsning has its criteria; what is over says why; cycles count on; each målsättning once."""
    place = file.prefix(here)
    if initiative.kind == "satsning" and initiative.criteria is None:
        fix = "add kriterier: with uppdrag, resurser, finansiering, plan and test as ja, nej or okänt"
        file.report(here, f"{place}slag satsning lacks kriterier", fix)
    over = initiative.status in ("avslutad", "sammanslagen")
    if over and initiative.reason is None:
        file.report((*here, "status"), f"{place}status {initiative.status} lacks skal", "add skal: and why")
    if not over and initiative.reason is not None:
        fix = "write status: avslutad or sammanslagen, or remove the line"
        file.report((*here, "skal"), f"{place}skal does not go with its status", fix)
    if (initiative.status == "sammanslagen") != (initiative.merged_into is not None):
        fix = "write both status: sammanslagen and sammanslagen_med, or neither"
        file.report(here, f"{place}status and sammanslagen_med do not fit", fix)
    if initiative.merged_into == initiative.id:
        file.report((*here, "sammanslagen_med"), f"{place}names the satsning itself", "name another")
    if initiative.start and initiative.end and initiative.end < initiative.start:
        file.report((*here, "slut"), f"{place}slut {initiative.end} lies before start", "correct a day")
    for number, cycle in enumerate(initiative.cycles):
        if cycle.number != number + 1:
            what = f"{place}pdsa cykel {cycle.number} stands where {number + 1} is expected"
            file.report((*here, "pdsa", number), what, "number the cycles from 1, the first one first")
    seen: set[str] = set()
    for number, link in enumerate(initiative.goals):
        if link.id in seen:
            file.report((*here, "malsattningar", number), f"{place}names {link.id} twice", "remove this line")
        seen.add(link.id)


def _decisions(decisions: tuple[DecisionMade, ...], file: YamlFile) -> None:
    """The oldest first; what is due says when, and nothing is reported before it was decided."""
    for index, decision in enumerate(decisions):
        here: Location = ("beslut", index)
        place = file.prefix(here)
        if index and decision.day < decisions[index - 1].day:
            file.report((*here, "datum"), f"{place}datum lies before the beslut above", "put the oldest first")
        if decision.due is not None and decision.due.words is None and decision.due.last is None:
            what = f"{place}aterrapportering says no time"
            file.report((*here, "aterrapportering"), what, "add nar or senast, or remove it")
        if decision.reported is not None and decision.reported < decision.day:
            file.report((*here, "aterrapporterad"), f"{place}lies before datum", "correct a day")


def _safety(activities: Activities, file: YamlFile) -> None:
    """An entry is a nyckeltal or a mått, and stands there once."""
    seen: set[str] = set()
    for index, entry in enumerate(activities.safety.entries if activities.safety else ()):
        here: Location = ("trygghetsvy", "poster", index)
        given = [one for one in (entry.kpi, entry.measure) if one is not None]
        if len(given) != 1:
            fix = "write one of nyckeltal and matt"
            file.report(here, f"{file.prefix(here)}names {len(given)} of nyckeltal and matt", fix)
        for one in given:
            if one in seen:
                file.report(here, f"{file.prefix(here)}{one} stands there already", "remove this entry")
            seen.add(one)


def _comments(activities: Activities, file: YamlFile) -> None:
    """A comment is about one thing, says something, and is the only one about it in its uppföljning."""
    first: dict[tuple[str, str], int] = {}
    for index, comment in enumerate(activities.comments):
        here: Location = ("kommentarer", index)
        place = file.prefix(here)
        about = [one for one in (comment.measure, comment.indicator, comment.goal_area) if one is not None]
        if len(about) != 1:
            what = f"{place}names {len(about)} of matt, indikator and malomrade"
            file.report(here, what, "write one of them")
            continue
        if not any((comment.known, comment.believed, comment.done)):
            file.report(here, f"{place}says nothing", "write vet, tror or gor")
        key, line = (about[0], comment.follow_up), file.line(here)
        if key in first:
            what = f"{place}{about[0]} has a comment for {comment.follow_up} here and on line {first[key]}"
            file.report(here, what, "keep one of them")
        first.setdefault(key, line)
