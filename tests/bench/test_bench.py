"""The benches in their small form: that they measure what they say, never how fast it is."""

from __future__ import annotations

import pytest

from tests.bench import scale, side_by_side
from tests.bench.large import kolada
from tests.conftest import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real archive is not beside the project")


def rows(table: str) -> dict[str, list[str]]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in cells}


def test_all_who_are_compared_ask_for_the_same_answers() -> None:
    found = rows(side_by_side.side_by_side(3, 1, ["limit", "malbild", "koladapy"], lambda _: None))
    sent = {name: found[side_by_side.NAMES[name]][4:] for name in ("limit", "malbild", "koladapy")}
    assert len({tuple(one) for one in sent.values()}) == 1, sent


def test_a_night_over_several_kolada_is_played_to_its_end() -> None:
    (told, steps) = rows(scale.night(3, 2)).items()
    assert int(told[1][0]) == 2 * len(kolada(3).kpis)
    assert "lager__matvarde" in steps[1][2]
