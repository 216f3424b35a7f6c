"""The main job from end to end: every value that Kolada has comes through, and a part can be run alone.

Nights one after another are in `test_season`.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipelines.errors import ConfigError
from pipelines.runner import prepare_home
from pipelines.settings import Settings
from pipelines.standin.server import running
from pipelines.warehouse.location import warehouse_of
from tests.conftest import ArchiveNight
from tests.season import environment, materialize
from tests.small import CATALOG, Finished, dataset, kolada, own_catalog, values
from tests.warehouse.small import query

pytestmark = pytest.mark.lang

KEY = ["kpi", "area", "year", "gender"]


def stored(database: Path) -> pl.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(
            """SELECT nyckeltal_id AS kpi, omrade_id AS area, ar AS year, kon AS gender, varde, antal_omraden, status
               FROM matvarde"""
        ).pl()


def packed(file: Path) -> list[dict[str, Any]]:
    return json.loads(gzip.decompress(file.read_bytes()))  # type: ignore[no-any-return]


# --- the demo -------------------------------------------------------------------------------------------------------


def test_the_demo_ends_well_and_says_where_its_synthetic_figures_are(demo: tuple[Finished, Path]) -> None:
    ended, data_dir = demo
    assert ended.code == 0, ended.err
    assert re.sub(r"\d[\d.]*", "#", ended.err) == "Kolada # of # batches, # MB\n" * 4
    for file in (data_dir / "analys.duckdb", data_dir / "rapport" / "utkast" / "index.html"):
        assert str(file) in ended.out.replace("\n", "")
        assert file.exists()
    assert "synthetic" in ended.out
    assert query(
        data_dir / "analys.duckdb", "SELECT DISTINCT kalla FROM korning UNION SELECT DISTINCT kalla FROM matvarde"
    ) == [("syntetisk",)]
    report = (data_dir / "rapport" / "utkast" / "index.html").read_text()
    assert "SYNTETISKA UPPGIFTER" in report
    assert "Källa: Kolada" not in report


def test_the_demo_s_database_holds_the_whole_malbild(demo: tuple[Finished, Path]) -> None:
    database, catalog = demo[1] / "analys.duckdb", own_catalog()
    counts = query(
        database,
        """SELECT (SELECT count(*) FROM malomrade), (SELECT count(*) FROM indikator), (SELECT count(*) FROM matt),
               (SELECT count(*) FROM indikator_matt), (SELECT count(*) FROM omrade WHERE i_malbild),
               (SELECT count(*) FROM nyckeltal WHERE i_katalogen IS NOT NULL),
               (SELECT count(DISTINCT matt_id) FROM matt_nyckeltal WHERE nyckeltal_id LIKE 'L!_%' ESCAPE '!')""",
    )
    indicators, places = catalog.indicators, [measure for i in catalog.indicators for measure in i.measures]
    own, local = [*catalog.geography.kommuner, catalog.geography.region], [m for m in catalog.measures if m.local]
    held = (catalog.goal_areas, indicators, catalog.measures, places, own, catalog.kpis, local)
    assert counts == [tuple(map(len, held))]
    assert all(held)
    assert query(database, "FROM indikator_matt WHERE indikator_id = 'rehabiliterande'") == []


def test_the_demo_s_journal_counts_what_was_fetched(demo: tuple[Finished, Path]) -> None:
    ((fetched, requests, size, merged, refused, deleted),) = query(
        demo[1] / "analys.duckdb",
        """SELECT rader_hamtade, anrop, byte, (SELECT count(*) FROM matvarde_revision), (SELECT count(*) FROM karantan),
               (SELECT count(*) FROM matvarde WHERE status = 'borttagen') FROM korning""",
    )
    # The sample has values that Kolada says are deleted: they were fetched, and nothing was there to delete.
    assert 0 < merged + refused <= fetched  # type: ignore[operator]
    assert deleted == 0
    assert requests
    assert size


def test_missing_zero_and_suppressed_stay_apart_in_the_database(demo: tuple[Finished, Path]) -> None:
    rows = stored(demo[1] / "analys.duckdb")
    by_status = dict(rows.group_by("status").agg(pl.col("varde").count()).iter_rows())
    assert by_status.pop("publicerad") > 0
    assert {"saknas", "bortfall", "sekretess"} <= set(by_status)
    assert set(by_status.values()) == {0}
    assert rows.filter((pl.col("varde") == 0) & (pl.col("status") == "publicerad")).height > 0


# --- real figures ---------------------------------------------------------------------------------------------------


# The older catalogue is played by `make night`.
_VINTAGES = ["kolada-2026"] if "MALBILD_LANGA_PROV" not in os.environ else ["kolada-2024"]


@pytest.mark.parametrize("vintage", _VINTAGES)
def test_every_value_of_the_archive_comes_through(
    vintage: str, shared_data: Path, archive_nights: Callable[[str], ArchiveNight]
) -> None:
    figures = shared_data / "kolada-2024" / "values.parquet"
    night = archive_nights(vintage)
    ended, database = night.ended, night.data_dir / "analys.duckdb"
    assert ended.code == 0, ended.err
    catalogue = {entry["id"] for entry in packed(shared_data / vintage / "kpi.json.gz")}
    ours = own_catalog().kpis.keys()
    for unknown in ours - catalogue:
        assert unknown in ended.out
    archive = pl.read_parquet(figures).filter(pl.col("kpi").is_in(list(ours & catalogue)))
    archive = archive.with_columns(pl.col("year").cast(pl.Int32))
    rows = stored(database)
    _same_values(archive, rows.filter(~pl.col("area").str.starts_with("G")))
    groups = packed(shared_data / vintage / "municipality_groups.json.gz")
    _same_means(archive, groups, rows.filter(pl.col("area").str.starts_with("G")))
    assert night.most_at_once <= 3
    assert query(database, "SELECT DISTINCT kalla FROM matvarde") == [(night.url,)]
    assert "Källa: Kolada" not in (night.data_dir / "rapport" / "utkast" / "index.html").read_text()


def _same_values(archive: pl.DataFrame, rows: pl.DataFrame) -> None:
    both = archive.join(rows, on=KEY, how="full", coalesce=True)
    assert both.height == archive.height == rows.height
    assert both["status"].null_count() == 0
    assert both.filter(~pl.col("value").eq_missing(pl.col("varde"))).is_empty()


def _same_means(archive: pl.DataFrame, groups: list[dict[str, Any]], rows: pl.DataFrame) -> None:
    """Group values: the unweighted mean of the members that have one, computed here without the stand-in's help."""
    asked = set(rows["area"])
    members = pl.DataFrame(
        [(g["id"], m["member_id"]) for g in groups if g["id"] in asked for m in g["members"]],
        schema=["group", "area"],
        orient="row",
    )
    expected = (
        archive.join(members, on="area")
        .group_by("kpi", "group", "year", "gender")
        .agg(mean=pl.col("value").mean(), members=pl.col("value").count())
    )
    both = rows.join(expected, left_on=KEY, right_on=["kpi", "group", "year", "gender"], how="full", coalesce=True)
    assert both.height == rows.height == expected.height
    apart = (pl.col("varde") - pl.col("mean")).abs() > 1e-12 * pl.col("mean").abs()
    assert both.filter(apart | (pl.col("varde").is_null() != pl.col("mean").is_null())).is_empty()
    assert both.filter(pl.col("antal_omraden") != pl.col("members")).is_empty()


# --- a part of the graph, as from the UI ----------------------------------------------------------------------------


@pytest.fixture
def settings(small_night: Path, tmp_path: Path) -> Iterator[Settings]:
    """Of a data dir after one night, whose Kolada has revised the newest year since."""
    shutil.copytree(small_night, tmp_path / "data")
    revised = dataset(figures=values().with_columns(value=pl.col("value") + (pl.col("year") == 2024)))
    with kolada(revised) as url, environment():
        yield Settings(data_dir=tmp_path / "data", catalog_dir=CATALOG, kolada_url=url, patience=2, changed_share=1)


def stored_tables(settings: Settings) -> list[list[tuple[object, ...]]]:
    """The warehouse's values and revisions."""
    with warehouse_of(settings).open() as connection:
        return [connection.sql(f"FROM {name} ORDER BY ALL").fetchall() for name in ("matvarde", "matvarde_revision")]


def test_the_command_line_s_runs_are_dagster_s(settings: Settings) -> None:
    prepare_home(settings)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        assert instance.get_latest_materialization_event(dg.AssetKey(["publicerat", "rapport"])) is not None
    assert run.is_success
    assert query(settings.published, "SELECT dagster_id FROM korning") == [(run.run_id,)]


def test_an_indikator_without_kpis_can_be_run_alone(settings: Settings) -> None:
    before = stored_tables(settings)
    materialize(settings, parts=("kolada/katalog", "ra/rehabiliterande", "validerat/rehabiliterande"))
    assert stored_tables(settings) == before


def test_an_indikator_alone_knows_its_source_without_the_catalogue(settings: Settings) -> None:
    materialize(settings, parts=("ra/kontinuitet", "validerat/kontinuitet"))
    for table in ("matvarde", "korning"):
        assert query(settings.published, f"SELECT DISTINCT kalla FROM {table}") == [("syntetisk",)]


def test_an_indikator_alone_from_another_source_is_refused(settings: Settings) -> None:
    with running(dataset(), "arkiv") as url, pytest.raises(ConfigError, match="holds figures from 'syntetisk'"):
        materialize(replace(settings, kolada_url=url), parts=("ra/kontinuitet", "validerat/kontinuitet"))


def test_an_area_that_is_not_followed_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="omraden: 9999 not among the"):
        materialize(settings, areas=("9999",))


def test_what_was_fetched_is_validated_too_or_nothing_is_merged(settings: Settings) -> None:
    before = stored_tables(settings)
    parts = ("kolada/katalog", "ra/ovriga", "ra/kontinuitet", "validerat/kontinuitet")
    with pytest.raises(ConfigError, match=r"ra/ovriga was fetched in this run, but is not to be validated"):
        materialize(settings, parts=parts)
    assert stored_tables(settings) == before
