"""What readers see is on disk, content and name, before anybody is told that it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboards.report import build_report
from pipelines.files import replacing, sha256, write_file
from tests.dashboards.published import build


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What the operating system is asked to put on disk, in order."""
    paths: list[Path] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        paths.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    return paths


def test_a_file_and_then_its_name_are_put_on_disk(synced: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "a" / "fil.txt"
    write_file(target, "nytt")
    assert target.read_text() == "nytt"
    assert synced == [target.with_name(".fil.txt.tmp"), target.parent]


def test_a_report_is_put_on_disk_with_its_folder(synced: list[Path], tmp_path: Path) -> None:
    report = build_report(build(tmp_path / "analys.duckdb"), tmp_path / "rapport" / "index.html")
    place = synced.index(report.with_name(".index.html.tmp"))
    assert synced[place + 1] == report.parent


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "fil.txt"
    target.write_text("gammalt")
    before = sha256(target)

    def fail() -> None:
        with replacing(target) as partial:
            partial.write_text("halvt")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        fail()
    assert sha256(target) == before
    assert list(tmp_path.iterdir()) == [target]
