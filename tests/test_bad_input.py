"""What is wrong with what somebody asked for, each with its line and exit code. What goes wrong outside: `faults`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.conftest import ROOT
from tests.local.small import PLANS, catalog, csv
from tests.small import CATALOG, KPIS, Finished, dataset, kolada, malbild, run_night, values


def one_line(ended: Finished, code: int) -> str:
    """The one line on stderr, which is not a traceback."""
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    (line,) = ended.err.strip().splitlines()
    assert line.startswith("malbild: ")
    assert "→" in line
    return line


@pytest.mark.lang
def test_a_kpi_outside_the_catalogue_is_a_warning_and_one_without_rows_here_a_note(tmp_path: Path) -> None:
    known = {kpi_id: entry for kpi_id, entry in KPIS.items() if kpi_id != "U00002"}
    elsewhere = values().filter((pl.col("kpi") != "U00001") | (pl.col("area") == "1000"))
    with kolada(dataset(known, elsewhere)) as url:
        ended = run_night(url, tmp_path / "data")
        check = malbild("check", "--online", "--kolada-url", url, "--katalog", CATALOG)
    assert ended.code == 0
    assert "not in Kolada's catalogue (shown as missing): U00002" in ended.out
    assert "no value for any huvudman of the målbild: U00001" in ended.out
    assert check.code == 2
    assert "indikatorer.yaml:" in check.err
    assert "U00002 'Ny fråga, andel (%)' is not in Kolada's catalogue" in check.err
    assert "nearest there: U00001 'Gammal fråga, andel (%) (-2024)'" in " ".join(check.err.split())


def test_an_unknown_setting_is_2(tmp_path: Path) -> None:
    line = one_line(malbild("run", "--data-dir", tmp_path, MALBILD_TALAMOD="länge"), 2)
    assert "MALBILD_TALAMOD='länge'" in line
    line = one_line(malbild("run", "--data-dir", tmp_path, "--kolada-url", "api.kolada.se"), 2)
    assert "write it whole" in line


def test_a_word_that_is_no_text_is_2(tmp_path: Path) -> None:
    line = one_line(
        malbild("uppfoljning", "ny", "2026-var", "--nr", "1", "--namn", "V\udce5r", "--data-dir", tmp_path), 2
    )
    assert "namn: 'V\\udce5r' is no text in UTF-8" in line


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
    ],
)
def test_a_terminal_without_the_signs_ends_no_command(environment: dict[str, str], tmp_path: Path) -> None:
    csv(tmp_path / "lokala", PLANS, "0484;;2024;T;nio;")
    where = ("--data-dir", tmp_path, "--katalog", catalog(tmp_path / "katalog"))
    command = [sys.executable, "-m", "pipelines", "lokal", "kontroll", *map(str, where)]
    # A process of its own from the beginning: the encoding is settled before anything of ours is read.
    ended = subprocess.run(command, env=os.environ | environment, cwd=ROOT, capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"kolumn varde: talet g" in ended.stdout
    assert b"\\u2192 skriv bara siffror" in ended.stdout
    assert ended.stderr.startswith(b"malbild: 1 rows or files")


def test_an_option_of_a_mac_is_the_same_word(tmp_path: Path) -> None:
    folder = shutil.copytree(CATALOG, tmp_path / "katalog")
    name = unicodedata.normalize("NFD", "Första våren")
    where = ("--data-dir", tmp_path / "data", "--katalog", folder)
    ended = malbild("uppfoljning", "ny", "2026-var", "--nr", "1", "--namn", name, *where)
    assert ended.code == 0, ended.err
    assert "Första våren" in (folder / "uppfoljningar.yaml").read_text()


def log_of_the_run(data_dir: Path) -> str:
    (log,) = (data_dir / "logg").iterdir()
    return log.read_text(encoding="utf-8")


@pytest.mark.lang
def test_the_log_of_a_failed_run_tells_the_whole_story(tmp_path: Path) -> None:
    where = ("--data-dir", tmp_path / "data", "--katalog", CATALOG)
    line = one_line(malbild("run", *where, "--quiet", MALBILD_TALAMOD="0"), 3)
    log = log_of_the_run(tmp_path / "data")
    assert line.removeprefix("malbild: ") in " ".join(log.split())
    # From our own step to the connection that was refused.
    assert "step katalog failed" in log
    for place in ("pipelines/run/fetching.py", "pipelines/kolada/client.py", "in _get_page", "httpx.ConnectError"):
        assert place in log, log


def test_the_log_of_a_run_that_could_not_begin_does_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with duckdb.connect(str(tmp_path / "data" / "lager.duckdb")) as connection:
        connection.execute("CREATE TABLE korning (annat INTEGER)")
    line = one_line(run_night("http://127.0.0.1:9/v3", tmp_path / "data"), 2)
    log = log_of_the_run(tmp_path / "data")
    assert "the run could not begin" in log
    assert "Traceback" in log
    assert "in _begin" in log
    assert line.removeprefix("malbild: ") in " ".join(log.split())


def test_the_traceback_is_there_for_who_asks(tmp_path: Path) -> None:
    ended = malbild("report", "--data-dir", tmp_path, "--debug")
    assert "Traceback" in ended.err
    assert "→ `malbild run` first" in ended.err
    assert ended.code == 2


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("varde: 15", 2),
        ("varde: 15\n      hall_minst: ja", 0),
        ("varde: 25", 0),
        # Of a year without values nothing is known.
        ("varde: 15\n      bas_ar: 2019", 0),
    ],
)
def test_a_target_worse_than_where_it_starts_is_2_unless_it_is_a_floor(
    target: str, code: int, small_night: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(CATALOG, tmp_path / "katalog"))
    base = "" if "bas_ar" in target else "      bas_ar: 2024\n"
    before = '    titlar:\n      - "Ny fråga, andel (%)"\n'
    decided = f"    mal:\n      {target}\n      ar: 2035\n{base}      beslut: beslutad\n      kalla: NSV\n"
    file = folder / "indikatorer.yaml"
    file.write_text(file.read_text().replace(before, before + decided))
    ended = malbild("check", "--katalog", folder, "--data-dir", small_night)
    assert ended.code == code, ended
    if code:
        assert "nyckeltal U00002, mal: 15 is worse than the median of the målbild's own områden in 2024, 20.9" in (
            " ".join(ended.err.split())
        )
