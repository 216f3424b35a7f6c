"""`make scale`: a night over all of Kolada, and over ten of it.

    python -m tests.bench.scale [--kpis 0] [--copies 1 10] [--docs docs]

The archive's every KPI with values (about 4.9 million), and synthetic copies of them. Prints figures, and with --docs
writes them into docs/prestanda.md; asserts nothing but that the runs end well.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import dagster as dg
import duckdb
import msgspec

from tests.bench.large import catalog_of, kolada
from tests.bench.serve import serving
from tests.bench.side_by_side import grids_of, measure, write_between

_STEPS = ("ra", "validerat", "lager__matvarde", "kontroll", "lager__jamforelse", "lager__trend")
_STEPS += ("publicerat__analysdatabas", "publicerat__exporter", "publicerat__rapport")
_PROFILE = "FROM kommunprofil WHERE namn = 'Eskilstuna'"


def night(kpis: int, copies: int) -> str:
    """A first night and one without news; a row of the table and the seconds of each step, in Markdown."""
    with tempfile.TemporaryDirectory() as name, serving(kpis, copies, 0.0) as server:
        folder = Path(name)
        dataset = kolada(kpis or None, copies)
        height, wide = dataset.values.height, len(dataset.kpis)
        catalog_dir = catalog_of(dataset, folder / "katalog")
        del dataset
        data_dir = folder / "data"
        # Answers that a server makes while it is asked would be part of the night: it shares the two cores.
        grids = folder / "grids.json"
        grids.write_bytes(msgspec.json.encode(grids_of(server, catalog_dir)))
        measure(server, [sys.executable, "-m", "tests.bench.contenders", "limit", server.url, str(grids)])
        command = [sys.executable, "-m", "pipelines", "run", "--kolada-url", server.url, "--data-dir", str(data_dir)]
        command += ["--katalog", str(catalog_dir)]
        first = measure(server, command)
        steps = _steps(data_dir)
        quiet = measure(server, command)
        with duckdb.connect(str(data_dir / "analys.duckdb"), read_only=True, config={"threads": 2}) as connection:
            (stored,) = connection.sql("SELECT count(*) FROM matvarde").fetchall()[0]
            asked = []
            for _ in range(5):
                start = time.perf_counter()
                rows = len(connection.sql(_PROFILE).fetchall())
                asked.append(1000 * (time.perf_counter() - start))
        published = (data_dir / "analys.duckdb").stat().st_size
        shutil.rmtree(data_dir)
    return (
        f"| {height / 1e6:.1f} | {wide} | {stored / 1e6:.1f} | {first.wall:.0f} | {first.cpu:.0f} | {first.peak:.0f} "
        f"| {quiet.wall:.0f} | {quiet.peak:.0f} | {median(asked):.0f} ({rows} rader) | {published / 1e6:.0f} |\n"
        f"|  | | | {', '.join(f'{step} {seconds:.0f}' for step, seconds in steps.items())} | | | | | | |"
    )


def _steps(data_dir: Path) -> dict[str, float]:
    """Seconds of the steps of the only run."""
    with dg.DagsterInstance.from_config(str(data_dir / "dagster")) as instance:
        (run,) = instance.get_runs()
        stats = instance.get_run_step_stats(run.run_id, list(_STEPS))
    return {one.step_key: one.end_time - one.start_time for one in stats if one.end_time and one.start_time}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kpis", type=int, default=0, help="so many KPIs instead of all")
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--docs", type=Path)
    asked = parser.parse_args()
    lines = [
        "| miljoner värden hos källan | nyckeltal | lagrade, med grupper | första natten s | processor s | minne MB "
        "| natt utan nyheter s | minne MB | kommunprofil ms | analys.duckdb MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for copies in asked.copies:
        lines.append(night(asked.kpis, copies))
        print(lines[-1], flush=True)
    if asked.docs:
        told = f"Mätt {datetime.now(UTC):%Y-%m-%d} med `make scale`.\n\n" + "\n".join(lines)
        write_between(asked.docs / "prestanda.md", "<!-- skala -->", told)


if __name__ == "__main__":
    main()
