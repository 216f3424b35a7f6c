"""Checks of the machine: the program and its packages, room on the disk, who may read and write the data dir."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from pipelines.findings import Finding, Level
from pipelines.operation.installation import Installation, size_of, size_text
from pipelines.permissions import OTHERS, private_folders
from pipelines.settings import REPO_ROOT, Settings

_OLDEST_PYTHON: Final = (3, 11)
# Under this a night cannot even begin (bytes): work files, Dagster's history, logs.
_SMALLEST_NIGHT: Final = 300 * 10**6
# With fewer days of runs than this nothing can be said of a year.
_ESTIMATE_FROM: Final = timedelta(days=14)


def python(installation: Installation) -> Iterator[Finding]:
    """Whether the interpreter is new enough."""
    running = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        yield Finding("error", "python", f"{running} is too old", "install 3.11 or newer and make .venv again")
    else:
        yield Finding("ok", "python", f"{running} ({sys.executable})")


def packages(installation: Installation) -> Iterator[Finding]:
    """Whether the installed packages are those of the lock file."""
    lock_file = "requirements-kluster.lock" if installation.settings.lake else "requirements.lock"
    yield compare_packages(REPO_ROOT / lock_file)


def compare_packages(lock_file: Path) -> Finding:
    """The installed packages against a lock file. Entries for other systems may be absent."""
    if not lock_file.exists():
        return Finding(
            "warning", "packages", f"{lock_file} is not there: versions cannot be compared", "install from a checkout"
        )
    missing, other, count = [], [], 0
    for requirement in _locked(lock_file):
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            missing.append(requirement.name)
            continue
        count += 1
        if not requirement.specifier.contains(installed, prereleases=True):
            other.append(f"{requirement.name} {installed} (locked: {str(requirement.specifier).removeprefix('==')})")
    install = f"{sys.executable} -m pip install --require-hashes -r {lock_file}"
    if missing:
        return Finding("error", "packages", f"not installed: {_first(missing)}", install)
    if other:
        return Finding("warning", "packages", f"not as locked: {_first(other)}", install)
    return Finding("ok", "packages", f"{count} as locked")


def _locked(lock_file: Path) -> Iterator[Requirement]:
    """What a lock file wants installed on this system."""
    for line in lock_file.read_text(encoding="utf-8").splitlines():
        # A package is at the beginning of its line, its checksums are below it, indented.
        if line[:1].isalnum():
            requirement = Requirement(line.rstrip("\\"))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def disk(installation: Installation) -> Iterator[Finding]:
    """Whether a night has room: it writes its publication beside those that are kept before it removes the oldest."""
    settings = installation.settings
    free = shutil.disk_usage(_nearest_existing(settings.data_dir)).free
    written_beside = (settings.published, settings.export_dir, settings.parquet_dir, settings.warehouse_file)
    need = _SMALLEST_NIGHT + 2 * sum(map(size_of, written_beside))
    message = f"{size_text(free)} free where {settings.data_dir} lies; a night needs up to {size_text(need)}"
    level: Level = "error" if free < need else "warning" if free < 5 * need else "ok"
    yield Finding(level, "disk", message, "" if level == "ok" else "make room or move the data dir (docs/drift.md)")


def permissions(installation: Installation) -> Iterator[Finding]:
    """Whether the data dir can be read and written by its owner, and what is private by nobody else."""
    settings = installation.settings
    data_dir = settings.data_dir
    if not data_dir.exists():
        yield _can_be_made(data_dir)
        return
    owner = data_dir.stat().st_uid
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "error",
            "permissions",
            f"{_me()} may not read and write {data_dir}, which belongs to {_user(owner)}",
            f"run as {_user(owner)}, or chown -R it",
        )
        return
    wrong = [*_wrong_owner(data_dir, owner), *_open_to_others(settings)]
    yield from wrong or [Finding("ok", "permissions", f"{data_dir} belongs to {_user(owner)}, closed to others")]


def _can_be_made(data_dir: Path) -> Finding:
    place = _nearest_existing(data_dir)
    if os.access(place, os.W_OK | os.X_OK):
        return Finding("warning", "permissions", f"{data_dir} does not exist yet", "`malbild run` makes it")
    return Finding(
        "error",
        "permissions",
        f"{data_dir} does not exist, and {_me()} may not make it in {place}",
        f"make it as root: install -d -m 0750 -o {_me()} {data_dir}",
    )


def _wrong_owner(data_dir: Path, owner: int) -> Iterator[Finding]:
    other_owner = [entry.name for entry in sorted(data_dir.iterdir()) if entry.lstat().st_uid != owner]
    if other_owner:
        yield Finding(
            "error",
            "permissions",
            f"{_first(other_owner)} in {data_dir} belong to somebody else than {_user(owner)}",
            f"chown -R {_user(owner)} {data_dir}",
        )
    if os.geteuid() != owner:
        yield Finding(
            "warning",
            "permissions",
            f"you are {_me()}, the data dir belongs to {_user(owner)}: what you write there it cannot change",
            f"run malbild as {_user(owner)}",
        )


def _open_to_others(settings: Settings) -> Iterator[Finding]:
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


def size(installation: Installation) -> Iterator[Finding]:
    """How large the data dir is, and how fast its raw archive grows."""
    settings = installation.settings
    if not settings.data_dir.exists():
        yield Finding("ok", "size", "nothing yet")
        return
    message = f"{size_text(size_of(settings.data_dir))}, of which raw archive {size_text(size_of(settings.raw_dir))}"
    rows = installation.journal.rows if installation.journal else []
    span = rows[-1]["startad"] - rows[0]["startad"] if rows else timedelta()
    if span < _ESTIMATE_FROM:
        yield Finding("ok", "size", f"{message}; its growth is known after {_ESTIMATE_FROM.days} days of runs")
        return
    # The first run brought everything there was.
    later = {row["korning_id"] for row in rows[1:]}
    indexes = sum(size_of(settings.raw_dir / "korningar" / f"{run_id}.jsonl") for run_id in later)
    growth = (indexes + sum(row["arkiv_byte"] for row in rows[1:])) / span.days * 365
    yield Finding("ok", "size", f"{message}, which grows by {size_text(int(growth))} a year")


def _nearest_existing(path: Path) -> Path:
    """The path itself, or the nearest folder above it that exists."""
    path = path.resolve()
    while not path.exists():
        path = path.parent
    return path


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f", … ({len(names)})" if len(names) > 4 else "")


def _me() -> str:
    return _user(os.geteuid())


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


if __name__ == "__main__":
    # `make licences`: what is installed is what is locked.
    locked = compare_packages(Path(sys.argv[1]))
    sys.exit(None if locked.level == "ok" else str(locked))
