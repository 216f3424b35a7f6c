"""What is known of the backups: the newest verified one, why the last attempt failed, and which old ones may go.

`backup` writes it down in the data dir; `malbild doctor` and the night's notice read it there, because the folder of
the backups may be a disk that they cannot see.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from pipelines.errors import MalbildError
from pipelines.files import write_file
from pipelines.findings import Finding
from pipelines.operation import archive
from pipelines.operation.installation import Installation
from pipelines.settings import Settings

# The note in the data dir, and the form of a backup's name.
NOTE: Final = "sakerhetskopia.json"
NAMES: Final = "malbild-*Z.zip"
# One is made every morning: two days mean that one was missed, and that somebody has not seen it.
OLDEST: Final = timedelta(days=2)
# How many verified backups stay.
KEEP: Final = 30


class Note(msgspec.Struct):
    """newest: when the newest verified backup was made, of the data as they were then (UTC, naive), and its path.
    error: the line of the last attempt; None when it went well.
    """

    newest: datetime | None = None
    path: str = ""
    error: str | None = None

    def problem(self, now: datetime) -> str | None:
        """Why there is no backup to trust, as a word; None when there is."""
        if self.error is not None:
            return "failed"
        if self.newest is None:
            return "none"
        return "old" if now - self.newest > OLDEST else None


def read_note(settings: Settings) -> Note:
    """An empty note when no backup has been tried."""
    try:
        return msgspec.json.decode((settings.data_dir / NOTE).read_bytes(), type=Note)
    except (FileNotFoundError, msgspec.DecodeError):
        return Note()


def note_made(settings: Settings, path: Path, when: datetime) -> None:
    """A backup was verified and is in its place."""
    _write(settings, Note(when, str(path.resolve())))


def note_failed(settings: Settings, error: BaseException) -> None:
    """An attempt failed. What cannot be noted (a data dir on a full disk) stands in the way of no error line."""
    note = read_note(settings)
    note.error = " ".join(str(error).split()) or type(error).__name__
    with contextlib.suppress(OSError):
        # An empty data dir stays empty: a backup is restored into it.
        if settings.warehouse_file.exists() or settings.raw_dir.exists():
            _write(settings, note)


def _write(settings: Settings, note: Note) -> None:
    write_file(settings.data_dir / NOTE, msgspec.json.format(msgspec.json.encode(note)))


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove the backups in `folder` that are older than its newest `keep` whole ones, and return them.

    Whole: the archive opens and its manifest names what is in it. One that is not counts for nothing.
    """
    whole = 0
    removed = []
    # The name is the time.
    for path in sorted(folder.glob(NAMES), reverse=True):
        if whole >= keep:
            path.unlink()
            removed.append(path)
        elif _is_whole(path):
            whole += 1
    return removed


def _is_whole(path: Path) -> bool:
    try:
        with archive.open_backup(path) as backup:
            archive.read_manifest(backup)
    except MalbildError:
        return False
    return True


def backups(installation: Installation) -> Iterator[Finding]:
    """Whether there is a verified backup of the last two days."""
    settings = installation.settings
    if settings.lake:
        yield Finding("unknown", "backups", "the warehouse is shared: its backups are PostgreSQL's (docs/skalning.md)")
        return
    note, command = read_note(settings), "`malbild backup`, or systemctl start malbild-backup"
    newest = f"the newest verified one is {note.path} of {note.newest:%Y-%m-%d %H:%M} UTC" if note.newest else "none"
    match note.problem(installation.now):
        case "failed":
            error, _, fix = (note.error or "").partition(" → ")
            yield Finding("error", "backups", f"the last attempt failed ({error}); {newest}", fix or command)
        case "none":
            yield Finding("warning", "backups", "none has been made", command)
        case "old":
            yield Finding("error", "backups", f"{newest}, more than {OLDEST.days} days ago", command)
        case _ if Path(note.path).parent.is_dir() and not Path(note.path).exists():
            yield Finding("error", "backups", f"{note.path} is not there any more", command)
        case _:
            yield Finding("ok", "backups", newest)
