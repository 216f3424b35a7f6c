"""The first process of a box: runs the command, waits for whatever it left behind, and writes what all of it took.

    python init.py FIGURES COMMAND …

FIGURES: a file that gets the CPU seconds. Imports nothing of the tree, which may be broken.
"""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    figures, *command = sys.argv[1:]
    code = subprocess.call(command)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if not pid:
            time.sleep(0.05)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(figures).write_text(str(usage.ru_utime + usage.ru_stime))
    return code


if __name__ == "__main__":
    sys.exit(main())
