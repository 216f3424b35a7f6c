"""The handbook's and the README's queries against the demo's database: each runs, answers, and some answers are checked
against polars over the exported Parquet files.

The blocks for the DuckDB command line and Power Query, and those for R that need a package, are not run: the test
machine has none of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.conftest import ROOT, ArchiveNight
from tests.small import Finished

pytestmark = pytest.mark.lang

HANDBOOK = ROOT / "docs" / "handbok.md"
MAY_BE_EMPTY = "-- kan vara tomt"
OURS = ["0428", "0461", "0480", "0481", "0482", "0483", "0484", "0486", "0488"]


def blocks(file: Path, language: str) -> dict[str, str]:
    """The blocks of a language by the heading above them (and a number where it has several)."""
    by_title: dict[str, str] = {}
    for section in re.split(r"^#+ ", file.read_text(encoding="utf-8"), flags=re.MULTILINE):
        title = section.partition("\n")[0]
        for number, block in enumerate(re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL), start=1):
            by_title[f"{title}{'' if number == 1 else f' ({number})'}"] = block
    return by_title


QUERIES = blocks(HANDBOOK, "sql")
STATEMENTS = [
    pytest.param(statement, id=f"{file.stem}: {title} [{number}]")
    for file in (HANDBOOK, ROOT / "README.md")
    for title, block in blocks(file, "sql").items()
    for number, statement in enumerate(filter(str.strip, block.split(";")), start=1)
]


@pytest.fixture(scope="module")
def data(demo: tuple[Finished, Path]) -> Path:
    ended, data_dir = demo
    assert ended.code == 0, ended.err
    return data_dir


def ask(data: Path, query: str) -> pl.DataFrame:
    with duckdb.connect(str(data / "analys.duckdb"), read_only=True) as connection:
        return connection.sql(query).pl()


def answer(data: Path, number: int) -> pl.DataFrame:
    (query,) = [block for title, block in QUERIES.items() if title.startswith(f"{number}. ")]
    return ask(data, query)


def table(data: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(data / "parquet" / f"{name}.parquet")


def values(data: Path) -> pl.DataFrame:
    return table(data, "matvarde").filter(pl.col("varde").is_not_null())


def newest(frame: pl.DataFrame, *series: str) -> pl.DataFrame:
    return frame.sort("ar").group_by(series).last()


def test_the_handbook_answers_at_least_fifteen_questions() -> None:
    assert len(QUERIES) >= 15


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_query_runs_and_answers(statement: str, data: Path) -> None:
    assert ask(data, statement).height or MAY_BE_EMPTY in statement


@pytest.mark.parametrize(("title", "block"), blocks(HANDBOOK, "python").items())
def test_the_python_examples_run_as_they_stand(title: str, block: str, data: Path, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(data)
    environment = {**os.environ, "PYTHONPATH": "", "POLARS_FMT_MAX_ROWS": "5"}
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "shape: (0" not in done.stdout
    assert "titel" in done.stdout


def test_the_r_example_without_packages_reads_numbers_as_numbers_and_ids_as_text(data: Path, tmp_path: Path) -> None:
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("no R: install it with `apt-get install r-base-core` to run the handbook's example")
    (block,) = [block for block in blocks(HANDBOOK, "r").values() if "library(" not in block and "::" not in block]
    (tmp_path / "data").symlink_to(data)
    asked = """cat(sprintf("%.6f", eskilstuna$varde[eskilstuna$nyckeltal_id == "U21463"]), "")
        cat(sapply(senaste[c("omrade_id", "kon", "ar", "varde", "riket", "visas")], class))"""
    done = subprocess.run(
        [program, "-e", block, "-e", asked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    of_eskilstuna = "SELECT varde FROM senaste WHERE nyckeltal_id = 'U21463' AND omrade_id = '0484' AND kon = 'T'"
    value = ask(data, of_eskilstuna).item()
    assert done.stdout.endswith(f"{value:.6f} character character integer numeric numeric character")


def test_where_a_kommun_stands(data: Path) -> None:
    expected = newest(values(data).filter(pl.col("omrade_id") == "0484", pl.col("kon") == "T"), "nyckeltal_id")
    titles = table(data, "nyckeltal").select("nyckeltal_id", "titel")
    rows = answer(data, 1)
    columns = ["titel", "ar", "varde"]
    assert sorted(rows.select(columns).rows()) == sorted(
        expected.join(titles, on="nyckeltal_id").select(columns).rows()
    )
    riket = values(data).filter(pl.col("omrade_id") == "0000", pl.col("kon") == "T")
    with_riket = expected.join(titles, on="nyckeltal_id").join(riket, on=["nyckeltal_id", "ar"], suffix="_riket")
    assert dict(rows.filter(pl.col("riket").is_not_null()).select("titel", "riket").iter_rows()) == dict(
        with_riket.select("titel", "varde_riket").iter_rows()
    )


def test_a_profile_holds_every_mått_of_every_indikator(data: Path) -> None:
    measures = table(data, "matt").filter(pl.col("huvudman") != "region").select("matt_id", matt="namn")
    indicators = table(data, "indikator").select("indikator_id", indikator="namn")
    pairs = table(data, "indikator_matt").join(measures, on="matt_id").join(indicators, on="indikator_id")
    rows = answer(data, 3)
    stated = set(rows.select("indikator", "matt").rows())
    assert set(pairs.select("indikator", "matt").rows()) | {("Rehabiliterande", None)} <= stated
    assert rows.filter(pl.col("varde").is_null(), pl.col("orsak").is_null()).is_empty()


def test_gaps_between_women_and_men_lie_beyond_the_intervals_of_both(data: Path) -> None:
    halves = table(data, "jamforelse").filter(
        pl.col("kon").is_in(["K", "M"]), pl.col("omrade_id").is_in([*OURS, "0004"])
    )
    titles = table(data, "nyckeltal").select("nyckeltal_id", "titel")
    wide = halves.join(titles, on="nyckeltal_id").pivot(
        on="kon", index=["titel", "omrade_id", "ar"], values=["varde", "halv_998"]
    )
    both = wide.drop_nulls(["varde_K", "varde_M"])
    gap, half = pl.col("varde_K") - pl.col("varde_M"), (pl.col("halv_998_K") ** 2 + pl.col("halv_998_M") ** 2).sqrt()
    # An older year in which there was a sure gap is no answer where there is none any longer.
    sure = newest(both, "titel", "omrade_id").filter(gap.abs() > half).with_columns(skillnad=gap)
    assert 0 < sure.height < newest(both.filter(gap.abs() > half), "titel", "omrade_id").height
    rows = answer(data, 5)
    assert sorted(rows["skillnad"].to_list()) == pytest.approx(sorted(sure["skillnad"].to_list()))


def test_länsdelar_are_means_of_their_kommuner(data: Path) -> None:
    placed = table(data, "omrade").filter(pl.col("omrade_id").is_in(OURS)).select("omrade_id", "namn", "lansdel")
    titles = table(data, "nyckeltal").select("nyckeltal_id", "titel")
    ours = values(data).filter(pl.col("kon") == "T").join(placed, on="omrade_id").join(titles, on="nyckeltal_id")
    rows = answer(data, 7)
    assert rows.height > 10
    for row in rows.iter_rows(named=True):
        here = ours.filter(pl.col("titel") == row["titel"], pl.col("lansdel") == row["lansdel"])
        year = here.filter(pl.col("ar") == here["ar"].max())
        assert (row["ar"], row["antal_med_varde"]) == (here["ar"].max(), year.height)
        assert row["medel_ovagt"] == pytest.approx(year["varde"].mean())
        assert (row["lagst"], row["hogst"]) == (year["varde"].min(), year["varde"].max())
        assert row["lagst_kommun"] in year.filter(pl.col("varde") == row["lagst"])["namn"]


def test_missing_kinds_are_counted_apart(data: Path) -> None:
    ours = table(data, "matvarde").filter(pl.col("omrade_id").is_in([*OURS, "0004"]))
    rows = answer(data, 14)
    assert rows["nollor"].sum() == ours.filter(pl.col("varde") == 0).height
    for word in ("saknas", "bortfall", "sekretess"):
        assert rows[word].sum() == ours.filter(pl.col("status") == word, pl.col("varde").is_null()).height


def test_the_database_as_of_now_is_the_database(data: Path) -> None:
    rows = answer(data, 11)
    ours = table(data, "matvarde").filter(
        pl.col("nyckeltal_id") == "U21463", pl.col("omrade_id") == "0484", pl.col("kon") == "T"
    )
    assert rows.select("ar", "varde", "status").rows() == ours.sort("ar").select("ar", "varde", "status").rows()


def test_the_newest_by_flag_is_the_newest_in_every_series(data: Path) -> None:
    series: Any = ("nyckeltal_id", "omrade_id", "kon")
    flagged = table(data, "matvarde").filter(pl.col("nyast") == 1).select(*series, "ar").sort(series)
    assert flagged.equals(newest(values(data), *series).select(*series, "ar").sort(series))


ON_THE_ARCHIVE = "Svar på arkivet: "
NUMBER = re.compile(r"(?<![\w,])−?\d+(?:,\d+)?(?!\w)")


def says(row: tuple[Any, ...], clause: str, names: set[str]) -> bool:
    """Whether the clause's figures, as precise as they are written, are in the row in that order, and what it names."""
    numbers = iter([cell for cell in row if isinstance(cell, int | float)])
    texts = " ".join(cell for cell in row if isinstance(cell, str))
    for figure in NUMBER.findall(clause):
        value, decimals = float(figure.replace("−", "-").replace(",", ".")), len(figure.partition(",")[2])
        if not any(round(number, decimals) == value for number in numbers):
            return False
    return all(name in texts for name in names if name in clause)


def test_the_answers_on_the_archive_are_the_archive_s(archive_nights: Callable[[str], ArchiveNight]) -> None:
    data = archive_nights("kolada-2026").data_dir
    names = set(table(data, "omrade").filter(pl.col("typ") == "kommun")["namn"])
    sections = re.split(r"^### ", HANDBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    answered = [section for section in sections if ON_THE_ARCHIVE in section]
    assert len(answered) >= 24
    for section in answered:
        title, _, answer = section.partition("\n")[0], *section.partition(ON_THE_ARCHIVE)[1:]
        rows = ask(data, QUERIES[title]).rows()
        for clause in answer.split(". ")[0].split("; "):
            if count := re.match(r"(\d+) rader", clause):
                assert len(rows) == int(count[1]), title
            else:
                assert any(says(row, clause, names) for row in rows), f"{title}: {clause}"
