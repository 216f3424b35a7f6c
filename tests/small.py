"""A small Kolada of made-up figures that fits tests/data/catalog-minimal: a whole run without a whole country."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from typer.testing import CliRunner

from pipelines.catalog.load import load_catalog
from pipelines.catalog.model import Catalog
from pipelines.channels import Channels
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault, FaultPlan
from pipelines.standin.server import RequestLog, running
from tests.conftest import PATIENCE, ROOT

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


@cache
def own_catalog() -> Catalog:
    """The repository's own YAML files, read once: it takes a sixth of a second."""
    return load_catalog(ROOT)


def kpi(kpi_id: str, title: str, level: str) -> dict[str, Any]:
    return {
        "id": kpi_id,
        "title": title,
        "description": "Påhittat nyckeltal för prov. Källa: provens egna värden.",
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
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


# A process that has loaded what takes a second to load, and is copied for every command. Nothing that starts threads
# (polars, DuckDB, pyarrow) may be loaded in it: a copy would have their locks without their threads.
_LOADED = multiprocessing.get_context("forkserver")
_LOADED.set_forkserver_preload(
    ["dagster", "dagster._core.storage.base_storage", "httpx", "jinja2", "babel", "plotly", "yaml", "typer", "rich"]
)
# Ten times what the longest command takes on an idle machine.
_SECONDS = 1200 * PATIENCE


def run_command(*arguments: str | Path, **environment: str) -> Finished:
    """Run the command line exactly as a user does: a new interpreter, which takes two seconds to load everything."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *map(str, arguments)],
        cwd=ROOT,
        env=environment_of(environment),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def malbild(*arguments: str | Path, **environment: str) -> Finished:
    """Run the command line in this process, which has everything loaded, with little patience; the environment is left
    as it was. Raises TimeoutError when it has not ended after `_SECONDS`.
    """
    from pipelines.cli import app

    def late(number: int, frame: object) -> None:
        raise TimeoutError(f"malbild {arguments[0]} has not ended after {_SECONDS} s")

    before, changed, handler = os.environ.copy(), environment_of(environment), signal.signal(signal.SIGALRM, late)
    os.environ.clear()
    os.environ.update(changed)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS)
    try:
        ended = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        os.environ.clear()
        os.environ.update(before)
        # A command freezes what is loaded, because its process ends.
        gc.unfreeze()
    return Finished(ended.exit_code, ended.stdout, ended.stderr)


def limited(
    arguments: Sequence[str | Path],
    environment: Mapping[str, str | None],
    within: Callable[[], None] | None = None,
    seconds: float = _SECONDS,
) -> Finished:
    """As `malbild`, in a process of its own, with what it is confined to (`within`, called in it) and its longest
    time. Raises TimeoutError.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = start_command(arguments, out, err, environment, within)
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"malbild {arguments[0]} has not ended after {seconds} s: {err.read_text()}")
        return Finished(process.exitcode, out.read_text(), err.read_text())


def start_command(
    arguments: Sequence[str | Path],
    out: Path,
    err: Path,
    environment: Mapping[str, str | None] | None = None,
    within: Callable[[], None] | None = None,
) -> multiprocessing.process.BaseProcess:
    """A command that goes on; what it says is in the two files. `environment`: what differs; None = unset."""
    process = _LOADED.Process(
        target=_command, args=([*map(str, arguments)], environment_of(environment or {}), out, err, within)
    )
    process.start()
    return process


def _command(
    arguments: list[str], environment: dict[str, str], out: Path, err: Path, within: Callable[[], None] | None
) -> None:
    """In the copied process: what `python -m pipelines` does."""
    for path, stream in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    if within is not None:
        within()
    sys.argv = ["malbild", *arguments]
    from pipelines.cli import main

    main()


def environment_of(changes: Mapping[str, str | None]) -> dict[str, str]:
    """The environment of a command; None = unset. A command without a Kolada gets one that is not there, never the
    real one.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MALBILD_")}
    changed = {**inherited, "MALBILD_TALAMOD": "2", "MALBILD_KOLADA_URL": "http://127.0.0.1:9/v3", **changes}
    return {name: value for name, value in changed.items() if value is not None}


@contextmanager
def kolada(served: Dataset | None = None, *faults: Fault, log: RequestLog | None = None) -> Iterator[str]:
    """A stand-in on loopback that serves `served`, with faults; yields its base URL."""
    with running(served or dataset(), "syntetisk", faults=FaultPlan(*faults), log=log) as url:
        yield url


def run_night(url: str, data_dir: Path, *options: str, katalog: Path = CATALOG) -> Finished:
    return malbild("run", "--kolada-url", url, "--data-dir", data_dir, "--katalog", katalog, *options)


def webhook(port: int) -> Channels:
    """Notices to a web server on loopback (`tests.notices.sinks`)."""
    return Channels.from_env({"MALBILD_WEBHOOK": f"http://127.0.0.1:{port}/", "MALBILD_WEBHOOK_FORM": "slack"})
