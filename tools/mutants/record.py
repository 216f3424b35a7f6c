"""Which test file executes which line: the suite under coverage, a file at a time, so that what is made once for all
tests of a file (a night, a report) counts for that file.

Every process of a test is measured, however it was started; one that is killed leaves no trace.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import coverage

from tools import ROOT
from tools.mutants.box import Box

_SECONDS = 4 * 3600.0
_RC = """
[run]
branch = true
source = pipelines,dashboards
relative_files = true
parallel = true
patch = subprocess,fork,_exit
disable_warnings = no-data-collected,module-not-imported
"""
# What pytest returns when every test passed, and when there was none to run here.
PASSED = (0, 5)
# None knows of an earlier run.
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-rfE", "--tb=short")


@dataclass(frozen=True)
class TestFile:
    """A file of tests, as it ran without an error in the program.

    Attributes:
        name: Relative to the root.
        wall: Seconds.
        cpu: Seconds of all its processes.
        failed: Tests that did not pass, which can notice nothing.
        output: What pytest wrote, if any failed.
    """

    name: str
    wall: float
    cpu: float
    failed: list[str]
    output: str


def test_files() -> list[str]:
    return sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tests").rglob("test_*.py"))


def record(box: Box, name: str, folder: Path) -> TestFile:
    """Run a file of tests under coverage, unless `folder` has it already; its data goes there."""
    stem = name.removesuffix(".py").replace("/", ".")
    file = folder / f"{stem}.json"
    if not file.exists():
        rc = box.tree / ".coveragerc"
        rc.write_text(f"{_RC}data_file = {box.tree}/.coverage\n")
        outcome = box.run(["-m", "coverage", "run", f"--context={name}", *PYTEST, "-m", box.marks, name], _SECONDS)
        if outcome.code is None:
            raise SystemExit(f"{name} has not ended after {_SECONDS / 3600:.0f} h: {outcome.output[-2000:]}")
        _combine(rc, [str(part) for part in box.tree.glob(".coverage.*")], folder / f"{stem}.coverage")
        passed = outcome.code in PASSED
        ran = TestFile(
            name, outcome.wall, outcome.cpu, failed_tests(outcome.output), "" if passed else outcome.output[-5000:]
        )
        file.write_text(json.dumps(asdict(ran), indent=1))
    return TestFile(**json.loads(file.read_text()))


def failed_tests(output: str) -> list[str]:
    """The tests that pytest names as failed, in its own order."""
    return re.findall(r"^(?:FAILED|ERROR) (tests/\S+?\.py(?:::.+?)?)(?: - .*)?$", output, re.MULTILINE)


def _combine(rc: Path, parts: list[str], target: Path) -> None:
    data = rc.parent / ".coverage"
    whole = coverage.Coverage(data_file=str(data), config_file=str(rc))
    whole.combine(parts)
    whole.get_data().close()
    shutil.move(data, target)


def recorded(folder: Path, target: Path) -> coverage.CoverageData:
    """What was recorded of all test files, as one; `target` gets it, for `coverage report`."""
    target.unlink(missing_ok=True)
    whole = coverage.Coverage(data_file=str(target), config_file=False)
    whole.combine([str(part) for part in folder.glob("*.coverage")], keep=True)
    whole.save()
    return whole.get_data()
