"""`make bench`: malbild beside what people use today and beside the limit, on the same answers with the same latency.

    python -m tools.bench.side_by_side [--kpis 10 45 450] [--runs 5] [--only limit koladapy …]

45 KPIs hold 87 % of the målbild's values in the archive. Measured from outside: every contender is a process; requests
and bytes are what the server sent. Prints a table in Markdown for each size.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from pipelines.catalog.load import load_catalog
from pipelines.kolada.catalogue import areas_to_ask, fetch_catalogue
from pipelines.kolada.client import KoladaClient
from tools.bench.contenders import Grid
from tools.bench.large import catalog_of, kolada
from tools.bench.measure import Usage, run, steps
from tools.bench.serve import Server, Stats, serving

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
# A request for every KPI and year takes minutes where there are many, and so does one at a time without a limit.
_MOST_KPIS = {"by_year": 10, "koladapy_unthrottled": 45}


@dataclass(frozen=True)
class Measured:
    """One run of one contender. `sent`: what the server sent to it."""

    usage: Usage
    sent: Stats


def measure(server: Server, command: list[str]) -> Measured:
    """Run a command to its end. Raises SystemExit when it fails."""
    before = server.stats()
    usage = run(command)
    return Measured(usage, server.stats() - before)


@dataclass(frozen=True)
class Comparison:
    """One size.

    Attributes:
        kpis: How many the source has.
        values: How many the source has, without those of groups.
        busy: The share of a core that the server took.
        runs: Contender → its runs; runs of the same number belong together.
    """

    kpis: int
    values: int
    busy: float
    runs: dict[str, list[Measured]]

    def ratios(self, of: str, key: str, to: str) -> list[float]:
        """Seconds (`of` "wall") or CPU seconds ("cpu") of `key` by those of `to` in the same round, smallest first.

        koladapy sleeps between its requests: seconds by its seconds say how fast the machine is too.
        """
        pairs = zip(self.runs[key], self.runs[to], strict=True)
        return sorted(getattr(measured.usage, of) / getattr(other.usage, of) for measured, other in pairs)


def grids_of(server: Server, catalog_dir: Path) -> list[Grid]:
    """What a full load asks for: KPIs by their level, and the areas of that level."""
    catalog = load_catalog(catalog_dir)

    async def ask() -> list[Grid]:
        async with KoladaClient(server.url, lambda *_: "") as client:
            groups = [*catalog.geography.kommun_groups(), *catalog.geography.region_groups()]
            catalogue = await fetch_catalogue(client, catalog.kpis, groups, (), whole=True)
        levels, areas = catalogue.levels(), areas_to_ask(catalogue, catalog.geography)
        kpis = {level: sorted(kpi for kpi, its in levels.items() if its in level) for level in ("KA", "L", "A")}
        grids = [
            Grid(kpis["KA"], list(areas.of_level("K"))),
            Grid(kpis["L"], list(areas.of_level("L"))),
            Grid(kpis["A"], list(areas.regions + areas.region_groups)),
        ]
        return [grid for grid in grids if grid.kpis]

    return asyncio.run(ask())


def full_load(server: Server, folder: Path, catalog_dir: Path, runs: dict[str, list[Measured]]) -> None:
    """Add a first night and a quiet one in a new data dir to `runs`; `merged` is the first until its merge was done."""
    data_dir = folder / f"data-{len(runs['night'])}"
    command = [sys.executable, "-m", "pipelines", "run", "--kolada-url", server.url, "--data-dir", str(data_dir)]
    command += ["--katalog", str(catalog_dir)]
    start = time.time()
    night = measure(server, command)
    _, merged_at = steps(data_dir)["lager__matvarde"]
    runs["night"].append(night)
    # CPU and memory of a part of a process are not known.
    runs["merged"].append(Measured(Usage(merged_at - start, float("nan"), float("nan")), night.sent))
    runs["quiet"].append(measure(server, command))
    shutil.rmtree(data_dir)


def side_by_side(kpis: int, rounds: int, names: Collection[str], report: Callable[[str], None]) -> Comparison:
    """Measure one size, everybody in turn and all of it `rounds` times. names: of NAMES, with limit and koladapy."""
    with tempfile.TemporaryDirectory() as name, serving(kpis, 1, LATENCY) as server:
        folder = Path(name)
        dataset = kolada(kpis)
        values = dataset.values.height
        catalog_dir = catalog_of(dataset, folder / "katalog")
        del dataset
        grids = folder / "grids.json"
        grids.write_bytes(msgspec.json.encode(grids_of(server, catalog_dir)))
        runs: dict[str, list[Measured]] = {key: [] for key in NAMES if key in names}

        def contend(key: str) -> Measured:
            return measure(server, [sys.executable, "-m", "tools.bench.contenders", key, server.url, str(grids)])

        # Whoever comes first would wait for the answers to be made.
        for key in runs:
            if key in ("limit", "koladapy_unthrottled", "by_year"):
                contend(key)
        before, start = server.stats(), time.perf_counter()
        # In turn, so that what else the machine does strikes all alike.
        for number in range(1, rounds + 1):
            for key in runs:
                if key == "night":
                    full_load(server, folder, catalog_dir, runs)
                elif key not in ("merged", "quiet"):
                    runs[key].append(contend(key))
                report(f"{kpis} KPIs, round {number} of {rounds}: {NAMES[key]}")
        busy = (server.stats() - before).cpu / (time.perf_counter() - start)
    return Comparison(kpis, values, busy, runs)


def table(comparison: Comparison) -> str:
    """In Markdown, with a sentence before it."""
    lines = [
        f"**{comparison.kpis} nyckeltal, {comparison.values} värden** hos källan (utom gruppers), "
        f"{len(comparison.runs['limit'])} omgångar; servern tog {comparison.busy:.1%} av en kärna.\n",
        "| vad | sekunder | × koladapy | × gränsen | processor s | × koladapy | × gränsen | minne MB | anrop | MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, measured in comparison.runs.items():
        cells = []
        for of in ("wall", "cpu"):
            seconds = sorted(getattr(m.usage, of) for m in measured)
            cells += [seconds, comparison.ratios(of, key, "koladapy"), comparison.ratios(of, key, "limit")]
        peak = max(m.usage.peak for m in measured)
        lines.append(
            f"| {NAMES[key]} | {' | '.join(_spread(numbers) for numbers in cells)} "
            f"| {'–' if peak != peak else f'{peak:.0f}'} "
            f"| {measured[-1].sent.requests} | {measured[-1].sent.bytes / 1e6:.1f} |"
        )
    return "\n".join(lines)


def _spread(numbers: list[float]) -> str:
    """Smallest / median / largest; a dash where nothing was measured."""
    if any(number != number for number in numbers):
        return "–"
    return " / ".join(f"{n:.{2 if median(numbers) < 10 else 1}f}" for n in (numbers[0], median(numbers), numbers[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kpis", type=int, nargs="+", default=[10, 45, 450])
    parser.add_argument("--runs", type=int, default=5, help="rounds of each size")
    parser.add_argument("--only", choices=NAMES, nargs="+", default=list(NAMES), help="with limit and koladapy")
    options = parser.parse_args()
    for kpis in options.kpis:
        names = [key for key in options.only if kpis <= _MOST_KPIS.get(key, kpis)]
        size = side_by_side(kpis, options.runs, names, lambda line: print(line, file=sys.stderr, flush=True))
        print(f"\n{table(size)}", flush=True)


if __name__ == "__main__":
    main()
