"""What a night costs, what an analyst's question costs, and what a merge costs. Prints figures.

    python -m tools.bench.nights

Against a stand-in in this process, with the real archive beside the project when it is there, and the synthetic sample.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from pathlib import Path
from statistics import median

import duckdb
import polars as pl

from pipelines.catalog.load import load_catalog
from pipelines.settings import CHUNK_SIZE
from pipelines.standin.dataset import Dataset, load_archive
from pipelines.standin.server import RequestLog, running
from pipelines.standin.synthetic import synthetic_dataset
from pipelines.warehouse.chunks import chunks
from pipelines.warehouse.merge import Incoming, known_before, merge_chunk
from pipelines.warehouse.store import FileWarehouse, transaction
from tools import ARCHIVES, ROOT
from tools.bench.large import LOADED
from tools.bench.measure import Usage, run

AREAS = 312 + 32


@dataclass(frozen=True)
class Night:
    """One run of the command line, and what it asked for: requests, bytes."""

    usage: Usage
    requests: int
    bytes: int


def night(url: str, data_dir: Path, log: RequestLog, *options: str) -> Night:
    before = len(log.entries)
    usage = run([sys.executable, "-m", "pipelines", "run", "--kolada-url", url, "--data-dir", str(data_dir), *options])
    entries = log.entries[before:]
    return Night(usage, len(entries), sum(entry.size for entry in entries))


def hashes(data_dir: Path) -> dict[str, int]:
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


def time_questions(database: Path) -> None:
    """What an analyst waits for: the views, and the handbook's queries; median of five, the file already open."""
    queries = {f"FROM {view} WHERE {where}": f"FROM {view} WHERE {where}" for view, where in _VIEW_QUERIES}
    parts = re.split(r"^### ", (ROOT / "docs" / "handbok.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    for part in parts[1:]:
        queries[part.partition("\n")[0]] = part.partition("```sql\n")[2].partition("```")[0]
    print("  an analyst's question, median and worst of five (≤50 ms)")
    with duckdb.connect(str(database), read_only=True, config={"threads": 2}) as connection:
        for name, sql in queries.items():
            times = []
            for _ in range(5):
                start = time.perf_counter()
                rows = len(connection.sql(sql).fetchall())
                times.append(1000 * (time.perf_counter() - start))
            print(f"    {median(times):6.0f}{max(times):6.0f} ms{rows:8} rows  {name}")


_VIEW_QUERIES = (
    ("senaste", "omrade_id = '0484'"),
    ("senaste", "namn = 'Eskilstuna'"),
    ("senaste", "nyckeltal_id = 'U21463'"),
    ("utveckling", "namn = 'Eskilstuna'"),
    ("utveckling", "nyckeltal_id = 'U21463'"),
    ("kommunprofil", "namn = 'Eskilstuna'"),
    ("lansdelsprofil", "nyckeltal_id = 'U21463'"),
    ("saknas", "namn = 'Eskilstuna'"),
)


def time_nights(dataset: Dataset, label: str) -> None:
    """A first night, one without news, and a full one again."""
    log = RequestLog()
    with tempfile.TemporaryDirectory() as folder, running(dataset, "arkiv", log=log) as url:
        data_dir = Path(folder) / "data"
        full = night(url, data_dir, log)
        before = hashes(data_dir)
        quiet = night(url, data_dir, log)
        same = hashes(data_dir) == before
        again = night(url, data_dir, log, "--full")
        time_questions(data_dir / "analys.duckdb")
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
    for name, cost in (("first, full", full), ("quiet night", quiet), ("full again", again)):
        print(f"  {name:14}{cost.usage.wall:8.1f}{cost.usage.peak:11.0f}{cost.requests:10}{cost.bytes / 1e6:8.2f}")
    print(
        f"  quiet/full: bytes {quiet.bytes / full.bytes:.1%} (≤5 %), "
        f"wall {quiet.usage.wall / again.usage.wall:.0%} of a full run without news, "
        f"{quiet.usage.wall / full.usage.wall:.0%} of the first (≤40 %)"
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


def time_merges() -> None:
    """Merge 1.3 million observations twice, in chunks as a night does, in a process of its own to know its memory."""
    code = "from tools.bench.nights import merge_twice; merge_twice()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def merge_twice() -> None:
    kpis = pl.DataFrame({"nyckeltal_id": [f"N{n:05d}" for n in range(60)]})
    areas = pl.DataFrame({"omrade_id": [f"{n:04d}" for n in range(1000, 1290)]})
    years = pl.DataFrame({"ar": pl.Series(range(2001, 2026), dtype=pl.Int32)})
    genders = pl.DataFrame({"kon": ["T", "K", "M"]})
    values = kpis.join(areas, how="cross").join(years, how="cross").join(genders, how="cross")
    values = values.with_columns(
        varde=pl.int_range(pl.len()).cast(pl.Float64) / 7,
        antal_omraden=pl.lit(1, pl.Int32),
        status=pl.lit("publicerad"),
        originalvarde=pl.lit(None, pl.Float64),
        korrigering=pl.lit(None, pl.String),
        borttagen=pl.lit(False),
        kalla=pl.lit("prov"),
        hamtad=pl.lit(datetime(2026, 11, 22)),
    )
    height = values.height
    kpi_chunks = chunks(dict(values.group_by("nyckeltal_id").len().iter_rows()), CHUNK_SIZE)
    parts = [
        Incoming(part, part.select("nyckeltal_id", "omrade_id").unique(), part.head(0))
        for part in [values.filter(pl.col("nyckeltal_id").is_in(chunk)) for chunk in kpi_chunks]
    ]
    del values
    with tempfile.TemporaryDirectory() as folder, FileWarehouse(Path(folder) / "lager.duckdb").open() as connection:
        for number, name in enumerate(("first", "unchanged"), start=1):
            start, observed = time.perf_counter(), datetime(2026, 11, number)
            with transaction(connection):
                known = known_before(connection, observed)
                changed = sum(
                    merge_chunk(connection, part, known, run_id=f"natt-{number}", observed=observed).total
                    for part in parts
                )
            print(f"  {name:10} merge of {height}: {time.perf_counter() - start:.2f} s, {changed} changes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"  peak memory of the process: {peak:.0f} MB")


def main() -> None:
    if ARCHIVES.is_dir():
        archive = load_archive(ARCHIVES / "kolada-2026", ARCHIVES / "kolada-2024" / "values.parquet")
        time_nights(replace(archive, loaded=LOADED), "real archive")
    time_nights(replace(synthetic_dataset(), loaded=LOADED), "synthetic sample")
    print("\nmerge (≤6 s, ≤2 s, ≤1000 MB)")
    time_merges()


if __name__ == "__main__":
    main()
