"""The main job from end to end: every value that Kolada has comes through, and a part can be run alone."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipelines.catalog.load import load_catalog
from pipelines.definitions import JOB, build_defs
from pipelines.errors import ConfigError
from pipelines.run.lifecycle import NullProgress
from pipelines.runner import prepare_home
from pipelines.settings import Settings
from pipelines.standin.server import running
from pipelines.warehouse.location import warehouse_of
from tests.conftest import ROOT, ArchiveNight
from tests.small import CATALOG, Ended, dataset, kolada, malbild, values

KEY = ["kpi", "area", "year", "gender"]


def stored(database: Path) -> pl.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(
            """SELECT nyckeltal_id AS kpi, omrade_id AS area, ar AS year, kon AS gender, varde, antal, status
               FROM matvarde"""
        ).pl()


def query(database: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.sql(sql).fetchall()


def packed(file: Path) -> list[dict[str, Any]]:
    return json.loads(gzip.decompress(file.read_bytes()))  # type: ignore[no-any-return]


# --- the demo -------------------------------------------------------------------------------------------------------


def test_the_demo_ends_well_and_says_where_things_are_and_that_they_are_synthetic(demo: tuple[Ended, Path]) -> None:
    ended, data_dir = demo
    assert ended.code == 0, ended.err
    assert ended.err == ""
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


def test_the_demo_s_database_holds_the_whole_malbild(demo: tuple[Ended, Path]) -> None:
    database = demo[1] / "analys.duckdb"
    counts = query(
        database,
        """SELECT (SELECT count(*) FROM malomrade), (SELECT count(*) FROM indikator), (SELECT count(*) FROM matt),
               (SELECT count(*) FROM indikator_matt), (SELECT count(*) FROM omrade WHERE i_malbild),
               (SELECT count(*) FROM nyckeltal WHERE i_katalogen IS NOT NULL),
               (SELECT count(DISTINCT matt_id) FROM matt_nyckeltal WHERE nyckeltal_id LIKE 'L!_%' ESCAPE '!')""",
    )
    assert counts == [(3, 7, 26, 28, 10, 162, 6)]
    assert query(database, "FROM indikator_matt WHERE indikator_id = 'rehabiliterande'") == []
    ((rows, requests, size),) = query(database, "SELECT rader_hamtade, anrop, byte FROM korning")
    ((merged, refused),) = query(
        database, "SELECT (SELECT count(*) FROM matvarde_revision), (SELECT count(*) FROM karantan)"
    )
    ((deleted,),) = query(database, "SELECT count(*) FROM matvarde WHERE status = 'borttagen'")
    assert isinstance(merged, int)
    assert isinstance(rows, int)
    # The sample has values that Kolada says are deleted: they were fetched, and nothing was there to delete.
    assert 0 < merged + refused <= rows  # type: ignore[operator]
    assert deleted == 0
    assert requests
    assert size


def test_missing_zero_and_suppressed_stay_apart_in_the_database(demo: tuple[Ended, Path]) -> None:
    found = stored(demo[1] / "analys.duckdb")
    by_status = dict(found.group_by("status").agg(pl.col("varde").count()).iter_rows())
    assert by_status.pop("publicerad") > 0
    assert {"saknas", "bortfall", "sekretess"} <= set(by_status)
    assert set(by_status.values()) == {0}
    assert found.filter((pl.col("varde") == 0) & (pl.col("status") == "publicerad")).height > 0


# --- real figures ---------------------------------------------------------------------------------------------------


# The older catalogue is played by `make night`.
_VINTAGES = ["kolada-2026"] if "MALBILD_LANGA_PROV" not in os.environ else ["kolada-2024"]


@pytest.mark.lang
@pytest.mark.parametrize("vintage", _VINTAGES)
def test_every_value_of_the_archive_comes_through(
    vintage: str, shared_data: Path, archive_nights: Callable[[str], ArchiveNight]
) -> None:
    figures = shared_data / "kolada-2024" / "values.parquet"
    night = archive_nights(vintage)
    ended, database = night.ended, night.data_dir / "analys.duckdb"
    assert ended.code == 0, ended.err
    catalogue = {entry["id"] for entry in packed(shared_data / vintage / "kpi.json.gz")}
    ours = load_catalog(ROOT).kpis.keys()
    for unknown in ours - catalogue:
        assert unknown in ended.out
    archive = pl.read_parquet(figures).filter(pl.col("kpi").is_in(list(ours & catalogue)))
    archive = archive.with_columns(pl.col("year").cast(pl.Int32))
    found = stored(database)
    _same_values(archive, found.filter(~pl.col("area").str.starts_with("G")))
    groups = packed(shared_data / vintage / "municipality_groups.json.gz")
    _same_means(archive, groups, found.filter(pl.col("area").str.starts_with("G")))
    assert night.most_at_once <= 3
    assert query(database, "SELECT DISTINCT kalla FROM matvarde") == [(night.url,)]
    assert "Källa: Kolada" not in (night.data_dir / "rapport" / "utkast" / "index.html").read_text()


def _same_values(archive: pl.DataFrame, found: pl.DataFrame) -> None:
    both = archive.join(found, on=KEY, how="full", coalesce=True)
    assert both.height == archive.height == found.height
    assert both["status"].null_count() == 0
    assert both.filter(~pl.col("value").eq_missing(pl.col("varde"))).is_empty()


def _same_means(archive: pl.DataFrame, groups: list[dict[str, Any]], found: pl.DataFrame) -> None:
    """Group values: the unweighted mean of the members that have one, computed here without the stand-in's help."""
    asked = set(found["area"])
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
    both = found.join(expected, left_on=KEY, right_on=["kpi", "group", "year", "gender"], how="full", coalesce=True)
    assert both.height == found.height == expected.height
    apart = (pl.col("varde") - pl.col("mean")).abs() > 1e-12 * pl.col("mean").abs()
    assert both.filter(apart | (pl.col("varde").is_null() != pl.col("mean").is_null())).is_empty()
    assert both.filter(pl.col("antal") != pl.col("members")).is_empty()


# --- nights after the first -----------------------------------------------------------------------------------------


@pytest.fixture
def settings(small_night: Path, tmp_path: Path) -> Iterator[Settings]:
    """Of a data dir after one night."""
    kept = os.environ.copy()
    shutil.copytree(small_night, tmp_path / "data")
    with kolada() as url:
        settings = Settings(
            data_dir=tmp_path / "data", catalog_dir=CATALOG, kolada_url=url, patience=2, changed_share=1
        )
        prepare_home(settings)
        yield settings
    os.environ.clear()
    os.environ.update(kept)


def materialize(settings: Settings, *parts: str, areas: list[str] | None = None, url: str | None = None) -> bool:
    """Fetch these assets (none named: all) whole and run what the job has after them, as from the UI."""
    if url is not None:
        settings = replace(settings, kolada_url=url)
    job = build_defs(settings, NullProgress()).resolve_job_def(JOB)
    selection = (
        [*parts, "lager/matvarde", "lager/jamforelse", "lager/trend", "publicerat/analysdatabas"] if parts else None
    )
    with dg.DagsterInstance.get() as instance:
        return job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(part.split("/")) for part in selection] if selection else None,
            run_config={"ops": {"ra": {"config": {"omraden": areas or [], "hel": True}}}},
        ).success


def test_a_whole_night_without_news_changes_nothing(settings: Settings) -> None:
    before, published = stored(settings.published).sort(KEY), settings.published.stat().st_ino
    assert materialize(settings)
    assert stored(settings.published).sort(KEY).equals(before)
    # Nothing was published anew: there was nothing to say.
    assert settings.published.stat().st_ino == published
    with warehouse_of(settings).open() as connection:
        runs = connection.sql("SELECT nya, reviderade, borttagna, utfall FROM korning ORDER BY startad").fetchall()
    assert runs == [(before.height, 0, 0, "klar"), (0, 0, 0, "klar")]


def test_one_indikator_alone_takes_nothing_from_the_rest(settings: Settings) -> None:
    everything = stored(settings.published).height
    without_one_kpi = dataset(figures=values(("N00003", "N00004", "U00001", "U00005", "U00006")))
    with kolada(without_one_kpi) as url:
        assert materialize(settings, "kolada/katalog", "ra/ovriga", "validerat/ovriga", url=url)
        assert stored(settings.published).height == everything
        assert materialize(settings, "kolada/katalog", "ra/kontinuitet", "validerat/kontinuitet", url=url)
    remaining = stored(settings.published)
    assert set(remaining["kpi"]) == {"N00003", "N00004", "U00001", "U00005", "U00006"}
    assert query(settings.published, "SELECT DISTINCT fullstandig FROM korning ORDER BY ALL") == [(False,), (True,)]


def test_some_areas_alone_take_nothing_from_the_rest(settings: Settings) -> None:
    everything = stored(settings.published).height
    one_kommun = dataset(figures=values().filter(pl.col("area") != "0461"))
    with kolada(one_kommun) as url:
        assert materialize(settings, areas=["0484", "0004"], url=url)
        assert stored(settings.published).height == everything
        assert materialize(settings, areas=["0461"], url=url)
    assert "0461" not in set(stored(settings.published)["area"])


def test_two_builds_of_the_same_data_are_the_same_bytes(settings: Settings) -> None:
    report = settings.draft_report.read_bytes()
    settings.draft_report.unlink()
    ended = malbild("report", "--data-dir", settings.data_dir)
    assert ended.code == 0, ended.err
    assert settings.draft_report.read_bytes() == report


def test_the_command_line_s_runs_are_dagster_s(settings: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        key = dg.AssetKey(["publicerat", "rapport"])
        assert instance.get_latest_materialization_event(key) is not None
    assert run.is_success
    assert query(settings.published, "SELECT dagster_id FROM korning") == [(run.run_id,)]


def test_an_indikator_without_kpis_can_be_run_alone(settings: Settings) -> None:
    before = everything(settings)
    materialize(settings, "kolada/katalog", "ra/rehabiliterande", "validerat/rehabiliterande")
    assert everything(settings) == before


def test_an_indikator_alone_knows_its_source_without_the_catalogue(settings: Settings) -> None:
    revised = dataset(figures=values().with_columns(value=pl.col("value") + 1))
    with kolada(revised) as url:
        assert materialize(settings, "ra/kontinuitet", "validerat/kontinuitet", url=url)
    assert query(settings.published, "SELECT DISTINCT kalla FROM matvarde") == [("syntetisk",)]
    assert query(settings.published, "SELECT DISTINCT kalla FROM korning") == [("syntetisk",)]
    with running(revised, "arkiv") as url, pytest.raises(ConfigError, match="holds figures from 'syntetisk'"):
        materialize(settings, "ra/kontinuitet", "validerat/kontinuitet", url=url)


def test_an_area_that_is_not_followed_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="omraden: 9999 not among the"):
        materialize(settings, areas=["9999"])


def test_what_was_fetched_is_validated_too_or_nothing_is_merged(settings: Settings) -> None:
    before = everything(settings)
    revised = dataset(figures=values().with_columns(value=pl.col("value") + 1))
    said = r"ra/ovriga was fetched in this run, but is not to be validated"
    with kolada(revised) as url, pytest.raises(ConfigError, match=said):
        materialize(settings, "kolada/katalog", "ra/ovriga", "ra/kontinuitet", "validerat/kontinuitet", url=url)
    assert everything(settings) == before


def everything(settings: Settings) -> list[list[tuple[object, ...]]]:
    """The warehouse's values and revisions."""
    with warehouse_of(settings).open() as connection:
        return [connection.sql(f"FROM {name} ORDER BY ALL").fetchall() for name in ("matvarde", "matvarde_revision")]
