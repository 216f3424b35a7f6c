"""What a form holds: which rows every respondent gets, what each row shows, and what is filled in already. Pure.

What is filled in is what the respondent has answered before; what the YAML files decide is shown and cannot be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.analysis.pace import count_keeping, demanded
from pipelines.answers.facts import Facts
from pipelines.answers.questions import (
    CYCLE,
    GOAL,
    HEAD,
    INITIATIVE,
    MEASURE,
    PRINCIPAL,
    ROLE,
    STATEMENT,
    Place,
    Respondent,
    Sheet,
    asked_cycle,
    cycle_id,
    decided,
    respondents,
    sheets,
)
from pipelines.catalog.follow_ups import FollowUp
from pipelines.catalog.model import Catalog
from pipelines.rows import Record

# With the row of the whole, ten rows: ten minutes.
NOTABLE_AT_MOST = 9
_FINDINGS_AT_MOST = 3
# Statuses of a satsning that no cycle follows.
OVER = ("avslutad", "sammanslagen")
# Roles of nyckeltal that are not the mått itself.
_ONLY_LIGHT = ("närliggande", "indirekt")

Shown = str | float | int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of questions. shown: one for each info heading. series: (year, value) for the small picture."""

    object: tuple[str, str]
    name: str
    shown: tuple[Shown, ...]
    answers: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[str, str] = field(default_factory=dict)
    series: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class FormSheet:
    sheet: Sheet
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A workbook for a respondent. known: the time of the answers that it is filled with (UTC). values: a row for every
    mått of a huvudman, for the sheet without questions.
    """

    issue: FollowUp
    respondent: Respondent
    known: datetime
    synthetic: bool
    sheets: tuple[FormSheet, ...]
    values: tuple[Row, ...] = ()


# What is shown in the rows of `Form.values`.
VALUE_HEADINGS = ("Nyckeltal", "Enhet", "Värde", "År", "Riket", "Liknande", "Mot riket", "Över tid")


def forms(catalog: Catalog, facts: Facts, issue: FollowUp) -> list[Form]:
    """The form of everybody who is asked inside an issue."""
    return [form(catalog, facts, issue, respondent) for respondent in respondents(catalog).values()]


def form(catalog: Catalog, facts: Facts, issue: FollowUp, respondent: Respondent) -> Form:
    """The form of a respondent inside an issue; a sheet without rows is left out."""
    maker = _Maker(catalog, facts, respondent)
    rows: dict[str, Iterable[Row]] = {"start": maker.head()}
    if respondent.kind == "huvudman":
        rows |= {"matt": maker.notable(), "sjalvskattning": maker.statements(), "malvarden": maker.targets()}
    else:
        rows |= {
            "lansmatt": maker.county_measures(),
            "satsningar": maker.initiatives(),
            "pdsa": maker.cycles(),
            "malsattningar": maker.goals(),
        }
    if respondent.kind == "styrgrupp":
        rows["malvarden"] = maker.targets()
    declared = sheets(catalog)
    parts = (FormSheet(declared[name], tuple(sheet_rows)) for name, sheet_rows in rows.items())
    return Form(
        issue,
        respondent,
        facts.known,
        facts.synthetic,
        tuple(part for part in parts if part.rows),
        tuple(maker.values()) if respondent.kind == "huvudman" else (),
    )


class _Maker:
    """The rows of one respondent."""

    def __init__(self, catalog: Catalog, facts: Facts, respondent: Respondent) -> None:
        self.catalog, self.facts, self.respondent = catalog, facts, respondent
        self.decided = decided(catalog)
        self.declared = sheets(catalog)
        organisation = next((o for o in catalog.activities.organisations if o.id == respondent.id), None)
        self.prepares = organisation.prepares if organisation else None

    def head(self) -> Iterator[Row]:
        """The function that answered last is filled in; the day is new every time."""
        own_answers = [row for (respondent, _), row in self.facts.answers.items() if respondent == self.respondent.id]
        last = max(own_answers, key=lambda row: row.observerad, default=None)
        for key, words in HEAD.items():
            yield Row(("svarande", key), words, (), {"svar": last.roll} if last and key == ROLE else {})

    def notable(self) -> Iterator[Row]:
        """The whole first, then the mått with a finding about this huvudman, the most important first, and those that
        it has answered about before."""
        me = self.respondent
        yield self._row(
            "matt", PRINCIPAL, me.id, f"{me.name} som helhet", ("Det ni vill säga om helheten",) + (None,) * 5
        )
        sentences: dict[str, list[str]] = {}
        for finding in self.facts.findings:
            if finding.omrade_id == me.id:
                sentences.setdefault(finding.matt_id, []).append(finding.mening)
        wanted = [*list(sentences)[:NOTABLE_AT_MOST], *self._answered(MEASURE, "matt")]
        measures = {measure.id: measure for measure in self.catalog.measures}
        for measure_id in dict.fromkeys(wanted):
            if measure_id in measures:
                value = self._own_value(measure_id, me.id)
                shown = " ".join(dict.fromkeys(sentences.get(measure_id, ())[:_FINDINGS_AT_MOST])) or None
                figures = (value.varde, value.ar, value.riket, value.liknande) if value else (None,) * 4
                yield self._row("matt", MEASURE, measure_id, measures[measure_id].name, (shown, *figures, None))

    def county_measures(self) -> Iterator[Row]:
        for measure in self.catalog.measures:
            if self._concerns(measure.id, self.prepares.measures if self.prepares else ()):
                sentences = [f.mening for f in self.facts.findings if f.matt_id == measure.id]
                shown = " ".join(dict.fromkeys(sentences[:_FINDINGS_AT_MOST])) or None
                yield self._row("lansmatt", MEASURE, measure.id, measure.name, (shown,))

    def initiatives(self) -> Iterator[Row]:
        tagged = set(self.prepares.initiatives if self.prepares else ())
        for initiative in self.catalog.activities.initiatives:
            if self._concerns(initiative.id, tagged) or initiative.responsible == self.respondent.id:
                yield self._row(
                    "satsningar", INITIATIVE, initiative.id, initiative.name, (initiative.kind, initiative.state)
                )

    def cycles(self) -> Iterator[Row]:
        """The cycle that is under way of every satsning that is asked about and is not over."""
        asked = {row.object[1] for row in self.initiatives()}
        for initiative in self.catalog.activities.initiatives:
            if initiative.id in asked and initiative.kind == "satsning" and initiative.status not in OVER:
                followed = {measure.measure for measure in initiative.follow_up_measures}
                noted = dict.fromkeys(f.mening for f in self.facts.findings if f.matt_id in followed)
                number = asked_cycle(initiative)
                own_words = next((cycle.said for cycle in initiative.cycles if cycle.number == number), None)
                shown = (
                    "; ".join(measure.name for measure in initiative.follow_up_measures) or "uppföljningsmått saknas",
                    own_words or self.facts.looks.get(cycle_id(initiative, number)),
                    " ".join(list(noted)[:_FINDINGS_AT_MOST]) or None,
                )
                name = f"{initiative.name}, cykel {number}"
                yield self._row("pdsa", CYCLE, cycle_id(initiative, number), name, shown)

    def goals(self) -> Iterator[Row]:
        asked = {row.object[1] for row in self.initiatives()}
        linked = {
            link.id for initiative in self.catalog.activities.initiatives if initiative.id in asked
            for link in initiative.goals
        }  # fmt: skip
        for area in self.catalog.activities.focus_areas:
            for goal in area.goals:
                if self._concerns(goal.id, linked):
                    yield self._row("malsattningar", GOAL, goal.id, goal.text, (area.name,))

    def statements(self) -> Iterator[Row]:
        asked = self.catalog.activities.self_assessment
        for statement in asked.statements if asked else ():
            yield self._row("sjalvskattning", STATEMENT, statement.id, statement.text, (statement.rests_on,))

    def targets(self) -> Iterator[Row]:
        """Of a huvudman its own values; of the steering group the region's, which are the county's."""
        goal_year, region = self.catalog.reached, self.catalog.geography.region.id
        area_id = self.respondent.id if self.respondent.kind == "huvudman" else region
        for measure in self.catalog.measures:
            value = self._own_value(measure.id, area_id)
            if goal_year is not None and value is not None:
                shown = (value.enhet, value.varde, value.ar, *self._aims(value, goal_year))
                yield self._row("malvarden", MEASURE, measure.id, measure.name, shown)

    def values(self) -> Iterator[Row]:
        kind = "region" if self.respondent.id == self.catalog.geography.region.id else "kommun"
        for measure in self.catalog.measures:
            value = self.facts.values.get((measure.id, self.respondent.id))
            if value is not None:
                figures = (value.varde, value.ar, value.riket, value.liknande)
                shown: tuple[Shown, ...] = (value.titel, value.enhet, *figures, value.mot_riket, value.trend)
            elif measure.principal in ("båda", kind):
                shown = ("värde saknas", *(None,) * 7)
            else:
                continue
            series = self.facts.series.get((measure.id, self.respondent.id), ())
            yield Row((MEASURE, measure.id), measure.name, shown, series=series)

    def _own_value(self, measure_id: str, area_id: str) -> Record | None:
        """The value of what measures the mått; none where something else only sheds light on it: then it has none."""
        value = self.facts.values.get((measure_id, area_id))
        return None if value is None or value.roll in _ONLY_LIGHT else value

    def _aims(self, value: Record, goal_year: int) -> Iterator[Shown]:
        """Level, pace and how many have kept it, of each aim."""
        own = None
        if value.lutning_per_ar is not None:
            own = value.varde + value.lutning_per_ar * (goal_year - value.ar)
            own = min(own, 100.0) if value.enhet == "%" else own
            own = max(own, 0.0) if value.varde >= 0 else own
        for level in (value.basta_kvartil, value.liknande, value.riket, own):
            if level is None:
                yield from (None, None, "uppgift saknas")
                continue
            pace = demanded(value.varde, value.ar, level, goal_year, value.riktning)
            if pace is None:
                yield from (level, None, "redan nått")
                continue
            number, of = count_keeping(self.facts.paces, value.nyckeltal_id, value.typ, pace)
            yield from (level, pace, f"{number} av {of}" if of else "serien är kortare än tio år")

    def _concerns(self, object_id: str, tagged: Iterable[str]) -> bool:
        """The steering group is asked about everything, a beredningsgrupp about what it prepares."""
        return self.respondent.kind == "styrgrupp" or object_id in tagged

    def _answered(self, kind: str, sheet_id: str) -> list[str]:
        keys = {box.key for box in self.declared[sheet_id].boxes}
        return [
            object_id
            for respondent, (object_kind, object_id, key) in self.facts.answers
            if respondent == self.respondent.id and object_kind == kind and key in keys
        ]

    def _row(self, sheet_id: str, kind: str, object_id: str, name: str, shown: tuple[Shown, ...]) -> Row:
        keys = [box.key for box in self.declared[sheet_id].boxes]
        places: dict[str, Place] = {key: (kind, object_id, key) for key in keys}
        fixed = {key: self.decided[place] for key, place in places.items() if place in self.decided}
        given = {
            key: row.svar
            for key, place in places.items()
            if key not in fixed and (row := self.facts.answers.get((self.respondent.id, place)))
        }
        return Row((kind, object_id), name, shown, given, fixed)


def unanswered(form: Form) -> dict[str, int]:
    """Title of each sheet → how many of its rows have no answer at all; rows in which all is decided are answered, and
    nobody has to propose a målvärde.
    """
    open_rows: dict[str, int] = {}
    for part in form.sheets:
        if part.sheet.id not in ("start", "malvarden"):
            keys = {box.key for box in part.sheet.boxes}
            open_rows[part.sheet.title] = sum(not row.answers and row.decided.keys() < keys for row in part.rows)
    return open_rows
