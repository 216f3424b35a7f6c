"""An error is made in a copy of the tree, and the tests that can notice it are run until one does."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools import ROOT
from tools.mutants.box import Box, Outcome
from tools.mutants.record import PASSED, PYTEST, TestFile, failed_tests
from tools.mutants.sites import Site

KILLED, TIMEOUT, SURVIVED, NOT_COVERED = "killed", "timeout", "survived", "not covered"
# CPU seconds of the test files that are run together first; every further batch has three times as many.
_FIRST_BATCH = 15.0


@dataclass(frozen=True)
class Result:
    """What became of an error.

    Attributes:
        id: Of the site.
        outcome: killed, timeout (the tests did not end), survived, not covered (no test executes what is wrong).
        test: The test that noticed it.
        tried: How many test files were run.
        seconds: Wall seconds.
        unsure: Tests that failed once and then passed: of the machine, not of the error.
    """

    id: str
    outcome: str
    test: str = ""
    tried: int = 0
    seconds: float = 0.0
    unsure: tuple[str, ...] = ()


def try_site(box: Box, site: Site, tests: Iterable[TestFile]) -> Result:
    """Make the error in the copy, run `tests`, cheapest first, and put the copy right again."""
    ordered = sorted(tests, key=lambda test: (not _is_near(test, site), test.cpu))
    file = box.tree / site.path
    file.write_text(site.changed(), encoding="utf-8")
    try:
        return _run(box, site, ordered)
    finally:
        # With its old time, which compiled modules are known by.
        shutil.copy2(ROOT / site.path, file)


def _run(box: Box, site: Site, ordered: list[TestFile]) -> Result:
    tried, seconds = 0, 0.0
    unsure: list[str] = []
    for batch in batches(ordered):
        skipped = [name for test in batch for name in test.failed]
        while True:
            outcome = _pytest(box, [test.name for test in batch], sum(test.wall for test in batch), skipped)
            seconds += outcome.wall
            if outcome.code is None:
                return Result(site.id, TIMEOUT, batch[0].name, tried + len(batch), seconds, tuple(unsure))
            if outcome.code in PASSED:
                break
            noticed = (failed_tests(outcome.output) or [outcome.output[-300:]])[0]
            again = _pytest(box, [noticed], max(test.wall for test in batch), [])
            seconds += again.wall
            if again.code not in PASSED:
                return Result(site.id, KILLED, noticed, tried + len(batch), seconds, tuple(unsure))
            unsure.append(noticed)
            skipped.append(noticed)
        tried += len(batch)
    return Result(site.id, SURVIVED if ordered else NOT_COVERED, "", tried, seconds, tuple(unsure))


def _pytest(box: Box, names: list[str], usual: float, skipped: list[str]) -> Outcome:
    """Run tests until one fails; they have ten times as long as they usually take."""
    deselected = [f"--deselect={name}" for name in skipped]
    return box.run([*PYTEST, "-x", "--hypothesis-seed=0", *deselected, *names], 120 + 10 * usual)


def _is_near(test: TestFile, site: Site) -> bool:
    """Whether the test file is of the package that the error is in: it is made to notice, others do so by the way."""
    return any(part in test.name for part in site.package.split("/")[1:])


def batches(ordered: list[TestFile]) -> Iterator[list[TestFile]]:
    """The test files in order, few first and more and more at a time: what is made once for a run is made less often."""
    limit, batch, cost = _FIRST_BATCH, list[TestFile](), 0.0
    for test in ordered:
        if batch and cost + test.cpu > limit:
            yield batch
            limit, batch, cost = 3 * limit, [], 0.0
        batch.append(test)
        cost += test.cpu
    if batch:
        yield batch
