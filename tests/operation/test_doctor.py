"""What `malbild doctor` says of an installation, sound and spoiled: real files, sockets and Dagster's own writing."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines.clock import TIME_ZONE
from pipelines.locks import hold_data_dir
from pipelines.operation import doctor
from pipelines.operation.doctor import Finding, examine, examine_here, next_tick
from pipelines.permissions import keep_private
from pipelines.settings import NIGHT_BEGINS, Settings
from tests.small import kolada, malbild


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with kolada() as url:
        yield url


@pytest.fixture
def sound(copied: Settings, url: str) -> Settings:
    return replace(copied, kolada_url=url)


def found(settings: Settings, check: str) -> list[Finding]:
    return [finding for finding in examine_here(settings) if finding.check == check]


@contextmanager
def journal(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(settings.warehouse_file)) as connection:
        yield connection


def test_a_sound_installation(sound: Settings) -> None:
    # A machine that is busy with other tests gets more time than an administrator gives it.
    findings = examine(sound, patience=120)
    assert [finding.check for finding in findings] == [
        *("python", "packages", "disk", "permissions", "lock", "warehouse", "published"),
        *("clock", "last run", "next run", "report", "size", "kolada"),
    ]
    # Only the daemon is not running.
    (line,) = [str(finding) for finding in findings if finding.level != "ok"]
    assert line.startswith("warning  next run")
    assert "the daemon has never run here → systemctl start malbild" in line


def test_the_command_prints_a_line_per_check_and_changes_nothing(night: Path, url: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in night.rglob("*")}
    ended = malbild("doctor", "--data-dir", night, "--kolada-url", url)
    *here, kolada = ended.out.splitlines()
    assert len(here) == 12
    assert {line.split()[0] for line in here} == {"ok", "warning"}
    # Whether a busy machine lets it answer in time is not the point.
    late = kolada.startswith("error") and "has not answered within" in kolada
    assert (ended.code, ended.err != "") == ((1, True) if late else (0, False)), kolada
    assert {path: path.stat().st_mtime_ns for path in night.rglob("*")} == before


def test_no_data_dir_yet_and_no_network(tmp_path: Path) -> None:
    ended = malbild("doctor", "--data-dir", tmp_path / "saknas", "--kolada-url", "http://127.0.0.1:9/v3")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert ended.err.startswith("malbild: 1 of 13 checks failed →")
    errors = [line for line in ended.out.splitlines() if line.startswith("error")]
    assert len(errors) == 1
    assert "kolada" in errors[0]
    assert "http://127.0.0.1:9/v3" in errors[0]
    assert "does not exist yet → `malbild run` makes it" in ended.out
    assert not (tmp_path / "saknas").exists()


def test_a_kolada_that_does_not_answer_is_given_up(sound: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        finding = examine(replace(sound, kolada_url=address))[-1]
    assert finding.level == "error"
    assert f"{address} has not answered within 2 s" in finding.what


def spoil_everywhere(path: Path) -> None:
    """Some bytes at the beginning of every block but the first ones, which hold the tables' names."""
    with path.open("r+b") as file:
        for block in range(3 * 4096 + 2 * 262144, path.stat().st_size, 262144):
            file.seek(block + 20)
            file.write(b"\xff" * 16)


@pytest.mark.parametrize("name", ["lager.duckdb", "analys.duckdb"])
@pytest.mark.parametrize(
    "spoil",
    [spoil_everywhere, lambda path: os.truncate(path, path.stat().st_size // 2), lambda path: os.truncate(path, 100)],
    ids=["bytes", "half", "stump"],
)
def test_a_damaged_database(sound: Settings, name: str, spoil: Callable[[Path], None]) -> None:
    (sound.data_dir / name).chmod(0o600)
    spoil(sound.data_dir / name)
    check = {"lager.duckdb": "warehouse", "analys.duckdb": "published"}[name]
    (finding,) = found(sound, check)
    assert finding.level == "error"
    assert name in finding.what
    assert "backup" in finding.fix
    # The other database still tells of the last run, and which one it was that told.
    (last,) = found(sound, "last run")
    assert last.what != "there has been none"
    assert ("as published; the warehouse could not be read" in last.what) == (name == "lager.duckdb")


def test_a_key_that_is_there_twice(sound: Settings) -> None:
    with journal(sound) as connection:
        connection.execute("INSERT INTO matvarde SELECT * FROM matvarde LIMIT 1")
    (finding,) = found(sound, "warehouse")
    assert finding.level == "error"
    assert "table matvarde has 1 keys twice" in finding.what


def test_a_warehouse_of_another_version(sound: Settings) -> None:
    with journal(sound) as connection:
        connection.execute("ALTER TABLE karantan ADD COLUMN gammal INTEGER")
    (finding,) = found(sound, "warehouse")
    assert finding.level == "error"
    assert "table karantan differs in gammal → `malbild rebuild`" in finding.what


def test_a_clock_that_went_back(sound: Settings) -> None:
    with journal(sound) as connection:
        connection.execute("UPDATE korning SET avslutad = avslutad + INTERVAL 3 DAY")
    (finding,) = found(sound, "clock")
    assert finding.level == "error"
    assert "before the last run" in finding.what


@pytest.mark.parametrize(
    ("change", "level", "told"),
    [
        (
            "utfall = 'misslyckad', felmeddelande = 'Kolada: status 503 → try again later'",
            "error",
            "Kolada: status 503",
        ),
        ("utfall = 'misslyckad', felmeddelande = NULL", "error", "no message → see logg/"),
        ("utfall = 'pågår'", "warning", "it was killed → run again"),
        ("utfall = 'avbruten'", "warning", "avbruten → run again"),
        (
            "startad = startad - INTERVAL 3 DAY, avslutad = avslutad - INTERVAL 3 DAY",
            "error",
            "none has been done since",
        ),
    ],
)
def test_the_last_run(sound: Settings, change: str, level: str, told: str) -> None:
    with journal(sound) as connection:
        connection.execute(f"UPDATE korning SET {change}")
    (finding,) = found(sound, "last run")
    assert finding.level == level
    assert told in str(finding)
    if "3 DAY" in change:
        (report,) = found(sound, "report")
        assert report.level == "error"
        assert "3 days ago → see last run" in str(report)


def test_a_run_that_is_going_on(sound: Settings) -> None:
    with hold_data_dir(sound.data_dir):
        findings = {finding.check: finding for finding in examine_here(sound)}
    assert findings["lock"].what == f"a run (process {os.getpid()}) holds the data dir"
    assert "not examined: a run" in findings["warehouse"].what
    assert "free" in found(sound, "lock")[0].what


def test_a_report_that_is_not_the_published_one(sound: Settings) -> None:
    sound.draft_report.write_text("<!doctype html>")
    (finding,) = found(sound, "report")
    assert finding.level == "warning"
    assert "not the one that the last finished publication made" in finding.what


def test_what_is_private_is_private_after_a_night_and_told_when_it_is_not(sound: Settings) -> None:
    """The night itself closed them: this data dir was copied with its permissions."""
    modes = {path.name: path.stat().st_mode & 0o777 for path in (sound.data_dir, *sound.data_dir.iterdir())}
    private = {"data": 0o750, "ra": 0o700, "arbete": 0o700, "dagster": 0o700, "lokala": 0o700}
    assert {name: modes[name] for name in private} == private
    assert [finding.level for finding in found(sound, "permissions")] == ["ok"]
    sound.raw_dir.chmod(0o755)
    sound.local_dir.chmod(0o775)
    sound.data_dir.chmod(0o755)
    told = [str(finding) for finding in found(sound, "permissions")]
    assert f"chmod go-rwx {sound.raw_dir}" in told[0]
    assert f"chmod o-rwx {sound.local_dir}" in told[1]
    assert f"chmod o-rwx {sound.data_dir}" in told[2]
    keep_private(sound)
    # A group that an administrator has let in stays.
    assert sound.local_dir.stat().st_mode & 0o777 == 0o770
    assert [finding.level for finding in found(sound, "permissions")] == ["warning"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_somebody_else(sound: Settings) -> None:
    os.chown(sound.published, 12345, -1)
    (finding,) = found(sound, "permissions")
    assert finding.level == "error"
    assert "analys.duckdb" in finding.what
    assert finding.fix.startswith("chown -R root")


def test_the_daemon_and_a_schedule_that_is_turned_off(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster writes, the doctor reads: an upgrade that moves these things is noticed here."""
    import dagster as dg
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.remote_origin import (
        InProcessCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
    from dagster._daemon.types import DaemonHeartbeat

    monkeypatch.setenv("DAGSTER_HOME", str(sound.dagster_home))
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="pipelines.definitions"))
    data = ScheduleInstigatorData("15 4 * * *")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), "varje_natt")
    with dg.DagsterInstance.get() as instance:
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - 3600, "SCHEDULER", None, None))
        assert "the daemon is silent since" in found(sound, "next run")[0].what
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "SCHEDULER", None, None))
        (finding,) = found(sound, "next run")
        assert finding.level == "ok"
        assert finding.what.endswith("the daemon is alive")
        instance.add_instigator_state(InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.STOPPED, data))
    (finding,) = found(sound, "next run")
    assert finding.level == "error"
    assert "varje_natt turned off" in finding.what


def test_how_much_the_archive_grows(sound: Settings) -> None:
    assert "its growth can be told after 14 days" in found(sound, "size")[0].what
    with journal(sound) as connection:
        connection.execute(
            "INSERT INTO korning SELECT * REPLACE ('2020-senare' AS korning_id, startad + INTERVAL 73 DAY AS startad, "
            "2000000 AS arkiv_byte) FROM korning"
        )
    assert found(sound, "size")[0].what.endswith("which grows by 10.0 MB a year")


def test_packages_against_the_lock(tmp_path: Path) -> None:
    entries = (
        "duckdb==0.1 \\\n    --hash=sha256:00\nfinns-inte==1.0 \\\nbara-windows==1.0 ; sys_platform == 'win32' \\\n"
    )
    lock = tmp_path / "requirements.lock"
    lock.write_text(entries)
    finding = doctor._packages(lock)
    assert finding.level == "error"
    assert "finns-inte" in finding.what
    assert "windows" not in finding.what
    lock.write_text(entries.replace("finns-inte", "httpx"))
    finding = doctor._packages(lock)
    assert finding.level == "warning"
    assert "duckdb" in finding.what
    assert "(locked: 0.1)" in finding.what


@pytest.mark.parametrize(
    ("now", "tick"),
    [
        ("2026-11-24T03:14:59Z", "2026-11-24T04:15+01:00"),
        ("2026-11-24T03:15:00Z", "2026-11-25T04:15+01:00"),
        ("2027-03-27T12:00:00Z", "2027-03-28T04:15+02:00"),
        ("2026-10-24T12:00:00Z", "2026-10-25T04:15+01:00"),
    ],
)
def test_the_next_run_over_daylight_saving_time(now: str, tick: str) -> None:
    assert next_tick(datetime.fromisoformat(now)).astimezone(UTC) == datetime.fromisoformat(tick)


def test_the_next_run_is_the_schedules() -> None:
    from pipelines.definitions import defs

    schedules = defs.get_repository_def().schedule_defs
    assert (NIGHT_BEGINS, TIME_ZONE) in [
        (schedule.cron_schedule, schedule.execution_timezone) for schedule in schedules
    ]


def test_a_disk_that_is_nearly_full(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(sound.data_dir)
    for free, level in ((10**6, "error"), (10**9, "warning"), (10**11, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert doctor._disk(sound).level == level
