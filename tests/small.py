"""A small Kolada of made-up figures that fits tests/data/catalog-minimal: a whole run without a whole country."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault, FaultPlan
from pipelines.standin.server import RequestLog, running
from tests.conftest import ROOT

CATALOG = ROOT / "tests" / "data" / "catalog-minimal"
KPIS = {
    "N00003": ("Osäkerhetstal - Gammal fråga, andel (%)", "K"),
    "N00004": ("Vårdtillfällen, antal/100 000 inv", "L"),
    "U00001": ("Gammal fråga, andel (%) (-2024)", "K"),
    "U00002": ("Ny fråga, andel (%)", "K"),
    "U00005": ("Svarande, antal", "K"),
    "U00006": ("Granne utan mått, andel (%)", "A"),
}
AREAS = {"0000": ("Riket", "L"), "0001": ("Andra regionen", "L"), "0004": ("Regionen", "L")} | {
    "0461": ("Östby", "K"),
    "0484": ("Västby", "K"),
    "1000": ("Annan kommun", "K"),
}
GROUPS = {
    **{group: ["0461", "0484"] for group in ("G1", "G3")},
    **{group: ["0001", "0004"] for group in ("G2", "G4", "G5")},
    **{group: ["1000"] for group in ("G6", "G7", "G8", "G9")},
}


def kpi(kpi_id: str, title: str, level: str) -> dict[str, Any]:
    return {
        "id": kpi_id,
        "title": title,
        "description": "Påhittat nyckeltal för prov.",
        "is_divided_by_gender": False,
        "municipality_type": level,
        "auspice": "X",
        "operating_area": "Prov",
        "perspective": "Övrigt",
        "prel_publication_date": None,
        "publication_date": "2099-01-15",
        "publ_period": "2026",
        "has_ou_data": False,
    }


def values(kpi_ids: Sequence[str] = tuple(KPIS)) -> pl.DataFrame:
    """Every KPI for every area of its level, 2022–2024, T; the value tells kpi, area and year apart."""
    rows = [
        (kpi_id, area, year, "T", int(kpi_id[-1]) * 10 + int(area) / 1000 + (year - 2022) / 4)
        for kpi_id in kpi_ids
        for area, (_, kind) in AREAS.items()
        if KPIS[kpi_id][1] in ("A", kind) or area == "0000"
        for year in (2022, 2023, 2024)
    ]
    return pl.DataFrame(rows, schema=["kpi", "area", "year", "gender", "value"], orient="row").with_columns(
        pl.col("year").cast(pl.Int32)
    )


def dataset(kpis: dict[str, tuple[str, str]] = KPIS, figures: pl.DataFrame | None = None) -> Dataset:
    return Dataset(
        kpis=[kpi(kpi_id, title, level) for kpi_id, (title, level) in sorted(kpis.items())],
        municipalities=[{"id": area, "title": title, "type": kind} for area, (title, kind) in sorted(AREAS.items())],
        groups=[
            {
                "id": group,
                "title": f"Grupp {group} (ovägt medel)",
                "members": [{"member_id": member, "member_title": AREAS[member][0]} for member in members],
            }
            for group, members in sorted(GROUPS.items())
        ],
        values=values() if figures is None else figures,
        loaded=date(2026, 11, 1),
    )


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def malbild(*arguments: str | Path, **environment: str) -> Ended:
    """Run the command line as a user does, in a process of its own, with little patience."""
    settings = {"MALBILD_TALAMOD": "2", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, arguments)],
        cwd=ROOT,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("MALBILD_")}, **settings},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def kolada(served: Dataset | None = None, *faults: Fault, log: RequestLog | None = None) -> Iterator[str]:
    """A stand-in on loopback that serves `served`, with faults; yields its base URL."""
    with running(served or dataset(), "syntetisk", faults=FaultPlan(*faults), log=log) as url:
        yield url


def run_night(url: str, data_dir: Path, *options: str, katalog: Path = CATALOG) -> Ended:
    return malbild("run", "--kolada-url", url, "--data-dir", data_dir, "--katalog", katalog, *options)
