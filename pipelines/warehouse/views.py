"""The views of the published database: the obvious questions of an analyst, one view each, nothing stored.

Here stands what a row of each view is and what each of its columns says; publication creates them after the tables.
Tables are `schema`; how the views are described to readers is `dictionary`. Filters on nyckeltal_id and omrade_id must
reach the tables: `make bench` tells what a question costs.
"""

from __future__ import annotations

from typing import Final

from pipelines.warehouse.ddl import View

# A value older than this many years before the last run is no answer to how things stand.
RECENT_YEARS: Final = 3
# With any other role a nyckeltal lies near the mått, or stands for it, and does not measure it.
_MEASURING = "('primär', 'efterträdare', 'komplement')"

_KPI = ("nyckeltal_id", "Nyckeltalets id i Kolada, t.ex. 'U21463'; lokala uppgifter börjar med L_")
_TITLE = ("titel", "Nyckeltalets titel enligt Kolada")
_UNIT = ("enhet", "Nyckeltalets enhet")
_DIRECTION = ("riktning", "högre = högre är bättre, lägre = lägre är bättre, ingen = utan riktning")
_AREA = ("omrade_id", "Områdets id, alltid text: kommun '0484', region '0004', riket '0000'")
_NAME = ("namn", "Områdets namn")
_KIND = ("typ", "kommun, region eller riket")
_SUB_COUNTY = ("lansdel", "Länsdel i länet; NULL för andra områden")
_OURS = ("i_malbild", "Sant för länets kommuner och region")
_GENDER = ("kon", "Kön: T totalt, K kvinnor, M män")
_ORIGINAL = ("originalvarde", "Koladas eget värde, där en korrigering gäller")
_CORRECTION = ("korrigering", "Ägarnas korrigering som gäller; NULL = oförändrat")
_PRELIMINARY = ("preliminart", "Sant om värdet är preliminärt enligt Koladas publiceringsdatum")
_SOURCE = ("kalla", "Varifrån värdet kommer: kolada, lokal, syntetisk eller annan adress")
_COUNTRY = ("riket", "Koladas publicerade värde för riket samma år; NULL för riket självt")
_COUNTY = ("lan_ovagt", "Ovägt medel av länets kommuner med värde samma år; NULL för regioner och riket")
_COUNTY_COUNT = ("lan_antal", "Antal av länets kommuner i det ovägda medlet")
_LIKE = ("liknande", "Ovägt medel av liknande områden samma år")
_MARGIN = ("osakerhet", "Koladas osäkerhetstal: intervallet är värde ± osäkerhet")
_LOW = ("nedre", "Intervallets nedre gräns, 95 %")
_HIGH = ("ovre", "Intervallets övre gräns, 95 %")
_INTERVAL = ("intervall", "Hur intervallet räknats: osäkerhetstal, Wilson, Byar eller inget; NULL för riket")
_RANK = ("plats", "Plats bland områden av samma typ, 1 = bäst, medelplats vid lika; NULL utan riktning")
_RANKED = ("antal_med_varde", "Antal områden av samma typ som har värde det året")
_BAND = ("band", "t.ex. bästa fjärdedelen, mellan, sämsta fjärdedelen; NULL under 20 områden och utan riktning")
_AGAINST = (
    "mot_riket",
    "bättre, sämre, högre eller lägre än riket (säkerställt på 99,8 %), ingen säkerställd skillnad, eller kan ej "
    "bedömas; NULL när riket saknar värde",
)
_REPEATED = (
    "Antal rader i vyn med samma nyckeltal för samma {}: det hör till flera mått eller indikatorer. Räkna det en gång"
)

NEWEST: Final = View(
    "senaste",
    "Senaste året med värde: en rad per nyckeltal, kommun, region eller riket, och kön. Jämförelser, riktning och "
    "förändring är egen bearbetning",
    ("nyckeltal_id", "omrade_id", "kon"),
    (
        _KPI,
        _TITLE,
        _UNIT,
        _DIRECTION,
        _AREA,
        _NAME,
        _KIND,
        _SUB_COUNTY,
        _OURS,
        _GENDER,
        ("ar", "Senaste året med värde"),
        ("varde", "Värdet det året, orundat"),
        ("status", "publicerad, ersatt, nyckeltal borttaget …; se matvarde"),
        _PRELIMINARY,
        _ORIGINAL,
        _CORRECTION,
        _COUNTRY,
        _COUNTY,
        _COUNTY_COUNT,
        _LIKE,
        ("basta_kvartil", "Gräns för bästa kvartilen; NULL utan riktning eller under 20 områden"),
        _RANK,
        _RANKED,
        _BAND,
        _AGAINST,
        _MARGIN,
        _LOW,
        _HIGH,
        _INTERVAL,
        ("trend", "förbättras, försämras, ökar, minskar, ingen säkerställd trend, för få mätningar eller ej prövad"),
        ("trend_orsak", "Varför ordet blev det"),
        ("lutning_per_ar", "Theil–Sens ändring per år i nyckeltalets enhet, efter det sista seriebrottet"),
        ("foregaende_ar", "Året med värde närmast före"),
        ("foregaende_varde", "Värdet det året"),
        ("seriebrott", "Sant om serien bryts mellan foregaende_ar och ar: åren kan inte jämföras"),
        ("forandring", "varde minus foregaende_varde; NULL över ett seriebrott. Inte prövad mot slumpen"),
        ("nyare_ar", "Seriens allra senaste år hos källan, när det saknar värde; NULL annars"),
        ("nyare_status", "Varför det året saknar värde: saknas, bortfall, sekretess …"),
        _SOURCE,
    ),
    frozenset(
        (
            "nyckeltal_id",
            "titel",
            "enhet",
            "riktning",
            "omrade_id",
            "namn",
            "typ",
            "i_malbild",
            "kon",
            "ar",
            "varde",
            "status",
            "preliminart",
            "seriebrott",
            "kalla",
        )
    ),
    """
    SELECT m.nyckeltal_id, n.titel, n.enhet, n.riktning, m.omrade_id, o.namn, o.typ, o.lansdel, o.i_malbild, m.kon,
        m.ar, m.varde, m.status, m.preliminart, m.originalvarde, m.korrigering,
        j.riket, j.lan_ovagt, j.lan_antal, j.liknande, j.basta_kvartil, j.plats, j.antal_med_varde, j.band,
        j.mot_riket, j.osakerhet, j.nedre, j.ovre, j.intervall,
        t.riktning AS trend, t.orsak AS trend_orsak, t.lutning_per_ar,
        f.ar AS foregaende_ar, f.varde AS foregaende_varde,
        -- A year that may belong to either side of a break belongs to none.
        coalesce(len(list_filter(b.brott, lambda x: f.ar < x.ar AND m.ar > x.sista_gamla_ar)) > 0, false)
            AS seriebrott,
        CASE WHEN NOT seriebrott THEN m.varde - f.varde END AS forandring,
        s.ar AS nyare_ar, s.status AS nyare_status, m.kalla
    FROM matvarde m
    JOIN omrade o USING (omrade_id)
    JOIN nyckeltal n USING (nyckeltal_id)
    LEFT JOIN jamforelse j USING (nyckeltal_id, omrade_id, ar, kon)
    LEFT JOIN trend t USING (nyckeltal_id, omrade_id, kon)
    LEFT JOIN (FROM matvarde WHERE nyast = 2) f USING (nyckeltal_id, omrade_id, kon)
    LEFT JOIN (FROM matvarde WHERE nyast = 0) s USING (nyckeltal_id, omrade_id, kon)
    LEFT JOIN (
        SELECT nyckeltal_id, list({'ar': ar, 'sista_gamla_ar': sista_gamla_ar}) AS brott
        FROM nyckeltal_brott GROUP BY ALL
    ) b USING (nyckeltal_id)
    WHERE m.nyast = 1 AND o.typ <> 'grupp'
    """,
)

DEVELOPMENT: Final = View(
    "utveckling",
    "Alla år: en rad per nyckeltal, kommun, region eller riket, kön och år. År utan värde är med: varde är NULL och "
    "status säger varför. Jämförelser är egen bearbetning",
    ("nyckeltal_id", "omrade_id", "ar", "kon"),
    (
        _KPI,
        _TITLE,
        _UNIT,
        _DIRECTION,
        _AREA,
        _NAME,
        _KIND,
        _SUB_COUNTY,
        _OURS,
        ("ar", "År"),
        _GENDER,
        ("varde", "Värdet, orundat; NULL = saknas, aldrig noll"),
        ("status", "publicerad, ersatt, saknas, bortfall, sekretess, nyckeltal borttaget …; se matvarde"),
        _PRELIMINARY,
        _ORIGINAL,
        _CORRECTION,
        _COUNTRY,
        _COUNTY,
        _COUNTY_COUNT,
        _LIKE,
        _MARGIN,
        _LOW,
        _HIGH,
        _INTERVAL,
        ("ny_serie", "Sant för första året efter ett seriebrott: dra ingen linje från åren före"),
        _SOURCE,
    ),
    frozenset(
        (
            "nyckeltal_id",
            "titel",
            "enhet",
            "riktning",
            "omrade_id",
            "namn",
            "typ",
            "i_malbild",
            "ar",
            "kon",
            "status",
            "preliminart",
            "ny_serie",
            "kalla",
        )
    ),
    """
    SELECT m.nyckeltal_id, n.titel, n.enhet, n.riktning, m.omrade_id, o.namn, o.typ, o.lansdel, o.i_malbild,
        m.ar, m.kon, m.varde, m.status, m.preliminart, m.originalvarde, m.korrigering,
        j.riket, j.lan_ovagt, j.lan_antal, j.liknande, j.osakerhet, j.nedre, j.ovre, j.intervall,
        b.ar IS NOT NULL AS ny_serie, m.kalla
    FROM matvarde m
    JOIN omrade o USING (omrade_id)
    JOIN nyckeltal n USING (nyckeltal_id)
    LEFT JOIN jamforelse j USING (nyckeltal_id, omrade_id, ar, kon)
    LEFT JOIN nyckeltal_brott b USING (nyckeltal_id, ar)
    WHERE o.typ <> 'grupp'
    """,
)

# Every cell of the målbild per huvudman, with its newest value and why there is none of late: what `kommunprofil` shows
# and `saknas` sums up.
_CELLS = f"""
    idag AS (SELECT year(max(startad)) AS ar FROM korning),
    -- Counted over ids alone, by id and name: a filter on either is applied first, and the words are joined last.
    rader AS (
        SELECT h.omrade_id, h.namn, h.typ, i.indikator_id, m.matt_id, k.nyckeltal_id, k.roll, k.beslut,
            row_number() OVER (
                PARTITION BY h.omrade_id, h.namn ORDER BY i.ordning, im.ordning NULLS FIRST, k.ordning NULLS FIRST
            ) AS ordning,
            count(*) OVER (PARTITION BY h.omrade_id, h.namn, k.nyckeltal_id) AS forekomster
        FROM omrade h
        CROSS JOIN indikator i
        LEFT JOIN indikator_matt im ON im.indikator_id = i.indikator_id
        LEFT JOIN matt m ON m.matt_id = im.matt_id
        LEFT JOIN (
            SELECT matt_id, nyckeltal_id, roll, beslut, ordning, niva
            FROM matt_nyckeltal JOIN nyckeltal USING (nyckeltal_id)
        ) k ON k.matt_id = m.matt_id AND (k.niva = 'A' OR k.niva = CASE h.typ WHEN 'kommun' THEN 'K' ELSE 'L' END)
        WHERE h.i_malbild AND (m.matt_id IS NULL OR k.nyckeltal_id IS NOT NULL OR m.huvudman IN ('båda', h.typ))
    ),
    celler AS (
        SELECT r.* EXCLUDE (forekomster),
            CASE WHEN r.nyckeltal_id IS NOT NULL THEN r.forekomster END AS forekomster,
            i.namn AS indikator, i.malomrade_id, i.lucka, m.namn AS matt, m.huvudman AS matt_huvudman, m.tackning,
            m.kalla_utanfor, n.titel, n.enhet, n.riktning, v.ar, v.varde, v.preliminart,
            CASE
                WHEN v.ar >= idag.ar - {RECENT_YEARS} THEN NULL
                WHEN r.matt_id IS NULL THEN 'mått saknas'
                WHEN r.nyckeltal_id IS NULL AND m.tackning = 'utanför kolada' THEN 'utanför Kolada'
                WHEN r.nyckeltal_id IS NULL THEN 'inget nyckeltal i Kolada'
                -- Local figures are never fetched; what was handed in says itself why a value is missing.
                WHEN n.i_katalogen IS NULL AND v.ar IS NULL AND u.ar IS NULL
                    THEN 'utanför Kolada: lokal uppgift ej lämnad'
                WHEN NOT n.foljs AND n.i_katalogen IS NOT NULL THEN 'nyckeltalet följs inte'
                WHEN n.obekraftad_titel IS NOT NULL THEN 'titel ej bekräftad'
                WHEN n.i_katalogen = false THEN 'nyckeltal saknas i katalogen'
                WHEN n.upphort_ar IS NOT NULL AND (v.ar IS NOT NULL OR u.ar IS NULL) THEN 'nyckeltal upphört'
                -- Kolada's own word 'saknas' says no more than that there is none.
                WHEN u.status = 'saknas' THEN 'värde saknas'
                WHEN u.status IS NOT NULL THEN 'värde saknas: ' || u.status
                WHEN v.ar IS NOT NULL THEN 'senaste värde äldre än {RECENT_YEARS} år'
                ELSE 'värde saknas: källan har inga rader'
            END AS orsak
        FROM rader r
        CROSS JOIN idag
        JOIN indikator i USING (indikator_id)
        LEFT JOIN matt m ON m.matt_id = r.matt_id
        LEFT JOIN nyckeltal n ON n.nyckeltal_id = r.nyckeltal_id
        LEFT JOIN matvarde v
            ON v.nyckeltal_id = r.nyckeltal_id AND v.omrade_id = r.omrade_id AND v.kon = 'T' AND v.nyast = 1
        LEFT JOIN matvarde u
            ON u.nyckeltal_id = r.nyckeltal_id AND u.omrade_id = r.omrade_id AND u.kon = 'T' AND u.nyast = 0
    )"""

PROFILE: Final = View(
    "kommunprofil",
    "Hela målbilden för en huvudman i målbildens ordning, totalt: en rad per indikator, mått och nyckeltal, även där "
    "inget värde finns. Ett nyckeltal kan stå på flera rader, se forekomster",
    ("omrade_id", "indikator_id", "matt_id", "nyckeltal_id"),
    (
        _AREA,
        _NAME,
        _KIND,
        ("ordning", "Radens ordning i målbilden, från 1 för varje huvudman"),
        ("malomrade", "Målområdets namn"),
        ("indikator_id", "Indikatorns id"),
        ("indikator", "Indikatorns namn"),
        ("matt_id", "Måttets id; NULL när indikatorn inte har något mått"),
        ("matt", "Måttets namn"),
        ("matt_huvudman", "Vems verksamhet måttet gäller: kommun, region eller båda"),
        ("tackning", "Hur Kolada täcker måttet"),
        ("nyckeltal_id", "Nyckeltalets id; NULL när inget nyckeltal för måttet gäller huvudmannen"),
        _TITLE,
        _UNIT,
        _DIRECTION,
        ("roll", "primär, efterträdare och komplement mäter måttet; närliggande och indirekt gör det inte"),
        ("beslut", "Om valet av nyckeltal är föreslaget eller beslutat av ägarna"),
        ("forekomster", _REPEATED.format("huvudman")),
        ("ar", "Senaste året med värde"),
        ("varde", "Värdet det året; NULL = inget värde finns, se orsak"),
        _PRELIMINARY,
        _COUNTRY,
        _COUNTY,
        _RANK,
        _RANKED,
        _BAND,
        _AGAINST,
        ("trend", "förbättras, försämras, ökar, minskar, ingen säkerställd trend, för få mätningar eller ej prövad"),
        ("mal", "Läget mot beslutat målvärde, t.ex. målvärde ej beslutat, målet är nått, i takt"),
        (
            "orsak",
            f"Varför inget värde från de senaste {RECENT_YEARS} åren kan visas, t.ex. värde saknas: sekretess; NULL "
            "när det kan det",
        ),
    ),
    frozenset(("omrade_id", "namn", "typ", "ordning", "malomrade", "indikator_id", "indikator")),
    f"""
    WITH {_CELLS}
    SELECT c.omrade_id, c.namn, c.typ, c.ordning, g.namn AS malomrade, c.indikator_id, c.indikator, c.matt_id, c.matt,
        c.matt_huvudman, c.tackning, c.nyckeltal_id, c.titel, c.enhet, c.riktning, c.roll, c.beslut, c.forekomster,
        c.ar, c.varde, c.preliminart, j.riket, j.lan_ovagt, j.plats, j.antal_med_varde, j.band, j.mot_riket,
        t.riktning AS trend, mal.status AS mal, c.orsak
    FROM celler c
    JOIN malomrade g USING (malomrade_id)
    LEFT JOIN jamforelse j
        ON j.nyckeltal_id = c.nyckeltal_id AND j.omrade_id = c.omrade_id AND j.kon = 'T' AND j.ar = c.ar
    LEFT JOIN trend t ON t.nyckeltal_id = c.nyckeltal_id AND t.omrade_id = c.omrade_id AND t.kon = 'T'
    LEFT JOIN mal ON mal.nyckeltal_id = c.nyckeltal_id AND mal.omrade_id = c.omrade_id AND mal.kon = 'T'
    """,
    prepared=True,
)

SUB_COUNTY_PROFILE: Final = View(
    "lansdelsprofil",
    "Länsdelarna, totalt: en rad per länsdel, mått och nyckeltal för kommuner, senaste året med värde i länsdelen. "
    "Ovägda medel; egen bearbetning",
    ("lansdel", "matt_id", "nyckeltal_id"),
    (
        ("lansdel", "Länsdelens namn; indelningen är ej bekräftad förrän ägarna beslutat"),
        ("matt_id", "Måttets id"),
        ("matt", "Måttets namn"),
        _KPI,
        _TITLE,
        _UNIT,
        _DIRECTION,
        ("roll", "primär, efterträdare, komplement, närliggande eller indirekt"),
        ("forekomster", _REPEATED.format("länsdel")),
        ("ar", "Senaste året med värde i någon av länsdelens kommuner"),
        ("medel_ovagt", "Ovägt medel av länsdelens kommuner med värde det året"),
        ("antal", "Antal av länsdelens kommuner i medlet: 0 när ingen har något värde"),
        ("antal_kommuner", "Antal kommuner i länsdelen"),
        ("lagst", "Lägsta kommunens värde"),
        ("lagst_kommun", "Kommunen som har det; vid lika den som kommer först i bokstavsordning"),
        ("hogst", "Högsta kommunens värde"),
        ("hogst_kommun", "Kommunen som har det; vid lika den som kommer först i bokstavsordning"),
        ("lan_ovagt", "Ovägt medel av länets alla kommuner med värde samma år"),
        ("lan_antal", "Antal av länets kommuner i det medlet"),
    ),
    frozenset(
        (
            "lansdel",
            "matt_id",
            "matt",
            "nyckeltal_id",
            "titel",
            "enhet",
            "riktning",
            "roll",
            "forekomster",
            "antal",
            "antal_kommuner",
        )
    ),
    """
    WITH kommuner AS (FROM omrade WHERE i_malbild AND typ = 'kommun' AND lansdel IS NOT NULL),
    lansdelar AS (SELECT lansdel, count(*) AS antal_kommuner FROM kommuner GROUP BY ALL),
    nyast AS (
        FROM lansdel_varde WHERE kon = 'T'
        QUALIFY ar = max(ar) OVER (PARTITION BY nyckeltal_id, lansdel)
    ),
    ytterst AS (
        SELECT y.nyckeltal_id, y.lansdel, min(v.varde) AS lagst, arg_min(o.namn, (v.varde, o.namn)) AS lagst_kommun,
            max(v.varde) AS hogst, arg_min(o.namn, (-v.varde, o.namn)) AS hogst_kommun
        FROM nyast y
        JOIN kommuner o USING (lansdel)
        JOIN matvarde v USING (nyckeltal_id, omrade_id, ar, kon)
        WHERE v.varde IS NOT NULL GROUP BY ALL
    )
    SELECT d.lansdel, m.matt_id, m.namn AS matt, k.nyckeltal_id, n.titel, n.enhet, n.riktning, k.roll,
        count(*) OVER (PARTITION BY d.lansdel, k.nyckeltal_id) AS forekomster,
        y.ar, y.medel_ovagt, coalesce(y.antal, 0) AS antal, d.antal_kommuner, x.lagst, x.lagst_kommun, x.hogst,
        x.hogst_kommun, s.medel AS lan_ovagt, s.antal AS lan_antal
    FROM lansdelar d
    CROSS JOIN matt m
    JOIN matt_nyckeltal k USING (matt_id)
    JOIN nyckeltal n USING (nyckeltal_id)
    LEFT JOIN nyast y ON y.nyckeltal_id = k.nyckeltal_id AND y.lansdel = d.lansdel
    LEFT JOIN ytterst x ON x.nyckeltal_id = k.nyckeltal_id AND x.lansdel = d.lansdel
    LEFT JOIN spridning s ON s.nyckeltal_id = k.nyckeltal_id AND s.ar = y.ar AND s.kon = 'T'
    WHERE n.niva IN ('K', 'A')
    """,
)

MISSING: Final = View(
    "saknas",
    "Vad som inte kan visas, och varför: en rad per huvudman och mått (eller indikator utan mått) utan något värde "
    f"från de senaste {RECENT_YEARS} åren i de nyckeltal som mäter måttet. Sekretess, bortfall och noll är skilda "
    "saker: en nolla är ett värde och står inte här",
    ("omrade_id", "matt_id", "indikatorer"),
    (
        _AREA,
        _NAME,
        _KIND,
        ("matt_id", "Måttets id; NULL när indikatorn inte har något mått"),
        ("matt", "Måttets namn"),
        ("indikatorer", "Indikatorerna som måttet följer"),
        ("tackning", "Hur Kolada täcker måttet"),
        (
            "orsak",
            "Ordet för det viktigaste nyckeltalet: t.ex. utanför Kolada, inget nyckeltal i Kolada, nyckeltal upphört, "
            f"värde saknas: sekretess, senaste värde äldre än {RECENT_YEARS} år, bara närliggande eller indirekta "
            "nyckeltal",
        ),
        ("finns_har", "Var uppgiften finns när Kolada inte har den, eller vad som fattas"),
        ("senaste_ar", "Senaste året med värde i de nyckeltal som mäter måttet; NULL = inget värde finns"),
        ("antal_nyckeltal", "Antal nyckeltal som mäter måttet och gäller huvudmannen"),
        ("antal_narliggande", "Antal närliggande och indirekta nyckeltal som har ett värde att visa i stället"),
    ),
    frozenset(("omrade_id", "namn", "typ", "indikatorer", "orsak", "antal_nyckeltal", "antal_narliggande")),
    f"""
    WITH {_CELLS},
    per_matt AS (
        SELECT omrade_id, namn, typ, matt_id, coalesce(matt_id, indikator_id) AS vad, any_value(matt) AS matt,
            string_agg(DISTINCT indikator, ', ' ORDER BY indikator) AS indikatorer, any_value(tackning) AS tackning,
            coalesce(any_value(kalla_utanfor), any_value(lucka)) AS finns_har,
            arg_min(orsak, ordning) FILTER (nyckeltal_id IS NULL) AS utan_nyckeltal,
            arg_min(orsak, ordning) FILTER (roll IN {_MEASURING}) AS orsak,
            max(ar) FILTER (roll IN {_MEASURING}) AS senaste_ar,
            count(DISTINCT nyckeltal_id) FILTER (roll IN {_MEASURING}) AS antal_nyckeltal,
            count(DISTINCT nyckeltal_id) FILTER (roll NOT IN {_MEASURING} AND varde IS NOT NULL) AS antal_narliggande,
            coalesce(bool_or(orsak IS NULL) FILTER (roll IN {_MEASURING}), false) AS visas
        FROM celler
        WHERE matt_id IS NULL OR matt_huvudman IN ('båda', typ)
        GROUP BY omrade_id, namn, typ, matt_id, vad
    )
    SELECT omrade_id, namn, typ, matt_id, matt, indikatorer, tackning,
        CASE
            WHEN orsak IS NOT NULL THEN orsak
            WHEN utan_nyckeltal IS NOT NULL THEN utan_nyckeltal
            WHEN tackning = 'utanför kolada' THEN 'utanför Kolada'
            ELSE 'bara närliggande eller indirekta nyckeltal'
        END AS orsak,
        finns_har, senaste_ar, antal_nyckeltal, antal_narliggande
    FROM per_matt
    WHERE NOT visas
    """,
)

CALENDAR: Final = View(
    "publiceringskalender",
    "När nyckeltalen som följs publiceras: en rad per nyckeltal, räknat från dagen för den senaste körningen. Datum "
    "och period är Koladas, läget är egen bearbetning",
    ("nyckeltal_id",),
    (
        _KPI,
        _TITLE,
        ("matt", "Måtten som nyckeltalet hör till; NULL när det inte hör till något"),
        ("publiceras", "Planerad publicering enligt Kolada"),
        ("preliminart_publiceras", "Planerad preliminär publicering enligt Kolada"),
        ("period", "Perioden som då publiceras, enligt Kolada"),
        ("senaste_ar", "Senaste året med värde för målbildens områden eller riket; NULL = inget värde finns"),
        (
            "lage",
            "väntas; försenad = datumet har passerat utan att perioden finns; publicerad = perioden finns; passerad = "
            "datumet har passerat men perioden är inget år och kan inte prövas; upphört; utan datum",
        ),
        ("per_dag", "Dagen som läget gäller: den senaste körningens"),
    ),
    frozenset(("nyckeltal_id", "titel", "lage", "per_dag")),
    """
    WITH nu AS (SELECT max(startad)::DATE AS per_dag FROM korning WHERE utfall = 'klar' OR observerad IS NOT NULL),
    ar_med_varde AS (
        SELECT v.nyckeltal_id, max(v.ar) AS senaste_ar, list(DISTINCT v.ar) AS ar
        FROM matvarde v JOIN omrade o USING (omrade_id)
        WHERE v.varde IS NOT NULL AND (o.i_malbild OR o.typ = 'riket') GROUP BY ALL
    ),
    hor_till AS (
        SELECT k.nyckeltal_id, string_agg(m.namn, '; ' ORDER BY m.ordning) AS matt
        FROM matt_nyckeltal k JOIN matt m USING (matt_id) GROUP BY ALL
    )
    SELECT n.nyckeltal_id, n.titel, h.matt, n.publiceras, n.preliminart_publiceras, n.publicering_period AS period,
        a.senaste_ar,
        CASE
            WHEN n.upphort_ar IS NOT NULL OR n.i_katalogen IS NOT DISTINCT FROM false THEN 'upphört'
            WHEN n.publiceras IS NULL THEN 'utan datum'
            WHEN list_contains(a.ar, try_cast(n.publicering_period AS INTEGER)) THEN 'publicerad'
            WHEN n.publiceras >= nu.per_dag THEN 'väntas'
            WHEN try_cast(n.publicering_period AS INTEGER) IS NULL THEN 'passerad'
            ELSE 'försenad'
        END AS lage,
        nu.per_dag
    FROM nyckeltal n CROSS JOIN nu
    LEFT JOIN ar_med_varde a USING (nyckeltal_id)
    LEFT JOIN hor_till h USING (nyckeltal_id)
    WHERE n.foljs
    """,
)

FINISHED_RUN: Final = View(
    "klar_korning",
    "Körningar som blev klara och lagrade något: en rad per körning; nyast = 1 är den som allt annat här kommer ur",
    ("korning_id",),
    (
        ("korning_id", "Körningens id"),
        ("nyast", "1 för den senaste, 2 för den före, …"),
        ("startad", "När den började (UTC)"),
        ("avslutad", "När den var klar (UTC): det som publicerades gäller då"),
        ("observerad", "Dess tid i revisionerna (UTC)"),
        ("kalla", "Varifrån uppgifterna är: kolada, syntetisk eller en annan källas adress"),
        ("fullstandig", "Allt som följs frågades det efter"),
        ("hel", "Allt hämtades helt, inte bara det som ändrats"),
        ("anrop", "Antal anrop till källan"),
        ("rader_hamtade", "Antal värden som kom"),
        ("kod_version", "Programmets version"),
    ),
    frozenset(("korning_id", "nyast", "startad", "avslutad", "observerad", "fullstandig", "hel")),
    # Without a partition DuckDB 1.5.5 finds a row of NULLs for nyast = 1 where there is no run.
    """
    SELECT korning_id, row_number() OVER (PARTITION BY utfall ORDER BY observerad DESC) AS nyast, startad, avslutad,
        observerad, kalla, fullstandig, hel, anrop, rader_hamtade, kod_version
    FROM korning
    WHERE utfall = 'klar' AND observerad IS NOT NULL
    """,
)

VIEWS: Final = (NEWEST, DEVELOPMENT, PROFILE, SUB_COUNTY_PROFILE, MISSING, CALENDAR, FINISHED_RUN)
