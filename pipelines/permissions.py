"""Who on the machine may look into the data dir.

The data dir is for its owner and its group: the group may read what is published. What holds small numbers that nobody
may see is for the owner alone. `operation.machine` examines whether it is so.
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
    """Make the data dir and the private folders, and close those of them that were open.

    A data dir that was there keeps its permissions: who may look in is its administrator's choice.
    """
    settings.data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    for folder, closed in private_folders(settings).items():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & closed:
            folder.chmod(mode & ~closed)
