"""An error is made in a copy of the tree, and the tests that can notice it are run until one does.

First every error alone, with the tests of its package and the quickest of the others. What those do not notice is
tried with all the rest, many errors together: most of them nobody notices, and whole nights are dear.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tools import ROOT
from tools.mutants.box import Box, Outcome
from tools.mutants.record import PASSED, PYTEST, TestFile, failed_tests
from tools.mutants.sites import Site

KILLED, TIMEOUT, SURVIVED, NOT_COVERED, UNDECIDED = "killed", "timeout", "survived", "not covered", "undecided"
# CPU seconds of the test files that an error is tried with alone, of those that are run together first, and how many
# times as long every further batch is.
_ALONE, _BATCH, _GROWTH = 60.0, 15.0, 3.0
TOGETHER = 12


@dataclass(frozen=True)
class Result:
    """What became of an error.

    Attributes:
        id: Of the site.
        outcome: killed; timeout (the tests did not end); survived; not covered (no test executes what is wrong);
            undecided (alone it was not noticed, and there are more tests).
        test: The test that noticed it.
        unsure: Tests that failed once and then passed: because of the machine, not of the error.
    """

    id: str
    outcome: str
    test: str = ""
    unsure: tuple[str, ...] = ()


def try_alone(box: Box, site: Site, tests: Sequence[TestFile]) -> Result:
    """Run the tests of the error's package and the quickest others, `tests` being all that can notice it."""
    if not tests:
        return Result(site.id, NOT_COVERED)
    chosen = _first(site, tests)
    group = _Group(box, [site])
    for batch in batches(chosen, _BATCH):
        group.run(batch)
        if group.results:
            return group.results[0]
    return Result(site.id, SURVIVED if len(chosen) == len(tests) else UNDECIDED, unsure=tuple(group.unsure))


def try_together(box: Box, sites: Sequence[Site], tests: Mapping[str, Sequence[TestFile]]) -> list[Result]:
    """Run the tests that the errors, of different files, have not been tried with. tests: by id, all of each."""
    left = {test.name: test for site in sites for test in tests[site.id] if test not in _first(site, tests[site.id])}
    group = _Group(box, list(sites))
    for batch in batches(sorted(left.values(), key=lambda test: test.cpu), _BATCH * _GROWTH):
        group.run(batch)
    survived = [Result(site.id, SURVIVED, unsure=tuple(group.unsure)) for site in group.alive]
    return group.results + survived


def groups(sites: Sequence[Site]) -> list[list[Site]]:
    """The errors in groups of at most `TOGETHER`, no two of the same file."""
    site_groups: list[list[Site]] = []
    for site in sites:
        fits = (g for g in site_groups if len(g) < TOGETHER and site.path not in {other.path for other in g})
        group = next(fits, None)
        if group is None:
            site_groups.append([site])
        else:
            group.append(site)
    return site_groups


class _Group:
    """Errors that are tried together. `alive`: those that no test has noticed. `results`: of the others."""

    def __init__(self, box: Box, sites: list[Site]) -> None:
        self._box = box
        self.alive = sites
        self.results: list[Result] = []
        self.unsure: list[str] = []

    def run(self, batch: Sequence[TestFile]) -> None:
        """Run test files until they pass with the errors that are left."""
        names, usual = [test.name for test in batch], sum(test.wall for test in batch)
        skipped = [name for test in batch for name in test.failed]
        while self.alive:
            outcome = self._pytest(self.alive, names, usual, skipped)
            if outcome.code in PASSED:
                return
            noticed = failed_tests(outcome.output)[:1] or names
            culprit: Site | None
            if len(self.alive) == 1 and (outcome.code is None or not _busy()):
                culprit, ended = self.alive[0], outcome.code is not None
            else:
                culprit, ended = self._culprit(noticed, usual)
            if culprit is not None:
                self.alive.remove(culprit)
                self.results.append(Result(culprit.id, KILLED if ended else TIMEOUT, noticed[0], tuple(self.unsure)))
            elif noticed == names:
                raise SystemExit(f"pytest fails with none of the errors: {outcome.output[-2000:]}")
            else:
                self.unsure += noticed
                skipped += noticed

    def _culprit(self, names: Sequence[str], usual: float) -> tuple[Site | None, bool]:
        """The error that makes these tests fail, found by halves, and whether they ended; none when they pass."""
        suspects = self.alive
        while len(suspects) > 1:
            half = suspects[: len(suspects) // 2]
            passed = self._pytest(half, names, usual, []).code in PASSED
            suspects = suspects[len(half) :] if passed else half
        code = self._pytest(suspects, names, usual, []).code
        return (None if code in PASSED else suspects[0]), code is not None

    def _pytest(self, sites: Sequence[Site], names: Sequence[str], usual: float, skipped: Sequence[str]) -> Outcome:
        """Run tests until one fails; they have ten times as long as they usually take."""
        deselected = [f"--deselect={name}" for name in skipped]
        with _changed(self._box, sites):
            return self._box.run(
                [*PYTEST, "-m", self._box.marks, "-x", "--hypothesis-seed=0", *deselected, *names], 120 + 10 * usual
            )


@contextmanager
def _changed(box: Box, sites: Sequence[Site]) -> Iterator[None]:
    for site in sites:
        (box.tree / site.path).write_text(site.changed(), encoding="utf-8")
    try:
        yield
    finally:
        for site in sites:
            # With its old time, by which compiled modules are known.
            shutil.copy2(ROOT / site.path, box.tree / site.path)


def _busy() -> bool:
    """Whether so much else goes on that a test may fail without an error in the program."""
    return os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)


def _first(site: Site, tests: Sequence[TestFile]) -> list[TestFile]:
    """The test files that the error is tried with alone: those of its package first, then the quickest."""
    top, _, package = site.package.partition("/")
    near = f"/{package}/" if top == "pipelines" else f"/{top}/"
    ordered = sorted(tests, key=lambda test: (near not in test.name, test.cpu))
    cost, chosen = 0.0, list[TestFile]()
    for test in ordered:
        if chosen and cost + test.cpu > _ALONE:
            break
        chosen.append(test)
        cost += test.cpu
    return chosen


def batches(ordered: Sequence[TestFile], limit: float) -> Iterator[list[TestFile]]:
    """The test files in order, few first and then more at a time: what a run makes once is made less often."""
    batch, cost = list[TestFile](), 0.0
    for test in ordered:
        if batch and cost + test.cpu > limit:
            yield batch
            limit, batch, cost = _GROWTH * limit, [], 0.0
        batch.append(test)
        cost += test.cpu
    if batch:
        yield batch
