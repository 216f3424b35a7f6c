"""Every table of the warehouse, defined once: columns, types, keys and Swedish comments.

DDL, DuckDB comments, pandera schemas (`frames`) and Dagster's column schemas are made from these
definitions, so that none of them can drift. Here is the shape only; how rows get in is `merge`, how the tables leave is
`publish`. The tables of aktiviteter.yaml are `activity_tables`, what has changed is `change_tables`.
"""

from __future__ import annotations

from pipelines.warehouse.activity_tables import ACTIVITY_TABLES
from pipelines.warehouse.change_tables import CHANGES, NET_CHANGES
from pipelines.warehouse.ddl import Column, Macro, Table

_NYCKELTAL = Column("nyckeltal_id", "VARCHAR", "Nyckeltalets id i Kolada, t.ex. 'U21463'; L_ och måttets id för lokala")
_OMRADE = Column(
    "omrade_id", "VARCHAR", "Områdets id, alltid text: kommun '0484', region '0004', riket '0000', grupp 'G33614'"
)
_AR = Column("ar", "INTEGER", "År (Koladas period)")
_KON = Column("kon", "VARCHAR", "Kön: T totalt, K kvinnor, M män")
_CORRECTION = (
    Column("originalvarde", "DOUBLE", "Koladas eget värde, där en korrigering gäller", nullable=True),
    Column(
        "korrigering", "VARCHAR", "Korrigeringen som gäller, se korrigeringar.yaml; NULL = oförändrat", nullable=True
    ),
)
_UPPFOLJNING = Column("uppfoljning_id", "VARCHAR", "Uppföljningens id, t.ex. 2026-host")
_KORNING = Column("korning_id", "VARCHAR", "Körningen som senast ändrade raden, se tabellen korning")

_AGAINST = (
    "Mot {}: bättre, sämre, högre eller lägre (säkerställt på 99,8 %), ingen säkerställd skillnad, eller kan ej "
    "bedömas, när någondera sidan saknar intervall"
)

# What Kolada's catalogue says of a KPI; kept in every version.
_CATALOGUE_COLUMNS = (
    Column("titel", "VARCHAR", "Titel enligt Kolada", nullable=True),
    Column("beskrivning", "VARCHAR", "Koladas beskrivning, oförändrad", nullable=True),
    Column("niva", "VARCHAR", "K kommun, L region, A båda", nullable=True),
    Column("konsuppdelat", "BOOLEAN", "Om värden för kvinnor och män kan finnas", nullable=True),
    Column("publiceras", "DATE", "Nästa planerade publicering enligt Kolada", nullable=True),
    Column("publicering_period", "VARCHAR", "Perioden som då publiceras", nullable=True),
    Column("preliminart_publiceras", "DATE", "Planerad preliminär publicering enligt Kolada", nullable=True),
    Column("titel_bekraftad", "BOOLEAN", "Om titeln var en av de bekräftade; annars hålls värdena", nullable=True),
    Column("i_katalogen", "BOOLEAN", "Om nyckeltalet fanns i katalogen"),
)

# Kolada marks no value as preliminary; its dates tell: the period to be published is preliminary from the preliminary
# publication until, not including, the final one. A period such as "2024/25" is no year and marks nothing.
_PRELIMINARY = """coalesce(m.ar = try_cast(n.publicering_period AS INTEGER)
    AND n.preliminart_publiceras <= {day} AND {day} < n.publiceras, false)"""
_STATUS_NOW = "CASE WHEN n.i_katalogen IS NOT DISTINCT FROM false THEN 'nyckeltal borttaget' ELSE m.status END"
# One pass over each series, newest year first.
_NEWNESS = """CASE WHEN varde IS NOT NULL THEN CAST(count(varde) OVER newest AS INTEGER)
    WHEN row_number() OVER newest = 1 THEN 0 END"""
_NEWEST_FIRST = """newest AS (
    PARTITION BY nyckeltal_id, omrade_id, kon ORDER BY ar DESC ROWS UNBOUNDED PRECEDING)"""

TABLES: tuple[Table, ...] = (
    Table(
        "malomrade",
        "Målbildens tre målområden",
        ("malomrade_id",),
        (
            Column("malomrade_id", "VARCHAR", "Målområdets id"),
            Column("namn", "VARCHAR", "Målområdets namn"),
            Column("beskrivning", "VARCHAR", "Målområdets beskrivning enligt målbilden"),
            Column("ordning", "INTEGER", "Ordning i målbilden, från 1"),
        ),
    ),
    Table(
        "indikator",
        "Målbildens sju indikatorer",
        ("indikator_id",),
        (
            Column("indikator_id", "VARCHAR", "Indikatorns id"),
            Column("malomrade_id", "VARCHAR", "Målområdet som indikatorn hör till"),
            Column("namn", "VARCHAR", "Indikatorns namn"),
            Column("definition", "VARCHAR", "Indikatorns definition enligt projektrapporten 2023"),
            Column("ordning", "INTEGER", "Ordning inom hela målbilden, från 1"),
            Column("lucka", "VARCHAR", "Vad som saknas när indikatorn inte har något mått", nullable=True),
            Column("fraga", "VARCHAR", "Frågan som indikatorn svarar på, på vanlig svenska", nullable=True),
        ),
    ),
    Table(
        "matt",
        "Målbildens 26 mått",
        ("matt_id",),
        (
            Column("matt_id", "VARCHAR", "Måttets id"),
            Column("namn", "VARCHAR", "Måttets namn enligt projektrapporten 2023"),
            Column("huvudman", "VARCHAR", "Vems verksamhet måttet gäller: kommun, region eller båda"),
            Column(
                "perspektiv",
                "VARCHAR",
                "Ur vems perspektiv: invånare, patient, brukare, register eller huvudmannens rapport",
            ),
            Column(
                "tackning",
                "VARCHAR",
                "Hur Kolada täcker måttet: kolada, brott, delvis, upphört, indirekt, utanför kolada eller saknas",
            ),
            Column("kalla_utanfor", "VARCHAR", "Var uppgiften finns när Kolada inte har den", nullable=True),
            Column("kommentar", "VARCHAR", "Vad läsaren behöver veta om valet av nyckeltal", nullable=True),
            Column("fraga", "VARCHAR", "Frågan som måttet svarar på, på vanlig svenska", nullable=True),
            Column("agare", "VARCHAR", "Vem som ansvarar för måttet; NULL = ej angiven", nullable=True),
            Column("ordning", "INTEGER", "Ordning i målbilden, från 1"),
        ),
    ),
    Table(
        "indikator_matt",
        "Vilka mått som följer vilken indikator; två mått hör till två indikatorer, Rehabiliterande har inget",
        ("indikator_id", "matt_id"),
        (
            Column("indikator_id", "VARCHAR", "Indikatorns id"),
            Column("matt_id", "VARCHAR", "Måttets id"),
            Column("ordning", "INTEGER", "Ordning inom indikatorn, från 1"),
        ),
    ),
    Table(
        "matt_nyckeltal",
        "Vilka nyckeltal som belyser vilket mått, och i vilken roll",
        ("matt_id", "nyckeltal_id"),
        (
            Column("matt_id", "VARCHAR", "Måttets id"),
            _NYCKELTAL,
            Column("roll", "VARCHAR", "primär, efterträdare, komplement, närliggande eller indirekt"),
            Column("beslut", "VARCHAR", "föreslagen eller beslutad av ägarna"),
            Column("ordning", "INTEGER", "Ordning inom måttet, från 1"),
        ),
    ),
    Table(
        "nyckeltal",
        "Nyckeltalen som följs, med Koladas uppgifter och ägarnas val",
        ("nyckeltal_id",),
        (
            _NYCKELTAL,
            Column(
                "titel",
                "VARCHAR",
                "Titel enligt Kolada; enligt YAML när Kolada saknar nyckeltalet eller det är lokalt",
            ),
            Column(
                "beskrivning",
                "VARCHAR",
                "Koladas beskrivning, oförändrad; NULL när nyckeltalet inte finns i katalogen. För lokala uppgifter "
                "vad som räknas",
                nullable=True,
            ),
            Column("enhet", "VARCHAR", "Enhet (Kolada har inget enhetsfält; satt i indikatorer.yaml)"),
            Column("riktning", "VARCHAR", "högre = högre är bättre, lägre = lägre är bättre, ingen = utan riktning"),
            Column("riktning_beslut", "VARCHAR", "Om riktningen är föreslagen eller beslutad av ägarna"),
            Column("niva", "VARCHAR", "K kommun, L region, A båda"),
            Column("konsuppdelat", "BOOLEAN", "Om värden för kvinnor och män kan finnas"),
            Column("upphort_ar", "INTEGER", "Sista året när nyckeltalet har upphört", nullable=True),
            Column("publiceras", "DATE", "Nästa planerade publicering enligt Kolada", nullable=True),
            Column("publicering_period", "VARCHAR", "Perioden som då publiceras", nullable=True),
            Column("preliminart_publiceras", "DATE", "Planerad preliminär publicering enligt Kolada", nullable=True),
            Column("osakerhet_nyckeltal_id", "VARCHAR", "Nyckeltalet som bär osäkerhetstalet", nullable=True),
            Column("eftertradare_id", "VARCHAR", "Nyckeltalet som tar vid; serierna skarvas aldrig", nullable=True),
            Column(
                "taljare_nyckeltal_id",
                "VARCHAR",
                "Nyckeltalet med täljaren, när värdet räknas ur kända antal",
                nullable=True,
            ),
            Column(
                "namnare_nyckeltal_id",
                "VARCHAR",
                "Nyckeltalet med nämnaren: vikten i ett vägt medel. NULL = inget vägt medel räknas",
                nullable=True,
            ),
            Column("per", "DOUBLE", "Värdet är per × täljare / nämnare, när antalen är kända", nullable=True),
            Column(
                "overlappande_ar",
                "INTEGER",
                "Antal år i varje värde när det är ett flerårsmedel: ingen trend prövas",
                nullable=True,
            ),
            Column(
                "underlag",
                "VARCHAR",
                "urval, totalundersökning, register eller egen redovisning: avgör om värdet har en osäkerhet",
                nullable=True,
            ),
            Column("jamforelsegrupp", "VARCHAR", "Ämnet för liknande kommuner eller regioner", nullable=True),
            Column("jamforelsegrupp_kommun", "VARCHAR", "Ämnet för liknande kommuner", nullable=True),
            Column("jamforelsegrupp_region", "VARCHAR", "Ämnet för liknande regioner", nullable=True),
            Column("kalla", "VARCHAR", "Den ursprungliga källan bakom Kolada eller en lokal uppgift", nullable=True),
            Column("forbehall", "VARCHAR", "Förbehåll som läsaren ska känna till", nullable=True),
            Column(
                "obekraftad_titel",
                "VARCHAR",
                "Koladas nuvarande titel när den inte är bekräftad: nya värden hålls, de senast bekräftade visas",
                nullable=True,
            ),
            Column(
                "i_katalogen",
                "BOOLEAN",
                "Om nyckeltalet finns i Koladas katalog vid den senaste körningen; NULL för lokala uppgifter",
                nullable=True,
            ),
            Column("foljs", "BOOLEAN", "Om nyckeltalet hämtas (folj i indikatorer.yaml)"),
        ),
    ),
    Table(
        "nyckeltal_brott",
        "Seriebrott: trend och mål räknas aldrig över dem",
        ("nyckeltal_id", "ar"),
        (
            _NYCKELTAL,
            Column("ar", "INTEGER", "Första året som säkert hör till den nya serien"),
            Column("sista_gamla_ar", "INTEGER", "Sista året som säkert hör till den gamla serien"),
            Column("orsak", "VARCHAR", "Vad som ändrades"),
        ),
    ),
    Table(
        "malvarde",
        "Målvärden som ägarna har beslutat eller föreslagit; bara beslutade räknas",
        ("nyckeltal_id",),
        (
            _NYCKELTAL,
            Column("malvarde", "DOUBLE", "Målvärdet i nyckeltalets enhet"),
            Column("mal_ar", "INTEGER", "Året då det ska vara nått"),
            Column("bas_ar", "INTEGER", "Året som takten räknas från"),
            Column("lagst", "DOUBLE", "Lägsta möjliga värde", nullable=True),
            Column("hogst", "DOUBLE", "Högsta möjliga värde", nullable=True),
            Column("beslut", "VARCHAR", "föreslagen eller beslutad"),
            Column("kalla", "VARCHAR", "Vem som har beslutat, när och i vilket ärende"),
        ),
    ),
    Table(
        "metod",
        "Reglerna som läge, riktning och mål räknas med, och i vilken version",
        ("regel",),
        (
            Column("regel", "VARCHAR", "läge, band, intervall, skillnad, riktning, riktning för länet, mål eller kön"),
            Column("version", "VARCHAR", "Regelns version"),
            Column("varde", "VARCHAR", "Inställning, där regeln har någon", nullable=True),
            Column("beskrivning", "VARCHAR", "Regeln i ord"),
        ),
    ),
    Table(
        "nyckeltal_version",
        "Vad Koladas katalog har sagt om ett nyckeltal, och från när; det senaste gäller",
        ("nyckeltal_id", "observerad"),
        (
            _NYCKELTAL,
            Column("observerad", "TIMESTAMP", "När malbild såg versionen (UTC)"),
            _KORNING,
            *_CATALOGUE_COLUMNS,
        ),
    ),
    Table(
        "omrade",
        "Områden: kommuner, regioner, riket och grupper",
        ("omrade_id",),
        (
            _OMRADE,
            Column("namn", "VARCHAR", "Områdets namn enligt Kolada"),
            Column("typ", "VARCHAR", "kommun, region, riket eller grupp"),
            Column("lansdel", "VARCHAR", "Länsdel i länet (ej bekräftad förrän ägarna beslutat)", nullable=True),
            Column("i_malbild", "BOOLEAN", "Sant för länets kommuner och region"),
        ),
    ),
    Table(
        "grupp_medlem",
        "Vilka områden som ingått i en grupp, och när: Kolada ritar om grupper under samma id",
        ("grupp_id", "omrade_id", "fran"),
        (
            Column("grupp_id", "VARCHAR", "Gruppens id, t.ex. 'G33614'"),
            Column("omrade_id", "VARCHAR", "Medlemmens id"),
            Column("fran", "TIMESTAMP", "När malbild först såg medlemskapet med denna titel (UTC)"),
            Column("titel", "VARCHAR", "Gruppens titel då"),
            Column("till", "TIMESTAMP", "När medlemskapet upphörde (UTC); NULL = gäller", nullable=True),
        ),
    ),
    Table(
        "huvudman_grupp",
        "Vilken grupp av liknande områden som gäller för en huvudman och ett ämne",
        ("omrade_id", "amne"),
        (
            _OMRADE,
            Column("amne", "VARCHAR", "Ämne, t.ex. äldreomsorg; se nyckeltal.jamforelsegrupp"),
            Column("grupp_id", "VARCHAR", "Gruppens id"),
        ),
    ),
    Table(
        "utgivare",
        "Vem som ger ut uppgifterna som öppna data (kommuner.yaml): en rad, eller ingen när det inte är bestämt",
        ("uri",),
        (
            Column("namn", "VARCHAR", "Organisationens namn"),
            Column("uri", "VARCHAR", "Organisationens beständiga adress, som identifierare"),
            Column("typ", "VARCHAR", "kommun, region, statlig myndighet eller ideell organisation"),
            Column("kontakt", "VARCHAR", "Funktionen som svarar på frågor"),
            Column("epost", "VARCHAR", "Funktionens e-postadress"),
            Column("adress", "VARCHAR", "Webbadressen där filerna läggs ut"),
            Column("licens", "VARCHAR", "Adressen till licensen som uppgifterna läggs ut under"),
        ),
    ),
    *ACTIVITY_TABLES,
    Table(
        "uppfoljning",
        "Uppföljningarna till nämnden, enligt uppfoljningar.yaml",
        ("uppfoljning_id",),
        (
            _UPPFOLJNING,
            Column("nr", "INTEGER", "Löpande nummer, från 1"),
            Column("namn", "VARCHAR", "Namnet på omslaget, t.ex. Höst 2026", nullable=True),
            Column("status", "VARCHAR", "utkast, fryst eller fastställd"),
            Column("as_of", "TIMESTAMP", "Tiden som uppgifterna gäller (UTC); NULL tills den fryses", nullable=True),
            Column("version", "INTEGER", "Senaste versionen; 1 när ingen rättelse är gjord"),
            Column("diarienummer", "VARCHAR", "Ärendets diarienummer", nullable=True),
            Column("dokumentnummer", "VARCHAR", "Dokumentets nummer i ärendet", nullable=True),
            Column("handlaggare", "VARCHAR", "Handläggare som på omslaget", nullable=True),
            Column("utskick", "DATE", "När handlingarna skickas till nämnden", nullable=True),
            Column("nsv_datum", "DATE", "Nämndens sammanträde", nullable=True),
            Column("faststalld", "DATE", "När den fastställdes", nullable=True),
        ),
    ),
    Table(
        "uppfoljning_mote",
        "Mötena i styrkedjan som behandlar en uppföljning",
        ("uppfoljning_id", "ordning"),
        (
            _UPPFOLJNING,
            Column("ordning", "INTEGER", "Ordning i styrkedjan, från 1"),
            Column("instans", "VARCHAR", "arbetsgrupp, beredningsgrupp, Länsstyrgruppen eller NSV"),
            Column("datum", "DATE", "Mötets dag"),
        ),
    ),
    Table(
        "uppfoljning_forslag",
        "Förslag till beslut, en rad per punkt",
        ("uppfoljning_id", "ordning"),
        (
            _UPPFOLJNING,
            Column("ordning", "INTEGER", "Punktens nummer, från 1"),
            Column("text", "VARCHAR", "Punktens ordalydelse"),
        ),
    ),
    Table(
        "uppfoljning_sammanfattning",
        "Godkända meningar per målområde; där de finns ersätter de rapportens automatiska",
        ("uppfoljning_id", "malomrade_id", "ordning"),
        (
            _UPPFOLJNING,
            Column("malomrade_id", "VARCHAR", "Målområdets id"),
            Column("ordning", "INTEGER", "Meningens nummer, från 1"),
            Column("mening", "VARCHAR", "Meningen som den är godkänd"),
            Column("godkand_av", "VARCHAR", "Vem som har godkänt den"),
            Column("datum", "DATE", "När den godkändes"),
        ),
    ),
    Table(
        "uppfoljning_rattelse",
        "Rättelser av fastställda uppföljningar: varje rättelse är en ny version, den fastställda ändras aldrig",
        ("uppfoljning_id", "version"),
        (
            _UPPFOLJNING,
            Column("version", "INTEGER", "Versionens nummer; den fastställda är 1"),
            Column("datum", "DATE", "När rättelsen gjordes"),
            Column("orsak", "VARCHAR", "Varför"),
        ),
    ),
    Table(
        "matvarde",
        "Gällande mätvärden. Källa: Kolada, oförändrade, när kalla är kolada och korrigering är NULL",
        ("nyckeltal_id", "omrade_id", "ar", "kon"),
        (
            _NYCKELTAL,
            _OMRADE,
            _AR,
            _KON,
            Column("varde", "DOUBLE", "Värdet, orundat; NULL = saknas (se status), aldrig noll", nullable=True),
            Column(
                "antal",
                "INTEGER",
                "Koladas count: antal områden bakom värdet (1 för ett enskilt område)",
                nullable=True,
            ),
            Column(
                "status",
                "VARCHAR",
                "publicerad, saknas, bortfall (Koladas Missing), sekretess (Private), 'okänd: …' eller "
                "nyckeltal borttaget",
            ),
            Column("preliminart", "BOOLEAN", "Sant om värdet är preliminärt enligt publiceringsdatumen", derived=True),
            Column(
                "nyast",
                "INTEGER",
                "1 = seriens senaste år med värde, 2 = året med värde före det, och så vidare; 0 = seriens allra "
                "senaste år, när det saknar värde; NULL = andra år utan värde",
                nullable=True,
                derived=True,
            ),
            *_CORRECTION,
            Column("kalla", "VARCHAR", "Varifrån värdet kommer: kolada, syntetisk, annan adress, eller lokal"),
            Column("hamtad", "TIMESTAMP", "När svaret med värdets senaste ändring hämtades (UTC)"),
            _KORNING,
        ),
        published_as=f"""
            SELECT m.* EXCLUDE (status), {_STATUS_NOW} AS status, {_PRELIMINARY.format(day="$dag")} AS preliminart,
                {_NEWNESS} AS nyast
            FROM lager.matvarde m LEFT JOIN lager.nyckeltal n USING (nyckeltal_id)
            WINDOW {_NEWEST_FIRST}
        """,
    ),
    Table(
        "matvarde_revision",
        "Varje ändring av varje värde, i ordning. Rader läggs till, ändras aldrig",
        ("nyckeltal_id", "omrade_id", "ar", "kon", "observerad"),
        (
            _NYCKELTAL,
            _OMRADE,
            _AR,
            _KON,
            Column("observerad", "TIMESTAMP", "När malbild såg ändringen (UTC), en tid per körning"),
            Column("handelse", "VARCHAR", "ny, reviderad, borttagen eller återkommen"),
            Column("varde", "DOUBLE", "Värdet efter ändringen", nullable=True),
            Column("antal", "INTEGER", "Koladas count efter ändringen", nullable=True),
            Column("status", "VARCHAR", "Status efter ändringen; borttagen när värdet togs bort"),
            Column("foregaende_varde", "DOUBLE", "Värdet före ändringen", nullable=True),
            Column("foregaende_status", "VARCHAR", "Status före ändringen", nullable=True),
            *_CORRECTION,
            Column("kalla", "VARCHAR", "Varifrån värdet kommer"),
            Column("hamtad", "TIMESTAMP", "När svaret hämtades (UTC)"),
            _KORNING,
        ),
    ),
    Table(
        "katalog_handelse",
        "Ändringar i Koladas katalog som rör det som följs",
        (),
        (
            Column("observerad", "TIMESTAMP", "När malbild såg ändringen (UTC)"),
            _KORNING,
            Column("objekt", "VARCHAR", "nyckeltal eller grupp"),
            Column("objekt_id", "VARCHAR", "Objektets id"),
            Column(
                "handelse",
                "VARCHAR",
                "t.ex. nyckeltal borttaget, nyckeltal saknas, ny titel, ny definition, grupp ändrad",
            ),
            Column("fore", "VARCHAR", "Före", nullable=True),
            Column("efter", "VARCHAR", "Efter", nullable=True),
        ),
    ),
    Table(
        "jamforelse",
        "Läge per nyckeltal, område, år och kön. Egen bearbetning",
        ("nyckeltal_id", "omrade_id", "ar", "kon"),
        (
            _NYCKELTAL,
            _OMRADE,
            _AR,
            _KON,
            Column("varde", "DOUBLE", "Områdets värde"),
            Column("riket", "DOUBLE", "Koladas publicerade värde för riket", nullable=True),
            Column(
                "lan_ovagt",
                "DOUBLE",
                "Ovägt medel av länets kommuner med värde; NULL för regionnyckeltal",
                nullable=True,
            ),
            Column("lan_antal", "INTEGER", "Antal av länets kommuner som har värde", nullable=True),
            Column(
                "lan_vagt",
                "DOUBLE",
                "Vägt medel av länets kommuner; bara där nyckeltalet har en nämnare",
                nullable=True,
            ),
            Column("lan_vagt_antal", "INTEGER", "Antal kommuner i det vägda medlet", nullable=True),
            Column(
                "lan_kolada",
                "DOUBLE",
                "Koladas eget värde för länet (regionen); blandas aldrig med medlen av kommuner",
                nullable=True,
            ),
            Column("liknande", "DOUBLE", "Ovägt medel av liknande områden med värde", nullable=True),
            Column("liknande_grupp_id", "VARCHAR", "Gruppen av liknande områden", nullable=True),
            Column("liknande_antal", "INTEGER", "Antal liknande områden som har värde", nullable=True),
            Column(
                "basta_kvartil",
                "DOUBLE",
                "Gräns för bästa kvartilen; NULL utan riktning eller under 20 områden",
                nullable=True,
            ),
            Column(
                "plats",
                "DOUBLE",
                "Plats bland områden av samma typ, 1 = bäst, medelplats vid lika; NULL utan riktning",
                nullable=True,
            ),
            Column("antal_med_varde", "INTEGER", "Antal områden av samma typ som har värde"),
            Column(
                "band",
                "VARCHAR",
                "t.ex. bästa fjärdedelen, mellan eller sämsta fjärdedelen (se metod); NULL under 20 områden och utan "
                "riktning",
                nullable=True,
            ),
            Column("osakerhet", "DOUBLE", "Koladas osäkerhetstal: intervallet är värde ± osäkerhet", nullable=True),
            Column("intervall", "VARCHAR", "Hur intervallet räknats: osäkerhetstal, Wilson, Byar eller inget"),
            Column("nedre", "DOUBLE", "Intervallets nedre gräns, 95 %", nullable=True),
            Column("ovre", "DOUBLE", "Intervallets övre gräns, 95 %", nullable=True),
            Column("intervall_orsak", "VARCHAR", "Varför det inte finns något intervall", nullable=True),
            Column("mot_riket", "VARCHAR", _AGAINST.format("riket"), nullable=True),
            Column("mot_lan", "VARCHAR", _AGAINST.format("länets ovägda medel"), nullable=True),
            Column("mot_liknande", "VARCHAR", _AGAINST.format("liknande områden"), nullable=True),
        ),
    ),
    Table(
        "trend",
        "Riktning per nyckeltal, område och kön. Egen bearbetning",
        ("nyckeltal_id", "omrade_id", "kon"),
        (
            _NYCKELTAL,
            _OMRADE,
            _KON,
            Column("fran_ar", "INTEGER", "Första året som räknas: efter det sista seriebrottet"),
            Column("till_ar", "INTEGER", "Sista året med värde"),
            Column("antal_ar", "INTEGER", "Antal år med värde, från fran_ar"),
            Column("s", "BIGINT", "Mann–Kendalls S: antal ökningar minus antal minskningar", nullable=True),
            Column("lutning_per_ar", "DOUBLE", "Theil–Sens ändring per år i nyckeltalets enhet", nullable=True),
            Column("p_varde", "DOUBLE", "Tvåsidigt p-värde enligt Mann–Kendall", nullable=True),
            Column(
                "riktning",
                "VARCHAR",
                "förbättras, försämras, ökar, minskar (utan riktning), ingen säkerställd trend, för få mätningar eller "
                "ej prövad",
            ),
            Column("orsak", "VARCHAR", "Varför ordet blev det"),
            Column("metod", "VARCHAR", "Regel och version, se metod"),
        ),
    ),
    Table(
        "lan_trend",
        "Riktning för länet per nyckeltal för kommuner och kön: ovägt medel av samma kommuner alla år. "
        "Egen bearbetning",
        ("nyckeltal_id", "kon"),
        (
            _NYCKELTAL,
            _KON,
            Column("fran_ar", "INTEGER", "Första året som räknas, av högst tio"),
            Column("till_ar", "INTEGER", "Sista året som räknas"),
            Column("antal_ar", "INTEGER", "Antal år som räknas: minst hälften av kommunerna har uppgift"),
            Column("antal_kommuner", "INTEGER", "Antal kommuner med uppgift alla de åren; medlet är deras"),
            Column("s", "BIGINT", "Mann–Kendalls S: antal ökningar minus antal minskningar", nullable=True),
            Column("lutning_per_ar", "DOUBLE", "Theil–Sens ändring per år i nyckeltalets enhet", nullable=True),
            Column("p_varde", "DOUBLE", "Tvåsidigt p-värde enligt Mann–Kendall", nullable=True),
            Column("riktning", "VARCHAR", "Som i trend; ej prövad när för få kommuner har uppgift alla år"),
            Column("orsak", "VARCHAR", "Varför ordet blev det"),
            Column("metod", "VARCHAR", "Regel och version, se metod"),
        ),
    ),
    Table(
        "mal",
        "Takt mot beslutat målvärde per nyckeltal under något mått och huvudman, totalt. Egen bearbetning",
        ("nyckeltal_id", "omrade_id", "kon"),
        (
            _NYCKELTAL,
            _OMRADE,
            _KON,
            Column("status", "VARCHAR", "Ordet som rapporten visar, t.ex. målvärde ej beslutat, målet är nått, i takt"),
            Column("malvarde", "DOUBLE", "Beslutat målvärde", nullable=True),
            Column("mal_ar", "INTEGER", "Året då det ska vara nått", nullable=True),
            Column("bas_ar", "INTEGER", "Året som takten räknas från", nullable=True),
            Column("bas_varde", "DOUBLE", "Värdet då", nullable=True),
            Column("ar", "INTEGER", "Senaste året med värde", nullable=True),
            Column("varde", "DOUBLE", "Värdet då", nullable=True),
            Column("gap", "DOUBLE", "Målvärdet minus senaste värdet", nullable=True),
            Column("kravd_takt", "DOUBLE", "Ändring per år som krävs från nu", nullable=True),
            Column("planerad_takt", "DOUBLE", "Ändring per år från basåret till målet", nullable=True),
            Column("observerad_takt", "DOUBLE", "Ändring per år sedan basåret (Theil–Sen)", nullable=True),
            Column("kvot", "DOUBLE", "Observerad takt delat med planerad", nullable=True),
            Column("prognos", "DOUBLE", "Värdet målåret med observerad takt, inom lägsta–högsta", nullable=True),
            Column("orsak", "VARCHAR", "Varför ordet blev det"),
            Column("metod", "VARCHAR", "Regel och version, se metod"),
        ),
    ),
    Table(
        "konsskillnad",
        "Skillnaden mellan kvinnor och män per nyckeltal, område och år. Egen bearbetning",
        ("nyckeltal_id", "omrade_id", "ar"),
        (
            _NYCKELTAL,
            _OMRADE,
            _AR,
            Column("kvinnor", "DOUBLE", "Värdet för kvinnor"),
            Column("man", "DOUBLE", "Värdet för män"),
            Column("skillnad", "DOUBLE", "Kvinnor minus män i nyckeltalets enhet"),
            Column("osakerhet", "DOUBLE", "Skillnadens osäkerhet; NULL när någon saknar osäkerhetstal", nullable=True),
            Column("bedomning", "VARCHAR", "säkerställd skillnad eller skillnaden kan bero på slump"),
        ),
    ),
    Table(
        "spridning",
        "Spridningen mellan målbildens kommuner per nyckeltal, år och kön. Egen bearbetning",
        ("nyckeltal_id", "ar", "kon"),
        (
            _NYCKELTAL,
            _AR,
            _KON,
            Column("antal", "INTEGER", "Antal kommuner med värde"),
            Column("lagst", "DOUBLE", "Lägsta värdet"),
            Column("hogst", "DOUBLE", "Högsta värdet"),
            Column("spannvidd", "DOUBLE", "Högsta minus lägsta; NULL för en enda kommun", nullable=True),
            Column("median", "DOUBLE", "Median av kommunernas värden"),
            Column("medel", "DOUBLE", "Ovägt medel av kommunernas värden"),
            Column("standardavvikelse", "DOUBLE", "Standardavvikelse (n - 1); NULL för en enda kommun", nullable=True),
        ),
    ),
    Table(
        "lansdel_varde",
        "Ovägt medel per länsdel, nyckeltal, år och kön. Egen bearbetning",
        ("nyckeltal_id", "lansdel", "ar", "kon"),
        (
            _NYCKELTAL,
            Column("lansdel", "VARCHAR", "Länsdelens namn"),
            _AR,
            _KON,
            Column("medel_ovagt", "DOUBLE", "Ovägt medel av länsdelens kommuner med värde"),
            Column("antal", "INTEGER", "Antal av länsdelens kommuner som har värde"),
            Column("antal_kommuner", "INTEGER", "Antal kommuner i länsdelen"),
        ),
    ),
    Table(
        "karantan",
        "Värden som inte släpptes in, med orsak",
        (),
        (
            _KORNING,
            Column("nyckeltal_id", "VARCHAR", "Nyckeltalets id som svaret uppgav", nullable=True),
            Column("omrade_id", "VARCHAR", "Områdets id som svaret uppgav", nullable=True),
            Column("ar", "INTEGER", "År", nullable=True),
            Column("kon", "VARCHAR", "Kön som svaret uppgav", nullable=True),
            Column("orsak", "VARCHAR", "Varför värdet inte släpptes in"),
            Column("antal", "INTEGER", "Antal värden som raden står för"),
            Column("rad", "JSON", "Det som kom; för lokala antal bara fil och cell"),
        ),
    ),
    Table(
        "korning",
        "Varje körning: när, varifrån, hur mycket och hur det gick",
        ("korning_id",),
        (
            Column("korning_id", "VARCHAR", "Körningens id"),
            Column("startad", "TIMESTAMP", "Start (UTC)"),
            Column("avslutad", "TIMESTAMP", "Slut (UTC)", nullable=True),
            Column("utfall", "VARCHAR", "pågår, klar, misslyckad eller avbruten"),
            Column("felmeddelande", "VARCHAR", "Vad som gick fel", nullable=True),
            Column("kalla", "VARCHAR", "kolada, syntetisk eller annan adress", nullable=True),
            Column(
                "observerad",
                "TIMESTAMP",
                "Körningens tid i matvarde_revision (UTC), senare än varje tidigare körnings",
                nullable=True,
            ),
            Column("fullstandig", "BOOLEAN", "Sant om alla följda nyckeltal och områden ingick"),
            Column("hel", "BOOLEAN", "Sant om alla år hämtades; falskt om bara ändringar efterfrågades"),
            Column("anrop", "INTEGER", "Antal anrop till Kolada"),
            Column("byte", "BIGINT", "Antal hämtade byte"),
            Column("rader_hamtade", "BIGINT", "Antal hämtade värden"),
            Column("nya", "BIGINT", "Nya värden"),
            Column("reviderade", "BIGINT", "Reviderade värden"),
            Column("borttagna", "BIGINT", "Borttagna värden"),
            Column("aterkomna", "BIGINT", "Återkomna värden"),
            Column("karantan", "BIGINT", "Värden som inte släpptes in"),
            Column("arkiv_byte", "BIGINT", "Så mycket växte det råa arkivet (komprimerat)"),
            Column("kod_version", "VARCHAR", "Programmets version"),
            Column("dagster_id", "VARCHAR", "Körningens id i Dagster", nullable=True),
        ),
    ),
    Table(
        "hamtlage",
        "När varje nyckeltal senast hämtades för varje område; flyttas i samma transaktion som sammanslagningen",
        ("nyckeltal_id", "omrade_id"),
        (
            _NYCKELTAL,
            _OMRADE,
            Column("hel", "TIMESTAMP", "Starten för körningen som senast hämtade alla år (UTC)"),
            Column("senast", "TIMESTAMP", "Starten för körningen som senast hämtade ändringar eller allt (UTC)"),
        ),
        public=False,
    ),
    Table(
        "hallet",
        "Vilka körningars svar som håller värden för ett nyckeltal vars titel inte är bekräftad",
        ("nyckeltal_id", "korning_id"),
        (
            _NYCKELTAL,
            Column("korning_id", "VARCHAR", "Körningen som hämtade dem, till det råa arkivet"),
            Column("titel", "VARCHAR", "Koladas titel då"),
            Column("observerad", "TIMESTAMP", "Körningens tid (UTC)"),
        ),
        public=False,
    ),
    Table(
        "lager_info",
        "Vad lagret hör till och vad som senast publicerades",
        ("nyckel",),
        (Column("nyckel", "VARCHAR", "kalla, publicerat eller korrigeringar"), Column("varde", "VARCHAR", "Värde")),
        public=False,
    ),
)

# What publication adds, beside CHANGES: it describes what is published, so the warehouse has none.
DICTIONARY = Table(
    "datakatalog",
    "Vad varje tabell, vy, funktion och kolumn här innehåller; samma text som kommentarerna i databasen",
    ("objekt", "kolumn_nummer"),
    (
        Column("objekt", "VARCHAR", "Tabellens, vyns eller funktionens namn"),
        Column("typ", "VARCHAR", "tabell, vy eller funktion"),
        Column("kolumn_nummer", "INTEGER", "Kolumnens ordning, från 1; 0 = raden om objektet självt"),
        Column("kolumn", "VARCHAR", "Kolumnens namn; NULL på raden om objektet självt", nullable=True),
        Column("datatyp", "VARCHAR", "Kolumnens datatyp i DuckDB", nullable=True),
        Column("nyckel", "BOOLEAN", "Sant om kolumnen ingår i nyckeln: en rad per nyckel", nullable=True),
        Column("far_saknas", "BOOLEAN", "Sant om kolumnen kan vara NULL", nullable=True),
        Column("beskrivning", "VARCHAR", "Vad objektet eller kolumnen innehåller"),
    ),
)

PUBLIC: tuple[Table, ...] = (*(table for table in TABLES if table.public), CHANGES, DICTIONARY)
BY_NAME: dict[str, Table] = {table.name: table for table in (*TABLES, CHANGES, DICTIONARY)}

# Table macros take no comment in DuckDB; `datakatalog` carries it instead.
MACROS: tuple[Macro, ...] = (
    Macro(
        "nyckeltal_per",
        "Vad Koladas katalog sade om varje nyckeltal vid en tidpunkt (UTC)",
        ("nyckeltal_id",),
        f"""
        SELECT nyckeltal_id, {", ".join(c.name for c in _CATALOGUE_COLUMNS)}, observerad
        FROM nyckeltal_version WHERE observerad <= tidpunkt
        QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1
        """,
        like="nyckeltal_version",
    ),
    Macro(
        "grupp_medlem_per",
        "Vilka områden som ingick i varje grupp vid en tidpunkt (UTC)",
        ("grupp_id", "omrade_id"),
        """
        SELECT grupp_id, omrade_id, titel, fran FROM grupp_medlem
        WHERE fran <= tidpunkt AND (till IS NULL OR till > tidpunkt)
        """,
        like="grupp_medlem",
    ),
    Macro(
        "matvarde_per",
        "Tabellen matvarde som den var känd vid en tidpunkt (UTC)",
        ("nyckeltal_id", "omrade_id", "ar", "kon"),
        f"""
        SELECT m.nyckeltal_id, m.omrade_id, m.ar, m.kon, m.varde, m.antal, {_STATUS_NOW} AS status,
            {_PRELIMINARY.format(day="CAST(tidpunkt AS DATE)")} AS preliminart, {_NEWNESS} AS nyast,
            m.originalvarde, m.korrigering, m.kalla, m.hamtad, m.korning_id
        FROM (
            FROM matvarde_revision WHERE observerad <= tidpunkt
            QUALIFY row_number() OVER (PARTITION BY nyckeltal_id, omrade_id, ar, kon ORDER BY observerad DESC) = 1
        ) m
        LEFT JOIN (
            FROM nyckeltal_version WHERE observerad <= tidpunkt
            QUALIFY row_number() OVER (PARTITION BY nyckeltal_id ORDER BY observerad DESC) = 1
        ) n USING (nyckeltal_id)
        WHERE m.handelse <> 'borttagen'
        WINDOW {_NEWEST_FIRST}
        """,
        like="matvarde",
    ),
    NET_CHANGES,
)
