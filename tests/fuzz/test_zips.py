"""Zips that come from outside, to `malbild restore` and `malbild uppfoljning verifiera`: whole, or refused by name."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import MalbildError
from pipelines.followups import pack as packing
from pipelines.followups.verify import REQUIRED_KEYS, verify
from pipelines.operation.archive import MANIFEST
from pipelines.operation.restore import restore
from pipelines.settings import Settings
from tests.fuzz.cases import ODD, cases, mutated

_NAMES = [
    *("data/ra/a.zst", "data/b", "data/b/c", "data/rapport/index.html", "katalog/kommuner.yaml", "innehall.json"),
    *("data/../ute", "../ute", "/etc/passwd", "data//x", "data/./x", "data\\x", "C:/x", "data/\x00", "data", "data/"),
    *("data/.las", "data/.aterstallning/x", "data/aterstalld-katalog/x", "katalog/../data/x", "data/" + "x" * 300),
    *("data/å", "data/a\u0308", "data/B", "data/ra", "katalog", "", ".", "data/\u202e", "data/" + "y/" * 300 + "z"),
]
_STORED = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


def _write(path: Path, files: list[tuple[str, bytes]], how: int) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", how) as out:
        warnings.simplefilter("ignore")  # the same name twice is a case
        for name, content in files:
            info = zipfile.ZipInfo("plats")
            info.filename, info.compress_type = name, how
            info.external_attr = 0o120777 << 16
            out.writestr(info, content)


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """What is done to the bytes of a zip before it comes back."""
    kind, share, new = draw(st.integers(0, 5)), draw(st.floats(0, 1)), draw(st.binary(min_size=1, max_size=4))

    def damage(content: bytes) -> bytes:
        at = int(share * len(content))
        if kind == 0:
            return content[:at]
        if kind == 1:
            return content[:at] + new + content[at + len(new) :]
        return content

    return damage


@st.composite
def backups(draw: st.DrawFn) -> tuple[Any, list[tuple[str, bytes]]]:
    """A manifest, and the files of a backup, which may not be those that it names."""
    listed = draw(st.lists(st.sampled_from(_NAMES), max_size=4))
    files = [(name, draw(st.binary(max_size=8))) for name in listed]
    manifest: Any = {
        "form": 1,
        "program": "0.1",
        "skapad": "2026-11-28",
        "mappar": [
            {"namn": name, "rattigheter": draw(st.sampled_from([0o700, 0, 0o7777, -1, 2**40]))}
            for name in draw(st.lists(st.sampled_from(_NAMES), max_size=2))
        ],
        "filer": [
            {"namn": name, "rattigheter": 0o640, "byte": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in files
        ],
    }
    if draw(st.integers(0, 3)) == 0:
        manifest = draw(mutated(st.just(manifest)))
    if draw(st.integers(0, 3)) == 0 and files:
        files = files[1:]
    return manifest, [*files, (MANIFEST, json.dumps(manifest).encode("utf-8", "surrogatepass"))]


@given(backup=backups(), how=st.sampled_from(_STORED), damage=damages())
@cases(15)
def test_a_backup_comes_back_whole_or_not_at_all(
    backup: tuple[Any, list[tuple[str, bytes]]],
    how: int,
    damage: Callable[[bytes], bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    manifest, files = backup
    place = tmp_path_factory.mktemp("kopia")
    path = place / "kopia.zip"
    try:
        _write(path, files, how)
    except (ValueError, UnicodeError):
        return  # no such zip can be made
    path.write_bytes(damage(path.read_bytes()))
    there = place / "in" / "data"
    try:
        restored = restore(Settings(data_dir=there), path)
    except MalbildError as error:
        assert "→" in str(error)
        assert not there.exists() or {entry.name for entry in there.iterdir()} <= {".las"}
    else:
        assert restored.files == len(manifest["filer"])
    assert {entry.name for entry in place.iterdir()} <= {"kopia.zip", "in"}
    assert {entry.name for entry in (place / "in").iterdir()} <= {"data"} if (place / "in").exists() else True


@pytest.mark.parametrize("how", _STORED)
def test_damage_is_reported_however_a_zip_is_packed(how: int, tmp_path: Path) -> None:
    """Every library that unpacks has errors of its own."""
    content = bytes(range(256)) * 4
    listed = {"namn": "data/a", "rattigheter": 0o640, "byte": 1024, "sha256": hashlib.sha256(content).hexdigest()}
    manifest = {"form": 1, "program": "0.1", "skapad": "2026", "mappar": [], "filer": [listed]}
    path = tmp_path / "kopia.zip"
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in [("data/a", content)])
    for files in (
        [("data/a", content), (MANIFEST, json.dumps(manifest).encode())],
        [("data/a", content), (packing.SUMS, sums.encode())],
    ):
        _write(path, files, how)
        whole = path.read_bytes()
        begin = whole.index(b"data/a") + len(b"data/a")
        refused = 0
        for at in range(begin, begin + 40):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
            there = tmp_path / f"{len(files[1][1])}-{at}"
            try:
                restore(Settings(data_dir=there), path)
                assert (there / "a").read_bytes() == content, "a byte that does not matter"
            except MalbildError:
                refused += 1
            try:
                assert verify(path).faults
            except MalbildError as error:
                assert "no archive pack" in str(error)
        assert refused > 30


def test_a_zip_of_a_later_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kopia.zip"
    _write(path, [("data/a", b"x")], zipfile.ZIP_STORED)
    whole = bytearray(path.read_bytes())
    # The version that is needed to read it, in the list of files.
    whole[whole.index(b"PK\x01\x02") + 6] = 99
    path.write_bytes(whole)
    with pytest.raises(MalbildError, match=r"no whole backup \(zip file version 9.9\)"):
        restore(Settings(data_dir=tmp_path / "data"), path)
    with pytest.raises(MalbildError, match="not a readable zip"):
        verify(path)


_MANIFEST = {"uppfoljning": "2026-host", "version": 1, "status": "fastställd", "as_of": "x", "kod_version": "0.1"}


@st.composite
def packs(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """The files of an archive pack whose sums may be right, whatever the manifest says."""
    names = draw(st.lists(st.sampled_from(_NAMES), max_size=3))
    files = [(name, draw(st.binary(max_size=8))) for name in names]
    what = draw(st.integers(0, 5))
    if what:
        tree = (
            draw(mutated(st.just(_MANIFEST))) if what == 1 else draw(st.sampled_from(ODD)) if what == 2 else _MANIFEST
        )
        text = "[" * 100_000 if what == 3 else json.dumps(tree)
        files.append((packing.MANIFEST, text.encode("utf-8", "surrogatepass")))
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files)
    if draw(st.integers(0, 4)) == 0:
        sums = draw(st.text(max_size=80))
    return [*files, (packing.SUMS, sums.encode("utf-8", "replace"))]


def signed(path: Path) -> None:
    """Sign the zip as a pack is: it is only believed when everything but the manifest's words is right."""
    with zipfile.ZipFile(path, "a") as out:
        out.comment = b"0" * 64
    packing._sign(path)


@given(files=packs(), how=st.sampled_from(_STORED), damage=damages())
@cases(15)
def test_an_archive_pack_is_verified_or_its_faults_are_reported(
    files: list[tuple[str, bytes]],
    how: int,
    damage: Callable[[bytes], bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("paket") / "arkiv.zip"
    try:
        _write(path, files, how)
        signed(path)
    except (ValueError, UnicodeError):
        return  # no such zip can be made
    path.write_bytes(damage(path.read_bytes()))
    try:
        verified = verify(path)
    except MalbildError as error:
        assert "→" in str(error)
        return
    # A pack without faults has a manifest with everything that is shown of it.
    assert verified.faults or verified.manifest.keys() >= REQUIRED_KEYS
