"""One fault played: a night with it, what is left after it, and the night after. What faults there are is `matrix`."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import duckdb
import polars as pl
from typer.testing import CliRunner

from pipelines.exports.everything import CHECKSUMS
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault
from pipelines.warehouse.store import FileWarehouse
from tests.small import CATALOG, GROUPS, Ended, dataset, environment_of, kolada, limited

# Where a run of all faults leaves its results, for the document.
RESULTS = "FAULTS_RESULTS"
_SHOWN = 200
_KEY = ["kpi", "area", "year", "gender"]


@dataclass(frozen=True)
class Place:
    """What a fault may spoil: the data dir, and the folder with the YAML files."""

    data_dir: Path
    catalog: Path


During = Callable[[Place], AbstractContextManager[None]]


@dataclass(frozen=True)
class Case:
    """A fault, how it is provoked, and what must come of it.

    what, group: Swedish, for the document. code: the exit code. told: a regular expression, found in the error line, or
    in what a run that survives says.
    faults, served, url: what Kolada does. during: holds while the night runs. within: called in the night's process.
    after: what Kolada holds of which the published values must come when the night survives (None: those from before).
    halfway: publication itself may be stopped, so that some files are new and others old, each whole.
    then: what the next night meets. seconds: when it must have ended. patient: it waits for most of its time.
    short: it is played in every `make test`, all of them one after the other on one data dir. aborts: a library may end
    the process instead (SIGABRT), with words of its own.
    """

    name: str
    group: str
    what: str
    code: int = 0
    told: str = ""
    faults: tuple[Fault, ...] = ()
    served: Callable[[], Dataset] = dataset
    url: str | None = None
    during: During = field(default=lambda place: nullcontext())
    within: Callable[[], None] | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    options: tuple[str, ...] = ("--full",)
    after: Callable[[], Dataset] | None = None
    halfway: bool = False
    then: Callable[[], Dataset] = dataset
    seconds: float = 240
    patient: bool = False
    short: bool = False
    aborts: bool = False


@dataclass(frozen=True)
class Result:
    """What came of a fault. kept: what was published is whole, and of one of the two nights."""

    name: str
    group: str
    what: str
    told: str
    code: int
    seconds: float
    kept: bool
    next_whole: bool


def play(cases: Sequence[Case], good: Path, folder: Path) -> None:
    """Play the cases one after the other on a copy of a good data dir, and then the night after the last."""
    place = copied(good, folder)
    results, failures = [], []
    for case in cases:
        try:
            results.append(play_night(case, place))
        except AssertionError as failure:
            failures.append(f"{case.name}: {failure}")
    play_next(cases[-1], place)
    if RESULTS in os.environ:
        for result in results:
            file = Path(os.environ[RESULTS]) / f"{result.name.replace('/', '-')}.json"
            file.write_text(json.dumps(asdict(replace(result, next_whole=True))))
    assert not failures, "\n".join(failures)


def copied(good: Path, folder: Path) -> Place:
    return Place(Path(shutil.copytree(good, folder / "data")), Path(shutil.copytree(CATALOG, folder / "katalog")))


def play_night(case: Case, place: Place) -> Result:
    """The night with the fault. Asserts how it ended and what readers have after it."""
    before, values_before = files(place.data_dir), published(place.data_dir)
    with kolada(case.served(), *case.faults) as url:
        begun = time.monotonic()
        with case.during(place):
            ended = night(case.url or url, place, case)
        seconds = time.monotonic() - begun
    line = told(ended, case, place)
    if ended.code in (3, 4):
        assert_journal(place.data_dir, case)
    assert_kept(place, case, before, values_before)
    return Result(case.name, case.group, case.what, line, ended.code, round(seconds, 1), kept=True, next_whole=False)


def play_next(case: Case, place: Place) -> None:
    """The night after, without the fault. Asserts that it is whole and right."""
    served = case.then()
    with kolada(served) as url:
        again = night(url, place, replace(case, environment={}, within=None, options=("--full", "--godkann")))
    assert again.code == 0, f"the night after: {again.err}"
    assert_values(published(place.data_dir), served)
    assert_whole(place.data_dir)


def night(url: str, place: Place, case: Case) -> Ended:
    where = ("--kolada-url", url, "--data-dir", place.data_dir, "--katalog", place.catalog)
    arguments = ["run", *map(str, where), *case.options]
    if case.within or case.environment or case.patient:
        return limited(arguments, case.environment, case.within, case.seconds)
    # What will not pass is tried once more, which is enough to see that it is.
    return here(arguments, case.seconds, "0.6" if case.code == 3 else "2")


def here(arguments: Sequence[str], seconds: float, patience: str = "2") -> Ended:
    """A command in this process, which has everything loaded: what goes wrong outside needs no process of its own.

    Raises TimeoutError after `seconds`.
    """
    from pipelines.cli import app

    def late(number: int, frame: object) -> None:
        raise TimeoutError(f"malbild {arguments[0]} has not ended after {seconds} s")

    mine, before = os.environ.copy(), signal.signal(signal.SIGALRM, late)
    os.environ.clear()
    os.environ.update(environment_of({"MALBILD_TALAMOD": patience}))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        result = CliRunner().invoke(app, arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        os.environ.clear()
        os.environ.update(mine)
        # A command takes what is loaded for permanent, because it ends.
        gc.unfreeze()
    return Ended(result.exit_code, result.stdout, result.stderr)


def told(ended: Ended, case: Case, place: Place) -> str:
    """What was told of the fault, in one line, without what differs from run to run."""
    if case.aborts and ended.code == -signal.SIGABRT:
        return "(ett bibliotek avbröt processen)"
    assert ended.code == case.code, f"exit code {ended.code}: {ended.err or ended.out}"
    assert "Traceback" not in ended.err + ended.out
    if ended.code == 0:
        lines = [line for line in ended.out.splitlines() if re.search(case.told, line)] if case.told else []
        assert bool(lines) == bool(case.told), ended.out
        line = " ".join(lines[0].split()) if lines else ""
    else:
        (line,) = ended.err.strip().splitlines()
        assert line.startswith("malbild: ")
        assert "→" in line
        assert re.search(case.told, line), line
    line = line.removeprefix("malbild: ").replace(str(place.data_dir), "data").replace(str(place.catalog), "katalog")
    line = re.sub(r"http://127\.0\.0\.1:\d{2,}", "http://…", line)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def assert_journal(data_dir: Path, case: Case) -> None:
    """The journal tells of the night what the error line did."""
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        ((outcome, message),) = connection.sql(
            "SELECT utfall, felmeddelande FROM korning ORDER BY startad DESC LIMIT 1"
        ).fetchall()
    assert outcome == "misslyckad"
    assert re.search(case.told, message), message


def files(data_dir: Path) -> dict[str, bytes]:
    """What is published, file by file."""
    folders = [data_dir / "parquet", data_dir / "export", data_dir / "rapport" / "utkast"]
    paths = [data_dir / "analys.duckdb", *(p for folder in folders for p in folder.rglob("*") if p.is_file())]
    return {str(path.relative_to(data_dir)): path.read_bytes() for path in paths}


def assert_kept(place: Place, case: Case, before: dict[str, bytes], values_before: pl.DataFrame) -> None:
    """Readers have what they had or, after a night that survived, all of what is new."""
    now = files(place.data_dir)
    if case.code != 0 and not case.halfway:
        changed = sorted(name for name in before | now if before.get(name) != now.get(name))
        assert not changed, f"published although the night failed: {changed[:5]}"
    elif case.code != 0:
        found = published(place.data_dir)
        if not found.equals(values_before):
            assert_values(found, case.served())
        assert_report(place.data_dir)
        assert_sums(place.data_dir, before, now)
    else:
        if case.after is None:
            found = published(place.data_dir)
            assert found.equals(values_before), _differences(values_before, found)
        else:
            assert_values(published(place.data_dir), case.after())
        assert_whole(place.data_dir)


def _differences(before: pl.DataFrame, now: pl.DataFrame) -> str:
    gone, new = (
        a.join(b, on=a.columns, how="anti", nulls_equal=True).rows() for a, b in ((before, now), (now, before))
    )
    return f"gone: {gone[:5]}; new: {new[:5]}"


def published(data_dir: Path) -> pl.DataFrame:
    """kpi, area, year, gender, value of the published database, sorted."""
    with duckdb.connect(str(data_dir / "analys.duckdb"), read_only=True) as connection:
        return connection.sql(
            """SELECT nyckeltal_id AS kpi, omrade_id AS area, ar AS year, kon AS gender, varde AS value
               FROM matvarde ORDER BY ALL"""
        ).pl()


def assert_values(found: pl.DataFrame, served: Dataset) -> None:
    """Exactly what Kolada has: the values of its areas, and the means of its groups."""
    figures = served.values.select(*_KEY, "value")
    ordinary = found.filter(~pl.col("area").str.starts_with("G"))
    assert ordinary.sort(_KEY).equals(figures.sort(_KEY).cast(dict(ordinary.schema)))
    members = pl.DataFrame(
        [(g, m) for g, areas in GROUPS.items() for m in areas], schema=["group", "area"], orient="row"
    )
    means = figures.join(members, on="area").group_by("kpi", "group", "year", "gender").agg(mean=pl.col("value").mean())
    groups = found.filter(pl.col("area").str.starts_with("G"))
    both = groups.join(means, left_on=_KEY, right_on=["kpi", "group", "year", "gender"], how="left")
    assert both.filter((pl.col("value") - pl.col("mean")).abs().fill_null(1) > 1e-9).is_empty()
    assert groups.height > 0


def assert_whole(data_dir: Path) -> None:
    """Report and exports are whole and belong to the published database."""
    assert_report(data_dir)
    assert_sums(data_dir, {}, files(data_dir))


def assert_report(data_dir: Path) -> None:
    for page in (data_dir / "rapport" / "utkast" / "index.html", data_dir / "rapport" / "index.html"):
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")


def assert_sums(data_dir: Path, before: dict[str, bytes], now: dict[str, bytes]) -> None:
    """Every file that the list of checksums names is what it says, or as it was `before`."""
    lines = (data_dir / "export" / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    for line in lines:
        digest, _, name = line.partition("  ")
        path = os.path.normpath(Path("export") / name)
        assert path in now, f"{path} is gone"
        if before.get(path) != now[path] and not (before and path == "analys.duckdb"):
            assert hashlib.sha256(now[path]).hexdigest() == digest, path
