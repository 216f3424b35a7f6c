"""One small night whose catalogue has what exports must stand: a title like a formula, a missing value, a publisher."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.exports.everything import export_all
from pipelines.standin.dataset import Dataset
from tests.conftest import once
from tests.figures import of_both
from tests.small import CATALOG, KPIS, dataset, kolada, run_night
from tests.warehouse.small import change

HOSTILE_TITLE = '=HYPERLINK("http://ond.example/";"Klicka")'
PUBLISHER = """
utgivare:
  namn: Provregionen
  uri: https://prov.example/id/provregionen
  typ: region
  kontakt: Funktionen för uppföljning
  epost: uppfoljning@prov.example
  adress: https://prov.example/malbild/
  licens: https://prov.example/licens
"""
# Östby's U00001 of 2023 is missing, its U00002 of 2024 is a true zero.
MISSING, ZERO = ("U00001", "0461", 2023, "T"), ("U00002", "0461", 2024, "T")


def hostile_dataset() -> Dataset:
    key = pl.struct("kpi", "area", "year", "gender")
    missing, zero = (key == dict(zip(("kpi", "area", "year", "gender"), cell, strict=True)) for cell in (MISSING, ZERO))
    figures = of_both().with_columns(value=pl.when(missing).then(None).when(zero).then(0.0).otherwise(pl.col("value")))
    return dataset({**KPIS, "U00002": (HOSTILE_TITLE, "K")}, figures)


def catalogue(folder: Path, publisher: str) -> Path:
    shutil.copytree(CATALOG, folder)
    indicators = folder / "indikatorer.yaml"
    text = indicators.read_text()
    assert text.count('"Ny fråga, andel (%)"') == 1
    indicators.write_text(text.replace('"Ny fråga, andel (%)"', f"'{HOSTILE_TITLE}'"))
    with (folder / "kommuner.yaml").open("a") as file:
        file.write(publisher)
    return folder


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data dir after one night; tests only read it."""

    def make(folder: Path) -> dict[str, Any]:
        with kolada(hostile_dataset()) as url:
            ended = run_night(url, folder / "data", katalog=catalogue(folder / "katalog", PUBLISHER))
        assert ended.code == 0, ended.err
        assert str(folder / "data" / "export") in ended.out
        assert "dcat.jsonld" not in ended.out
        return {}

    return Path(once(tmp_path_factory, "exporter", make)["folder"]) / "data"


def copied(database: Path, folder: Path) -> Path:
    """The published database again, in that folder and open to changes."""
    copy = Path(shutil.copy(database, folder / "analys.duckdb"))
    copy.chmod(0o644)
    return copy


@pytest.fixture
def published(exported: Path, tmp_path: Path) -> Path:
    """A copy of its published database that a test may change."""
    return copied(exported / "analys.duckdb", tmp_path)


# --- other databases, each exported once for all tests that look at what becomes of it; they only read ---------------

FROM_KOLADA = ("UPDATE korning SET kalla = 'kolada'", "UPDATE matvarde SET kalla = 'kolada'")
_HANDED_IN = "'lokal', TIMESTAMP '2026-11-01', 'k'"
CORRECTED_AND_HANDED_IN = (
    "UPDATE matvarde SET korrigering = 'rattad', originalvarde = 1 WHERE omrade_id = '0484' AND ar = 2024",
    *(
        f"""INSERT INTO karantan BY NAME SELECT 'natt' AS korning_id, 'U00001' AS nyckeltal_id, {area} AS omrade_id,
            'prov' AS orsak, 1 AS antal_varden, '{{}}' AS rad"""
        for area in ("NULL", "'9999'", "'0461'", "'1000'")
    ),
    "UPDATE nyckeltal SET ursprunglig_kalla = 'Egen räkning' WHERE nyckeltal_id = 'U00002'",
    f"""INSERT INTO periodvarde_revision VALUES
        ('U00002', '0461', 2025, '2025-02', 'K', 91.5, 'publicerad', {_HANDED_IN}),
        ('U00002', '0461', 2025, '2025-02', 'M', 89.5, 'publicerad', {_HANDED_IN}),
        ('U00002', '0461', 2025, '2025-02', 'T', 90.5, 'publicerad', {_HANDED_IN}),
        ('U00002', '0461', 2025, '2025-03', 'T', NULL, 'sekretess', {_HANDED_IN}),
        ('U00002', '0461', 2025, '2025-04', 'T', NULL, 'borttagen', {_HANDED_IN}),
        ('L_annat.taljare', '0461', 2025, '2025-02', 'T', 7, 'publicerad', {_HANDED_IN})""",
    """INSERT INTO xmr VALUES ('U00002', '0461', 'T', 2025, '2025-02', 90.5, 20.0, -1.5, 41.5, 'gäller', 1,
        'utanför gränserna', '13 perioder i följd')""",
)
LACKING = ("DELETE FROM styrning.utgivare", "DELETE FROM nyckeltal WHERE nyckeltal_id = 'U00006'")
# Files of tables that there are no more.
STALE = ("export/csv/gammal.csv", "export/csv-excel/gammal.csv", "parquet/gammal.parquet")


def exported_after(changes: tuple[str, ...], name: str, exported: Path, factory: pytest.TempPathFactory) -> Path:
    """The folder of the exports of the changed database, laid over the night's own and over stale ones."""

    def make(folder: Path) -> dict[str, Any]:
        for part in ("export", "parquet"):
            shutil.copytree(exported / part, folder / part)
        for file in STALE:
            (folder / file).write_text("x")
        database = copied(exported / "analys.duckdb", folder)
        change(database, *changes)
        export_all(database, folder / "parquet", folder / "export")
        return {}

    return Path(once(factory, name, make)["folder"])


@pytest.fixture(scope="session")
def from_kolada(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same values, as if Kolada itself had said them."""
    return exported_after(FROM_KOLADA, "exporter-kolada", exported, tmp_path_factory)


@pytest.fixture(scope="session")
def corrected(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kolada's values, of which the owners have corrected one; with refused values, and months that were handed in."""
    changes = (*FROM_KOLADA, *CORRECTED_AND_HANDED_IN)
    return exported_after(changes, "exporter-rattade", exported, tmp_path_factory)


@pytest.fixture(scope="session")
def lacking(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kolada's values, without a publisher and without a nyckeltal that has values."""
    return exported_after((*FROM_KOLADA, *LACKING), "exporter-brister", exported, tmp_path_factory)
