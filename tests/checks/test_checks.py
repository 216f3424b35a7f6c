"""What each check says of a stored table, and what stops a publication: real DuckDB files, without a night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.checks.evaluate import COVERAGE, DUPLICATES, PLAUSIBLE, SIZE, CheckResult, evaluate, stop_line
from pipelines.checks.inputs import _FRAMES, read_inputs
from pipelines.warehouse import journal
from pipelines.warehouse.store import FileWarehouse
from tests.warehouse.small import insert, kpi, published, run

FIRST = datetime(2026, 11, 22, 3, 15)
TONIGHT = FIRST + timedelta(days=1)
KOMMUNER = [f"{number:04}" for number in range(401, 413)]
YEARS = (2021, 2022, 2023)

REFUSED_NOTHING = pl.DataFrame(
    schema={"nyckeltal_id": pl.String, "omrade_id": pl.String, "ar": pl.Int64, "orsak": pl.String}
)
Change = Callable[[duckdb.DuckDBPyConnection], None]
Judged = Callable[..., dict[str, CheckResult]]


@pytest.fixture(scope="module")
def after_one_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with one mått of one nyckeltal, 36 values around 50 in twelve kommuner, and its publication."""
    folder = tmp_path_factory.mktemp("kontroll")
    with FileWarehouse(folder / "lager.duckdb").open() as connection:
        start(connection, "natt-1", FIRST)
        insert(connection, "matt", matt_id="m1", namn="Måttet", huvudman="kommun")
        insert(connection, "matt_nyckeltal", matt_id="m1", nyckeltal_id="N00001", roll="primär")
        kpi(connection, "N00001", titel="Titeln, andel (%)", publiceras=date(2026, 12, 1), publicering_period="2024")
        for area in KOMMUNER:
            insert(connection, "omrade", omrade_id=area, namn=f"Kommun {area}", typ="kommun", i_malbild=True)
            for year in YEARS:
                change(connection, area, year, 50.0 + year - 2021, "ny", FIRST)
    published(folder)
    return folder


@pytest.fixture
def judged(after_one_night: Path, tmp_path: Path) -> Judged:
    """What the checks find after a second night that did this to the warehouse."""

    def after(*changes: Change, approved: bool = False, published: bool = True) -> dict[str, CheckResult]:
        (tmp_path / "lager.duckdb").write_bytes((after_one_night / "lager.duckdb").read_bytes())
        if published:
            (tmp_path / "analys.duckdb").write_bytes((after_one_night / "analys.duckdb").read_bytes())
        with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
            start(connection, "natt-2", TONIGHT)
            for apply in changes:
                apply(connection)
            inputs = read_inputs(connection, tmp_path / "analys.duckdb", "natt-2", REFUSED_NOTHING)
        return {finding.check: finding for finding in evaluate(inputs, changed_share=0.2, approved=approved)}

    return after


def start(connection: duckdb.DuckDBPyConnection, run_id: str, when: datetime) -> None:
    run(connection, run_id, when, rader_hamtade=36)
    journal.end_run(connection, run_id, journal.DONE, when)


def change(
    connection: duckdb.DuckDBPyConnection,
    area: str,
    year: int,
    value: float | None,
    event: str,
    when: datetime = TONIGHT,
    source: str = "kolada",
) -> None:
    """A change as the merge writes it."""
    here = "nyckeltal_id = 'N00001' AND omrade_id = $1 AND ar = $2"
    before = connection.execute(f"SELECT varde FROM matvarde WHERE {here}", [area, year]).fetchall()
    connection.execute(f"DELETE FROM matvarde WHERE {here}", [area, year])
    cell = {"nyckeltal_id": "N00001", "omrade_id": area, "ar": year, "kon": "T", "varde": value, "antal_omraden": 1}
    cell |= {"status": "publicerad", "kalla": source, "hamtad": when, "korning_id": "natt"}
    then = before[0][0] if before else None
    insert(connection, "matvarde_revision", **cell, observerad=when, handelse=event, foregaende_varde=then)
    if event != "borttagen":
        insert(connection, "matvarde", **cell)


def revise(count: int, value: float, when: datetime = TONIGHT, source: str = "kolada") -> Change:
    def apply(connection: duckdb.DuckDBPyConnection) -> None:
        for area in KOMMUNER[:count]:
            change(connection, area, 2023, value, "reviderad", when, source)

    return apply


def new_year(factor: float, count: int = len(KOMMUNER)) -> Change:
    def apply(connection: duckdb.DuckDBPyConnection) -> None:
        for area in KOMMUNER[:count]:
            change(connection, area, 2024, 52.0 * factor, "ny")

    return apply


def levels(results: dict[str, CheckResult]) -> dict[str, str]:
    return {check: finding.level for check, finding in results.items()}


def test_a_night_that_changes_nothing_is_ok(judged: Judged) -> None:
    results = judged()
    assert set(levels(results).values()) == {"ok"}
    assert results[COVERAGE].text.startswith("12 av 12 celler")
    assert stop_line(list(results.values())) is None


def test_the_first_night_has_nothing_to_compare_with(judged: Judged) -> None:
    results = judged(revise(12, 1.0), published=False)
    assert levels(results)[COVERAGE] == levels(results)[SIZE] == "ok"
    assert "Första publiceringen" in results[COVERAGE].text


def test_few_revised_values_are_a_warning(judged: Judged) -> None:
    finding = judged(revise(7, 51.0))[SIZE]
    assert finding.level == "varning"
    assert "Måttet: 19,4 % av 36 värden ändrade (N00001; reviderat eller borttaget av Kolada)" in finding.text


def test_more_than_the_limit_in_one_night_stops(judged: Judged) -> None:
    finding = judged(revise(8, 51.0))[SIZE]
    assert finding.level == "stopp"
    assert "Mer än 20 % av värdena" in finding.text
    assert "malbild run --godkann" in finding.text, "it says what to do"


def test_values_that_are_deleted_are_changes_too(judged: Judged) -> None:
    def delete(connection: duckdb.DuckDBPyConnection) -> None:
        for area in KOMMUNER[:8]:
            change(connection, area, 2023, None, "borttagen")

    finding = judged(delete)[SIZE]
    assert finding.level == "stopp"
    assert "Måttet: 22,2 % av 36 värden ändrade" in finding.text


def test_a_person_can_let_it_through_and_a_period_of_another_size_too(judged: Judged) -> None:
    for check, change in ((SIZE, revise(12, 51.0)), (PLAUSIBLE, new_year(0.01))):
        finding = judged(change, approved=True)[check]
        assert finding.level == "varning"
        assert finding.text.startswith("Godkänt av den som startade körningen")


@pytest.mark.parametrize(
    ("check", "tamper"),
    [
        (COVERAGE, "DELETE FROM matvarde WHERE omrade_id = '0401' AND ar = 2023"),
        (DUPLICATES, "INSERT INTO matvarde FROM matvarde WHERE omrade_id = '0401' AND ar = 2023"),
    ],
)
def test_nobody_can_let_a_fault_of_the_warehouse_through(judged: Judged, check: str, tamper: str) -> None:
    assert judged(lambda connection: connection.execute(tamper), approved=True)[check].level == "stopp"


def test_what_a_huvudman_hands_in_anew_is_a_decision_already(judged: Judged) -> None:
    assert judged(revise(12, 51.0, source="lokal"))[SIZE].level == "ok"


def test_what_kolada_takes_back_is_no_change(judged: Judged) -> None:
    bad_night, good_night = TONIGHT, TONIGHT + timedelta(days=1)
    assert judged(revise(12, 5.0, bad_night), revise(12, 52.0, good_night))[SIZE].level == "ok"
    # What was not published stays to be judged, however many nights ago it was stored.
    assert judged(revise(12, 5.0, bad_night), revise(1, 6.0, good_night))[SIZE].level == "stopp"


def test_a_value_that_kolada_deletes_is_a_shrink_with_a_reason(judged: Judged) -> None:
    finding = judged(lambda connection: change(connection, "0401", 2023, None, "borttagen"))[COVERAGE]
    assert finding.level == "varning"
    assert "Måttet i Kommun 0401 (3 → 2 värden)" in finding.text


@pytest.mark.parametrize(
    "tamper",
    [
        "DELETE FROM matvarde WHERE omrade_id = '0401' AND ar = 2023",
        "UPDATE matvarde SET varde = varde + 1 WHERE omrade_id = '0401'",
    ],
)
def test_a_difference_that_no_event_explains_stops(judged: Judged, tamper: str) -> None:
    finding = judged(lambda connection: connection.execute(tamper))[COVERAGE]
    assert finding.level == "stopp"
    assert "N00001 0401 (3 →" in finding.text
    assert "malbild rebuild" in finding.text


@pytest.mark.lang
def test_a_lack_of_memory_is_not_taken_for_a_damaged_file(judged: Judged, tmp_path: Path) -> None:
    judged()
    # Much is published and little is stored: only reading the former takes memory.
    (tmp_path / "analys.duckdb").chmod(0o600)
    with duckdb.connect(str(tmp_path / "analys.duckdb")) as connection:
        connection.execute(
            """INSERT INTO matvarde SELECT m.* REPLACE (n::VARCHAR AS omrade_id)
               FROM (FROM matvarde LIMIT 1) m, range(1_000_000) r(n)"""
        )
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        connection.execute("SET memory_limit = '40MB'; SET max_temp_directory_size = '0B'")
        with pytest.raises(duckdb.OutOfMemoryException):
            read_inputs(connection, tmp_path / "analys.duckdb", "natt-2", REFUSED_NOTHING)


def test_lost_rows_are_seen_beside_a_revision_of_the_same_series(judged: Judged) -> None:
    lose = "DELETE FROM matvarde WHERE omrade_id = '0401' AND ar = 2021"
    assert judged(revise(1, 51.0), lambda connection: connection.execute(lose))[COVERAGE].level == "stopp"


def test_a_value_that_stands_twice_stops(judged: Judged) -> None:
    twice = "INSERT INTO matvarde FROM matvarde WHERE omrade_id = '0401' AND ar = 2023"
    finding = judged(lambda connection: connection.execute(twice))[DUPLICATES]
    assert finding.level == "stopp"
    assert "1 värden finns mer än en gång: N00001 0401 2023 T" in finding.text


def test_a_new_period_of_another_size_stops_unless_the_catalogue_says_why(judged: Judged) -> None:
    assert judged(new_year(1.1))[PLAUSIBLE].level == "ok"
    finding = judged(new_year(0.01))[PLAUSIBLE]
    assert finding.level == "stopp"
    assert "N00001 2024, landet: hopp 0,52 mot 52, medianen är minst 5 gånger större eller mindre" in finding.text

    def redefined(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "INSERT INTO katalog_handelse VALUES ($1, 'natt-2', 'nyckeltal', 'N00001', 'ny definition', 'a', 'b')",
            [TONIGHT],
        )

    finding = judged(new_year(0.01), redefined)[PLAUSIBLE]
    assert finding.level == "varning"
    assert "men ny definition" in finding.text


def test_a_new_period_of_ten_kommuner_or_more_is_one(judged: Judged) -> None:
    assert "hopp" not in judged(new_year(100, count=9))[PLAUSIBLE].text
    assert "hopp" in judged(new_year(100, count=10))[PLAUSIBLE].text


def test_a_revised_value_of_another_size_is_told(judged: Judged) -> None:
    finding = judged(revise(1, 530.0))[SIZE]
    assert finding.level == "varning"
    assert "N00001 Kommun 0401 2023 T: 52 → 530" in finding.text


def test_a_revised_value_of_an_unnamed_area_is_told_with_its_id(judged: Judged) -> None:
    def apply(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("DELETE FROM omrade WHERE omrade_id = '0401'")
        change(connection, "0401", 2023, 530.0, "reviderad")

    assert "N00001 0401 2023 T: 52 → 530" in judged(apply)[SIZE].text


def test_a_total_is_judged_by_the_arsvariation_of_totals(tmp_path: Path) -> None:
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        for kon, variance in (("T", 4.0), ("K", 9.0), ("M", 16.0)):
            insert(connection, "arsvariation", nyckeltal_id="N00001", omrade_id="0401", kon=kon, varians=variance)
        assert connection.sql(_FRAMES["noise"]).fetchall() == [("N00001", "0401", 4.0)]


def test_a_period_that_is_late_and_values_that_were_refused_are_warnings(judged: Judged) -> None:
    def late(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("UPDATE nyckeltal SET publiceras = DATE '2026-03-11'")
        connection.execute("INSERT INTO karantan VALUES ('natt-2', 'N00001', '0401', 2024, 'T', 'okänt kön', 2, '{}')")

    results = judged(late)
    assert "N00001 (2024 skulle komma 2026-03-11, senaste år 2023)" in results["publicering"].text
    assert (
        "2 värden är nya i karantänen (5,56 % av 36 hämtade): okänt kön (2: N00001 Kommun 0401 2024)"
        in results["karantan"].text
    )
    assert {levels(results)["publicering"], levels(results)["karantan"]} == {"varning"}


@pytest.mark.parametrize("share", [0.0, 0.5], ids=["no database", "half of one"])
def test_a_published_file_that_is_damaged_is_told(judged: Judged, share: float, tmp_path: Path) -> None:
    judged()
    whole = (tmp_path / "analys.duckdb").read_bytes()
    (tmp_path / "analys.duckdb").write_bytes(whole[: int(len(whole) * share)] or b"no database")
    with FileWarehouse(tmp_path / "lager.duckdb").open() as connection:
        finding = evaluate(
            read_inputs(connection, tmp_path / "analys.duckdb", "natt-2", REFUSED_NOTHING),
            changed_share=0.2,
            approved=False,
        )[0]
    assert finding.level == "varning"
    assert "kan inte läsas" in finding.text
