"""Files that readers may open at any time: written beside their place, synced to disk, and put there in one step.

Here: one way to write a file whole, one way to put a whole folder in place, and one SHA-256 of a file. Who may read
a file is `permissions`; who may write to the data dir is `locks`.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import MalbildError


def write_file(target: Path, content: str | bytes) -> None:
    """Write `target` so that readers see the old file or the new one, whole, also after a power cut.

    Text is written as UTF-8 with the line ends that it has. The folder is made if need be.
    """
    with replacing(target) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield the path of a temporary file beside `target`, which takes its place when the block ends without an error.

    After an error the temporary file is removed and `target` is as it was. A link stays: what it leads to is replaced.
    """
    target = _real(target)
    make_folder(target.parent)
    partial = target.with_name(f".{target.name}.tmp")
    try:
        yield partial
        install_file(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, with their names on disk: what is synced into a folder that a
    power cut takes away is gone with it.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def install_file(partial: Path, target: Path) -> None:
    """Put a finished file in the place of `target` (same file system), with its content and its name on disk."""
    sync(partial)
    partial.replace(target)
    sync(target.parent)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target`, which takes its place when the block ends without an error.

    After an error the folder is removed and `target` is as it was. One process at a time may build the same `target`.
    A link stays: what it leads to is replaced.
    """
    target = _real(target)
    new = staging_folder(target)
    try:
        yield new
        install_folder(new, target)
    finally:
        remove_folder(new)


def staging_folder(target: Path) -> Path:
    """An empty folder beside `target`, after what a killed process left there has been put right.

    Raises MalbildError when `target` is read-only: what is decided is, and changing places asks no leave of it.
    """
    if target.exists() and not target.stat().st_mode & stat.S_IWUSR:
        raise MalbildError(
            f"{target} is read-only, so that nothing takes its place; nothing was written → make it writable "
            "(`chmod u+w`) when it may go, or name another --data-dir"
        )
    _tidy(target)
    new = target.with_name(f".{target.name}.ny")
    remove_folder(new)
    make_folder(new)
    return new


def install_folder(new: Path, target: Path) -> None:
    """Put a finished folder in the place of `target` (same file system) in one step, with all its files on disk.

    Readers see the old folder or the new one, whole, and so it is after a kill or a power cut. Where the file system
    cannot let two folders change places, there is none between two renames, and whoever comes next puts the old one
    back.
    """
    make_folder(target.parent)
    if not new.is_symlink():
        sync_tree(new)
    _tidy(target)
    if not target.exists():
        new.replace(target)
    elif not _exchange(new, target):
        target.replace(_aside(target))
        try:
            new.replace(target)
        except BaseException:
            _tidy(target)
            raise
    sync(target.parent)
    # After an exchange this is the old one.
    remove_folder(new)
    _tidy(target)


def install_link(link: Path, text: Path) -> None:
    """Make `link` a symbolic link with this text in one step, whatever was there; its name is on disk afterwards.

    Where the file system cannot let a folder and a link change places, a folder is away for a moment (`settle`).
    """
    new = link.with_name(f".{link.name}.ny")
    remove_folder(new)
    try:
        new.symlink_to(text)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        raise MalbildError(
            f"{link}: no symbolic link can be made here ({error.strerror}) → put the data dir on a file system that "
            "has them (ext4, XFS, NFS)"
        ) from error
    if link.is_dir() and not link.is_symlink():
        install_folder(new, link)
    else:
        new.replace(link)
        sync(link.parent)


def settle(parent: Path) -> None:
    """Put right what a killed `install_folder` has left of the folders in `parent`: each is there, the old or the new.

    Only for whoever keeps others from writing there.
    """
    for aside in parent.glob(f".*{_ASIDE}"):
        _tidy(parent / aside.name.removeprefix(".").removesuffix(_ASIDE))


def remove_folder(folder: Path) -> None:
    """Remove a folder of ours with all in it, read-only or not; nothing when there is none."""
    if folder.is_dir() and not folder.is_symlink():
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths in a folder that nobody reads yet (`replacing_folder`)."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _real(target: Path) -> Path:
    return target.resolve() if target.is_symlink() else target


_ASIDE = ".gammal"


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}{_ASIDE}")


def _tidy(target: Path) -> None:
    """Put back the folder that was moved aside for one that never came, or remove it when that one is there."""
    aside = _aside(target)
    if aside.exists() and not target.exists():
        aside.replace(target)
    remove_folder(aside)


_HERE, _RENAME_EXCHANGE = -100, 2  # Linux: AT_FDCWD, and the flag of renameat2
# The system or the file system does not know the flag, or a sandbox does not know the call.
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})


def _exchange(new: Path, target: Path) -> bool:
    """Let two folders change places in one step; False where that cannot be done."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(new), _HERE, os.fsencode(target), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(target))


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
