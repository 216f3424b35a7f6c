"""Nights that go wrong and right again on one data dir: what stops, what readers see meanwhile, and who hears of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.assets.resource import OUTCOME
from pipelines.errors import MalbildError, RefusedDataError, SourceError
from pipelines.run.lifecycle import NullProgress
from pipelines.runner import prepare_home, run_job
from pipelines.settings import Settings
from pipelines.standin.dataset import Dataset
from pipelines.warehouse.location import warehouse_of
from tests.notices.sinks import Hook, web_server
from tests.small import CATALOG, KPIS, dataset, kolada, values

pytestmark = pytest.mark.lang

NOWHERE = "http://127.0.0.1:9/v3"


@dataclass
class Night:
    """How a night ended. told: subjects and texts. shown: the bytes of what is published. row: of the journal."""

    error: MalbildError | None
    told: list[str]
    shown: dict[str, bytes]
    row: tuple[object, ...]
    warned: list[str] = field(default_factory=list)


def shown(settings: Settings) -> dict[str, bytes]:
    files = [settings.published, settings.draft_report, *(f for f in settings.export_dir.rglob("*") if f.is_file())]
    return {str(file): file.read_bytes() for file in files}


def play(data_dir: Path, hook: Hook, served: Dataset | None, *, approved: bool = False, full: bool = True) -> Night:
    """One night; `served` None: Kolada is down."""
    told = Settings.from_env({"MALBILD_WEBHOOK": f"http://127.0.0.1:{hook.port}/", "MALBILD_WEBHOOK_FORM": "slack"})
    settings = Settings(data_dir, CATALOG, NOWHERE, patience=0, channels=told.channels)
    heard = len(hook.posted)
    error: MalbildError | None = None
    warned: list[str] = []
    try:
        if served is None:
            run_job(settings, NullProgress())
        else:
            with kolada(served) as url:
                here = replace(settings, kolada_url=url)
                warned = run_job(here, NullProgress(), full=full, approved=approved).warnings
    except MalbildError as caught:
        error = caught
    with warehouse_of(settings).open() as connection:
        row = connection.sql("SELECT utfall, felmeddelande FROM korning ORDER BY startad DESC LIMIT 1").fetchall()[0]
    return Night(error, [message["text"] for message in hook.posted[heard:]], shown(settings), row, warned)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Night]]:
    kept = os.environ.copy()
    data_dir = tmp_path_factory.mktemp("natter") / "data"
    first = dataset()
    revised = dataset(figures=values().with_columns(value=pl.col("value") + 1))
    year = values(["U00002"]).filter(pl.col("year") == 2024).with_columns(year=pl.lit(2025, pl.Int32))
    ended = {**KPIS, "N00004": ("Vårdtillfällen, antal/100 000 inv (-2024)", "L")}
    new = dataset(ended, pl.concat([values().with_columns(value=pl.col("value") + 1), year]))
    with web_server() as hook:
        played = {"bra": play(data_dir, hook, first)}
        played["nere"] = play(data_dir, hook, None)
        played["nere igen"] = play(data_dir, hook, None)
        played["stoppad"] = play(data_dir, hook, revised)
        played["stoppad igen"] = play(data_dir, hook, revised, full=False)
        played["godkänd"] = play(data_dir, hook, revised, approved=True)
        hook.status = 503
        played["nytt, ingen hör"] = play(data_dir, hook, new)
        hook.status = 200
        played["lugn"] = play(data_dir, hook, new, full=False)
    played["lugn"].told.insert(0, str(data_dir))
    yield played
    os.environ.clear()
    os.environ.update(kept)


def test_a_good_first_night_is_no_news(nights: dict[str, Night]) -> None:
    assert nights["bra"].error is None
    assert nights["bra"].told == []


def test_a_failure_is_told_once_and_readers_keep_what_they_have(nights: dict[str, Night]) -> None:
    down, again = nights["nere"], nights["nere igen"]
    assert isinstance(down.error, SourceError)
    (text,) = down.told
    assert text.startswith("*malbild: körningen misslyckades (syntetiska uppgifter)*")
    assert NOWHERE in text
    assert "Läsarna ser fortfarande databasen" in text
    assert again.told == []
    assert down.shown == again.shown == nights["bra"].shown


def test_a_check_stops_the_night_before_anything_is_published(nights: dict[str, Night]) -> None:
    stopped = nights["stoppad"]
    assert isinstance(stopped.error, RefusedDataError)
    assert stopped.error.exit_code == 4
    assert "\n" not in str(stopped.error)
    assert "storlek: Mer än 20 % av värdena har ändrats på en gång i 2 mått" in str(stopped.error)
    assert stopped.shown == nights["bra"].shown
    outcome, message = stopped.row
    assert outcome == "misslyckad"
    assert message == str(stopped.error)
    (text,) = stopped.told
    assert "en kontroll stoppade publiceringen" in text


def test_a_stopped_night_stays_stopped_until_a_person_has_looked(nights: dict[str, Night]) -> None:
    again, approved = nights["stoppad igen"], nights["godkänd"]
    assert isinstance(again.error, RefusedDataError), "nothing new was fetched, but it was never published either"
    assert again.told == []
    assert again.shown == nights["bra"].shown
    assert approved.error is None
    assert approved.shown != nights["bra"].shown
    assert any(line.startswith("storlek: Godkänt av den som startade körningen") for line in approved.warned)
    (text,) = approved.told
    assert "körningen fungerar igen" in text


def test_a_channel_that_is_down_fails_no_night_and_hears_later(nights: dict[str, Night]) -> None:
    assert nights["nytt, ingen hör"].error is None
    data_dir, *told = nights["lugn"].told
    fresh, gone = sorted(told, reverse=True)
    assert fresh.startswith("*malbild: nya uppgifter för Upplevd kontinuitet")
    assert "- Upplevd kontinuitet: Ny fråga, andel (%) (U00002), nytt år 2025, 2 huvudmän" in fresh
    assert gone.startswith("*malbild: 1 nyckeltal som följs har upphört")
    assert "N00004), Vårdtillfällen: nyckeltal upphört" in gone
    logs = "".join(file.read_text() for file in (Path(data_dir) / "logg").iterdir())
    assert "webhook could not be reached (127.0.0.1 answered 503) → tried again after the next run" in logs


def test_dagster_shows_the_check_and_how_each_run_ended(nights: dict[str, Night]) -> None:
    prepare_home(Settings(Path(nights["lugn"].told[0]), CATALOG))
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs()[::-1]
        words = [run.tags[OUTCOME] for run in runs]
        stopped = runs[list(nights).index("stoppad")]
        events = [record.dagster_event for record in instance.all_logs(stopped.run_id) if record.dagster_event]
    assert words == ["klar", "Kolada onåbar", "Kolada onåbar", "stoppad", "stoppad", "klar", "klar", "klar"]
    evaluations = [e.asset_check_evaluation_data for e in events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    (failed,) = [e for e in evaluations if e.blocking and not e.passed and e.severity is dg.AssetCheckSeverity.ERROR]
    assert failed.check_name == "storlek"
    assert "→ se tabellen i kontrollen. Stämmer det: kör malbild run --godkann en gång" in str(failed.description)
    made = {e.asset_key.to_user_string() for e in events if e.is_step_materialization and e.asset_key}
    assert "lager/matvarde" in made
    assert not any(key.startswith("publicerat/") or key in ("lager/jamforelse", "lager/trend") for key in made)
