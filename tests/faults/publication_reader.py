"""A reader of everything that a night publishes: `python -m tests.faults.publication_reader DATA_DIR STOP`.

Looks until STOP exists: which run the database, a CSV file, a Parquet file and the report are of, by the paths that
readers use, and again in the folder of the publication that was there when the look began. A file that is missing or
empty ends it with an error. Prints a line after the first look, and at the end, as JSON, the runs of every look that no
publication came into, and of every look in a folder.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

import duckdb

from tests.faults.looking import look_until


def runs(root: Path) -> list[str]:
    """The newest run in each of the files under `root`."""
    newest = "SELECT max(korning_id) FROM"
    with duckdb.connect(str(root / "analys.duckdb"), read_only=True) as connection:
        seen = [str(connection.sql(f"{newest} korning").fetchall()[0][0])]
    with duckdb.connect() as connection:
        seen.append(str(connection.sql(f"{newest} '{root}/parquet/korning.parquet'").fetchall()[0][0]))
    with (root / "export" / "csv" / "korning.csv").open(encoding="utf-8") as file:
        seen.append(max(row["korning_id"] for row in csv.DictReader(file)))
    page = (root / "rapport" / "utkast" / "metod.html").read_text(encoding="utf-8")
    seen.append(max(re.findall(r"\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]+", page)))
    for name in ("rapport/index.html", "rapport/utkast/index.html", "export/SHA256SUMS", "export/malbild.xlsx"):
        if not (root / name).stat().st_size:
            sys.exit(f"{name} is empty")
    return seen


def main() -> None:
    data_dir = Path(sys.argv[1])
    link = data_dir / "publicerat"
    looks: list[list[str]] = []

    def look() -> None:
        before = link.resolve()
        seen = runs(data_dir)
        if link.resolve() == before:
            looks.append(seen)
        # Who has gone into a publication keeps it.
        looks.append(runs(before))

    look_until(Path(sys.argv[2]), look, 0.2)
    sys.stdout.write(json.dumps(looks))


if __name__ == "__main__":
    main()
