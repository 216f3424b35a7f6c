"""The catalogue as frozen models: målområden, indikatorer, mått, nyckeltal, the areas they are read in, corrections.

Attribute names are English, aliases are the Swedish keys of the YAML files, vocabularies keep their Swedish values.
Field descriptions are Swedish because editors show them as help (`schema`). Here are the shapes and what follows from
them; reading the files is `load`, what must hold between entries is `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from pipelines.catalog.activities import Activities
from pipelines.catalog.fields import (
    Address,
    AreaId,
    Day,
    Decision,
    Email,
    FolderAddress,
    GroupId,
    KpiId,
    Name,
    Number,
    ShortName,
    Slug,
)
from pipelines.catalog.follow_ups import FollowUp
from pipelines.catalog.references import Defines, KommunRef, KpiRef, MeasureRef
from pipelines.errors import Problem
from pipelines.yamlmodel import Model, Text, YesNo

OwnerOfMeasure = Literal["kommun", "region", "båda"]
Perspective = Literal["invånare", "patient", "brukare", "register", "huvudmannens rapport"]
Coverage = Literal["kolada", "brott", "delvis", "upphört", "indirekt", "utanför kolada", "saknas"]
Role = Literal["primär", "efterträdare", "komplement", "närliggande", "indirekt"]
Direction = Literal["högre", "lägre", "ingen"]
Level = Literal["K", "L", "A"]
DataBasis = Literal["urval", "totalundersökning", "register", "egen redovisning"]
PublisherKind = Literal["kommun", "region", "statlig myndighet", "ideell organisation"]
CompareWith = Literal["alla", "malbilden"]
Gender = Literal["T", "K", "M"]
BandMethod = Literal["tredjedelar", "fjärdedelar", "femtedelar"]
Action = Literal["utelamna", "ersatt", "flagga"]
LocalForm = Literal["antal", "andel", "tal per", "index"]


class MeasureKpi(Model):
    """A KPI under a mått, in the role it has there."""

    kpi_id: KpiRef = Field(alias="id", description="Nyckeltalets id i Kolada, inom citationstecken.")
    role: Role = Field(
        alias="roll",
        description="primär = det som måttet följs med; efterträdare = följs sedan ett primärt har upphört; "
        "komplement; närliggande = belyser något bredvid; indirekt = säger något om saken men mäter den inte.",
    )
    decision: Decision = Field(alias="beslut", description="föreslagen tills ägarna har beslutat om valet.")


class LocalMeasure(Model):
    """How a mått is handed in when the huvudmän hold the figures themselves: what is counted, and what is hidden.

    least_count: counts from 1 up to, not including, this are hidden; denominators below least_denominator too.
    """

    counted: Text = Field(
        alias="raknas", description="Vad som räknas; för andel och tal per vad täljaren och nämnaren är."
    )
    form: LocalForm = Field(
        description="antal = ett antal; andel = 100 × täljare / nämnare; tal per = per × täljare / nämnare; "
        "index = ett tal som lämnas färdigräknat."
    )
    per: int | None = Field(None, ge=1, description="Vad ett tal per räknas på, t.ex. 100000; bara för tal per.")
    unit: Text = Field(alias="enhet", description="Enhet, t.ex. antal, antal per 100 000 invånare; alltid % för andel.")
    direction: Direction = Field(
        alias="riktning", description="högre = högre är bättre; lägre = lägre är bättre; ingen = utan riktning."
    )
    direction_decision: Decision = Field(
        alias="riktning_beslut", description="föreslagen tills ägarna har beslutat om riktningen."
    )
    level: Level = Field(alias="niva", description="Vilka som lämnar uppgiften: K kommunerna, L regionen, A alla.")
    by_gender: YesNo = Field(alias="konsuppdelat", description="Om uppgiften också lämnas för kvinnor och män.")
    source: Text = Field(alias="kalla", description="Källan som rapporten anger.")
    lowest: Number | None = Field(
        None,
        alias="minst",
        description="Minsta värde som kan vara rätt, i måttets enhet; ett mindre tas inte emot. Utan det är gränsen 0, "
        "och för index ingen.",
    )
    highest: Number | None = Field(
        None,
        alias="hogst",
        description="Största värde som kan vara rätt, i måttets enhet; ett större tas inte emot. Utan det är gränsen "
        "100 för andel och per för tal per, och för antal och index ingen.",
    )
    region_is_sum: YesNo = Field(
        True,
        alias="region_summa",
        description="Om regionens antal är summan av kommunernas; nej när regionen räknar sin egen verksamhet.",
        json_schema_extra={"default": "ja"},
    )
    period_sum: YesNo = Field(
        True,
        alias="period_summa",
        description="Om årets antal är summan av månadernas eller kvartalens; nej när samma person kan räknas i flera.",
        json_schema_extra={"default": "ja"},
    )
    least_count: int | None = Field(
        None,
        alias="minsta_antal",
        ge=1,
        description="Antal från 1 upp till, men inte med, detta visas inte. Krävs för allt utom index; 5 är förslaget.",
    )
    least_denominator: int | None = Field(
        None,
        alias="minsta_namnare",
        ge=1,
        description="Värden med en mindre nämnare än detta visas inte; bara för andel och tal per.",
    )


class Measure(Model):
    """A mått of the målbild."""

    id: Annotated[Slug, Defines("mått")] = Field(description="Måttets id: små bokstäver a–z, siffror och bindestreck.")
    name: Text = Field(alias="namn", description="Måttets namn enligt projektrapporten.")
    short_name: ShortName | None = Field(
        None, alias="kortnamn", description="Måttets namn på rapportens första sidor; utelämnat = namn."
    )
    principal: OwnerOfMeasure = Field(alias="huvudman", description="Vems verksamhet måttet gäller.")
    perspective: Perspective = Field(alias="perspektiv", description="Ur vems perspektiv det mäts.")
    coverage: Coverage = Field(
        alias="tackning",
        description="Hur Kolada täcker måttet: kolada = helt; brott = helt men med seriebrott; delvis; upphört; "
        "indirekt = bara med närliggande nyckeltal; utanför kolada; saknas = inget mått har hittats.",
    )
    external_source: Text | None = Field(
        None, alias="kalla_utanfor", description="Var uppgiften finns när Kolada inte har den."
    )
    comment: Text | None = Field(
        None, alias="kommentar", description="Vad läsaren behöver veta om valet av nyckeltal, på vanlig svenska."
    )
    question: Text | None = Field(
        None, alias="fraga", description="Frågan som måttet svarar på, på vanlig svenska och utan facktermer."
    )
    owner: Text | None = Field(
        None, alias="agare", description="Vem som ansvarar för måttet: funktion eller grupp, inte en persons namn."
    )
    kpis: tuple[MeasureKpi, ...] = Field(
        alias="nyckeltal", description="Nyckeltalen i den ordning de visas; [] när Kolada inte har något."
    )
    local: LocalMeasure | None = Field(
        None, alias="lokalt", description="Hur huvudmännen själva lämnar måttet; utelämnas när Kolada räcker."
    )


class Indicator(Model):
    """One of the målbild's indikatorer with its mått, in the order of the report's tables."""

    id: Annotated[Name, Defines("indikator")] = Field(
        description="Indikatorns id: små bokstäver a–z, siffror och understreck."
    )
    name: Text = Field(alias="namn", description="Indikatorns namn.")
    definition: Text = Field(description="Indikatorns definition, ordagrant ur dokumentet under kalla.")
    measures: tuple[MeasureRef, ...] = Field(alias="matt", description="Id för indikatorns mått, i rapportens ordning.")
    gap: Text | None = Field(None, alias="lucka", description="Vad som saknas när indikatorn inte har något mått.")
    question: Text | None = Field(
        None, alias="fraga", description="Frågan som indikatorn svarar på, på vanlig svenska och utan facktermer."
    )


class GoalArea(Model):
    """One of the målbild's målområden."""

    id: Annotated[Name, Defines("målområde")] = Field(
        description="Målområdets id: små bokstäver a–z, siffror och understreck."
    )
    name: Text = Field(alias="namn", description="Målområdets namn.")
    description: Text = Field(alias="beskrivning", description="Målområdets beskrivning, ordagrant ur målbilden.")
    indicators: tuple[Indicator, ...] = Field(alias="indikatorer", description="Målområdets indikatorer.")


class ComparisonSubjects(Model):
    """Which kind of similar areas a KPI is compared with: a subject under `liknande` in kommuner.yaml."""

    kommun: Text | None = Field(
        None,
        description="Ämne för liknande kommuner, för nyckeltal på nivå K och A.",
        examples=["äldreomsorg", "socioekonomi", "övergripande"],
    )
    region: Text | None = Field(
        None,
        description="Ämne för liknande regioner, för nyckeltal på nivå L och A.",
        examples=["hälso- och sjukvård", "socioekonomi"],
    )


class SeriesBreak(Model):
    """A break in a KPI's series: values before and after it are not compared."""

    year: int = Field(alias="ar", ge=1990, le=2100, description="Första året som säkert hör till den nya serien.")
    last_old_year: int | None = Field(
        None,
        alias="sista_gamla_ar",
        ge=1990,
        le=2100,
        description="Sista året som säkert hör till den gamla serien; utelämnas när det är året före. "
        "Åren däremellan prövas inte i någon av dem.",
    )
    reason: Text = Field(alias="orsak", description="Vad som ändrades, i en hel mening.")


class NoBreak(Model):
    """A year that a text speaks of as a change, and that is no break all the same."""

    year: int = Field(alias="ar", ge=1990, le=2100, description="Året som texten nämner.")
    reason: Text = Field(alias="skal", description="Varför serien ändå kan jämföras över året, i en hel mening.")


class Target(Model):
    """A value that a KPI is to reach in a year."""

    value: Number = Field(alias="varde", description="Målvärdet, i nyckeltalets enhet.")
    year: int = Field(alias="ar", ge=2000, le=2100, description="Året då målvärdet ska vara nått.")
    base_year: int = Field(alias="bas_ar", ge=1990, le=2100, description="Året som takten räknas från.")
    lowest: Number | None = Field(None, alias="lagst", description="Lägsta möjliga värde; prognosen går inte under.")
    highest: Number | None = Field(None, alias="hogst", description="Högsta möjliga värde; prognosen går inte över.")
    keep_at_least: YesNo = Field(
        False,
        alias="hall_minst",
        description="ja = målvärdet är ett golv som inte ska underskridas, fast basårets värde redan är bättre.",
        json_schema_extra={"default": "nej"},
    )
    decision: Decision = Field(
        alias="beslut", description="Bara ett beslutad målvärde visas; ett föreslagen räknas som om det inte fanns."
    )
    source: Text = Field(alias="kalla", description="Vem som har beslutat, när och i vilket ärende.")


class Kpi(Model):
    """A KPI of Kolada with what Kolada does not say: unit, direction, caveats, pairs."""

    id: Annotated[KpiId, Defines("nyckeltal")] = Field(description="Nyckeltalets id i Kolada, inom citationstecken.")
    titles: tuple[Text, ...] = Field(
        alias="titlar",
        min_length=1,
        description="Koladas titel ordagrant, den nuvarande först, sedan äldre titlar för samma innehåll.",
    )
    short_name: ShortName | None = Field(
        None, alias="kortnamn", description="Nyckeltalets namn på rapportens första sidor; utelämnat = måttets."
    )
    in_words: Text | None = Field(
        None,
        alias="i_ord",
        description="Orden efter talet i en mening, t.ex. tycker att hemtjänsten tar hänsyn till önskemål.",
    )
    unit: Text = Field(alias="enhet", description="Enhet, t.ex. %, dagar, antal per 100 000 invånare.")
    direction: Direction = Field(
        alias="riktning", description="högre = högre är bättre; lägre = lägre är bättre; ingen = utan riktning."
    )
    direction_decision: Decision = Field(
        alias="riktning_beslut", description="föreslagen tills ägarna har beslutat om riktningen."
    )
    level: Level = Field(alias="niva", description="Koladas nivå: K kommun, L region, A båda.")
    by_gender: YesNo = Field(alias="konsuppdelat", description="Om Kolada uppger att nyckeltalet delas på kön.")
    ended_year: int | None = Field(
        None, alias="upphort_ar", ge=1990, le=2100, description="Sista året, enligt titelns (-ÅÅÅÅ)."
    )
    successor: KpiRef | None = Field(
        None, alias="eftertradare", description="Nyckeltalet som tar vid när detta upphör; serierna binds aldrig ihop."
    )
    uncertainty: KpiRef | None = Field(
        None, alias="osakerhet", description="Nyckeltalet med osäkerhetstalet: intervallet är värde ± tal."
    )
    denominator: KpiRef | None = Field(
        None,
        alias="namnare",
        description="Nyckeltalet med nämnaren; vikten i ett vägt medel när ingen vikt är angiven.",
    )
    weight: KpiRef | None = Field(
        None,
        alias="vikt",
        description="Nyckeltalet som kommunerna vägs med i länets medel: folkmängden eller antalet svarande. Utan vikt "
        "och nämnare räknas inget vägt medel.",
    )
    basis: DataBasis | None = Field(
        None,
        alias="underlag",
        description="urval = enkät till ett urval; totalundersökning = enkät till alla, en del svarar; register; "
        "egen redovisning = huvudmannens egna uppgifter. Säger varför ett värde saknar osäkerhetstal.",
    )
    quality: tuple[KpiRef, ...] = Field(
        (), alias="kvalitet", description="Nyckeltal om undersökningens kvalitet: svarande, svarsfrekvens."
    )
    comparison: ComparisonSubjects | None = Field(
        None, alias="jamforelsegrupp", description="Ämne för liknande områden; utelämnas när ingen jämförelse görs."
    )
    source: Text = Field(alias="kalla", description="Den ursprungliga källan bakom Kolada.")
    caveats: tuple[Text, ...] = Field(
        (), alias="forbehall", description="Förbehåll som läsaren ska känna till, hela meningar."
    )
    periodicity: Text | None = Field(
        None, alias="periodicitet", description="Hur ofta det mäts, när det inte är varje år."
    )
    overlapping_years: int | None = Field(
        None,
        alias="overlappande_ar",
        ge=2,
        le=10,
        description="Antal år i varje värde när det är ett flerårsmedel: intilliggande värden överlappar då, "
        "och ingen trend prövas.",
    )
    breaks: tuple[SeriesBreak, ...] = Field(
        (), alias="brott", description="Seriebrott: trend och mål räknas bara på åren efter det sista."
    )
    no_breaks: tuple[NoBreak, ...] = Field(
        (),
        alias="inget_brott",
        description="År som ett förbehåll, en titel eller Koladas beskrivning nämner som en ändring utan att serien "
        "bryts där.",
    )
    own_surveys: tuple[int, ...] = Field(
        (),
        alias="egen_undersokning",
        description="År då länets värden kommer från en annan undersökning än rikets och andra läns: en ändring till "
        "eller från ett sådant år räknas inte, och platsen är ungefärlig.",
    )
    target: Target | None = Field(None, alias="mal", description="Målvärde som ägarna har beslutat.")
    lowest: Number | None = Field(
        None,
        alias="lagst",
        description="Lägsta värde som släpps in, när det inte är enhetens (0 för andelar och antal).",
    )
    highest: Number | None = Field(
        None,
        alias="hogst",
        description="Högsta värde som släpps in, när det inte är enhetens (100 för andelar).",
    )
    followed: YesNo = Field(True, alias="folj", description="nej = hämtas inte.", json_schema_extra={"default": "ja"})


class Method(Model):
    """How läge is told."""

    bands: BandMethod = Field(
        "fjärdedelar",
        alias="band",
        description="Hur stor del av områdena som räknas som bäst och sämst: tredjedelar, fjärdedelar eller "
        "femtedelar.",
    )


class IndicatorFile(Model):
    """indikatorer.yaml as a whole."""

    version: Literal[1] = Field(description="Filens format.")
    method: Method = Field(Method(), alias="metod", description="Hur läget räknas.")
    definitions: Text | None = Field(
        None,
        alias="kalla",
        description="Dokumentet som definitionerna är ordagranna ur, som det skrivs efter ordet enligt.",
    )
    reached: int | None = Field(
        None, alias="malbild_ar", ge=2000, le=2100, description="Året som målbilden siktar på, om den har ett."
    )
    proposed_from: Text | None = Field(
        None,
        alias="forslag_fran",
        description="Länet vars målbild detta är ett förslag efter; rapporten säger det på första sidan. "
        "Ta bort raden när målbilden är länets egen.",
    )
    goal_areas: tuple[GoalArea, ...] = Field(alias="malomraden", description="Målområde → indikator → mått.")
    measures: tuple[Measure, ...] = Field(alias="matt", description="Måtten, vart och ett en gång.")
    kpis: tuple[Kpi, ...] = Field(alias="nyckeltal", description="Nyckeltalen, vart och ett en gång, i id-ordning.")


class NamedArea(Model):
    """An area with the name that readers see."""

    id: Annotated[AreaId, Defines("område")] = Field(
        description="Områdets id i Kolada, fyra siffror inom citationstecken."
    )
    name: Text = Field(alias="namn", description="Områdets namn.")


class Principal(NamedArea):
    """A huvudman with Kolada's groups of similar areas, by subject."""

    similar: Mapping[Text, GroupId] = Field(
        alias="liknande", description="Koladas grupp av liknande områden för varje ämne."
    )


class Region(Principal):
    """The region of the målbild."""

    id: Annotated[AreaId, Defines("område", "huvudman")] = Field(
        description="Områdets id i Kolada, fyra siffror inom citationstecken."
    )


class Kommun(Principal):
    """A kommun of the målbild."""

    id: Annotated[AreaId, Defines("område", "huvudman", "kommun")] = Field(
        description="Områdets id i Kolada, fyra siffror inom citationstecken."
    )


class SubCounty(Model):
    """A länsdel; `confirmed` says whether the owners have confirmed its members."""

    id: Annotated[Name, Defines("länsdel")] = Field(description="Länsdelens id.")
    name: Text = Field(alias="namn", description="Länsdelens namn.")
    confirmed: YesNo = Field(alias="bekraftad", description="nej tills ägarna har bekräftat vilka kommuner som ingår.")
    kommuner: tuple[KommunRef, ...] = Field(description="Id för kommunerna i länsdelen.")


class Publisher(Model):
    """Who publishes the exports as open data, and where: what DCAT-AP-SE demands and nobody but the owners knows."""

    name: Text = Field(alias="namn", description="Organisationen som ger ut uppgifterna.")
    uri: Address = Field(
        description="Organisationens beständiga adress som identifierare, "
        "gärna http://dataportal.se/organisation/SE följt av organisationsnumret."
    )
    kind: PublisherKind = Field(alias="typ", description="Vad för slags organisation det är.")
    contact: Text = Field(alias="kontakt", description="Funktionen som svarar på frågor om uppgifterna.")
    email: Email = Field(alias="epost", description="Funktionens e-postadress.")
    address: FolderAddress = Field(
        alias="adress",
        description="Webbadressen, med snedstreck sist, där datamappens export/, parquet/ och analys.duckdb läggs ut.",
    )
    licence: Address = Field(
        alias="licens",
        description="Adressen till licensen som utgivaren lägger ut uppgifterna under. Beskrivningen av dem, "
        "dcat.jsonld, är alltid fri (CC0): det kräver DCAT-AP-SE.",
    )


class Geography(Model):
    """kommuner.yaml as a whole: the målbild's areas and those they are compared with."""

    version: Literal[1] = Field(description="Filens format.")
    county_name: Text = Field(alias="lan", description="Länets namn.")
    country: NamedArea = Field(alias="riket", description="Riket i Kolada.")
    county_group: GroupId = Field(alias="lansgrupp", description="Koladas grupp med länets kommuner.")
    region_group: GroupId = Field(alias="regionsgrupp", description="Koladas grupp med alla regioner.")
    kommun_group: GroupId = Field(alias="kommungrupp", description="Koladas grupp med alla kommuner.")
    skr_groups: tuple[GroupId, ...] = Field(
        (), alias="skr_grupper", description="Koladas grupper för SKR:s kommungruppsindelning: de jämförs inte."
    )
    compare_with: CompareWith = Field(
        alias="jamfor_med",
        description="alla = alla kommuner och regioner i Koladas katalog; malbilden = bara områdena här och riket.",
    )
    region: Region = Field(description="Regionen.")
    sub_counties: tuple[SubCounty, ...] = Field(
        alias="lansdelar", description="Länsdelarna; varje kommun står i precis en. [] när länet inte är indelat."
    )
    kommuner: tuple[Kommun, ...] = Field(description="Länets kommuner.")
    publisher: Publisher | None = Field(
        None,
        alias="utgivare",
        description="Vem som ger ut uppgifterna som öppna data; utan det skrivs ingen dcat.jsonld.",
    )

    def kommun_groups(self) -> tuple[str, ...]:
        """Ids of the groups whose members are kommuner, each once."""
        similar = [group for kommun in self.kommuner for group in kommun.similar.values()]
        return tuple(dict.fromkeys([self.county_group, self.kommun_group, *similar]))

    def region_groups(self) -> tuple[str, ...]:
        """Ids of the groups whose members are regions, each once."""
        return tuple(dict.fromkeys([self.region_group, *self.region.similar.values()]))

    def groups(self) -> tuple[str, ...]:
        """Ids of every group whose title and members are followed, each once."""
        return tuple(dict.fromkeys([*self.kommun_groups(), *self.region_groups(), *self.skr_groups]))


class Expectation(Model):
    """What Kolada's own value must still be for a correction to hold: one or two limits, or that it is missing."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 2})

    equals: Number | None = Field(
        None, alias="lika", description="Koladas värde är precis detta, med alla decimaler som Kolada anger."
    )
    above: Number | None = Field(None, alias="storre", description="Koladas värde är större än detta.")
    below: Number | None = Field(None, alias="mindre", description="Koladas värde är mindre än detta.")
    missing: Literal["ja"] | None = Field(
        None, alias="saknas", description="ja = Kolada har inget värde (saknas, bortfall, sekretess eller borttaget)."
    )

    def limits(self) -> dict[str, float]:
        """The limits that are given: their key in the file → number."""
        given = {"lika": self.equals, "storre": self.above, "mindre": self.below}
        return {key: number for key, number in given.items() if number is not None}


class Correction(Model):
    """A decision about one value of Kolada's: leave it out, show another instead, or flag it."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"atgard": {"const": "ersatt"}}, "required": ["atgard"]},
            "then": {"required": ["varde"]},
            "else": {"not": {"required": ["varde"]}},
        }
    )

    id: Annotated[Slug, Defines("korrigering")] = Field(
        description="Korrigeringens id: små bokstäver a–z, siffror och bindestreck."
    )
    kpi_id: KpiRef = Field(alias="nyckeltal", description="Nyckeltalets id i Kolada, inom citationstecken.")
    area_id: AreaId = Field(alias="omrade", description="Områdets id i Kolada, fyra siffror inom citationstecken.")
    year: int = Field(alias="ar", ge=1900, le=2100, description="Värdets år.")
    gender: Gender = Field(alias="kon", description="T totalt, K kvinnor, M män.")
    action: Action = Field(
        alias="atgard",
        description="utelamna = värdet visas inte; ersatt = varde visas i stället; flagga = värdet visas oförändrat, "
        "med anmärkning.",
    )
    value: Number | None = Field(
        None, alias="varde", description="Värdet som visas i stället, i nyckeltalets enhet; bara för ersatt."
    )
    expected: Expectation = Field(
        alias="vantat",
        description="Vad Koladas eget värde fortfarande måste vara; annars stannar körningen och korrigeringen prövas "
        "på nytt. Ett eller två av lika, storre och mindre (då gäller båda), eller saknas: ja.",
    )
    reason: Text = Field(alias="skal", description="Varför, i hela meningar som läsaren förstår.")
    source: Text = Field(alias="kalla", description="Vem som säger det.")
    decided: Day = Field(alias="datum", description="När det beslutades: år-månad-dag.")


class CorrectionFile(Model):
    """korrigeringar.yaml as a whole."""

    version: Literal[1] = Field(description="Filens format.")
    corrections: tuple[Correction, ...] = Field(
        alias="korrigeringar", description="Korrigeringarna, högst en för varje värde; [] när det inte finns någon."
    )


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the catalogue: the exact bytes that were read, for the raw archive."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Catalog:
    """Everything that is followed, checked as a whole. Orders are those of the files; `kpis` maps id → KPI."""

    goal_areas: tuple[GoalArea, ...]
    measures: tuple[Measure, ...]
    kpis: Mapping[str, Kpi]
    geography: Geography
    files: tuple[SourceFile, ...]
    corrections: tuple[Correction, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    activities: Activities = field(default_factory=lambda: Activities(version=1))
    # What deserves a look and is no fault.
    warnings: tuple[Problem, ...] = ()
    method: Method = field(default_factory=Method)
    # The document that the definitions are taken from, the year that the målbild aims at, and the county whose målbild
    # it is when it is only proposed.
    definitions: str | None = None
    reached: int | None = None
    proposed_from: str | None = None

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The indikatorer of all målområden, in order."""
        return tuple(indicator for area in self.goal_areas for indicator in area.indicators)

    def measure(self, measure_id: str) -> Measure:
        """The mått with this id. Raises KeyError."""
        return self._measures_by_id[measure_id]

    def followed_kpis(self) -> tuple[Kpi, ...]:
        """The KPIs that are fetched (`folj` is not nej)."""
        return tuple(kpi for kpi in self.kpis.values() if kpi.followed)

    def kpis_of_indicator(self, indicator_id: str) -> tuple[str, ...]:
        """Followed KPIs that are fetched for this indikator; with `remaining_kpis` a partition of the followed.

        Those under its mått, and what these need to be read: osäkerhetstal, quality and successors. A KPI that several
        indikatorer share belongs to the first. Raises KeyError for an unknown indikator.
        """
        if indicator_id not in {indicator.id for indicator in self.indicators}:
            raise KeyError(indicator_id)
        return tuple(kpi.id for kpi in self.followed_kpis() if self._owners.get(kpi.id) == indicator_id)

    def remaining_kpis(self) -> tuple[str, ...]:
        """Followed KPIs that belong to no indikator."""
        return tuple(kpi.id for kpi in self.followed_kpis() if kpi.id not in self._owners)

    @cached_property
    def _measures_by_id(self) -> dict[str, Measure]:
        return {measure.id: measure for measure in self.measures}

    @cached_property
    def _owners(self) -> dict[str, str]:
        """KPI id → the first indikator that needs it."""
        owners: dict[str, str] = {}
        for indicator in self.indicators:
            waiting = [entry.kpi_id for measure_id in indicator.measures for entry in self.measure(measure_id).kpis]
            seen: set[str] = set()
            while waiting:
                kpi_id = waiting.pop()
                if kpi_id in seen:
                    continue
                seen.add(kpi_id)
                owners.setdefault(kpi_id, indicator.id)
                waiting += _companions(self.kpis[kpi_id])
        return owners


def _companions(kpi: Kpi) -> Iterator[str]:
    """The KPIs that this one names: they are needed wherever it is read."""
    yield from kpi.quality
    if kpi.uncertainty:
        yield kpi.uncertainty
    if kpi.denominator:
        yield kpi.denominator
    if kpi.successor:
        yield kpi.successor
