"""What readers see is whole and on disk, content and name, at every moment: also when whoever writes it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import files
from pipelines.errors import MalbildError
from pipelines.files import replacing, replacing_folder, sha256, write_file, write_files
from tests.conftest import ROOT

OLD = {"index.html": b"den gamla", "csv/a.csv": b"1", "csv/borta.csv": b"1"}
NEW = {"index.html": b"den nya", "csv/a.csv": b"2", "huvudman/0484.html": b"2"}


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


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put(folder: Path, new: dict[str, bytes]) -> None:
    with replacing_folder(folder) as staging:
        write_files(staging, new)


def test_a_file_and_then_its_name_are_put_on_disk(synced: list[Path], tmp_path: Path) -> None:
    target = tmp_path / "a" / "fil.txt"
    write_file(target, "nytt")
    assert target.read_text() == "nytt"
    assert synced == [tmp_path, target.with_name(".fil.txt.tmp"), target.parent], (
        "a folder that is new has its name too"
    )


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


def test_a_folder_is_replaced_with_all_its_files_on_disk(exchanges: bool, synced: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "rapport"
    put(folder, OLD)
    for path in folder.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    left_by_a_killed_build = tmp_path / ".rapport.ny" / "halv.html"
    left_by_a_killed_build.parent.mkdir()
    left_by_a_killed_build.write_text("ha")
    synced.clear()
    put(folder, NEW)
    assert contents(folder) == NEW, "what has left is gone"
    assert list(tmp_path.iterdir()) == [folder]
    new = tmp_path / ".rapport.ny"
    assert set(synced) == {new, new / "csv", new / "huvudman", tmp_path, *(new / name for name in NEW)}
    assert synced[-1] == tmp_path, "the name comes last"


def test_a_folder_that_cannot_be_finished_leaves_the_old_one_and_nothing_beside_it(
    exchanges: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "rapport"
    put(folder, OLD)

    def fail() -> None:
        with replacing_folder(folder) as new:
            write_files(new, NEW)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        fail()
    assert contents(folder) == OLD
    assert list(tmp_path.iterdir()) == [folder]


def test_only_what_a_file_system_cannot_do_is_done_in_another_way(tmp_path: Path) -> None:
    folder, inside = tmp_path / "rapport", tmp_path / "rapport" / "inuti"
    inside.mkdir(parents=True)
    assert not files._exchange(folder, inside), "EINVAL, as where the flag is not known"
    with pytest.raises(FileNotFoundError, match="saknas"):
        files._exchange(folder, tmp_path / "saknas")


def test_a_read_only_folder_keeps_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "rapport"
    put(folder, OLD)
    folder.chmod(0o555)
    with pytest.raises(
        MalbildError, match="rapport is read-only, so that nothing takes its place; nothing was written"
    ):
        put(folder, NEW)
    assert contents(folder) == OLD
    assert list(tmp_path.iterdir()) == [folder]


# Builds the folder again and again, each time in a process that is killed one operation on files later, until it ends.
_BUILDS = """
import sys
from pathlib import Path
from pipelines import files
from tests.kills import kill_at_every_operation
if sys.argv[2] != "True":
    files._exchange = lambda new, target: False
def build(number, content):
    with files.replacing_folder(Path(sys.argv[1]) / f"{{number:03}}" / "rapport") as staging:
        files.write_files(staging, content)
kill_at_every_operation(lambda number: build(number, {old!r}), lambda number: build(number, {new!r}))
"""


def test_a_build_that_is_killed_at_any_operation_leaves_a_whole_folder(exchanges: bool, tmp_path: Path) -> None:
    """The old one or the new one; the next build, which fails, tidies up without taking it away."""
    script = _BUILDS.format(old=OLD, new=NEW)
    subprocess.run([sys.executable, "-c", script, tmp_path, str(exchanges)], cwd=ROOT, check=True)
    *killed, ended = [place / "rapport" for place in sorted(tmp_path.iterdir())]
    assert contents(ended) == NEW
    assert len(killed) > 20
    seen = [contents(folder) if folder.exists() else None for folder in killed]
    # A file system that cannot exchange has none for a moment.
    possible = [OLD, NEW] if exchanges else [OLD, None, NEW]
    assert [after for number, after in enumerate(seen) if number == 0 or after != seen[number - 1]] == possible
    for folder, after in zip(killed, seen, strict=True):
        with pytest.raises(OSError, match="full"), replacing_folder(folder):
            raise OSError("the disk is full")
        assert contents(folder) == (after or OLD), folder
        assert [path.name for path in folder.parent.iterdir()] == ["rapport"]
