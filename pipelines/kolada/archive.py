"""The raw archive `ra/`: every answer as it came, content-addressed and compressed, and who asked for it when.

`ra/innehall/ab/abcd….zst` holds a body once however often it came; `ra/korningar/<korning_id>.jsonl` has one line
per answer (and per YAML file) of a run: time, URL, status, size, sha256. Bodies are never changed or deleted here.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import zstandard

from pipelines.errors import MalbildError

# Names under which a run keeps the results of its steps.
CATALOGUE_FILE, FETCH_FILE, RUN_FILE = "katalog.json", "ra.json", "korning.json"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a run's index: what was asked (`url`) or read (`fil`), when (UTC), and which body came."""

    tid: datetime
    sha256: str
    byte: int
    url: str = ""
    status: int = 0
    fil: str = ""


class RawArchive:
    """Append-only. Safe to use from several threads of one process; one process writes at a time (the run's lock)."""

    def __init__(self, root: Path) -> None:
        self._bodies = root / "innehall"
        self._runs = root / "korningar"
        self._lock = threading.Lock()
        # Bytes that this object has added to the archive, compressed.
        self.added = 0

    def store_blob(self, body: bytes) -> str:
        """Store a body if it is new and return its sha256."""
        digest = hashlib.sha256(body).hexdigest()
        target = self._path(digest)
        # A power cut can leave a name without content.
        if not target.exists() or not target.stat().st_size:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
            packed = zstandard.ZstdCompressor(level=3).compress(body)
            with partial.open("wb") as file:
                file.write(packed)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
            with self._lock:
                self.added += len(packed)
        return digest

    def get(self, digest: str) -> bytes:
        """The body with this sha256. Raises MalbildError when it is gone or damaged."""
        target = self._path(digest)
        try:
            body = zstandard.ZstdDecompressor().decompress(target.read_bytes())
        except (FileNotFoundError, zstandard.ZstdError) as error:
            raise MalbildError(
                f"raw archive: {target} is missing or damaged ({error}) → restore it from a backup"
            ) from error
        if hashlib.sha256(body).hexdigest() != digest:
            raise MalbildError(f"raw archive: {target} does not hold what its name says → restore it from a backup")
        return body

    def log(self, run_id: str, entry: Entry) -> None:
        """Append one line to the run's index."""
        line = msgspec.json.encode(entry) + b"\n"
        with self._lock:
            self._runs.mkdir(parents=True, exist_ok=True)
            with self._index(run_id).open("ab") as index:
                index.write(line)

    def archive_file(self, run_id: str, name: str, content: bytes, when: datetime) -> None:
        """Store a file of the run and note it in the run's index (UTC)."""
        self.log(run_id, Entry(when, self.store_blob(content), len(content), fil=name))

    def entries(self, run_id: str) -> Iterator[Entry]:
        """The run's index, in the order in which the answers came. Raises MalbildError when it is gone or damaged."""
        decoder, path, number = msgspec.json.Decoder(Entry), self._index(run_id), 0
        try:
            with path.open("rb") as index:
                for line in index:
                    number += 1
                    yield decoder.decode(line)
        except (FileNotFoundError, msgspec.DecodeError) as error:
            raise MalbildError(
                f"raw archive: {path}:{number} is missing or damaged ({error}) → restore it from a backup"
            ) from error

    def runs(self) -> list[str]:
        """Ids of the runs that the archive knows, oldest first (ids begin with the time)."""
        return sorted(index.stem for index in self._runs.glob("*.jsonl"))

    def files(self, run_id: str) -> dict[str, bytes]:
        """The files that a run kept (YAML and results of its steps), by name; of several versions the last."""
        return {entry.fil: self.get(entry.sha256) for entry in self.entries(run_id) if entry.fil}

    def _path(self, digest: str) -> Path:
        return self._bodies / digest[:2] / f"{digest}.zst"

    def _index(self, run_id: str) -> Path:
        return self._runs / f"{run_id}.jsonl"
