"""What is fetched whole on an ordinary night, because something else than a value has changed since the last."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from pipelines.standin.dataset import Dataset
from pipelines.standin.server import RequestLog
from tests.small import CATALOG, Finished, dataset, kolada, malbild, run_night

pytestmark = pytest.mark.lang

KPI, AREA, YEAR, VALUE = "U00002", "0484", 2024, 20.984
CORRECTION = {
    "id": "rattad",
    "nyckeltal": f'"{KPI}"',
    "omrade": f'"{AREA}"',
    "ar": str(YEAR),
    "kon": "T",
    "atgard": "ersatt",
    "varde": "99.5",
    "vantat": f"{{lika: {VALUE}}}",
    "skal": "Prov.",
    "kalla": "Hemmet.",
    "datum": "2026-11-22",
}


@dataclass
class County:
    """A data dir with its YAML files, and what was asked for in its last night."""

    data_dir: Path
    catalog: Path
    requests: list[str] = field(default_factory=list)

    def night(self, served: Dataset) -> Finished:
        log = RequestLog()
        with kolada(served, log=log) as url:
            ended = run_night(url, self.data_dir, "--godkann", katalog=self.catalog)
        self.requests = [entry.target for entry in log.entries if "/data/kpi/" in entry.target]
        return ended

    def asked_whole(self, name: str) -> set[bool]:
        """Whether the requests that name a nyckeltal or an area asked for all years of it."""
        return {"from_date" not in request for request in self.requests if name in request}

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.data_dir / "analys.duckdb"), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def value(self, area: str = AREA) -> tuple[object, ...]:
        """Value, status, and the value that Kolada has."""
        (row,) = self.rows(
            f"""SELECT varde, status, originalvarde FROM matvarde
                WHERE nyckeltal_id = '{KPI}' AND omrade_id = '{area}' AND ar = {YEAR}"""
        )
        return row

    def correct(self, **changes: str) -> None:
        lines = "\n    ".join(f"{key}: {value}" for key, value in {**CORRECTION, **changes}.items())
        self._write(f"korrigeringar:\n  - {lines}\n")

    def remove_corrections(self) -> None:
        self._write("korrigeringar: []\n")

    def _write(self, text: str) -> None:
        (self.catalog / "korrigeringar.yaml").write_text(f"version: 1\n{text}")


@pytest.fixture
def county(small_night: Path, tmp_path: Path) -> County:
    folders = {small_night: tmp_path / "data", CATALOG: tmp_path / "katalog"}
    county = County(*(Path(shutil.copytree(source, target)) for source, target in folders.items()))
    assert county.value() == (VALUE, "publicerad", None)
    return county


def test_a_correction_holds_from_the_next_night_until_it_is_removed(county: County) -> None:
    county.correct()
    assert county.night(dataset()).code == 0
    assert county.asked_whole(KPI) == {True}
    assert county.value() == (99.5, "ersatt", VALUE)
    county.night(dataset())
    assert county.asked_whole(KPI) == {False}
    assert county.value() == (99.5, "ersatt", VALUE)

    rebuilt = malbild("rebuild", "--data-dir", county.data_dir)
    assert rebuilt.code == 0, rebuilt.err
    corrected = "SELECT varde, originalvarde FROM matvarde WHERE korrigering IS NOT NULL"
    with duckdb.connect(str(county.data_dir / "lager.duckdb"), read_only=True) as connection:
        assert connection.sql(corrected).fetchall() == [(99.5, VALUE)]

    county.remove_corrections()
    assert county.night(dataset()).code == 0
    assert county.value() == (VALUE, "publicerad", None)
    history = f"""SELECT handelse, varde, foregaende_varde FROM matvarde_revision
                  WHERE nyckeltal_id = '{KPI}' AND omrade_id = '{AREA}' AND ar = {YEAR} ORDER BY observerad"""
    assert county.rows(history) == [("ny", VALUE, None), ("reviderad", 99.5, VALUE), ("reviderad", VALUE, 99.5)]


def test_a_correction_of_another_value_than_kolada_has_stops_the_night(county: County) -> None:
    county.correct(vantat="{lika: 12.0}")
    ended = county.night(dataset())
    assert ended.code == 2
    assert "rattad" in ended.err
    assert county.value() == (VALUE, "publicerad", None)


def test_a_published_database_that_is_damaged_is_written_anew_on_a_night_without_news(county: County) -> None:
    database = county.data_dir / "analys.duckdb"
    before = county.rows("FROM matvarde ORDER BY ALL")
    database.chmod(0o600)
    # It can be opened still: what is missing is further in.
    os.truncate(database, database.stat().st_size // 2)
    ended = county.night(dataset())
    assert ended.code == 0, ended.err
    assert "kan inte läsas" in ended.out
    assert county.rows("FROM matvarde ORDER BY ALL") == before
    assert "were skipped" in " ".join(county.night(dataset()).out.split())
