"""When a night starts and starts again, by Dagster's own schedule, without waiting for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from pipelines.assets import schedule
from pipelines.assets.resource import COUNTY, NIGHT, OUTCOME, county_tag, end_dead_runs, forget_old_runs, outcome
from pipelines.definitions import JOB
from pipelines.errors import BusyError, CatalogError, ConfigError, RefusedDataError, SourceError
from pipelines.lake import Lake
from pipelines.locks import hold_file
from pipelines.run.lifecycle import SYNTHETIC
from pipelines.runner import prepare_home
from pipelines.settings import Settings
from pipelines.ui import _source_and_end_dead_runs, serve_ui
from tests.notices.sinks import web_server
from tests.small import CATALOG, webhook

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FIRST = datetime(2026, 11, 23, 4, 15, tzinfo=STOCKHOLM)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as temporary:
        yield temporary


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "data", CATALOG)


def tick(settings: Settings, instance: dg.DagsterInstance, when: datetime) -> dg.RunRequest | str:
    """What the tick asks for: a run, or why there is none."""
    first, again = schedule.build(settings, JOB)
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=when)
    result = (first if when.hour == FIRST.hour else again).evaluate_tick(context)
    return result.run_requests[0] if result.run_requests else str(result.skip_message)


def add_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, word: str | None = None) -> None:
    """A run of the night that ended like this."""
    tags = {NIGHT: "2026-11-23"} | ({OUTCOME: word} if word else {})
    instance.create_run_for_job(job_def=_job(), status=status, tags=tags)


@dg.op
def nothing() -> None:
    pass


def _job() -> dg.JobDefinition:
    return dg.JobDefinition(graph_def=dg.GraphDefinition(name=JOB, node_defs=[nothing]))


@pytest.mark.parametrize("sunday", [datetime(2026, 10, 25), datetime(2027, 3, 28)], ids=["winter time", "summer time"])
def test_a_night_when_the_clocks_change_has_its_three_ticks_once(settings: Settings, sunday: datetime) -> None:
    begin = (sunday - timedelta(days=1)).replace(hour=12, tzinfo=STOCKHOLM)
    until = begin + timedelta(days=2)
    times: list[datetime] = []
    for night in schedule.build(settings, JOB):
        cron = night.cron_schedule
        assert isinstance(cron, str)
        ticks = schedule_execution_time_iterator(begin.timestamp(), cron, night.execution_timezone)
        times += [t.astimezone(STOCKHOLM) for t in takewhile(lambda t: t.timestamp() < until.timestamp(), ticks)]
    clock = [f"{time:%d %H:%M}" for time in sorted(times)]
    assert clock == [f"{day:02} {hour:02}:15" for day in (sunday.day, sunday.day + 1) for hour in (4, 5, 6)]


def test_the_first_tick_starts_the_night(settings: Settings, instance: dg.DagsterInstance) -> None:
    request = tick(settings, instance, FIRST)
    assert isinstance(request, dg.RunRequest)
    assert request.tags[NIGHT] == "2026-11-23"


def test_two_daemons_start_one_run(settings: Settings, instance: dg.DagsterInstance) -> None:
    (key,) = {tick(settings, instance, FIRST).run_key for _ in range(2)}  # type: ignore[union-attr]
    assert key, "Dagster starts a run key once, and any number of runs without one"


@pytest.mark.parametrize(
    ("status", "word", "reason"),
    [
        (dg.DagsterRunStatus.SUCCESS, "klar", "är klar"),
        (dg.DagsterRunStatus.STARTED, None, "pågår"),
        (dg.DagsterRunStatus.NOT_STARTED, None, "pågår"),
        (dg.DagsterRunStatus.FAILURE, outcome(RefusedDataError.exit_code), "slutade: stoppad"),
        (dg.DagsterRunStatus.FAILURE, outcome(ConfigError.exit_code), "slutade: fel i inställningar"),
        (dg.DagsterRunStatus.FAILURE, None, "slutade: avbruten"),
    ],
)
def test_a_later_tick_leaves_a_night_alone_that_ended_otherwise(
    status: dg.DagsterRunStatus, word: str | None, reason: str
) -> None:
    last = dg.DagsterRun(JOB, status=status, tags={OUTCOME: word} if word else {})
    assert reason in str(schedule.skip_reason(last))


def test_a_later_tick_tries_again_when_kolada_was_unreachable(settings: Settings, instance: dg.DagsterInstance) -> None:
    add_run(instance, dg.DagsterRunStatus.FAILURE, outcome(SourceError.exit_code))
    requests = [tick(settings, instance, FIRST + timedelta(hours=hours)) for hours in range(3)]
    keys = {request.run_key for request in requests if isinstance(request, dg.RunRequest)}
    assert len(keys) == 3, "Dagster would drop a try whose key it has seen"
    add_run(instance, dg.DagsterRunStatus.SUCCESS, "klar")
    assert isinstance(tick(settings, instance, FIRST + timedelta(hours=2)), str)
    assert isinstance(tick(settings, instance, FIRST + timedelta(days=1)), dg.RunRequest)


def test_a_later_tick_is_no_night_of_its_own(settings: Settings, instance: dg.DagsterInstance) -> None:
    assert tick(settings, instance, FIRST + timedelta(hours=2)) == "Natten har inte börjat"


def broken(folder: Path) -> Path:
    shutil.copytree(CATALOG, folder)
    with (folder / "kommuner.yaml").open("a") as file:
        file.write("ohoj: 1\n")
    return folder


def test_yaml_that_broke_during_the_day_fails_the_tick_and_is_reported(
    settings: Settings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    katalog = broken(tmp_path / "katalog")
    with web_server() as hook:
        night, _ = schedule.build(replace(settings, catalog_dir=katalog, channels=webhook(hook.port)), JOB)
        for _ in range(2):
            with pytest.raises(Exception, match="varje_natt") as raised:
                night.evaluate_tick(dg.build_schedule_context(instance=instance, scheduled_execution_time=FIRST))
            assert isinstance(raised.value.__cause__, CatalogError), "the tick shows file and line"
    (message,) = hook.posted
    assert "kommuner.yaml:" in message["text"]
    assert "Rätta det som raden pekar ut" in message["text"]


def test_the_ui_does_not_start_without_a_schedule(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="ohoj"):
        serve_ui(replace(settings, catalog_dir=broken(tmp_path / "katalog")), 0)


def test_a_data_dir_is_served_once(settings: Settings) -> None:
    settings.dagster_home.mkdir(parents=True)
    with (
        hold_file(settings.dagster_home / ".las", ""),
        pytest.raises(BusyError, match=r"served already \(process \d+\).*→"),
    ):
        serve_ui(settings, 0)


def test_a_dagster_home_that_cannot_be_is_an_error_of_the_machine(settings: Settings) -> None:
    settings.data_dir.mkdir()
    settings.dagster_home.write_text("a file where a folder must be")
    with pytest.raises(OSError, match="dagster"):
        serve_ui(settings, 0)


_RUNNING = """
import sys
from pathlib import Path
from pipelines.locks import hold_data_dir
from pipelines.warehouse.store import FileWarehouse
with hold_data_dir(Path(sys.argv[1])), FileWarehouse(Path(sys.argv[1]) / "lager.duckdb").open():
    print(flush=True)
    sys.stdin.read()
"""


def test_the_ui_starts_beside_a_run_that_has_the_warehouse(
    small_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    settings = Settings(Path(shutil.copytree(small_night, tmp_path / "data")), CATALOG)
    prepare_home(settings)
    run = subprocess.Popen(
        [sys.executable, "-c", _RUNNING, str(settings.data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with run:
        assert run.stdout
        run.stdout.readline()
        assert _source_and_end_dead_runs(settings) == SYNTHETIC


def test_dead_runs_are_ended_and_the_finished_left_alone(instance: dg.DagsterInstance, settings: Settings) -> None:
    for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.SUCCESS):
        add_run(instance, status)
    assert len(end_dead_runs(instance, settings)) == 1
    assert sorted(run.status.value for run in instance.get_runs()) == ["FAILURE", "NOT_STARTED", "SUCCESS"]


def test_a_county_leaves_the_runs_of_others_in_the_same_dagster_alone(
    instance: dg.DagsterInstance, settings: Settings
) -> None:
    county = replace(settings, lake=Lake("dbname=x", "provlan", Path("/srv"), Path("/tmp")), dagster_yaml=Path("x"))
    other = instance.add_run(dg.DagsterRun("natt", status=dg.DagsterRunStatus.STARTED, tags={COUNTY: "grannlan"}))
    own = instance.add_run(dg.DagsterRun("natt", status=dg.DagsterRunStatus.STARTED, tags=county_tag(county)))
    assert end_dead_runs(instance, county) == [own.run_id]
    forget_old_runs(instance, county, datetime.now(UTC) + settings.runs_kept + timedelta(days=1))
    assert [run.run_id for run in instance.get_runs()] == [other.run_id]


def test_runs_and_logs_are_kept_as_long_as_the_settings_say(instance: dg.DagsterInstance, settings: Settings) -> None:
    add_run(instance, dg.DagsterRunStatus.SUCCESS)
    settings.log_dir.mkdir(parents=True)
    (settings.log_dir / "natt.log").touch()
    now = datetime.now(UTC)
    forget_old_runs(instance, settings, now + settings.runs_kept - timedelta(days=1))
    assert (len(instance.get_runs()), len(list(settings.log_dir.iterdir()))) == (1, 1)
    forget_old_runs(instance, settings, now + settings.runs_kept + timedelta(days=1))
    assert (len(instance.get_runs()), len(list(settings.log_dir.iterdir()))) == (0, 0)


def test_a_run_that_was_killed_is_reported_by_the_sensor_and_no_other(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    with web_server() as hook:
        sensor = schedule.watch(replace(settings, channels=webhook(hook.port)))
        for word in ("misslyckad", None):
            add_run(instance, dg.DagsterRunStatus.STARTED, word)
            (run_id,) = end_dead_runs(instance, settings)
            run = instance.get_run_by_id(run_id)
            assert run is not None
            events = [record.dagster_event for record in instance.all_logs(run_id) if record.dagster_event]
            (event,) = (event for event in events if event.is_run_failure)
            sensor(dg.build_run_status_sensor_context(sensor.name, event, instance, run).for_run_failure())
    (message,) = hook.posted
    assert "processen finns inte längre" in message["text"]
