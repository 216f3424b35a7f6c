"""Processes measured from outside: seconds, CPU seconds and peak memory. What is run is decided elsewhere."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from tools import ROOT


@dataclass(frozen=True)
class Usage:
    """What one process took: seconds, CPU seconds, peak memory in MB."""

    wall: float
    cpu: float
    peak: float


def run(command: list[str]) -> Usage:
    """Run a command to its end.

    Raises:
        SystemExit: The command failed; says how, with the end of its stderr.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = ended = 0
    # The kernel's own figure of the peak would include this process's, from before the child became another program.
    while not ended:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if not ended:
            peak = max(peak, _peak_so_far(process.pid))
            time.sleep(0.02)
    wall = time.perf_counter() - start
    assert process.stderr
    with process.stderr:
        message = process.stderr.read().decode()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {message[-2000:]}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, peak / 1000)


def _peak_so_far(pid: int) -> int:
    """In kB; 0 once the process has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def steps(data_dir: Path) -> dict[str, tuple[float, float]]:
    """Step → when it began and ended (seconds since 1970), of the only run of a data dir."""
    with dg.DagsterInstance.from_config(str(data_dir / "dagster")) as instance:
        (run,) = instance.get_runs()
        stats = instance.get_run_step_stats(run.run_id)
    return {step.step_key: (step.start_time, step.end_time) for step in stats if step.start_time and step.end_time}
