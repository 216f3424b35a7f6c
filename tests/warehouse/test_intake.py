"""What a night stores, asked of the warehouse: what is deleted when something did not come, and what is fetched whole
the night after.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import polars as pl
import pytest

from pipelines.catalog.activities import Activities
from pipelines.catalog.load import load_catalog
from pipelines.kolada.archive import RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.contract import Group, KpiRecord, Member, Municipality
from pipelines.kolada.fetch import Fetch, FetchedBatch
from pipelines.kolada.observations import SCHEMA
from pipelines.validation.accepted import write_accepted
from pipelines.validation.bounds import SCHEMA as LIMITS
from pipelines.validation.quarantine import screen
from pipelines.warehouse import journal
from pipelines.warehouse.intake import RunInput, load_run
from pipelines.warehouse.store import FileWarehouse
from tests.small import AREAS, CATALOG, GROUPS, KPIS, kpi

pytestmark = pytest.mark.lang

FIRST = datetime(2026, 11, 22, 4, 15)
KPI, OSTBY, VASTBY, GRUPP = "U00002", "0461", "0484", "G1"
ASKED = (OSTBY, VASTBY, GRUPP)
# What Kolada has of KPI: the value tells area and year apart.
SERVED = [{"omrade_id": area, "ar": year} for area in ASKED for year in (2023, 2024)]
LOST = {"omrade_id": VASTBY, "ar": 2024}


def row(**changes: Any) -> dict[str, Any]:
    plain = {
        "nyckeltal_id": KPI,
        "kon": "T",
        "antal_omraden": 1,
        "kolada_status": "",
        "borttagen": False,
        "angivet": True,
    }
    row = {**plain, "hamtad": FIRST, **changes}
    return {"varde": float(row["ar"] % 100 + len(row["omrade_id"])), **row}


def catalogue(groups: Mapping[str, Collection[str]]) -> Catalogue:
    return Catalogue(
        FIRST,
        {kpi_id: msgspec.convert(kpi(kpi_id, *of), KpiRecord, strict=False) for kpi_id, of in KPIS.items()},
        [Municipality(area, *of) for area, of in AREAS.items()],
        {g: Group(g, f"Grupp {g}", [Member(m, m) for m in members]) for g, members in groups.items()},
    )


class Nights:
    """Nights one after another in one warehouse, a day apart."""

    def __init__(self, folder: Path, number: int = 0) -> None:
        self.folder = folder
        self.number = number
        self.warehouse = FileWarehouse(folder / "lager.duckdb")

    def play(
        self,
        rows: list[dict[str, Any]],
        *,
        whole: bool = True,
        areas: tuple[str, ...] = ASKED,
        groups: Mapping[str, Collection[str]] = GROUPS,
        activities: Activities | None = None,
    ) -> None:
        self.number += 1
        run_id, started = f"natt-{self.number}", FIRST + timedelta(days=self.number)
        frame = pl.DataFrame([row(**changes) for changes in rows], schema=SCHEMA)
        screened = screen(frame, {KPI: areas}, started.year, pl.DataFrame(schema=LIMITS))
        files = self.folder / run_id
        files.mkdir()
        accepted, refused = write_accepted(files, [screened])
        since = None if whole else started.date()
        fetch = Fetch((FetchedBatch((KPI,), areas, (), since),), complete=True)
        content = load_catalog(CATALOG)
        content = replace(content, activities=activities or content.activities)
        night = RunInput(run_id, "kolada", started, content, catalogue(groups), fetch, accepted, refused)
        with self.warehouse.open() as connection:
            journal.start_run(connection, run_id, started=started, version="2", dagster_id=run_id)
            load_run(connection, night, RawArchive(self.folder / "ra"), refused_share=1)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "lager.duckdb"), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def deleted(self) -> list[tuple[Any, ...]]:
        return self.query("SELECT omrade_id, ar FROM matvarde_revision WHERE status = 'borttagen' ORDER BY ALL")

    def fetched(self, area: str) -> list[tuple[Any, ...]]:
        """Start of the newest whole fetch and of the newest fetch of the area, by the number of the night."""
        nights = {FIRST + timedelta(days=number): number for number in range(1, self.number + 1)}
        rows = self.query(f"SELECT hel, senast FROM hamtlage WHERE omrade_id = '{area}'")
        return [tuple(nights.get(when) for when in row) for row in rows]


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    played = Nights(tmp_path_factory.mktemp("natt"))
    played.play(SERVED)
    return played


@pytest.fixture
def nights(first_night: Nights, tmp_path: Path) -> Nights:
    return Nights(Path(shutil.copytree(first_night.folder, tmp_path / "natt")), first_night.number)


@pytest.mark.parametrize(
    ("instead", "whole", "deleted"),
    [
        (None, True, [(VASTBY, 2024)]),
        (None, False, []),
        # It may have been meant: a year, a kön or an area that is wrong, or a kommun and nyckeltal nobody asked for.
        ({"ar": 2999}, True, []),
        ({"kon": "X"}, True, []),
        ({"omrade_id": "9999"}, True, []),
        ({"omrade_id": "9999", "nyckeltal_id": "N99999"}, True, []),
        ({"varde": float("inf")}, True, []),
    ],
)
def test_what_did_not_come_is_deleted_unless_a_refused_value_may_be_it(
    nights: Nights, instead: dict[str, Any] | None, whole: bool, deleted: list[tuple[Any, ...]]
) -> None:
    rows = [changes for changes in SERVED if changes != LOST]
    nights.play(rows + ([LOST | instead] if instead else []), whole=whole)
    assert nights.deleted() == deleted


def test_changes_move_one_cursor_and_a_whole_fetch_both(nights: Nights) -> None:
    assert nights.fetched(VASTBY) == [(1, 1)]
    nights.play([], whole=False)
    assert nights.fetched(VASTBY) == [(1, 2)]
    nights.play(SERVED)
    assert nights.fetched(VASTBY) == [(3, 3)]


def test_changes_of_what_was_never_fetched_whole_are_no_fetch_of_it(nights: Nights) -> None:
    nights.play([], whole=False, areas=(*ASKED, "1000"))
    assert nights.fetched("1000") == []
    assert nights.fetched(VASTBY) == [(1, 2)]


def test_a_group_with_other_members_is_fetched_whole_the_night_after(nights: Nights) -> None:
    nights.play([], whole=False, groups=GROUPS | {GRUPP: [OSTBY]})
    assert nights.fetched(GRUPP) == []
    assert nights.fetched(VASTBY) == [(1, 2)]


def test_a_series_of_which_something_was_refused_is_fetched_whole_the_night_after(nights: Nights) -> None:
    nights.play([LOST | {"varde": float("inf")}], whole=False)
    assert nights.fetched(VASTBY) == []
    assert nights.fetched(OSTBY) == [(1, 2)]


def test_the_first_night_that_sees_an_expectation_or_a_look_is_noted_with_it(nights: Nights) -> None:
    expectation = {
        "nyckeltal": KPI,
        "vantas": "högre",
        "fordrojning_ar": 1,
        "skriven": "2020-01-01",
        "start": ({"huvudman": VASTBY, "datum": "2027-01-01"},),
    }
    content = {
        "version": 1,
        "kallor": ({"id": "k", "titel": "Källan"},),
        "satsningar": (
            {
                "id": "s", "namn": "S", "slag": "uppdrag", "kalla": "k", "forvantan": (expectation,),
                "uppfoljningsmatt": ({"id": "u", "namn": "U", "typ": "utfall", "kalla": "k", "nyckeltal": KPI},),
                "pdsa": ({"cykel": 1, "planerad_titt": (FIRST + timedelta(days=3)).date()},),
            },
        ),
    }  # fmt: skip
    for _ in range(2):
        nights.play(SERVED, activities=Activities.model_validate(content))
    # The night of the day itself reads what it brought.
    assert nights.query("SELECT observerad, avser, varde FROM titt WHERE omrade_id = '" + VASTBY + "'") == [
        (FIRST + timedelta(days=3), "2024", 28.0)
    ]
    assert nights.query(
        "SELECT satsning_id, nyckeltal_id, huvudman_id, vantas, observerad, korning_id FROM forvantan"
    ) == [("s", KPI, VASTBY, "högre", FIRST + timedelta(days=2), "natt-2")]
