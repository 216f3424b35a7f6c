"""A small published database with what is awkward about real ones, for the tests of the report.

Nine kommuner, the region and riket, and one mått of every kind. Gnesta never has a survey value, Trosa's newest is
suppressed, Flen's is a true zero, Vingåker's newest is lost to bortfall. U11111 is compared with a group of which only
Stockholm has values; Göteborg has left it.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.analysis.method import rules
from pipelines.warehouse.schema import schema

HOSTILE = (
    "</script><script>alert('x')</script> & \"citat\" <img src=http://ond.example/x.png onerror=alert(1)> "
    "👩‍⚕️ {{ 7*7 }} " + "långtitel " * 40
)[:400]
KOMMUNER = {
    "0484": ("Eskilstuna", "Norra länsdelen"),
    "0486": ("Strängnäs", "Norra länsdelen"),
    "0482": ("Flen", "Västra länsdelen"),
    "0483": ("Katrineholm", "Västra länsdelen"),
    "0428": ("Vingåker", "Västra länsdelen"),
    "0461": ("Gnesta", "Södra länsdelen"),
    "0480": ("Nyköping", "Södra länsdelen"),
    "0481": ("Oxelösund", "Södra länsdelen"),
    "0488": ("Trosa", "Södra länsdelen"),
}
REGION, RIKET, GNESTA, TROSA, FLEN, VINGAKER = "0004", "0000", "0461", "0488", "0482", "0428"

FIRST_RUN, LAST_RUN = datetime(2026, 10, 1, 2, 30), datetime(2026, 11, 21, 23, 30)

SIMILAR, SIMILAR_TITLE = "G176520", "Liknande kommuner äldreomsorg, Eskilstuna, 2024"

# id: titel, enhet, riktning, nivå, more columns
KPIS: dict[str, tuple[str, str, str, str, dict[str, object]]] = {
    "U11111": (
        "Delaktighet i hemtjänst, andel (%)",
        "%",
        "högre",
        "K",
        {"osakerhet_nyckeltal_id": "U11119", "forbehall": "Få har svarat."},
    ),
    "U22222": (
        "Delaktighet i primärvård, index (-2024)",
        "index 0–100",
        "högre",
        "L",
        {"upphort_ar": 2024, "eftertradare_id": "N33333"},
    ),
    "N33333": ("Delaktighet på vårdcentral, medelvärde", "medelvärde 0–1", "högre", "L", {"i_katalogen": False}),
    "N44444": (
        HOSTILE,
        "antal per 100 000 invånare",
        "lägre",
        "A",
        {"beskrivning": HOSTILE, "kalla": HOSTILE, "forbehall": HOSTILE},
    ),
    "U55555": ("SIP med video finns", "kod 0, 1 eller 2", "högre", "K", {}),
    "U66666": ("Rökning bland gravida, andel (%)", "%", "lägre", "K", {}),
    "N77777": ("Videomöten med vården, andel (%)", "%", "ingen", "L", {}),
    "U88888": ("Bemötande, andel (%)", "%", "högre", "K", {}),
    "U99999": ("Våld, antal", "antal", "ingen", "K", {}),
}
# matt_id: namn, huvudman, perspektiv, täckning, nyckeltal with roles
MATT: dict[str, tuple[str, str, str, str, list[tuple[str, str]]]] = {
    "brukare": (
        "Brukarrapporterad delaktighet, kommun",
        "kommun",
        "brukare",
        "kolada",
        [("U11111", "primär"), ("U88888", "komplement"), ("N44444", "närliggande")],
    ),
    "patient": (
        "Patientrapporterad delaktighet, region",
        "region",
        "patient",
        "brott",
        [("U22222", "primär"), ("N33333", "efterträdare")],
    ),
    "sip": (
        "Antal Samordnad individuell plan (SIP)",
        "båda",
        "huvudmannens rapport",
        "indirekt",
        [("U55555", "indirekt")],
    ),
    "kontakter": (
        "Samordning av vårdkontakter",
        "båda",
        "patient",
        "delvis",
        [("U11111", "komplement"), ("U22222", "primär"), ("U88888", "primär")],
    ),
    "distans": ("Rapporterade distansbesök, region", "region", "register", "utanför kolada", [("N77777", "indirekt")]),
    "fall": ("Fallskador bland äldre", "båda", "register", "kolada", [("N44444", "primär")]),
    "rokning": (
        "Alkohol, narkotika, dopning, tobak och spel (ANDTS)",
        "kommun",
        "invånare",
        "kolada",
        [("U66666", "primär")],
    ),
    "ny": ("Nytt mått", "region", "register", "kolada", [("N33333", "primär")]),
    "vald": ("Våldsutsatthet", "båda", "invånare", "saknas", [("U99999", "indirekt")]),
}
INDIKATORER = [
    ("delaktighet", "tillsammans", "Delaktighet", ["patient", "brukare"]),
    ("samordning", "tillsammans", "Samordning", ["sip", "kontakter"]),
    ("tillganglighet", "nara", "Tillgänglighet", ["distans", "ny"]),
    ("kontinuitet", "nara", "Kontinuitet", ["kontakter"]),
    ("halsoframjande", "god_halsa", "Hälsofrämjande", ["rokning"]),
    ("forebyggande", "god_halsa", "Förebyggande", ["fall", "vald"]),
    ("rehabiliterande", "god_halsa", "Rehabiliterande", []),
]


def build(path: Path, *, source: str = "kolada", complete: bool = True) -> Path:
    """Write the database to `path`; `source` as in `korning.kalla`."""
    connection = duckdb.connect(str(path))
    try:
        for table in schema().published:
            connection.execute(table.ddl(published=True))
        for relation in (*schema().views.values(), *schema().macros.values()):
            connection.execute(relation.ddl())
        _content(connection)
        _areas(connection)
        _runs(connection, source, complete)
        _values(connection, source)
        _derived(connection)
    finally:
        connection.close()
    return path


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, object]]) -> None:
    """Rows as dicts; columns that are left out are NULL."""
    types = {column.name: column.type for column in schema().tables[table].columns.values()}
    for row in rows:
        names = ", ".join(row)
        slots = ", ".join(f"CAST(${n} AS {types[name]})" for n, name in enumerate(row, start=1))
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({slots})", list(row.values()))


def _content(connection: duckdb.DuckDBPyConnection) -> None:
    goals = [
        ("tillsammans", "Tillsammans", "genom delaktighet och samordning med individens fokus"),
        ("nara", "Nära", "genom tillgänglighet och kontinuitet"),
        ("god_halsa", "God hälsa, vård och omsorg", "genom hälsofrämjande, förebyggande och rehabiliterande insatser"),
    ]
    insert(
        connection,
        "malomrade",
        [{"malomrade_id": i, "namn": n, "beskrivning": b, "ordning": o} for o, (i, n, b) in enumerate(goals, start=1)],
    )
    for order, (indicator, goal, name, measures) in enumerate(INDIKATORER, start=1):
        gap = None if measures else "Det saknas förslag för indikatorn rehabilitering."
        row = {
            "indikator_id": indicator,
            "malomrade_id": goal,
            "namn": name,
            "definition": f"vad {name.lower()} är.",
            "ordning": order,
        }
        insert(connection, "indikator", [{**row, "lucka": gap}])
        insert(
            connection,
            "indikator_matt",
            [{"indikator_id": indicator, "matt_id": m, "ordning": n} for n, m in enumerate(measures, start=1)],
        )
    for order, (matt_id, (name, principal, perspective, coverage, kpis)) in enumerate(MATT.items(), start=1):
        row = {
            "matt_id": matt_id,
            "namn": name,
            "huvudman": principal,
            "perspektiv": perspective,
            "tackning": coverage,
            "ordning": order,
        }
        outside = "regionens vårddatalager" if coverage == "utanför kolada" else None
        insert(connection, "matt", [{**row, "kalla_utanfor": outside, "kommentar": f"Om valet för {matt_id}."}])
        insert(
            connection,
            "matt_nyckeltal",
            [
                {"matt_id": matt_id, "nyckeltal_id": k, "roll": role, "beslut": "föreslagen", "ordning": n}
                for n, (k, role) in enumerate(kpis, start=1)
            ],
        )
    for kpi_id, (title, unit, direction, level, more) in KPIS.items():
        defaults: dict[str, object] = {
            "nyckeltal_id": kpi_id,
            "titel": title,
            "beskrivning": "Så mäts det.",
            "enhet": unit,
            "riktning": direction,
            "riktning_beslut": "föreslagen",
            "niva": level,
            "konsuppdelat": True,
            "publiceras": date(2027, 2, 5),
            "publicering_period": "2026",
            "kalla": "Socialstyrelsen",
            "i_katalogen": True,
            "foljs": True,
        }
        insert(connection, "nyckeltal", [{**defaults, **more}])


def _areas(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[dict[str, object]] = [
        {"omrade_id": i, "namn": n, "typ": "kommun", "lansdel": part, "i_malbild": True}
        for i, (n, part) in KOMMUNER.items()
    ]
    rows += [
        {"omrade_id": REGION, "namn": "Region Sörmland", "typ": "region", "i_malbild": True},
        {"omrade_id": RIKET, "namn": "Riket", "typ": "riket", "i_malbild": False},
        {"omrade_id": "0180", "namn": "Stockholm", "typ": "kommun", "i_malbild": False},
        {"omrade_id": "0380", "namn": "Uppsala", "typ": "kommun", "i_malbild": False},
        {"omrade_id": "1480", "namn": "Göteborg", "typ": "kommun", "i_malbild": False},
        {"omrade_id": SIMILAR, "namn": SIMILAR_TITLE, "typ": "grupp", "i_malbild": False},
    ]
    insert(connection, "omrade", rows)
    parts = list(dict.fromkeys(part for _, part in KOMMUNER.values()))
    insert(
        connection,
        "lansdel",
        [
            {"lansdel_id": f"del{n}", "namn": part, "bekraftad": False, "ordning": n}
            for n, part in enumerate(parts, start=1)
        ],
    )
    insert(
        connection, "lan", [{"lan": "Södermanlands län", "malbild_ar": 2035, "definitioner_kalla": "projektrapporten"}]
    )
    board = "Nämnden för samverkan kring socialtjänst och vård (NSV)"
    insert(connection, "rapport", [{"titel": "Uppföljning av Nära vård i Sörmland", "namnd": board}])
    insert(
        connection,
        "grupp_medlem",
        [
            {"grupp_id": SIMILAR, "omrade_id": "0180", "fran": FIRST_RUN, "titel": SIMILAR_TITLE},
            {"grupp_id": SIMILAR, "omrade_id": "0380", "fran": LAST_RUN, "titel": SIMILAR_TITLE},
            {"grupp_id": SIMILAR, "omrade_id": "1480", "fran": FIRST_RUN, "titel": "Äldre titel", "till": LAST_RUN},
        ],
    )


def _runs(connection: duckdb.DuckDBPyConnection, source: str, complete: bool) -> None:
    counts = dict.fromkeys(
        ("anrop", "byte", "rader_hamtade", "nya", "reviderade", "borttagna", "aterkomna", "karantan"), 12345
    )
    common = {"hel": True, "arkiv_byte": 0, **counts, "kalla": source, "kod_version": "1.2.3"}
    first = {
        "korning_id": "k-1",
        "startad": datetime(2026, 10, 1, 2, 0),
        "avslutad": FIRST_RUN,
        "observerad": datetime(2026, 10, 1, 2, 0),
        "utfall": "klar",
        "fullstandig": True,
    }
    last = {
        "korning_id": "k-2",
        "startad": datetime(2026, 11, 21, 23, 0),
        "avslutad": LAST_RUN,
        "observerad": datetime(2026, 11, 21, 23, 0),
        "utfall": "klar",
        "fullstandig": complete,
    }
    failed = {
        "korning_id": "k-3",
        "startad": datetime(2026, 11, 22, 23, 0),
        "avslutad": datetime(2026, 11, 22, 23, 5),
        "utfall": "misslyckad",
        "fullstandig": False,
    }
    insert(connection, "korning", [{**run, **common} for run in (first, last, failed)])
    insert(
        connection,
        "karantan",
        [
            {"korning_id": "k-1", "nyckeltal_id": "U11111", "orsak": "orimligt år", "antal": 1200, "rad": "{}"},
            {"korning_id": "k-2", "nyckeltal_id": "U11111", "orsak": "orimligt år", "antal": 34, "rad": "{}"},
            {"korning_id": "k-2", "nyckeltal_id": "U88888", "orsak": "okänt <b>kön</b>", "antal": 5, "rad": "{}"},
        ],
    )
    insert(
        connection,
        "katalog_handelse",
        [
            event("k-1", "nyckeltal", "N33333", "nyckeltal saknas", None, "Delaktighet på vårdcentral, medelvärde"),
            event("k-3", "nyckeltal", "U88888", "nyckeltal borttaget", "Bemötande, andel (%)", None),
        ],
    )


def event(
    run_id: str, kind: str, object_id: str, what: str, before: str | None, after: str | None
) -> dict[str, object]:
    """A row of `katalog_handelse`, seen by one of the runs k-1, k-2 (finished) and k-3 (failed)."""
    seen = {"k-1": FIRST_RUN, "k-2": LAST_RUN, "k-3": datetime(2026, 11, 22, 23, 5)}[run_id]
    told = {"objekt": kind, "objekt_id": object_id, "handelse": what, "fore": before, "efter": after}
    return {"observerad": seen, "korning_id": run_id, **told}


def observations() -> list[tuple[str, str, int, str, float | None, str]]:
    """nyckeltal_id, omrade_id, ar, kon, varde, status, as the last run left them."""
    rows: list[tuple[str, str, int, str, float | None, str]] = []
    for n, area in enumerate([*KOMMUNER, RIKET, "0180"]):
        for year in range(2019, 2026):
            if area == GNESTA:
                continue
            value: float | None = 60.25 + n * 3 + (year - 2019) * 0.55
            status = "publicerad"
            if (area, year) == (TROSA, 2025):
                value, status = None, "sekretess"
            if (area, year) == (VINGAKER, 2025):
                value, status = None, "bortfall"
            if (area, year) == (FLEN, 2025):
                value = 0.0
            rows.append(("U11111", area, year, "T", value, status))
            rows += [
                ("U11111", area, year, gender, value and value + step, status) for gender, step in (("K", 1), ("M", -1))
            ]
            rows.append(("U11119", area, year, "T", 4.5, "publicerad"))
            rows.append(("U88888", area, year, "T", 80.0 + n, "publicerad"))
            rows.append(("U66666", area, year, "K", 10.0 + n, "publicerad"))
            if year > 2023:
                rows.append(("U55555", area, year, "T", float(n % 3), "publicerad"))
    for year in (2020, 2022, 2024):
        rows.append(("U22222", REGION, year, "T", -12.345 + year - 2020, "publicerad"))
        rows.append(("U22222", RIKET, year, "T", 71.0, "publicerad"))
    for area, value in zip(
        [*KOMMUNER, REGION, RIKET], [1e9, 3.262e-05, 2453.4, -7.5, 12, 99, 1500, 3, 4, 5, 2500], strict=True
    ):
        rows.append(("N44444", area, 2024, "T", float(value), "publicerad"))
    return rows


def _values(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    frame = pl.DataFrame(
        observations(),
        schema=["nyckeltal_id", "omrade_id", "ar", "kon", "varde", "status"],
        orient="row",
        infer_schema_length=None,
    ).with_columns(
        antal=pl.lit(1),
        preliminart=(pl.col("nyckeltal_id") == "U22222") & (pl.col("ar") == 2024),
        kalla=pl.lit(source),
        hamtad=pl.lit(LAST_RUN),
        korning_id=pl.lit("k-2"),
    )
    connection.register("varden", frame)
    connection.execute("INSERT INTO matvarde BY NAME SELECT * FROM varden")
    connection.unregister("varden")


def _derived(connection: duckdb.DuckDBPyConnection) -> None:
    connection.executemany("INSERT INTO metod VALUES ($1, $2, $3, $4)", rules("fjärdedelar"))
    connection.execute("""
        INSERT INTO jamforelse BY NAME
        SELECT v.nyckeltal_id, v.omrade_id, v.ar, v.kon, v.varde,
               CASE WHEN o.typ = 'kommun' THEN avg(v.varde) FILTER (i_lanet) OVER cell END AS lan_ovagt,
               CASE WHEN o.typ = 'kommun' THEN count(v.varde) FILTER (i_lanet) OVER cell END AS lan_antal,
               rank() OVER (PARTITION BY v.nyckeltal_id, v.ar, v.kon, o.typ ORDER BY v.varde DESC) AS plats,
               count(*) OVER (PARTITION BY v.nyckeltal_id, v.ar, v.kon, o.typ) AS antal_med_varde,
               'mellan' AS band, u.varde AS osakerhet, v.varde - u.varde AS nedre, v.varde + u.varde AS ovre,
               CASE WHEN u.varde IS NULL THEN 'inget' ELSE 'osäkerhetstal' END AS intervall,
               CASE WHEN v.nyckeltal_id = 'U11111' THEN 61.5 END AS liknande,
               CASE WHEN v.nyckeltal_id = 'U11111' THEN 1 END AS liknande_antal,
               CASE WHEN v.nyckeltal_id = 'U11111' THEN 'G176520' END AS liknande_grupp_id
        FROM matvarde v
        JOIN (SELECT *, i_malbild AND typ = 'kommun' AS i_lanet FROM omrade) o USING (omrade_id)
        LEFT JOIN nyckeltal n USING (nyckeltal_id)
        LEFT JOIN matvarde u ON u.nyckeltal_id = n.osakerhet_nyckeltal_id
             AND u.omrade_id = v.omrade_id AND u.ar = v.ar AND u.kon = v.kon
        WHERE v.varde IS NOT NULL AND o.typ IN ('kommun', 'region')
        WINDOW cell AS (PARTITION BY v.nyckeltal_id, v.ar, v.kon)
    """)
    connection.execute("""
        INSERT INTO trend BY NAME
        SELECT nyckeltal_id, omrade_id, kon, min(ar) AS fran_ar, max(ar) AS till_ar, count(*) AS antal_ar,
               CASE WHEN omrade_id = '0484' THEN 'ökar' ELSE 'ingen säkerställd trend' END AS riktning,
               1.25 AS lutning_per_ar,
               'prövad' AS orsak, 'riktning 1' AS metod
        FROM matvarde WHERE varde IS NOT NULL GROUP BY ALL
    """)
    connection.execute("""
        INSERT INTO lan_trend BY NAME
        SELECT nyckeltal_id, kon, min(ar) AS fran_ar, max(ar) AS till_ar, count(DISTINCT ar) AS antal_ar,
               count(DISTINCT omrade_id) AS antal_kommuner,
               CASE nyckeltal_id WHEN 'U11111' THEN 'förbättras' WHEN 'U88888' THEN 'försämras'
                    ELSE 'ingen säkerställd trend' END AS riktning,
               0.55 AS lutning_per_ar, 'prövad' AS orsak, 'riktning för länet 1' AS metod
        FROM matvarde JOIN omrade USING (omrade_id)
        WHERE varde IS NOT NULL AND typ = 'kommun' AND i_malbild GROUP BY ALL
    """)
