"""What goes wrong outside, each with its line and exit code; the last good database and report stay."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipelines.standin.faults import Fault
from pipelines.warehouse.store import hold, open_warehouse
from tests.small import CATALOG, KPIS, Ended, dataset, kolada, malbild, run_night, values


@pytest.fixture(scope="module")
def good(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data dir after one good night."""
    return Path(shutil.copytree(small_night, tmp_path_factory.mktemp("bra") / "data"))


def published(data_dir: Path) -> dict[str, bytes]:
    files = [
        data_dir / "analys.duckdb",
        data_dir / "rapport" / "utkast" / "index.html",
        *(data_dir / "parquet").iterdir(),
        *(path for path in (data_dir / "export").rglob("*") if path.is_file()),
    ]
    return {str(file): file.read_bytes() for file in files}


def last_run(data_dir: Path) -> tuple[object, ...]:
    """utfall and felmeddelande of the latest run in the warehouse."""
    with open_warehouse(data_dir / "lager.duckdb") as connection:
        return connection.sql("SELECT utfall, felmeddelande FROM korning ORDER BY startad DESC LIMIT 1").fetchall()[0]


def one_line(ended: Ended, code: int) -> str:
    """The one line on stderr, which is not a traceback."""
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    (line,) = ended.err.strip().splitlines()
    assert line.startswith("malbild: ")
    assert "→" in line
    return line


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault("/data/", "status", status=503, times=None), "status 503"),
        (Fault("/data/", "html", times=None), "unreadable"),
        (Fault("/data/", "truncated", times=None), "gave up"),
        (Fault("/data/", "reset", times=None), "gave up"),
        (Fault("/kpi", "empty", times=None), "unreadable"),
        (Fault("/data/", "cross_host", times=None), "away from"),
        (Fault("/data/", "cycle", times=None), "never ends"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_a_kolada_that_keeps_failing_is_3_and_changes_nothing(good: Path, fault: Fault, told: str) -> None:
    before = published(good)
    with kolada(dataset(), fault) as url:
        line = one_line(run_night(url, good), 3)
    assert told in line
    assert url in line
    assert published(good) == before
    outcome, message = last_run(good)
    assert outcome == "misslyckad"
    assert told in str(message)


def test_a_kolada_that_is_down_is_3(good: Path) -> None:
    before = published(good)
    line = one_line(run_night("http://127.0.0.1:9/v3", good), 3)
    assert "http://127.0.0.1:9/v3/municipality" in line
    assert "What was published before is still valid" in line
    assert published(good) == before


def test_faults_that_pass_are_survived(good: Path) -> None:
    faults = [Fault("/data/", kind, times=1) for kind in ("truncated", "html", "reset")]
    with kolada(dataset(), *faults, Fault("/data/", "status", status=503, times=1)) as url:
        ended = run_night(url, good)
    assert ended.code == 0
    assert "0 new, 0 revised, 0 deleted" in ended.out


def test_too_many_refused_values_are_4_and_the_reasons_are_kept(good: Path) -> None:
    before = published(good)
    with_status = values().with_columns(status=pl.lit("Missing"))
    with kolada(dataset(figures=with_status)) as url:
        line = one_line(run_night(url, good, "--full"), 4)
    assert "more than the limit 5.0%" in line
    assert published(good) == before


def test_a_kpi_outside_the_catalogue_is_a_warning(tmp_path: Path) -> None:
    known = {kpi_id: entry for kpi_id, entry in KPIS.items() if kpi_id != "U00002"}
    with kolada(dataset(kpis=known)) as url:
        ended = run_night(url, tmp_path / "data")
        assert ended.code == 0
        assert "not in Kolada's catalogue (shown as missing): U00002" in ended.out
        check = malbild("check", "--online", "--kolada-url", url, "--katalog", CATALOG)
    assert check.code == 2
    assert "indikatorer.yaml:" in check.err
    assert "U00002 'Ny fråga, andel (%)' is not in Kolada's catalogue" in check.err
    assert "nearest there: U00001 'Gammal fråga, andel (%) (-2024)'" in " ".join(check.err.split())


def test_a_kpi_without_rows_here_is_a_note(tmp_path: Path) -> None:
    elsewhere = values().filter((pl.col("kpi") != "U00002") | (pl.col("area") == "1000"))
    with kolada(dataset(figures=elsewhere)) as url:
        ended = run_night(url, tmp_path / "data")
    assert ended.code == 0
    assert "no value for any huvudman of the målbild: U00002" in ended.out


def test_a_malformed_id_is_2_with_its_line(tmp_path: Path) -> None:
    for file in CATALOG.iterdir():
        text = file.read_text().replace('- "0461"', "- 0461")
        (tmp_path / file.name).write_text(text)
    ended = malbild(
        "run", "--katalog", tmp_path, "--data-dir", tmp_path / "data", "--kolada-url", "http://127.0.0.1:9/v3"
    )
    line = one_line(ended, 2)
    assert "kommuner.yaml:" in line
    assert '"0461"' in line


def test_a_data_dir_of_another_source_is_2(good: Path) -> None:
    before = published(good)
    from pipelines.standin.server import running

    with running(dataset(), "arkiv") as url:
        line = one_line(run_night(url, good), 2)
    assert "holds figures from 'syntetisk'" in line
    assert "--data-dir" in line
    assert published(good) == before


def test_a_data_dir_that_is_held_is_5(good: Path) -> None:
    with hold(good), kolada() as url:
        line = one_line(run_night(url, good), 5)
    assert "holds" in line


def test_an_unknown_setting_is_2(tmp_path: Path) -> None:
    line = one_line(malbild("run", "--data-dir", tmp_path, MALBILD_TALAMOD="länge"), 2)
    assert "MALBILD_TALAMOD='länge'" in line
    line = one_line(malbild("run", "--data-dir", tmp_path, "--kolada-url", "api.kolada.se"), 2)
    assert "write it whole" in line


def test_a_report_without_a_database_is_2(tmp_path: Path) -> None:
    line = one_line(malbild("report", "--data-dir", tmp_path), 2)
    assert "malbild run" in line


def log_of_the_last_run(data_dir: Path) -> str:
    """Run ids begin with the time."""
    return max((data_dir / "logg").iterdir()).read_text(encoding="utf-8")


def test_the_log_of_a_failed_run_tells_the_whole_story(good: Path) -> None:
    line = one_line(run_night("http://127.0.0.1:9/v3", good), 3)
    log = log_of_the_last_run(good)
    assert line.removeprefix("malbild: ") in " ".join(log.split())
    # From our own step to the connection that was refused.
    assert "step kolada__katalog failed" in log
    for place in ("pipelines/assets/katalog.py", "pipelines/kolada/client.py", "in _get_page", "httpx.ConnectError"):
        assert place in log, log


def test_the_log_of_a_run_that_could_not_begin_does_too(good: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(good, tmp_path / "data"))
    with open_warehouse(data_dir / "lager.duckdb") as connection:
        connection.execute("ALTER TABLE korning DROP COLUMN anrop")
    ended = run_night("http://127.0.0.1:9/v3", data_dir)
    assert ended.code in (1, 2), ended.err
    log = log_of_the_last_run(data_dir)
    assert "the run could not begin" in log
    assert "Traceback" in log
    assert "in _begin" in log


def test_the_traceback_is_there_for_who_asks(tmp_path: Path) -> None:
    ended = malbild("report", "--data-dir", tmp_path, "--debug")
    assert "Traceback" in ended.err
    assert ended.code == 2
