"""Where a changed program may run: in a copy of the tree, cut off from the network and from every other file.

An error in the program can be "delete the folder above" or "ask the real Kolada". bubblewrap lets the processes of a
test run write nowhere but in their own copy, reach nothing but loopback, and ends all of them when the run ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT

_INIT = Path(__file__).with_name("init.py")


@dataclass(frozen=True)
class Outcome:
    """How a command ended. `code`: None when its time was up. `cpu`: seconds of all its processes."""

    code: int | None
    output: str
    wall: float
    cpu: float


def tree_files() -> list[Path]:
    """The files of the repository as they are now, whether committed or not, relative to its root."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    return sorted(Path(name) for name in names if name and (ROOT / name).is_file())


class Box:
    """A copy of the tree in `folder`, with a home and a place for temporary files beside it."""

    def __init__(self, folder: Path, beside: Path, marks: str) -> None:
        """Make the copy anew. `beside`: what lies beside the project as ../shared, if it exists. `marks`: which tests
        are run in it, as pytest's -m; all of them when it is empty.
        """
        if shutil.which("bwrap") is None:
            raise SystemExit("bubblewrap is not installed → apt-get install bubblewrap")
        self._folder = folder
        self.marks = marks
        self._process: subprocess.Popen[bytes] | None = None
        self.tree = folder / "malbild"
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("malbild", "hem", "tmp"):
            (folder / name).mkdir(parents=True)
        for file in tree_files():
            (self.tree / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, self.tree / file)
        if beside.is_dir():
            (folder / "shared").symlink_to(beside.resolve())

    def run(self, command: Iterable[str], seconds: float) -> Outcome:
        """Run `python <command>` in the copy; whatever it started ends with it."""
        figures = self._folder / "cpu"
        figures.write_text("nan")
        start = time.monotonic()
        process = self._process = subprocess.Popen(
            [*self._bwrap(), sys.executable, str(_INIT), str(figures), sys.executable, *command],
            cwd=self.tree,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            code = None
        cpu = float(figures.read_text())
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
        (self._folder / "tmp").mkdir()
        return Outcome(code, output.decode(errors="replace"), time.monotonic() - start, cpu)

    def stop(self) -> None:
        """End what runs."""
        if self._process is not None:
            self._process.kill()

    def _bwrap(self) -> list[str]:
        options = "--ro-bind / / --dev /dev --proc /proc --tmpfs /dev/shm --unshare-net --unshare-pid --as-pid-1"
        # PostgreSQL's tests become another user, which root may; bubblewrap would take that away from it.
        rights = ["--cap-add", "ALL"] if os.geteuid() == 0 else []
        return [
            "bwrap",
            "--die-with-parent",
            *options.split(),
            *rights,
            "--bind",
            str(self._folder),
            str(self._folder),
            "--",
        ]

    def _environment(self) -> dict[str, str]:
        unset = ("MALBILD_", "COVERAGE_", "PYTEST_", "FUZZ", "DAGSTER_HOME")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(unset)},
            "PYTHONPATH": str(self.tree),
            "HOME": str(self._folder / "hem"),
            "TMPDIR": str(self._folder / "tmp"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }
