"""`malbild restore`: a backup into an empty data dir, all of it or nothing.

Everything is unpacked and checked aside, inside the data dir itself (it may be a disk of its own, and the folder above
it somebody else's), and then put in place by renaming. A data dir that holds anything is refused: whoever wants the
old one away moves it away.
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
from pipelines.operation import archive, health
from pipelines.operation.archive import CATALOG, DATA, Manifest
from pipelines.operation.backup import RESTORED_CATALOG
from pipelines.settings import Settings

_ASIDE: Final = ".aterstallning"
# What a file system answers to names that it does not take, or that cannot be there together.
_UNFIT: Final = {errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ}


@dataclass(frozen=True, slots=True)
class Restored:
    """What the backup said of itself, and where the YAML files now are (None: it had none)."""

    made: str
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
            aside = data_dir / _ASIDE
            aside.mkdir(mode=0o700)
            try:
                _unpack(backup, manifest, aside)
                _check_databases(backup, aside / DATA)
                _put_in_place(aside, data_dir)
                _give_permissions(manifest, data_dir)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    catalog = data_dir / RESTORED_CATALOG
    return Restored(manifest.skapad, manifest.program, len(manifest.filer), catalog if catalog.exists() else None)


def _must_be_empty(data_dir: Path) -> None:
    if not data_dir.exists():
        return
    found = sorted(entry.name for entry in data_dir.iterdir() if entry.name != LOCK_FILE)
    if found:
        raise ConfigError(
            f"{data_dir} is not empty ({', '.join(found[:3])}{', …' if len(found) > 3 else ''}): a backup is never "
            "laid over anything → move it away, or name an empty --data-dir"
        )


def _unpack(backup: zipfile.ZipFile, manifest: Manifest, aside: Path) -> None:
    for name in (DATA, CATALOG):
        (aside / name).mkdir(mode=0o700)
    for folder in manifest.mappar:
        with _name_fits(backup, folder.namn):
            (aside / folder.namn).mkdir(mode=0o700, parents=True, exist_ok=True)
    for member in manifest.filer:
        target = aside / member.namn
        with _name_fits(backup, member.namn):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # "x": two names that the file system takes for one must not become one file.
            new = target.open("xb")
        with new as file:
            for piece in archive.content(backup, member):
                file.write(piece)
            os.fsync(file.fileno())
        target.chmod(member.rattigheter & 0o777)


@contextmanager
def _name_fits(backup: zipfile.ZipFile, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _UNFIT:
            raise archive.damaged(backup, name[:200], f"no file can have this name here: {error.strerror}") from error
        raise


def _check_databases(backup: zipfile.ZipFile, data: Path) -> None:
    for path in (data / "lager.duckdb", data / "analys.duckdb"):
        found = health.fault(path) if path.exists() else None
        if found:
            raise archive.damaged(backup, f"{DATA}/{path.name}", found)


def _put_in_place(aside: Path, data_dir: Path) -> None:
    """Rename everything into the data dir; what was moved is taken back when one cannot be."""
    moves = {entry: data_dir / entry.name for entry in sorted((aside / DATA).iterdir())}
    if any((aside / CATALOG).iterdir()):
        moves[aside / CATALOG] = data_dir / RESTORED_CATALOG
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


def _give_permissions(manifest: Manifest, data_dir: Path) -> None:
    """Last of all, and the deepest folders first: one that nobody may write to can be neither moved nor removed."""
    for folder in sorted(manifest.mappar, key=lambda folder: folder.namn.count("/"), reverse=True):
        (data_dir / folder.namn.removeprefix(f"{DATA}/")).chmod(folder.rattigheter & 0o777)
