"""Every fault of the matrix against the real program; the small form plays some of each kind (FAULTS=all: all)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.matrix import CASES
from tests.faults.play import Case, play

CHOSEN = [case for case in CASES if case.short or os.environ.get("FAULTS") == "all"]


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.name)
def test_a_fault_is_survived_or_told_and_the_next_night_is_whole(case: Case, small_night: Path, tmp_path: Path) -> None:
    result = play(case, small_night, tmp_path)
    assert result.kept
    assert result.next_whole
    assert result.seconds < case.seconds
