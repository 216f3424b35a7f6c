"""One small night whose catalogue has what exports must stand: a title like a formula, a missing value, a publisher."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.standin.dataset import Dataset
from tests.conftest import once
from tests.figures import of_both
from tests.small import CATALOG, KPIS, dataset, kolada, run_night

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


@pytest.fixture
def published(exported: Path, tmp_path: Path) -> Path:
    """A copy of its published database that a test may change."""
    target = tmp_path / "analys.duckdb"
    shutil.copy(exported / "analys.duckdb", target)
    target.chmod(0o644)
    return target
