"""What it costs to read workbooks that are filled in to the last cell: five mått, 24 months, every huvudman, T, K and M.

    python -m tools.bench.handed_in

Each workbook is the template with made-up counts, among them many small ones, which hiding takes longest over. Read once
as new, and once when all of it has been shown before. Prints seconds of the processor.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.local.intake import SHOWN, Local, LocalFile, find, read_local
from pipelines.local.template import write_templates
from pipelines.periods import Period
from tools import ROOT

WORKBOOKS, TODAY = 5, date(2026, 8, 15)
MONTHS = [Period(2024 + (7 + n) // 12, "månad", (7 + n) % 12 + 1) for n in range(24)]
# The largest count of a kommun: few of many counts are small, or nearly all.
LARGEST = {"få små antal": 400, "många små antal": 40, "nästan bara små": 6}
SEED = 3
Counts = tuple[int, int]


def main() -> None:
    catalog = _catalog()
    for name, largest in LARGEST.items():
        with tempfile.TemporaryDirectory() as folder:
            rows = _fill(Path(folder), catalog, largest)
            first, again = [], []
            for file in find(Path(folder)):
                local, seconds = _read(catalog, [file], pl.DataFrame(schema=SHOWN))
                first.append(seconds)
                assert local.refused.is_empty()
                shown = local.periods.filter(pl.col("status") == "publicerad").select(list(SHOWN))
                again.append(_read(catalog, [file], shown)[1])
        hidden = local.periods.filter(pl.col("status") == "sekretess").height / local.periods.height
        print(f"{name}: {rows} rader, {hidden:.0%} dolt; högst {max(first):.1f} s, andra gången {max(again):.1f} s")


def _catalog() -> Catalog:
    """The repository's own, where WORKBOOKS of the mått are handed in as a share by everybody."""
    catalog = load_catalog(ROOT)
    local = next(measure.local for measure in catalog.measures if measure.id == "sip-antal")
    assert local is not None
    changed = {"form": "andel", "unit": "%", "level": "A", "by_gender": True, "least_count": 5}
    share = local.model_copy(update=changed)
    measures = [
        m.model_copy(update={"local": share if n < WORKBOOKS else None}) for n, m in enumerate(catalog.measures)
    ]
    return replace(catalog, measures=tuple(measures))


def _fill(folder: Path, catalog: Catalog, largest: int) -> int:
    """Write and fill the workbooks, and return how many rows each has."""
    write_templates(catalog, folder, MONTHS)
    draw = random.Random(SEED)
    rows = 0
    for path in sorted(folder.iterdir()):
        if path.suffix == ".csv":
            path.unlink()
            continue
        book = openpyxl.load_workbook(path)
        sheet = book.worksheets[0]
        header = [cell.value for cell in sheet[1]]
        counts = dict(_counts(catalog, draw, largest))
        for row in sheet.iter_rows(min_row=2):
            cell = dict(zip(header, row, strict=True))
            key = (cell["omrade_id"].value, cell["period"].value, cell["kon"].value)
            cell["taljare"].value, cell["namnare"].value = counts[key]
        rows = sheet.max_row - 1
        book.save(path)
    return rows


def _counts(catalog: Catalog, draw: random.Random, largest: int) -> Iterator[tuple[tuple[str, str, str], Counts]]:
    """Numerator and denominator by area, period and kön, that add up."""
    geography = catalog.geography
    for period in map(str, MONTHS):
        of_region = dict.fromkeys("TKM", (0, 0))
        for kommun in geography.kommuner:
            women, men = ((n := draw.randint(0, largest), n + draw.randint(1, 2 * largest)) for _ in "KM")
            for gender, pair in {"T": _sum(women, men), "K": women, "M": men}.items():
                yield (kommun.id, period, gender), pair
                of_region[gender] = _sum(of_region[gender], pair)
        yield from (((geography.region.id, period, gender), pair) for gender, pair in of_region.items())


def _sum(first: Counts, second: Counts) -> Counts:
    return first[0] + second[0], first[1] + second[1]


def _read(catalog: Catalog, files: list[LocalFile], shown: pl.DataFrame) -> tuple[Local, float]:
    start = time.process_time()
    local = read_local(files, catalog, shown, TODAY)
    return local, time.process_time() - start


if __name__ == "__main__":
    main()
