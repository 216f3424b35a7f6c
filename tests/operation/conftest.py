"""A data dir after one small night, played once, and copies of it to spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.settings import Settings
from tests.small import CATALOG


@pytest.fixture(scope="session")
def night(small_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Only read it. What is published lies in plain files, once, as in a data dir that was restored."""
    data_dir, behind_links = tmp_path_factory.mktemp("drift") / "data", shutil.ignore_patterns("public*")
    shutil.copytree(small_night, data_dir, ignore=behind_links)
    (data_dir / "lokala" / "LÄS.txt").write_text("inget\n", encoding="utf-8")
    return data_dir


@pytest.fixture
def copied(night: Path, tmp_path: Path) -> Settings:
    """The settings of a copy that the test may change."""
    shutil.copytree(night, tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", catalog_dir=CATALOG)


@pytest.fixture
def few(tmp_path: Path) -> Callable[[], Settings]:
    """A data dir of a few small files, which is enough for what concerns the archive only."""

    def make() -> Settings:
        data_dir = tmp_path / "data"
        for name, content in {
            "ra/innehall/ab/abcd.zst": b"\x28\xb5\x2f\xfd" + bytes(range(256)),
            "ra/korningar/2026.jsonl": b"{}\n" * 40,
            "lokala/barn.csv": b"omrade;ar\n0484;2025\n",
            "rapport/utkast/index.html": b"<!doctype html><title>Rapport</title>" * 20,
        }.items():
            (data_dir / name).parent.mkdir(parents=True, exist_ok=True)
            (data_dir / name).write_bytes(content)
        return Settings(data_dir=data_dir, catalog_dir=CATALOG)

    return make
