"""What the owners have decided and written, from the published database: quotes, the styrkedja, satsningar, decisions.

Beside `data`, which reads what is measured. Both read one database; `load_content` takes the open connection, so that
the report opens it once. It decides nothing about what is shown or how it is worded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import duckdb

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Quote:
    """The owners' own words. `place`: where in the report they stand."""

    place: str
    text: str
    document: str
    case_number: str | None


@dataclass(frozen=True, slots=True)
class Body:
    """An instans; `part_of` is the id of the link of the styrkedja that it is a part of."""

    id: str
    name: str
    short: str | None
    role: str | None
    in_chain: bool
    part_of: str | None


@dataclass(frozen=True, slots=True)
class SubCounty:
    """A länsdel; `confirmed`: the owners have confirmed which kommuner it has."""

    name: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Goal:
    """A målsättning. None = nobody has said. `indicators`: ids."""

    id: str
    focus_area: str
    number: int
    text: str
    whole_county: bool
    status: str | None
    evidence: str | None
    evidence_link: str | None
    kommuner: int | None
    region: bool | None
    sub_counties: int | None
    reached: str | None
    effect: str | None
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FocusArea:
    """A fokusområde with its målsättningar."""

    id: str
    name: str
    first_year: int
    last_year: int
    decision: str | None
    document: str
    case_number: str | None
    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class GoalLink:
    """A målsättning (its id) that a satsning contributes to, and whether that is decided."""

    goal: str
    decision: str


@dataclass(frozen=True, slots=True)
class Yardstick:
    """An uppföljningsmått: what a satsning is followed with, and the ids of what it steers towards."""

    name: str
    kind: str
    indicator: str | None
    measure: str | None
    kpi: str | None
    lag: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """A turn of PDSA."""

    number: int
    hypothesis: str | None
    planned: str | None
    result: str | None
    act: str | None


@dataclass(frozen=True, slots=True)
class Initiative:
    """A satsning, an uppdrag or an ärende. `criteria`: ja, nej or okänt five times; none where they do not apply."""

    id: str
    name: str
    kind: str
    responsible: str | None
    state: str | None
    status: str | None
    reason: str | None
    merged_into: str | None
    start: date | None
    end: date | None
    criteria: tuple[str, ...]
    document: str
    goals: tuple[GoalLink, ...]
    yardsticks: tuple[Yardstick, ...]
    cycles: tuple[Cycle, ...]

    @property
    def over(self) -> bool:
        """Whether it has ended or gone into another."""
        return self.status in ("avslutad", "sammanslagen")


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision (or a state that was noted), and when it is to be reported back."""

    id: str
    day: date
    kind: str
    body: str | None
    what: str
    section: str | None
    case_number: str | None
    note: str | None
    document: str
    initiative: str | None
    due_words: str | None
    due: date | None
    reported: date | None


@dataclass(frozen=True, slots=True)
class SafetyEntry:
    """A nyckeltal or a mått of the trygghetsvy, by its id, and what it says of trygghet."""

    kpi: str | None
    measure: str | None
    why: str
    decision: str


@dataclass(frozen=True, slots=True)
class Comment:
    """The Länsstyrgrupp's words. `about`: mått, indikator or målområde, and its id."""

    about: tuple[str, str]
    follow_up: str
    known: str | None
    believed: str | None
    done: str | None
    author: str
    day: date


@dataclass(frozen=True, slots=True)
class Question:
    """What only the owners can answer; the answer, by whom and when are None while it is open."""

    text: str
    status: str
    answer: str | None
    by: str | None
    day: date | None


@dataclass(frozen=True, slots=True)
class KpiFacts:
    """What the owners say of how a nyckeltal comes about; `breaks`: year and reason."""

    basis: str | None
    overlapping_years: int | None
    breaks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A målvärde of a nyckeltal, decided or proposed."""

    kpi: str
    decision: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything of aktiviteter.yaml, and what indikatorer.yaml and kommuner.yaml leave to the owners.

    county, region: their names. reached: the year that the målbild aims at. definitions: the document that the
    definitions are taken from. proposed_from: the county whose målbild this is, when it is only proposed here.
    kommuner: how many the county has. owners, measure_questions: by matt_id; indicator_questions: by indikator_id.
    """

    county: str | None
    region: str | None
    reached: int | None
    definitions: str | None
    proposed_from: str | None
    title: str | None
    board: str | None
    limit: int | None
    kommuner: int
    sub_counties: tuple[SubCounty, ...]
    quotes: tuple[Quote, ...]
    bodies: dict[str, Body]
    focus_areas: tuple[FocusArea, ...]
    initiatives: tuple[Initiative, ...]
    decisions: tuple[Decision, ...]
    safety: tuple[SafetyEntry, ...]
    comments: tuple[Comment, ...]
    questions: tuple[Question, ...]
    owners: dict[str, str]
    measure_questions: dict[str, str]
    indicator_questions: dict[str, str]
    kpi_facts: dict[str, KpiFacts]
    targets: tuple[Target, ...]

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The målsättningar of all fokusområden, in order."""
        return tuple(goal for area in self.focus_areas for goal in area.goals)

    def quoted(self, place: str) -> tuple[Quote, ...]:
        """The quotes that stand at a place, in order."""
        return tuple(quote for quote in self.quotes if quote.place == place)

    def decided_on(self, initiative_id: str) -> tuple[Decision, ...]:
        """The decisions about a satsning, the oldest first."""
        return tuple(decision for decision in self.decisions if decision.initiative == initiative_id)


def load_content(connection: duckdb.DuckDBPyConnection) -> Content:
    """Read it from the open published database."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return connection.sql(sql).fetchall()

    def grouped(sql: str, make: Callable[..., _T]) -> dict[str, list[_T]]:
        """First column → what is made of the others."""
        found: dict[str, list[_T]] = {}
        for key, *rest in rows(sql):
            found.setdefault(key, []).append(make(*rest))
        return found

    report = rows("SELECT titel, namnd, grans_satsningar FROM rapport")
    breaks = grouped("SELECT nyckeltal_id, ar, orsak FROM nyckeltal_brott ORDER BY ALL", lambda *row: row)
    title, board, limit = report[0] if report else (None, None, None)
    county = rows("SELECT lan, malbild_ar, definitioner_kalla, forslag_fran FROM lan")
    name, reached, definitions, proposed_from = county[0] if county else (None, None, None, None)
    return Content(
        county=name,
        region=next((row[0] for row in rows("SELECT namn FROM omrade WHERE i_malbild AND typ = 'region'")), None),
        reached=reached,
        definitions=definitions,
        proposed_from=proposed_from,
        title=title,
        board=board,
        limit=limit,
        kommuner=rows("SELECT count(*) FROM omrade WHERE i_malbild AND typ = 'kommun'")[0][0],
        sub_counties=tuple(SubCounty(*row) for row in rows("SELECT namn, bekraftad FROM lansdel ORDER BY ordning")),
        quotes=tuple(
            Quote(*row) for row in rows("SELECT plats, text, kalla, kalla_diarienummer FROM citat ORDER BY ordning")
        ),
        bodies={
            row[0]: Body(*row)
            for row in rows(
                "SELECT instans_id, namn, kort, roll, i_styrkedjan, del_av_id FROM instans ORDER BY ordning"
            )
        },
        focus_areas=_focus_areas(rows, grouped),
        initiatives=_initiatives(rows, grouped),
        decisions=tuple(
            Decision(*row)
            for row in rows(
                "SELECT beslut_id, datum, art, instans_id, vad, paragraf, diarienummer, anmarkning, kalla, "
                "satsning_id, aterrapporteras, aterrapporteras_senast, aterrapporterad FROM beslut ORDER BY ordning"
            )
        ),
        safety=tuple(
            SafetyEntry(*row)
            for row in rows("SELECT nyckeltal_id, matt_id, belyser, beslut FROM trygghetsvy ORDER BY ordning")
        ),
        comments=tuple(
            Comment((kind, object_id), *rest)
            for kind, object_id, *rest in rows(
                "SELECT objekt, objekt_id, uppfoljning_id, vet, tror, gor, forfattare, datum FROM kommentar "
                "ORDER BY datum, uppfoljning_id, objekt, objekt_id"
            )
        ),
        questions=tuple(
            Question(*row) for row in rows("SELECT fraga, status, svar, av, datum FROM fraga ORDER BY ordning")
        ),
        owners=dict(rows("SELECT matt_id, agare FROM matt WHERE agare IS NOT NULL")),
        measure_questions=dict(rows("SELECT matt_id, fraga FROM matt WHERE fraga IS NOT NULL")),
        indicator_questions=dict(rows("SELECT indikator_id, fraga FROM indikator WHERE fraga IS NOT NULL")),
        kpi_facts={
            kpi_id: KpiFacts(basis, years, tuple(breaks.get(kpi_id, ())))
            for kpi_id, basis, years in rows("SELECT nyckeltal_id, underlag, overlappande_ar FROM nyckeltal")
        },
        targets=tuple(Target(*row) for row in rows("SELECT nyckeltal_id, beslut FROM malvarde ORDER BY nyckeltal_id")),
    )


_Rows = Callable[[str], list[tuple[Any, ...]]]
_Grouped = Callable[[str, Callable[..., Any]], dict[str, list[Any]]]


def _focus_areas(rows: _Rows, grouped: _Grouped) -> tuple[FocusArea, ...]:
    indicators = grouped("SELECT malsattning_id, indikator_id FROM malsattning_indikator ORDER BY ALL", str)
    goals: dict[str, list[Goal]] = {}
    for row in rows(
        "SELECT malsattning_id, fokusomrade_id, nummer, text, hela_lanet, status, belagg, belagg_adress, "
        "kommuner_nadda, region_nadd, lansdelar_nadda, nadda, effekt_tidigast FROM malsattning "
        "ORDER BY fokusomrade_id, nummer"
    ):
        goals.setdefault(row[1], []).append(Goal(*(*row, tuple(indicators.get(row[0], ())))))
    return tuple(
        FocusArea(*(*row, tuple(goals.get(row[0], ()))))
        for row in rows(
            "SELECT fokusomrade_id, namn, fran_ar, till_ar, beslut_id, kalla, kalla_diarienummer FROM fokusomrade "
            "ORDER BY ordning"
        )
    )


def _initiatives(rows: _Rows, grouped: _Grouped) -> tuple[Initiative, ...]:
    links = grouped("SELECT satsning_id, malsattning_id, beslut FROM satsning_malsattning ORDER BY ALL", GoalLink)
    yardsticks = grouped(
        "SELECT satsning_id, namn, typ, indikator_id, matt_id, nyckeltal_id, vantan, kalla FROM uppfoljningsmatt "
        "ORDER BY satsning_id, ordning",
        Yardstick,
    )
    cycles = grouped(
        "SELECT satsning_id, cykel, hypotes, planerad_matning, resultat, agera FROM pdsa ORDER BY satsning_id, cykel",
        Cycle,
    )
    found = []
    for *row, document, mandate, resources, funding, plan, trial in rows(
        "SELECT satsning_id, namn, slag, ansvarig_id, lage, status, skal, sammanslagen_med_id, start, slut, kalla, "
        "krit_uppdrag, krit_resurser, krit_finansiering, krit_plan, krit_test FROM satsning ORDER BY ordning"
    ):
        criteria = () if mandate is None else (mandate, resources, funding, plan, trial)
        parts = [tuple(some.get(row[0], ())) for some in (links, yardsticks, cycles)]
        found.append(Initiative(*(*row, criteria, document, *parts)))
    return tuple(found)
