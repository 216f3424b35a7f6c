"""A reader of a report's folder: `python -m tests.faults.report_reader FOLDER STOP`.

Reads the page and the CSV file beside it until STOP exists. Both hold the number of their build, written twice, so that
half a file shows. Prints a line when it has read both once, and at the end, as JSON, for every reading the two numbers,
and whether the folder was the same before and after.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.faults.looking import look_until

NAMES = ("index.html", "csv/a.csv")


def number(file: Path) -> int:
    first, last = file.read_text(encoding="ascii").split()
    if first != last:
        sys.exit(f"{file} is half of two builds: {first} and {last}")
    return int(first)


def identity(folder: Path) -> tuple[int, int]:
    """Of the folder that is there: the number of a folder that is gone may be given again, its time not."""
    status = folder.stat()
    return status.st_ino, status.st_ctime_ns


def main() -> None:
    folder = Path(sys.argv[1])
    readings: list[tuple[int, int, bool]] = []

    def look() -> None:
        before = identity(folder)
        page, table = (number(folder / name) for name in NAMES)
        readings.append((page, table, identity(folder) == before))

    look_until(Path(sys.argv[2]), look, 0.001)
    sys.stdout.write(json.dumps(readings))


if __name__ == "__main__":
    main()
