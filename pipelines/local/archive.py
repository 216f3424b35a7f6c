"""The local files of a run, stored in the raw archive, so that `malbild rebuild` reads the very same files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipelines.local.intake import LocalFile

# The list of a run's local files; the files themselves are beside it, in `lokala/`.
LIST_FILE = "lokala.json"
_FOLDER = "lokala/"


class _FileRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of `lokala/`; `archived`: its bytes are in the archive (stored as `kept`)."""

    name: str
    folder: bool
    archived: bool = msgspec.field(name="kept")


def archive_files(files: Sequence[LocalFile]) -> dict[str, bytes]:
    """Name in the archive → content. The list comes last, after the files that it names."""
    records = [_FileRecord(file.name, file.folder, file.content is not None) for file in files]
    contents = {f"{_FOLDER}{file.name}": file.content for file in files if file.content is not None}
    return {**contents, LIST_FILE: msgspec.json.encode(records)}


def archived_files(files: Mapping[str, bytes]) -> list[LocalFile]:
    """What `archive_files` was given, from the files of a run; empty when the run did not look for local files."""
    if LIST_FILE not in files:
        return []
    records = msgspec.json.decode(files[LIST_FILE], type=list[_FileRecord])
    return [
        LocalFile(record.name, files[f"{_FOLDER}{record.name}"] if record.archived else None, record.folder)
        for record in records
    ]
