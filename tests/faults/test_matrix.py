"""Every fault of the matrix against the real program (FAULTS=all, `make faults`); otherwise some of each kind."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.document import FILE, IN_A_ROW
from tests.faults.matrix import CASES
from tests.faults.play import Case, Place, copied, play, play_next, play_night
from tests.small import dataset

if os.environ.get("FAULTS") == "all":
    # Nights that changed no value follow each other on one data dir.
    HARMLESS = [c for c in CASES if c.code in (0, 2, 3, 5) and c.served is dataset and not c.after and not c.patient]
    ROWS = [tuple(HARMLESS[start : start + IN_A_ROW]) for start in range(0, len(HARMLESS), IN_A_ROW)]
    ROWS += [(case,) for case in CASES if case not in HARMLESS and not case.patient]

    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].name if len(row) == 1 else f"{row[0].name}…")
    def test_a_fault_is_survived_or_told_and_the_next_night_is_whole(
        row: tuple[Case, ...], small_night: Path, tmp_path: Path
    ) -> None:
        play(row, small_night, tmp_path)

    def test_faults_that_take_long_are_survived_or_told_too(small_night: Path, tmp_path: Path) -> None:
        """All at once: they wait."""
        patient = [case for case in CASES if case.patient]
        with ThreadPoolExecutor(len(patient)) as at_once:
            played = [at_once.submit(play, [case], small_night, tmp_path / case.name) for case in patient]
            for one in played:
                one.result()

else:

    @pytest.fixture(scope="module")
    def place(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
        """One data dir that meets the faults one after the other."""
        return copied(small_night, tmp_path_factory.mktemp("fel"))

    @pytest.mark.parametrize("case", [case for case in CASES if case.short], ids=lambda case: case.name)
    def test_a_fault_is_survived_or_told_and_readers_keep_what_they_have(case: Case, place: Place) -> None:
        play_night(case, place)

    def test_the_night_after_all_of_them_is_whole(place: Place) -> None:
        play_next(CASES[0], place)


def test_the_document_tells_of_every_fault() -> None:
    text = (ROOT / "docs" / FILE).read_text(encoding="utf-8")
    missing = [case.name for case in CASES if f"| {case.what} |" not in text]
    assert not missing, "write it with `make faults`"
