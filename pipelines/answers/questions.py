"""Who is asked, and what: the sheets of a workbook with their boxes, and what is decided already.

Forms are made of this and returned workbooks are read by it, so that a box is declared once. How a sheet looks is
`workbook`, which rows somebody gets is `forms`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from pipelines.catalog.activities import Act, GoalStatus, Initiative, InitiativeStatus
from pipelines.catalog.model import Catalog

PRINCIPAL, MEASURE, INITIATIVE, CYCLE = "huvudman", "mått", "satsning", "cykel"
GOAL, STATEMENT = "målsättning", "påstående"
UNKNOWN_STEP: Final = "vet inte"
# The criteria are asked of satsningar that must meet them.
NOT_APPLICABLE: Final = "gäller inte"
# What a report page has room for, and what people read.
LONGEST_TEXT = 2_000
# Of the head of a workbook, in column falt of nothing: they go with every answer.
ROLE, DAY = "roll", "datum"

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

BoxKind = Literal["text", "choice", "day", "number", "year"]
Place = tuple[str, str, str]
"""An answer's place among all: kind of object, its id, and the box."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box to fill in. key: column `falt` of table `svar`. choices: the words that may be chosen → what is stored."""

    key: str
    heading: str
    kind: BoxKind = "text"
    choices: Mapping[str, str] | None = None
    width: int = 34


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with questions: a row for each object, `info` being the headings (and widths) of what is shown of it."""

    id: str
    title: str
    lead: str
    object_heading: str
    info: tuple[tuple[str, int], ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Respondent:
    """Who is asked. kind: a huvudman, the steering group, or a beredningsgrupp (`body` in uppfoljningar.yaml)."""

    id: str
    name: str
    kind: Literal["huvudman", "styrgrupp", "beredningsgrupp"]


CRITERIA = {
    "krit_uppdrag": "Tydligt uppdrag och beslut?",
    "krit_resurser": "Avsatta resurser?",
    "krit_finansiering": "Finansiering definierad?",
    "krit_plan": "Plan för uppföljning?",
    "krit_test": "Test inför breddinförande?",
}
CYCLE_BOXES = ("hypotes", "planerad_matning", "planerad_titt", "resultat", "agera")
_COMMENT = (Box("vet", "Vad vet vi?"), Box("tror", "Vad tror vi?"), Box("gor", "Vad gör vi?"))
_SAME = {word: word for word in ("ja", "nej", "okänt")}

START = Sheet(
    "start",
    "Börja här",
    "",
    "Fråga",
    (),
    (Box("svar", "Ditt svar", width=50),),
)
# The rows of START: what goes with every answer of the workbook.
HEAD = {ROLE: "Din funktion (inte ditt namn)", DAY: "Dag för svaren (år-månad-dag)"}


def respondents(catalog: Catalog) -> dict[str, Respondent]:
    """Everybody who is asked, by id: the kommuner, the region, the beredningsgrupper, the steering group."""
    everybody = [Respondent(kommun.id, kommun.name, "huvudman") for kommun in catalog.geography.kommuner]
    everybody.append(Respondent(catalog.geography.region.id, catalog.geography.region.name, "huvudman"))
    for organisation in catalog.activities.asked:
        everybody.append(
            Respondent(organisation.id, organisation.name, "styrgrupp" if organisation.in_chain else "beredningsgrupp")
        )
    return {respondent.id: respondent for respondent in everybody}


def sheets(catalog: Catalog) -> dict[str, Sheet]:
    """Every sheet with questions, by its id."""
    steps = catalog.activities.self_assessment.steps if catalog.activities.self_assessment else ()
    chosen_step = {text: str(n) for n, text in enumerate(steps, start=1)} | {UNKNOWN_STEP: UNKNOWN_STEP}
    organisations = {o.short or o.name: o.id for o in catalog.activities.organisations}
    finding = (("Det som märks", 44), ("Värde", 9), ("År", 7), ("Riket", 9), ("Liknande", 9), ("Utveckling", 16))
    level = (("nivå", 10), ("takt per år", 10), ("så många har hållit takten i tio år", 17))
    aims = ("Bästa fjärdedelen", "Liknande", "Riket", "Egen utveckling hittills")
    return {
        sheet.id: sheet
        for sheet in (
            START,
            Sheet(
                "matt",
                "Måtten",
                "Skriv vad ni vet, tror och gör om det som märks hos er. Det syns i rapporten med er organisation och "
                "er funktion. Tomma rutor går bra.",
                "Mått",
                finding,
                _COMMENT,
            ),
            Sheet(
                "lansmatt",
                "Måtten",
                "Skriv vad ni vet, tror och gör om länets läge, och föreslå vem som ska äga måttet (funktion eller "
                "grupp). Tomma rutor går bra.",
                "Mått",
                (("Det som märks", 60),),
                (*_COMMENT, Box("agare", "Vem ska äga måttet?", width=24)),
            ),
            Sheet(
                "satsningar",
                "Satsningar",
                "Grå rutor är beslutade i aktiviteter.yaml och ändras inte här.",
                "Satsning",
                (("Slag", 10), ("Läget enligt dokumenten", 44)),
                (
                    Box("status", "Status", "choice", {word: word for word in get_args(InitiativeStatus)}, 14),
                    *(Box(key, heading, "choice", _SAME, 14) for key, heading in CRITERIA.items()),
                    Box("ansvarig", "Ansvarig nivå", "choice", organisations, 20),
                    Box("start", "Började (dag)", "day", None, 13),
                    Box("uppfoljningsmatt", "Uppföljningsmått: vad följs den med?"),
                    Box("beslut", "Beslut som behövs"),
                ),
            ),
            Sheet(
                "pdsa",
                "PDSA",
                "En rad per satsning: den pågående cykeln, eller nästa. Planera innan ni gör. Den dag ni har bestämt "
                "skriver malbild ner siffrorna; skriv själva in dem i slutsatsen där malbild inte har dem. Grå rutor "
                "är beslutade i aktiviteter.yaml och ändras inte här.",
                "Satsning och cykel",
                (("Följs med", 30), ("Siffrorna som de var den dagen", 50), ("Det som märks i siffrorna nu", 44)),
                (
                    Box("hypotes", "Planera: vad väntas hända?"),
                    Box("planerad_matning", "Planera: hur ska det mätas?"),
                    Box("planerad_titt", "Planera: dag då siffrorna läses", "day", None, 13),
                    Box("resultat", "Studera: er slutsats"),
                    Box("agera", "Agera", "choice", {word: word for word in get_args(Act)}, 13),
                ),
            ),
            Sheet(
                "malsattningar",
                "Målsättningar",
                "Ange läget och vad det bygger på. Grå rutor är beslutade i aktiviteter.yaml och ändras inte här.",
                "Målsättning",
                (("Fokusområde", 24),),
                (
                    Box("status", "Läge", "choice", {word: word for word in get_args(GoalStatus)}, 18),
                    Box("belagg", "Vad läget bygger på"),
                    Box("nadda", "Vilka som är nådda"),
                ),
            ),
            Sheet(
                "sjalvskattning",
                "Självskattning",
                "Välj det steg som stämmer bäst för er organisation i dag, eller vet inte. Svaren visas som en "
                "fördelning, aldrig som ett medelvärde och aldrig som en rangordning.",
                "Påstående",
                (("Bygger på", 40),),
                (Box("steg", "Ert steg", "choice", chosen_step, 24), Box("belagg", "Vad svaret bygger på")),
            ),
            Sheet(
                "malvarden",
                "Målvärden",
                "Vad fyra tänkbara mål betyder. Egen bearbetning. Ett förslag räknas först när ägarna har beslutat om "
                "det.",
                "Mått",
                (
                    ("Enhet", 14),
                    ("Nu", 9),
                    ("År", 7),
                    *((f"{aim}: {words}", width) for aim in aims for words, width in level),
                ),
                (
                    Box("malvarde", "Föreslaget målvärde", "number", None, 12),
                    Box("mal_ar", "Målår", "year", None, 8),
                    Box("malvarde_skal", "Varför?"),
                ),
            ),
        )
    }


def objects(catalog: Catalog) -> dict[str, dict[str, str]]:
    """Kind of object → id → name, of all that can be asked about."""
    activities, asked = catalog.activities, catalog.activities.self_assessment
    return {
        PRINCIPAL: {r.id: r.name for r in respondents(catalog).values() if r.kind == "huvudman"},
        MEASURE: {measure.id: measure.name for measure in catalog.measures},
        INITIATIVE: {initiative.id: initiative.name for initiative in activities.initiatives},
        CYCLE: {
            cycle_id(initiative, number): f"{initiative.name}, cykel {number}"
            for initiative in activities.initiatives
            for number in range(1, len(initiative.cycles) + 2)
        },
        GOAL: {goal.id: goal.text for area in activities.focus_areas for goal in area.goals},
        STATEMENT: {statement.id: statement.text for statement in asked.statements} if asked else {},
    }


def cycle_id(initiative: Initiative, number: int) -> str:
    """A cycle among all: 'hemgang.2'."""
    return f"{initiative.id}.{number}"


def asked_cycle(initiative: Initiative) -> int:
    """The number of the cycle that is under way: the first that nobody has acted on, else the next."""
    return next((cycle.number for cycle in initiative.cycles if cycle.act is None), len(initiative.cycles) + 1)


def decided(catalog: Catalog) -> dict[Place, str]:
    """What the YAML files decide already, as the answer that the box would hold."""
    answers: dict[Place, object] = {(MEASURE, measure.id, "agare"): measure.owner for measure in catalog.measures}
    for initiative in catalog.activities.initiatives:
        criteria = initiative.criteria.model_dump(by_alias=True) if initiative.criteria else {}
        boxes: dict[str, object] = {
            f"krit_{key}": None if met == "okänt" else met for key, met in criteria.items()
        } or dict.fromkeys(CRITERIA, NOT_APPLICABLE)
        boxes |= {
            "status": initiative.status,
            "ansvarig": initiative.responsible,
            "start": initiative.start and initiative.start.isoformat(),
            "uppfoljningsmatt": "; ".join(measure.name for measure in initiative.follow_up_measures) or None,
        }
        answers |= {(INITIATIVE, initiative.id, key): answer for key, answer in boxes.items()}
        for cycle in initiative.cycles:
            written = cycle.model_dump(by_alias=True, mode="json")
            answers |= {(CYCLE, cycle_id(initiative, cycle.number), key): written[key] for key in CYCLE_BOXES}
    for area in catalog.activities.focus_areas:
        for goal in area.goals:
            answers |= {(GOAL, goal.id, "status"): goal.status, (GOAL, goal.id, "belagg"): goal.evidence}
    for measure in catalog.measures:
        targets = [kpi.target for use in measure.kpis if (kpi := catalog.kpis.get(use.kpi_id)) and kpi.target]
        for target in targets[:1]:
            if target.decision == "beslutad":
                answers |= {
                    (MEASURE, measure.id, "malvarde"): f"{target.value:g}",
                    (MEASURE, measure.id, "mal_ar"): str(target.year),
                }
    return {place: str(answer) for place, answer in answers.items() if answer is not None}


def clean(text: str) -> str:
    """A text as it is stored: without signs that no page can show, lines ended alike."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def shown_choice(box: Box, answer: str) -> str:
    """The word of a stored choice; any other answer is shown as it is."""
    return next((word for word, stored in (box.choices or {}).items() if stored == answer), answer)
