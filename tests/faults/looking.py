"""What the readers of `test_readers` have in common: they look until they are told to stop."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path


def look_until(stop: Path, look: Callable[[], None], pause: float) -> None:
    """Look again and again, with a pause in seconds, once more after the file `stop` is there. Prints `begun` after the
    first look, so that nothing changes before it.
    """
    look()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    last = False
    while not last:
        last = stop.exists()
        time.sleep(pause)
        look()
