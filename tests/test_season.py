"""A season of nights on one data dir, played once: every table after each night, what was known when, what was said.

The nights and what Kolada served in each are in `season`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.assets.resource import OUTCOME
from pipelines.catalog.load import load_catalog
from pipelines.errors import RefusedDataError, SourceError
from pipelines.kolada.archive import CATALOGUE_FILE, FETCH_FILE, RawArchive
from pipelines.kolada.catalogue import Catalogue
from pipelines.kolada.fetch import Fetch
from pipelines.runner import prepare_home
from pipelines.standin.dataset import Dataset
from pipelines.validation.accepted import write_accepted
from pipelines.validation.answers import screen_fetch
from pipelines.validation.bounds import bounds
from pipelines.warehouse import journal
from pipelines.warehouse.history import rebuild_as_of
from pipelines.warehouse.intake import RunInput, load_run
from pipelines.warehouse.location import warehouse_of
from pipelines.warehouse.rebuild import rebuild
from pipelines.warehouse.schema import schema
from pipelines.warehouse.store import FileWarehouse
from tests import season as play
from tests.season import (
    DELETED,
    ENDED,
    ENDED_TITLE,
    LATE,
    LOST,
    NEW_GROUP_TITLE,
    NIGHTS,
    NOTHING_PUBLISHED,
    NOTHING_STORED,
    OLD_TITLE,
    OTHER_TITLE,
    PARTIAL,
    QUIET,
    REDEFINED,
    REDRAWN,
    REMOVED,
    RETURNING,
    REUSED,
    TODAY,
    WHOLE,
    YESTERDAY,
    Cell,
    Night,
    Season,
    Tables,
    by_cell,
    of_kpi,
    state,
    tables_of,
    values_of,
)
from tests.small import CATALOG, GROUPS, KPIS, malbild

pytestmark = pytest.mark.lang

STOPPED = {"stopped", "stopped again"}
STORED = [name for name in NIGHTS if name not in NOTHING_STORED]
PUBLISHED = [name for name in NIGHTS if name not in NOTHING_PUBLISHED]
every_night = pytest.mark.parametrize("name", NIGHTS)
every_stored_night = pytest.mark.parametrize("name", STORED)
every_published_night = pytest.mark.parametrize("name", PUBLISHED)


@pytest.fixture
def night(season: Season, name: str) -> Night:
    return season.nights[name]


@pytest.fixture(scope="module")
def after_first(season: Season) -> Night:
    return season.nights["first"]


def assert_same(left: Tables, right: Tables, but: Collection[str] = ()) -> None:
    assert left.keys() == right.keys()
    for name in left.keys() - set(but):
        assert_frame_equal(left[name], right[name])


# --- every table, after each night ----------------------------------------------------------------------------------


@every_stored_night
def test_the_values_are_those_that_kolada_served(night: Night) -> None:
    assert values_of(night.warehouse) == night.state
    assert night.warehouse["matvarde"].select("kon", "kalla", "originalvarde", "korrigering").unique().rows() == [
        ("T", "syntetisk", None, None)
    ]


@every_published_night
def test_the_published_values_are_the_stored_ones_with_the_catalogue_s_words(night: Night, name: str) -> None:
    removed = REMOVED not in {kpi["id"] for kpi in night.served.kpis}
    final = name in ("new year", "end")
    rows = night.published["matvarde"].to_dicts()
    assert values_of(night.published) == night.state
    for row in rows:
        word = "saknas" if row["varde"] is None else "publicerad"
        assert row["status"] == ("nyckeltal borttaget" if removed and row["nyckeltal_id"] == REMOVED else word)
        assert row["preliminart"] == (row["nyckeltal_id"] == "U00001" and row["ar"] == 2024 and not final)


@every_stored_night
def test_a_value_has_the_run_that_last_changed_it(night: Night, name: str, season: Season) -> None:
    changed = {cell for cell in night.state if night.state[cell] != night.before.get(cell)}
    old = {by_cell(row): row for row in night.previous.warehouse["matvarde"].to_dicts()} if night.previous else {}
    for row in night.warehouse["matvarde"].to_dicts():
        if by_cell(row) in changed:
            assert row["korning_id"] == night.run["korning_id"]
            # What was held comes in from the raw archive, with the time at which it was fetched.
            waited = name == "confirmed" and row["nyckeltal_id"] == REUSED
            first = season.nights["renamed whole"] if waited else night
            assert first.run["startad"] <= row["hamtad"] <= night.run["avslutad"]
        else:
            assert row == old[by_cell(row)]


@every_stored_night
def test_the_revisions_are_what_changed_and_nothing_else(night: Night) -> None:
    revisions = night.previous.warehouse["matvarde_revision"].to_dicts() if night.previous else []
    known = {by_cell(row) for row in revisions}
    expected: dict[Cell, tuple[str, float | None, float | None]] = {}
    for cell in night.state.keys() | night.before.keys():
        after, before = night.state.get(cell), night.before.get(cell)
        if after == before:
            continue
        if after is None:
            event = "borttagen"
        elif before is not None:
            event = "reviderad"
        else:
            event = "återkommen" if cell in known else "ny"
        expected[cell] = (event, after[0] if after else None, before[0] if before else None)
    rows = night.new_rows("matvarde_revision")
    assert {by_cell(row): (row["handelse"], row["varde"], row["foregaende_varde"]) for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        assert (row["observerad"], row["korning_id"]) == (night.observed, night.run["korning_id"])
        assert (row["foregaende_status"] is None) == (row["handelse"] in ("ny", "återkommen"))
        assert (row["status"] == "borttagen") == (row["handelse"] == "borttagen")
    events = [row["handelse"] for row in rows]
    columns = {"nya": "ny", "reviderade": "reviderad", "borttagna": "borttagen", "aterkomna": "återkommen"}
    assert {column: night.run[column] for column in columns} == {c: events.count(word) for c, word in columns.items()}


_WITH_ROWS = {
    *("malomrade", "indikator", "matt", "indikator_matt", "matt_nyckeltal", "nyckeltal", "metod"),
    *("omrade", "huvudman_grupp", "lansdel", "lan"),
}
# The small målbild has no breaks, no targets, no values by gender, nobody publishes there, and nothing is decided,
# expected or answered.
WITHOUT_ROWS = {
    "konsskillnad",
    "svar",
    "forvantan",
    "titt",
    "periodvarde_revision",
    *({table.name for table in schema().content} - _WITH_ROWS),
}
# Tables with what Kolada's catalogue and the YAML say, and which of them a night may touch.
CHANGED_TABLES = {
    "first": {table.name for table in schema().stored} - {"katalog_handelse", "karantan", "hallet", *WITHOUT_ROWS},
    "renamed": {"nyckeltal", "nyckeltal_version", "katalog_handelse", "karantan", "hallet"},
    "renamed whole": {"hallet"},
    "confirmed": {"nyckeltal", "nyckeltal_version", "hallet"},
    "new year": {"nyckeltal", "nyckeltal_version", "katalog_handelse", "omrade", "grupp_medlem"},
}
ANALYSED = {table.name for table in schema().stored if table.own_processing and table.known_at() is None}
MOVING = {"matvarde", "matvarde_revision", *ANALYSED, "korning", "hamtlage", "lager_info"}


@every_stored_night
def test_no_other_table_changes(night: Night, name: str) -> None:
    assert set(night.warehouse) == {table.name for table in schema().stored}
    old = night.previous.warehouse if night.previous else {}
    changed = {table for table, rows in night.warehouse.items() if not rows.equals(old.get(table, rows.clear()))}
    assert changed - MOVING == CHANGED_TABLES.get(name, set()) - MOVING


@pytest.mark.parametrize("name", sorted(NOTHING_STORED))
def test_a_night_that_broke_off_stores_neither_values_nor_catalogue_nor_cursor(night: Night) -> None:
    assert night.previous
    assert_same(night.warehouse, night.previous.warehouse, but=["korning"])


SIMILAR = {
    **{(kpi, "0461"): "G6" for kpi in ("U00001", "U00002")},
    **{(kpi, "0484"): "G8" for kpi in ("U00001", "U00002")},
    ("N00004", "0004"): "G4",
    ("U00006", "0461"): "G7",
    ("U00006", "0484"): "G9",
    ("U00006", "0004"): "G5",
}


@every_published_night
def test_the_comparison_is_of_the_values_and_the_groups_of_that_night(night: Night, name: str) -> None:
    groups = {**GROUPS, "G6": [*REDRAWN]} if name in ("new year", "end") else GROUPS
    values = {cell: value for cell, (value, _) in night.state.items() if value is not None}
    expected = {}
    for (kpi, area, year), value in values.items():
        if area == "0000" or area in groups:
            continue
        group = SIMILAR.get((kpi, area))
        members = groups[group] if group else []
        peers = [values[kpi, member, year] for member in members if (kpi, member, year) in values]
        mean = sum(peers) / len(peers) if peers else None
        riket = values.get((kpi, "0000", year))
        expected[kpi, area, year] = (value, riket, mean, group if peers else None, len(peers) or None)
    columns = ("varde", "riket", "liknande", "liknande_grupp_id", "liknande_antal")
    rows = night.published["jamforelse"].to_dicts()
    assert {by_cell(row): tuple(row[column] for column in columns) for row in rows} == expected


@every_published_night
def test_the_trend_is_of_the_values_of_that_night(night: Night) -> None:
    series: dict[tuple[str, str], list[int]] = {}
    for (kpi, area, year), (value, _) in night.state.items():
        if value is not None:
            series.setdefault((kpi, area), []).append(year)
    # Years in which at least half as many areas of the kind have a value as in the best.
    counts = Counter((kpi, kind_of(area), year) for (kpi, area), years in series.items() for year in years)
    best = {key: max(n for (*other, _), n in counts.items() if tuple(other) == key) for key in {k[:2] for k in counts}}
    expected = []
    for (kpi, area), years in series.items():
        kind = (kpi, kind_of(area))
        if counted := [year for year in years if 2 * counts[*kind, year] >= best[kind]]:
            expected.append((kpi, area, min(counted), max(counted), len(counted)))
    rows = night.published["trend"].select("nyckeltal_id", "omrade_id", "fran_ar", "till_ar", "antal_ar").rows()
    assert sorted(rows) == sorted(expected)


def kind_of(area: str) -> str:
    if area == "0000":
        return "riket"
    if area.startswith("G"):
        return "grupp"
    return "region" if area.startswith("00") else "kommun"


@every_night
def test_the_journal_has_the_night(night: Night, name: str, season: Season) -> None:
    run = night.run
    failed = name in NOTHING_PUBLISHED
    assert (run["utfall"], run["felmeddelande"] is None) == ("misslyckad" if failed else "klar", not failed)
    earlier = [season.nights[n].run for n in NIGHTS[: NIGHTS.index(name) + 1]]
    assert night.warehouse["korning"].sort("startad").to_dicts() == earlier
    if name in NOTHING_STORED:
        return
    assert run["kalla"] == "syntetisk"
    assert run["fullstandig"] is (name not in PARTIAL)
    assert run["hel"] is (name in WHOLE | PARTIAL)
    assert run["anrop"] == len(night.requests)
    assert run["byte"] == sum(request.size for request in night.requests)
    assert run["karantan"] == 0


def test_each_night_is_observed_later_than_all_before_it(season: Season) -> None:
    times = [season.nights[name].observed for name in STORED]
    assert times == sorted(set(times))


@every_night
def test_the_cursor_moves_for_what_was_stored_and_stays_for_the_rest(night: Night, name: str) -> None:
    def cursor(night: Night | None) -> dict[tuple[str, str], tuple[datetime, datetime]]:
        rows = night.warehouse["hamtlage"].to_dicts() if night else []
        return {(row["nyckeltal_id"], row["omrade_id"]): (row["hel"], row["senast"]) for row in rows}

    expected = cursor(night.previous)
    for pair, whole in night.asked().items() if name in STORED else ():
        expected[pair] = (night.run["startad"] if whole else expected[pair][0], night.run["startad"])
    if name == "renamed":
        # Under its new title nothing has been fetched whole.
        expected = {pair: times for pair, times in expected.items() if pair[0] != REUSED}
    if name in STOPPED:
        # Kolada need not say that it has put right what was stopped.
        expected = {pair: times for pair, times in expected.items() if pair[0] == REMOVED}
    assert cursor(night) == expected


@every_stored_night
def test_only_what_was_not_fetched_before_is_asked_whole(night: Night, name: str) -> None:
    listed = {kpi["id"] for kpi in night.served.kpis}
    everything = {(kpi, area) for kpi, area, _ in night.state if kpi in listed}
    if name == "one kommun":
        whole = {pair for pair in everything if pair[1] == "0461"}
    elif name == "one indicator":
        whole = {pair for pair in everything if pair[0] != "U00006"}
    else:
        whole = everything if name in WHOLE else set()
    asked = night.asked()
    assert {pair for pair, all_years in asked.items() if all_years and pair in everything} == whole
    if name not in PARTIAL:
        assert set(asked) >= everything
        assert not {kpi for kpi, _ in asked} - listed


@every_night
def test_what_is_published_is_anew_only_when_there_is_news(night: Night, name: str) -> None:
    if name in QUIET | NOTHING_PUBLISHED:
        assert night.previous
        assert night.changed_files() == set()
        assert_same(night.published, night.previous.published)
    else:
        assert night.changed_files() == set(night.files)
        assert_frame_equal(night.published["korning"], night.warehouse["korning"])


@every_published_night
def test_the_published_tables_are_the_warehouse_s(night: Night) -> None:
    prepared = {view.name for view in schema().views.values() if view.prepared}
    assert set(night.published) == {table.name for table in schema().published} | prepared | {"bred"}
    for table in schema().published:
        if table.stored and table.published_as is None and table.name != "korning":
            assert_frame_equal(night.published[table.name], night.warehouse[table.name], check_row_order=False)


# --- what each night was about --------------------------------------------------------------------------------------


def test_a_night_without_news_takes_hardly_any_bytes(season: Season) -> None:
    first, quiet = (
        sum(request.size for request in season.nights[name].requests if "/data/" in request.target)
        for name in ("first", "quiet")
    )
    assert quiet < first / 50
    assert season.nights["quiet"].run["rader_hamtade"] == 0


def test_a_change_is_asked_for_from_a_little_before_the_last_fetch(season: Season) -> None:
    since = season.nights["first"].run["startad"].date() - timedelta(days=2)
    targets = [request.target for request in season.nights["quiet"].requests if "/data/" in request.target]
    assert {re.findall("from_date=([^&]+)", target)[0] for target in targets} == {str(since)}


@pytest.mark.parametrize(
    ("cell", "events"),
    [
        (("U00001", "0484", 2024), [("first", "ny", 10.984), ("revised", "reviderad", 31.5)]),
        (("N00004", "0004", 2023), [("first", "ny", 40.254), ("revised", "reviderad", None)]),
        (
            ("U00006", "0000", 2024),
            [("first", "ny", 60.5), ("revised", "reviderad", 0.0), ("confirmed", "reviderad", 3024.0)],
        ),
        (DELETED, [("first", "ny", 21.0), ("revised", "borttagen", None)]),
        (
            RETURNING,
            [("first", "ny", 30.461), ("whole", "borttagen", None), ("not published", "återkommen", 30.461)],
        ),
        (LOST, [("first", "ny", 60.001), ("whole", "borttagen", None)]),
        ((REMOVED, "0461", 2024), [("first", "ny", 50.961)]),
    ],
    ids=["revised", "missing", "zero", "deleted", "returned", "lost", "removed from the catalogue"],
)
def test_the_history_of_a_value(season: Season, cell: Cell, events: list[tuple[str, str, float | None]]) -> None:
    names = {night.run["korning_id"]: name for name, night in season.nights.items()}
    rows = [row for row in season.nights["end"].published["matvarde_revision"].to_dicts() if by_cell(row) == cell]
    history = [
        (names[row["korning_id"]], row["handelse"], row["varde"])
        for row in sorted(rows, key=lambda row: row["observerad"])
    ]
    # In one night every value of the catalogue's KPIs was revised.
    assert [event for event in history if event[0] != "stopped"] == events


EVENTS: dict[str, list[tuple[str, str, str, str | None, str | None]]] = {
    "renamed": [
        ("nyckeltal", ENDED, "ny titel", KPIS[ENDED][0], ENDED_TITLE),
        ("nyckeltal", ENDED, "nyckeltal upphört", None, "2024"),
        (
            "nyckeltal",
            REDEFINED,
            "ny definition",
            "Påhittat nyckeltal för prov. Källa: provens egna värden.",
            "Nu räknat på annat sätt.",
        ),
        ("nyckeltal", REMOVED, "nyckeltal borttaget", KPIS[REMOVED][0], None),
        ("nyckeltal", REUSED, "ny titel", OLD_TITLE, OTHER_TITLE),
        ("nyckeltal", REUSED, "titel ej bekräftad", OLD_TITLE, OTHER_TITLE),
    ],
    "new year": [
        ("grupp", "G6", "grupp ändrad", "Grupp G6 (ovägt medel): 1000", f"{NEW_GROUP_TITLE}: 0484, 1000"),
        # U00001's publication has passed too, but its year has values.
        ("nyckeltal", LATE, "planerad publicering passerad", str(YESTERDAY), "2025"),
        ("nyckeltal", REMOVED, "nyckeltal åter i katalogen", None, KPIS[REMOVED][0]),
    ],
}


@every_stored_night
def test_each_change_of_the_catalogue_is_one_event(night: Night, name: str) -> None:
    rows = night.new_rows("katalog_handelse")
    events = [(row["objekt"], row["objekt_id"], row["handelse"], row["fore"], row["efter"]) for row in rows]
    assert sorted(events, key=str) == sorted(EVENTS.get(name, []), key=str)
    assert {(row["observerad"], row["korning_id"]) for row in rows} <= {(night.observed, night.run["korning_id"])}


def test_values_under_an_unconfirmed_title_are_held_one_row_per_series(season: Season) -> None:
    renamed = season.nights["renamed"]
    rows = renamed.new_rows("karantan")
    held = {(row["nyckeltal_id"], row["omrade_id"]): row for row in rows}
    assert held.keys() == {(kpi, area) for kpi, area, _ in of_kpi(renamed.state, REUSED)}
    assert len(rows) == len(held)
    served = of_kpi(season.nights["confirmed"].state, REUSED)
    for pair, row in held.items():
        assert (row["antal_varden"], row["ar"], row["kon"]) == (sum(cell[:2] == pair for cell in served), None, "T")
        assert json.loads(row["rad"]) == {"titel": OTHER_TITLE}
        assert "inte bekräftad" in row["orsak"]
    # Far more than the share that stops a run, and none of it counts.
    assert sum(row["antal_varden"] for row in rows) > 0.5 * renamed.run["rader_hamtade"]


def kpi_row(night: Night, kpi: str) -> dict[str, object]:
    (row,) = night.published["nyckeltal"].filter(pl.col("nyckeltal_id") == kpi).to_dicts()
    return row


@pytest.mark.parametrize(
    ("name", "kpi", "expected"),
    [
        ("renamed", REUSED, {"titel": OLD_TITLE, "obekraftad_titel": OTHER_TITLE}),
        ("confirmed", REUSED, {"titel": OTHER_TITLE, "obekraftad_titel": None}),
        ("renamed", ENDED, {"titel": ENDED_TITLE, "obekraftad_titel": None, "upphort_ar": 2024}),
    ],
)
def test_a_title_is_used_once_it_is_confirmed(night: Night, kpi: str, expected: dict[str, object]) -> None:
    row = kpi_row(night, kpi)
    assert {column: row[column] for column in expected} == expected


def test_a_new_end_marker_is_let_through_with_its_values(season: Season) -> None:
    revisions = {by_cell(row): row["varde"] for row in season.nights["renamed"].new_rows("matvarde_revision")}
    assert revisions[ENDED, "0004", 2024] == 5.5


@every_night
def test_a_kpi_that_left_the_catalogue_keeps_its_values_and_may_return(night: Night, after_first: Night) -> None:
    def of_kommuner(night: Night) -> pl.DataFrame:
        rows = night.published["matvarde"].filter(pl.col("nyckeltal_id") == REMOVED)
        return rows.filter(pl.col("omrade_id").is_in(["0461", "0484", "1000"]))

    assert of_kommuner(night).drop("status").equals(of_kommuner(after_first).drop("status"))
    listed = kpi_row(night, REMOVED)["i_katalogen"]
    assert set(of_kommuner(night)["status"]) == {"publicerad" if listed else "nyckeltal borttaget"}


def test_a_group_s_members_are_kept_with_their_time(season: Season) -> None:
    first, redrawn = season.nights["first"].observed, season.nights["new year"].observed
    members = season.nights["end"].published["grupp_medlem"].filter(pl.col("grupp_id") == "G6")
    rows = members.sort("fran", "omrade_id").select("omrade_id", "titel", "fran", "till").rows()
    assert rows == [
        ("1000", "Grupp G6 (ovägt medel)", first, redrawn),
        ("0484", NEW_GROUP_TITLE, redrawn, None),
        ("1000", NEW_GROUP_TITLE, redrawn, None),
    ]


# --- what was said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("unreachable", SourceError, "ConnectError"),
        ("cut off", SourceError, "status 503"),
        ("disk full", duckdb.ConstraintException, "senast"),
        ("not published", OSError, "No space left"),
        ("stopped", RefusedDataError, "storlek: Mer än 20 % av värdena har ändrats på en gång i"),
        # Nothing new was fetched, but it was never published either.
        ("stopped again", RefusedDataError, "storlek"),
    ],
)
def test_a_night_ends_with_the_error_that_stopped_it(night: Night, kind: type[BaseException], words: str) -> None:
    assert isinstance(night.error, kind)
    assert words in str(night.error)
    assert words in night.run["felmeddelande"]
    assert "\n" not in night.run["felmeddelande"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_other_nights_end_well(night: Night) -> None:
    assert night.error is None


@pytest.mark.parametrize("name", ["first", "quiet", "unreachable again", "stopped again", "renamed whole"])
def test_nobody_is_notified_of_no_news_or_twice(night: Night) -> None:
    assert night.messages == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unreachable", "*malbild: körningen misslyckades (syntetiska uppgifter)*"),
        ("unreachable", "http://127.0.0.1:9/v3"),
        ("unreachable", "Läsarna ser fortfarande databasen"),
        ("revised", "körningen fungerar igen"),
        ("stopped", "en kontroll stoppade publiceringen"),
        ("approved", "körningen fungerar igen"),
        ("renamed", "N00004), Vårdtillfällen: nyckeltal upphört"),
        # The channel was down in the night of the new year: the next one delivers.
        ("end", "*malbild: nya uppgifter för "),
        ("end", "Ny fråga, andel (%) (U00002), nytt år 2025, 2 huvudmän"),
    ],
)
def test_whoever_is_to_know_is_notified(night: Night, words: str) -> None:
    assert any(words in message for message in night.messages), night.messages


def test_a_channel_that_is_down_fails_no_night_and_is_in_the_log(season: Season) -> None:
    logs = "".join(file.read_text() for file in (season.data_dir / "logg").iterdir())
    assert "webhook could not be reached (127.0.0.1 answered 503) → tried again after the next run" in logs


def test_what_a_person_approved_is_said(season: Season) -> None:
    warnings = season.nights["approved"].warnings
    assert any(line.startswith("storlek: Godkänt av den som startade körningen") for line in warnings)


@pytest.fixture(scope="module")
def dagster(season: Season) -> Iterator[dg.DagsterInstance]:
    with play.environment():
        prepare_home(season.settings("http://127.0.0.1"))
        with dg.DagsterInstance.get() as instance:
            yield instance


def test_dagster_shows_how_each_run_ended(dagster: dg.DagsterInstance) -> None:
    words = dict(zip(NIGHTS, [run.tags[OUTCOME] for run in dagster.get_runs()[::-1]], strict=True))
    kolada, machine, stopped = (
        ("unreachable", "unreachable again", "cut off"),
        ("disk full", "not published"),
        "stoppad",
    )
    expected = dict.fromkeys(kolada, "Kolada onåbar") | dict.fromkeys(machine, "misslyckad")
    expected |= dict.fromkeys(("stopped", "stopped again"), stopped)
    assert words == {name: expected.get(name, "klar") for name in NIGHTS}


def test_dagster_shows_the_check_that_stopped_a_night(dagster: dg.DagsterInstance) -> None:
    run = dagster.get_runs()[::-1][NIGHTS.index("stopped")]
    events = [record.dagster_event for record in dagster.all_logs(run.run_id) if record.dagster_event]
    evaluations = [e.asset_check_evaluation_data for e in events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    failed = [e for e in evaluations if e.blocking and not e.passed and e.severity is dg.AssetCheckSeverity.ERROR]
    assert {e.check_name for e in failed} == {"storlek", "rimlighet"}
    assert all("Stämmer det: kör malbild run --godkann en gång" in str(e.description) for e in failed)
    materialized = {e.asset_key.to_user_string() for e in events if e.is_step_materialization and e.asset_key}
    assert "lager/matvarde" in materialized
    assert not {key for key in materialized if key.startswith("publicerat/")} | materialized & {"lager/trend"}


# --- what was known when --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def last(season: Season) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database that the last night left."""
    with duckdb.connect(str(season.data_dir / "analys.duckdb"), read_only=True) as connection:
        yield connection


def as_of(time: datetime, last: duckdb.DuckDBPyConnection, macro: str) -> pl.DataFrame:
    return last.sql(f"FROM {macro}($1::TIMESTAMP)", params=[time]).pl()


# Of the last night, which brought nothing, the published database knows nothing.
every_known_night = pytest.mark.parametrize("name", [name for name in PUBLISHED if name != "end"])


@every_known_night
def test_the_values_as_known_that_night_are_those_published_then(night: Night, last: duckdb.DuckDBPyConnection) -> None:
    known = as_of(night.observed, last, "matvarde_per")
    assert_frame_equal(known, night.published["matvarde"], check_column_order=False, check_row_order=False)


@every_known_night
def test_the_catalogue_as_known_that_night_is_the_one_published_then(
    night: Night, last: duckdb.DuckDBPyConnection
) -> None:
    known = as_of(night.observed, last, "nyckeltal_per")
    both = night.published["nyckeltal"].join(known, on="nyckeltal_id", suffix="_da", validate="1:1")
    assert both.height == known.height == len(KPIS)
    assert both["i_katalogen"].equals(both["i_katalogen_da"])
    # What is shown of a KPI that is gone or re-used is not what the catalogue says of it.
    shown = both.filter(pl.col("i_katalogen") & pl.col("obekraftad_titel").is_null())
    fields = ("titel", "beskrivning", "niva", "konsuppdelat", "publiceras", "publicering_period")
    for column in (*fields, "preliminart_publiceras"):
        assert shown[column].equals(shown[f"{column}_da"]), column
    held = both.filter(pl.col("obekraftad_titel").is_not_null())
    assert held["obekraftad_titel"].equals(held["titel_da"])


@every_known_night
def test_the_groups_as_known_that_night_are_those_published_then(night: Night, last: duckdb.DuckDBPyConnection) -> None:
    known = as_of(night.observed, last, "grupp_medlem_per")
    published = night.published["grupp_medlem"].filter(pl.col("till").is_null())
    assert known.height > 0
    assert_frame_equal(known, published.select(known.columns), check_row_order=False)


@pytest.mark.parametrize("macro", ["matvarde_per", "nyckeltal_per", "grupp_medlem_per"])
def test_of_a_time_before_the_first_night_and_of_tomorrow_there_is_a_reason(
    macro: str, after_first: Night, last: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(duckdb.Error, match="före den första körningen"):
        as_of(after_first.observed - timedelta(microseconds=1), last, macro)
    with pytest.raises(duckdb.Error, match="efter den senaste körningen"):
        as_of(datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1), last, macro)


# On the last night nothing was published: the database knows nothing of it.
@pytest.mark.parametrize("name", ["first", "whole", "approved", "new year"])
def test_a_database_as_of_that_night_has_the_values_and_the_analysis_of_then(
    night: Night, season: Season, tmp_path: Path
) -> None:
    then = tables_of(rebuild_as_of(season.data_dir / "analys.duckdb", tmp_path / "da.duckdb", night.observed))
    for table in ("matvarde", "jamforelse", "trend", "matvarde_revision"):
        columns = night.published[table].columns
        assert_frame_equal(then[table].select(columns), night.published[table], check_row_order=False)
    assert then["korning"]["korning_id"].max() == night.run["korning_id"]


@pytest.fixture(scope="module")
def rebuilt(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the data dir whose warehouse was made again from the raw archive, in the smallest chunks."""
    copy = season.copy_to(tmp_path_factory.mktemp("aterskapat") / "data").data_dir
    done = rebuild(RawArchive(copy / "ra"), FileWarehouse(copy / "lager.duckdb"), chunk_size=1)
    assert (done.replayed, done.without_data) == (len(STORED), len(NOTHING_STORED))
    return copy


def test_the_warehouse_comes_out_of_the_raw_archive_row_for_row(season: Season, rebuilt: Path) -> None:
    before, after = tables_of(season.data_dir / "lager.duckdb"), tables_of(rebuilt / "lager.duckdb")
    # The archive does not know what was published: the next run publishes again.
    archived_rows = ~pl.col("nyckel").is_in(["lagrat", "publicerat"])
    before["lager_info"] = before["lager_info"].filter(archived_rows)
    after["lager_info"] = after["lager_info"].filter(archived_rows)
    assert_same(before, after, but=["korning", *ANALYSED])
    assert_frame_equal(tables_of(rebuilt / "lager.duckdb.gammal")["matvarde"], before["matvarde"])


def test_a_report_as_of_a_day_takes_the_draft_s_place_only_until_the_next_night(season: Season, tmp_path: Path) -> None:
    copy = season.copy_to(tmp_path / "data").data_dir
    draft = copy / "rapport" / "utkast" / "index.html"

    def pages() -> dict[Path, str]:
        files = sorted(draft.parent.rglob("*.html"))
        return {file: re.sub(r"<script.*?</script>", "", file.read_text(), flags=re.S) for file in files}

    tonight = pages()
    first = season.nights["first"].run["avslutad"]
    ended = malbild("report", "--data-dir", copy, "--as-of", first.isoformat())
    assert ended.code == 0, ended.err
    # 31,5 + 1: the one value of the report that the first night did not have.
    assert ["32,5" in "".join(texts.values()) for texts in (tonight, pages())] == [True, False]
    assert malbild("report", "--data-dir", copy).code == 0
    assert pages() == tonight


# --- other ways that it could have gone -----------------------------------------------------------------------------


@pytest.fixture
def another(season: Season, tmp_path: Path) -> Iterator[Season]:
    """A separate data dir, after one night."""
    after_first = Season(season.data_dir.with_name(play.AFTER_FIRST), nights={"first": season.nights["first"]})
    with play.environment():
        yield after_first.copy_to(tmp_path / "data")


def stored(another: Season, name: str, served: Dataset, *, whole: bool = False) -> Night:
    """A night that stores and publishes nothing."""
    return another.play(name, served, part={"parts": play.STORING, "after": (), "whole": whole})


def test_held_values_come_in_from_the_archive_even_when_kolada_has_lost_the_kpi(
    another: Season, tmp_path: Path
) -> None:
    first = play.first_kolada()
    old = of_kpi(state(first), REUSED)
    measured = {cell: 1000.0 + cell[2] for cell in old if cell[1] not in GROUPS}
    renamed = play.with_figures(
        play.with_kpi(first, REUSED, title=OTHER_TITLE), measured, gone=[(REUSED, "1000", 2022)]
    )
    stored(another, "new title", renamed, whole=True)
    # A change that is held too, and only reported as a change.
    changed = play.with_figures(renamed, {(REUSED, "0484", 2024): 7.0})
    night = stored(another, "changed", changed)
    assert not any(whole for (kpi, _), whole in night.asked().items() if kpi == REUSED)
    assert of_kpi(values_of(night.warehouse), REUSED) == old

    another.catalog_dir = play.catalog_with_other_title(tmp_path / "bekraftad")
    night = stored(another, "confirmed", play.without_kpi(changed, REUSED))

    def own(cells: play.State) -> play.State:
        # Groups are not reported as changed, only what changed itself.
        return {cell: value for cell, value in of_kpi(cells, REUSED).items() if cell[1] not in GROUPS}

    assert own(values_of(night.warehouse)) == own(state(changed))
    assert night.warehouse["hallet"].is_empty()


def test_what_was_held_under_a_title_that_kolada_took_back_stays_out(another: Season) -> None:
    first = play.first_kolada()
    wrong = play.with_figures(play.with_kpi(first, REUSED, title=OTHER_TITLE), {(REUSED, "0484", 2024): 7.0})
    stored(another, "wrong title", wrong, whole=True)
    assert stored(another, "corrected", first).warehouse["hallet"].is_empty()
    night = stored(another, "after", first)
    assert values_of(night.warehouse) == state(first)
    assert {whole for (kpi, _), whole in night.asked().items() if kpi == REUSED} == {True}


def test_a_clock_that_goes_back_does_not_turn_history_round(another: Season, tmp_path: Path) -> None:
    settings, first = another.settings("http://127.0.0.1"), another.nights["first"]
    cell = ("U00001", "0484", 2024)
    archive = RawArchive(settings.raw_dir)
    files = archive.files(first.run["korning_id"])
    fetch = Fetch.decoded(files[FETCH_FILE])
    here = (pl.col("nyckeltal_id") == cell[0]) & (pl.col("omrade_id") == cell[1]) & (pl.col("ar") == cell[2])
    screened = screen_fetch(archive, fetch, TODAY.year, bounds(load_catalog(CATALOG).kpis.values()))
    revised = screened.accepted.with_columns(varde=pl.when(here).then(31.5).otherwise("varde"))
    accepted, refused = write_accepted(tmp_path, [replace(screened, accepted=revised)])
    run = RunInput(
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
        journal.start_run(connection, run.run_id, started=run.started, version="0", dagster_id="0")
        changes = load_run(connection, run, archive, refused_share=0)
    assert (changes.revised, changes.total) == (1, 1)
    after = tables_of(settings.warehouse_file)
    rows = [row for row in after["matvarde_revision"].sort("observerad").to_dicts() if by_cell(row) == cell]
    assert [row["varde"] for row in rows] == [first.state[cell][0], 31.5]
    assert rows[1]["observerad"] > first.observed
    assert after["korning"].sort("startad")["observerad"].to_list() == [rows[1]["observerad"], first.observed]


# --- the archive and the warehouse apart ----------------------------------------------------------------------------


@pytest.fixture
def data_dir(small_night: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_night, tmp_path / "natt" / "data"))


def test_a_damaged_archive_is_reported_and_nothing_is_lost(data_dir: Path) -> None:
    before = (data_dir / "lager.duckdb").read_bytes()
    largest = max((data_dir / "ra").rglob("*.zst"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
    ended = malbild("rebuild", "--data-dir", data_dir)
    assert (ended.code, "damaged" in ended.err) == (1, True)
    assert (data_dir / "lager.duckdb").read_bytes() == before


def test_without_an_archive_there_is_nothing_to_rebuild_from(data_dir: Path) -> None:
    before = (data_dir / "lager.duckdb").read_bytes()
    shutil.rmtree(data_dir / "ra")
    ended = malbild("rebuild", "--data-dir", data_dir)
    assert (ended.code, "the raw archive knows no run" in ended.err) == (2, True)
    assert (data_dir / "lager.duckdb").read_bytes() == before


def test_a_warehouse_of_another_version_is_refused_and_rebuilt(data_dir: Path) -> None:
    revisions = tables_of(data_dir / "lager.duckdb")["matvarde_revision"]
    with FileWarehouse(data_dir / "lager.duckdb").open() as connection:
        connection.execute("ALTER TABLE karantan RENAME COLUMN orsak TO skal")
    stopped = malbild("run", "--data-dir", data_dir, "--katalog", CATALOG)
    assert stopped.code == 2
    assert "table karantan differs in orsak, skal → `malbild rebuild`" in stopped.err
    log = data_dir / "lager.duckdb.wal"
    log.write_bytes(b"of a run that was killed")
    ended = malbild("rebuild", "--data-dir", data_dir)
    assert ended.code == 0, ended.err
    assert "1 runs (1 had stored nothing)" in ended.out
    assert_frame_equal(tables_of(data_dir / "lager.duckdb")["matvarde_revision"], revisions)
    # The log belongs to the file that it was written for.
    assert not log.exists()
    assert (data_dir / "lager.duckdb.gammal.wal").exists()


@pytest.mark.parametrize(
    ("day", "words"),
    [("1999-01-01", "before the first run"), ("2999-01-01", "after the last run"), ("igår", "not a time")],
)
def test_a_day_of_which_nothing_is_known_is_2(small_night: Path, day: str, words: str) -> None:
    ended = malbild("report", "--data-dir", small_night, "--as-of", day)
    assert ended.code == 2
    assert words in ended.err
