"""One of many readers of the published database (`python -m tests.faults.reading FILE STOP`).

Asks until STOP exists, and holds the file open from the first question to the last if HOLD is named as well. Every
value of a publication is its number (`test_readers`): one that differs is a mixed state. Prints a line when it has had
its first answer, and what it saw as JSON in the end.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

import duckdb

# All that is published of the values, through tables, views and a macro: each must be of one publication.
_QUESTION = """
WITH shown AS (
    SELECT varde FROM matvarde
    UNION ALL SELECT varde FROM matvarde_per(TIMESTAMP '2099-01-01')
    UNION ALL SELECT varde FROM senaste
)
SELECT min(varde), max(varde), count(*), (SELECT max(arkiv_byte) FROM korning) FROM shown
"""


def ask(connection: duckdb.DuckDBPyConnection) -> list[float]:
    return [float(number) for number in connection.sql(_QUESTION).fetchall()[0]]


def main() -> None:
    file, stop, hold = Path(sys.argv[1]), Path(sys.argv[2]), len(sys.argv) > 3
    seen: list[list[float]] = []
    held = duckdb.connect(str(file), read_only=True) if hold else None
    # DuckDB keeps what it has read; the file itself must stay what it was as well.
    opened = file.open("rb")
    digest = hashlib.file_digest(opened, "sha256").digest()
    while True:
        last = stop.exists()
        if held is not None:
            seen.append(ask(held))
        else:
            with duckdb.connect(str(file), read_only=True) as connection:
                seen.append(ask(connection))
        if len(seen) == 1:
            sys.stdout.write("begun\n")
            sys.stdout.flush()
        if last:
            break
        time.sleep(0.02)
    opened.seek(0)
    if hashlib.file_digest(opened, "sha256").digest() != digest:
        sys.exit("the file was changed while it was open")
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
