"""What the process of a run can be limited to. Each is called in that process, before the program is loaded."""

from __future__ import annotations

import ctypes
import os
import resource

# Linux, <linux/capability.h>: ignore rights on files, read and search everything, act as the owner.
_BEYOND_RIGHTS = (1 << 1) | (1 << 2) | (1 << 3)
_VERSION_3 = 0x20080522


def file_rights() -> None:
    """File rights count, also for root."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    # Effective, permitted and inheritable, each in two halves.
    data = (ctypes.c_uint32 * 6)()
    if libc.capget(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for place in (0, 1, 2):
        data[place] &= ~_BEYOND_RIGHTS
    if libc.capset(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def few_open_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def memory_600_mb() -> None:
    """Writable memory, whether it is used or only reserved."""
    resource.setrlimit(resource.RLIMIT_DATA, (600_000_000, 600_000_000))


def disk_full_at_100_kb() -> None:
    """No file grows beyond this size: what a full disk answers, for every file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def disk_full_at_3_mb() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))


def output_disk_full() -> None:
    """Standard output goes to a disk that is full."""
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
