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
from tests.followups.conftest import DRAFT, LATE, Place
from tests.small import start_command

DECIDE = ("uppfoljning", "faststall", "2026-var", "--utan-pdf")
RECTIFY = ("uppfoljning", "ratta", "2026-var", "--utan-pdf", "--orsak", "Ett värde var fel.")
NAMED = ("--datum", "2026-11-24")


def changed(place: Place, old: str, new: str) -> None:
    assert old in place.yaml.read_text()
    place.yaml.write_text(place.yaml.read_text().replace(old, new))


@pytest.mark.lang
def test_a_meeting_to_come_is_no_day_of_a_decision_until_it_is_named(approved: Place) -> None:
    changed(approved, "    nr: 1\n", f"    nr: 1\n    nsv_datum: {LATE}\n")
    line = approved.refused(*DECIDE)
    assert f"is for NSV on {LATE}, a day that has not come → name the day of the decision with --datum" in line
    assert "status: fryst" in approved.yaml.read_text()
    approved.did(*DECIDE, "--datum", LATE)
    # What is wrong before the meeting is rectified then: nobody has to make up a day.
    approved.did(*RECTIFY, "--godkann", "nara")
    assert f"faststalld: {LATE}" in approved.yaml.read_text()


EDITED = ('          - "', '          - "Ändrad: ')
EARLY = (f"datum: {LATE}", "datum: 2020-01-01")
OTHERS = "with other sentences than the automatic ones"


@pytest.mark.lang
def test_sentences_that_were_approved_of_other_figures_are_accepted_by_name(approved: Place) -> None:
    approved.did("check")
    changed(approved, *EARLY)
    assert "approved 2020-01-01, before the figures of" in approved.malbild("check")[1]
    approved.did("check", "--godkann", "nara")
    changed(approved, *reversed(EARLY))
    changed(approved, *EDITED)
    for command in (("check",), ("uppfoljning", "frys", "2026-var"), (*DECIDE, *NAMED)):
        code, said = approved.malbild(*command)
        assert (code, "2026-var: nara with" in said or OTHERS in said) == (2, True), (command, said)
    assert "--godkann annat" in approved.refused(*DECIDE, *NAMED, "--godkann", "annat")
    approved.did("uppfoljning", "frys", "2026-var", "--godkann", "nara")
    approved.did(*DECIDE, *NAMED, "--godkann", "nara")
    approved.did("check")
    assert OTHERS in approved.refused(*RECTIFY)
    approved.did(*RECTIFY, "--godkann", "nara")


@pytest.mark.lang
def test_both_texts_are_shown_ready_to_paste(approved: Place) -> None:
    changed(approved, *EDITED)
    assert approved.did("uppfoljning", "meningar", "2026-var").strip() == "every sentence is approved"
    lines = approved.did("uppfoljning", "meningar", "2026-var", "--alla").splitlines()
    assert lines[:3] == ["    sammanfattning:", "      - malomrade: nara", f"        # {STATE}"]
    assert lines[3].startswith('        # - "Ändrad: ')
    automatic = [line for line in lines if line.startswith('          - "')]
    assert lines[3].replace("Ändrad: ", "").removeprefix("        # ") == automatic[0].strip()


STATE = f"godkända av LRS {LATE}, inte som de automatiska:"


@pytest.mark.lang
def test_what_is_approved_before_anything_is_frozen_is_said(copied: Callable[[Path], Place], tmp_path: Path) -> None:
    place = copied(tmp_path)
    place.yaml.write_text(DRAFT + "    sammanfattning:\n      - malomrade: nara\n        meningar: [En mening.]\n")
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
def test_a_kill_at_any_step_leaves_no_decision_without_its_files(approved: Place, tmp_path: Path) -> None:
    assert kill_at(approved, tmp_path, KILLED, (*DECIDE, *NAMED)) >= 2
    assert kill_at(approved, tmp_path, KILLED, RECTIFY) >= 1
    text = approved.yaml.read_text()
    assert (text.count("faststalld:"), text.count("version: 2"), "version: 3" in text) == (1, 1, False)
    # Another rectification is another version.
    approved.did(*RECTIFY[:-1], "Ett till.")
    assert "version: 3" in approved.yaml.read_text()
