"""What was handed in, kept with a run in the raw archive, so that `malbild rebuild` reads the very same files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipelines.local.intake import LocalFile

# The name under which a run keeps what it found; the files themselves lie beside it under `lokala/`.
FOUND_FILE = "lokala.json"
_FOLDER = "lokala/"


class _Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of `lokala/`: `kept` when its bytes are in the archive."""

    name: str
    folder: bool
    kept: bool


def archive_files(files: Sequence[LocalFile]) -> dict[str, bytes]:
    """Name in the archive → content. The list comes last: what it names is there."""
    found = [_Found(file.name, file.folder, file.content is not None) for file in files]
    contents = {f"{_FOLDER}{file.name}": file.content for file in files if file.content is not None}
    return {**contents, FOUND_FILE: msgspec.json.encode(found)}


def kept_files(files: Mapping[str, bytes]) -> list[LocalFile]:
    """What `to_keep` was given, from the files of a run; nothing when the run did not look."""
    if FOUND_FILE not in files:
        return []
    found = msgspec.json.decode(files[FOUND_FILE], type=list[_Found])
    return [LocalFile(one.name, files[f"{_FOLDER}{one.name}"] if one.kept else None, one.folder) for one in found]
