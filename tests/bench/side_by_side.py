"""`make bench`: malbild beside what people use today and beside the limit, on the same answers with the same latency.

    python -m tests.bench.side_by_side [--kpis 10 45 450] [--runs 5] [--docs docs]

45 KPIs hold 87 % of the målbild's values in the archive. Measured from outside: every contender is a process; requests
and bytes are what the server sent. With --docs the tables are written into docs/prestanda.md, between its marks, and
plotted beside it. Asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import dagster as dg
import msgspec

from pipelines.catalog.load import load_catalog
from pipelines.kolada.catalogue import areas_to_ask, fetch_catalogue
from pipelines.kolada.client import KoladaClient
from tests.bench.contenders import Grid
from tests.bench.large import catalog_of, kolada
from tests.bench.plot import draw
from tests.bench.serve import Server, Stats, serving
from tests.conftest import ROOT

LATENCY = 0.1
NAMES = {
    "limit": "gränsen: samma svar, bara avkodade",
    "malbild": "malbild, hämtning och arkiv",
    "merged": "malbild, till och med sammanslagning",
    "night": "malbild, hela nattens körning",
    "quiet": "malbild, natt utan nyheter",
    "koladapy": "koladapy 1.0.1, hämtning",
    "koladapy_unthrottled": "koladapy 1.0.1 utan sin egen broms",
    "by_year": "ett anrop per nyckeltal och år",
}


@dataclass(frozen=True)
class Measured:
    """One run of one contender: seconds, CPU seconds, peak memory (MB), and what the server sent."""

    wall: float
    cpu: float
    peak: float
    sent: Stats


def measure(server: Server, command: list[str]) -> Measured:
    """Run a command to its end. Raises SystemExit when it fails."""
    before, start = server.stats(), time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0
    ended = 0
    # The peak that the kernel reports afterwards would include this process's own, from before the program was loaded.
    while not ended:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if not ended:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    peak = int(line.split()[1])
            time.sleep(0.02)
    wall = time.perf_counter() - start
    assert process.stderr
    told = process.stderr.read().decode()
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {told[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, peak / 1000, server.stats() - before)


@dataclass(frozen=True)
class Compared:
    """One size: how many KPIs and values (without those of groups) the source has, the share of a core that the server
    took, and contender → its runs, of which those of the same number belong together.
    """

    kpis: int
    values: int
    busy: float
    runs: dict[str, list[Measured]]

    def ratios(self, key: str, to: str) -> list[float]:
        """Seconds of `key` by those of `to` in the same turn, smallest first."""
        return sorted(one.wall / other.wall for one, other in zip(self.runs[key], self.runs[to], strict=True))


def grids_of(server: Server, catalog_dir: Path) -> list[Grid]:
    """What a full load asks for: KPIs by their level, and the areas of that level."""
    catalog = load_catalog(catalog_dir)

    async def ask() -> list[Grid]:
        async with KoladaClient(server.url, lambda *_: "") as client:
            groups = [*catalog.geography.kommun_groups(), *catalog.geography.region_groups()]
            catalogue = await fetch_catalogue(client, catalog.kpis, groups, whole=True)
        levels, areas = catalogue.levels(), areas_to_ask(catalogue, catalog.geography)
        of = {level: sorted(kpi for kpi, its in levels.items() if its in level) for level in ("KA", "L", "A")}
        grids = [
            Grid(of["KA"], list(areas.of_level("K"))),
            Grid(of["L"], list(areas.of_level("L"))),
            Grid(of["A"], list(areas.regions + areas.region_groups)),
        ]
        return [grid for grid in grids if grid.kpis]

    return asyncio.run(ask())


def full_load(server: Server, folder: Path, catalog_dir: Path, found: dict[str, list[Measured]]) -> None:
    """A first night and a quiet one into a new data dir; `merged` is the first until its merge was done."""
    data_dir = folder / f"data-{len(found['night'])}"
    command = [sys.executable, "-m", "pipelines", "run", "--kolada-url", server.url, "--data-dir", str(data_dir)]
    command += ["--katalog", str(catalog_dir)]
    start = time.time()
    night = measure(server, command)
    found["night"].append(night)
    with dg.DagsterInstance.from_config(str(data_dir / "dagster")) as instance:
        (run,) = instance.get_runs()
        (step,) = instance.get_run_step_stats(run.run_id, ["lager__matvarde"])
    assert step.end_time
    # CPU and memory of a part of a process are not known.
    found["merged"].append(Measured(step.end_time - start, float("nan"), float("nan"), night.sent))
    found["quiet"].append(measure(server, command))
    subprocess.run(["rm", "-rf", str(data_dir)], check=True)


def side_by_side(kpis: int, runs: int, names: Collection[str], say: Callable[[str], None]) -> Compared:
    """Measure one size, everybody in turn and all of it `runs` times. names: of NAMES, with limit and koladapy."""
    with tempfile.TemporaryDirectory() as name, serving(kpis, 1, LATENCY) as server:
        folder = Path(name)
        dataset = kolada(kpis)
        values = dataset.values.height
        catalog_dir = catalog_of(dataset, folder / "katalog")
        del dataset
        grids = folder / "grids.json"
        grids.write_bytes(msgspec.json.encode(grids_of(server, catalog_dir)))
        found: dict[str, list[Measured]] = {key: [] for key in NAMES if key in names}

        def contend(key: str) -> Measured:
            return measure(server, [sys.executable, "-m", "tests.bench.contenders", key, server.url, str(grids)])

        # Whoever comes first would wait for the answers to be made.
        for key in found:
            if key in ("limit", "koladapy_unthrottled", "by_year"):
                contend(key)
        before = server.stats()
        begun = time.perf_counter()
        # In turn, so that what else the machine does strikes all alike.
        for run in range(runs):
            for key in found:
                if key == "night":
                    full_load(server, folder, catalog_dir, found)
                elif key not in ("merged", "quiet"):
                    found[key].append(contend(key))
                say(f"{kpis} KPIs, run {run + 1} of {runs}: {NAMES[key]}")
        busy = (server.stats() - before).cpu / (time.perf_counter() - begun)
    return Compared(kpis, values, busy, found)


def table(compared: Compared) -> str:
    """In Markdown, with a sentence before it."""
    lines = [
        f"**{compared.kpis} nyckeltal, {compared.values} värden** hos källan (utom gruppers), "
        f"{len(compared.runs['limit'])} omgångar; servern tog {compared.busy:.1%} av en kärna.\n",
        "| vad | sekunder | × koladapy | × gränsen | tusen värden/s | processor s | minne MB | anrop | MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for key, measured in compared.runs.items():
        walls = sorted(m.wall for m in measured)
        cpu, peak = median(m.cpu for m in measured), max(m.peak for m in measured)
        lines.append(
            f"| {NAMES[key]} | {_spread(walls, 1)} | {_spread(compared.ratios(key, 'koladapy'), 2)} "
            f"| {_spread(compared.ratios(key, 'limit'), 2)} "
            f"| {'–' if key == 'quiet' else f'{compared.values / median(walls) / 1000:.0f}'} "
            f"| {'–' if cpu != cpu else f'{cpu:.1f}'} | {'–' if peak != peak else f'{peak:.0f}'} "
            f"| {measured[-1].sent.requests} | {measured[-1].sent.bytes / 1e6:.1f} |"
        )
    return "\n".join(lines)


def _spread(numbers: list[float], decimals: int) -> str:
    return " / ".join(f"{n:.{decimals}f}" for n in (numbers[0], median(numbers), numbers[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kpis", type=int, nargs="+", default=[10, 45, 450])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--docs", type=Path)
    asked = parser.parse_args()
    sizes = []
    for kpis in asked.kpis:
        # A request for every KPI and year takes minutes where there are many, and one at a time without a brake too.
        names = [key for key in NAMES if kpis <= {"by_year": 10, "koladapy_unthrottled": 45}.get(key, kpis)]
        sizes.append(side_by_side(kpis, asked.runs, names, lambda line: print(line, file=sys.stderr, flush=True)))
        print(f"\n{table(sizes[-1])}", flush=True)
    if asked.docs:
        picture = asked.docs / "prestanda.svg"
        told = [
            f"Mätt {datetime.now(UTC):%Y-%m-%d} med `make bench`. Tre tal är minsta / median / största.",
            f"![Tid mot koladapys]({picture.name})",
            *map(table, sizes),
        ]
        write_between(asked.docs / "prestanda.md", "<!-- sida-vid-sida -->", "\n\n".join(told))
        draw(sizes, NAMES, picture)


def write_between(file: Path, begin: str, text: str) -> None:
    """Replace what stands in `file` between the mark `begin` and the next end mark."""
    end = "<!-- slut -->"
    before, _, rest = file.read_text(encoding="utf-8").partition(begin)
    file.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
