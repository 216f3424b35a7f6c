"""One huvudman's file is the same, whether it is made alone or with the other nine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboards.report import build_report, build_reports
from tests.dashboards.published import KOMMUNER, REGION


@pytest.mark.parametrize("principal", ["0484", REGION])
def test_made_with_the_others_it_is_the_same_file(
    databases: Callable[..., Path], tmp_path: Path, principal: str
) -> None:
    alone = build_report(databases(), tmp_path / "ensam.html", principal=principal)
    every = build_reports(databases(), tmp_path, whole=False)
    assert {file.stem for file in every} == {*KOMMUNER, REGION}
    assert (tmp_path / f"{principal}.html").read_bytes() == alone.read_bytes()
