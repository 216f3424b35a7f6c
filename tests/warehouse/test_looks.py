"""What a cycle's figures said on the day they were to be looked at: written down once, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.catalog.activities import Activities
from pipelines.catalog.model import Catalog
from pipelines.warehouse import journal
from pipelines.warehouse.looks import keep_looks
from pipelines.warehouse.store import FileWarehouse
from tests.small import own_catalog
from tests.warehouse.small import insert, kpi, published, query, run

VISITS, HEALTH, LOCAL = "U21463", "N00002", "L_planer"
FLEN, VASTBY, REGION, ELSEWHERE = "0482", "0484", "0004", "0180"
LOOK = date(2026, 10, 1)
# fmt: off
MONTHS = [10.0, 12, 11, 10, 12, 11, 10, 12, 11, 10, 12, 11, 90]
# fmt: on


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return own_catalog()


def planned(catalog: Catalog, *, measure: dict[str, object] | None = None, **cycle: object) -> Catalog:
    """A satsning with two uppföljningsmått, and a cycle that is to look at the first on LOOK."""
    of_measure = {"id": "um-1", "namn": "Planer", "typ": "process", "kalla": "k"} | (measure or {"matt": "planer"})
    other = {"id": "um-2", "namn": "Hälsa", "typ": "utfall", "kalla": "k", "nyckeltal": HEALTH}
    content = {
        "version": 1,
        "kallor": ({"id": "k", "titel": "Källan"},),
        "satsningar": (
            {
                "id": "team", "namn": "Team", "slag": "uppdrag", "kalla": "k", "uppfoljningsmatt": (of_measure, other),
                "pdsa": ({"cykel": 1, "planerad_titt": LOOK, "uppfoljningsmatt": "um-1"} | cycle,),
            },
        ),
    }  # fmt: skip
    return replace(catalog, activities=Activities.model_validate(content))


class Nights:
    """Nights of a warehouse with a yearly nyckeltal for kommuner, one for both, and one by month."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection, self.count = connection, 0
        insert(connection, "metod", regel="band", varde="fjärdedelar")
        kpi(connection, VISITS)
        kpi(connection, HEALTH, niva="A")
        kpi(connection, LOCAL, niva="K")
        for area, kind in ((FLEN, "kommun"), (VASTBY, "kommun"), (REGION, "region"), (ELSEWHERE, "kommun")):
            insert(connection, "omrade", omrade_id=area, namn=area, typ=kind, i_malbild=area != ELSEWHERE)
        for kpi_id, role in ((VISITS, "primär"), (HEALTH, "komplement"), (LOCAL, "komplement")):
            insert(connection, "matt_nyckeltal", matt_id="planer", nyckeltal_id=kpi_id, roll=role)
        for area, year, gender, value in (
            (FLEN, 2024, "T", 40.0), (FLEN, 2025, "T", 55.0), (FLEN, 2025, "K", 99.0), (VASTBY, 2025, "T", None),
            (ELSEWHERE, 2025, "T", 1.0),
        ):  # fmt: skip
            insert(
                connection, "matvarde", nyckeltal_id=VISITS, omrade_id=area, ar=year, kon=gender, varde=value,
                status="publicerad",
            )  # fmt: skip
        insert(connection, "matvarde", nyckeltal_id=HEALTH, omrade_id=REGION, ar=2023, kon="T", varde=0.5)
        for at, value in enumerate(MONTHS):
            self.month(f"{2025 + at // 12}-{at % 12 + 1:02}", value, datetime(2026, 1, 1))

    def month(self, period: str, value: float | None, when: datetime, status: str = "publicerad") -> None:
        insert(
            self.connection, "periodvarde_revision", nyckeltal_id=LOCAL, omrade_id=FLEN, ar=int(period[:4]),
            period=period, kon="T", varde=value, status=status, observerad=when,
        )  # fmt: skip

    def play(self, catalog: Catalog, day: date, outcome: str = journal.DONE) -> int:
        self.count += 1
        run_id, when = f"natt-{self.count}", datetime(day.year, day.month, day.day, 2, self.count)
        run(self.connection, run_id, when)
        added = keep_looks(self.connection, catalog, run_id, when, day)
        journal.end_run(self.connection, run_id, outcome, when)
        return added

    @property
    def looks(self) -> dict[tuple[str, str], tuple[object, ...]]:
        rows = self.connection.sql(
            "SELECT nyckeltal_id, omrade_id, avser, varde, granser, sarskild_orsak FROM titt ORDER BY ALL"
        ).fetchall()
        return {row[:2]: row[2:] for row in rows}


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        yield Nights(connection)


SEEN = {
    (VISITS, FLEN): ("2025", 55.0, None, None),
    (VISITS, VASTBY): (None, None, None, None),
    (LOCAL, FLEN): ("2026-01", 90.0, "gäller", "utanför gränserna"),
    (LOCAL, VASTBY): (None, None, None, None),
}


def test_the_first_night_of_the_day_writes_down_what_stands_there_and_nothing_changes_it(
    nights: Nights, catalog: Catalog
) -> None:
    cycle = planned(catalog)
    assert nights.play(cycle, date(2026, 9, 30)) == 0
    assert nights.play(cycle, LOOK) == 4
    assert nights.looks == SEEN
    nights.month("2026-01", 12.0, datetime(2026, 10, 2))
    nights.connection.execute("UPDATE matvarde SET varde = 56 WHERE ar = 2025")
    assert nights.play(cycle, date(2026, 10, 2)) == 0
    # Another measure of the same look comes too late.
    assert nights.play(planned(catalog, uppfoljningsmatt="um-2"), date(2026, 10, 3)) == 0
    assert nights.looks == SEEN
    assert nights.connection.sql("SELECT DISTINCT observerad, korning_id FROM titt").fetchall() == [
        (datetime(2026, 10, 1, 2, 2), "natt-2")
    ]


def test_what_a_run_wrote_that_nobody_saw_is_written_anew(nights: Nights, catalog: Catalog) -> None:
    assert nights.play(planned(catalog), LOOK, journal.FAILED) == 4
    nights.connection.execute("UPDATE matvarde SET varde = 56 WHERE ar = 2025")
    assert nights.play(planned(catalog), date(2026, 10, 2)) == 4
    assert nights.looks[VISITS, FLEN] == ("2025", 56.0, None, None)


def test_the_nyckeltal_of_the_measure_is_read_before_those_of_its_matt(nights: Nights, catalog: Catalog) -> None:
    assert nights.play(planned(catalog, measure={"matt": "planer", "nyckeltal": HEALTH}), LOOK) == 3
    assert nights.looks[HEALTH, REGION] == ("2023", 0.5, None, None)
    assert {kpi_id for kpi_id, _ in nights.looks} == {HEALTH}


@pytest.mark.parametrize("noted", [{"titt_gjord": date(2026, 9, 1)}, {"agera": "anta"}, {"planerad_titt": None}])
def test_what_people_have_read_or_ended_themselves_is_not_read_again(
    nights: Nights, catalog: Catalog, noted: dict[str, object]
) -> None:
    assert nights.play(planned(catalog, **noted), date(2026, 12, 1)) == 0


def test_a_month_that_is_hidden_or_taken_away_is_not_written_down(nights: Nights, catalog: Catalog) -> None:
    nights.month("2026-02", 3.0, datetime(2026, 3, 1))
    nights.month("2026-02", None, datetime(2026, 4, 1), "sekretess")
    nights.month("2026-01", None, datetime(2026, 4, 1), "borttagen")
    nights.play(planned(catalog), LOOK)
    assert nights.looks[LOCAL, FLEN] == ("2025-12", 11.0, "preliminära", None)


def test_a_moved_look_is_another_and_the_published_table_has_both(
    nights: Nights, catalog: Catalog, tmp_path: Path
) -> None:
    nights.play(planned(catalog), LOOK)
    nights.connection.execute("UPDATE matvarde SET varde = 56 WHERE ar = 2025")
    nights.play(planned(catalog, planerad_titt=date(2026, 11, 1)), date(2026, 11, 1))
    nights.connection.close()
    rows = query(
        published(tmp_path, views=()),
        f"SELECT planerad_titt, varde FROM titt WHERE nyckeltal_id = '{VISITS}' AND omrade_id = '{FLEN}'",
    )
    assert rows == [(LOOK, 55.0), (date(2026, 11, 1), 56.0)]
