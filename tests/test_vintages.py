"""What was known before can be shown again: rebuilt from the raw archive, and reported as of another day."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.kolada.archive import RawArchive
from pipelines.warehouse.history import rebuild_as_of
from pipelines.warehouse.rebuild import rebuild
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse
from tests.small import KPIS, dataset, kolada, malbild, run_night, values

pytestmark = pytest.mark.lang


@pytest.fixture(scope="module")
def three_nights(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A first night; one with a revised value, a deletion, a new title and new group members; one that was refused."""
    data_dir = Path(shutil.copytree(small_night, tmp_path_factory.mktemp("natter") / "data"))
    figures = values()
    here = (pl.col("kpi") == "U00002") & (pl.col("area") == "0484")
    revised = figures.with_columns(value=pl.when(here & (pl.col("year") == 2024)).then(99.5).otherwise("value")).filter(
        ~(here & (pl.col("year") == 2022))
    )
    second = dataset(KPIS | {"U00001": ("Gammal  fråga; andel (%) (-2025)", "K")}, revised)
    second = replace(
        second, groups=[g | {"members": g["members"][:1]} if g["id"] == "G1" else g for g in second.groups]
    )
    refused = dataset(figures=figures.with_columns(status=pl.lit("Missing")))
    for number, (served, code) in enumerate(((second, 0), (refused, 4)), start=2):
        with kolada(served) as url:
            ended = run_night(url, data_dir, "--full")
            assert ended.code == code, (number, ended.err)
    return data_dir


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with FileWarehouse(path).open() as connection:
        return {
            table.name: connection.sql(
                f"SELECT {', '.join(c.name for c in table.stored_columns)} FROM {table.name} ORDER BY ALL"
            ).fetchall()
            for table in schema().stored
        }


def test_the_warehouse_comes_out_of_the_raw_archive_row_for_row(three_nights: Path) -> None:
    before = tables(three_nights / "lager.duckdb")
    ended = malbild("rebuild", "--data-dir", three_nights)
    assert ended.code == 0, ended.err
    assert "2 runs (1 had stored nothing)" in ended.out
    after = tables(three_nights / "lager.duckdb")
    # What was published is not known to the archive: the next run publishes anew.
    before["lager_info"] = [row for row in before["lager_info"] if row[0] not in ("lagrat", "publicerat")]
    for name, rows in before.items():
        assert after[name] == rows, name
    assert before["karantan"]
    assert len(before["matvarde_revision"]) > len(before["matvarde"])
    assert tables(three_nights / "lager.duckdb.gammal")["matvarde"] == before["matvarde"]


def test_every_nyckeltal_a_portion_by_itself_gives_the_same_rows(three_nights: Path, tmp_path: Path) -> None:
    once, often = (tmp_path / name / "lager.duckdb" for name in ("hel", "portioner"))
    for path, at_once in ((once, 1_000_000), (often, 1)):
        path.parent.mkdir()
        rebuild(RawArchive(three_nights / "ra"), FileWarehouse(path), at_once)
    assert tables(often) == tables(once)
    assert len(tables(often)["matvarde_revision"]) > len(tables(often)["matvarde"])


def test_nothing_to_rebuild_from_is_told_and_nothing_is_lost(three_nights: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(three_nights, tmp_path / "data"))
    before = (data_dir / "lager.duckdb").read_bytes()
    body = max((data_dir / "ra").rglob("*.zst"), key=lambda path: path.stat().st_size)
    os.truncate(body, body.stat().st_size // 2)
    damaged = malbild("rebuild", "--data-dir", data_dir)
    assert damaged.code == 1
    assert "damaged" in damaged.err
    assert (data_dir / "lager.duckdb").read_bytes() == before
    shutil.rmtree(data_dir / "ra")
    gone = malbild("rebuild", "--data-dir", data_dir)
    assert gone.code == 2
    assert "the raw archive knows no run" in gone.err
    assert (data_dir / "lager.duckdb").read_bytes() == before


def test_an_earlier_day_is_built_with_the_values_titles_and_members_of_then(three_nights: Path, tmp_path: Path) -> None:
    published = three_nights / "analys.duckdb"
    with duckdb.connect(str(published), read_only=True) as now:
        ((first, second),) = now.sql("SELECT min(observerad), max(observerad) FROM korning").fetchall()
        current = now.sql(
            "SELECT nyckeltal_id, omrade_id, ar, kon, varde, status FROM matvarde ORDER BY ALL"
        ).fetchall()
        revisions = now.sql("SELECT count(*) FROM matvarde_revision").fetchall()
    assert first < second
    with duckdb.connect(str(rebuild_as_of(published, tmp_path / "da.duckdb", first)), read_only=True) as then:
        value = "SELECT ar, varde FROM matvarde WHERE nyckeltal_id = 'U00002' AND omrade_id = '0484' ORDER BY ar"
        assert then.sql(value).fetchall() == [(2022, 20.484), (2023, 20.734), (2024, 20.984)]
        assert then.sql("SELECT titel FROM nyckeltal WHERE nyckeltal_id = 'U00001'").fetchall() == [
            (KPIS["U00001"][0],)
        ]
        members = "SELECT omrade_id FROM grupp_medlem WHERE grupp_id = 'G1' AND till IS NULL ORDER BY ALL"
        assert then.sql(members).fetchall() == [("0461",), ("0484",)]
        assert then.sql("SELECT count(*) FROM korning").fetchall() == [(1,)]
        compared = "SELECT varde FROM jamforelse WHERE nyckeltal_id = 'U00002' AND omrade_id = '0484' AND ar = 2024"
        assert then.sql(compared).fetchall() == [(20.984,)]
    with duckdb.connect(str(rebuild_as_of(published, tmp_path / "nu.duckdb", second)), read_only=True) as again:
        same = again.sql("SELECT nyckeltal_id, omrade_id, ar, kon, varde, status FROM matvarde ORDER BY ALL").fetchall()
        assert same == current
        assert again.sql("SELECT count(*) FROM matvarde_revision").fetchall() == revisions
        assert again.sql("SELECT varde FROM jamforelse WHERE varde = 99.5").fetchall() == [(99.5,)]


def test_a_report_as_of_a_day_takes_the_draft_s_place_only_until_the_next_night(three_nights: Path) -> None:
    draft = three_nights / "rapport" / "utkast" / "index.html"
    tonight = draft.read_bytes()
    with duckdb.connect(str(three_nights / "analys.duckdb"), read_only=True) as now:
        ((first,),) = now.sql("SELECT min(avslutad) FROM korning").fetchall()
    ended = malbild("report", "--data-dir", three_nights, "--as-of", first.isoformat())
    assert ended.code == 0, ended.err
    assert draft.read_bytes() != tonight
    assert "99,5" in re.sub(r"<script.*?</script>", "", tonight.decode(), flags=re.S)
    assert "99,5" not in re.sub(r"<script.*?</script>", "", draft.read_text(), flags=re.S)
    assert malbild("report", "--data-dir", three_nights).code == 0
    assert draft.read_bytes() == tonight


@pytest.mark.parametrize(
    ("day", "told"),
    [("1999-01-01", "before the first run"), ("2999-01-01", "after the last run"), ("igår", "not a time")],
)
def test_a_day_of_which_nothing_is_known_is_2(three_nights: Path, day: str, told: str) -> None:
    ended = malbild("report", "--data-dir", three_nights, "--as-of", day)
    assert ended.code == 2
    assert told in ended.err


def test_a_run_that_never_got_to_open_the_warehouse_does_not_stop_the_rebuilding(
    three_nights: Path, tmp_path: Path
) -> None:
    data_dir = Path(shutil.copytree(three_nights, tmp_path / "data"))
    before = tables(data_dir / "lager.duckdb")["matvarde_revision"]
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        connection.execute("ALTER TABLE karantan RENAME COLUMN orsak TO skal")
    with kolada() as url:
        stopped = run_night(url, data_dir)
    assert stopped.code == 2
    assert "table karantan differs in orsak, skal → `malbild rebuild`" in stopped.err
    log = data_dir / "lager.duckdb.wal"
    log.write_bytes(b"of a run that was killed")
    ended = malbild("rebuild", "--data-dir", data_dir)
    assert ended.code == 0, ended.err
    assert "2 runs (2 had stored nothing)" in ended.out
    assert tables(data_dir / "lager.duckdb")["matvarde_revision"] == before
    # The log belongs to the file that it was written for.
    assert not log.exists()
    assert (data_dir / "lager.duckdb.gammal.wal").exists()
