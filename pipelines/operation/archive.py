"""The form of a backup: a zip with everything in it under its own name, and a manifest that says what must be there.

Zip, and not tar: each file is compressed on its own or not at all (many are compressed already), so that a damaged one
can be named; the list of files is at the end, so that a cut-off archive is noticed before anything is unpacked; and
every system can open it. What goes into a backup is decided by `backup`, how it is unpacked by `restore`.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from pipelines.errors import MalbildError

MANIFEST: Final = "innehall.json"
# Folders of the archive: what lies in the data dir, and the YAML files.
DATA, CATALOG = "data", "katalog"
FORM = 1
_CHUNK = 1 << 20
# The size of a manifest of a million files; a larger one is not of our making.
_MAX_MANIFEST_BYTES = 200_000_000
# What zipfile raises when bytes have changed.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    OSError,
    ValueError,
)


class Member(msgspec.Struct, frozen=True):
    """A file in the backup: its name, its permissions, its size and its SHA-256."""

    namn: str
    rattigheter: int
    byte: int
    sha256: str


class Folder(msgspec.Struct, frozen=True):
    """A folder, which is made also when it is empty."""

    namn: str
    rattigheter: int


class Manifest(msgspec.Struct, frozen=True):
    """Everything that is in the backup. `skapad`: UTC."""

    form: int
    program: str
    skapad: str
    mappar: list[Folder]
    filer: list[Member]


def open_backup(path: Path) -> zipfile.ZipFile:
    """Open a backup. Raises MalbildError when it is no zip, or one that was cut off."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise MalbildError(
            f"{path} is no whole backup ({error}): it was cut off or is something else; nothing was unpacked "
            "→ take an older backup, or copy this one again from where it came"
        ) from error


def read_manifest(backup: zipfile.ZipFile) -> Manifest:
    """Read the manifest, and check that it and the archive name the same files, all of them inside their folder.

    Raises MalbildError naming what does not fit.
    """
    names = [info.filename for info in backup.infolist()]
    try:
        info = backup.getinfo(MANIFEST)
        if info.file_size > _MAX_MANIFEST_BYTES:
            raise ValueError(f"{info.file_size} bytes")
        manifest = msgspec.json.decode(backup.read(MANIFEST), type=Manifest)
    except (KeyError, msgspec.DecodeError, *_DAMAGE) as error:
        raise damaged(backup, MANIFEST, str(error)) from error
    if manifest.form != FORM:
        raise MalbildError(
            f"{backup.filename}: {MANIFEST} has form {manifest.form}, this program reads {FORM} "
            f"→ restore it with malbild {manifest.program}, which made it"
        )
    folders = [folder.namn for folder in manifest.mappar]
    listed = [member.namn for member in manifest.filer]
    outside = [name for name in folders if not name.startswith(f"{DATA}/")]
    outside += [name for name in (*folders, *listed) if not _stays_inside(name)]
    if outside:
        raise MalbildError(
            f"{backup.filename}: the name {outside[0]!r} leads out of the folder; nothing was unpacked "
            "→ this is no backup of ours; find out where it comes from"
        )
    in_archive, in_manifest = Counter(names), Counter([MANIFEST, *listed])
    different = sorted((in_archive - in_manifest) + (in_manifest - in_archive))
    if different:
        raise damaged(backup, different[0], "the archive and its manifest do not name the same files once each")
    return manifest


def content(backup: zipfile.ZipFile, member: Member) -> Iterator[bytes]:
    """Yield the member's bytes, piece by piece. Raises MalbildError naming it when they are not what the manifest says,
    which is certain only after the last piece.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with backup.open(member.namn) as file:
            while piece := file.read(_CHUNK):
                size += len(piece)
                if size > member.byte:
                    raise ValueError(f"more than {member.byte} bytes")
                digest.update(piece)
                yield piece
    except _DAMAGE as error:
        raise damaged(backup, member.namn, str(error)) from error
    if size != member.byte or digest.hexdigest() != member.sha256:
        raise damaged(backup, member.namn, "its checksum is another")


def add(backup: zipfile.ZipFile, name: str, source: BinaryIO, mode: int, *, pack: bool) -> Member:
    """Write one file into the archive, piece by piece. `pack`: compress it."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED if pack else zipfile.ZIP_STORED
    info.external_attr = (0o100000 | mode) << 16
    digest, size = hashlib.sha256(), 0
    with backup.open(info, "w", force_zip64=True) as target:
        while piece := source.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    return Member(name, mode, size, digest.hexdigest())


def damaged(backup: zipfile.ZipFile, name: str, why: str) -> MalbildError:
    """The error that says which file of a backup is damaged, and what to do."""
    return MalbildError(
        f"{backup.filename}: {name} is damaged ({why}); nothing was put in place "
        "→ take an older backup, or copy this one again from where it came"
    )


def _stays_inside(name: str) -> bool:
    parts = name.split("/")
    return (
        parts[0] in (DATA, CATALOG)
        and not any(part in ("", ".", "..") for part in parts)
        and re.search(r"[\\\x00-\x1f]", name) is None
    )
