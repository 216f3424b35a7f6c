"""A reader of the published database: `python -m tests.faults.reader FILE STOP [hold]`.

Asks until STOP exists; with `hold` it keeps the file open from the first question to the last. Every value of a
publication is its number (`test_readers`): one that differs is a mixed state. Prints a line when it has had its first
answer, and all answers as JSON at the end.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import duckdb

from tests.faults.looking import look_until

# The published values through a table, a macro and a view: all must be of one publication.
_QUESTION = """
WITH published AS (
    SELECT varde FROM matvarde
    UNION ALL SELECT varde FROM matvarde_per((SELECT max(observerad) FROM korning))
    UNION ALL SELECT varde FROM senaste
)
SELECT min(varde), max(varde), count(*), (SELECT max(arkiv_byte) FROM korning) FROM published
"""


def ask(connection: duckdb.DuckDBPyConnection) -> list[float]:
    return [float(number) for number in connection.sql(_QUESTION).fetchall()[0]]


def main() -> None:
    file, hold = Path(sys.argv[1]), len(sys.argv) > 3
    answers: list[list[float]] = []
    connection_held = duckdb.connect(str(file), read_only=True) if hold else None
    # DuckDB keeps what it has read; the file itself must stay what it was as well.
    opened = file.open("rb")
    digest = hashlib.file_digest(opened, "sha256").digest()

    def look() -> None:
        if connection_held is not None:
            answers.append(ask(connection_held))
        else:
            with duckdb.connect(str(file), read_only=True) as connection:
                answers.append(ask(connection))

    look_until(Path(sys.argv[2]), look, 0.02)
    opened.seek(0)
    if hashlib.file_digest(opened, "sha256").digest() != digest:
        sys.exit("the file was changed while it was open")
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()
