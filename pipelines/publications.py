"""What a night publishes: a folder of its own, and one link that says which one readers have.

    publicerat -> publiceringar/<name>          changed in one step, when the folder is whole and on disk
    analys.duckdb, parquet, export,
    rapport/utkast, rapport/index.html          links through `publicerat`: the paths that readers use

Whoever has opened a file, or entered a folder, keeps what was there; the newest publications stay for that. Decided
issues are no part of it: they lie in `rapport` for good.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from pipelines.files import install_folder, install_link, make_folder, remove_folder, replacing_folder, settle
from pipelines.settings import Publication, Settings

# With the one that readers have.
PUBLICATIONS_KEPT: Final = 3
# The publication that is made of the plain files of a data dir that has no links: it is older than any night's.
_PLAIN: Final = "0000-flyttad"


def begin(settings: Settings, new: Path) -> None:
    """Make the folder `new` for a publication, empty. What failed and killed runs have left beside it goes."""
    make_folder(settings.publications_dir)
    _remove_unfinished(settings)
    new.mkdir()


def publish(settings: Settings, new: Path, name: str) -> Path:
    """Let readers have the whole publication in `new`, all of it at once, and return its folder. `new` lies in
    `publications_dir`. The data dir is held.

    Raises MalbildError where the file system has no symbolic links.
    """
    _make_links(settings)
    number, folder = 1, settings.publications_dir / name
    while folder.exists():
        number += 1
        folder = settings.publications_dir / f"{name}-{number}"
    install_folder(new, folder)
    _switch(settings, folder)
    _prune(settings, folder)
    return folder


def _switch(settings: Settings, folder: Path) -> None:
    install_link(settings.published_link, Path(settings.publications_dir.name) / folder.name)


def _make_links(settings: Settings) -> None:
    """See to it that every path of a publication is a link. What plain files hold (of the first edition, of a backup)
    becomes a publication first, so that readers have the same until all of it changes.
    """
    settle(settings.data_dir)
    settle(settings.report_dir)
    plain = [path for path in settings.publication.parts if path.exists() and not path.is_symlink()]
    if plain:
        with replacing_folder(settings.publications_dir / _PLAIN) as new:
            for part, target in zip(settings.publication.parts, Publication(new).parts, strict=True):
                _copy(part, target)
        if not settings.published_link.is_symlink():
            # A copy of the data dir that followed the links: nobody reads in it.
            remove_folder(settings.published_link)
        _switch(settings, settings.publications_dir / _PLAIN)
    for path in settings.publication.parts:
        if not path.is_symlink():
            inside = settings.published_link / path.relative_to(settings.data_dir)
            make_folder(path.parent)
            install_link(path, Path(os.path.relpath(inside, path.parent)))


def _copy(source: Path, target: Path) -> None:
    """A file or folder under another name, sharing its content where the file system can."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_share)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        _share(source, target)


def _share(source: str | Path, target: str | Path) -> None:
    try:
        # A link would be shared itself, and lead nowhere from there.
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copy2(source, target)


def _prune(settings: Settings, current: Path) -> None:
    """Remove all but the newest publications."""
    older = sorted(folder for folder in settings.publications_dir.glob("[!.]*") if folder != current)
    for folder in older[: 1 - PUBLICATIONS_KEPT]:
        remove_folder(folder)


def _remove_unfinished(settings: Settings) -> None:
    for folder in settings.publications_dir.glob(".*"):
        remove_folder(folder)
