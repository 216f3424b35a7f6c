"""The tables of aktiviteter.yaml: what the owners decide and write, one table for each kind of entry.

`lan` and `lansdel`, which other files decide, stand here as well: like the rest they are the owners' words.
"""

from __future__ import annotations

from pipelines.warehouse.ddl import Column, Table

_SOURCE = (
    Column("kalla", "VARCHAR", "Dokumentet som det är hämtat ur"),
    Column("kalla_diarienummer", "VARCHAR", "Dokumentets diarienummer", nullable=True),
)
_SATSNING = Column("satsning_id", "VARCHAR", "Satsningens id")
_ORDER = Column("ordning", "INTEGER", "Ordning i aktiviteter.yaml, från 1")


def _met(name: str, what: str) -> Column:
    text = f"{what}: ja, nej eller okänt; NULL när kriterierna inte gäller"
    return Column(name, "VARCHAR", text, nullable=True)


ACTIVITY_TABLES: tuple[Table, ...] = (
    Table(
        "lan",
        "Länet som följs, och vems målbild det följs med: en rad",
        ("lan",),
        (
            Column("lan", "VARCHAR", "Länets namn"),
            Column("malbild_ar", "INTEGER", "Året som målbilden siktar på; NULL = ej angivet", nullable=True),
            Column("definitioner_kalla", "VARCHAR", "Dokumentet med definitionerna; NULL = ej angivet", nullable=True),
            Column(
                "forslag_fran",
                "VARCHAR",
                "Länet vars målbild är hämtad hit som förslag; NULL = målbilden är länets egen",
                nullable=True,
            ),
        ),
    ),
    Table(
        "rapport",
        "Vad rapporten heter, vilken nämnd den lämnas till och gränsen för antalet satsningar: en rad, eller ingen",
        ("titel",),
        (
            Column("titel", "VARCHAR", "Rapportens titel"),
            Column("namnd", "VARCHAR", "Nämnden"),
            Column(
                "grans_satsningar",
                "INTEGER",
                "Så många satsningar och uppdrag får pågå, enligt beslut; NULL = ingen gräns är beslutad",
                nullable=True,
            ),
            Column("grans_beslut_id", "VARCHAR", "Beslutet om gränsen", nullable=True),
        ),
    ),
    Table(
        "citat",
        "Ägarnas egna ord, ordagrant",
        ("citat_id",),
        (
            Column("citat_id", "VARCHAR", "Citatets id"),
            Column("plats", "VARCHAR", "Var i rapporten det står, t.ex. målbild, mätproblem eller styrkedja"),
            Column("text", "VARCHAR", "Citatet; en tom rad skiljer stycken"),
            *_SOURCE,
            _ORDER,
        ),
    ),
    Table(
        "instans",
        "Samverkansstrukturens instanser, i styrkedjans ordning",
        ("instans_id",),
        (
            Column("instans_id", "VARCHAR", "Instansens id"),
            Column("namn", "VARCHAR", "Instansens namn"),
            Column("kort", "VARCHAR", "Förkortning", nullable=True),
            Column("roll", "VARCHAR", "Vad instansen gör", nullable=True),
            Column("i_styrkedjan", "BOOLEAN", "Sant för ett led i styrkedjan"),
            Column("del_av_id", "VARCHAR", "Ledet som instansen är en del av", nullable=True),
            Column("kalla", "VARCHAR", "Dokumentet som det är hämtat ur", nullable=True),
            Column("kalla_diarienummer", "VARCHAR", "Dokumentets diarienummer", nullable=True),
            _ORDER,
        ),
    ),
    Table(
        "lansdel",
        "Länsdelarna, och om ägarna har bekräftat vilka kommuner som ingår; kommunerna står i omrade.lansdel",
        ("lansdel_id",),
        (
            Column("lansdel_id", "VARCHAR", "Länsdelens id"),
            Column("namn", "VARCHAR", "Länsdelens namn"),
            Column("bekraftad", "BOOLEAN", "Sant när ägarna har bekräftat indelningen"),
            Column("ordning", "INTEGER", "Ordning i kommuner.yaml, från 1"),
        ),
    ),
    Table(
        "fokusomrade",
        "Fokusområden med period",
        ("fokusomrade_id",),
        (
            Column("fokusomrade_id", "VARCHAR", "Fokusområdets id"),
            Column("namn", "VARCHAR", "Fokusområdets namn"),
            Column("fran_ar", "INTEGER", "Första året"),
            Column("till_ar", "INTEGER", "Sista året"),
            Column("beslut_id", "VARCHAR", "Beslutet", nullable=True),
            *_SOURCE,
            _ORDER,
        ),
    ),
    Table(
        "malsattning",
        "Fokusområdenas målsättningar, ordagrant, med läge",
        ("malsattning_id",),
        (
            Column("malsattning_id", "VARCHAR", "Målsättningens id"),
            Column("fokusomrade_id", "VARCHAR", "Fokusområdet"),
            Column("nummer", "INTEGER", "Nummer inom fokusområdet, från 1"),
            Column("text", "VARCHAR", "Målsättningen, ordagrant"),
            Column("hela_lanet", "BOOLEAN", "Sant när målsättningen säger att den gäller hela länet"),
            Column(
                "status",
                "VARCHAR",
                "ej påbörjad, planerad, test, breddinförs, i ordinarie drift eller avbruten; NULL = ej angiven",
                nullable=True,
            ),
            Column("belagg", "VARCHAR", "Vad läget bygger på", nullable=True),
            Column("belagg_adress", "VARCHAR", "Webbadress till underlaget", nullable=True),
            Column("kommuner_nadda", "INTEGER", "Antal av länets kommuner; NULL = ej angivet", nullable=True),
            Column("region_nadd", "BOOLEAN", "Om regionen är nådd; NULL = ej angivet", nullable=True),
            Column("lansdelar_nadda", "INTEGER", "Antal av länsdelarna; NULL = ej angivet", nullable=True),
            Column("nadda", "VARCHAR", "Vilka huvudmän och länsdelar som är nådda", nullable=True),
            Column("effekt_tidigast", "VARCHAR", "När en effekt tidigast kan avläsas", nullable=True),
        ),
    ),
    Table(
        "malsattning_indikator",
        "Vilka indikatorer en målsättning väntas påverka, enligt ett dokument",
        ("malsattning_id", "indikator_id"),
        (
            Column("malsattning_id", "VARCHAR", "Målsättningens id"),
            Column("indikator_id", "VARCHAR", "Indikatorns id"),
        ),
    ),
    Table(
        "satsning",
        "Gemensamma satsningar, uppdrag och ärenden, också de avslutade",
        ("satsning_id",),
        (
            _SATSNING,
            Column("namn", "VARCHAR", "Satsningens namn"),
            Column("slag", "VARCHAR", "satsning, uppdrag eller ärende"),
            Column("ansvarig_id", "VARCHAR", "Ansvarig instans; NULL = ej angiven", nullable=True),
            Column("lage", "VARCHAR", "Läget enligt dokumentet", nullable=True),
            Column(
                "status",
                "VARCHAR",
                "planerad, pågår, avslutad eller sammanslagen; NULL = ej angiven",
                nullable=True,
            ),
            Column("skal", "VARCHAR", "Varför den är avslutad eller sammanslagen", nullable=True),
            Column("sammanslagen_med_id", "VARCHAR", "Satsningen som den gått upp i", nullable=True),
            Column("start", "DATE", "När den började", nullable=True),
            Column("slut", "DATE", "När den slutade eller ska sluta", nullable=True),
            _met("krit_uppdrag", "Ett tydligt uppdrag och beslut från den grupp som leder arbetet"),
            _met("krit_resurser", "Avsatta resurser"),
            _met("krit_finansiering", "Ekonomi/finansiering är definierad"),
            _met("krit_plan", "Plan för uppföljning"),
            _met("krit_test", "Ett test inför breddinförande"),
            *_SOURCE,
            _ORDER,
        ),
    ),
    Table(
        "satsning_malsattning",
        "Vilka målsättningar en satsning bidrar till",
        ("satsning_id", "malsattning_id"),
        (
            _SATSNING,
            Column("malsattning_id", "VARCHAR", "Målsättningens id"),
            Column("beslut", "VARCHAR", "föreslagen eller beslutad av ägarna"),
        ),
    ),
    Table(
        "uppfoljningsmatt",
        "Vad satsningarna följs med, och vad det styr mot",
        ("uppfoljningsmatt_id",),
        (
            Column("uppfoljningsmatt_id", "VARCHAR", "Uppföljningsmåttets id"),
            _SATSNING,
            Column("namn", "VARCHAR", "Vad som mäts"),
            Column("typ", "VARCHAR", "process eller utfall"),
            Column("indikator_id", "VARCHAR", "Indikatorn som det styr mot", nullable=True),
            Column("matt_id", "VARCHAR", "Måttet som det styr mot", nullable=True),
            Column("nyckeltal_id", "VARCHAR", "Nyckeltalet som det läses i", nullable=True),
            Column("vantan", "VARCHAR", "Hur lång tid det väntas ta innan utfallet syns", nullable=True),
            Column("kalla", "VARCHAR", "Var uppgiften finns"),
            _ORDER,
        ),
    ),
    Table(
        "pdsa",
        "Satsningarnas cykler av PDSA: planera, göra, studera, agera",
        ("satsning_id", "cykel"),
        (
            _SATSNING,
            Column("cykel", "INTEGER", "Cykelns nummer, från 1"),
            Column("hypotes", "VARCHAR", "Vad som väntas hända", nullable=True),
            Column("planerad_matning", "VARCHAR", "Hur det ska mätas", nullable=True),
            Column("resultat", "VARCHAR", "Vad mätningen visade", nullable=True),
            Column("agera", "VARCHAR", "anta, anpassa eller avsluta", nullable=True),
        ),
    ),
    Table(
        "beslut",
        "Beslut och antecknade lägen, och när de ska återrapporteras",
        ("beslut_id",),
        (
            Column("beslut_id", "VARCHAR", "Beslutets id"),
            Column("datum", "DATE", "När"),
            Column("art", "VARCHAR", "beslut = instansen beslutade; läge = antecknat utan beslut"),
            Column("instans_id", "VARCHAR", "Vem; NULL = ej angivet", nullable=True),
            Column("vad", "VARCHAR", "Vad som beslutades eller antecknades"),
            Column("paragraf", "VARCHAR", "Paragraf i protokollet", nullable=True),
            Column("diarienummer", "VARCHAR", "Ärendets diarienummer", nullable=True),
            Column("anmarkning", "VARCHAR", "Vad läsaren behöver veta", nullable=True),
            *_SOURCE,
            Column("satsning_id", "VARCHAR", "Satsningen som det gäller", nullable=True),
            Column("aterrapporteras", "VARCHAR", "När det ska återrapporteras, med dokumentets ord", nullable=True),
            Column("aterrapporteras_senast", "DATE", "Sista dagen; NULL = ingen dag är angiven", nullable=True),
            Column("aterrapporterad", "DATE", "När det återrapporterades; NULL = inte antecknat", nullable=True),
            _ORDER,
        ),
    ),
    Table(
        "trygghetsvy",
        "Vad som visas tillsammans som trygga patienter",
        ("ordning",),
        (
            _ORDER,
            Column("nyckeltal_id", "VARCHAR", "Nyckeltalet, eller NULL när posten är ett mått", nullable=True),
            Column("matt_id", "VARCHAR", "Måttet, eller NULL när posten är ett nyckeltal", nullable=True),
            Column("belyser", "VARCHAR", "Vad det säger om trygghet"),
            Column("beslut", "VARCHAR", "föreslagen eller beslutad av ägarna"),
        ),
    ),
    Table(
        "kommentar",
        "Kommentarer av den grupp som leder arbetet: vad vet vi, vad tror vi, vad gör vi",
        ("objekt", "objekt_id", "uppfoljning_id"),
        (
            Column("objekt", "VARCHAR", "mått, indikator eller målområde"),
            Column("objekt_id", "VARCHAR", "Dess id"),
            Column("uppfoljning_id", "VARCHAR", "Uppföljningen"),
            Column("vet", "VARCHAR", "Vad vet vi", nullable=True),
            Column("tror", "VARCHAR", "Vad tror vi", nullable=True),
            Column("gor", "VARCHAR", "Vad gör vi", nullable=True),
            Column("forfattare", "VARCHAR", "Vem som står för texten"),
            Column("datum", "DATE", "När den skrevs"),
        ),
    ),
    Table(
        "fraga",
        "Frågor som bara ägarna kan svara på",
        ("fraga_id",),
        (
            Column("fraga_id", "VARCHAR", "Frågans id"),
            Column("fraga", "VARCHAR", "Frågan"),
            Column("status", "VARCHAR", "öppen eller besvarad"),
            Column("svar", "VARCHAR", "Svaret", nullable=True),
            Column("av", "VARCHAR", "Vem som svarade", nullable=True),
            Column("datum", "DATE", "När", nullable=True),
            _ORDER,
        ),
    ),
)
