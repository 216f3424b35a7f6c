"""Figures that are handed in, night by night, as a user runs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from pipelines.warehouse.history import rebuild_as_of
from tests.local.small import INDEX, PLANS, SHARE, catalog, csv
from tests.season import environment, materialize
from tests.small import dataset, kolada, malbild, run_night

pytestmark = pytest.mark.lang

ID = f"L_{SHARE}"


# A cycle of PDSA whose figures were to be read before the first of the nights.
ACTIVITIES = f"""version: 1
kallor:
  - {{id: k, titel: Källan}}
satsningar:
  - id: prov
    namn: Prov
    slag: uppdrag
    kalla: k
    uppfoljningsmatt:
      - {{id: um, namn: Andel prov, typ: process, matt: {SHARE}, kalla: Egen räkning}}
    pdsa:
      - {{cykel: 1, planerad_titt: 2026-01-15}}
"""


class Nights:
    """A data dir with a catalogue of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.data, self.catalog = url, folder / "data", catalog(folder / "katalog")
        (self.catalog / "aktiviteter.yaml").write_text(ACTIVITIES)
        self.local = self.data / "lokala"

    def run(self, code: int = 0) -> str:
        ended = run_night(self.url, self.data, katalog=self.catalog)
        assert ended.code == code, ended.err
        return ended.out

    def query(self, query: str, database: str = "analys.duckdb") -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.data / database), read_only=True) as connection:
            return connection.sql(query).fetchall()

    def values(self, kpi_id: str = ID) -> dict[tuple[object, ...], tuple[object, ...]]:
        rows = self.query(f"SELECT omrade_id, ar, kon, varde, status FROM matvarde WHERE nyckeltal_id = '{kpi_id}'")
        return {row[:3]: row[3:] for row in rows}

    def revisions(self) -> list[tuple[object, ...]]:
        return self.query(
            f"""SELECT omrade_id, kon, handelse, varde, foregaende_varde FROM matvarde_revision
                WHERE nyckeltal_id = '{ID}' ORDER BY observerad, omrade_id, kon"""
        )


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """Four nights: handed in, the same again, one value changed and one row taken away, no file and wrong ones."""
    with kolada(dataset()) as url:
        yield Nights(url, tmp_path_factory.mktemp("lokalt"))


FIRST = [
    "0461;Östby;2024;T;31;100;",
    "0484;Västby;2024;T;40;80;",
    "484;Västby;2024;K;3;41;tre svar",
    "0484;Västby;2024;M;37;39;",
    "0004;Regionen;2024;T;71;180;",
    "0180;Stockholm;2024;T;50;60;",
    "0461;Östby;2023;T;12;50;",
    "0461;Östby;2023;T;13;50;",
    "0461;Östby;2022;T;1 012,0;2 024;",
    "0461;Östby;2021;T;3;50;",
    "0484;Västby;2021;T;20;40;",
]


# Thirteen months, of which one stands out; women and men would tell small counts.
MONTHS = [f"0484;;2025-{month:02};T;{90 if month == 5 else 20 + 10 * (month % 2)};" for month in range(1, 13)]
MONTHS += ["0484;;januari 2026;T;30;", "0484;;2025;T;360;"]


def test_the_nights(nights: Nights) -> None:
    csv(nights.local, SHARE, *FIRST, columns="taljare;namnare")
    csv(nights.local, INDEX, "0004;Regionen;2024;T;0,62;")
    csv(nights.local, PLANS, *MONTHS, columns="varde")
    output = nights.run()
    assert "refused" in output
    assert "andel-prov.csv:rad 7, kolumn omrade_id: området är inget av dem som lämnar måttet" in output

    # Decimal comma, a lost zero, a ratio; three are too few, and thirty-seven would tell them.
    stored = nights.values()
    assert stored["0461", 2024, "T"] == (31.0, "publicerad")
    assert stored["0461", 2022, "T"] == (50.0, "publicerad")
    assert stored["0484", 2024, "T"] == (50.0, "publicerad")
    assert stored["0484", 2024, "K"] == stored["0484", 2024, "M"] == (None, "sekretess")
    assert ("0461", 2023, "T") not in stored
    assert nights.values(f"L_{INDEX}") == {("0004", 2024, "T"): (0.62, "publicerad")}
    assert nights.values(f"{ID}.taljare")["0461", 2024, "T"] == (31.0, "publicerad")
    assert nights.values(f"{ID}.namnare")["0484", 2024, "M"] == (None, "sekretess")
    assert nights.query("SELECT DISTINCT kalla FROM matvarde WHERE nyckeltal_id LIKE 'L!_%' ESCAPE '!'") == [("lokal",)]
    refused = nights.query("SELECT omrade_id, ar, kon, orsak, rad->>'cell', rad->>'stod' FROM karantan ORDER BY ALL")
    assert refused == [
        ("0180", 2024, "T", "området är inget av dem som lämnar måttet", "rad 7, kolumn omrade_id", None),
        ("0461", 2023, "T", "samma uppgift flera gånger med olika värden", "rad 8", None),
        ("0461", 2023, "T", "samma uppgift flera gånger med olika värden", "rad 9", None),
    ]
    assert nights.query(
        "SELECT titel, ursprunglig_kalla, underlag, i_katalogen, foljs, taljare_nyckeltal_id, namnare_nyckeltal_id "
        f"FROM nyckeltal WHERE nyckeltal_id = '{ID}'"
    ) == [
        (
            "Andel prov, andel (%)",
            "Huvudmännens prov",
            "egen redovisning",
            None,
            False,
            f"{ID}.taljare",
            f"{ID}.namnare",
        )
    ]
    assert nights.query(
        "SELECT nyckeltal_id, roll FROM matt_nyckeltal WHERE nyckeltal_id LIKE 'L!_%' ESCAPE '!' ORDER BY 1"
    ) == [(ID, "primär"), (f"L_{INDEX}", "primär"), (f"L_{PLANS}", "komplement")]
    # Months are no years, and the year that they make is one.
    assert nights.values(f"L_{PLANS}") == {("0484", 2025, "T"): (360.0, "publicerad")}
    assert nights.query("SELECT count(*), min(period), max(period) FROM periodvarde") == [(13, "2025-01", "2026-01")]
    assert nights.query("SELECT period, granser FROM xmr WHERE regel = 1") == [("2025-05", "gäller")]
    report = report_text(nights)
    assert "utanför gränserna (2025-05)" in report
    assert "Källa: Huvudmännens prov" in report
    assert f"{ID}.taljare" not in report

    # What the cycle was to look at is written down, and stays when the values change below.
    seen = nights.query("SELECT omrade_id, avser, varde FROM titt ORDER BY ALL")
    assert seen == [("0004", "2024", 71 / 1.8), ("0461", "2024", 31.0), ("0484", "2024", 50.0)]

    # The same files again: nothing is new, and nothing is published.
    assert "Unchanged" in nights.run()

    # One value changes, the wrong rows are gone, and so is a right one. The region's total comes late: what has been
    # shown of Västby cannot protect Östby any more.
    rows = [row.replace("31;100", "32;100") for row in (*FIRST[:5], *FIRST[9:], "0004;Regionen;2021;T;23;90;")]
    csv(nights.local, SHARE, *rows, columns="taljare;namnare")
    nights.run()
    assert nights.revisions()[-2:] == [
        ("0461", "T", "borttagen", None, 50.0),
        ("0461", "T", "reviderad", 32.0, 31.0),
    ]
    stored = nights.values()
    assert stored["0461", 2024, "T"] == (32.0, "publicerad")
    assert nights.query("SELECT omrade_id, avser, varde FROM titt ORDER BY ALL") == seen
    page = (nights.data / "rapport" / "utkast" / "satsning" / "prov.html").read_text()
    assert "reviderat" in page
    assert ("0461", 2022, "T") not in stored
    assert stored["0484", 2021, "T"] == (50.0, "publicerad")
    assert stored["0461", 2021, "T"] == stored["0004", 2021, "T"] == (None, "sekretess")

    # No file, no change; a file that cannot be read changes nothing either, and a row that is refused keeps what is
    # stored for it.
    ids = (ID, f"L_{INDEX}", f"L_{PLANS}")
    before = {kpi_id: nights.values(kpi_id) for kpi_id in ids}
    assert all(before.values())
    (nights.local / f"{PLANS}.csv").unlink()
    (nights.local / f"{INDEX}.csv").rename(nights.local / f"{INDEX}.xlsx")
    csv(nights.local, SHARE, *[row.replace("32;100", "abc;100") for row in rows], columns="taljare;namnare")
    output = nights.run()
    assert "index-prov.xlsx: filen kan inte läsas" in output
    assert {kpi_id: nights.values(kpi_id) for kpi_id in ids} == before
    assert nights.query("SELECT count(*) FROM periodvarde") == [(13,)]


def report_text(nights: Nights) -> str:
    """Every page of tonight's draft."""
    return "".join(path.read_text() for path in sorted((nights.data / "rapport" / "utkast").rglob("*.html")))


def test_nothing_that_is_hidden_leaves_the_folder(nights: Nights) -> None:
    for file in (nights.data / "parquet").glob("*.parquet"):
        text = duckdb.sql(f"SELECT string_agg(t::VARCHAR, '\n') FROM '{file}' t").fetchall()[0][0] or ""
        assert "tre svar" not in text, file
        if file.name in ("matvarde.parquet", "matvarde_revision.parquet", "jamforelse.parquet"):
            numbers = duckdb.sql(
                f"SELECT varde FROM '{file}' WHERE omrade_id = '0484' AND kon IN ('K', 'M') "
                "AND nyckeltal_id LIKE 'L!_%' ESCAPE '!'"
            ).fetchall()
            assert {number for (number,) in numbers} <= {None}, file


def test_rebuilding_reads_the_very_same_files(nights: Nights) -> None:
    tables = (
        "matvarde",
        "matvarde_revision",
        "periodvarde_revision",
        "titt",
        "xmr",
        "karantan",
        "korning",
        "nyckeltal",
        "matt_nyckeltal",
    )
    before = {name: nights.query(f"FROM {name} ORDER BY ALL", "lager.duckdb") for name in tables}
    assert any(str(row[0]).startswith("L_") for row in before["matvarde"])
    ended = malbild("rebuild", "--data-dir", nights.data)
    assert ended.code == 0, ended.err
    for name in tables:
        assert nights.query(f"FROM {name} ORDER BY ALL", "lager.duckdb") == before[name], name


def test_what_a_day_knew_has_no_catalogue_for_local_figures(nights: Nights, tmp_path: Path) -> None:
    then = nights.query("SELECT max(observerad) FROM korning")[0][0]
    assert isinstance(then, datetime)
    database = rebuild_as_of(nights.data / "analys.duckdb", tmp_path / "da.duckdb", then)
    with duckdb.connect(str(database), read_only=True) as connection:
        stored = connection.sql(
            "SELECT DISTINCT i_katalogen, status FROM nyckeltal JOIN matvarde USING (nyckeltal_id) "
            f"WHERE nyckeltal_id = '{ID}' ORDER BY status"
        ).fetchall()
    assert stored == [(None, "publicerad"), (None, "sekretess")]


def test_a_single_indikator_runs_without_the_local_figures(nights: Nights) -> None:
    """What was not selected is not read, and nothing of it is taken for deleted."""
    before = nights.values()
    settings = Settings(data_dir=nights.data, catalog_dir=nights.catalog, kolada_url=nights.url)
    with environment():
        materialize(
            settings, parts=("kolada/katalog", "ra/kontinuitet", "validerat/kontinuitet"), after=("lager/matvarde",)
        )
    with duckdb.connect(str(nights.data / "lager.duckdb"), read_only=True) as connection:
        rows = connection.sql(
            f"SELECT omrade_id, ar, kon, varde, status FROM matvarde WHERE nyckeltal_id = '{ID}'"
        ).fetchall()
    assert {row[:3]: row[3:] for row in rows} == before
