"""`make scale`: a night over all of Kolada, and over ten of it.

    python -m tools.bench.scale [--kpis 0] [--copies 1 10]

The archive's every KPI with values (about 4.9 million), and synthetic copies of them. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import duckdb
import msgspec

from tools.bench.large import catalog_of, kolada
from tools.bench.measure import steps
from tools.bench.serve import serving
from tools.bench.side_by_side import grids_of, measure

_STEPS = (
    *("ra", "validerat", "lager__matvarde", "kontroll", "lager__jamforelse", "lager__trend"),
    *("publicerat__analysdatabas", "publicerat__exporter", "publicerat__rapport"),
)
_HEAD = """\
| miljoner värden hos källan | nyckeltal | lagrade, med grupper | första natten s | processor s | minne MB \
| natt utan nyheter s | minne MB | kommunprofil ms | analys.duckdb MB |
|---|---|---|---|---|---|---|---|---|---|"""
_PROFILE = "FROM kommunprofil WHERE namn = 'Eskilstuna'"


def night(kpis: int, copies: int) -> str:
    """A first night and one without news; a row of the table and the seconds of each step, in Markdown."""
    with tempfile.TemporaryDirectory() as name, serving(kpis, copies, 0.0) as server:
        folder = Path(name)
        dataset = kolada(kpis or None, copies)
        height = dataset.values.height
        catalog_dir = catalog_of(dataset, folder / "katalog")
        del dataset
        data_dir = folder / "data"
        # Answers that a server makes while it is asked would be part of the night: it shares the two cores.
        grids = folder / "grids.json"
        grids.write_bytes(msgspec.json.encode(grids_of(server, catalog_dir)))
        measure(server, [sys.executable, "-m", "tools.bench.contenders", "limit", server.url, str(grids)])
        command = [sys.executable, "-m", "pipelines", "run", "--kolada-url", server.url, "--data-dir", str(data_dir)]
        command += ["--katalog", str(catalog_dir)]
        first = measure(server, command).usage
        times = steps(data_dir)
        quiet = measure(server, command).usage
        with duckdb.connect(str(data_dir / "analys.duckdb"), read_only=True, config={"threads": 2}) as connection:
            ((stored, stored_kpis),) = connection.sql(
                "SELECT count(*), count(DISTINCT nyckeltal_id) FROM matvarde"
            ).fetchall()
            waits = []
            for _ in range(5):
                start = time.perf_counter()
                rows = len(connection.sql(_PROFILE).fetchall())
                waits.append(1000 * (time.perf_counter() - start))
        published = (data_dir / "analys.duckdb").stat().st_size
    seconds = {step: times[step][1] - times[step][0] for step in _STEPS if step in times}
    return (
        f"| {height / 1e6:.1f} | {stored_kpis} | {stored / 1e6:.1f} | {first.wall:.0f} | {first.cpu:.0f} "
        f"| {first.peak:.0f} | {quiet.wall:.0f} | {quiet.peak:.0f} | {median(waits):.0f} ({rows} rader) "
        f"| {published / 1e6:.0f} |\n"
        f"|  | | | {', '.join(f'{step} {took:.0f}' for step, took in seconds.items())} | | | | | | |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kpis", type=int, default=0, help="so many KPIs instead of all")
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 10])
    options = parser.parse_args()
    print(_HEAD, flush=True)
    for copies in options.copies:
        print(night(options.kpis, copies), flush=True)


if __name__ == "__main__":
    main()
