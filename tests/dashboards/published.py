"""A small published database with what is awkward about real ones, for the tests of the report.

Nine kommuner, the region and riket, and one mått of every kind. Gnesta never has a survey value, Trosa's newest is
suppressed, Flen's is a true zero, Vingåker's newest is lost to bortfall. U11111 has intervals and is compared with a
group of which only Stockholm has totals (Uppsala has one value for women, Göteborg has left it); U88888 has a break
between 2023 and 2024; U22222 has a decided target. T, K and M differ in everything that is measured or computed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import yaml

from pipelines.analysis.method import rules
from pipelines.catalog.activities import Activities
from pipelines.catalog.load import load_catalog
from pipelines.warehouse.activities import activity_frames
from pipelines.warehouse.schema import schema
from tests.conftest import ROOT

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
FAILED_RUN = datetime(2026, 11, 22, 23, 5)
CORRECTION = "flen-aterinskrivning-2023"

SIMILAR, SIMILAR_TITLE = "G176520", "Liknande kommuner äldreomsorg, Eskilstuna, 2024"

# fmt: off
# id: titel, enhet, riktning, nivå, more columns
KPIS: dict[str, tuple[str, str, str, str, dict[str, object]]] = {
    "U11111": ("Delaktighet i hemtjänst, andel (%)", "%", "högre", "K",
               {"osakerhet_nyckeltal_id": "U11119", "forbehall": "Få har svarat.",
                "i_ord": "känner sig delaktiga i hemtjänsten"}),
    "U22222": ("Delaktighet i primärvård, index (-2024)", "index 0–100", "högre", "L",
               {"upphort_ar": 2024, "eftertradare_id": "N33333"}),
    "N33333": ("Delaktighet på vårdcentral, medelvärde", "medelvärde 0–1", "högre", "L", {"i_katalogen": False}),
    "N44444": (HOSTILE, "antal per 100 000 invånare", "lägre", "A",
               {"beskrivning": HOSTILE, "ursprunglig_kalla": HOSTILE, "forbehall": HOSTILE}),
    "U55555": ("SIP med video finns", "kod 0, 1 eller 2", "högre", "K", {}),
    "U66666": ("Rökning bland gravida, andel (%)", "%", "lägre", "K", {}),
    "N77777": ("Videomöten med vården, andel (%)", "%", "ingen", "L", {}),
    "U88888": ("Bemötande, andel (%)", "%", "högre", "K", {}),
    "U99999": ("Våld, antal", "antal", "ingen", "K", {}),
}
# matt_id: namn, huvudman, perspektiv, täckning, nyckeltal with roles
MATT: dict[str, tuple[str, str, str, str, list[tuple[str, str]]]] = {
    "brukare": ("Brukarrapporterad delaktighet, kommun", "kommun", "brukare", "kolada",
                [("U11111", "primär"), ("U88888", "komplement"), ("N44444", "närliggande")]),
    "patient": ("Patientrapporterad delaktighet, region", "region", "patient", "brott",
                [("U22222", "primär"), ("N33333", "efterträdare")]),
    "sip": ("Antal Samordnad individuell plan (SIP)", "båda", "huvudmannens rapport", "indirekt",
            [("U55555", "indirekt")]),
    "kontakter": ("Samordning av vårdkontakter", "båda", "patient", "delvis",
                  [("U11111", "komplement"), ("U22222", "primär"), ("U88888", "primär")]),
    "distans": ("Rapporterade distansbesök, region", "region", "register", "utanför kolada", [("N77777", "indirekt")]),
    "fall": ("Fallskador bland äldre", "båda", "register", "kolada", [("N44444", "primär")]),
    "rokning": ("Alkohol, narkotika, dopning, tobak och spel (ANDTS)", "kommun", "invånare", "kolada",
                [("U66666", "primär")]),
    "ny": ("Nytt mått", "region", "register", "kolada", [("N33333", "primär")]),
    "vald": ("Våldsutsatthet", "båda", "invånare", "saknas", [("U99999", "indirekt")]),
}
# fmt: on
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
    """Write the database to `path`; `source` as in `korning.kalla`. Nothing is corrected, decided or written in it."""
    with duckdb.connect(str(path)) as connection:
        for statement in schema().published_ddl():
            connection.execute(statement)
        for relation in (*schema().views.values(), *schema().macros.values()):
            connection.execute(relation.ddl())
        _malbild(connection)
        _areas(connection)
        _runs(connection, source, complete)
        _values(connection, source)
        for statement in DERIVED:
            connection.execute(statement)
        connection.executemany("INSERT INTO metod VALUES ($1, $2, $3, $4)", rules("fjärdedelar"))
    return path


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: object) -> None:
    """One row; columns that are left out are NULL."""
    into = schema().tables[table]
    types = {column.name: column.type for column in into.columns.values()}
    slots = ", ".join(f"CAST(${n} AS {types[name]})" for n, name in enumerate(row, start=1))
    connection.execute(f"INSERT INTO {into.published_name} ({', '.join(row)}) VALUES ({slots})", list(row.values()))


def _malbild(connection: duckdb.DuckDBPyConnection) -> None:
    goals = (
        ("tillsammans", "Tillsammans", "genom delaktighet och samordning med individens fokus"),
        ("nara", "Nära", "genom tillgänglighet och kontinuitet"),
        ("god_halsa", "God hälsa, vård och omsorg", "genom hälsofrämjande, förebyggande och rehabiliterande insatser"),
    )
    for order, (goal, name, text) in enumerate(goals, start=1):
        insert(connection, "malomrade", malomrade_id=goal, namn=name, beskrivning=text, ordning=order)
    for order, (indicator, goal, name, measures) in enumerate(INDIKATORER, start=1):
        gap = None if measures else "Det saknas förslag för indikatorn rehabilitering."
        definition = f"vad {name.lower()} är."
        insert(connection, "indikator", indikator_id=indicator, malomrade_id=goal, namn=name, definition=definition,
               ordning=order, lucka=gap)  # fmt: skip
        for n, measure in enumerate(measures, start=1):
            insert(connection, "indikator_matt", indikator_id=indicator, matt_id=measure, ordning=n)
    for order, (matt_id, (name, principal, perspective, coverage, kpis)) in enumerate(MATT.items(), start=1):
        outside = "regionens vårddatalager" if coverage == "utanför kolada" else None
        comment = f"Om valet för {matt_id}."
        insert(connection, "matt", matt_id=matt_id, namn=name, huvudman=principal, perspektiv=perspective,
               tackning=coverage, ordning=order, kalla_utanfor=outside, kommentar=comment)  # fmt: skip
        for n, (kpi, role) in enumerate(kpis, start=1):
            insert(connection, "matt_nyckeltal", matt_id=matt_id, nyckeltal_id=kpi, roll=role, beslut="föreslagen",
                   ordning=n)  # fmt: skip
    usual = {"beskrivning": "Så mäts det.", "riktning_beslut": "föreslagen", "konsuppdelat": True, "i_katalogen": True}
    usual |= {
        "foljs": True,
        "publiceras": date(2027, 2, 5),
        "publicering_period": "2026",
        "ursprunglig_kalla": "Socialstyrelsen",
    }
    for kpi_id, (title, unit, direction, level, more) in KPIS.items():
        own = {"nyckeltal_id": kpi_id, "titel": title, "enhet": unit, "riktning": direction, "niva": level}
        insert(connection, "nyckeltal", **usual | own | more)
    insert(connection, "nyckeltal_brott", nyckeltal_id="U88888", ar=2024, sista_gamla_ar=2023,
           vad_som_andrades="Ny fråga från 2024.")  # fmt: skip
    insert(connection, "lan", lan="Södermanlands län", malbild_ar=2035, definitioner_kalla="projektrapporten")
    board = "Nämnden för samverkan kring socialtjänst och vård (NSV)"
    insert(connection, "rapport", titel="Uppföljning av Nära vård i Sörmland", namnd=board)


def _areas(connection: duckdb.DuckDBPyConnection) -> None:
    for area, (name, part) in KOMMUNER.items():
        insert(connection, "omrade", omrade_id=area, namn=name, typ="kommun", lansdel=part, i_malbild=True)
    for area, name, kind in (
        (REGION, "Region Sörmland", "region"),
        (RIKET, "Riket", "riket"),
        *(("0180", "Stockholm", "kommun"), ("0380", "Uppsala", "kommun"), ("1480", "Göteborg", "kommun")),
        (SIMILAR, SIMILAR_TITLE, "grupp"),
    ):
        insert(connection, "omrade", omrade_id=area, namn=name, typ=kind, i_malbild=kind == "region")
    for n, part in enumerate(dict.fromkeys(part for _, part in KOMMUNER.values()), start=1):
        insert(connection, "lansdel", lansdel_id=f"del{n}", namn=part, bekraftad=False, ordning=n)
    for area, since, until, title in (
        ("0180", FIRST_RUN, None, SIMILAR_TITLE),
        ("0380", LAST_RUN, None, SIMILAR_TITLE),
        ("1480", FIRST_RUN, LAST_RUN, "Äldre titel"),
    ):
        insert(connection, "grupp_medlem", grupp_id=SIMILAR, omrade_id=area, fran=since, till=until, titel=title)


def _runs(connection: duckdb.DuckDBPyConnection, source: str, complete: bool) -> None:
    numbers = ("anrop", "byte", "rader_hamtade", "nya", "reviderade", "borttagna", "aterkomna", "karantan")
    counts = dict.fromkeys(numbers, 12345) | {"arkiv_byte": 0, "hel": True, "kod_version": "1.2.3", "kalla": source}
    for run, started, ended, observed, outcome, whole in (
        ("k-1", datetime(2026, 10, 1, 2, 0), FIRST_RUN, datetime(2026, 10, 1, 2, 0), "klar", True),
        ("k-2", datetime(2026, 11, 21, 23, 0), LAST_RUN, datetime(2026, 11, 21, 23, 0), "klar", complete),
        ("k-3", datetime(2026, 11, 22, 23, 0), FAILED_RUN, None, "misslyckad", False),
    ):
        insert(connection, "korning", korning_id=run, startad=started, avslutad=ended, observerad=observed,
               utfall=outcome, fullstandig=whole, **counts)  # fmt: skip
    for run, kpi, reason, count in (
        ("k-1", "U11111", "orimligt år", 1200),
        ("k-2", "U11111", "orimligt år", 34),
        ("k-2", "U88888", "okänt <b>kön</b>", 5),
    ):
        insert(connection, "karantan", korning_id=run, nyckeltal_id=kpi, orsak=reason, antal_varden=count, rad="{}")
    event(connection, "k-1", "nyckeltal", "N33333", "nyckeltal saknas", None, "Delaktighet på vårdcentral, medelvärde")
    event(connection, "k-3", "nyckeltal", "U88888", "nyckeltal borttaget", "Bemötande, andel (%)", None)


def event(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    kind: str,
    object_id: str,
    what: str,
    before: str | None,
    after: str | None,
) -> None:
    """A row of `katalog_handelse`, seen by one of the runs k-1, k-2 (finished) and k-3 (failed)."""
    observed = {"k-1": FIRST_RUN, "k-2": LAST_RUN, "k-3": FAILED_RUN}[run_id]
    insert(connection, "katalog_handelse", observerad=observed, korning_id=run_id, objekt=kind, objekt_id=object_id,
           handelse=what, fore=before, efter=after)  # fmt: skip


def observations() -> list[tuple[str, str, int, str, float | None, str]]:
    """nyckeltal_id, omrade_id, ar, kon, varde, status, as the last run left them.

    No two numbers of a nyckeltal are alike: not T, K and M, not two areas, not two years.
    """
    rows: list[tuple[str, str, int, str, float | None, str]] = []

    def add(
        kpi: str, area: str, year: int, value: float | None, women: float, men: float, why: str = "publicerad"
    ) -> None:
        """T, and K and M so far from it."""
        steps = (("T", 0.0), ("K", women), ("M", men))
        rows.extend((kpi, area, year, kon, None if value is None else value + step, why) for kon, step in steps)

    missing = {(TROSA, 2025): "sekretess", (VINGAKER, 2025): "bortfall"}
    for n, area in enumerate([*KOMMUNER, RIKET, "0180"]):
        for year in range(2019, 2026):
            if area == GNESTA:
                continue
            value: float | None = 60.25 + n * 3 + (year - 2019) * 0.55
            if (area, year) == (FLEN, 2025):
                value = 0.0
            why = missing.get((area, year), "publicerad")
            add("U11111", area, year, None if why != "publicerad" else value, 1 + n / 10, -1 - n / 5, why)
            add("U11119", area, year, 4.5 + n / 10 + (2025 - year) / 20, 2, 3.25)
            add("U88888", area, year, 80.0 + n + (2025 - year) / 4, 2.5 + n / 8, -3)
            rows.append(("U66666", area, year, "K", 10.0 + n + (2025 - year) / 2, "publicerad"))
            if year > 2023:
                rows.append(("U55555", area, year, "T", float((n + year) % 3), "publicerad"))
    # Uppsala has a value for women alone.
    rows.append(("U11111", "0380", 2025, "K", 55.125, "publicerad"))
    for year in (2020, 2022, 2024):
        add("U22222", REGION, year, -12.345 + year - 2020, 3, -2)
        add("U22222", RIKET, year, 71.0 + (year - 2020) / 8, 3.5, -2.5)
    sizes = [1e9, 3.262e-05, 2453.4, -7.5, 12, 99, 1500, 3, 4, 5, 2500]
    for area, size in zip([*KOMMUNER, REGION, RIKET], sizes, strict=True):
        add("N44444", area, 2024, float(size), 1.25, -1.5)
    return rows


def _values(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    columns = ["nyckeltal_id", "omrade_id", "ar", "kon", "varde", "status"]
    frame = pl.DataFrame(observations(), schema=columns, orient="row", infer_schema_length=None).with_columns(
        antal_omraden=pl.lit(1),
        preliminart=(pl.col("nyckeltal_id") == "U22222") & (pl.col("ar") == 2024),
        kalla=pl.lit(source),
        hamtad=pl.lit(LAST_RUN),
        korning_id=pl.lit("k-2"),
    )
    connection.register("varden", frame)
    connection.execute("INSERT INTO matvarde BY NAME SELECT * FROM varden")
    connection.unregister("varden")


# What the analysis would have made, simpler: of K and M other numbers and other words than of T.
DERIVED = (
    """
    INSERT INTO jamforelse BY NAME
    SELECT v.nyckeltal_id, v.omrade_id, v.ar, v.kon, v.varde,
           CASE WHEN o.i_lanet THEN avg(v.varde) FILTER (i_lanet) OVER cell END AS lan_ovagt,
           CASE WHEN o.i_lanet THEN avg(v.varde) FILTER (i_lanet) OVER cell END AS lan_varde,
           CASE WHEN o.i_lanet THEN CASE v.kon WHEN 'T' THEN 'ovägt medel' ELSE 'vägt medel' END END AS lan_grund,
           CASE WHEN o.i_lanet THEN count(v.varde) FILTER (i_lanet) OVER cell END AS lan_antal,
           CASE WHEN v.nyckeltal_id <> 'U11111' THEN NULL WHEN v.kon <> 'T' THEN 'säkert bättre'
                WHEN v.omrade_id = '0484' THEN 'säkert sämre' ELSE 'kan inte bedömas' END AS mot_riket,
           u.varde AS osakerhet, v.varde - u.varde AS nedre,
           v.varde + CASE WHEN v.kon = 'T' THEN 1.25 ELSE u.varde END AS ovre,
           CASE WHEN u.varde IS NULL THEN NULL WHEN v.kon = 'T' THEN 'årsvariation' ELSE 'osäkerhetstal' END
               AS osakerhet_grund,
           CASE WHEN v.nyckeltal_id = 'U88888' THEN CASE v.kon WHEN 'T' THEN 'bara en mätning'
                ELSE 'delat på kön' END END AS osakerhet_orsak,
           CASE WHEN v.nyckeltal_id = 'U11111' THEN v.varde + 1.5 END AS liknande,
           CASE WHEN v.nyckeltal_id = 'U11111' THEN 1 END AS liknande_antal,
           CASE WHEN v.nyckeltal_id = 'U11111' THEN 'G176520' END AS liknande_grupp_id
    FROM matvarde v
    JOIN (SELECT *, i_malbild AND typ = 'kommun' AS i_lanet FROM omrade) o USING (omrade_id)
    LEFT JOIN nyckeltal n USING (nyckeltal_id)
    LEFT JOIN matvarde u ON u.nyckeltal_id = n.osakerhet_nyckeltal_id
         AND u.omrade_id = v.omrade_id AND u.ar = v.ar AND u.kon = v.kon
    WHERE v.varde IS NOT NULL AND o.typ IN ('kommun', 'region')
    WINDOW cell AS (PARTITION BY v.nyckeltal_id, v.ar, v.kon)
    """,
    """
    INSERT INTO placering BY NAME
    SELECT nyckeltal_id, omrade_id, ar, kon,
           rank() OVER cell AS plats, rank() OVER cell AS plats_till, greatest(rank() OVER cell - 1, 1) AS nedre,
           rank() OVER cell + 1 AS ovre, count(*) OVER (PARTITION BY nyckeltal_id, ar, kon, typ) AS antal_med_varde,
           CASE kon WHEN 'T' THEN 'mellan' WHEN 'K' THEN 'bästa fjärdedelen' ELSE 'sämsta fjärdedelen' END AS band,
           false AS ungefarlig
    FROM matvarde JOIN omrade USING (omrade_id)
    WHERE varde IS NOT NULL AND typ IN ('kommun', 'region')
    WINDOW cell AS (PARTITION BY nyckeltal_id, ar, kon, typ ORDER BY varde DESC)
    """,
    """
    INSERT INTO trend BY NAME
    SELECT nyckeltal_id, omrade_id, kon, min(ar) AS fran_ar, max(ar) AS till_ar, count(*) AS antal_ar,
           CASE WHEN kon = 'K' THEN 'har försämrats' WHEN kon = 'M' THEN 'har minskat'
                WHEN omrade_id = '0484' THEN 'har ökat' ELSE 'ingen säkerställd trend' END AS trend,
           CASE kon WHEN 'T' THEN 'som riket' WHEN 'K' THEN 'mer än riket' ELSE 'tvärtom mot riket' END AS mot_riket,
           CASE kon WHEN 'T' THEN 'de två senaste mätningarna ökar (1 → 2)' ELSE 'det andra könets' END AS senaste,
           CASE kon WHEN 'T' THEN 1.25 WHEN 'K' THEN -2.5 ELSE -3.75 END AS lutning_per_ar,
           'prövad' AS motivering, 'riktning 2' AS metod
    FROM matvarde WHERE varde IS NOT NULL GROUP BY ALL
    """,
    """
    INSERT INTO lan_trend BY NAME
    SELECT nyckeltal_id, kon, min(ar) AS fran_ar, max(ar) AS till_ar, count(DISTINCT ar) AS antal_ar,
           count(DISTINCT omrade_id) AS antal_alla_ar,
           CASE WHEN kon = 'K' THEN 'har ökat' WHEN kon = 'M' THEN 'har minskat'
                WHEN nyckeltal_id = 'U11111' THEN 'har förbättrats' WHEN nyckeltal_id = 'U88888' THEN 'har försämrats'
                ELSE 'ingen säkerställd trend' END AS trend,
           CASE kon WHEN 'T' THEN 0.55 WHEN 'K' THEN 7.5 ELSE -6.5 END AS lutning_per_ar,
           'prövad' AS motivering, 'riktning för länet 2' AS metod
    FROM matvarde JOIN omrade USING (omrade_id)
    WHERE varde IS NOT NULL AND typ = 'kommun' AND i_malbild GROUP BY ALL
    """,
    """
    INSERT INTO konsskillnad BY NAME
    SELECT k.nyckeltal_id, k.omrade_id, k.ar, k.varde AS kvinnor, m.varde AS man, k.varde - m.varde AS skillnad,
        marginal AS osakerhet, CASE WHEN marginal IS NOT NULL THEN 'årsvariation' END AS osakerhet_grund,
        CASE WHEN marginal IS NULL THEN 'bara en mätning' END AS osakerhet_orsak,
        CASE WHEN marginal IS NULL THEN 'kan inte bedömas'
             WHEN abs(k.varde - m.varde) > marginal THEN 'säker skillnad'
             ELSE 'ingen säker skillnad' END AS bedomning
    FROM (SELECT *, CASE omrade_id WHEN '0484' THEN 1.5 WHEN '0486' THEN 2.5 END AS marginal
          FROM matvarde WHERE kon = 'K' AND varde IS NOT NULL AND omrade_id <> '0000' AND nyckeltal_id <> 'U11119') k
    JOIN matvarde m ON m.kon = 'M' AND m.varde IS NOT NULL AND (m.nyckeltal_id, m.omrade_id, m.ar)
        = (k.nyckeltal_id, k.omrade_id, k.ar)
    """,
    """
    INSERT INTO spridning BY NAME
    SELECT nyckeltal_id, ar, kon, count(*) AS antal_med_varde, min(varde) AS lagst, max(varde) AS hogst,
        CASE WHEN count(*) > 1 THEN max(varde) - min(varde) END AS spannvidd, median(varde) AS median,
        avg(varde) AS medel, stddev_samp(varde) AS standardavvikelse
    FROM matvarde SEMI JOIN (FROM omrade WHERE i_malbild AND typ = 'kommun') USING (omrade_id)
    WHERE varde IS NOT NULL GROUP BY ALL
    """,
    """
    INSERT INTO lansdel_varde BY NAME
    SELECT nyckeltal_id, lansdel, ar, kon, avg(varde) AS medel_ovagt, count(varde) AS antal_med_varde,
        any_value(n) AS antal_kommuner
    FROM matvarde JOIN omrade USING (omrade_id)
    JOIN (SELECT lansdel, count(*) AS n FROM omrade WHERE i_malbild GROUP BY ALL) USING (lansdel)
    WHERE varde IS NOT NULL AND i_malbild GROUP BY ALL
    """,
    """
    INSERT INTO mal BY NAME
    SELECT 'U22222' AS nyckeltal_id, '0004' AS omrade_id, kon, mal, 90.0 + steg AS malvarde, 2035 AS mal_ar,
        2022 AS bas_ar, -10.345 AS bas_varde, 2024 AS ar, -8.345 AS varde, 98.345 AS gap, kravd AS kravd_takt,
        1.0 AS observerad_takt, 'takt mot planerad takt' AS motivering, 'mål 2' AS metod
    FROM (VALUES ('T', 'långsamt', 0, 8.940455), ('K', 'målet är nått', 1, 7.25), ('M', 'i takt', 2, 5.5))
        t(kon, mal, steg, kravd)
    """,
    """
    INSERT INTO fynd BY NAME
    SELECT * FROM (VALUES
        (1, 1, 'säkert sämre än riket', 'brukare', 'U11111', '0484', 2025, 'riket', 'årsvariation', NULL, 'Eskilstuna',
            'Eskilstuna: hänsyn är sämre än riket.'),
        (1, 2, 'säkert sämre än riket', 'brukare', 'U11111', '0480', 2025, 'riket', 'årsvariation', NULL, 'Nyköping',
            'Nyköping: hänsyn är också sämre.'),
        (2, 1, 'säkert bättre än riket', 'brukare', 'U88888', '0486', 2025, 'riket', 'årsvariation', NULL, 'Strängnäs',
            'Strängnäs: bättre än riket.'))
        f(fynd_nr, ordning, slag, matt_id, nyckeltal_id, omrade_id, ar, jamfort_med, grund, haller, fraga_till, mening)
    """,
    """
    INSERT INTO traffsakerhet BY NAME
    SELECT 'U11111' AS nyckeltal_id, 'kommun' AS typ, kon, niva, provade, nominellt AS innanfor_nominellt,
        kalibrerat AS innanfor_kalibrerat
    FROM (VALUES ('T', '95 %', 1000, 941, 950), ('T', '99,8 %', 1000, 994, 998), ('K', '95 %', 1000, 1, 2))
        t(kon, niva, provade, nominellt, kalibrerat)
    """,
)


def write_content(database: Path) -> None:
    """What the owners have decided and written, from aktiviteter.yaml of this folder, and what goes with it."""
    text = (Path(__file__).parent / "aktiviteter.yaml").read_text(encoding="utf-8")
    text = text.replace("FIENTLIG", json.dumps(HOSTILE, ensure_ascii=False))
    catalog = replace(load_catalog(ROOT), activities=Activities.model_validate(_tuples(yaml.safe_load(text))))
    with duckdb.connect(str(database)) as connection:
        for table, frame in activity_frames(catalog).items():
            connection.register("innehall", frame)
            into = schema().tables[table].published_name
            connection.execute(f"DELETE FROM {into}")
            connection.execute(f"INSERT INTO {into} BY NAME SELECT * FROM innehall")
            connection.unregister("innehall")
        connection.execute("UPDATE nyckeltal SET underlag = 'totalundersökning' WHERE nyckeltal_id = 'U11111'")
        connection.execute("UPDATE nyckeltal SET overlappande_ar = 3 WHERE nyckeltal_id = 'N44444'")
        connection.execute("INSERT INTO nyckeltal_brott VALUES ('U22222', 2024, 2022, 'Frågan ändrades.')")
        connection.execute("UPDATE matt SET agare = 'LRS' WHERE matt_id = 'brukare'")


def _tuples(value: object) -> object:
    """As the loader of the YAML files reads lists."""
    if isinstance(value, list):
        return tuple(_tuples(part) for part in value)
    return {key: _tuples(part) for key, part in value.items()} if isinstance(value, dict) else value


def correct(
    database: Path,
    kpi_id: str,
    area: str,
    year: int,
    value: float | None,
    *,
    gender: str = "T",
    status: str = "ersatt",
    correction: str = CORRECTION,
) -> None:
    """As a run leaves a correction: the stored value becomes `originalvarde`. value: None leaves it out."""
    key = [kpi_id, area, year, gender]
    where = "nyckeltal_id = ? AND omrade_id = ? AND ar = ? AND kon = ?"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"UPDATE matvarde SET originalvarde = varde, varde = ?, status = ?, korrigering = ? WHERE {where}",
            [value, status, correction, *key],
        )
        counted = f"SELECT count(*) FROM matvarde WHERE {where} AND korrigering = ?"
        assert connection.execute(counted, [*key, correction]).fetchall() == [(1,)]
        if value is None:
            connection.execute(f"DELETE FROM jamforelse WHERE {where}", key)
            connection.execute(f"DELETE FROM placering WHERE {where}", key)


def leave_out(database: Path, kpi_id: str, area: str, year: int, gender: str = "T") -> None:
    """As a run leaves a value that the owners do not show."""
    correct(database, kpi_id, area, year, None, gender=gender, status="utelämnad", correction="trosa-fel")
