"""Every fault of the matrix against the real program (FAULTS=all, `make faults`); otherwise some of each kind."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.document import FILE
from tests.faults.matrix import CASES
from tests.faults.play import Case, Place, play, play_next, play_night
from tests.small import CATALOG

if os.environ.get("FAULTS") == "all":

    @pytest.mark.parametrize("case", [case for case in CASES if not case.patient], ids=lambda case: case.name)
    def test_a_fault_is_survived_or_told_and_the_next_night_is_whole(
        case: Case, small_night: Path, tmp_path: Path
    ) -> None:
        play(case, small_night, tmp_path)

    def test_faults_that_take_long_are_survived_or_told_too(small_night: Path, tmp_path: Path) -> None:
        """All at once: they wait."""
        patient = [case for case in CASES if case.patient]
        with ThreadPoolExecutor(len(patient)) as at_once:
            played = [at_once.submit(play, case, small_night, tmp_path / case.name) for case in patient]
            for one in played:
                one.result()

else:

    @pytest.fixture(scope="module")
    def place(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
        """One data dir that meets the faults one after the other."""
        folder = tmp_path_factory.mktemp("fel")
        return Place(
            Path(shutil.copytree(small_night, folder / "data")), Path(shutil.copytree(CATALOG, folder / "katalog"))
        )

    @pytest.mark.parametrize("case", [case for case in CASES if case.short], ids=lambda case: case.name)
    def test_a_fault_is_survived_or_told_and_readers_keep_what_they_have(case: Case, place: Place) -> None:
        play_night(case, place)

    def test_the_night_after_all_of_them_is_whole(place: Place) -> None:
        play_next(CASES[0], place)


def test_the_document_tells_of_every_fault() -> None:
    text = (ROOT / "docs" / FILE).read_text(encoding="utf-8")
    missing = [case.name for case in CASES if f"| {case.what} |" not in text]
    assert not missing, "write it with `make faults`"
