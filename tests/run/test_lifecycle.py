"""How a run begins and ends, without Dagster."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import clock
from pipelines.cli.run import print_summary
from pipelines.errors import BusyError, CatalogError, SourceError
from pipelines.kolada.archive import RUN_FILE, RawArchive
from pipelines.locks import data_dir_holder
from pipelines.run.lifecycle import NullProgress, Run, open_run
from pipelines.run.summary import summarise
from pipelines.settings import Settings
from pipelines.warehouse import journal
from pipelines.warehouse.location import warehouse_of
from tests.conftest import ROOT
from tests.small import CATALOG

RUN_ID = "2026-11-22T031500Z-11111111"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "data", CATALOG)


def row(settings: Settings, run_id: str = RUN_ID) -> dict[str, Any]:
    with warehouse_of(settings).open() as connection:
        return journal.run_row(connection, run_id)


def ended_by(settings: Settings, error: BaseException) -> dict[str, Any]:
    """The journal's row of a run that was ended by the error, which goes on."""
    with (
        pytest.raises(type(error)) as raised,
        open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False),
    ):
        raise error
    assert raised.value is error
    return row(settings)


def test_a_run_is_in_the_journal_from_its_beginning_and_ends_there(settings: Settings) -> None:
    with open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False) as run:
        assert row(settings)["utfall"] == "pågår"
        assert data_dir_holder(settings.data_dir)
        assert run.folder.is_dir()
    ended = row(settings)
    assert (ended["utfall"], ended["felmeddelande"], ended["dagster_id"]) == ("klar", None, "d1")
    assert clock.now() - ended["avslutad"] < timedelta(minutes=5)
    assert data_dir_holder(settings.data_dir) is None
    files = RawArchive(settings.raw_dir).files(RUN_ID)
    assert b'"klar"' in files[RUN_FILE]
    assert {"indikatorer.yaml", "kommuner.yaml"} <= set(files)


def test_a_nyckeltal_that_no_huvudman_has_a_value_of_is_named(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False):
        pass
    ended = summarise(settings, "d1", unchanged=False, warnings=())
    print_summary(settings, replace(ended, not_in_catalogue=["U00007"], empty_here=["U00008", "U00009"]))
    lines = capsys.readouterr().out.splitlines()
    assert "Warning   not in Kolada's catalogue (shown as missing): U00007" in lines
    assert "Note      no value for any huvudman of the målbild: U00008, U00009" in lines


def test_an_error_is_the_run_s_own_line_in_the_journal_and_its_whole_story_in_the_log(settings: Settings) -> None:
    ended = ended_by(settings, SourceError("Kolada: status 503\n→ try again later"))
    assert (ended["utfall"], ended["felmeddelande"]) == ("misslyckad", "Kolada: status 503 → try again later")
    (log,) = settings.log_dir.iterdir()
    assert "Traceback" in log.read_text()
    assert "in ended_by" in log.read_text()


def test_an_error_that_is_not_ours_is_named_with_its_kind(settings: Settings) -> None:
    assert ended_by(settings, ZeroDivisionError("by zero"))["felmeddelande"] == "ZeroDivisionError: by zero"


def test_a_run_that_is_told_to_end_is_broken_off_and_no_failure(settings: Settings) -> None:
    ended = ended_by(settings, KeyboardInterrupt())
    assert (ended["utfall"], ended["felmeddelande"]) == ("avbruten", None)


def test_of_several_errors_the_first_is_the_run_s(settings: Settings) -> None:
    with open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False) as run:
        run.fail("en", SourceError("the first"))
        run.fail("annan", SourceError("the second"))
    assert row(settings)["felmeddelande"] == "the first"


def test_a_killed_run_is_broken_off_by_the_next(settings: Settings) -> None:
    with warehouse_of(settings).open() as connection:
        journal.start_run(connection, "dödad", started=clock.now(), version="1", dagster_id="d0")
    with open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False):
        pass
    assert row(settings, "dödad")["utfall"] == "avbruten"


def test_a_second_run_is_refused_and_leaves_no_row(settings: Settings) -> None:
    with (
        open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False),
        pytest.raises(BusyError, match="holds"),
        open_run(settings, "annan", dagster_id="d2", progress=NullProgress(), approved=False),
    ):
        pass
    with warehouse_of(settings).open() as connection:
        assert connection.sql("SELECT korning_id FROM korning").fetchall() == [(RUN_ID,)]


def test_yaml_that_does_not_hold_together_begins_no_run(settings: Settings, tmp_path: Path) -> None:
    empty = Settings(settings.data_dir, tmp_path / "tom")
    with pytest.raises(CatalogError), open_run(empty, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False):
        pass
    assert not warehouse_of(empty).exists()
    (log,) = settings.log_dir.iterdir()
    assert "the run could not begin" in log.read_text()


def test_who_waits_for_the_end_sees_the_outcome_while_nobody_else_can_begin(settings: Settings) -> None:
    seen: list[object] = []

    def on_end(run: Run, connection: Any) -> None:
        seen.extend((run.outcome, journal.run_row(connection, run.id)["utfall"], data_dir_holder(settings.data_dir)))

    with open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False, on_end=on_end):
        pass
    assert seen[:2] == ["klar", "klar"]
    assert seen[2] is not None


def test_the_folders_of_old_runs_are_removed_and_the_newest_stay(settings: Settings) -> None:
    for number in range(5):
        with open_run(
            settings, f"2026-11-{number + 10}", dagster_id=str(number), progress=NullProgress(), approved=False
        ):
            pass
    assert sorted(folder.name for folder in settings.work_dir.iterdir()) == [
        f"2026-11-{number}" for number in (11, 12, 13, 14)
    ]


_OTHER_HOST = """
import pathlib, socket, sys
socket.gethostname = lambda: "nattserver2"
from pipelines.locks import hold_data_dir
with hold_data_dir(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_run_of_another_machine_on_the_same_data_dir_keeps_it_and_is_named(settings: Settings) -> None:
    command = [sys.executable, "-c", _OTHER_HOST, str(settings.data_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(
                BusyError, match=rf"another run \(process {other.pid} on nattserver2\).*nothing was changed →"
            ),
            open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False),
        ):
            pass
        assert not settings.warehouse_file.exists()
        assert not settings.raw_dir.exists()
        other.communicate("")
    with open_run(settings, RUN_ID, dagster_id="d1", progress=NullProgress(), approved=False):
        assert data_dir_holder(settings.data_dir) == f"a run (process {os.getpid()})"
