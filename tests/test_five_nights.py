"""Five nights and what lies between them: every table after each night, and what was known when.

The nights are played once, on one data dir, against a small Kolada that changes between them. What the warehouse must
then hold is worked out here from what that Kolada served (`told`), without the program's help.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.catalog.load import load_catalog
from pipelines.definitions import JOB, build_defs
from pipelines.errors import SourceError
from pipelines.kolada.archive import CATALOGUE_FILE, FETCH_FILE, RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.fetch import Fetch
from pipelines.run.lifecycle import NullProgress
from pipelines.runner import prepare_home, run_job
from pipelines.settings import Settings
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault
from pipelines.standin.server import Logged, RequestLog
from pipelines.validation.accepted import write_accepted
from pipelines.validation.answers import screen_fetch
from pipelines.warehouse import journal
from pipelines.warehouse.intake import RunInput, load_run
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse
from tests.small import CATALOG, GROUPS, KPIS, dataset, kolada

pytestmark = pytest.mark.lang

Cell = tuple[str, str, int]
"""nyckeltal, område, år; every value of the small Kolada is for both sexes together."""
Value = tuple[float | None, int]
"""Value and Kolada's count."""
State = dict[Cell, Value]
Tables = dict[str, pl.DataFrame]

TODAY = datetime.now(UTC).date()
LOADED, YESTERDAY, LATER = (TODAY + timedelta(days=days) for days in (-60, -1, 60))

REVISED: dict[Cell, float | None] = {
    ("U00001", "0484", 2024): 31.5,
    ("N00004", "0004", 2023): None,
    ("U00006", "0000", 2024): 0.0,
}
DELETED: Cell = ("U00002", "1000", 2022)
COMES_BACK: Cell = ("N00003", "0461", 2022)
STAYS_AWAY: Cell = ("U00006", "0001", 2022)
REMOVED, REUSED, ENDED, REDEFINED, LATE = "U00005", "U00006", "N00004", "U00002", "N00003"
OLD_TITLE, OTHER_TITLE = KPIS[REUSED][0], "Ett helt annat mått, antal"
ENDED_TITLE = "Vårdtillfällen - antal/100 000 inv. (-2024)"
NEW_GROUP_TITLE = "Grupp G6, nya året (ovägt medel)"


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


def only(served: Dataset, keep: pl.Expr) -> Dataset:
    return replace(served, values=served.values.filter(keep))


def told(served: Dataset) -> State:
    """What this Kolada says of every area, groups included: the unweighted mean of the members that have a value."""
    own = {
        (row["kpi"], row["area"], row["year"]): row["value"]
        for row in served.values.iter_rows(named=True)
        if not row["deleted"]
    }
    of_groups: dict[Cell, list[float | None]] = {}
    for group in served.groups:
        members = [member["member_id"] for member in group["members"]]
        for (kpi, area, year), value in own.items():
            if area in members:
                of_groups.setdefault((kpi, group["id"], year), []).append(value)
    state: State = {cell: (value, int(value is not None)) for cell, value in own.items()}
    for cell, values in of_groups.items():
        present = [value for value in values if value is not None]
        state[cell] = (sum(present) / len(present) if present else None, len(present))
    return state


# --- nights ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Night:
    """What a night left behind. `said`: what the warehouse must hold after it. `files`: what is published, and when
    each file was written.
    """

    said: State
    before: State
    run: dict[str, Any]
    warehouse: Tables
    published: Tables
    files: dict[str, int]
    requests: list[Logged]
    previous: Night | None

    @property
    def observed(self) -> datetime:
        return self.run["observerad"]  # type: ignore[no-any-return]

    def new(self, table: str) -> list[dict[str, Any]]:
        """Rows that this night added to a table whose rows never change."""
        rows = self.warehouse[table].to_dicts()
        old = self.previous.warehouse[table].to_dicts() if self.previous else []
        assert [row for row in old if row not in rows] == []
        return [row for row in rows if row not in old]

    def asked(self) -> dict[tuple[str, str], bool]:
        """(nyckeltal, område) → whether all years were asked for."""
        found: dict[tuple[str, str], bool] = {}
        for request in self.requests:
            if match := re.search(r"/data/kpi/([^/]+)/municipality/([^?]+)\?(from_date=)?", request.target):
                pairs = [(kpi, area) for kpi in match[1].split(",") for area in match[2].split(",")]
                assert not found.keys() & set(pairs), "a pair was asked for twice"
                found |= dict.fromkeys(pairs, match[3] is None)
        return found


def tables_of(database: Path) -> Tables:
    """Every table of a database, sorted."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = [
            name
            for (name,) in connection.sql(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
            ).fetchall()
        ]
        return {name: connection.sql(f"FROM {name} ORDER BY ALL").pl() for name in names}


def same(one: Tables, other: Tables, but: Collection[str] = ()) -> None:
    assert one.keys() == other.keys()
    for name in one.keys() - set(but):
        assert_frame_equal(one[name], other[name])


@dataclass
class Nights:
    """Nights on one data dir."""

    data_dir: Path
    catalog_dir: Path = CATALOG
    played: dict[str, Night] = field(default_factory=dict)

    def copied_to(self, data_dir: Path) -> Nights:
        shutil.copytree(self.data_dir, data_dir)
        return Nights(data_dir, self.catalog_dir, dict(self.played))

    def settings(self, url: str) -> Settings:
        # Patience 0: a fault of the stand-in ends the run at once. In so small a Kolada few values are a large share.
        return Settings(self.data_dir, self.catalog_dir, url, patience=0, changed_share=1)

    def play(
        self, name: str, served: Dataset, said: State, *, full: bool = False, part: dict[str, Any] | None = None
    ) -> None:
        """One night; `part`: areas or parts of the graph, fetched whole as from the UI."""
        previous = list(self.played.values())[-1] if self.played else None
        log = RequestLog()
        with kolada(served, log=log) as url:
            settings = self.settings(url)
            if part is None:
                run_job(settings, NullProgress(), full=full)
            else:
                materialize(settings, **part)
        warehouse = tables_of(settings.warehouse_file)
        self.played[name] = Night(
            said=said,
            before=previous.said if previous else {},
            run=warehouse["korning"].sort("startad").to_dicts()[-1],
            warehouse=warehouse,
            published=tables_of(settings.published),
            files={
                file.name: file.stat().st_mtime_ns
                for file in (
                    settings.published,
                    settings.draft_report,
                    *sorted(settings.parquet_dir.iterdir()),
                    *sorted(path for path in settings.export_dir.iterdir() if path.is_file()),
                )
            },
            requests=log.entries,
            previous=previous,
        )


def materialize(settings: Settings, *, areas: tuple[str, ...] = (), parts: tuple[str, ...] = ()) -> None:
    prepare_home(settings)
    after = ("lager/matvarde", "lager/jamforelse", "lager/trend", "publicerat/analysdatabas")
    selection = [dg.AssetKey(name.split("/")) for name in ("kolada/katalog", *parts, *after)] if parts else None
    job = build_defs(settings, NullProgress()).resolve_job_def(JOB)
    with dg.DagsterInstance.get() as instance:
        job.execute_in_process(
            instance=instance,
            asset_selection=selection,
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "ops": {"ra": {"config": {"omraden": list(areas), "hel": True}}},
            },
        )


@pytest.fixture(autouse=True, scope="module")
def _environment() -> Iterator[None]:
    """A run sets DAGSTER_HOME for its process."""
    kept = os.environ.copy()
    yield
    os.environ.clear()
    os.environ.update(kept)


NAMES = (
    "1",
    "2",
    "3",
    "3 hel",
    "3 åter",
    "en kommun",
    "en indikator",
    "4",
    "4 igen",
    "4 bekräftad",
    "5",
    "5 igen",
)


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    nights = Nights(tmp_path_factory.mktemp("en-natt") / "data")
    nights.play("1", first_kolada(), told(first_kolada()))
    return nights


@pytest.fixture(scope="module")
def nights(first_night: Nights, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """The whole story."""
    root = tmp_path_factory.mktemp("natter")
    nights = first_night.copied_to(root / "data")

    first = first_kolada()
    said = told(first)
    nights.play("2", first, said)

    lost = (COMES_BACK, STAYS_AWAY)
    third = with_figures(first, REVISED, deleted=[DELETED], gone=lost)
    # Whoever only asks for changes hears nothing of what is gone, nor of the groups that it counted in.
    unheard = {(kpi, year) for kpi, _, year in lost}
    nights.play("3", third, told(third) | {cell: v for cell, v in said.items() if (cell[0], cell[2]) in unheard})
    nights.play("3 hel", third, told(third), full=True)
    back = with_figures(first, REVISED | {COMES_BACK: said[COMES_BACK][0]}, deleted=[DELETED], gone=[STAYS_AWAY])
    said = told(back)
    nights.play("3 åter", back, said)

    # Two partial fetches from a Kolada that has lost nearly everything outside of what is asked for.
    one = with_figures(back, {("U00002", "0461", 2024): 99.0})
    said = said | {("U00002", "0461", 2024): (99.0, 1)}
    nights.play("en kommun", only(one, pl.col("area") == "0461"), said, part={"areas": ("0461",)})
    two = with_figures(one, {("U00001", "0484", 2023): 77.0})
    kontinuitet = KPIS.keys() - {"U00006"}
    said = said | {cell: value for cell, value in told(two).items() if cell[0] in kontinuitet}
    nights.play(
        "en indikator",
        only(two, pl.col("kpi").is_in(kontinuitet)),
        said,
        part={"parts": ("ra/kontinuitet", "validerat/kontinuitet")},
    )

    fourth = with_kpi(two, REUSED, title=OTHER_TITLE)
    fourth = with_kpi(fourth, ENDED, title=ENDED_TITLE)
    fourth = with_kpi(fourth, REDEFINED, description="Nu räknat på annat sätt.")
    without = replace(fourth, kpis=[kpi for kpi in fourth.kpis if kpi["id"] != REMOVED])
    # Another measure altogether, and not of as many years; it is held, also from a whole fetch.
    other_measure = {cell: 1000.0 + cell[2] for cell in told(two) if cell[0] == REUSED}
    fourth = with_figures(without, {**other_measure, (ENDED, "0004", 2024): 5.5}, gone=[(REUSED, "1000", 2022)])
    new = told(fourth)
    held = {cell: value for cell, value in said.items() if cell[0] in (REUSED, REMOVED)}
    nights.play("4", fourth, new | held)
    nights.play("4 igen", fourth, new | held, full=True)
    nights.catalog_dir = confirmed(root)
    nights.play("4 bekräftad", fourth, new)

    fifth = replace(
        fourth, kpis=sorted([*fourth.kpis, *(k for k in two.kpis if k["id"] == REMOVED)], key=lambda k: k["id"])
    )
    fifth = with_kpi(fifth, LATE, publication_date=str(YESTERDAY), publ_period="2025")
    fifth = with_kpi(fifth, "U00001", publication_date=str(YESTERDAY))
    fifth = replace(fifth, groups=[g | redrawn() if g["id"] == "G6" else g for g in fifth.groups])
    nights.play("5", fifth, told(fifth), full=True)
    nights.play("5 igen", fifth, told(fifth))
    assert tuple(nights.played) == NAMES
    return nights


def redrawn() -> dict[str, Any]:
    members = {"1000": "Annan kommun", "0484": "Västby"}
    return {"title": NEW_GROUP_TITLE, "members": [{"member_id": m, "member_title": t} for m, t in members.items()]}


@pytest.fixture(scope="module")
def story(nights: Nights) -> dict[str, Night]:
    return nights.played


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def night(story: dict[str, Night], name: str) -> Night:
    return story[name]


# --- every table, after each night ----------------------------------------------------------------------------------


def test_the_values_are_those_that_kolada_told(night: Night, name: str) -> None:
    def status(cell: Cell, value: float | None) -> str:
        if cell[0] == REMOVED and name in ("4", "4 igen", "4 bekräftad"):
            return "nyckeltal borttaget"
        return "saknas" if value is None else "publicerad"

    def preliminary(cell: Cell) -> bool:
        return cell[0] == "U00001" and cell[2] == 2024 and name not in ("5", "5 igen")

    found = {
        (row["nyckeltal_id"], row["omrade_id"], row["ar"]): (
            (row["varde"], row["antal"]),
            row["status"],
            row["preliminart"],
        )
        for row in night.published["matvarde"].to_dicts()
    }
    assert found == {c: (value, status(c, value[0]), preliminary(c)) for c, value in night.said.items()}
    assert night.published["matvarde"].select("kon", "kalla", "originalvarde", "korrigering").unique().rows() == [
        ("T", "syntetisk", None, None)
    ]


def test_a_value_tells_the_run_that_last_changed_it(night: Night, name: str, story: dict[str, Night]) -> None:
    changed = {cell for cell in night.said if night.said[cell] != night.before.get(cell)}
    old = {by_cell(row): row for row in night.previous.warehouse["matvarde"].to_dicts()} if night.previous else {}
    for row in night.warehouse["matvarde"].to_dicts():
        if by_cell(row) in changed:
            assert row["korning_id"] == night.run["korning_id"]
            # What was held comes in from the raw archive, with the time at which it was fetched.
            waited = name == "4 bekräftad" and row["nyckeltal_id"] == REUSED
            first = story["4 igen"] if waited else night
            assert first.run["startad"] <= row["hamtad"] <= night.run["avslutad"]
        else:
            assert row == old[by_cell(row)]


def by_cell(row: dict[str, Any]) -> Cell:
    return (row["nyckeltal_id"], row["omrade_id"], row["ar"])


def test_the_revisions_are_what_changed_and_nothing_else(night: Night) -> None:
    seen = (
        {by_cell(row) for row in night.previous.warehouse["matvarde_revision"].to_dicts()} if night.previous else set()
    )
    expected: dict[Cell, tuple[str, float | None, float | None]] = {}
    for cell in night.said.keys() | night.before.keys():
        after, before = night.said.get(cell), night.before.get(cell)
        if after == before:
            continue
        if after is None:
            event = "borttagen"
        elif before is not None:
            event = "reviderad"
        else:
            event = "återkommen" if cell in seen else "ny"
        expected[cell] = (event, after[0] if after else None, before[0] if before else None)
    rows = night.new("matvarde_revision")
    assert {by_cell(row): (row["handelse"], row["varde"], row["foregaende_varde"]) for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        assert (row["observerad"], row["korning_id"]) == (night.observed, night.run["korning_id"])
        assert (row["foregaende_status"] is None) == (row["handelse"] in ("ny", "återkommen"))
        assert (row["status"] == "borttagen") == (row["handelse"] == "borttagen")
    counts = {event: sum(row["handelse"] == event for row in rows) for event in ("ny", "reviderad", "borttagen")}
    assert [night.run[column] for column in ("nya", "reviderade", "borttagna")] == list(counts.values())
    assert night.run["aterkomna"] == len(rows) - sum(counts.values())


_WITH_ROWS = {
    *("malomrade", "indikator", "matt", "indikator_matt", "matt_nyckeltal", "nyckeltal", "metod"),
    *("omrade", "huvudman_grupp", "lansdel", "lan"),
}
# The small målbild has no breaks, no targets, no values by gender, nobody publishes there, and nothing is decided.
WITHOUT_ROWS = {
    "konsskillnad",
    *({table.name for table in schema().content} - _WITH_ROWS),
}
# Tables that tell what Kolada's catalogue and the YAML say, and which of them a night may touch.
NEWS = {
    "1": {table.name for table in schema().stored} - {"katalog_handelse", "karantan", "hallet", *WITHOUT_ROWS},
    "4": {"nyckeltal", "nyckeltal_version", "katalog_handelse", "karantan", "hallet"},
    "4 igen": {"hallet"},
    "4 bekräftad": {"nyckeltal", "nyckeltal_version", "hallet"},
    "5": {"nyckeltal", "nyckeltal_version", "katalog_handelse", "omrade", "grupp_medlem"},
}
ANALYSED = {"jamforelse", "konsskillnad", "spridning", "lansdel_varde", "trend", "lan_trend", "mal"}
MOVING = {"matvarde", "matvarde_revision", *ANALYSED, "korning", "hamtlage", "lager_info"}


def test_no_other_table_changes(night: Night, name: str) -> None:
    assert set(night.warehouse) == {table.name for table in schema().stored}
    old = night.previous.warehouse if night.previous else {}
    changed = {table for table, rows in night.warehouse.items() if not rows.equals(old.get(table, rows.clear()))}
    assert changed - MOVING == NEWS.get(name, set()) - MOVING


SIMILAR = {
    **{(kpi, "0461"): "G6" for kpi in ("U00001", "U00002")},
    **{(kpi, "0484"): "G8" for kpi in ("U00001", "U00002")},
    ("N00004", "0004"): "G4",
    ("U00006", "0461"): "G7",
    ("U00006", "0484"): "G9",
    ("U00006", "0004"): "G5",
}


def test_the_comparison_is_of_the_values_and_the_groups_of_that_night(night: Night, name: str) -> None:
    groups = {**GROUPS, "G6": ["0484", "1000"]} if name.startswith("5") else GROUPS
    values = {cell: value for cell, (value, _) in night.said.items() if value is not None}
    expected = {}
    for (kpi, area, year), value in values.items():
        if area == "0000" or area in groups:
            continue
        group = SIMILAR.get((kpi, area))
        peers = (
            [values[kpi, member, year] for member in groups[group] if (kpi, member, year) in values] if group else []
        )
        mean = sum(peers) / len(peers) if peers else None
        expected[kpi, area, year] = (
            value,
            values.get((kpi, "0000", year)),
            mean,
            group if peers else None,
            len(peers) or None,
        )
    columns = ("varde", "riket", "liknande", "liknande_grupp_id", "liknande_antal")
    found = {by_cell(r): tuple(r[column] for column in columns) for r in night.published["jamforelse"].to_dicts()}
    assert found == expected


def test_the_trend_is_of_the_values_of_that_night(night: Night) -> None:
    series: dict[tuple[str, str], list[int]] = {}
    for (kpi, area, year), (value, _) in night.said.items():
        if value is not None:
            series.setdefault((kpi, area), []).append(year)
    columns = ("fran_ar", "till_ar", "antal_ar")
    found = {
        (row["nyckeltal_id"], row["omrade_id"]): tuple(row[column] for column in columns)
        for row in night.published["trend"].to_dicts()
    }
    assert found == {key: (min(years), max(years), len(years)) for key, years in series.items()}


def test_the_journal_tells_the_night(night: Night, name: str, story: dict[str, Night]) -> None:
    partial = name in ("en kommun", "en indikator")
    run = night.run
    assert (run["utfall"], run["felmeddelande"], run["kalla"]) == ("klar", None, "syntetisk")
    assert run["fullstandig"] is not partial
    assert run["hel"] is (partial or name in ("1", "3 hel", "4 igen", "5"))
    assert run["anrop"] == len(night.requests)
    assert run["byte"] == sum(request.size for request in night.requests)
    assert run["karantan"] == 0
    times = [played.observed for played in story.values()]
    assert times == sorted(set(times))
    assert dict(night.warehouse["lager_info"].rows())["kalla"] == "syntetisk"
    so_far = NAMES[: NAMES.index(name) + 1]
    assert night.warehouse["korning"].sort("startad").to_dicts() == [story[n].run for n in so_far]


def test_the_cursor_moves_for_what_was_asked_and_stays_for_the_rest(night: Night, name: str) -> None:
    def cursor(of: Night | None) -> dict[tuple[str, str], tuple[datetime, datetime]]:
        rows = of.warehouse["hamtlage"].to_dicts() if of else []
        return {(row["nyckeltal_id"], row["omrade_id"]): (row["hel"], row["senast"]) for row in rows}

    expected = cursor(night.previous)
    for pair, whole in night.asked().items():
        expected[pair] = (night.run["startad"] if whole else expected[pair][0], night.run["startad"])
    if name == "4":
        # Under its new title nothing has been fetched whole.
        expected = {pair: times for pair, times in expected.items() if pair[0] != REUSED}
    assert cursor(night) == expected


def test_only_what_was_not_fetched_before_is_asked_whole(night: Night, name: str) -> None:
    everything = {(kpi, area) for kpi, area, _ in night.said}
    whole = {
        "1": everything,
        "3 hel": everything,
        "en kommun": {pair for pair in everything if pair[1] == "0461"},
        "en indikator": {pair for pair in everything if pair[0] != "U00006"},
        "4 igen": {pair for pair in everything if pair[0] != REMOVED},
        "5": everything,
    }.get(name, set())
    asked = night.asked()
    assert {pair for pair, all_years in asked.items() if all_years and pair in everything} == whole
    if name.startswith("4"):
        assert set(asked) & everything == {pair for pair in everything if pair[0] != REMOVED}
    elif not name.startswith("en "):
        assert set(asked) >= everything


def test_what_is_published_is_the_warehouse_s_and_only_anew_when_there_is_news(night: Night, name: str) -> None:
    assert set(night.published) == {table.name for table in schema().published}
    for table in schema().published:
        if table.stored and table.published_as is None and table.name != "korning":
            assert_frame_equal(night.published[table.name], night.warehouse[table.name], check_row_order=False)
    if not night.previous:
        return
    changed = {file for file in night.files if night.files[file] != night.previous.files.get(file)}
    if name in ("2", "4 igen", "5 igen"):
        assert changed == set()
        same(night.published, night.previous.published)
    elif name == "en indikator":
        assert changed == {"analys.duckdb"}
    else:
        assert changed == set(night.files)
        assert_frame_equal(night.published["korning"], night.warehouse["korning"])


# --- what each night was about --------------------------------------------------------------------------------------


def test_a_night_without_news_takes_hardly_any_bytes(story: dict[str, Night]) -> None:
    def of_values(night: Night) -> int:
        return sum(request.size for request in night.requests if "/data/" in request.target)

    assert of_values(story["2"]) < of_values(story["1"]) / 50
    assert story["2"].run["rader_hamtade"] == 0
    assert story["2"].new("matvarde_revision") == []


def test_a_change_is_asked_for_from_a_little_before_the_last_fetch(story: dict[str, Night]) -> None:
    since = story["1"].run["startad"].date() - timedelta(days=2)
    assert {re.findall("from_date=([^&]+)", r.target)[0] for r in story["2"].requests if "/data/" in r.target} == {
        str(since)
    }


@pytest.mark.parametrize(
    ("cell", "events"),
    [
        (("U00001", "0484", 2024), [("1", "ny", 10.984, "publicerad"), ("3", "reviderad", 31.5, "publicerad")]),
        (("N00004", "0004", 2023), [("1", "ny", 40.254, "publicerad"), ("3", "reviderad", None, "saknas")]),
        (
            ("U00006", "0000", 2024),
            [
                ("1", "ny", 60.5, "publicerad"),
                ("3", "reviderad", 0.0, "publicerad"),
                ("4 bekräftad", "reviderad", 3024.0, "publicerad"),
            ],
        ),
        (DELETED, [("1", "ny", 21.0, "publicerad"), ("3", "borttagen", None, "borttagen")]),
        (
            COMES_BACK,
            [
                ("1", "ny", 30.461, "publicerad"),
                ("3 hel", "borttagen", None, "borttagen"),
                ("3 åter", "återkommen", 30.461, "publicerad"),
            ],
        ),
        (STAYS_AWAY, [("1", "ny", 60.001, "publicerad"), ("3 hel", "borttagen", None, "borttagen")]),
        ((REMOVED, "0461", 2024), [("1", "ny", 50.961, "publicerad")]),
    ],
    ids=["revised", "missing", "zero", "deleted", "back", "gone", "removed-from-catalogue"],
)
def test_the_history_of_a_value(
    story: dict[str, Night], cell: Cell, events: list[tuple[str, str, float | None, str]]
) -> None:
    runs_of = {night.run["korning_id"]: name for name, night in story.items()}
    rows = [row for row in story["5 igen"].published["matvarde_revision"].to_dicts() if by_cell(row) == cell]
    rows.sort(key=lambda row: row["observerad"])
    assert [(runs_of[r["korning_id"]], r["handelse"], r["varde"], r["status"]) for r in rows] == events


EVENTS: dict[str, list[tuple[str, str, str, str | None, str | None]]] = {
    "4": [
        ("nyckeltal", ENDED, "ny titel", KPIS[ENDED][0], ENDED_TITLE),
        ("nyckeltal", ENDED, "nyckeltal upphört", None, "2024"),
        ("nyckeltal", REDEFINED, "ny definition", "Påhittat nyckeltal för prov.", "Nu räknat på annat sätt."),
        ("nyckeltal", REMOVED, "nyckeltal borttaget", KPIS[REMOVED][0], None),
        ("nyckeltal", REUSED, "ny titel", OLD_TITLE, OTHER_TITLE),
        ("nyckeltal", REUSED, "titel ej bekräftad", OLD_TITLE, OTHER_TITLE),
    ],
    "5": [
        ("grupp", "G6", "grupp ändrad", "Grupp G6 (ovägt medel): 1000", f"{NEW_GROUP_TITLE}: 0484, 1000"),
        # U00001's publication has passed too, but its year has values.
        ("nyckeltal", LATE, "planerad publicering passerad", str(YESTERDAY), "2025"),
        ("nyckeltal", REMOVED, "nyckeltal åter i katalogen", None, KPIS[REMOVED][0]),
    ],
}


def test_each_change_of_the_catalogue_is_one_event(night: Night, name: str) -> None:
    rows = night.new("katalog_handelse")
    found = [(r["objekt"], r["objekt_id"], r["handelse"], r["fore"], r["efter"]) for r in rows]
    assert sorted(found, key=str) == sorted(EVENTS.get(name, []), key=str)
    assert {(row["observerad"], row["korning_id"]) for row in rows} <= {(night.observed, night.run["korning_id"])}


def test_values_under_an_unconfirmed_title_are_held_one_row_per_series(story: dict[str, Night]) -> None:
    series = {(kpi, area) for kpi, area, _ in story["4"].said if kpi == REUSED}
    rows = story["4"].new("karantan")
    held = {(row["nyckeltal_id"], row["omrade_id"]): row for row in rows}
    assert held.keys() == series
    assert len(rows) == len(series)
    years = {pair: sum(cell[:2] == pair for cell in told_of(story["4 bekräftad"])) for pair in series}
    for pair, row in held.items():
        assert (row["antal"], row["ar"], row["kon"]) == (years[pair], None, "T")
        assert json.loads(row["rad"]) == {"titel": OTHER_TITLE}
        assert "inte bekräftad" in row["orsak"]
    # Far more than the share that stops a run, and none of it counts.
    assert sum(row["antal"] for row in rows) > 0.5 * story["4"].run["rader_hamtade"]
    (kpi,) = story["4"].published["nyckeltal"].filter(pl.col("nyckeltal_id") == REUSED).to_dicts()
    assert (kpi["titel"], kpi["obekraftad_titel"]) == (OLD_TITLE, OTHER_TITLE)
    (kpi,) = story["4 bekräftad"].published["nyckeltal"].filter(pl.col("nyckeltal_id") == REUSED).to_dicts()
    assert (kpi["titel"], kpi["obekraftad_titel"]) == (OTHER_TITLE, None)


def confirmed(root: Path) -> Path:
    """A catalogue folder in which OTHER_TITLE is confirmed too."""
    folder = root / "bekraftad"
    shutil.copytree(CATALOG, folder)
    indicators = folder / "indikatorer.yaml"
    title = f'- "{OLD_TITLE}"\n'
    indicators.write_text(indicators.read_text().replace(title, f'{title}      - "{OTHER_TITLE}"\n'))
    return folder


def test_held_values_come_in_from_the_archive_even_when_kolada_has_lost_the_kpi(
    first_night: Nights, tmp_path: Path
) -> None:
    nights = first_night.copied_to(tmp_path / "data")
    first = first_kolada()
    old = {cell: value for cell, value in told(first).items() if cell[0] == REUSED}
    measured = {cell: 1000.0 + cell[2] for cell in old if cell[1] not in GROUPS}
    renamed = with_figures(with_kpi(first, REUSED, title=OTHER_TITLE), measured, gone=[(REUSED, "1000", 2022)])
    nights.play("ny titel", renamed, told(first), full=True)
    # A change that is held too, and only told as a change.
    late = with_figures(renamed, {(REUSED, "0484", 2024): 7.0})
    nights.play("ändrat", late, told(first))
    assert not any(whole for (kpi, _), whole in nights.played["ändrat"].asked().items() if kpi == REUSED)
    assert {c: v for c, v in stored(nights.played["ändrat"]).items() if c[0] == REUSED} == old

    nights.catalog_dir = confirmed(tmp_path)
    lost = replace(late, kpis=[kpi for kpi in late.kpis if kpi["id"] != REUSED])
    nights.play("bekräftad", lost, told(late))
    found = stored(nights.played["bekräftad"])
    # Groups are not told as changed, only what changed itself.
    areas = {c: v for c, v in told(late).items() if c[0] == REUSED and c[1] not in GROUPS}
    assert {c: v for c, v in found.items() if c[0] == REUSED and c[1] not in GROUPS} == areas
    assert nights.played["bekräftad"].warehouse["hallet"].is_empty()


def test_what_was_held_under_a_title_that_kolada_took_back_stays_out(first_night: Nights, tmp_path: Path) -> None:
    nights = first_night.copied_to(tmp_path / "data")
    first = first_kolada()
    wrong = with_figures(with_kpi(first, REUSED, title=OTHER_TITLE), {(REUSED, "0484", 2024): 7.0})
    nights.play("fel titel", wrong, told(first), full=True)
    nights.play("rättad", first, told(first))
    nights.play("därefter", first, told(first))
    assert stored(nights.played["därefter"]) == told(first)
    assert {whole for (kpi, _), whole in nights.played["därefter"].asked().items() if kpi == REUSED} == {True}
    assert nights.played["rättad"].warehouse["hallet"].is_empty()


def stored(night: Night) -> State:
    return {by_cell(row): (row["varde"], row["antal"]) for row in night.warehouse["matvarde"].to_dicts()}


def told_of(night: Night) -> State:
    return {cell: value for cell, value in night.said.items() if cell[0] == REUSED}


def test_a_new_end_marker_is_let_through_with_its_values(story: dict[str, Night]) -> None:
    (kpi,) = story["4"].published["nyckeltal"].filter(pl.col("nyckeltal_id") == ENDED).to_dicts()
    assert (kpi["titel"], kpi["obekraftad_titel"], kpi["upphort_ar"]) == (ENDED_TITLE, None, 2024)
    revisions = {by_cell(row): row["varde"] for row in story["4"].new("matvarde_revision")}
    assert revisions[ENDED, "0004", 2024] == 5.5


def test_a_kpi_that_left_the_catalogue_keeps_its_values_and_may_return(story: dict[str, Night]) -> None:
    def of_kommuner(night: Night) -> pl.DataFrame:
        rows = night.published["matvarde"]
        return rows.filter((pl.col("nyckeltal_id") == REMOVED) & pl.col("omrade_id").is_in(["0461", "0484", "1000"]))

    assert of_kommuner(story["4"]).drop("status").equals(of_kommuner(story["1"]).drop("status"))
    assert set(of_kommuner(story["4"])["status"]) == {"nyckeltal borttaget"}
    assert of_kommuner(story["5"]).equals(of_kommuner(story["1"]))
    kpis = [night.published["nyckeltal"].filter(pl.col("nyckeltal_id") == REMOVED) for night in story.values()]
    assert [kpi["i_katalogen"].item() for kpi in kpis] == [not name.startswith("4") for name in NAMES]


def test_a_group_s_members_are_kept_with_their_time(story: dict[str, Night]) -> None:
    first, fifth = story["1"].observed, story["5"].observed
    rows = (
        story["5 igen"]
        .published["grupp_medlem"]
        .filter(pl.col("grupp_id") == "G6")
        .sort("fran", "omrade_id")
        .to_dicts()
    )
    old = "Grupp G6 (ovägt medel)"
    assert [(row["omrade_id"], row["titel"], row["fran"], row["till"]) for row in rows] == [
        ("1000", old, first, fifth),
        ("0484", NEW_GROUP_TITLE, fifth, None),
        ("1000", NEW_GROUP_TITLE, fifth, None),
    ]


# --- what was known when --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def last(nights: Nights) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database that the last night left."""
    with duckdb.connect(str(nights.data_dir / "analys.duckdb"), read_only=True) as connection:
        yield connection


def as_of(night: Night, last: duckdb.DuckDBPyConnection, macro: str) -> pl.DataFrame:
    return last.sql(f"FROM {macro}($1::TIMESTAMP)", params=[night.observed]).pl()


def test_the_values_as_known_that_night_are_those_published_then(night: Night, last: duckdb.DuckDBPyConnection) -> None:
    published = night.published["matvarde"]
    assert_frame_equal(
        as_of(night, last, "matvarde_per"), published.sort(pl.all()), check_column_order=False, check_row_order=False
    )


def test_the_catalogue_as_known_that_night_is_the_one_published_then(
    night: Night, last: duckdb.DuckDBPyConnection
) -> None:
    known = as_of(night, last, "nyckeltal_per")
    published = night.published["nyckeltal"].join(known, on="nyckeltal_id", suffix="_da", validate="1:1")
    assert published.height == known.height == len(KPIS)
    assert published["i_katalogen"].equals(published["i_katalogen_da"])
    # What is shown of a KPI that is gone or re-used is not what the catalogue says of it.
    shown = published.filter(pl.col("i_katalogen") & pl.col("obekraftad_titel").is_null())
    for column in (
        "titel",
        "beskrivning",
        "niva",
        "konsuppdelat",
        "publiceras",
        "publicering_period",
        "preliminart_publiceras",
    ):
        assert shown[column].equals(shown[f"{column}_da"]), column
    held = published.filter(pl.col("obekraftad_titel").is_not_null())
    assert held["obekraftad_titel"].equals(held["titel_da"])
    versions = night.published["nyckeltal_version"].sort("observerad").unique("nyckeltal_id", write_accepted="last")
    assert_frame_equal(known, versions.select(known.columns), check_row_order=False)


def test_the_groups_as_known_that_night_are_those_published_then(night: Night, last: duckdb.DuckDBPyConnection) -> None:
    known = as_of(night, last, "grupp_medlem_per")
    published = night.published["grupp_medlem"].filter(pl.col("till").is_null())
    assert known.height > 0
    assert_frame_equal(known, published.select(known.columns), check_row_order=False)


def test_nothing_was_known_before_the_first_night(story: dict[str, Night], last: duckdb.DuckDBPyConnection) -> None:
    before = replace(story["1"], run={"observerad": story["1"].observed - timedelta(microseconds=1)})
    for macro in ("matvarde_per", "nyckeltal_per", "grupp_medlem_per"):
        assert as_of(before, last, macro).is_empty()


# --- nights that end half-way, and a clock that goes back -----------------------------------------------------------


@pytest.fixture
def after_one(first_night: Nights, tmp_path: Path) -> Nights:
    """A data dir of one's own, after one night."""
    return first_night.copied_to(tmp_path / "data")


def revised() -> Dataset:
    return with_figures(first_kolada(), REVISED)


def test_nights_that_break_off_store_nothing_and_the_next_one_is_whole(after_one: Nights) -> None:
    before = after_one.played["1"]
    with kolada(revised(), Fault("/data/kpi/N00004/", "status", times=None)) as url:
        settings = after_one.settings(url)
        with pytest.raises(SourceError, match="status 503"):
            run_job(settings, NullProgress())
    # Neither values nor catalogue nor cursor.
    same(tables_of(settings.warehouse_file), before.warehouse, but=["korning"])
    same(tables_of(settings.published), before.published)

    with kolada(revised()) as url:
        settings = after_one.settings(url)
        # The last write of the transaction fails, when all values are merged.
        with full_disk(settings.warehouse_file), pytest.raises(duckdb.ConstraintException):
            run_job(settings, NullProgress())
    same(tables_of(settings.warehouse_file), before.warehouse, but=["korning"])
    same(tables_of(settings.published), before.published)

    after_one.play("nästa", revised(), told(revised()))
    night = after_one.played["nästa"]
    assert {by_cell(row): (row["varde"], row["antal"]) for row in night.published["matvarde"].to_dicts()} == night.said
    assert {by_cell(row): row["handelse"] for row in night.new("matvarde_revision")} == {
        cell: "reviderad" for cell, value in night.said.items() if value != night.before[cell]
    }
    journal = night.published["korning"].sort("startad")
    assert journal["utfall"].to_list() == ["klar", "misslyckad", "misslyckad", "klar"]
    assert ["503" in (text or "") for text in journal["felmeddelande"]] == [False, True, False, False]


@contextmanager
def full_disk(warehouse: Path) -> Iterator[None]:
    """Stands for one: while it lasts, the cursor's table takes no time that is later than those it has."""
    with FileWarehouse(warehouse).open() as connection:
        (latest,) = connection.sql("SELECT max(senast) FROM hamtlage").fetchall()[0]
        rebuild_cursor(connection, f", CHECK (senast <= TIMESTAMP '{latest}')")
    try:
        yield
    finally:
        with FileWarehouse(warehouse).open() as connection:
            rebuild_cursor(connection, "")


def rebuild_cursor(connection: duckdb.DuckDBPyConnection, constraint: str) -> None:
    connection.execute("CREATE TEMP TABLE kopia AS FROM hamtlage")
    connection.execute("DROP TABLE hamtlage")
    connection.execute(f"{schema().tables['hamtlage'].ddl().removesuffix(')')}{constraint})")
    connection.execute("INSERT INTO hamtlage FROM kopia")


def test_a_publication_that_breaks_off_is_made_up_for(after_one: Nights) -> None:
    before = after_one.played["1"]
    with kolada(revised()) as url:
        settings = after_one.settings(url)
        in_the_way = settings.published.with_suffix(".duckdb.tmp")
        in_the_way.mkdir()
        with pytest.raises(OSError, match=re.escape(in_the_way.name)):
            run_job(settings, NullProgress())
        same(tables_of(settings.published), before.published)
        in_the_way.rmdir()
        # Nothing is new to the warehouse, but everything to the readers.
        run_job(settings, NullProgress())
    found = tables_of(settings.published)["matvarde"].to_dicts()
    assert {by_cell(row): (row["varde"], row["antal"]) for row in found} == told(revised())


def test_a_clock_that_goes_back_does_not_turn_history_round(after_one: Nights, tmp_path: Path) -> None:
    settings, first = after_one.settings("http://127.0.0.1"), after_one.played["1"]
    cell = ("U00001", "0484", 2024)
    archive = RawArchive(settings.raw_dir)
    files = archive.files(first.run["korning_id"])
    fetch = Fetch.decoded(files[FETCH_FILE])
    here = (pl.col("nyckeltal_id") == cell[0]) & (pl.col("omrade_id") == cell[1]) & (pl.col("ar") == cell[2])
    came = screen_fetch(archive, fetch, TODAY.year)
    wrong = replace(came, accepted=came.accepted.with_columns(varde=pl.when(here).then(31.5).otherwise("varde")))
    accepted, refused = write_accepted(tmp_path, [wrong])
    brought = RunInput(
        run_id="klockan tillbaka",
        source="syntetisk",
        started=first.observed - timedelta(days=400),
        catalog=load_catalog(CATALOG),
        catalogue=Catalogue.decoded(files[CATALOGUE_FILE]),
        fetch=fetch,
        accepted=accepted,
        refused=refused,
    )
    with warehouse_of(settings).open() as connection:
        journal.start_run(connection, brought.run_id, started=brought.started, version="0", dagster_id="0")
        changes = load_run(connection, brought, archive, refused_share=0)
    assert (changes.revised, changes.total) == (1, 1)
    after = tables_of(settings.warehouse_file)
    rows = sorted(
        (r for r in after["matvarde_revision"].to_dicts() if by_cell(r) == cell), key=lambda r: r["observerad"]
    )
    assert [row["varde"] for row in rows] == [first.said[cell][0], 31.5]
    assert rows[1]["observerad"] > first.observed
    assert after["korning"].sort("startad")["observerad"].to_list() == [rows[1]["observerad"], first.observed]
