"""`malbild restore`: a backup into an empty data dir, all of it or nothing.

Everything is unpacked and checked in a folder of its own inside the data dir (which may be a disk of its own, and the
folder above it somebody else's), and then renamed into place. A data dir that holds anything is refused: nothing is
ever overwritten.
"""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError, MalbildError
from pipelines.files import sync
from pipelines.locks import BACKUP, LOCK_FILE, hold_data_dir
from pipelines.operation import archive, integrity
from pipelines.operation.archive import CATALOG, DATA, Manifest
from pipelines.operation.backup import RESTORED_CATALOG
from pipelines.settings import Settings

_STAGING: Final = ".aterstallning"
# What a file system answers to names that it does not take, or that cannot be in one folder together.
_BAD_NAME: Final = {errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ}


@dataclass(frozen=True, slots=True)
class Restored:
    """When and by which version the backup was made, how many files it had, and where its YAML files are now (None: it
    had none).
    """

    created: str
    program: str
    files: int
    catalog: Path | None


def restore(settings: Settings, path: Path) -> Restored:
    """Put the backup into the data dir, which must be empty or not exist; its YAML files go into a folder of their own.

    Raises ConfigError when there is no such backup or the data dir is not empty, MalbildError naming the file that is
    damaged. Whatever goes wrong, the data dir is empty afterwards.
    """
    if not path.is_file():
        raise ConfigError(f"{path} is no file → name a backup that `malbild backup` has made")
    data_dir = settings.data_dir
    _must_be_empty(data_dir)
    with archive.open_backup(path) as backup:
        manifest = archive.read_manifest(backup)
        with hold_data_dir(data_dir, doing=BACKUP):
            _must_be_empty(data_dir)
            staging = data_dir / _STAGING
            staging.mkdir(mode=0o700)
            try:
                _unpack(backup, manifest, staging)
                _check_databases(backup, staging / DATA)
                _install(staging, data_dir)
                _set_permissions(manifest, data_dir)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    catalog = data_dir / RESTORED_CATALOG
    return Restored(manifest.skapad, manifest.program, len(manifest.filer), catalog if catalog.exists() else None)


def _must_be_empty(data_dir: Path) -> None:
    if not data_dir.exists():
        return
    names = sorted(entry.name for entry in data_dir.iterdir() if entry.name != LOCK_FILE)
    if names:
        raise ConfigError(
            f"{data_dir} is not empty ({', '.join(names[:3])}{', …' if len(names) > 3 else ''}): a backup is never "
            "laid over anything → move it away, or name an empty --data-dir"
        )


def _unpack(backup: zipfile.ZipFile, manifest: Manifest, staging: Path) -> None:
    for name in (DATA, CATALOG):
        (staging / name).mkdir(mode=0o700)
    for folder in manifest.mappar:
        with _name_fits(backup, folder.namn):
            (staging / folder.namn).mkdir(mode=0o700, parents=True, exist_ok=True)
    for member in manifest.filer:
        target = staging / member.namn
        with _name_fits(backup, member.namn):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # "x": two names that are one to the file system must not become one file.
            opened = target.open("xb")
        with opened as file:
            for piece in archive.content(backup, member):
                file.write(piece)
            os.fsync(file.fileno())
        target.chmod(member.rattigheter & 0o777)


@contextmanager
def _name_fits(backup: zipfile.ZipFile, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _BAD_NAME:
            raise archive.damaged(backup, name[:200], f"no file can have this name here: {error.strerror}") from error
        raise


def _check_databases(backup: zipfile.ZipFile, data: Path) -> None:
    for path in (data / "lager.duckdb", data / "analys.duckdb"):
        fault = integrity.fault(path) if path.exists() else None
        if fault:
            raise archive.damaged(backup, f"{DATA}/{path.name}", fault)


def _install(staging: Path, data_dir: Path) -> None:
    """Rename everything into the data dir; when one cannot be, those that were are taken back."""
    moves = {entry: data_dir / entry.name for entry in sorted((staging / DATA).iterdir())}
    if any((staging / CATALOG).iterdir()):
        moves[staging / CATALOG] = data_dir / RESTORED_CATALOG
    done: list[Path] = []
    try:
        for source, target in moves.items():
            source.rename(target)
            done.append(source)
    except OSError as error:
        for source in done:
            moves[source].rename(source)
        raise MalbildError(
            f"{data_dir}: the restored files cannot be put in place ({error}) → check its permissions"
        ) from error
    sync(data_dir)


def _set_permissions(manifest: Manifest, data_dir: Path) -> None:
    """Last of all, and the deepest folders first: a read-only folder can be neither moved nor removed."""
    for folder in sorted(manifest.mappar, key=lambda folder: folder.namn.count("/"), reverse=True):
        (data_dir / folder.namn.removeprefix(f"{DATA}/")).chmod(folder.rattigheter & 0o777)
