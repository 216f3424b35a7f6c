"""A frozen version of an issue on disk: `uppfoljningar/<id>/v<version>/` with its database, the YAML files, Kolada's
catalogue of that time, and a manifest with their checksums.

What is decided is never written again: whatever would write asks `refuse_if_decided`, or `Frozen.decided`, first. How a
version comes about is `freeze` and `decide`.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboards.startpage import draft_name
from pipelines import files
from pipelines.catalog.follow_ups import BODIES, DECIDED
from pipelines.errors import ConfigError, MalbildError
from pipelines.files import install_folder, sha256, write_file
from pipelines.settings import Settings

DATABASE, CONTENT, CATALOGUE, MANIFEST = "analys.duckdb", "innehall", "katalog.json", "manifest.json"
# The folder of a later version, in that of the first.
_LATER = re.compile(r"v[0-9]+/")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version with what its manifest says."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    @property
    def content(self) -> Path:
        """The folder with the YAML files."""
        return self.folder / CONTENT

    @property
    def version(self) -> int:
        return int(self.manifest["version"])

    @property
    def as_of(self) -> datetime:
        """UTC, naive."""
        return datetime.fromisoformat(self.manifest["as_of"]).replace(tzinfo=None)

    @property
    def decided(self) -> bool:
        return bool(self.manifest["status"] == DECIDED)


def folder_of(settings: Settings, issue_id: str, version: int) -> Path:
    return settings.follow_up_dir / issue_id / f"v{version}"


def report_folder(settings: Settings, issue_id: str, version: int = 1) -> Path:
    """Where a version is read: the decided one keeps its address for good, later ones lie below it."""
    base = settings.report_dir / issue_id
    return base if version == 1 else base / f"v{version}"


def draft_folders(settings: Settings, issue_id: str) -> list[Path]:
    """The folders of the drafts for meetings that are there."""
    return [folder for body in BODIES if (folder := settings.report_dir / draft_name(issue_id, body)).exists()]


def find(settings: Settings, issue_id: str, version: int | None = None) -> Frozen | None:
    """The version, the newest by default; None when nothing is frozen."""
    if version is None:
        versions = [int(f.parent.name[1:]) for f in (settings.follow_up_dir / issue_id).glob(f"v*/{MANIFEST}")]
        if not versions:
            return None
        version = max(versions)
    folder = folder_of(settings, issue_id, version)
    try:
        return Frozen(folder, json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def settle(settings: Settings, issue_id: str) -> None:
    """Put right what a killed command has left, before anything is decided by what is there. The data dir is held."""
    files.settle(settings.follow_up_dir / issue_id)
    files.settle(settings.report_dir)


def check(frozen: Frozen) -> None:
    """Raise MalbildError when a frozen file is gone or is not what was frozen."""
    for name, digest in frozen.manifest["filer"].items():
        file = frozen.folder / name
        if not file.is_file():
            raise MalbildError(f"{file}: the frozen file is gone → restore it from a backup")
        if sha256(file) != digest:
            raise MalbildError(
                f"{file}: it is not the file that was frozen (SHA-256 differs) → restore it from a backup"
            )


def refuse_if_decided(settings: Settings, issue_id: str) -> None:
    """Raise ConfigError when the issue is decided: nothing overwrites its first version."""
    frozen = find(settings, issue_id, 1)
    if frozen is not None and frozen.decided:
        raise ConfigError(
            f"uppföljning {issue_id} version 1 is fastställd and is never changed; nothing was written → make "
            f"a new version with `malbild uppfoljning ratta {issue_id} --orsak …`"
        )


def finalize(new_version: Frozen, target: Path, **entries: Any) -> Frozen:
    """Write the manifest with `entries` and the checksums of the files, and install the version in `target`."""
    manifest = {**new_version.manifest, **entries, "filer": checksums(new_version.folder)}
    write_manifest(new_version.folder, manifest)
    install_folder(new_version.folder, target)
    return Frozen(target, manifest)


def make_read_only(folder: Path) -> None:
    """Take away every right to write, of the folder and all in it."""
    for path in [*folder.rglob("*"), folder]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def checksums(folder: Path) -> dict[str, str]:
    """Relative name → SHA-256 of every file."""
    return {file.relative_to(folder).as_posix(): sha256(file) for file in sorted(folder.rglob("*")) if file.is_file()}


def report_checksums(folder: Path) -> dict[str, str]:
    """The same of a version's report, without the later versions that lie in its folder."""
    return {name: digest for name, digest in checksums(folder).items() if not _LATER.match(name)}


def differences(expected: Mapping[str, str], actual: Mapping[str, str]) -> list[str]:
    """'name: missing', 'name: not one of …' and 'name: changed …' for files by name with their SHA-256."""
    return [
        *(f"{name}: missing" for name in sorted(expected.keys() - actual.keys())),
        *(f"{name}: not one of the files that were packed" for name in sorted(actual.keys() - expected.keys())),
        *(f"{name}: changed" for name in sorted(expected.keys() & actual.keys()) if expected[name] != actual[name]),
    ]


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """The last file of a version: without it there is none."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_file(folder / MANIFEST, text)
