"""`make mutants`: which of some 160 small errors do the tests notice?

    python -m tools.mutants list                the errors that are tried
    python -m tools.mutants record [-j 2]       which test file executes which line; needed once for a state of the tree
    python -m tools.mutants run [-j 2] [ID …]   make the errors and run the tests; records first
    python -m tools.mutants report              the table so far

Everything lies in .mutants/, in a folder for each state of the tree: a run that was stopped goes on where it was. The
tests run in copies of the tree, which can write nowhere else and reach no network (bubblewrap). On a busy machine set
TEST_PATIENCE to how many times longer a test may wait. `--short` is a third of the time; what nobody notices then is
tried again, by its ID, with all the tests.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from tools import ARCHIVES, ROOT
from tools.mutants.box import Box, tree_files
from tools.mutants.covering import Covering
from tools.mutants.record import TestFile, record, recorded, test_files
from tools.mutants.report import equivalents, report
from tools.mutants.run import UNDECIDED, Result, groups, try_alone, try_together
from tools.mutants.sample import choose
from tools.mutants.sites import Site, all_sites

WORK = ROOT / ".mutants"
COVERAGE = WORK / "coverage"
T = TypeVar("T")
R = TypeVar("R")


def state() -> Path:
    """The folder of what is known about the product and its tests as they are."""
    digest = hashlib.sha256()
    for file in tree_files():
        if file.parts[0] in ("pipelines", "dashboards", "tests") or file.name.endswith(".yaml"):
            digest.update(f"{file}\0".encode() + (ROOT / file).read_bytes())
    folder = WORK / digest.hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Boxes:
    """Copies of the tree, each used by one task at a time."""

    def __init__(self, count: int, beside: Path, marks: str) -> None:
        self._boxes = [Box(WORK / f"box-{number}", beside, marks) for number in range(count)]

    def map(self, work: Callable[[Box, T], R], items: Iterable[T]) -> Iterator[R]:
        """The results of `work` for every item, as they come; an error ends all of it."""
        free: SimpleQueue[Box] = SimpleQueue()
        for box in self._boxes:
            free.put(box)

        def task(item: T) -> R:
            box = free.get()
            try:
                return work(box, item)
            finally:
                free.put(box)

        pool = ThreadPoolExecutor(len(self._boxes))
        try:
            for future in as_completed([pool.submit(task, item) for item in items]):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for box in self._boxes:
                box.stop()


def record_all(boxes: Boxes, folder: Path) -> dict[str, TestFile]:
    """Every test file, by name."""
    files = {}
    for file in boxes.map(lambda box, name: record(box, name, folder), test_files()):
        files[file.name] = file
        failed = f", {len(file.failed)} failed" if file.failed else ""
        print(f"{len(files):4} {file.name}: {file.cpu:.0f} s of processor, {file.wall:.0f} s{failed}", file=sys.stderr)
    return files


def run(boxes: Boxes, sample: list[Site], folder: Path) -> None:
    """Try what has not been tried; each result is a line of results.jsonl."""
    files = record_all(boxes, folder)
    covering = Covering(recorded(folder, COVERAGE))
    reasons = equivalents()
    sites = [site for site in sample if site.id not in reasons]
    tests = {site.id: [files[name] for name in sorted(covering.tests(site))] for site in sites}

    def alone(box: Box, site: Site) -> list[Result]:
        return [try_alone(box, site, tests[site.id])]

    def together(box: Box, group: list[Site]) -> list[Result]:
        return try_together(box, group, tests)

    untried = [site for site in sites if site.id not in results(folder)]
    log(boxes.map(alone, untried), sites, folder)
    undecided = [site for site in sites if results(folder)[site.id].outcome == UNDECIDED]
    # Those that the same tests execute go together.
    undecided.sort(key=lambda site: sum(test.cpu for test in tests[site.id]))
    log(boxes.map(together, groups(undecided)), sites, folder)


def log(result_groups: Iterable[list[Result]], sites: list[Site], folder: Path) -> None:
    by_id = {site.id: site for site in sites}
    with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
        for result in (result for group in result_groups for result in group):
            file.write(json.dumps(asdict(result)) + "\n")
            file.flush()
            site = by_id[result.id]
            what = f"{site.path}:{site.line} {site.operator}: {result.outcome} {result.test}"
            print(f"{datetime.now():%H:%M} {site.id} {what}", file=sys.stderr, flush=True)


def results(folder: Path) -> dict[str, Result]:
    file = folder / "results.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {result.id: result for result in (Result(**json.loads(line)) for line in lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("list", "record", "run", "report"))
    parser.add_argument("ids", nargs="*", help="errors to try; all of the sample when none is named")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--beside", type=Path, default=ARCHIVES.parent, help="what the tests find as ../shared")
    parser.add_argument("--short", action="store_true", help="with the tests of `make test` alone")
    parser.add_argument("--brief", action="store_true", help="report the table without the errors that nobody noticed")
    options = parser.parse_args()
    folder, marks = state(), "not lang" if options.short else ""
    if options.short:
        folder = folder.with_name(f"{folder.name}-short")
        folder.mkdir(exist_ok=True)
    if options.command == "record":
        record_all(Boxes(options.jobs, options.beside, marks), folder)
        recorded(folder, COVERAGE)
        return
    sample = [site for site in choose(all_sites()) if not options.ids or site.id in options.ids]
    if options.command == "list":
        for site in sample:
            print(f"{site.id} {site.path}:{site.line} {site.operator}\n{site.diff()}\n")
        return
    if options.command == "run":
        run(Boxes(options.jobs, options.beside, marks), sample, folder)
    print(report(sample, results(folder), options.brief))


if __name__ == "__main__":
    main()
