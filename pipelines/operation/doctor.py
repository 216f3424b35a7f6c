"""`malbild doctor`: what an administrator wants to know of an installation, a line per check, in three seconds.

Every check looks and changes nothing, and says its next step when something is not as it should be. One that cannot
look (no data dir yet, a run has the file open) says so. What the data say is judged by the asset
checks of a run, not here.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import duckdb

from pipelines import clock
from pipelines.errors import ConfigError, MalbildError
from pipelines.files import sha256
from pipelines.locks import data_dir_holder
from pipelines.operation import health
from pipelines.operation.licences import locked
from pipelines.permissions import OTHERS, private_folders
from pipelines.settings import NIGHT_BEGINS, REPO_ROOT, Settings
from pipelines.warehouse.ducklake import DuckLakeWarehouse
from pipelines.warehouse.journal import BROKEN_OFF, DONE, FAILED, RUNNING
from pipelines.warehouse.publication import published_report
from pipelines.warehouse.store import check_version

Level = Literal["ok", "warning", "error"]

# Seconds. A Kolada that takes longer for one area is not one that a night can be fetched from.
_KOLADA_TIME = 2.0
# A night and a half without a finished run.
_STALE = timedelta(hours=36)
# The daemon says every half minute that it is there.
_SILENT = timedelta(minutes=5)
_OLDEST_PYTHON = (3, 11)
# Under this a night cannot even begin (bytes): work files, Dagster's history, logs.
_BASE = 300 * 10**6
# With fewer nights than this nothing can be said of a year.
_ESTIMATE_FROM = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `fix`: the next step, for what is not ok."""

    level: Level
    check: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        step = f" → {self.fix}" if self.fix else ""
        return " ".join(f"{self.level:<8} {self.check:<12} {self.what}{step}".splitlines())


@dataclass(frozen=True, slots=True)
class Journal:
    """The runs, oldest first. `whole`: read from the warehouse itself; the published database lacks what came after
    the last publication.
    """

    rows: list[dict[str, Any]]
    whole: bool
    # sha256 of the report that the last publication made; None when there is none or it is not known.
    report: str | None


def examine(settings: Settings, patience: float = _KOLADA_TIME) -> list[Finding]:
    """Every check. Kolada is asked beside the others, and told of last: `patience` seconds after them at most."""
    with _Question(settings.kolada_url, patience) as question:
        return [*examine_here(settings), question.answer()]


def examine_here(settings: Settings) -> list[Finding]:
    """Every check that needs no network, in the order in which one would look."""
    now = clock.now()
    held = data_dir_holder(settings.data_dir)
    databases = [settings.published] if settings.lake else [settings.warehouse_file, settings.published]
    there = [path for path in databases if path.exists() and not (held and path == settings.warehouse_file)]
    faults = dict(zip(there, health.faults(there), strict=True))
    shared, journal = _shared(DuckLakeWarehouse(settings.lake)) if settings.lake else (None, None)
    journal = journal or _journal(settings, [path for path in databases if path in faults and faults[path] is None])
    return [
        _python(),
        _packages(REPO_ROOT / ("requirements-kluster.lock" if settings.lake else "requirements.lock")),
        _disk(settings),
        *_permissions(settings),
        _lock(held),
        shared or _database(settings.warehouse_file, "warehouse", held, faults),
        _database(settings.published, "published", None, faults),
        *_clock(journal, now),
        _last_run(journal, held, now),
        _next_run(settings, now),
        _report(settings, journal, now),
        _size(settings, journal),
    ]


class _Question:
    """Kolada asked beside the other checks."""

    def __init__(self, url: str, patience: float) -> None:
        command = [sys.executable, "-m", "pipelines.operation.reach", url]
        self._url, self._patience = url, patience
        self._process = subprocess.Popen(
            command, cwd=REPO_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __enter__(self) -> _Question:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.kill()
        self._process.communicate()

    def answer(self) -> Finding:
        try:
            said, _ = self._process.communicate(timeout=self._patience)
        except subprocess.TimeoutExpired:
            return Finding(
                "error",
                "kolada",
                f"{self._url} has not answered within {self._patience:.0f} s",
                "check the network, the firewall and HTTPS_PROXY; what is published stays valid",
            )
        if self._process.returncode == 0:
            return Finding("ok", "kolada", said)
        if self._process.returncode == 3:
            return Finding("error", "kolada", said)
        return Finding("error", "kolada", "could not be asked", "see that the program is whole: packages above")


def _journal(settings: Settings, whole: Sequence[Path]) -> Journal | None:
    """From the first of the databases that are whole; None without any."""
    for path in whole:
        try:
            with duckdb.connect(str(path), read_only=True) as connection:
                return _read_journal(connection, path == settings.warehouse_file)
        except duckdb.Error:
            # A run has begun meanwhile and has it open, or another version made it: the published one will do.
            continue
    return None


def _read_journal(connection: duckdb.DuckDBPyConnection, whole: bool) -> Journal:
    relation = connection.sql("SELECT * FROM korning ORDER BY startad")
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return Journal(rows, whole, published_report(connection) if whole else None)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Finding("error", "python", f"{found} is too old", "install 3.11 or newer and make .venv again")
    return Finding("ok", "python", f"{found} ({sys.executable})")


def _packages(lock: Path) -> Finding:
    """The installed packages against the lock file. Entries for other systems may be absent."""
    if not lock.exists():
        return Finding(
            "warning", "packages", f"{lock} is not there: versions cannot be compared", "install from a checkout"
        )
    missing, other, count = [], [], 0
    for name, wanted, everywhere in locked(lock):
        try:
            found = version(name)
        except PackageNotFoundError:
            missing += [name] if everywhere else []
            continue
        count += 1
        if found != wanted:
            other.append(f"{name} {found} (locked: {wanted})")
    install = f"{sys.executable} -m pip install --require-hashes -r {lock}"
    if missing:
        return Finding("error", "packages", f"not installed: {_some(missing)}", install)
    if other:
        return Finding("warning", "packages", f"not as locked: {_some(other)}", install)
    return Finding("ok", "packages", f"{count} as locked")


def _disk(settings: Settings) -> Finding:
    """A night writes its database and exports beside the old ones before it replaces them."""
    free = shutil.disk_usage(_existing(settings.data_dir)).free
    aside = sum(_bytes(path) for path in (settings.published, settings.export_dir, settings.parquet_dir))
    need = _BASE + 2 * (aside + _bytes(settings.warehouse_file))
    what = f"{_size_text(free)} free where {settings.data_dir} lies; a night needs up to {_size_text(need)}"
    fix = "make room or move the data dir (docs/drift.md)"
    if free < need:
        return Finding("error", "disk", what, fix)
    if free < 5 * need:
        return Finding("warning", "disk", what, fix)
    return Finding("ok", "disk", what)


def _permissions(settings: Settings) -> Iterator[Finding]:
    data_dir = settings.data_dir
    if not data_dir.exists():
        place = _existing(data_dir)
        if os.access(place, os.W_OK | os.X_OK):
            yield Finding("warning", "permissions", f"{data_dir} does not exist yet", "`malbild run` makes it")
        else:
            yield Finding(
                "error",
                "permissions",
                f"{data_dir} does not exist, and {_me()} may not make it in {place}",
                f"make it as root: install -d -m 0750 -o {_me()} {data_dir}",
            )
        return
    owner = data_dir.stat().st_uid
    try:
        entries = sorted(data_dir.iterdir())
    except PermissionError:
        entries = []
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "error",
            "permissions",
            f"{_me()} may not read and write {data_dir}, which belongs to {_user(owner)}",
            f"run as {_user(owner)}, or chown -R it",
        )
        return
    found = list(_wrong_permissions(settings, owner, entries))
    yield from found or [Finding("ok", "permissions", f"{data_dir} belongs to {_user(owner)}, closed to others")]


def _wrong_permissions(settings: Settings, owner: int, entries: Sequence[Path]) -> Iterator[Finding]:
    strangers = [entry.name for entry in entries if entry.lstat().st_uid != owner]
    if strangers:
        yield Finding(
            "error",
            "permissions",
            f"{_some(strangers)} in {settings.data_dir} belong to somebody else than {_user(owner)}",
            f"chown -R {_user(owner)} {settings.data_dir}",
        )
    if os.geteuid() != owner:
        yield Finding(
            "warning",
            "permissions",
            f"you are {_me()}, the data dir belongs to {_user(owner)}: what you write there it cannot change",
            f"run malbild as {_user(owner)}",
        )
    for folder, closed in private_folders(settings).items():
        if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & closed:
            yield Finding(
                "error",
                "permissions",
                f"{folder} is open to others than its owner, and holds what must not be seen",
                f"chmod {'go' if closed != OTHERS else 'o'}-rwx {folder}",
            )
    if stat.S_IMODE(settings.data_dir.stat().st_mode) & OTHERS:
        yield Finding(
            "warning",
            "permissions",
            f"everybody on this machine may look into {settings.data_dir}",
            f"chmod o-rwx {settings.data_dir}, and put readers into its group",
        )


def _lock(held: str | None) -> Finding:
    return Finding("ok", "lock", f"{held} holds the data dir" if held else "free: no run is going on")


def _database(path: Path, check: str, held: str | None, faults: Mapping[Path, str | None]) -> Finding:
    if not path.exists():
        return Finding("warning", check, f"{path} does not exist yet", "`malbild run` makes it")
    if held:
        return Finding("ok", check, f"not examined: {held} has {path} open")
    found = faults[path]
    if found is None and check == "warehouse" and (other := _of_another_version(path)):
        return Finding("error", check, other)
    if found is None:
        return Finding("ok", check, f"{path} is whole: all of it read, keys unique ({_size_text(_bytes(path))})")
    fix = (
        "close what has it open; if it is damaged: `malbild restore` the newest backup, or `malbild rebuild`"
        if check == "warehouse"
        else "move it away and `malbild run`: it is published anew; or take it from a backup"
    )
    return Finding("error", check, f"{path}: {found}", fix)


def _shared(warehouse: DuckLakeWarehouse) -> tuple[Finding, Journal | None]:
    """A warehouse that several machines share, and its journal. Its keys are looked after by every night's checks."""
    try:
        if not warehouse.exists():
            return Finding("warning", "warehouse", f"{warehouse} is empty", "`malbild run` makes it"), None
        busy = warehouse.writer()
        with warehouse.read() as connection:
            check_version(connection, warehouse)
            journal = _read_journal(connection, whole=True)
            ((files, size),) = connection.sql(
                "SELECT sum(file_count + delete_file_count), sum(file_size_bytes + delete_file_size_bytes) "
                "FROM ducklake_table_info(current_database())"
            ).fetchall()
    except MalbildError as error:
        what, _, fix = str(error).partition(" → ")
        return Finding("error", "warehouse", what, fix), None
    now = f"; {busy} writes to it now" if busy else ""
    return Finding("ok", "warehouse", f"{warehouse}: {_size_text(size)} in {files} files{now}"), journal


def _of_another_version(path: Path) -> str | None:
    """What a run would say of a warehouse that another version of the program made; None when it would take it."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            check_version(connection, path)
    except ConfigError as error:
        return str(error)
    except duckdb.Error:
        # A run has begun meanwhile and has it open: it finds this out itself.
        return None
    return None


def _clock(journal: Journal | None, now: datetime) -> Iterator[Finding]:
    times = [row[name] for row in (journal.rows if journal else []) for name in ("startad", "avslutad") if row[name]]
    latest = max(times, default=None)
    if latest is not None and now < latest:
        yield Finding(
            "error",
            "clock",
            f"it is {_utc(now)}, before the last run ({_utc(latest)})",
            "set the clock (timedatectl set-ntp true)",
        )
    else:
        yield Finding("ok", "clock", f"{clock.swedish(now):%Y-%m-%d %H:%M} in {clock.TIME_ZONE}")


def _last_run(journal: Journal | None, held: str | None, now: datetime) -> Finding:
    if journal is None or not journal.rows:
        return Finding("warning", "last run", "there has been none", "`malbild run`")
    last = journal.rows[-1]
    done = [row for row in journal.rows if row["utfall"] == DONE]
    outcome, what = last["utfall"], f"{last['korning_id']} {last['utfall']}"
    where = "" if journal.whole else " (as published; the warehouse could not be read)"
    log = f"see logg/{last['korning_id']}.log"
    if outcome == FAILED:
        message = " ".join(str(last["felmeddelande"] or "no message").split())
        return Finding("error", "last run", f"{what}: {message}", "" if "→" in message else log)
    if outcome == RUNNING and not held:
        return Finding(
            "warning", "last run", f"{what}, but nothing holds the data dir: it was killed", f"run again; {log}"
        )
    if outcome == BROKEN_OFF:
        return Finding("warning", "last run", what, f"run again; {log}")
    if not done:
        return Finding("warning", "last run", f"{what}; none has been done yet", log)
    ended = done[-1]["avslutad"]
    if now - ended > _STALE:
        return Finding(
            "error",
            "last run",
            f"{what}; none has been done since {_utc(ended)}",
            "is the daemon running? systemctl status malbild",
        )
    return Finding("ok", "last run", f"{what} at {_utc(ended)}{where}")


def _next_run(settings: Settings, now: datetime) -> Finding:
    when = next_tick(now.replace(tzinfo=UTC))
    what = f"{when:%Y-%m-%d %H:%M %Z}"
    start = "systemctl start malbild, or `malbild ui`"
    if settings.dagster_yaml:
        return Finding("ok", "next run", f"{what}; the history that {settings.dagster_yaml} names is not looked into")
    if not (settings.dagster_home / "history").exists():
        return Finding("warning", "next run", f"{what}, but Dagster has never run here", start)
    try:
        stopped, heartbeat = _dagster(settings.dagster_home)
    except sqlite3.Error as error:
        return Finding("warning", "next run", f"{what}, but Dagster's own files say nothing ({error})", start)
    if stopped:
        return Finding("error", "next run", f"{_some(stopped)} turned off", "turn it on in the UI, under Automation")
    if heartbeat is None:
        return Finding("warning", "next run", f"{what}, but the daemon has never run here", start)
    if now - heartbeat > _SILENT:
        return Finding("warning", "next run", f"{what}, but the daemon is silent since {_utc(heartbeat)}", start)
    return Finding("ok", "next run", f"{what}; the daemon is alive")


def _dagster(home: Path) -> tuple[list[str], datetime | None]:
    """The schedules that somebody has turned off, and when the daemon was last heard of (UTC, naive).

    From copies of Dagster's files: asking Dagster takes a second and writes there as whoever asks, and so does SQLite
    with its log, which the daemon could then not open.
    """
    with tempfile.TemporaryDirectory() as folder:
        with closing(_copied(home / "schedules" / "schedules.db", Path(folder))) as database:
            bodies = database.execute(
                "SELECT instigator_body FROM instigators WHERE status = 'STOPPED' AND instigator_type = 'SCHEDULE'"
            ).fetchall()
        with closing(_copied(home / "history" / "runs.db", Path(folder))) as database:
            (beat,) = database.execute(
                "SELECT max(timestamp) FROM daemon_heartbeats WHERE daemon_type = 'SCHEDULER'"
            ).fetchall()[0]
    names = sorted(json.loads(body)["origin"]["job_name"] for (body,) in bodies)
    return names, datetime.fromisoformat(beat) if beat else None


def _copied(path: Path, folder: Path) -> sqlite3.Connection:
    for part in (path, path.with_name(f"{path.name}-wal")):
        # The log comes and goes.
        with suppress(FileNotFoundError):
            shutil.copyfile(part, folder / part.name)
    return sqlite3.connect(folder / path.name)


def next_tick(now: datetime) -> datetime:
    """When the schedule starts its next run (in Sweden's time)."""
    minute, hour, *every = NIGHT_BEGINS.split()
    assert every == ["*", "*", "*"], "a schedule that is not daily needs a real cron reader"
    here = now.astimezone(clock.SWEDEN)
    tick = here.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return tick if tick > here else tick + timedelta(days=1)


def _report(settings: Settings, journal: Journal | None, now: datetime) -> Finding:
    path = settings.draft_report
    if not path.exists():
        return Finding("warning", "report", f"{path} does not exist yet", "`malbild run` makes it")
    done = [row for row in (journal.rows if journal else []) if row["utfall"] == DONE]
    if journal is None or not done:
        return Finding("warning", "report", f"{path} is there, but no journal says of when", "see the databases above")
    if journal.whole and journal.report != sha256(path):
        return Finding(
            "warning",
            "report",
            f"{path} is not the one that the last finished publication made",
            "`malbild report` makes it of the published database; if a night broke off, the next one does",
        )
    age = now - done[-1]["avslutad"]
    what = f"{path}: its figures were confirmed {_utc(done[-1]['avslutad'])}, {_age(age)} ago"
    if age > _STALE:
        return Finding("error", "report", what, "see last run")
    return Finding("ok", "report", what)


def _size(settings: Settings, journal: Journal | None) -> Finding:
    if not settings.data_dir.exists():
        return Finding("ok", "size", "nothing yet")
    what = f"{_size_text(_bytes(settings.data_dir))}, of which raw archive {_size_text(_bytes(settings.raw_dir))}"
    rows = journal.rows if journal else []
    span = rows[-1]["startad"] - rows[0]["startad"] if rows else timedelta()
    if span < _ESTIMATE_FROM:
        return Finding("ok", "size", f"{what}; its growth can be told after {_ESTIMATE_FROM.days} days of runs")
    # The first run brought everything there was.
    later = {row["korning_id"] for row in rows[1:]}
    indexes = sum(_bytes(settings.raw_dir / "korningar" / f"{run_id}.jsonl") for run_id in later)
    growth = (indexes + sum(row["arkiv_byte"] for row in rows[1:])) / span.days * 365
    return Finding("ok", "size", f"{what}, which grows by {_size_text(int(growth))} a year")


def _bytes(path: Path) -> int:
    """Of a file, or of all that lies in a folder; 0 for what is not there or may not be seen."""
    if path.is_dir():
        return sum((Path(where) / name).lstat().st_size for where, _, names in os.walk(path) for name in names)
    return path.stat().st_size if path.exists() else 0


def _existing(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return path


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f", … ({len(names)})" if len(names) > 4 else "")


def _size_text(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.1f} MB"


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h"


def _utc(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _me() -> str:
    return _user(os.geteuid())


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
