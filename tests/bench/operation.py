"""What running an installation costs: the UI's start, a night through the daemon beside `malbild run`, doctor, backup.

    python -m tests.bench.operation

Real commands over the demo and its stand-in. Prints figures; asserts nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from pipelines.standin.sample import synthetic_dataset
from pipelines.standin.server import running
from tests.conftest import ROOT
from tests.ui.dagster import serving

RUNS = 5


def seconds(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def malbild(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pipelines", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def told(name: str, found: list[float], limit: str) -> None:
    print(f"  {name:46}{min(found):7.1f}{median(found):7.1f}{max(found):7.1f} s  {limit}")


def main() -> None:
    print(f"  {'':46}{'min':>7}{'median':>7}{'max':>7}")
    # A name of its own: `malbild ui` gives synthetic figures a stand-in of its own, and both must ask the same one.
    with tempfile.TemporaryDirectory() as folder, running(synthetic_dataset(), "arkiv") as url:
        data_dir = Path(folder) / "data"
        here = ("--data-dir", str(data_dir))
        first = seconds(lambda: malbild("run", "--kolada-url", url, *here))
        told("malbild run, first night", [first], "")
        quiet = [seconds(lambda: malbild("run", "--kolada-url", url, *here)) for _ in range(RUNS)]
        told("malbild run, quiet night, no UI", quiet, "")
        starts, nights = [], []
        start = time.perf_counter()
        with serving(data_dir, MALBILD_KOLADA_URL=url) as dagster:
            starts.append(time.perf_counter() - start)
            for _ in range(RUNS):
                nights.append(seconds(lambda: dagster.wait(dagster.launch(), "SUCCESS")))
            beside = [seconds(lambda: malbild("run", "--kolada-url", url, *here)) for _ in range(RUNS)]
        told("the UI answers", starts, "(≤20 s)")
        told("quiet night through the daemon", nights, f"({median(nights) / median(quiet):.2f} of malbild run, ≤1.5)")
        told("malbild run, quiet night, UI up", beside, f"(daemon {median(nights) / median(beside):.2f} of it)")
        told(
            "malbild doctor",
            [seconds(lambda: malbild("doctor", "--kolada-url", url, *here)) for _ in range(RUNS)],
            "(≤3 s)",
        )
        copy = Path(folder) / "kopia.zip"
        told("malbild backup", [seconds(lambda: malbild("backup", str(copy), *here))], "")
        told(
            "malbild restore",
            [seconds(lambda: malbild("restore", str(copy), "--data-dir", str(Path(folder) / "ny")))],
            "",
        )
    with tempfile.TemporaryDirectory() as folder, running(synthetic_dataset(), "arkiv") as url:
        data_dir = Path(folder) / "data"
        with serving(data_dir, MALBILD_KOLADA_URL=url) as dagster:
            night = seconds(lambda: dagster.wait(dagster.launch(), "SUCCESS"))
        told("first night through the daemon", [night], f"({night / first:.2f} of malbild run, ≤1.5)")


if __name__ == "__main__":
    main()
