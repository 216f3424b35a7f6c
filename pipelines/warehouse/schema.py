"""Every table of the warehouse, defined once: columns, types, keys and Swedish comments.

DDL, DuckDB comments, pandera schemas (`frames`) and Dagster's column schemas are made from these
definitions, so that none of them can drift. Here is the shape only; how rows get in is `merge`, how the tables leave is
`publish`. No PRIMARY KEY constraints: keys are checked where rows are merged, and the same DDL then also runs on
engines that know no constraints.
"""

from __future__ import annotations

from dataclasses import dataclass

MAIN_TABLES_COMMENT = "Uppföljning av målbilden Nära vård i Sörmland"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: DuckDB type, Swedish comment, and whether NULL is a legal value in it."""

    name: str
    type: str
    comment: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key is unique and never NULL; `public` tables are published to analysts."""

    name: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    public: bool = True

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def ddl(self) -> str:
        """CREATE TABLE with NOT NULL where the column demands a value."""
        body = ", ".join(f"{c.name} {c.type}{'' if c.nullable else ' NOT NULL'}" for c in self.columns)
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({body})"

    def comment_statements(self) -> list[str]:
        """COMMENT ON for the table and each column."""
        return [
            f"COMMENT ON TABLE {self.name} IS {literal(self.comment)}",
            *(f"COMMENT ON COLUMN {self.name}.{c.name} IS {literal(c.comment)}" for c in self.columns),
        ]


@dataclass(frozen=True, slots=True)
class View:
    """A view or table macro of the published database, with its comment and the comments of its columns."""

    name: str
    comment: str
    sql: str
    columns: tuple[tuple[str, str], ...] = ()

    def comment_statements(self) -> list[str]:
        return [
            f"COMMENT ON VIEW {self.name} IS {literal(self.comment)}",
            *(f"COMMENT ON COLUMN {self.name}.{name} IS {literal(comment)}" for name, comment in self.columns),
        ]


def literal(text: str) -> str:
    """A SQL string literal (COMMENT ON takes no parameters)."""
    return "'" + text.replace("'", "''") + "'"


_NYCKELTAL = Column("nyckeltal_id", "VARCHAR", "Nyckeltalets id i Kolada, t.ex. 'U21463'")
_OMRADE = Column(
    "omrade_id", "VARCHAR", "Områdets id, alltid text: kommun '0484', region '0004', riket '0000', grupp 'G33614'"
)
_AR = Column("ar", "INTEGER", "År (Koladas period)")
_KON = Column("kon", "VARCHAR", "Kön: T totalt, K kvinnor, M män")
_KORNING = Column("korning_id", "VARCHAR", "Körningen som senast ändrade raden, se tabellen korning")

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
        "Vilka nyckeltal i Kolada som belyser vilket mått, och i vilken roll",
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
            Column("titel", "VARCHAR", "Titel enligt Kolada; enligt YAML när Kolada saknar nyckeltalet"),
            Column(
                "beskrivning",
                "VARCHAR",
                "Koladas beskrivning, oförändrad; NULL när nyckeltalet inte finns i katalogen",
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
            Column("jamforelsegrupp", "VARCHAR", "Ämnet för liknande kommuner eller regioner", nullable=True),
            Column("kalla", "VARCHAR", "Den ursprungliga källan bakom Kolada", nullable=True),
            Column("forbehall", "VARCHAR", "Förbehåll som läsaren ska känna till", nullable=True),
            Column("i_katalogen", "BOOLEAN", "Om nyckeltalet finns i Koladas katalog vid den senaste körningen"),
            Column("foljs", "BOOLEAN", "Om nyckeltalet hämtas (folj i indikatorer.yaml)"),
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
            Column("lansdel", "VARCHAR", "Länsdel i Sörmland (ej bekräftad förrän ägarna beslutat)", nullable=True),
            Column("i_malbild", "BOOLEAN", "Sant för de nio kommunerna och Region Sörmland"),
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
        "matvarde",
        "Gällande mätvärden. Källa: Kolada, oförändrade, när korning.kalla är kolada",
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
            Column("preliminart", "BOOLEAN", "Sant om värdet är preliminärt enligt publiceringsdatumen"),
            Column("kalla", "VARCHAR", "Varifrån värdet kommer: kolada, syntetisk eller annan adress"),
            Column("hamtad", "TIMESTAMP", "När svaret med värdets senaste ändring hämtades (UTC)"),
            _KORNING,
        ),
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
            Column("preliminart", "BOOLEAN", "Om värdet var preliminärt"),
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
            Column("riket", "DOUBLE", "Kolada publicerade värde för riket", nullable=True),
            Column(
                "lan_ovagt",
                "DOUBLE",
                "Ovägt medel av länets kommuner med värde; NULL för regionnyckeltal",
                nullable=True,
            ),
            Column("lan_antal", "INTEGER", "Antal av länets kommuner som har värde", nullable=True),
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
                "bästa fjärdedelen, mellan eller sämsta fjärdedelen; NULL under 20 områden",
                nullable=True,
            ),
            Column("osakerhet", "DOUBLE", "Koladas osäkerhetstal: intervallet är värde ± osäkerhet", nullable=True),
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
            Column("fran_ar", "INTEGER", "Första året i serien"),
            Column("till_ar", "INTEGER", "Sista året i serien"),
            Column("antal_ar", "INTEGER", "Antal år med värde"),
            Column("lutning_per_ar", "DOUBLE", "Ändring per år i nyckeltalets enhet", nullable=True),
            Column("p_varde", "DOUBLE", "p-värde för trendprovet", nullable=True),
            Column("riktning", "VARCHAR", "Ordet som rapporten visar"),
            Column("orsak", "VARCHAR", "Varför ordet blev det"),
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
            Column("rad", "JSON", "Det som kom"),
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
            Column("fullstandig", "BOOLEAN", "Sant om alla följda nyckeltal och områden hämtades helt"),
            Column("anrop", "INTEGER", "Antal anrop till Kolada"),
            Column("byte", "BIGINT", "Antal hämtade byte"),
            Column("rader_hamtade", "BIGINT", "Antal hämtade värden"),
            Column("nya", "BIGINT", "Nya värden"),
            Column("reviderade", "BIGINT", "Reviderade värden"),
            Column("borttagna", "BIGINT", "Borttagna värden"),
            Column("aterkomna", "BIGINT", "Återkomna värden"),
            Column("karantan", "BIGINT", "Värden som inte släpptes in"),
            Column("kod_version", "VARCHAR", "Programmets version"),
            Column("dagster_id", "VARCHAR", "Körningens id i Dagster", nullable=True),
        ),
    ),
    Table(
        "lager_info",
        "Vad lagret hör till",
        ("nyckel",),
        (Column("nyckel", "VARCHAR", "kalla, schema"), Column("varde", "VARCHAR", "Värde")),
        public=False,
    ),
)

BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}

# Table macros take no comment in DuckDB; the view list of the docs carries it instead.
MACROS: tuple[str, ...] = (
    """
    CREATE OR REPLACE MACRO matvarde_per(tidpunkt) AS TABLE
    SELECT nyckeltal_id, omrade_id, ar, kon, varde, antal, status, preliminart, kalla, hamtad, korning_id
    FROM (
        SELECT *, row_number() OVER (PARTITION BY nyckeltal_id, omrade_id, ar, kon ORDER BY observerad DESC) AS nr
        FROM matvarde_revision WHERE observerad <= tidpunkt
    ) WHERE nr = 1 AND handelse <> 'borttagen'
    """,
)
