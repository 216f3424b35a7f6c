"""What is fetched whole on an ordinary night, because something else than a value has changed since the last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pytest

from pipelines.standin.dataset import Dataset
from pipelines.standin.server import RequestLog
from tests.small import CATALOG, Ended, dataset, kolada, malbild, run_night, values

pytestmark = pytest.mark.lang

KPI, AREA, YEAR = "U00002", "0484", 2024
SAID = 20.984


@dataclass
class County:
    """A data dir with its YAML files, and what was asked for in its last night."""

    data_dir: Path
    catalog: Path
    requests: list[str] = field(default_factory=list)

    def night(self, served: Dataset) -> Ended:
        log = RequestLog()
        with kolada(served, log=log) as url:
            ended = run_night(url, self.data_dir, "--godkann", katalog=self.catalog)
        self.requests = [entry.target for entry in log.entries if "/data/kpi/" in entry.target]
        return ended

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.data_dir / "analys.duckdb"), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def value(self) -> tuple[object, ...]:
        (found,) = self.rows(
            f"""SELECT varde, status, originalvarde, korrigering FROM matvarde
                WHERE nyckeltal_id = '{KPI}' AND omrade_id = '{AREA}' AND ar = {YEAR}"""
        )
        return found

    def correct(self, changes: Mapping[str, str]) -> None:
        """The owners replace the value, or say something else of it; nothing: they take the correction away."""
        entry = {
            "id": "rattad",
            "nyckeltal": f'"{KPI}"',
            "omrade": f'"{AREA}"',
            "ar": str(YEAR),
            "kon": "T",
            "atgard": "ersatt",
            "varde": "99.5",
            "vantat": f"{{lika: {SAID}}}",
            "skal": "Prov.",
            "kalla": "Hemmet.",
            "datum": "2026-11-22",
        } | changes
        lines = "\n    ".join(f"{key}: {value}" for key, value in entry.items())
        text = "version: 1\n" + (f"korrigeringar:\n  - {lines}\n" if changes is not NONE else "korrigeringar: []\n")
        (self.catalog / "korrigeringar.yaml").write_text(text)


NONE: Mapping[str, str] = {}


@pytest.fixture
def county(tmp_path: Path) -> County:
    made = County(tmp_path / "data", Path(shutil.copytree(CATALOG, tmp_path / "katalog")))
    ended = made.night(dataset())
    assert ended.code == 0, ended.err
    return made


def whole(requests: list[str], asked: str) -> set[bool]:
    """Whether the requests that name a nyckeltal or an area asked for all years of it."""
    return {"from_date" not in request for request in requests if asked in request}


def test_a_correction_holds_from_the_next_night_until_it_is_taken_away(county: County) -> None:
    assert county.value() == (SAID, "publicerad", None, None)
    county.correct({"varde": "99.5"})
    assert county.night(dataset()).code == 0
    assert whole(county.requests, KPI) == {True}
    assert county.value()[:3] == (99.5, "ersatt", SAID)
    county.night(dataset())
    assert whole(county.requests, KPI) == {False}
    assert county.value()[:3] == (99.5, "ersatt", SAID)

    again = malbild("rebuild", "--data-dir", county.data_dir)
    assert again.code == 0, again.err
    corrected = "SELECT varde, originalvarde FROM matvarde WHERE korrigering IS NOT NULL"
    with duckdb.connect(str(county.data_dir / "lager.duckdb"), read_only=True) as connection:
        assert connection.sql(corrected).fetchall() == [(99.5, SAID)]

    county.correct(NONE)
    assert county.night(dataset()).code == 0
    assert county.value() == (SAID, "publicerad", None, None)
    told = f"""SELECT handelse, varde, foregaende_varde FROM matvarde_revision
               WHERE nyckeltal_id = '{KPI}' AND omrade_id = '{AREA}' AND ar = {YEAR} ORDER BY observerad"""
    assert county.rows(told) == [("ny", SAID, None), ("reviderad", 99.5, SAID), ("reviderad", SAID, 99.5)]


def test_a_correction_of_another_value_than_kolada_has_stops_the_night(county: County) -> None:
    county.correct({"vantat": "{lika: 12.0}"})
    ended = county.night(dataset())
    assert ended.code == 2
    assert "rattad" in ended.err
    assert county.value() == (SAID, "publicerad", None, None)


def test_a_group_with_other_members_is_asked_for_whole_the_night_after(county: County) -> None:
    served = dataset()
    groups = [
        group | {"members": [{"member_id": AREA, "member_title": "Västby"}]} if group["id"] == "G6" else group
        for group in served.groups
    ]
    redrawn = replace(served, groups=groups)
    mean = f"SELECT varde FROM matvarde WHERE nyckeltal_id = '{KPI}' AND omrade_id = 'G6' AND ar = {YEAR}"
    assert county.rows(mean) == [(21.5,)]
    assert county.night(redrawn).code == 0
    assert county.night(redrawn).code == 0
    assert whole(county.requests, "G6") == {True}
    assert county.rows(mean) == [(SAID,)]
    county.night(redrawn)
    assert whole(county.requests, "G6") == {False}


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


def test_values_are_as_kolada_says_them(county: County) -> None:
    """The figures that the other tests rest on."""
    figures = values()
    (said,) = figures.filter((figures["kpi"] == KPI) & (figures["area"] == AREA) & (figures["year"] == YEAR))[
        "value"
    ].to_list()
    assert said == SAID
