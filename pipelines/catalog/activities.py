"""aktiviteter.yaml as frozen models: quotes, instanser, fokusområden, satsningar, decisions, comments, open questions.

What the owners decide and write between two reports, none of it measured. What a document does not say is left out of
the file, and the report says so in a word; nothing here has a default that reads as an answer. What must hold between
the entries is `activity_rules`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.catalog.fields import Address, Day, Decision, Slug
from pipelines.catalog.references import (
    DecisionRef,
    Defines,
    DocumentRef,
    FollowUpRef,
    GoalAreaRef,
    GoalRef,
    IndicatorRef,
    InitiativeRef,
    KpiRef,
    MeasureRef,
    OrganisationRef,
    PrincipalRef,
    SubCountyRef,
)
from pipelines.yamlmodel import Model, Text, YesNo

# Where in the report a quote stands.
Place = Literal[
    "målbild",
    "uppföljning",
    "styrkedja",
    "principer",
    "fokusområden",
    "målsättningar",
    "kriterier",
    "uppföljningsmått",
    "aktiviteter",
    "pdsa",
    "trygghet",
    "mätproblem",
    "tolkning",
]
GoalStatus = Literal["ej påbörjad", "planerad", "test", "breddinförs", "i ordinarie drift", "avbruten"]
InitiativeKind = Literal["satsning", "uppdrag", "ärende"]
InitiativeStatus = Literal["planerad", "pågår", "avslutad", "sammanslagen"]
Met = Literal["ja", "nej", "okänt"]
Act = Literal["anta", "anpassa", "avsluta"]


class Document(Model):
    """A document that quotes and decisions are taken from."""

    id: Annotated[Slug, Defines("källa")] = Field(
        description="Dokumentets id: små bokstäver a–z, siffror och bindestreck."
    )
    title: Text = Field(alias="titel", description="Dokumentets titel, som rapporten anger den.")
    case_number: Text | None = Field(None, alias="diarienummer", description="Diarienummer, när det är känt.")


class Quote(Model):
    """The owners' own words."""

    id: Annotated[Slug, Defines("citat")] = Field(description="Citatets id.")
    place: Place = Field(alias="plats", description="Var i rapporten citatet står.")
    text: Text = Field(description="Ordagrant, utan citationstecken. En tom rad ger ett nytt stycke.")
    document: DocumentRef = Field(alias="kalla", description="Dokumentet, ett id under kallor.")


class Report(Model):
    """What the report is called and whose it is."""

    title: Text = Field(alias="titel", description="Rapportens titel.")
    board: Text = Field(alias="namnd", description="Nämnden som rapporten lämnas till.")


class Preparation(Model):
    """What a beredningsgrupp prepares, and therefore is asked about (`pipelines.answers`)."""

    measures: tuple[MeasureRef, ...] = Field((), alias="matt", description="Id för måtten, ur indikatorer.yaml.")
    initiatives: tuple[InitiativeRef, ...] = Field((), alias="satsningar", description="Id för satsningarna.")
    decision: Decision = Field(alias="beslut", description="föreslagen tills ägarna har beslutat om fördelningen.")


class Organisation(Model):
    """An instans of the samverkansstruktur, in the order of the styrkedja."""

    id: Annotated[Slug, Defines("instans")] = Field(description="Instansens id.")
    name: Text = Field(alias="namn", description="Instansens namn.")
    short: Text | None = Field(None, alias="kort", description="Förkortningen som läsarna känner igen.")
    role: Text | None = Field(None, alias="roll", description="Vad instansen gör, i en mening.")
    in_chain: YesNo = Field(
        alias="i_styrkedjan", description="ja = ett led i styrkedjan; nej = stöd vid sidan av, eller del av ett led."
    )
    part_of: OrganisationRef | None = Field(
        None, alias="del_av", description="Ledet som instansen är en del av, ett id ovanför."
    )
    prepares: Preparation | None = Field(
        None, alias="bereder", description="Mått och satsningar som instansen får frågor om inför en uppföljning."
    )
    per_sub_county: YesNo = Field(
        False, alias="per_lansdel", description="ja = en i varje länsdel; varje länsdel får rollbrev för sig."
    )
    meetings: tuple[Day, ...] = Field(
        (), alias="moten", description="Instansens egna möten, år-månad-dag; tomt när de inte är bestämda."
    )
    document: DocumentRef | None = Field(None, alias="kalla", description="Dokumentet, ett id under kallor.")


class Reach(Model):
    """How far a målsättning has come: what is left out is not known; an empty list is nobody."""

    principals: tuple[PrincipalRef, ...] | None = Field(
        None, alias="huvudman", description="Id för de kommuner, och regionen, som är nådda; [] = ingen."
    )
    sub_counties: tuple[SubCountyRef, ...] | None = Field(
        None, alias="lansdelar", description="Id för de länsdelar som är nådda; [] = ingen."
    )


class Goal(Model):
    """A målsättning of a fokusområde, verbatim."""

    id: Annotated[Slug, Defines("målsättning")] = Field(description="Målsättningens id.")
    text: Text = Field(description="Ordagrant ur beslutet.")
    whole_county: YesNo = Field(alias="hela_lanet", description="ja = målsättningen säger att den gäller hela länet.")
    status: GoalStatus | None = Field(None, description="Läget; utelämnas tills någon har angett det.")
    evidence: Text | None = Field(None, alias="belagg", description="Vad läget bygger på; krävs när status anges.")
    evidence_link: Address | None = Field(None, alias="belagg_adress", description="Webbadress till underlaget.")
    reach: Reach | None = Field(None, alias="tackning", description="Vilka som är nådda; utelämnas när det är okänt.")
    indicators: tuple[IndicatorRef, ...] = Field(
        (), alias="indikatorer", description="Indikatorer som målsättningen väntas påverka, när ett dokument säger det."
    )
    effect: Text | None = Field(
        None, alias="effekt_tidigast", description="När en effekt tidigast kan avläsas, och varför då."
    )


class FocusArea(Model):
    """A fokusområde with its period and målsättningar."""

    id: Annotated[Slug, Defines("fokusområde")] = Field(description="Fokusområdets id.")
    name: Text = Field(alias="namn", description="Fokusområdets namn.")
    first_year: int = Field(alias="fran", ge=2000, le=2100, description="Första året.")
    last_year: int = Field(alias="till", ge=2000, le=2100, description="Sista året.")
    decision: DecisionRef | None = Field(None, alias="beslut", description="Beslutet, ett id under beslut.")
    document: DocumentRef = Field(alias="kalla", description="Dokumentet, ett id under kallor.")
    goals: tuple[Goal, ...] = Field(alias="malsattningar", description="Målsättningarna, i dokumentets ordning.")


class Criteria(Model):
    """The five criteria of a gemensam satsning."""

    mandate: Met = Field(alias="uppdrag", description="Ett tydligt uppdrag och beslut från Länsstyrgruppen.")
    resources: Met = Field(alias="resurser", description="Avsatta resurser, t.ex. ansvarig för uppdraget.")
    funding: Met = Field(alias="finansiering", description="Ekonomi/finansiering är definierad.")
    plan: Met = Field(description="Plan för uppföljning.")
    trial: Met = Field(alias="test", description="Ett test inför breddinförande.")


class GoalLink(Model):
    """A målsättning that a satsning contributes to."""

    id: GoalRef = Field(description="Målsättningens id.")
    decision: Decision = Field(alias="beslut", description="föreslagen tills ägarna har beslutat om kopplingen.")


class FollowUpMeasure(Model):
    """An uppföljningsmått of a satsning: what it is followed with, and where it steers."""

    id: Annotated[Slug, Defines("uppföljningsmått")] = Field(description="Uppföljningsmåttets id.")
    name: Text = Field(alias="namn", description="Vad som mäts.")
    kind: Literal["process", "utfall"] = Field(
        alias="typ", description="process = det som görs; utfall = vad det leder till."
    )
    indicator: IndicatorRef | None = Field(None, alias="indikator", description="Indikatorn som det styr mot.")
    measure: MeasureRef | None = Field(None, alias="matt", description="Måttet som det styr mot.")
    kpi: KpiRef | None = Field(None, alias="nyckeltal", description="Nyckeltalet som det läses i, om det är ett.")
    lag: Text | None = Field(None, alias="vantan", description="Hur lång tid det väntas ta innan utfallet syns.")
    source: Text = Field(alias="kalla", description="Var uppgiften finns.")


class Cycle(Model):
    """A turn of PDSA."""

    number: int = Field(alias="cykel", ge=1, le=1000, description="Cykelns nummer, från 1.")
    hypothesis: Text | None = Field(None, alias="hypotes", description="Plan: vad som väntas hända.")
    planned: Text | None = Field(None, alias="planerad_matning", description="Plan: hur det ska mätas.")
    measure: Slug | None = Field(
        None, alias="uppfoljningsmatt", description="Plan: uppföljningsmåttet som det mäts med, ett av satsningens."
    )
    look: Day | None = Field(None, alias="planerad_titt", description="Plan: dagen då siffrorna ska läsas.")
    looked: Day | None = Field(
        None, alias="titt_gjord", description="Study: dagen då någon läste siffrorna, om inte natten gjorde det."
    )
    said: Text | None = Field(
        None, alias="siffror", description="Study: vad siffrorna sade den dagen, om malbild inte har dem."
    )
    result: Text | None = Field(None, alias="resultat", description="Study: vad gruppen drar för slutsats.")
    act: Act | None = Field(None, alias="agera", description="Act: anta, anpassa eller avsluta.")


class Start(Model):
    """When a satsning begins at a huvudman."""

    principal: PrincipalRef = Field(alias="huvudman", description="Huvudmannens id.")
    day: Day = Field(alias="datum", description="När den börjar där: år-månad-dag.")


class Expectation(Model):
    """What a satsning is expected to do to a nyckeltal, written before the figures came (`analysis.effect`)."""

    kpi: KpiRef = Field(alias="nyckeltal", description="Nyckeltalet som väntas ändras.")
    expected: Literal["högre", "lägre"] = Field(
        alias="vantas", description="Om talet väntas bli högre eller lägre än det annars hade blivit."
    )
    lag_years: int = Field(
        alias="fordrojning_ar", ge=0, le=20, description="Hela år från starten tills det kan synas; 0 = från början."
    )
    written: Day = Field(alias="skriven", description="När förväntan skrevs ned.")
    starts: tuple[Start, ...] = Field(alias="start", min_length=1, description="De huvudmän som deltar, med start.")


class Initiative(Model):
    """A gemensam satsning, an uppdrag or an ärende that the Länsstyrgrupp follows."""

    id: Annotated[Slug, Defines("satsning")] = Field(description="Satsningens id.")
    name: Text = Field(alias="namn", description="Satsningens namn.")
    kind: InitiativeKind = Field(
        alias="slag",
        description="satsning = gemensam satsning; uppdrag = arbete som någon fått i uppdrag; ärende = en fråga, "
        "rutin eller remiss.",
    )
    responsible: OrganisationRef | None = Field(
        None, alias="ansvarig", description="Ansvarig nivå, ett id under instanser."
    )
    state: Text | None = Field(None, alias="lage", description="Läget enligt dokumentet, i en eller två meningar.")
    document: DocumentRef = Field(alias="kalla", description="Dokumentet som namnger den, ett id under kallor.")
    criteria: Criteria | None = Field(
        None, alias="kriterier", description="De fem kriterierna; krävs för en satsning, annars valfria."
    )
    status: InitiativeStatus | None = Field(None, description="Utelämnas tills någon har angett den.")
    reason: Text | None = Field(
        None, alias="skal", description="Varför den är avslutad eller sammanslagen; krävs då. Att avsluta är ett svar."
    )
    merged_into: InitiativeRef | None = Field(
        None, alias="sammanslagen_med", description="Satsningen som den har gått upp i."
    )
    start: Day | None = Field(None, description="När den började.")
    end: Day | None = Field(None, alias="slut", description="När den slutade eller ska sluta.")
    goals: tuple[GoalLink, ...] = Field((), alias="malsattningar", description="Målsättningar som den bidrar till.")
    follow_up_measures: tuple[FollowUpMeasure, ...] = Field(
        (), alias="uppfoljningsmatt", description="Vad den följs med; utan något står den bland de trasiga länkarna."
    )
    cycles: tuple[Cycle, ...] = Field((), alias="pdsa", description="Cykler av PDSA, den första först.")
    expectations: tuple[Expectation, ...] = Field(
        (), alias="forvantan", description="Vad den väntas leda till; prövas bara där det skrevs innan uppgifterna kom."
    )


class Due(Model):
    """When something is to be reported back: words, the last day, or both."""

    words: Text | None = Field(
        None, alias="nar", description="Med dokumentets ord, t.ex. fjärde kvartalet 2026; utelämnas när senast räcker."
    )
    last: Day | None = Field(
        None, alias="senast", description="Sista dagen; utan den kan ingen säga att tiden har gått ut."
    )


class DecisionMade(Model):
    """A decision, or a state that an instans has noted."""

    id: Annotated[Slug, Defines("beslut")] = Field(description="Beslutets id.")
    day: Day = Field(alias="datum", description="När: år-månad-dag.")
    kind: Literal["beslut", "läge"] = Field(
        alias="art", description="beslut = instansen beslutade; läge = antecknat utan beslut."
    )
    organisation: OrganisationRef | None = Field(
        None, alias="instans", description="Vem, ett id under instanser; utelämnas när okänt."
    )
    what: Text = Field(alias="vad", description="Vad som beslutades eller antecknades.")
    section: Text | None = Field(None, alias="paragraf", description="Paragraf i protokollet.")
    case_number: Text | None = Field(None, alias="diarienummer", description="Ärendets diarienummer.")
    note: Text | None = Field(None, alias="anmarkning", description="Vad läsaren behöver veta, t.ex. en avvikelse.")
    document: DocumentRef = Field(alias="kalla", description="Dokumentet, ett id under kallor.")
    initiative: InitiativeRef | None = Field(None, alias="satsning", description="Satsningen som det gäller.")
    due: Due | None = Field(None, alias="aterrapportering", description="När det ska återrapporteras.")
    reported: Day | None = Field(None, alias="aterrapporterad", description="När det återrapporterades.")


class Limit(Model):
    """How many satsningar the Länsstyrgrupp has decided to have at most."""

    number: int = Field(alias="antal", ge=0, le=1000, description="Högst så många pågående satsningar och uppdrag.")
    decision: DecisionRef = Field(alias="beslut", description="Beslutet, ett id under beslut.")


class SafetyEntry(Model):
    """A nyckeltal of the trygghetsvy, or a whole mått."""

    kpi: KpiRef | None = Field(None, alias="nyckeltal", description="Ett nyckeltal i indikatorer.yaml.")
    measure: MeasureRef | None = Field(
        None, alias="matt", description="Ett mått i indikatorer.yaml; dess nyckeltal visas."
    )
    why: Text = Field(alias="belyser", description="Vad det säger om trygghet, med få ord.")


class SafetyView(Model):
    """What is shown together as trygga patienter."""

    decision: Decision = Field(alias="beslut", description="föreslagen tills ägarna har beslutat om innehållet.")
    entries: tuple[SafetyEntry, ...] = Field(alias="poster", description="Nyckeltal och mått, i den ordning de visas.")


class Comment(Model):
    """The Länsstyrgrupp's words about a mått, an indikator or a målområde in one uppföljning, or a huvudman's own."""

    measure: MeasureRef | None = Field(
        None, alias="matt", description="Måttet; ett av matt, indikator, malomrade och huvudman."
    )
    indicator: IndicatorRef | None = Field(None, alias="indikator", description="Indikatorn.")
    goal_area: GoalAreaRef | None = Field(None, alias="malomrade", description="Målområdet.")
    principal: PrincipalRef | None = Field(
        None, alias="huvudman", description="Huvudmannen vars egen kommentar det är, på dess sidor."
    )
    follow_up: FollowUpRef = Field(alias="uppfoljning", description="Uppföljningens id i uppfoljningar.yaml.")
    known: Text | None = Field(None, alias="vet", description="Vad vet vi? Vanlig text; en tom rad ger nytt stycke.")
    believed: Text | None = Field(None, alias="tror", description="Vad tror vi?")
    done: Text | None = Field(None, alias="gor", description="Vad gör vi?")
    author: Text = Field(alias="forfattare", description="Vem som står för texten: funktion eller grupp.")
    day: Day = Field(alias="datum", description="När den skrevs.")


class Statement(Model):
    """A påstående of the självskattning, about the huvudman that answers."""

    id: Annotated[Slug, Defines("påstående")] = Field(description="Påståendets id; ändras inte sedan någon har svarat.")
    text: Text = Field(description="Påståendet, som huvudmannen kan säga det om sig själv.")
    rests_on: Text = Field(alias="bygger_pa", description="Kriteriet, principen eller målsättningen som det bygger på.")


class SelfAssessment(Model):
    """What every huvudman says of itself: statements, each answered with one of four steps or vet inte."""

    decision: Decision = Field(alias="beslut", description="föreslagen tills ägarna har beslutat om påståendena.")
    steps: tuple[Text, ...] = Field(
        alias="steg", min_length=4, max_length=4, description="De fyra stegen, det lägsta först."
    )
    statements: tuple[Statement, ...] = Field(
        alias="pastaenden", min_length=1, max_length=15, description="Påståendena, högst 15."
    )


class Question(Model):
    """Something that only the owners can answer."""

    id: Annotated[Slug, Defines("fråga")] = Field(description="Frågans id.")
    text: Text = Field(alias="fraga", description="Frågan, i en mening.")
    status: Literal["öppen", "besvarad"] = Field(description="öppen tills ägarna har svarat.")
    answer: Text | None = Field(None, alias="svar", description="Svaret; krävs för besvarad.")
    by: Text | None = Field(None, alias="av", description="Vem som svarade; krävs för besvarad.")
    day: Day | None = Field(None, alias="datum", description="När; krävs för besvarad.")


class Activities(Model):
    """aktiviteter.yaml as a whole; every part may be left out, and is then empty."""

    version: Literal[1] = Field(description="Filens format.")
    documents: tuple[Document, ...] = Field((), alias="kallor", description="Dokumenten som det hämtas ur.")
    report: Report | None = Field(None, alias="rapport", description="Rapportens titel och nämnd.")
    quotes: tuple[Quote, ...] = Field((), alias="citat", description="Ägarnas egna ord.")
    organisations: tuple[Organisation, ...] = Field(
        (),
        alias="instanser",
        description="Instanserna, i styrkedjans ordning: det första ledet är nämnden, det andra leder arbetet.",
    )
    focus_areas: tuple[FocusArea, ...] = Field((), alias="fokusomraden", description="Fokusområdena.")
    initiatives: tuple[Initiative, ...] = Field(
        (), alias="satsningar", description="Gemensamma satsningar, uppdrag och ärenden; också de avslutade."
    )
    decisions: tuple[DecisionMade, ...] = Field((), alias="beslut", description="Besluten, det äldsta först.")
    limit: Limit | None = Field(
        None, alias="grans_satsningar", description="Högsta antal; utelämnas när ingen gräns är beslutad."
    )
    safety: SafetyView | None = Field(None, alias="trygghetsvy", description="Det som visas som trygga patienter.")
    comments: tuple[Comment, ...] = Field((), alias="kommentarer", description="Länsstyrgruppens kommentarer.")
    self_assessment: SelfAssessment | None = Field(
        None, alias="sjalvskattning", description="Påståendena som huvudmännen skattar sig själva med."
    )
    questions: tuple[Question, ...] = Field((), alias="att_bekrafta", description="Frågor till ägarna.")

    @property
    def asked(self) -> tuple[Organisation, ...]:
        """Who gets questions inside an uppföljning: the second link of the styrkedja, and those parts of the third that
        prepare something or are responsible for it.
        """
        chain = [link for link in self.organisations if link.in_chain]
        responsible = {initiative.responsible for initiative in self.initiatives}
        groups = [
            group
            for group in self.organisations
            if len(chain) > 2 and group.part_of == chain[2].id and (group.prepares or group.id in responsible)
        ]
        return (*groups, *chain[1:2])

    @property
    def board(self) -> str:
        """The board inside a sentence: the first link of the styrkedja."""
        chain = [link for link in self.organisations if link.in_chain]
        return (chain[0].short or chain[0].name) if chain else "nämnden"
