"""`malbild backup`: the data dir and the YAML files as one verified file, also while a run is going on.

The data dir's lock is held from the first file to the last, so that all files are of the same night: the backup waits
for a run that is going on, and a run that begins waits for the backup. (Copying during a run would not do: DuckDB's
file and its log change under the copy, and the raw archive must know every run that the warehouse knows.) People may
work in `lokala/` meanwhile; what they save during the copy is in this backup or the next.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

import msgspec

from pipelines import __version__, clock
from pipelines.errors import ConfigError, MalbildError
from pipelines.files import install_file
from pipelines.locks import BACKUP, hold_data_dir
from pipelines.operation import archive, copies, integrity
from pipelines.operation.archive import CATALOG, DATA, FORM, MANIFEST, Folder, Manifest, Member
from pipelines.settings import WAREHOUSE_FILE, Publication, Settings
from pipelines.warehouse.location import warehouse_of

# A run takes minutes; one that takes longer than this (seconds) is stuck, and somebody should know.
PATIENCE: Final = 1800.0
# Where a restore puts the YAML files. They are in that backup, and the ones in use come from --katalog.
RESTORED_CATALOG: Final = "aterstalld-katalog"
# What is not backed up: a run's work files; Dagster's history, which changes all the time under the daemon and the web
# UI (the journal of runs is in the warehouse, `korning`); what `malbild lan` makes again from the published database
# (the counties' YAML files, lan-katalog, are backed up); what is known of older backups;
# the folders of publications, because what readers have is backed up under the paths that they read it by.
LEFT_OUT: Final = frozenset(
    {"arbete", "dagster", "lan", "profiler", RESTORED_CATALOG, copies.NOTE, "publicerat", "publiceringar"}
)
_UNFINISHED: Final = (".tmp", ".gammal", ".ny.duckdb", ".ny.duckdb.wal")
# YAML files of the repo that are not the målbild's.
_PROGRAM_FILES: Final = frozenset({"dagster.yaml", "workspace.yaml"})
# Compressed already, or (DuckDB) hardly compressible.
_COMPRESSED: Final = frozenset({".zst", ".duckdb", ".wal", ".parquet", ".xlsx", ".png"})


@dataclass(frozen=True, slots=True)
class BackedUp:
    """Where the backup is, how many files are in it, its size (bytes), which folders were left out because they are
    data dirs of their own (such as `data/demo`), and which older backups were removed.
    """

    path: Path
    files: int
    bytes: int
    left_out: tuple[Path, ...]
    removed: tuple[Path, ...] = ()


def back_up(
    settings: Settings,
    target: Path,
    *,
    keep: int = copies.KEEP,
    patience: float = PATIENCE,
    waiting: Callable[[str], None] | None = None,
) -> BackedUp:
    """Write a backup to `target`: a folder, where it gets a name of its time and the newest `keep` stay, or a file
    (.zip) that does not exist yet. How it went is noted in the data dir.

    An unfinished backup is removed. `waiting` is called once, with the holder in words, when there is somebody to wait
    for.

    Raises:
        ConfigError: there is nothing to back up, or the target cannot be used.
        BusyError: a run has not ended within `patience` seconds.
        MalbildError: the warehouse is damaged, or what was written cannot be read back.
    """
    try:
        started = clock.now()
        done = _back_up(settings, target, patience, waiting)
        copies.note_made(settings, done.path, started)
        removed = copies.prune(done.path.parent, keep) if target.is_dir() else []
    except BaseException as error:
        copies.note_failed(settings, error)
        raise
    return replace(done, removed=tuple(removed))


def _back_up(settings: Settings, target: Path, patience: float, waiting: Callable[[str], None] | None) -> BackedUp:
    warehouse = warehouse_of(settings).backup_file().resolve()
    data_dir, path = settings.data_dir.resolve(), _target(settings, target)
    partial = path.with_name(f".{path.name}.tmp")
    with hold_data_dir(data_dir, doing=BACKUP, patience=patience, waiting=waiting):
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                written, left_out = _write(settings, warehouse, file)
                file.flush()
                os.fsync(file.fileno())
                # So that it is read back from the disk, not from memory.
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            _verify(partial, written)
            size = partial.stat().st_size
            install_file(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    return BackedUp(path, len(written.filer), size, left_out)


def _target(settings: Settings, target: Path) -> Path:
    data_dir = settings.data_dir.resolve()
    if not settings.warehouse_file.exists() and not settings.raw_dir.exists():
        raise ConfigError(f"{settings.data_dir} holds nothing to back up → name the --data-dir that does")
    path = target.resolve()
    if path.is_dir():
        path /= f"malbild-{clock.now():%Y-%m-%dT%H%M%SZ}.zip"
    elif path.exists():
        raise ConfigError(f"{path} exists and is not overwritten → name a folder, or a file that does not exist")
    elif path.suffix != ".zip" or not path.parent.is_dir():
        folder = path.parent if path.suffix == ".zip" else path
        raise ConfigError(
            f"{folder} is no folder → mount its disk, or make it first; a file is named with .zip at its end"
        )
    if path.is_relative_to(data_dir):
        raise ConfigError(
            f"{path} lies in the data dir that is backed up → name a folder outside it, best on another disk"
        )
    return path


def _write(settings: Settings, warehouse: Path, file: IO[bytes]) -> tuple[Manifest, tuple[Path, ...]]:
    """Everything into the archive, the manifest last; and the data dirs that were left out."""
    data_dir = settings.data_dir.resolve()
    folders, files, others = _contents(Publication(data_dir))
    members: list[Member] = []
    # Level 1: a third larger than at the best level, in a fifth of the time (CSV and HTML).
    with zipfile.ZipFile(file, "w", compresslevel=1) as backup:
        with _copied(warehouse) as copies:
            for source in files:
                members += _add(backup, copies.get(source, source), f"{DATA}/{source.relative_to(data_dir)}", source)
        for source in sorted(settings.catalog_dir.glob("*.yaml")):
            if source.name not in _PROGRAM_FILES:
                members += _add(backup, source, f"{CATALOG}/{source.name}", source)
        manifest = Manifest(
            FORM,
            __version__,
            f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
            [
                Folder(f"{DATA}/{folder.relative_to(data_dir)}", folder.stat().st_mode & 0o777)
                for folder in folders
                if folder.exists()
            ],
            members,
        )
        backup.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest, tuple(others)


def _add(backup: zipfile.ZipFile, source: Path, name: str, original: Path) -> list[Member]:
    """Add the file to the archive, unless its owner has removed it since it was listed."""
    try:
        content = source.open("rb")
    except FileNotFoundError:
        return []
    with content:
        mode = original.stat().st_mode & 0o777
        return [archive.add(backup, name, content, mode, pack=original.suffix not in _COMPRESSED)]


def _contents(published: Publication) -> tuple[list[Path], list[Path], list[Path]]:
    """Folders and files of the data dir to back up, and other data dirs in it, which have backups of their own: all but
    LEFT_OUT, so that what is added to the program later is backed up by itself. Raises ConfigError at a link that is
    not the program's own.
    """
    data_dir = published.root
    folders: list[Path] = []
    files: list[Path] = []
    others: list[Path] = []
    # Into what is published, which links lead to, and no other link.
    for path, folder_names, file_names in os.walk(data_dir, followlinks=True):
        here = Path(path)
        top = here == data_dir
        listed = sorted(name for name in folder_names if _is_backed_up(name, top=top))
        others += [here / name for name in listed if (here / name / WAREHOUSE_FILE).exists()]
        # In place: os.walk goes into those that are left.
        folder_names[:] = [name for name in listed if here / name not in others]
        finished = sorted(
            name for name in file_names if _is_backed_up(name, top=top) and not name.endswith(_UNFINISHED)
        )
        for name in (*folder_names, *finished):
            if (here / name).is_symlink() and here / name not in published.parts:
                raise ConfigError(
                    f"{here / name} is a link; a backup holds only what lies in the data dir itself "
                    "→ move what it points to there, or mount it there (mount --bind)"
                )
        folders += [here / name for name in folder_names]
        files += [here / name for name in finished if (here / name).is_file()]
    return folders, files, others


def _is_backed_up(name: str, *, top: bool) -> bool:
    """Whether a backup holds what has this name. top: it lies in the data dir itself, where LEFT_OUT counts."""
    return not name.startswith(".") and not (top and name in LEFT_OUT)


@contextmanager
def _copied(warehouse: Path) -> Iterator[dict[Path, Path]]:
    """The warehouse (and the log that a killed run leaves beside it) → a copy that nobody writes to, while it lasts.

    The lock keeps runs away, but whoever looks into the warehouse opens it too, and DuckDB then changes it. So it is
    copied and the copy is read: one that can be read whole can be restored.
    """
    originals = [path for path in (warehouse, warehouse.with_name(f"{warehouse.name}.wal")) if path.exists()]
    folder = warehouse.with_name(".sakerhetskopia")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        copies = {path: folder / path.name for path in originals}
        before = [_state(path) for path in originals]
        for path, copy in copies.items():
            shutil.copyfile(path, copy)
        if before != [_state(path) for path in originals]:
            raise MalbildError(f"{warehouse} changed while it was copied → run `malbild backup` again")
        fault = integrity.fault(copies[warehouse]) if warehouse in copies else None
        if fault:
            raise MalbildError(
                f"{warehouse} is damaged ({fault}); no backup was made of it → restore the newest backup, or "
                "`malbild rebuild` from the raw archive; keep the older backups until then"
            )
        yield copies
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _state(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_size


def _verify(path: Path, written: Manifest) -> None:
    """Read the whole archive back. Raises MalbildError naming the file that did not come back as it was read."""
    with archive.open_backup(path) as backup:
        if archive.read_manifest(backup) != written:
            raise archive.damaged(backup, MANIFEST, "it was not written as it was made")
        for member in written.filer:
            for _ in archive.content(backup, member):
                pass
