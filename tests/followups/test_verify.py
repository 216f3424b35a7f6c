"""An archive pack that somebody hands back: whole, or wrong in one of the ways a file can be wrong."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from pipelines.followups import verify as module
from pipelines.followups.pack import pack
from pipelines.followups.verify import verify

MANIFEST = {"uppfoljning": "2026-var", "version": 1, "status": "fastställd", "as_of": "2026", "kod_version": "0.1"}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text("ett,två\n1,2\n" * 1000)
    (tmp_path / "b.html").write_text("<p>Rapport</p>")
    files = {"export/a.csv": tmp_path / "a.csv", "rapport/b.html": tmp_path / "b.html"}
    return pack(tmp_path / "arkiv.zip", files, MANIFEST, "korning_id,anrop\n")


def rewritten(good: Path, change: Callable[[dict[str, bytes]], None], *more: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(good) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    target = good.with_name("andrad.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in [*content.items(), *more]:
            out.writestr(name, data)
    return target


def test_the_same_files_make_the_same_bytes_and_are_found_whole(good: Path, tmp_path: Path) -> None:
    result = verify(good)
    assert (result.manifest, result.files, result.faults) == (MANIFEST, 4, ())
    files = {"rapport/b.html": tmp_path / "b.html", "export/a.csv": tmp_path / "a.csv"}
    (tmp_path / "a.csv").touch()
    again = pack(tmp_path / "igen.zip", files, MANIFEST, "korning_id,anrop\n")
    assert again.read_bytes() == good.read_bytes()


def test_every_changed_byte_is_found(good: Path) -> None:
    content = good.read_bytes()
    for at in range(len(content)):
        damaged = good.with_name("skadad.zip")
        damaged.write_bytes(content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :])
        try:
            faults = verify(damaged).faults
        except ConfigError as error:
            faults = (str(error),)
        assert faults, f"byte {at} of {len(content)}"


def test_the_same_files_packed_by_another_program_are_told_as_that(good: Path) -> None:
    (fault,) = verify(rewritten(good, lambda _: None)).faults
    assert "packed anew; the files are whole" in fault


def test_a_changed_a_missing_and_an_added_file_are_named(good: Path) -> None:
    def change(content: dict[str, bytes]) -> None:
        content["rapport/b.html"] = content["rapport/b.html"].replace(b"R", b"r")
        del content["export/a.csv"]
        content["rapport/c.html"] = b"ny"

    assert verify(rewritten(good, change)).faults == (
        "export/a.csv: missing",
        "rapport/c.html: not one of the files that were packed",
        "rapport/b.html: changed: its SHA-256 is another",
    )


@pytest.mark.parametrize("name", ["../ute.txt", "/etc/x", "a/../../x", "C:\\x", "a\\..\\x", "./x"])
def test_names_that_could_leave_the_folder_are_refused_before_anything_is_read(good: Path, name: str) -> None:
    with zipfile.ZipFile(good, "a") as out:
        info = zipfile.ZipInfo("plats")
        info.filename = name
        out.writestr(info, b"x")
    faults = verify(good).faults
    assert len(faults) == 1
    assert "a name that could leave the folder" in faults[0]


def test_a_bomb_is_refused_before_it_is_unpacked(good: Path) -> None:
    target = rewritten(good, lambda _: None, ("rapport/noll.html", b"\0" * 20_000_000))
    (fault,) = verify(target).faults
    assert "times when unpacked" in fault


def test_too_many_or_too_large_are_refused(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 3)
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    output = " ".join(verify(good).faults)
    assert "at most 3 are expected" in output
    assert "at most 100 are expected" in output


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"inte en zip"])
def test_what_is_no_zip_is_told(tmp_path: Path, content: bytes | None) -> None:
    target = tmp_path / "x.zip"
    if content is not None:
        target.write_bytes(content)
    with pytest.raises(ConfigError, match="→"):
        verify(target)


def test_another_zip_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        out.writestr("a.txt", "x")
    with pytest.raises(ConfigError, match="no archive pack of malbild"):
        verify(tmp_path / "x.zip")
