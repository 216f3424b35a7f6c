"""Gemensamma satsningar: how many there are, each with its criteria and its chain, and the log of decisions.

Whether a report back is overdue depends on the day of the data, never on the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dashboards import formatting
from dashboards.kpi.words import DECIDED
from dashboards.pages import answered, effects, links, organisation
from dashboards.pages.chain import NO_FOLLOW_UP_MEASURE, NOT_STATED, indicators_of, organisation_name
from dashboards.pages.counts import CountList, CountRow
from dashboards.pages.tables import Field, Row, Table
from dashboards.reading.content import Content, Records, is_over
from dashboards.reading.published import Published
from pipelines.rows import Record

# As the projektrapport of Sörmland words them, in its order, by their columns.
CRITERIA = {
    "krit_uppdrag": "Ett tydligt uppdrag och beslut från {steering}",
    "krit_resurser": "Avsatta resurser t.ex. ansvarig för uppdraget",
    "krit_finansiering": "Ekonomi/finansiering är definierad",
    "krit_plan": "Plan för uppföljning",
    "krit_test": "Ett test inför breddinförande",
}
_UNKNOWN = "okänt"
_KINDS = {
    "satsning": ("Gemensamma satsningar", "gemensamma satsningar"),
    "uppdrag": ("Uppdrag", "uppdrag"),
    "ärende": ("Ärenden", "ärenden"),
}
OVERDUE, COMING, NO_DAY, REPORTED = "försenad", "kommer", "ingen sista dag angiven", "återrapporterad"


@dataclass(frozen=True, slots=True)
class Criterion:
    """met: ja, nej or okänt; the template draws a shape for each beside the word. note: whose answer it is, when it is
    not decided."""

    text: str
    met: str
    note: str


@dataclass(frozen=True, slots=True)
class Link:
    """A place of the chain line; missing: nothing stands there."""

    name: str
    text: str
    missing: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A satsning. facts: label and text. chains: one line of links for each uppföljningsmått, or one that says what is
    missing. link: its own page, with its figures and its PDSA. due: sentences, each with whether it is overdue.
    """

    anchor: str
    name: str
    state: str | None
    facts: tuple[tuple[str, str], ...]
    criteria: tuple[Criterion, ...]
    answered: str
    chains: tuple[tuple[Link, ...], ...]
    link: str
    due: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The cards of one kind, those that are over last."""

    heading: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Initiatives:
    """counts: the portfolio as number, of how many, and what. limit: what is said of it. listed: every count. no_proof:
    what an effect on the cards is not; empty without any.
    """

    about: Records
    follow_up_measures: Records
    pdsa: Records
    counts: tuple[tuple[str, str], ...]
    limit: str
    listed: tuple[CountRow, ...]
    groups: tuple[Group, ...]
    overdue: str
    log: Table | None
    no_proof: str


def initiatives(published: Published, content: Content) -> Initiatives:
    """The section's contents."""
    counts = CountList("Satsningar")
    today = published.run.day
    groups = []
    for kind, (heading, _) in _KINDS.items():
        of_kind = sorted(content.where("satsning", slag=kind), key=is_over)
        if of_kind:
            groups.append(Group(heading, tuple(_card(row, published, content, today, counts) for row in of_kind)))
    states = [report_state(decision, today) for decision in content["beslut"]]
    late = states.count(OVERDUE)
    awaited = len(states) - states.count(None)
    reports = counts.of("återrapporteringar", "försenade", late, awaited)
    portfolio, limit = _counts(content, counts), _limit(content, counts)
    return Initiatives(
        about=content.quoted("aktiviteter"),
        follow_up_measures=content.quoted("uppföljningsmått"),
        pdsa=content.quoted("pdsa"),
        counts=tuple(portfolio),
        limit=limit,
        listed=tuple(counts.rows),
        groups=tuple(groups),
        overdue=f"{reports} återrapporteringar är försenade: sista dagen har passerat "
        f"{formatting.day(today)}, som uppgifterna gäller, och ingen återrapportering är antecknad."
        if late
        else f"Ingen återrapportering är försenad {formatting.day(today)}, som uppgifterna gäller ({reports}).",
        log=_log(content, today),
        no_proof=effects.NO_PROOF if content["effekt"] else "",
    )


def report_state(decision: Record, today: date) -> str | None:
    """How it is with reporting back, as of `today`; None: nothing is to be reported."""
    last_day = decision.aterrapporteras_senast
    if last_day is None and decision.aterrapporteras is None:
        return None
    if decision.aterrapporterad is not None and decision.aterrapporterad <= today:
        return REPORTED
    if last_day is None:
        return NO_DAY
    return OVERDUE if last_day < today else COMING


def _counts(content: Content, counts: CountList) -> list[tuple[str, str]]:
    """(number of how many, what) of the portfolio."""
    portfolio = []
    for kind, (_, plural) in _KINDS.items():
        portfolio.append((counts.number("antal", plural, len(content.where("satsning", slag=kind))), plural))
    initiatives = content["satsning"]
    for n, what in (
        (len(content.where("satsning", genomforande="pågår")), "anges som pågående"),
        (sum(map(is_over, initiatives)), "är avslutade eller sammanslagna"),
        (len(content.where("satsning", genomforande=None)), "saknar angiven status"),
        (sum(bool(content.belonging("uppfoljningsmatt", row)) for row in initiatives), "har uppföljningsmått"),
    ):
        portfolio.append((counts.of("läge", what, n, len(initiatives)), what))
    asked = [met for row in content.where("satsning", slag="satsning") for met in criteria(row, content)]
    known = sum(criterion.met != _UNKNOWN for criterion in asked)
    portfolio.append(
        (counts.of("kriterier", "besvarade", known, len(asked)), "kriterier för satsningarna är besvarade")
    )
    return portfolio


def criteria(initiative: Record, content: Content) -> tuple[Criterion, ...]:
    """The five criteria: as decided, or else as those who have answered agree; none where they do not apply."""
    if initiative.krit_uppdrag is None:
        return ()
    rows = []
    for column, text in CRITERIA.items():
        decided = getattr(initiative, column)
        answers = answered.answers_to(content, answered.INITIATIVE, initiative.satsning_id, column)
        undecided = decided == _UNKNOWN
        met = (answered.agreed(answers) or _UNKNOWN) if undecided else decided
        words = text.format(steering=organisation.steering(content))
        rows.append(Criterion(words, met, answered.note(answers) if undecided else ""))
    return tuple(rows)


def _limit(content: Content, counts: CountList) -> str:
    report = content.only("rapport")
    limit = report.grans_satsningar if report else None
    if limit is None:
        steering = formatting.capital(organisation.steering(content))
        return f"{steering} har inte satt någon gräns för antalet; gräns: ej beslutad."
    running = sum(row.slag != "ärende" and not is_over(row) for row in content["satsning"])
    over = running > limit
    return (
        f"{counts.number('gräns', 'inte avslutade', running)} satsningar och uppdrag är inte avslutade; gränsen är "
        f"{counts.number('gräns', 'beslutad gräns', limit)}. "
        f"Antalet är {'över' if over else 'inom'} gränsen."
    )


def _card(row: Record, published: Published, content: Content, today: date, counts: CountList) -> Card:
    """`row`: a satsning."""
    goals = content.texts("malsattning", "text")
    goal_links = content.belonging("satsning_malsattning", row)

    def answer(key: str, shown: Callable[[str], str] = str) -> str | None:
        return answered.in_words(answered.answers_to(content, answered.INITIATIVE, row.satsning_id, key), shown)

    def name_of(organisation_id: str) -> str:
        known = content.where("instans", instans_id=organisation_id)
        return str(known[0].kort or known[0].namn) if known else organisation_id

    responsible = organisation_name(content, row.ansvarig_id) if row.ansvarig_id else answer("ansvarig", name_of)
    facts = [
        ("Status", row.genomforande or answer("status") or NOT_STATED),
        ("Ansvarig nivå", responsible or NOT_STATED),
    ]
    if row.sammanslagen_med_id:
        facts.append(("Har gått upp i", content.texts("satsning", "namn")[row.sammanslagen_med_id]))
    if row.skal:
        facts.append(("Varför", row.skal))
    if row.start or row.slut:
        days = " till ".join(formatting.day(day) if day else NOT_STATED for day in (row.start, row.slut))
        facts.append(("Tid", days))
    elif started := answer("start", lambda text: formatting.day(date.fromisoformat(text))):
        facts.append(("Började", started))
    for label, decided in (("Bidrar till", True), ("Bidrar till (förslag)", False)):
        if texts := [goals[link.malsattning_id] for link in goal_links if (link.beslut == DECIDED) is decided]:
            facts.append((label, " ".join(texts)))
    if not goal_links:
        facts.append(("Bidrar till", "ingen målsättning angiven"))
    for label, key in (("Följs med, enligt svar", "uppfoljningsmatt"), ("Beslut som behövs, enligt svar", "beslut")):
        if text := answer(key):
            facts.append((label, text))
    facts += effects.effect_facts(row, published, content)
    facts.append(("Källa", row.dokument))
    met = criteria(row, content)
    known = sum(criterion.met != _UNKNOWN for criterion in met)
    number = counts.of("besvarade kriterier", row.namn, known, len(CRITERIA)) if met else ""
    measures = content.belonging("uppfoljningsmatt", row)
    states = [(decision, report_state(decision, today)) for decision in content.belonging("beslut", row)]
    return Card(
        anchor=f"satsning-{row.satsning_id}",
        name=row.namn,
        state=row.lage,
        facts=tuple(facts),
        criteria=met,
        answered=f"{number} är besvarade" if met else "",
        chains=tuple(_chain(row, measure, published) for measure in measures)
        or ((Link("Aktivitet", row.namn, False), Link("Uppföljningsmått", NO_FOLLOW_UP_MEASURE, True)),),
        link=links.initiative_page(row.satsning_id),
        due=tuple(
            (_due_sentence(decision, state), state == OVERDUE) for decision, state in states if state is not None
        ),
    )


def _chain(initiative: Record, follow_up_measure: Record, published: Published) -> tuple[Link, ...]:
    measures = {m.id: m.name for m in published.measures}
    indicators = indicators_of(follow_up_measure, published)
    goal_areas = [g.name for g in published.goal_areas if any(i.name in indicators for i in g.indicators)]
    measure = measures.get(follow_up_measure.matt_id) or follow_up_measure.nyckeltal_id
    lag = f", väntan {follow_up_measure.vantan}" if follow_up_measure.vantan else ", väntan ej angiven"
    return (
        Link("Aktivitet", initiative.namn, False),
        Link(f"Uppföljningsmått ({follow_up_measure.typ})", f"{follow_up_measure.namn}{lag}", False),
        Link("Mått", measure or "mått saknas", measure is None),
        Link("Indikator", formatting.join(indicators) or "indikator saknas", not indicators),
        Link("Målområde", formatting.join(goal_areas) or "målområde saknas", not goal_areas),
    )


def _due_sentence(decision: Record, state: str) -> str:
    return f"Återrapporteras {_due_words(decision)}: {_state_words(decision, state)}."


def _due_words(decision: Record) -> str:
    """When it is to be reported back: the document's words, or the last day."""
    last_day = decision.aterrapporteras_senast
    return decision.aterrapporteras or (formatting.day(last_day) if last_day else "")


def _state_words(decision: Record, state: str | None) -> str:
    match state:
        case "återrapporterad":
            return f"återrapporterad {formatting.day(decision.aterrapporterad)}"
        case "försenad":
            last_day = formatting.day(decision.aterrapporteras_senast)
            return f"försenad, sista dagen var {last_day} och ingen återrapportering är antecknad"
        case "kommer":
            return f"kommer, sista dagen är {formatting.day(decision.aterrapporteras_senast)}"
        case None:
            return "ska inte återrapporteras"
        case _:
            return NO_DAY


def _log(content: Content, today: date) -> Table | None:
    if not content["beslut"]:
        return None
    names = content.texts("satsning", "namn")
    rows = []
    for decision in reversed(content["beslut"]):
        state = report_state(decision, today)
        numbers = [part for part in (decision.paragraf, decision.diarienummer) if part]
        about = f"Gäller {names[decision.satsning_id]}. " if decision.satsning_id else ""
        organisation_id = decision.instans_id
        rows.append(
            Row(
                formatting.day(decision.datum),
                (
                    Field(decision.art),
                    Field(organisation_name(content, organisation_id), missing=organisation_id is None),
                    Field(decision.vad, note=f"{about}{decision.anmarkning or ''}".strip()),
                    Field(", ".join(numbers)) if numbers else Field(NOT_STATED, missing=True),
                    Field("–" if state is None else _due_words(decision)),
                    Field("–" if state is None else _state_words(decision, state)),
                ),
                "late" if state == OVERDUE else "",
            )
        )
    return Table(
        caption=f"Beslut och antecknade lägen, det senaste först. Försening räknas mot {formatting.day(today)}.",
        columns=("Datum", "Art", "Instans", "Vad", "Paragraf och diarienummer", "Återrapporteras", "Läge"),
        rows=tuple(rows),
        source="",
        own=False,
    )
