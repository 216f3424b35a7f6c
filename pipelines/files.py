"""Files that readers may open at any time: written beside their place, synced to disk, and put there in one step.

Here: one way to write a file whole, one way to install what was made beside it, and one SHA-256 of a file. Who may read
a file is `permissions`; who may write to the data dir is `locks`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_file(target: Path, content: str | bytes) -> None:
    """Write `target` so that readers see the old file or the new one, whole, also after a power cut.

    Text is written as UTF-8 with the line ends that it has. The folder is made if need be.
    """
    with replacing(target) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield the path of a temporary file beside `target`, which takes its place when the block ends without an error.

    After an error the temporary file is removed and `target` is as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.tmp")
    try:
        yield partial
        install_file(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def install_file(partial: Path, target: Path) -> None:
    """Put a finished file in the place of `target` (same file system), with its content and its name on disk."""
    sync(partial)
    partial.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """`sync` for every file and folder in `folder`, and for itself."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


def sha256(file: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
