"""Locks between processes: one run (or backup) on a data dir, one UI, one writer of a small file.

A lock is `flock` on a file: it belongs to the process that holds it and ends with it, however it ends. It holds between
machines too when the disk is a network's (NFSv4, SMB); the file says on which of them the holder is. The only writer of
a warehouse that several machines share is a lock in PostgreSQL, which is `warehouse.ducklake`'s.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from pipelines.errors import BusyError

# The file in a data dir that is locked, and what its holder does.
LOCK_FILE: Final = ".las"
RUN, BACKUP, REPORT = "run", "backup", "report"
# What anybody waits for, and how long (seconds): a backup copies some hundred megabytes, a report takes a minute.
_WAITED_FOR: Final = (BACKUP, REPORT)
_PATIENCE: Final = 600.0
_POLL_INTERVAL: Final = 0.1


@contextmanager
def hold_data_dir(
    data_dir: Path, *, doing: str = RUN, patience: float = 0.0, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the data dir for one run (or backup, or report). Raises BusyError when another run holds it, after
    `patience` seconds.

    A backup or a report is waited for whatever the patience: a night must not be lost because of it. `waiting` is
    called once, with the holder in words, when there is somebody to wait for.
    """
    data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    with (data_dir / LOCK_FILE).open("a+") as file:
        started, has_reported = time.monotonic(), False
        while not _lock(file.fileno()):
            holder = _read(file)
            in_words = f"another {holder.note or RUN} ({holder.process})"
            if time.monotonic() - started >= (_PATIENCE if holder.note in _WAITED_FOR else patience):
                raise BusyError(
                    f"{in_words} holds {data_dir}; nothing was changed → wait until it is done, "
                    "or name another --data-dir"
                )
            if waiting and not has_reported:
                waiting(in_words)
                has_reported = True
            time.sleep(_POLL_INTERVAL)
        _write(file, doing)
        yield


@contextmanager
def hold_file(path: Path, busy: str, *, note: str = "") -> Iterator[int]:
    """Hold a lock file and yield its descriptor. `note`: what others may read there about the holder (`lock_holder`).

    Raises BusyError with the text `busy`, where {holder} stands for the process that holds the file.
    """
    with path.open("a+") as file:
        if not _lock(file.fileno()):
            raise BusyError(busy.replace("{holder}", _read(file).process))
        _write(file, note)
        yield file.fileno()


@contextmanager
def wait_for(path: Path) -> Iterator[None]:
    """Hold a lock file, after waiting for whoever holds it: for work of some milliseconds."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def data_dir_holder(data_dir: Path) -> str | None:
    """Who holds the data dir now, in words; None when nobody does."""
    holder = lock_holder(data_dir / LOCK_FILE)
    return f"a {holder.note or RUN} ({holder.process})" if holder else None


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock file, in words, and what it has noted there: its activity, or its address."""

    process: str
    note: str


def lock_holder(path: Path) -> Holder | None:
    """Who on this machine holds a lock file; None when nobody here does.

    Read from the kernel's list: trying the lock would, for a moment, keep somebody else from getting it.
    """
    try:
        inode = path.stat().st_ino
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    for line in locks.splitlines():
        # "4: FLOCK  ADVISORY  WRITE 31751 fe:00:2146583 0 EOF"; a line with "->" waits for the one before it.
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5].split(":")[-1] == str(inode):
            with path.open(encoding="utf-8") as file:
                return Holder(f"process {fields[4]}", _read(file).note)
    return None


def _write(file: TextIO, note: str) -> None:
    """Say in the file who holds it."""
    file.truncate(0)
    file.write(f"{os.getpid()} {socket.gethostname()} {note}")
    file.flush()


def _read(file: TextIO) -> Holder:
    """Who has held the file last, as it says itself."""
    file.seek(0)
    process, host, note = (file.read().strip() + "  ").split(" ", 2)
    elsewhere = f" on {host}" if host and host != socket.gethostname() else ""
    return Holder(f"process {process or 'unknown'}{elsewhere}", note.strip())


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
