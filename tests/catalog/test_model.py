"""Which KPIs are fetched for which indikator: each followed KPI exactly once, companions with those that need them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from tests.catalog.test_load import INDICATORS, MINIMAL


def changed(tmp_path: Path, *edits: tuple[str, str]) -> Catalog:
    """The minimal catalogue with changes to indikatorer.yaml."""
    shutil.copytree(MINIMAL, tmp_path, dirs_exist_ok=True)
    path = tmp_path / INDICATORS
    text = path.read_text()
    for before, after in edits:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text)
    return load_catalog(tmp_path)


def test_companions_are_fetched_with_the_kpi_that_needs_them() -> None:
    catalog = load_catalog(MINIMAL)
    # N00003 is the osäkerhetstal and U00005 the quality KPI of U00001; no mått names them.
    assert catalog.kpis_of_indicator("kontinuitet") == ("N00003", "N00004", "U00001", "U00002", "U00005")
    assert catalog.kpis_of_indicator("rehabiliterande") == ()
    assert catalog.remaining_kpis() == ("U00006",)


def test_a_successor_brings_its_own_companions(tmp_path: Path) -> None:
    catalog = changed(tmp_path, ('- "Ny fråga, andel (%)"\n', '- "Ny fråga, andel (%)"\n    osakerhet: "U00006"\n'))
    assert "U00006" in catalog.kpis_of_indicator("kontinuitet")
    assert catalog.remaining_kpis() == ()


def test_companions_that_name_each_other_end(tmp_path: Path) -> None:
    catalog = changed(tmp_path, ('- "Ny fråga, andel (%)"\n', '- "Ny fråga, andel (%)"\n    eftertradare: "U00001"\n'))
    assert catalog.kpis_of_indicator("kontinuitet").count("U00001") == 1


def test_a_shared_kpi_belongs_to_the_first_indikator(tmp_path: Path) -> None:
    catalog = changed(tmp_path, ("        matt: []", "        matt:\n          - vardtillfallen"))
    assert "N00004" in catalog.kpis_of_indicator("kontinuitet")
    assert catalog.kpis_of_indicator("rehabiliterande") == ()


def test_a_kpi_that_is_not_followed_is_fetched_for_nobody(tmp_path: Path) -> None:
    catalog = changed(tmp_path, ("    kalla: Registret", "    kalla: Registret\n    folj: nej"))
    assert "N00004" in catalog.kpis
    assert "N00004" not in {kpi.id for kpi in catalog.followed_kpis()}
    assert "N00004" not in catalog.kpis_of_indicator("kontinuitet") + catalog.remaining_kpis()


def test_an_unknown_indikator_is_not_an_empty_one() -> None:
    with pytest.raises(KeyError):
        load_catalog(MINIMAL).kpis_of_indicator("kontinuitt")


def test_models_cannot_be_changed() -> None:
    kpi = load_catalog(MINIMAL).kpis["U00001"]
    with pytest.raises(ValidationError, match="frozen"):
        kpi.direction = "lägre"  # type: ignore[misc]
