"""Every fault of the matrix against the real program with FAULTS=all (`make faults`); otherwise a few of each kind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.matrix import CASES
from tests.faults.play import Case, Place, copy_place, play_night, play_night_after

pytestmark = pytest.mark.lang
LONG = os.environ.get("FAULTS") == "all"
CHOSEN = [case for case in CASES if case.short or LONG]


@pytest.fixture(scope="module")
def place(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One data dir that meets the faults one after the other; the night after the last of them must be whole."""
    place = copy_place(small_night, tmp_path_factory.mktemp("fel"))
    yield place
    play_night_after(place)


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.name)
def test_a_fault_is_survived_or_reported_and_readers_keep_what_they_have(case: Case, place: Place) -> None:
    try:
        play_night(case, place)
    finally:
        # A few are few enough for one night after all of them to be whole.
        if case.leaves_something and LONG:
            play_night_after(place)
