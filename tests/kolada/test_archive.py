"""The raw archive keeps what came, once, and notices damage."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.errors import MalbildError
from pipelines.kolada.archive import Entry, RawArchive


def stored(root: Path) -> list[Path]:
    return sorted((root / "innehall").rglob("*.zst"))


def test_a_body_comes_back_byte_for_byte_and_is_stored_once(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path)
    body = b'{"values": []}' * 1000
    first, second = archive.store_blob(body), archive.store_blob(body)
    assert first == second
    assert archive.get(first) == body
    assert len(stored(tmp_path)) == 1
    assert stored(tmp_path)[0].stat().st_size < len(body) / 10


def test_a_damaged_or_missing_body_is_never_taken_for_good(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path)
    digest = archive.store_blob(b"ett")
    (file,) = stored(tmp_path)
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(MalbildError, match="restore it from a backup"):
        archive.get(digest)
    other = archive.store_blob(b"annat")
    file.write_bytes(next(f for f in stored(tmp_path) if other in f.name).read_bytes())
    with pytest.raises(MalbildError, match="does not hold what its name says"):
        archive.get(digest)
    with pytest.raises(MalbildError, match="missing or damaged"):
        archive.get("0" * 64)


def test_the_index_tells_what_was_asked_in_order(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path)
    when = datetime(2026, 11, 22, 4, 15, 0, 123456)
    entries = [
        Entry(when, "a" * 64, 10, url="https://kolada.test/v3/kpi", status=200),
        Entry(when, "b" * 64, 5, fil="a.yaml"),
    ]
    for entry in entries:
        archive.log("natt-1", entry)
    assert list(archive.entries("natt-1")) == entries


def test_of_a_file_that_a_run_kept_twice_the_last_counts(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path)
    for content in (b"1", b"2"):
        archive.archive_file("natt-1", "korning.json", content, datetime(2026, 11, 22, 4, 15))
    assert archive.files("natt-1") == {"korning.json": b"2"}


def test_a_body_that_a_power_cut_left_without_content_is_written_again(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path)
    digest = archive.store_blob(b"ett")
    stored(tmp_path)[0].write_bytes(b"")
    assert archive.store_blob(b"ett") == digest
    assert archive.get(digest) == b"ett"


def test_a_damaged_line_of_the_index_is_named(tmp_path: Path) -> None:
    archive = RawArchive(tmp_path)
    archive.archive_file("natt-1", "a.yaml", b"a: 1", datetime(2026, 11, 22))
    with (tmp_path / "korningar" / "natt-1.jsonl").open("ab") as index:
        index.write(b'{"tid": "2026-11-')
    with pytest.raises(MalbildError, match=r"natt-1\.jsonl:2 is missing or damaged .* restore it from a backup"):
        archive.files("natt-1")
    with pytest.raises(MalbildError, match=r"natt-2\.jsonl:0 is missing"):
        archive.files("natt-2")
