"""`make bench`: what a night costs, measured against a stand-in in this process. Prints figures; asserts nothing.

Uses the real archive beside the project when it is there, else the synthetic sample.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import ceil
from pathlib import Path
from statistics import median

import duckdb
import polars as pl

from pipelines.catalog.load import load_catalog
from pipelines.settings import CHUNK_SIZE
from pipelines.standin.dataset import Dataset, load_archive
from pipelines.standin.sample import synthetic_dataset
from pipelines.standin.server import RequestLog, running
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.merge import Incoming, known_before, merge_portion
from pipelines.warehouse.store import FileWarehouse, transaction
from tests.conftest import ROOT, SHARED

AREAS = 312 + 32


@dataclass(frozen=True)
class Night:
    """One run of the command line: seconds, peak memory in MB, requests, bytes."""

    seconds: float
    megabytes: float
    requests: int
    bytes: int


def night(url: str, data_dir: Path, log: RequestLog, *options: str) -> Night:
    seen = len(log.entries)
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "run", "--kolada-url", url, "--data-dir", str(data_dir), *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    # rusage would tell the peak of this process too, from before the child became a program of its own.
    peak = 0
    while process.poll() is None:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                peak = int(line.split()[1])
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}")
    entries = log.entries[seen:]
    return Night(seconds, peak / 1000, len(entries), sum(entry.size for entry in entries))


def tables(data_dir: Path) -> dict[str, int]:
    """Hash of every published table but korning."""
    with duckdb.connect(str(data_dir / "analys.duckdb"), read_only=True) as connection:
        names = [
            row[0]
            for row in connection.sql("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()
        ]
        return {
            name: connection.sql(f"SELECT coalesce(sum(hash(t)), 0) FROM {name} t").fetchall()[0][0]
            for name in names
            if name != "korning"
        }


def questions(database: Path) -> None:
    """What an analyst waits for: the views, and the handbook's queries; median of five, the file already open."""
    asked = {f"FROM {view} WHERE {where}": f"FROM {view} WHERE {where}" for view, where in _OF_A_VIEW}
    parts = re.split(r"^### ", (ROOT / "docs" / "handbok.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for part in parts[1:]:
        asked[part.partition("\n")[0]] = part.partition("```sql\n")[2].partition("```")[0]
    print("  an analyst's question, median and worst of five (≤50 ms)")
    with duckdb.connect(str(database), read_only=True, config={"threads": 2}) as connection:
        for name, sql in asked.items():
            times = []
            for _ in range(5):
                start = time.perf_counter()
                rows = len(connection.sql(sql).fetchall())
                times.append(1000 * (time.perf_counter() - start))
            print(f"    {median(times):6.0f}{max(times):6.0f} ms{rows:8} rows  {name}")


_OF_A_VIEW = (
    ("senaste", "omrade_id = '0484'"),
    ("senaste", "namn = 'Eskilstuna'"),
    ("senaste", "nyckeltal_id = 'U21463'"),
    ("utveckling", "namn = 'Eskilstuna'"),
    ("utveckling", "nyckeltal_id = 'U21463'"),
    ("kommunprofil", "namn = 'Eskilstuna'"),
    ("lansdelsprofil", "nyckeltal_id = 'U21463'"),
    ("saknas", "namn = 'Eskilstuna'"),
)


def nights(dataset: Dataset, label: str) -> None:
    log = RequestLog()
    with tempfile.TemporaryDirectory() as folder, running(dataset, "arkiv", log=log) as url:
        data_dir = Path(folder) / "data"
        full = night(url, data_dir, log)
        before = tables(data_dir)
        quiet = night(url, data_dir, log)
        same = tables(data_dir) == before
        again = night(url, data_dir, log, "--full")
        questions(data_dir / "analys.duckdb")
        with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
            ((revisions, first),) = connection.sql(
                """SELECT count(*), count(*) FILTER (korning_id = (SELECT min(korning_id) FROM korning))
                   FROM matvarde_revision"""
            ).fetchall()
        archive = sum(file.stat().st_size for file in (data_dir / "ra").rglob("*") if file.is_file())
    catalogue = {kpi["id"] for kpi in dataset.kpis}
    kpis = len(load_catalog(ROOT).kpis.keys() & catalogue)
    data = [entry for entry in log.entries[: full.requests] if "/data/" in entry.target]
    records = first / 2.6
    print(f"\n{label}: {kpis} KPIs × {AREAS} areas, {first} values")
    print(f"  {'':14}{'wall s':>8}{'memory MB':>11}{'requests':>10}{'MB':>8}")
    for name, one in (("first, full", full), ("quiet night", quiet), ("full again", again)):
        print(f"  {name:14}{one.seconds:8.1f}{one.megabytes:11.0f}{one.requests:10}{one.bytes / 1e6:8.2f}")
    print(
        f"  quiet/full: bytes {quiet.bytes / full.bytes:.1%} (≤5 %), "
        f"wall {quiet.seconds / again.seconds:.0%} of a full run without news, "
        f"{quiet.seconds / full.seconds:.0%} of the first (≤40 %)"
    )
    print(
        f"  published tables but korning the same: {same}; new revision rows after the first night: {revisions - first}"
    )
    grid = ceil(kpis / 25) * ceil(AREAS / 25)
    limit = 1.3 * max(grid, ceil(records / 5000))
    print(
        f"  data requests {len(data)} of at most {limit:.0f} (1.3 × max({grid}, records/5000)); "
        f"raw archive {archive / 1e6:.1f} MB after three nights"
    )


def merges() -> None:
    """1.3 million observations merged twice, in portions as a night does; a process of its own, to tell its memory."""
    code = "from tests.bench.nights import merge_twice; merge_twice()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def merge_twice() -> None:
    kpis = pl.DataFrame({"nyckeltal_id": [f"N{n:05d}" for n in range(60)]})
    areas = pl.DataFrame({"omrade_id": [f"{n:04d}" for n in range(1000, 1290)]})
    years = pl.DataFrame({"ar": pl.Series(range(2001, 2026), dtype=pl.Int32)})
    genders = pl.DataFrame({"kon": ["T", "K", "M"]})
    values = kpis.join(areas, how="cross").join(years, how="cross").join(genders, how="cross")
    values = values.with_columns(
        varde=pl.int_range(pl.len()).cast(pl.Float64) / 7,
        antal=pl.lit(1, pl.Int32),
        status=pl.lit("publicerad"),
        originalvarde=pl.lit(None, pl.Float64),
        korrigering=pl.lit(None, pl.String),
        borttagen=pl.lit(False),
        kalla=pl.lit("prov"),
        hamtad=pl.lit(datetime(2026, 11, 22)),
    )
    height = values.height
    at_once = chunks(dict(values.group_by("nyckeltal_id").len().iter_rows()), CHUNK_SIZE)
    parts = [
        Incoming(part, part.select("nyckeltal_id", "omrade_id").unique(), part.head(0))
        for part in [values.filter(pl.col("nyckeltal_id").is_in(portion)) for portion in at_once]
    ]
    del values
    with tempfile.TemporaryDirectory() as folder, FileWarehouse(Path(folder) / "lager.duckdb").open() as connection:
        for number, name in enumerate(("first", "unchanged"), start=1):
            start, observed = time.perf_counter(), datetime(2026, 11, number)
            with transaction(connection):
                known = known_before(connection, observed)
                changed = sum(
                    merge_portion(connection, part, known, run_id=f"natt-{number}", observed=observed).total
                    for part in parts
                )
            print(f"  {name:10} merge of {height}: {time.perf_counter() - start:.2f} s, {changed} changes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"  peak memory of the process: {peak:.0f} MB")


def main() -> None:
    if SHARED.is_dir():
        archive = load_archive(SHARED / "kolada-2026", SHARED / "kolada-2024" / "values.parquet")
        # The day the archive's values were answered: rows count as changed then.
        nights(replace(archive, loaded=date(2024, 8, 30)), "real archive")
    nights(replace(synthetic_dataset(), loaded=date(2024, 8, 30)), "synthetic sample")
    print("\nmerge (≤6 s, ≤2 s, ≤1000 MB)")
    merges()


if __name__ == "__main__":
    main()
