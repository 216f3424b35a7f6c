"""Decisions that last: on a day that has been named, of sentences approved of these figures, and whole after a kill."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest

from pipelines.followups import frozen
from pipelines.followups.verify import verify
from tests.conftest import PATIENCE
from tests.followups.conftest import Place
from tests.small import start_command

PLANNED = """version: 1
uppfoljningar:
  - id: 2026-var
    nr: 1
    status: utkast
"""
DECIDE = ("uppfoljning", "faststall", "2026-var", "--utan-pdf")
RECTIFY = ("uppfoljning", "ratta", "2026-var", "--utan-pdf", "--orsak", "Ett värde var fel.")
NAMED = ("--datum", "2026-11-24")
LATE = "2999-12-11"


@pytest.fixture(scope="module")
def frozen_once(copied: Callable[[Path], Place], tmp_path_factory: pytest.TempPathFactory) -> Place:
    return copied(tmp_path_factory.mktemp("fryst")).freeze(PLANNED)


@pytest.fixture
def place(frozen_once: Place, copy_of: Callable[[Place], Place]) -> Place:
    """Frozen, and every automatic sentence approved a long time after."""
    place = copy_of(frozen_once)
    lines = place.did("uppfoljning", "meningar", "2026-var")
    filled = lines.replace("godkand_av: ", "godkand_av: LRS").replace("datum: ", f"datum: {LATE}")
    place.yaml.write_text(place.yaml.read_text() + filled)
    return place


def changed(place: Place, old: str, new: str) -> None:
    assert old in place.yaml.read_text()
    place.yaml.write_text(place.yaml.read_text().replace(old, new))


@pytest.mark.lang
def test_a_meeting_to_come_is_no_day_of_a_decision_until_it_is_named(place: Place) -> None:
    changed(place, "    nr: 1\n", f"    nr: 1\n    nsv_datum: {LATE}\n")
    line = place.refused(*DECIDE)
    assert f"is for NSV on {LATE}, a day that has not come → name the day of the decision with --datum" in line
    assert "status: fryst" in place.yaml.read_text()
    place.did(*DECIDE, "--datum", LATE)
    # What is wrong before the meeting is rectified then: nobody has to make up a day.
    place.did(*RECTIFY, "--godkann", "nara")
    assert f"faststalld: {LATE}" in place.yaml.read_text()


EDITED = ('          - "', '          - "Ändrad: ')
EARLY = (f"datum: {LATE}", "datum: 2020-01-01")
OTHERS = "with other sentences than the automatic ones"


@pytest.mark.lang
def test_sentences_that_were_approved_of_other_figures_are_accepted_by_name(place: Place) -> None:
    place.did("check")
    changed(place, *EARLY)
    assert "approved 2020-01-01, before the figures of" in place.malbild("check")[1]
    place.did("check", "--godkann", "nara")
    changed(place, *reversed(EARLY))
    changed(place, *EDITED)
    for command in (("check",), ("uppfoljning", "frys", "2026-var"), (*DECIDE, *NAMED)):
        code, said = place.malbild(*command)
        assert (code, "2026-var: nara with" in said or OTHERS in said) == (2, True), (command, said)
    assert "--godkann annat" in place.refused(*DECIDE, *NAMED, "--godkann", "annat")
    place.did("uppfoljning", "frys", "2026-var", "--godkann", "nara")
    place.did(*DECIDE, *NAMED, "--godkann", "nara")
    place.did("check")
    assert OTHERS in place.refused(*RECTIFY)
    place.did(*RECTIFY, "--godkann", "nara")


@pytest.mark.lang
def test_both_texts_are_shown_ready_to_paste(place: Place) -> None:
    changed(place, *EDITED)
    assert place.did("uppfoljning", "meningar", "2026-var").strip() == "every sentence is approved"
    lines = place.did("uppfoljning", "meningar", "2026-var", "--alla").splitlines()
    assert lines[:3] == ["    sammanfattning:", "      - malomrade: nara", f"        # {STATE}"]
    assert lines[3].startswith('        # - "Ändrad: ')
    automatic = [line for line in lines if line.startswith('          - "')]
    assert lines[3].replace("Ändrad: ", "").removeprefix("        # ") == automatic[0].strip()


STATE = f"godkända av LRS {LATE}, inte som de automatiska:"


@pytest.mark.lang
def test_what_is_approved_before_anything_is_frozen_is_said(copied: Callable[[Path], Place], tmp_path: Path) -> None:
    place = copied(tmp_path)
    place.yaml.write_text(PLANNED + "    sammanfattning:\n      - malomrade: nara\n        meningar: [En mening.]\n")
    place.yaml.write_text(place.yaml.read_text() + "        godkand_av: LRS\n        datum: 2026-11-20\n")
    code, output = place.malbild("check")
    assert (code, "nara was approved 2026-11-20, and nothing is frozen yet" in output) == (2, True)


STEPS = ("2026-var", "v1", "v2", "uppfoljningar.yaml", ".2026-var.gammal", ".v1.gammal")


# `make kills` kills at every one.
KILLED = range(1, 20, 1 if os.environ.get("FAULTS") == "all" else 3)


def kill_before(step: int) -> None:
    """In the command's process, on a file system where two folders cannot change places: end it before that rename of
    a version, its report or the YAML file.
    """
    from pipelines import files

    files._exchange = lambda new, target: False
    left = step

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event == "os.rename" and Path(os.fsdecode(arguments[1])).name in STEPS:  # type: ignore[arg-type]
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def kill_at(place: Place, tmp_path: Path, steps: Iterable[int], command: tuple[str, ...]) -> int:
    """Run the command until it ends well, killed at another step each time; how often it was."""
    where = ("--data-dir", place.settings.data_dir, "--katalog", place.settings.catalog_dir)
    for number, step in enumerate(steps):
        err = tmp_path / f"fel-{step}"
        run = start_command((*command, *where), tmp_path / "ut", err, within=partial(kill_before, step))
        run.join(600 * PATIENCE)
        text = place.yaml.read_text()
        for version in (1, 2):
            # What the file says is decided has its files, all of them.
            if "status: fastställd" in text and (version == 1 or "version: 2" in text):
                decision = frozen.find(place.settings, "2026-var", version)
                assert decision is not None
                assert decision.decided
                frozen.check(decision)
                assert verify(frozen.report_folder(place.settings, "2026-var", version)).faults == ()
        frozen.settle(place.settings, "2026-var")
        assert frozen.find(place.settings, "2026-var", 1) is not None
        assert frozen.report_folder(place.settings, "2026-var").joinpath("index.html").is_file()
        if run.exitcode == 0:
            return number
        assert run.exitcode == -signal.SIGKILL, err.read_text()
    raise AssertionError("it never ends")


@pytest.mark.lang
def test_a_kill_at_any_step_leaves_no_decision_without_its_files(place: Place, tmp_path: Path) -> None:
    assert kill_at(place, tmp_path, KILLED, (*DECIDE, *NAMED)) >= 2
    assert kill_at(place, tmp_path, KILLED, RECTIFY) >= 1
    text = place.yaml.read_text()
    assert (text.count("faststalld:"), text.count("version: 2"), "version: 3" in text) == (1, 1, False)
    # Another rectification is another version.
    place.did(*RECTIFY[:-1], "Ett till.")
    assert "version: 3" in place.yaml.read_text()
