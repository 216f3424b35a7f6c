"""A season: one series of nights on one data dir, against a small Kolada that changes between them.

`played` plays it; what must hold after each night is in `test_season`. What the warehouse must then hold is worked out
here from what that Kolada served (`state`), without the program's help.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipelines.definitions import JOB, build_defs
from pipelines.run.lifecycle import NullProgress
from pipelines.runner import prepare_home, run_job
from pipelines.settings import Settings
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault
from pipelines.standin.server import Logged, RequestLog
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse
from tests.notices.sinks import Hook, web_server
from tests.small import CATALOG, KPIS, dataset, kolada, webhook

Cell = tuple[str, str, int]
"""nyckeltal, område, år; every value of the small Kolada is for both sexes together."""
State = dict[Cell, tuple[float | None, int]]
"""Value and Kolada's count."""
Tables = dict[str, pl.DataFrame]
Row = dict[str, Any]

TODAY = datetime.now(UTC).date()
LOADED, YESTERDAY, LATER = (TODAY + timedelta(days=days) for days in (-60, -1, 60))

REVISED: dict[Cell, float | None] = {
    ("U00001", "0484", 2024): 31.5,
    ("N00004", "0004", 2023): None,
    ("U00006", "0000", 2024): 0.0,
}
DELETED: Cell = ("U00002", "1000", 2022)
RETURNING: Cell = ("N00003", "0461", 2022)
LOST: Cell = ("U00006", "0001", 2022)
REMOVED, REUSED, ENDED, REDEFINED, LATE = "U00005", "U00006", "N00004", "U00002", "N00003"
OLD_TITLE, OTHER_TITLE = KPIS[REUSED][0], "Ett helt annat mått, antal"
ENDED_TITLE = "Vårdtillfällen - antal/100 000 inv. (-2024)"
NEW_GROUP_TITLE = "Grupp G6, nya året (ovägt medel)"
REDRAWN = {"0484": "Västby", "1000": "Annan kommun"}

NIGHTS = (
    *("first", "quiet", "unreachable", "unreachable again", "cut off", "disk full", "revised", "whole"),
    *("not published", "returned", "one kommun", "one indicator", "renamed", "renamed whole", "confirmed"),
    *("stopped", "stopped again", "approved", "new year", "end"),
)
# How they ended, where not well: nothing was stored, or all was stored and nothing published.
NOTHING_STORED = {"unreachable", "unreachable again", "cut off", "disk full"}
NOTHING_PUBLISHED = {*NOTHING_STORED, "not published", "stopped", "stopped again"}
PARTIAL = {"one kommun", "one indicator"}
# Whole fetches of everything; what a check stopped is fetched whole the next night.
WHOLE = {"first", "whole", "renamed whole", "stopped", "stopped again", "approved", "new year"}
# Nights that brought nothing new.
QUIET = {"quiet", "renamed whole", "end"}
# A copy of the data dir after the first night, beside it: for nights that could have come instead.
AFTER_FIRST = "efter-forsta"
# All that a night stores, and nothing that is made of it.
STORING = (
    "kolada/katalog",
    *(f"{stage}/{part}" for stage in ("ra", "validerat") for part in ("kontinuitet", "rehabiliterande", "ovriga")),
    "lager/matvarde",
)


# --- a Kolada that changes ------------------------------------------------------------------------------------------


def first_kolada() -> Dataset:
    """U00001 is preliminary for 2024, nothing else is about to be published."""
    small = dataset()
    figures = small.values.with_columns(changed=pl.lit(LOADED), deleted=pl.lit(False))
    served = replace(small, values=figures, loaded=LOADED)
    for kpi in KPIS:
        served = with_kpi(served, kpi, publication_date=str(LATER))
    return with_kpi(served, "U00001", prel_publication_date=str(YESTERDAY), publ_period="2024")


def with_kpi(served: Dataset, kpi: str, **fields: str) -> Dataset:
    return replace(served, kpis=[entry | fields if entry["id"] == kpi else entry for entry in served.kpis])


def without_kpi(served: Dataset, kpi: str) -> Dataset:
    return replace(served, kpis=[entry for entry in served.kpis if entry["id"] != kpi])


def with_figures(
    served: Dataset, figures: Mapping[Cell, float | None], deleted: Collection[Cell] = (), gone: Collection[Cell] = ()
) -> Dataset:
    """Values revised today, marked as deleted today, and left out without notice."""
    rows = []
    for row in served.values.iter_rows(named=True):
        cell = (row["kpi"], row["area"], row["year"])
        if cell in figures:
            row |= {"value": figures[cell], "changed": TODAY}
        if cell in deleted:
            row |= {"deleted": True, "changed": TODAY}
        if cell not in gone:
            rows.append(row)
    return replace(served, values=pl.DataFrame(rows, schema=served.values.schema))


def with_new_year(served: Dataset, kpi: str) -> Dataset:
    """The values of 2024 once more, as those of 2025."""
    year = served.values.filter((pl.col("kpi") == kpi) & (pl.col("year") == 2024))
    year = year.with_columns(year=pl.lit(2025, pl.Int32), changed=pl.lit(TODAY))
    return replace(served, values=pl.concat([served.values, year]))


def with_other_members(served: Dataset) -> Dataset:
    members = [{"member_id": area, "member_title": title} for area, title in REDRAWN.items()]
    redrawn = {"title": NEW_GROUP_TITLE, "members": members}
    return replace(served, groups=[g | redrawn if g["id"] == "G6" else g for g in served.groups])


def all_plus_one(served: Dataset) -> Dataset:
    """Every value is revised; what the catalogue does not list is left alone."""
    figures = pl.when(pl.col("kpi") != REMOVED).then(pl.col("value") + 1).otherwise("value")
    return replace(served, values=served.values.with_columns(value=figures, changed=pl.lit(TODAY)))


def only(served: Dataset, condition: pl.Expr) -> Dataset:
    return replace(served, values=served.values.filter(condition))


def state(served: Dataset) -> State:
    """What this Kolada says of every area, groups included: the unweighted mean of the members that have a value."""
    own = {
        (row["kpi"], row["area"], row["year"]): row["value"]
        for row in served.values.iter_rows(named=True)
        if not row["deleted"]
    }
    members: dict[Cell, list[float | None]] = {}
    for group in served.groups:
        areas = [member["member_id"] for member in group["members"]]
        for (kpi, area, year), value in own.items():
            if area in areas:
                members.setdefault((kpi, group["id"], year), []).append(value)
    cells: State = {cell: (value, int(value is not None)) for cell, value in own.items()}
    for cell, values in members.items():
        present = [value for value in values if value is not None]
        cells[cell] = (sum(present) / len(present) if present else None, len(present))
    return cells


def of_kpi(cells: State, *kpis: str) -> State:
    return {cell: value for cell, value in cells.items() if cell[0] in kpis}


# --- nights ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Night:
    """What a night left behind.

    Attributes:
        state: What the warehouse must hold after it; before: and before it.
        error: What ended it, if anything did. warnings: what it said besides.
        files: When each published file was written.
        messages: Notices that were posted.
    """

    served: Dataset
    state: State
    before: State
    error: BaseException | None
    warnings: list[str]
    run: Row
    warehouse: Tables
    published: Tables
    files: dict[str, int]
    requests: list[Logged]
    messages: list[str]
    previous: Night | None

    @property
    def observed(self) -> datetime:
        return self.run["observerad"]  # type: ignore[no-any-return]

    def new_rows(self, table: str) -> list[Row]:
        """Rows that this night added to a table whose rows never change."""
        rows = self.warehouse[table]
        old = self.previous.warehouse[table] if self.previous else rows.clear()
        assert old.join(rows, on=rows.columns, how="anti", nulls_equal=True).is_empty()
        return rows.join(old, on=rows.columns, how="anti", nulls_equal=True).to_dicts()

    def changed_files(self) -> set[str]:
        old = self.previous.files if self.previous else {}
        return {name for name, written in self.files.items() if old.get(name) != written}

    def asked(self) -> dict[tuple[str, str], bool]:
        """(nyckeltal, område) → whether all years were asked for."""
        asked: dict[tuple[str, str], bool] = {}
        for request in self.requests:
            if match := re.search(r"/data/kpi/([^/]+)/municipality/([^?]+)\?(from_date=)?", request.target):
                pairs = [(kpi, area) for kpi in match[1].split(",") for area in match[2].split(",")]
                # What is missing of a whole fetch is asked for whole once more.
                assert all(asked.get(pair, True) for pair in pairs), "a pair was asked for twice"
                asked |= dict.fromkeys(pairs, match[3] is None)
        return asked


def tables_of(database: Path) -> Tables:
    """Every table of a database, sorted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.sql("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return {name: connection.sql(f"FROM {place}.{name} ORDER BY ALL").pl() for place, name in names}


def by_cell(row: Row) -> Cell:
    return (row["nyckeltal_id"], row["omrade_id"], row["ar"])


def values_of(tables: Tables) -> State:
    return {by_cell(row): (row["varde"], row["antal_omraden"]) for row in tables["matvarde"].to_dicts()}


@dataclass
class Season:
    """Nights on one data dir."""

    data_dir: Path
    hook: Hook | None = None
    catalog_dir: Path = CATALOG
    nights: dict[str, Night] = field(default_factory=dict)

    def copy_to(self, data_dir: Path) -> Season:
        shutil.copytree(self.data_dir, data_dir)
        return Season(data_dir, None, self.catalog_dir, dict(self.nights))

    def settings(self, url: str, **other: Any) -> Settings:
        # Patience 0: a fault of the stand-in ends the run at once. In so small a Kolada few values are a large share.
        given = {"kolada_url": url, "patience": 0, "changed_share": 1, **other}
        settings = Settings(self.data_dir, self.catalog_dir, **given)
        return replace(settings, channels=webhook(self.hook.port)) if self.hook else settings

    def play(
        self,
        name: str,
        served: Dataset,
        expected: State | None = None,
        *,
        faults: tuple[Fault, ...] = (),
        during: AbstractContextManager[object] | None = None,
        full: bool = False,
        approved: bool = False,
        part: dict[str, Any] | None = None,
        **other: Any,
    ) -> Night:
        """One night.

        Args:
            expected: What the warehouse must hold after it; None: as before.
            part: Areas or parts of the graph, fetched whole as from the UI.
            other: Settings that differ.
        """
        previous = list(self.nights.values())[-1] if self.nights else None
        before = previous.state if previous else {}
        log, posted = RequestLog(), len(self.hook.posted) if self.hook else 0
        error: BaseException | None = None
        warnings: list[str] = []
        with kolada(served, *faults, log=log) as url, during or nullcontext():
            settings = self.settings(url, **other)
            try:
                if part is None:
                    warnings = run_job(settings, NullProgress(), full=full, approved=approved).warnings
                else:
                    materialize(settings, **part)
            except Exception as raised:  # noqa: BLE001 - which, is what tests ask
                error = raised
        warehouse = tables_of(settings.warehouse_file)
        self.nights[name] = Night(
            served=served,
            state=before if expected is None else expected,
            before=before,
            error=error,
            warnings=warnings,
            run=warehouse["korning"].sort("startad").to_dicts()[-1],
            warehouse=warehouse,
            published=tables_of(settings.published),
            files=written(settings),
            requests=log.entries,
            messages=[message["text"] for message in self.hook.posted[posted:]] if self.hook else [],
            previous=previous,
        )
        return self.nights[name]


def written(settings: Settings) -> dict[str, int]:
    """Published file → when it was written."""
    folders = (settings.parquet_dir, settings.export_dir)
    files = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
    return {f.name: f.stat().st_mtime_ns for f in (settings.published, settings.draft_report, *files)}


_PUBLISHED = ("publicerat/analysdatabas", "publicerat/exporter", "publicerat/rapport")
AFTER = ("lager/matvarde", "lager/jamforelse", "lager/trend", *_PUBLISHED)


def materialize(
    settings: Settings,
    *,
    areas: tuple[str, ...] = (),
    parts: tuple[str, ...] = (),
    after: tuple[str, ...] = AFTER,
    whole: bool = True,
) -> None:
    """Fetch these areas, or these assets, and run what the job has after them, as from the UI."""
    prepare_home(settings)
    selection = [dg.AssetKey(name.split("/")) for name in (*parts, *after)] if parts else None
    job = build_defs(settings, NullProgress()).resolve_job_def(JOB)
    with dg.DagsterInstance.get() as instance:
        job.execute_in_process(
            instance=instance,
            asset_selection=selection,
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "ops": {"ra": {"config": {"omraden": list(areas), "hel": whole}}},
            },
        )


@contextmanager
def environment() -> Iterator[None]:
    """A run sets DAGSTER_HOME for its process: afterwards the environment is as it was."""
    before = os.environ.copy()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def full_disk(warehouse: Path) -> Iterator[None]:
    """The last write of the merge fails: the cursor's table takes no time later than those it has."""
    with FileWarehouse(warehouse).open() as connection:
        (latest,) = connection.sql("SELECT max(senast) FROM hamtlage").fetchall()[0]
        recreate_cursor(connection, f", CHECK (senast <= TIMESTAMP '{latest}')")
    try:
        yield
    finally:
        with FileWarehouse(warehouse).open() as connection:
            recreate_cursor(connection, "")


def recreate_cursor(connection: duckdb.DuckDBPyConnection, constraint: str) -> None:
    connection.execute("CREATE TEMP TABLE kopia AS FROM hamtlage")
    connection.execute("DROP TABLE hamtlage")
    connection.execute(f"{schema().tables['hamtlage'].ddl().removesuffix(')')}{constraint})")
    connection.execute("INSERT INTO hamtlage FROM kopia")


@contextmanager
def no_room_to_publish() -> Iterator[None]:
    """The disk is full when the published database is to be written."""

    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "analys.duckdb")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.run.publishing.publish", full)
        yield


def catalog_with_other_title(folder: Path) -> Path:
    """A catalogue folder in which OTHER_TITLE is confirmed too."""
    shutil.copytree(CATALOG, folder)
    file, title = folder / "indikatorer.yaml", f'- "{OLD_TITLE}"\n'
    file.write_text(file.read_text().replace(title, f'{title}      - "{OTHER_TITLE}"\n'))
    return folder


@contextmanager
def played(folder: Path) -> Iterator[Season]:
    """The whole season."""
    with environment(), web_server() as hook:
        season = Season(folder / "data", hook)
        play_all(season, folder)
        assert tuple(season.nights) == NIGHTS
        yield season


def play_all(season: Season, folder: Path) -> None:
    play = season.play
    first = first_kolada()
    cells = state(first)
    play("first", first, cells)
    shutil.copytree(season.data_dir, folder / AFTER_FIRST)
    play("quiet", first)

    for name in ("unreachable", "unreachable again"):
        play(name, first, kolada_url="http://127.0.0.1:9/v3")
    lost = (RETURNING, LOST)
    third = with_figures(first, REVISED, deleted=[DELETED], gone=lost)
    play("cut off", third, faults=(Fault("/data/kpi/N00004/", "status", times=None),))
    play("disk full", third, during=full_disk(season.data_dir / "lager.duckdb"))
    # Who asks for changes only hears nothing of what is gone, nor of the groups that it counted in.
    unheard = {(kpi, year) for kpi, _, year in lost}
    play("revised", third, state(third) | {c: value for c, value in cells.items() if (c[0], c[2]) in unheard})
    play("whole", third, state(third), full=True)

    back = with_figures(first, REVISED | {RETURNING: cells[RETURNING][0]}, deleted=[DELETED], gone=[LOST])
    cells = state(back)
    play("not published", back, cells, during=no_room_to_publish())
    play("returned", back)

    # Two partial fetches from a Kolada that has lost nearly everything outside of what is asked for.
    one_kommun = with_figures(back, {("U00002", "0461", 2024): 99.0})
    cells = cells | {("U00002", "0461", 2024): (99.0, 1)}
    play("one kommun", only(one_kommun, pl.col("area") == "0461"), cells, part={"areas": ("0461",)})
    one_indicator = with_figures(one_kommun, {("U00001", "0484", 2023): 77.0})
    kontinuitet = KPIS.keys() - {"U00006"}
    cells = cells | of_kpi(state(one_indicator), *kontinuitet)
    parts = ("kolada/katalog", "ra/kontinuitet", "validerat/kontinuitet")
    play("one indicator", only(one_indicator, pl.col("kpi").is_in(kontinuitet)), cells, part={"parts": parts})

    fourth = with_kpi(one_indicator, REUSED, title=OTHER_TITLE)
    fourth = with_kpi(fourth, ENDED, title=ENDED_TITLE)
    fourth = with_kpi(fourth, REDEFINED, description="Nu räknat på annat sätt.")
    # Another measure altogether, and not of as many years; it is held, also from a whole fetch.
    other_measure = {cell: 1000.0 + cell[2] for cell in of_kpi(state(one_indicator), REUSED)}
    fourth = with_figures(
        without_kpi(fourth, REMOVED), {**other_measure, (ENDED, "0004", 2024): 5.5}, gone=[(REUSED, "1000", 2022)]
    )
    held = of_kpi(cells, REUSED, REMOVED)
    play("renamed", fourth, state(fourth) | held)
    play("renamed whole", fourth, full=True)
    season.catalog_dir = catalog_with_other_title(folder / "bekraftad")
    play("confirmed", fourth, state(fourth))

    plus_one = all_plus_one(fourth)
    play("stopped", plus_one, state(plus_one), full=True, changed_share=0.2)
    play("stopped again", plus_one, changed_share=0.2)
    play("approved", plus_one, full=True, approved=True, changed_share=0.2)

    removed = next(kpi for kpi in one_indicator.kpis if kpi["id"] == REMOVED)
    fifth = replace(plus_one, kpis=sorted([*plus_one.kpis, removed], key=lambda kpi: str(kpi["id"])))
    fifth = with_kpi(fifth, LATE, publication_date=str(YESTERDAY), publ_period="2025")
    fifth = with_kpi(fifth, "U00001", publication_date=str(YESTERDAY))
    fifth = with_new_year(with_other_members(fifth), "U00002")
    assert season.hook
    season.hook.status = 503
    play("new year", fifth, state(fifth), full=True)
    season.hook.status = 200
    play("end", fifth)
