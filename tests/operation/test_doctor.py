"""What `malbild doctor` says of an installation, sound and spoiled: real files, locks and sockets."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines import clock
from pipelines.clock import TIME_ZONE
from pipelines.findings import Finding
from pipelines.locks import LOCK_FILE, hold_data_dir, hold_file
from pipelines.operation import copies, integrity
from pipelines.operation.doctor import CHECKS, examine, examine_here
from pipelines.operation.installation import Installation
from pipelines.operation.machine import compare_packages
from pipelines.operation.nights import next_tick
from pipelines.permissions import keep_private
from pipelines.settings import NIGHT_BEGINS, Settings
from tests.small import CATALOG, kolada, malbild
from tests.web import Silent, served

WEBHOOK = {"MALBILD_WEBHOOK": "https://hook.example/x"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with kolada() as url:
        yield url


@pytest.fixture
def sound(copied: Settings, url: str) -> Settings:
    channels = Settings.from_env(WEBHOOK).channels
    kopia = copied.data_dir.with_name("kopia.zip")
    kopia.touch()
    copies.note_made(copied, kopia, clock.now())
    return replace(copied, kolada_url=url, channels=channels)


_CHECKS = {check.__name__.removesuffix("_time").replace("_", " "): check for check in CHECKS}


def findings_of(settings: Settings, check: str) -> list[Finding]:
    """What the one check says of the installation now, whose databases are whole: to read them takes two processes."""
    installation = Installation(settings, clock.now())
    installation.faults = {settings.warehouse_file: None, settings.published: None}
    findings = list(_CHECKS[check](installation))
    assert {finding.check for finding in findings} == {check}
    return findings


@contextmanager
def journal(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(settings.warehouse_file)) as connection:
        yield connection


def test_a_sound_installation(sound: Settings) -> None:
    # A machine that is busy with other tests gets more time than an administrator gives it.
    findings = examine(sound, patience=120)
    assert [finding.check for finding in findings] == [
        *("python", "packages", "disk", "permissions", "lock", "warehouse", "published"),
        *("clock", "last run", "next run", "report", "notices", "backups", "size", "kolada"),
    ]
    # Only the daemon is not running.
    (line,) = [str(finding) for finding in findings if finding.level != "ok"]
    assert line.startswith("warning  next run")
    assert "but the daemon is not running → systemctl start malbild" in line


def test_the_command_prints_a_line_per_check_and_changes_nothing(night: Path, url: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in night.rglob("*")}
    ended = malbild("doctor", "--data-dir", night, "--kolada-url", url)
    *here, kolada = ended.out.splitlines()
    assert len(here) == 14
    assert {line.split()[0] for line in here} == {"ok", "warning"}
    # Whether a busy machine lets it answer in time is not the point.
    late = kolada.startswith("error") and "has not answered within" in kolada
    assert (ended.code, ended.err != "") == ((1, True) if late else (0, False)), kolada
    assert {path: path.stat().st_mtime_ns for path in night.rglob("*")} == before


def test_no_data_dir_yet_and_no_network(tmp_path: Path) -> None:
    ended = malbild("doctor", "--data-dir", tmp_path / "saknas", "--kolada-url", "http://127.0.0.1:9/v3")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert ended.err.startswith("malbild: 1 of 15 checks failed →")
    errors = [line for line in ended.out.splitlines() if line.startswith("error")]
    assert len(errors) == 1
    assert "kolada" in errors[0]
    assert "http://127.0.0.1:9/v3" in errors[0]
    assert "does not exist yet → `malbild run` makes it" in ended.out
    assert not (tmp_path / "saknas").exists()


def test_a_kolada_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        finding = examine(Settings(tmp_path / "saknas", CATALOG, address), patience=1)[-1]
    assert finding.level == "error"
    assert f"{address} has not answered within 1 s" in finding.message


def spoil_everywhere(path: Path) -> None:
    """Some bytes at the beginning of every block but the first ones, which hold the tables' names."""
    with path.open("r+b") as file:
        for block in range(3 * 4096 + 2 * 262144, path.stat().st_size, 262144):
            file.seek(block + 20)
            file.write(b"\xff" * 16)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to_a_stump(path: Path) -> None:
    os.truncate(path, 100)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("lager.duckdb", spoil_everywhere),
        pytest.param("lager.duckdb", cut_to_a_stump, marks=pytest.mark.lang),
        pytest.param("analys.duckdb", cut_in_half, marks=pytest.mark.lang),
    ],
)
def test_a_damaged_database(sound: Settings, name: str, spoil: Callable[[Path], None]) -> None:
    (sound.data_dir / name).chmod(0o600)
    spoil(sound.data_dir / name)
    installation = Installation(sound, clock.now())
    (finding,) = _CHECKS[{"lager.duckdb": "warehouse", "analys.duckdb": "published"}[name]](installation)
    assert finding.level == "error"
    assert name in finding.message
    assert "backup" in finding.fix
    # The other database still has the last run, and the finding says which one was read.
    (last,) = _CHECKS["last run"](installation)
    assert last.message != "there has been none"
    assert ("as published; the warehouse could not be read" in last.message) == (name == "lager.duckdb")


def test_a_key_that_is_there_twice(sound: Settings) -> None:
    with journal(sound) as connection:
        connection.execute("INSERT INTO matvarde SELECT * FROM matvarde LIMIT 1")
    (finding,) = _CHECKS["warehouse"](Installation(sound, clock.now()))
    assert finding.level == "error"
    assert "table matvarde has 1 keys twice" in finding.message


def test_a_database_that_is_examined_cannot_reach_another_file(tmp_path: Path) -> None:
    """A backup that somebody else has made may hold tables of any name."""
    target, path = tmp_path / "ute.csv", tmp_path / "lager.duckdb"
    hostile = f"x\" t; COPY (SELECT 1) TO '{target}'; SELECT 1 FROM (SELECT 1) \"y"
    with duckdb.connect(str(path)) as connection:
        connection.execute('CREATE TABLE "' + hostile.replace('"', '""') + '" (a INTEGER)')
    assert integrity.fault(path) is None
    assert not target.exists()
    # And were a name ever to get through:
    with (
        duckdb.connect(str(path), read_only=True, config=integrity.READ_CONFIG) as connection,
        pytest.raises(duckdb.PermissionException),
    ):
        connection.execute(f"COPY (SELECT 1) TO '{target}'")


def test_a_warehouse_of_another_version(sound: Settings) -> None:
    with journal(sound) as connection:
        connection.execute("ALTER TABLE karantan ADD COLUMN gammal INTEGER")
    (finding,) = findings_of(sound, "warehouse")
    assert finding.level == "error"
    assert "table karantan differs in gammal → `malbild rebuild`" in str(finding)


def test_a_clock_that_went_back(sound: Settings) -> None:
    with journal(sound) as connection:
        connection.execute("UPDATE korning SET avslutad = avslutad + INTERVAL 3 DAY")
    (finding,) = findings_of(sound, "clock")
    assert finding.level == "error"
    assert "before the last run" in finding.message


_DAYS = "INTERVAL 3 DAY"


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ("utfall = 'misslyckad', felmeddelande = 'Kolada: status 503 → vänta'", "error", "Kolada: status 503"),
        ("utfall = 'misslyckad', felmeddelande = NULL", "error", "no message → see logg/"),
        ("utfall = 'pågår'", "warning", "it was killed → run again"),
        ("utfall = 'avbruten'", "warning", "avbruten → run again"),
        (f"startad = startad - {_DAYS}, avslutad = avslutad - {_DAYS}", "error", "none has been done since"),
    ],
)
def test_the_last_run(sound: Settings, change: str, level: str, words: str) -> None:
    with journal(sound) as connection:
        connection.execute(f"UPDATE korning SET {change}")
    (finding,) = findings_of(sound, "last run")
    assert finding.level == level
    assert words in str(finding)
    if "3 DAY" in change:
        (report,) = findings_of(sound, "report")
        assert report.level == "error"
        assert "3 days ago → see last run" in str(report)


def test_backups_that_are_old_or_gone_or_fail(sound: Settings, tmp_path: Path) -> None:
    def line() -> str:
        (finding,) = findings_of(sound, "backups")
        return str(finding)

    assert line().startswith("ok ")
    copies.note_made(sound, tmp_path / "borta.zip", clock.now())
    assert "borta.zip is not there any more" in line()
    copies.note_made(sound, tmp_path / "omonterad" / "borta.zip", clock.now())
    assert line().startswith("ok "), "another machine's, or a disk that is not here now"
    copies.note_made(sound, tmp_path / "kopia.zip", clock.now() - timedelta(days=2, minutes=1))
    assert line().startswith("error ")
    assert "more than 2 days ago → `malbild backup`" in line()
    # The unit that fails, fails with the command.
    copies.note_made(sound, tmp_path / "kopia.zip", clock.now())
    ended = malbild("backup", tmp_path / "omonterad", "--data-dir", sound.data_dir, "--katalog", sound.catalog_dir)
    assert ended.code == 2
    assert "the last attempt failed" in line()
    assert f"{tmp_path / 'omonterad'} is no folder); the newest verified one is {tmp_path / 'kopia.zip'} of" in line()


def test_a_run_that_is_going_on(sound: Settings) -> None:
    with hold_data_dir(sound.data_dir):
        findings = {finding.check: finding for finding in examine_here(sound)}
    assert findings["lock"].message == f"a run (process {os.getpid()}) holds the data dir"
    assert findings["warehouse"].level == "unknown"
    assert "not examined: a run" in findings["warehouse"].message
    assert "free" in findings_of(sound, "lock")[0].message


def test_a_report_that_is_not_the_published_one(sound: Settings) -> None:
    sound.draft_report.write_text("<!doctype html>")
    (finding,) = findings_of(sound, "report")
    assert finding.level == "warning"
    assert "not the one that the last finished publication made" in finding.message


def test_what_is_private_is_private_after_a_night_and_reported_when_it_is_not(sound: Settings) -> None:
    """The night itself closed them: this data dir was copied with its permissions."""
    modes = {path.name: path.stat().st_mode & 0o777 for path in (sound.data_dir, *sound.data_dir.iterdir())}
    private = {"data": 0o750, "ra": 0o700, "arbete": 0o700, "dagster": 0o700, "lokala": 0o700}
    assert {name: modes[name] for name in private} == private
    assert [finding.level for finding in findings_of(sound, "permissions")] == ["ok"]
    sound.raw_dir.chmod(0o755)
    sound.local_dir.chmod(0o775)
    sound.data_dir.chmod(0o755)
    lines = [str(finding) for finding in findings_of(sound, "permissions")]
    assert f"chmod go-rwx {sound.raw_dir}" in lines[0]
    assert f"chmod o-rwx {sound.local_dir}" in lines[1]
    assert f"chmod o-rwx {sound.data_dir}" in lines[2]
    keep_private(sound)
    # A group that an administrator has let in stays.
    assert sound.local_dir.stat().st_mode & 0o777 == 0o770
    assert [finding.level for finding in findings_of(sound, "permissions")] == ["warning"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_files_of_somebody_else(sound: Settings) -> None:
    os.chown(sound.published, 12345, -1)
    (finding,) = findings_of(sound, "permissions")
    assert finding.level == "error"
    assert "analys.duckdb" in finding.message
    assert finding.fix.startswith("chown -R root")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_check_that_may_not_look_says_so(sound: Settings) -> None:
    os.seteuid(12345)
    try:
        findings = examine_here(sound)
    finally:
        os.seteuid(0)
    levels = {finding.check: finding.level for finding in findings}
    assert (levels["python"], levels["packages"]) == ("ok", "ok")
    assert (levels["lock"], levels["last run"], levels["permissions"]) == ("error", "error", "error")
    assert all(finding.fix for finding in findings if finding.level == "error")


# --- the web UI, as Dagster's web server answers it


def web_ui_answer(
    *, schedule: str = "RUNNING", healthy: bool = True, load_error: str | None = None, loading: bool = False
) -> dict[str, object]:
    schedules = [
        {"name": "samma_natt_igen", "scheduleState": {"status": "RUNNING"}},
        {"name": "varje_natt", "scheduleState": {"status": schedule}},
    ]
    location = {"message": load_error} if load_error else {"repositories": [{"schedules": schedules}]}
    entries = [{"locationOrLoadError": None if loading else location}]
    integrity = {"daemonHealth": {"daemonStatus": {"healthy": healthy}}}
    return {"data": {"instance": integrity, "workspaceOrError": {"locationEntries": entries}}}


@contextmanager
def web_ui(settings: Settings, answer: object) -> Iterator[None]:
    """`malbild ui` as far as doctor sees it: its lock is held, and its web server answers every question with this."""
    body = json.dumps(answer).encode()

    class Answering(Silent):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with (
        served(http.server.HTTPServer(("127.0.0.1", 0), Answering)) as port,
        hold_file(settings.dagster_home / LOCK_FILE, "", note=f"http://127.0.0.1:{port}"),
    ):
        yield


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        (web_ui_answer(), "ok", "the daemon is running and the schedule on"),
        (web_ui_answer(schedule="STOPPED"), "error", "varje_natt turned off → turn it on at http://127.0.0.1:"),
        (web_ui_answer(healthy=False), "warning", "but the scheduler is silent → systemctl restart"),
        (web_ui_answer(load_error="CatalogError: kommuner.yaml:3"), "error", "kommuner.yaml:3 → `malbild check`"),
        (web_ui_answer(loading=True), "warning", "(the program is being loaded) → wait"),
        ({"errors": [{"message": "no such field"}]}, "warning", "does not say whether its schedule is on"),
    ],
)
def test_the_next_run_depends_on_what_the_web_ui_says(
    sound: Settings, answer: object, level: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is asked on this machine goes through no proxy.
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with web_ui(sound, answer):
        (finding,) = findings_of(sound, "next run")
    assert (finding.level, words in str(finding)) == (level, True), finding


def test_a_web_ui_that_does_not_answer(sound: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with hold_file(sound.dagster_home / LOCK_FILE, "", note=address):
            (finding,) = findings_of(sound, "next run")
    assert finding.level == "warning"
    assert f"process {os.getpid()}), but {address} does not say" in finding.message


def test_a_lock_file_that_nobody_holds_is_no_daemon(sound: Settings) -> None:
    (sound.dagster_home / LOCK_FILE).write_text(f"{os.getpid()} http://127.0.0.1:3000")
    assert "the daemon is not running" in findings_of(sound, "next run")[0].message


def test_who_is_notified_and_what_does_not_get_through(sound: Settings) -> None:
    (finding,) = findings_of(sound, "notices")
    assert (finding.level, finding.message) == ("ok", "the webhook; none is waiting")
    since = "2026-11-29T04:20:00"
    notice = {"channel": "webhook", "subject": "Körningen misslyckades", "text": "", "since": since}
    sound.notices.write_text(json.dumps({"waiting": [notice]}))
    (finding,) = findings_of(sound, "notices")
    assert finding.level == "warning"
    assert "1 have not got through, the oldest since 2026-11-29 04:20 UTC: Körningen misslyckades" in finding.message
    sound.notices.write_text("{")
    assert "cannot be read" in findings_of(sound, "notices")[0].message
    assert sound.notices.read_text() == "{"
    silent = replace(sound, channels=Settings.from_env({}).channels)
    assert "nobody is told when a night fails" in findings_of(silent, "notices")[0].message


def test_a_warning_without_a_next_step_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="no next step"):
        Finding("warning", "disk", "full")


def test_how_much_the_archive_grows(sound: Settings) -> None:
    assert "its growth is known after 14 days" in findings_of(sound, "size")[0].message
    with journal(sound) as connection:
        connection.execute(
            "INSERT INTO korning SELECT * REPLACE ('2020-senare' AS korning_id, startad + INTERVAL 73 DAY AS startad, "
            "2000000 AS arkiv_byte) FROM korning"
        )
    assert findings_of(sound, "size")[0].message.endswith("which grows by 10.0 MB a year")


def test_packages_against_the_lock(tmp_path: Path) -> None:
    entries = (
        "duckdb==0.1 \\\n    --hash=sha256:00\nfinns-inte==1.0 \\\nbara-windows==1.0 ; sys_platform == 'win32' \\\n"
    )
    lock = tmp_path / "requirements.lock"
    lock.write_text(entries)
    finding = compare_packages(lock)
    assert finding.level == "error"
    assert "finns-inte" in finding.message
    assert "windows" not in finding.message
    lock.write_text(entries.replace("finns-inte", "httpx"))
    finding = compare_packages(lock)
    assert finding.level == "warning"
    assert "duckdb" in finding.message
    assert "(locked: 0.1)" in finding.message


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

    schedules = defs().get_repository_def().schedule_defs
    assert (NIGHT_BEGINS, TIME_ZONE) in [
        (schedule.cron_schedule, schedule.execution_timezone) for schedule in schedules
    ]


def test_a_disk_that_is_nearly_full(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(sound.data_dir)
    for free, level in ((10**6, "error"), (10**9, "warning"), (10**11, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert [finding.level for finding in findings_of(sound, "disk")] == [level]
