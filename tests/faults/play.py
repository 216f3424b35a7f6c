"""One fault: a night with it, and what is left after it; then the night after. The faults are in `matrix`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from pipelines.exports.everything import CHECKSUMS
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault
from pipelines.warehouse.store import FileWarehouse
from tests.conftest import PATIENCE
from tests.small import CATALOG, GROUPS, Finished, dataset, kolada, limited, malbild

# An ordinary night takes two seconds, the longest (a server that says nothing) two minutes.
SECONDS = 1200 * PATIENCE
_KEY = ["kpi", "area", "year", "gender"]


@dataclass(frozen=True)
class Place:
    """What a fault may damage: the data dir, and the folder with the YAML files."""

    data_dir: Path
    catalog: Path


During = Callable[[Place], AbstractContextManager[None]]


@dataclass(frozen=True)
class Case:
    """A fault, how it is provoked, and what must come of it.

    Attributes:
        code: The exit code.
        message: A regular expression that the error line matches, or a line of the output of a run that survives.
        faults, served, url: What Kolada does.
        during: Holds while the night runs.
        limit: Called in the night's process before it begins.
        after: What Kolada holds of which the values must be published when the night survives (None: as before).
        patient: The night waits for minutes.
        short: Played in `make long` too, and not only in `make faults`.
        may_abort: A library may end the process instead (SIGABRT), with words of its own.
    """

    name: str
    code: int = 0
    message: str = ""
    faults: tuple[Fault, ...] = ()
    served: Callable[[], Dataset] = dataset
    url: str | None = None
    during: During = field(default=lambda place: nullcontext())
    limit: Callable[[], None] | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    after: Callable[[], Dataset] | None = None
    patient: bool = False
    short: bool = False
    may_abort: bool = False

    @property
    def leaves_something(self) -> bool:
        """Whether the data dir may be another afterwards, so that the night after is played at once."""
        return self.code in (1, 4) or self.served is not dataset or self.after is not None


def copy_place(good: Path, folder: Path) -> Place:
    return Place(Path(shutil.copytree(good, folder / "data")), Path(shutil.copytree(CATALOG, folder / "katalog")))


def play_night(case: Case, place: Place) -> None:
    """The night with the fault. Asserts how it ended and what readers have after it."""
    before, values_before = published_files(place.data_dir), published(place.data_dir)
    with kolada(case.served(), *case.faults) as url, case.during(place):
        ended = run(case, case.url or url, place)
    assert_said(ended, case)
    if ended.code in (3, 4):
        assert_journal(place.data_dir, case)
    assert_readers(place, case, before, values_before)


def play_night_after(place: Place) -> None:
    """A night without a fault. Asserts that it is whole and right."""
    with kolada() as url:
        ended = malbild(*arguments(url, place, "--full", "--godkann"))
    assert ended.code == 0, f"the night after: {ended.err}"
    assert_values(published(place.data_dir), dataset())
    assert_whole(place.data_dir)


def arguments(url: str, place: Place, *options: str) -> list[str]:
    where = ("--kolada-url", url, "--data-dir", place.data_dir, "--katalog", place.catalog)
    return ["run", *map(str, where), *options]


def run(case: Case, url: str, place: Place) -> Finished:
    """The night itself: all values are fetched, because an ordinary night asks for what changed, which is nothing."""
    line = arguments(url, place, "--full")
    if case.limit or case.environment or case.patient:
        return limited(line, case.environment, case.limit, SECONDS)
    # What will not pass is tried once more, which is enough to see that it is.
    return malbild(*line, MALBILD_TALAMOD="0.6" if case.code == 3 else "2")


def assert_said(ended: Finished, case: Case) -> None:
    """A fault that ends the night is one line on stderr with the next step."""
    if case.may_abort and ended.code == -signal.SIGABRT:
        return
    assert ended.code == case.code, f"exit code {ended.code}: {ended.err or ended.out}"
    assert "Traceback" not in ended.err + ended.out
    if ended.code == 0:
        assert any(re.search(case.message, line) for line in ended.out.splitlines()), ended.out
    else:
        *progress, line = ended.err.strip().splitlines()
        assert all(before.startswith("Kolada ") for before in progress), ended.err
        assert line.startswith("malbild: ")
        assert "→" in line
        assert re.search(case.message, line), line


def assert_journal(data_dir: Path, case: Case) -> None:
    """The journal says of the night what the error line did."""
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        ((outcome, message),) = connection.sql(
            "SELECT utfall, felmeddelande FROM korning ORDER BY startad DESC LIMIT 1"
        ).fetchall()
    assert outcome == "misslyckad"
    assert re.search(case.message, message), message


def published_files(data_dir: Path) -> dict[str, bytes]:
    """Name → bytes of every published file."""
    folders = [data_dir / "parquet", data_dir / "export", data_dir / "rapport" / "utkast"]
    paths = [data_dir / "analys.duckdb", *(p for folder in folders for p in folder.rglob("*") if p.is_file())]
    return {str(path.relative_to(data_dir)): path.read_bytes() for path in paths}


def assert_readers(place: Place, case: Case, before: dict[str, bytes], values_before: pl.DataFrame) -> None:
    """Readers have what they had or, after a night that survived, all of what is new."""
    values = published(place.data_dir)
    if case.code == 0:
        if case.after is None:
            assert_frame(values, values_before)
        else:
            assert_values(values, case.after())
        assert_whole(place.data_dir)
        return
    if case.code == 1 and not values.equals(values_before):
        # What the machine failed came after the switch: then all of it is new.
        assert_values(values, case.served())
        assert_whole(place.data_dir)
        return
    now = published_files(place.data_dir)
    changed = sorted(name for name in before | now if before.get(name) != now.get(name))
    assert not changed, f"published although the night failed: {changed[:5]}"


def assert_frame(now: pl.DataFrame, before: pl.DataFrame) -> None:
    missing, new = (a.join(b, on=a.columns, how="anti", nulls_equal=True) for a, b in ((before, now), (now, before)))
    assert now.equals(before), f"missing: {missing.rows()[:5]}; new: {new.rows()[:5]}"


def published(data_dir: Path) -> pl.DataFrame:
    """kpi, area, year, gender, value of the published database, sorted."""
    with duckdb.connect(str(data_dir / "analys.duckdb"), read_only=True) as connection:
        return connection.sql(
            """SELECT nyckeltal_id AS kpi, omrade_id AS area, ar AS year, kon AS gender, varde AS value
               FROM matvarde ORDER BY ALL"""
        ).pl()


def assert_values(values: pl.DataFrame, served: Dataset) -> None:
    """Exactly what Kolada has: the values of its areas, and the means of its groups."""
    figures = served.values.select(*_KEY, "value")
    in_group = pl.col("area").str.starts_with("G")
    own, groups = values.filter(~in_group), values.filter(in_group)
    assert own.sort(_KEY).equals(figures.sort(_KEY).cast(dict(own.schema)))
    members = pl.DataFrame(
        [(g, m) for g, areas in GROUPS.items() for m in areas], schema=["group", "area"], orient="row"
    )
    means = figures.join(members, on="area").group_by("kpi", "group", "year", "gender").agg(mean=pl.col("value").mean())
    both = groups.join(means, left_on=_KEY, right_on=["kpi", "group", "year", "gender"], how="left")
    assert both.filter((pl.col("value") - pl.col("mean")).abs().fill_null(1) > 1e-9).is_empty()
    assert groups.height > 0


def assert_whole(data_dir: Path) -> None:
    """Report and exports are whole and belong to the published database."""
    assert_report(data_dir)
    assert_sums(data_dir, published_files(data_dir))


def assert_report(data_dir: Path) -> None:
    for page in (data_dir / "rapport" / "utkast" / "index.html", data_dir / "rapport" / "index.html"):
        assert page.read_text(encoding="utf-8").rstrip().endswith("</html>")


def assert_sums(data_dir: Path, now: dict[str, bytes]) -> None:
    """Every file in the list of checksums has its checksum."""
    lines = (data_dir / "export" / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    assert len(lines) > 20
    for line in lines:
        digest, _, name = line.partition("  ")
        path = os.path.normpath(Path("export") / name)
        assert path in now, f"{path} is gone"
        assert hashlib.sha256(now[path]).hexdigest() == digest, path
