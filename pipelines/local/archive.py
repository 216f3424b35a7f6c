"""What was handed in to a run, stored in the raw archive, so that `malbild rebuild` reads the very same files: the
local files, and in a list of their own the workbooks with answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pipelines.local.intake import LocalFile

# What a list is of; `<kind>.json` is the list, the files themselves are beside it, in `<kind>/`.
LOCAL, ANSWERS = "lokala", "svar"


class _FileRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that was handed in; `archived`: its bytes are in the archive (stored as `kept`)."""

    name: str
    folder: bool
    archived: bool = msgspec.field(name="kept")


def archive_files(files: Sequence[LocalFile], kind: str = LOCAL) -> dict[str, bytes]:
    """Name in the archive → content. The list comes last, after the files that it names."""
    records = [_FileRecord(file.name, file.folder, file.content is not None) for file in files]
    contents = {f"{kind}/{file.name}": file.content for file in files if file.content is not None}
    return {**contents, f"{kind}.json": msgspec.json.encode(records)}


def archived_files(files: Mapping[str, bytes], kind: str = LOCAL) -> list[LocalFile]:
    """What `archive_files` was given, from the files of a run; empty when the run did not look for such files."""
    if f"{kind}.json" not in files:
        return []
    records = msgspec.json.decode(files[f"{kind}.json"], type=list[_FileRecord])
    return [
        LocalFile(record.name, files[f"{kind}/{record.name}"] if record.archived else None, record.folder)
        for record in records
    ]
