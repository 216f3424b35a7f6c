"""Work on files that is killed at one operation after another. For a process without threads: it forks."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

_OPERATIONS = (
    *("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.listdir", "os.scandir"),
    *("os.symlink", "os.link"),
)


def kill_at_every_operation(prepare: Callable[[int], None], work: Callable[[int], None]) -> None:
    """Prepare a place, and do the work there in a process that is killed before its first operation on files; then the
    same in the next place before the second one, until the work ends, and with it this process. Both are given the
    place's number.
    """
    operation, status = 0, int(signal.SIGKILL)
    while status == signal.SIGKILL:
        operation += 1
        prepare(operation)
        process = os.fork()
        if process == 0:
            _kill_before(operation)
            work(operation)
            os._exit(0)
        status = os.waitpid(process, 0)[1]
    sys.exit(status)


def _kill_before(operation: int) -> None:
    left = operation

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in _OPERATIONS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
