"""What must hold in and between the entries of aktiviteter.yaml, once the file is sound in itself.

That ids are unique and defined is `references`.
"""

from __future__ import annotations

from pipelines.catalog.activities import Activities, DecisionMade, Initiative
from pipelines.yamlfile import Location, YamlFile


def check(activities: Activities, file: YamlFile) -> None:
    """Report every breach of a rule on its line."""
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


def _initiative(here: Location, initiative: Initiative, file: YamlFile) -> None:
    """A satsning has its criteria; what is over says why; cycles count on; each målsättning and expectation once."""
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
    if initiative.start and initiative.end and initiative.end < initiative.start:
        file.report((*here, "slut"), f"{place}slut {initiative.end} lies before start", "correct a day")
    for number, cycle in enumerate(initiative.cycles):
        if cycle.number != number + 1:
            what = f"{place}pdsa cykel {cycle.number} stands where {number + 1} is expected"
            file.report((*here, "pdsa", number), what, "number the cycles from 1, the first one first")
        if cycle.measure and cycle.measure not in {measure.id for measure in initiative.follow_up_measures}:
            what = f"{place}pdsa cykel {cycle.number} names {cycle.measure}, which is none of its uppfoljningsmatt"
            file.report(
                (*here, "pdsa", number, "uppfoljningsmatt"),
                what,
                "name one that stands under uppfoljningsmatt of this satsning",
            )
        if cycle.said and not cycle.looked:
            what = f"{place}pdsa cykel {cycle.number} has siffror but no day when they were read"
            file.report((*here, "pdsa", number, "siffror"), what, "add titt_gjord: and the day")
    expected: set[str] = set()
    for number, expectation in enumerate(initiative.expectations):
        there: Location = (*here, "forvantan", number)
        if expectation.kpi in expected:
            what = f"{place}forvantan names nyckeltal {expectation.kpi} twice"
            file.report(there, what, "keep one of them, with the start of every huvudman")
        expected.add(expectation.kpi)
        principals = [start.principal for start in expectation.starts]
        for principal in sorted({p for p in principals if principals.count(p) > 1}):
            what = f"{place}forvantan of {expectation.kpi} names huvudman {principal} twice"
            file.report((*there, "start"), what, "keep one start")
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
    """An entry is a nyckeltal or a mått, and occurs only once."""
    seen: set[str] = set()
    for index, entry in enumerate(activities.safety.entries if activities.safety else ()):
        here: Location = ("trygghetsvy", "poster", index)
        given = [reference for reference in (entry.kpi, entry.measure) if reference is not None]
        if len(given) != 1:
            fix = "write one of nyckeltal and matt"
            file.report(here, f"{file.prefix(here)}names {len(given)} of nyckeltal and matt", fix)
        for item_id in given:
            if item_id in seen:
                file.report(here, f"{file.prefix(here)}{item_id} stands there already", "remove this entry")
            seen.add(item_id)


def _comments(activities: Activities, file: YamlFile) -> None:
    """A comment is about one thing, says something, and is the only one about it in its uppföljning."""
    first: dict[tuple[str, str], int] = {}
    for index, comment in enumerate(activities.comments):
        here: Location = ("kommentarer", index)
        place = file.prefix(here)
        about = (comment.measure, comment.indicator, comment.goal_area, comment.principal)
        subjects = [subject for subject in about if subject is not None]
        if len(subjects) != 1:
            what = f"{place}names {len(subjects)} of matt, indikator, malomrade and huvudman"
            file.report(here, what, "write one of them")
            continue
        if not any((comment.known, comment.believed, comment.done)):
            file.report(here, f"{place}says nothing", "write vet, tror or gor")
        key, line = (subjects[0], comment.follow_up), file.line(here)
        if key in first:
            what = f"{place}{subjects[0]} has a comment for {comment.follow_up} here and on line {first[key]}"
            file.report(here, what, "keep one of them")
        first.setdefault(key, line)
