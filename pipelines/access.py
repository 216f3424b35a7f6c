"""Who on the machine may look into the data dir.

The data dir is made for its owner and its group (`warehouse.store.hold`): the group may read what is published.
What holds small numbers that nobody may see is for the owner alone. `operation.doctor` examines whether it is so.
"""

from __future__ import annotations

import stat
from pathlib import Path

from pipelines.settings import Settings

OTHERS = stat.S_IRWXO
GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folders(settings: Settings) -> dict[Path, int]:
    """Folder → the permissions that nobody may have there.

    `lokala/` is handed in to by people: an administrator may open it to a group, never to everybody.
    """
    return {
        settings.raw_dir: GROUP_AND_OTHERS,
        settings.work_dir: GROUP_AND_OTHERS,
        settings.dagster_home: GROUP_AND_OTHERS,
        settings.local_dir: OTHERS,
    }


def keep_private(settings: Settings) -> None:
    """Make the private folders, and close those that were open. Whoever holds the data dir may call it."""
    for folder, closed in private_folders(settings).items():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & closed:
            folder.chmod(mode & ~closed)
