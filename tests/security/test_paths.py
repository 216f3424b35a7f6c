"""Every id and title that becomes part of a file's name: none of them leads anywhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.catalog.load import load_catalog
from pipelines.errors import CatalogError
from pipelines.kolada.archive import Entry, RawArchive
from tests.conftest import ROOT

FILES = ("indikatorer.yaml", "kommuner.yaml", "korrigeringar.yaml", "uppfoljningar.yaml", "aktiviteter.yaml")
_ISSUE = {"id": "2026-host", "nr": 1, "status": "utkast"}


def ids(tree: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where an id is given, once for each kind of place."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        if key == "id" and isinstance(value, str):
            yield (*here, key)
        yield from ids(value, (*here, key))


@cache
def places() -> list[tuple[str, tuple[Any, ...]]]:
    kinds: dict[tuple[str, str], tuple[str, tuple[Any, ...]]] = {}
    for name in FILES:
        for place in ids(_tree(name)):
            kind = re.sub(r"\d+", "n", "/".join(map(str, place)))
            kinds.setdefault((name, kind), (name, place))
    return list(kinds.values())


def _tree(name: str) -> Any:
    tree = yaml.load((ROOT / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {**tree, "uppfoljningar": [_ISSUE]} if name == "uppfoljningar.yaml" else tree


@pytest.mark.parametrize("odd", ["../../ute", "/etc/passwd", "a\\b", "a\n"], ids=repr)
@pytest.mark.parametrize("name", FILES)
def test_an_id_that_leads_somewhere_is_refused(name: str, odd: str, tmp_path: Path) -> None:
    tree = _tree(name)
    own = [place for file, place in places() if file == name]
    for *above, last in own:
        parent = tree
        for step in above:
            parent = parent[step]
        parent[last] = odd
    (tmp_path / name).write_text(yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    with pytest.raises(CatalogError) as refused:
        load_catalog(tmp_path)
    problems = [
        problem for problem in refused.value.problems if problem.file.endswith(name) and " is not a" in problem.what
    ]
    assert len(problems) >= len(own)


def test_every_kind_of_id_is_tried() -> None:
    kinds = {f"{name}: {place[0]}" for name, place in places()}
    assert {"indikatorer.yaml: malomraden", "indikatorer.yaml: matt", "indikatorer.yaml: nyckeltal"} <= kinds
    assert {"kommuner.yaml: kommuner", "uppfoljningar.yaml: uppfoljningar", "aktiviteter.yaml: satsningar"} <= kinds


@pytest.mark.parametrize("body", [b"", b"../../ute", b"\x00" * 100, b"/etc/passwd"])
def test_an_answer_is_kept_under_its_sum_whatever_it_and_its_address_say(body: bytes, tmp_path: Path) -> None:
    archive = RawArchive(tmp_path / "ra")
    digest = archive.store_blob(body)
    archive.log("2026-11-28T041500Z-abcdef01", Entry(datetime(2026, 11, 28), digest, len(body), url="../../../ute"))
    archive.archive_file("2026-11-28T041500Z-abcdef01", "lokala/../../../ute.csv", body, datetime(2026, 11, 28))
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    expected = hashlib.sha256(body).hexdigest()
    assert files == [f"ra/innehall/{expected[:2]}/{expected}.zst", "ra/korningar/2026-11-28T041500Z-abcdef01.jsonl"]
    assert archive.get(digest) == body


def test_no_name_of_a_published_file_comes_from_outside(small_night: Path) -> None:
    """Exports are named by tables of ours, the report's files by ids that have been checked."""
    for folder in ("export", "parquet", "rapport"):
        for path in (small_night / "publicerat" / folder).rglob("*"):
            assert re.fullmatch(r"[A-Za-z0-9_.-]+", path.name), path
            assert not path.is_symlink()
