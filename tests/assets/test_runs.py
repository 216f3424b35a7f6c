"""Runs as Dagster plays them: from the command line, from the pages of single assets, on nights without news."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.definitions.freshness_evaluator import CronFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest
from dagster._core.test_utils import freeze_time

from pipelines import clock
from pipelines.assets.resource import OUTCOME, RUN, RunParam, RunResource, step
from pipelines.definitions import build_defs
from pipelines.errors import MalbildError
from pipelines.run.lifecycle import NullProgress
from pipelines.runner import prepare_home, run_job
from pipelines.settings import Settings
from pipelines.standin.faults import Fault
from pipelines.warehouse.location import warehouse_of
from tests.small import CATALOG, kolada, start_command

pytestmark = pytest.mark.lang

NOWHERE = "http://127.0.0.1:9/v3"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
# What every night makes, also one that brings nothing: the rest is published already.
EVERY_NIGHT = {"kolada/katalog", "lokala/svar", "lokala/uppgifter", "lager/matvarde"} | {
    f"{stage}/{part}" for stage in ("ra", "validerat") for part in ("kontinuitet", "rehabiliterande", "ovriga")
}
# What is computed and published when a night brought news.
LATER = {f"lager/{name}" for name in ("arsvariation", "jamforelse", "trend", "effekt", "fynd")}


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """A run sets DAGSTER_HOME for its process."""
    environment = os.environ.copy()
    yield
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture
def after_one(small_night: Path, tmp_path: Path) -> Settings:
    """A data dir after one night."""
    settings = Settings(Path(shutil.copytree(small_night, tmp_path / "data")), CATALOG, NOWHERE, patience=0)
    prepare_home(settings)
    return settings


@pytest.fixture(scope="module")
def nothing_stored(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(tmp_path_factory.mktemp("tom") / "data", CATALOG, NOWHERE, patience=0)


@pytest.fixture
def empty(nothing_stored: Settings) -> Settings:
    """A data dir in which no run stores anything; Dagster's own files, which take a second to make, are there."""
    prepare_home(nothing_stored)
    return nothing_stored


def materialize(settings: Settings, *names: str, raise_on_error: bool = False) -> dg.ExecuteInProcessResult:
    """These assets and no others, as from their own pages."""
    job = build_defs(settings).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() as instance:
        return job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(name.split("/")) for name in names],
            run_config=QUIET,
            raise_on_error=raise_on_error,
        )


def journal_of(settings: Settings) -> list[tuple[str, str | None]]:
    with warehouse_of(settings).open() as connection:
        return connection.sql("SELECT utfall, felmeddelande FROM korning ORDER BY startad").fetchall()


def newest(instance: dg.DagsterInstance) -> tuple[dg.DagsterRun, list[dg.DagsterEvent]]:
    run = instance.get_runs(limit=1)[0]
    return run, [record.dagster_event for record in instance.all_logs(run.run_id) if record.dagster_event]


def materialized(events: list[dg.DagsterEvent]) -> set[str]:
    return {e.asset_key.to_user_string() for e in events if e.is_step_materialization and e.asset_key}


# --- from the pages of single assets --------------------------------------------------------------------------------


def test_a_part_that_is_run_alone_closes_its_row_and_says_so_in_dagster(after_one: Settings) -> None:
    result = materialize(after_one, "publicerat/rapport")
    assert result.success
    assert journal_of(after_one)[-1] == ("klar", None)
    with dg.DagsterInstance.get() as instance:
        assert newest(instance)[0].tags[OUTCOME] == "klar"


def test_a_part_that_fails_alone_closes_its_row_with_the_error_s_own_line(after_one: Settings) -> None:
    result = materialize(after_one, "kolada/katalog")
    assert not result.success
    outcome, line = journal_of(after_one)[-1]
    assert outcome == "misslyckad"
    assert str(line).startswith(f"Kolada: {NOWHERE}/municipality: ConnectError")
    with dg.DagsterInstance.get() as instance:
        assert newest(instance)[0].tags[OUTCOME] == "Kolada onåbar"


# One of each kind.
@pytest.mark.parametrize(
    "name", ["kolada/katalog", "ra/ovriga", "validerat/ovriga", "lager/matvarde", "lager/trend", "publicerat/rapport"]
)
def test_one_asset_alone_in_an_empty_data_dir_ends_with_a_line_of_ours(empty: Settings, name: str) -> None:
    with pytest.raises(MalbildError, match="→") as raised:
        materialize(empty, name, raise_on_error=True)
    assert journal_of(empty)[-1] == ("misslyckad", " ".join(str(raised.value).split()))


def test_what_is_handed_in_needs_nothing_before_it(empty: Settings) -> None:
    assert materialize(empty, "lokala/uppgifter").success


# --- nights without news --------------------------------------------------------------------------------------------


def data_version(instance: dg.DagsterInstance, name: str) -> str:
    event = instance.get_latest_materialization_event(dg.AssetKey(name.split("/")))
    assert event is not None
    assert event.asset_materialization is not None
    return str((event.asset_materialization.tags or {})["dagster/data_version"])


def test_a_night_without_news_records_only_what_it_made_is_checked_and_keeps_everything_fresh(
    after_one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = (datetime.now(clock.SWEDEN) + timedelta(days=1)).replace(hour=4, minute=20)
    noon = tomorrow.replace(hour=12)
    assert set(freshness(after_one, noon).values()) == {FreshnessState.FAIL}, "no night since the first"
    with dg.DagsterInstance.get() as instance:
        first = data_version(instance, "lager/matvarde")
        assert materialized(newest(instance)[1]) == EVERY_NIGHT | {
            *LATER,
            *(f"publicerat/{name}" for name in ("analysdatabas", "exporter", "kalender", "rapport")),
        }
        ahead, now = tomorrow.timestamp() - time.time(), time.time
        with kolada() as url, monkeypatch.context() as patch:
            # Dagster's events have the time of Python's log records.
            patch.setattr(time, "time", lambda: now() + ahead)
            assert run_job(replace(after_one, kolada_url=url), NullProgress()).unchanged
        run, events = newest(instance)
        assert run.tags[OUTCOME] == "klar"
        assert materialized(events) == EVERY_NIGHT
        assert data_version(instance, "lager/matvarde") == first, "what was made of it would look out of date"
    checks = {
        e.asset_check_evaluation_data.check_name for e in events if e.event_type_value == "ASSET_CHECK_EVALUATION"
    }
    assert {"tackning", "storlek", "dubbletter"} <= checks
    states = freshness(after_one, noon)
    assert set(states.values()) == {FreshnessState.PASS}, states
    assert "lager/matvarde" in states
    assert set(freshness(after_one, noon + timedelta(days=1)).values()) == {FreshnessState.FAIL}


def freshness(settings: Settings, when: datetime) -> dict[str, FreshnessState]:
    """What Dagster's daemon would say at that time of each asset that has a freshness policy."""
    graph = build_defs(settings).resolve_asset_graph()
    nodes = [node for node in graph.asset_nodes if node.freshness_policy]

    async def evaluate(instance: dg.DagsterInstance) -> dict[str, FreshnessState]:
        context = LoadingContextForTest(instance)
        return {
            node.key.to_user_string(): await CronFreshnessPolicyEvaluator().evaluate_freshness(context, node)
            for node in nodes
        }

    with dg.DagsterInstance.get() as instance, freeze_time(when):
        return asyncio.run(evaluate(instance))


# --- told to end ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGINT)])
def test_a_run_that_is_told_to_end_is_broken_off(tmp_path: Path, how: signal.Signals) -> None:
    data_dir, out, err = tmp_path / "data", tmp_path / "ut", tmp_path / "fel"
    with kolada(None, Fault("/data/", "slow", times=None, delay=5)) as url:
        run = start_command(["run", "--kolada-url", url, "--data-dir", data_dir, "--katalog", CATALOG], out, err)
        while not list(data_dir.glob("arbete/*/katalog.json")):
            assert run.is_alive(), err.read_text()
            time.sleep(0.05)
        assert run.pid
        os.kill(run.pid, how)
        run.join(600)
    assert run.exitcode == 130
    assert err.read_text() == ""
    assert journal_of(Settings(data_dir, CATALOG)) == [("avbruten", None)]


# --- what Dagster itself does not take ------------------------------------------------------------------------------


def test_a_step_that_dagster_fails_is_a_failed_run_although_nothing_was_raised(empty: Settings) -> None:
    @dg.asset
    @step
    def konstig(run: RunParam) -> Iterator[dg.MaterializeResult[None]]:
        yield dg.MaterializeResult(asset_key="en-annan")

    definitions = dg.Definitions(
        [konstig],
        resources={RUN: RunResource(settings=empty, progress=NullProgress())},
        executor=dg.in_process_executor,
    )
    with dg.DagsterInstance.get() as instance:
        job = definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False)
        assert not result.success
        assert newest(instance)[0].tags[OUTCOME] == "misslyckad"
    outcome, line = journal_of(empty)[-1]
    assert outcome == "misslyckad"
    assert "Dagster could not use what the step gave it → see run" in str(line)
