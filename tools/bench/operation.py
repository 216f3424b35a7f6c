"""What running an installation costs: the UI's start, a night through the daemon beside `malbild run`, doctor, backup.

    python -m tools.bench.operation

Real commands over the synthetic sample and its stand-in. Prints figures.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from pipelines.standin.server import running
from pipelines.standin.synthetic import synthetic_dataset
from tests.ui.dagster import serving
from tools import ROOT

RUNS = 5


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def malbild(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pipelines", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def report(name: str, times: list[float], limit: str) -> None:
    print(f"  {name:46}{min(times):7.1f}{median(times):7.1f}{max(times):7.1f} s  {limit}")


def main() -> None:
    print(f"  {'':46}{'min':>7}{'median':>7}{'max':>7}")
    # Labelled as an archive: `malbild ui` gives synthetic figures a stand-in of its own, and both must ask the same.
    with tempfile.TemporaryDirectory() as folder, running(synthetic_dataset(), "arkiv") as url:
        data_dir = Path(folder) / "data"
        options = ("--data-dir", str(data_dir))
        first = seconds(lambda: malbild("run", "--kolada-url", url, *options))
        report("malbild run, first night", [first], "")
        quiet = [seconds(lambda: malbild("run", "--kolada-url", url, *options)) for _ in range(RUNS)]
        report("malbild run, quiet night, no UI", quiet, "")
        start = time.perf_counter()
        with serving(data_dir, MALBILD_KOLADA_URL=url) as dagster:
            ready = time.perf_counter() - start
            nights = [seconds(lambda: dagster.wait(dagster.launch(), "SUCCESS")) for _ in range(RUNS)]
            beside = [seconds(lambda: malbild("run", "--kolada-url", url, *options)) for _ in range(RUNS)]
        report("the UI answers", [ready], "(≤20 s)")
        report("quiet night through the daemon", nights, f"({median(nights) / median(quiet):.2f} of malbild run, ≤1.5)")
        report("malbild run, quiet night, UI up", beside, f"(daemon {median(nights) / median(beside):.2f} of it)")
        doctor = [seconds(lambda: malbild("doctor", "--kolada-url", url, *options)) for _ in range(RUNS)]
        report("malbild doctor", doctor, "(≤3 s)")
        backup, restored = str(Path(folder) / "kopia.zip"), str(Path(folder) / "ny")
        report("malbild backup", [seconds(lambda: malbild("backup", backup, *options))], "")
        report("malbild restore", [seconds(lambda: malbild("restore", backup, "--data-dir", restored))], "")
    with tempfile.TemporaryDirectory() as folder, running(synthetic_dataset(), "arkiv") as url:
        with serving(Path(folder) / "data", MALBILD_KOLADA_URL=url) as dagster:
            night = seconds(lambda: dagster.wait(dagster.launch(), "SUCCESS"))
        report("first night through the daemon", [night], f"({night / first:.2f} of malbild run, ≤1.5)")


if __name__ == "__main__":
    main()
