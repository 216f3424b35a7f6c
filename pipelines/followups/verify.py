"""Whether an archive pack, or a decided report's folder, is what was decided: every file there, none changed, none
added, nothing that could hurt.

The pack comes from outside: names and sizes are checked before anything is read, nothing is ever unpacked to disk, and
reading stops at what the pack itself has promised. A folder is compared with the pack that lies in it.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.startpage import ARCHIVE, WORKBOOK
from pipelines.errors import ConfigError
from pipelines.followups.frozen import differences, report_checksums
from pipelines.followups.pack import EXPORT, MANIFEST, REPORT, SUMS

MAX_FILES = 2_000
MAX_BYTES = 4_000_000_000
# Text of ours compresses some twenty times; beyond this it is no text.
MAX_RATIO = 400
_SMALL = 5_000_000
# The keys that the manifest of a whole pack has.
REQUIRED_KEYS = frozenset({"uppfoljning", "version", "status", "as_of", "kod_version"})
_CHUNK = 1 << 20
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
# What a zip entry may be called: relative, forward, without steps up or signs that other systems read as such.
_NAME = re.compile(r"(?!/)(?!.*(?:^|/)\.{1,2}(?:/|$))[^\\:\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Verified:
    """A pack: its manifest, the SHA-256 of every file by name, and what is wrong with it, file by file."""

    manifest: dict[str, Any]
    sums: dict[str, str]
    faults: tuple[str, ...]

    @property
    def files(self) -> int:
        return len(self.sums)


def verify(path: Path) -> Verified:
    """Check the zip, or the folder of a decided report with the zip in it. Raises ConfigError when it is no pack of
    ours at all.
    """
    return _verify_folder(path) if path.is_dir() else _verify_pack(path)


def _verify_folder(folder: Path) -> Verified:
    pack = _verify_pack(folder / ARCHIVE)
    if pack.faults:
        return Verified(pack.manifest, pack.sums, tuple(f"{ARCHIVE}: {fault}" for fault in pack.faults))
    expected = {
        name.removeprefix(f"{REPORT}/"): digest for name, digest in pack.sums.items() if name.startswith(f"{REPORT}/")
    }
    if workbook := pack.sums.get(f"{EXPORT}/{WORKBOOK}"):
        expected[WORKBOOK] = workbook
    faults = [
        f"{path.relative_to(folder).as_posix()}: neither a file nor a folder"
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not (path.is_file() or path.is_dir())
    ]
    if not faults:
        actual = report_checksums(folder)
        actual.pop(ARCHIVE)
        faults = differences(expected, actual)
    return Verified(pack.manifest, pack.sums, tuple(faults))


def _verify_pack(path: Path) -> Verified:
    try:
        with zipfile.ZipFile(path) as archive:
            return _verify(archive, path)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist → name the archive pack, e.g. arkiv.zip of an issue") from None
    except (
        *(zipfile.BadZipFile, zipfile.LargeZipFile, struct.error),
        *(ValueError, NotImplementedError, EOFError),
    ) as error:
        raise ConfigError(f"{path}: not a readable zip ({error}) → ask for the file again") from None


def _verify(archive: zipfile.ZipFile, path: Path) -> Verified:
    entries = archive.infolist()
    if faults := _dangers(entries):
        return Verified({}, {}, tuple(faults))
    names = {entry.filename: entry for entry in entries}
    if SUMS not in names:
        raise ConfigError(f"{path}: {SUMS} is not in it: it is no archive pack of malbild → name another file")
    checksums, faults = _sums(_read_small(archive, names[SUMS]))
    faults += [f"{name}: missing" for name in sorted(checksums.keys() - names.keys())]
    faults += [
        f"{name}: not one of the files that were packed" for name in sorted(names.keys() - checksums.keys() - {SUMS})
    ]
    for name in sorted(checksums.keys() & names.keys()):
        if fault := _fault(archive, names[name], checksums[name]):
            faults.append(f"{name}: {fault}")
    if not faults and not _as_written(path, archive.comment):
        faults.append("the zip itself: a byte between the files is another, or it was packed anew; the files are whole")
    manifest: dict[str, Any] = {}
    if MANIFEST in names and not any(fault.startswith(f"{MANIFEST}:") for fault in faults):
        manifest = _manifest(_read_small(archive, names[MANIFEST]))
    if not manifest and not faults:
        faults.append(f"{MANIFEST}: it does not say which uppföljning this is, of which version and time")
    return Verified(manifest, checksums, tuple(faults))


def _manifest(text: bytes) -> dict[str, Any]:
    """The pack's manifest; empty when it lacks any of REQUIRED_KEYS."""
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) and manifest.keys() >= REQUIRED_KEYS else {}


def _dangers(entries: list[zipfile.ZipInfo]) -> list[str]:
    """Reasons to stop reading the zip: hostile names, duplicate names, sizes beyond any report of ours."""
    faults = [f"{e.filename!r}: a name that could leave the folder" for e in entries if not _NAME.fullmatch(e.filename)]
    seen: set[str] = set()
    for entry in entries:
        if entry.filename in seen:
            faults.append(f"{entry.filename!r}: stands there twice")
        seen.add(entry.filename)
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            faults.append(
                f"{entry.filename!r}: grows {entry.file_size // max(entry.compress_size, 1)} times when unpacked"
            )
    if len(entries) > MAX_FILES:
        faults.append(f"{len(entries)} files, at most {MAX_FILES} are expected")
    if (total := sum(entry.file_size for entry in entries)) > MAX_BYTES:
        faults.append(f"{total} bytes when unpacked, at most {MAX_BYTES} are expected")
    return faults


def _as_written(path: Path, comment: bytes) -> bool:
    """Whether the zip as a whole is what was written: its comment is the sum of all the bytes before it."""
    digest, left = hashlib.sha256(), path.stat().st_size - len(comment)
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest().encode() == comment


def _sums(text: bytes) -> tuple[dict[str, str], list[str]]:
    checksums: dict[str, str] = {}
    faults = []
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match:
            checksums[match[2]] = match[1]
        else:
            faults.append(f"{SUMS}: line {number} is not a SHA-256 and a name")
    return checksums, faults


def _fault(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, expected: str) -> str | None:
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(entry) as content:
            while chunk := content.read(_CHUNK):
                size += len(chunk)
                if size > entry.file_size:
                    return "longer than the zip says"
                digest.update(chunk)
    except (
        *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
        *(EOFError, OSError, ValueError, RuntimeError),
    ) as error:
        return f"changed: cannot be read ({error})"
    return None if digest.hexdigest() == expected else "changed: its SHA-256 is another"


def _read_small(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.file_size > _SMALL:
        raise ConfigError(
            f"{entry.filename}: {entry.file_size} bytes is too large for what it is → ask for the file again"
        )
    try:
        return archive.read(entry)
    except Exception as error:  # noqa: BLE001 - zlib and zipfile raise many kinds for a changed byte
        raise ConfigError(f"{entry.filename}: changed: cannot be read ({error}) → ask for the file again") from None
