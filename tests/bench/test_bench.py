"""The benches in their small form: that they measure what they say, never how fast it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.catalog.load import load_catalog
from tests.bench import side_by_side
from tests.bench.large import catalog_of, kolada
from tests.conftest import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real archive is not beside the project")


def rows(table: str) -> dict[str, list[str]]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in cells}


def test_all_who_are_compared_ask_for_the_same_answers() -> None:
    names = ["limit", "malbild", "koladapy"]
    found = rows(side_by_side.table(side_by_side.side_by_side(3, 1, names, lambda _: None)))
    heads = found["vad"]
    sent = {
        name: (cells[heads.index("anrop")], cells[heads.index("MB")])
        for name, cells in ((name, found[side_by_side.NAMES[name]]) for name in names)
    }
    assert len(set(sent.values())) == 1, sent
    assert all(float(number) > 0 for number in sent["limit"])


def test_several_kolada_are_followed_whole(tmp_path: Path) -> None:
    one, several = kolada(3), kolada(3, copies=3)
    assert (len(several.kpis), several.values.height) == (3 * len(one.kpis), 3 * one.values.height)
    followed = load_catalog(catalog_of(several, tmp_path / "katalog")).kpis
    assert {kpi["id"] for kpi in several.kpis} <= followed.keys()
